// SPDX-License-Identifier: GPL-3.0-or-later
// T5's tokenizer, exactly as transformers' T5Tokenizer (on the `tokenizers` library) computes it: added
// tokens are cut out, the rest goes through the model's character map, is split at white space, each word
// gets "▁" in front and is split into the most probable pieces. Immutable after loading.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer.h"

namespace atelier {

class T5Tokenizer : public Tokenizer {
  public:
    // A tokenizer folder: tokenizer.json, or spiece.model (+ added_tokens.json), with the optional
    // tokenizer_config.json (model_max_length, 512 where it says nothing; extra_ids) and
    // special_tokens_map.json. Errors: code Model, naming the file and what is wrong with it.
    static Result<T5Tokenizer> load(const fs::path& folder);
    // Whether the folder's files are of this family.
    static bool isFolder(const fs::path& folder);

    T5Tokenizer(T5Tokenizer&&) noexcept;
    T5Tokenizer& operator=(T5Tokenizer&&) noexcept;
    ~T5Tokenizer() override;

    std::vector<std::int64_t> encode(std::string_view text) const override;
    // ids + EOS, cut (EOS stays) and padded.
    std::vector<std::int64_t> encodePadded(std::string_view text) const override;

    int maxLength() const override;
    int specialTokens() const override;
    std::int64_t padId() const override;
    std::int64_t eosId() const override;
    std::int64_t vocabSize() const override;
    std::string className() const override;
    Result<std::shared_ptr<const Tokenizer>> withToken(const std::string& word, int count = 1) const override;
    // The files it was loaded from, unchanged, and tokenizer.json and tokenizer_config.json where they were
    // missing, so that readers without SentencePiece open the folder.
    Status save(const fs::path& folder) const override;

  private:
    struct State;
    explicit T5Tokenizer(std::unique_ptr<const State> state);
    std::unique_ptr<const State> state_;
};

}  // namespace atelier
