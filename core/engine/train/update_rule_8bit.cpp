// SPDX-License-Identifier: GPL-3.0-or-later
// AdamW with moments of 8 bit: block-wise dynamic quantisation (Dettmers et al. 2022, "8-bit Optimizers via
// Block-wise Quantization", §2; the number format: Dettmers 2016). Two bytes and 1/32 per weight instead of
// eight.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/engine/train/update_rule_parts.h"

namespace atelier::train {
namespace {

constexpr std::int64_t kBlock = 256;      // numbers that share a scale
constexpr std::int64_t kSmallest = 4096;  // weights below this keep float32 moments
constexpr int kDecades = 7;

// The 256 numbers of the format in −1 … 1 (signed) or 0 … 1: each decade 10⁻⁶ … 1 is split evenly, the
// highest one into the most parts; and 0 and 1.
std::vector<float> dynamicNumbers(bool isSigned) {
    std::vector<float> numbers{0.0F, 1.0F};
    for (int decade = 0; decade < kDecades; ++decade) {
        const int parts = 1 << (isSigned ? decade : decade + 1);
        const double scale = std::pow(10.0, decade - (kDecades - 1));
        for (int i = 0; i < parts; ++i) {
            const double middle = 0.1 + 0.9 * (i + 0.5) / parts;
            numbers.push_back(static_cast<float>(scale * middle));
            if (isSigned) numbers.push_back(static_cast<float>(-scale * middle));
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

class Codebook {
  public:
    explicit Codebook(bool isSigned, at::Device device) {
        const auto numbers = at::tensor(dynamicNumbers(isSigned), at::kFloat);
        boundaries_ = ((numbers.slice(0, 1) + numbers.slice(0, 0, -1)) / 2).to(device);
        numbers_ = numbers.to(device);
    }
    // Float32 of the shape of `codes`; `largest`: one per block.
    at::Tensor decode(const at::Tensor& codes, const at::Tensor& largest) const {
        const auto n = codes.numel();
        const auto values = numbers_.index_select(0, codes.flatten().to(at::kInt));
        return (blocks(values) * largest.unsqueeze(1)).flatten().slice(0, 0, n).view(codes.sizes());
    }
    // Each number over the largest of its block becomes the nearest of the format.
    void encode(const at::Tensor& values, at::Tensor codes, at::Tensor largest) const {
        const auto rows = blocks(values.flatten());
        largest.copy_(rows.abs().amax(1));
        const auto scale = at::where(largest > 0, largest.reciprocal(), at::zeros_like(largest));
        const auto nearest = at::bucketize(rows * scale.unsqueeze(1), boundaries_, /*out_int32=*/true);
        codes.copy_(nearest.flatten().slice(0, 0, values.numel()).view(values.sizes()));
    }

  private:
    // [n] → [⌈n/256⌉, 256], zeros behind the end.
    static at::Tensor blocks(const at::Tensor& flat) {
        const auto rest = (kBlock - flat.numel() % kBlock) % kBlock;
        return (rest ? at::constant_pad_nd(flat, {0, rest}) : flat).view({-1, kBlock});
    }
    at::Tensor numbers_, boundaries_;
};

class AdamW8bit final : public PerWeight {
  public:
    AdamW8bit(const OptimizerOptions& options, const std::vector<at::Tensor>& masters)
        : options_(options), mean_(true, masters.front().device()), square_(false, masters.front().device()) {
        std::vector<at::Tensor> mean, square, meanLargest, squareLargest, steps;
        for (const auto& master : masters) {
            const bool small = master.numel() < kSmallest;
            const auto zeros = at::zeros_like(master, master.options().dtype(small ? at::kFloat : at::kByte),
                                              at::MemoryFormat::Contiguous);
            const auto largest =
                small ? at::Tensor() : at::zeros({(master.numel() + kBlock - 1) / kBlock}, master.options());
            mean.push_back(zeros);
            square.push_back(zeros.clone());
            meanLargest.push_back(largest);
            squareLargest.push_back(small ? at::Tensor() : largest.clone());
            steps.push_back(at::zeros({}, at::kFloat));  // on the CPU: read at every update
        }
        moments_ = {{"exp_avg", std::move(mean)},
                    {"exp_avg_sq", std::move(square)},
                    {"exp_avg_max", std::move(meanLargest)},
                    {"exp_avg_sq_max", std::move(squareLargest)},
                    {"step", std::move(steps)}};
    }

  private:
    void move(std::size_t i, at::Tensor weight, const at::Tensor& gradient, double learningRate) override {
        const double n = moments_[4].second[i].add_(1).item<double>();
        const auto &meanCodes = moments_[0].second[i], &squareCodes = moments_[1].second[i];
        const auto &meanLargest = moments_[2].second[i], &squareLargest = moments_[3].second[i];
        const bool small = !meanLargest.defined();
        at::Tensor mean = small ? meanCodes : mean_.decode(meanCodes, meanLargest);
        at::Tensor square = small ? squareCodes : square_.decode(squareCodes, squareLargest);
        mean.mul_(options_.beta1).add_(gradient, 1 - options_.beta1);
        square.mul_(options_.beta2).addcmul_(gradient, gradient, 1 - options_.beta2);
        const auto denominator =
            (square.sqrt() / std::sqrt(1 - std::pow(options_.beta2, n))).add_(options_.epsilon);
        if (options_.weightDecay != 0) weight.mul_(1 - learningRate * options_.weightDecay);
        weight.addcdiv_(mean, denominator, -learningRate / (1 - std::pow(options_.beta1, n)));
        if (small) return;
        mean_.encode(mean, meanCodes, meanLargest);
        square_.encode(square, squareCodes, squareLargest);
    }

    OptimizerOptions options_;
    Codebook mean_, square_;
};

}  // namespace

std::unique_ptr<UpdateRule> makeAdamW8bit(const OptimizerOptions& options,
                                          const std::vector<at::Tensor>& masters) {
    return std::make_unique<AdamW8bit>(options, masters);
}

}  // namespace atelier::train
