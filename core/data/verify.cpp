// SPDX-License-Identifier: GPL-3.0-or-later
// Verification: every shard is read once from end to end, hashed whole and per member, and held against the
// index.
#include "core/data/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/data/byte_source.h"
#include "core/data/index_lines.h"
#include "core/data/shard_reader.h"

namespace atelier::data {
namespace {

using Clock = std::chrono::steady_clock;

// Collects results of the threads; asks the caller a few times a second whether to go on.
class Collector {
  public:
    Collector(const ReadProgressFn& progress, std::uint64_t totalBytes, std::uint64_t totalSamples)
        : progress_(progress) {
        state_.totalBytes = totalBytes;
        state_.totalSamples = totalSamples;
    }
    void problem(std::string shard, std::string key, std::string text) {
        const std::lock_guard lock(mutex_);
        if (report_.problems.size() < VerifyReport::kMaxProblems)
            report_.problems.push_back({std::move(shard), std::move(key), std::move(text)});
        ++report_.problemCount;
    }
    // False once the caller has cancelled.
    bool read(std::uint64_t bytes, std::uint64_t samples, std::uint64_t members) {
        const std::lock_guard lock(mutex_);
        report_.bytes += bytes;
        report_.samples += samples;
        report_.members += members;
        state_.bytes = report_.bytes;
        state_.samples = report_.samples;
        if (progress_ && !cancelled_ && Clock::now() - last_ > std::chrono::milliseconds(100)) {
            last_ = Clock::now();
            cancelled_ = !progress_(state_);
        }
        return !cancelled_;
    }
    bool cancelled() const { return cancelled_; }
    VerifyReport finish(std::uint64_t shards) {
        std::stable_sort(report_.problems.begin(), report_.problems.end(),
                         [](const DatasetProblem& a, const DatasetProblem& b) { return a.shard < b.shard; });
        report_.shards = shards;
        if (progress_ && !cancelled_) progress_(state_);
        return std::move(report_);
    }

  private:
    const ReadProgressFn& progress_;
    std::mutex mutex_;
    VerifyReport report_;
    ReadProgress state_;
    Clock::time_point last_{};  // so long ago that the first read reports at once
    std::atomic<bool> cancelled_{false};
};

// Passes bytes on and hashes them: a shard is read once for its hash and for its members.
class HashingSource final : public ByteSource {
  public:
    HashingSource(std::unique_ptr<ByteSource> source, Collector& collector)
        : source_(std::move(source)), collector_(collector) {}

    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        ATELIER_TRY(const std::size_t n, source_->read(buffer, capacity));
        sha256_.update({buffer, n});
        xxh128_.update({buffer, n});
        bytes_ += n;
        if (!collector_.read(n, 0, 0)) return fail(ErrorCode::Cancelled, "verification was cancelled");
        return n;
    }
    Status skip(std::uint64_t bytes) override {
        std::string buffer(1 << 16, '\0');
        while (bytes > 0) {
            ATELIER_TRY(const std::size_t n,
                        read(buffer.data(), std::min<std::uint64_t>(bytes, buffer.size())));
            if (n == 0) return fail(ErrorCode::Data, "the file ends inside a member");
            bytes -= n;
        }
        return {};
    }
    std::optional<std::uint64_t> size() const override { return source_->size(); }

    // What the reader left: everything behind the end of the archive, or behind damage.
    Status readRest() {
        std::string buffer(1 << 16, '\0');
        for (;;) {
            ATELIER_TRY(const std::size_t n, read(buffer.data(), buffer.size()));
            if (n == 0) return {};
        }
    }
    std::uint64_t bytes() const { return bytes_; }
    std::string sha256() { return sha256_.hexDigest(); }
    std::string xxh128() const { return xxh128_.hexDigest(); }

  private:
    std::unique_ptr<ByteSource> source_;
    Collector& collector_;
    Sha256 sha256_;
    Xxh128 xxh128_;
    std::uint64_t bytes_ = 0;
};

// What is wrong with one sample against its index line; "" when nothing is.
std::string compare(const ShardSample& sample, const IndexedSample& line) {
    if (sample.key != line.key) return fmt::format("the index has \"{}\" in its place", line.key);
    if (sample.members.size() != line.members.size())
        return fmt::format("it has {} members, the index says {}", sample.members.size(),
                           line.members.size());
    for (std::size_t i = 0; i < line.members.size(); ++i) {
        const ShardMember& found = sample.members[i];
        const IndexedMember& expected = line.members[i];
        if (found.extension != expected.extension)
            return fmt::format("member {} is \"{}\", the index says \"{}\"", i + 1, found.extension,
                               expected.extension);
        if (found.offset != expected.offset || found.size != expected.size)
            return fmt::format("\"{}\" lies at byte {} with {} bytes, the index says {} with {}",
                               found.extension, found.offset, found.size, expected.offset, expected.size);
        if (xxh3(found.bytes) != expected.xxh3)
            return fmt::format("the bytes of \"{}\" are not those that were written", found.extension);
    }
    return {};
}

// Problems of one shard: (key, text).
using Findings = std::vector<std::pair<std::string, std::string>>;

// Every sample of a shard against the lines of the index; nothing of it when the index could not be read.
Status compareSamples(ShardReader& reader, const std::vector<IndexedSample>* lines, Collector& collector,
                      Findings& found) {
    std::size_t count = 0;
    for (;; ++count) {
        const bool known = lines != nullptr && count < lines->size();
        const auto sample = reader.next();
        if (!sample && sample.error().code == ErrorCode::Cancelled) return fail(sample.error());
        if (!sample) {
            found.emplace_back(known ? (*lines)[count].key : "", sample.error().what);
            break;
        }
        if (*sample == nullptr) {
            if (!reader.sawEndOfArchive()) found.emplace_back("", "the blocks that end a tar are missing");
            break;
        }
        if (known) {
            if (std::string text = compare(**sample, (*lines)[count]); !text.empty())
                found.emplace_back((*sample)->key, std::move(text));
        } else if (lines != nullptr) {
            found.emplace_back((*sample)->key, "the index does not have it");
        }
        if (!collector.read(0, 1, (*sample)->members.size()))
            return fail(ErrorCode::Cancelled, "verification was cancelled");
    }
    if (lines != nullptr && count < lines->size())
        found.emplace_back((*lines)[count].key, fmt::format("{} of the index {} not in the shard",
                                                            plural(lines->size() - count, "sample"),
                                                            lines->size() - count == 1 ? "is" : "are"));
    return {};
}

// A shard that was just written (no SHA-256 yet) must have the hash it was written with, and gets its
// SHA-256.
void compareHashes(ShardInfo& info, HashingSource& source, Findings& found) {
    const std::string sha256 = source.sha256();
    if (source.bytes() != info.bytes)
        found.emplace_back("",
                           fmt::format("it has {} bytes, the manifest says {}", source.bytes(), info.bytes));
    else if (info.sha256.empty() && source.xxh128() != info.xxh128)
        found.emplace_back(
            "", fmt::format("its bytes hash to {}, what was written to {}", source.xxh128(), info.xxh128));
    else if (info.sha256.empty())
        info.sha256 = sha256;
    else if (sha256 != info.sha256)
        found.emplace_back("", fmt::format("its SHA-256 is {}, the manifest says {}", sha256, info.sha256));
}

// `lines`: of the index about this shard; null when the index cannot be read at all.
Status verifyShard(const fs::path& folder, ShardInfo& info, const std::vector<IndexedSample>* lines,
                   Collector& collector) {
    const fs::path path = folder / info.name;
    std::error_code error;
    if (!fs::exists(path, error)) {
        collector.problem(info.name, {}, "the shard does not exist");
        return {};
    }
    auto plain = openPlainSource(path);
    if (!plain) {
        collector.problem(info.name, {}, plain.error().what);
        return {};
    }
    auto owned = std::make_unique<HashingSource>(*std::move(plain), collector);
    HashingSource& source = *owned;
    ShardReader reader(std::move(owned), path);
    Findings samples;
    ATELIER_DO(compareSamples(reader, lines, collector, samples));
    Findings found;
    if (auto rest = source.readRest(); rest)
        compareHashes(info, source, found);
    else if (rest.error().code == ErrorCode::Cancelled)
        return rest;
    else if (samples.empty())  // otherwise said already, of the sample where it happened
        found.emplace_back("", rest.error().what);
    found.insert(found.end(), samples.begin(), samples.end());
    if (lines != nullptr && lines->size() != info.samples)
        found.emplace_back("", fmt::format("the manifest says {}, the index has {}",
                                           plural(info.samples, "sample"), lines->size()));
    for (auto& [key, text] : found) collector.problem(info.name, std::move(key), std::move(text));
    return {};
}

// Tars that a pattern like FOLDER/*.tar would take, but that are not of this dataset.
void findStrangers(const fs::path& folder, const std::map<std::string, std::vector<IndexedSample>>& known,
                   Collector& collector) {
    std::error_code error;
    std::set<std::string> strangers;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const std::string name = at->path().filename().string();
        if (at->path().extension() == ".tar" && !name.starts_with('.') && !known.contains(name))
            strangers.insert(name);
    }
    for (const std::string& name : strangers)
        collector.problem(name, {}, "the manifest does not name it: it is not a part of this dataset");
}

}  // namespace

Result<VerifyReport> verifyShards(const fs::path& folder, ShardTotals& expected,
                                  const ReadProgressFn& progress, int threads) {
    Collector collector(progress, expected.bytes, expected.samples);
    std::map<std::string, std::vector<IndexedSample>> lines;
    for (const ShardInfo& shard : expected.shards) lines[shard.name];
    const fs::path index = folder / kIndexName;
    const auto indexHash = sha256HexOfFile(index);
    if (!indexHash)
        collector.problem(kIndexName, {}, indexHash.error().what);
    else if (*indexHash != expected.indexSha256)
        collector.problem(kIndexName, {}, "its SHA-256 is not the one in the manifest");
    if (indexHash) {
        const auto read = readIndex(index, [&](const IndexedSample& sample) -> Status {
            const auto at = lines.find(sample.shard);
            if (at == lines.end())
                collector.problem(
                    kIndexName, sample.key,
                    fmt::format("it names a shard \"{}\" that the manifest does not have", sample.shard));
            else
                at->second.push_back(sample);
            return {};
        });
        if (!read) collector.problem(kIndexName, {}, read.error().message());
    }
    findStrangers(folder, lines, collector);
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::optional<Error> stopped;
    const auto loop = [&] {
        for (std::size_t i = next++; i < expected.shards.size(); i = next++) {
            ShardInfo& shard = expected.shards[i];
            const auto* of = indexHash ? &lines.at(shard.name) : nullptr;
            if (auto done = verifyShard(folder, shard, of, collector); !done) {
                const std::lock_guard lock(mutex);
                stopped = done.error();
                return;
            }
        }
    };
    std::vector<std::thread> workers;
    for (int t = 1; t < threads; ++t) workers.emplace_back(loop);
    loop();
    for (std::thread& worker : workers) worker.join();
    if (stopped) return fail(*stopped);
    return collector.finish(expected.shards.size());
}

Result<VerifyReport> verifyDataset(const fs::path& folder, const ReadProgressFn& progress, int threads) {
    std::error_code error;
    if (!fs::exists(folder, error))
        return fail(ErrorCode::Data, "there is no such folder", folder.string(), "Check the path.");
    if (!fs::is_directory(folder, error))
        return fail(ErrorCode::Data, "it is a file; a built dataset is a folder with manifest.json",
                    folder.string(),
                    "Give the folder; `dataset list` and `dataset stats` read single shards.");
    if (!fs::exists(folder / kManifestName, error))
        return fail(
            ErrorCode::Data,
            "it has no manifest.json: either its build did not finish or Atelier did not build it",
            folder.string(),
            "Run the build again to continue it; `dataset list` and `dataset stats` read any shards.");
    ATELIER_TRY(Manifest manifest, readManifest(folder));
    return verifyShards(folder, manifest.content, progress, threads);
}

}  // namespace atelier::data
