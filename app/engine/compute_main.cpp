// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine-compute: the verbs that link LibTorch. Started by atelier-engine, never by hand.
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <new>
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

// The last place for what a library throws: a text and an exit code instead of an abort.
int runCaught(const Verb& verb, Arguments arguments) {
    const bool json = std::ranges::find(arguments, "--json") != arguments.end();
    const std::string where = std::string("atelier-engine ") + verb.name;
    const auto outOfMemory = [&] {
        return report({ErrorCode::Internal, "there is not enough memory for this", where,
                       "Ask for smaller pictures, or for fewer at once."},
                      json);
    };
    try {
        return verb.run(arguments);
    } catch (const std::bad_alloc&) {
        return outOfMemory();
    } catch (const c10::OutOfMemoryError&) {
        return outOfMemory();
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        if (text.find("allocate memory") != std::string::npos) return outOfMemory();
        return report({ErrorCode::Internal, text.substr(0, text.find('\n')), where, ""}, json);
    } catch (const std::exception& error) {
        return report({ErrorCode::Internal, error.what(), where, ""}, json);
    }
}

}  // namespace
}  // namespace atelier::cli

int main(int argc, char** argv) {
    using namespace atelier::cli;
    guardStandardStreams();
    static_cast<void>(atelier::loadCuda());  // before anything asks LibTorch for a device
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    for (const auto& verb : kVerbs)
        if (!arguments.empty() && arguments[0] == verb.name)
            return finishOutput(runCaught(verb, Arguments(arguments).subspan(1)));
    std::fprintf(stderr, "error: atelier-engine-compute is started by atelier-engine\n");
    return 2;
}
