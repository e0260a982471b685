// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine replay: train on recorded batches and write losses and weights.
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/engine/cli.h"
#include "app/engine/fetch_model.h"
#include "app/engine/progress.h"
#include "core/config/load.h"
#include "core/engine/train/replay.h"
#include "core/preflight/preflight.h"

namespace atelier::cli {

int replayVerb(Arguments arguments) {
    CLI::App app{
        "Train on recorded batches (latents, noise, timesteps, encoder_hidden_states) and write losses and "
        "weights."};
    app.name("atelier-engine replay");
    std::vector<std::string> words;
    train::ReplayOptions options;
    std::string batches, out;
    app.add_option("CONFIG", words, "CONFIG.yaml [key=value …]")->required();
    app.add_option("--batches", batches, "folder with batch-00000.safetensors, …")->required();
    app.add_option("--out", out, "new folder for losses.json, pipeline/ and unet_raw.safetensors")
        ->required();
    app.add_option("--device", options.device, "auto, cpu or cuda; default: system.device");
    if (const auto code = parse(app, arguments)) return *code;

    const std::vector<std::string> overrides(words.begin() + 1, words.end());
    ConfigLoadOptions load;
    load.purpose = Purpose::Replay;
    auto config = loadTrainConfig(expandUser(words.front()), overrides, load);
    if (!config) return report(config.error());
    if (const auto found = resolveModels(config->config, fetchModel); !found) return report(found.error());
    options.batches = expandUser(batches);
    options.out = expandUser(out);
    ProgressDisplay display;
    options.onStep = [&](std::int64_t done, std::int64_t total, double loss) {
        ProgressState state;
        state.phase = "replay";
        state.done = static_cast<std::uint64_t>(done);
        state.total = static_cast<std::uint64_t>(total);
        state.extra = fmt::format("loss {:.4f}", loss);
        display.update(state);
    };
    const auto status = train::replay(*config, options);
    display.finish();
    return status ? 0 : report(status.error());
}

}  // namespace atelier::cli
