// SPDX-License-Identifier: GPL-3.0-or-later
// The files of a tokenizer folder and what all families find in them. Used by the tokenizers' *_files.cpp.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/result.h"
#include "core/text/added_tokens.h"

namespace atelier {

struct TokenizerFolder {
    fs::path path;
    std::map<std::string, std::string> files;  // name → content
    std::map<std::string, Json> json;          // those of them that are JSON, all of them objects

    // Those of `names` that are there. Errors: code Model.
    static Result<TokenizerFolder> read(const fs::path& path, std::span<const char* const> names);

    // bos_token, eos_token, …: tokenizer_config.json, then special_tokens_map.json.
    std::string special(const char* key, const char* fallback) const;
    // model_max_length; `fallback` where there is none ("no limit" is written as 1e30).
    int maxLength(int fallback) const;
    // By content: added_tokens of tokenizer.json, added_tokens.json (old), added_tokens_decoder of
    // tokenizer_config.json (newer).
    std::map<std::string, AddedToken> addedTokens() const;
};

// "token" or {"content": "token", …}.
std::optional<std::string> tokenText(const Json& json);
// {"content": …, …} with all flags off but this one.
Json tokenObject(const std::string& content, bool normalized);
// An entry of tokenizer.json's added_tokens.
Json addedTokenEntry(const std::string& content, const AddedToken& token);
// A token of no special meaning that is sought in normalised text, in the files that name added tokens.
void addTokenToFiles(std::map<std::string, std::string>& files, const std::string& content, std::int64_t id);
tl::unexpected<Error> badTokenizer(std::string what, const fs::path& file, std::string hint = {});

}  // namespace atelier
