// SPDX-License-Identifier: GPL-3.0-or-later
// Starting other programs and waiting for them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

struct Pipe {
    Descriptor read, write;
    static Result<Pipe> make();
};

// All of `bytes` to a pipe; `to` names its other end in an error.
Status writeAll(int fd, std::string_view bytes, const std::string& to);

struct Spawn {
    std::vector<std::string> words;     // the program's path, then its arguments
    int in = -1, out = -1, error = -1;  // descriptors; -1: this process's own
    fs::path folder;                    // to start in; empty: this process's
    bool ownSession = false;            // out of reach of the terminal's signals
};

// The new process's number. The caller waits for it.
Result<int> spawn(Spawn what);

// Waits until it ends: its exit code, or 128 + the signal that ended it.
int waitForExit(int pid);

// Read and write end of /dev/null, for Spawn.
Result<Descriptor> openNull();

}  // namespace atelier
