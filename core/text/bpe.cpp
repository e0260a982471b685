// SPDX-License-Identifier: GPL-3.0-or-later
// Merging with a heap of candidate pairs, so that a word of n bytes takes O(n log n).
#include "core/text/bpe.h"

#include <queue>

#include "core/text/unicode.h"

namespace atelier {
namespace {

std::uint64_t pairKey(std::int64_t left, std::int64_t right) {
    return static_cast<std::uint64_t>(left) << 32 | static_cast<std::uint32_t>(right);
}

struct Symbol {
    std::int64_t id;
    int previous, next;  // −1 at the ends
    bool alive = true;
};

struct Candidate {
    std::uint32_t rank;
    int at;
    std::int64_t id;
    bool operator>(const Candidate& other) const {
        return rank != other.rank ? rank > other.rank : at > other.at;
    }
};

}  // namespace

std::string BytePairEncoding::byteSymbol(unsigned char byte) {
    const auto printable = [](int b) { return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174; };
    char32_t point = byte;
    if (!printable(byte)) {
        point = 0x100;
        for (int b = 0; b < byte; ++b) point += printable(b) ? 0 : 1;
    }
    std::string symbol;
    unicode::appendUtf8(symbol, point);
    return symbol;
}

Result<BytePairEncoding> BytePairEncoding::build(const Vocabulary& vocabulary, const Merges& merges,
                                                 std::int64_t unknownId, const std::string& where) {
    BytePairEncoding bpe;
    bpe.unknownId_ = unknownId;
    const auto find = [&](const std::string& token) {
        const auto it = vocabulary.find(token);
        return it == vocabulary.end() ? std::int64_t{-1} : it->second;
    };
    for (int b = 0; b < 256; ++b) {
        const std::string symbol = byteSymbol(static_cast<unsigned char>(b));
        bpe.symbols_[static_cast<std::size_t>(b)] = find(symbol);
        bpe.endSymbols_[static_cast<std::size_t>(b)] = find(symbol + "</w>");
    }
    for (std::uint32_t rank = 0; rank < merges.size(); ++rank) {
        const auto& [left, right] = merges[rank];
        const std::int64_t a = find(left), b = find(right), merged = find(left + right);
        if (a < 0 || b < 0 || merged < 0)
            return fail(ErrorCode::Model,
                        "merge " + std::to_string(rank + 1) + " (\"" + left + " " + right +
                            "\") is not covered by the vocabulary",
                        where, "Vocabulary and merges do not belong together.");
        bpe.merges_[pairKey(a, b)] = {rank, merged};
    }
    return bpe;
}

void BytePairEncoding::encode(std::string_view word, std::vector<std::int64_t>& ids) const {
    std::vector<Symbol> symbols;
    symbols.reserve(word.size());
    // A multi-byte character outside the vocabulary is one unknown per byte symbol, as each byte is a symbol
    // here.
    for (std::size_t i = 0; i < word.size(); ++i) {
        const auto byte = static_cast<unsigned char>(word[i]);
        const std::int64_t id = i + 1 == word.size() ? endSymbols_[byte] : symbols_[byte];
        symbols.push_back({id < 0 ? unknownId_ : id, static_cast<int>(i) - 1,
                           i + 1 == word.size() ? -1 : static_cast<int>(i) + 1});
    }
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
    const auto consider = [&](int left) {
        if (left < 0 || symbols[static_cast<std::size_t>(left)].next < 0) return;
        const Symbol& a = symbols[static_cast<std::size_t>(left)];
        const auto it = merges_.find(pairKey(a.id, symbols[static_cast<std::size_t>(a.next)].id));
        if (it != merges_.end()) queue.push({it->second.rank, left, it->second.id});
    };
    for (std::size_t i = 0; i < symbols.size(); ++i) consider(static_cast<int>(i));
    while (!queue.empty()) {
        const Candidate best = queue.top();
        queue.pop();
        Symbol& a = symbols[static_cast<std::size_t>(best.at)];
        if (!a.alive || a.next < 0) continue;
        Symbol& b = symbols[static_cast<std::size_t>(a.next)];
        const auto it = merges_.find(pairKey(a.id, b.id));
        if (it == merges_.end() || it->second.id != best.id) continue;  // the pair has changed since
        a.id = best.id;
        a.next = b.next;
        b.alive = false;
        if (a.next >= 0) symbols[static_cast<std::size_t>(a.next)].previous = best.at;
        consider(a.previous);
        consider(best.at);
    }
    for (const Symbol& symbol : symbols)
        if (symbol.alive) ids.push_back(symbol.id);
}

}  // namespace atelier
