// SPDX-License-Identifier: GPL-3.0-or-later
// Compiles the section headers once on their own; the descriptions are checked here even where nothing uses
// them.
#include "core/config/train_config.h"
#include "core/config/load.h"

namespace atelier {

bool isTracked(const TrainConfig& config) {
    return config.tracking.tensorboard || config.tracking.uploadTo ||
           (config.wandb && config.wandb->mode != WandbMode::Disabled);
}

}  // namespace atelier
