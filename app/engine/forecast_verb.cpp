// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine check --forecast: what a run would need, measured by updates that nothing is kept of. A verb
// of atelier-engine-compute; check without --forecast needs no LibTorch.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "app/engine/cli.h"
#include "app/engine/fetch_model.h"
#include "core/config/load.h"
#include "core/config/request.h"
#include "core/engine/train/forecast.h"
#include "core/preflight/preflight.h"

namespace atelier::cli {

int forecastVerb(Arguments arguments) {
    CLI::App app(
        "Measures on this machine what a run would need: parameters, memory by part, time and disk, and "
        "names "
        "smaller settings when it does not fit. Nothing is written. Exit code 0, or 2 when there are errors.",
        "atelier-engine check --forecast");
    std::vector<std::string> words;
    std::string device;
    bool json = false, wanted = false;
    app.add_option("CONFIG", words, "CONFIG.yaml and key=value overrides, or config=CONFIG.yaml key=value …")
        ->required();
    app.add_flag("--forecast", wanted, "this");
    app.add_option("--device", device, "auto, cpu or cuda; default: system.device");
    app.add_flag("--json", json, "one JSON object on stdout");
    if (const auto code = parse(app, arguments)) return *code;

    ConfigLoadOptions options;
    auto request = configRequest(words);
    if (!request) return report(request.error(), json);
    options.base = request->base;
    auto config = loadTrainConfig(request->file, request->overrides, options);
    if (!config) return report(config.error(), json);
    if (const auto found = resolveModels(config->config, fetchModel); !found)
        return report(found.error(), json);
    const auto result = train::forecast(*config, device);
    if (!result) return report(result.error(), json);
    std::printf("%s",
                json ? (dumpJson(train::toJson(*result)) + "\n").c_str() : train::describe(*result).c_str());
    return 0;
}

}  // namespace atelier::cli
