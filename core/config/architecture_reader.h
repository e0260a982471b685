// SPDX-License-Identifier: GPL-3.0-or-later
// What reads one config.json: each key once, the first thing wrong and the keys known remembered. Used by the
// architectures_*.cpp beside it only.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier::architectures {

inline constexpr int kMaxLevels = 16;
inline constexpr int kMaxChannels = 1 << 16;
inline constexpr int kMaxLayers = 256;

class ConfigReader {
  public:
    ConfigReader(const Json& json, std::string where, std::string className)
        : json_(json), where_(std::move(where)), className_(std::move(className)) {
        if (!json.is_object()) refuse("", "it is not a JSON object", "");
    }

    // The value of a key that is there and not null.
    const Json* value(const std::string& key) {
        known_.insert(key);
        if (!json_.is_object()) return nullptr;
        const auto it = json_.find(key);
        return it == json_.end() || it->is_null() ? nullptr : &*it;
    }
    bool isNull(const std::string& key) const {
        return json_.is_object() && json_.contains(key) && json_[key].is_null();
    }

    void integer(const std::string& key, int& out, int low, int high) {
        if (const Json* v = value(key)) readInteger(key, *v, out, low, high);
    }
    void integer(const std::string& key, std::optional<int>& out, int low, int high) {
        if (const Json* v = value(key)) readInteger(key, *v, out.emplace(), low, high);
    }
    void number(const std::string& key, double& out) {
        if (const Json* v = value(key)) {
            if (v->is_number())
                out = v->get<double>();
            else
                refuse(key, "must be a number, not " + dumpJson(*v), "");
        }
    }
    void number(const std::string& key, std::optional<double>& out) {
        if (value(key)) number(key, out.emplace());
    }
    void boolean(const std::string& key, bool& out) {
        if (const Json* v = value(key)) {
            if (v->is_boolean())
                out = v->get<bool>();
            else
                refuse(key, "must be true or false, not " + dumpJson(*v), "");
        }
    }
    void choice(const std::string& key, std::string& out, const std::vector<std::string>& allowed) {
        if (const Json* v = value(key)) {
            if (v->is_string())
                out = v->get<std::string>();
            else
                return refuse(key, "must be text, not " + dumpJson(*v), "");
        }
        checkChoice(key, out, allowed);
    }
    void names(const std::string& key, std::vector<std::string>& out,
               const std::vector<std::string>& allowed) {
        if (const Json* v = value(key)) {
            if (!v->is_array() || v->empty() || v->size() > kMaxLevels)
                return refuse(key, "must be a list of 1 to 16 names", "");
            out.clear();
            for (const auto& entry : *v) {
                if (!entry.is_string())
                    return refuse(key, "must be a list of names, not " + dumpJson(*v), "");
                out.push_back(entry.get<std::string>());
            }
        }
        for (const auto& name : out) checkChoice(key, name, allowed);
    }
    // A number or a list of them; a single number stays a single entry.
    void integers(const std::string& key, std::vector<int>& out, int low, int high) {
        const Json* v = value(key);
        if (!v) return;
        const bool list = v->is_array();
        if (list && (v->empty() || v->size() > kMaxLevels))
            return refuse(key, "must have 1 to 16 entries", "");
        out.assign(list ? v->size() : 1, 0);
        for (std::size_t i = 0; i < out.size(); ++i) readInteger(key, list ? (*v)[i] : *v, out[i], low, high);
    }
    // The same, repeated to one entry per level.
    void perLevel(const std::string& key, std::vector<int>& out, std::size_t levels, int low, int high) {
        integers(key, out, low, high);
        repeat(key, out, levels);
    }
    void perLevel(const std::string& key, std::vector<bool>& out, std::size_t levels) {
        if (const Json* v = value(key)) {
            const bool list = v->is_array();
            if (list && (v->empty() || v->size() > kMaxLevels))
                return refuse(key, "must have 1 to 16 entries", "");
            out.assign(list ? v->size() : 1, false);
            for (std::size_t i = 0; i < out.size(); ++i) {
                const Json& entry = list ? (*v)[i] : *v;
                if (!entry.is_boolean()) return refuse(key, "must be true, false or a list of them", "");
                out[i] = entry.get<bool>();
            }
        }
        repeat(key, out, levels);
    }
    void numbers(const std::string& key, std::optional<std::vector<double>>& out) {
        if (const Json* v = value(key)) {
            if (!v->is_array()) return refuse(key, "must be a list of numbers", "");
            out.emplace();
            for (const auto& entry : *v) {
                if (!entry.is_number()) return refuse(key, "must be a list of numbers", "");
                out->push_back(entry.get<double>());
            }
        }
    }
    // Keys of the reference class that this implementation only computes with their default. They are written
    // back.
    void only(const std::string& key, const Json& expected, const std::string& why = "") {
        const Json* v = value(key);
        if (v && *v != expected)
            refuse(key, "has the value " + dumpJson(*v) + ", which this engine does not compute",
                   "It computes " + dumpJson(expected) + " (the default of " + className_ + ")." +
                       (why.empty() ? "" : " " + why));
    }
    // Lists of lists: one entry per level, a number or one number per attention. Plain numbers are left
    // alone.
    bool nested(const std::string& key) {
        const Json* v = value(key);
        return v && v->is_array() &&
               std::any_of(v->begin(), v->end(), [](const Json& entry) { return entry.is_array(); });
    }
    void nestedIntegers(const std::string& key, std::vector<std::vector<int>>& out, std::size_t levels,
                        int low, int high) {
        const Json* v = value(key);
        if (!v) return;
        if (!v->is_array() || v->size() != levels)
            return refuse(key, fmt::format("must be a list of {} entries, one per level", levels), "");
        out.assign(levels, {});
        for (std::size_t i = 0; i < levels; ++i) {
            const Json& entry = (*v)[i];
            const std::size_t count = entry.is_array() ? entry.size() : 1;
            if (count == 0 || count > kMaxLayers)
                return refuse(key, "has a level without a number of layers", "");
            out[i].assign(count, 0);
            for (std::size_t k = 0; k < count; ++k)
                readInteger(key, entry.is_array() ? entry[k] : entry, out[i][k], low, high);
        }
    }
    void refuse(const std::string& key, const std::string& what, const std::string& hint) {
        if (!error_)
            error_ = Error{ErrorCode::Model, key.empty() ? what : "\"" + key + "\" " + what, where_, hint};
    }
    bool failed() const { return error_.has_value(); }
    Error error() const { return *error_; }

    // Everything that no struct member holds.
    Json extra(const std::set<std::string>& members) const {
        Json rest = Json::object();
        for (const auto& [key, v] : json_.items())
            if (!members.contains(key)) rest[key] = v;
        return rest;
    }

  private:
    void readInteger(const std::string& key, const Json& v, int& out, int low, int high) {
        const bool whole = v.is_number_integer() ||
                           (v.is_number_float() && v.get<double>() == static_cast<int>(v.get<double>()));
        const double x = v.is_number() ? v.get<double>() : 0;
        if (!v.is_number() || x < low || x > high || !whole)
            return refuse(
                key, fmt::format("must be a whole number from {} to {}, not {}", low, high, dumpJson(v)), "");
        out = static_cast<int>(x);
    }
    void checkChoice(const std::string& key, const std::string& name,
                     const std::vector<std::string>& allowed) {
        if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) return;
        std::string list;
        for (const auto& a : allowed)
            list += (list.empty() ? "" : ", ") + (a.empty() ? std::string("null") : a);
        refuse(key, "names \"" + name + "\", which this engine does not compute",
               "It computes: " + list + ".");
    }
    template <class T>
    void repeat(const std::string& key, std::vector<T>& out, std::size_t levels) {
        if (out.size() == 1 ||
            std::adjacent_find(out.begin(), out.end(), std::not_equal_to<>()) == out.end()) {
            const bool given = json_.is_object() && json_.contains(key) && json_[key].is_array();
            if (!given) out.assign(levels, out.front());
        }
        if (out.size() != levels)
            refuse(key, fmt::format("has {} entries for {} levels", out.size(), levels),
                   "One number, or one per level.");
    }

    const Json& json_;
    std::string where_;
    std::string className_;
    std::set<std::string> known_;
    std::optional<Error> error_;
};

template <class T>
Json numberOrList(const std::vector<T>& values) {
    if (values.empty()) return nullptr;
    Json list = Json::array();
    for (T value : values) list.push_back(value);
    const bool equal =
        std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
    return equal ? list.front() : list;
}

template <class T>
Json optionalJson(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}

// Adds `extra` for keys that are not written already, and the class name.
inline Json withExtra(Json json, const Json& extra, const char* className) {
    for (const auto& [key, value] : extra.items())
        if (!json.contains(key)) json[key] = value;
    if (className) json["_class_name"] = className;
    return json;
}

inline std::set<std::string> keysOf(const Json& json) {
    std::set<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.insert(key);
    return keys;
}

// Whole numbers as the reference writes them: 1, not 1.0.
inline Json wholeNumber(double value) {
    return value == static_cast<int>(value) ? Json(static_cast<int>(value)) : Json(value);
}

inline Json nullIfEmpty(const std::string& text) {
    return text.empty() ? Json(nullptr) : Json(text);
}

inline Json nestedJson(const std::vector<std::vector<int>>& levels) {
    Json list = Json::array();
    for (const auto& level : levels) list.push_back(level.size() == 1 ? Json(level.front()) : Json(level));
    return list;
}

// What the reference's get_activation knows.
inline const std::vector<std::string> kActivations{"silu", "swish", "gelu", "relu", "mish"};

inline std::vector<std::string> orNull(std::vector<std::string> names) {
    names.emplace_back();
    return names;
}

inline void checkLevels(ConfigReader& r, const std::vector<int>& channels,
                        const std::vector<std::string>& down, const std::vector<std::string>& up) {
    if (down.size() != channels.size() || up.size() != channels.size())
        r.refuse("block_out_channels",
                 fmt::format("has {} levels, down_block_types {} and up_block_types {}", channels.size(),
                             down.size(), up.size()),
                 "All three lists need the same length.");
}

inline void checkGroups(ConfigReader& r, const std::vector<int>& channels, int groups) {
    for (std::size_t i = 0; i < channels.size(); ++i)
        if (channels[i] % groups != 0)
            r.refuse("norm_num_groups",
                     fmt::format("is {}, which does not divide the {} channels of level {}", groups,
                                 channels[i], i),
                     "");
}

}  // namespace atelier::architectures
