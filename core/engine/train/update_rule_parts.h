// SPDX-License-Identifier: GPL-3.0-or-later
// What update rules share, and those that have files of their own. Used by update_rule*.cpp only.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "core/engine/train/update_rule.h"

namespace atelier::train {

std::vector<at::Tensor> zerosLike(const std::vector<at::Tensor>& tensors);

// The rules without a fused kernel: one weight after the other. Whether the update is to be skipped is asked
// once per update, which waits for the device.
class PerWeight : public UpdateRule {
  public:
    void step(const std::vector<at::Tensor>& masters, const std::vector<at::Tensor>& gradients,
              const std::vector<double>& learningRates, const at::Tensor& nonFinite) final;

  protected:
    virtual void move(std::size_t i, at::Tensor weight, const at::Tensor& gradient, double learningRate) = 0;
};

std::unique_ptr<UpdateRule> makeAdamW8bit(const OptimizerOptions& options,
                                          const std::vector<at::Tensor>& masters);
std::unique_ptr<UpdateRule> makeProdigy(const OptimizerOptions& options,
                                        const std::vector<at::Tensor>& masters);

}  // namespace atelier::train
