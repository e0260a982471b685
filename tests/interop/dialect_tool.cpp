// SPDX-License-Identifier: GPL-3.0-or-later
// For convert_test.py: name tables as JSON, without any weights. `names FOLDER` prints the table of a
// pipeline folder's configurations, `derive FILE FOLDER` writes the configurations that a single file's
// header tells.
#include <cstdio>
#include <string>

#include "core/base/json.h"
#include "core/weights/dialects/pipeline_files.h"

namespace {

using namespace atelier;
using namespace atelier::dialects;

Status printNames(const fs::path& folder) {
    Json all = Json::object();
    const auto add = [&](const std::string& component, const NameTable& table) {
        for (const auto& pair : table)
            all[component].push_back({pair.single, singleShape(pair), pair.folder, pair.shape});
    };
    if (!fs::exists(folder / "model_index.json")) {
        ATELIER_TRY(const Json json, readModelJson(folder / "config.json"));
        ATELIER_TRY(const auto config, controlNetConfigFromJson(json, folder.string()));
        ATELIER_TRY(const auto names, controlNetNames(config));
        add("controlnet", names);
        std::printf("%s\n", dumpJson(all).c_str());
        return {};
    }
    ATELIER_TRY(const auto configs, readPipeline(folder));
    ATELIER_TRY(const auto unet, unetNames(configs.unet));
    add("unet", unet);
    ATELIER_TRY(const auto vae, vaeNames(configs.vae));
    add("vae", vae);
    const auto towers = textTowers(configs.family);
    for (std::size_t i = 0; i < towers.size(); ++i)
        add(towers[i].component, towers[i].openClip ? openClipNames(configs.text[i], towers[i].prefix)
                                                    : clipNames(configs.text[i], towers[i].prefix));
    std::printf("%s\n", dumpJson(all).c_str());
    return {};
}

Status derive(const fs::path& file, const fs::path& folder) {
    ATELIER_TRY(const auto weights, WeightSet::openFile(file));
    if (weights.find("control_model.input_hint_block.0.weight")) {
        PipelineConfigs control;
        ATELIER_TRY(control.controlNet, deriveControlNet(weights, kControlPrefix));
        return writePipelineConfigs(folder, control);
    }
    ATELIER_TRY(const auto family, familyOfSingleFile(weights));
    ATELIER_TRY(auto configs, derivePipeline(weights, family));
    ATELIER_DO(settlePrediction(configs, weights, {}));
    return writePipelineConfigs(folder, configs);
}

}  // namespace

int main(int argc, char** argv) {
    const std::string verb = argc > 2 ? argv[1] : "";
    const auto done = verb == "names" ? printNames(argv[2])
                      : verb == "derive" && argc == 4
                          ? derive(argv[2], argv[3])
                          : fail(ErrorCode::Usage, "names FOLDER | derive FILE FOLDER");
    if (!done) std::fprintf(stderr, "%s\n", done.error().message().c_str());
    return done ? 0 : 2;
}
