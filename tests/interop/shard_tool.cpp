// SPDX-License-Identifier: GPL-3.0-or-later
// Our shard reader and writer on the command line, for interop_shards.py:
//   shard_tool dump TAR              one JSON line per sample: key, members with size and hash
//   shard_tool write DIR PER_SHARD   samples from stdin, one JSON line each: {"key", "members": [[extension,
//   hex bytes], …]} shard_tool expand SPEC           the file names of a shard spec, one per line
//   shard_tool parquet FILE COLUMN   one JSON line per row, then every value again by its row
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/parquet_file.h"
#include "core/data/shard_paths.h"
#include "core/data/shard_reader.h"
#include "core/data/shard_writer.h"
#include "core/data/verify.h"

using namespace atelier;
using namespace atelier::data;

namespace {

int complain(const Error& error) {
    std::fprintf(stderr, "%s\n", error.message().c_str());
    return 1;
}

int dump(const fs::path& path) {
    auto reader = ShardReader::open(path);
    if (!reader) return complain(reader.error());
    for (;;) {
        const auto sample = reader->next();
        if (!sample) return complain(sample.error());
        if (*sample == nullptr) return 0;
        Json members = Json::array();
        for (const ShardMember& m : (*sample)->members)
            members.push_back({m.extension, m.offset, m.size, sha256Hex(m.bytes)});
        std::puts(dumpJson({{"key", (*sample)->key}, {"members", std::move(members)}}).c_str());
    }
}

std::string fromHex(const std::string& digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return bytes;
}

std::string shown(std::string_view bytes) {
    return validUtf8Prefix(bytes) == bytes.size() ? std::string(bytes) : sha256Hex(bytes);
}

// In order, and again from the last row to the first, one by one.
int parquet(const fs::path& path, const std::string& name) {
    const auto file = ParquetFile::open(path);
    if (!file) return complain(file.error());
    const auto column = (*file)->find(name);
    if (!column) return complain(Error{ErrorCode::Data, "no column " + name, "", ""});
    std::vector<Json> values;
    const auto visited = (*file)->visit(*column, [&](std::uint64_t row, Json value) -> Status {
        if (row != values.size()) return fail(ErrorCode::Data, "rows come out of order");
        values.push_back(value.is_string() ? Json(shown(value.get<std::string>())) : value);
        return {};
    });
    if (!visited) return complain(visited.error());
    for (std::uint64_t row = values.size(); (*file)->isBytes(*column) && row-- > 0;) {
        const auto bytes = (*file)->bytesAt(*column, row);
        if (!bytes) return complain(bytes.error());
        if ((*bytes ? Json(shown(**bytes)) : Json()) != values[row])
            return complain(Error{ErrorCode::Data, "a row differs when it is read alone", "", ""});
    }
    for (const Json& value : values) std::puts(dumpJson(value).c_str());
    return 0;
}

int write(const fs::path& folder, std::uint64_t perShard) {
    ShardWriterOptions options;
    options.limits.samples = perShard;
    auto writer = ShardWriter::create(folder, options);
    if (!writer) return complain(writer.error());
    for (std::string line; std::getline(std::cin, line);) {
        const auto json = parseJson(line);
        if (!json) return complain(json.error());
        std::vector<std::pair<std::string, std::string>> data;
        for (const Json& member : json->at("members")) data.emplace_back(member[0], fromHex(member[1]));
        std::vector<MemberView> members;
        for (const auto& [extension, bytes] : data) members.push_back({extension, bytes});
        if (auto added = writer->add(json->at("key").get<std::string>(), members); !added)
            return complain(added.error());
    }
    Manifest manifest;
    manifest.createdBy = "shard_tool";
    auto totals = writer->close();
    if (!totals) return complain(totals.error());
    manifest.content = *std::move(totals);
    if (auto verified = verifyShards(folder, manifest.content); !verified) return complain(verified.error());
    if (auto written = writeManifest(folder, manifest); !written) return complain(written.error());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() == 2 && arguments[0] == "dump") return dump(arguments[1]);
    if (arguments.size() == 3 && arguments[0] == "write")
        return write(arguments[1], std::stoull(arguments[2]));
    if (arguments.size() == 3 && arguments[0] == "parquet") return parquet(arguments[1], arguments[2]);
    if (arguments.size() == 2 && arguments[0] == "expand") {
        const auto names = expandShardSpec(arguments[1]);
        if (!names) return complain(names.error());
        for (const std::string& name : *names) std::puts(name.c_str());
        return 0;
    }
    std::fprintf(stderr,
                 "usage: shard_tool dump TAR | write DIR PER_SHARD | expand SPEC | parquet FILE COLUMN\n");
    return 2;
}
