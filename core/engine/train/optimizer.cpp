// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/optimizer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/check.h"

namespace atelier::train {
namespace {

// torch.amp.GradScaler's defaults.
constexpr double kFirstScale = 65536, kGrowth = 2, kBackoff = 0.5;
constexpr std::int64_t kGrowthInterval = 2000;

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
    if (update <= start) return 0;
    if (update % every != 0) return 1;
    const auto k = static_cast<double>(update);
    return warmup ? std::min(decay, (1 + k) / (10 + k)) : decay;
}

Optimizer::Optimizer(NamedTensors parameters, at::ScalarType computeType, const OptimizerOptions& options,
                     std::optional<EmaOptions> ema)
    : ema_(ema), separateMasters_(computeType != at::kFloat) {
    const at::NoGradGuard noGrad;
    ATELIER_CHECK(!parameters.empty(), "an optimizer needs parameters");
    for (auto& [name, tensor] : parameters) {
        ATELIER_CHECK(tensor.scalar_type() == at::kFloat, "masters are float32");
        names_.push_back(name);
        masters_.push_back(tensor.detach());
        if (separateMasters_) tensor.set_data(masters_.back().to(computeType));
        parameters_.push_back(std::move(tensor));
    }
    rule_ = makeUpdateRule(options, masters_);
    ratios_.assign(masters_.size(), 1.0);
    lengths_.assign(masters_.size(), 0.0);
    apart_.assign(masters_.size(), false);
    if (ema_) shadows_ = clones(masters_);
    gradients_.resize(masters_.size());
    if (computeType == at::kHalf) {
        scale_ = at::full({}, kFirstScale, masters_.front().options().dtype(at::kFloat));
        growthTracker_ = at::zeros({}, masters_.front().options().dtype(at::kInt));
    }
}

at::Tensor Optimizer::scaled(const at::Tensor& loss) const {
    return scale_.defined() ? loss * scale_ : loss;
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
    const auto clipGroup = [&](bool apart) {
        std::vector<at::Tensor> present;
        for (std::size_t i = 0; i < gradients_.size(); ++i)
            if (gradients_[i].defined() && apart_[i] == apart) present.push_back(gradients_[i]);
        if (present.empty()) return at::zeros({}, masters_.front().options());
        if (scale_.defined()) at::_foreach_mul_(present, scale_.reciprocal());
        const auto norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(present, 2)), 2);
        if (limit) at::_foreach_mul_(present, (*limit / (norm + 1e-6)).clamp_max(1.0));
        return norm;
    };
    const auto norm = clipGroup(false), other = clipGroup(true);
    return at::where(other.isfinite(), norm, other);  // a gradient that is not finite shows
}

void Optimizer::clipSoFar(double limit) {
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> present;
    for (const auto& gradient : gradients_)
        if (gradient.defined()) present.push_back(gradient);
    if (present.empty()) return;
    auto norm = at::linalg_vector_norm(at::stack(at::_foreach_norm(present, 2)), 2);
    if (scale_.defined()) norm = norm / scale_;
    at::_foreach_mul_(present, (limit / (norm + 1e-6)).clamp_max(1.0));
}

Status Optimizer::startAverages(const NamedTensors& averages, std::int64_t updates,
                                const std::string& where) {
    ATELIER_CHECK(ema_ && !averagesInModel_, "there are averages to begin");
    averagedBefore_ = updates;
    const at::NoGradGuard noGrad;
    return assignTensors(this->averages(), averages, where);
}

void Optimizer::clipApart(const std::string& prefix) {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (names_[i].starts_with(prefix)) apart_[i] = true;
}

void Optimizer::scaleLearningRate(const std::string& prefix, double ratio) {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (names_[i].starts_with(prefix)) ratios_[i] = ratio;
}

void Optimizer::keepRowLength(const std::string& prefix, double length) {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (names_[i].starts_with(prefix)) lengths_[i] = length;
}

// A weight without a gradient was not part of this graph: torch.optim leaves it alone, too.
void Optimizer::step(double learningRate, const at::Tensor& nonFinite) {
    const at::NoGradGuard noGrad;
    std::vector<double> rates;
    for (const double ratio : ratios_) rates.push_back(ratio * learningRate);
    rule_->step(masters_, gradients_, rates, nonFinite);
    for (std::size_t i = 0; i < masters_.size(); ++i)
        if (lengths_[i] > 0)
            masters_[i].mul_(lengths_[i] / at::linalg_vector_norm(masters_[i], 2, -1, true).clamp_min(1e-12));
    ++updates_;
    if (scale_.defined())
        at::_amp_update_scale_(scale_, growthTracker_, nonFinite, kGrowth, kBackoff, kGrowthInterval);
    if (ema_)
        if (const double kept = ema_->at(averagedBefore_ + updates_); kept < 1)
            at::_foreach_lerp_(shadows_, masters_, 1 - kept);
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

NamedTensors Optimizer::parts() const {
    NamedTensors result;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        result.emplace_back("master." + names_[i], masters_[i].detach());
        for (const auto& [moment, tensors] : rule_->moments())
            if (tensors[i].defined()) result.emplace_back(moment + "." + names_[i], tensors[i]);
        if (ema_) result.emplace_back("ema." + names_[i], shadows_[i]);
    }
    for (const auto& [name, scalar] : rule_->scalars()) result.emplace_back("rule." + name, scalar);
    if (scale_.defined()) {
        result.emplace_back("scaler.scale", scale_);
        result.emplace_back("scaler.growth_tracker", growthTracker_);
    }
    return result;
}

NamedTensors Optimizer::state() const {
    ATELIER_CHECK(!averagesInModel_, "the state is saved with the trained weights in the model");
    auto result = parts();
    result.emplace_back("updates", at::scalar_tensor(updates_, at::kLong));
    if (averagedBefore_ > 0)
        result.emplace_back("ema_updates_before", at::scalar_tensor(averagedBefore_, at::kLong));
    return result;
}

Status Optimizer::load(const NamedTensors& state, const std::string& where) {
    const at::NoGradGuard noGrad;
    std::unordered_map<std::string, at::Tensor> byName(state.begin(), state.end());
    const auto restore = [&](const std::string& name, at::Tensor target) -> Status {
        const auto found = byName.find(name);
        if (found == byName.end())
            return fail(ErrorCode::Model, "it lacks the tensor \"" + name + "\"", where,
                        "It belongs to a run with other trained parameters; start a new run instead of "
                        "continuing this one.");
        if (found->second.sizes() != target.sizes())
            return fail(ErrorCode::Model, "the tensor \"" + name + "\" has another shape than the model",
                        where);
        if (found->second.scalar_type() != target.scalar_type())
            return fail(ErrorCode::Model, "the tensor \"" + name + "\" belongs to another optimizer", where,
                        "Continue with the optimizer the run began with.");
        target.copy_(found->second);
        return {};
    };
    for (const auto& [name, target] : parts()) ATELIER_DO(restore(name, target));
    at::Tensor updates = at::zeros({}, at::kLong);
    ATELIER_DO(restore("updates", updates));
    updates_ = updates.item<std::int64_t>();
    const auto before = byName.find("ema_updates_before");
    averagedBefore_ = before == byName.end() ? 0 : before->second.item<std::int64_t>();
    if (separateMasters_) copyMastersToModel();
    return {};
}

std::vector<std::pair<std::string, double>> Optimizer::meters() const {
    std::vector<std::pair<std::string, double>> result;
    if (scale_.defined()) result.emplace_back("loss_scale", scale_.item<double>());
    for (const auto& [name, scalar] : rule_->scalars())
        if (name == "d") result.emplace_back("prodigy_d", scalar.item<double>());
    return result;
}

std::uint64_t Optimizer::bytes() const {
    std::uint64_t moments = 0;
    for (const auto& [moment, tensors] : rule_->moments()) moments += totalBytes(tensors);
    return (separateMasters_ ? totalBytes(masters_) : 0) + totalBytes(gradients_) + moments +
           totalBytes(shadows_);
}

}  // namespace atelier::train
