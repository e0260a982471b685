// SPDX-License-Identifier: GPL-3.0-or-later
// CLIP's byte-level BPE, exactly as transformers' CLIPTokenizer computes it: NFC, white space, lower case,
// split, merge. Used by training and sampling for ids and by the studio to count tokens. Immutable after
// loading.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer.h"

namespace atelier {

class ClipTokenizer : public Tokenizer {
  public:
    // A tokenizer folder: tokenizer.json, or vocab.json + merges.txt (+ added_tokens.json), with the optional
    // tokenizer_config.json and special_tokens_map.json. Errors: code Model, naming the file and what is
    // wrong with it.
    static Result<ClipTokenizer> load(const fs::path& folder);

    ClipTokenizer(ClipTokenizer&&) noexcept;
    ClipTokenizer& operator=(ClipTokenizer&&) noexcept;
    ~ClipTokenizer() override;

    // Ids of the text alone: no BOS, no EOS, no padding, no truncation.
    std::vector<std::int64_t> encode(std::string_view text) const override;
    // BOS + ids + EOS, cut and padded to maxLength() entries (truncation keeps the first pieces and ends with
    // EOS).
    std::vector<std::int64_t> encodePadded(std::string_view text) const override;
    // The token's text as it stands in the vocabulary ("photo</w>"); empty for an unknown id.
    std::string_view token(std::int64_t id) const;

    int maxLength() const override;  // 77
    int specialTokens() const override;
    std::int64_t bosId() const;
    std::int64_t eosId() const override;
    std::int64_t padId() const override;
    std::int64_t vocabSize() const override;
    std::string className() const override;

    Result<std::shared_ptr<const Tokenizer>> withToken(const std::string& word, int count = 1) const override;

    // Writes the files it was loaded from, unchanged but for added tokens, plus whichever of the classic
    // files and tokenizer.json were missing, so that old and new readers open the folder. The folder is made.
    Status save(const fs::path& folder) const override;

  private:
    struct State;
    explicit ClipTokenizer(std::unique_ptr<const State> state);
    std::unique_ptr<const State> state_;
};

}  // namespace atelier
