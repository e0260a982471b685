// SPDX-License-Identifier: GPL-3.0-or-later
// SampleOrder: number → sample of the dataset, as a pure function of (seed, number).
#include <algorithm>
#include <mutex>
#include <numeric>

#include "core/base/check.h"
#include "core/base/random.h"
#include "core/data/sample_source.h"

namespace atelier::data {
namespace {

// Separates the permutations of shards and of windows from that of all samples, and draws from stand-ins.
constexpr std::uint64_t kShardSalt = 0x73686172'64730000, kWindowSalt = 0x77696e64'6f770000,
                        kDrawSalt = 0x64726177'6e000000;

}  // namespace

// Shuffle::Windowed. In each epoch the shards are permuted, taken in groups of `perWindow`, and the samples
// inside a group are permuted: no window holds more than that many shards, and every sample comes once an
// epoch.
struct SampleOrder::Windows {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> shards;  // [first, last) samples; none empty
    std::uint64_t seed = 0;
    std::size_t perWindow = 1;

    struct Epoch {
        std::uint64_t number = ~std::uint64_t{0};
        std::vector<std::uint32_t> order;  // shards
        std::vector<std::uint64_t>
            positions;  // of the epoch's samples where each shard of `order` starts; one more
    };
    mutable std::mutex mutex;
    mutable std::shared_ptr<const Epoch> latest;  // epochs change rarely

    std::shared_ptr<const Epoch> epoch(std::uint64_t number) const {
        const std::lock_guard lock(mutex);
        if (latest && latest->number == number) return latest;
        auto made = std::make_shared<Epoch>();
        made->number = number;
        const Permutation permutation(shards.size(), seed ^ kShardSalt, number);
        made->positions.push_back(0);
        for (std::size_t i = 0; i < shards.size(); ++i) {
            made->order.push_back(static_cast<std::uint32_t>(permutation(i)));
            const auto [first, last] = shards[made->order.back()];
            made->positions.push_back(made->positions.back() + (last - first));
        }
        return latest = made;
    }

    std::uint64_t at(std::uint64_t epochNumber, std::uint64_t position) const {
        const auto e = epoch(epochNumber);
        const auto shardAt = [&](std::uint64_t p) {
            return static_cast<std::size_t>(std::upper_bound(e->positions.begin(), e->positions.end(), p) -
                                            e->positions.begin() - 1);
        };
        const std::size_t window = shardAt(position) / perWindow;
        const std::uint64_t begin = e->positions[window * perWindow];
        const std::uint64_t end = e->positions[std::min((window + 1) * perWindow, shards.size())];
        const Permutation permutation(end - begin, seed ^ kWindowSalt ^ (std::uint64_t{window} << 16),
                                      epochNumber);
        const std::uint64_t shuffled = begin + permutation(position - begin);
        const std::size_t shard = shardAt(shuffled);
        return shards[e->order[shard]].first + (shuffled - e->positions[shard]);
    }
};

SampleOrder::SampleOrder(const DatasetIndex& index, const TrainPlan& plan)
    : size_(index.size()), seed_(plan.seed), shuffle_(plan.shuffle) {
    ATELIER_CHECK(size_ > 0, "an order needs samples");
    if (shuffle_ != Shuffle::None) buckets_ = plan.buckets;
    if (shuffle_ != Shuffle::Windowed) return;
    auto windows = std::make_shared<Windows>();
    windows->seed = plan.seed;
    windows->perWindow = static_cast<std::size_t>(std::max(1, plan.windowShards));
    for (std::uint32_t shard = 0; shard < index.shards().size(); ++shard)
        if (const auto range = index.samplesOfShard(shard); range.first < range.second)
            windows->shards.push_back(range);
    windows_ = std::move(windows);
}

std::uint64_t SampleOrder::epoch(std::uint64_t number) const {
    return number / size_;
}

std::uint64_t SampleOrder::at(std::uint64_t number, unsigned attempt) const {
    if (buckets_) return buckets_->at(number, attempt);
    if (attempt > 0) return Random(seed_, RandomStream::Replacement, number).below(size_, attempt - 1);
    const std::uint64_t position = number % size_;
    switch (shuffle_) {
        case Shuffle::None:
            return position;
        case Shuffle::Full:
            return Permutation(size_, seed_, epoch(number))(position);
        case Shuffle::Replacement:
            return Random(seed_ ^ kDrawSalt, RandomStream::Replacement, number).below(size_, 0);
        case Shuffle::Windowed:
            return windows_->at(epoch(number), position);
    }
    return position;
}

}  // namespace atelier::data
