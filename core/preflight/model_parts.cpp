// SPDX-License-Identifier: GPL-3.0-or-later
// Whether the networks that a configuration names or describes go together: their config.json or parameters,
// no weights.
#include <optional>

#include "core/base/files.h"
#include "core/config/model_fit.h"
#include "core/preflight/preflight.h"
#include "core/text/t5_tokenizer.h"
#include "core/weights/hub_cache.h"

namespace atelier {
namespace {

// A part's configuration, and the key that gives it.
struct PartConfig {
    Json json;
    std::string where;  // a file, or a key
    std::string key;    // "model.unet.params" or "model.pretrained"
    bool fromParams = false;
};

// The folder on this computer; empty for what is not here (yet).
fs::path localFolder(const std::string& given) {
    std::error_code error;
    if (given.find("???") != std::string::npos) return {};
    if (!namesHubModel(given)) return fs::is_directory(given, error) ? fs::path(given) : fs::path();
    const auto id = parseHubId(given);
    if (!id) return {};
    const CachedModel cached = findCachedModel(hubSettings().cache, *id);
    return cached.complete() ? cached.snapshot : fs::path();
}

class Parts {
  public:
    explicit Parts(const TrainConfig& config)
        : model_(config.model),
          inpainting_(config.method.type == MethodType::Inpainting),
          adaptsText_(config.method.type == MethodType::Lora && config.model.trainTextEncoder) {}

    std::vector<Issue> check() {
        const auto unet = read("unet", model_.unet);
        const auto vae = read("vae", model_.vae);
        if (!unet) return issues_;
        const auto network = parsed(*unet, unet2DConditionConfigFromJson);
        if (!network) return issues_;
        if (vae)
            if (const auto autoencoder = parsed(*vae, autoencoderKLConfigFromJson))
                report(*unet, latentMisfit(*network, *autoencoder, inpainting_));
        const auto first = read("text_encoder", model_.textEncoder),
                   second = read("text_encoder_2", model_.textEncoder2);
        const bool all = (first || !named("text_encoder", model_.textEncoder)) &&
                         (second || !named("text_encoder_2", model_.textEncoder2)) && (first || second);
        if (!all) return issues_;
        const auto firstSide = first ? side(*first, model_.tokenizer, false) : std::nullopt,
                   secondSide = second ? side(*second, model_.tokenizer2, true) : std::nullopt;
        if (first.has_value() == firstSide.has_value() && second.has_value() == secondSide.has_value())
            report(*unet, textMisfit(*network, firstSide, secondSide));
        if (adaptsText_ && firstSide && !firstSide->clip) warnOfT5();
        return issues_;
    }

  private:
    // Whether the configuration names the part, so that a model without it would be another one.
    bool named(const char* part, const ComponentConfig& component) const {
        if (!model_.pretrained) return component.pretrained || !component.params.empty();
        std::error_code error;
        const auto folder = localFolder(*model_.pretrained);
        return folder.empty() || fs::is_directory(folder / part, error);
    }

    std::optional<PartConfig> read(const std::string& part, const ComponentConfig& component) {
        const auto& given = model_.pretrained ? model_.pretrained : component.pretrained;
        const std::string key = "model." + part;
        if (!given) {
            if (component.params.empty()) return std::nullopt;
            return PartConfig{component.params, key + ".params", key + ".params", true};
        }
        const fs::path folder = localFolder(*given);
        std::error_code error;
        if (folder.empty()) return std::nullopt;
        const bool inside = model_.pretrained || fs::is_directory(folder / part, error);
        const fs::path file = (inside ? folder / part : folder) / "config.json";
        if (!fs::exists(file, error)) return std::nullopt;
        auto json = readModelJson(file);
        PartConfig config{Json(), file.string(),
                          model_.pretrained ? "model.pretrained" : key + ".pretrained"};
        if (!json) {
            add(config, json.error());
            return std::nullopt;
        }
        config.json = *std::move(json);
        return config;
    }

    // Its own mistakes are reported here.
    template <class Config>
    std::optional<Config> parsed(const PartConfig& part,
                                 Result<Config> (*parse)(const Json&, const std::string&)) {
        auto config = parse(part.json, part.where);
        if (config) return *std::move(config);
        add(part, config.error());
        return std::nullopt;
    }

    // A text encoder made from parameters is of its tokenizer's family.
    std::optional<TextSide> side(PartConfig part, const ComponentConfig& tokenizer, bool second) {
        bool t5 = false;
        if (part.fromParams) {
            const fs::path folder = tokenizer.pretrained ? localFolder(*tokenizer.pretrained) : fs::path();
            if (folder.empty()) return std::nullopt;
            std::error_code error;
            const fs::path inside = folder / (second ? "tokenizer_2" : "tokenizer");
            t5 = T5Tokenizer::isFolder(fs::is_directory(inside, error) ? inside : folder);
            if (second) part.json["architectures"] = {"CLIPTextModelWithProjection"};
            if (const char* other = t5 ? "hidden_size" : "d_model"; part.json.contains(other)) {
                add(part, {ErrorCode::Config,
                           std::string("\"") + other + "\" is a key of " + (t5 ? "CLIP's" : "T5's") +
                               " text encoders, the tokenizer is " + (t5 ? "T5's" : "CLIP's"),
                           "", "Text encoder and tokenizer must be of one family."});
                return std::nullopt;
            }
        } else {
            const auto kind = textEncoderKind(part.json, part.where);
            if (!kind) {
                add(part, kind.error());
                return std::nullopt;
            }
            t5 = *kind == TextEncoderKind::T5;
        }
        if (t5) {
            const auto config = parsed(part, t5EncoderConfigFromJson);
            return config ? std::optional(textSide(*config)) : std::nullopt;
        }
        const auto config = parsed(part, clipTextConfigFromJson);
        return config ? std::optional(textSide(*config)) : std::nullopt;
    }

    void report(const PartConfig& unet, const std::optional<Misfit>& misfit) {
        if (!misfit) return;
        const bool key = unet.fromParams && !misfit->key.empty();
        issues_.push_back({IssueSeverity::Error, "model_parts", unet.key + (key ? "." + misfit->key : ""), 0,
                           0, misfit->what, misfit->hint, std::nullopt});
    }
    void warnOfT5() {
        issues_.push_back(
            {IssueSeverity::Warning, "lora_of_t5", "model.train_text_encoder", 0, 0,
             "diffusers' load_lora_weights raises an error on a LoRA of a T5 text encoder",
             "Atelier reads it. For diffusers, add the result to its model with `atelier-engine "
             "lora merge`, or train the UNet alone: set this to false.",
             std::nullopt});
    }
    void add(const PartConfig& part, const Error& error) {
        const bool file = !part.fromParams && !error.where.empty();
        issues_.push_back({IssueSeverity::Error, "model_config", part.key, 0, 0,
                           (file ? error.where + ": " : "") + error.what, error.hint, std::nullopt});
    }

    const ModelConfig& model_;
    bool inpainting_, adaptsText_;
    std::vector<Issue> issues_;
};

}  // namespace

std::vector<Issue> checkModelParts(const TrainConfig& config) {
    if (config.method.type == MethodType::Autoencoder || config.method.type == MethodType::WithoutText)
        return {};
    return Parts(config).check();
}

}  // namespace atelier
