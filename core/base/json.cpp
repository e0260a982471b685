// SPDX-License-Identifier: GPL-3.0-or-later
// nlohmann-json behind json.h: exceptions end here.
#include "core/base/json.h"

#include <cmath>
#include <limits>

#include "core/base/strings.h"

namespace atelier {

namespace {

// Copying, writing and destroying a value go down its levels by recursion: a file of brackets alone would
// exhaust the stack.
constexpr int kMaxDepth = 200;

bool nestedTooDeep(std::string_view text) {
    if (text.size() <= kMaxDepth) return false;
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\')
                ++i;
            else
                quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kMaxDepth) return true;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return false;
}

// The parser's words hold all that it read of a string, however long, and bytes that are no UTF-8.
std::string shortened(std::string words) {
    constexpr std::size_t kEnds = 160;
    if (words.size() > 3 * kEnds) words.replace(kEnds, words.size() - 2 * kEnds, " … ");
    for (std::size_t bad = 0; (bad = validUtf8Prefix(words)) < words.size();) words[bad] = '?';
    return words;
}

}  // namespace

Result<Json> parseJson(std::string_view text, std::string where) {
    if (nestedTooDeep(text))
        return fail(ErrorCode::Data,
                    "not usable JSON: more than " + std::to_string(kMaxDepth) + " levels are nested in it",
                    std::move(where));
    try {
        return Json::parse(text);
    } catch (const Json::exception& e) {  // parse_error, and out_of_range for numbers like 1e999
        std::string what = e.what();
        if (const auto bracket = what.find("] "); bracket != std::string::npos) what.erase(0, bracket + 2);
        return fail(ErrorCode::Data, "not valid JSON: " + shortened(std::move(what)), std::move(where));
    }
}

std::string dumpJson(const Json& value) {
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string dumpJsonPretty(const Json& value) {
    return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json jsonNumber(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return value;
}

double numberFromJson(const Json& value, double fallback) {
    if (value.is_number()) return value.get<double>();
    if (value == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (value == "inf") return std::numeric_limits<double>::infinity();
    if (value == "-inf") return -std::numeric_limits<double>::infinity();
    return fallback;
}

}  // namespace atelier
