// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/denoiser.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/engine/eval/weighted_prompt.h"

namespace atelier::eval {
namespace {

std::vector<SizeCondition> sizesOf(const GenerateOptions& options, std::size_t pictures, double score) {
    SizeCondition size;
    size.originalHeight = options.originalHeight ? options.originalHeight : options.height;
    size.originalWidth = options.originalWidth ? options.originalWidth : options.width;
    size.cropTop = options.cropTop;
    size.cropLeft = options.cropLeft;
    size.targetHeight = options.height;
    size.targetWidth = options.width;
    size.aestheticScore = score;
    return std::vector<SizeCondition>(pictures, size);
}

// [N] rows of the prompts, or [2N] = negative ‖ prompt when guidance needs both.
Result<TextConditioning> conditionFor(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                                      const GenerateOptions& options, bool guided) {
    std::vector<std::string> texts;
    std::vector<SizeCondition> sizes;
    if (guided) {
        for (const auto& request : requests) texts.push_back(request.negative.value_or(""));
        sizes = sizesOf(options, requests.size(), options.negativeAestheticScore);
    }
    for (const auto& request : requests) texts.push_back(request.prompt);
    for (const auto& size : sizesOf(options, requests.size(), options.aestheticScore)) sizes.push_back(size);
    ATELIER_TRY(auto result, options.promptWeighting ? encodeWeightedPrompts(pipeline, texts)
                                                     : encodePrompts(pipeline, texts));
    const std::size_t negatives = guided && pipeline.zerosForEmptyPrompt ? requests.size() : 0;
    for (std::size_t i = 0; i < negatives; ++i) {
        if (requests[i].negative) continue;  // given, if only as the empty text
        result.context_NSD[static_cast<std::int64_t>(i)].zero_();
        if (result.textEmbeds_NP.defined()) result.textEmbeds_NP[static_cast<std::int64_t>(i)].zero_();
    }
    if (result.textEmbeds_NP.defined())
        result.timeIds_NI = sizeIds(pipeline.unet->config(), result.textEmbeds_NP.size(1), sizes);
    return result;
}

// In front of each residual as many rows of zeros: nothing is added for the negative prompt.
ControlNetOutput withZeros(ControlNetOutput output) {
    const auto padded = [](const at::Tensor& t) { return at::cat({at::zeros_like(t), t}); };
    for (auto& residual : output.downBlockResSamples) residual = padded(residual);
    output.midBlockResSample = padded(output.midBlockResSample);
    return output;
}

}  // namespace

Result<Denoiser> Denoiser::make(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                                const GenerateOptions& options, const PictureLatents& given,
                                const std::vector<Control>& controls, std::size_t evaluations) {
    Denoiser result(pipeline);
    result.guided_ = options.guidance > 1;
    result.guidance_ = options.guidance;
    result.rescale_ = options.guidanceRescale;
    result.extra_BCHW_ = given.extra_BCHW;
    result.classLabels_B_ = given.classLabels_B;
    result.controls_ = controls;
    result.evaluations_ = evaluations;
    // Pooled residuals know no place in the picture; their reference acts in guess mode always.
    result.guess_ =
        options.guessMode || (!controls.empty() && controls.front().model->config().globalPoolConditions);
    ATELIER_TRY(const auto conditioning, conditionFor(pipeline, requests, options, result.guided_));
    const auto parameter = pipeline.unet->parameters().front();
    result.conditioning_ = conditioning.to(parameter.device(), parameter.scalar_type());
    return result;
}

at::Tensor Denoiser::operator()(const at::Tensor& x_BCHW, double timestep) {
    const auto parameter = pipeline_->unet->parameters().front();
    const auto t = at::full({1}, timestep, at::TensorOptions().dtype(at::kFloat).device(parameter.device()));
    auto input = extra_BCHW_.defined() ? at::cat({x_BCHW, extra_BCHW_}, 1) : x_BCHW;
    input = input.to(parameter.scalar_type());
    auto inputs = unetInputs(guided_ ? at::cat({input, input}) : input, t, conditioning_);
    if (classLabels_B_.defined())
        inputs.classLabels_B = guided_ ? at::cat({classLabels_B_, classLabels_B_}) : classLabels_B_;
    addControls(inputs, x_BCHW);
    ++evaluation_;
    const auto output = pipeline_->unet->forward(inputs).to(at::kFloat);
    if (!guided_) return output;
    const auto halves = output.chunk(2);
    return guide(halves[0], halves[1], guidance_, rescale_);
}

void Denoiser::addControls(UNetInputs& inputs, const at::Tensor& x_BCHW) const {
    const auto from = static_cast<double>(evaluation_) / static_cast<double>(evaluations_);
    const auto to = static_cast<double>(evaluation_ + 1) / static_cast<double>(evaluations_);
    const bool half = guess_ && guided_;
    const std::int64_t batch = x_BCHW.size(0);
    for (const auto& control : controls_) {
        if (from < control.start || to > control.end) continue;
        const auto own = unetInputs(guided_ && !half ? at::cat({x_BCHW, x_BCHW}) : x_BCHW, inputs.timestep_B,
                                    half ? conditioning_.rows(batch, batch) : conditioning_);
        const auto condition =
            control.condition_1CHW.to(x_BCHW.device()).expand({own.sample_BCHW.size(0), -1, -1, -1});
        auto residuals = control.model->forward(own, condition, control.scale, guess_);
        addControl(inputs, half ? withZeros(std::move(residuals)) : residuals);
    }
}

Status checkControl(const Pipeline& pipeline, const Control& control, const GenerateOptions& options) {
    const auto& unet = pipeline.unet->config();
    const auto& net = control.model->config();
    const int factor = pipeline.vae->config().downscale();
    const int latent = pipeline.vae->config().latentChannels;
    if (net.unet.inChannels != latent || net.unet.blockOutChannels != unet.blockOutChannels ||
        net.unet.layersPerBlock != unet.layersPerBlock || net.unet.contextWidth() != unet.contextWidth() ||
        net.unet.additionEmbedType != unet.additionEmbedType || net.unet.takesClassLabels())
        return fail(
            ErrorCode::Model, "the ControlNet was made for a model of another family", "--controlnet",
            fmt::format("Its text has width {} and it has {} levels; the model's UNet {} and {}.",
                        net.unet.contextWidth(), net.unet.levels(), unet.contextWidth(), unet.levels()));
    if (control.model->downscale() != factor)
        return fail(ErrorCode::Model,
                    fmt::format("the ControlNet shrinks its picture by {}, the autoencoder by {}",
                                control.model->downscale(), factor),
                    "--controlnet", "They must be equal.");
    const auto& picture = control.condition_1CHW;
    if (picture.size(1) != net.conditioningChannels || picture.size(2) != options.height ||
        picture.size(3) != options.width)
        return fail(ErrorCode::Usage,
                    fmt::format("the control picture is {}×{} with {} channels, the result {}×{} and the "
                                "ControlNet reads {}",
                                picture.size(3), picture.size(2), picture.size(1), options.width,
                                options.height, net.conditioningChannels),
                    "--control");
    return {};
}

}  // namespace atelier::eval
