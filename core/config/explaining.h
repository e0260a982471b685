// SPDX-License-Identifier: GPL-3.0-or-later
// The YAML of explainingai's StableDiffusion-PyTorch as a dialect: what it says in our keys, and what it says
// that has no effect or another one here. Used by load.cpp.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/yaml.h"
#include "core/config/issue.h"

namespace atelier::explaining {

// Whether a file is in this dialect: by its sections autoencoder_params, ldm_params and train_params.
bool isDialect(const yaml::Node& tree);
// Whether a key of a command line belongs to it ("train_params.ldm_lr=…") and not to our schema.
bool isDialectKey(std::string_view keyValue);
// One file describes two runs, of the autoencoder and of the denoiser; `autoencoder` says which is wanted.
// Interpolations are not part of the dialect. Issues: Error where a recipe cannot be run, Warning for keys
// that are dead or differ, Note for what was chosen.
yaml::Node translate(const yaml::Node& tree, bool autoencoder, std::vector<Issue>& issues);

}  // namespace atelier::explaining
