// SPDX-License-Identifier: GPL-3.0-or-later
// Key paths, key=value lists, merging (the rules: OmegaConf's merge, update and split_key).
#include "core/config/compose.h"

#include <charconv>

#include "core/config/interpolation.h"

namespace atelier {

using yaml::Node;

namespace {

bool escapable(char c) {
    return c == '.' || c == '[' || c == ']' || c == '=';
}

bool isInteger(std::string_view text, std::int64_t& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

void stamp(Node& node, int source) {
    node.source = source;
    node.begin = node.end = {};
    for (auto& item : node.items) stamp(item, source);
    for (auto& entry : node.entries) {
        stamp(entry.key, source);
        stamp(entry.value, source);
    }
}

// The child that a path element names, made a map when it cannot hold anything. A reference is looked
// through.
Result<Node*> descend(Node& root, std::vector<const Node*>& around, Node& holder, const std::string& key,
                      const std::string& where) {
    Node* next = nullptr;
    if (holder.isMap()) {
        next = holder.find(key);
        if (!next) next = &holder.set(key, Node::map());
    } else {
        std::int64_t index = 0;
        if (!isInteger(key, index))
            return fail(ErrorCode::Config, "a list item is named by its number, not by \"" + key + "\"",
                        where);
        if (index < 0) index += static_cast<std::int64_t>(holder.items.size());
        if (index < 0 || index >= static_cast<std::int64_t>(holder.items.size()))
            return fail(ErrorCode::Config, "the list has no item " + key, where);
        next = &holder.items[static_cast<std::size_t>(index)];
    }
    around.push_back(&holder);
    ATELIER_TRY(const Node* behind, containerBehind(root, around, *next));
    if (behind) return const_cast<Node*>(behind);  // part of `root`, which is ours to change
    if (next->isScalar()) *next = Node::map();
    return next;
}

Status setPath(Node& root, const KeyPath& path, Node value, const std::string& where) {
    Node* holder = &root;
    std::vector<const Node*> around;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) {
        ATELIER_TRY(Node * next, descend(root, around, *holder, path[i], where));
        holder = next;
    }
    const std::string& last = path.back();
    Node* target = nullptr;
    if (holder->isMap()) {
        target = holder->find(last);
        if (!target) {
            holder->set(last, std::move(value));
            return {};
        }
    } else {
        std::int64_t index = 0;
        const auto size = static_cast<std::int64_t>(holder->items.size());
        if (!isInteger(last, index) || index < -size || index >= size)
            return fail(ErrorCode::Config, "the list has no item " + last, where);
        target = &holder->items[static_cast<std::size_t>(index < 0 ? index + size : index)];
    }
    if (!value.isScalar() && !target->isScalar()) {
        if (auto merged = mergeInto(*target, value); !merged) {
            Error error = std::move(merged).error();
            error.where = where;
            return fail(std::move(error));
        }
        return {};
    }
    *target = std::move(value);
    return {};
}

}  // namespace

KeyPath splitKeyPath(std::string_view path) {
    KeyPath parts;
    std::size_t i = 0;
    const auto piece = [&](std::string_view stops) {
        std::string text;
        while (i < path.size() && stops.find(path[i]) == std::string_view::npos) {
            if (path[i] == '\\' && i + 1 < path.size() && escapable(path[i + 1])) ++i;
            text += path[i++];
        }
        return text;
    };
    if (path.empty() || path[0] != '[') parts.push_back(piece(".["));
    while (i < path.size()) {
        if (path[i] == '.') {
            ++i;
            // "a.[b]": the bracket names the key, there is no empty one before it.
            if (i < path.size() && path[i] == '[') continue;
            parts.push_back(piece(".["));
        } else {
            ++i;
            const std::size_t from = i;
            std::string text = piece("]");
            if (i >= path.size()) {
                i = from;
                break;  // an open bracket ends the path
            }
            ++i;
            parts.push_back(std::move(text));
        }
    }
    return parts;
}

std::string joinKeyPath(const KeyPath& path) {
    std::string text;
    for (const auto& part : path) {
        std::int64_t index = 0;
        if (!text.empty() && isInteger(part, index)) {
            text += "[" + part + "]";
            continue;
        }
        if (!text.empty()) text += '.';
        for (char c : part) {
            if (escapable(c)) text += '\\';
            text += c;
        }
    }
    return text;
}

const Node* selectPath(const Node& root, std::span<const std::string> path) {
    const Node* node = &root;
    for (const auto& part : path) {
        if (node->isMap()) {
            node = node->find(part);
        } else if (node->isList()) {
            std::int64_t index = 0;
            const auto size = static_cast<std::int64_t>(node->items.size());
            if (!isInteger(part, index)) return nullptr;
            if (index < 0) index += size;
            node = index >= 0 && index < size ? &node->items[static_cast<std::size_t>(index)] : nullptr;
        } else {
            return nullptr;
        }
        if (!node) return nullptr;
    }
    return node;
}

Result<Override> parseOverride(const std::string& text) {
    std::size_t equals = std::string::npos;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size() && escapable(text[i + 1])) {
            ++i;
        } else if (text[i] == '=') {
            equals = i;
            break;
        }
    }
    Override out;
    out.text = text;
    out.path = splitKeyPath(text.substr(0, equals));
    if (out.path.empty())
        return fail(ErrorCode::Usage, "there is no key before \"=\"", text, "Write it as section.key=value.");
    if (equals == std::string::npos) return out;
    auto value = yaml::parse(std::string_view(text).substr(equals + 1));
    if (!value)
        return fail(ErrorCode::Config, value.error().what, text,
                    value.error().hint.empty() ? "Text with special characters needs quotes: key=\"'text'\"."
                                               : value.error().hint);
    out.value = std::move(*value);
    return out;
}

Result<Node> fromDotlist(std::span<const std::string> arguments) {
    Node root = Node::map();
    int number = 0;
    for (const auto& argument : arguments) {
        ATELIER_TRY(auto item, parseOverride(argument));
        if (auto bad = checkInterpolations(item.value); !bad)
            return fail(ErrorCode::Config, bad.error().what, argument, bad.error().hint);
        stamp(item.value, ++number);
        ATELIER_DO(setPath(root, item.path, std::move(item.value), argument));
    }
    return root;
}

namespace {

Status mergeMaps(Node& root, std::vector<const Node*>& around, Node& left, const Node& right);

Status mergeEntry(Node& root, std::vector<const Node*>& around, Node& target, const yaml::Entry& entry) {
    // A section that is a reference becomes a copy of what it refers to before anything is merged over it.
    if (const auto section = containerBehind(root, around, target); section && *section) {
        Node copy = **section;
        target = std::move(copy);
    }
    if (target.isScalar() || entry.value.isScalar()) {
        if (!entry.value.isMissing()) target = entry.value;
        return {};
    }
    if (target.isList() && entry.value.isList()) {
        target = entry.value;
        return {};
    }
    if (auto merged = mergeMaps(root, around, target, entry.value); !merged) {
        Error error = std::move(merged).error();
        const std::string key = scalarText(entry.key);
        error.where = error.where.empty() ? key : key + "." + error.where;
        return fail(std::move(error));
    }
    return {};
}

Status mergeMaps(Node& root, std::vector<const Node*>& around, Node& left, const Node& right) {
    if (!left.isMap() || !right.isMap())
        return fail(ErrorCode::Config,
                    left.isMap() ? "a list cannot replace a map" : "a map cannot replace a list", {},
                    "Give the whole value in the same form as in the file.");
    around.push_back(&left);
    for (const auto& entry : right.entries) {
        Node* target = nullptr;
        for (auto& own : left.entries)
            if (equal(own.key, entry.key)) target = &own.value;
        if (!target)
            left.entries.push_back(entry);
        else
            ATELIER_DO(mergeEntry(root, around, *target, entry));
    }
    around.pop_back();
    return {};
}

}  // namespace

Status mergeInto(Node& left, const Node& right) {
    if (left.isList() && right.isList()) {
        left = right;
        return {};
    }
    std::vector<const Node*> around;
    return mergeMaps(left, around, left, right);
}

}  // namespace atelier
