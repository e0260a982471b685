// SPDX-License-Identifier: GPL-3.0-or-later
// manifest.json of a built dataset version: what the folder holds, with hashes. Written last, so its presence
// means "complete". Byte-level description: FORMAT.md. Written by the build flow, read by everything that
// opens a dataset.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier::data {

inline constexpr int kManifestVersion = 1;
inline constexpr const char* kManifestName = "manifest.json";
inline constexpr const char* kIndexName = "index.jsonl";
inline constexpr const char* kShardJournalName =
    ".shards.jsonl";  // of an unfinished build; removed by writeManifest

// One tar file of the dataset.
struct ShardInfo {
    std::string name;  // "000000.tar", relative to the folder
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;  // size of the file
    // Of the file, 64 lower-case hex digits. Verification computes it from what it reads back; until then,
    // while a dataset is being built, it is empty and `xxh128` says what was written (32 hex digits, in no
    // manifest).
    std::string sha256;
    std::string xxh128;
};

// What a ShardWriter has put on disk; the part of a manifest that it fills in.
struct ShardTotals {
    std::vector<ShardInfo> shards;
    std::uint64_t samples = 0;
    std::uint64_t bytes = 0;                          // of all shards
    std::map<std::string, std::uint64_t> extensions;  // members by extension: {"jpg": 48, "txt": 48}
    std::uint64_t indexBytes = 0;
    std::string indexSha256;
};

struct Manifest {
    int version = kManifestVersion;
    std::string createdBy;          // "atelier 0.1.0"
    Json options = Json::object();  // build options that decide the bytes, as given
    Json sources = Json::array();   // what was read: paths, counts, …
    Json summary = Json::object();  // counts of kept, dropped, re-encoded, …; free for the build flow
    ShardTotals content;
};

Json manifestToJson(const Manifest& manifest);
// Refuses newer versions in plain words; ignores keys it does not know. `where` = file name for messages.
Result<Manifest> manifestFromJson(const Json& json, const std::string& where);

Result<Manifest> readManifest(const fs::path& folder);
// Atomic (temporary name, fsync, rename): the step that makes the folder a dataset. Removes the build's
// journal.
Status writeManifest(const fs::path& folder, const Manifest& manifest);

}  // namespace atelier::data
