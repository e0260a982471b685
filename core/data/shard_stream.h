// SPDX-License-Identifier: GPL-3.0-or-later
// Training data that is too large for the disk: windows of shards that are fetched while the one before is
// trained on, mixed inside, and removed afterwards. The order is a pure function of the seed and of what is
// in the shards. Opened by the training loop (dataset.params.stream_shards).
#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/data/sample_source.h"

namespace atelier::data {

struct WantedShard {
    std::string url;  // s3://, gs://, http(s)://, pipe:
    fs::path target;
};
// Brings them; what could not be brought is said, one sentence each. Returns early when `cancelled` does.
using ShardFetcher = std::function<std::vector<std::string>(const std::vector<WantedShard>& shards,
                                                            const std::function<bool()>& cancelled)>;

// Where a stream stands: a checkpoint keeps it, since only shards that were opened say how many samples they
// have.
struct StreamPlace {
    std::uint64_t window = 0;
    std::uint64_t first = 0;  // global number of the window's first sample
};

struct ShardStreamOptions {
    DatasetOptions dataset;
    TrainPlan plan;               // Shuffle::Replacement: shards are drawn, else each comes once per pass
    SampleSourceOptions reading;  // numbers.first: where to go on, in the window of `place`
    std::uint64_t windowShards = 16;
    StreamPlace place;
    fs::path folder;  // for the copies; its present content is removed
    ShardFetcher fetch;
    std::function<void(const std::string&)> problem;  // shards that are passed over
    std::function<bool()> goOn;                       // asked while waiting; false: Cancelled
};

class ShardStream final : public SampleStream {
  public:
    // Waits for the first window. Errors: a specification that names nothing, a window of which nothing can
    // be used.
    static Result<std::unique_ptr<ShardStream>> open(const std::string& spec, ShardStreamOptions options);
    ~ShardStream() override;

    Result<TrainSample> next() override;
    double secondsWaited() const override;

    // Goes to the next window, whatever is left of this one.
    Status skipWindow();

    StreamPlace place() const { return place_; }  // of the sample that came last
    std::uint64_t pass() const;                   // how often all shards have come; not with replacement
    const std::shared_ptr<const DatasetIndex>& window() const { return index_; }
    // 16 hex digits over the shards' addresses and the options that decide the order.
    const std::string& fingerprint() const { return fingerprint_; }
    std::uint64_t shards() const { return urls_.size(); }

  private:
    using Index = std::shared_ptr<const DatasetIndex>;
    explicit ShardStream(ShardStreamOptions options) : options_(std::move(options)) {}

    fs::path folderOf(std::uint64_t window) const;
    std::vector<std::string> shardsOf(std::uint64_t window) const;
    Result<Index> bring(std::uint64_t window);  // on a thread of its own
    void begin(std::uint64_t window);
    Result<Result<Index>> arrived();
    Status enter(std::uint64_t window, std::uint64_t first, std::uint64_t offset);

    ShardStreamOptions options_;
    std::vector<std::string> urls_;
    std::string fingerprint_;
    StreamPlace place_;
    Index index_;
    std::unique_ptr<SampleSource> source_;
    std::uint64_t at_ = 0;  // inside the window
    double waited_ = 0;     // for windows, and in sources that are gone
    std::atomic<bool> cancelled_ = false;
    std::future<Result<Index>> next_;  // the window that was begun last
    std::mutex mutex_;
    std::vector<std::string> problems_;  // of the thread, told by next()
    std::optional<Error> error_;
};

}  // namespace atelier::data
