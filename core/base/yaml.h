// SPDX-License-Identifier: GPL-3.0-or-later
// YAML as a tree of values that know where in the text they stand. Scalars are read as OmegaConf reads them
// (YAML 1.1, `1e-4` is a number, dates are text). Used by core/config, core/data and core/cluster.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier::yaml {

struct Mark {
    int line = 0;            // 1-based; 0: not from a text
    int column = 0;          // 1-based, in characters
    std::size_t offset = 0;  // in bytes
};

enum class Kind { Null, Bool, Int, Float, String, List, Map };
enum class Style { Plain, SingleQuoted, DoubleQuoted, Literal, Folded, Block, Flow };

struct Entry;

struct Node {
    Kind kind = Kind::Null;
    Style style = Style::Plain;
    bool boolean = false;
    std::int64_t integer = 0;
    double number = 0;
    std::string text;            // of a String
    std::vector<Node> items;     // of a List
    std::vector<Entry> entries;  // of a Map, in order; keys are scalars and unique
    Mark begin;                  // first character of the value
    Mark end;                    // one past its last (of a block collection: where the next token starts)
    int source = 0;              // 0: the file; n: the n-th override (1-based)
    bool aliased = false;  // came through *alias, << or a reference: what it came from has marks of its own

    static Node null() { return {}; }
    static Node ofBool(bool value);
    static Node ofInt(std::int64_t value);
    static Node ofFloat(double value);
    static Node ofString(std::string value);
    static Node list();
    static Node map();

    bool isMap() const { return kind == Kind::Map; }
    bool isList() const { return kind == Kind::List; }
    bool isString() const { return kind == Kind::String; }
    bool isNull() const { return kind == Kind::Null; }
    bool isScalar() const { return !isMap() && !isList(); }
    bool isMissing() const {
        return isString() && text == "???";
    }  // the mandatory value that is to be filled in

    // Value under a key: the text key first, then the whole number it spells; null pointer when absent.
    const Node* find(std::string_view key) const;
    Node* find(std::string_view key);
    const Entry* findEntry(std::string_view key) const;
    // Sets or appends a text key; the place of an existing key is kept.
    Node& set(std::string_view key, Node value);
    bool erase(std::string_view key);
};

struct Entry {
    Node key;
    Node value;
};

// A scalar as one writes it in a message or a path: 0.0001, true, null, abc.
std::string scalarText(const Node& scalar);
// Same type and value (marks and styles aside); numbers of keys compare by value.
bool equal(const Node& a, const Node& b);

struct Problem {
    std::string text;
    std::string hint;
    Mark mark;
};

struct Limits {
    std::size_t nodes = 50'000;  // after aliases are expanded
    int depth = 100;
};

// The only document of `text`; problems (syntax, duplicate keys, unknown tags, too deep, too large) are
// collected. After a syntax error the tree is Null. An empty text is Null.
Node parse(std::string_view text, std::vector<Problem>& problems, const Limits& limits = {});

// The same, failing with the first problem: Error{Config, what, "name:line:column", hint}.
Result<Node> parse(std::string_view text, const std::string& name = {}, const Limits& limits = {});

// A plain scalar under the rules above.
Node resolvePlain(std::string_view text);

// Block style, keys in order; strings are quoted where they would be read as something else. Equal to
// OmegaConf.to_yaml.
std::string dump(const Node& node);
// One value on one line, for `key: value` edits and messages: [a, b], {x: 1}, 1.0e-05, 'yes'. `inFlow`: it
// will stand inside [ ] or { }, where more texts need quotes.
std::string dumpInline(const Node& node, bool inFlow = false);

// Keys become text; non-finite numbers become "nan", "inf", "-inf".
Json toJson(const Node& node);
Node fromJson(const Json& json);

// As Python prints it: 0.0001, 1e-05, 1e+16, inf.
std::string pythonFloat(double value);

}  // namespace atelier::yaml
