// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/prompt_weights.h"

#include <charconv>
#include <cmath>
#include <optional>

#include "core/base/strings.h"

namespace atelier {
namespace {

constexpr double kRound = 1.1, kSquare = 1 / 1.1;

bool isBlank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
bool isWordCharacter(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

// ":1.3)" at the front: its length and number.
struct Factor {
    std::size_t length = 0;
    double value = 1;
};
std::optional<Factor> readFactor(std::string_view text) {
    std::size_t i = 1;
    const auto skipBlanks = [&] {
        while (i < text.size() && isBlank(text[i])) ++i;
    };
    skipBlanks();
    if (i < text.size() && text[i] == '+') ++i;
    Factor factor;
    const char* end = text.data() + text.size();
    const auto [next, error] = std::from_chars(text.data() + i, end, factor.value, std::chars_format::fixed);
    if (error != std::errc() || !std::isfinite(factor.value)) return std::nullopt;
    i = static_cast<std::size_t>(next - text.data());
    skipBlanks();
    if (i >= text.size() || text[i] != ')') return std::nullopt;
    factor.length = i + 1;
    return factor;
}

class Parser {
  public:
    std::vector<WeightedText> parse(std::string_view prompt) {
        for (std::size_t i = 0; i < prompt.size();) i += take(prompt.substr(i));
        flush();
        for (const std::size_t begin : round_) scale(begin, kRound);
        for (const std::size_t begin : square_) scale(begin, kSquare);
        return joined();
    }

  private:
    // Reads what stands at the front; returns its length.
    std::size_t take(std::string_view rest) {
        const char c = rest[0];
        if (c == '\\' && rest.size() > 1 && std::string_view("()[]\\").find(rest[1]) != rest.npos) {
            literal_ += rest[1];
            return 2;
        }
        if (c == '(' || c == '[') {
            flush();
            (c == '(' ? round_ : square_).push_back(pieces_.size());
            return 1;
        }
        if (c == ':' && !round_.empty())
            if (const auto factor = readFactor(rest)) {
                close(round_, factor->value);
                return factor->length;
            }
        if (c == ')' && !round_.empty()) return close(round_, kRound), 1;
        if (c == ']' && !square_.empty()) return close(square_, kSquare), 1;
        if (rest.starts_with("BREAK") && (literal_.empty() || !isWordCharacter(literal_.back())) &&
            (rest.size() == 5 || !isWordCharacter(rest[5]))) {
            while (!literal_.empty() && isBlank(literal_.back())) literal_.pop_back();
            flush();
            startsChunk_ = true;
            std::size_t length = 5;
            while (length < rest.size() && isBlank(rest[length])) ++length;
            return length;
        }
        literal_ += c;
        return 1;
    }
    void flush() {
        if (literal_.empty()) return;
        pieces_.push_back({std::move(literal_), 1, startsChunk_});
        literal_.clear();
        startsChunk_ = false;
    }
    void close(std::vector<std::size_t>& brackets, double factor) {
        flush();
        scale(brackets.back(), factor);
        brackets.pop_back();
    }
    void scale(std::size_t begin, double factor) {
        for (std::size_t i = begin; i < pieces_.size(); ++i) pieces_[i].weight *= factor;
    }
    std::vector<WeightedText> joined() {
        std::vector<WeightedText> result;
        for (auto& piece : pieces_) {
            if (!result.empty() && !piece.startsChunk && result.back().weight == piece.weight)
                result.back().text += piece.text;
            else
                result.push_back(std::move(piece));
        }
        if (startsChunk_) result.push_back({"", 1, true});  // BREAK at the end
        if (result.empty()) result.emplace_back();
        return result;
    }

    std::vector<WeightedText> pieces_;
    std::vector<std::size_t> round_, square_;  // where open brackets began
    std::string literal_;
    bool startsChunk_ = false;
};

}  // namespace

std::vector<WeightedText> parsePromptWeights(std::string_view prompt) {
    return Parser().parse(prompt);
}

PromptChunk emptyChunk(const Tokenizer& tokenizer, int length) {
    PromptChunk chunk{tokenizer.encodePadded(""), {}};
    chunk.ids.resize(static_cast<std::size_t>(length));
    chunk.weights.assign(chunk.ids.size(), 1.0F);
    return chunk;
}

std::vector<PromptChunk> tokenizePrompt(const Tokenizer& tokenizer, std::string_view prompt, int length) {
    const auto room = static_cast<std::size_t>(length - 1);  // the last entry is EOS
    std::vector<PromptChunk> chunks{emptyChunk(tokenizer, length)};
    const auto first = static_cast<std::size_t>(tokenizer.specialTokens() - 1);  // behind what begins it
    std::size_t at = first;
    const auto next = [&] {
        chunks.push_back(emptyChunk(tokenizer, length));
        at = first;
    };
    for (const WeightedText& piece : parsePromptWeights(prompt)) {
        if (piece.startsChunk) next();
        for (const std::int64_t id : tokenizer.encode(piece.text)) {
            if (at == room) next();
            PromptChunk& chunk = chunks.back();
            chunk.ids[at] = id;
            chunk.weights[at] = static_cast<float>(piece.weight);
            chunk.ids[++at] = tokenizer.eosId();
        }
    }
    return chunks;
}

}  // namespace atelier
