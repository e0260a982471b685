// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine-compute: the verbs that link LibTorch. Started by atelier-engine, never by hand.
#include <c10/util/Exception.h>
#include <malloc.h>

#include <array>
#include <cstdio>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/engine/cli.h"
#include "core/engine/train/device.h"

namespace atelier::cli {
namespace {

constexpr std::array kVerbs{
    Verb{"train", "", trainVerb},    Verb{"sample", "", sampleVerb}, Verb{"replay", "", replayVerb},
    Verb{"bench", "", benchVerb},    Verb{"doctor", "", doctorVerb}, Verb{"probe", "", probeVerb},
    Verb{"check", "", forecastVerb},
};

// Activations come and go by hundreds of megabytes, the same sizes at every step: giving each back to the
// kernel and having it cleared and mapped again takes a fifth of an autoencoder's time.
void keepFreedMemory() {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);  // what an older C library takes at most
    mallopt(M_MMAP_THRESHOLD, 1 << 30);
    mallopt(M_TRIM_THRESHOLD, -1);
}

// LibTorch's own errors, without their backtraces; runCaught takes the rest.
int runTorch(const Verb& verb, Arguments arguments) {
    return runCaught(verb.name, arguments, [&](Arguments given) {
        try {
            return verb.run(given);
        } catch (const c10::OutOfMemoryError&) {
            throw std::bad_alloc();
        } catch (const c10::Error& error) {
            const std::string text = error.what_without_backtrace();
            if (text.find("allocate memory") != std::string::npos) throw std::bad_alloc();
            throw std::runtime_error(text.substr(0, text.find('\n')));
        }
    });
}

}  // namespace
}  // namespace atelier::cli

int main(int argc, char** argv) {
    using namespace atelier::cli;
    guardStandardStreams();
    keepFreedMemory();
    static_cast<void>(atelier::loadCuda());  // before anything asks LibTorch for a device
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    for (const auto& verb : kVerbs)
        if (!arguments.empty() && arguments[0] == verb.name)
            return finishOutput(runTorch(verb, Arguments(arguments).subspan(1)));
    std::fprintf(stderr, "error: atelier-engine-compute is started by atelier-engine\n");
    return 2;
}
