// SPDX-License-Identifier: GPL-3.0-or-later
// Byte-level byte-pair encoding (Sennrich et al. 2016; Radford et al. 2019) with CLIP's end-of-word suffix
// "</w>". Used by clip_tokenizer.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace atelier {

class BytePairEncoding {
  public:
    using Vocabulary = std::unordered_map<std::string, std::int64_t>;
    using Merges = std::vector<std::pair<std::string, std::string>>;

    // Merges in order of rank; every part and every result must be in the vocabulary. `where` names the file
    // in errors.
    static Result<BytePairEncoding> build(const Vocabulary& vocabulary, const Merges& merges,
                                          std::int64_t unknownId, const std::string& where);

    // Appends the ids of one word (its UTF-8 bytes); symbols outside the vocabulary become the unknown id.
    void encode(std::string_view word, std::vector<std::int64_t>& ids) const;

    // The vocabulary's spelling of a byte: printable Latin-1 stands for itself, the rest for U+0100 and up.
    static std::string byteSymbol(unsigned char byte);

  private:
    struct Merge {
        std::uint32_t rank;
        std::int64_t id;
    };
    std::array<std::int64_t, 256> symbols_{};     // −1: not in the vocabulary
    std::array<std::int64_t, 256> endSymbols_{};  // with "</w>"
    std::unordered_map<std::uint64_t, Merge> merges_;
    std::int64_t unknownId_ = 0;
};

}  // namespace atelier
