// SPDX-License-Identifier: GPL-3.0-or-later
// Weights and inputs that any program can make: element i of tensor `name` is A·sin(crc32(name) mod 1000 +
// 0.37·i), inputs are plain sines. The numbers expected of them were made once with diffusers and
// transformers in float32.
#pragma once

#include <ATen/ATen.h>
#include <zlib.h>

#include <cmath>
#include <string>

#include "core/engine/models/state_dict.h"

namespace atelier {

inline void fillGolden(torch::nn::Module& module) {
    const at::NoGradGuard guard;
    for (const auto& [name, parameter] : namedParameters(module)) {
        const auto h = static_cast<double>(
            crc32(0, reinterpret_cast<const Bytef*>(name.data()), static_cast<uInt>(name.size())) % 1000);
        bool strong = false;
        for (const char* part : {".to_q.", ".to_k.", ".q_proj.", ".k_proj."})
            strong |= name.find(part) != std::string::npos;
        at::Tensor values =
            (at::arange(parameter.numel(), at::kDouble) * 0.37 + h).sin() * (strong ? 0.4 : 0.05);
        if (parameter.dim() == 1 && name.ends_with(".weight")) values = values + 1;
        parameter.copy_(values.view(parameter.sizes()));
    }
}

inline at::Tensor sines(at::IntArrayRef shape, double f = 0.1) {
    return (at::arange(c10::multiply_integers(shape), at::kDouble) * f).sin().to(at::kFloat).view(shape);
}
inline at::Tensor cosines(at::IntArrayRef shape, double f = 0.05) {
    return (at::arange(c10::multiply_integers(shape), at::kDouble) * f).cos().to(at::kFloat).view(shape);
}

// Whether x begins with `first`, ends with `last` and has this mean and population deviation, all within
// 2e-5.
inline bool isGolden(const at::Tensor& x, std::initializer_list<double> first, double last, double mean,
                     double deviation) {
    const at::Tensor flat = x.detach().flatten().to(at::kDouble);
    bool fits = std::abs(flat[-1].item<double>() - last) < 2e-5 &&
                std::abs(flat.mean().item<double>() - mean) < 2e-5 &&
                std::abs(flat.std(false).item<double>() - deviation) < 2e-5;
    std::int64_t i = 0;
    for (double value : first) fits = fits && std::abs(flat[i++].item<double>() - value) < 2e-5;
    return fits;
}

}  // namespace atelier
