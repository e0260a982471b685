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
    // transformer_layers_per_block as a list of lists (a number, or one per attention of the level) and its
    // mirror for the way up, deepest level first; empty: transformerLayersPerBlock holds everywhere.
    std::vector<std::vector<int>> transformerLayersPerAttention;
    std::vector<std::vector<int>> reverseTransformerLayersPerBlock;
    std::vector<int> attentionHeadDim{8, 8, 8, 8};  // historically the NUMBER of heads, not their width
    bool useLinearProjection = false;
    bool dualCrossAttention = false;  // two transformers, for 77 tokens and the 257 behind them
    std::optional<int>
        encoderHidDim;           // width of the context given; projected to crossAttentionDim (text_proj)
    std::string classEmbedType;  // "", "timestep", "identity", "projection" or "simple_projection"
    std::optional<int> numClassEmbeds;   // without classEmbedType: a table of that many rows
    bool classEmbeddingsConcat = false;  // class embedding behind the time embedding instead of added to it
    std::string additionEmbedType;       // "" or "text_time" (SDXL)
    std::optional<int> additionTimeEmbedDim;
    std::optional<int> projectionClassEmbeddingsInputDim;
    bool upcastAttention = false;                  // query·key and softmax in float32
    std::string resnetTimeScaleShift = "default";  // or "scale_shift"
    std::optional<int> timeEmbeddingDim;           // null: 4 · blockOutChannels[0]
    std::string timeEmbeddingActFn;                // "" or an activation of the whole embedding
    std::string timestepPostAct;                   // "" or an activation behind the timestep's two layers
    std::optional<int> timeCondProjDim;            // width of a guidance embedding added before them (LCM)
    int convInKernel = 3;
    int convOutKernel = 3;
    Json extra = Json::object();

    int levels() const { return static_cast<int>(blockOutChannels.size()); }
    int timeEmbedWidth() const { return timeEmbeddingDim.value_or(4 * blockOutChannels.front()); }
    int blockTimeWidth() const { return timeEmbedWidth() * (classEmbeddingsConcat ? 2 : 1); }
    int contextWidth() const { return encoderHidDim.value_or(crossAttentionDim.front()); }
    bool takesClassLabels() const { return !classEmbedType.empty() || numClassEmbeds.has_value(); }
    // Transformer blocks of the attention-th transformer of a level on the way down, or of the index-th block
    // on the way up. The middle has transformerLayersPerBlock.back().
    int downTransformerLayers(std::size_t level, std::size_t attention) const;
    int upTransformerLayers(std::size_t index, std::size_t attention) const;
};

// diffusers ControlNetModel: the first half of a UNet beside an encoder of the condition picture.
struct ControlNetConfig {
    UNet2DConditionConfig unet;  // the keys that both classes have; upBlockTypes are empty texts
    int conditioningChannels = 3;
    std::string conditioningChannelOrder = "rgb";  // of the picture: "bgr" is turned round
    std::vector<int> conditioningEmbeddingOutChannels{16, 32, 96, 256};
    bool globalPoolConditions = false;  // residuals are averaged over their pixels
    Json extra = Json::object();
};

// diffusers UNet2DModel: unconditional.
struct UNet2DConfig {
    std::vector<int> sampleSize;
    int inChannels = 3;
    int outChannels = 3;
    bool centerInputSample = false;
    std::string timeEmbeddingType = "positional";  // or "learned": a table of numTrainTimesteps rows
    std::optional<int> timeEmbeddingDim;           // null: 4 · blockOutChannels[0]
    double freqShift = 0;
    bool flipSinToCos = true;
    std::vector<std::string> downBlockTypes{"DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D",
                                            "AttnDownBlock2D"};
    std::string midBlockType = "UNetMidBlock2D";  // "" = null
    std::vector<std::string> upBlockTypes{"AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D"};
    std::vector<int> blockOutChannels{224, 448, 672, 896};
    int layersPerBlock = 2;
    double midBlockScaleFactor = 1;
    int downsamplePadding = 1;
    std::string actFn = "silu";
    std::optional<int> attentionHeadDim = 8;  // width of a head; null: one head
    int normNumGroups = 32;
    std::optional<int>
        attnNormNumGroups;  // of the middle's attention; null: normNumGroups, none with scale_shift
    double normEps = 1e-5;
    std::string resnetTimeScaleShift = "default";
    bool addAttention = true;  // in the middle
    std::string classEmbedType;
    std::optional<int> numClassEmbeds;
    std::optional<int> numTrainTimesteps;
    Json extra = Json::object();

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

// diffusers VQModel: an autoencoder whose latents are rows of a codebook.
struct VQModelConfig {
    int inChannels = 3;
    int outChannels = 3;
    std::vector<std::string> downBlockTypes{"DownEncoderBlock2D"};
    std::vector<std::string> upBlockTypes{"UpDecoderBlock2D"};
    std::vector<int> blockOutChannels{64};
    int layersPerBlock = 1;
    std::string actFn = "silu";
    int latentChannels = 3;
    std::vector<int> sampleSize{32};
    int numVqEmbeddings = 256;
    int normNumGroups = 32;
    std::optional<int> vqEmbedDim;  // null: latentChannels
    double scalingFactor = 0.18215;
    bool midBlockAddAttention = true;
    bool lookupFromCodebook = false;
    bool forceUpcast = false;
    Json extra = Json::object();

    int codeWidth() const { return vqEmbedDim.value_or(latentChannels); }
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

// transformers T5Config as T5EncoderModel uses it. Keys of the decoder and of training (dropout_rate, …) are
// kept and change nothing.
struct T5EncoderConfig {
    int vocabSize = 32128;
    int dModel = 512;
    int dKv = 64;  // width of a head, whatever dModel and numHeads are
    int dFf = 2048;
    int numLayers = 6;
    int numHeads = 8;
    int relativeAttentionNumBuckets = 32;
    int relativeAttentionMaxDistance = 128;
    double layerNormEpsilon = 1e-6;
    double initializerFactor = 1;
    std::string feedForwardProj = "relu";  // an activation, or "gated-" and one
    std::string denseActFn = "relu";       // follows from feedForwardProj unless the file says otherwise
    bool isGatedAct = false;
    int padTokenId = 0;
    int eosTokenId = 1;
    bool useAttentionMask = false;  // diffusers' key: padding is hidden from the other tokens
    Json extra = Json::object();
};

// `where` = file name for messages. Errors: code Model, naming the key, the value and what is possible.
Result<UNet2DConditionConfig> unet2DConditionConfigFromJson(const Json& json, const std::string& where);
Result<AutoencoderKLConfig> autoencoderKLConfigFromJson(const Json& json, const std::string& where);
Result<ControlNetConfig> controlNetConfigFromJson(const Json& json, const std::string& where);
Result<UNet2DConfig> unet2DConfigFromJson(const Json& json, const std::string& where);
Result<VQModelConfig> vqModelConfigFromJson(const Json& json, const std::string& where);
Result<ClipTextConfig> clipTextConfigFromJson(const Json& json, const std::string& where);
Result<T5EncoderConfig> t5EncoderConfigFromJson(const Json& json, const std::string& where);

// Which text encoder a config.json is of, from model_type and architectures; a file that says neither is of
// the first. Errors: code Model, naming the class that this engine does not compute.
enum class TextEncoderKind { Clip, T5 };
Result<TextEncoderKind> textEncoderKind(const Json& json, const std::string& where);

Json toJson(const UNet2DConditionConfig& config);
Json toJson(const AutoencoderKLConfig& config);
Json toJson(const ControlNetConfig& config);
Json toJson(const UNet2DConfig& config);
Json toJson(const VQModelConfig& config);
Json toJson(const ClipTextConfig& config);
Json toJson(const T5EncoderConfig& config);

// A config.json or scheduler_config.json; Python's tokens NaN, Infinity and -Infinity become strings
// (jsonNumber).
Result<Json> readModelJson(const fs::path& path);
// As the reference libraries write it: keys sorted, indented by two, final newline.
std::string dumpModelJson(const Json& value);

}  // namespace atelier
