// SPDX-License-Identifier: GPL-3.0-or-later
// manifest.json: structure ⇄ JSON, read and atomic write.
#include "core/data/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/check.h"

namespace atelier::data {
namespace {

constexpr const char* kFormat = "atelier-dataset";
constexpr std::uint64_t kManifestLimit = 1'000'000'000;

bool isSha256(const std::string& text) {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Shard names come from a file: they must stay inside the folder.
bool isPlainFileName(const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

Status checkContent(const Manifest& manifest, const std::string& where) {
    std::uint64_t samples = 0, bytes = 0;
    std::set<std::string> names;
    for (const ShardInfo& shard : manifest.content.shards) {
        if (!isPlainFileName(shard.name))
            return fail(ErrorCode::Data, fmt::format("\"{}\" is not the name of a shard", shard.name), where);
        if (!names.insert(shard.name).second)
            return fail(ErrorCode::Data, fmt::format("the shard \"{}\" is listed twice", shard.name), where);
        if (!isSha256(shard.sha256))
            return fail(ErrorCode::Data,
                        fmt::format("the SHA-256 of \"{}\" is not 64 hex digits", shard.name), where);
        samples += shard.samples;
        bytes += shard.bytes;
    }
    if (samples != manifest.content.samples || bytes != manifest.content.bytes)
        return fail(ErrorCode::Data,
                    fmt::format("its totals ({} samples, {} bytes) are not the sums over its shards ({}, {})",
                                manifest.content.samples, manifest.content.bytes, samples, bytes),
                    where,
                    "The file was edited or damaged: build the dataset again, or train on the tars by their "
                    "pattern.");
    return {};
}

}  // namespace

Json manifestToJson(const Manifest& manifest) {
    Json shards = Json::array();
    for (const ShardInfo& shard : manifest.content.shards)
        shards.push_back({{"name", shard.name},
                          {"samples", shard.samples},
                          {"bytes", shard.bytes},
                          {"sha256", shard.sha256}});
    Json members = Json::object();
    for (const auto& [extension, count] : manifest.content.extensions) members[extension] = count;
    Json json = Json::object();
    json["format"] = kFormat;
    json["version"] = manifest.version;
    json["created_by"] = manifest.createdBy;
    json["totals"] = {{"shards", manifest.content.shards.size()},
                      {"samples", manifest.content.samples},
                      {"bytes", manifest.content.bytes},
                      {"members", std::move(members)}};
    json["options"] = manifest.options;
    json["sources"] = manifest.sources;
    json["summary"] = manifest.summary;
    json["index"] = {{"name", kIndexName},
                     {"bytes", manifest.content.indexBytes},
                     {"sha256", manifest.content.indexSha256}};
    json["shards"] = std::move(shards);
    return json;
}

Result<Manifest> manifestFromJson(const Json& json, const std::string& where) {
    try {
        if (!json.is_object() || json.value("format", std::string()) != kFormat)
            return fail(ErrorCode::Data, "it is not the manifest of an Atelier dataset", where,
                        "Other tools' shards are opened by naming the tars: FOLDER/{00000..00007}.tar");
        Manifest manifest;
        manifest.version = json.at("version").get<int>();
        if (manifest.version > kManifestVersion)
            return fail(ErrorCode::Data,
                        fmt::format("it has format version {}; this Atelier knows versions up to {}",
                                    manifest.version, kManifestVersion),
                        where, "Open it with a newer Atelier, or train on the tars by their pattern.");
        if (manifest.version < 1) return fail(ErrorCode::Data, "its format version is below 1", where);
        manifest.createdBy = json.value("created_by", std::string());
        manifest.options = json.value("options", Json::object());
        manifest.sources = json.value("sources", Json::array());
        manifest.summary = json.value("summary", Json::object());
        const Json& totals = json.at("totals");
        manifest.content.samples = totals.at("samples").get<std::uint64_t>();
        manifest.content.bytes = totals.at("bytes").get<std::uint64_t>();
        for (const auto& [extension, count] : totals.at("members").items())
            manifest.content.extensions[extension] = count.get<std::uint64_t>();
        const Json& index = json.at("index");
        manifest.content.indexBytes = index.at("bytes").get<std::uint64_t>();
        manifest.content.indexSha256 = index.at("sha256").get<std::string>();
        for (const Json& shard : json.at("shards")) {
            ShardInfo& info = manifest.content.shards.emplace_back();
            info.name = shard.at("name").get<std::string>();
            info.samples = shard.at("samples").get<std::uint64_t>();
            info.bytes = shard.at("bytes").get<std::uint64_t>();
            info.sha256 = shard.at("sha256").get<std::string>();
        }
        ATELIER_DO(checkContent(manifest, where));
        return manifest;
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::Data,
                    fmt::format("a part of it is missing or of the wrong type: {}", e.what()), where,
                    "The file was edited or damaged: build the dataset again.");
    }
}

Result<Manifest> readManifest(const fs::path& folder) {
    const fs::path path = folder / kManifestName;
    ATELIER_TRY(const std::string text, readFile(path, kManifestLimit));
    auto json = parseJson(text, path.string());
    if (!json) {
        Error error = json.error();
        error.code = ErrorCode::Data;
        return fail(std::move(error));
    }
    return manifestFromJson(*json, path.string());
}

Status writeManifest(const fs::path& folder, const Manifest& manifest) {
    for (const ShardInfo& shard : manifest.content.shards)
        ATELIER_CHECK(isSha256(shard.sha256), "a manifest is written after its shards were read back");
    ATELIER_DO(writeFileAtomic(folder / kManifestName, dumpJsonPretty(manifestToJson(manifest))));
    std::error_code error;
    fs::remove(folder / kShardJournalName, error);  // harmless if it stays: the manifest is what counts
    return {};
}

}  // namespace atelier::data
