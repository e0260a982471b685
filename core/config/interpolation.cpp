// SPDX-License-Identifier: GPL-3.0-or-later
// Recursive descent over OmegaConf's interpolation grammar, evaluating as it reads.
#include "core/config/interpolation.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <map>

#include "core/base/strings.h"
#include "core/config/compose.h"

namespace atelier {

using yaml::Node;

namespace {

constexpr std::size_t kMaxValues = 50'000;
constexpr std::size_t kMaxText = 1 << 20;
constexpr int kMaxDepth = 60;

struct Failure {
    std::string text;
    std::string hint;
    bool missing = false;  // the target is ??? (reported where it stands, not again)
};

// A value and the containers around it, outermost first.
struct Place {
    const Node* node = nullptr;
    std::vector<const Node*> around;
};

// Python's repr and str of the values that a text is joined from.
std::string pythonRepr(const Node& node);
std::string pythonStr(const Node& node) {
    switch (node.kind) {
        case yaml::Kind::Null:
            return "None";
        case yaml::Kind::Bool:
            return node.boolean ? "True" : "False";
        case yaml::Kind::String:
            return node.text;
        case yaml::Kind::List:
        case yaml::Kind::Map:
            return pythonRepr(node);
        default:
            return scalarText(node);
    }
}
std::string pythonRepr(const Node& node) {
    std::string out;
    if (node.isString()) {
        const bool single =
            node.text.find('\'') == std::string::npos || node.text.find('"') != std::string::npos;
        const char quote = single ? '\'' : '"';
        out += quote;
        for (char c : node.text) {
            if (c == '\\' || c == quote) out += '\\';
            if (c == '\n')
                out += "\\n";
            else if (c == '\t')
                out += "\\t";
            else if (c == '\r')
                out += "\\r";
            else
                out += c;
        }
        return out + quote;
    }
    if (node.isList()) {
        for (const auto& item : node.items) out += (out.empty() ? "" : ", ") + pythonRepr(item);
        return "[" + out + "]";
    }
    if (node.isMap()) {
        for (const auto& entry : node.entries)
            out += (out.empty() ? "" : ", ") + pythonRepr(entry.key) + ": " + pythonRepr(entry.value);
        return "{" + out + "}";
    }
    return pythonStr(node);
}

class Tree;

// Reads one text. With a null tree it only checks the grammar.
class Reader {
  public:
    Reader(std::string_view text, Tree* tree, const Place& holder, int depth)
        : text_(text), tree_(tree), holder_(holder), depth_(depth) {}

    Place value();          // a whole configuration text
    Place singleElement();  // oc.decode's rule

  private:
    [[noreturn]] void wrong(const std::string& what) const {
        throw Failure{"\"" + std::string(text_) + "\" is not a valid interpolation: " + what,
                      "A literal \"${\" is written \"\\${\"."};
    }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    bool done() const { return at_ >= text_.size(); }
    bool opens() const { return text_.substr(at_).starts_with("${"); }
    void blanks() {
        while (peek() == ' ' || peek() == '\t') ++at_;
    }
    Place interpolation();
    Place reference(const std::vector<std::string>& keys, std::size_t dots);
    Place call(const std::string& name, std::vector<Node> arguments);
    std::string key(bool& nested, bool& plainId);
    std::vector<Node> sequence(char close);
    Node element();
    Node quoted(char quote);
    Node list();
    Node dict();
    Node primitive(bool dictKey);
    std::string escapes(std::string_view stops);
    Place temporary(Node node);

    std::string_view text_;
    Tree* tree_;
    const Place& holder_;
    std::size_t at_ = 0;
    int depth_;
};

// Looks values up and remembers which ones are being resolved.
class Tree {
  public:
    explicit Tree(const Node& root) : root_(root) {}

    // What the node at `place` stands for; itself when it is no interpolation.
    Place resolve(const Place& place, int depth) {
        if (!isInterpolation(*place.node)) return place;
        if (const auto known = resolved_.find(place.node); known != resolved_.end()) return known->second;
        if (depth > kMaxDepth)
            throw Failure{"the references go more than " + std::to_string(kMaxDepth) + " levels deep", ""};
        if (std::ranges::find(open_, place.node) != open_.end())
            throw Failure{"the reference leads back to itself",
                          "One of the values in the circle needs a value of its own."};
        open_.push_back(place.node);
        struct Pop {
            std::vector<const Node*>& open;
            ~Pop() { open.pop_back(); }
        } pop{open_};
        Place result = Reader(place.node->text, this, place, depth + 1).value();
        if (std::ranges::find(place.around, result.node) != place.around.end())
            throw Failure{"the reference leads to a section that holds it", ""};
        resolved_.emplace(place.node, result);
        return result;
    }

    // Follows keys from `from`; each step through an interpolation goes to where it points.
    // `strict`: an absent key or ??? is a Failure; otherwise a null node.
    Place select(Place from, const std::vector<std::string>& keys, const std::string& written, bool strict,
                 int depth) {
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const Node* next = nullptr;
            if (from.node->isList() &&
                !std::ranges::all_of(keys[i], [](char c) { return (c >= '0' && c <= '9') || c == '-'; }))
                throw Failure{"\"" + keys[i] + "\" in ${" + written + "} is no number of a list item", ""};
            next = selectPath(*from.node, std::span(&keys[i], 1));
            if (!next) {
                if (!strict) return {};
                throw absent(*from.node, keys[i], written);
            }
            Place child{next, from.around};
            child.around.push_back(from.node);
            if (next->isMissing()) {
                if (!strict) return {};
                throw Failure{"${" + written + "} refers to a value that is not filled in yet", "", true};
            }
            from = resolve(child, depth);
            if (i + 1 < keys.size() && from.node->isScalar()) {
                if (!strict) return {};
                throw Failure{"${" + written + "}: \"" + keys[i] + "\" holds a single value and has no \"" +
                                  keys[i + 1] + "\"",
                              ""};
            }
        }
        return from;
    }

    Place rootPlace() const { return {&root_, {}}; }
    const Node* keep(Node node) {
        temporaries_.push_back(std::move(node));
        return &temporaries_.back();
    }

    bool owns(const Node* node) const {
        return std::ranges::any_of(temporaries_, [&](const Node& one) { return &one == node; });
    }

    // Everything below a place with nothing left to resolve.
    Node expand(const Place& place, const std::string& path, std::vector<ResolutionProblem>& problems,
                const Node& origin, int depth) {
        if (++values_ > kMaxValues) {
            if (values_ == kMaxValues + 1)
                problems.push_back(
                    {path, "the references expand to more than " + std::to_string(kMaxValues) + " values", "",
                     origin.begin, origin.source});
            return Node::null();
        }
        if (isInterpolation(*place.node)) {
            try {
                const Place target = resolve(place, depth);
                if (target.node->isScalar()) {
                    Node out = *target.node;
                    out.begin = place.node->begin;
                    out.end = place.node->end;
                    out.source = place.node->source;
                    out.style = place.node->style;
                    return out;
                }
                if (depth > kMaxDepth)
                    throw Failure{"the references go more than " + std::to_string(kMaxDepth) + " levels deep",
                                  ""};
                Node out = expand(target, path, problems, *place.node, depth + 1);
                out.begin = place.node->begin;
                out.end = place.node->end;
                out.source = place.node->source;
                return out;
            } catch (const Failure& failure) {
                if (failure.missing) {
                    Node out = Node::ofString("???");
                    out.begin = place.node->begin;
                    out.source = place.node->source;
                    out.aliased = true;  // the target is the one to report
                    return out;
                }
                problems.push_back({path, failure.text, failure.hint, place.node->begin, place.node->source});
                return *place.node;
            }
        }
        Node out = *place.node;
        Place child{nullptr, place.around};
        child.around.push_back(place.node);
        for (std::size_t i = 0; i < out.items.size(); ++i) {
            child.node = &place.node->items[i];
            out.items[i] = expand(child, path + "[" + std::to_string(i) + "]", problems, origin, depth);
        }
        for (std::size_t i = 0; i < out.entries.size(); ++i) {
            child.node = &place.node->entries[i].value;
            const std::string key = scalarText(out.entries[i].key);
            out.entries[i].value =
                expand(child, path.empty() ? key : path + "." + key, problems, origin, depth);
        }
        return out;
    }

  private:
    static Failure absent(const Node& holder, const std::string& key, const std::string& written) {
        std::vector<std::string> names;
        for (const auto& entry : holder.entries) names.push_back(scalarText(entry.key));
        const std::string nearest = nearestName(key, names);
        return {"${" + written + "}: there is no \"" + key + "\"",
                nearest.empty() ? "" : "Did you mean \"" + nearest + "\"?"};
    }

    const Node& root_;
    std::vector<const Node*> open_;
    std::map<const Node*, Place> resolved_;
    std::deque<Node> temporaries_;
    std::size_t values_ = 0;
};

Place Reader::temporary(Node node) {
    static const Node kNothing;
    if (!tree_) return {&kNothing, {}};
    node.begin = holder_.node->begin;
    node.source = holder_.node->source;
    return {tree_->keep(std::move(node)), holder_.around};
}

// Backslashes before one of `stops` or "${": every pair is one, an odd one escapes what follows (which is
// then text).
std::string Reader::escapes(std::string_view stops) {
    std::size_t n = 0;
    while (peek(n) == '\\') ++n;
    const bool inter = text_.substr(at_ + n).starts_with("${");
    const bool stop = !inter && peek(n) != '\0' && stops.find(peek(n)) != std::string_view::npos;
    at_ += n;
    if (!inter && !stop) return std::string(n, '\\');
    std::string out(n / 2, '\\');
    if (n % 2 == 0) return out;
    out += inter ? "${" : std::string(1, peek());
    at_ += inter ? 2 : 1;
    return out;
}

Place Reader::value() {
    std::string joined;
    bool anyText = false;
    std::vector<Place> parts;
    while (!done()) {
        if (opens()) {
            at_ += 2;
            parts.push_back(interpolation());
            if (done() && parts.size() == 1 && !anyText) return parts[0];
            if (tree_) joined += pythonStr(*parts.back().node);
        } else if (peek() == '\\') {
            joined += escapes("");
            anyText = true;
        } else {
            joined += text_[at_++];
            anyText = true;
        }
        if (joined.size() > kMaxText) throw Failure{"the references make a text of more than 1 MB", ""};
    }
    return temporary(Node::ofString(std::move(joined)));
}

bool idStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool idChar(char c) {
    return idStart(c) || (c >= '0' && c <= '9') || c == '-';
}

// One part of ${a.b[c]}: a name, or a nested ${…} whose value is the name.
std::string Reader::key(bool& nested, bool& plainId) {
    nested = opens();
    plainId = nested;
    if (nested) {
        at_ += 2;
        const Place inner = interpolation();
        if (!tree_) return "x";
        if (inner.node->isString()) return inner.node->text;
        if (inner.node->kind == yaml::Kind::Int) return std::to_string(inner.node->integer);
        throw Failure{"a key must be a text or a whole number, and ${…} gave " + pythonStr(*inner.node), ""};
    }
    constexpr std::string_view kStops = "{}()[]:. \t'\"";
    std::string name;
    plainId = idStart(peek());
    while (!done() && kStops.find(peek()) == std::string_view::npos) {
        plainId = plainId && idChar(peek());
        if (peek() == '\\' && std::string_view(".[]:=\\").find(peek(1)) != std::string_view::npos &&
            peek(1) != '\0') {
            if (peek(1) == '\\')
                name += '\\';
            else
                name += peek(1);
            at_ += 2;
            continue;
        }
        name += text_[at_++];
    }
    if (name.empty()) wrong("a name is missing");
    return name;
}

Place Reader::interpolation() {
    if (++depth_ > kMaxDepth)
        throw Failure{"more than " + std::to_string(kMaxDepth) + " interpolations are nested", ""};
    blanks();
    std::size_t dots = 0;
    while (peek() == '.') ++dots, ++at_;
    std::vector<std::string> keys;
    std::vector<std::string> nameParts;
    bool canBeName = dots == 0;
    bool first = true;
    while (true) {
        bool nested = false, plainId = false;
        if (peek() == '[') {
            ++at_;
            keys.push_back(key(nested, plainId));
            if (peek() != ']') wrong("\"]\" is missing");
            ++at_;
            canBeName = false;
        } else {
            if (!first) {
                if (peek() != '.') break;
                ++at_;
            }
            std::string name = key(nested, plainId);
            canBeName = canBeName && plainId;
            nameParts.push_back(name);
            if (nested && tree_) {
                // The value of a nested reference may itself be a path, and relative when it comes first.
                std::size_t leading = 0;
                if (first) leading = std::min(name.find_first_not_of('.'), name.size());
                dots += leading;
                if (leading < name.size())
                    for (auto& part : splitKeyPath(std::string_view(name).substr(leading)))
                        keys.push_back(std::move(part));
            } else {
                keys.push_back(std::move(name));
            }
        }
        first = false;
    }
    const std::size_t mark = at_;
    blanks();
    if (peek() == '}') {
        ++at_;
        --depth_;
        return reference(keys, dots);
    }
    if (peek() != ':' || !canBeName) {
        at_ = mark;
        wrong(done() ? "\"}\" is missing" : "\"" + std::string(1, peek()) + "\" cannot stand there");
    }
    ++at_;
    blanks();
    std::vector<Node> arguments = sequence('}');
    --depth_;
    return call(join(nameParts, "."), std::move(arguments));
}

Place Reader::reference(const std::vector<std::string>& keys, std::size_t dots) {
    if (!tree_) return temporary(Node::null());
    std::string written(dots, '.');
    for (const auto& part : keys) written += (written.empty() || written.back() == '.' ? "" : ".") + part;
    if (dots == 0) return tree_->select(tree_->rootPlace(), keys, written, true, depth_);
    if (dots > holder_.around.size())
        throw Failure{"${" + written + "} goes above the top of the file",
                      "One dot is the section that holds the value, each further dot one level up."};
    Place from;
    const std::size_t level = holder_.around.size() - dots;
    from.node = holder_.around[level];
    from.around.assign(holder_.around.begin(), holder_.around.begin() + static_cast<std::ptrdiff_t>(level));
    return tree_->select(std::move(from), keys, written, true, depth_);
}

std::vector<Node> Reader::sequence(char close) {
    std::vector<Node> values;
    if (peek() == close) {
        ++at_;
        return values;
    }
    while (true) {
        blanks();
        if (peek() == ',' || peek() == close)
            values.push_back(Node::ofString(""));  // an empty place is the empty text
        else
            values.push_back(element());
        blanks();
        if (peek() == close) {
            ++at_;
            return values;
        }
        if (peek() != ',')
            wrong(done() ? std::string("\"") + close + "\" is missing"
                         : "\"" + std::string(1, peek()) + "\" cannot stand there");
        ++at_;
    }
}

Node Reader::element() {
    if (++depth_ > kMaxDepth)
        throw Failure{"more than " + std::to_string(kMaxDepth) + " levels are nested", ""};
    Node out;
    if (peek() == '\'' || peek() == '"')
        out = quoted(text_[at_++]);
    else if (peek() == '[')
        out = list();
    else if (peek() == '{')
        out = dict();
    else
        out = primitive(false);
    --depth_;
    return out;
}

Node Reader::quoted(char quote) {
    std::string out;
    while (true) {
        if (done()) wrong("a quote is not closed");
        if (peek() == quote) {
            ++at_;
            return Node::ofString(std::move(out));
        }
        if (opens()) {
            at_ += 2;
            const Place part = interpolation();
            if (tree_) out += pythonStr(*part.node);
        } else if (peek() == '\\') {
            out += escapes(std::string_view(&quote, 1));
        } else {
            out += text_[at_++];
        }
    }
}

Node Reader::list() {
    ++at_;
    blanks();
    Node out = Node::list();
    out.items = sequence(']');
    return out;
}

Node Reader::dict() {
    ++at_;
    blanks();
    Node out = Node::map();
    if (peek() == '}') {
        ++at_;
        return out;
    }
    while (true) {
        blanks();
        Node name = primitive(true);
        blanks();
        if (peek() != ':') wrong("\":\" is missing after a key");
        ++at_;
        blanks();
        Node value = element();
        bool replaced = false;
        for (auto& entry : out.entries)
            if (equal(entry.key, name)) {
                entry.value = value;
                replaced = true;
            }
        if (!replaced) out.entries.push_back({std::move(name), std::move(value)});
        blanks();
        if (peek() == '}') {
            ++at_;
            return out;
        }
        if (peek() != ',') wrong("\"}\" is missing");
        ++at_;
    }
}

// [+-]? (0 | [1-9](_?[0-9])*) with optional fraction and exponent, inf, nan: as the grammar's INT and FLOAT.
bool number(std::string_view text, Node& out) {
    std::string_view rest = text;
    const bool negative = rest.starts_with('-');
    if (rest.starts_with('+') || rest.starts_with('-')) rest.remove_prefix(1);
    const std::string lower = toLowerAscii(rest);
    if (lower == "inf" || lower == "nan") {
        const double value = lower == "inf" ? std::numeric_limits<double>::infinity()
                                            : std::numeric_limits<double>::quiet_NaN();
        out = Node::ofFloat(negative ? -value : value);
        return true;
    }
    std::string digits;
    std::size_t i = 0;
    const auto group = [&](bool leadingZeros) {
        const std::size_t from = i;
        while (i < rest.size() && ((rest[i] >= '0' && rest[i] <= '9') ||
                                   (rest[i] == '_' && i > from && rest[i - 1] != '_' && i + 1 < rest.size() &&
                                    rest[i + 1] >= '0' && rest[i + 1] <= '9'))) {
            if (rest[i] != '_') digits += rest[i];
            ++i;
            if (!leadingZeros && i == from + 1 && rest[from] == '0') break;
        }
        return i - from;
    };
    const std::size_t whole = group(false);
    bool isFloat = false;
    if (i < rest.size() && rest[i] == '.') {
        isFloat = true;
        digits += whole == 0 ? "0." : ".";
        ++i;
        if (group(true) == 0) {
            if (whole == 0) return false;
            digits += '0';
        }
    } else if (whole == 0) {
        return false;
    }
    if (i < rest.size() && (rest[i] == 'e' || rest[i] == 'E')) {
        isFloat = true;
        digits += 'e';
        ++i;
        if (i < rest.size() && (rest[i] == '+' || rest[i] == '-')) digits += rest[i] == '-' ? "-" : "", ++i;
        if (group(true) == 0) return false;
    }
    if (i != rest.size()) return false;
    if (isFloat) {
        double value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        out = Node::ofFloat(negative ? -value : value);
        return true;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{}) return false;
    out = Node::ofInt(negative ? -value : value);
    return true;
}

Node Reader::primitive(bool dictKey) {
    constexpr std::string_view kUnquoted = "/-\\+.$%*@?|";
    constexpr std::string_view kEscaped = "\\()[]{}:=, \t";
    std::string raw, out;
    std::vector<Node> values;  // of interpolations
    int pieces = 0;
    bool escaped = false;
    std::string pendingBlanks;
    while (!done()) {
        const char c = peek();
        if (c == ' ' || c == '\t') {
            pendingBlanks += text_[at_++];
            continue;
        }
        if (c == ',' || c == '}' || c == ']' || (c == ':' && dictKey)) break;
        out += pendingBlanks;
        raw += pendingBlanks;
        pendingBlanks.clear();
        ++pieces;
        if (opens()) {
            if (dictKey) wrong("a key of a map cannot be an interpolation");
            at_ += 2;
            const Place part = interpolation();
            if (tree_) {
                values.push_back(*part.node);
                out += pythonStr(values.back());
            } else {
                values.push_back(Node::null());
            }
            raw += '\x01';
        } else if (c == '\\' && kEscaped.find(peek(1)) != std::string_view::npos && peek(1) != '\0') {
            out += peek(1);
            raw += '\x02';
            escaped = true;
            at_ += 2;
        } else if (idChar(c) || kUnquoted.find(c) != std::string_view::npos || c == ':') {
            out += c;
            raw += c;
            ++at_;
        } else {
            wrong("\"" + std::string(1, c) + "\" needs quotes there");
        }
    }
    if (pieces == 0) wrong("a value is missing");
    if (values.size() == 1 && raw.size() == 1) return values[0];
    if (escaped || !values.empty()) return Node::ofString(std::move(out));
    const std::string lower = toLowerAscii(raw);
    if (lower == "null") return Node::null();
    if (lower == "true" || lower == "false") return Node::ofBool(lower == "true");
    Node parsed;
    if (number(raw, parsed)) return parsed;
    return Node::ofString(std::move(out));
}

Place Reader::singleElement() {
    Node out = element();
    if (!done()) wrong("\"" + std::string(text_.substr(at_)) + "\" is left over");
    return temporary(std::move(out));
}

const std::string& textArgument(const std::string& name, const std::vector<Node>& arguments) {
    if (arguments.empty() || !arguments[0].isString())
        throw Failure{"${" + name + ":…} needs a text as its first argument", ""};
    return arguments[0].text;
}

void atMost(const std::string& name, const std::vector<Node>& arguments, std::size_t most) {
    if (arguments.size() > most)
        throw Failure{"${" + name + ":…} takes at most " + std::to_string(most) +
                          (most == 1 ? " argument" : " arguments"),
                      ""};
}

Place Reader::call(const std::string& name, std::vector<Node> arguments) {
    if (!tree_) return temporary(Node::null());
    if (name == "oc.env") {
        atMost(name, arguments, 2);
        const std::string& variable = textArgument(name, arguments);
        if (const char* value = std::getenv(variable.c_str())) return temporary(Node::ofString(value));
        if (arguments.size() < 2)
            throw Failure{"the environment variable " + variable + " is not set",
                          "Set it, or give a default: ${oc.env:" + variable + ",default}."};
        return temporary(arguments[1].isNull() ? Node::null() : Node::ofString(pythonStr(arguments[1])));
    }
    if (name == "oc.decode") {
        atMost(name, arguments, 1);
        if (!arguments.empty() && arguments[0].isNull()) return temporary(Node::null());
        const std::string expression = textArgument(name, arguments);
        return temporary(*Reader(expression, tree_, holder_, depth_ + 1).singleElement().node);
    }
    if (name == "oc.create") {
        atMost(name, arguments, 1);
        if (arguments.empty()) throw Failure{"${oc.create:…} needs an argument", ""};
        return temporary(arguments[0]);
    }
    if (name != "oc.select" && name != "oc.deprecated" && name != "oc.dict.keys" && name != "oc.dict.values")
        throw Failure{
            "there is no resolver \"" + name + "\"",
            "Known: oc.env, oc.decode, oc.select, oc.create, oc.deprecated, oc.dict.keys, oc.dict.values."};
    // These take a path, relative when it begins with dots.
    atMost(name, arguments, name == "oc.select" || name == "oc.deprecated" ? 2 : 1);
    const std::string path = textArgument(name, arguments);
    const std::size_t dots = std::min(path.find_first_not_of('.'), path.size());
    Place from = tree_->rootPlace();
    if (dots > 0) {
        if (dots > holder_.around.size())
            throw Failure{"\"" + path + "\" goes above the top of the file", ""};
        const std::size_t level = holder_.around.size() - dots;
        from = {holder_.around[level],
                {holder_.around.begin(), holder_.around.begin() + static_cast<std::ptrdiff_t>(level)}};
    }
    const auto keys = dots < path.size() ? splitKeyPath(std::string_view(path).substr(dots)) : KeyPath{};
    const Place found = tree_->select(from, keys, path, name != "oc.select", depth_);
    if (name == "oc.deprecated") return found;
    if (name == "oc.select") {
        if (found.node) return found;
        return temporary(arguments.size() > 1 ? arguments[1] : Node::null());
    }
    if (!found.node->isMap()) throw Failure{"${" + name + ":" + path + "} needs a section", ""};
    Node list = Node::list();
    for (const auto& entry : found.node->entries) {
        if (name == "oc.dict.keys") {
            list.items.push_back(entry.key);
            continue;
        }
        Place child{&entry.value, found.around};
        child.around.push_back(found.node);
        list.items.push_back(*tree_->resolve(child, depth_).node);
    }
    return temporary(std::move(list));
}

Status checkText(const Node& node) {
    if (!isInterpolation(node)) return {};
    try {
        const Place nowhere{&node, {}};
        Reader(node.text, nullptr, nowhere, 0).value();
        return {};
    } catch (const Failure& failure) {
        return fail(ErrorCode::Config, failure.text, node.text, failure.hint);
    }
}

}  // namespace

Status checkInterpolations(const Node& tree) {
    ATELIER_DO(checkText(tree));
    for (const auto& item : tree.items) ATELIER_DO(checkInterpolations(item));
    for (const auto& entry : tree.entries) ATELIER_DO(checkInterpolations(entry.value));
    return {};
}

Node resolveTree(const Node& root, std::vector<ResolutionProblem>& problems) {
    Tree tree(root);
    return tree.expand(tree.rootPlace(), "", problems, root, 0);
}

Result<const Node*> containerBehind(const Node& root, const std::vector<const Node*>& around,
                                    const Node& node) {
    if (!isInterpolation(node)) return nullptr;
    try {
        Tree tree(root);
        const Place target = tree.resolve({&node, around}, 0);
        return target.node->isScalar() || tree.owns(target.node) ? nullptr : target.node;
    } catch (const Failure& failure) {
        return fail(ErrorCode::Config, failure.text, node.text, failure.hint);
    }
}

}  // namespace atelier
