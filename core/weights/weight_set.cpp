// SPDX-License-Identifier: GPL-3.0-or-later
// Finding a component's weights in its folder: one file, or shards named by an index.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/weights/safetensors.h"
#include "core/weights/torch_file.h"

namespace atelier {
namespace {

constexpr std::uint64_t kMaxIndex = std::uint64_t{64} << 20;

bool isPickleName(const std::string& name) {
    return name.ends_with(".bin") || name.ends_with(".ckpt") || name.ends_with(".pt") ||
           name.ends_with(".pth");
}

// Index names may only point at files beside the index, of the kind that the index is for.
bool isPlainFileName(const std::string& name, const std::string& extension) {
    return name.ends_with(extension) && name.find_first_of("/\\:") == std::string::npos &&
           !name.starts_with('.') && name.find('\0') == std::string::npos;
}

// What a folder without the wanted file holds instead, as a sentence for the message.
std::string whatIsThere(const fs::path& folder) {
    std::vector<std::string> weights;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.ends_with(".safetensors") || isPickleName(name)) weights.push_back(name);
    }
    std::sort(weights.begin(), weights.end());
    if (!weights.empty())
        return "It holds " + join(weights, ", ") +
               ": ask for the variant you mean with --variant (sample, convert), or rename its file.";
    return "Check that the download or the copy was complete.";
}

// The names a component's weights may have, in the order in which they are looked for.
std::vector<std::string> fileNames(const std::string& stem, const std::string& dotted) {
    const std::string pickled = stem == "model" ? "pytorch_model" : stem;
    return {stem + dotted + ".safetensors",
            stem + ".safetensors.index" + dotted + ".json",
            stem + ".safetensors" + dotted + ".index.json",
            stem + dotted + ".safetensors.index.json",
            pickled + dotted + ".bin",
            pickled + ".bin.index" + dotted + ".json",
            pickled + dotted + ".bin.index.json"};
}

}  // namespace

Result<std::unique_ptr<TensorFile>> openTensorFile(const fs::path& path) {
    std::array<char, 16> head{};
    if (const auto opened = openForReading(path);
        opened && ::pread(opened->get(), head.data(), head.size(), 0) < 0)
        head = {};  // a pipe, say: opening it as safetensors names the reason
    const std::string_view start(head.data(), head.size());
    const std::string name = path.filename().string();
    const bool zip = start.starts_with("PK\3\4");
    // A pickle of protocol 2 or later; 0x80 can also begin a safetensors header's length.
    const bool pickle = start[0] == '\x80' && (isPickleName(name) || start.substr(2).starts_with("\x8a\x0a"));
    if (!name.ends_with(".safetensors") && (zip || pickle)) {
        ATELIER_TRY(auto file, TorchFile::open(path));
        return std::make_unique<TorchFile>(std::move(file));
    }
    auto file = SafetensorsFile::open(path);
    if (file) return std::make_unique<SafetensorsFile>(*std::move(file));
    if (zip || pickle)
        return fail(ErrorCode::Model, "it is a pickle under a safetensors file's name", path.string(),
                    "Rename it to .ckpt or .bin: it is read then, and nothing in it is run.");
    if (isPickleName(name) && file.error().code == ErrorCode::Model)
        return fail(ErrorCode::Model,
                    "it is neither a file of torch.save nor safetensors (" + file.error().what + ")",
                    path.string(), file.error().hint);
    return tl::make_unexpected(std::move(file).error());
}

Result<WeightSet> WeightSet::openFile(const fs::path& path) {
    ATELIER_TRY(auto file, openTensorFile(path));
    WeightSet set;
    set.path_ = path;
    set.files_.push_back(std::move(file));
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
    const std::string extension =
        path.filename().string().find(".bin.") != std::string::npos ? ".bin" : ".safetensors";
    std::map<std::string, std::vector<std::string>> tensorsOf;  // file → its tensors
    for (const auto& [name, value] : index["weight_map"].items()) {
        const std::string fileName = value.is_string() ? value.template get<std::string>() : std::string();
        if (!isPlainFileName(fileName, extension))
            return bad(
                fmt::format("\"{}\" points at {}, which is no file beside the index", name, dumpJson(value)));
        tensorsOf[fileName].push_back(name);
    }
    std::vector<std::string> absent;
    std::size_t lost = 0;
    std::error_code ignored;
    for (const auto& [fileName, names] : tensorsOf)
        if (!fs::exists(path.parent_path() / fileName, ignored)) {
            absent.push_back(fileName);
            lost += names.size();
        }
    if (!absent.empty())
        return fail(ErrorCode::Model,
                    fmt::format("{} of {} parts are missing: {} (with {})", absent.size(), tensorsOf.size(),
                                join(absent, ", "), plural(lost, "tensor")),
                    path.string(), "Fetch or copy the missing parts into this folder.");
    WeightSet set;
    set.path_ = path;
    for (const auto& [fileName, names] : tensorsOf) {
        ATELIER_TRY(auto shard, openTensorFile(path.parent_path() / fileName));
        const TensorFile* file = set.files_.emplace_back(std::move(shard)).get();
        for (const auto& name : names) {
            const TensorInfo* tensor = file->find(name);
            if (!tensor) return bad(fmt::format("tensor \"{}\" is not in {}", name, fileName));
            set.entries_[name] = {file, tensor};
        }
    }
    return set;
}

Result<WeightSet> WeightSet::open(const fs::path& folder, std::string_view stem, std::string_view variant) {
    const std::string base(stem);
    const std::string dotted = variant.empty() ? "" : "." + std::string(variant);
    std::error_code ignored;
    for (const auto& name : fileNames(base, dotted))
        if (const fs::path path = folder / name; fs::exists(path, ignored))
            return name.ends_with(".json") ? openIndex(path) : openFile(path);
    if (!fs::is_directory(folder, ignored))
        return fail(ErrorCode::Model, "there is no such folder", folder.string());
    return fail(ErrorCode::Model,
                fmt::format("it holds no {}{}.safetensors and no index of shards", base, dotted),
                folder.string(), whatIsThere(folder));
}

std::set<std::string> WeightSet::variants(const fs::path& folder, std::string_view stem) {
    static const std::set<std::string> kKinds{"safetensors", "bin", "index", "json"};
    std::set<std::string> found;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        const auto words = split(it->path().filename().string(), '.');
        const bool ours = words.front() == stem || (stem == "model" && words.front() == "pytorch_model");
        if (!ours || words.size() < 2 || words.back() == "lock") continue;
        std::vector<std::string> rest;  // parts are told by their index
        for (std::size_t i = 1; i < words.size(); ++i)
            if (!kKinds.contains(words[i]) && words[i].find("-of-") == std::string::npos)
                rest.push_back(words[i]);
        if (rest.size() > 1) continue;
        const std::string variant = rest.empty() ? "" : rest.front();
        for (const auto& name : fileNames(std::string(stem), variant.empty() ? "" : "." + variant))
            if (name == it->path().filename()) found.insert(variant);
    }
    return found;
}

Result<WeightSet> WeightSet::openAny(const fs::path& folder, std::string_view stem,
                                     std::string_view variant) {
    const auto there = variants(folder, stem);
    if (there.contains(std::string(variant))) return open(folder, stem, variant);
    if (there.contains("")) return open(folder, stem);
    if (there.contains("fp16")) return open(folder, stem, "fp16");
    if (there.size() == 1) return open(folder, stem, *there.begin());
    return open(folder, stem);  // says what is wrong
}

std::vector<std::pair<std::string, std::string>> WeightSet::tied() const {
    std::vector<std::pair<std::string, std::string>> all;
    for (const auto& file : files_) all.insert(all.end(), file->tied().begin(), file->tied().end());
    return all;
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
