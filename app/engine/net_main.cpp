// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine-net: the verbs that link libcurl, whose libraries would double the start of every other
// verb. Started by atelier-engine and, to fetch shards and to send curves, by `train`; never by
// hand.
#include <cstdio>
#include <string>
#include <vector>

#include "app/engine/cli.h"

int main(int argc, char** argv) {
    using namespace atelier::cli;
    guardStandardStreams();
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (!arguments.empty() && arguments[0] == "download")
        return finishOutput(runCaught("download", Arguments(arguments).subspan(1), downloadVerb));
    if (!arguments.empty() && arguments[0] == "fetch")
        return finishOutput(runCaught("fetch", Arguments(arguments).subspan(1), fetchVerb));
    if (!arguments.empty() && arguments[0] == "track")
        return finishOutput(runCaught("track", Arguments(arguments).subspan(1), trackVerb));
    std::fprintf(stderr, "error: atelier-engine-net is started by atelier-engine\n");
    return 2;
}
