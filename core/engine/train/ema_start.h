// SPDX-License-Identifier: GPL-3.0-or-later
// model.ema.path: averages that begin where a file has them instead of at the weights. Called by the loop
// when a run begins; a continued run has its own.
#pragma once

#include "core/base/files.h"
#include "core/engine/train/optimizer.h"

namespace atelier::train {

// `path` may be
//   open-diffusion's ema_model.state (a list without names, in the order of its UNet's parameters),
//   optimizer.safetensors of a run's checkpoint ("ema." + name),
//   a pipeline or model folder, or one weights file, whose weights are taken for averages.
// How many updates the averages have seen is in the first two, and in config.json of diffusers' unet_ema
// folder; elsewhere they count as settled, so that the decay does not warm up again and forget them. Errors
// (Model): what it lacks, by name.
Status beginAverages(const fs::path& path, Optimizer& optimizer);

}  // namespace atelier::train
