// SPDX-License-Identifier: GPL-3.0-or-later
// Describes one setting: key, member, and all that a form, a check, a help page or a translation needs to
// know of it. A section is a plain struct with a constexpr fields() list beside it; a member without an entry
// does not compile.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "core/base/json.h"

// Marks a text for lupdate without Qt: the studio translates at display time.
#define ATELIER_TR(text) text

namespace atelier {

enum class Importance { Basic, Advanced, Expert };

// What a text value stands for; decides the editor and how relative values are resolved.
enum class TextKind { Plain, Path, Folder, File, Model, Shards, Secret, Prompt };

// "Usually between low and high" for one method ("" = every method without an entry of its own).
struct UsualRange {
    std::string_view method;
    double low = 0;
    double high = 0;
};

struct FieldInfo {
    std::string_view label;
    std::string_view help;  // one or two sentences: what it does
    std::string_view unit = {};
    std::optional<double> min = std::nullopt;
    std::optional<double> max = std::nullopt;
    std::array<UsualRange, 5> usual = {};          // unused places have low == high == 0
    std::string_view higher = {};                  // what a higher (or: switched on) value does
    std::string_view lower = {};                   // what a lower (or: switched off) value does
    std::array<std::string_view, 3> related = {};  // dotted paths
    // When the key means anything: "method.type=lora|finetune", "model.use_ema=true"; several joined by " &
    // ".
    std::string_view when = {};
    Importance importance = Importance::Advanced;
    TextKind text = TextKind::Plain;
    bool required = false;          // training cannot start without it
    std::string_view instead = {};  // dotted path of the key that this one is not needed beside
    bool fractional = false;        // shown in scientific notation, edited by factors (learning rates)
    bool implemented =
        true;  // false: declared so that files load, refused by name when set to something else
};

template <class Section, class Member>
struct Field {
    using SectionType = Section;
    using MemberType = Member;
    std::string_view key;
    Member Section::*member;
    FieldInfo info;
};

template <class Section, class Member>
constexpr Field<Section, Member> field(std::string_view key, Member Section::*member, FieldInfo info) {
    // Reached in a constant expression these are compile errors: no setting without a name and an
    // explanation.
    if (key.empty()) throw "a field needs a key";
    if (info.label.empty()) throw "a field needs a label";
    if (info.help.empty()) throw "a field needs a help text";
    return {key, member, info};
}

// The names of an enum's values, first = the one that is written. A specialization has `static constexpr
// std::array kNames` of EnumName; several names may stand for one value (aliases come after the main name).
template <class E>
struct EnumName {
    E value;
    std::string_view name;
    std::string_view label;  // for people; an alias has none
};
template <class E>
struct EnumNames;  // specialized beside each enum

template <class E>
concept NamedEnum = std::is_enum_v<E> && requires {
    EnumNames<E>::kNames;
};

template <NamedEnum E>
constexpr std::string_view enumName(E value) {
    for (const auto& entry : EnumNames<E>::kNames)
        if (entry.value == value) return entry.name;
    return {};
}

template <NamedEnum E>
constexpr std::optional<E> enumFromName(std::string_view name) {
    for (const auto& entry : EnumNames<E>::kNames)
        if (entry.name == name) return entry.value;
    return std::nullopt;
}

template <class T>
concept Section = std::is_aggregate_v<T> && requires {
    T::fields();
};

namespace detail {

template <class T>
inline constexpr bool kIsSectionList = false;
template <Section T>
inline constexpr bool kIsSectionList<std::vector<T>> = true;

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

// Converts to anything, so that T{Any, Any, …} compiles up to the number of T's members. An optional takes
// the value conversion (both ways at once would be ambiguous).
struct Any {
    template <class T>
    requires(!kIsOptional<T>) operator T() const noexcept;  // NOLINT(google-explicit-constructor)
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
    return requires {
        T{(static_cast<void>(I), Any{})...};
    };
}
template <class T, std::size_t N = 0>
constexpr std::size_t memberCount() {
    if constexpr (takes<T>(std::make_index_sequence<N + 1>{}))
        return memberCount<T, N + 1>();
    else
        return N;
}
#pragma GCC diagnostic pop

}  // namespace detail

// Put below a section: every member has exactly one entry.
template <class T>
constexpr bool everyMemberIsDescribed() {
    constexpr auto fields = T::fields();
    return std::tuple_size_v<decltype(fields)> == detail::memberCount<T>();
}
#define ATELIER_SECTION(Type)                                \
    static_assert(::atelier::everyMemberIsDescribed<Type>(), \
                  #Type " has a member without an entry in fields()")

// Calls f(field) for each entry of a section, in order.
template <Section T, class F>
constexpr void forEachField(F&& f) {
    std::apply([&](const auto&... entry) { (f(entry), ...); }, T::fields());
}

}  // namespace atelier
