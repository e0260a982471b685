// SPDX-License-Identifier: GPL-3.0-or-later
// The guided network of one batch of pictures: prompts and sizes, negative prompt, ControlNets. Used by
// generate.cpp.
#pragma once

#include <span>
#include <vector>

#include "core/engine/eval/given_picture.h"
#include "core/engine/models/conditioning.h"

namespace atelier::eval {

class Denoiser {
  public:
    // `given`: what the network sees beside the latents. `evaluations`: how many times it is going to be
    // called; the controls' parts are shares of that. Errors: tokens beyond the vocabulary.
    static Result<Denoiser> make(const Pipeline& pipeline, std::span<const PictureRequest> requests,
                                 const GenerateOptions& options, const PictureLatents& given,
                                 const std::vector<Control>& controls, std::size_t evaluations);
    // The network's output in float32, guidance done, for an input that the sampler has scaled.
    at::Tensor operator()(const at::Tensor& x_BCHW, double timestep);

  private:
    explicit Denoiser(const Pipeline& pipeline) : pipeline_(&pipeline) {}
    void addControls(UNetInputs& inputs, const at::Tensor& x_BCHW) const;

    const Pipeline* pipeline_;
    TextConditioning conditioning_;  // [B], or [2B] = negative ‖ prompt when guided
    at::Tensor extra_BCHW_, classLabels_B_;
    std::vector<Control> controls_;
    bool guided_ = false, guess_ = false;
    double guidance_ = 1, rescale_ = 0;
    std::size_t evaluations_ = 0, evaluation_ = 0;
};

// Whether a ControlNet fits the model and its picture the size (Model, Usage).
Status checkControl(const Pipeline& pipeline, const Control& control, const GenerateOptions& options);

}  // namespace atelier::eval
