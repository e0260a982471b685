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

}  // namespace atelier
