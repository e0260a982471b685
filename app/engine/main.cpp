// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine: answers what needs no LibTorch itself and becomes atelier-engine-compute for what does, and
// atelier-engine-net for the network. Linking LibTorch would cost 0.3 s and 110 MB at every start, libcurl 9
// ms.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "app/engine/cli.h"
#include "core/base/strings.h"
#include "core/base/version.h"

namespace atelier::cli {
namespace {

constexpr std::array kVerbs{
    Verb{"train", "train as a configuration says, or continue a run folder", nullptr},
    Verb{"sample", "make pictures with a pipeline", nullptr},
    Verb{"dataset", "build, verify, list or count WebDataset shards", datasetVerb},
    Verb{"check", "every problem of a configuration at once", checkVerb},
    Verb{"schema", "all settings as YAML, JSON schema or Markdown", schemaVerb},
    Verb{"queue", "runs one after another on this computer", queueVerb},
    Verb{"cache", "latents and texts kept on disk: how much, and making room", cacheVerb},
    Verb{"export", "a folder that runs headless on a cluster", exportVerb},
    Verb{"inspect", "what is this model file or folder?", inspectVerb},
    Verb{"convert", "a pipeline folder to a single file, or the reverse", convertVerb},
    Verb{"lora", "merge, extract, resize or convert LoRA files", loraVerb},
    Verb{"fetch", "files from s3:// or http:// to this computer, checked and resumable", nullptr,
         "atelier-engine-net"},
    Verb{"track", "send a run's curves and pictures where its configuration says", nullptr,
         "atelier-engine-net"},
    Verb{"download", "a model from a hub, into the cache or a folder", nullptr, "atelier-engine-net"},
    Verb{"probe", "run one component of a pipeline on given tensors", nullptr},
    Verb{"replay", "train on recorded batches and write losses and weights", nullptr},
    Verb{"bench", "machine-readable figures", nullptr},
    Verb{"doctor", "devices, libraries, what will be slow or missing", nullptr},
};

void printHelp() {
    std::printf(
        "atelier-engine %s: train image diffusion models without a window\n\n"
        "usage: atelier-engine VERB [options]      (atelier-engine VERB --help explains one)\n"
        "       atelier-engine config=CONFIG.yaml [key=value …]      open-diffusion's form of train\n\n",
        kVersion);
    for (const auto& verb : kVerbs) std::printf("  %-9s %s\n", verb.name, verb.help);
    std::printf(
        "\nexit codes: 0 done or stopped on request, 2 wrong usage or configuration, 3 unusable data,\n"
        "            4 suspended (run again), 1 anything else\n");
}

constexpr const char* kCompute = "atelier-engine-compute";

// Where LibTorch's libraries are: ATELIER_LIBTORCH (a libtorch folder, or the torch folder in a Python), then
// the cache that scripts/setup fills. "" = nowhere.
std::filesystem::path findLibTorch() {
    namespace fs = std::filesystem;
    std::error_code error;
    const auto holds = [&error](const fs::path& folder) {
        return fs::exists(folder / "lib/libtorch_cpu.so", error);
    };
    const auto variable = [](const char* name) {
        const char* value = std::getenv(name);
        return fs::path(value ? value : "");
    };
    if (const fs::path given = variable("ATELIER_LIBTORCH"); holds(given)) return given / "lib";
    fs::path cache = variable("ATELIER_CACHE");
    if (cache.empty() && !variable("XDG_CACHE_HOME").empty()) cache = variable("XDG_CACHE_HOME") / "atelier";
    if (cache.empty()) cache = variable("HOME") / ".cache/atelier";
    if (holds(cache / "libtorch")) return cache / "libtorch/lib";
    for (fs::directory_iterator one(cache / "venv/lib", error), end; !error && one != end;
         one.increment(error))
        if (const fs::path torch = one->path() / "site-packages/torch"; holds(torch)) return torch / "lib";
    return {};
}

// An installed engine (it has a share folder beside it) carries no path of the machine that built it. False:
// there is no LibTorch, and the user is told what to do.
bool findLibraries(const std::filesystem::path& program) {
    std::error_code error;
    const auto share = program.parent_path() / "../share/atelier/scripts";
    if (!std::filesystem::exists(share / "setup", error)) return true;
    const std::filesystem::path found = findLibTorch();
    if (found.empty()) {
        std::fprintf(
            stderr,
            "error: LibTorch is not installed, and this needs it. %s --libtorch fetches it from PyPI (0.5 "
            "GB, "
            "2.7 GB with an NVIDIA card) into ~/.cache/atelier; or set ATELIER_LIBTORCH to a libtorch folder "
            "or to the torch folder inside a Python.\n",
            std::filesystem::weakly_canonical(share / "setup", error).c_str());
        return false;
    }
    const char* before = std::getenv("LD_LIBRARY_PATH");
    const std::string paths = found.string() + (before && *before ? std::string(":") + before : "");
    ::setenv("LD_LIBRARY_PATH", paths.c_str(), /*overwrite=*/1);
    return true;
}

// Replaces this process by the sibling that links what the verb needs, with the same arguments.
int become(const char* name, std::vector<std::string> arguments) {
    std::error_code error;
    const auto sibling = std::filesystem::read_symlink("/proc/self/exe", error).parent_path() / name;
    // OpenMP reads this when its library is loaded: idle workers sleep instead of spinning against other
    // processes.
    ::setenv("OMP_WAIT_POLICY", "PASSIVE", /*overwrite=*/0);
    if (std::strcmp(name, kCompute) == 0 && !findLibraries(sibling)) return 1;
    std::vector<char*> argv;
    std::string path = sibling.string();
    argv.push_back(path.data());
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    ::execv(path.c_str(), argv.data());
    std::fprintf(stderr,
                 "error: %s: cannot be started: %s. This engine was built without %s, or a part of it is "
                 "missing; run scripts/setup and build again.\n",
                 path.c_str(), std::strerror(errno),
                 std::strcmp(name, kCompute) == 0 ? "LibTorch" : "libcurl");
    return 1;
}

int run(const std::vector<std::string>& arguments) {
    if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help") {
        printHelp();
        return arguments.empty() ? 2 : 0;
    }
    if (arguments[0] == "--version") {
        std::printf("atelier-engine %s\n", kVersion);
        return 0;
    }
    // open-diffusion's form: only key=value arguments, one of them config=FILE.
    if (arguments[0].find('=') != std::string::npos && !arguments[0].starts_with('-')) {
        std::vector<std::string> train{"train"};
        train.insert(train.end(), arguments.begin(), arguments.end());
        return become(kCompute, std::move(train));
    }
    std::vector<std::string> names;
    for (const auto& verb : kVerbs) {
        names.emplace_back(verb.name);
        if (arguments[0] != verb.name) continue;
        // Shards need no LibTorch, and its start would be measured along with them.
        if (arguments.size() > 1 && arguments[0] == "bench" && arguments[1] == "data")
            return runCaught("bench data", Arguments(arguments).subspan(2), benchData);
        // A forecast is measured on the networks themselves.
        if (arguments[0] == "check" && std::ranges::find(arguments, "--forecast") != arguments.end())
            return become(kCompute, arguments);
        if (!verb.run) return become(verb.sibling, arguments);
        return runCaught(verb.name, Arguments(arguments).subspan(1), verb.run);
    }
    const std::string nearest = nearestName(arguments[0], names);
    return report(
        Error{ErrorCode::Usage, "there is no verb \"" + arguments[0] + "\"", "",
              nearest.empty() ? "atelier-engine --help lists them." : "Did you mean \"" + nearest + "\"?"});
}

}  // namespace
}  // namespace atelier::cli

int main(int argc, char** argv) {
    atelier::cli::guardStandardStreams();
    std::setvbuf(stdout, nullptr, _IOLBF, 0);
    return atelier::cli::finishOutput(atelier::cli::run(std::vector<std::string>(argv + 1, argv + argc)));
}
