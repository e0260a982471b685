// SPDX-License-Identifier: GPL-3.0-or-later
// What every tokenizer does, whatever its family: texts to ids. Immutable after loading: share between
// threads. Training, sampling and the studio's token counts use this; the families are clip_tokenizer.h and
// t5_tokenizer.h.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

class Tokenizer {
  public:
    virtual ~Tokenizer();

    // Ids of the text alone: no begin, no end, no padding, no truncation.
    virtual std::vector<std::int64_t> encode(std::string_view text) const = 0;
    // The window: the special tokens around the ids, cut and padded on the right to maxLength() entries.
    virtual std::vector<std::int64_t> encodePadded(std::string_view text) const = 0;
    virtual int maxLength() const = 0;      // entries of a window
    virtual int specialTokens() const = 0;  // of them, those that no text can take
    virtual std::int64_t padId() const = 0;
    virtual std::int64_t eosId() const = 0;
    virtual std::int64_t vocabSize() const = 0;  // one more than the largest id, added tokens included
    // The same with a further token that stands for `count` new ids in a row, from vocabSize() on: a textual
    // inversion. Files that save() writes hold it as "word", "word_1", …, as diffusers names its parts. An
    // Error (code Model) when the word is empty or a token already.
    virtual Result<std::shared_ptr<const Tokenizer>> withToken(const std::string& word,
                                                               int count = 1) const = 0;
    // The reference class that reads what save() writes.
    virtual std::string className() const = 0;
    // Writes the folder; it is made.
    virtual Status save(const fs::path& folder) const = 0;

  protected:
    Tokenizer() = default;
    Tokenizer(Tokenizer&&) noexcept = default;
    Tokenizer& operator=(Tokenizer&&) noexcept = default;
};

// A tokenizer folder of either family, told by its files: a spiece.model, or a tokenizer.json whose model is
// Unigram, is T5's. Errors: code Model, naming the file and what is wrong with it.
Result<std::shared_ptr<const Tokenizer>> loadTokenizer(const fs::path& folder);

}  // namespace atelier
