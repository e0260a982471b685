// SPDX-License-Identifier: GPL-3.0-or-later
// UNet2DConditionModel and ControlNetModel ↔ the UNet of LDM and SGM and cldm's copy of its first half. The
// single file counts all input and output blocks through; the folder nests them by level.
#include <fmt/format.h>

#include <algorithm>

#include "core/weights/dialects/names.h"

namespace atelier::dialects {
namespace {

class UnetTable {
  public:
    UnetTable(const UNet2DConditionConfig& config, std::string prefix)
        : c_(config), prefix_(std::move(prefix)) {}

    NameTable buildUnet() {
        const std::int64_t base = c_.blockOutChannels.front();
        firstHalf();
        up();
        norm("out.0", "conv_norm_out", base);
        layer("out.2", "conv_out", {c_.outChannels, base, c_.convOutKernel, c_.convOutKernel});
        return std::move(table_);
    }

    // A zero convolution behind every output of the first half, and the encoder of the condition picture:
    // convolutions and activations in turns.
    NameTable buildControlNet(const ControlNetConfig& control) {
        firstHalf();
        for (std::size_t i = 0; i < skips_.size(); ++i)
            layer(fmt::format("zero_convs.{}.0", i), fmt::format("controlnet_down_blocks.{}", i),
                  {skips_[i], skips_[i], 1, 1});
        layer("middle_block_out.0", "controlnet_mid_block", {current_, current_, 1, 1});
        const auto& widths = control.conditioningEmbeddingOutChannels;
        const std::string folder = "controlnet_cond_embedding.";
        std::int64_t width = widths.front();
        layer("input_hint_block.0", folder + "conv_in", {width, control.conditioningChannels, 3, 3});
        const std::size_t blocks = 2 * (widths.size() - 1);
        for (std::size_t i = 0; i < blocks; ++i) {
            const std::int64_t out = widths[(i + 1) / 2];
            layer(fmt::format("input_hint_block.{}", 2 * i + 2), folder + fmt::format("blocks.{}", i),
                  {out, width, 3, 3});
            width = out;
        }
        layer(fmt::format("input_hint_block.{}", 2 * blocks + 2), folder + "conv_out",
              {c_.blockOutChannels.front(), width, 3, 3});
        return std::move(table_);
    }

  private:
    void firstHalf() {
        const std::int64_t base = c_.blockOutChannels.front();
        layer("time_embed.0", "time_embedding.linear_1", {time(), base});
        layer("time_embed.2", "time_embedding.linear_2", {time(), time()});
        if (c_.additionEmbedType == "text_time") {
            layer("label_emb.0.0", "add_embedding.linear_1",
                  {time(), c_.projectionClassEmbeddingsInputDim.value_or(0)});
            layer("label_emb.0.2", "add_embedding.linear_2", {time(), time()});
        }
        if (c_.numClassEmbeds)
            add("label_emb.weight", "class_embedding.weight", {*c_.numClassEmbeds, time()});
        layer("input_blocks.0.0", "conv_in", {base, c_.inChannels, c_.convInKernel, c_.convInKernel});
        down();
        middle();
    }

    std::int64_t time() const { return c_.timeEmbedWidth(); }

    void add(const std::string& single, const std::string& folder, std::vector<std::int64_t> shape) {
        table_.push_back({prefix_ + single, folder, std::move(shape), Layout::Same});
    }
    void layer(const std::string& single, const std::string& folder,
               const std::vector<std::int64_t>& weight) {
        add(single + ".weight", folder + ".weight", weight);
        add(single + ".bias", folder + ".bias", {weight.front()});
    }
    void norm(const std::string& single, const std::string& folder, std::int64_t width) {
        layer(single, folder, {width});
    }

    void resnet(const std::string& single, const std::string& folder, std::int64_t in, std::int64_t out) {
        norm(single + ".in_layers.0", folder + ".norm1", in);
        layer(single + ".in_layers.2", folder + ".conv1", {out, in, 3, 3});
        layer(single + ".emb_layers.1", folder + ".time_emb_proj", {out, time()});
        norm(single + ".out_layers.0", folder + ".norm2", out);
        layer(single + ".out_layers.3", folder + ".conv2", {out, out, 3, 3});
        if (in != out) layer(single + ".skip_connection", folder + ".conv_shortcut", {out, in, 1, 1});
    }

    // `onlyContext`: the first attention looks at the text, too.
    void transformer(const std::string& single, const std::string& folder, std::size_t level,
                     bool onlyContext) {
        const std::int64_t width = c_.blockOutChannels[level], context = c_.crossAttentionDim[level];
        const std::vector<std::int64_t> projection =
            c_.useLinearProjection ? std::vector{width, width}
                                   : std::vector{width, width, std::int64_t{1}, std::int64_t{1}};
        norm(single + ".norm", folder + ".norm", width);
        layer(single + ".proj_in", folder + ".proj_in", projection);
        layer(single + ".proj_out", folder + ".proj_out", projection);
        for (int k = 0; k < c_.transformerLayersPerBlock[level]; ++k) {
            const std::string block = fmt::format(".transformer_blocks.{}.", k);
            for (const char* name : {"norm1", "norm2", "norm3"})
                norm(single + block + name, folder + block + name, width);
            for (const char* name : {"attn1", "attn2"}) {
                const std::string attention = block + name;
                const std::int64_t keys = name == std::string_view("attn1") && !onlyContext ? width : context;
                add(single + attention + ".to_q.weight", folder + attention + ".to_q.weight", {width, width});
                add(single + attention + ".to_k.weight", folder + attention + ".to_k.weight", {width, keys});
                add(single + attention + ".to_v.weight", folder + attention + ".to_v.weight", {width, keys});
                layer(single + attention + ".to_out.0", folder + attention + ".to_out.0", {width, width});
            }
            layer(single + block + "ff.net.0.proj", folder + block + "ff.net.0.proj", {8 * width, width});
            layer(single + block + "ff.net.2", folder + block + "ff.net.2", {width, 4 * width});
        }
    }

    void down() {
        int block = 1;
        current_ = c_.blockOutChannels.front();
        skips_.push_back(current_);
        for (std::size_t level = 0; level < c_.blockOutChannels.size(); ++level) {
            const std::int64_t width = c_.blockOutChannels[level];
            for (int r = 0; r < c_.layersPerBlock[level]; ++r, ++block) {
                resnet(fmt::format("input_blocks.{}.0", block),
                       fmt::format("down_blocks.{}.resnets.{}", level, r), current_, width);
                if (c_.downBlockTypes[level] == "CrossAttnDownBlock2D")
                    transformer(fmt::format("input_blocks.{}.1", block),
                                fmt::format("down_blocks.{}.attentions.{}", level, r), level,
                                c_.onlyCrossAttention[level]);
                skips_.push_back(current_ = width);
            }
            if (level + 1 == c_.blockOutChannels.size()) break;
            layer(fmt::format("input_blocks.{}.0.op", block++),
                  fmt::format("down_blocks.{}.downsamplers.0.conv", level), {width, width, 3, 3});
            skips_.push_back(width);
        }
    }

    void middle() {
        resnet("middle_block.0", "mid_block.resnets.0", current_, current_);
        transformer("middle_block.1", "mid_block.attentions.0", c_.blockOutChannels.size() - 1, false);
        resnet("middle_block.2", "mid_block.resnets.1", current_, current_);
    }

    // Each resnet's input is the current width and the skip that its mirror on the way down left.
    void up() {
        int block = 0;
        const std::size_t levels = c_.blockOutChannels.size();
        for (std::size_t j = 0; j < levels; ++j) {
            const std::size_t level = levels - 1 - j;
            const std::int64_t width = c_.blockOutChannels[level];
            const bool attends = c_.upBlockTypes[j] == "CrossAttnUpBlock2D";
            for (int r = 0; r <= c_.layersPerBlock[level]; ++r, ++block) {
                const std::int64_t skip = skips_.back();
                skips_.pop_back();
                resnet(fmt::format("output_blocks.{}.0", block), fmt::format("up_blocks.{}.resnets.{}", j, r),
                       current_ + skip, width);
                current_ = width;
                if (attends)
                    transformer(fmt::format("output_blocks.{}.1", block),
                                fmt::format("up_blocks.{}.attentions.{}", j, r), level,
                                c_.onlyCrossAttention[level]);
            }
            if (level > 0)
                layer(fmt::format("output_blocks.{}.{}.conv", block - 1, attends ? 2 : 1),
                      fmt::format("up_blocks.{}.upsamplers.0.conv", j), {width, width, 3, 3});
        }
    }

    const UNet2DConditionConfig& c_;
    std::string prefix_;
    NameTable table_;
    std::vector<std::int64_t> skips_;
    std::int64_t current_ = 0;
};

// What the single-file dialect has names for.
Status checkNames(const UNet2DConditionConfig& c) {
    const auto refuse = [](const std::string& key, const std::string& value) -> Status {
        return fail(ErrorCode::Model,
                    fmt::format("{} = {} has no names in the single-file dialect", key, value), "config.json",
                    "Only networks built like Stable Diffusion 1, 2 and XL can be converted.");
    };
    if (c.midBlockType != "UNetMidBlock2DCrossAttn") return refuse("mid_block_type", c.midBlockType);
    if (c.resnetTimeScaleShift != "default") return refuse("resnet_time_scale_shift", c.resnetTimeScaleShift);
    if (!c.transformerLayersPerAttention.empty() || !c.reverseTransformerLayersPerBlock.empty())
        return refuse("transformer_layers_per_block", "lists of lists");
    if (c.dualCrossAttention) return refuse("dual_cross_attention", "true");
    if (c.encoderHidDim) return refuse("encoder_hid_dim", std::to_string(*c.encoderHidDim));
    if (!c.classEmbedType.empty()) return refuse("class_embed_type", c.classEmbedType);
    if (c.timeCondProjDim) return refuse("time_cond_proj_dim", std::to_string(*c.timeCondProjDim));
    // The original repositories take one number of layers for all levels; readers divide block numbers by it.
    for (int layers : c.layersPerBlock)
        if (layers != c.layersPerBlock.front())
            return refuse("layers_per_block", "a list of different numbers");
    for (const auto& types : {c.downBlockTypes, c.upBlockTypes})
        for (const auto& type : types)
            if (!type.empty() && type != "CrossAttnDownBlock2D" && type != "DownBlock2D" &&
                type != "CrossAttnUpBlock2D" && type != "UpBlock2D")
                return refuse("a block type", type);
    return {};
}

}  // namespace

Result<NameTable> unetNames(const UNet2DConditionConfig& config) {
    ATELIER_DO(checkNames(config));
    return UnetTable(config, kUnetPrefix).buildUnet();
}

Result<NameTable> controlNetNames(const ControlNetConfig& config, const std::string& prefix) {
    ATELIER_DO(checkNames(config.unet));
    return UnetTable(config.unet, prefix).buildControlNet(config);
}

}  // namespace atelier::dialects
