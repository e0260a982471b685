// SPDX-License-Identifier: GPL-3.0-or-later
// Finding added tokens in texts (added_tokens.h).
#include "core/text/added_tokens.h"

#include <algorithm>

#include "core/text/unicode.h"

namespace atelier {
namespace {

bool isWordCharacter(char32_t p) {
    return unicode::isLetter(p) || unicode::isNumber(p) || p == U'_';
}

}  // namespace

AddedToken addedTokenFromJson(const std::string& content, std::int64_t id, const Json& flags, bool special) {
    const auto flag = [&](const char* key, bool fallback) {
        return flags.is_object() && flags.contains(key) && flags[key].is_boolean() ? flags[key].get<bool>()
                                                                                   : fallback;
    };
    AddedToken token;
    token.content = unicode::decodeUtf8(content);
    token.id = id;
    token.special = flag("special", special);
    token.normalized = flag("normalized", !token.special);
    token.lstrip = flag("lstrip", false);
    token.rstrip = flag("rstrip", false);
    token.singleWord = flag("single_word", false);
    return token;
}

void sortAddedTokens(std::vector<AddedToken>& tokens) {
    std::stable_sort(tokens.begin(), tokens.end(), [](const AddedToken& a, const AddedToken& b) {
        return a.content.size() > b.content.size();
    });
}

FoundToken findAddedToken(std::u32string_view text, std::size_t from, const std::vector<AddedToken>& tokens,
                          bool normalized) {
    for (std::size_t i = from; i < text.size(); ++i)
        for (const AddedToken& token : tokens) {  // longest first
            if (token.normalized != normalized || token.content.empty() ||
                !text.substr(i).starts_with(token.content))
                continue;
            FoundToken found{&token, i, i + token.content.size()};
            const bool cutsWord = (i > 0 && isWordCharacter(text[i - 1])) ||
                                  (found.end < text.size() && isWordCharacter(text[found.end]));
            if (token.singleWord && cutsWord) continue;
            if (token.lstrip)
                while (found.begin > from && unicode::isSpace(text[found.begin - 1])) --found.begin;
            if (token.rstrip)
                while (found.end < text.size() && unicode::isSpace(text[found.end])) ++found.end;
            return found;
        }
    return {nullptr, text.size(), text.size()};
}

}  // namespace atelier
