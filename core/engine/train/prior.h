// SPDX-License-Identifier: GPL-3.0-or-later
// Prior preservation (Ruiz et al. 2023, DreamBooth): pictures of the class, made once by the model as it was
// before training, stand beside those of the subject, so that the class does not become the subject. Used by
// the text-to-image task.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/engine/models/autoencoder_kl.h"
#include "core/engine/train/settings.h"

namespace atelier::train {

// False ends the work (Cancelled).
using CountProgress = std::function<bool(std::int64_t done, std::int64_t total)>;

// Sample numbers of class pictures, for draws of their own.
inline constexpr std::uint64_t kClassNumbers = std::uint64_t{1} << 62;

class Prior {
  public:
    // Tops the folder up to prior.count pictures (subjectPictures decides when no count is given), named
    // 000000.png, …: picture i of a prompt is always the same one, so an interrupted call goes on where it
    // was. Then encodes them all. `making` and `encoding` hear of the two halves. Errors: Config (nothing to
    // make pictures with), Data (a picture that cannot be read), Io, Cancelled.
    static Result<Prior> prepare(const Settings& settings, AutoencoderKL& vae, std::int64_t subjectPictures,
                                 const CountProgress& making, const CountProgress& encoding);

    std::int64_t size() const { return static_cast<std::int64_t>(moments_.size()); }
    // The autoencoder's moments [B,2L,h,w] (CPU, float32) of the class pictures that go with these samples:
    // every picture once per pass, in an order of its own per pass.
    at::Tensor momentsFor(const std::vector<std::uint64_t>& numbers) const;

  private:
    std::uint64_t seed_ = 0;
    std::vector<at::Tensor> moments_;
};

}  // namespace atelier::train
