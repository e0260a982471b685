// SPDX-License-Identifier: GPL-3.0-or-later
// fields() lists → SchemaNode tree.
#include "core/config/schema.h"

#include <charconv>

#include "core/base/strings.h"
#include "core/config/describe.h"
#include "core/config/train_config.h"

namespace atelier {
namespace {

SchemaNode build() {
    return describeSchema(TrainConfig{});
}

}  // namespace

const SchemaNode* SchemaNode::child(std::string_view name) const {
    for (const auto& node : children)
        if (node.key == name) return &node;
    return nullptr;
}

const SchemaNode& trainSchema() {
    static const SchemaNode root = build();
    return root;
}

namespace {
void movePaths(SchemaNode& node, std::size_t prefix, const std::string& to) {
    node.path = to + node.path.substr(prefix);
    for (auto& child : node.children) movePaths(child, prefix, to);
}
}  // namespace

SchemaNode entrySchema(const SchemaNode& list, std::size_t index) {
    SchemaNode entry = list;
    entry.type = ValueType::Section;
    entry.path += "[]";
    movePaths(entry, entry.path.size(), list.path + "[" + std::to_string(index) + "]");
    return entry;
}

const SchemaNode* findSchema(std::string_view path) {
    const SchemaNode* node = &trainSchema();
    while (!path.empty() && node) {
        const auto dot = path.find('.');
        const auto part = path.substr(0, dot);
        const auto bracket = part.find('[');
        node = node->child(part.substr(0, bracket));
        if (node && bracket != std::string_view::npos && node->type != ValueType::SectionList) return nullptr;
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    return node;
}

std::string typeName(const SchemaNode& node) {
    switch (node.type) {
        case ValueType::Section:
            return "a section (key: value lines)";
        case ValueType::Bool:
            return "true or false";
        case ValueType::Int:
            return "a whole number";
        case ValueType::Float:
            return "a number";
        case ValueType::Text:
            return "a text";
        case ValueType::TextList:
            return "a list of texts";
        case ValueType::IntList:
            return "a list of whole numbers";
        case ValueType::SectionList:
            return "a list of sections (- key: value lines)";
        case ValueType::TextMap:
            return "a map of texts";
        case ValueType::Free:
            return "a map";
        case ValueType::Choice:
            break;
    }
    std::vector<std::string> names;
    for (const auto& choice : node.choices)
        if (!choice.label.empty()) names.push_back(choice.name);
    if (names.size() == 1) return "\"" + names[0] + "\"";
    return "one of " + join(names, ", ");
}

const Json* jsonAt(const Json& tree, std::string_view path) {
    const Json* node = &tree;
    while (!path.empty()) {
        const auto dot = path.find('.');
        if (!node->is_object()) return nullptr;
        const auto part = path.substr(0, dot);
        const auto bracket = part.find('[');
        const auto found = node->find(std::string(part.substr(0, bracket)));
        if (found == node->end()) return nullptr;
        node = &*found;
        if (bracket != std::string_view::npos) {
            std::size_t index = 0;
            std::from_chars(part.data() + bracket + 1, part.data() + part.size(), index);
            if (!node->is_array() || index >= node->size()) return nullptr;
            node = &(*node)[index];
        }
        path = dot == std::string_view::npos ? std::string_view{} : path.substr(dot + 1);
    }
    return node;
}

bool conditionHolds(std::string_view when, const Json& resolved) {
    while (!when.empty()) {
        const auto amp = when.find(" & ");
        const auto term = when.substr(0, amp);
        when = amp == std::string_view::npos ? std::string_view{} : when.substr(amp + 3);
        const auto equals = term.find('=');
        const Json* value = jsonAt(resolved, term.substr(0, equals));
        if (!value) return false;
        const std::string text = value->is_string() ? value->get<std::string>() : value->dump();
        bool any = false;
        for (const auto& wanted : split(term.substr(equals + 1), '|')) any = any || wanted == text;
        if (!any) return false;
    }
    return true;
}

}  // namespace atelier
