// SPDX-License-Identifier: GPL-3.0-or-later
// Names of models on a hub, in a configuration: their folders, and what to say about them beforehand.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/preflight/preflight.h"
#include "core/weights/hub_cache.h"

namespace atelier {
namespace {

// Every place of a configuration that takes a model, with its key.
template <class Config>
auto modelPlaces(Config& config) {
    auto& model = config.model;
    return std::array{
        std::pair{"model.pretrained", &model.pretrained},
        std::pair{"model.unet.pretrained", &model.unet.pretrained},
        std::pair{"model.vae.pretrained", &model.vae.pretrained},
        std::pair{"model.text_encoder.pretrained", &model.textEncoder.pretrained},
        std::pair{"model.tokenizer.pretrained", &model.tokenizer.pretrained},
        std::pair{"model.text_encoder_2.pretrained", &model.textEncoder2.pretrained},
        std::pair{"model.tokenizer_2.pretrained", &model.tokenizer2.pretrained},
        std::pair{"model.noise_scheduler_training.pretrained", &model.noiseSchedulerTraining.pretrained},
        std::pair{"model.noise_scheduler_inference.pretrained", &model.noiseSchedulerInference.pretrained}};
}

}  // namespace

Status resolveModels(TrainConfig& config, const FetchModel& fetch) {
    for (auto& [key, place] : modelPlaces(config)) {
        if (!*place || !namesHubModel(**place)) continue;
        auto folder = resolveModel(**place, fetch);
        if (!folder) {
            Error error = folder.error();
            error.where = std::string(key) + ": " + error.where;
            return fail(std::move(error));
        }
        *place = folder->string();
    }
    return {};
}

std::vector<Issue> checkHubModels(const TrainConfig& config) {
    std::vector<Issue> issues;
    const HubSettings settings = hubSettings();
    for (const auto& [key, place] : modelPlaces(config)) {
        if (!*place || place->value().find("???") != std::string::npos || !namesHubModel(**place)) continue;
        const auto id = parseHubId(**place);
        const CachedModel cached = findCachedModel(settings.cache, *id);
        if (cached.complete()) continue;
        const std::string state = cached.snapshot.empty()
                                      ? "is not on this computer"
                                      : "is only partly on this computer (" + cached.missing.front() +
                                            (cached.missing.size() > 1 ? ", …" : "") + " is missing)";
        Issue issue;
        issue.severity = settings.offline ? IssueSeverity::Error : IssueSeverity::Warning;
        issue.code = settings.offline ? "missing_model" : "model_not_cached";
        issue.path = key;
        issue.text = fmt::format(
            "{} {}{}", id->text(), state,
            settings.offline ? ", and offline mode is on (HF_HUB_OFFLINE)" : ": training downloads it first");
        issue.hint = settings.offline
                         ? "Switch offline mode off, or name a pipeline folder."
                         : "\"atelier-engine download " + id->text() +
                               "\" does that beforehand, for instance where the run has no network.";
        issues.push_back(std::move(issue));
    }
    return issues;
}

}  // namespace atelier
