// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/latent_cache.h"

#include <ATen/ATen.h>

#include <unordered_set>

#include "core/data/ordered_pool.h"

namespace atelier::train {
namespace {

constexpr const char* kSetting = "dataset.params.latent_cache";

NamedTensors tensorsOf(const CachedPicture& picture) {
    const auto& s = picture.size;
    NamedTensors tensors{
        {"moments", picture.moments_LHW},
        {"size", at::tensor(std::vector<std::int64_t>{s.originalHeight, s.originalWidth, s.cropTop,
                                                      s.cropLeft, s.targetHeight, s.targetWidth},
                            at::kLong)}};
    if (picture.mask_1HW.defined()) tensors.emplace_back("mask", picture.mask_1HW);
    return tensors;
}

CachedPicture pictureOf(const NamedTensors& tensors) {
    CachedPicture picture;
    for (const auto& [name, tensor] : tensors) {
        if (name == "moments") picture.moments_LHW = tensor;
        if (name == "mask") picture.mask_1HW = tensor;
        if (name != "size") continue;
        const auto* n = tensor.const_data_ptr<std::int64_t>();
        int* const fields[] = {&picture.size.originalHeight, &picture.size.originalWidth,
                               &picture.size.cropTop,        &picture.size.cropLeft,
                               &picture.size.targetHeight,   &picture.size.targetWidth};
        for (int* field : fields) *field = static_cast<int>(*n++);
    }
    return picture;
}

}  // namespace

LatentCache::LatentCache(const Settings& settings, TensorCache store, std::string encoder,
                         std::shared_ptr<const data::DatasetIndex> index, const data::TrainPlan& plan,
                         std::function<CachedPicture(const Batch&)> encode)
    : settings_(settings),
      store_(std::move(store)),
      encoder_(std::move(encoder)),
      index_(std::move(index)),
      plan_(plan),
      order_(*index_, plan_),
      encode_(std::move(encode)) {}

// The key of every sample, by reading its picture's bytes.
Status LatentCache::identify(const PrepareProgress& progress) {
    const auto total = static_cast<std::int64_t>(index_->size());
    std::int64_t done = 0;
    const data::PoolWork<std::string> work{
        .produce = [&](std::size_t i) -> std::string {
            const auto identity = data::preparedIdentity(*index_, plan_, i);
            return identity ? encoder_ + " " + *identity : std::string();
        },
        .consume = [&](std::size_t i, std::string&& key) -> Status {
            keys_[i] = std::move(key);
            ++done;
            return {};
        },
        .keepGoing = [&] { return !progress || progress("cache", 0, total); },
        .making = [](std::size_t) { return std::uint64_t{0}; },
        .waiting = [](const std::string&) { return std::uint64_t{0}; }};
    keys_.assign(index_->size(), {});
    return data::OrderedPool<std::string>(
               index_->size(), {.threads = settings_.workers, .window = 256, .memory = UINT64_MAX}, work)
        .run();
}

Status LatentCache::fill(const PrepareProgress& progress) {
    const at::NoGradGuard noGrad;
    ATELIER_DO(identify(progress));
    std::vector<std::uint64_t> missing;
    std::unordered_set<std::string_view> wanted;  // a picture that is there twice is encoded once
    for (std::uint64_t i = 0; i < keys_.size(); ++i)
        if (!keys_[i].empty() && wanted.insert(keys_[i]).second && !store_.has(keys_[i]))
            missing.push_back(i);
    const auto total = static_cast<std::int64_t>(wanted.size());
    auto done = total - static_cast<std::int64_t>(missing.size());
    bool measured = false;
    const data::PoolWork<Result<data::TrainSample>> work{
        .produce = [&](std::size_t i) { return data::loadSample(*index_, plan_, missing[i]); },
        .consume = [&](std::size_t, Result<data::TrainSample>&& sample) -> Status {
            ++done;
            if (!sample) return {};  // the training loop says so when it comes to it
            const auto picture = encodeAndKeep(*sample);
            if (std::exchange(measured, true)) return {};
            return store_.checkRoom(picture.moments_LHW.nbytes() * (missing.size() - 1), missing.size() - 1,
                                    kSetting);
        },
        .keepGoing = [&] { return !progress || progress("cache", done, total); },
        .making = [](std::size_t) { return std::uint64_t{0}; },
        .waiting = [](const auto&) { return std::uint64_t{0}; }};
    const data::PoolLimits limits{.threads = settings_.workers, .window = 32, .memory = UINT64_MAX};
    ATELIER_DO(data::OrderedPool<Result<data::TrainSample>>(missing.size(), limits, work).run());
    if (progress && !progress("cache", total, total))
        return fail(ErrorCode::Cancelled, "caching latents was cancelled");
    return {};
}

std::optional<CachedPicture> LatentCache::stored(std::uint64_t sample) const {
    const auto& key = keys_[sample];
    if (key.empty()) return std::nullopt;
    const auto tensors = store_.get(key);
    return tensors ? std::optional(pictureOf(*tensors)) : std::nullopt;
}

CachedPicture LatentCache::encodeAndKeep(const data::TrainSample& sample) {
    auto picture = encode_(makeBatch({sample}));
    if (const auto& key = keys_[sample.index]; !key.empty())
        if (const auto kept = store_.put(key, tensorsOf(picture)); !kept && !std::exchange(told_, true))
            problem_ = kept.error();
    return picture;
}

Result<CachedPicture> LatentCache::picture(const Batch& batch, std::size_t i, std::string& caption) {
    if (auto found = stored(batch.indices[i])) return *std::move(found);
    ATELIER_TRY(const auto sample, data::loadTrainSample(*index_, plan_, order_, batch.numbers[i]));
    caption = sample.caption;
    if (sample.index != batch.indices[i])
        if (auto found = stored(sample.index)) return *std::move(found);
    return encodeAndKeep(sample);
}

}  // namespace atelier::train
