// SPDX-License-Identifier: GPL-3.0-or-later
// `dataset list` and `dataset stats`: what a dataset holds, from its index or headers and its small members.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/caption.h"
#include "core/data/dataset_index.h"
#include "core/data/verify.h"

namespace atelier::data {
namespace {

constexpr std::string_view kImageKeys = "jpg;png;jpeg;webp";

// Unicode characters: bytes that do not continue one.
std::uint64_t countCharacters(std::string_view text) {
    return static_cast<std::uint64_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::uint64_t countWords(std::string_view text) {
    std::uint64_t words = 0;
    bool inside = false;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (!blank && !inside) ++words;
        inside = !blank;
    }
    return words;
}

std::string sizeText(const Json& json) {
    for (const char* prefix : {"", "original_"}) {
        const auto width = json.find(std::string(prefix) + "width"),
                   height = json.find(std::string(prefix) + "height");
        if (width != json.end() && height != json.end() && width->is_number_integer() &&
            height->is_number_integer())
            return fmt::format("{}x{}", width->get<std::int64_t>(), height->get<std::int64_t>());
    }
    return {};
}

void addCaption(std::string_view bytes, DatasetStats& stats) {
    const std::string text(trim(decodeText(bytes).text));
    if (text.empty()) ++stats.emptyCaptions;
    const std::uint64_t characters = countCharacters(text);
    stats.captionCharacters += characters;
    stats.captionWords += countWords(text);
    stats.longestCaption = std::max(stats.longestCaption, characters);
}

}  // namespace

Status listDataset(const std::string& spec, const std::function<bool(const ListedSample&)>& visit,
                   std::vector<std::string>* problems) {
    ATELIER_TRY(const auto index, DatasetIndex::open(spec));
    if (problems) *problems = index->problems();
    ListedSample listed;
    for (std::uint64_t i = 0; i < index->size(); ++i) {
        listed.shard = index->shards()[index->shardOf(i)].filename().string();
        listed.key = std::string(index->key(i));
        listed.members.clear();
        for (const DatasetIndex::Member& member : index->members(i))
            listed.members.emplace_back(member.extension, member.size);
        if (!visit(listed)) return {};
    }
    return {};
}

Result<DatasetStats> statsDataset(const std::string& spec, const ReadProgressFn& progress) {
    ATELIER_TRY(const auto index, DatasetIndex::open(spec));
    DatasetStats stats;
    stats.shards = index->shards().size();
    stats.samples = index->size();
    stats.problems = index->problems();
    std::error_code error;
    for (const fs::path& shard : index->shards())
        if (const auto size = fs::file_size(shard, error); !error) stats.bytes += size;
    ReadProgress state;
    state.totalBytes = stats.bytes;
    state.totalSamples = stats.samples;
    auto last = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < index->size(); ++i) {
        for (const DatasetIndex::Member& member : index->members(i)) {
            auto& extension = stats.extensions[std::string(member.extension)];
            extension.smallest =
                extension.members == 0 ? member.size : std::min(extension.smallest, member.size);
            extension.largest = std::max(extension.largest, member.size);
            extension.bytes += member.size;
            ++extension.members;
            state.bytes += member.size;
        }
        if (!index->find(i, kImageKeys)) ++stats.withoutImage;
        if (const auto caption = index->find(i, "txt")) {
            ATELIER_TRY(const std::string bytes, index->read(i, *caption));
            addCaption(bytes, stats);
        } else {
            ++stats.withoutCaption;
        }
        if (const auto json = index->find(i, "json")) {
            ATELIER_TRY(const std::string bytes, index->read(i, *json));
            const auto parsed = parseJson(bytes);
            const std::string size = parsed && parsed->is_object() ? sizeText(*parsed) : "";
            if (!size.empty()) ++stats.sizes[size];
            if (!parsed && stats.problems.size() < 100)
                stats.problems.push_back(
                    fmt::format("{}: its .json cannot be read: {}", index->key(i), parsed.error().what));
        }
        state.samples = i + 1;
        if (progress && std::chrono::steady_clock::now() - last > std::chrono::milliseconds(100)) {
            last = std::chrono::steady_clock::now();
            if (!progress(state)) return fail(ErrorCode::Cancelled, "reading was cancelled", spec);
        }
    }
    return stats;
}

}  // namespace atelier::data
