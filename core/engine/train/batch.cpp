// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/batch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cstring>

#include "core/base/check.h"

namespace atelier::train {

Result<Batch> nextBatch(data::SampleStream& source, std::int64_t size,
                        const std::function<void(const data::DroppedSample&)>& onDropped) {
    std::vector<data::TrainSample> samples;
    samples.reserve(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < size; ++i) {
        ATELIER_TRY(auto sample, source.next());
        for (const auto& dropped : sample.dropped)
            if (onDropped) onDropped(dropped);
        samples.push_back(std::move(sample));
    }
    return makeBatch(samples);
}

namespace {

// uint8 [B,3,H,W] of the samples' pictures, of one size.
at::Tensor stackPictures(const std::vector<data::TrainSample>& samples,
                         std::vector<std::uint8_t> data::TrainSample::*picture) {
    const auto width = samples.front().width, height = samples.front().height;
    auto stacked_BHWC = at::empty({static_cast<std::int64_t>(samples.size()), height, width, 3}, at::kByte);
    auto* target = stacked_BHWC.mutable_data_ptr<std::uint8_t>();
    for (const auto& sample : samples) {
        ATELIER_CHECK(sample.width == width && sample.height == height,
                      "one batch holds pictures of one size");
        std::memcpy(target, (sample.*picture).data(), (sample.*picture).size());
        target += (sample.*picture).size();
    }
    return stacked_BHWC.permute({0, 3, 1, 2});
}

at::Tensor stackMasks(const std::vector<data::TrainSample>& samples) {
    std::vector<at::Tensor> masks;
    for (const auto& sample : samples)
        masks.push_back(at::tensor(sample.mask, at::kByte).view({sample.height, sample.width}));
    return at::stack(masks);
}

}  // namespace

Batch makeBatch(const std::vector<data::TrainSample>& samples) {
    Batch batch;
    for (const auto& sample : samples) {
        batch.numbers.push_back(sample.number);
        batch.indices.push_back(sample.index);
        batch.keys.push_back(sample.key);
        batch.captions.push_back(sample.caption);
        batch.sizes.push_back({sample.originalHeight, sample.originalWidth, sample.cropTop, sample.cropLeft,
                               sample.height, sample.width});
    }
    if (samples.empty() || samples.front().pixels.empty()) return batch;
    batch.pixels_BCHW = stackPictures(samples, &data::TrainSample::pixels);
    if (!samples.front().condition.empty())
        batch.condition_BCHW = stackPictures(samples, &data::TrainSample::condition);
    if (!samples.front().mask.empty()) batch.mask_BHW = stackMasks(samples);
    return batch;
}

at::Tensor normalizePixels(const at::Tensor& pixels_BCHW, at::Device device) {
    return pixels_BCHW.to(device).to(at::kFloat).contiguous().mul_(1 / 127.5).sub_(1);
}

at::Tensor normalsFor(std::uint64_t seed, RandomStream stream, const std::vector<std::uint64_t>& numbers,
                      at::IntArrayRef shape, at::Device device) {
    std::vector<std::int64_t> sizes{static_cast<std::int64_t>(numbers.size())};
    sizes.insert(sizes.end(), shape.begin(), shape.end());
    auto noise = at::empty(sizes, at::kFloat);
    auto* data = noise.mutable_data_ptr<float>();
    const auto each = static_cast<std::size_t>(noise.numel()) / std::max<std::size_t>(numbers.size(), 1);
    at::parallel_for(
        0, static_cast<std::int64_t>(numbers.size()), 1, [&](std::int64_t begin, std::int64_t end) {
            for (auto b = static_cast<std::size_t>(begin); b < static_cast<std::size_t>(end); ++b)
                Random(seed, stream, numbers[b]).normals({data + b * each, each});
        });
    return noise.to(device);
}

}  // namespace atelier::train
