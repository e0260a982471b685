// SPDX-License-Identifier: GPL-3.0-or-later
// Brace expansion and the rest of the shard notation.
#include "core/data/shard_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include "core/base/strings.h"
#include "core/data/manifest.h"
#include "core/data/remote_shards.h"

namespace atelier::data {
namespace {

using Words = std::vector<std::string>;

// Thrown inside this file only, caught in expandBraces.
struct TooMany {};
struct TooDeep {};
constexpr int kNesting = 100;  // braces inside braces; keeps the recursion off the end of the stack

class Expander {
  public:
    explicit Expander(std::size_t limit) : limit_(limit) {}

    // A pattern is a product of literals and brace expressions. nullopt: unbalanced braces.
    std::optional<Words> pattern(std::string_view text, int level = 0) const {
        if (level > kNesting) throw TooDeep();
        Words results{""};
        std::size_t start = 0;
        int depth = 0;
        std::size_t at = 0;
        for (; at < text.size(); ++at) {
            if (text[at] == '\\') {
                ++at;
            } else if (text[at] == '{') {
                if (depth++ == 0) {
                    product(results, {std::string(text.substr(start, at - start))});
                    start = at;
                }
            } else if (text[at] == '}' && --depth == 0) {
                const std::string_view inner = text.substr(start + 1, at - start - 1);
                std::optional<Words> words = expression(inner, level);
                if (!words) {
                    words = pattern(inner, level + 1);
                    if (!words) return std::nullopt;
                    for (std::string& word : *words) word = "{" + word + "}";
                }
                product(results, *words);
                start = at + 1;
            }
        }
        if (depth != 0) return std::nullopt;
        product(results, {std::string(text.substr(std::min(start, text.size())))});
        return results;
    }

  private:
    void product(Words& results, const Words& words) const {
        if (words.size() > 1 && results.size() > limit_ / words.size()) throw TooMany();
        Words next;
        next.reserve(results.size() * words.size());
        for (const std::string& left : results)
            for (const std::string& right : words) next.push_back(left + right);
        results = std::move(next);
    }

    // What is between the braces: a range or a list; nullopt when it is neither.
    std::optional<Words> expression(std::string_view text, int level) const {
        if (auto range = numberRange(text)) return range;
        if (auto range = letterRange(text)) return range;
        return list(text, level);
    }

    std::optional<Words> list(std::string_view text, int level) const {
        Words results;
        std::size_t start = 0;
        int depth = 0;
        bool comma = false;
        const auto take = [&](std::size_t end) {
            const std::optional<Words> words = pattern(text.substr(start, end - start), level + 1);
            if (!words) return false;
            if (results.size() + words->size() > limit_) throw TooMany();
            results.insert(results.end(), words->begin(), words->end());
            start = end + 1;
            return true;
        };
        for (std::size_t at = 0; at < text.size(); ++at) {
            if (text[at] == '\\')
                ++at;
            else if (text[at] == '{')
                ++depth;
            else if (text[at] == '}')
                --depth;
            else if (text[at] == ',' && depth == 0) {
                comma = true;
                if (!take(at)) return std::nullopt;
            }
        }
        if (depth != 0 || !comma || !take(text.size())) return std::nullopt;
        return results;
    }

    struct Range {
        std::string_view first, last, step;
    };
    static std::optional<Range> splitRange(std::string_view text) {
        const std::size_t a = text.find("..");
        if (a == std::string_view::npos) return std::nullopt;
        const std::string_view rest = text.substr(a + 2);
        const std::size_t b = rest.find("..");
        Range range{text.substr(0, a), rest.substr(0, b),
                    b == std::string_view::npos ? "" : rest.substr(b + 2)};
        if (b != std::string_view::npos) {
            if (range.step.starts_with('-')) range.step.remove_prefix(1);
            if (range.step.empty() || range.step.find_first_not_of("0123456789") != std::string_view::npos)
                return std::nullopt;
        }
        return range;
    }
    static bool integer(std::string_view text, long long& value) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size() && value > -4'000'000'000'000'000 &&
               value < 4'000'000'000'000'000;
    }
    static long long stepOf(const Range& range) {
        long long step = 1;
        if (!range.step.empty() && !integer(range.step, step)) return 4'000'000'000'000'000;
        return step == 0 ? 1 : step;
    }
    // A leading zero in either bound pads all numbers to the longer of the two.
    static bool padded(std::string_view text) {
        return (text.starts_with('0') && text != "0") || (text.starts_with("-0") && text != "-0");
    }

    std::optional<Words> numberRange(std::string_view text) const {
        const auto range = splitRange(text);
        long long first = 0, last = 0;
        if (!range || !integer(range->first, first) || !integer(range->last, last)) return std::nullopt;
        const long long step = stepOf(*range);
        const std::size_t width = padded(range->first) || padded(range->last)
                                      ? std::max(range->first.size(), range->last.size())
                                      : 0;
        if (width > 4096 || static_cast<unsigned long long>(std::llabs(last - first) / step) >= limit_)
            throw TooMany();
        Words words;
        const long long direction = first < last ? 1 : -1;
        for (long long value = first; direction * (last - value) >= 0; value += direction * step)
            words.push_back(fmt::format("{:0{}}", value, width));
        return words;
    }

    std::optional<Words> letterRange(std::string_view text) const {
        static constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        const auto range = splitRange(text);
        if (!range || range->first.size() != 1 || range->last.size() != 1) return std::nullopt;
        const std::size_t a = kLetters.find(range->first[0]), b = kLetters.find(range->last[0]);
        if (a == std::string_view::npos || b == std::string_view::npos) return std::nullopt;
        const long long first = static_cast<long long>(a), last = static_cast<long long>(b),
                        step = stepOf(*range);
        const long long direction = first < last ? 1 : -1;
        Words words;
        for (long long i = first; direction * (last - i) >= 0; i += direction * step)
            words.emplace_back(1, kLetters[static_cast<std::size_t>(i)]);
        return words;
    }

    std::size_t limit_;
};

std::string unescape(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && i + 1 < text.size()) ++i;
        result += text[i];
    }
    return result;
}

// ${NAME} → the environment's WDS_NAME; a value may hold ${…} again, at most ten deep.
Result<std::string> substitute(std::string text) {
    for (int pass = 0; pass < 10; ++pass) {
        std::string next;
        bool found = false;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.compare(at, 2, "${") == 0 ? text.find('}', at) : std::string::npos;
            const std::string name = end == std::string::npos ? "" : text.substr(at + 2, end - at - 2);
            const bool word = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
                return std::isalnum(c) != 0 || c == '_';
            });
            if (!word) {
                next += text[at++];
                continue;
            }
            const char* value = std::getenv(("WDS_" + name).c_str());
            if (value == nullptr)
                return fail(
                    ErrorCode::Config,
                    fmt::format("${{{}}} stands for the environment variable WDS_{}, which is not set", name,
                                name),
                    "dataset path", fmt::format("Set WDS_{}, or write the path out.", name));
            next += value;
            at = end + 1;
            found = true;
        }
        if (!found) break;
        text = std::move(next);
    }
    return text;
}

Result<std::vector<fs::path>> shardsOfFolder(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> paths;
    if (fs::exists(folder / kManifestName, error)) {
        ATELIER_TRY(const Manifest manifest, readManifest(folder));
        for (const ShardInfo& shard : manifest.content.shards) paths.push_back(folder / shard.name);
    } else {
        for (const auto& entry : fs::directory_iterator(folder, error)) {
            const std::string name = toLowerAscii(entry.path().filename().string());
            const bool tar = name.ends_with(".tar") || name.ends_with(".tar.gz") || name.ends_with(".tgz") ||
                             name.ends_with(".tar.bz2") || name.ends_with(".tar.xz") ||
                             name.ends_with(".tar.zst");
            if (tar && !name.starts_with('.')) paths.push_back(entry.path());
        }
        if (error) return failErrno(error.value(), "list", folder.string());
        std::sort(paths.begin(), paths.end());
    }
    if (paths.empty())
        return fail(
            ErrorCode::Data, "the folder holds no shards (*.tar)", folder.string(),
            "Build shards from images with `atelier-engine dataset build`, or name the right folder.");
    return paths;
}

}  // namespace

// A single letter is no scheme.
std::string_view schemeOf(std::string_view url) {
    const std::size_t colon = url.find(':');
    if (colon == std::string_view::npos || colon < 2) return {};
    for (const char c : url.substr(0, colon))
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) return {};
    const bool known =
        url.substr(colon).starts_with("://") || url.starts_with("pipe:") || url.starts_with("file:");
    return known ? url.substr(0, colon) : std::string_view();
}

Result<std::vector<std::string>> expandBraces(std::string_view pattern, std::size_t limit) {
    try {
        auto words = Expander(limit).pattern(pattern);
        if (!words)
            return fail(ErrorCode::Config, "its braces are not balanced", std::string(pattern),
                        "Write ranges as {000000..000007}; a brace that is part of a name needs a backslash "
                        "before it.");
        for (std::string& word : *words) word = unescape(word);
        return *std::move(words);
    } catch (const TooDeep&) {
        return fail(ErrorCode::Config, fmt::format("its braces are nested more than {} deep", kNesting),
                    std::string(pattern.substr(0, 200)));
    } catch (const TooMany&) {
        return fail(ErrorCode::Config, fmt::format("it stands for more than {} files", limit),
                    std::string(pattern));
    }
}

Result<std::vector<std::string>> expandShardSpec(std::string_view spec) {
    std::vector<std::string> urls;
    for (std::size_t start = 0;;) {
        const std::size_t end = spec.find("::", start);
        ATELIER_TRY(const std::string part, substitute(std::string(spec.substr(start, end - start))));
        ATELIER_TRY(const std::vector<std::string> expanded, expandBraces(part));
        urls.insert(urls.end(), expanded.begin(), expanded.end());
        if (end == std::string_view::npos) return urls;
        start = end + 2;
    }
}

Result<std::vector<fs::path>> resolveShards(std::string_view spec, const fs::path& relativeTo) {
    if (trim(spec).empty())
        return fail(ErrorCode::Config, "no shards are named", "dataset path",
                    "Name a dataset folder or a pattern like DIR/{000000..000007}.tar.");
    ATELIER_TRY(const std::vector<std::string> urls, expandShardSpec(spec));
    std::vector<fs::path> paths;
    for (std::string_view url : urls) {
        if (isRemoteShard(url)) {
            paths.push_back(remoteShardCopy(url));
            continue;
        }
        const std::string_view scheme = schemeOf(url);
        if (url == "-" || (!scheme.empty() && scheme != "file"))
            return fail(ErrorCode::Config, fmt::format("shards are read from files; \"{}\" is not one", url),
                        "dataset path", "s3://, gs://, http://, https://, pipe: and paths are understood.");
        if (scheme == "file") url.remove_prefix(url.starts_with("file://") ? 7 : 5);
        if (url.empty())
            return fail(ErrorCode::Config, fmt::format("\"{}\" has an empty part", spec), "dataset path");
        fs::path path = expandUser(url);
        if (path.is_relative() && !relativeTo.empty()) path = relativeTo / path;
        std::error_code error;
        if (fs::is_directory(path, error)) {
            ATELIER_TRY(const std::vector<fs::path> inside, shardsOfFolder(path));
            paths.insert(paths.end(), inside.begin(), inside.end());
        } else {
            paths.push_back(std::move(path));
        }
    }
    return paths;
}

std::string shardPattern(const fs::path& folder, const std::vector<std::string>& names) {
    const auto digits = [](const std::string& name) {
        const std::size_t end = name.find_first_not_of("0123456789");
        return end == std::string::npos ? name.size() : end;
    };
    if (names.size() == 1) return (folder / names[0]).string();
    bool range = !names.empty();
    long long first = 0;
    for (std::size_t i = 0; i < names.size() && range; ++i) {
        const std::size_t n = digits(names[i]);
        long long value = 0;
        range = n > 0 && n < 18 && n == digits(names[0]) && names[i].substr(n) == names[0].substr(n);
        if (!range) break;
        std::from_chars(names[i].data(), names[i].data() + n, value);
        if (i == 0) first = value;
        range = value == first + static_cast<long long>(i);
    }
    if (!range) return (folder / ("{" + join(names, ",") + "}")).string();
    const std::size_t n = digits(names[0]);
    return (folder /
            ("{" + names.front().substr(0, n) + ".." + names.back().substr(0, n) + "}" + names[0].substr(n)))
        .string();
}

}  // namespace atelier::data
