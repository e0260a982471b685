// SPDX-License-Identifier: GPL-3.0-or-later
// What a loaded T5Tokenizer holds. Shared by t5_tokenizer.cpp (encoding) and t5_tokenizer_files.cpp (reading,
// writing).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/text/added_tokens.h"
#include "core/text/charsmap.h"
#include "core/text/t5_tokenizer.h"
#include "core/text/unigram.h"

namespace atelier {

struct T5Tokenizer::State {
    Unigram model;
    Charsmap charsmap;
    std::string charsmapBytes;
    bool splitsWhitespace = true;              // pre-tokenizer WhitespaceSplit in front of Metaspace
    bool prefixes = true;                      // Metaspace puts "▁" in front of each part
    std::vector<AddedToken> added;             // longest first
    std::map<std::string, std::string> files;  // what it was loaded from, name → content
    std::string eos, unknown, pad;
    std::int64_t eosId = 0, padId = 0, vocabSize = 0;
    int maxLength = 512;
};

}  // namespace atelier
