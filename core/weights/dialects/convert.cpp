// SPDX-License-Identifier: GPL-3.0-or-later
// Writing the other dialect of what sources.h opened, and reading that again to compare.
#include "core/weights/dialects/convert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <set>

#include "core/weights/dialects/sources.h"
#include "core/weights/model_spec.h"
#include "core/weights/tensor_hash.h"
#include "core/weights/work_folder.h"

namespace atelier {
namespace {

using namespace dialects;

TensorBytes owned(Bytes bytes) {
    auto kept = std::make_shared<const Bytes>(std::move(bytes));
    return {*kept, kept};
}

// Counts tensors while writing and reading again.
struct Meter {
    const ConvertOptions& options;
    std::string phase;
    std::uint64_t total, done = 0;
    void tick() {
        done = std::min(done + 1, total);  // copies that addOpenClipRest makes are not of the source
        if (options.progress) options.progress(phase, done, total);
    }
};

TensorType targetType(const ConvertOptions& options, const Found& found) {
    return options.dtype.value_or(found.entry.tensor->type);
}

// The type of what several tensors become together: where theirs differ, one that loses nothing.
TensorType targetType(const ConvertOptions& options,
                      const std::vector<std::pair<const Part*, const Found*>>& group) {
    const TensorType first = targetType(options, *group.front().second);
    TensorType widest = first;
    for (const auto& [part, found] : group) {
        const TensorType type = targetType(options, *found);
        if (type == TensorType::F64) return type;
        if (type != first) widest = TensorType::F32;
    }
    return widest;
}

bool isEdited(const ConvertOptions& options, const std::string& component, const Found& found) {
    return options.edits && options.edits(component, found.pair.folder);
}
TensorType valueType(const ConvertOptions& options, const std::string& component, const Found& found) {
    return isEdited(options, component, found) ? TensorType::F32 : found.entry.tensor->type;
}
// What the result is to hold, in the folder's layout and of valueType.
Result<Bytes> values(const ConvertOptions& options, const std::string& component, const Found& found) {
    ATELIER_TRY(Bytes bytes, folderBytes(found));
    if (!isEdited(options, component, found)) return bytes;
    bytes = convertType(bytes, found.entry.tensor->type, TensorType::F32);
    std::vector<float> floats(bytes.size() / sizeof(float));
    std::memcpy(floats.data(), bytes.data(), bytes.size());
    options.edit(component, found.pair.folder, found.pair.shape, floats);
    std::memcpy(bytes.data(), floats.data(), bytes.size());
    return bytes;
}

TensorToWrite forFolder(const std::string& component, const Found& found, const ConvertOptions& options,
                        Meter& meter) {
    const TensorType type = targetType(options, found);
    return {found.pair.folder, type, found.pair.shape, [&, type]() -> Result<TensorBytes> {
                meter.tick();
                ATELIER_TRY(const Bytes bytes, values(options, component, found));
                return owned(convertType(bytes, valueType(options, component, found), type));
            }};
}

using Group = std::vector<std::pair<const Part*, const Found*>>;

// The single file's tensor from the one or three of the folder that share its name.
TensorToWrite forSingle(const Group& group, const ConvertOptions& options, Meter& meter) {
    const Found& first = *group.front().second;
    const TensorType type = targetType(options, group);
    return {first.pair.single, type, singleShape(first.pair),
            [group, &options, &meter, type]() -> Result<TensorBytes> {
                Bytes all;
                for (const auto& [part, found] : group) {
                    meter.tick();
                    ATELIER_TRY(const Bytes stored, values(options, part->component, *found));
                    Bytes bytes = convertType(stored, valueType(options, part->component, *found), type);
                    if (found->pair.layout == Layout::Transposed)
                        bytes = transpose(bytes, found->pair.shape[0], found->pair.shape[1],
                                          bitsPerElement(type) / 8);
                    all.insert(all.end(), bytes.begin(), bytes.end());
                }
                return owned(std::move(all));
            }};
}

Bytes constant(const std::vector<float>& values, TensorType type) {
    const auto bytes = std::as_bytes(std::span(values));
    return convertType(bytes, TensorType::F32, type);
}

// What a folder does not hold but readers of single files expect of OpenCLIP towers. SD 2's last layer is not
// used by anything: a copy of the one before stands in, as other converters do, and an identity for the head.
void addOpenClipRest(std::vector<TensorToWrite>& out, const Source& source, const ConvertOptions& options) {
    const auto towers = textTowers(source.configs.family);
    for (std::size_t i = 0; i < source.configs.text.size(); ++i) {
        if (!towers[i].openClip) continue;
        const std::string prefix = towers[i].prefix;
        const ClipTextConfig& config = source.configs.text[i];
        const auto component = std::find_if(source.parts.begin(), source.parts.end(), [&](const Part& part) {
            return part.component == towers[i].component;
        });
        const TensorType type = targetType(options, component->tensors.front());
        const bool second = leavesLastLayerOut(source.configs.family);
        const float scale = second ? 1.0F : 4.6052F;  // ln 100: OpenCLIP's upper bound
        out.push_back({prefix + "logit_scale", type, {}, [=] { return owned(constant({scale}, type)); }});
        if (!second) continue;
        const auto width = static_cast<std::size_t>(config.hiddenSize);
        out.push_back({prefix + "text_projection", type, {config.hiddenSize, config.hiddenSize}, [=] {
                           std::vector<float> identity(width * width);
                           for (std::size_t k = 0; k < width; ++k) identity[k * (width + 1)] = 1;
                           return owned(constant(identity, type));
                       }});
        const std::string block = prefix + "transformer.resblocks.";
        const std::string from = fmt::format("{}{}.", block, config.numHiddenLayers - 1),
                          to = fmt::format("{}{}.", block, config.numHiddenLayers);
        std::vector<TensorToWrite> copies;
        for (const auto& tensor : out)
            if (tensor.name.starts_with(from)) {
                copies.push_back(tensor);
                copies.back().name = to + tensor.name.substr(from.size());
            }
        out.insert(out.end(), copies.begin(), copies.end());
    }
}

std::map<std::string, std::string> describe(const Source& source, const fs::path& out) {
    static constexpr const char* kIds[] = {"stable-diffusion-v1", "stable-diffusion-v2-512",
                                           "stable-diffusion-xl-v1-base", "stable-diffusion-xl-v1-refiner",
                                           "stable-diffusion-x4-upscaler"};
    const Family family = source.configs.family;
    const bool velocity = source.configs.prediction == "v_prediction";
    std::string id = kIds[static_cast<std::size_t>(family)];
    if (family == Family::Sd2 && velocity) id = "stable-diffusion-v2-768-v";
    if (family == Family::Sd1 && source.configs.unet.inChannels == 9) id += "-inpainting";
    if (source.configs.controlNet) id += "/controlnet";
    const auto& size = source.configs.unet.sampleSize;
    const int scale = source.configs.vae.downscale();
    auto metadata =
        modelSpec(id, "https://github.com/Stability-AI/generative-models", out.stem().string(), "");
    if (source.configs.controlNet) return metadata;
    if (source.configs.prediction.empty()) {  // it is not known: nothing of ours may decide it
        metadata.erase("modelspec.architecture");
        return metadata;
    }
    metadata["modelspec.prediction_type"] = velocity ? "v" : "epsilon";
    if (!size.empty())
        metadata["modelspec.resolution"] = fmt::format("{}x{}", size.back() * scale, size.front() * scale);
    return metadata;
}

Status writeSingle(const Source& source, const fs::path& file, const fs::path& out,
                   const ConvertOptions& options, Meter& meter) {
    std::map<std::string, Group> groups;  // tables list q, k, v in this order
    for (const Part& part : source.parts)
        for (const Found& found : part.tensors) groups[found.pair.single].emplace_back(&part, &found);
    std::vector<TensorToWrite> tensors;
    for (const auto& [name, group] : groups) tensors.push_back(forSingle(group, options, meter));
    auto metadata = describe(source, out);
    if (!options.keepForm) {
        addOpenClipRest(tensors, source, options);
        ATELIER_DO(writeSafetensors(file, std::move(tensors), std::move(metadata)));
        return stampTensorHash(file);
    }
    // The rest of the source's file; averages of the weights before are none of those after.
    const WeightSet& weights = *source.weights.front();
    for (const auto& name : weights.names()) {
        if (source.used.contains(name) || name.starts_with("model_ema.")) continue;
        const auto entry = *weights.find(name);
        tensors.push_back(
            {name, entry.tensor->type, entry.tensor->shape, [entry] { return entry.bytes().map(owned); }});
    }
    auto kept = weights.files().front()->metadata();
    eraseHashes(kept);
    kept.erase("modelspec.title");
    kept.insert(metadata.begin(), metadata.end());
    ATELIER_DO(writeSafetensors(file, std::move(tensors), std::move(kept)));
    return stampTensorHash(file);
}

// Weights of a network that is written anew, in any form: another variant or format of the same would now be
// another model's.
bool isReplaced(const fs::path& file, const fs::path& from, const Source& source) {
    const std::string component = file.parent_path().lexically_relative(from).string();
    const bool ours = std::ranges::any_of(source.parts, [&](const Part& part) {
        return component == (part.component.empty() ? "." : part.component);
    });
    const std::string name = file.filename().string(), extension = file.extension().string();
    return ours && (extension == ".safetensors" || extension == ".bin" || extension == ".ckpt" ||
                    extension == ".msgpack" || extension == ".h5" || name.find(".index.") != name.npos);
}

// Everything of a model's folder but the weights that are written anew, byte for byte.
Status carryOver(const fs::path& from, const fs::path& to, const Source& source) {
    std::error_code error;
    fs::recursive_directory_iterator it(from, fs::directory_options::follow_directory_symlink, error);
    for (const fs::recursive_directory_iterator end; !error && it != end; it.increment(error)) {
        const fs::path target = to / it->path().lexically_relative(from);
        if (it->is_directory()) {
            ATELIER_DO(createDirectories(target));
        } else if (it->is_regular_file() && !isReplaced(it->path(), from, source)) {
            fs::copy_file(it->path(), target, error);
        }
    }
    if (error) return fail(ErrorCode::Io, "cannot be copied: " + error.message(), from.string());
    return {};
}

Status writeFolder(const Source& source, const fs::path& from, const fs::path& folder,
                   const ConvertOptions& options, Meter& meter) {
    for (const Part& part : source.parts) {
        ATELIER_DO(createDirectories(folder / part.component));
        std::vector<TensorToWrite> tensors;
        for (const Found& found : part.tensors)
            tensors.push_back(forFolder(part.component, found, options, meter));
        const char* stem = part.component.starts_with("text") ? "model" : "diffusion_pytorch_model";
        ATELIER_DO(writeSafetensors(folder / part.component / fmt::format("{}.safetensors", stem),
                                    std::move(tensors)));
    }
    if (options.keepForm) return carryOver(from, folder, source);
    return writePipelineFiles(folder, source.configs, options);
}

// Every tensor of the source against the same tensor of the result, both in the folder's layout.
Result<double> compare(const Source& source, const Source& result, const ConvertOptions& options,
                       Meter& meter, std::vector<std::string>& notFinite) {
    double largest = 0;
    for (std::size_t p = 0; p < source.parts.size(); ++p)
        for (std::size_t i = 0; i < source.parts[p].tensors.size(); ++i) {
            meter.tick();
            const Found &a = source.parts[p].tensors[i], &b = result.parts[p].tensors[i];
            const std::string& component = source.parts[p].component;
            ATELIER_TRY(const Bytes before, values(options, component, a));
            ATELIER_TRY(const Bytes after, folderBytes(b));
            const TensorType type = valueType(options, component, a);
            largest = std::max(largest, maximumDifference(before, type, after, b.entry.tensor->type));
            if (!allFinite(before, type)) notFinite.push_back(a.entry.tensor->name);
        }
    return largest;
}

Result<ConvertReport> convertInto(const Source& source, const fs::path& in, const fs::path& work,
                                  const fs::path& out, bool toSingle, const ConvertOptions& options) {
    ConvertReport report;
    report.family = familyName(source.configs.family);
    report.kind = source.configs.controlNet ? "controlnet" : "pipeline";
    report.remarks = source.remarks;
    report.toSingleFile = toSingle;
    for (const Part& part : source.parts) report.tensors += part.tensors.size();
    const fs::path made = work / (toSingle ? "model.safetensors" : "model");
    Meter writing{options, "write", report.tensors};
    if (toSingle)
        ATELIER_DO(writeSingle(source, made, out, options, writing));
    else
        ATELIER_DO(writeFolder(source, in, made, options, writing));
    ConvertOptions again;
    again.like = toSingle ? (work / "like") : fs::path();
    Meter reading{options, "read again", report.tensors};
    // The configurations come from the source: a single file holds none.
    if (toSingle) ATELIER_DO(writePipelineConfigs(again.like, source.configs));
    ATELIER_TRY(const Source result, toSingle ? openSingle(made, again) : openFolder(made, {}));
    ATELIER_TRY(report.maximumDifference, compare(source, result, options, reading, report.notFinite));
    for (const auto& weights : result.weights)
        for (const auto& file : weights->files()) report.bytes += file->fileSize();
    ATELIER_DO(renameFile(made, out));
    return report;
}

}  // namespace

namespace {

std::vector<ModelTensor> tensorsOf(const std::shared_ptr<const Source>& source) {
    std::vector<ModelTensor> tensors;
    for (const Part& part : source->parts)
        for (const Found& found : part.tensors)
            tensors.push_back({part.component, found.pair.folder, found.entry.tensor->type, found.pair.shape,
                               [source, &found] { return folderBytes(found); }});
    return tensors;
}

}  // namespace

Result<std::vector<ModelTensor>> openModel(const fs::path& path, const ConvertOptions& options) {
    std::error_code error;
    if (!fs::exists(path, error))
        return fail(ErrorCode::Model, "there is no such file or folder", path.string());
    ATELIER_TRY(Source opened, fs::is_directory(path, error) ? openFolder(path, options.variant)
                                                             : openSingle(path, options));
    return tensorsOf(std::make_shared<const Source>(std::move(opened)));
}

Result<ControlNetTensors> openControlNetFile(const fs::path& file) {
    ATELIER_TRY(Source opened, openSingle(file, {}));
    if (!opened.configs.controlNet)
        return fail(ErrorCode::Model,
                    fmt::format("it is a model of {}, no ControlNet", familyName(opened.configs.family)),
                    file.string(), "Give a ControlNet's folder or file.");
    const auto source = std::make_shared<const Source>(std::move(opened));
    return ControlNetTensors{*source->configs.controlNet, tensorsOf(source)};
}

Result<ConvertReport> convertModel(const fs::path& in, const fs::path& out, const ConvertOptions& options) {
    std::error_code error;
    const bool fromFolder = fs::is_directory(in, error), toSingle = fromFolder != options.keepForm;
    if (!fs::exists(in, error)) return fail(ErrorCode::Model, "there is no such file or folder", in.string());
    ATELIER_DO(requireFree(out));
    if (fromFolder &&
        (!options.like.empty() || options.withoutTokenizer || options.ema || !options.prediction.empty()))
        return fail(
            ErrorCode::Usage,
            "--like, --without-tokenizer, --ema and --prediction are for single files, this is a folder",
            in.string(), "A folder says all of it itself.");
    ATELIER_TRY(Source source, fromFolder ? openFolder(in, options.variant) : openSingle(in, options));
    if (toSingle && source.configs.t5)
        return fail(ErrorCode::Model, "its text_encoder is a T5EncoderModel, which no single file holds",
                    (in / "text_encoder").string(),
                    "Keep the folder: single files have names for CLIP's text encoders only.");
    const bool pipelineFolder = !fromFolder && !toSingle && !source.configs.controlNet;
    if (pipelineFolder && options.like.empty() && !options.withoutTokenizer)
        return fail(ErrorCode::Usage, "a single file holds no tokenizer", in.string(),
                    "Add --like FOLDER, any pipeline folder of the same family, or --without-tokenizer.");
    if (!fromFolder && !source.configs.controlNet) {
        auto settled = settlePrediction(source.configs, *source.weights.front(), options);
        if (!settled && pipelineFolder) return fail(std::move(settled).error());
        if (!settled) source.configs.prediction.clear();
    }
    ATELIER_TRY(const auto work, WorkFolder::create(out));
    return convertInto(source, in, work.path(), fs::absolute(out).lexically_normal(), toSingle, options);
}

}  // namespace atelier
