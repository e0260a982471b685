// SPDX-License-Identifier: GPL-3.0-or-later
// The trained parameters with everything that follows them: fp32 masters, the update rule with its moments,
// EMA. One optimizer update is three calls (gather → clip → step) without a host synchronisation. Used by the
// training loop and by replay.
//
// Precision: in float32 the model's own tensors are the masters. In bfloat16 and float16 the model computes
// with weights and activations of that type; masters, gradients' sum, moments and EMA are float32, and the
// weights are rounded copies of the masters. No autocast: what a tensor's type is can be read from the code.
// In float16 the loss is scaled so that small gradients do not vanish (Micikevicius et al. 2018), by a factor
// that torch's GradScaler would have: halved when a gradient overflows, doubled after 2000 updates without.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/models/state_dict.h"
#include "core/engine/train/update_rule.h"

namespace atelier::train {

struct EmaOptions {
    double decay = 0.995;
    bool warmup = true;
    std::int64_t every = 1;  // updates between two of the averages
    std::int64_t start = 0;  // until this update they are copies of the weights
    // Share of the averages that update k = 1, 2, … leaves: 1 where none is due, 0 up to `start`, then
    // min(decay, (1 + k)/(10 + k)) with warm-up (open-diffusion), else decay (Stable Cascade).
    double at(std::int64_t update) const;
};

class Optimizer {
  public:
    // `parameters`: the model's float32 tensors under names that are unique over all components
    // ("unet.conv_in.weight"). With another compute type they are converted in place and their values become
    // masters.
    Optimizer(NamedTensors parameters, at::ScalarType computeType, const OptimizerOptions& options,
              std::optional<EmaOptions> ema);
    // The averages begin here, after so many updates of theirs (which the warm-up of the decay counts).
    Status startAverages(const NamedTensors& averages, std::int64_t updates, const std::string& where);
    // Weights whose name begins with `prefix` learn at `ratio` times the learning rate.
    void scaleLearningRate(const std::string& prefix, double ratio);
    // The gradients of weights whose name begins with `prefix` are clipped by their own norm.
    void clipApart(const std::string& prefix);
    // After every update the rows of weights whose name begins with `prefix` are scaled to this L2 length.
    void keepRowLength(const std::string& prefix, double length);

    // The loss to call backward() on: times the factor in float16, else as it is.
    at::Tensor scaled(const at::Tensor& loss) const;
    // Adds the gradients of one backward pass to the sum of this update and frees them where they are copies.
    void gatherGradients();
    // open-diffusion's way: after each pass but the last of an update, what has been summed so far is
    // clipped.
    void clipSoFar(double limit);
    // Once per update: takes the factor of scaled() out of the gradients; their L2 norm, all together but
    // for those apart (device scalar); scales them by min(1, limit/(norm + 1e-6)) when given.
    at::Tensor clip(std::optional<double> limit);
    // The update rule at this learning rate, then EMA, then gradients are cleared. `nonFinite` (device float
    // scalar, 0 or 1): 1 leaves weights and moments as they are.
    void step(double learningRate, const at::Tensor& nonFinite);
    void zeroGradients();

    std::int64_t updates() const { return updates_; }
    // Float32 weights under the same names: as trained, and averaged (empty without EMA).
    NamedTensors masters() const;
    NamedTensors averages() const;
    bool hasEma() const { return ema_.has_value(); }

    // Puts the averages into the model, and the trained weights back (for pictures). No-ops without EMA.
    void useAverages();
    void useTrained();

    // Everything that exact resume needs: "master." and "ema." + name, each moment of the rule ("exp_avg.",
    // "exp_avg_sq.", "step.") + name, its scalars ("rule.d"), in float16 "scaler.scale" and
    // "scaler.growth_tracker", and "updates"; "ema_updates_before" where a file began the averages.
    NamedTensors state() const;
    // The reverse; an Error names the first tensor that is missing or differs in shape.
    Status load(const NamedTensors& state, const std::string& where);

    // Numbers for the curves: "loss_scale" in float16, "prodigy_d". Waits for the device.
    std::vector<std::pair<std::string, double>> meters() const;

    std::uint64_t bytes() const;  // memory of masters (when separate), gradients' sum, moments and EMA

  private:
    void copyMastersToModel();
    // Every tensor of state() but the count of updates.
    NamedTensors parts() const;

    std::vector<std::string> names_;
    std::vector<at::Tensor> parameters_;  // the model's
    std::vector<at::Tensor> masters_;     // the same tensors in float32 runs
    std::vector<at::Tensor> gradients_;   // float32 sums; the parameters' own .grad in float32 runs
    std::vector<double> ratios_;          // of the learning rate
    std::vector<double> lengths_;         // of rows; 0: free
    std::vector<bool> apart_;             // clipped by a norm of their own
    std::unique_ptr<UpdateRule> rule_;
    std::vector<at::Tensor> shadows_;
    std::optional<EmaOptions> ema_;
    bool separateMasters_ = false;
    at::Tensor scale_, growthTracker_;  // float16 only
    bool averagesInModel_ = false;
    std::int64_t updates_ = 0;
    std::int64_t averagedBefore_ = 0;  // updates of the averages that a file brought
};

}  // namespace atelier::train
