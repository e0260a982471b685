// SPDX-License-Identifier: GPL-3.0-or-later
// Training data: decoded, resized and cropped pictures with captions, in an order that is a pure function of
// (seed, sample number). Several decode threads, bounded memory, ordered output. Torch-free;
// core/engine/train makes tensors of it, the audit calls loadTrainSample for single numbers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/buckets.h"
#include "core/data/color_jitter.h"
#include "core/data/dataset_index.h"

namespace atelier::data {

enum class Shuffle {
    None,         // order of the shards, again every epoch
    Full,         // a permutation of all samples per epoch
    Replacement,  // each number draws one of all samples, whatever was drawn before
    Windowed,  // shards permuted, samples permuted inside windows of shards: sequential reads for slow disks
};
enum class Crop { Center, Random, Smart };  // smart: saliency.h
enum class CaptionLines {
    All,
    First,
    Random
};  // a caption file with several lines: as is, its first, one drawn

// The train plan (DESIGN §13): what happens to sample number n is a function of these, the dataset and n.
struct TrainPlan {
    std::uint64_t seed = 0;
    Shuffle shuffle = Shuffle::Full;
    int windowShards = 16;  // Shuffle::Windowed
    int resolution = 512;   // square, pixels
    std::shared_ptr<const Buckets>
        buckets;  // sizes and order of their own, unless shuffle is None; null: squares
    Crop crop = Crop::Center;
    double flipProbability = 0.0;  // horizontal
    ColorJitter jitter;
    double captionDropout = 0.0;  // probability of the empty caption
    CaptionLines captionLines = CaptionLines::All;
    std::vector<std::string> captionsInstead;  // one of them, drawn, instead of a sample's own; empty: none
    std::vector<std::string> captionWords;     // a caption that has none of them begins with the first
    bool shuffleTags = false;                  // the parts between commas, in an order drawn for every visit
    int keepTags = 0;                          // the first so many keep their place and are never dropped
    double tagDropout = 0.0;                   // probability of leaving out each other tag
    std::string captionPrefix, captionSuffix;  // around every caption that is not dropped, as they are
    bool needCaption = true;   // a sample without one is dropped; otherwise its caption is empty
    bool decodeImages = true;  // false: captions and keys only (cached latents)
    std::string imageKey = "jpg;png;jpeg;webp";  // first present wins
    std::string captionKey = "txt";
    std::map<std::string, std::string> classPrompts;  // not empty: the caption is that of the member "cls"
    // A mask of each sample, in the picture's geometry: one of these members (a sample without it is
    // dropped), or one drawn at random (masks.h); neither: none.
    std::string maskKey;
    bool maskMayBeAbsent = false;  // then it is white: masks that only weigh the loss
    struct RandomMask {
        double whole = 0.25;  // probability of the whole picture
    };
    std::optional<RandomMask> randomMask;
    bool maskIsLabels =
        false;  // numbers of things, scaled by nearest neighbours; 0 where conditionDropout drops it
    // A condition picture of each sample, scaled, cropped and flipped as the picture is: one of these members
    // (a sample without it is dropped), or one that is computed from the picture; neither: none.
    std::string conditionKey;
    struct Canny {
        double low = 100, high = 200;
    };
    std::optional<Canny> canny;
    int coarseFactor = 0;                   // condition_filters.h; 0: not this one
    bool shapes = false;                    // the same
    double conditionDropout = 0.0;          // probability of a black one, or of a mask of labels without any
    std::uint64_t maxPixels = 300'000'000;  // as a dataset build; larger ones are refused before decoding
};

// Why a drawn sample was not used; the caller turns it into a `sample_dropped` event.
struct DroppedSample {
    std::uint64_t number = 0;
    std::string key;
    std::string shard;
    std::string reason;
};

struct TrainSample {
    std::uint64_t number = 0;  // global sample number; epoch = number / dataset size
    std::uint64_t index = 0;   // which sample of the dataset (after replacement)
    std::string key;
    std::string shard;                          // path of the shard
    std::string caption;                        // "" when dropped out
    std::string captionFull;                    // as stored, before dropout
    int width = 0, height = 0;                  // of `pixels`
    int originalWidth = 0, originalHeight = 0;  // of the stored picture (json original_* when given)
    int cropTop = 0, cropLeft = 0;              // in the resized (and, where it is, flipped) picture, pixels
    bool flipped = false;
    std::vector<std::uint8_t> pixels;     // RGB8, HWC, height*width*3; empty without decodeImages
    std::vector<std::uint8_t> mask;       // grey 8, height*width; empty where the plan asks for none
    std::vector<std::uint8_t> condition;  // as pixels; empty where the plan asks for none
    std::vector<DroppedSample> dropped;   // samples tried for this number before this one
};

// Which sample of the dataset is number n: a pure function of (plan.seed, n). Cheap to copy.
class SampleOrder {
  public:
    SampleOrder(const DatasetIndex& index, const TrainPlan& plan);
    std::uint64_t epoch(std::uint64_t number) const;
    // Index into the dataset for a number; `attempt` > 0 gives the stand-ins for a dropped sample.
    std::uint64_t at(std::uint64_t number, unsigned attempt = 0) const;

  private:
    struct Windows;
    std::uint64_t size_;
    std::uint64_t seed_;
    Shuffle shuffle_;
    std::shared_ptr<const Windows> windows_;
    std::shared_ptr<const Buckets> buckets_;
};

// One sample, synchronously. Errors only when no stand-in could be used either.
Result<TrainSample> loadTrainSample(const DatasetIndex& index, const TrainPlan& plan,
                                    const SampleOrder& order, std::uint64_t number);

// Sample `sample` of the dataset as its own number draws it, without stand-ins: what a cache is filled with.
Result<TrainSample> loadSample(const DatasetIndex& index, const TrainPlan& plan, std::uint64_t sample);
// Everything that the prepared picture (and its mask, and the sizes that are told of it) depends on, as one
// line: the plan's geometry, and hashes of the bytes. Plans whose crop, mirroring or colours are drawn have
// none. Errors as DatasetIndex::read.
Result<std::string> preparedIdentity(const DatasetIndex& index, const TrainPlan& plan, std::uint64_t sample);

// The numbers one rank needs: blocks of `block` numbers, `stride` apart. Rank r of W with batch B starting at
// image N: {N + r·B, B, W·B}. The default is every number from `first` on.
struct NumberSequence {
    std::uint64_t first = 0;
    std::uint64_t block = 1;
    std::uint64_t stride = 1;
    std::uint64_t at(std::uint64_t k) const { return first + (k / block) * stride + k % block; }
};

struct SampleSourceOptions {
    int threads = 2;
    int prefetch = 64;  // finished samples held at most: memory ≤ prefetch · resolution² · 3 bytes + decoding
    NumberSequence numbers;
};

// Endless samples in order, whatever is behind them.
class SampleStream {
  public:
    virtual ~SampleStream() = default;
    // Waits for the next sample of the sequence. An Error repeats on every later call.
    virtual Result<TrainSample> next() = 0;
    // Seconds that next() spent waiting so far (the `data` share of the timing event).
    virtual double secondsWaited() const = 0;
};

// The sequence of samples does not depend on `threads` or `prefetch`.
class SampleSource final : public SampleStream {
  public:
    static Result<SampleSource> open(std::shared_ptr<const DatasetIndex> index, const TrainPlan& plan,
                                     const SampleSourceOptions& options);
    SampleSource(SampleSource&&) noexcept;
    SampleSource& operator=(SampleSource&&) noexcept;
    ~SampleSource() override;

    Result<TrainSample> next() override;
    double secondsWaited() const override;

  private:
    struct State;
    explicit SampleSource(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace atelier::data
