// SPDX-License-Identifier: GPL-3.0-or-later
// DatasetIndex: resolve → take index.jsonl where it fits, scan headers elsewhere → drop what is not wanted →
// join.
#include "core/data/dataset_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/data/index_lines.h"
#include "core/data/loose_samples.h"
#include "core/data/manifest.h"
#include "core/data/metadata_filter.h"
#include "core/data/sample_table.h"
#include "core/data/shard_files.h"
#include "core/data/shard_paths.h"
#include "core/data/shard_reader.h"

namespace atelier::data {
namespace {

// What one shard contributes.
struct ShardPart {
    SampleTable table;
    ExtensionNames extensions;
    std::uint64_t unfiltered = 0;
    std::uint64_t incomplete = 0;  // without a required member
    std::string problem;
    bool indexed = false;
};

using Groups = std::vector<std::vector<std::string>>;

Groups parseRequired(const std::string& required) {
    Groups groups;
    for (const std::string& group : split(required, ','))
        if (!trim(group).empty()) groups.push_back(split(trim(group), ';'));
    return groups;
}

bool hasRequired(const ShardPart& part, const TableSample& sample, const Groups& groups) {
    return std::all_of(groups.begin(), groups.end(), [&](const std::vector<std::string>& alternatives) {
        for (std::uint64_t m = sample.member; m < sample.member + sample.members; ++m) {
            const std::string& name = part.extensions.names()[part.table.members[m].extension];
            if (std::find(alternatives.begin(), alternatives.end(), name) != alternatives.end()) return true;
        }
        return false;
    });
}

void scanShard(const fs::path& unpacked, ShardPart& part) {
    ShardReaderOptions options;
    options.data = false;
    options.skipDuplicates = true;
    auto reader = ShardReader::open(unpacked, options);
    if (!reader) {
        part.problem = reader.error().message();
        return;
    }
    for (;;) {
        const auto sample = reader->next();
        if (!sample) {
            part.problem =
                sample.error().message() +
                fmt::format(" {} before that are used.", plural(part.table.samples.size(), "sample"));
            return;
        }
        if (*sample == nullptr) return;
        part.table.begin((*sample)->key);
        for (const ShardMember& member : (*sample)->members)
            part.table.addMember({member.offset, member.size, part.extensions.numberOf(member.extension)});
    }
}

// Samples from index.jsonl for those shards whose folder has a manifest and whose size is the one it says.
// `hashes`: the SHA-256 of each shard as its manifest gives it, "" where there is none.
void takeIndexed(const std::vector<fs::path>& paths, std::vector<ShardPart>& parts,
                 std::vector<std::string>& hashes, std::vector<std::string>& problems) {
    std::map<fs::path, std::vector<std::size_t>> folders;
    for (std::size_t i = 0; i < paths.size(); ++i) folders[paths[i].parent_path()].push_back(i);
    for (const auto& [folder, shards] : folders) {
        std::error_code error;
        if (!fs::exists(folder / kManifestName, error)) continue;
        const auto manifest = readManifest(folder);
        if (!manifest) {
            problems.push_back(manifest.error().message() + " The tars are read without it.");
            continue;
        }
        std::unordered_map<std::string, std::size_t> wanted;
        for (const std::size_t i : shards) {
            for (const ShardInfo& info : manifest->content.shards) {
                if (info.name != paths[i].filename()) continue;
                hashes[i] = info.sha256;
                const auto size = fs::file_size(paths[i], error);
                if (error) continue;  // said when it is opened
                if (size == info.bytes)
                    wanted.emplace(info.name, i);
                else  // a tar that ends between two members looks whole without this
                    problems.push_back(fmt::format("{}: it has {} bytes, the manifest says {}.",
                                                   paths[i].string(), size, info.bytes));
            }
        }
        const auto read = readIndex(folder / kIndexName, [&](const IndexedSample& sample) -> Status {
            const auto at = wanted.find(sample.shard);
            if (at == wanted.end()) return {};
            ShardPart& part = parts[at->second];
            part.indexed = true;
            part.table.begin(sample.key);
            for (const IndexedMember& member : sample.members)
                part.table.addMember(
                    {member.offset, member.size, part.extensions.numberOf(member.extension)});
            return {};
        });
        if (!read) {
            problems.push_back(read.error().message() + " The tars are read without it.");
            for (const std::size_t i : shards) parts[i] = {};
        }
        for (const ShardInfo& info :
             manifest->content.shards)  // an index that says less or more is not believed
            if (const auto at = wanted.find(info.name); at != wanted.end())
                if (parts[at->second].table.samples.size() != info.samples) parts[at->second] = {};
    }
}

// Keeps the samples that have what is required and pass the filter.
bool onThisSide(const DatasetOptions& options, std::string_view key) {
    if (options.split == Split::All) return true;
    constexpr double kWhole = 18446744073709551616.0;  // 2^64
    const bool validation = static_cast<double>(xxh3(key)) < options.validationShare * kWhole;
    return validation == (options.split == Split::Validation);
}

Status select(ShardPart& part, std::uint32_t shard, MemberStore& files, const Groups& groups,
              const MetadataFilter& filter, const DatasetOptions& options) {
    part.unfiltered = part.table.samples.size();
    if (groups.empty() && filter.empty() && options.split == Split::All) return {};
    const std::uint32_t json = part.extensions.find("json");
    SampleTable kept;
    for (const TableSample& sample : part.table.samples) {
        if (!hasRequired(part, sample, groups)) {
            ++part.incomplete;
            continue;
        }
        if (!onThisSide(options, part.table.key(sample))) continue;
        if (!filter.empty()) {
            const auto first = part.table.members.begin() + static_cast<std::ptrdiff_t>(sample.member);
            const auto last = first + sample.members;
            const auto member =
                std::find_if(first, last, [&](const TableMember& m) { return m.extension == json; });
            if (member == last) continue;
            ATELIER_TRY(const std::string text, files.read(shard, member->offset, member->size));
            if (!filter.accepts(text)) continue;
        }
        kept.begin(part.table.key(sample));
        for (std::uint64_t m = sample.member; m < sample.member + sample.members; ++m)
            kept.addMember(part.table.members[m]);
    }
    part.table = std::move(kept);
    return {};
}

std::string fingerprintOf(const SampleTable& table) {
    std::vector<std::uint64_t> numbers{xxh3(table.keys)};
    for (const TableSample& sample : table.samples) numbers.push_back(sample.members);
    for (const TableMember& member : table.members) numbers.push_back(member.size);
    return hex(xxh3({reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(std::uint64_t)}));
}

// "" unless every shard has a hash.
std::string contentOf(const std::vector<std::string>& hashes) {
    std::string all;
    for (const std::string& hash : hashes) {
        if (hash.empty()) return {};
        all += hash;
    }
    return hex(xxh3(all));
}

void inParallel(std::size_t count, int threads, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    const auto loop = [&] {
        for (std::size_t i = next++; i < count; i = next++) work(i);
    };
    std::vector<std::thread> workers;
    for (int t = 1; t < threads && static_cast<std::size_t>(t) < count; ++t) workers.emplace_back(loop);
    loop();
    for (std::thread& worker : workers) worker.join();
}

std::unique_ptr<MemberStore> readShards(const std::vector<fs::path>& paths, const DatasetOptions& options,
                                        std::vector<ShardPart>& parts, std::vector<std::string>& hashes,
                                        std::vector<std::string>& problems) {
    parts.resize(paths.size());
    hashes.resize(paths.size());
    std::vector<fs::path> unpacked(paths);
    takeIndexed(paths, parts, hashes, problems);
    inParallel(paths.size(), options.threads, [&](std::size_t i) {
        if (parts[i].indexed) return;
        const auto plain = unpackedShard(paths[i]);
        if (!plain) {
            parts[i].problem = plain.error().message();
            return;
        }
        unpacked[i] = *plain;
        scanShard(*plain, parts[i]);
    });
    return std::make_unique<ShardFiles>(std::move(unpacked));
}

std::unique_ptr<MemberStore> readLoose(const std::vector<fs::path>& paths, const DatasetOptions& options,
                                       std::vector<ShardPart>& parts, std::vector<std::string>& problems) {
    parts.resize(paths.size());
    std::vector<LooseSource> sources(paths.size());
    std::vector<std::vector<std::string>> noted(paths.size());
    inParallel(paths.size(), options.threads, [&](std::size_t i) {
        auto part = readLooseSource(paths[i], options);
        if (!part) {
            parts[i].problem = part.error().message();
            return;
        }
        parts[i].table = std::move(part->table);
        parts[i].extensions = std::move(part->extensions);
        sources[i] = std::move(part->source);
        noted[i] = std::move(part->problems);
    });
    for (const auto& some : noted) problems.insert(problems.end(), some.begin(), some.end());
    return std::make_unique<LooseStore>(std::move(sources));
}

}  // namespace

struct DatasetIndex::State {
    std::vector<fs::path> paths;
    std::unique_ptr<MemberStore> store;
    SampleTable table;
    std::vector<std::uint64_t> firstOfShard;  // size shards + 1
    ExtensionNames extensions;
    std::uint64_t unfiltered = 0;
    std::vector<std::string> problems;
    std::string fingerprint;
    std::string content;
};

DatasetIndex::DatasetIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
DatasetIndex::~DatasetIndex() = default;

Result<std::shared_ptr<const DatasetIndex>> DatasetIndex::open(const std::string& spec,
                                                               const DatasetOptions& options) {
    ATELIER_TRY(const MetadataFilter filter, MetadataFilter::parse(options.filters));
    const Groups groups = parseRequired(options.required);
    auto state = std::make_unique<State>();
    std::vector<ShardPart> parts;
    std::vector<std::string> hashes, problems;
    if (options.kind == SourceKind::Shards) {
        ATELIER_TRY(state->paths, resolveShards(spec, options.relativeTo));
        state->store = readShards(state->paths, options, parts, hashes, problems);
    } else {
        ATELIER_TRY(state->paths, looseSources(spec, options));
        state->store = readLoose(state->paths, options, parts, problems);
        hashes.resize(parts.size());
    }
    const std::vector<fs::path>& paths = state->paths;
    inParallel(paths.size(), options.threads, [&](std::size_t i) {
        if (const auto selected =
                select(parts[i], static_cast<std::uint32_t>(i), *state->store, groups, filter, options);
            !selected) {
            parts[i].problem = selected.error().message();
            parts[i].table = {};
        }
    });
    std::uint64_t incomplete = 0;
    for (ShardPart& part : parts) {
        if (!part.problem.empty()) {
            if (!options.tolerant) return fail(ErrorCode::Data, part.problem);
            problems.push_back(part.problem);
        }
        std::vector<std::uint32_t> map;
        for (const std::string& name : part.extensions.names())
            map.push_back(state->extensions.numberOf(name));
        state->firstOfShard.push_back(state->table.samples.size());
        state->table.append(part.table, map);
        state->unfiltered += part.unfiltered;
        incomplete += part.incomplete;
        part = {};
    }
    state->firstOfShard.push_back(state->table.samples.size());
    if (incomplete > 0)
        problems.push_back(fmt::format("{} of {} lack a member that is needed ({}) and are left out.",
                                       incomplete, plural(state->unfiltered, "sample"), options.required));
    state->problems = std::move(problems);
    state->fingerprint = fingerprintOf(state->table);
    state->content = contentOf(hashes);
    if (state->table.samples.empty()) {
        std::string why =
            state->unfiltered == 0
                ? "it has no samples"
                : fmt::format("none of its {} has the members needed ({}) and passes the filters",
                              plural(state->unfiltered, "sample"), options.required);
        if (!state->problems.empty()) why += "; first problem: " + state->problems[0];
        return fail(ErrorCode::Data, why, spec,
                    "Look whether the path is right; `atelier-engine dataset build` makes shards.");
    }
    return std::shared_ptr<const DatasetIndex>(new DatasetIndex(std::move(state)));
}

std::uint64_t DatasetIndex::size() const {
    return state_->table.samples.size();
}
std::uint64_t DatasetIndex::sizeUnfiltered() const {
    return state_->unfiltered;
}
std::string_view DatasetIndex::key(std::uint64_t sample) const {
    return state_->table.key(state_->table.samples[sample]);
}
const std::vector<fs::path>& DatasetIndex::shards() const {
    return state_->paths;
}
const std::string& DatasetIndex::fingerprint() const {
    return state_->fingerprint;
}
const std::string& DatasetIndex::content() const {
    return state_->content;
}
const std::vector<std::string>& DatasetIndex::problems() const {
    return state_->problems;
}

std::uint32_t DatasetIndex::shardOf(std::uint64_t sample) const {
    const auto& first = state_->firstOfShard;
    return static_cast<std::uint32_t>(std::upper_bound(first.begin(), first.end(), sample) - first.begin() -
                                      1);
}

std::pair<std::uint64_t, std::uint64_t> DatasetIndex::samplesOfShard(std::uint32_t shard) const {
    return {state_->firstOfShard[shard], state_->firstOfShard[shard + 1]};
}

std::vector<DatasetIndex::Member> DatasetIndex::members(std::uint64_t sample) const {
    const TableSample& entry = state_->table.samples[sample];
    std::vector<Member> result;
    for (std::uint64_t m = entry.member; m < entry.member + entry.members; ++m) {
        const TableMember& member = state_->table.members[m];
        result.push_back({member.offset, member.size, state_->extensions.names()[member.extension]});
    }
    return result;
}

std::optional<DatasetIndex::Member> DatasetIndex::find(std::uint64_t sample,
                                                       std::string_view alternatives) const {
    const TableSample& entry = state_->table.samples[sample];
    while (!alternatives.empty()) {
        const std::size_t end = alternatives.find(';');
        const std::string_view name = alternatives.substr(0, end);
        const std::uint32_t wanted = state_->extensions.find(name);
        for (std::uint64_t m = entry.member; m < entry.member + entry.members; ++m) {
            const TableMember& member = state_->table.members[m];
            if (member.extension == wanted)
                return Member{member.offset, member.size, state_->extensions.names()[wanted]};
        }
        alternatives = end == std::string_view::npos ? std::string_view() : alternatives.substr(end + 1);
    }
    return std::nullopt;
}

Result<std::string> DatasetIndex::read(std::uint64_t sample, const Member& member) const {
    auto bytes = state_->store->read(shardOf(sample), member.offset, member.size);
    if (!bytes) {
        Error error = std::move(bytes).error();
        error.where += fmt::format(", sample \"{}\", member \"{}\"", key(sample), member.extension);
        return fail(std::move(error));
    }
    return bytes;
}

}  // namespace atelier::data
