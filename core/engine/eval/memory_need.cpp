// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/memory_need.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/memory.h"
#include "core/base/strings.h"

namespace atelier::eval {
namespace {

// Tensors of the widest layer that are alive at once: a convolution's input and output, the residual beside
// them. With SD 1's autoencoder 2.1 were measured at 512² and 2.6 at 768².
constexpr std::uint64_t kDecoderTensors = 3;
// The same for the UNet's first level, where feed-forward layers are eight times as wide.
constexpr std::uint64_t kUnetTensors = 24;

std::uint64_t bytesOf(const torch::nn::Module& module) {
    return static_cast<std::uint64_t>(module.parameters().front().element_size());
}

}  // namespace

MemoryNeed memoryNeed(const Pipeline& pipeline, const GenerateOptions& options) {
    const auto& vae = pipeline.vae->config();
    const auto& unet = pipeline.unet->config();
    const auto pixels =
        static_cast<std::uint64_t>(options.width) * static_cast<std::uint64_t>(options.height);
    // The last level takes over the width of the one below it.
    const auto width = vae.blockOutChannels[std::min<std::size_t>(1, vae.blockOutChannels.size() - 1)];
    const auto factor = static_cast<std::uint64_t>(vae.downscale());
    const std::uint64_t rows = options.guidance > 1 ? 2 : 1;
    MemoryNeed need;
    const auto side = vae.sampleSize.empty() ? 0 : static_cast<std::uint64_t>(vae.sampleSize.back());
    const auto decoded = options.tiled ? std::min(pixels, side * side) : pixels;
    need.decoding = decoded * static_cast<std::uint64_t>(width) * kDecoderTensors * bytesOf(*pipeline.vae);
    need.denoising = pixels / (factor * factor) * static_cast<std::uint64_t>(unet.blockOutChannels.front()) *
                     kUnetTensors * rows * bytesOf(*pipeline.unet);
    return need;
}

Result<MemoryFit> fitMemory(const MemoryNeed& need, const GenerateOptions& options, std::uint64_t available) {
    const std::uint64_t one = std::max(need.denoising, need.decoding);
    if (one > available)
        return fail(ErrorCode::Usage,
                    fmt::format("one picture of {}×{} pixels would take about {}, {} are free", options.width,
                                options.height, humanBytes(one), humanBytes(available)),
                    "--size",
                    one == need.decoding && !options.tiled
                        ? "Decode in pieces with --tiles, compute in half the memory with --bf16, or give a "
                          "smaller size."
                        : "Give a smaller size, or compute in half the memory with --bf16.");
    const auto wanted = static_cast<std::uint64_t>(std::max(options.batch, 1));
    const auto fitting = need.denoising == 0 ? wanted : std::min(wanted, available / need.denoising);
    return MemoryFit{static_cast<int>(fitting), fitting * need.decoding > available};
}

Result<MemoryFit> fitMemory(const Pipeline& pipeline, const GenerateOptions& options) {
    if (!pipeline.unet->parameters().front().is_cpu()) return MemoryFit{std::max(options.batch, 1), false};
    return fitMemory(memoryNeed(pipeline, options), options, availableMemory());
}

}  // namespace atelier::eval
