// SPDX-License-Identifier: GPL-3.0-or-later
// Finding a component's weights in its folder: one file, or shards named by an index.
#include <fmt/format.h>

#include <map>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/weights/safetensors.h"

namespace atelier {
namespace {

constexpr std::uint64_t kMaxIndex = std::uint64_t{64} << 20;

// Index names may only point at files beside the index.
bool isPlainFileName(const std::string& name) {
    return name.ends_with(".safetensors") && name.find_first_of("/\\:") == std::string::npos &&
           !name.starts_with('.') && name.find('\0') == std::string::npos;
}

// What a folder without the wanted file holds instead, as a sentence for the message.
std::string whatIsThere(const fs::path& folder) {
    std::vector<std::string> weights, pickles;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.ends_with(".safetensors")) weights.push_back(name);
        if (name.ends_with(".bin") || name.ends_with(".ckpt") || name.ends_with(".pt") ||
            name.ends_with(".pth"))
            pickles.push_back(name);
    }
    if (!weights.empty())
        return "It holds " + join(weights, ", ") + ": rename the file you mean, or ask for its variant.";
    if (!pickles.empty())
        return "It holds " + join(pickles, ", ") +
               ": pickled files can run code and are not read; convert it to safetensors.";
    return "Check that the download or the copy was complete.";
}

}  // namespace

Result<WeightSet> WeightSet::openFile(const fs::path& path) {
    ATELIER_TRY(auto file, SafetensorsFile::open(path));
    WeightSet set;
    set.path_ = path;
    set.files_.push_back(std::make_unique<SafetensorsFile>(std::move(file)));
    for (const auto& tensor : set.files_.front()->tensors())
        set.entries_[tensor.name] = {set.files_.front().get(), &tensor};
    return set;
}

Result<WeightSet> WeightSet::openIndex(const fs::path& path) {
    ATELIER_TRY(const auto text, readFile(path, kMaxIndex));
    ATELIER_TRY(const Json index, parseJson(text, path.string()));
    const auto bad = [&](std::string what) {
        return fail(ErrorCode::Model, std::move(what), path.string(), "The index does not fit its files.");
    };
    if (!index.is_object() || !index.contains("weight_map") || !index["weight_map"].is_object())
        return bad("it has no \"weight_map\"");
    WeightSet set;
    set.path_ = path;
    std::map<std::string, const SafetensorsFile*> opened;
    for (const auto& [name, value] : index["weight_map"].items()) {
        const std::string fileName = value.is_string() ? value.template get<std::string>() : std::string();
        if (!isPlainFileName(fileName))
            return bad(
                fmt::format("\"{}\" points at {}, which is no file beside the index", name, dumpJson(value)));
        const SafetensorsFile*& file = opened[fileName];
        if (!file) {
            ATELIER_TRY(auto shard, SafetensorsFile::open(path.parent_path() / fileName));
            file = set.files_.emplace_back(std::make_unique<SafetensorsFile>(std::move(shard))).get();
        }
        const TensorInfo* tensor = file->find(name);
        if (!tensor) return bad(fmt::format("tensor \"{}\" is not in {}", name, fileName));
        set.entries_[name] = {file, tensor};
    }
    return set;
}

Result<WeightSet> WeightSet::open(const fs::path& folder, std::string_view stem, std::string_view variant) {
    const std::string base(stem);
    const std::string dotted = variant.empty() ? "" : "." + std::string(variant);
    if (const fs::path single = folder / (base + dotted + ".safetensors"); fs::exists(single))
        return openFile(single);
    for (const std::string& name :
         {base + ".safetensors.index" + dotted + ".json", base + ".safetensors" + dotted + ".index.json",
          base + dotted + ".safetensors.index.json"}) {
        if (const fs::path index = folder / name; fs::exists(index)) return openIndex(index);
    }
    if (!fs::is_directory(folder)) return fail(ErrorCode::Model, "there is no such folder", folder.string());
    return fail(ErrorCode::Model,
                fmt::format("it holds no {}{}.safetensors and no index of shards", base, dotted),
                folder.string(), whatIsThere(folder));
}

std::optional<WeightSet::Entry> WeightSet::find(std::string_view name) const {
    const auto it = entries_.find(name);
    return it == entries_.end() ? std::nullopt : std::optional(it->second);
}

std::vector<std::string> WeightSet::names() const {
    std::vector<std::string> names;
    for (const auto& [name, entry] : entries_) names.push_back(name);
    return names;
}

}  // namespace atelier
