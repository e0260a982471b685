// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/ema_start.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/engine/models/state_dict.h"
#include "core/engine/train/task.h"

namespace atelier::train {
namespace {

// The decay's warm-up is over long before.
constexpr std::int64_t kSettled = 1'000'000;

struct Averages {
    NamedTensors tensors;
    std::int64_t updates = kSettled;
};

// Where names stand in the order in which diffusers registered its UNet's modules: of version 0.12, which
// open-diffusion used, or of later ones, whose transformer blocks begin with their norms.
std::size_t place(std::string_view part, bool early) {
    static constexpr std::string_view kEarly[] = {"conv_in",
                                                  "time_embedding",
                                                  "class_embedding",
                                                  "add_embedding",
                                                  "down_blocks",
                                                  "up_blocks",
                                                  "mid_block",
                                                  "conv_norm_out",
                                                  "conv_out",
                                                  "attentions",
                                                  "resnets",
                                                  "downsamplers",
                                                  "upsamplers",
                                                  "norm",
                                                  "proj_in",
                                                  "transformer_blocks",
                                                  "proj_out",
                                                  "attn1",
                                                  "ff",
                                                  "attn2",
                                                  "norm1",
                                                  "conv1",
                                                  "time_emb_proj",
                                                  "norm2",
                                                  "norm3",
                                                  "conv2",
                                                  "conv_shortcut",
                                                  "to_q",
                                                  "to_k",
                                                  "to_v",
                                                  "to_out",
                                                  "linear_1",
                                                  "linear_2",
                                                  "weight",
                                                  "bias"};
    static constexpr std::string_view kLate[] = {"norm1", "attn1", "conv1", "time_emb_proj", "norm2",
                                                 "attn2", "norm3", "ff",    "conv2",         "conv_shortcut"};
    const auto first = std::ranges::find(kEarly, std::string_view("attn1")) - std::begin(kEarly);
    if (!early)
        if (const auto* late = std::ranges::find(kLate, part); late != std::end(kLate))
            return static_cast<std::size_t>(first + (late - std::begin(kLate)));
    const auto* found = std::ranges::find(kEarly, part);
    if (found != std::end(kEarly)) return static_cast<std::size_t>(found - std::begin(kEarly));
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    return error == std::errc() && end == part.data() + part.size() ? number : std::size(kEarly);
}

bool comesBefore(const std::string& a, const std::string& b, bool early) {
    const auto x = split(a, '.'), y = split(b, '.');
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
        if (x[i] != y[i]) return place(x[i], early) < place(y[i], early);
    return x.size() < y.size();
}

// A list's tensors get the names of the parameters in the first order whose shapes are theirs.
Result<NamedTensors> named(const std::vector<at::Tensor>& list, const NamedTensors& parameters,
                           const std::string& where) {
    for (const bool early : {true, false}) {
        NamedTensors result = parameters;
        std::ranges::stable_sort(
            result, [&](const auto& a, const auto& b) { return comesBefore(a.first, b.first, early); });
        bool fits = result.size() == list.size();
        for (std::size_t i = 0; fits && i < list.size(); ++i)
            fits = result[i].second.sizes() == list[i].sizes();
        if (!fits) continue;
        for (std::size_t i = 0; i < list.size(); ++i) result[i].second = list[i];
        return result;
    }
    return fail(
        ErrorCode::Model,
        fmt::format("its {} averages without names are not in the order of this model's {} parameters",
                    list.size(), parameters.size()),
        where, "Give the pipeline folder beside it: the UNet that is saved there is the average.");
}

std::int64_t wholeNumber(const std::string& text, std::int64_t otherwise) {
    std::int64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<Averages> fromFile(const fs::path& path, const NamedTensors& parameters) {
    ATELIER_TRY(const auto set, WeightSet::openFile(path));
    ATELIER_TRY(const auto tensors, readTensors(set));
    Averages result;
    std::map<std::size_t, at::Tensor> list;
    NamedTensors kept, plain;
    for (const auto& [name, tensor] : tensors) {
        if (name.starts_with("shadow_params."))
            list[static_cast<std::size_t>(wholeNumber(name.substr(14), 0))] = tensor;
        else if (name.starts_with("ema."))
            kept.emplace_back(name.substr(4), tensor);
        else if (name == "updates" && tensor.numel() == 1)
            result.updates = tensor.item<std::int64_t>();
        else
            plain.emplace_back(name, tensor);
    }
    if (!list.empty()) {
        std::vector<at::Tensor> ordered;
        for (const auto& [number, tensor] : list) ordered.push_back(tensor);
        ATELIER_TRY(result.tensors, named(ordered, parameters, path.string()));
        const auto& notes = set.files().front()->metadata();
        for (const char* key : {"num_updates", "optimization_step"})  // open-diffusion's, diffusers'
            if (const auto note = notes.find(key); note != notes.end())
                result.updates = wholeNumber(note->second, kSettled);
        return result;
    }
    result.tensors = kept.empty() ? plain : kept;
    if (kept.empty()) result.updates = kSettled;
    // One network's file says "conv_in.weight" where a run says "unet.conv_in.weight".
    const auto& first = parameters.front().first;
    const std::string component = first.substr(0, first.find('.') + 1);
    for (auto& [name, tensor] : result.tensors)
        if (std::ranges::none_of(parameters, [&](const auto& p) { return p.first == name; }))
            name = component + name;
    return result;
}

Result<Averages> fromFolder(const fs::path& folder, const NamedTensors& parameters) {
    Averages result;
    std::error_code error;
    if (const fs::path state = folder / "ema_model.state"; fs::exists(state, error))
        return fromFile(state, parameters);
    for (const auto& [component, trained] : splitByComponent(parameters)) {
        const bool inside = fs::is_directory(folder / component, error);
        const fs::path place = inside ? folder / component : folder;
        const char* stem = component.starts_with("text_encoder") ? "model" : "diffusion_pytorch_model";
        ATELIER_TRY(const auto set, WeightSet::open(place, stem));
        ATELIER_TRY(const auto tensors, readTensors(set));
        for (const auto& [name, tensor] : tensors)
            result.tensors.emplace_back(component + "." + name, tensor);
        const fs::path config = place / "config.json";
        if (!fs::exists(config, error)) continue;
        ATELIER_TRY(const auto text, readFile(config));
        ATELIER_TRY(const auto json, parseJson(text, config.string()));
        if (const auto step = json.find("optimization_step"); step != json.end() && step->is_number_integer())
            result.updates = step->get<std::int64_t>();
    }
    return result;
}

}  // namespace

Status beginAverages(const fs::path& path, Optimizer& optimizer) {
    const auto parameters = optimizer.averages();
    std::error_code error;
    ATELIER_TRY(auto averages,
                fs::is_directory(path, error) ? fromFolder(path, parameters) : fromFile(path, parameters));
    for (auto& [name, tensor] : averages.tensors) tensor = tensor.to(at::kFloat);
    return optimizer.startAverages(averages.tensors, std::max<std::int64_t>(averages.updates, 0),
                                   path.string());
}

}  // namespace atelier::train
