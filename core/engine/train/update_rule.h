// SPDX-License-Identifier: GPL-3.0-or-later
// How gradients move weights: AdamW (32 and 8 bit), Lion, SGD, Adafactor, Prodigy. A rule owns its moments
// and nothing else; masters, EMA and the bookkeeping around them are the Optimizer's (optimizer.h).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace atelier::train {

enum class OptimizerKind { AdamW, Lion, Sgd, Adafactor, AdamW8bit, Prodigy };

struct OptimizerOptions {
    OptimizerKind kind = OptimizerKind::AdamW;
    double beta1 = 0.9;
    double beta2 = 0.999;
    double weightDecay = 0.01;
    double epsilon = 1e-8;
    double momentum = 0;           // SGD
    double decayRate = -0.8;       // Adafactor: β₂ of update n is 1 − n^rate
    double clipThreshold = 1;      // Adafactor: largest root mean square of an update
    double firstDistance = 1e-6;   // Prodigy: d before anything is known
    double distanceFactor = 1;     // Prodigy: d is multiplied by it
    bool biasCorrection = false;   // Prodigy: Adam's, which acts as a warm-up
    bool safeguardWarmup = false;  // Prodigy: d does not follow the learning rate's warm-up
};

class UpdateRule {
  public:
    virtual ~UpdateRule() = default;
    // One update of all masters at learningRate[i]; an undefined gradient leaves its weight and moments
    // alone. `nonFinite` (device float scalar, 0 or 1): 1 leaves everything as it is.
    virtual void step(const std::vector<at::Tensor>& masters, const std::vector<at::Tensor>& gradients,
                      const std::vector<double>& learningRates, const at::Tensor& nonFinite) = 0;

    // Moments by name ("exp_avg"), one tensor per master (undefined where a weight has none of that name).
    using Moments = std::vector<std::pair<std::string, std::vector<at::Tensor>>>;
    const Moments& moments() const { return moments_; }
    // What the rule keeps for all weights together: scalars by name ("d").
    using Scalars = std::vector<std::pair<std::string, at::Tensor>>;
    const Scalars& scalars() const { return scalars_; }

  protected:
    Moments moments_;
    Scalars scalars_;
};

//   AdamW      decoupled decay (Loshchilov & Hutter 2019), as torch.optim.AdamW
//   Lion       sign of an interpolated momentum, decoupled decay (Chen et al. 2023)
//   SGD        momentum, decay added to the gradient, as torch.optim.SGD
//   Adafactor  factored second moments, fixed learning rate (Shazeer & Stern 2018), as transformers'
//   Adafactor
//              with scale_parameter and relative_step off
//   AdamW8bit  AdamW whose moments are 8 bit numbers from a dynamic table, scaled block by block (Dettmers et
//              al. 2022); weights of fewer than 4096 numbers keep float32, as bitsandbytes
//   Prodigy    AdamW that finds the size of its steps (Mishchenko & Defazio 2024), as prodigyopt with
//   decoupled
//              decay; the learning rate multiplies it and is the same for all weights
std::unique_ptr<UpdateRule> makeUpdateRule(const OptimizerOptions& options,
                                           const std::vector<at::Tensor>& masters);

}  // namespace atelier::train
