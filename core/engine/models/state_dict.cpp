// SPDX-License-Identifier: GPL-3.0-or-later
// Moving tensors between modules and files.
#include "core/engine/models/state_dict.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <set>

namespace atelier {
namespace {

constexpr std::array<std::pair<TensorType, at::ScalarType>, 10> kTypePairs{{
    {TensorType::Bool, at::kBool},
    {TensorType::U8, at::kByte},
    {TensorType::I8, at::kChar},
    {TensorType::I16, at::kShort},
    {TensorType::I32, at::kInt},
    {TensorType::I64, at::kLong},
    {TensorType::F16, at::kHalf},
    {TensorType::BF16, at::kBFloat16},
    {TensorType::F32, at::kFloat},
    {TensorType::F64, at::kDouble},
}};

// The file's bytes as a tensor; borrowed from the map when aligned, copied otherwise. Undefined for exotic
// dtypes.
at::Tensor borrowTensor(const WeightSet::Entry& entry) {
    const auto pair = std::find_if(kTypePairs.begin(), kTypePairs.end(),
                                   [&](const auto& p) { return p.first == entry.tensor->type; });
    if (pair == kTypePairs.end()) return {};
    const auto bytes = entry.bytes();
    const auto options = at::TensorOptions().dtype(pair->second);
    if (bytes.empty() ||
        reinterpret_cast<std::uintptr_t>(bytes.data()) % c10::elementSize(pair->second) != 0) {
        const at::Tensor copy = at::empty(entry.tensor->shape, options);
        if (!bytes.empty()) std::memcpy(copy.data_ptr(), bytes.data(), bytes.size());
        return copy;
    }
    return at::from_blob(const_cast<std::byte*>(bytes.data()), entry.tensor->shape, options);
}

// One pass over the values; NaN makes both ends NaN.
bool allFinite(const at::Tensor& tensor) {
    if (tensor.numel() == 0) return true;
    const auto [low, high] = tensor.aminmax();
    return std::isfinite(low.item<double>()) && std::isfinite(high.item<double>());
}

// What does not fit, gathered to one message.
struct Misfits {
    std::vector<std::string> missing, extra, shapes, types, values;

    Status status(const std::string& where) const {
        std::string text;
        const auto add = [&](const std::vector<std::string>& list, const char* one, const char* many) {
            if (list.empty()) return;
            if (!text.empty()) text += "; ";
            text += list.size() == 1 ? fmt::format("{} {}", one, list.front())
                                     : fmt::format("{} {}, the first is {}", list.size(), many, list.front());
        };
        add(missing, "a tensor is missing:", "tensors are missing");
        add(extra, "a tensor belongs to no part of the model:", "tensors belong to no part of the model");
        add(shapes, "a tensor has the wrong shape:", "tensors have the wrong shape");
        add(types, "a tensor has a dtype that is not read:", "tensors have a dtype that is not read");
        add(values, "a tensor holds values that are not finite:",
            "tensors hold values that are not finite (NaN or infinity)");
        if (text.empty()) return {};
        return fail(ErrorCode::Model, text, where,
                    "Weights and config.json beside them do not belong together, or the file is damaged.");
    }
};

bool isLowRank(std::string_view name) {
    return name.ends_with(".lora_A.weight") || name.ends_with(".lora_B.weight");
}

}  // namespace

NamedTensors namedParameters(const torch::nn::Module& module) {
    NamedTensors tensors;
    for (const auto& item : module.named_parameters()) tensors.emplace_back(item.key(), item.value());
    return tensors;
}

NamedTensors baseParameters(const torch::nn::Module& module) {
    auto tensors = namedParameters(module);
    std::erase_if(tensors, [](const auto& item) { return isLowRank(item.first); });
    return tensors;
}

NamedTensors lowRankParameters(const torch::nn::Module& module) {
    auto tensors = namedParameters(module);
    std::erase_if(tensors, [](const auto& item) { return !isLowRank(item.first); });
    return tensors;
}

std::int64_t countParameters(const torch::nn::Module& module) {
    std::int64_t count = 0;
    for (const auto& parameter : module.parameters()) count += parameter.numel();
    return count;
}

Status loadStateDict(torch::nn::Module& module, const WeightSet& weights, const RenameFunction& rename) {
    const at::NoGradGuard guard;
    std::map<std::string, std::string> inFile;  // the module's name → the file's
    for (const auto& name : weights.names()) {
        const std::string own = rename ? rename(name) : name;
        if (!own.empty()) inFile[own] = name;
    }
    Misfits misfits;
    for (const auto& [name, parameter] : namedParameters(module)) {
        const auto it = inFile.find(name);
        if (it == inFile.end()) {
            misfits.missing.push_back(name);
            continue;
        }
        const auto entry = weights.find(it->second);
        inFile.erase(it);
        if (entry->tensor->shape != parameter.sizes().vec()) {
            misfits.shapes.push_back(fmt::format("{} ({} instead of {})", name,
                                                 shapeText(entry->tensor->shape),
                                                 shapeText(parameter.sizes())));
            continue;
        }
        const at::Tensor source = borrowTensor(*entry);
        if (source.defined() && source.is_floating_point() == parameter.is_floating_point()) {
            if (source.is_floating_point() && !allFinite(source)) misfits.values.push_back(name);
            parameter.copy_(source);
        } else
            misfits.types.push_back(fmt::format("{} ({})", name, tensorTypeName(entry->tensor->type)));
    }
    for (const auto& [name, original] : inFile) misfits.extra.push_back(original);
    return misfits.status(weights.path().string());
}

Status assignTensors(const NamedTensors& targets, const NamedTensors& tensors, const std::string& where) {
    const at::NoGradGuard guard;
    std::map<std::string, at::Tensor> given(tensors.begin(), tensors.end());
    Misfits misfits;
    for (const auto& [name, target] : targets) {
        const auto it = given.find(name);
        if (it == given.end()) {
            misfits.missing.push_back(name);
            continue;
        }
        if (it->second.sizes() != target.sizes())
            misfits.shapes.push_back(fmt::format("{} ({} instead of {})", name, shapeText(it->second.sizes()),
                                                 shapeText(target.sizes())));
        else
            target.copy_(it->second);
        given.erase(it);
    }
    for (const auto& [name, tensor] : given) misfits.extra.push_back(name);
    return misfits.status(where);
}

Status assignStateDict(torch::nn::Module& module, const NamedTensors& tensors, const std::string& where) {
    return assignTensors(namedParameters(module), tensors, where);
}

Result<NamedTensors> readTensors(const fs::path& path) {
    ATELIER_TRY(const auto weights, WeightSet::openFile(path));
    NamedTensors tensors;
    for (const auto& name : weights.names()) {
        const auto entry = weights.find(name);
        const at::Tensor borrowed = borrowTensor(*entry);
        if (!borrowed.defined())
            return fail(ErrorCode::Model,
                        fmt::format("tensor \"{}\" has dtype {}, which is not read", name,
                                    tensorTypeName(entry->tensor->type)),
                        path.string());
        tensors.emplace_back(name, borrowed.clone());
    }
    return tensors;
}

Status writeTensors(const fs::path& path, const NamedTensors& tensors, std::optional<at::ScalarType> dtype,
                    std::map<std::string, std::string> metadata) {
    std::vector<TensorToWrite> list;
    for (const auto& [name, tensor] : tensors) {
        const at::ScalarType type = dtype && tensor.is_floating_point() ? *dtype : tensor.scalar_type();
        const auto pair = std::find_if(kTypePairs.begin(), kTypePairs.end(),
                                       [&](const auto& p) { return p.second == type; });
        if (pair == kTypePairs.end())
            return fail(ErrorCode::Internal,
                        fmt::format("tensor \"{}\" has dtype {}, which safetensors cannot hold", name,
                                    c10::toString(type)),
                        path.string());
        const auto convert = [tensor = tensor, type]() {
            auto owner = std::make_shared<at::Tensor>(tensor.detach().to(at::kCPU, type).contiguous());
            const auto* data = static_cast<const std::byte*>(owner->data_ptr());
            return TensorBytes{{data, owner->nbytes()}, owner};
        };
        list.push_back({name, pair->first, tensor.sizes().vec(), convert});
    }
    return writeSafetensors(path, std::move(list), std::move(metadata));
}

}  // namespace atelier
