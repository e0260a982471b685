// SPDX-License-Identifier: GPL-3.0-or-later
// config.json ⇄ structs. Each key is read once by a small reader that remembers the first thing wrong and
// which keys it knew; what remains goes to `extra`.
#include "core/config/architectures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace atelier {
namespace {

constexpr int kMaxLevels = 16;
constexpr int kMaxChannels = 1 << 16;
constexpr int kMaxLayers = 256;

class ConfigReader {
  public:
    ConfigReader(const Json& json, std::string where, std::string className)
        : json_(json), where_(std::move(where)), className_(std::move(className)) {
        if (!json.is_object()) refuse("", "it is not a JSON object", "");
    }

    // The value of a key that is there and not null.
    const Json* value(const std::string& key) {
        known_.insert(key);
        if (!json_.is_object()) return nullptr;
        const auto it = json_.find(key);
        return it == json_.end() || it->is_null() ? nullptr : &*it;
    }
    bool isNull(const std::string& key) const {
        return json_.is_object() && json_.contains(key) && json_[key].is_null();
    }

    void integer(const std::string& key, int& out, int low, int high) {
        if (const Json* v = value(key)) readInteger(key, *v, out, low, high);
    }
    void integer(const std::string& key, std::optional<int>& out, int low, int high) {
        if (const Json* v = value(key)) readInteger(key, *v, out.emplace(), low, high);
    }
    void number(const std::string& key, double& out) {
        if (const Json* v = value(key)) {
            if (v->is_number())
                out = v->get<double>();
            else
                refuse(key, "must be a number, not " + dumpJson(*v), "");
        }
    }
    void number(const std::string& key, std::optional<double>& out) {
        if (value(key)) number(key, out.emplace());
    }
    void boolean(const std::string& key, bool& out) {
        if (const Json* v = value(key)) {
            if (v->is_boolean())
                out = v->get<bool>();
            else
                refuse(key, "must be true or false, not " + dumpJson(*v), "");
        }
    }
    void choice(const std::string& key, std::string& out, const std::vector<std::string>& allowed) {
        if (const Json* v = value(key)) {
            if (v->is_string())
                out = v->get<std::string>();
            else
                return refuse(key, "must be text, not " + dumpJson(*v), "");
        }
        checkChoice(key, out, allowed);
    }
    void names(const std::string& key, std::vector<std::string>& out,
               const std::vector<std::string>& allowed) {
        if (const Json* v = value(key)) {
            if (!v->is_array() || v->empty() || v->size() > kMaxLevels)
                return refuse(key, "must be a list of 1 to 16 names", "");
            out.clear();
            for (const auto& entry : *v) {
                if (!entry.is_string())
                    return refuse(key, "must be a list of names, not " + dumpJson(*v), "");
                out.push_back(entry.get<std::string>());
            }
        }
        for (const auto& name : out) checkChoice(key, name, allowed);
    }
    // A number or a list of them; a single number stays a single entry.
    void integers(const std::string& key, std::vector<int>& out, int low, int high) {
        const Json* v = value(key);
        if (!v) return;
        const bool list = v->is_array();
        if (list && (v->empty() || v->size() > kMaxLevels))
            return refuse(key, "must have 1 to 16 entries", "");
        out.assign(list ? v->size() : 1, 0);
        for (std::size_t i = 0; i < out.size(); ++i) readInteger(key, list ? (*v)[i] : *v, out[i], low, high);
    }
    // The same, repeated to one entry per level.
    void perLevel(const std::string& key, std::vector<int>& out, std::size_t levels, int low, int high) {
        integers(key, out, low, high);
        repeat(key, out, levels);
    }
    void perLevel(const std::string& key, std::vector<bool>& out, std::size_t levels) {
        if (const Json* v = value(key)) {
            const bool list = v->is_array();
            if (list && (v->empty() || v->size() > kMaxLevels))
                return refuse(key, "must have 1 to 16 entries", "");
            out.assign(list ? v->size() : 1, false);
            for (std::size_t i = 0; i < out.size(); ++i) {
                const Json& entry = list ? (*v)[i] : *v;
                if (!entry.is_boolean()) return refuse(key, "must be true, false or a list of them", "");
                out[i] = entry.get<bool>();
            }
        }
        repeat(key, out, levels);
    }
    void numbers(const std::string& key, std::optional<std::vector<double>>& out) {
        if (const Json* v = value(key)) {
            if (!v->is_array()) return refuse(key, "must be a list of numbers", "");
            out.emplace();
            for (const auto& entry : *v) {
                if (!entry.is_number()) return refuse(key, "must be a list of numbers", "");
                out->push_back(entry.get<double>());
            }
        }
    }
    // Keys of the reference class that this implementation only computes with their default. They are written
    // back.
    void only(const std::string& key, const Json& expected) {
        const Json* v = value(key);
        if (v && *v != expected)
            refuse(key, "has the value " + dumpJson(*v) + ", which this engine does not compute",
                   "It computes " + dumpJson(expected) + " (the default of " + className_ + ").");
    }
    void refuse(const std::string& key, const std::string& what, const std::string& hint) {
        if (!error_)
            error_ = Error{ErrorCode::Model, key.empty() ? what : "\"" + key + "\" " + what, where_, hint};
    }
    bool failed() const { return error_.has_value(); }
    Error error() const { return *error_; }

    // Everything that no struct member holds.
    Json extra(const std::set<std::string>& members) const {
        Json rest = Json::object();
        for (const auto& [key, v] : json_.items())
            if (!members.contains(key)) rest[key] = v;
        return rest;
    }

  private:
    void readInteger(const std::string& key, const Json& v, int& out, int low, int high) {
        const bool whole = v.is_number_integer() ||
                           (v.is_number_float() && v.get<double>() == static_cast<int>(v.get<double>()));
        const double x = v.is_number() ? v.get<double>() : 0;
        if (!v.is_number() || x < low || x > high || !whole)
            return refuse(
                key, fmt::format("must be a whole number from {} to {}, not {}", low, high, dumpJson(v)), "");
        out = static_cast<int>(x);
    }
    void checkChoice(const std::string& key, const std::string& name,
                     const std::vector<std::string>& allowed) {
        if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) return;
        std::string list;
        for (const auto& a : allowed)
            list += (list.empty() ? "" : ", ") + (a.empty() ? std::string("null") : a);
        refuse(key, "names \"" + name + "\", which this engine does not compute",
               "It computes: " + list + ".");
    }
    template <class T>
    void repeat(const std::string& key, std::vector<T>& out, std::size_t levels) {
        if (out.size() == 1 ||
            std::adjacent_find(out.begin(), out.end(), std::not_equal_to<>()) == out.end()) {
            const bool given = json_.is_object() && json_.contains(key) && json_[key].is_array();
            if (!given) out.assign(levels, out.front());
        }
        if (out.size() != levels)
            refuse(key, fmt::format("has {} entries for {} levels", out.size(), levels),
                   "One number, or one per level.");
    }

    const Json& json_;
    std::string where_;
    std::string className_;
    std::set<std::string> known_;
    std::optional<Error> error_;
};

template <class T>
Json numberOrList(const std::vector<T>& values) {
    if (values.empty()) return nullptr;
    Json list = Json::array();
    for (T value : values) list.push_back(value);
    const bool equal =
        std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
    return equal ? list.front() : list;
}

template <class T>
Json optionalJson(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

// Adds `extra` for keys that are not written already, and the class name.
Json withExtra(Json json, const Json& extra, const char* className) {
    for (const auto& [key, value] : extra.items())
        if (!json.contains(key)) json[key] = value;
    if (className) json["_class_name"] = className;
    return json;
}

std::set<std::string> keysOf(const Json& json) {
    std::set<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.insert(key);
    return keys;
}

const std::vector<std::string> kActivations{"silu", "swish", "gelu", "relu", "mish"};

// Values of the reference UNet class that change nothing, or that only other values of other keys would read.
const std::map<std::string, Json> kUnetFixed{{"reverse_transformer_layers_per_block", nullptr},
                                             {"encoder_hid_dim", nullptr},
                                             {"encoder_hid_dim_type", nullptr},
                                             {"num_attention_heads", nullptr},
                                             {"dual_cross_attention", false},
                                             {"class_embed_type", nullptr},
                                             {"resnet_skip_time_act", false},
                                             {"time_embedding_type", "positional"},
                                             {"time_embedding_act_fn", nullptr},
                                             {"timestep_post_act", nullptr},
                                             {"time_cond_proj_dim", nullptr},
                                             {"attention_type", "default"},
                                             {"class_embeddings_concat", false},
                                             {"cross_attention_norm", nullptr},
                                             {"dropout", 0.0}};

void checkUnet(ConfigReader& r, const UNet2DConditionConfig& c) {
    const std::size_t levels = c.blockOutChannels.size();
    if (c.downBlockTypes.size() != levels || c.upBlockTypes.size() != levels)
        r.refuse("block_out_channels",
                 fmt::format("has {} levels, down_block_types {} and up_block_types {}", levels,
                             c.downBlockTypes.size(), c.upBlockTypes.size()),
                 "All three lists need the same length.");
    if (r.failed()) return;
    for (std::size_t i = 0; i < levels; ++i) {
        const int channels = c.blockOutChannels[i];
        if (channels % c.normNumGroups != 0)
            r.refuse("norm_num_groups",
                     fmt::format("is {}, which does not divide the {} channels of level {}", c.normNumGroups,
                                 channels, i),
                     "");
        if (channels % c.attentionHeadDim[i] != 0)
            r.refuse(
                "attention_head_dim",
                fmt::format("is {} (the number of heads), which does not divide the {} channels of level {}",
                            c.attentionHeadDim[i], channels, i),
                "");
    }
    if (c.blockOutChannels.front() % 2 != 0)
        r.refuse("block_out_channels", "starts with an odd number; the timestep embedding needs an even one",
                 "");
    if (c.convInKernel % 2 == 0) r.refuse("conv_in_kernel", "must be odd", "");
    if (c.convOutKernel % 2 == 0) r.refuse("conv_out_kernel", "must be odd", "");
    if (!c.additionEmbedType.empty() && (!c.additionTimeEmbedDim || !c.projectionClassEmbeddingsInputDim))
        r.refuse("addition_embed_type",
                 "is text_time without addition_time_embed_dim or projection_class_embeddings_input_dim", "");
}

}  // namespace

Result<UNet2DConditionConfig> unet2DConditionConfigFromJson(const Json& json, const std::string& where) {
    UNet2DConditionConfig c;
    ConfigReader r(json, where, "UNet2DConditionModel");
    r.integers("sample_size", c.sampleSize, 1, kMaxChannels);
    r.integer("in_channels", c.inChannels, 1, kMaxChannels);
    r.integer("out_channels", c.outChannels, 1, kMaxChannels);
    r.boolean("center_input_sample", c.centerInputSample);
    r.boolean("flip_sin_to_cos", c.flipSinToCos);
    r.number("freq_shift", c.freqShift);
    r.names("down_block_types", c.downBlockTypes, {"CrossAttnDownBlock2D", "DownBlock2D"});
    if (r.isNull("mid_block_type")) c.midBlockType = "";
    r.choice("mid_block_type", c.midBlockType, {"UNetMidBlock2DCrossAttn", "UNetMidBlock2D", ""});
    r.names("up_block_types", c.upBlockTypes, {"CrossAttnUpBlock2D", "UpBlock2D"});
    r.integers("block_out_channels", c.blockOutChannels, 1, kMaxChannels);
    const std::size_t levels = c.blockOutChannels.size();
    r.perLevel("only_cross_attention", c.onlyCrossAttention, levels);
    r.perLevel("layers_per_block", c.layersPerBlock, levels, 1, kMaxLayers);
    r.integer("downsample_padding", c.downsamplePadding, 0, 1);
    r.number("mid_block_scale_factor", c.midBlockScaleFactor);
    r.choice("act_fn", c.actFn, kActivations);
    if (r.isNull("norm_num_groups"))
        r.refuse("norm_num_groups", "is null; this engine needs group norms", "");
    r.integer("norm_num_groups", c.normNumGroups, 1, kMaxChannels);
    r.number("norm_eps", c.normEps);
    r.perLevel("cross_attention_dim", c.crossAttentionDim, levels, 1, kMaxChannels);
    r.perLevel("transformer_layers_per_block", c.transformerLayersPerBlock, levels, 1, kMaxLayers);
    r.perLevel("attention_head_dim", c.attentionHeadDim, levels, 1, kMaxChannels);
    r.boolean("use_linear_projection", c.useLinearProjection);
    r.integer("num_class_embeds", c.numClassEmbeds, 1, 1 << 24);
    r.choice("addition_embed_type", c.additionEmbedType, {"text_time", ""});
    r.integer("addition_time_embed_dim", c.additionTimeEmbedDim, 2, kMaxChannels);
    r.integer("projection_class_embeddings_input_dim", c.projectionClassEmbeddingsInputDim, 1, 1 << 20);
    r.boolean("upcast_attention", c.upcastAttention);
    r.choice("resnet_time_scale_shift", c.resnetTimeScaleShift, {"default", "scale_shift"});
    r.integer("time_embedding_dim", c.timeEmbeddingDim, 1, 1 << 20);
    r.integer("conv_in_kernel", c.convInKernel, 1, 31);
    r.integer("conv_out_kernel", c.convOutKernel, 1, 31);
    for (const auto& [key, value] : kUnetFixed) r.only(key, value);
    if (!r.failed()) checkUnet(r, c);
    if (r.failed()) return fail(r.error());
    c.extra = r.extra(keysOf(toJson(UNet2DConditionConfig{})));
    return c;
}

Json toJson(const UNet2DConditionConfig& c) {
    Json j{{"sample_size", numberOrList(c.sampleSize)},
           {"in_channels", c.inChannels},
           {"out_channels", c.outChannels},
           {"center_input_sample", c.centerInputSample},
           {"flip_sin_to_cos", c.flipSinToCos},
           {"freq_shift", c.freqShift == static_cast<int>(c.freqShift) ? Json(static_cast<int>(c.freqShift))
                                                                       : Json(c.freqShift)},
           {"down_block_types", c.downBlockTypes},
           {"mid_block_type", c.midBlockType.empty() ? Json(nullptr) : Json(c.midBlockType)},
           {"up_block_types", c.upBlockTypes},
           {"only_cross_attention", numberOrList(c.onlyCrossAttention)},
           {"block_out_channels", c.blockOutChannels},
           {"layers_per_block", numberOrList(c.layersPerBlock)},
           {"downsample_padding", c.downsamplePadding},
           {"mid_block_scale_factor", c.midBlockScaleFactor},
           {"act_fn", c.actFn},
           {"norm_num_groups", c.normNumGroups},
           {"norm_eps", c.normEps},
           {"cross_attention_dim", numberOrList(c.crossAttentionDim)},
           {"transformer_layers_per_block", numberOrList(c.transformerLayersPerBlock)},
           {"attention_head_dim", numberOrList(c.attentionHeadDim)},
           {"use_linear_projection", c.useLinearProjection},
           {"num_class_embeds", optionalJson(c.numClassEmbeds)},
           {"addition_embed_type", c.additionEmbedType.empty() ? Json(nullptr) : Json(c.additionEmbedType)},
           {"addition_time_embed_dim", optionalJson(c.additionTimeEmbedDim)},
           {"projection_class_embeddings_input_dim", optionalJson(c.projectionClassEmbeddingsInputDim)},
           {"upcast_attention", c.upcastAttention},
           {"resnet_time_scale_shift", c.resnetTimeScaleShift},
           {"time_embedding_dim", optionalJson(c.timeEmbeddingDim)},
           {"conv_in_kernel", c.convInKernel},
           {"conv_out_kernel", c.convOutKernel}};
    for (const auto& [key, value] : kUnetFixed) j[key] = value;
    return withExtra(std::move(j), c.extra, "UNet2DConditionModel");
}

Result<AutoencoderKLConfig> autoencoderKLConfigFromJson(const Json& json, const std::string& where) {
    AutoencoderKLConfig c;
    ConfigReader r(json, where, "AutoencoderKL");
    r.integer("in_channels", c.inChannels, 1, kMaxChannels);
    r.integer("out_channels", c.outChannels, 1, kMaxChannels);
    r.names("down_block_types", c.downBlockTypes, {"DownEncoderBlock2D"});
    r.names("up_block_types", c.upBlockTypes, {"UpDecoderBlock2D"});
    r.integers("block_out_channels", c.blockOutChannels, 1, kMaxChannels);
    r.integer("layers_per_block", c.layersPerBlock, 1, kMaxLayers);
    r.choice("act_fn", c.actFn, kActivations);
    r.integer("latent_channels", c.latentChannels, 1, kMaxChannels);
    r.integer("norm_num_groups", c.normNumGroups, 1, kMaxChannels);
    r.integers("sample_size", c.sampleSize, 1, 1 << 20);
    r.number("scaling_factor", c.scalingFactor);
    r.number("shift_factor", c.shiftFactor);
    r.numbers("latents_mean", c.latentsMean);
    r.numbers("latents_std", c.latentsStd);
    r.boolean("force_upcast", c.forceUpcast);
    r.boolean("use_quant_conv", c.useQuantConv);
    r.boolean("use_post_quant_conv", c.usePostQuantConv);
    r.boolean("mid_block_add_attention", c.midBlockAddAttention);
    if (c.downBlockTypes.size() != c.blockOutChannels.size() ||
        c.upBlockTypes.size() != c.blockOutChannels.size())
        r.refuse("block_out_channels",
                 fmt::format("has {} levels, down_block_types {} and up_block_types {}",
                             c.blockOutChannels.size(), c.downBlockTypes.size(), c.upBlockTypes.size()),
                 "All three lists need the same length.");
    for (int channels : c.blockOutChannels)
        if (channels % c.normNumGroups != 0)
            r.refuse("norm_num_groups",
                     fmt::format("is {}, which does not divide {} channels", c.normNumGroups, channels), "");
    if (c.scalingFactor == 0) r.refuse("scaling_factor", "is 0", "");
    if (r.failed()) return fail(r.error());
    c.extra = r.extra(keysOf(toJson(AutoencoderKLConfig{})));
    return c;
}

Json toJson(const AutoencoderKLConfig& c) {
    Json j{{"in_channels", c.inChannels},
           {"out_channels", c.outChannels},
           {"down_block_types", c.downBlockTypes},
           {"up_block_types", c.upBlockTypes},
           {"block_out_channels", c.blockOutChannels},
           {"layers_per_block", c.layersPerBlock},
           {"act_fn", c.actFn},
           {"latent_channels", c.latentChannels},
           {"norm_num_groups", c.normNumGroups},
           {"sample_size", numberOrList(c.sampleSize)},
           {"scaling_factor", c.scalingFactor},
           {"shift_factor", optionalJson(c.shiftFactor)},
           {"latents_mean", optionalJson(c.latentsMean)},
           {"latents_std", optionalJson(c.latentsStd)},
           {"force_upcast", c.forceUpcast},
           {"use_quant_conv", c.useQuantConv},
           {"use_post_quant_conv", c.usePostQuantConv},
           {"mid_block_add_attention", c.midBlockAddAttention}};
    return withExtra(std::move(j), c.extra, "AutoencoderKL");
}

Result<ClipTextConfig> clipTextConfigFromJson(const Json& json, const std::string& where) {
    ClipTextConfig c;
    ConfigReader r(json, where, "CLIPTextConfig");
    r.integer("vocab_size", c.vocabSize, 1, 1 << 24);
    r.integer("hidden_size", c.hiddenSize, 1, kMaxChannels);
    r.integer("intermediate_size", c.intermediateSize, 1, 1 << 20);
    r.integer("projection_dim", c.projectionDim, 1, kMaxChannels);
    r.integer("num_hidden_layers", c.numHiddenLayers, 1, kMaxLayers);
    r.integer("num_attention_heads", c.numAttentionHeads, 1, kMaxChannels);
    r.integer("max_position_embeddings", c.maxPositionEmbeddings, 1, 1 << 20);
    r.choice("hidden_act", c.hiddenAct, {"quick_gelu", "gelu", "gelu_new"});
    r.number("layer_norm_eps", c.layerNormEps);
    r.number("initializer_range", c.initializerRange);
    r.number("initializer_factor", c.initializerFactor);
    r.integer("pad_token_id", c.padTokenId, 0, 1 << 24);
    r.integer("bos_token_id", c.bosTokenId, 0, 1 << 24);
    r.integer("eos_token_id", c.eosTokenId, 0, 1 << 24);
    r.only("attention_dropout", 0.0);
    if (c.hiddenSize % c.numAttentionHeads != 0)
        r.refuse(
            "num_attention_heads",
            fmt::format("is {}, which does not divide the hidden size {}", c.numAttentionHeads, c.hiddenSize),
            "");
    if (const Json* classes = r.value("architectures"); classes && classes->is_array())
        for (const auto& name : *classes) c.withProjection |= name == "CLIPTextModelWithProjection";
    if (r.failed()) return fail(r.error());
    c.extra = r.extra(keysOf(toJson(ClipTextConfig{})));
    return c;
}

Json toJson(const ClipTextConfig& c) {
    Json j{{"architectures", {c.withProjection ? "CLIPTextModelWithProjection" : "CLIPTextModel"}},
           {"model_type", "clip_text_model"},
           {"vocab_size", c.vocabSize},
           {"hidden_size", c.hiddenSize},
           {"intermediate_size", c.intermediateSize},
           {"projection_dim", c.projectionDim},
           {"num_hidden_layers", c.numHiddenLayers},
           {"num_attention_heads", c.numAttentionHeads},
           {"max_position_embeddings", c.maxPositionEmbeddings},
           {"hidden_act", c.hiddenAct},
           {"layer_norm_eps", c.layerNormEps},
           {"attention_dropout", 0.0},
           {"initializer_range", c.initializerRange},
           {"initializer_factor", c.initializerFactor},
           {"pad_token_id", c.padTokenId},
           {"bos_token_id", c.bosTokenId},
           {"eos_token_id", c.eosTokenId}};
    return withExtra(std::move(j), c.extra, nullptr);
}

namespace {

constexpr std::pair<std::string_view, std::string_view> kNonFinite[] = {
    {"-Infinity", "\"-inf\""}, {"Infinity", "\"inf\""}, {"NaN", "\"nan\""}};

// Python's json module writes NaN and ±Infinity as bare words: outside strings they become strings here.
std::string quoteNonFinite(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (inString && text[i] == '\\' && i + 1 < text.size()) {
            out += text[i++];
        } else if (text[i] == '"') {
            inString = !inString;
        } else if (!inString) {
            bool replaced = false;
            for (const auto& [word, string] : kNonFinite) {
                if (!text.substr(i).starts_with(word)) continue;
                out += string;
                i += word.size() - 1;
                replaced = true;
                break;
            }
            if (replaced) continue;
        }
        out += text[i];
    }
    return out;
}

}  // namespace

Result<Json> readModelJson(const fs::path& path) {
    constexpr std::uint64_t kLimit = std::uint64_t{64} << 20;  // a tokenizer.json of 50 000 tokens has 3.6 MB
    ATELIER_TRY(const auto text, readFile(path, kLimit));
    auto json = parseJson(quoteNonFinite(text), path.string());
    if (!json) {
        Error error = std::move(json).error();
        error.code = ErrorCode::Model;
        return fail(std::move(error));
    }
    return json;
}

std::string dumpModelJson(const Json& value) {
    std::string text = dumpJsonPretty(value.is_object() ? Json(nlohmann::json(value)) : value);
    for (const auto& [word, string] : kNonFinite) {
        const std::string from = ": " + std::string(string);
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;)
            if (const char end = text[at + from.size()]; end == ',' || end == '\n')
                text.replace(at + 2, string.size(), word);
            else
                at += from.size();
    }
    return text;
}

}  // namespace atelier
