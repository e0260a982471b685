// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding: special tokens are cut out, the rest is normalised, split into words and merged
// (clip_tokenizer.h).
#include "core/text/clip_tokenizer.h"

#include <algorithm>
#include <array>

#include "core/text/clip_tokenizer_state.h"
#include "core/text/unicode.h"

namespace atelier {
namespace {

constexpr std::array<std::u32string_view, 2> kMarkers{U"<|startoftext|>", U"<|endoftext|>"};
constexpr std::array<std::u32string_view, 7> kContractions{U"'s", U"'t",  U"'re", U"'ve",
                                                           U"'m", U"'ll", U"'d"};

bool isOther(char32_t p) {
    return !unicode::isSpace(p) && !unicode::isLetter(p) && !unicode::isNumber(p);
}

// <|startoftext|>|<|endoftext|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+ ; what matches
// nothing is dropped.
void encodeWords(std::u32string_view text, const BytePairEncoding& bpe, std::vector<std::int64_t>& ids) {
    const auto emit = [&](std::u32string_view word) { bpe.encode(unicode::encodeUtf8(word), ids); };
    for (std::size_t i = 0; i < text.size();) {
        const std::u32string_view rest = text.substr(i);
        const auto starts = [&](std::u32string_view prefix) { return rest.starts_with(prefix); };
        std::size_t length = 1;
        if (const auto it = std::find_if(kMarkers.begin(), kMarkers.end(), starts); it != kMarkers.end()) {
            // The byte-level stage splits a marker again: "<|", its letters, "|>".
            length = it->size();
            emit(rest.substr(0, 2));
            emit(rest.substr(2, length - 4));
            emit(rest.substr(length - 2, 2));
            i += length;
            continue;
        }
        if (const auto it = std::find_if(kContractions.begin(), kContractions.end(), starts);
            it != kContractions.end()) {
            length = it->size();
        } else if (unicode::isSpace(rest[0])) {
            ++i;
            continue;
        } else if (unicode::isLetter(rest[0])) {
            while (length < rest.size() && unicode::isLetter(rest[length])) ++length;
        } else if (!unicode::isNumber(rest[0])) {
            while (length < rest.size() && isOther(rest[length])) ++length;
        }
        emit(rest.substr(0, length));
        i += length;
    }
}

}  // namespace

ClipTokenizer::ClipTokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
ClipTokenizer::ClipTokenizer(ClipTokenizer&&) noexcept = default;
ClipTokenizer& ClipTokenizer::operator=(ClipTokenizer&&) noexcept = default;
ClipTokenizer::~ClipTokenizer() = default;

std::vector<std::int64_t> ClipTokenizer::encode(std::string_view text) const {
    std::vector<std::int64_t> ids;
    splitAddedTokens(unicode::decodeUtf8(text), state_->added, false, ids, [&](std::u32string_view part) {
        const std::u32string normal = unicode::lowerCase(unicode::composeCanonical(part));
        splitAddedTokens(normal, state_->added, true, ids,
                         [&](std::u32string_view words) { encodeWords(words, state_->bpe, ids); });
    });
    return ids;
}

std::vector<std::int64_t> ClipTokenizer::encodePadded(std::string_view text) const {
    std::vector<std::int64_t> ids = encode(text);
    const auto length = static_cast<std::size_t>(state_->maxLength);
    ids.insert(ids.begin(), state_->bosId);
    ids.resize(std::min(ids.size(), length - 1));
    ids.push_back(state_->eosId);
    ids.resize(length, state_->padId);
    return ids;
}

std::string_view ClipTokenizer::token(std::int64_t id) const {
    const auto it = state_->tokens.find(id);
    return it == state_->tokens.end() ? std::string_view() : std::string_view(it->second);
}

int ClipTokenizer::maxLength() const {
    return state_->maxLength;
}
int ClipTokenizer::specialTokens() const {
    return 2;
}
std::string ClipTokenizer::className() const {
    return "CLIPTokenizer";
}
std::int64_t ClipTokenizer::bosId() const {
    return state_->bosId;
}
std::int64_t ClipTokenizer::eosId() const {
    return state_->eosId;
}
std::int64_t ClipTokenizer::padId() const {
    return state_->padId;
}
std::int64_t ClipTokenizer::vocabSize() const {
    return state_->tokens.empty() ? 0 : state_->tokens.rbegin()->first + 1;
}

}  // namespace atelier
