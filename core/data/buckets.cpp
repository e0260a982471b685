// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/buckets.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <thread>

#include "core/base/random.h"
#include "core/data/image_io.h"

namespace atelier::data {
namespace {

constexpr std::uint64_t kHeaderBytes = 16'384;  // where nearly every picture has said its size
// Separates the permutations of a bucket's samples and of an epoch's batches.
constexpr std::uint64_t kRowSalt = 0x6275636b'65740000, kBatchSalt = 0x62617463'68000000;

Size pictureSize(const DatasetIndex& index, std::uint64_t sample, const std::string& imageKey) {
    const auto member = index.find(sample, imageKey);
    if (!member) return {1, 1};
    for (const auto bytes : {std::min(member->size, kHeaderBytes), member->size}) {
        auto part = *member;
        part.size = bytes;
        const auto text = index.read(sample, part);
        if (!text) break;
        if (const auto info = probeImage(*text, fmt::format("x.{}", member->extension)))
            return {info->width, info->height};
        if (bytes == member->size) break;
    }
    return {1, 1};  // what cannot be read is dropped when its turn comes
}

double ratioOf(Size size) {
    return double(size.width) / double(size.height);
}

}  // namespace

std::vector<Size> bucketSizes(const BucketOptions& options) {
    std::vector<Size> all, sizes;
    const double area = double(options.resolution) * options.resolution;
    const int step = options.step;
    for (int width = step; double(width) * step <= area; width += step) {
        const double highest = std::min(area / width, width * options.maxRatio + 1e-6);
        const int height = static_cast<int>(highest / step) * step;
        if (height > 0 && width <= height * options.maxRatio + 1e-6) all.push_back({width, height});
    }
    for (const auto size : all)
        if (std::ranges::none_of(all, [&](Size other) {
                return other != size && other.width >= size.width && other.height >= size.height;
            }))
            sizes.push_back(size);
    return sizes;
}

std::size_t nearestBucket(const std::vector<Size>& sizes, Size picture) {
    const double ratio = std::log(ratioOf(picture));
    std::size_t best = 0;
    double smallest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        const double distance = std::abs(std::log(ratioOf(sizes[i])) - ratio);
        const bool larger = sizes[i].width * sizes[i].height > sizes[best].width * sizes[best].height;
        if (distance < smallest - 1e-12 || (distance <= smallest + 1e-12 && larger)) {
            best = i;
            smallest = distance;
        }
    }
    return best;
}

Size coverSize(Size picture, Size target) {
    const double factor =
        std::max(double(target.width) / picture.width, double(target.height) / picture.height);
    return {std::max(target.width, static_cast<int>(std::lround(picture.width * factor))),
            std::max(target.height, static_cast<int>(std::lround(picture.height * factor)))};
}

Buckets::Buckets(std::vector<Size> sizes, const std::vector<std::size_t>& bucketOfSample,
                 const BucketOptions& options)
    : options_(options) {
    std::vector<Row> all(sizes.size());
    for (std::size_t i = 0; i < sizes.size(); ++i) all[i].size = sizes[i];
    for (std::size_t i = 0; i < bucketOfSample.size(); ++i) all[bucketOfSample[i]].samples.push_back(i);
    std::stable_sort(all.begin(), all.end(),
                     [](const Row& a, const Row& b) { return a.samples.size() > b.samples.size(); });
    rowOf_.resize(bucketOfSample.size());
    for (auto& row : all) {
        if (row.samples.empty()) break;
        for (const auto sample : row.samples) rowOf_[sample] = static_cast<std::uint32_t>(rows_.size());
        rows_.push_back(std::move(row));
    }
}

Result<std::shared_ptr<const Buckets>> Buckets::make(const DatasetIndex& index, const std::string& imageKey,
                                                     const BucketOptions& options) {
    const auto sizes = bucketSizes(options);
    if (sizes.empty())
        return fail(ErrorCode::Config,
                    fmt::format("a resolution of {} has no sides that are multiples of {}",
                                options.resolution, options.step),
                    "dataset.params.bucket_step", "Make it smaller.");
    std::vector<std::size_t> bucketOfSample(index.size());
    std::atomic<std::uint64_t> next{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < std::max(1, options.threads); ++t)
        threads.emplace_back([&] {
            for (std::uint64_t i; (i = next++) < index.size();)
                bucketOfSample[i] = nearestBucket(sizes, pictureSize(index, i, imageKey));
        });
    for (auto& thread : threads) thread.join();
    return std::make_shared<const Buckets>(sizes, bucketOfSample, options);
}

std::uint64_t Buckets::batchesBefore(std::uint64_t epoch) const {
    std::uint64_t count = 0;
    for (const auto& row : rows_) count += epoch * row.samples.size() / options_.batch;
    return count;
}

std::shared_ptr<const Buckets::Epoch> Buckets::epoch(std::uint64_t number) const {
    const std::lock_guard lock(mutex_);
    if (latest_ && latest_->number == number) return latest_;
    auto made = std::make_shared<Epoch>();
    made->number = number;
    made->first = batchesBefore(number);
    std::vector<Batch> inTurn;  // bucket after bucket
    for (std::size_t row = 0; row < rows_.size(); ++row) {
        const auto size = rows_[row].samples.size();
        for (auto i = number * size / options_.batch; i < (number + 1) * size / options_.batch; ++i)
            inTurn.push_back({row, i});
    }
    // Which bucket is next is drawn; each gives its batches in their order.
    std::vector<std::uint64_t> next(rows_.size());
    for (std::size_t row = 0; row < rows_.size(); ++row)
        next[row] = number * rows_[row].samples.size() / options_.batch;
    const Permutation mixed(inTurn.size(), options_.seed ^ kBatchSalt, number);
    for (std::size_t i = 0; i < inTurn.size(); ++i) {
        const auto row = inTurn[mixed(i)].row;
        made->batches.push_back({row, next[row]++});
    }
    return latest_ = made;
}

Buckets::Batch Buckets::batchAt(std::uint64_t number) const {
    // An epoch has no more batches than its samples fill, so that this is never beyond the one sought.
    std::uint64_t at = number * options_.batch / rowOf_.size();
    while (batchesBefore(at + 1) <= number) ++at;
    const auto found = epoch(at);
    return found->batches[number - found->first];
}

std::uint64_t Buckets::at(std::uint64_t number, unsigned attempt) const {
    const auto batch = batchAt(number / options_.batch);
    const auto& samples = rows_[batch.row].samples;
    const auto size = static_cast<std::uint64_t>(samples.size());
    if (attempt > 0)
        return samples[Random(options_.seed, RandomStream::Replacement, number).below(size, attempt - 1)];
    const auto place = batch.index * options_.batch + number % options_.batch;
    const Permutation pass(size, options_.seed ^ kRowSalt ^ (std::uint64_t{batch.row} << 20), place / size);
    return samples[pass(place % size)];
}

}  // namespace atelier::data
