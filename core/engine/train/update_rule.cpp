// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/update_rule.h"

#include <ATen/ATen.h>

#include <cmath>
#include <map>

#include "core/engine/train/update_rule_parts.h"

namespace atelier::train {

std::vector<at::Tensor> zerosLike(const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> result;
    result.reserve(tensors.size());
    for (const auto& tensor : tensors) result.push_back(at::zeros_like(tensor));
    return result;
}

void PerWeight::step(const std::vector<at::Tensor>& masters, const std::vector<at::Tensor>& gradients,
                     const std::vector<double>& learningRates, const at::Tensor& nonFinite) {
    if (nonFinite.item<float>() != 0) return;
    for (std::size_t i = 0; i < masters.size(); ++i)
        if (gradients[i].defined()) move(i, masters[i], gradients[i], learningRates[i]);
}

namespace {

std::vector<at::Tensor> zeroScalars(const std::vector<at::Tensor>& masters) {
    std::vector<at::Tensor> result;
    for (const auto& master : masters) result.push_back(at::zeros({}, master.options().dtype(at::kFloat)));
    return result;
}

// LibTorch's fused kernel, one call per learning rate: no host synchronisation.
class AdamW final : public UpdateRule {
  public:
    AdamW(const OptimizerOptions& options, const std::vector<at::Tensor>& masters) : options_(options) {
        moments_ = {{"exp_avg", zerosLike(masters)},
                    {"exp_avg_sq", zerosLike(masters)},
                    {"step", zeroScalars(masters)}};
    }

    void step(const std::vector<at::Tensor>& masters, const std::vector<at::Tensor>& gradients,
              const std::vector<double>& learningRates, const at::Tensor& nonFinite) override {
        struct Group {
            std::vector<at::Tensor> masters, gradients, expAvg, expAvgSq, steps;
        };
        std::map<double, Group> groups;
        for (std::size_t i = 0; i < masters.size(); ++i) {
            if (!gradients[i].defined()) continue;
            auto& group = groups[learningRates[i]];
            group.masters.push_back(masters[i]);
            // The kernel wants the parameter's memory order; a layout that autograd chose otherwise is
            // copied.
            group.gradients.push_back(gradients[i].strides() == masters[i].strides()
                                          ? gradients[i]
                                          : at::empty_like(masters[i]).copy_(gradients[i]));
            group.expAvg.push_back(moments_[0].second[i]);
            group.expAvgSq.push_back(moments_[1].second[i]);
            group.steps.push_back(moments_[2].second[i]);
        }
        for (auto& [learningRate, g] : groups) {
            at::_foreach_add_(g.steps, 1);
            at::_fused_adamw_(g.masters, g.gradients, g.expAvg, g.expAvgSq, /*max_exp_avg_sqs=*/{}, g.steps,
                              learningRate, options_.beta1, options_.beta2, options_.weightDecay,
                              options_.epsilon, /*amsgrad=*/false, /*maximize=*/false, /*grad_scale=*/{},
                              nonFinite);
            at::_foreach_sub_(g.steps, std::vector<at::Tensor>(g.steps.size(), nonFinite));
        }
    }

  private:
    OptimizerOptions options_;
};

class Lion final : public PerWeight {
  public:
    Lion(const OptimizerOptions& options, const std::vector<at::Tensor>& masters) : options_(options) {
        moments_ = {{"exp_avg", zerosLike(masters)}};
    }

  private:
    void move(std::size_t i, at::Tensor weight, const at::Tensor& gradient, double learningRate) override {
        at::Tensor momentum = moments_[0].second[i];
        const auto direction = at::lerp(gradient, momentum, options_.beta1).sign_();
        weight.mul_(1 - learningRate * options_.weightDecay).add_(direction, -learningRate);
        momentum.lerp_(gradient, 1 - options_.beta2);
    }
    OptimizerOptions options_;
};

class Sgd final : public PerWeight {
  public:
    Sgd(const OptimizerOptions& options, const std::vector<at::Tensor>& masters) : options_(options) {
        if (options.momentum != 0) moments_ = {{"momentum_buffer", zerosLike(masters)}};
    }

  private:
    // From a buffer of zeros the first update is the gradient itself, as torch.optim.SGD begins.
    void move(std::size_t i, at::Tensor weight, const at::Tensor& gradient, double learningRate) override {
        at::Tensor direction = gradient;
        if (options_.weightDecay != 0) direction = direction.add(weight, options_.weightDecay);
        if (options_.momentum != 0) direction = moments_[0].second[i].mul_(options_.momentum).add_(direction);
        weight.add_(direction, -learningRate);
    }
    OptimizerOptions options_;
};

// Second moments of a matrix as a row and a column; of a vector as they are.
class Adafactor final : public PerWeight {
  public:
    Adafactor(const OptimizerOptions& options, const std::vector<at::Tensor>& masters) : options_(options) {
        std::vector<at::Tensor> rows, columns, whole;
        for (const auto& master : masters) {
            const bool factored = master.dim() >= 2;
            auto columnShape = master.sizes().vec();
            if (factored) columnShape.erase(columnShape.end() - 2);
            rows.push_back(
                factored ? at::zeros(master.sizes().slice(0, static_cast<std::size_t>(master.dim() - 1)),
                                     master.options())
                         : at::Tensor());
            columns.push_back(factored ? at::zeros(columnShape, master.options()) : at::Tensor());
            whole.push_back(factored ? at::Tensor() : at::zeros_like(master));
        }
        moments_ = {{"exp_avg_sq_row", std::move(rows)},
                    {"exp_avg_sq_col", std::move(columns)},
                    {"exp_avg_sq", std::move(whole)},
                    // On the CPU, since every update reads it.
                    {"step", std::vector<at::Tensor>(masters.size())}};
        for (auto& step : moments_[3].second) step = at::zeros({}, at::kFloat);
    }

  private:
    static constexpr double kTiny = 1e-30;

    void move(std::size_t i, at::Tensor weight, const at::Tensor& gradient, double learningRate) override {
        const double n = moments_[3].second[i].add_(1).item<double>();
        const double beta2 = 1 - std::pow(n, options_.decayRate);
        const auto square = gradient.square().add_(kTiny);
        at::Tensor update;
        if (at::Tensor row = moments_[0].second[i]; row.defined()) {
            at::Tensor column = moments_[1].second[i];
            row.mul_(beta2).add_(square.mean(-1), 1 - beta2);
            column.mul_(beta2).add_(square.mean(-2), 1 - beta2);
            update = (row / row.mean(-1, /*keepdim=*/true)).rsqrt().unsqueeze(-1) *
                     column.rsqrt().unsqueeze(-2) * gradient;
        } else {
            update = moments_[2].second[i].mul_(beta2).add_(square, 1 - beta2).rsqrt() * gradient;
        }
        const auto rms = at::linalg_vector_norm(update) / std::sqrt(static_cast<double>(update.numel()));
        update.div_((rms / options_.clipThreshold).clamp_min(1.0));
        if (options_.weightDecay != 0) weight.mul_(1 - learningRate * options_.weightDecay);
        weight.add_(update, -learningRate);
    }
    OptimizerOptions options_;
};

}  // namespace

std::unique_ptr<UpdateRule> makeUpdateRule(const OptimizerOptions& options,
                                           const std::vector<at::Tensor>& masters) {
    switch (options.kind) {
        case OptimizerKind::AdamW:
            break;
        case OptimizerKind::Lion:
            return std::make_unique<Lion>(options, masters);
        case OptimizerKind::Sgd:
            return std::make_unique<Sgd>(options, masters);
        case OptimizerKind::Adafactor:
            return std::make_unique<Adafactor>(options, masters);
        case OptimizerKind::AdamW8bit:
            return makeAdamW8bit(options, masters);
        case OptimizerKind::Prodigy:
            return makeProdigy(options, masters);
    }
    return std::make_unique<AdamW>(options, masters);
}

}  // namespace atelier::train
