// SPDX-License-Identifier: GPL-3.0-or-later
// A section's fields() list → SchemaNode tree. Used by schema.cpp for TrainConfig and by core/cluster for its
// settings.
#pragma once

#include "core/config/schema.h"
#include "core/config/serialize.h"

namespace atelier {
namespace detail {

template <class T>
void describeType(SchemaNode& node, const T& value);

template <Section S>
void describeSection(SchemaNode& node, const S& defaults) {
    node.type = ValueType::Section;
    forEachField<S>([&](const auto& entry) {
        SchemaNode child;
        child.key = entry.key;
        child.path = node.path.empty() ? child.key : node.path + "." + child.key;
        child.info = entry.info;
        const auto& member = defaults.*(entry.member);
        child.fallback = toJson(member);
        describeType(child, member);
        node.children.push_back(std::move(child));
    });
}

template <NamedEnum E>
void describeChoices(SchemaNode& node) {
    node.type = ValueType::Choice;
    for (const auto& entry : EnumNames<E>::kNames)
        node.choices.push_back(
            {std::string(entry.name), std::string(entry.label), std::string(enumName(entry.value))});
}

template <class T>
void describeType(SchemaNode& node, const T& value) {
    if constexpr (detail::kIsOptional<T>) {
        node.optional = true;
        describeType(node, value ? *value : typename T::value_type{});
    } else if constexpr (Section<T>) {
        describeSection(node, value);
    } else if constexpr (kIsSectionList<T>) {
        SchemaNode entry;
        entry.path = node.path + "[]";
        describeSection(entry, typename T::value_type{});
        node.type = ValueType::SectionList;
        node.children = std::move(entry.children);
    } else if constexpr (NamedEnum<T>) {
        describeChoices<T>(node);
    } else if constexpr (std::same_as<T, bool>) {
        node.type = ValueType::Bool;
    } else if constexpr (std::same_as<T, std::int64_t>) {
        node.type = ValueType::Int;
    } else if constexpr (std::same_as<T, double>) {
        node.type = ValueType::Float;
    } else if constexpr (std::same_as<T, std::string>) {
        node.type = ValueType::Text;
    } else if constexpr (std::same_as<T, std::vector<std::string>>) {
        node.type = ValueType::TextList;
    } else if constexpr (std::same_as<T, std::vector<std::int64_t>>) {
        node.type = ValueType::IntList;
    } else if constexpr (std::same_as<T, std::map<std::string, std::string>>) {
        node.type = ValueType::TextMap;
    } else {
        static_assert(std::same_as<T, Json>, "a member of this type has no description");
        node.type = ValueType::Free;
    }
}

}  // namespace detail

// The description of a section, its defaults taken from `defaults`; paths start at its own keys.
template <Section S>
SchemaNode describeSchema(const S& defaults) {
    SchemaNode root;
    detail::describeSection(root, defaults);
    return root;
}

}  // namespace atelier
