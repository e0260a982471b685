// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/fetch_model.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "core/base/strings.h"

extern char** environ;

namespace atelier::cli {

Result<fs::path> fetchModel(const HubId& id) {
    std::error_code error;
    std::string program =
        (fs::read_symlink("/proc/self/exe", error).parent_path() / "atelier-engine-net").string();
    std::string verb = "download", name = id.text();
    std::array<char*, 4> words{program.data(), verb.data(), name.data(), nullptr};
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return failErrno(errno, "start the download", name);
    std::fprintf(stderr, "%s is not on this computer yet: downloading it\n", name.c_str());
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    pid_t child = 0;
    const int failed = ::posix_spawn(&child, program.c_str(), &actions, nullptr, words.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    std::string output;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; !failed && (n = ::read(ends[0], buffer.data(), buffer.size())) != 0;) {
        if (n < 0 && errno != EINTR) break;
        if (n > 0) output.append(buffer.data(), static_cast<std::size_t>(n));
    }
    ::close(ends[0]);
    if (failed) return failErrno(failed, "start the download (" + program + ")", name);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return fail(WIFEXITED(status) && WEXITSTATUS(status) == 2 ? ErrorCode::Model : ErrorCode::Io,
                    "the model could not be downloaded (said above)", name,
                    "Download it by itself: \"atelier-engine download " + name + "\".");
    const std::string folder(trim(output));
    return fs::path(folder.substr(folder.rfind('\n') + 1));
}

}  // namespace atelier::cli
