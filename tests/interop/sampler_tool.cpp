// SPDX-License-Identifier: GPL-3.0-or-later
// For tests/interop/samplers_test.py: runs chains with an artificial network. stdin: a JSON list of
// {config, sampler, steps, start: [x…], noise: [[x…] per network evaluation]}; stdout: per entry
// {timesteps, x: [x…]} or {error}. Numbers stand for latents [2,1,n/2,1].
#include <ATen/ATen.h>

#include <cmath>
#include <cstdio>
#include <iostream>
#include <iterator>

#include "core/engine/diffusion/samplers.h"

using namespace atelier;

static at::Tensor latents(const Json& list) {
    return at::tensor(list.get<std::vector<double>>(), at::kDouble).to(at::kFloat).view({2, 1, -1, 1});
}

static Result<Json> chain(const Json& request) {
    ATELIER_TRY(const auto config, scheduleConfigFromJson(request["config"], "config"));
    ATELIER_TRY(const auto schedule, makeNoiseSchedule(config, at::kCPU));
    const auto name = request["sampler"].get<std::string>();
    ATELIER_TRY(const auto sampler, name == "auto" ? samplerFromConfig(config) : samplerFromName(name));
    ATELIER_TRY(const auto plan, planSampling(schedule, sampler, request["steps"].get<int>()));
    const auto x = runSampler(
        schedule, plan, {.noise_BCHW = latents(request["start"])},
        [](const at::Tensor& input, double t) { return 0.4 * input + 0.3 * at::sin(input + t / 300); },
        [&](int i) { return latents(request["noise"].at(static_cast<std::size_t>(i))); });
    const auto flat = x.to(at::kDouble).flatten().contiguous();
    const auto* data = flat.const_data_ptr<double>();
    return Json{{"timesteps", plan.timesteps}, {"x", std::vector<double>(data, data + flat.numel())}};
}

int main() {
    const std::string text{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
    const auto requests = parseJson(text);
    if (!requests) return 2;
    Json answers = Json::array();
    for (const auto& request : *requests) {
        const auto answer = chain(request);
        answers.push_back(answer ? *answer : Json{{"error", answer.error().message()}});
    }
    std::printf("%s\n", dumpJson(answers).c_str());
    return 0;
}
