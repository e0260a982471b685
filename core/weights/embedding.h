// SPDX-License-Identifier: GPL-3.0-or-later
// Textual inversions: the vectors of new tokens as diffusers, A1111 and kohya's tools keep them, .pt and .bin
// included. Called by `convert --to embedding-…` and `sample --embedding`.
#pragma once

#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/weights/dialects/convert.h"

namespace atelier {

enum class EmbeddingDialect {
    Diffusers,  // {"<token>": [n, width]}
    A1111,      // {"emb_params": [n, width]}, or clip_l and clip_g for XL; the file's name is the token
};

// The vectors of one new token, as numbers.
struct TokenVectors {
    std::string part;  // "" or, in files for XL, "clip_l" and "clip_g"
    std::int64_t count = 0, width = 0;
    std::vector<float> values;  // [count, width]
};
struct TextualInversion {
    std::string token;  // the one in the file, else the file's name
    std::vector<TokenVectors> parts;
};
// Any of the dialects, .pt and .bin included. Errors (code Model): no textual inversion.
Result<TextualInversion> readEmbedding(const fs::path& path);

// `out` appears whole or not at all and must not exist. The token is the one in the file, else the file's
// name. Errors (code Model): no textual inversion; the two encoders of XL for diffusers, which has no file
// for both.
Result<ConvertReport> convertEmbedding(const fs::path& in, const fs::path& out, EmbeddingDialect dialect,
                                       const ConvertOptions& options);

}  // namespace atelier
