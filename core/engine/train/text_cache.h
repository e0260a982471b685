// SPDX-License-Identifier: GPL-3.0-or-later
// What the text encoders make of captions, encoded once each. Every caption is encoded alone, as the pictures
// of latent_cache.h and for the same reason. Used by the text-to-image task.
#pragma once

#include <string>
#include <vector>

#include "core/engine/models/conditioning.h"
#include "core/engine/train/tensor_cache.h"

namespace atelier::train {

class TextCache {
  public:
    // The pipeline's text encoders must stay as they are.
    TextCache(const Pipeline& pipeline, at::Device device, TensorCache store);

    // As encodePrompts(), on the device.
    Result<TextConditioning> encode(const std::vector<std::string>& captions);
    // Why something could not be kept, once; the run goes on without.
    std::optional<Error> takeProblem() { return std::exchange(problem_, std::nullopt); }

  private:
    const Pipeline& pipeline_;
    at::Device device_;
    TensorCache store_;
    std::string encoders_;  // all that a text depends on beside its tokens
    std::optional<Error> problem_;
    bool told_ = false;
};

}  // namespace atelier::train
