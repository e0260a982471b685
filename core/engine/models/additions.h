// SPDX-License-Identifier: GPL-3.0-or-later
// What is added to a loaded pipeline in memory: LoRA files of every dialect, textual inversions. Called by
// sample.
#pragma once

#include "core/engine/models/pipeline.h"

namespace atelier {

// W ← W + weight·ΔW for every module of the file (core/weights/lora: linear, convolution, LoCon, DoRA), in
// float32. Errors (code Model): what lora::read says, a module that meets no layer or one of another size,
// by name.
Status mergeLora(Pipeline& pipeline, const fs::path& file, double weight);

// The file's token becomes one of the tokenizer's, its vectors rows of the text encoder; in a prompt it
// stands for all of them. A file for XL fills both text encoders, any other the first. Returns the token.
// `token`: the word to use instead of the file's own. Errors (code Model): no textual inversion, another
// width, a word that is a token already.
Result<std::string> addEmbedding(Pipeline& pipeline, const fs::path& file, const std::string& token = {});

}  // namespace atelier
