// SPDX-License-Identifier: GPL-3.0-or-later
// Verification: every shard is read from end to end, hashed whole and per member, and held against the index.
#include "core/data/verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
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

// The whole file's SHA-256, size included; progress by bytes.
Result<std::string> hashFile(const fs::path& path, std::uint64_t& size, Collector& collector) {
    ATELIER_TRY(const auto source, openByteSource(path));
    Sha256 hash;
    std::string buffer(1 << 20, '\0');
    size = 0;
    for (;;) {
        ATELIER_TRY(const std::size_t n, source->read(buffer.data(), buffer.size()));
        if (n == 0) return hash.hexDigest();
        hash.update(std::string_view(buffer).substr(0, n));
        size += n;
        if (!collector.read(n, 0, 0)) return fail(ErrorCode::Cancelled, "verification was cancelled");
    }
}

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

// `noIndex`: the index cannot be read at all, and the shard is held against the manifest alone.
Status verifyShard(const fs::path& folder, const ShardInfo& info, const std::vector<IndexedSample>& lines,
                   bool noIndex, Collector& collector) {
    const fs::path path = folder / info.name;
    std::error_code error;
    if (!fs::exists(path, error)) {
        collector.problem(info.name, {}, "the shard does not exist");
        return {};
    }
    std::uint64_t size = 0;
    const auto hash = hashFile(path, size, collector);
    if (!hash && hash.error().code == ErrorCode::Cancelled) return fail(hash.error());
    if (!hash) {
        collector.problem(info.name, {}, hash.error().what);
        return {};
    }
    if (size != info.bytes)
        collector.problem(info.name, {},
                          fmt::format("it has {} bytes, the manifest says {}", size, info.bytes));
    else if (*hash != info.sha256)
        collector.problem(info.name, {},
                          fmt::format("its SHA-256 is {}, the manifest says {}", *hash, info.sha256));

    auto reader = ShardReader::open(path);
    if (!reader) {
        collector.problem(info.name, {}, reader.error().what);
        return {};
    }
    std::size_t count = 0;
    for (;; ++count) {
        const auto sample = reader->next();
        if (!sample) {
            collector.problem(info.name, count < lines.size() ? lines[count].key : "", sample.error().what);
            break;
        }
        if (*sample == nullptr) {
            if (!reader->sawEndOfArchive())
                collector.problem(info.name, {}, "the blocks that end a tar are missing");
            break;
        }
        if (noIndex) {
            // said once, not for each sample
        } else if (count >= lines.size()) {
            collector.problem(info.name, (*sample)->key, "the index does not have it");
        } else if (std::string text = compare(**sample, lines[count]); !text.empty()) {
            collector.problem(info.name, (*sample)->key, std::move(text));
        }
        if (!collector.read(0, 1, (*sample)->members.size()))
            return fail(ErrorCode::Cancelled, "verification was cancelled");
    }
    if (count < lines.size())
        collector.problem(
            info.name, lines[count].key,
            fmt::format("{} of the index {} not in the shard", plural(lines.size() - count, "sample"),
                        lines.size() - count == 1 ? "is" : "are"));
    if (!noIndex && lines.size() != info.samples)
        collector.problem(info.name, {},
                          fmt::format("the manifest says {}, the index has {}",
                                      plural(info.samples, "sample"), lines.size()));
    return {};
}

}  // namespace

Result<VerifyReport> verifyShards(const fs::path& folder, const ShardTotals& expected,
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
    std::atomic<std::size_t> next{0};
    std::mutex mutex;
    std::optional<Error> stopped;
    const auto loop = [&] {
        for (std::size_t i = next++; i < expected.shards.size(); i = next++) {
            const ShardInfo& shard = expected.shards[i];
            if (auto done = verifyShard(folder, shard, lines[shard.name], !indexHash, collector); !done) {
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
    ATELIER_TRY(const Manifest manifest, readManifest(folder));
    return verifyShards(folder, manifest.content, progress, threads);
}

}  // namespace atelier::data
