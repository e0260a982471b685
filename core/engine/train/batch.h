// SPDX-License-Identifier: GPL-3.0-or-later
// Decoded samples → tensors, and the random numbers that belong to them. Every draw is a function of (seed,
// sample number), so a batch can be made again from any point, on any device. Used by the training loop and
// its tasks.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/data/sample_source.h"
#include "core/engine/models/conditioning.h"

namespace atelier::train {

struct Batch {
    std::vector<std::uint64_t> numbers;  // global sample numbers
    std::vector<std::uint64_t> indices;  // which sample of the dataset
    std::vector<std::string> keys;
    std::vector<std::string> captions;  // empty where dropped out
    at::Tensor pixels_BCHW;             // uint8, CPU; undefined when the plan decodes no pictures
    at::Tensor condition_BCHW;          // uint8, CPU: condition pictures; undefined where there are none
    at::Tensor mask_BHW;                // uint8, CPU: 255 = to be painted anew, or counts; undefined: none
    std::vector<SizeCondition> sizes;   // of the pictures; crops and targets 0 when none are decoded
    bool validation = false;            // no caches, no class pictures: only what the samples are

    std::int64_t size() const { return static_cast<std::int64_t>(numbers.size()); }
};

// The next `size` samples; `onDropped` hears of every sample that could not be used. Data errors come
// through.
Result<Batch> nextBatch(data::SampleStream& source, std::int64_t size,
                        const std::function<void(const data::DroppedSample&)>& onDropped);
// The same from samples at hand.
Batch makeBatch(const std::vector<data::TrainSample>& samples);

// uint8 [B,3,H,W] → float32 −1…1 on the device.
at::Tensor normalizePixels(const at::Tensor& pixels_BCHW, at::Device device);

// Standard normals [B, shape…], row b from Random(seed, stream, numbers[b]); drawn on the CPU, then moved.
at::Tensor normalsFor(std::uint64_t seed, RandomStream stream, const std::vector<std::uint64_t>& numbers,
                      at::IntArrayRef shape, at::Device device);

}  // namespace atelier::train
