// SPDX-License-Identifier: GPL-3.0-or-later
// config.json of the text encoders.
#include "core/config/architectures.h"

#include "core/config/architecture_reader.h"

namespace atelier {

using namespace architectures;

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

const std::vector<std::string> kDenseActivations{"relu", "gelu", "gelu_new", "silu", "swish", "quick_gelu"};

std::vector<std::string> feedForwardNames() {
    std::vector<std::string> names = kDenseActivations;
    for (const auto& name : kDenseActivations) names.push_back("gated-" + name);
    return names;
}

}  // namespace

Result<T5EncoderConfig> t5EncoderConfigFromJson(const Json& json, const std::string& where) {
    T5EncoderConfig c;
    ConfigReader r(json, where, "T5Config");
    r.integer("vocab_size", c.vocabSize, 1, 1 << 24);
    r.integer("d_model", c.dModel, 1, kMaxChannels);
    r.integer("d_kv", c.dKv, 1, kMaxChannels);
    r.integer("d_ff", c.dFf, 1, 1 << 20);
    r.integer("num_layers", c.numLayers, 1, kMaxLayers);
    r.integer("num_heads", c.numHeads, 1, kMaxChannels);
    r.integer("relative_attention_num_buckets", c.relativeAttentionNumBuckets, 4, 1 << 20);
    r.integer("relative_attention_max_distance", c.relativeAttentionMaxDistance, 2, 1 << 24);
    r.number("layer_norm_epsilon", c.layerNormEpsilon);
    r.number("initializer_factor", c.initializerFactor);
    r.choice("feed_forward_proj", c.feedForwardProj, feedForwardNames());
    c.isGatedAct = c.feedForwardProj.starts_with("gated-");
    c.denseActFn = c.feedForwardProj.substr(c.feedForwardProj.find('-') + 1);
    if (c.feedForwardProj == "gated-gelu") c.denseActFn = "gelu_new";  // T5 1.1's
    r.choice("dense_act_fn", c.denseActFn, kDenseActivations);
    r.boolean("is_gated_act", c.isGatedAct);
    r.integer("pad_token_id", c.padTokenId, 0, 1 << 24);
    r.integer("eos_token_id", c.eosTokenId, 0, 1 << 24);
    r.boolean("use_attention_mask", c.useAttentionMask);
    r.only("is_decoder", false, "Text encoders have no decoder.");
    if (c.relativeAttentionMaxDistance <= c.relativeAttentionNumBuckets / 4)
        r.refuse("relative_attention_max_distance",
                 fmt::format("is {}, not beyond the {} distances that have a bucket of their own",
                             c.relativeAttentionMaxDistance, c.relativeAttentionNumBuckets / 4),
                 "");
    if (r.failed()) return fail(r.error());
    auto known = keysOf(toJson(T5EncoderConfig{}));
    for (const char* kept : {"classifier_dropout", "dropout_rate", "num_decoder_layers",
                             "scale_decoder_outputs", "tie_word_embeddings"})
        known.erase(kept);
    known.insert("use_attention_mask");
    c.extra = r.extra(known);
    return c;
}

Json toJson(const T5EncoderConfig& c) {
    const auto kept = [&](const char* key, const Json& value) {
        return c.extra.contains(key) ? c.extra[key] : value;
    };
    Json j{{"architectures", {"T5EncoderModel"}},
           {"model_type", "t5"},
           {"vocab_size", c.vocabSize},
           {"d_model", c.dModel},
           {"d_kv", c.dKv},
           {"d_ff", c.dFf},
           {"num_layers", c.numLayers},
           {"num_decoder_layers", kept("num_decoder_layers", c.numLayers)},
           {"num_heads", c.numHeads},
           {"relative_attention_num_buckets", c.relativeAttentionNumBuckets},
           {"relative_attention_max_distance", c.relativeAttentionMaxDistance},
           {"dropout_rate", kept("dropout_rate", 0.1)},
           {"layer_norm_epsilon", c.layerNormEpsilon},
           {"initializer_factor", c.initializerFactor},
           {"feed_forward_proj", c.feedForwardProj},
           {"dense_act_fn", c.denseActFn},
           {"is_gated_act", c.isGatedAct},
           {"is_decoder", false},
           {"is_encoder_decoder", false},
           {"use_cache", false},
           {"pad_token_id", c.padTokenId},
           {"eos_token_id", c.eosTokenId},
           {"classifier_dropout", kept("classifier_dropout", 0.0)},
           {"scale_decoder_outputs", kept("scale_decoder_outputs", true)},
           {"tie_word_embeddings", kept("tie_word_embeddings", true)}};
    if (c.useAttentionMask) j["use_attention_mask"] = true;
    return withExtra(std::move(j), c.extra, nullptr);
}

Result<TextEncoderKind> textEncoderKind(const Json& json, const std::string& where) {
    const auto other = [&](const std::string& name) {
        return fail(ErrorCode::Model, "it is a " + name + ", which this engine does not compute", where,
                    "Text encoders are CLIPTextModel, CLIPTextModelWithProjection and T5EncoderModel.");
    };
    if (!json.is_object()) return TextEncoderKind::Clip;  // told by who reads it
    if (const auto it = json.find("model_type"); it != json.end() && it->is_string()) {
        const auto type = it->get<std::string>();
        if (type == "t5") return TextEncoderKind::T5;
        if (type == "clip_text_model" || type == "clip") return TextEncoderKind::Clip;
        return other("\"" + type + "\" model");
    }
    const auto it = json.find("architectures");
    if (it == json.end() || !it->is_array() || it->empty() || !it->front().is_string())
        return TextEncoderKind::Clip;
    const auto name = it->front().get<std::string>();
    if (name.starts_with("T5")) return TextEncoderKind::T5;
    if (name.starts_with("CLIP")) return TextEncoderKind::Clip;
    return other(name);
}

}  // namespace atelier
