// SPDX-License-Identifier: GPL-3.0-or-later
// The architectures' configurations: one plain struct per model class, one member per key of its config.json,
// defaults of the reference class's constructor. Read by core/engine/models, inspect, and the forms. No
// LibTorch here.
//
// Reading: an absent key takes the default; "_…" keys and keys that change nothing here are kept in `extra`
// and written back; a key we know with a value we do not compute is refused by name. Writing: every key plus
// `extra`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier {

// diffusers UNet2DConditionModel. Lists have one entry per down level (a single number in the file is
// repeated).
struct UNet2DConditionConfig {
    std::vector<int> sampleSize;  // latent side, or {height, width}; empty = null
    int inChannels = 4;
    int outChannels = 4;
    bool centerInputSample = false;  // x ← 2x − 1 on entry
    bool flipSinToCos = true;        // timestep embedding cos ‖ sin
    double freqShift = 0;
    std::vector<std::string> downBlockTypes{"CrossAttnDownBlock2D", "CrossAttnDownBlock2D",
                                            "CrossAttnDownBlock2D", "DownBlock2D"};
    std::string midBlockType =
        "UNetMidBlock2DCrossAttn";  // or "UNetMidBlock2D", or "" = null: no middle block
    std::vector<std::string> upBlockTypes{"UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D",
                                          "CrossAttnUpBlock2D"};
    std::vector<bool> onlyCrossAttention{false, false, false, false};
    std::vector<int> blockOutChannels{320, 640, 1280, 1280};
    std::vector<int> layersPerBlock{2, 2, 2, 2};  // resnets of a down block; up blocks have one more
    int downsamplePadding = 1;
    double midBlockScaleFactor = 1;
    std::string actFn = "silu";
    int normNumGroups = 32;
    double normEps = 1e-5;
    std::vector<int> crossAttentionDim{1280, 1280, 1280, 1280};
    std::vector<int> transformerLayersPerBlock{1, 1, 1, 1};
    std::vector<int> attentionHeadDim{8, 8, 8, 8};  // historically the NUMBER of heads, not their width
    bool useLinearProjection = false;
    std::optional<int> numClassEmbeds;
    std::string additionEmbedType;  // "" or "text_time" (SDXL)
    std::optional<int> additionTimeEmbedDim;
    std::optional<int> projectionClassEmbeddingsInputDim;
    bool upcastAttention = false;                  // query·key and softmax in float32
    std::string resnetTimeScaleShift = "default";  // or "scale_shift"
    std::optional<int> timeEmbeddingDim;           // null: 4 · blockOutChannels[0]
    int convInKernel = 3;
    int convOutKernel = 3;
    Json extra = Json::object();

    int levels() const { return static_cast<int>(blockOutChannels.size()); }
    int timeEmbedWidth() const { return timeEmbeddingDim.value_or(4 * blockOutChannels.front()); }
};

// diffusers AutoencoderKL.
struct AutoencoderKLConfig {
    int inChannels = 3;
    int outChannels = 3;
    std::vector<std::string> downBlockTypes{"DownEncoderBlock2D"};
    std::vector<std::string> upBlockTypes{"UpDecoderBlock2D"};
    std::vector<int> blockOutChannels{64};
    int layersPerBlock = 1;
    std::string actFn = "silu";
    int latentChannels = 4;
    int normNumGroups = 32;
    std::vector<int> sampleSize{32};
    double scalingFactor = 0.18215;
    std::optional<double> shiftFactor;
    std::optional<std::vector<double>> latentsMean;
    std::optional<std::vector<double>> latentsStd;
    bool forceUpcast = true;
    bool useQuantConv = true;
    bool usePostQuantConv = true;
    bool midBlockAddAttention = true;
    Json extra = Json::object();

    // Pixels per latent, each way.
    int downscale() const { return 1 << (static_cast<int>(blockOutChannels.size()) - 1); }
};

// transformers CLIPTextConfig. `withProjection`: class CLIPTextModelWithProjection (from "architectures").
struct ClipTextConfig {
    int vocabSize = 49408;
    int hiddenSize = 512;
    int intermediateSize = 2048;
    int projectionDim = 512;
    int numHiddenLayers = 12;
    int numAttentionHeads = 8;
    int maxPositionEmbeddings = 77;
    std::string hiddenAct = "quick_gelu";  // or "gelu" (erf), "gelu_new" (tanh)
    double layerNormEps = 1e-5;
    double initializerRange = 0.02;
    double initializerFactor = 1;
    int padTokenId = 1;
    int bosTokenId = 49406;
    int eosTokenId = 49407;  // 2 = written before the ids were right: the EOS row is the row's largest id
    bool withProjection = false;
    Json extra = Json::object();
};

// `where` = file name for messages. Errors: code Model, naming the key, the value and what is possible.
Result<UNet2DConditionConfig> unet2DConditionConfigFromJson(const Json& json, const std::string& where);
Result<AutoencoderKLConfig> autoencoderKLConfigFromJson(const Json& json, const std::string& where);
Result<ClipTextConfig> clipTextConfigFromJson(const Json& json, const std::string& where);

Json toJson(const UNet2DConditionConfig& config);
Json toJson(const AutoencoderKLConfig& config);
Json toJson(const ClipTextConfig& config);

// A config.json or scheduler_config.json; Python's tokens NaN, Infinity and -Infinity become strings
// (jsonNumber).
Result<Json> readModelJson(const fs::path& path);
// As the reference libraries write it: keys sorted, indented by two, final newline.
std::string dumpModelJson(const Json& value);

}  // namespace atelier
