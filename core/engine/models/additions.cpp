// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/models/additions.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <atomic>

#include "core/weights/embedding.h"
#include "core/weights/lora/lora_math.h"

namespace atelier {
namespace {

struct Target {
    const lora::Module* module;
    at::Tensor weight;
};

Error mismatch(const fs::path& file, const lora::Module& module, const at::Tensor& weight) {
    return {ErrorCode::Model,
            fmt::format("module \"{}\" ({} and {}) does not fit the layer's {}", module.name(),
                        shapeText(module.down.shape), shapeText(module.up.shape), shapeText(weight.sizes())),
            file.string(), "The LoRA belongs to a model of another family or size."};
}

Result<std::vector<Target>> findTargets(const Pipeline& pipeline, const lora::File& lora,
                                        const fs::path& file) {
    std::map<std::string, at::Tensor> layers;
    for (const auto& [component, module] : pipeline.modules())
        for (const auto& [name, tensor] : namedParameters(*module)) layers[component + "." + name] = tensor;
    std::vector<Target> targets;
    for (const auto& module : lora.modules) {
        const auto layer = layers.find(module.name() + ".weight");
        if (layer == layers.end())
            return fail(ErrorCode::Model,
                        fmt::format("module \"{}\" meets no layer of the model", module.name()),
                        file.string(), "The LoRA belongs to a model of another family or build.");
        targets.push_back({&module, layer->second});
    }
    return targets;
}

// The text encoder that a part of a textual inversion is for; null when the model lacks it.
const TextPart* placeOf(const std::vector<TextPart>& places, const std::string& part) {
    if (part.empty()) return places.empty() ? nullptr : &places.front();
    const std::string_view component = part == "clip_g" ? "text_encoder_2" : "text_encoder";
    for (const auto& place : places)
        if (place.component == component) return &place;
    return nullptr;
}

}  // namespace

Status mergeLora(Pipeline& pipeline, const fs::path& file, double weight) {
    ATELIER_TRY(const auto lora, lora::read(file));
    ATELIER_TRY(const auto targets, findTargets(pipeline, lora, file));
    std::atomic<std::size_t> misfit{targets.size()};
    at::parallel_for(
        0, static_cast<std::int64_t>(targets.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            const at::NoGradGuard noGrad;
            for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
                const auto& [module, layer] = targets[i];
                const auto values = layer.detach().to(at::kCPU, at::kFloat).contiguous();
                const std::span<float> numbers(values.mutable_data_ptr<float>(),
                                               static_cast<std::size_t>(values.numel()));
                const auto sizes = values.sizes();
                if (lora::apply(*module, weight, {sizes.data(), sizes.size()}, numbers))
                    layer.detach().copy_(values);
                else
                    misfit = i;
            }
        });
    if (misfit < targets.size())
        return tl::make_unexpected(mismatch(file, *targets[misfit].module, targets[misfit].weight));
    return {};
}

Result<std::string> addEmbedding(Pipeline& pipeline, const fs::path& file, const std::string& token) {
    ATELIER_TRY(auto inversion, readEmbedding(file));
    if (!token.empty()) inversion.token = token;
    for (const auto& part : inversion.parts) {
        const auto places = textParts(pipeline);
        const TextPart* place = placeOf(places, part.part);
        if (!place)
            return fail(ErrorCode::Model,
                        "the model lacks the text encoder that \"" + part.part + "\" is for", file.string(),
                        "The textual inversion belongs to a model of another family.");
        if (part.part.empty() && places.size() > 1)
            log::warning(
                fmt::format("{}: this textual inversion holds vectors of width {} only; they reach {}, "
                            "and {} reads its word as letters",
                            file.string(), part.width, places[0].component, places[1].component));
        const auto first = place->tokenizer->vocabSize();
        auto more = place->tokenizer->withToken(inversion.token, static_cast<int>(part.count));
        if (!more) {
            more.error().where = file.string();
            return tl::make_unexpected(std::move(more).error());
        }
        const auto vectors = at::tensor(part.values, at::kFloat).view({part.count, part.width});
        if (auto set = place->encoder->setTokenVectors(first, vectors); !set) {
            set.error().where = file.string();
            return tl::make_unexpected(std::move(set).error());
        }
        place->tokenizerIn(pipeline) = *std::move(more);
    }
    return inversion.token;
}

}  // namespace atelier
