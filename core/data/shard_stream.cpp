// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/shard_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/base/strings.h"
#include "core/data/remote_shards.h"
#include "core/data/shard_paths.h"

namespace atelier::data {
namespace {

constexpr auto kTick = std::chrono::milliseconds(50);

// Draws of windows lie beside those of epochs, which are small numbers.
constexpr std::uint64_t kWindowNumbers = std::uint64_t{1} << 62;

// Names in the order of the window; what follows the last '/' says which shard it is.
std::string copyName(std::size_t i, const std::string& url) {
    const auto plain = url.substr(0, url.find('?'));
    auto name = url.starts_with("pipe:") ? "pipe.tar" : plain.substr(plain.rfind('/') + 1);
    if (name.size() > 100) name = hex(xxh3(name));
    if (!name.ends_with(".tar")) name += ".tar";
    return fmt::format("{:04}-{}", i, name);
}

}  // namespace

Result<std::unique_ptr<ShardStream>> ShardStream::open(const std::string& spec, ShardStreamOptions options) {
    std::unique_ptr<ShardStream> stream(new ShardStream(std::move(options)));
    auto& o = stream->options_;
    ATELIER_TRY(stream->urls_, expandShardSpec(spec));
    if (stream->urls_.empty()) return fail(ErrorCode::Data, "it names no shards", spec);
    std::error_code ignored;
    for (auto& url : stream->urls_)
        if (!isRemoteShard(url)) {
            if (url.starts_with("file:")) url = url.substr(5);
            url = fs::absolute(expandUser(url)).lexically_normal().string();
            if (fs::is_directory(url, ignored))
                return fail(ErrorCode::Config, "a folder cannot be read as a stream", url,
                            "Name its shards: " + url + "/{000000..000012}.tar.");
        }
    const bool drawn = o.plan.shuffle == Shuffle::Replacement;
    stream->fingerprint_ =
        hex(xxh3(join(stream->urls_, "\n") + fmt::format("\n{} {}", o.windowShards, drawn)));
    fs::remove_all(o.folder, ignored);  // of a process that was killed
    stream->begin(o.place.window);
    ATELIER_DO(stream->enter(o.place.window, o.place.first, o.reading.numbers.first - o.place.first));
    return stream;
}

ShardStream::~ShardStream() {
    cancelled_ = true;
    source_.reset();
    if (next_.valid()) next_.wait();
    std::error_code ignored;
    fs::remove_all(options_.folder, ignored);
}

fs::path ShardStream::folderOf(std::uint64_t window) const {
    return options_.folder / fmt::format("window-{}", window);
}

// Each pass is a permutation of the shards cut into windows; with replacement each window draws its own.
std::vector<std::string> ShardStream::shardsOf(std::uint64_t window) const {
    const std::uint64_t count = urls_.size(), wanted = std::min<std::uint64_t>(options_.windowShards, count);
    std::vector<std::string> shards;
    if (options_.plan.shuffle == Shuffle::Replacement) {
        const Random random(options_.plan.seed, RandomStream::Replacement, kWindowNumbers + window);
        for (std::uint64_t i = 0; i < wanted; ++i) shards.push_back(urls_[random.below(count, i)]);
        return shards;
    }
    const std::uint64_t perPass = (count + wanted - 1) / wanted, pass = window / perPass;
    const Permutation order(count, options_.plan.seed, kWindowNumbers + pass);
    const std::uint64_t place = window % perPass;  // windows of a pass differ by one shard at most
    for (std::uint64_t i = place * count / perPass; i < (place + 1) * count / perPass; ++i)
        shards.push_back(urls_[order(i)]);
    return shards;
}

Result<ShardStream::Index> ShardStream::bring(std::uint64_t window) {
    const fs::path folder = folderOf(window);
    ATELIER_DO(createDirectories(folder));
    std::vector<WantedShard> wanted;
    const auto shards = shardsOf(window);
    for (std::size_t i = 0; i < shards.size(); ++i) {
        const fs::path copy = folder / copyName(i, shards[i]);
        if (isRemoteShard(shards[i]))
            wanted.push_back({shards[i], copy});
        else
            ATELIER_DO(replaceSymlink(shards[i], copy));
    }
    std::vector<std::string> problems;
    if (!wanted.empty()) problems = options_.fetch(wanted, [this] { return cancelled_.load(); });
    if (cancelled_) return fail(ErrorCode::Cancelled, "cancelled", folder.string());
    const auto first = problems.empty() ? std::string() : problems.front();
    auto index = DatasetIndex::open(folder.string(), options_.dataset);
    if (index) problems.insert(problems.end(), (*index)->problems().begin(), (*index)->problems().end());
    const bool useful = index && (*index)->size() > 0;
    {
        const std::lock_guard lock(mutex_);
        problems_.insert(problems_.end(), problems.begin(), problems.end());
    }
    if (useful) return index;
    return fail(ErrorCode::Data,
                fmt::format("none of {} could be used{}", plural(shards.size(), "shard"),
                            first.empty() ? "" : ": " + first),
                "dataset.params.path",
                "When they can be reached again, the same command goes on from the last checkpoint.");
}

void ShardStream::begin(std::uint64_t window) {
    next_ = std::async(std::launch::async, [this, window] { return bring(window); });
}

// The window that is coming, once it is there, or why it cannot be used; an Error: the waiting was ended.
Result<Result<ShardStream::Index>> ShardStream::arrived() {
    const auto start = std::chrono::steady_clock::now();
    while (next_.wait_for(kTick) != std::future_status::ready)
        if (options_.goOn && !options_.goOn())
            return fail(ErrorCode::Cancelled, "stopped while shards were being fetched",
                        "dataset.params.path");
    waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    auto index = next_.get();
    std::vector<std::string> problems;
    {
        const std::lock_guard lock(mutex_);
        problems.swap(problems_);
    }
    if (options_.problem)
        for (const auto& problem : problems) options_.problem(problem);
    return index;
}

// Waits for the window that is coming, goes to its sample `offset`, and sends for the one after it. A window
// of which nothing can be used is passed over once; two of them mean that the shards cannot be reached.
Status ShardStream::enter(std::uint64_t window, std::uint64_t first, std::uint64_t offset) {
    ATELIER_TRY(auto index, arrived());
    if (!index) {
        const Error lost = index.error();
        if (offset > 0 || lost.code != ErrorCode::Data) return fail(lost);
        begin(++window);
        ATELIER_TRY(index, arrived());
        if (!index) return fail(lost);
    }
    auto plan = options_.plan;
    const Random random(plan.seed, RandomStream::Shuffle, kWindowNumbers + window);
    plan.seed = std::uint64_t{random.bits(0)} << 32 | random.bits(1);
    plan.shuffle = Shuffle::Full;
    auto reading = options_.reading;
    reading.numbers = {};
    reading.numbers.first = offset;
    if (source_) waited_ += source_->secondsWaited();
    source_.reset();
    std::error_code ignored;
    for (auto past = place_.window; index_ && past < window; ++past) fs::remove_all(folderOf(past), ignored);
    ATELIER_TRY(auto source, SampleSource::open(*index, plan, reading));
    source_ = std::make_unique<SampleSource>(std::move(source));
    index_ = *std::move(index);
    place_ = {window, first};
    at_ = offset;
    begin(window + 1);
    return {};
}

std::uint64_t ShardStream::pass() const {
    const std::uint64_t count = urls_.size(), wanted = std::min<std::uint64_t>(options_.windowShards, count);
    return place_.window / ((count + wanted - 1) / wanted);
}

Status ShardStream::skipWindow() {
    return enter(place_.window + 1, place_.first + index_->size(), 0);
}

Result<TrainSample> ShardStream::next() {
    if (error_) return fail(*error_);
    while (at_ >= index_->size())
        if (auto entered = enter(place_.window + 1, place_.first + index_->size(), at_ - index_->size());
            !entered) {
            error_ = entered.error();
            return fail(*error_);
        }
    ATELIER_TRY(auto sample, source_->next());
    ++at_;
    sample.number += place_.first;
    for (auto& dropped : sample.dropped) dropped.number += place_.first;
    return sample;
}

double ShardStream::secondsWaited() const {
    return waited_ + (source_ ? source_->secondsWaited() : 0);
}

}  // namespace atelier::data
