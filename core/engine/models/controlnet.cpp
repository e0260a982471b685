// SPDX-License-Identifier: GPL-3.0-or-later
// The ControlNet of controlnet.h.
#include "core/engine/models/controlnet.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "core/engine/models/state_dict.h"
#include "core/weights/safetensors.h"

namespace atelier {
namespace {

using nn::ModuleList;

// ControlNetConditioningEmbedding: picture → features of the first level, an eighth of the size.
class ConditionEncoder : public torch::nn::Module {
  public:
    explicit ConditionEncoder(const ControlNetConfig& c) {
        const auto& widths = c.conditioningEmbeddingOutChannels;
        in_ = register_module("conv_in",
                              std::make_shared<nn::Conv2d>(c.conditioningChannels, widths.front(), 3, 1, 1));
        blocks_ = register_module("blocks", std::make_shared<ModuleList<nn::Conv2d>>());
        for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
            blocks_->add(widths[i], widths[i], 3, 1, 1);
            blocks_->add(widths[i], widths[i + 1], 3, 2, 1);
        }
        out_ = register_module("conv_out", std::make_shared<nn::Conv2d>(
                                               widths.back(), c.unet.blockOutChannels.front(), 3, 1, 1));
    }
    at::Tensor forward(const at::Tensor& condition) const {
        at::Tensor x = at::silu(in_->forward(condition));
        for (const auto& block : *blocks_) x = at::silu(block->forward(x));
        return out_->forward(x);
    }

  private:
    std::shared_ptr<nn::Conv2d> in_, out_;
    std::shared_ptr<ModuleList<nn::Conv2d>> blocks_;
};

bool isNew(const std::string& name) {
    return name.starts_with("controlnet_");
}
bool startsAtZero(const std::string& name) {
    return name.starts_with("controlnet_down_blocks.") || name.starts_with("controlnet_mid_block.") ||
           name.starts_with("controlnet_cond_embedding.conv_out.");
}

// 10^(−1 … 0) in `count` even steps of the exponent.
std::vector<double> guessScales(std::size_t count) {
    std::vector<double> scales(count, 1.0);
    for (std::size_t i = 0; i + 1 < count; ++i)
        scales[i] = std::pow(10.0, -1.0 + static_cast<double>(i) / static_cast<double>(count - 1));
    return scales;
}

}  // namespace

struct ControlNetModel::Blocks {
    std::shared_ptr<nn::Conv2d> convIn, zeroMid;
    std::unique_ptr<unet::Embeddings> embeddings;
    std::shared_ptr<ConditionEncoder> condition;
    std::shared_ptr<ModuleList<unet::DownBlock>> down;
    std::shared_ptr<ModuleList<nn::Conv2d>> zeroDown;
    std::shared_ptr<unet::MidBlock> mid;
    bool checkpointing = false;
};

ControlNetModel::ControlNetModel(const ControlNetConfig& config)
    : config_(config), blocks_(std::make_unique<Blocks>()) {
    const auto& c = config_.unet;
    Blocks& b = *blocks_;
    b.convIn = register_module(
        "conv_in", std::make_shared<nn::Conv2d>(c.inChannels, c.blockOutChannels.front(), 3, 1, 1));
    b.embeddings = std::make_unique<unet::Embeddings>(*this, c, true);
    b.condition = register_module("controlnet_cond_embedding", std::make_shared<ConditionEncoder>(config_));
    b.down = register_module("down_blocks", std::make_shared<ModuleList<unet::DownBlock>>());
    b.zeroDown = register_module("controlnet_down_blocks", std::make_shared<ModuleList<nn::Conv2d>>());
    for (std::size_t level = 0; level < c.blockOutChannels.size(); ++level)
        b.down->append(unet::makeDownBlock(c, level));
    for (const auto& shape : unet::skipShapes(c, 1, 1)) b.zeroDown->add(shape[0], shape[0], 1);
    b.zeroMid = register_module(
        "controlnet_mid_block",
        std::make_shared<nn::Conv2d>(c.blockOutChannels.back(), c.blockOutChannels.back(), 1));
    b.mid = register_module("mid_block", unet::makeMidBlock(c));
}

ControlNetModel::~ControlNetModel() = default;

ControlNetOutput ControlNetModel::forward(const UNetInputs& in, const at::Tensor& condition_BCHW,
                                          double scale, bool guessMode) {
    const Blocks& b = *blocks_;
    const at::ScalarType type = b.convIn->weight.scalar_type();
    unet::Conditioning conditioning = b.embeddings->forward(in, type);
    conditioning.checkpointing = b.checkpointing;
    const at::Tensor condition =
        config_.conditioningChannelOrder == "bgr" ? condition_BCHW.flip({1}) : condition_BCHW;
    at::Tensor x = b.convIn->forward(in.sample_BCHW.to(type)) + b.condition->forward(condition.to(type));
    std::vector<at::Tensor> skips{x};
    for (const auto& block : *b.down) x = block->forward(x, conditioning, skips);
    x = b.mid->forward(x, conditioning);
    const std::vector<double> scales = guessMode && !config_.globalPoolConditions
                                           ? guessScales(skips.size() + 1)
                                           : std::vector<double>(skips.size() + 1, 1.0);
    const auto finish = [&](const at::Tensor& residual, double factor) {
        const at::Tensor scaled = factor * scale == 1 ? residual : residual * (factor * scale);
        return config_.globalPoolConditions ? scaled.mean({2, 3}, true) : scaled;
    };
    ControlNetOutput out;
    for (std::size_t i = 0; i < skips.size(); ++i)
        out.downBlockResSamples.push_back(finish((*b.zeroDown)[i].forward(skips[i]), scales[i]));
    out.midBlockResSample = finish(b.zeroMid->forward(x), scales.back());
    return out;
}

Status ControlNetModel::checkInputs(const UNetInputs& in, const at::Tensor& condition) const {
    ATELIER_DO(unet::checkInputs(config_.unet, in));
    const std::vector<std::int64_t> wanted{in.sample_BCHW.size(0), config_.conditioningChannels,
                                           in.sample_BCHW.size(2) * downscale(),
                                           in.sample_BCHW.size(3) * downscale()};
    if (!unet::hasShape(condition, wanted))
        return unet::badInput("controlnet_cond", condition, shapeText(wanted));
    return {};
}

void ControlNetModel::setGradientCheckpointing(bool enabled) {
    blocks_->checkpointing = enabled;
}

int ControlNetModel::downscale() const {
    return 1 << (static_cast<int>(config_.conditioningEmbeddingOutChannels.size()) - 1);
}

void addControl(UNetInputs& inputs, const ControlNetOutput& control) {
    auto& down = inputs.downBlockAdditionalResiduals;
    if (down.empty()) down.resize(control.downBlockResSamples.size());
    for (std::size_t i = 0; i < down.size(); ++i)
        down[i] =
            down[i].defined() ? down[i] + control.downBlockResSamples[i] : control.downBlockResSamples[i];
    auto& mid = inputs.midBlockAdditionalResidual;
    mid = mid.defined() ? mid + control.midBlockResSample : control.midBlockResSample;
}

Result<std::shared_ptr<ControlNetModel>> controlNetFromUnet(const UNet2DConditionModel& unet,
                                                            std::uint64_t seed,
                                                            const std::string& channelOrder,
                                                            int conditioningChannels, int downscale) {
    // The keys that both have, read by the ControlNet's own rules.
    const Json source = toJson(unet.config());
    Json json = toJson(ControlNetConfig{});
    for (auto& [key, value] : json.items())
        if (!key.starts_with("_") && source.contains(key)) value = source[key];
    json["controlnet_conditioning_channel_order"] = channelOrder;
    json["conditioning_channels"] = conditioningChannels;
    Json widths = Json::array();  // diffusers' own, one per halving and one in front
    for (const int width : {16, 32, 96, 256, 512})
        if ((1 << widths.size()) <= downscale) widths.push_back(width);
    json["conditioning_embedding_out_channels"] = widths;
    const std::string where = "the UNet's configuration";
    for (const char* key : {"center_input_sample", "dual_cross_attention", "time_embedding_act_fn"})
        if (source[key] != toJson(UNet2DConditionConfig{})[key])
            return fail(ErrorCode::Model,
                        fmt::format("\"{}\" is {}, which no ControlNet has", key, dumpJson(source[key])),
                        where);
    ATELIER_TRY(const ControlNetConfig config, controlNetConfigFromJson(json, where));
    auto model = std::make_shared<ControlNetModel>(config);
    initializeDefault(*model, seed, "controlnet");
    const at::NoGradGuard guard;
    std::map<std::string, at::Tensor> given;
    for (const auto& [name, tensor] : namedParameters(unet)) given.emplace(name, tensor);
    NamedTensors shared, targets;
    for (const auto& [name, parameter] : namedParameters(*model)) {
        if (startsAtZero(name)) parameter.zero_();
        if (isNew(name)) continue;
        targets.emplace_back(name, parameter);
        if (const auto it = given.find(name); it != given.end()) shared.emplace_back(name, it->second);
    }
    ATELIER_DO(assignTensors(targets, shared, where));
    return model;
}

}  // namespace atelier
