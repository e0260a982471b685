// SPDX-License-Identifier: GPL-3.0-or-later
// A text-to-image pipeline as a diffusers folder: made from configurations, loaded component by component,
// saved whole. Called by train, sample, probe and replay.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "core/base/json.h"
#include "core/config/architectures.h"
#include "core/engine/models/autoencoder_kl.h"
#include "core/engine/models/clip_text_model.h"
#include "core/engine/models/state_dict.h"
#include "core/engine/models/unet_2d_condition.h"
#include "core/text/clip_tokenizer.h"

namespace atelier {

struct Pipeline {
    std::shared_ptr<UNet2DConditionModel> unet;
    std::shared_ptr<AutoencoderKL> vae;
    std::shared_ptr<ClipTextModel> textEncoder;
    std::shared_ptr<const ClipTokenizer> tokenizer;
    Json scheduler = Json::object();  // scheduler_config.json as it stands
    fs::path source;                  // the folder it was loaded from; empty when made from configurations

    // Every module that is there, under its folder name: "unet", "vae", "text_encoder".
    std::map<std::string, std::shared_ptr<torch::nn::Module>> modules() const;
};

// Moves and converts all modules; floating parameters only.
void movePipeline(Pipeline& pipeline, at::Device device, at::ScalarType dtype);

// ---- from configurations
// -------------------------------------------------------------------------------------------- Initial values
// are PyTorch's and transformers' defaults drawn from core/base/random: a pure function of the seed.
std::shared_ptr<UNet2DConditionModel> makeUnet(const UNet2DConditionConfig& config, std::uint64_t seed);
std::shared_ptr<AutoencoderKL> makeVae(const AutoencoderKLConfig& config, std::uint64_t seed);
std::shared_ptr<ClipTextModel> makeTextEncoder(const ClipTextConfig& config, std::uint64_t seed);

// ---- from folders
// ---------------------------------------------------------------------------------------------------
struct LoadOptions {
    at::ScalarType dtype = at::kFloat;
    at::Device device = at::kCPU;
    std::string variant;  // "fp16": prefer files of that variant; the plain file is the fall-back
};
// `folder` holds config.json and the weights. Errors (code Model) name the file, the tensor or key, and the
// remedy.
Result<std::shared_ptr<UNet2DConditionModel>> loadUnet(const fs::path& folder,
                                                       const LoadOptions& options = {});
Result<std::shared_ptr<AutoencoderKL>> loadVae(const fs::path& folder, const LoadOptions& options = {});
Result<std::shared_ptr<ClipTextModel>> loadTextEncoder(const fs::path& folder,
                                                       const LoadOptions& options = {});

// `components`: folder names to load ("unet", "vae", "text_encoder", "tokenizer", "scheduler"); empty = all
// of them. A requested component that the folder lacks is an error that names those it has. A LoRA's folder
// (lora.h) gives its base model with the updates attached.
Result<Pipeline> loadPipeline(const fs::path& folder, const LoadOptions& options = {},
                              const std::set<std::string>& components = {});
// The sub-folders of a pipeline folder that hold a component, from model_index.json.
Result<std::map<std::string, std::string>> pipelineComponents(const fs::path& folder);  // name → class name

// ---- to folders
// -----------------------------------------------------------------------------------------------------
struct SaveOptions {
    at::ScalarType dtype = at::kFloat;  // kFloat, kHalf or kBFloat16
    // Weights to write instead of the module's own, by component ("unet" → EMA weights); names as
    // namedParameters.
    std::map<std::string, NamedTensors> weights;
};
// A complete folder for diffusers' StableDiffusionPipeline.from_pretrained. Written beside its final name,
// synced and renamed: `folder` must not exist. Parts of `source` that are small and not ours
// (feature_extractor) are carried along.
Status savePipeline(const Pipeline& pipeline, const fs::path& folder, const SaveOptions& options = {});

// One component: config.json + weights, into an existing or new folder.
Status saveUnet(const UNet2DConditionModel& unet, const fs::path& folder, const SaveOptions& options = {});
Status saveVae(const AutoencoderKL& vae, const fs::path& folder, const SaveOptions& options = {});
Status saveTextEncoder(const ClipTextModel& model, const fs::path& folder, const SaveOptions& options = {});

}  // namespace atelier
