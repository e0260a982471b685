// SPDX-License-Identifier: GPL-3.0-or-later
// Between section structs and values: struct → JSON (complete, schema order) and checked YAML nodes → struct.
// Used inside core/config, and by core/cluster for its settings.
#pragma once

#include <cmath>

#include "core/base/yaml.h"
#include "core/config/field.h"

namespace atelier {

template <class T>
Json toJson(const T& value) {
    if constexpr (detail::kIsOptional<T>) {
        return value ? toJson(*value) : Json(nullptr);
    } else if constexpr (Section<T>) {
        Json out = Json::object();
        forEachField<T>(
            [&](const auto& entry) { out[std::string(entry.key)] = toJson(value.*(entry.member)); });
        return out;
    } else if constexpr (detail::kIsSectionList<T>) {
        Json out = Json::array();
        for (const auto& item : value) out.push_back(toJson(item));
        return out;
    } else if constexpr (NamedEnum<T>) {
        return std::string(enumName(value));
    } else {
        return Json(value);
    }
}

// True when a number is whole and fits; 1e6 and 2.0e9 are.
inline bool wholeNumber(const yaml::Node& node, std::int64_t& out) {
    if (node.kind == yaml::Kind::Int) {
        out = node.integer;
        return true;
    }
    if (node.kind != yaml::Kind::Float || std::floor(node.number) != node.number ||
        std::fabs(node.number) > 9.0e18)
        return false;
    out = static_cast<std::int64_t>(node.number);
    return true;
}

// The name an enum value goes by in a file: text as is, true, false and null as those words.
inline std::string choiceText(const yaml::Node& node) {
    return scalarText(node);
}

// Takes over what has the right form and leaves the default elsewhere; findings are made by check.cpp
// beforehand.
template <class T>
void readInto(T& target, const yaml::Node& node) {
    if (node.isMissing()) return;
    if constexpr (detail::kIsOptional<T>) {
        if (node.isNull()) {
            target.reset();
            if constexpr (Section<typename T::value_type>) target.emplace();  // "wandb:" with nothing below
            return;
        }
        typename T::value_type value{};
        readInto(value, node);
        target = std::move(value);
    } else if constexpr (Section<T>) {
        forEachField<T>([&](const auto& entry) {
            if (const yaml::Node* child = node.isMap() ? node.find(entry.key) : nullptr)
                readInto(target.*(entry.member), *child);
        });
    } else if constexpr (detail::kIsSectionList<T>) {
        if (!node.isList()) return;
        target.clear();
        for (const auto& item : node.items) readInto(target.emplace_back(), item);
    } else if constexpr (NamedEnum<T>) {
        if (const auto value = enumFromName<T>(choiceText(node))) target = *value;
    } else if constexpr (std::same_as<T, bool>) {
        if (node.kind == yaml::Kind::Bool) target = node.boolean;
    } else if constexpr (std::same_as<T, std::int64_t>) {
        wholeNumber(node, target);
    } else if constexpr (std::same_as<T, double>) {
        if (node.kind == yaml::Kind::Int) target = static_cast<double>(node.integer);
        if (node.kind == yaml::Kind::Float) target = node.number;
    } else if constexpr (std::same_as<T, std::string>) {
        if (node.isScalar() && !node.isNull()) target = scalarText(node);
    } else if constexpr (std::same_as<T, std::vector<std::string>>) {
        if (!node.isList()) return;
        target.clear();
        for (const auto& item : node.items) target.push_back(scalarText(item));
    } else if constexpr (std::same_as<T, std::vector<std::int64_t>>) {
        if (!node.isList()) return;
        target.clear();
        for (const auto& item : node.items)
            if (std::int64_t whole = 0; wholeNumber(item, whole)) target.push_back(whole);
    } else if constexpr (std::same_as<T, std::map<std::string, std::string>>) {
        if (!node.isMap()) return;
        target.clear();
        for (const auto& entry : node.entries) target[scalarText(entry.key)] = scalarText(entry.value);
    } else {
        static_assert(std::same_as<T, Json>);
        if (!node.isNull()) target = yaml::toJson(node);
    }
}

}  // namespace atelier
