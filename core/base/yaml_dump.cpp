// SPDX-License-Identifier: GPL-3.0-or-later
// Node tree → text with libyaml's emitter, quoting as OmegaConf.to_yaml does.
#include <yaml.h>

#include <array>
#include <cstring>
#include <memory>

#include "core/base/check.h"
#include "core/base/strings.h"
#include "core/base/yaml.h"

namespace atelier::yaml {
namespace {

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

// What Python's int() and float() take: blanks around, one underscore between digits, inf and nan.
std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\n\r\v\f";
    const auto first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::size_t pythonDigits(std::string_view text, std::size_t at) {
    std::size_t i = at;
    while (i < text.size() && (isDigit(text[i]) || (text[i] == '_' && i > at && i + 1 < text.size() &&
                                                    isDigit(text[i - 1]) && isDigit(text[i + 1]))))
        ++i;
    return i - at;
}

bool pythonNumber(std::string_view raw) {
    std::string_view text = trimmed(raw);
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
    const std::string lower = toLowerAscii(text);
    if (lower == "inf" || lower == "infinity" || lower == "nan") return true;
    const std::size_t whole = pythonDigits(text, 0);
    std::size_t at = whole, fraction = 0;
    if (at < text.size() && text[at] == '.') {
        fraction = pythonDigits(text, at + 1);
        at += 1 + fraction;
    }
    if (whole + fraction == 0) return false;
    if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
        std::size_t from = at + 1;
        if (from < text.size() && (text[from] == '+' || text[from] == '-')) ++from;
        const std::size_t digits = pythonDigits(text, from);
        if (digits == 0) return false;
        at = from + digits;
    }
    return at == text.size();
}

// 2001-01-01, 2001-1-1 12:30:00 …: PyYAML's writer quotes what its own reader would take for a date.
bool looksTimestamp(std::string_view text) {
    std::array<std::size_t, 3> digits{};
    std::size_t at = 0;
    for (std::size_t part = 0; part < 3; ++part) {
        while (at < text.size() && isDigit(text[at])) ++at, ++digits[part];
        if (part < 2 && (at >= text.size() || text[at++] != '-')) return false;
    }
    if (digits[0] != 4 || digits[1] < 1 || digits[1] > 2 || digits[2] < 1 || digits[2] > 2) return false;
    if (at == text.size()) return digits[1] == 2 && digits[2] == 2;
    if (text[at] == 'T' || text[at] == 't')
        ++at;
    else if (text[at] == ' ' || text[at] == '\t')
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    else
        return false;
    const auto two = [&](std::size_t least) {
        std::size_t n = 0;
        while (at < text.size() && isDigit(text[at]) && n < 2) ++at, ++n;
        return n >= least;
    };
    if (!two(1) || at >= text.size() || text[at++] != ':' || !two(2) || at >= text.size() ||
        text[at++] != ':' || !two(2))
        return false;
    if (at < text.size() && text[at] == '.') {
        ++at;
        while (at < text.size() && isDigit(text[at])) ++at;
    }
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    if (at == text.size()) return true;
    if (text[at] == 'Z') return at + 1 == text.size();
    if (text[at] != '+' && text[at] != '-') return false;
    ++at;
    if (!two(1)) return false;
    if (at < text.size() && text[at] == ':') {
        ++at;
        if (!two(2)) return false;
    }
    return at == text.size();
}

bool wordIsBool(std::string_view text) {
    static constexpr std::array<std::string_view, 4> kOneLetter{"y", "Y", "n", "N"};
    for (auto word : kOneLetter)
        if (text == word) return true;
    return resolvePlain(text).kind == Kind::Bool;
}

struct Text {
    std::string value;
    const char* tag;
    bool plain;   // may be written without quotes
    bool quoted;  // may be written with quotes and no tag
    yaml_scalar_style_t style;
};

// PyYAML's writer decides with the stock reader's rules, where 1e5 is text: those get quotes from
// pythonNumber.
Text scalarFor(const Node& node) {
    switch (node.kind) {
        case Kind::Null:
            return {"null", YAML_NULL_TAG, true, false, YAML_ANY_SCALAR_STYLE};
        case Kind::Bool:
            return {node.boolean ? "true" : "false", YAML_BOOL_TAG, true, false, YAML_ANY_SCALAR_STYLE};
        case Kind::Int:
            return {std::to_string(node.integer), YAML_INT_TAG, true, false, YAML_ANY_SCALAR_STYLE};
        case Kind::Float: {
            std::string text = pythonFloat(node.number);
            if (text == "inf" || text == "nan") text = "." + text;
            if (text == "-inf") text = "-.inf";
            const auto e = text.find('e');
            if (e != std::string::npos && text.find('.') == std::string::npos) text.insert(e, ".0");
            return {std::move(text), YAML_FLOAT_TAG, true, false, YAML_ANY_SCALAR_STYLE};
        }
        default:
            break;
    }
    const std::string& text = node.text;
    if (wordIsBool(text) || pythonNumber(text))
        return {text, YAML_STR_TAG, false, true, YAML_SINGLE_QUOTED_SCALAR_STYLE};
    const bool plain = resolvePlain(text).isString() && !looksTimestamp(text) && text != "<<" && text != "=";
    return {text, YAML_STR_TAG, plain, true, YAML_ANY_SCALAR_STYLE};
}

class Emitter {
  public:
    explicit Emitter(bool flow, bool oneLine = false) : flow_(flow) {
        ATELIER_CHECK(yaml_emitter_initialize(&emitter_), "libyaml's writer cannot start");
        yaml_emitter_set_unicode(&emitter_, 1);
        if (oneLine) yaml_emitter_set_width(&emitter_, -1);
        yaml_emitter_set_output(
            &emitter_,
            [](void* out, unsigned char* bytes, std::size_t size) {
                static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(bytes), size);
                return 1;
            },
            &out_);
    }
    ~Emitter() { yaml_emitter_delete(&emitter_); }
    Emitter(const Emitter&) = delete;
    Emitter& operator=(const Emitter&) = delete;

    std::string write(const Node& root) {
        yaml_event_t event;
        yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
        emit(event);
        yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1);
        emit(event);
        node(root);
        yaml_document_end_event_initialize(&event, 1);
        emit(event);
        yaml_stream_end_event_initialize(&event);
        emit(event);
        return std::move(out_);
    }

  private:
    void emit(yaml_event_t& event) {
        const int ok = yaml_emitter_emit(&emitter_, &event);
        ATELIER_CHECK(ok, emitter_.problem ? emitter_.problem : "libyaml's writer stopped");
    }
    void scalar(const Node& value) {
        Text text = scalarFor(value);
        if (!isValidUtf8(text.value)) text.value.resize(validUtf8Prefix(text.value));
        yaml_event_t event;
        yaml_scalar_event_initialize(&event, nullptr, reinterpret_cast<const unsigned char*>(text.tag),
                                     reinterpret_cast<const unsigned char*>(text.value.data()),
                                     static_cast<int>(text.value.size()), text.plain, text.quoted,
                                     text.style);
        emit(event);
    }
    void node(const Node& value) {
        yaml_event_t event;
        if (value.isList()) {
            yaml_sequence_start_event_initialize(
                &event, nullptr, nullptr, 1, flow_ ? YAML_FLOW_SEQUENCE_STYLE : YAML_BLOCK_SEQUENCE_STYLE);
            emit(event);
            for (const auto& item : value.items) node(item);
            yaml_sequence_end_event_initialize(&event);
            emit(event);
        } else if (value.isMap()) {
            yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1,
                                                flow_ ? YAML_FLOW_MAPPING_STYLE : YAML_BLOCK_MAPPING_STYLE);
            emit(event);
            for (const auto& entry : value.entries) {
                scalar(entry.key);
                node(entry.value);
            }
            yaml_mapping_end_event_initialize(&event);
            emit(event);
        } else {
            scalar(value);
        }
    }

    yaml_emitter_t emitter_{};
    std::string out_;
    bool flow_;
};

}  // namespace

std::string dump(const Node& node) {
    return Emitter(false).write(node);
}

std::string dumpInline(const Node& node, bool inFlow) {
    Node wrapper = node.isScalar() && !inFlow ? Node::map() : Node::list();
    std::string text;
    if (wrapper.isMap()) {
        wrapper.set("k", node);
        text = Emitter(false, true).write(wrapper).substr(3);
        if (text.ends_with('\n')) text.pop_back();
    } else {
        wrapper.items.push_back(node);
        text = Emitter(true, true).write(wrapper);
        const auto open = text.find('['), close = text.rfind(']');
        text = text.substr(open + 1, close - open - 1);
    }
    // A quoted text with line breaks spreads over lines: keep it on one as JSON, which is YAML.
    if (text.find('\n') != std::string::npos)
        return node.isScalar() ? dumpJson(Json(node.text)) : dumpJson(toJson(node));
    return text;
}

}  // namespace atelier::yaml
