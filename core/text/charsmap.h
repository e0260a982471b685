// SPDX-License-Identifier: GPL-3.0-or-later
// SentencePiece's precompiled character map ("nmt_nfkc" and its kin): a double-array trie from byte strings
// to their replacements. Used by the T5 tokenizer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace atelier {

class Charsmap {
  public:
    Charsmap() = default;  // changes nothing
    // The blob as model files hold it: size of the trie in bytes (uint32, little endian), its units (uint32),
    // then the replacements, each ended by a zero byte. Errors: code Model, naming `where`.
    static Result<Charsmap> parse(std::string_view blob, const std::string& where);

    // As the `tokenizers` library applies it: a grapheme cluster of less than six bytes that begins with a
    // known string becomes that string's replacement as a whole; otherwise each code point by itself.
    std::u32string normalize(std::u32string_view text) const;
    bool empty() const { return units_.empty(); }

  private:
    std::optional<std::string_view> find(std::string_view key) const;
    std::vector<std::uint32_t> units_;
    std::string replacements_;
};

std::string toBase64(std::string_view bytes);
// Errors: code Model.
Result<std::string> fromBase64(std::string_view text, const std::string& where);

}  // namespace atelier
