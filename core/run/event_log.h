// SPDX-License-Identifier: GPL-3.0-or-later
// events.jsonl: the one writer and any number of tailing readers. The engine writes; studio, tests and tools
// read.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/run/event.h"

namespace atelier::run {

inline constexpr std::chrono::milliseconds kHeartbeatInterval{5000};
inline constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;

double unixNow();  // seconds, as events are stamped

// Appends one line by one write(2). Hold the folder's RunLock while one exists. Safe from several threads.
// Synced to disk: run_started, checkpoint, error, run_finished. Everything else reaches the kernel at once,
// so it survives the death of the process but not that of the machine.
class EventWriter {
  public:
    // Creates the file or continues it; a half line that a killed writer left is closed first. Errors: Io.
    static Result<std::unique_ptr<EventWriter>> open(const fs::path& path);
    ~EventWriter();
    EventWriter(const EventWriter&) = delete;
    EventWriter& operator=(const EventWriter&) = delete;

    // Stamps the present time. On a full disk: an Io error, and the log is cut back to its last whole line.
    Status write(const EventBody& body);
    Status write(const Event& event);

    // Writes it when `interval` has passed since the last progress event (for the inner loop: costs a clock
    // read else).
    Status writeIfDue(const Progress& progress,
                      std::chrono::milliseconds interval = std::chrono::milliseconds(1000));
    // Repeats the last progress event when nothing was written for `interval`. Called by Heartbeat.
    Status beat(std::chrono::milliseconds interval);

    const fs::path& path() const { return path_; }

  private:
    EventWriter(int fd, fs::path path);
    Status append(const std::string& line, bool sync);  // mutex_ held

    std::mutex mutex_;
    int fd_;
    fs::path path_;
    bool torn_ = false;  // the file may end in a half line that could not be cut off
    Progress last_;
    std::chrono::steady_clock::time_point lastWrite_;
    std::chrono::steady_clock::time_point lastProgress_;
};

// A thread that keeps the heartbeat while the owner is busy (loading, sampling, saving). Ends with the
// object.
class Heartbeat {
  public:
    explicit Heartbeat(EventWriter& writer, std::chrono::milliseconds interval = kHeartbeatInterval);
    ~Heartbeat();
    Heartbeat(const Heartbeat&) = delete;
    Heartbeat& operator=(const Heartbeat&) = delete;

  private:
    std::mutex mutex_;
    std::condition_variable wake_;
    bool stop_ = false;
    std::thread thread_;
};

// Follows a log that may be absent, growing, torn, truncated or replaced (by rsync). Holds no file open
// between calls.
class EventReader {
  public:
    // `offset` > 0 starts there, or at the next line when that is inside one.
    explicit EventReader(fs::path path, std::uint64_t offset = 0);

    struct Batch {
        std::size_t events = 0;     // given to the sink
        std::size_t malformed = 0;  // whole lines that are no events: skipped
        std::size_t newer = 0;      // lines of a format that this version does not read: skipped
        std::uint64_t bytes = 0;    // consumed
        bool restarted =
            false;          // the file is another one or shorter: reading begins again; reset what was folded
        bool more = false;  // whole lines wait: call again
    };
    // Gives whole lines to `sink` until about `maxBytes` were read; a half line at the end waits for its
    // rest. `restarted` is also told through `onRestart`, before the first event of the new file. An absent
    // file is an empty batch. Errors: Io (no permission, not a file, disk fault).
    Result<Batch> read(const std::function<void(Event&&)>& sink, std::size_t maxBytes = std::size_t{1} << 20,
                       const std::function<void()>& onRestart = {});

    std::uint64_t offset() const { return offset_; }  // of the first byte not consumed
    std::uint64_t size() const { return size_; }      // of the file at the last read
    const fs::path& path() const { return path_; }

  private:
    bool sameFile(int fd) const;
    void remember(int fd);
    Status align(int fd);
    // Gives the whole lines of `block` to the sink; returns how many bytes they had.
    std::size_t consume(std::string_view block, Batch& batch, const std::function<void(Event&&)>& sink);

    fs::path path_;
    std::uint64_t offset_ = 0;
    std::uint64_t size_ = 0;
    bool aligned_ = true;       // offset_ is known to be the start of a line
    bool skipPartial_ = false;  // the rest of a line is passed over: late start, or longer than any event
    // First bytes of the file and last ones before offset_: they tell a grown file from a replaced one.
    std::string head_;
    std::string tail_;
    std::string buffer_;
};

}  // namespace atelier::run
