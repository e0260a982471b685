// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine-compute: the verbs that link LibTorch. Started by atelier-engine, never by hand.
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "app/engine/cli.h"
#include "core/engine/train/device.h"

namespace atelier::cli {
namespace {

constexpr std::array kVerbs{
    Verb{"train", "", trainVerb}, Verb{"sample", "", sampleVerb}, Verb{"replay", "", replayVerb},
    Verb{"bench", "", benchVerb}, Verb{"doctor", "", doctorVerb}, Verb{"probe", "", probeVerb},
};

}  // namespace
}  // namespace atelier::cli

int main(int argc, char** argv) {
    using namespace atelier::cli;
    static_cast<void>(atelier::loadCuda());  // before anything asks LibTorch for a device
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    for (const auto& verb : kVerbs)
        if (!arguments.empty() && arguments[0] == verb.name) return verb.run(Arguments(arguments).subspan(1));
    std::fprintf(stderr, "error: atelier-engine-compute is started by atelier-engine\n");
    return 2;
}
