// SPDX-License-Identifier: GPL-3.0-or-later
// What a loaded ClipTokenizer holds. Shared by clip_tokenizer.cpp (encoding) and clip_tokenizer_files.cpp
// (reading, writing).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/text/bpe.h"
#include "core/text/clip_tokenizer.h"

namespace atelier {

// A token that is found in the text as a whole; `normalized`: in the normalised text, otherwise in the text
// as given.
struct AddedToken {
    std::u32string content;
    std::int64_t id = 0;
    int count = 1;  // ids that it stands for: id, id + 1, …
    bool special = true, normalized = false, lstrip = false, rstrip = false, singleWord = false;
};

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
