// SPDX-License-Identifier: GPL-3.0-or-later
// What a training method decides: which weights are trained, how a batch becomes a loss, what a checkpoint's
// pipeline holds, what a sample picture is. One file per method; the loop (loop.cpp) knows nothing else of
// them.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/data/dataset_index.h"
#include "core/engine/models/conditioning.h"
#include "core/engine/train/batch.h"
#include "core/engine/train/settings.h"

namespace atelier::train {

struct StepLoss {
    at::Tensor loss;         // scalar float32 with a graph: the mean over the batch
    at::Tensor perSample_B;  // float32, detached: names the guilty samples when something is not finite
    std::vector<std::pair<std::string, at::Tensor>> parts;  // further scalars for the metrics, detached
    at::Tensor perSampleGraph_B;  // the same with its graph, where a task weighs samples differently
};

// Phase ("cache", "class_images"), done of total in samples; returning false ends the work (Cancelled).
using PrepareProgress = std::function<bool(const std::string& phase, std::int64_t done, std::int64_t total)>;

class Task {
  public:
    virtual ~Task() = default;

    // Told what does not end the run: a code, what it is, what helps. Set by the loop.
    std::function<void(const std::string&, const std::string&, const std::string&)> warn;

    // The trained tensors, "unet.conv_in.weight": component, dot, name in its file.
    virtual NamedTensors parameters() = 0;
    // Learning rates of their own and constraints, before the first step.
    virtual void configure(Optimizer&) {}
    // What training changes besides by gradients, for exact resume: the tensors themselves, which are written
    // to.
    virtual NamedTensors buffers() const { return {}; }
    // Before the first step: caches, calibration sets. May change the plan (decodeImages off with cached
    // latents).
    virtual Status prepare(std::shared_ptr<const data::DatasetIndex> index, data::TrainPlan& plan,
                           const PrepareProgress& progress) = 0;
    virtual Result<StepLoss> loss(const Batch& batch) = 0;
    // Seconds spent on encoding (VAE, frozen text encoder) since the last call; part of the timing event.
    virtual double takeEncodeSeconds() { return 0; }

    // The checkpoint's pipeline folder. `weights`: float32 values of all trained tensors, the ones that are
    // in the model now (there they may be rounded).
    virtual Status savePipeline(const fs::path& folder, const NamedTensors& weights) = 0;

    // Opens what savePipeline wrote: the same values must be there byte for byte.
    virtual Status verifyPipeline(const fs::path& folder, const NamedTensors& weights);

    // Pictures into `folder` with the weights that are in the model now; returns how many.
    virtual Result<int> writeSamples(const fs::path& folder,
                                     const std::vector<eval::PictureRequest>& requests,
                                     const eval::GenerateOptions& options, const Json& description) = 0;

    // Bytes of weights, for the memory event.
    virtual std::uint64_t weightBytes() const = 0;
    // For the forecast: every network with its parameters, trained or not; bytes of the latents that
    // prepare() would keep for so many samples.
    virtual std::vector<std::pair<std::string, std::int64_t>> networkSizes() const { return {}; }
    virtual std::uint64_t cacheBytes(std::uint64_t /*samples*/) const { return 0; }
    virtual std::uint64_t textBytes() const { return 0; }  // of one caption that is kept
};

// `load` says who is told of weights that hold NaN or infinity.
Result<std::unique_ptr<Task>> makeTextToImageTask(const Settings& settings, const LoadOptions& load);
Result<std::unique_ptr<Task>> makeAutoencoderTask(const Settings& settings, const LoadOptions& load);
Result<std::unique_ptr<Task>> makeLabelTask(const Settings& settings, const LoadOptions& load);
Result<std::unique_ptr<Task>> makeTask(const Settings& settings, const LoadOptions& load = {});

// The loss of latent diffusion (Rombach et al. 2022, eq. 3) as the objective has it, in float32. latents
// [B,L,h,w] float32 (scaled), noise as drawn, timesteps [B] int64, masks as perSampleLoss; the network
// sees computeType.
// `seen`: what the network sees besides, all of it optional.
struct SeenBeside {
    ControlNetModel* controlNet = nullptr;  // adds to the UNet's skips what it makes of the condition
    at::Tensor condition_BCHW;              // [B,3,8h,8w], 0…1
    at::Tensor channels_BCHW;               // [B,1+L,h,w]: an inpainting model's mask and kept part
};
StepLoss denoisingLoss(UNet2DConditionModel& unet, const NoiseSchedule& schedule, const Objective& objective,
                       at::ScalarType computeType, const at::Tensor& latents_BLHW, const DrawnNoise& noise,
                       const at::Tensor& timesteps_B, const TextConditioning& conditioning,
                       const SeenBeside& seen = {}, const at::Tensor& masks_B1HW = {});

// Parameters of a module under "prefix." with gradients switched on.
NamedTensors trainableParameters(torch::nn::Module& module, const std::string& prefix);
// The tensors must be in the file byte for byte (through the memory map: nothing is read a second time).
Status compareTensors(const NamedTensors& written, const WeightSet& read);
// "unet.conv_in.weight" → {"unet": {"conv_in.weight", …}}.
std::map<std::string, NamedTensors> splitByComponent(const NamedTensors& weights);
// Attaches the updates that settings.lora asks for, with their starting values. The networks are frozen in
// the compute type; the updates are float32 (the optimizer keeps them so) and get gradients.
Status beginLora(Pipeline& pipeline, const Settings& settings);
// The same for the new words that settings.tokens asks for.
Result<LearnedTokens> beginTokens(Pipeline& pipeline, const Settings& settings);
void configureTokens(Optimizer& optimizer, const LearnedTokens& learned, const Settings& settings);
// pipeline.controlNet as settings.control asks for it; the UNet is frozen in the compute type. Errors (Model,
// Config): a UNet that no ControlNet can be made for, a ControlNet of another model.
Status beginControl(Pipeline& pipeline, const Settings& settings, const LoadOptions& load);
// A ControlNet's checkpoint: `folder` is what diffusers' ControlNetModel.from_pretrained opens, with
// a1111/<name>.safetensors (float16) beside it.
Status writeControl(const Pipeline& pipeline, const NamedTensors& weights, const std::string& name,
                    const fs::path& folder);
// Input channels of an inpainting model: latents, mask, latents of the picture's kept part (diffusers'
// order).
int inpaintingChannels(const Pipeline& pipeline);
// pipeline.unet with so many input channels; what a text-to-image UNet lacks begins at zero.
void beginInpainting(Pipeline& pipeline);
// uint8 masks [B,H,W], ≥ 128 = to be painted anew → [B,1,h,w] of 0 and 1; −1…1 pixels [B,3,H,W] grey there.
at::Tensor maskChannel(const at::Tensor& mask_BHW, at::IntArrayRef latentSize);
at::Tensor keptPixels(const at::Tensor& pixels_BCHW, const at::Tensor& mask_BHW);
// Gradients off, eval mode.
void freeze(torch::nn::Module& module);
std::uint64_t moduleBytes(const torch::nn::Module& module);
std::int64_t parameterCount(const torch::nn::Module& module);
// The folder of an autoencoder of either class: "vae" or "vqvae" in a pipeline.
Result<fs::path> codecFolder(const ComponentSource& source);
// The folder of a component: `source.folder` itself when it holds config.json, else its sub-folder `name`.
// Error (Model): a pipeline folder whose model_index.json gives it no class that is computed here.
Result<fs::path> componentFolder(const ComponentSource& source, const std::string& name);

}  // namespace atelier::train
