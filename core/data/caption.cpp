// SPDX-License-Identifier: GPL-3.0-or-later
// Text encodings and caption sidecars.
#include "core/data/caption.h"

#include <fmt/format.h>

#include "core/base/strings.h"

namespace atelier::data {
namespace {

constexpr std::uint64_t kMaxSidecarBytes = 1'000'000;

void appendUtf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += char(code);
    } else if (code < 0x800) {
        out += char(0xc0 | code >> 6);
        out += char(0x80 | (code & 63));
    } else if (code < 0x10000) {
        out += char(0xe0 | code >> 12);
        out += char(0x80 | (code >> 6 & 63));
        out += char(0x80 | (code & 63));
    } else {
        out += char(0xf0 | code >> 18);
        out += char(0x80 | (code >> 12 & 63));
        out += char(0x80 | (code >> 6 & 63));
        out += char(0x80 | (code & 63));
    }
}

std::string fromUtf16(std::string_view bytes, bool bigEndian) {
    const auto unit = [&](std::size_t i) {
        const auto a = static_cast<unsigned char>(bytes[2 * i]);
        const auto b = static_cast<unsigned char>(bytes[2 * i + 1]);
        return bigEndian ? std::uint32_t(a) << 8 | b : std::uint32_t(b) << 8 | a;
    };
    std::string out;
    const std::size_t count = bytes.size() / 2;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint32_t code = unit(i);
        if (code >= 0xd800 && code < 0xdc00 && i + 1 < count && unit(i + 1) >= 0xdc00 &&
            unit(i + 1) < 0xe000) {
            code = 0x10000 + ((code - 0xd800) << 10) + (unit(++i) - 0xdc00);
        } else if (code >= 0xd800 && code < 0xe000) {
            code = 0xfffd;  // half of a pair
        }
        appendUtf8(out, code);
    }
    return out;
}

// UTF-16 without BOM: text has zero bytes only there, at one parity.
std::optional<TextEncoding> guessUtf16(std::string_view bytes) {
    if (bytes.size() < 4 || bytes.size() % 2 != 0) return std::nullopt;
    std::size_t zeros[2] = {0, 0};
    for (std::size_t i = 0; i < bytes.size(); ++i) zeros[i % 2] += bytes[i] == '\0';
    const std::size_t most = bytes.size() / 2 * 7 / 10;
    if (zeros[1] > most && zeros[0] == 0) return TextEncoding::Utf16Le;
    if (zeros[0] > most && zeros[1] == 0) return TextEncoding::Utf16Be;
    return std::nullopt;
}

std::string withoutFinalLineEnd(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    return text;
}

Result<Caption> captionOfJson(Caption caption, const std::string& where) {
    ATELIER_TRY(Json json, parseJson(caption.text, where));
    if (json.is_string()) {
        caption.text = json.get<std::string>();
        return caption;
    }
    if (json.is_object()) {
        for (const char* key : {"caption", "text", "prompt"}) {
            const auto found = json.find(key);
            if (found == json.end() || !found->is_string()) continue;
            caption.text = withoutFinalLineEnd(found->get<std::string>());
            json.erase(key);
            caption.columns = std::move(json);
            return caption;
        }
    }
    return fail(ErrorCode::Data, "it has no \"caption\", \"text\" or \"prompt\" that is a text", where);
}

}  // namespace

std::string_view encodingName(TextEncoding encoding) {
    switch (encoding) {
        case TextEncoding::Utf8:
            return "UTF-8";
        case TextEncoding::Utf8Bom:
            return "UTF-8 with byte order mark";
        case TextEncoding::Utf16Le:
            return "UTF-16 little endian";
        case TextEncoding::Utf16Be:
            return "UTF-16 big endian";
        case TextEncoding::Latin1:
            return "Latin-1";
    }
    return "";
}

std::string_view captionSourceName(CaptionSource source) {
    switch (source) {
        case CaptionSource::None:
            return "none";
        case CaptionSource::Edit:
            return "edit";
        case CaptionSource::Txt:
            return ".txt";
        case CaptionSource::Caption:
            return ".caption";
        case CaptionSource::Json:
            return ".json";
        case CaptionSource::Table:
            return "table";
        case CaptionSource::Default:
            return "default";
    }
    return "";
}

DecodedText decodeText(std::string_view bytes) {
    if (bytes.starts_with("\xef\xbb\xbf") && isValidUtf8(bytes.substr(3)))
        return {std::string(bytes.substr(3)), TextEncoding::Utf8Bom};
    if (bytes.starts_with("\xff\xfe")) return {fromUtf16(bytes.substr(2), false), TextEncoding::Utf16Le};
    if (bytes.starts_with("\xfe\xff")) return {fromUtf16(bytes.substr(2), true), TextEncoding::Utf16Be};
    if (const auto guess = guessUtf16(bytes))
        return {fromUtf16(bytes, *guess == TextEncoding::Utf16Be), *guess};
    if (isValidUtf8(bytes)) return {std::string(bytes), TextEncoding::Utf8};
    DecodedText decoded{{}, TextEncoding::Latin1};
    for (const char byte : bytes) appendUtf8(decoded.text, static_cast<unsigned char>(byte));
    return decoded;
}

Result<Caption> readCaptionFile(const fs::path& path) {
    ATELIER_TRY(const std::string bytes, readFile(path, kMaxSidecarBytes));
    DecodedText decoded = decodeText(bytes);
    Caption caption{
        .text = withoutFinalLineEnd(std::move(decoded.text)), .encoding = decoded.encoding, .file = path};
    const std::string extension = toLowerAscii(path.extension().string());
    caption.source = extension == ".caption" ? CaptionSource::Caption
                     : extension == ".json"  ? CaptionSource::Json
                                             : CaptionSource::Txt;
    if (caption.source == CaptionSource::Json) return captionOfJson(std::move(caption), path.string());
    return caption;
}

std::string drawTags(std::string_view caption, int keep, double dropout, bool shuffle, const Random& random,
                     std::uint64_t firstDraw) {
    std::vector<std::string> tags, others;
    std::uint64_t draw = firstDraw;
    for (const std::string& part : split(caption, ',')) {
        const std::string tag(trim(part));
        if (tag.empty()) continue;
        if (static_cast<int>(tags.size()) < keep)
            tags.push_back(tag);
        else if (random.uniform(draw++) >= dropout)
            others.push_back(tag);
    }
    if (shuffle)  // Fisher–Yates
        for (std::size_t i = others.size(); i > 1; --i)
            std::swap(others[i - 1], others[random.below(i, draw++)]);
    tags.insert(tags.end(), others.begin(), others.end());
    return join(tags, ", ");
}

bool sameCaption(std::string_view a, std::string_view b) {
    return trim(a) == trim(b);
}

}  // namespace atelier::data
