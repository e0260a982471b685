// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece model files (spiece.model): the few fields of the protocol buffer that tokenizing needs. Used
// by the T5 tokenizer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/text/unigram.h"

namespace atelier {

struct SentencePieceModel {
    enum class Kind { Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6 };
    std::vector<ScoredPiece> pieces;
    std::vector<Kind> kinds;  // of each piece
    std::int64_t unknownId = 0;
    bool byteFallback = false;
    std::string charsmap;  // Charsmap::parse

    // Every length and number is checked. Errors (code Model) name `where` and what is wrong: damaged, a
    // model that is not Unigram, options that T5's tokenizers do not have.
    static Result<SentencePieceModel> parse(std::string_view bytes, const std::string& where);
};

}  // namespace atelier
