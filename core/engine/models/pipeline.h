// SPDX-License-Identifier: GPL-3.0-or-later
// A text-to-image pipeline as a diffusers folder: made from configurations, loaded component by component,
// saved whole. Called by train, sample, probe and replay.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/engine/models/component.h"
#include "core/text/tokenizer.h"

namespace atelier {

// What a pipeline that enlarges pictures has beside the others' parts; it is saved with `source`.
struct Upscaling {
    Json lowResScheduler;     // scheduler_config.json: with it the given picture is blurred
    int maxNoiseLevel = 350;  // the strongest blur the model was made for
};

struct Pipeline {
    std::shared_ptr<UNet2DConditionModel> unet;
    std::shared_ptr<AutoencoderKL> vae;
    std::shared_ptr<TextEncoder> textEncoder;  // of either family; beside a second one CLIP's
    std::shared_ptr<const Tokenizer> tokenizer;
    std::shared_ptr<ClipTextModel> textEncoder2;  // SDXL: with projection
    std::shared_ptr<const Tokenizer> tokenizer2;
    std::shared_ptr<ControlNetModel> controlNet;
    Json scheduler = Json::object();   // scheduler_config.json as it stands
    bool zerosForEmptyPrompt = false;  // SDXL: an empty negative prompt is zeros, not an encoded empty text
    std::optional<Upscaling> upscaling;
    fs::path source;  // the folder it was loaded from; empty when made from configurations

    // The text encoders that are there, in the order of their widths in the context.
    std::vector<std::shared_ptr<TextEncoder>> textEncoders() const;
    // Every module that is there, under its folder name: "unet", "vae", "text_encoder", "text_encoder_2",
    // "controlnet".
    std::map<std::string, std::shared_ptr<torch::nn::Module>> modules() const;
};

// A text encoder with its tokenizer.
struct TextPart {
    const char* component;  // "text_encoder" or "text_encoder_2"
    bool second;
    const Tokenizer* tokenizer;
    TextEncoder* encoder;

    std::shared_ptr<const Tokenizer>& tokenizerIn(Pipeline& pipeline) const {
        return second ? pipeline.tokenizer2 : pipeline.tokenizer;
    }
};
// Those that are there.
std::vector<TextPart> textParts(const Pipeline& pipeline);

// Moves and converts all modules; floating parameters only.
void movePipeline(Pipeline& pipeline, at::Device device, at::ScalarType dtype);

// ---- from folders
// ---------------------------------------------------------------------------------------------------
// `components`: folder names to load ("unet", "vae", "text_encoder", "tokenizer", "scheduler", …); empty =
// all of them. A requested component that the folder lacks is an error that names those it has. A LoRA's
// folder (lora.h) gives its base model with the updates attached.
Result<Pipeline> loadPipeline(const fs::path& folder, const LoadOptions& options = {},
                              const std::set<std::string>& components = {});
// Where `folder` is a pipeline's: its model_index.json gives the component a class that is computed here.
// Errors (code Model) as loadPipeline's.
Status checkComponent(const fs::path& folder, const std::string& name);
// force_zeros_for_empty_prompt of model_index.json, which SDXL's classes have and default to true.
Result<bool> zerosForEmptyPrompt(const fs::path& folder);
// The sub-folders of a pipeline folder that hold a component, from model_index.json.
Result<std::map<std::string, std::string>> pipelineComponents(const fs::path& folder);  // name → class name

// ---- to folders
// -----------------------------------------------------------------------------------------------------
// A complete folder for diffusers' StableDiffusionPipeline.from_pretrained. Written beside its final name,
// synced and renamed: `folder` must not exist. Parts of
// `source` that are not ours (safety_checker, feature_extractor, …) are kept byte for byte; large files of
// theirs are hard links where the file system allows.
Status savePipeline(const Pipeline& pipeline, const fs::path& folder, const SaveOptions& options = {});
// How it writes: `fill` makes a folder beside `folder`, which is synced and renamed, or removed.
Status writeFolderWhole(const fs::path& folder, const std::function<Status(const fs::path&)>& fill);

}  // namespace atelier
