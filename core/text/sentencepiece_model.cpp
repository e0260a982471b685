// SPDX-License-Identifier: GPL-3.0-or-later
// A reader of protocol buffers that knows fields, not schemas (sentencepiece_model.h).
#include "core/text/sentencepiece_model.h"

#include <fmt/format.h>

#include <bit>
#include <functional>
#include <optional>

#include "core/base/strings.h"

namespace atelier {
namespace {

constexpr std::size_t kMaxPieces = std::size_t{1} << 22;

// One field: its number, and the value of its wire type.
struct Field {
    std::uint32_t number = 0;
    std::uint32_t wire = 0;
    std::uint64_t value = 0;  // varint, or the bits of a fixed number
    std::string_view bytes;   // of a length-delimited one
};

class Message {
  public:
    explicit Message(std::string_view bytes) : rest_(bytes) {}
    bool done() const { return rest_.empty(); }
    // Empty when the bytes are no field.
    std::optional<Field> next() {
        const auto key = varint();
        if (!key || *key >> 3U == 0 || *key >> 3U >= 1U << 29U) return std::nullopt;
        Field field;
        field.number = static_cast<std::uint32_t>(*key >> 3U);
        field.wire = static_cast<std::uint32_t>(*key & 7U);
        std::optional<std::uint64_t> value;
        if (field.wire == 0) value = varint();
        if (field.wire == 1) value = fixed(8);
        if (field.wire == 5) value = fixed(4);
        if (field.wire == 2) {
            value = varint();
            if (!value || *value > rest_.size()) return std::nullopt;
            field.bytes = rest_.substr(0, static_cast<std::size_t>(*value));
            rest_.remove_prefix(field.bytes.size());
        }
        if (!value) return std::nullopt;
        field.value = *value;
        return field;
    }

  private:
    std::optional<std::uint64_t> varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
            if (byte < 0x80) return value;
        }
        return std::nullopt;
    }
    std::optional<std::uint64_t> fixed(std::size_t width) {
        if (rest_.size() < width) return std::nullopt;
        std::uint64_t value = 0;
        for (std::size_t i = width; i-- > 0;) value = value << 8U | static_cast<unsigned char>(rest_[i]);
        rest_.remove_prefix(width);
        return value;
    }
    std::string_view rest_;
};

using Take = std::function<Status(const Field&)>;

class Parser {
  public:
    explicit Parser(std::string where) : where_(std::move(where)) {}

    Result<SentencePieceModel> model(std::string_view bytes) {
        ATELIER_DO(each(bytes, "the model", [&](const Field& f) -> Status {
            if (f.number == 1 && f.wire == 2) return piece(f.bytes);
            if (f.number == 2 && f.wire == 2) return trainer(f.bytes);
            if (f.number == 3 && f.wire == 2) return normalizer(f.bytes);
            return {};
        }));
        if (model_.pieces.empty()) return bad("it holds no pieces", "This is no SentencePiece model.");
        return std::move(model_);
    }

  private:
    tl::unexpected<Error> bad(std::string what, std::string hint = {}) const {
        return fail(ErrorCode::Model, std::move(what), where_, std::move(hint));
    }
    Status each(std::string_view bytes, const char* what, const Take& take) const {
        for (Message message(bytes); !message.done();) {
            const auto field = message.next();
            if (!field)
                return bad(fmt::format("it is damaged: {} ends within a field", what),
                           "This is no SentencePiece model, or it was cut off: fetch it again.");
            ATELIER_DO(take(*field));
        }
        return {};
    }
    Status piece(std::string_view bytes) {
        if (model_.pieces.size() >= kMaxPieces)
            return bad(fmt::format("it holds more than {} pieces", kMaxPieces));
        ScoredPiece piece;
        std::uint64_t kind = 1;
        ATELIER_DO(each(bytes, "a piece", [&](const Field& f) -> Status {
            if (f.number == 1 && f.wire == 2) piece.text = f.bytes;
            if (f.number == 2 && f.wire == 5)
                piece.score = std::bit_cast<float>(static_cast<std::uint32_t>(f.value));
            if (f.number == 3 && f.wire == 0) kind = f.value;
            return {};
        }));
        if (!isValidUtf8(piece.text))
            return bad(fmt::format("piece {} is not UTF-8", model_.pieces.size()),
                       "The file is damaged: fetch it again.");
        if (kind < 1 || kind > 6)
            return bad(fmt::format("piece {} is of the unknown kind {}", model_.pieces.size(), kind));
        model_.pieces.push_back(std::move(piece));
        model_.kinds.push_back(static_cast<SentencePieceModel::Kind>(kind));
        return {};
    }
    Status trainer(std::string_view bytes) {
        std::uint64_t type = 1;
        ATELIER_DO(each(bytes, "the trainer's record", [&](const Field& f) -> Status {
            if (f.wire != 0) return {};
            if (f.number == 3) type = f.value;
            if (f.number == 35) model_.byteFallback = f.value != 0;
            if (f.number == 40) model_.unknownId = static_cast<std::int32_t>(f.value);
            return {};
        }));
        static constexpr const char* kTypes[] = {"Unigram", "BPE", "Word", "Char"};
        if (type != 1)
            return bad(fmt::format("it is a {} model, not Unigram",
                                   type >= 1 && type <= 4 ? kTypes[type - 1] : "different"),
                       "T5's tokenizers are Unigram models.");
        return {};
    }
    Status normalizer(std::string_view bytes) {
        bool dummyPrefix = true, removesSpaces = true, escapes = true;
        ATELIER_DO(each(bytes, "the normalizer's record", [&](const Field& f) -> Status {
            if (f.number == 2 && f.wire == 2) model_.charsmap = f.bytes;
            if (f.number == 3 && f.wire == 0) dummyPrefix = f.value != 0;
            if (f.number == 4 && f.wire == 0) removesSpaces = f.value != 0;
            if (f.number == 5 && f.wire == 0) escapes = f.value != 0;
            return {};
        }));
        if (!dummyPrefix || !removesSpaces || !escapes)
            return bad(
                "it treats white space in another way than T5's tokenizers do",
                "Read are models with add_dummy_prefix, remove_extra_whitespaces and escape_whitespaces.");
        return {};
    }
    std::string where_;
    SentencePieceModel model_;
};

}  // namespace

Result<SentencePieceModel> SentencePieceModel::parse(std::string_view bytes, const std::string& where) {
    return Parser(where).model(bytes);
}

}  // namespace atelier
