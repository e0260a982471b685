// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine cache: how much the latents and texts on disk take, and making room.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "app/engine/cli.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/encoded_cache.h"

namespace atelier::cli {

int cacheVerb(Arguments arguments) {
    CLI::App app(
        "Latents and texts that trainings with latent_cache or text_cache: disk have encoded. Any run may "
        "use "
        "them; what is removed is encoded again when it is needed, with the same result, so this is safe "
        "while runs go on.",
        "atelier-engine cache");
    std::string folder, keep;
    bool clear = false, json = false;
    app.add_option("FOLDER", folder, "dataset.params.cache_folder; default: that of the user's cache");
    auto* keeping = app.add_option("--keep", keep,
                                   "remove what was used least recently until so much is left, such as 20G");
    app.add_flag("--clear", clear, "remove all of it")->excludes(keeping);
    app.add_flag("--json", json, "one JSON object on stdout");
    if (const auto code = parse(app, arguments)) return *code;

    std::uint64_t limit = 0;
    if (!keep.empty() && !parseBytes(keep, limit))
        return report(
            {ErrorCode::Config, "\"" + keep + "\" is no size", "--keep", "Write it as 20G or 500M."}, json);
    const fs::path place = folder.empty() ? data::EncodedCache::defaultFolder() : fs::path(folder);
    data::EncodedUsage removed;
    if (clear || !keep.empty()) {
        const auto done = data::trimEncoded(place, limit);
        if (!done) return report(done.error(), json);
        removed = *done;
    }
    const auto left = data::encodedUsage(place);
    if (json) {
        const Json answer{{"folder", place.string()},
                          {"entries", left.entries},
                          {"bytes", left.bytes},
                          {"removed", {{"entries", removed.entries}, {"bytes", removed.bytes}}}};
        std::printf("%s\n", dumpJson(answer).c_str());
        return 0;
    }
    if (removed.entries > 0)
        std::printf("removed %s, %s\n",
                    plural(static_cast<std::size_t>(removed.entries), "entry", "entries").c_str(),
                    humanBytes(removed.bytes).c_str());
    std::printf("%s: %s, %s\n", place.c_str(),
                plural(static_cast<std::size_t>(left.entries), "entry", "entries").c_str(),
                humanBytes(left.bytes).c_str());
    return 0;
}

}  // namespace atelier::cli
