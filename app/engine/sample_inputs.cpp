// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/sample_inputs.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

#include "core/base/strings.h"
#include "core/data/image_io.h"
#include "core/data/resize.h"
#include "core/engine/eval/given_picture.h"
#include "core/engine/eval/memory_need.h"
#include "core/engine/models/state_dict.h"
#include "core/weights/safetensors.h"

namespace atelier::cli {
namespace {

// Two whole numbers with `between` between them; one stands for both where `square`.
std::optional<std::pair<int, int>> readPair(const std::string& text, char between, bool square) {
    const auto parts = split(text, between);
    if (parts.size() > 2 || (parts.size() == 1 && !square)) return std::nullopt;
    std::pair<int, int> pair;
    for (auto* number : {&pair.first, &pair.second}) {
        const auto part = trim(number == &pair.first ? parts.front() : parts.back());
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), *number);
        if (error != std::errc() || end != part.data() + part.size() || *number < 0) return std::nullopt;
    }
    return pair;
}

Status readSize(const char* option, const std::string& text, int& width, int& height) {
    if (text.empty()) return {};
    const auto pair = readPair(text, 'x', true);
    constexpr int kLargest = 65536;
    if (pair && std::max(pair->first, pair->second) > kLargest)
        return fail(ErrorCode::Usage, fmt::format("{}×{} is too large a picture", pair->first, pair->second),
                    option, fmt::format("Give at most {} pixels a side.", kLargest));
    if (!pair || pair->first < 1 || pair->second < 1)
        return fail(ErrorCode::Usage, "the size \"" + text + "\" is not understood", option,
                    "Write 512 or 768x512 (width x height).");
    std::tie(width, height) = *pair;
    return {};
}

Status readCrop(const std::string& text, eval::GenerateOptions& options) {
    if (text.empty()) return {};
    const auto pair = readPair(text, ',', false);
    if (!pair)
        return fail(ErrorCode::Usage, "the place \"" + text + "\" is not understood", "--crop",
                    "Write 0,64 (left,top in pixels).");
    std::tie(options.cropLeft, options.cropTop) = *pair;
    return {};
}

Result<eval::GivenNoise> readNoise(const std::string& file, int channels, int factor,
                                   const ScheduleConfig& schedule, std::size_t pictures, bool sizeGiven,
                                   eval::GenerateOptions& options) {
    eval::GivenNoise noise;
    if (file.empty()) return noise;
    ATELIER_TRY(const auto tensors, readTensors(expandUser(file)));
    for (const auto& [name, tensor] : tensors) {
        if (name == "latents")
            noise.latents = tensor;
        else if (name == "step_noise")
            noise.stepNoise = tensor;
        else if (name == "low_res_noise")
            noise.lowResolution = tensor;
        else
            return fail(ErrorCode::Usage, "it holds a tensor \"" + name + "\"", file,
                        "Known: latents, step_noise, low_res_noise.");
    }
    const auto& latents = noise.latents;
    if (!latents.defined() || latents.dim() != 4 || latents.scalar_type() != at::kFloat ||
        latents.size(0) != static_cast<std::int64_t>(pictures) || latents.size(1) != channels)
        return fail(ErrorCode::Usage,
                    fmt::format("\"latents\" must be F32 of shape [{}, {}, h, w]", pictures, channels), file);
    const int evaluations = networkEvaluations(schedule, options.sampler, options.steps);
    if (noise.stepNoise.defined() &&
        (noise.stepNoise.dim() != 5 || noise.stepNoise.scalar_type() != at::kFloat ||
         noise.stepNoise.size(0) < evaluations || noise.stepNoise[0].sizes() != latents.sizes()))
        return fail(ErrorCode::Usage,
                    fmt::format("\"step_noise\" must be F32 of shape [{}, N, C, h, w]", evaluations), file,
                    "It holds the noise added after each network evaluation.");
    const int height = static_cast<int>(latents.size(2)) * factor;
    const int width = static_cast<int>(latents.size(3)) * factor;
    if (sizeGiven && (options.width != width || options.height != height))
        return fail(ErrorCode::Usage,
                    fmt::format("it is the noise of {}×{} pixels, the size asked for is {}×{}", width, height,
                                options.width, options.height),
                    file, "Leave out --size, or give the noise's.");
    options.height = height;
    options.width = width;
    return noise;
}

Result<data::Image> readImage(const std::string& file) {
    ATELIER_TRY(auto decoded, data::decodeImageFile(expandUser(file)));
    return std::move(decoded.image);
}

data::Image fitted(data::Image image, int width, int height) {
    if (image.width == width && image.height == height) return image;
    return data::scaleImage(image, {width, height});
}

// [1,3,H,W] in −1 … 1.
at::Tensor toPixels(const data::Image& image) {
    return at::from_blob(image.rgb.get(), {1, image.height, image.width, 3}, at::kByte)
        .permute({0, 3, 1, 2})
        .to(at::kFloat)
        .div(127.5)
        .sub(1)
        .contiguous();
}

// [1,1,H,W]: 1 where the picture's brightness (8 bits) is at least one half.
at::Tensor toMask(const data::Image& image) {
    auto mask = at::empty({1, 1, image.height, image.width}, at::kFloat);
    auto* out = mask.mutable_data_ptr<float>();
    const auto* rgb = image.rgb.get();
    for (std::size_t i = 0; i < image.byteSize() / 3; ++i, rgb += 3) {
        out[i] = data::brightness(rgb) >= 128 ? 1.0F : 0.0F;
    }
    return mask;
}

// [1,1,h,w] as the file has it: safetensors with "depth" [h,w] or [1,h,w], or a picture.
Result<at::Tensor> readDepth(const std::string& file) {
    const auto path = expandUser(file);
    if (path.extension() != ".safetensors") {
        ATELIER_TRY(auto gray, data::decodeGrayFile(path));
        auto depth = at::empty({1, 1, gray.height, gray.width}, at::kFloat);
        std::ranges::copy(gray.values, depth.mutable_data_ptr<float>());
        return depth;
    }
    ATELIER_TRY(const auto tensors, readTensors(path));
    const auto found = tensors.size() == 1 ? tensors.begin() : tensors.end();
    auto depth = found != tensors.end() && found->first == "depth" ? found->second : at::Tensor();
    if (depth.defined() && depth.dim() == 3 && depth.size(0) == 1) depth = depth[0];
    if (!depth.defined() || depth.dim() != 2 || depth.numel() == 0 || !depth.is_floating_point())
        return fail(ErrorCode::Usage, "it must hold one tensor \"depth\" of floats, of shape [h, w]", file);
    return depth.to(at::kFloat).view({1, 1, depth.size(0), depth.size(1)});
}

// What is given that this model has no use for.
Status checkUses(const StartFiles& files, const Pipeline& pipeline, const eval::GenerateOptions& options) {
    if (!(files.originalSize.empty() && files.crop.empty()) &&
        pipeline.unet->config().additionEmbedType != "text_time")
        return fail(ErrorCode::Usage, "this model is not told any sizes",
                    files.crop.empty() ? "--original-size" : "--crop",
                    "SDXL models are; leave the option out.");
    const bool upscaler = eval::pictureModel(pipeline) == eval::PictureModel::Upscaler;
    if (upscaler && files.strengthGiven)
        return fail(ErrorCode::Usage, "an upscaler makes every step", "--strength",
                    "Leave the option out; --noise-level says how free it is.");
    if (!upscaler && options.noiseLevel)
        return fail(ErrorCode::Usage, "this model is no upscaler", "--noise-level", "Leave the option out.");
    return {};
}

// [N,C,h,w] of the given picture's size, if it is given.
Status checkBlur(const at::Tensor& noise, const at::Tensor& pixels_1CHW, std::size_t pictures,
                 const std::string& file) {
    if (!noise.defined()) return {};
    if (!pixels_1CHW.defined())
        return fail(ErrorCode::Usage, "\"low_res_noise\" is for upscalers with --image", file);
    std::vector<std::int64_t> shape = pixels_1CHW.sizes().vec();
    shape[0] = static_cast<std::int64_t>(pictures);
    if (noise.scalar_type() == at::kFloat && noise.sizes() == shape) return {};
    return fail(ErrorCode::Usage, "\"low_res_noise\" must be F32 of shape " + shapeText(shape), file);
}

}  // namespace

Result<eval::GenerateInputs> readStart(const StartFiles& files, const Pipeline& pipeline,
                                       const ScheduleConfig& schedule, std::size_t pictures,
                                       eval::GenerateOptions& options) {
    eval::GenerateInputs inputs;
    const auto& side = pipeline.unet->config().sampleSize;
    const int factor = pipeline.vae->config().downscale();
    options.width = options.height = (side.empty() ? 64 : side.back()) * factor;
    // An upscaler's picture has the size of its latents.
    const int enlarged = eval::pictureModel(pipeline) == eval::PictureModel::Upscaler ? factor : 1;
    ATELIER_DO(checkUses(files, pipeline, options));
    if (enlarged > 1) {
        options.strength = 1;  // no step is left out
        options.noiseLevel = options.noiseLevel.value_or(eval::kUsualNoiseLevel);
    }
    const auto takeSize = [&](std::int64_t width, std::int64_t height) {
        options.width = static_cast<int>(std::max<std::int64_t>(width / factor, 1)) * factor * enlarged;
        options.height = static_cast<int>(std::max<std::int64_t>(height / factor, 1)) * factor * enlarged;
    };
    data::Image image;
    if (!files.depth.empty()) {
        ATELIER_TRY(inputs.picture.depth_11HW, readDepth(files.depth));
        takeSize(inputs.picture.depth_11HW.size(3), inputs.picture.depth_11HW.size(2));
    }
    if (!files.image.empty()) {
        ATELIER_TRY(image, readImage(files.image));
        takeSize(image.width, image.height);
    }
    ATELIER_DO(readSize("--size", files.size, options.width, options.height));
    ATELIER_DO(
        readSize("--original-size", files.originalSize, options.originalWidth, options.originalHeight));
    ATELIER_DO(readCrop(files.crop, options));
    ATELIER_DO(eval::fitMemory(pipeline, options));  // before pictures are scaled to that size
    ATELIER_TRY(inputs.noise, readNoise(files.latents, pipeline.vae->config().latentChannels, factor,
                                        schedule, pictures, !files.size.empty(), options));
    if (!files.image.empty())
        inputs.picture.pixels_1CHW =
            toPixels(fitted(std::move(image), options.width / enlarged, options.height / enlarged));
    ATELIER_DO(checkBlur(inputs.noise.lowResolution, enlarged > 1 ? inputs.picture.pixels_1CHW : at::Tensor(),
                         pictures, files.latents));
    if (!files.mask.empty()) {
        ATELIER_TRY(auto mask, readImage(files.mask));
        inputs.picture.mask_11HW = toMask(fitted(std::move(mask), options.width, options.height));
    }
    return inputs;
}

Result<eval::LabelInputs> readLabelStart(const StartFiles& files, const LabelPipeline& pipeline,
                                         const ScheduleConfig& schedule, std::size_t pictures,
                                         eval::GenerateOptions& options) {
    eval::LabelInputs inputs;
    const auto& side = pipeline.unet->config().sampleSize;
    options.width = options.height = (side.empty() ? 64 : side.back()) * pipeline.downscale();
    ATELIER_DO(readSize("--size", files.size, options.width, options.height));
    ATELIER_TRY(inputs.noise, readNoise(files.latents, pipeline.latentChannels(), pipeline.downscale(),
                                        schedule, pictures, !files.size.empty(), options));
    if (files.mask.empty()) return inputs;
    ATELIER_TRY(auto mask, readImage(files.mask));
    mask = data::scaleNearest(mask, {options.width, options.height});
    inputs.mask_1HW =
        at::from_blob(mask.rgb.get(), {1, mask.height, mask.width, 3}, at::kByte).select(3, 0).clone();
    return inputs;
}

Result<at::Tensor> readCondition(const std::string& file, const eval::GenerateOptions& options) {
    ATELIER_TRY(auto image, readImage(file));
    return toPixels(fitted(std::move(image), options.width, options.height)).add(1).div(2);
}

}  // namespace atelier::cli
