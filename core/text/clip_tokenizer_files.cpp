// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizer folders: the classic four files, tokenizer.json, or both; reading and writing.
#include <algorithm>
#include <functional>
#include <optional>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/text/clip_tokenizer_state.h"
#include "core/text/unicode.h"

namespace atelier {
namespace {

constexpr const char* kFiles[] = {
    "tokenizer.json",          "vocab.json",       "merges.txt", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json"};
constexpr std::uint64_t kMaxFile = std::uint64_t{64} << 20;
constexpr std::int64_t kMaxId = 1 << 24;
constexpr int kDefaultLength = 77;
constexpr const char* kSplit =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";

tl::unexpected<Error> bad(std::string what, const fs::path& file, std::string hint = {}) {
    return fail(ErrorCode::Model, std::move(what), file.string(), std::move(hint));
}

// "token" or {"content": "token", …}.
std::optional<std::string> tokenText(const Json& json) {
    if (json.is_string()) return json.get<std::string>();
    if (json.is_object() && json.contains("content") && json["content"].is_string())
        return json["content"].get<std::string>();
    return std::nullopt;
}

Status readVocabulary(const Json& json, const fs::path& file, BytePairEncoding::Vocabulary& vocabulary) {
    if (!json.is_object() || json.empty()) return bad("its vocabulary is not an object of token → id", file);
    for (const auto& [token, id] : json.items()) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= static_cast<std::uint64_t>(kMaxId))
            return bad("the id of \"" + token + "\" is " + dumpJson(id) + ", not a number from 0 to " +
                           std::to_string(kMaxId),
                       file);
        vocabulary[token] = id.get<std::int64_t>();
    }
    return {};
}

Status readMerges(const Json& json, const fs::path& file, BytePairEncoding::Merges& merges) {
    if (!json.is_array()) return bad("its merges are not a list", file);
    for (const auto& entry : json) {
        if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
            merges.emplace_back(entry[0].get<std::string>(), entry[1].get<std::string>());
            continue;
        }
        const auto parts =
            entry.is_string() ? split(entry.get<std::string>(), ' ') : std::vector<std::string>();
        if (parts.size() != 2)
            return bad("merge " + std::to_string(merges.size() + 1) + " is not a pair of symbols", file);
        merges.emplace_back(parts[0], parts[1]);
    }
    return {};
}

Status readMergesText(const std::string& text, const fs::path& file, BytePairEncoding::Merges& merges) {
    int number = 0;
    for (std::string line : split(text, '\n')) {
        ++number;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.empty() || (number == 1 && line.starts_with("#version"))) continue;
        const auto parts = split(line, ' ');
        if (parts.size() != 2)
            return bad("line " + std::to_string(number) + " is not a pair of symbols", file);
        merges.emplace_back(parts[0], parts[1]);
    }
    return {};
}

struct Reading {
    fs::path folder;
    BytePairEncoding::Vocabulary vocabulary;
    BytePairEncoding::Merges merges;
    std::map<std::string, AddedToken> added;
    std::map<std::string, Json> json;  // parsed files

    void add(const std::string& content, std::int64_t id, const Json& flags, bool special) {
        AddedToken& token = added[content];
        const auto flag = [&](const char* key, bool fallback) {
            return flags.is_object() && flags.contains(key) && flags[key].is_boolean()
                       ? flags[key].get<bool>()
                       : fallback;
        };
        token.content = unicode::decodeUtf8(content);
        token.id = id;
        token.special = flag("special", special);
        token.normalized = flag("normalized", !token.special);
        token.lstrip = flag("lstrip", false);
        token.rstrip = flag("rstrip", false);
        token.singleWord = flag("single_word", false);
    }
    std::optional<std::int64_t> idOf(const std::string& token) const {
        if (const auto it = added.find(token); it != added.end()) return it->second.id;
        if (const auto it = vocabulary.find(token); it != vocabulary.end()) return it->second;
        return std::nullopt;
    }
    // bos_token, eos_token, …: tokenizer_config.json, then special_tokens_map.json.
    std::string special(const char* key, const char* fallback) const {
        for (const char* file : {"tokenizer_config.json", "special_tokens_map.json"})
            if (const auto it = json.find(file); it != json.end() && it->second.contains(key))
                if (const auto text = tokenText(it->second[key])) return *text;
        return fallback;
    }
};

Status readTables(Reading& r, const std::map<std::string, std::string>& files) {
    if (r.json.contains("tokenizer.json")) {
        const Json& file = r.json["tokenizer.json"];
        const fs::path path = r.folder / "tokenizer.json";
        if (!file.contains("model") || !file["model"].is_object()) return bad("it has no \"model\"", path);
        const Json& model = file["model"];
        if (model.contains("type") && model["type"] != "BPE")
            return bad("its model is " + dumpJson(model["type"]) + ", not CLIP's BPE", path,
                       "Only CLIP tokenizers are read.");
        if (!model.contains("end_of_word_suffix") || model["end_of_word_suffix"] != "</w>")
            return bad("its BPE does not end words with </w> as CLIP's does", path,
                       "Only CLIP tokenizers are read.");
        if (!model.contains("vocab") || !model.contains("merges"))
            return bad("its model lacks vocab or merges", path);
        ATELIER_DO(readVocabulary(model["vocab"], path, r.vocabulary));
        ATELIER_DO(readMerges(model["merges"], path, r.merges));
        if (file.contains("added_tokens") && file["added_tokens"].is_array())
            for (const auto& token : file["added_tokens"])
                if (const auto text = tokenText(token);
                    text && token.contains("id") && token["id"].is_number_unsigned())
                    r.add(*text, token["id"].get<std::int64_t>(), token, true);
        return {};
    }
    if (!files.contains("vocab.json") || !files.contains("merges.txt"))
        return bad("it holds neither tokenizer.json nor both vocab.json and merges.txt", r.folder,
                   "A CLIP tokenizer folder has one of the two.");
    ATELIER_DO(readVocabulary(r.json["vocab.json"], r.folder / "vocab.json", r.vocabulary));
    return readMergesText(files.at("merges.txt"), r.folder / "merges.txt", r.merges);
}

// Tokens beside the vocabulary: added_tokens.json (old), added_tokens_decoder of tokenizer_config.json
// (newer).
void readAdded(Reading& r) {
    if (const auto it = r.json.find("added_tokens.json"); it != r.json.end() && it->second.is_object())
        for (const auto& [token, id] : it->second.items())
            if (id.is_number_unsigned()) r.add(token, id.get<std::int64_t>(), nullptr, false);
    if (const auto it = r.json.find("tokenizer_config.json");
        it != r.json.end() && it->second.contains("added_tokens_decoder"))
        for (const auto& [id, token] : it->second["added_tokens_decoder"].items())
            if (const auto text = tokenText(token); text && !id.empty() &&
                                                    id.find_first_not_of("0123456789") == std::string::npos &&
                                                    id.size() < 9)
                r.add(*text, std::stoll(id), token, false);
}

int readMaxLength(const Reading& r) {
    const auto it = r.json.find("tokenizer_config.json");
    if (it == r.json.end() || !it->second.contains("model_max_length") ||
        !it->second["model_max_length"].is_number())
        return kDefaultLength;
    const double length = it->second["model_max_length"].get<double>();
    return length >= 3 && length <= 65536 ? static_cast<int>(length)
                                          : kDefaultLength;  // "no limit" is written as 1e30
}

}  // namespace

Result<ClipTokenizer> ClipTokenizer::load(const fs::path& folder) {
    std::error_code ignored;  // a folder that may not be looked into has none of the files
    if (!fs::is_directory(folder, ignored))
        return bad(
            fs::exists(folder, ignored) ? "it is a file, not a tokenizer folder" : "there is no such folder",
            folder, "Give a folder on this machine.");
    auto state = std::make_unique<State>();
    Reading r;
    r.folder = folder;
    for (const char* name : kFiles) {
        if (!fs::exists(folder / name, ignored)) continue;
        ATELIER_TRY(std::string text, readFile(folder / name, kMaxFile));
        if (std::string_view(name).ends_with(".json")) {
            auto json = parseJson(text, (folder / name).string());
            if (!json) return bad(json.error().what, folder / name);
            if (!json->is_object()) return bad("it is not a JSON object", folder / name);
            r.json[name] = *std::move(json);
        }
        state->files[name] = std::move(text);
    }
    ATELIER_DO(readTables(r, state->files));
    readAdded(r);
    state->bos = r.special("bos_token", "<|startoftext|>");
    state->eos = r.special("eos_token", "<|endoftext|>");
    state->unknown = r.special("unk_token", "<|endoftext|>");
    state->pad = r.special("pad_token", "<|endoftext|>");
    for (const std::string* token : {&state->bos, &state->eos, &state->unknown, &state->pad}) {
        const auto id = r.idOf(*token);
        if (!id) return bad("its special token \"" + *token + "\" is not in the vocabulary", folder);
        if (!r.added.contains(*token)) r.add(*token, *id, nullptr, true);
    }
    state->bosId = *r.idOf(state->bos);
    state->eosId = *r.idOf(state->eos);
    state->padId = *r.idOf(state->pad);
    state->maxLength = readMaxLength(r);
    ATELIER_TRY(state->bpe,
                BytePairEncoding::build(r.vocabulary, r.merges, *r.idOf(state->unknown), folder.string()));
    for (const auto& [token, id] : r.vocabulary) state->tokens[id] = token;
    for (const auto& [content, token] : r.added) {
        state->tokens[token.id] = content;
        state->added.push_back(token);
        // What is sought in normalised text is normalised itself.
        if (token.normalized)
            state->added.back().content = unicode::lowerCase(unicode::composeCanonical(token.content));
    }
    std::stable_sort(state->added.begin(), state->added.end(), [](const AddedToken& a, const AddedToken& b) {
        return a.content.size() > b.content.size();
    });
    state->merges = std::move(r.merges);
    return ClipTokenizer(std::move(state));
}

namespace {

Json tokenObject(const std::string& content, bool normalized) {
    return {{"content", content},
            {"lstrip", false},
            {"normalized", normalized},
            {"rstrip", false},
            {"single_word", false}};
}

// A further token in the files that name added tokens.
void addToFiles(std::map<std::string, std::string>& files, const Json& token, std::int64_t id) {
    const auto edit = [&](const char* name, const std::function<void(Json&)>& change) {
        auto json = files.contains(name) ? parseJson(files[name]) : Result<Json>(Json::object());
        if (!json || !json->is_object()) return;
        change(*json);
        files[name] = dumpJsonPretty(*json);
    };
    edit("added_tokens.json", [&](Json& json) { json[token["content"].get<std::string>()] = id; });
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

}  // namespace

Result<ClipTokenizer> ClipTokenizer::withToken(const std::string& word, int count) const {
    if (trim(word).empty() || count < 1) return bad("a token needs a word", word);
    auto state = std::make_unique<State>(*state_);
    const auto name = [&](int i) { return i == 0 ? word : word + "_" + std::to_string(i); };
    const std::int64_t first = vocabSize();
    for (int i = 0; i < count; ++i) {
        for (const auto& [id, text] : state->tokens)
            if (text == name(i)) return bad("the word \"" + name(i) + "\" is a token already", "");
        AddedToken token;
        token.content = unicode::lowerCase(unicode::composeCanonical(unicode::decodeUtf8(name(i))));
        token.id = first + i;
        token.count = i == 0 ? count : 1;
        token.special = false;
        token.normalized = true;
        state->added.push_back(token);
        state->tokens[token.id] = name(i);
        Json object = tokenObject(name(i), true);
        object["special"] = false;
        addToFiles(state->files, object, token.id);
    }
    std::stable_sort(state->added.begin(), state->added.end(), [](const AddedToken& a, const AddedToken& b) {
        return a.content.size() > b.content.size();
    });
    return ClipTokenizer(std::move(state));
}

Status ClipTokenizer::save(const fs::path& folder) const {
    const State& s = *state_;
    std::map<std::string, std::string> files = s.files;
    Json vocabulary = Json::object();
    std::map<std::string, const AddedToken*> added;
    for (const auto& token : s.added) added[std::string(s.tokens.at(token.id))] = &token;
    for (const auto& [id, token] : s.tokens) vocabulary[token] = id;

    files.try_emplace("vocab.json", dumpJson(vocabulary));
    if (!files.contains("merges.txt")) {
        std::string text = "#version: 0.2\n";
        for (const auto& [left, right] : s.merges) text += left + " " + right + "\n";
        files["merges.txt"] = std::move(text);
    }
    const auto flags = [&](const std::string& token) {
        return tokenObject(token, added.contains(token) && added[token]->normalized);
    };
    files.try_emplace("special_tokens_map.json", dumpJsonPretty({{"bos_token", flags(s.bos)},
                                                                 {"eos_token", flags(s.eos)},
                                                                 {"pad_token", s.pad},
                                                                 {"unk_token", flags(s.unknown)}}));
    files.try_emplace("tokenizer_config.json", dumpJsonPretty({{"add_prefix_space", false},
                                                               {"bos_token", flags(s.bos)},
                                                               {"do_lower_case", true},
                                                               {"eos_token", flags(s.eos)},
                                                               {"errors", "replace"},
                                                               {"model_max_length", s.maxLength},
                                                               {"pad_token", s.pad},
                                                               {"tokenizer_class", "CLIPTokenizer"},
                                                               {"unk_token", flags(s.unknown)}}));
    if (!files.contains("tokenizer.json")) {
        Json list = Json::array(), merges = Json::array();
        for (const auto& [content, token] : added)
            list.push_back({{"id", token->id},
                            {"content", content},
                            {"single_word", token->singleWord},
                            {"lstrip", token->lstrip},
                            {"rstrip", token->rstrip},
                            {"normalized", token->normalized},
                            {"special", token->special}});
        std::sort(list.begin(), list.end(), [](const Json& a, const Json& b) { return a["id"] < b["id"]; });
        for (const auto& [left, right] : s.merges) merges.push_back({left, right});
        const Json normalizer{{"type", "Sequence"},
                              {"normalizers",
                               {{{"type", "NFC"}},
                                {{"type", "Replace"}, {"pattern", {{"Regex", "\\s+"}}}, {"content", " "}},
                                {{"type", "Lowercase"}}}}};
        const Json byteLevel{
            {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
        const Json splitter{
            {"type", "Split"}, {"pattern", {{"Regex", kSplit}}}, {"behavior", "Removed"}, {"invert", true}};
        const Json model{{"type", "BPE"},
                         {"dropout", nullptr},
                         {"unk_token", s.unknown},
                         {"continuing_subword_prefix", ""},
                         {"end_of_word_suffix", "</w>"},
                         {"fuse_unk", false},
                         {"byte_fallback", false},
                         {"ignore_merges", false},
                         {"vocab", vocabulary},
                         {"merges", merges}};
        const Json ends{{"type", "RobertaProcessing"},
                        {"sep", {s.eos, s.eosId}},
                        {"cls", {s.bos, s.bosId}},
                        {"trim_offsets", false},
                        {"add_prefix_space", false}};
        files["tokenizer.json"] =
            dumpJson({{"version", "1.0"},
                      {"truncation", nullptr},
                      {"padding", nullptr},
                      {"added_tokens", list},
                      {"normalizer", normalizer},
                      {"pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", {splitter, byteLevel}}}},
                      {"post_processor", ends},
                      {"decoder", byteLevel},
                      {"model", model}});
    }
    ATELIER_DO(createDirectories(folder));
    for (const auto& [name, text] : files) ATELIER_DO(writeFileAtomic(folder / name, text));
    return {};
}

}  // namespace atelier
