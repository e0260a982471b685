// SPDX-License-Identifier: GPL-3.0-or-later
// Reading tokenizer folders (tokenizer_folder.h), and which family one is of (tokenizer.h).
#include "core/text/tokenizer_folder.h"

#include <functional>

#include "core/text/clip_tokenizer.h"
#include "core/text/t5_tokenizer.h"
#include "core/text/tokenizer.h"

namespace atelier {
namespace {

constexpr std::uint64_t kMaxFile = std::uint64_t{64} << 20;

}  // namespace

Tokenizer::~Tokenizer() = default;

tl::unexpected<Error> badTokenizer(std::string what, const fs::path& file, std::string hint) {
    return fail(ErrorCode::Model, std::move(what), file.string(), std::move(hint));
}

std::optional<std::string> tokenText(const Json& json) {
    if (json.is_string()) return json.get<std::string>();
    if (json.is_object() && json.contains("content") && json["content"].is_string())
        return json["content"].get<std::string>();
    return std::nullopt;
}

Json tokenObject(const std::string& content, bool normalized) {
    return {{"content", content},
            {"lstrip", false},
            {"normalized", normalized},
            {"rstrip", false},
            {"single_word", false}};
}

Json addedTokenEntry(const std::string& content, const AddedToken& token) {
    return {{"id", token.id},          {"content", content},     {"single_word", token.singleWord},
            {"lstrip", token.lstrip},  {"rstrip", token.rstrip}, {"normalized", token.normalized},
            {"special", token.special}};
}

void addTokenToFiles(std::map<std::string, std::string>& files, const std::string& content, std::int64_t id) {
    Json token = tokenObject(content, true);
    token["special"] = false;
    const auto edit = [&](const char* name, const std::function<void(Json&)>& change) {
        auto json = files.contains(name) ? parseJson(files[name]) : Result<Json>(Json::object());
        if (!json || !json->is_object()) return;
        change(*json);
        files[name] = dumpJsonPretty(*json);
    };
    edit("added_tokens.json", [&](Json& json) { json[content] = id; });
    if (files.contains("tokenizer_config.json"))
        edit("tokenizer_config.json",
             [&](Json& json) { json["added_tokens_decoder"][std::to_string(id)] = token; });
    if (files.contains("tokenizer.json"))
        edit("tokenizer.json", [&](Json& json) {
            Json entry = token;
            entry["id"] = id;
            json["added_tokens"].push_back(entry);
        });
}

Result<TokenizerFolder> TokenizerFolder::read(const fs::path& path, std::span<const char* const> names) {
    std::error_code ignored;  // a folder that may not be looked into has none of the files
    if (!fs::is_directory(path, ignored))
        return badTokenizer(
            fs::exists(path, ignored) ? "it is a file, not a tokenizer folder" : "there is no such folder",
            path, "Give a folder on this machine.");
    TokenizerFolder folder;
    folder.path = path;
    for (const char* name : names) {
        if (!fs::exists(path / name, ignored)) continue;
        ATELIER_TRY(std::string text, readFile(path / name, kMaxFile));
        if (std::string_view(name).ends_with(".json")) {
            auto json = parseJson(text, (path / name).string());
            if (!json) return badTokenizer(json.error().what, path / name);
            if (!json->is_object()) return badTokenizer("it is not a JSON object", path / name);
            folder.json[name] = *std::move(json);
        }
        folder.files[name] = std::move(text);
    }
    return folder;
}

std::string TokenizerFolder::special(const char* key, const char* fallback) const {
    for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"})
        if (const auto it = json.find(file); it != json.end() && it->second.contains(key))
            if (const auto text = tokenText(it->second[key])) return *text;
    return fallback;
}

int TokenizerFolder::maxLength(int fallback) const {
    const auto it = json.find("tokenizer_config.json");
    if (it == json.end() || !it->second.contains("model_max_length") ||
        !it->second["model_max_length"].is_number())
        return fallback;
    const double length = it->second["model_max_length"].get<double>();
    return length >= 3 && length <= 65536 ? static_cast<int>(length) : fallback;
}

std::map<std::string, AddedToken> TokenizerFolder::addedTokens() const {
    std::map<std::string, AddedToken> added;
    const auto add = [&](const std::string& content, std::int64_t id, const Json& flags, bool special) {
        added[content] = addedTokenFromJson(content, id, flags, special);
    };
    if (const auto it = json.find("tokenizer.json");
        it != json.end() && it->second.contains("added_tokens") && it->second["added_tokens"].is_array())
        for (const auto& token : it->second["added_tokens"])
            if (const auto text = tokenText(token);
                text && token.contains("id") && token["id"].is_number_unsigned())
                add(*text, token["id"].get<std::int64_t>(), token, true);
    if (const auto it = json.find("added_tokens.json"); it != json.end())
        for (const auto& [token, id] : it->second.items())
            if (id.is_number_unsigned()) add(token, id.get<std::int64_t>(), nullptr, false);
    if (const auto it = json.find("tokenizer_config.json");
        it != json.end() && it->second.contains("added_tokens_decoder"))
        for (const auto& [id, token] : it->second["added_tokens_decoder"].items())
            if (const auto text = tokenText(token); text && !id.empty() && id.size() < 9 &&
                                                    id.find_first_not_of("0123456789") == std::string::npos)
                add(*text, std::stoll(id), token, false);
    return added;
}

Result<std::shared_ptr<const Tokenizer>> loadTokenizer(const fs::path& folder) {
    if (T5Tokenizer::isFolder(folder)) {
        ATELIER_TRY(auto tokenizer, T5Tokenizer::load(folder));
        return std::make_shared<const T5Tokenizer>(std::move(tokenizer));
    }
    ATELIER_TRY(auto tokenizer, ClipTokenizer::load(folder));
    return std::make_shared<const ClipTokenizer>(std::move(tokenizer));
}

}  // namespace atelier
