// SPDX-License-Identifier: GPL-3.0-or-later
// One model of a pipeline: made from its configuration, loaded from a folder (config.json and weights), saved
// to one. Called by pipeline.h, train and probe.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/config/architectures.h"
#include "core/engine/models/autoencoder_kl.h"
#include "core/engine/models/clip_text_model.h"
#include "core/engine/models/controlnet.h"
#include "core/engine/models/state_dict.h"
#include "core/engine/models/t5_encoder_model.h"
#include "core/engine/models/unet_2d.h"
#include "core/engine/models/unet_2d_condition.h"
#include "core/engine/models/vq_model.h"

namespace atelier {

// The diffusers release whose folder layout and keys are written.
inline constexpr const char* kFormatVersion = "0.42.0";

// Initial values are PyTorch's and transformers' defaults drawn from core/base/random: a pure function of the
// seed.
std::shared_ptr<UNet2DConditionModel> makeUnet(const UNet2DConditionConfig& config, std::uint64_t seed);
std::shared_ptr<AutoencoderKL> makeVae(const AutoencoderKLConfig& config, std::uint64_t seed);
std::shared_ptr<VQModel> makeVqModel(const VQModelConfig& config, std::uint64_t seed);
std::shared_ptr<UNet2DModel> makeUnet2D(const UNet2DConfig& config, std::uint64_t seed);
// `scope`: the component's name; encoders of other names have other values.
std::shared_ptr<ClipTextModel> makeTextEncoder(const ClipTextConfig& config, std::uint64_t seed,
                                               const std::string& scope = "text_encoder");
std::shared_ptr<T5EncoderModel> makeTextEncoder(const T5EncoderConfig& config, std::uint64_t seed);

struct LoadOptions {
    at::ScalarType dtype = at::kFloat;  // autoencoders that say force_upcast stay float32 instead of kHalf
    at::Device device = at::kCPU;
    std::string variant;  // "fp16": prefer files of that variant (WeightSet::openAny)
    // Told about weights that load but hold NaN or infinity.
    std::function<void(const std::string& text)> warn = [](const std::string& text) { log::warning(text); };
};
// `folder` holds config.json and the weights. Errors (code Model) name the file, the tensor or key, and the
// remedy.
Result<std::shared_ptr<UNet2DConditionModel>> loadUnet(const fs::path& folder,
                                                       const LoadOptions& options = {});
Result<std::shared_ptr<AutoencoderKL>> loadVae(const fs::path& folder, const LoadOptions& options = {});
// Of the family that its config.json names.
Result<std::shared_ptr<TextEncoder>> loadTextEncoder(const fs::path& folder, const LoadOptions& options = {});
Result<std::shared_ptr<ClipTextModel>> loadClipTextModel(const fs::path& folder,
                                                         const LoadOptions& options = {});
Result<std::shared_ptr<T5EncoderModel>> loadT5EncoderModel(const fs::path& folder,
                                                           const LoadOptions& options = {});
Result<std::shared_ptr<ControlNetModel>> loadControlNet(const fs::path& folder,
                                                        const LoadOptions& options = {});
// A ControlNet in one file, of the original repositories' names or the folder's; its configuration follows
// from the shapes.
Result<std::shared_ptr<ControlNetModel>> loadControlNetFile(const fs::path& file,
                                                            const LoadOptions& options = {});
Result<std::shared_ptr<VQModel>> loadVqModel(const fs::path& folder, const LoadOptions& options = {});
Result<std::shared_ptr<UNet2DModel>> loadUnet2D(const fs::path& folder, const LoadOptions& options = {});

struct SaveOptions {
    at::ScalarType dtype = at::kFloat;  // kFloat, kHalf or kBFloat16
    // Weights to write instead of the module's own, by component ("unet" → EMA weights); names as
    // namedParameters.
    std::map<std::string, NamedTensors> weights;
    // Components that are written with the values they were loaded from, whatever precision the module has
    // come to: those that were not trained. Bytes are kept, but for text encoders of half floats: diffusers
    // opens a text encoder in the precision of its file and cannot run it beside a float32 UNet, so that they
    // are written as float32, which holds the same values.
    std::map<std::string, std::shared_ptr<const WeightSet>> unchanged;
};
// The weights of a component's folder, kept open for that: later changes of the folder do not reach it.
Result<std::shared_ptr<const WeightSet>> openComponent(const fs::path& folder, const std::string& component);
// One component: config.json + weights, into an existing or new folder.
Status saveUnet(const UNet2DConditionModel& unet, const fs::path& folder, const SaveOptions& options = {});
Status saveVae(const AutoencoderKL& vae, const fs::path& folder, const SaveOptions& options = {});
Status saveTextEncoder(const TextEncoder& model, const fs::path& folder, const SaveOptions& options = {},
                       const std::string& component = "text_encoder");
Status saveControlNet(const ControlNetModel& model, const fs::path& folder, const SaveOptions& options = {});
Status saveVqModel(const VQModel& model, const fs::path& folder, const SaveOptions& options = {});
Status saveUnet2D(const UNet2DModel& model, const fs::path& folder, const SaveOptions& options = {});

// A configuration as diffusers writes it: with its version, without the path it came from.
Json diffusersConfig(Json config);
// `folder` is there, or an Error that says what is.
Status requireModelFolder(const fs::path& folder);

}  // namespace atelier
