// SPDX-License-Identifier: GPL-3.0-or-later
// What a loaded ClipTokenizer holds. Shared by clip_tokenizer.cpp (encoding) and clip_tokenizer_files.cpp
// (reading, writing).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/text/added_tokens.h"
#include "core/text/bpe.h"
#include "core/text/clip_tokenizer.h"

namespace atelier {

struct ClipTokenizer::State {
    BytePairEncoding bpe;
    std::vector<AddedToken> added;  // longest first
    std::map<std::int64_t, std::string> tokens;
    BytePairEncoding::Merges merges;
    std::map<std::string, std::string> files;  // what it was loaded from, name → content
    std::string bos, eos, unknown, pad;
    std::int64_t bosId = 0, eosId = 0, padId = 0;
    int maxLength = 77;
};

}  // namespace atelier
