// SPDX-License-Identifier: GPL-3.0-or-later
// Finding the vectors and their token, and writing them under the other name.
#include "core/weights/embedding.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/weights/dialects/values.h"
#include "core/weights/work_folder.h"

namespace atelier {
namespace {

struct Embedding {
    std::string token;
    std::vector<std::pair<std::string, WeightSet::Entry>> vectors;  // "" or "clip_l", "clip_g"
};

Result<Embedding> find(const WeightSet& weights, const fs::path& path) {
    Embedding embedding;
    embedding.token = path.stem().string();
    const auto& metadata = weights.files().front()->metadata();
    const auto names = weights.names();
    if (weights.find("clip_l") && weights.find("clip_g")) {
        for (const char* name : {"clip_l", "clip_g"})
            embedding.vectors.emplace_back(name, *weights.find(name));
    } else if (const auto given = weights.find("string_to_param.*")) {
        if (const auto name = metadata.find("name"); name != metadata.end()) embedding.token = name->second;
        embedding.vectors.emplace_back("", *given);
    } else if (names.size() == 1) {
        if (names.front() != "emb_params") embedding.token = names.front();
        embedding.vectors.emplace_back("", *weights.find(names.front()));
    }
    const auto isMatrix = [](const auto& item) {
        const auto& shape = item.second.tensor->shape;
        return (shape.size() == 1 || shape.size() == 2) && dialects::isConvertible(item.second.tensor->type);
    };
    if (embedding.vectors.empty() || !std::ranges::all_of(embedding.vectors, isMatrix))
        return fail(ErrorCode::Model, "it is not a textual inversion", path.string(),
                    "`atelier-engine inspect` says what it is.");
    return embedding;
}

Result<ConvertReport> writeAndCompare(const Embedding& embedding, const fs::path& made,
                                      EmbeddingDialect dialect, const ConvertOptions& options) {
    using namespace dialects;
    ConvertReport report;
    report.toSingleFile = true;
    report.tensors = embedding.vectors.size();
    const auto nameOf = [&](const std::string& part) {
        return !part.empty() ? part : dialect == EmbeddingDialect::A1111 ? "emb_params" : embedding.token;
    };
    std::vector<TensorToWrite> tensors;
    for (const auto& [part, entry] : embedding.vectors) {
        const TensorType from = entry.tensor->type, to = options.dtype.value_or(from);
        auto shape = entry.tensor->shape;
        if (shape.size() == 1) shape.insert(shape.begin(), 1);
        tensors.push_back({nameOf(part), to, std::move(shape), [entry = entry, from, to] {
                               return entry.bytes().map([&](const Bytes& bytes) {
                                   auto owner = std::make_shared<const Bytes>(convertType(bytes, from, to));
                                   return TensorBytes{*owner, owner};
                               });
                           }});
    }
    ATELIER_DO(writeSafetensors(made, std::move(tensors)));
    ATELIER_TRY(const auto result, WeightSet::openFile(made));
    for (const auto& [part, entry] : embedding.vectors) {
        const auto again = *result.find(nameOf(part));
        ATELIER_TRY(const Bytes before, entry.bytes());
        ATELIER_TRY(const Bytes after, again.bytes());
        report.maximumDifference =
            std::max(report.maximumDifference,
                     maximumDifference(before, entry.tensor->type, after, again.tensor->type));
        if (!allFinite(before, entry.tensor->type)) report.notFinite.push_back(nameOf(part));
    }
    report.bytes = result.files().front()->fileSize();
    return report;
}

}  // namespace

Result<TextualInversion> readEmbedding(const fs::path& path) {
    ATELIER_TRY(const auto weights, WeightSet::openFile(path));
    ATELIER_TRY(const auto embedding, find(weights, path));
    TextualInversion result{embedding.token, {}};
    for (const auto& [part, entry] : embedding.vectors) {
        const auto& shape = entry.tensor->shape;
        ATELIER_TRY(const dialects::Bytes stored, entry.bytes());
        const auto bytes = dialects::convertType(stored, entry.tensor->type, TensorType::F32);
        TokenVectors vectors{part, shape.size() == 2 ? shape[0] : 1, shape.back(), {}};
        vectors.values.resize(bytes.size() / sizeof(float));
        std::memcpy(vectors.values.data(), bytes.data(), bytes.size());
        result.parts.push_back(std::move(vectors));
    }
    return result;
}

Result<ConvertReport> convertEmbedding(const fs::path& in, const fs::path& out, EmbeddingDialect dialect,
                                       const ConvertOptions& options) {
    ATELIER_DO(requireFree(out));
    ATELIER_TRY(const auto weights, WeightSet::openFile(in));
    ATELIER_TRY(const auto embedding, find(weights, in));
    if (dialect == EmbeddingDialect::Diffusers && embedding.vectors.size() > 1)
        return fail(ErrorCode::Model,
                    "it has vectors for both text encoders of XL, diffusers has no file for both",
                    in.string(), "Keep it as it is: diffusers loads each part of it by its name.");
    ATELIER_TRY(const auto work, WorkFolder::create(out));
    const fs::path made = work.path() / "embedding";
    ATELIER_TRY(auto report, writeAndCompare(embedding, made, dialect, options));
    ATELIER_DO(renameFile(made, out));
    return report;
}

}  // namespace atelier
