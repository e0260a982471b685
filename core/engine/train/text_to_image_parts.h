// SPDX-License-Identifier: GPL-3.0-or-later
// The networks and the noise schedule that a denoiser is trained with, loaded or made as the settings say.
// Used by the text-to-image task.
#pragma once

#include "core/engine/models/pipeline.h"
#include "core/engine/train/settings.h"

namespace atelier::train {

// What the settings name; SDXL's refiner has the second text encoder alone. Errors (code Config or Model): a
// part that is not given, parts that do not fit together.
Result<Pipeline> loadParts(const Settings& settings, const LoadOptions& load);
// The schedule to train with; `scheduler` becomes what the saved pipeline carries.
Result<NoiseSchedule> makeSchedule(const Settings& settings, Json& scheduler);
// What a scheduler_config.json stands for.
Result<Sampler> samplerOf(const Json& scheduler);

}  // namespace atelier::train
