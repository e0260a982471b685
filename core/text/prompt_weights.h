// SPDX-License-Identifier: GPL-3.0-or-later
// The weights that user interfaces write into prompts, "(word:1.2)", "[word]", BREAK, and prompts longer than
// the text encoder's window: as AUTOMATIC1111's web UI reads them. Called when sampling; never in training.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer.h"

namespace atelier {

struct WeightedText {
    std::string text;
    double weight = 1;
    bool startsChunk = false;  // BREAK stood before it

    friend bool operator==(const WeightedText&, const WeightedText&) = default;
};

// (x) × 1.1, [x] ÷ 1.1, (x:1.3) × 1.3; nested ones multiply; \( \) \[ \] \\ are the characters themselves. A
// bracket that is never closed holds to the end; a closing one without an opening one is text. Texts of equal
// weight are joined; never empty.
std::vector<WeightedText> parsePromptWeights(std::string_view prompt);

// What the text encoder gets at once: its tokenizer's first special tokens (CLIP's BOS, none of T5's), as
// many tokens as fit, EOS, padding; a weight for each.
struct PromptChunk {
    std::vector<std::int64_t> ids;
    std::vector<float> weights;  // 1 for special tokens and padding
};
// At least one chunk. `length`: entries of a chunk, at most the tokenizer's maxLength().
std::vector<PromptChunk> tokenizePrompt(const Tokenizer& tokenizer, std::string_view prompt, int length);
// Of no text: fills up the shorter of two prompts.
PromptChunk emptyChunk(const Tokenizer& tokenizer, int length);

}  // namespace atelier
