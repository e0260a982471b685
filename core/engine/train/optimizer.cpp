// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/optimizer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/check.h"

namespace atelier::train {
namespace {

std::vector<at::Tensor> zerosLike(const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> result;
    result.reserve(tensors.size());
    for (const auto& tensor : tensors) result.push_back(at::zeros_like(tensor));
    return result;
}

std::vector<at::Tensor> clones(const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> result;
    result.reserve(tensors.size());
    for (const auto& tensor : tensors) result.push_back(tensor.detach().clone());
    return result;
}

std::uint64_t totalBytes(const std::vector<at::Tensor>& tensors) {
    std::uint64_t total = 0;
    for (const auto& tensor : tensors)
        if (tensor.defined()) total += tensor.nbytes();
    return total;
}

}  // namespace

double EmaOptions::at(std::int64_t update) const {
    const auto k = static_cast<double>(update);
    return warmup ? std::min(decay, (1 + k) / (10 + k)) : decay;
}

Optimizer::Optimizer(NamedTensors parameters, at::ScalarType computeType, const AdamWOptions& options,
                     std::optional<EmaOptions> ema)
    : options_(options), ema_(ema), separateMasters_(computeType != at::kFloat) {
    const at::NoGradGuard noGrad;
    ATELIER_CHECK(!parameters.empty(), "an optimizer needs parameters");
    for (auto& [name, tensor] : parameters) {
        names_.push_back(name);
        masters_.push_back(tensor.detach());
        if (separateMasters_) tensor.set_data(masters_.back().to(computeType));
        parameters_.push_back(std::move(tensor));
    }
    expAvg_ = zerosLike(masters_);
    expAvgSq_ = zerosLike(masters_);
    for (const auto& master : masters_) steps_.push_back(at::zeros({}, master.options().dtype(at::kFloat)));
    if (ema_) shadows_ = clones(masters_);
    gradients_.resize(masters_.size());
}

void Optimizer::gatherGradients() {
    const at::NoGradGuard noGrad;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        auto& gradient = parameters_[i].mutable_grad();
        if (!gradient.defined()) continue;
        if (!separateMasters_) {
            gradients_[i] = gradient;  // backward adds to it; nothing to copy
            continue;
        }
        if (gradients_[i].defined())
            gradients_[i].add_(gradient);
        else
            gradients_[i] = gradient.to(at::kFloat);
        gradient.reset();
    }
}

at::Tensor Optimizer::clip(std::optional<double> limit) {
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> present;
    for (auto& gradient : gradients_) {
        if (!gradient.defined()) continue;
        // The fused kernel wants the parameter's memory order; a layout that autograd chose otherwise is
        // copied once.
        present.push_back(gradient);
    }
    const auto norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(present, 2)), 2);
    if (limit) at::_foreach_mul_(present, (*limit / (norm + 1e-6)).clamp_max(1.0));
    return norm;
}

void Optimizer::step(double learningRate, const at::Tensor& nonFinite) {
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> masters, gradients, expAvg, expAvgSq, steps;
    for (std::size_t i = 0; i < masters_.size(); ++i) {
        if (!gradients_[i].defined()) continue;  // not part of this graph: torch.optim leaves it alone, too
        masters.push_back(masters_[i]);
        gradients.push_back(gradients_[i].strides() == masters_[i].strides()
                                ? gradients_[i]
                                : at::empty_like(masters_[i]).copy_(gradients_[i]));
        expAvg.push_back(expAvg_[i]);
        expAvgSq.push_back(expAvgSq_[i]);
        steps.push_back(steps_[i]);
    }
    at::_foreach_add_(steps, 1);
    at::_fused_adamw_(masters, gradients, expAvg, expAvgSq, /*max_exp_avg_sqs=*/{}, steps, learningRate,
                      options_.beta1, options_.beta2, options_.weightDecay, options_.epsilon,
                      /*amsgrad=*/false, /*maximize=*/false,
                      /*grad_scale=*/{}, nonFinite);
    at::_foreach_sub_(steps, std::vector<at::Tensor>(steps.size(), nonFinite));
    ++updates_;
    if (ema_) at::_foreach_lerp_(shadows_, masters_, 1 - ema_->at(updates_));
    if (separateMasters_) copyMastersToModel();
    zeroGradients();
}

void Optimizer::zeroGradients() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        gradients_[i].reset();
        parameters_[i].mutable_grad().reset();
    }
}

void Optimizer::copyMastersToModel() {
    for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].copy_(masters_[i]);
}

NamedTensors Optimizer::masters() const {
    NamedTensors result;
    for (std::size_t i = 0; i < names_.size(); ++i) result.emplace_back(names_[i], masters_[i].detach());
    return result;
}

NamedTensors Optimizer::averages() const {
    NamedTensors result;
    for (std::size_t i = 0; i < shadows_.size(); ++i) result.emplace_back(names_[i], shadows_[i]);
    return result;
}

void Optimizer::useAverages() {
    if (!ema_ || averagesInModel_) return;
    const at::NoGradGuard noGrad;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        if (separateMasters_) {
            parameters_[i].copy_(shadows_[i]);
        } else {
            std::swap(shadows_[i],
                      masters_[i]);  // the model's tensor takes the other storage: no copy, no memory
            parameters_[i].set_data(masters_[i]);
        }
    }
    averagesInModel_ = true;
}

void Optimizer::useTrained() {
    if (!averagesInModel_) return;
    const at::NoGradGuard noGrad;
    if (separateMasters_) {
        copyMastersToModel();
    } else {
        for (std::size_t i = 0; i < parameters_.size(); ++i) {
            std::swap(shadows_[i], masters_[i]);
            parameters_[i].set_data(masters_[i]);
        }
    }
    averagesInModel_ = false;
}

NamedTensors Optimizer::state() const {
    ATELIER_CHECK(!averagesInModel_, "the state is saved with the trained weights in the model");
    NamedTensors result;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        result.emplace_back("master." + names_[i], masters_[i].detach());
        result.emplace_back("exp_avg." + names_[i], expAvg_[i]);
        result.emplace_back("exp_avg_sq." + names_[i], expAvgSq_[i]);
        result.emplace_back("step." + names_[i], steps_[i]);
        if (ema_) result.emplace_back("ema." + names_[i], shadows_[i]);
    }
    result.emplace_back("updates", at::scalar_tensor(updates_, at::kLong));
    return result;
}

Status Optimizer::load(const NamedTensors& state, const std::string& where) {
    const at::NoGradGuard noGrad;
    std::unordered_map<std::string, at::Tensor> byName(state.begin(), state.end());
    const auto restore = [&](const std::string& name, at::Tensor& target) -> Status {
        const auto found = byName.find(name);
        if (found == byName.end())
            return fail(ErrorCode::Model, "it lacks the tensor \"" + name + "\"", where,
                        "It belongs to a run with other trained parameters; start a new run instead of "
                        "continuing this one.");
        if (found->second.sizes() != target.sizes())
            return fail(ErrorCode::Model, "the tensor \"" + name + "\" has another shape than the model",
                        where);
        target.copy_(found->second);
        return {};
    };
    for (std::size_t i = 0; i < names_.size(); ++i) {
        ATELIER_DO(restore("master." + names_[i], masters_[i]));
        ATELIER_DO(restore("exp_avg." + names_[i], expAvg_[i]));
        ATELIER_DO(restore("exp_avg_sq." + names_[i], expAvgSq_[i]));
        ATELIER_DO(restore("step." + names_[i], steps_[i]));
        if (ema_) ATELIER_DO(restore("ema." + names_[i], shadows_[i]));
    }
    at::Tensor updates = at::zeros({}, at::kLong);
    ATELIER_DO(restore("updates", updates));
    updates_ = updates.item<std::int64_t>();
    if (separateMasters_) copyMastersToModel();
    return {};
}

std::uint64_t Optimizer::bytes() const {
    return (separateMasters_ ? totalBytes(masters_) : 0) + totalBytes(gradients_) + totalBytes(expAvg_) +
           totalBytes(expAvgSq_) + totalBytes(shadows_);
}

}  // namespace atelier::train
