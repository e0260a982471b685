// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine-net: the verbs that link libcurl, whose libraries would double the start of every other
// verb. Started by atelier-engine, never by hand.
#include <cstdio>
#include <new>
#include <string>
#include <vector>

#include "app/engine/cli.h"

namespace atelier::cli {
namespace {

int runCaught(Arguments arguments) {
    try {
        return downloadVerb(arguments);
    } catch (const std::exception& error) {
        return report({ErrorCode::Internal, error.what(), "atelier-engine download", ""});
    }
}

}  // namespace
}  // namespace atelier::cli

int main(int argc, char** argv) {
    using namespace atelier::cli;
    guardStandardStreams();
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments[0] == "download")
        return finishOutput(runCaught(Arguments(arguments).subspan(1)));
    std::fprintf(stderr, "error: atelier-engine-net is started by atelier-engine\n");
    return 2;
}
