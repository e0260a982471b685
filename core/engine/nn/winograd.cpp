// SPDX-License-Identifier: GPL-3.0-or-later
// Tensors around the loops of winograd_kernels.h.
#include "core/engine/nn/winograd.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "core/engine/nn/winograd_kernels.h"

namespace atelier::nn {
namespace {

// Fewer tiles than this leave the transformed weights too little to do; measured on 64 to 512 channels.
constexpr std::int64_t kFewestTiles = 256;
// Pairs of channels whose transformed weights (16 MB) stay in a shared cache.
constexpr std::int64_t kMostPairs = 512 * 512;

WinogradShape shapeOf(const at::Tensor& x_BCHW, std::int64_t out) {
    return {x_BCHW.size(0), x_BCHW.size(2), x_BCHW.size(3), x_BCHW.size(1), out};
}

}  // namespace

bool winogradPays(const at::Tensor& x, const at::Tensor& weight, std::int64_t stride, std::int64_t padding) {
    return x.dim() == 4 && x.scalar_type() == at::kFloat && weight.size(2) == 3 && weight.size(3) == 3 &&
           stride == 1 && padding == 1 && weight.size(1) % kWinogradIn == 0 &&
           weight.size(0) % kWinogradOut == 0 && weight.size(0) * weight.size(1) <= kMostPairs &&
           shapeOf(x, weight.size(0)).tiles() >= kFewestTiles && winogradHere();
}

at::Tensor packWinograd(const at::Tensor& weight) {
    const at::Tensor plain = weight.contiguous();
    const std::int64_t out = plain.size(0), in = plain.size(1);
    at::Tensor packed = at::empty({out / kWinogradOut, 16, in, kWinogradOut}, plain.options());
    winogradWeights(plain.const_data_ptr<float>(), packed.mutable_data_ptr<float>(), in, out);
    return packed;
}

at::Tensor winogradConv2d(const at::Tensor& x_BCHW, const at::Tensor& packed, const at::Tensor& bias,
                          const at::Tensor& other_BCHW) {
    constexpr auto kLast = at::MemoryFormat::ChannelsLast;
    const at::Tensor x = x_BCHW.contiguous(kLast);
    const at::Tensor other = other_BCHW.defined() ? other_BCHW.contiguous(kLast) : other_BCHW;
    const WinogradShape shape = shapeOf(x, packed.size(0) * kWinogradOut);
    at::Tensor y = at::empty({shape.batch, shape.out, shape.height, shape.width}, x.options(), kLast);
    const auto data = [](const at::Tensor& t) { return t.defined() ? t.const_data_ptr<float>() : nullptr; };
    const std::int64_t blocks = (shape.tiles() + kWinogradTiles - 1) / kWinogradTiles;
    at::parallel_for(0, blocks, 1, [&](std::int64_t begin, std::int64_t end) {
        const at::Tensor scratch = at::empty({shape.scratch()}, at::TensorOptions(at::kFloat));
        for (std::int64_t block = begin; block < end; ++block) {
            const std::int64_t first = block * kWinogradTiles;
            winogradTiles(data(x), data(packed), data(bias), data(other), y.mutable_data_ptr<float>(),
                          scratch.mutable_data_ptr<float>(), shape, first,
                          std::min(kWinogradTiles, shape.tiles() - first));
        }
    });
    return y;
}

}  // namespace atelier::nn
