// SPDX-License-Identifier: GPL-3.0-or-later
// The functions of process.h on posix_spawn.
#include "core/base/process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

extern char** environ;

namespace atelier {

Result<Pipe> Pipe::make() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failErrno(errno, "make a pipe", "");
    return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

Status writeAll(int fd, std::string_view bytes, const std::string& to) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failErrno(errno, "write to " + to, "");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<int> spawn(Spawn what) {
    std::vector<char*> argv;
    for (auto& word : what.words) argv.push_back(word.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    const auto redirect = [&](int from, int to) {
        if (from >= 0) ::posix_spawn_file_actions_adddup2(&actions, from, to);
    };
    redirect(what.in, STDIN_FILENO);
    redirect(what.out, STDOUT_FILENO);
    redirect(what.error, STDERR_FILENO);
    if (!what.folder.empty()) ::posix_spawn_file_actions_addchdir_np(&actions, what.folder.c_str());
    posix_spawnattr_t attributes;
    ::posix_spawnattr_init(&attributes);
    if (what.ownSession) ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t pid = -1;
    const int code = ::posix_spawn(&pid, argv[0], &actions, &attributes, argv.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (code != 0) return failErrno(code, "start", what.words[0]);
    return pid;
}

int waitForExit(int pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<Descriptor> openNull() {
    Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return failErrno(errno, "open", "/dev/null");
    return null;
}

}  // namespace atelier
