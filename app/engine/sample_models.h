// SPDX-License-Identifier: GPL-3.0-or-later
// The models that `sample` computes with: a pipeline, what is added to it, ControlNets, a refiner.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/engine/eval/generate.h"

namespace atelier::cli {

struct ModelFiles {
    std::string model;
    std::string variant;                           // of its weights, "fp16"; empty: plain
    std::vector<std::string> loras;                // "FILE:weight"
    std::vector<std::string> embeddings;           // textual inversions
    std::vector<std::string> controlNets;          // "FOLDER:scale" or "FILE:scale"
    std::vector<std::string> controls;             // a picture for each
    std::vector<double> controlStart, controlEnd;  // none, one for all, or one for each
    std::string refiner;
    double refinerStart = 0.8;
};

struct SampleModels {
    Pipeline pipeline;
    std::optional<Pipeline> refiner;
    std::vector<eval::Control> controls;  // without their pictures
};

// What is wrong with the arguments, before anything is loaded (Usage).
Status checkModelFiles(const ModelFiles& files);
// Ready to sample with. Errors: Usage, Model.
Result<SampleModels> loadModels(const ModelFiles& files, const LoadOptions& options);
// ControlNets with their pictures, and the refiner, which `models` goes on owning.
Status addModels(const ModelFiles& files, const SampleModels& models, const eval::GenerateOptions& options,
                 eval::GenerateInputs& inputs);
// 16 hex digits that change with any of these files and with those of `pictures`: by place, size and time of
// the last change, as reading whole models would take longer than sampling.
std::string inputStamp(const ModelFiles& files, const std::vector<std::string>& pictures);
// What samples.json and the pictures say of them.
void describeModels(const ModelFiles& files, Json& description);

}  // namespace atelier::cli
