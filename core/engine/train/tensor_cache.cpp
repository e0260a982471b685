// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/tensor_cache.h"

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <fmt/format.h>

#include <cstring>

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/memory.h"
#include "core/base/strings.h"
#include "core/engine/train/device.h"

namespace atelier::train {
namespace {

constexpr std::uint64_t kSpareMemory = std::uint64_t{256} << 20;  // that a cache never takes
constexpr std::size_t kAskEvery = 64;                             // entries between two looks at what is left

std::string hashOf(const std::string& text) {
    Xxh128 hash;
    hash.update(text);
    return hash.hexDigest();
}

std::string_view bytesOf(const at::Tensor& tensor) {
    return {static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes()};
}

// A line of JSON [[name, type, shape], …], then the tensors' bytes one behind the other.
std::string pack(const NamedTensors& tensors) {
    Json table = Json::array();
    for (const auto& [name, tensor] : tensors)
        table.push_back({name, static_cast<int>(tensor.scalar_type()), tensor.sizes().vec()});
    std::string text = dumpJson(table) + "\n";
    for (const auto& [name, tensor] : tensors) text += bytesOf(tensor.contiguous());
    return text;
}

// Only what pack() wrote comes here: the cache has compared its hash.
std::optional<NamedTensors> unpack(std::string_view text) {
    const auto end = text.find('\n');
    const auto table = parseJson(std::string(text.substr(0, end)));
    if (end == std::string_view::npos || !table) return std::nullopt;
    NamedTensors tensors;
    std::size_t at = end + 1;
    for (const auto& row : *table) {
        auto tensor = at::empty(row[2].get<std::vector<std::int64_t>>(),
                                static_cast<at::ScalarType>(row[1].get<int>()));
        if (text.size() - at < tensor.nbytes()) return std::nullopt;
        std::memcpy(tensor.mutable_data_ptr(), text.data() + at, tensor.nbytes());
        at += tensor.nbytes();
        tensors.emplace_back(row[0].get<std::string>(), std::move(tensor));
    }
    return tensors;
}

}  // namespace

bool TensorCache::has(const std::string& key) const {
    return disk_ ? disk_->has(key) : memory_.contains(hashOf(key));
}

std::optional<NamedTensors> TensorCache::get(const std::string& key) const {
    if (!disk_) {
        const auto found = memory_.find(hashOf(key));
        return found == memory_.end() ? std::nullopt : std::optional(found->second);
    }
    const auto bytes = disk_->get(key);
    return bytes ? unpack(*bytes) : std::nullopt;
}

Status TensorCache::put(const std::string& key, const NamedTensors& tensors) {
    if (disk_) return disk_->put(key, pack(tensors));
    if (memory_.size() % kAskEvery == 0 && availableMemory() < kSpareMemory)
        return fail(ErrorCode::Io, fmt::format("less than {} of memory are left", humanBytes(kSpareMemory)));
    memory_.insert_or_assign(hashOf(key), tensors);
    return {};
}

Status TensorCache::checkRoom(std::uint64_t bytes, std::size_t entries, const std::string& setting) const {
    std::uint64_t available = availableMemory();
    if (disk_) {
        ATELIER_DO(createDirectories(disk_->folder()));
        ATELIER_TRY(available, freeSpace(disk_->folder()));
    }
    if (bytes <= available) return {};
    return fail(
        ErrorCode::Config,
        fmt::format("{} take {}, {} {} left{}", plural(entries, "more entry", "more entries"),
                    humanBytes(bytes), humanBytes(available), disk_ ? "of disk are" : "of memory are",
                    disk_ ? " in " + disk_->folder().string() : ""),
        setting,
        disk_ ? "Make room (atelier-engine cache clears what was used least recently), name another folder "
                "with dataset.params.cache_folder, or set this to off."
              : "Set it to disk, or to off: they are then encoded at every visit.");
}

std::string networkHash(const torch::nn::Module& module, const std::string& config) {
    Xxh128 hash;
    hash.update(config);
    for (const auto& [name, tensor] : namedParameters(module)) {
        const auto values = tensor.detach().cpu().contiguous();
        hash.update(
            fmt::format("\n{} {} {}\n", name, static_cast<int>(values.scalar_type()), values.numel()));
        hash.update(bytesOf(values));
    }
    return hash.hexDigest();
}

std::string arithmeticOf(const at::Device& device) {
    if (device.is_cpu()) return "cpu";
    const auto& context = at::globalContext();
    return fmt::format("{}{}{}", deviceDescription(device), context.allowTF32CuDNN() ? " tf32" : "",
                       context.allowTF32CuBLAS() ? " tf32-products" : "");
}

}  // namespace atelier::train
