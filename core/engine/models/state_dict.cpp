// SPDX-License-Identifier: GPL-3.0-or-later
// Moving tensors between modules and files.
#include "core/engine/models/state_dict.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

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

std::optional<at::ScalarType> scalarType(TensorType type) {
    const auto pair =
        std::find_if(kTypePairs.begin(), kTypePairs.end(), [&](const auto& p) { return p.first == type; });
    return pair == kTypePairs.end() ? std::nullopt : std::optional(pair->second);
}

// One pass over the values; NaN makes both ends NaN.
bool allFinite(const at::Tensor& tensor) {
    if (!tensor.is_floating_point() || tensor.numel() == 0) return true;
    const auto [low, high] = tensor.aminmax();
    return std::isfinite(low.item<double>()) && std::isfinite(high.item<double>());
}

// Where a tensor of a file goes: to `target`, or first to `rows` where the target's elements lie in another
// order.
struct Copy {
    Copy(WeightSet::Entry from, const at::Tensor& to)
        : entry(std::move(from)),
          target(to),
          rows(to.is_contiguous() ? to : at::empty(to.sizes(), to.options().memory_format(std::nullopt))) {}
    WeightSet::Entry entry;
    at::Tensor target, rows;
    bool finite = true;
};

// Elements first … first + count − 1, read into their place, or by way of a buffer where the file has another
// dtype. Returns whether all are finite.
Result<bool> readPiece(const Copy& copy, std::int64_t first, std::int64_t count) {
    const at::ScalarType type = *scalarType(copy.entry.tensor->type);
    const std::size_t width = c10::elementSize(type);
    const auto target = copy.rows.view({-1}).narrow(0, first, count);
    const bool inPlace = target.scalar_type() == type;
    const at::Tensor stored = inPlace ? target : at::empty({count}, type);
    ATELIER_DO(copy.entry.file->read(
        *copy.entry.tensor, static_cast<std::uint64_t>(first) * width,
        {static_cast<std::byte*>(stored.data_ptr()), static_cast<std::size_t>(count) * width}));
    if (!inPlace) target.copy_(stored);
    return allFinite(stored);
}

// All of them, on all threads, through buffers of a few megabytes: neither the file nor a second copy of the
// weights is ever in this process's memory.
Status readAll(std::vector<Copy>& copies) {
    constexpr std::int64_t kPiece = std::int64_t{1} << 20;  // elements
    struct Piece {
        std::size_t copy;
        std::int64_t first, count;
    };
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < copies.size(); ++i) {
        const std::int64_t all = copies[i].target.numel();
        for (std::int64_t first = 0; first < all; first += kPiece)
            pieces.push_back({i, first, std::min(kPiece, all - first)});
    }
    std::mutex mutex;
    std::optional<Error> problem;
    at::parallel_for(0, static_cast<std::int64_t>(pieces.size()), 1,
                     [&](std::int64_t begin, std::int64_t end) {
                         const at::NoGradGuard guard;
                         for (std::int64_t i = begin; i < end; ++i) {
                             const Piece& piece = pieces[static_cast<std::size_t>(i)];
                             const auto finite = readPiece(copies[piece.copy], piece.first, piece.count);
                             if (finite && *finite) continue;
                             const std::lock_guard lock(mutex);
                             if (finite)
                                 copies[piece.copy].finite = false;
                             else if (!problem)
                                 problem = finite.error();
                             if (problem) return;
                         }
                     });
    if (problem) return fail(*std::move(problem));
    const at::NoGradGuard guard;
    for (const Copy& copy : copies)
        if (!copy.rows.is_same(copy.target)) copy.target.copy_(copy.rows);
    return {};
}

// What does not fit, gathered to one message.
struct Misfits {
    std::vector<std::string> missing, extra, shapes, types;

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

Result<std::vector<std::string>> loadStateDict(torch::nn::Module& module, const WeightSet& weights,
                                               const RenameFunction& rename) {
    const at::NoGradGuard guard;
    std::map<std::string, std::string> inFile;  // the module's name → the file's
    for (const auto& name : weights.names()) {
        const std::string own = rename ? rename(name) : name;
        if (!own.empty()) inFile[own] = name;
    }
    Misfits misfits;
    std::vector<Copy> copies;
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
        const auto type = scalarType(entry->tensor->type);
        if (type && c10::isFloatingType(*type) == parameter.is_floating_point())
            copies.emplace_back(*entry, parameter);
        else
            misfits.types.push_back(fmt::format("{} ({})", name, tensorTypeName(entry->tensor->type)));
    }
    for (const auto& [name, original] : inFile) misfits.extra.push_back(original);
    ATELIER_DO(misfits.status(weights.path().string()));
    ATELIER_DO(readAll(copies));
    std::vector<std::string> notFinite;
    for (const Copy& copy : copies)
        if (!copy.finite) notFinite.push_back(copy.entry.tensor->name);
    return notFinite;
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
    return readTensors(weights);
}

Result<NamedTensors> readTensors(const WeightSet& weights) {
    NamedTensors tensors;
    for (const auto& name : weights.names()) {
        const auto entry = weights.find(name);
        const auto type = scalarType(entry->tensor->type);
        if (!type)
            return fail(ErrorCode::Model,
                        fmt::format("tensor \"{}\" has dtype {}, which is not read", name,
                                    tensorTypeName(entry->tensor->type)),
                        weights.path().string());
        const at::Tensor tensor = at::empty(entry->tensor->shape, *type);
        ATELIER_DO(entry->file->read(*entry->tensor, 0,
                                     {static_cast<std::byte*>(tensor.data_ptr()), tensor.nbytes()}));
        tensors.emplace_back(name, tensor);
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
