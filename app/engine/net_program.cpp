// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/net_program.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace atelier::cli {

Result<int> startNetProgram(std::vector<std::string> words, int in, int out, bool quiet) {
    std::error_code error;
    words.insert(words.begin(),
                 (fs::read_symlink("/proc/self/exe", error).parent_path() / kNetProgram).string());
    Descriptor null;
    if (quiet) {
        ATELIER_TRY(null, openNull());
    }
    return spawn({.words = std::move(words), .in = in, .out = out, .error = quiet ? null.get() : -1});
}

Result<NetAnswer> askNetProgram(std::vector<std::string> words) {
    ATELIER_TRY(auto said, Pipe::make());
    ATELIER_TRY(const int pid, startNetProgram(std::move(words), -1, said.write.get()));
    said.write.reset();
    NetAnswer answer;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(said.read.get(), buffer.data(), buffer.size())) != 0;) {
        if (n < 0 && errno != EINTR) break;
        if (n > 0) answer.text.append(buffer.data(), static_cast<std::size_t>(n));
    }
    answer.code = waitForExit(pid);
    return answer;
}

}  // namespace atelier::cli
