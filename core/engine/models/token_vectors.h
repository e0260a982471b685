// SPDX-License-Identifier: GPL-3.0-or-later
// Textual inversion (Gal et al. 2022): words of one's own in a pipeline, whose vectors are trained while
// every network stays as it is; written for diffusers, A1111 and kohya's tools, read back with their base
// model. Called by train, replay and sample.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/engine/models/pipeline.h"

namespace atelier {

struct NewToken {
    std::string word;                     // "<toy>"
    std::string start;                    // words whose vectors it starts with, in turns; "": drawn ones
    std::optional<std::int64_t> vectors;  // absent: as many as `start` has tokens, at least one
};

// Every tokenizer of the pipeline learns the words, every text encoder gets vectors for them. Drawn vectors
// have the spread of the encoder's own and are a function of the seed. Errors (code Config): a word that is a
// token already.
Status attachTokens(Pipeline& pipeline, const std::vector<NewToken>& tokens, std::uint64_t seed);

// What is learned: float32 [n, width] each, "tokens.text_encoder.<toy>", "tokens.text_encoder_2.<toy>".
struct LearnedTokens {
    NamedTensors parameters;
    // Mean length of each encoder's own vectors: "tokens.text_encoder." → 0.4.
    std::vector<std::pair<std::string, double>> meanLengths;
};
// Makes what attachTokens added learnable, with gradients.
LearnedTokens learnTokens(Pipeline& pipeline, const std::vector<NewToken>& tokens);
// The reverse: `vectors`, as LearnedTokens::parameters, become rows of the encoders' tables.
Status keepTokens(Pipeline& pipeline, const NamedTensors& vectors);

// Into `folder`, which is made where it is missing:
//   <name>.safetensors        diffusers' load_textual_inversion (SD 1 and 2, which have one text encoder)
//   a1111/<name>.safetensors  A1111, ComfyUI and kohya's tools; XL: clip_l and clip_g, which diffusers takes
//   part
//                             by part
//   textual_inversion.json    words, files and base model; makes the folder one that loadPipeline opens
// <name> is the word without what file names cannot hold ("<toy>" → "toy"). Float32.
Status writeTokens(const NamedTensors& vectors, const fs::path& base, const fs::path& folder);
// The files hold these values byte for byte.
Status verifyTokens(const NamedTensors& vectors, const fs::path& folder);

bool isTokenFolder(const fs::path& folder);
// The base model of a folder that writeTokens wrote, with the words in it and the LoRA beside them, if any.
Result<Pipeline> loadTokenPipeline(const fs::path& folder, const LoadOptions& options,
                                   const std::set<std::string>& components);

}  // namespace atelier
