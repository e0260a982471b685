// SPDX-License-Identifier: GPL-3.0-or-later
// T5 tokenizer folders: spiece.model, tokenizer.json, or both; reading and writing.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/text/sentencepiece_model.h"
#include "core/text/t5_tokenizer_state.h"
#include "core/text/tokenizer_folder.h"
#include "core/text/unicode.h"

namespace atelier {
namespace {

constexpr const char* kFiles[] = {"tokenizer.json", "spiece.model", "tokenizer_config.json",
                                  "special_tokens_map.json", "added_tokens.json"};
constexpr int kDefaultLength = 512;  // what T5 was trained with
constexpr int kDefaultExtraIds = 100;
constexpr const char* kOnlyT5 = "Read are tokenizers as T5 has them.";

std::string typeOf(const Json& json) {
    return json.is_object() && json.contains("type") && json["type"].is_string()
               ? json["type"].get<std::string>()
               : "";
}

// A step of tokenizer.json: one, several in a Sequence, or none.
std::vector<Json> stepsOf(const Json& file, const char* key, const char* list) {
    if (!file.contains(key) || file[key].is_null()) return {};
    const Json& step = file[key];
    if (typeOf(step) != "Sequence") return {step};
    if (!step.contains(list) || !step[list].is_array()) return {step};
    return step[list].get<std::vector<Json>>();
}

struct Made {
    std::vector<ScoredPiece> pieces;
    std::int64_t unknownId = 0;
    bool byteFallback = false;
};

Status readPieces(const Json& model, const fs::path& path, Made& made) {
    if (typeOf(model) != "Unigram") return badTokenizer("its model is not Unigram", path, kOnlyT5);
    if (!model.contains("vocab") || !model["vocab"].is_array())
        return badTokenizer("its vocabulary is not a list of [piece, score]", path);
    for (const auto& entry : model["vocab"]) {
        if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
            return badTokenizer(
                fmt::format("entry {} of its vocabulary is not [piece, score]", made.pieces.size()), path);
        made.pieces.push_back({entry[0].get<std::string>(), entry[1].get<double>()});
    }
    if (!model.contains("unk_id") || !model["unk_id"].is_number_unsigned())
        return badTokenizer("its model has no unk_id", path);
    made.unknownId = model["unk_id"].get<std::int64_t>();
    made.byteFallback = model.contains("byte_fallback") && model["byte_fallback"] == Json(true);
    return {};
}

// Ends with the end token, whatever its name.
bool endsAsT5(const Json& processor, const std::string& eos) {
    if (processor.is_null()) return true;  // the class appends it all the same
    if (typeOf(processor) != "TemplateProcessing" || !processor.contains("single") ||
        !processor["single"].is_array() || processor["single"].size() != 2)
        return false;
    const Json &text = processor["single"][0], &end = processor["single"][1];
    return text.is_object() && text.contains("Sequence") && end.is_object() && end.contains("SpecialToken") &&
           end["SpecialToken"].value("id", "") == eos;
}

Status checkConfig(const TokenizerFolder& folder) {
    const auto it = folder.json.find("tokenizer_config.json");
    if (it == folder.json.end()) return {};
    for (const char* key : {"padding_side", "truncation_side"})
        if (it->second.contains(key) && it->second[key] == "left")
            return badTokenizer(fmt::format("its {} is left", key), folder.path / "tokenizer_config.json",
                                "Text encoders are given padding and cuts on the right.");
    return {};
}

int readExtraIds(const TokenizerFolder& folder) {
    const auto it = folder.json.find("tokenizer_config.json");
    if (it == folder.json.end() || !it->second.contains("extra_ids") ||
        !it->second["extra_ids"].is_number_unsigned())
        return kDefaultExtraIds;
    return static_cast<int>(std::min<std::uint64_t>(it->second["extra_ids"].get<std::uint64_t>(), 1 << 16));
}

}  // namespace

bool T5Tokenizer::isFolder(const fs::path& folder) {
    std::error_code ignored;
    if (fs::exists(folder / "spiece.model", ignored)) return true;
    const char* name = "tokenizer.json";
    if (!fs::exists(folder / name, ignored) || fs::exists(folder / "vocab.json", ignored)) return false;
    const auto read = TokenizerFolder::read(folder, std::span(&name, 1));
    return read && read->json.contains(name) && read->json.at(name).contains("model") &&
           typeOf(read->json.at(name)["model"]) == "Unigram";
}

namespace {

Status readJson(const TokenizerFolder& folder, const std::string& eos, Made& made, std::string& charsmap,
                bool& splits, bool& prefixes) {
    const fs::path path = folder.path / "tokenizer.json";
    const Json& file = folder.json.at("tokenizer.json");
    if (!file.contains("model")) return badTokenizer("it has no \"model\"", path);
    ATELIER_DO(readPieces(file["model"], path, made));
    for (const Json& step : stepsOf(file, "normalizer", "normalizers")) {
        const bool map = typeOf(step) == "Precompiled" && charsmap.empty() &&
                         step.contains("precompiled_charsmap") && step["precompiled_charsmap"].is_string();
        if (!map)
            return badTokenizer("its normalizer \"" + typeOf(step) + "\" is not computed", path, kOnlyT5);
        ATELIER_TRY(charsmap, fromBase64(step["precompiled_charsmap"].get<std::string>(), path.string()));
    }
    splits = false;
    bool spaces = false;
    for (const Json& step : stepsOf(file, "pre_tokenizer", "pretokenizers")) {
        const std::string type = typeOf(step);
        if (type == "WhitespaceSplit" && !spaces) {
            splits = true;
            continue;
        }
        const std::string scheme =
            step.contains("prepend_scheme") && step["prepend_scheme"].is_string()
                ? step["prepend_scheme"].get<std::string>()
            : step.contains("add_prefix_space") && step["add_prefix_space"] == Json(false) ? "never"
                                                                                           : "always";
        if (type != "Metaspace" || spaces || step.value("replacement", "") != "▁" ||
            (step.contains("split") && step["split"] == Json(false)) ||
            (scheme != "always" && scheme != "never"))
            return badTokenizer("its pre-tokenizer \"" + type + "\" is not computed as it stands there", path,
                                kOnlyT5);
        spaces = true;
        prefixes = scheme == "always";
    }
    if (!spaces) return badTokenizer("it has no Metaspace pre-tokenizer", path, kOnlyT5);
    if (file.contains("post_processor") && !endsAsT5(file["post_processor"], eos))
        return badTokenizer("its post-processor does not append \"" + eos + "\" alone", path, kOnlyT5);
    return {};
}

}  // namespace

Result<T5Tokenizer> T5Tokenizer::load(const fs::path& path) {
    ATELIER_TRY(auto folder, TokenizerFolder::read(path, kFiles));
    auto state = std::make_unique<State>();
    state->eos = folder.special("eos_token", "</s>");
    state->unknown = folder.special("unk_token", "<unk>");
    state->pad = folder.special("pad_token", "<pad>");
    ATELIER_DO(checkConfig(folder));
    Made made;
    std::vector<std::pair<std::string, bool>> whole{
        {state->eos, true}, {state->unknown, true}, {state->pad, true}};
    const int extraIds = readExtraIds(folder);
    const auto extra = [](int i) { return fmt::format("<extra_id_{}>", i); };
    if (folder.json.contains("tokenizer.json")) {
        ATELIER_DO(readJson(folder, state->eos, made, state->charsmapBytes, state->splitsWhitespace,
                            state->prefixes));
    } else if (folder.files.contains("spiece.model")) {
        ATELIER_TRY(auto model, SentencePieceModel::parse(folder.files.at("spiece.model"),
                                                          (path / "spiece.model").string()));
        for (std::size_t i = 0; i < model.pieces.size(); ++i)
            if (model.kinds[i] == SentencePieceModel::Kind::Control ||
                model.kinds[i] == SentencePieceModel::Kind::UserDefined)
                whole.emplace_back(model.pieces[i].text, model.kinds[i] == SentencePieceModel::Kind::Control);
        made = {std::move(model.pieces), model.unknownId, model.byteFallback};
        for (int i = extraIds; i-- > 0;) made.pieces.push_back({extra(i), 0});  // counted down
        state->charsmapBytes = std::move(model.charsmap);
    } else {
        return badTokenizer("it holds neither tokenizer.json nor spiece.model", path,
                            "A T5 tokenizer folder has one of the two.");
    }
    for (int i = 0; i < extraIds; ++i) whole.emplace_back(extra(i), true);
    ATELIER_TRY(state->charsmap, Charsmap::parse(state->charsmapBytes, path.string()));
    ATELIER_TRY(state->model,
                Unigram::build(std::move(made.pieces), made.unknownId, made.byteFallback, path.string()));

    auto added = folder.addedTokens();
    for (const auto& [text, special] : whole)
        if (const auto id = state->model.idOf(text); id && !added.contains(text)) {
            added[text] = addedTokenFromJson(text, *id, nullptr, special);
            added[text].normalized = false;
        }
    const auto idOf = [&](const std::string& text) -> std::optional<std::int64_t> {
        if (const auto it = added.find(text); it != added.end()) return it->second.id;
        return state->model.idOf(text);
    };
    for (const std::string* token : {&state->eos, &state->unknown, &state->pad})
        if (!idOf(*token))
            return badTokenizer("its special token \"" + *token + "\" is not in the vocabulary", path);
    state->eosId = *idOf(state->eos);
    state->padId = *idOf(state->pad);
    state->vocabSize = static_cast<std::int64_t>(state->model.pieces().size());
    for (const auto& [text, token] : added) {
        if (token.id >= 1 << 24)
            return badTokenizer(fmt::format("the id of \"{}\" is {}", text, token.id), path);
        state->vocabSize = std::max(state->vocabSize, token.id + 1);
        state->added.push_back(token);
        // What is sought in normalised text is normalised itself.
        if (token.normalized) state->added.back().content = state->charsmap.normalize(token.content);
    }
    sortAddedTokens(state->added);
    state->maxLength = folder.maxLength(kDefaultLength);
    state->files = std::move(folder.files);
    return T5Tokenizer(std::move(state));
}

namespace {

Json tokenizerJson(const Unigram& model, const std::string& charsmap, const std::string& eos,
                   std::int64_t eosId, Json added) {
    Json vocabulary = Json::array();
    for (const auto& piece : model.pieces()) vocabulary.push_back({piece.text, piece.score});
    const Json metaspace{
        {"type", "Metaspace"}, {"replacement", "▁"}, {"prepend_scheme", "always"}, {"split", true}};
    const Json text{{"Sequence", {{"id", "A"}, {"type_id", 0}}}},
        more{{"Sequence", {{"id", "B"}, {"type_id", 0}}}},
        end{{"SpecialToken", {{"id", eos}, {"type_id", 0}}}};
    std::sort(added.begin(), added.end(), [](const Json& a, const Json& b) { return a["id"] < b["id"]; });
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", added},
            {"normalizer", charsmap.empty()
                               ? Json(nullptr)
                               : Json{{"type", "Precompiled"}, {"precompiled_charsmap", toBase64(charsmap)}}},
            {"pre_tokenizer",
             {{"type", "Sequence"}, {"pretokenizers", {{{"type", "WhitespaceSplit"}}, metaspace}}}},
            {"post_processor",
             {{"type", "TemplateProcessing"},
              {"single", {text, end}},
              {"pair", {text, end, more, end}},
              {"special_tokens",
               {{eos, {{"id", eos}, {"ids", Json::array({eosId})}, {"tokens", Json::array({eos})}}}}}}},
            {"decoder", metaspace},
            {"model",
             {{"type", "Unigram"},
              {"unk_id", model.unknownId()},
              {"vocab", vocabulary},
              {"byte_fallback", model.byteFallback()}}}};
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> T5Tokenizer::withToken(const std::string& word, int count) const {
    if (trim(word).empty() || count < 1) return badTokenizer("a token needs a word", word);
    auto state = std::make_unique<State>(*state_);
    for (int i = 0; i < count; ++i) {
        const std::string name = i == 0 ? word : word + "_" + std::to_string(i);
        AddedToken token;
        token.content = state->charsmap.normalize(unicode::decodeUtf8(name));
        if (state->model.idOf(name) ||
            std::ranges::find(state->added, token.content, &AddedToken::content) != state->added.end())
            return badTokenizer("the word \"" + name + "\" is a token already", "");
        token.id = state->vocabSize++;
        token.count = i == 0 ? count : 1;
        token.special = false;
        token.normalized = true;
        state->added.push_back(token);
        addTokenToFiles(state->files, name, token.id);
    }
    sortAddedTokens(state->added);
    return std::make_shared<const T5Tokenizer>(T5Tokenizer(std::move(state)));
}

Status T5Tokenizer::save(const fs::path& folder) const {
    const State& s = *state_;
    std::map<std::string, std::string> files = s.files;
    if (!files.contains("tokenizer.json")) {
        Json added = Json::array();
        for (const AddedToken& token : s.added)
            added.push_back(addedTokenEntry(unicode::encodeUtf8(token.content), token));
        files["tokenizer.json"] =
            dumpJson(tokenizerJson(s.model, s.charsmapBytes, s.eos, s.eosId, std::move(added)));
    }
    files.try_emplace("tokenizer_config.json", dumpJsonPretty({{"eos_token", s.eos},
                                                               {"extra_ids", kDefaultExtraIds},
                                                               {"model_max_length", s.maxLength},
                                                               {"pad_token", s.pad},
                                                               {"tokenizer_class", "T5Tokenizer"},
                                                               {"unk_token", s.unknown}}));
    ATELIER_DO(createDirectories(folder));
    for (const auto& [name, text] : files) ATELIER_DO(writeFileAtomic(folder / name, text));
    return {};
}

}  // namespace atelier
