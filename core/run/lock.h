// SPDX-License-Identifier: GPL-3.0-or-later
// LOCK: one writer per run folder. An open-file-description lock, which dies with its process, plus the
// holder's host, pid and start time, which tell other hosts (where locks may not reach) and people who it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/run/run_folder.h"

namespace atelier::run {

// Names a process beyond doubt: a pid alone is reused.
struct ProcessId {
    std::int64_t pid = 0;
    std::uint64_t startTicks = 0;  // since boot, field 22 of /proc/PID/stat; 0 = unknown
    std::string bootId;            // of the kernel's present run
};
// Of this process or another one; nullopt when it does not exist.
std::optional<ProcessId> processId(std::int64_t pid);
ProcessId ownProcessId();
// False when it is gone, a zombie, or its pid belongs to another process now.
bool processAlive(const ProcessId& process);

std::string hostName();

struct LockHolder {
    std::string host;
    ProcessId process;
    double since = 0;  // unix seconds
    std::string program;
};

enum class LockState {
    Free,       // nobody, or a holder that let go in order
    Held,       // locked now (same host or a shared file system that carries locks)
    Stale,      // this host's process that is gone: the next writer just takes it
    OtherHost,  // another host's name and no lock visible here: cannot be told from here; needs a takeover
};

struct LockFacts {
    LockState state = LockState::Free;
    std::optional<LockHolder> holder;
    bool exists = false;  // the file: absent in a folder that never ran here (a mirror, an export)

    // Whether an engine works in the folder; nullopt = cannot be told from here.
    std::optional<bool> alive() const;
};
// Looks, changes nothing. An absent folder or file is Free. Errors: Io.
Result<LockFacts> inspectLock(const RunFolder& folder);

// Held until destroyed; then the holder's name is wiped, the file stays.
class RunLock {
  public:
    // `program`: what holds it, for the message to others ("atelier-engine train"). `takeover`: the user said
    // that the other host's process is gone. Errors: Usage "in use by the engine on desk-2, process 4211,
    // since 13:50"; Io.
    static Result<RunLock> acquire(const RunFolder& folder, const std::string& program,
                                   bool takeover = false);
    RunLock(RunLock&& other) noexcept;
    RunLock& operator=(RunLock&& other) noexcept;
    ~RunLock();

    const LockHolder& holder() const { return holder_; }
    // A process of ours that was gone, whose lock this one replaced.
    const std::optional<LockHolder>& replaced() const { return replaced_; }

  private:
    RunLock(int fd, LockHolder holder, std::optional<LockHolder> replaced);
    void release() noexcept;
    int fd_ = -1;
    LockHolder holder_;
    std::optional<LockHolder> replaced_;
};

}  // namespace atelier::run
