// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/task.h"

#include <ATen/ATen.h>

namespace atelier::train {

Result<std::unique_ptr<Task>> makeTask(const Settings& settings) {
    switch (settings.method) {
        case Method::Autoencoder:
            return makeAutoencoderTask(settings);
        case Method::TextToImage:
            break;
    }
    return makeTextToImageTask(settings);
}

NamedTensors trainableParameters(torch::nn::Module& module, const std::string& prefix) {
    NamedTensors result;
    for (auto& [name, tensor] : namedParameters(module)) {
        tensor.requires_grad_(true);
        result.emplace_back(prefix + "." + name, tensor);
    }
    return result;
}

std::map<std::string, NamedTensors> splitByComponent(const NamedTensors& weights) {
    std::map<std::string, NamedTensors> result;
    for (const auto& [name, tensor] : weights) {
        const auto dot = name.find('.');
        result[name.substr(0, dot)].emplace_back(name.substr(dot + 1), tensor);
    }
    return result;
}

void freeze(torch::nn::Module& module) {
    module.eval();
    for (auto& parameter : module.parameters()) parameter.requires_grad_(false);
}

std::uint64_t moduleBytes(const torch::nn::Module& module) {
    std::uint64_t total = 0;
    for (const auto& parameter : module.parameters()) total += parameter.nbytes();
    return total;
}

fs::path componentFolder(const ComponentSource& source, const std::string& name) {
    std::error_code error;
    const fs::path inside = source.folder / name;
    return fs::is_directory(inside, error) ? inside : source.folder;
}

}  // namespace atelier::train
