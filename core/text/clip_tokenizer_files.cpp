// SPDX-License-Identifier: GPL-3.0-or-later
// Tokenizer folders: the classic four files, tokenizer.json, or both; reading and writing.
#include <algorithm>
#include <functional>
#include <optional>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/text/clip_tokenizer_state.h"
#include "core/text/tokenizer_folder.h"
#include "core/text/unicode.h"

namespace atelier {
namespace {

constexpr const char* kFiles[] = {
    "tokenizer.json",          "vocab.json",       "merges.txt", "tokenizer_config.json",
    "special_tokens_map.json", "added_tokens.json"};
constexpr std::int64_t kMaxId = 1 << 24;
constexpr int kDefaultLength = 77;
constexpr const char* kSplit =
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)";

Status readVocabulary(const Json& json, const fs::path& file, BytePairEncoding::Vocabulary& vocabulary) {
    if (!json.is_object() || json.empty())
        return badTokenizer("its vocabulary is not an object of token → id", file);
    for (const auto& [token, id] : json.items()) {
        if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= static_cast<std::uint64_t>(kMaxId))
            return badTokenizer("the id of \"" + token + "\" is " + dumpJson(id) +
                                    ", not a number from 0 to " + std::to_string(kMaxId),
                                file);
        vocabulary[token] = id.get<std::int64_t>();
    }
    return {};
}

Status readMerges(const Json& json, const fs::path& file, BytePairEncoding::Merges& merges) {
    if (!json.is_array()) return badTokenizer("its merges are not a list", file);
    for (const auto& entry : json) {
        if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
            merges.emplace_back(entry[0].get<std::string>(), entry[1].get<std::string>());
            continue;
        }
        const auto parts =
            entry.is_string() ? split(entry.get<std::string>(), ' ') : std::vector<std::string>();
        if (parts.size() != 2)
            return badTokenizer("merge " + std::to_string(merges.size() + 1) + " is not a pair of symbols",
                                file);
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
            return badTokenizer("line " + std::to_string(number) + " is not a pair of symbols", file);
        merges.emplace_back(parts[0], parts[1]);
    }
    return {};
}

struct Reading {
    TokenizerFolder folder;
    BytePairEncoding::Vocabulary vocabulary;
    BytePairEncoding::Merges merges;
    std::map<std::string, AddedToken> added;

    std::optional<std::int64_t> idOf(const std::string& token) const {
        if (const auto it = added.find(token); it != added.end()) return it->second.id;
        if (const auto it = vocabulary.find(token); it != vocabulary.end()) return it->second;
        return std::nullopt;
    }
};

Status readTables(Reading& r) {
    const auto& [folder, files, json] = r.folder;
    if (json.contains("tokenizer.json")) {
        const Json& file = json.at("tokenizer.json");
        const fs::path path = folder / "tokenizer.json";
        if (!file.contains("model") || !file["model"].is_object())
            return badTokenizer("it has no \"model\"", path);
        const Json& model = file["model"];
        if (model.contains("type") && model["type"] != "BPE")
            return badTokenizer("its model is " + dumpJson(model["type"]) + ", not CLIP's BPE", path,
                                "Only CLIP tokenizers are read.");
        if (!model.contains("end_of_word_suffix") || model["end_of_word_suffix"] != "</w>")
            return badTokenizer("its BPE does not end words with </w> as CLIP's does", path,
                                "Only CLIP tokenizers are read.");
        if (!model.contains("vocab") || !model.contains("merges"))
            return badTokenizer("its model lacks vocab or merges", path);
        ATELIER_DO(readVocabulary(model["vocab"], path, r.vocabulary));
        ATELIER_DO(readMerges(model["merges"], path, r.merges));
        return {};
    }
    if (!files.contains("vocab.json") || !files.contains("merges.txt"))
        return badTokenizer("it holds neither tokenizer.json nor both vocab.json and merges.txt", folder,
                            "A CLIP tokenizer folder has one of the two.");
    ATELIER_DO(readVocabulary(json.at("vocab.json"), folder / "vocab.json", r.vocabulary));
    return readMergesText(files.at("merges.txt"), folder / "merges.txt", r.merges);
}

}  // namespace

Result<ClipTokenizer> ClipTokenizer::load(const fs::path& folder) {
    auto state = std::make_unique<State>();
    Reading r;
    ATELIER_TRY(r.folder, TokenizerFolder::read(folder, kFiles));
    ATELIER_DO(readTables(r));
    r.added = r.folder.addedTokens();
    state->bos = r.folder.special("bos_token", "<|startoftext|>");
    state->eos = r.folder.special("eos_token", "<|endoftext|>");
    state->unknown = r.folder.special("unk_token", "<|endoftext|>");
    state->pad = r.folder.special("pad_token", "<|endoftext|>");
    for (const std::string* token : {&state->bos, &state->eos, &state->unknown, &state->pad}) {
        const auto id = r.idOf(*token);
        if (!id) return badTokenizer("its special token \"" + *token + "\" is not in the vocabulary", folder);
        if (!r.added.contains(*token)) r.added[*token] = addedTokenFromJson(*token, *id, nullptr, true);
    }
    state->bosId = *r.idOf(state->bos);
    state->eosId = *r.idOf(state->eos);
    state->padId = *r.idOf(state->pad);
    state->maxLength = r.folder.maxLength(kDefaultLength);
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
    sortAddedTokens(state->added);
    state->merges = std::move(r.merges);
    state->files = std::move(r.folder.files);
    return ClipTokenizer(std::move(state));
}

Result<std::shared_ptr<const Tokenizer>> ClipTokenizer::withToken(const std::string& word, int count) const {
    if (trim(word).empty() || count < 1) return badTokenizer("a token needs a word", word);
    auto state = std::make_unique<State>(*state_);
    const auto name = [&](int i) { return i == 0 ? word : word + "_" + std::to_string(i); };
    const std::int64_t first = vocabSize();
    for (int i = 0; i < count; ++i) {
        for (const auto& [id, text] : state->tokens)
            if (text == name(i)) return badTokenizer("the word \"" + name(i) + "\" is a token already", "");
        AddedToken token;
        token.content = unicode::lowerCase(unicode::composeCanonical(unicode::decodeUtf8(name(i))));
        token.id = first + i;
        token.count = i == 0 ? count : 1;
        token.special = false;
        token.normalized = true;
        state->added.push_back(token);
        state->tokens[token.id] = name(i);
        addTokenToFiles(state->files, name(i), token.id);
    }
    sortAddedTokens(state->added);
    return std::make_shared<const ClipTokenizer>(ClipTokenizer(std::move(state)));
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
        for (const auto& [content, token] : added) list.push_back(addedTokenEntry(content, *token));
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
