// SPDX-License-Identifier: GPL-3.0-or-later
// Flattened module names and the two ways of counting a UNet's blocks.
#include "core/weights/lora/lora_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "core/base/strings.h"

namespace atelier::lora {
namespace {

constexpr std::array<std::string_view, 52> kParts{"down_blocks",
                                                  "mid_block",
                                                  "up_blocks",
                                                  "attentions",
                                                  "resnets",
                                                  "transformer_blocks",
                                                  "downsamplers",
                                                  "upsamplers",
                                                  "attn1",
                                                  "attn2",
                                                  "to_q",
                                                  "to_k",
                                                  "to_v",
                                                  "to_out",
                                                  "ff",
                                                  "net",
                                                  "proj",
                                                  "proj_in",
                                                  "proj_out",
                                                  "conv",
                                                  "conv1",
                                                  "conv2",
                                                  "conv_shortcut",
                                                  "conv_in",
                                                  "conv_out",
                                                  "time_emb_proj",
                                                  "time_embedding",
                                                  "linear_1",
                                                  "linear_2",
                                                  "add_embedding",
                                                  "class_embedding",
                                                  "input_blocks",
                                                  "middle_block",
                                                  "output_blocks",
                                                  "in_layers",
                                                  "out_layers",
                                                  "emb_layers",
                                                  "skip_connection",
                                                  "op",
                                                  "time_embed",
                                                  "label_emb",
                                                  "out",
                                                  "text_model",
                                                  "encoder",
                                                  "layers",
                                                  "self_attn",
                                                  "q_proj",
                                                  "k_proj",
                                                  "v_proj",
                                                  "out_proj",
                                                  "mlp",
                                                  "fc1"};
constexpr std::array<std::string_view, 2> kMoreParts{"fc2", "text_projection"};
constexpr std::array<std::string_view, 12> kT5Parts{"block", "layer", "SelfAttention",  "q",  "k",    "v",
                                                    "o",     "wi",    "DenseReluDense", "wo", "wi_0", "wi_1"};

bool isPart(std::string_view text) {
    return (!text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) ||
           std::ranges::find(kParts, text) != kParts.end() ||
           std::ranges::find(kMoreParts, text) != kMoreParts.end() ||
           std::ranges::find(kT5Parts, text) != kT5Parts.end();
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kResnet{
    {{"in_layers.2", "conv1"},
     {"emb_layers.1", "time_emb_proj"},
     {"out_layers.3", "conv2"},
     {"skip_connection", "conv_shortcut"}}};
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kEnds{
    {{"input_blocks.0.0", "conv_in"},
     {"time_embed.0", "time_embedding.linear_1"},
     {"time_embed.2", "time_embedding.linear_2"},
     {"label_emb.0.0", "add_embedding.linear_1"},
     {"label_emb.0.2", "add_embedding.linear_2"},
     {"out.2", "conv_out"}}};

int numberAt(const std::vector<std::string>& parts, std::size_t i) {
    int value = -1;
    if (i < parts.size()) std::from_chars(parts[i].data(), parts[i].data() + parts[i].size(), value);
    return value;
}
std::string after(const std::vector<std::string>& parts, std::size_t from) {
    if (from >= parts.size()) return {};
    return join(std::span(parts).subspan(from), ".");
}
std::optional<std::string> resnetPart(std::string_view inner, bool fromLdm) {
    for (const auto& [ldm, own] : kResnet)
        if (inner == (fromLdm ? ldm : own)) return std::string(fromLdm ? own : ldm);
    return std::nullopt;
}

}  // namespace

std::string flattened(std::string_view path) {
    std::string name(path);
    std::ranges::replace(name, '.', '_');
    return name;
}

std::optional<std::string> unflattened(std::string_view name) {
    std::string path;
    while (!name.empty()) {
        // The longest known part; parts may hold "_" themselves.
        std::size_t length = 0;
        for (std::size_t end = name.find('_');; end = name.find('_', end + 1)) {
            if (isPart(name.substr(0, end))) length = std::min(end, name.size());
            if (end == name.npos) break;
        }
        if (length == 0) return std::nullopt;
        path += (path.empty() ? "" : ".") + std::string(name.substr(0, length));
        name.remove_prefix(std::min(length + 1, name.size()));
    }
    return path;
}

std::optional<std::string> fromLdmPath(std::string_view path) {
    for (const auto& [ldm, own] : kEnds)
        if (path == ldm) return std::string(own);
    const auto parts = split(path, '.');
    const int block = numberAt(parts, 1), place = numberAt(parts, 2);
    if (parts[0] == "middle_block") {
        const std::string inner = after(parts, 2);
        if (block == 1) return "mid_block.attentions.0." + inner;
        const auto part = resnetPart(inner, true);
        if ((block != 0 && block != 2) || !part) return std::nullopt;
        return fmt::format("mid_block.resnets.{}.{}", block / 2, *part);
    }
    const bool down = parts[0] == "input_blocks";
    if ((!down && parts[0] != "output_blocks") || block < (down ? 1 : 0) || place < 0) return std::nullopt;
    const int level = (block - (down ? 1 : 0)) / 3, row = (block - (down ? 1 : 0)) % 3;
    const std::string base = fmt::format("{}_blocks.{}.", down ? "down" : "up", level),
                      inner = after(parts, 3);
    if (inner == "op" && down) return base + "downsamplers.0.conv";
    if (inner == "conv" && !down) return base + "upsamplers.0.conv";
    if (place == 1 && !inner.empty()) return fmt::format("{}attentions.{}.{}", base, row, inner);
    const auto part = resnetPart(inner, true);
    if (place != 0 || !part) return std::nullopt;
    return fmt::format("{}resnets.{}.{}", base, row, *part);
}

std::optional<std::string> toLdmPath(std::string_view path) {
    for (const auto& [ldm, own] : kEnds)
        if (path == own) return std::string(ldm);
    const auto parts = split(path, '.');
    if (parts.size() < 4) return std::nullopt;
    if (parts[0] == "mid_block") {
        const std::string inner = after(parts, 3);
        if (parts[1] == "attentions") return "middle_block.1." + inner;
        const auto part = resnetPart(inner, false);
        if (!part) return std::nullopt;
        return fmt::format("middle_block.{}.{}", 2 * numberAt(parts, 2), *part);
    }
    const bool down = parts[0] == "down_blocks";
    const int level = numberAt(parts, 1), row = numberAt(parts, 3);
    if ((!down && parts[0] != "up_blocks") || level < 0 || row < 0) return std::nullopt;
    const std::string inner = after(parts, 4);
    if (parts[2] == "downsamplers") return fmt::format("input_blocks.{}.0.op", 3 * (level + 1));
    if (parts[2] == "upsamplers") return fmt::format("output_blocks.{}.2.conv", 3 * level + 2);
    const std::string base = down ? fmt::format("input_blocks.{}.", 1 + 3 * level + row)
                                  : fmt::format("output_blocks.{}.", 3 * level + row);
    if (parts[2] == "attentions") return base + "1." + inner;
    const auto part = resnetPart(inner, false);
    if (parts[2] != "resnets" || !part) return std::nullopt;
    return base + "0." + *part;
}

}  // namespace atelier::lora
