// SPDX-License-Identifier: GPL-3.0-or-later
// Stable Diffusion 1, 2, XL, its refiner and the x4 upscaler between a diffusers pipeline folder and a single
// safetensors file; ControlNets between their folder and cldm's file. Called by `atelier-engine convert`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/config/architectures.h"
#include "core/weights/safetensors.h"

namespace atelier {

struct ConvertOptions {
    std::optional<TensorType> dtype;  // F16, BF16 or F32; absent: every tensor keeps its own
    fs::path like;  // to a folder: a pipeline folder that gives configurations, scheduler, tokenizers
    bool withoutTokenizer = false;  // to a folder: write none (a single file holds none)
    bool ema = false;               // of a single file: the averaged UNet weights of one that has both
    std::string variant;            // of a folder: "fp16", "ema", "non_ema"; see WeightSet::openAny
    std::string prediction;  // to a folder: "epsilon" or "v_prediction"; empty: as metadata or family say
    // The result has the form of the source, and what is not weights of its networks is carried over as it
    // is; other variants of these weights are not.
    bool keepForm = false;
    // Weights that `edits` names (component, the folder's name) pass through `edit`: row-major, the folder's
    // shape.
    std::function<bool(const std::string& component, const std::string& name)> edits;
    std::function<void(const std::string& component, const std::string& name,
                       std::span<const std::int64_t> shape, std::span<float> values)>
        edit;
    std::function<void(const std::string& phase, std::uint64_t done, std::uint64_t total)>
        progress;  // tensors
};

struct ConvertReport {
    std::string family;  // "Stable Diffusion 1"
    std::string kind;    // "pipeline" or "controlnet"
    bool toSingleFile = false;
    std::size_t tensors = 0;             // of the folder's side
    std::uint64_t bytes = 0;             // written weights
    double maximumDifference = 0;        // between source and the result read again; 0 when no dtype changed
    std::vector<std::string> notFinite;  // tensors of the source that hold NaN or infinity
    std::vector<std::string> remarks;    // what was left out, as sentences
};

// One tensor of a model in the folder's names and layout, whichever form the model has.
struct ModelTensor {
    std::string component, name;
    TensorType type = TensorType::F32;
    std::vector<std::int64_t> shape;
    std::function<Result<std::vector<std::byte>>()> bytes;  // keeps the model open
};
// All networks of a pipeline folder or a single file. Errors as convertModel's.
Result<std::vector<ModelTensor>> openModel(const fs::path& path, const ConvertOptions& options);

// A ControlNet in one file of any form: its configuration as the shapes tell it. Errors (code Model): the
// file holds none.
struct ControlNetTensors {
    ControlNetConfig config;
    std::vector<ModelTensor> tensors;
};
Result<ControlNetTensors> openControlNetFile(const fs::path& file);

// The direction follows from `in`: a folder becomes a single file, a file becomes a folder. `out` appears
// whole or not at all and must not exist. Errors (code Model, nothing written): another family, a tensor
// missing, left over or of the wrong shape or dtype, a configuration the dialect has no names for.
Result<ConvertReport> convertModel(const fs::path& in, const fs::path& out, const ConvertOptions& options);

}  // namespace atelier
