// SPDX-License-Identifier: GPL-3.0-or-later
// Model configuration files as JSON: reading Python's tokens for numbers that are not finite, writing as the
// reference libraries do.
#include "core/config/architectures.h"

namespace atelier {
namespace {

constexpr std::pair<std::string_view, std::string_view> kNonFinite[] = {
    {"-Infinity", "\"-inf\""}, {"Infinity", "\"inf\""}, {"NaN", "\"nan\""}};

// Python's json module writes NaN and ±Infinity as bare words: outside strings they become strings here.
std::string quoteNonFinite(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    bool inString = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (inString && text[i] == '\\' && i + 1 < text.size()) {
            out += text[i++];
        } else if (text[i] == '"') {
            inString = !inString;
        } else if (!inString) {
            bool replaced = false;
            for (const auto& [word, string] : kNonFinite) {
                if (!text.substr(i).starts_with(word)) continue;
                out += string;
                i += word.size() - 1;
                replaced = true;
                break;
            }
            if (replaced) continue;
        }
        out += text[i];
    }
    return out;
}

}  // namespace

Result<Json> readModelJson(const fs::path& path) {
    constexpr std::uint64_t kLimit = std::uint64_t{64} << 20;  // a tokenizer.json of 50 000 tokens has 3.6 MB
    ATELIER_TRY(const auto text, readFile(path, kLimit));
    auto json = parseJson(quoteNonFinite(text), path.string());
    if (!json) {
        Error error = std::move(json).error();
        error.code = ErrorCode::Model;
        return fail(std::move(error));
    }
    if (!json->is_object())
        return fail(ErrorCode::Model, "it is not a JSON object", path.string(), "Fetch the file again.");
    return json;
}

std::string dumpModelJson(const Json& value) {
    std::string text = dumpJsonPretty(value.is_object() ? Json(nlohmann::json(value)) : value);
    for (const auto& [word, string] : kNonFinite) {
        const std::string from = ": " + std::string(string);
        for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;)
            if (const char end = text[at + from.size()]; end == ',' || end == '\n')
                text.replace(at + 2, string.size(), word);
            else
                at += from.size();
    }
    return text;
}

}  // namespace atelier
