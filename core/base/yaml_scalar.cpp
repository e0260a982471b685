// SPDX-License-Identifier: GPL-3.0-or-later
// What a YAML 1.1 plain scalar means (PyYAML's resolver with OmegaConf's float rule), and the node's small
// helpers.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/base/yaml.h"

namespace atelier::yaml {
namespace {

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

// Counts characters of `set` from `at` on.
std::size_t run(std::string_view text, std::size_t at, std::string_view set) {
    std::size_t n = 0;
    while (at + n < text.size() && set.find(text[at + n]) != std::string_view::npos) ++n;
    return n;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kDigitsUnderscore = "0123456789_";

// (:[0-5]?[0-9])+ from `at`; its length, 0 when it does not match.
std::size_t sexagesimalRun(std::string_view text, std::size_t at) {
    std::size_t i = at;
    while (i < text.size() && text[i] == ':') {
        const std::size_t n = run(text, i + 1, kDigits);
        if (n == 0 || n > 2 || (n == 2 && text[i + 1] > '5')) return 0;
        i += 1 + n;
    }
    return i - at;
}

bool looksInt(std::string_view text) {
    std::size_t i = !text.empty() && (text[0] == '+' || text[0] == '-') ? 1 : 0;
    const auto rest = text.substr(i);
    if (rest.empty()) return false;
    if (rest.starts_with("0b")) return rest.size() > 2 && run(rest, 2, "01_") == rest.size() - 2;
    if (rest.starts_with("0x"))
        return rest.size() > 2 && run(rest, 2, "0123456789abcdefABCDEF_") == rest.size() - 2;
    if (rest == "0") return true;
    if (rest[0] == '0') return run(rest, 1, "01234567_") == rest.size() - 1;
    if (!isDigit(rest[0])) return false;
    const std::size_t n = run(rest, 0, kDigitsUnderscore);
    if (n == rest.size()) return true;
    return n + sexagesimalRun(rest, n) == rest.size();
}

// [eE][-+]?[0-9]+ (or with a mandatory sign) from `at` to the end.
bool exponentToEnd(std::string_view text, std::size_t at, bool signRequired) {
    if (at == text.size()) return true;
    if (text[at] != 'e' && text[at] != 'E') return false;
    std::size_t i = at + 1;
    if (i < text.size() && (text[i] == '+' || text[i] == '-'))
        ++i;
    else if (signRequired)
        return false;
    return i < text.size() && run(text, i, kDigits) == text.size() - i;
}

// [0-9]+(?:_[0-9]+)* from `at`: its length.
std::size_t groupedDigits(std::string_view text, std::size_t at) {
    std::size_t n = run(text, at, kDigits);
    if (n == 0) return 0;
    while (at + n + 1 < text.size() && text[at + n] == '_' && isDigit(text[at + n + 1]))
        n += 1 + run(text, at + n + 1, kDigits);
    return n;
}

bool looksFloat(std::string_view text) {
    const bool sign = !text.empty() && (text[0] == '+' || text[0] == '-');
    const auto rest = text.substr(sign ? 1 : 0);
    if (rest == ".inf" || rest == ".Inf" || rest == ".INF") return true;
    if (!sign && (rest == ".nan" || rest == ".NaN" || rest == ".NAN")) return true;
    if (rest.empty()) return false;
    if (rest[0] == '.')  // \.[0-9]… without a sign; the exponent needs one
        return !sign && rest.size() > 1 && isDigit(rest[1]) &&
               exponentToEnd(rest, 1 + run(rest, 1, kDigitsUnderscore), true);
    if (!isDigit(rest[0])) return false;
    const std::size_t whole = run(rest, 0, kDigitsUnderscore);
    if (whole < rest.size() && rest[whole] == '.') {
        const std::size_t tail = whole + 1 + run(rest, whole + 1, kDigitsUnderscore);
        if (exponentToEnd(rest, tail, true)) return true;
        return groupedDigits(rest, 0) == whole && exponentToEnd(rest, tail, false);
    }
    const std::size_t grouped = groupedDigits(rest, 0);
    if (grouped < rest.size() && exponentToEnd(rest, grouped, false)) return true;
    const std::size_t sixty = sexagesimalRun(rest, whole);
    if (sixty > 0 && whole + sixty < rest.size() && rest[whole + sixty] == '.') {
        const std::size_t from = whole + sixty + 1;
        return run(rest, from, kDigitsUnderscore) == rest.size() - from;
    }
    return false;
}

std::string withoutUnderscores(std::string_view text) {
    std::string out(text);
    std::erase(out, '_');
    return out;
}

Node makeInt(std::string_view text) {
    std::string digits = withoutUnderscores(text);
    bool negative = false;
    if (digits[0] == '+' || digits[0] == '-') {
        negative = digits[0] == '-';
        digits.erase(0, 1);
    }
    int base = 10;
    std::string_view body = digits;
    if (body.starts_with("0b")) {
        base = 2;
        body.remove_prefix(2);
    } else if (body.starts_with("0x")) {
        base = 16;
        body.remove_prefix(2);
    } else if (body.size() > 1 && body[0] == '0') {
        base = 8;
    }
    // Sexagesimal: 12:30:45 counts hours, minutes, seconds.
    std::uint64_t value = 0;
    bool ok = !body.empty();
    while (ok && !body.empty()) {
        std::uint64_t part = 0;
        const auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), part, base);
        ok = error == std::errc{} && !__builtin_mul_overflow(value, std::uint64_t{60}, &value) &&
             !__builtin_add_overflow(value, part, &value);
        body.remove_prefix(static_cast<std::size_t>(end - body.data()));
        if (!body.empty()) ok = ok && body[0] == ':' && base == 10;
        if (!body.empty()) body.remove_prefix(1);
    }
    if (!ok || value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return Node::ofString(
            std::string(text));  // beyond 64 bits: kept as text, refused where a number is wanted
    const auto magnitude = static_cast<std::int64_t>(value);
    return Node::ofInt(negative ? -magnitude : magnitude);
}

Node makeFloat(std::string_view text) {
    std::string digits = withoutUnderscores(text);
    double sign = 1;
    if (digits[0] == '+' || digits[0] == '-') {
        sign = digits[0] == '-' ? -1 : 1;
        digits.erase(0, 1);
    }
    std::ranges::transform(digits, digits.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (digits == ".inf") return Node::ofFloat(sign * std::numeric_limits<double>::infinity());
    if (digits == ".nan") return Node::ofFloat(std::numeric_limits<double>::quiet_NaN());
    double value = 0;
    std::string_view body = digits;
    while (!body.empty()) {
        const auto colon = body.find(':');
        const auto piece = body.substr(0, colon);
        double part = 0;
        // from_chars leaves out what Python takes: a missing digit before or after the point.
        std::string padded = (piece.starts_with('.') ? "0" : "") + std::string(piece);
        const auto [end, error] = std::from_chars(padded.data(), padded.data() + padded.size(), part);
        if (error == std::errc::result_out_of_range) {
            const auto e = padded.find("e-");
            part = e == std::string::npos ? std::numeric_limits<double>::infinity() : 0.0;
        }
        value = value * 60 + part;
        body = colon == std::string_view::npos ? std::string_view{} : body.substr(colon + 1);
    }
    return Node::ofFloat(sign * value);
}

template <std::size_t N>
bool oneOf(std::string_view text, const std::array<std::string_view, N>& names) {
    return std::ranges::find(names, text) != names.end();
}

}  // namespace

Node Node::ofBool(bool value) {
    Node node;
    node.kind = Kind::Bool;
    node.boolean = value;
    return node;
}
Node Node::ofInt(std::int64_t value) {
    Node node;
    node.kind = Kind::Int;
    node.integer = value;
    return node;
}
Node Node::ofFloat(double value) {
    Node node;
    node.kind = Kind::Float;
    node.number = value;
    return node;
}
Node Node::ofString(std::string value) {
    Node node;
    node.kind = Kind::String;
    node.text = std::move(value);
    return node;
}
Node Node::list() {
    Node node;
    node.kind = Kind::List;
    node.style = Style::Block;
    return node;
}
Node Node::map() {
    Node node;
    node.kind = Kind::Map;
    node.style = Style::Block;
    return node;
}

const Entry* Node::findEntry(std::string_view key) const {
    for (const auto& entry : entries)
        if (entry.key.isString() && entry.key.text == key) return &entry;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), number);
    if (error != std::errc{} || end != key.data() + key.size()) return nullptr;
    for (const auto& entry : entries)
        if (entry.key.kind == Kind::Int && entry.key.integer == number) return &entry;
    return nullptr;
}

const Node* Node::find(std::string_view key) const {
    const Entry* entry = findEntry(key);
    return entry ? &entry->value : nullptr;
}

Node* Node::find(std::string_view key) {
    return const_cast<Node*>(std::as_const(*this).find(key));
}

Node& Node::set(std::string_view key, Node value) {
    if (Node* existing = find(key)) return *existing = std::move(value);
    entries.push_back({ofString(std::string(key)), std::move(value)});
    return entries.back().value;
}

bool Node::erase(std::string_view key) {
    const Entry* entry = findEntry(key);
    if (!entry) return false;
    entries.erase(entries.begin() + (entry - entries.data()));
    return true;
}

Node resolvePlain(std::string_view text) {
    static constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
    static constexpr std::array<std::string_view, 9> kTrue{"yes",  "Yes", "YES", "true", "True",
                                                           "TRUE", "on",  "On",  "ON"};
    static constexpr std::array<std::string_view, 9> kFalse{"no",    "No",  "NO",  "false", "False",
                                                            "FALSE", "off", "Off", "OFF"};
    if (oneOf(text, kNull)) return Node::null();
    if (oneOf(text, kTrue)) return Node::ofBool(true);
    if (oneOf(text, kFalse)) return Node::ofBool(false);
    if (looksFloat(text)) return makeFloat(text);
    if (looksInt(text)) return makeInt(text);
    return Node::ofString(std::string(text));
}

std::string pythonFloat(double value) {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    std::array<char, 64> buffer{};
    const auto scientific =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
    const std::string text(buffer.data(), scientific.ptr);
    const int exponent = std::stoi(text.substr(text.find('e') + 1));
    if (exponent < -4 || exponent >= 16) return text;
    const auto fixed =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed);
    std::string out(buffer.data(), fixed.ptr);
    if (out.find('.') == std::string::npos) out += ".0";
    return out;
}

bool equal(const Node& a, const Node& b) {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
        case Kind::Null:
            return true;
        case Kind::Bool:
            return a.boolean == b.boolean;
        case Kind::Int:
            return a.integer == b.integer;
        case Kind::Float:
            return a.number == b.number || (std::isnan(a.number) && std::isnan(b.number));
        case Kind::String:
            return a.text == b.text;
        case Kind::List:
            return std::ranges::equal(a.items, b.items,
                                      [](const Node& x, const Node& y) { return equal(x, y); });
        case Kind::Map:
            return std::ranges::equal(a.entries, b.entries, [](const Entry& x, const Entry& y) {
                return equal(x.key, y.key) && equal(x.value, y.value);
            });
    }
    return false;
}

std::string scalarText(const Node& scalar) {
    switch (scalar.kind) {
        case Kind::Null:
            return "null";
        case Kind::Bool:
            return scalar.boolean ? "true" : "false";
        case Kind::Int:
            return std::to_string(scalar.integer);
        case Kind::Float:
            return pythonFloat(scalar.number);
        case Kind::String:
            return scalar.text;
        case Kind::List:
            return "a list";
        case Kind::Map:
            return "a map";
    }
    return {};
}

Json toJson(const Node& node) {
    switch (node.kind) {
        case Kind::Null:
            return nullptr;
        case Kind::Bool:
            return node.boolean;
        case Kind::Int:
            return node.integer;
        case Kind::Float:
            return jsonNumber(node.number);
        case Kind::String:
            return node.text;
        case Kind::List: {
            Json list = Json::array();
            for (const auto& item : node.items) list.push_back(toJson(item));
            return list;
        }
        case Kind::Map: {
            Json map = Json::object();
            for (const auto& entry : node.entries) map[scalarText(entry.key)] = toJson(entry.value);
            return map;
        }
    }
    return nullptr;
}

Node fromJson(const Json& json) {
    switch (json.type()) {
        case Json::value_t::boolean:
            return Node::ofBool(json.get<bool>());
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
            return Node::ofInt(json.get<std::int64_t>());
        case Json::value_t::number_float:
            return Node::ofFloat(json.get<double>());
        case Json::value_t::string:
            return Node::ofString(json.get<std::string>());
        case Json::value_t::array: {
            Node list = Node::list();
            for (const auto& item : json) list.items.push_back(fromJson(item));
            return list;
        }
        case Json::value_t::object: {
            Node map = Node::map();
            for (const auto& [key, value] : json.items())
                map.entries.push_back({Node::ofString(key), fromJson(value)});
            return map;
        }
        default:
            return Node::null();
    }
}

}  // namespace atelier::yaml
