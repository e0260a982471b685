// SPDX-License-Identifier: GPL-3.0-or-later
// Encoding (t5_tokenizer.h).
#include "core/text/t5_tokenizer.h"

#include <algorithm>

#include "core/text/t5_tokenizer_state.h"
#include "core/text/unicode.h"

namespace atelier {
namespace {

constexpr char32_t kSpace = U'\u2581';  // "▁"

// Metaspace: spaces become "▁", one more stands in front, and every one of them begins a word.
void encodeWords(std::u32string text, bool prefix, const Unigram& model, std::vector<std::int64_t>& ids) {
    std::replace(text.begin(), text.end(), U' ', kSpace);
    if (prefix && !text.starts_with(kSpace)) text.insert(text.begin(), kSpace);
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find(kSpace, begin + 1), text.size());
        model.encode(unicode::encodeUtf8(std::u32string_view(text).substr(begin, end - begin)), ids);
        begin = end;
    }
}

}  // namespace

T5Tokenizer::T5Tokenizer(std::unique_ptr<const State> state) : state_(std::move(state)) {}
T5Tokenizer::T5Tokenizer(T5Tokenizer&&) noexcept = default;
T5Tokenizer& T5Tokenizer::operator=(T5Tokenizer&&) noexcept = default;
T5Tokenizer::~T5Tokenizer() = default;

std::vector<std::int64_t> T5Tokenizer::encode(std::string_view text) const {
    const State& s = *state_;
    std::vector<std::int64_t> ids;
    const auto part = [&](std::u32string_view words) {
        if (!s.splitsWhitespace) return encodeWords(std::u32string(words), s.prefixes, s.model, ids);
        for (std::size_t i = 0; i < words.size();) {
            std::size_t end = i;
            while (end < words.size() && !unicode::isSpace(words[end])) ++end;
            if (end > i) encodeWords(std::u32string(words.substr(i, end - i)), s.prefixes, s.model, ids);
            i = end + 1;
        }
    };
    splitAddedTokens(unicode::decodeUtf8(text), s.added, false, ids, [&](std::u32string_view given) {
        splitAddedTokens(s.charsmap.normalize(given), s.added, true, ids, part);
    });
    return ids;
}

std::vector<std::int64_t> T5Tokenizer::encodePadded(std::string_view text) const {
    std::vector<std::int64_t> ids = encode(text);
    const auto length = static_cast<std::size_t>(state_->maxLength);
    ids.resize(std::min(ids.size(), length - 1));
    ids.push_back(state_->eosId);
    ids.resize(length, state_->padId);
    return ids;
}

int T5Tokenizer::maxLength() const {
    return state_->maxLength;
}
int T5Tokenizer::specialTokens() const {
    return 1;
}
std::int64_t T5Tokenizer::padId() const {
    return state_->padId;
}
std::int64_t T5Tokenizer::eosId() const {
    return state_->eosId;
}
std::int64_t T5Tokenizer::vocabSize() const {
    return state_->vocabSize;
}
std::string T5Tokenizer::className() const {
    return "T5Tokenizer";
}

}  // namespace atelier
