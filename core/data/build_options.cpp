// SPDX-License-Identifier: GPL-3.0-or-later
// Build options to and from JSON.
#include "core/data/build_options.h"

#include <fmt/format.h>

#include <array>

#include "core/base/strings.h"

namespace atelier::data {
namespace {

template <class T>
using Names = std::array<std::pair<T, std::string_view>, 4>;

constexpr Names<ImageFormat> kFormats{{{ImageFormat::Unknown, "keep"},
                                       {ImageFormat::Jpeg, "jpg"},
                                       {ImageFormat::Png, "png"},
                                       {ImageFormat::Webp, "webp"}}};
constexpr Names<ResizeMode> kModes{
    {{ResizeMode::ShortSide, "short"}, {ResizeMode::LongSide, "long"}, {ResizeMode::Square, "square"}}};
constexpr Names<CaptionRule> kRules{
    {{CaptionRule::Optional, "optional"}, {CaptionRule::Required, "required"}}};
constexpr Names<DuplicateRule> kDuplicates{{{DuplicateRule::Drop, "drop"}, {DuplicateRule::Keep, "keep"}}};
constexpr Names<CaptionPreference> kPreferences{{{CaptionPreference::Txt, "txt"},
                                                 {CaptionPreference::Caption, "caption"},
                                                 {CaptionPreference::Json, "json"},
                                                 {CaptionPreference::Table, "table"}}};

template <class T>
std::string_view nameOf(const Names<T>& names, T value) {
    for (const auto& [v, name] : names) {
        if (v == value && !name.empty()) return name;
    }
    return "";
}

// Reads typed members of one object and remembers the first thing that is wrong.
class Reader {
  public:
    Reader(const Json& json, const std::string& where) : json_(json), where_(where) {}

    template <class T>
    void choice(const char* key, const Names<T>& names, T& out) {
        const Json* value = find(key);
        if (!value) return;
        std::vector<std::string> known;
        for (const auto& [v, name] : names) {
            if (name.empty()) continue;
            if (value->is_string() && value->get<std::string>() == name) {
                out = v;
                return;
            }
            known.emplace_back(name);
        }
        wrong(key, "must be one of " + join(known, ", "));
    }
    template <class T>
    void number(const char* key, T& out, double least, double most) {
        const Json* value = find(key);
        if (!value) return;
        if (!value->is_number() || value->get<double>() < least || value->get<double>() > most) {
            return wrong(key, fmt::format("must be a number from {:g} to {:g}", least, most));
        }
        out = value->get<T>();
    }
    // A number of bytes, or "256MB".
    void bytes(const char* key, std::uint64_t& out) {
        const Json* value = find(key);
        if (!value) return;
        if (value->is_number_integer() && value->get<std::int64_t>() > 0)
            out = value->get<std::uint64_t>();
        else if (!value->is_string() || !parseBytes(value->get<std::string>(), out) || out == 0)
            wrong(key, "must be a size such as 256MB");
    }
    void text(const char* key, std::string& out) {
        const Json* value = find(key);
        if (!value) return;
        if (value->is_string())
            out = value->get<std::string>();
        else
            wrong(key, "must be a text");
    }
    void flag(const char* key, bool& out) {
        const Json* value = find(key);
        if (!value) return;
        if (value->is_boolean())
            out = value->get<bool>();
        else
            wrong(key, "must be true or false");
    }
    bool has(const char* key) { return find(key) != nullptr; }

    Status finish() {
        for (const auto& [key, value] : json_.items()) {
            if (error_ || std::ranges::find(known_, key) != known_.end()) continue;
            const std::string nearest = nearestName(key, known_);
            error_ = Error{ErrorCode::Config, "there is no build option \"" + key + "\"", where_,
                           nearest.empty() ? "" : "Did you mean \"" + nearest + "\"?"};
        }
        if (error_) return fail(*error_);
        return {};
    }

  private:
    const Json* find(const char* key) {
        known_.emplace_back(key);
        const auto found = json_.find(key);
        return found == json_.end() || found->is_null() ? nullptr : &*found;
    }
    void wrong(const char* key, const std::string& what) {
        if (!error_) error_ = Error{ErrorCode::Config, std::string(key) + " " + what, where_, {}};
    }
    const Json& json_;
    const std::string& where_;
    std::vector<std::string> known_;
    std::optional<Error> error_;
};

}  // namespace

Json buildOptionsToJson(const BuildOptions& options) {
    const PlanOptions& plan = options.plan;
    Json json{{"format", nameOf(kFormats, plan.format.value_or(ImageFormat::Unknown))},
              {"quality", options.quality}};
    if (plan.resize.side > 0) {
        json["resize"] = plan.resize.side;
        json["resize_mode"] = nameOf(kModes, plan.resize.mode);
        json["enlarge"] = plan.resize.enlarge;
    }
    if (options.shardCount) {
        json["shard_count"] = *options.shardCount;
    } else {
        json["shard_size"] = options.shardBytes;
        json["shard_samples"] = options.shardSamples;
    }
    json["captions"] = nameOf(kRules, plan.captions);
    json["caption_from"] = nameOf(kPreferences, options.captionPreference);
    if (!plan.defaultCaption.empty()) json["default_caption"] = plan.defaultCaption;
    json["duplicates"] = nameOf(kDuplicates, plan.duplicates);
    if (plan.minSide > 0) json["min_side"] = plan.minSide;
    if (plan.maxRatio > 0) json["max_ratio"] = plan.maxRatio;
    json["max_pixels"] = options.maxPixels;
    if (options.shuffleSeed) json["shuffle"] = *options.shuffleSeed;
    return json;
}

Result<BuildOptions> buildOptionsFromJson(const Json& json, const std::string& where) {
    BuildOptions options;
    if (json.is_null()) return options;
    if (!json.is_object())
        return fail(ErrorCode::Config, "the build options must be a mapping of names and values", where);
    Reader read(json, where);
    ImageFormat format = ImageFormat::Unknown;
    read.choice("format", kFormats, format);
    if (format != ImageFormat::Unknown) options.plan.format = format;
    read.number("quality", options.quality, 1, 100);
    read.number("resize", options.plan.resize.side, 0, 65535);
    read.choice("resize_mode", kModes, options.plan.resize.mode);
    read.flag("enlarge", options.plan.resize.enlarge);
    read.bytes("shard_size", options.shardBytes);
    read.number("shard_samples", options.shardSamples, 1, 1e12);
    if (read.has("shard_count")) read.number("shard_count", options.shardCount.emplace(1), 1, 1e9);
    read.choice("captions", kRules, options.plan.captions);
    read.choice("caption_from", kPreferences, options.captionPreference);
    read.text("default_caption", options.plan.defaultCaption);
    read.choice("duplicates", kDuplicates, options.plan.duplicates);
    read.number("min_side", options.plan.minSide, 0, 65535);
    read.number("max_ratio", options.plan.maxRatio, 1, 1000);
    read.number("max_pixels", options.maxPixels, 1, 1e12);
    if (read.has("shuffle")) read.number("shuffle", options.shuffleSeed.emplace(0), 0, 9e15);
    ATELIER_DO(read.finish());
    return options;
}

}  // namespace atelier::data
