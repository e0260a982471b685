// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/models/token_vectors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstring>
#include <map>

#include "core/base/hash.h"
#include "core/base/random.h"
#include "core/engine/models/additions.h"
#include "core/engine/models/lora.h"

namespace atelier {
namespace {

constexpr const char* kRecordFile = "textual_inversion.json";
constexpr const char* kPrefix = "tokens.";

std::string parameterName(const TextPart& part, const std::string& word) {
    return fmt::format("{}{}.{}", kPrefix, part.component, word);
}

// [count, width] float32 on the CPU.
at::Tensor startVectors(const TextPart& part, const NewToken& token, std::int64_t count, std::uint64_t seed) {
    const auto table = part.encoder->tokenTable().detach().to(at::kCPU, at::kFloat);
    const auto ids = part.tokenizer->encode(token.start);
    const auto width = table.size(1);
    auto vectors = at::empty({count, width}, at::kFloat);
    if (ids.empty()) {
        const Random random(seed, RandomStream::Init, xxh3(parameterName(part, token.word)));
        random.normals({vectors.mutable_data_ptr<float>(), static_cast<std::size_t>(vectors.numel())});
        return vectors.mul_(table.std());
    }
    for (std::int64_t i = 0; i < count; ++i)
        vectors[i].copy_(table[ids[static_cast<std::size_t>(i) % ids.size()]]);
    return vectors;
}

std::int64_t countOf(const Tokenizer& tokenizer, const NewToken& token) {
    const auto words = static_cast<std::int64_t>(tokenizer.encode(token.start).size());
    return token.vectors.value_or(std::max<std::int64_t>(words, 1));
}

// "tokens.text_encoder.<toy>" → "text_encoder", "<toy>".
struct ParsedName {
    std::string component, word;
};
ParsedName parseName(const std::string& name) {
    const auto rest = name.substr(std::string_view(kPrefix).size());
    const auto dot = rest.find('.');
    return {rest.substr(0, dot), rest.substr(dot + 1)};
}

// Word → component → vectors, in the order of the words.
using ByWord = std::map<std::string, std::map<std::string, at::Tensor>>;
ByWord byWord(const NamedTensors& vectors) {
    ByWord words;
    for (const auto& [name, tensor] : vectors) {
        const auto [component, word] = parseName(name);
        words[word][component] = tensor;
    }
    return words;
}

// File names of the words: letters, digits, '-' and '_', each once.
std::map<std::string, std::string> fileNames(const ByWord& words) {
    std::map<std::string, std::string> names;
    std::set<std::string> taken;
    for (const auto& [word, vectors] : words) {
        std::string stem;
        for (const char c : word)
            if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                c == '_')
                stem += c;
        if (stem.empty()) stem = "token";
        std::string name = stem;
        for (int i = 2; !taken.insert(name).second; ++i) name = fmt::format("{}-{}", stem, i);
        names[word] = name;
    }
    return names;
}

// The two files of a word; the first is empty for the two encoders of XL, which diffusers has no file for.
struct WordFiles {
    NamedTensors diffusers, a1111;
};
WordFiles filesOf(const std::string& word, const std::map<std::string, at::Tensor>& vectors) {
    WordFiles files;
    const bool xl = vectors.contains("text_encoder_2");
    for (const auto& [component, tensor] : vectors) {
        if (!xl) files.diffusers.emplace_back(word, tensor);
        files.a1111.emplace_back(!xl                           ? "emb_params"
                                 : component == "text_encoder" ? "clip_l"
                                                               : "clip_g",
                                 tensor);
    }
    return files;
}

Status sameInFile(const NamedTensors& expected, const fs::path& file) {
    ATELIER_TRY(const auto found, readTensors(file));
    const std::map<std::string, at::Tensor> read(found.begin(), found.end());
    for (const auto& [name, tensor] : expected) {
        const auto it = read.find(name);
        const auto values = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
        if (it == read.end() || it->second.nbytes() != values.nbytes() ||
            std::memcmp(it->second.const_data_ptr(), values.const_data_ptr(), values.nbytes()) != 0)
            return fail(
                ErrorCode::Io, "the vectors \"" + name + "\" read back differently than they were written",
                file.string(), "The disk or its driver is at fault; the previous checkpoint was kept.");
    }
    return {};
}

struct TokenRecord {
    fs::path base;
    std::vector<std::pair<std::string, fs::path>> files;  // word, file
};

Result<TokenRecord> readRecord(const fs::path& folder) {
    const fs::path file = folder / kRecordFile;
    ATELIER_TRY(const Json json, readModelJson(file));
    const auto wrong = [&](const char* key) {
        return fail(ErrorCode::Model, fmt::format("\"{}\" is missing or of the wrong type", key),
                    file.string(), "The file belongs to a textual inversion that atelier-engine trained.");
    };
    if (!json.is_object() || !json.contains("base_model") || !json["base_model"].is_string())
        return wrong("base_model");
    if (!json.contains("tokens") || !json["tokens"].is_object()) return wrong("tokens");
    TokenRecord record{json["base_model"].get<std::string>(), {}};
    for (const auto& [word, name] : json["tokens"].items()) {
        if (!name.is_string()) return wrong("tokens");
        record.files.emplace_back(word, folder / "a1111" / (name.get<std::string>() + ".safetensors"));
    }
    return record;
}

}  // namespace

Status attachTokens(Pipeline& pipeline, const std::vector<NewToken>& tokens, std::uint64_t seed) {
    for (auto& part : textParts(pipeline))
        for (const auto& token : tokens) {
            const auto count = countOf(*part.tokenizer, token);
            const auto first = part.tokenizer->vocabSize();
            const auto vectors = startVectors(part, token, count, seed);
            auto more = part.tokenizer->withToken(token.word, static_cast<int>(count));
            if (!more)
                return fail(ErrorCode::Config, more.error().what, "method.tokens",
                            "Put the word in angle brackets: <" + token.word + ">.");
            ATELIER_DO(part.encoder->setTokenVectors(first, vectors));
            part.tokenizer = more->get();
            part.tokenizerIn(pipeline) = *std::move(more);
        }
    return {};
}

LearnedTokens learnTokens(Pipeline& pipeline, const std::vector<NewToken>& tokens) {
    const at::NoGradGuard noGrad;
    LearnedTokens learned;
    for (const auto& part : textParts(pipeline)) {
        const auto& table = part.encoder->tokenTable();
        const auto first = part.tokenizer->encode(tokens.front().word).front();
        std::vector<at::Tensor> vectors;
        for (const auto& token : tokens) {
            const auto ids = part.tokenizer->encode(token.word);
            vectors.push_back(table.narrow(0, ids.front(), static_cast<std::int64_t>(ids.size()))
                                  .detach()
                                  .to(at::kFloat)
                                  .clone()
                                  .requires_grad_(true));
            learned.parameters.emplace_back(parameterName(part, token.word), vectors.back());
        }
        const auto own = table.slice(0, 0, first).detach().to(at::kFloat);
        learned.meanLengths.emplace_back(fmt::format("{}{}.", kPrefix, part.component),
                                         at::linalg_vector_norm(own, 2, 1).mean().item<double>());
        part.encoder->learnTokens(first, std::move(vectors));
    }
    return learned;
}

Status keepTokens(Pipeline& pipeline, const NamedTensors& vectors) {
    for (const auto& part : textParts(pipeline)) {
        part.encoder->learnTokens(0, {});
        for (const auto& [name, tensor] : vectors) {
            const auto [component, word] = parseName(name);
            if (component != part.component) continue;
            ATELIER_DO(part.encoder->setTokenVectors(part.tokenizer->encode(word).front(), tensor.detach()));
        }
    }
    return {};
}

Status writeTokens(const NamedTensors& vectors, const fs::path& base, const fs::path& folder) {
    const auto words = byWord(vectors);
    const auto names = fileNames(words);
    ATELIER_DO(createDirectories(folder / "a1111"));
    for (const auto& [word, tensors] : words) {
        const auto files = filesOf(word, tensors);
        const auto name = names.at(word) + ".safetensors";
        if (!files.diffusers.empty()) ATELIER_DO(writeTensors(folder / name, files.diffusers, at::kFloat));
        ATELIER_DO(writeTensors(folder / "a1111" / name, files.a1111, at::kFloat, {{"name", word}}));
    }
    return writeFileAtomic(folder / kRecordFile,
                           dumpJsonPretty({{"base_model", base.string()}, {"tokens", names}}));
}

Status verifyTokens(const NamedTensors& vectors, const fs::path& folder) {
    const auto words = byWord(vectors);
    const auto names = fileNames(words);
    for (const auto& [word, tensors] : words) {
        const auto files = filesOf(word, tensors);
        const auto name = names.at(word) + ".safetensors";
        if (!files.diffusers.empty()) ATELIER_DO(sameInFile(files.diffusers, folder / name));
        ATELIER_DO(sameInFile(files.a1111, folder / "a1111" / name));
    }
    return {};
}

bool isTokenFolder(const fs::path& folder) {
    std::error_code error;
    return fs::exists(folder / kRecordFile, error) && !fs::exists(folder / "model_index.json", error);
}

Result<Pipeline> loadTokenPipeline(const fs::path& folder, const LoadOptions& options,
                                   const std::set<std::string>& components) {
    ATELIER_TRY(const auto record, readRecord(folder));
    std::error_code error;
    if (!fs::exists(record.base, error))
        return fail(
            ErrorCode::Model, "the model that this textual inversion was trained on is not there",
            record.base.string(),
            "Put it back, or write its place as base_model into " + (folder / kRecordFile).string() + ".");
    if (isTokenFolder(record.base))
        return fail(ErrorCode::Model, "its base model is a textual inversion itself", record.base.string());
    ATELIER_TRY(auto pipeline, isLoraFolder(folder) ? loadLoraPipeline(folder, options, components)
                                                    : loadPipeline(record.base, options, components));
    const bool complete =
        (pipeline.textEncoder && pipeline.tokenizer) || (pipeline.textEncoder2 && pipeline.tokenizer2);
    if (!complete) return pipeline;  // parts that words are none of
    for (const auto& [word, file] : record.files) {
        ATELIER_TRY(const auto token, addEmbedding(pipeline, file, word));
        static_cast<void>(token);
    }
    return pipeline;
}

}  // namespace atelier
