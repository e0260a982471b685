// SPDX-License-Identifier: GPL-3.0-or-later
// Aspect-ratio buckets: pictures keep their proportions, and one batch holds pictures of one size. Which
// samples make up batch t is a pure function of (seed, t); every sample comes once before any comes again.
// Used by the training loop through TrainPlan.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/data/dataset_index.h"
#include "core/data/resize.h"

namespace atelier::data {

struct BucketOptions {
    int resolution = 512;     // a bucket has at most resolution² pixels
    int step = 64;            // sides are multiples of it
    double maxRatio = 2;      // long side over short side; longer pictures are cut
    std::uint64_t batch = 1;  // samples of one size in a row
    std::uint64_t seed = 0;
    int threads = 2;  // for reading the pictures' headers
};

// Every size of that kind that no wider or higher one contains, from the highest to the widest.
std::vector<Size> bucketSizes(const BucketOptions& options);
// The size whose proportions are nearest to the picture's (by the quotient), of equal ones the larger.
std::size_t nearestBucket(const std::vector<Size>& sizes, Size picture);
// The picture scaled so that it just covers the target.
Size coverSize(Size picture, Size target);

class Buckets {
  public:
    struct Row {
        Size size;
        std::vector<std::uint64_t> samples;
    };
    // Reads the size of every picture (`imageKey`: alternatives, as TrainPlan's). Pictures that cannot be
    // read count as squares. Errors (Config): sizes that do not exist.
    static Result<std::shared_ptr<const Buckets>> make(const DatasetIndex& index, const std::string& imageKey,
                                                       const BucketOptions& options);
    // From the bucket of every sample; for tests.
    Buckets(std::vector<Size> sizes, const std::vector<std::size_t>& bucketOfSample,
            const BucketOptions& options);

    // Buckets that hold something, the fullest first.
    const std::vector<Row>& rows() const { return rows_; }
    Size sizeOf(std::uint64_t sample) const { return rows_[rowOf_[sample]].size; }

    // Sample number `number` is place number % batch of batch number / batch. A bucket's samples are shuffled
    // anew for every pass over it, and what does not fill a batch waits for the next epoch: in epoch e a
    // bucket of n samples gives ⌊(e+1)n/batch⌋ − ⌊en/batch⌋ batches, and the batches of an epoch are
    // shuffled. `attempt` > 0: stand-ins for a sample that cannot be used, of the same bucket.
    std::uint64_t at(std::uint64_t number, unsigned attempt = 0) const;

  private:
    struct Batch {
        std::size_t row = 0;
        std::uint64_t index = 0;  // of the bucket's batches
    };
    // The batches of an epoch in their order.
    struct Epoch {
        std::uint64_t number = 0;
        std::uint64_t first = 0;  // batches before it
        std::vector<Batch> batches;
    };
    std::uint64_t batchesBefore(std::uint64_t epoch) const;
    std::shared_ptr<const Epoch> epoch(std::uint64_t number) const;
    Batch batchAt(std::uint64_t number) const;

    BucketOptions options_;
    std::vector<Row> rows_;
    std::vector<std::uint32_t> rowOf_;  // of every sample
    mutable std::mutex mutex_;
    mutable std::shared_ptr<const Epoch> latest_;  // epochs change rarely
};

}  // namespace atelier::data
