// SPDX-License-Identifier: GPL-3.0-or-later
// A line editor over node positions. Every edit is read back and compared with what it should mean.
#include "core/config/document.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>

#include "core/base/strings.h"
#include "core/config/schema.h"

namespace atelier {

using yaml::Entry;
using yaml::Node;
using yaml::Style;

namespace {

// Byte range to replace and what to put there.
struct Edit {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text;
};

std::size_t lineStart(std::string_view text, std::size_t offset) {
    const auto newline = offset == 0 ? std::string_view::npos : text.rfind('\n', offset - 1);
    return newline == std::string_view::npos ? (text.starts_with("\xEF\xBB\xBF") ? 3 : 0) : newline + 1;
}

// Offset of the line break that ends the line (or the end of the text).
std::size_t lineEnd(std::string_view text, std::size_t offset) {
    const auto newline = text.find('\n', offset);
    if (newline == std::string_view::npos) return text.size();
    return newline > offset && text[newline - 1] == '\r' ? newline - 1 : newline;
}

std::string_view lineBreak(std::string_view text) {
    return text.find("\r\n") != std::string_view::npos ? "\r\n" : "\n";
}

// One past the last byte of a value's own text; block collections end with their last member.
std::size_t contentEnd(std::string_view text, const Node& node) {
    if (node.isMap() && node.style == Style::Block && !node.aliased) {
        std::size_t end = node.begin.offset;
        for (const auto& entry : node.entries)
            if (!entry.key.aliased)
                end = std::max({end, entry.key.end.offset, contentEnd(text, entry.value)});
        return end;
    }
    if (node.isList() && node.style == Style::Block && !node.aliased) {
        std::size_t end = node.begin.offset;
        for (const auto& item : node.items) end = std::max(end, contentEnd(text, item));
        return end;
    }
    std::size_t end = node.end.offset;
    if (node.style == Style::Literal || node.style == Style::Folded)
        while (end > node.begin.offset &&
               (text[end - 1] == '\n' || text[end - 1] == '\r' || text[end - 1] == ' '))
            --end;
    return end;
}

// First byte of the value after an anchor (&name), which stays.
std::size_t valueBegin(std::string_view text, const Node& node) {
    std::size_t at = node.begin.offset;
    if (at < text.size() && text[at] == '&' && at < node.end.offset) {
        while (at < text.size() && text[at] != ' ' && text[at] != '\n' && text[at] != '\r' &&
               text[at] != '\t')
            ++at;
        while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) ++at;
    }
    return std::min(at, std::max(node.end.offset, node.begin.offset));
}

// New text in the manner of the old: quotes stay when both are texts.
std::string inlineText(const Node& value, const Node* old, bool inFlow) {
    const std::string plain = yaml::dumpInline(value, inFlow);
    if (!old || !value.isString() || !old->isString() || value.text.find('\n') != std::string::npos ||
        plain != value.text)
        return plain;
    if (old->style == Style::SingleQuoted)
        return "'" + value.text + "'";  // plain == text: it holds no quotes
    if (old->style == Style::DoubleQuoted) return dumpJson(Json(value.text));
    return plain;
}

std::string keyText(const std::string& key) {
    const std::string text = yaml::dumpInline(Node::ofString(key));
    return text;
}

const Entry* ownEntry(const Node& map, const std::string& key) {
    const Entry* entry = map.isMap() && !map.aliased ? map.findEntry(key) : nullptr;
    return entry && !entry->key.aliased ? entry : nullptr;
}

bool isBlock(const Node& node) {
    return (node.isMap() || node.isList()) && node.style == Style::Block && !node.aliased;
}

// After the ":" of a key: libyaml marks the key only.
std::size_t afterColon(std::string_view text, const Entry& entry) {
    const auto colon = text.find(':', entry.key.end.offset);
    return colon == std::string_view::npos ? text.size() : colon + 1;
}

Edit replaceValue(std::string_view text, const Entry& entry, const Node& value, bool inFlow) {
    const Node& old = entry.value;
    const std::string now = inlineText(value, &old, inFlow);
    const std::size_t colon = afterColon(text, entry);
    if (old.isNull() && old.begin.offset == old.end.offset) {  // "key:" with nothing
        const bool needsBlank =
            colon < text.size() && text[colon] != ' ' && text[colon] != '\n' && text[colon] != '\r';
        return {colon, colon, " " + now + (needsBlank ? " " : "")};
    }
    if (!isBlock(old) || valueBegin(text, old) <= lineEnd(text, colon)) {
        if (!isBlock(old) || text.find('\n', colon) >= contentEnd(text, old))
            return {valueBegin(text, old), contentEnd(text, old), now};
    }
    // A block below its key: the value goes onto the key's line (before a comment there), the block's lines
    // go.
    const std::size_t keyLineEnd = lineEnd(text, colon);
    const std::string rest(text.substr(colon, keyLineEnd - colon));
    const std::size_t end = lineEnd(text, contentEnd(text, old));
    return {colon, end, " " + now + (rest.find_first_not_of(' ') == std::string::npos ? "" : rest)};
}

// The item that a part of a path names; null pointer when it names none.
template <class N>
N* itemOf(N& list, const std::string& part) {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), index);
    const bool number = error == std::errc() && end == part.data() + part.size();
    return number && list.isList() && index < list.items.size() ? &list.items[index] : nullptr;
}

// Index of a key among its siblings in the schema; large when it has none.
std::size_t schemaOrder(const KeyPath& parent, const std::string& key) {
    const SchemaNode* node = findSchema(joinKeyPath(parent));
    if (node)
        for (std::size_t i = 0; i < node->children.size(); ++i)
            if (node->children[i].key == key) return i;
    return std::size_t{1} << 20;
}

// "b: {c: 1}" for the rest of a path, as lines below each other.
std::string blockLines(std::span<const std::string> keys, const Node& value, std::size_t indent,
                       std::string_view newline) {
    std::string out;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        out += std::string(indent + 2 * i, ' ') + keyText(keys[i]) + ":";
        if (i + 1 < keys.size()) out += newline;
    }
    return out + " " + yaml::dumpInline(value);
}

std::string flowText(std::span<const std::string> keys, const Node& value) {
    if (keys.size() == 1) return keyText(keys[0]) + ": " + yaml::dumpInline(value, true);
    return keyText(keys[0]) + ": {" + flowText(keys.subspan(1), value) + "}";
}

// A new line after offset `at`, which lies in the line to follow.
Edit lineAfter(std::string_view text, std::size_t at, const std::string& lines) {
    const std::size_t end = lineEnd(text, at);
    return {end, end, std::string(lineBreak(text)) + lines};
}

Edit addToBlock(std::string_view text, const Node& map, const KeyPath& parent,
                std::span<const std::string> keys, const Node& value) {
    const std::size_t order = schemaOrder(parent, keys[0]);
    const Entry* after = nullptr;
    const Entry* first = nullptr;
    for (const auto& entry : map.entries) {
        if (entry.key.aliased) continue;
        if (!first) first = &entry;
        if (schemaOrder(parent, scalarText(entry.key)) <= order) after = &entry;
    }
    if (!after)
        for (const auto& entry : map.entries)
            if (!entry.key.aliased) after = &entry;
    const std::size_t column = first->key.begin.offset - lineStart(text, first->key.begin.offset);
    return lineAfter(text, std::max(after->key.end.offset, contentEnd(text, after->value)),
                     blockLines(keys, value, column, lineBreak(text)));
}

Edit addToFlow(std::string_view text, const Node& map, std::span<const std::string> keys, const Node& value) {
    const std::string entry = flowText(keys, value);
    std::size_t last = 0;
    for (const auto& one : map.entries)
        if (!one.key.aliased) last = std::max({last, one.key.end.offset, one.value.end.offset});
    if (last == 0) {
        const auto open = text.find('{', map.begin.offset);
        return {open + 1, open + 1, entry};
    }
    return {last, last, ", " + entry};
}

// "section:" with nothing below it.
Edit addBelowKey(std::string_view text, const Entry& holder, bool inFlow, std::span<const std::string> keys,
                 const Node& value) {
    const std::size_t colon = afterColon(text, holder);
    if (inFlow) return {colon, colon, " {" + flowText(keys, value) + "}"};
    const std::size_t indent = holder.key.begin.offset - lineStart(text, holder.key.begin.offset);
    const std::size_t from = holder.value.begin.offset, to = holder.value.end.offset;
    if (to > from)  // "section: null" or "~": make room
        return {colon, to,
                std::string(lineBreak(text)) + blockLines(keys, value, indent + 2, lineBreak(text))};
    return lineAfter(text, colon, blockLines(keys, value, indent + 2, lineBreak(text)));
}

Result<Edit> addKey(std::string_view text, const Node& root, const KeyPath& path, const Node& value) {
    if (!root.isMap() || root.entries.empty()) {
        if (root.isMap() && root.style == Style::Flow && root.begin.line > 0)
            return addToFlow(text, root, path, value);
        std::string lines = blockLines(path, value, 0, lineBreak(text));
        const bool open = !text.empty() && text.back() != '\n';
        return Edit{text.size(), text.size(),
                    (open ? std::string(lineBreak(text)) : "") + lines + std::string(lineBreak(text))};
    }
    const Node* map = &root;
    bool inFlow = root.style == Style::Flow;
    KeyPath parent;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const Entry* entry = ownEntry(*map, path[i]);
        const auto rest = std::span(path).subspan(i);
        if (!entry)
            return inFlow ? addToFlow(text, *map, rest, value) : addToBlock(text, *map, parent, rest, value);
        if (i + 1 == path.size()) return replaceValue(text, *entry, value, inFlow);
        if (entry->value.isNull()) return addBelowKey(text, *entry, inFlow, rest.subspan(1), value);
        if (const Node* item = entry->value.aliased ? nullptr : itemOf(entry->value, path[i + 1]);
            item && item->isMap() && !item->aliased && i + 2 < path.size()) {
            inFlow = inFlow || entry->value.style == Style::Flow || item->style == Style::Flow;
            map = item;
            parent.insert(parent.end(), {path[i], path[i + 1]});
            ++i;
            continue;
        }
        if (!entry->value.isMap() || entry->value.aliased)
            return fail(ErrorCode::Config,
                        "\"" + path[i] + "\" in line " + std::to_string(entry->key.begin.line) +
                            (entry->value.aliased ? " is an alias of another section" : " is no section"),
                        joinKeyPath(path), "Change it in the text.");
        map = &entry->value;
        inFlow = inFlow || map->style == Style::Flow;
        parent.push_back(path[i]);
    }
    return fail(ErrorCode::Internal, "the path is empty");
}

std::string applied(std::string_view text, const Edit& edit) {
    return std::string(text.substr(0, edit.begin)) + edit.text + std::string(text.substr(edit.end));
}

Node parsedOrEmpty(std::string_view text, std::vector<yaml::Problem>& problems) {
    Node tree = yaml::parse(text, problems);
    return tree.isNull() && problems.empty() ? Node::map() : tree;
}

// Sets without interpretation of references: what the edited text must read as.
void setInTree(Node& root, const KeyPath& path, const Node& value) {
    Node* node = &root;
    for (const auto& key : path) {
        if (Node* item = itemOf(*node, key)) {
            node = item;
            continue;
        }
        if (!node->isMap()) *node = Node::map();
        Node* next = node->find(key);
        node = next ? next : &node->set(key, Node::null());
    }
    *node = value;
}

bool sameContent(const Node& a, const Node& b) {
    // A new key stands where the schema wants it, so the order of keys does not count.
    if (a.isMap() && b.isMap()) {
        if (a.entries.size() != b.entries.size()) return false;
        return std::ranges::all_of(a.entries, [&](const Entry& entry) {
            const auto other =
                std::ranges::find_if(b.entries, [&](const Entry& one) { return equal(one.key, entry.key); });
            return other != b.entries.end() && sameContent(entry.value, other->value);
        });
    }
    if (a.isList() && b.isList()) return std::ranges::equal(a.items, b.items, sameContent);
    return equal(a, b);
}

Result<std::string> verified(std::string edited, const Node& expected, const KeyPath& path) {
    std::vector<yaml::Problem> problems;
    const Node now = parsedOrEmpty(edited, problems);
    if (!problems.empty() || !sameContent(now, expected))
        return fail(ErrorCode::Config, "this place of the text cannot be edited from the form",
                    joinKeyPath(path), "Change it in the text.");
    return edited;
}

Result<Node> readForEdit(std::string_view text) {
    std::vector<yaml::Problem> problems;
    Node tree = parsedOrEmpty(text, problems);
    if (problems.empty() && tree.isMap()) return tree;
    if (problems.empty())
        return fail(ErrorCode::Config, "the text is not a map of sections",
                    "line " + std::to_string(tree.begin.line));
    return fail(ErrorCode::Config, problems[0].text, "line " + std::to_string(problems[0].mark.line),
                "Repair the text first.");
}

Edit removeFromFlow(std::string_view text, const Node& map, const Entry& entry) {
    std::size_t begin = entry.key.begin.offset, end = std::max(entry.key.end.offset, entry.value.end.offset);
    const auto next = text.find_first_not_of(" \t\r\n", end);
    if (next != std::string_view::npos && text[next] == ',') {
        end = text.find_first_not_of(" \t", next + 1);
        return {begin, std::min(end, text.size()), ""};
    }
    const auto before = begin == 0 ? std::string_view::npos : text.find_last_not_of(" \t\r\n", begin - 1);
    if (before != std::string_view::npos && before > map.begin.offset && text[before] == ',') begin = before;
    return {begin, end, ""};
}

Edit removeLines(std::string_view text, const Entry& entry) {
    const std::size_t begin = lineStart(text, entry.key.begin.offset);
    std::size_t end = lineEnd(text, std::max(entry.key.end.offset, contentEnd(text, entry.value)));
    if (end < text.size()) end = text.find('\n', end) + 1;
    return {begin, end, ""};
}

}  // namespace

Result<std::string> setInText(std::string_view text, const KeyPath& path, const Node& value) {
    ATELIER_TRY(Node tree, readForEdit(text));
    ATELIER_TRY(const Edit edit, addKey(text, tree, path, value));
    setInTree(tree, path, value);
    return verified(applied(text, edit), tree, path);
}

Result<std::string> removeFromText(std::string_view text, const KeyPath& path) {
    ATELIER_TRY(Node tree, readForEdit(text));
    // Down to the key, remembering the outermost section that holds nothing else.
    const Node* map = &tree;
    const Node* holder = &tree;
    const Entry* victim = nullptr;
    KeyPath gone, walked;
    for (const auto& key : path) {
        if (const Node* item = map->aliased ? nullptr : itemOf(*map, key)) {
            map = item;
            walked.push_back(key);
            victim = nullptr;  // an item is never taken away with its last key
            continue;
        }
        const Entry* entry = ownEntry(*map, key);
        if (!entry) return std::string(text);
        walked.push_back(key);
        if (!victim || map->entries.size() > 1) {
            victim = entry;
            holder = map;
            gone = walked;
        }
        map = &entry->value;
    }
    if (!victim) return std::string(text);
    const bool flow = holder->style == Style::Flow;
    const std::size_t column = victim->key.begin.offset - lineStart(text, victim->key.begin.offset);
    const auto indent = text.substr(victim->key.begin.offset - column, column);
    const bool afterDash = !flow && indent.find_first_not_of(" \t") != std::string_view::npos;
    // The first key of an item: the next one takes its place behind the dash.
    if (afterDash && (victim != &holder->entries.front() || holder->entries.size() < 2))
        return fail(ErrorCode::Config, "the key shares its line with a list item", joinKeyPath(path),
                    "Change it in the text.");
    const Edit edit = afterDash ? Edit{victim->key.begin.offset, holder->entries[1].key.begin.offset, ""}
                      : flow    ? removeFromFlow(text, *holder, *victim)
                                : removeLines(text, *victim);
    Node expected = tree;
    Node* parent = &expected;
    for (std::size_t i = 0; i + 1 < gone.size(); ++i) {
        Node* item = itemOf(*parent, gone[i]);
        parent = item ? item : parent->find(gone[i]);
    }
    parent->erase(gone.back());
    return verified(applied(text, edit), expected, path);
}

namespace {

// The lines of a block list, item by item; `column` is that of the dashes.
struct ItemLines {
    std::size_t begin = 0, end = 0, column = 0;
    std::vector<std::string> items;
};

// Nothing when it is no block list with a line for each dash.
std::optional<ItemLines> itemLines(std::string_view text, const Entry& holder) {
    const Node& list = holder.value;
    if (!isBlock(list) || list.items.empty()) return std::nullopt;
    ItemLines lines;
    lines.begin = std::min(text.size(), lineEnd(text, afterColon(text, holder)));
    lines.end = lines.begin;
    for (const Node& item : list.items) {
        const std::size_t dash = text.rfind('-', item.begin.offset);
        if (dash == std::string_view::npos || dash < lines.end || item.aliased) return std::nullopt;
        lines.column = dash - lineStart(text, dash);
        const std::size_t end = lineEnd(text, contentEnd(text, item));
        lines.items.emplace_back(text.substr(lines.end, end - lines.end));  // begins with a line break
        lines.end = end;
    }
    return lines;
}

std::string itemText(const Node& item, std::size_t column, std::string_view newline) {
    std::string out;
    for (const Entry& entry : item.entries) {
        out +=
            std::string(newline) + std::string(column, ' ') + (&entry == &item.entries.front() ? "- " : "  ");
        out += keyText(scalarText(entry.key)) + ": " + yaml::dumpInline(entry.value);
    }
    if (item.entries.empty()) out = std::string(newline) + std::string(column, ' ') + "- {}";
    return out;
}

// The list at `path` as `change` leaves its nodes; `rearrange` does the same to its lines.
Result<std::string> changeList(std::string_view text, const KeyPath& path,
                               const std::function<void(std::vector<Node>&)>& change,
                               const std::function<void(ItemLines&)>& rearrange) {
    ATELIER_TRY(Node tree, readForEdit(text));
    const Node* found = selectPath(tree, path);
    Node list = found && found->isList() ? *found : Node::list();
    change(list.items);
    if (list.items.empty()) return removeFromText(text, path);
    const Node* holder = selectPath(tree, std::span(path).first(path.size() - 1));
    const Entry* entry = holder ? ownEntry(*holder, path.back()) : nullptr;
    auto lines = entry ? itemLines(text, *entry) : std::nullopt;
    if (!lines && entry && holder->style != Style::Flow && entry->value.isList() &&
        entry->value.items.empty() && !entry->value.aliased) {  // "concepts: []"
        const std::size_t column = entry->key.begin.offset - lineStart(text, entry->key.begin.offset);
        const std::size_t end = lineEnd(text, contentEnd(text, entry->value));
        const std::size_t colon = afterColon(text, *entry);
        const std::size_t after = std::max(entry->value.end.offset, colon);
        std::string head(text.substr(0, colon));
        head += text.substr(after, end - after);
        std::string made;
        for (const Node& item : list.items) made += itemText(item, column + 2, lineBreak(text));
        setInTree(tree, path, list);
        return verified(head + made + std::string(text.substr(end)), tree, path);
    }
    setInTree(tree, path, list);
    if (!lines) return setInText(text, path, list);  // in brackets: as a whole
    rearrange(*lines);
    std::string made;
    for (const auto& item : lines->items) made += item;
    auto edited = verified(applied(text, {lines->begin, lines->end, made}), tree, path);
    return edited ? edited : setInText(text, path, list);
}

template <class T>
void moveItem(std::vector<T>& items, std::size_t from, std::size_t to) {
    T moved = std::move(items[from]);
    items.erase(items.begin() + std::ptrdiff_t(from));
    items.insert(items.begin() + std::ptrdiff_t(std::min(to, items.size())), std::move(moved));
}

Status checkItem(std::string_view text, const KeyPath& path, std::size_t index) {
    ATELIER_TRY(const Node tree, readForEdit(text));
    const Node* list = selectPath(tree, path);
    if (list && list->isList() && index < list->items.size()) return {};
    return fail(ErrorCode::Config, "there is no item " + std::to_string(index + 1), joinKeyPath(path));
}

}  // namespace

Result<std::string> insertInList(std::string_view text, const KeyPath& path, std::size_t index,
                                 const Node& item) {
    ATELIER_TRY(const Node tree, readForEdit(text));
    const Node* list = selectPath(tree, path);
    if (!list || !list->isList()) {  // a place for it, then its lines
        ATELIER_TRY(const std::string prepared, setInText(text, path, Node::list()));
        return insertInList(prepared, path, 0, item);
    }
    const auto insert = [&](auto& items, auto&& one) {
        items.insert(items.begin() + std::ptrdiff_t(std::min(index, items.size())), one);
    };
    return changeList(
        text, path, [&](std::vector<Node>& items) { insert(items, item); },
        [&](ItemLines& lines) { insert(lines.items, itemText(item, lines.column, lineBreak(text))); });
}

Result<std::string> removeFromList(std::string_view text, const KeyPath& path, std::size_t index) {
    ATELIER_DO(checkItem(text, path, index));
    const auto remove = [&](auto& items) { items.erase(items.begin() + std::ptrdiff_t(index)); };
    return changeList(
        text, path, [&](std::vector<Node>& items) { remove(items); },
        [&](ItemLines& lines) { remove(lines.items); });
}

Result<std::string> moveInList(std::string_view text, const KeyPath& path, std::size_t from, std::size_t to) {
    ATELIER_DO(checkItem(text, path, from));
    return changeList(
        text, path, [&](std::vector<Node>& items) { moveItem(items, from, to); },
        [&](ItemLines& lines) { moveItem(lines.items, from, to); });
}

const char* originName(Origin origin) {
    switch (origin) {
        case Origin::Default:
            return "default";
        case Origin::Template:
            return "template";
        case Origin::File:
            return "file";
        case Origin::User:
            return "user";
        case Origin::CommandLine:
            return "command line";
    }
    return "";
}

ValueOrigin originOf(const KeyPath& path, const Node& current, const Node& begun, Origin base,
                     const Node& overrides) {
    if (selectPath(overrides, path)) return {Origin::CommandLine, 0};
    const Node* now = selectPath(current, path);
    if (!now) return {};
    const Node* then = selectPath(begun, path);
    return {then && sameContent(*now, *then) ? base : Origin::User, now->begin.line};
}

}  // namespace atelier
