// SPDX-License-Identifier: GPL-3.0-or-later
// The Unigram language model over subwords (Kudo 2018): the most probable split of a text into pieces. Used
// by the T5 tokenizer.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"

namespace atelier {

struct ScoredPiece {
    std::string text;  // UTF-8
    double score = 0;  // log probability
};

class Unigram {
  public:
    Unigram() = default;
    // Ids are places in the list. `byteFallback`: unknown characters become their bytes "<0x00>" … "<0xFF>"
    // where the list has those. Errors: code Model, naming `where`.
    static Result<Unigram> build(std::vector<ScoredPiece> pieces, std::int64_t unknownId, bool byteFallback,
                                 const std::string& where);

    // Appends the ids of one word (valid UTF-8); neighbouring unknown characters are one unknown piece.
    void encode(std::string_view word, std::vector<std::int64_t>& ids) const;

    const std::vector<ScoredPiece>& pieces() const { return pieces_; }
    std::int64_t unknownId() const { return unknownId_; }
    bool byteFallback() const { return byteFallback_; }
    std::optional<std::int64_t> idOf(std::string_view piece) const;

  private:
    // Children of a node lie side by side, ascending by byte.
    struct Node {
        std::uint32_t firstChild = 0;
        std::uint16_t children = 0;
        unsigned char byte = 0;
        std::int32_t id = -1;  // of the piece that ends here
    };
    const Node* child(const Node& node, unsigned char byte) const;
    void appendUnknown(std::string_view text, std::vector<std::int64_t>& ids) const;

    std::vector<ScoredPiece> pieces_;
    std::unordered_map<std::string, std::int64_t> ids_;
    std::vector<Node> nodes_;
    std::int64_t unknownId_ = 0;
    double unknownScore_ = 0;
    bool byteFallback_ = false;
};

}  // namespace atelier
