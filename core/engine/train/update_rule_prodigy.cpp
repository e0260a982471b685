// SPDX-License-Identifier: GPL-3.0-or-later
// Prodigy (Mishchenko & Defazio 2024, algorithm 4): AdamW whose steps are multiplied by d, a lower bound of
// the distance to the solution that is found on the way.
#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "core/engine/train/update_rule_parts.h"

namespace atelier::train {
namespace {

class Prodigy final : public UpdateRule {
  public:
    Prodigy(const OptimizerOptions& options, const std::vector<at::Tensor>& masters) : options_(options) {
        std::vector<at::Tensor> start;
        for (const auto& master : masters) start.push_back(master.detach().clone());
        moments_ = {{"exp_avg", zerosLike(masters)},
                    {"exp_avg_sq", zerosLike(masters)},
                    {"s", zerosLike(masters)},
                    {"p0", std::move(start)}};
        const auto scalar = [](double value) { return at::scalar_tensor(value, at::kDouble); };
        scalars_ = {{"d", scalar(options.firstDistance)}, {"d_numerator", scalar(0)}, {"k", scalar(0)}};
    }

    void step(const std::vector<at::Tensor>& masters, const std::vector<at::Tensor>& gradients,
              const std::vector<double>& learningRates, const at::Tensor& nonFinite) override {
        const double learningRate = *std::max_element(learningRates.begin(), learningRates.end());
        if (nonFinite.item<float>() != 0 || learningRate <= 0) return;
        const double d = value(kDistance), n = value(kUpdates) + 1;
        const double correction = options_.biasCorrection ? std::sqrt(1 - std::pow(options_.beta2, n)) /
                                                                (1 - std::pow(options_.beta1, n))
                                                          : 1;
        const double factor = d * correction;  // times a weight's learning rate: the length of its step
        const auto [alignment, size] = collect(masters, gradients, d, factor * learningRate);
        if (size == 0) return;  // no gradient so far
        const double numerator = value(kNumerator) * std::sqrt(options_.beta2) +
                                 d / options_.firstDistance * factor * learningRate * alignment;
        // d never shrinks: the largest estimate so far.
        const double now = std::max(d, options_.distanceFactor * numerator / size);
        set(kDistance, now);
        set(kNumerator, numerator);
        for (std::size_t i = 0; i < masters.size(); ++i) {
            if (!gradients[i].defined()) continue;
            at::Tensor weight = masters[i];
            const double length = factor * learningRates[i];
            const auto denominator = moments_[kSquare].second[i].sqrt().add_(now * options_.epsilon);
            if (options_.weightDecay != 0) weight.mul_(1 - length * options_.weightDecay);
            weight.addcdiv_(moments_[kMean].second[i], denominator, -length);
        }
        set(kUpdates, n);
    }

  private:
    enum Moment : std::size_t { kMean, kSquare, kSum, kStart };
    enum Scalar : std::size_t { kDistance, kNumerator, kUpdates };

    double value(Scalar which) const { return scalars_[which].second.item<double>(); }
    void set(Scalar which, double number) { scalars_[which].second.fill_(number); }

    // Adds the gradients to the moments; returns Σ⟨g, p₀ − p⟩ and Σ‖s‖₁ by one copy from the device.
    std::pair<double, double> collect(const std::vector<at::Tensor>& masters,
                                      const std::vector<at::Tensor>& gradients, double d, double length) {
        const double beta3 = std::sqrt(options_.beta2);
        const double share = d / options_.firstDistance * (options_.safeguardWarmup ? d : length);
        std::vector<at::Tensor> alignments, sizes;
        for (std::size_t i = 0; i < masters.size(); ++i) {
            if (!gradients[i].defined()) continue;
            const auto& g = gradients[i];
            alignments.push_back(at::dot(g.flatten(), (moments_[kStart].second[i] - masters[i]).flatten()));
            at::Tensor(moments_[kMean].second[i]).mul_(options_.beta1).add_(g, d * (1 - options_.beta1));
            at::Tensor(moments_[kSquare].second[i])
                .mul_(options_.beta2)
                .addcmul_(g, g, d * d * (1 - options_.beta2));
            sizes.push_back(at::Tensor(moments_[kSum].second[i]).mul_(beta3).add_(g, share).abs().sum());
        }
        if (sizes.empty()) return {0, 0};
        const auto sums =
            at::stack({at::stack(alignments).to(at::kDouble).sum(), at::stack(sizes).to(at::kDouble).sum()})
                .to(at::kCPU);
        return {sums[0].item<double>(), sums[1].item<double>()};
    }

    OptimizerOptions options_;
};

}  // namespace

std::unique_ptr<UpdateRule> makeProdigy(const OptimizerOptions& options,
                                        const std::vector<at::Tensor>& masters) {
    return std::make_unique<Prodigy>(options, masters);
}

}  // namespace atelier::train
