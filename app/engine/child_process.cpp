// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>

extern char** environ;

namespace atelier::cli {

Result<Pipe> Pipe::make() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failErrno(errno, "make a pipe", "");
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Status writeAll(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failErrno(errno, "write to atelier-engine-net", "");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<int> startNetProgram(std::vector<std::string> words, int in, int out, bool quiet) {
    std::error_code error;
    const std::string program =
        (fs::read_symlink("/proc/self/exe", error).parent_path() / "atelier-engine-net").string();
    words.insert(words.begin(), program);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    if (out >= 0) ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (quiet) ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    const int code = ::posix_spawn(&pid, program.c_str(), &actions, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (code != 0) return failErrno(code, "start", program);
    return pid;
}

}  // namespace atelier::cli
