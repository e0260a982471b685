// SPDX-License-Identifier: GPL-3.0-or-later
// Tokens that are found in a text as a whole, before anything else is done with it. Used by the tokenizers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"

namespace atelier {

// `normalized`: sought in the normalised text, otherwise in the text as given.
struct AddedToken {
    std::u32string content;
    std::int64_t id = 0;
    int count = 1;  // ids that it stands for: id, id + 1, …
    bool special = true, normalized = false, lstrip = false, rstrip = false, singleWord = false;
};

// The flags as tokenizer.json and tokenizer_config.json write them; `special` where they do not say.
AddedToken addedTokenFromJson(const std::string& content, std::int64_t id, const Json& flags, bool special);
// Longest first, which findAddedToken needs.
void sortAddedTokens(std::vector<AddedToken>& tokens);

// The next token of this kind from `from` on: leftmost, then longest; null when there is none.
struct FoundToken {
    const AddedToken* token = nullptr;
    std::size_t begin = 0, end = 0;
};
FoundToken findAddedToken(std::u32string_view text, std::size_t from, const std::vector<AddedToken>& tokens,
                          bool normalized);

// Calls plain(text) for what lies between added tokens and appends those tokens' ids.
template <class Plain>
void splitAddedTokens(std::u32string_view text, const std::vector<AddedToken>& tokens, bool normalized,
                      std::vector<std::int64_t>& ids, Plain&& plain) {
    for (std::size_t at = 0; at < text.size();) {
        const FoundToken found = findAddedToken(text, at, tokens, normalized);
        if (found.begin > at) plain(text.substr(at, found.begin - at));
        for (int i = 0; found.token && i < found.token->count; ++i) ids.push_back(found.token->id + i);
        at = found.end;
    }
}

}  // namespace atelier
