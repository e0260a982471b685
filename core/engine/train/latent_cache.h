// SPDX-License-Identifier: GPL-3.0-or-later
// The autoencoder's moments of every picture of a dataset, encoded once. Each picture is encoded alone, so
// that its moments are a function of the picture and the autoencoder, whatever was in the cache before and
// whoever else fills it. Used by the text-to-image task.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/train/task.h"
#include "core/engine/train/tensor_cache.h"

namespace atelier::train {

struct CachedPicture {
    at::Tensor moments_LHW;  // [2L,h,w]
    at::Tensor mask_1HW;     // weights of the loss; undefined without masks
    SizeCondition size;
};

class LatentCache {
  public:
    // `encoder`: what the moments depend on besides the picture. `encode`: a batch of one.
    LatentCache(const Settings& settings, TensorCache store, std::string encoder,
                std::shared_ptr<const data::DatasetIndex> index, const data::TrainPlan& plan,
                std::function<CachedPicture(const Batch&)> encode);

    // Encodes what is not there yet. Pictures that cannot be read stay out. Errors: no room for all of them
    // (Config), Cancelled.
    Status fill(const PrepareProgress& progress);
    // The picture of row `i`. What is not there (removed meanwhile, torn) is encoded again; for a picture
    // that cannot be read its stand-in, which follows from (seed, number), with its caption.
    Result<CachedPicture> picture(const Batch& batch, std::size_t i, std::string& caption);
    // Why something could not be kept, once; the run goes on without.
    std::optional<Error> takeProblem() { return std::exchange(problem_, std::nullopt); }

  private:
    Status identify(const PrepareProgress& progress);
    std::optional<CachedPicture> stored(std::uint64_t sample) const;
    CachedPicture encodeAndKeep(const data::TrainSample& sample);

    const Settings& settings_;
    TensorCache store_;
    std::string encoder_;
    std::shared_ptr<const data::DatasetIndex> index_;
    data::TrainPlan plan_;
    data::SampleOrder order_;
    std::function<CachedPicture(const Batch&)> encode_;
    std::vector<std::string> keys_;  // of every sample; empty: it cannot be read
    std::optional<Error> problem_;
    bool told_ = false;
};

}  // namespace atelier::train
