// SPDX-License-Identifier: GPL-3.0-or-later
// For tests/interop/optimizers_test.py: optimizer_tool IN.safetensors OUT.safetensors JSON. IN holds weights
// "w.NAME" and the gradients of every update, stacked: "g.NAME" [updates, …]. JSON: {optimizer, lr, …, clip,
// compute, break}: optimizer keys of the configuration; `break`: updates after which the state is saved and a
// new optimizer goes on with it. OUT: "w.NAME", everything of the state, "norms" and "meters".
#include <ATen/ATen.h>

#include <cstdio>

#include "core/config/load.h"
#include "core/config/train_config.h"
#include "core/engine/train/optimizer.h"
#include "core/engine/train/settings.h"

using namespace atelier;
using namespace atelier::train;

namespace {

struct Job {
    NamedTensors weights;  // in the order of their names, as the gradients
    std::vector<at::Tensor> gradients;
    Settings settings;
    double clip = 0;
    std::int64_t broken = -1;
};

// The tensors of a float16 network have gradients of what scaled() gives, in float16.
void update(Optimizer& optimizer, const std::vector<at::Tensor>& parameters, const Job& job, std::int64_t n,
            std::vector<double>& norms) {
    const auto factor = optimizer.scaled(at::ones({}));
    for (std::size_t i = 0; i < parameters.size(); ++i)
        at::Tensor(parameters[i]).mutable_grad() =
            (job.gradients[i][n] * factor).to(parameters[i].scalar_type());
    optimizer.gatherGradients();
    const auto norm = optimizer.clip(job.clip > 0 ? std::optional(job.clip) : std::nullopt);
    optimizer.step(job.settings.learningRate.at(n), norm.isfinite().logical_not().to(at::kFloat));
    norms.push_back(norm.item<double>());
}

Optimizer make(const Job& job, std::vector<at::Tensor>& parameters) {
    NamedTensors named;
    for (const auto& [name, tensor] : job.weights) {
        named.emplace_back("m." + name, tensor.detach().clone().requires_grad_(true));
        parameters.push_back(named.back().second);
    }
    return Optimizer(std::move(named), job.settings.computeType, job.settings.optimizer, std::nullopt);
}

Status run(const Job& job, const fs::path& out) {
    std::vector<at::Tensor> parameters;
    auto optimizer = make(job, parameters);
    std::vector<double> norms, meters;
    const auto updates = job.gradients.front().size(0);
    for (std::int64_t n = 0; n < updates; ++n) {
        if (n == job.broken) {
            NamedTensors saved;
            for (const auto& [name, tensor] : optimizer.state()) saved.emplace_back(name, tensor.clone());
            parameters.clear();
            optimizer = make(job, parameters);
            ATELIER_DO(optimizer.load(saved, "the tool"));
        }
        update(optimizer, parameters, job, n, norms);
        for (const auto& [name, value] : optimizer.meters()) meters.push_back(value);
    }
    auto result = optimizer.state();
    for (const auto& [name, tensor] : optimizer.masters()) result.emplace_back("w." + name.substr(2), tensor);
    result.emplace_back("norms", at::tensor(norms, at::kDouble));
    result.emplace_back("bytes", at::scalar_tensor(static_cast<std::int64_t>(optimizer.bytes()), at::kLong));
    if (!meters.empty()) result.emplace_back("meters", at::tensor(meters, at::kDouble));
    return writeTensors(out, result);
}

Status runFile(const fs::path& in, const fs::path& out, const std::string& words) {
    ATELIER_TRY(const auto request, parseJson(words));
    ATELIER_TRY(const auto tensors, readTensors(in));
    // The settings come the way they do in a run.
    const Json config{{"experiment", {{"num_examples_to_see", 1'000'000}}},
                      {"system", {{"batch_size", 1}, {"device", "cpu"}}},
                      {"model", {{"pretrained", "/"}, {"mixed_precision", request.value("compute", "fp32")}}},
                      {"optimizer", request.at("optimizer")}};
    const fs::path file = fs::path(out).replace_extension(".yaml");
    ATELIER_DO(writeFileAtomic(file, dumpJson(config)));
    ATELIER_TRY(const auto loaded, loadTrainConfig(file, {}, {.purpose = Purpose::Replay, .base = {}}));
    ATELIER_TRY(auto settings, makeReplaySettings(loaded.config));
    Job job{
        {}, {}, std::move(settings), request.value("clip", 0.0), request.value("break", std::int64_t{-1})};
    for (const auto& [name, tensor] : tensors)
        if (name.starts_with("w."))
            job.weights.emplace_back(name.substr(2), tensor);
        else
            job.gradients.push_back(tensor);
    return run(job, out);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const auto status = runFile(argv[1], argv[2], argv[3]);
    if (!status) std::fprintf(stderr, "%s\n", status.error().message().c_str());
    return status ? 0 : 1;
}
