// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/file_choice.h"

#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "core/base/strings.h"

namespace atelier::net {
namespace {

bool matches(const std::string& file, const std::vector<std::string>& patterns) {
    return std::ranges::any_of(
        patterns, [&](const std::string& p) { return ::fnmatch(p.c_str(), file.c_str(), 0) == 0; });
}

std::string nameOf(const std::string& file) {
    return file.substr(file.rfind('/') + 1);
}
std::string folderOf(const std::string& file) {
    const auto slash = file.rfind('/');
    return slash == file.npos ? std::string() : file.substr(0, slash);
}

// How a file of weights is called: its format and variant ("" = plain); empty format: not weights that
// diffusers or transformers would look for. Shards and indices have the variant in one of two places.
struct WeightsName {
    std::string format, variant;
};
WeightsName readWeightsName(const std::string& name) {
    static const std::regex kFile(
        R"((?:pytorch_model|model|diffusion_pytorch_model)(?:\.([A-Za-z0-9_]+?))?(?:-\d{5}-of-\d{5})?(?:\.([A-Za-z0-9_]+?))?\.(safetensors|bin))");
    static const std::regex kIndex(
        R"((?:pytorch_model|model|diffusion_pytorch_model)\.(safetensors|bin)(?:\.([A-Za-z0-9_]+?))?\.index(?:\.([A-Za-z0-9_]+?))?\.json)");
    std::smatch match;
    if (std::regex_match(name, match, kFile))
        return {match[3].str(), match[1].matched ? match[1].str() : match[2].str()};
    if (std::regex_match(name, match, kIndex))
        return {match[1].str(), match[3].matched ? match[3].str() : match[2].str()};
    return {};
}

bool isOtherWeights(const std::string& name) {
    static const std::set<std::string> kEndings{"safetensors", "bin", "ckpt",     "pt",   "pth",
                                                "onnx",        "pb",  "msgpack",  "gguf", "h5",
                                                "tflite",      "zip", "onnx_data"};
    return kEndings.contains(name.substr(name.rfind('.') + 1)) || name.ends_with(".index.json");
}

// The files of one folder: chosen weights, and everything that is no weights.
void choosePart(const std::vector<std::string>& files, const std::string& variant,
                std::set<std::string>& chosen, bool& hasVariant) {
    std::map<std::pair<std::string, std::string>, std::vector<std::string>> sets;
    for (const auto& file : files) {
        const WeightsName weights = readWeightsName(nameOf(file));
        if (!weights.format.empty())
            sets[{weights.format, weights.variant}].push_back(file);
        else if (!isOtherWeights(nameOf(file)))
            chosen.insert(file);
    }
    std::vector<std::pair<std::string, std::string>> wanted;
    for (const char* format : {"safetensors", "bin"}) {
        if (!variant.empty()) wanted.emplace_back(format, variant);
        wanted.emplace_back(format, "");
    }
    // A part that exists in variants only: its first one.
    for (const auto& [key, list] : sets) wanted.push_back(key);
    for (const auto& key : wanted) {
        const auto it = sets.find(key);
        if (it == sets.end()) continue;
        chosen.insert(it->second.begin(), it->second.end());
        hasVariant = hasVariant || (!variant.empty() && key.second == variant);
        return;
    }
}

std::string variantsOf(std::span<const std::string> files) {
    std::set<std::string> names;
    for (const auto& file : files)
        if (const auto weights = readWeightsName(nameOf(file)); !weights.variant.empty())
            names.insert(weights.variant);
    const std::vector<std::string> list(names.begin(), names.end());
    return list.empty() ? "It has none." : "It has: " + join(list, ", ") + ".";
}

// Folders that hold a part of the pipeline.
std::set<std::string> partsOf(const Json& modelIndex) {
    std::set<std::string> parts;
    for (const auto& [name, value] : modelIndex.items())
        if (!name.starts_with('_') && value.is_array() && value.size() == 2 && value[0].is_string() &&
            value[1].is_string())
            parts.insert(name);
    return parts;
}

bool isPaper(const std::string& name) {
    const std::string lower = toLowerAscii(name);
    return lower == "readme.md" || lower.starts_with("license");
}

// A repository without model_index.json: one part at its top, or a single file.
Status chooseTop(const std::vector<std::string>& top, const FileWishes& wishes, std::set<std::string>& chosen,
                 bool& hasVariant) {
    choosePart(top, wishes.variant, chosen, hasVariant);
    const auto isChosenWeights = [](const std::string& f) { return isOtherWeights(f); };
    if (std::ranges::any_of(chosen, isChosenWeights)) return {};
    std::vector<std::string> single;
    for (const auto& file : top)
        if (file.ends_with(".safetensors")) single.push_back(file);
    if (single.empty())
        for (const auto& file : top)
            if (isOtherWeights(file)) single.push_back(file);
    if (single.empty())
        return fail(ErrorCode::Usage, "it holds no pipeline (model_index.json) and no weights at its top", "",
                    "Choose files with --include.");
    if (single.size() > 1)
        return fail(ErrorCode::Usage, "it holds several models: " + join(single, ", "), "",
                    "Choose one with --include.");
    chosen.insert(single.front());
    return {};
}

}  // namespace

bool isSafeRelativePath(const std::string& path) {
    if (path.empty() || path.size() > 1024) return false;
    for (const auto& part : split(path, '/'))
        if (part.empty() || part == "." || part == ".." || part.size() > 255 ||
            std::ranges::any_of(part, [](char c) {
                return (static_cast<unsigned char>(c) < 0x20) || c == 0x7f || c == '\\';
            }))
            return false;
    return true;
}

Result<std::vector<std::string>> chooseFiles(std::span<const std::string> files, const Json& modelIndex,
                                             const FileWishes& wishes) {
    std::set<std::string> chosen;
    bool hasVariant = false;
    if (!wishes.include.empty()) {
        for (const auto& pattern : wishes.include)
            if (std::ranges::none_of(files, [&](const std::string& f) { return matches(f, {pattern}); }))
                return fail(ErrorCode::Usage, "no file matches \"" + pattern + "\"", "--include",
                            "The model's page lists its files.");
        for (const auto& file : files)
            if (matches(file, wishes.include)) chosen.insert(file);
        hasVariant = true;
    } else {
        std::map<std::string, std::vector<std::string>> folders;
        for (const auto& file : files) folders[folderOf(file)].push_back(file);
        if (modelIndex.is_object()) {
            for (const auto& part : partsOf(modelIndex))
                if (const auto it = folders.find(part); it != folders.end())
                    choosePart(it->second, wishes.variant, chosen, hasVariant);
            for (const auto& file : folders[""])
                if (file == "model_index.json" || file == "config.json" || file == "scheduler_config.json" ||
                    isPaper(file))
                    chosen.insert(file);
        } else {
            ATELIER_DO(chooseTop(folders[""], wishes, chosen, hasVariant));
        }
    }
    if (!wishes.variant.empty() && !hasVariant)
        return fail(ErrorCode::Usage, "no part has weights of the variant \"" + wishes.variant + "\"",
                    "--variant", variantsOf(files));
    std::erase_if(chosen, [&](const std::string& file) { return matches(file, wishes.exclude); });
    if (chosen.empty())
        return fail(ErrorCode::Usage, "no file is left to download", "--exclude",
                    "Leave out some of the patterns.");
    return std::vector<std::string>(chosen.begin(), chosen.end());
}

}  // namespace atelier::net
