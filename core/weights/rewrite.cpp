// SPDX-License-Identifier: GPL-3.0-or-later
// Copies a tensor table to a safetensors file and compares what was written.
#include "core/weights/rewrite.h"

#include <algorithm>

#include "core/weights/dialects/values.h"
#include "core/weights/inspect.h"
#include "core/weights/work_folder.h"

namespace atelier {
namespace {

Result<ConvertReport> writeAndCompare(const WeightSet& source, const fs::path& made,
                                      const ConvertOptions& options) {
    using namespace dialects;
    ConvertReport report;
    report.toSingleFile = true;
    const auto names = source.names();
    report.tensors = names.size();
    std::uint64_t done = 0;
    const auto tick = [&](const char* phase) {
        if (options.progress) options.progress(phase, ++done, names.size());
    };
    std::vector<TensorToWrite> tensors;
    std::vector<TensorInfo> table;
    for (const auto& name : names) {
        const auto entry = *source.find(name);
        const TensorType from = entry.tensor->type,
                         to = isConvertible(from) ? options.dtype.value_or(from) : from;
        table.push_back(*entry.tensor);
        tensors.push_back({name, to, entry.tensor->shape, [entry, from, to, &tick] {
                               tick("write");
                               return entry.bytes().map([&](const Bytes& bytes) {
                                   auto owner = std::make_shared<const Bytes>(convertType(bytes, from, to));
                                   return TensorBytes{*owner, owner};
                               });
                           }});
    }
    report.family = judgeTensors(table).family;
    std::map<std::string, std::string> metadata;
    for (const auto& file : source.files()) metadata.insert(file->metadata().begin(), file->metadata().end());
    ATELIER_DO(writeSafetensors(made, std::move(tensors), std::move(metadata)));
    ATELIER_TRY(const auto result, WeightSet::openFile(made));
    done = 0;
    for (const auto& name : names) {
        tick("read again");
        const auto a = *source.find(name), b = *result.find(name);
        ATELIER_TRY(const Bytes before, a.bytes());
        ATELIER_TRY(const Bytes after, b.bytes());
        report.maximumDifference = std::max(report.maximumDifference,
                                            maximumDifference(before, a.tensor->type, after, b.tensor->type));
        if (isConvertible(a.tensor->type) && !allFinite(before, a.tensor->type))
            report.notFinite.push_back(name);
    }
    report.bytes = result.files().front()->fileSize();
    return report;
}

// A file, or the weights of one network's folder, however many files they are in.
Result<WeightSet> openSource(const fs::path& in, const std::string& variant) {
    if (!fs::is_directory(in)) return WeightSet::openFile(in);
    if (fs::exists(in / "model_index.json"))
        return fail(ErrorCode::Usage, "a pipeline folder holds several networks", in.string(),
                    "Name the folder of one of them, or leave --to away for a single checkpoint file.");
    auto weights = WeightSet::open(in, "diffusion_pytorch_model", variant);
    if (!weights)
        if (auto other = WeightSet::open(in, "model", variant)) return other;
    return weights;
}

}  // namespace

Result<ConvertReport> rewriteAsSafetensors(const fs::path& in, const fs::path& out,
                                           const ConvertOptions& options) {
    ATELIER_DO(requireFree(out));
    ATELIER_TRY(const auto source, openSource(in, options.variant));
    ATELIER_TRY(const auto work, WorkFolder::create(out));
    const fs::path made = work.path() / "model.safetensors";
    ATELIER_TRY(auto report, writeAndCompare(source, made, options));
    ATELIER_DO(renameFile(made, out));
    return report;
}

}  // namespace atelier
