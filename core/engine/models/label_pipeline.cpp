// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/models/label_pipeline.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/engine/models/pipeline.h"

namespace atelier {
namespace {

constexpr const char* kCodec = "vqvae";  // LDMPipeline's name, whichever autoencoder it is

Result<Json> readIndex(const fs::path& folder) {
    return readModelJson(folder / "model_index.json");
}

std::string className(const Json& index, const std::string& component) {
    const auto entry = index.find(component);
    if (entry == index.end() || !entry->is_array() || entry->size() != 2 || !(*entry)[1].is_string())
        return "";
    return (*entry)[1].get<std::string>();
}

// diffusers' DiTPipeline keeps the names of its classes so: {"0": "tench", …}.
Result<std::vector<std::string>> readClasses(const Json& index, const fs::path& folder) {
    std::vector<std::string> classes;
    const auto names = index.find("id2label");
    if (names == index.end() || !names->is_object()) return classes;
    for (std::size_t i = 0; i < names->size(); ++i) {
        const auto name = names->find(std::to_string(i));
        if (name == names->end() || !name->is_string())
            return fail(ErrorCode::Model, fmt::format("id2label names no class {}", i),
                        (folder / "model_index.json").string());
        classes.push_back(name->get<std::string>());
    }
    return classes;
}

}  // namespace

bool isLabelFolder(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(folder / "model_index.json", error)) return false;
    const auto index = readIndex(folder);
    return index && index->is_object() && className(*index, "unet") == "UNet2DModel";
}

Result<LabelPipeline> loadLabelPipeline(const fs::path& folder, const LoadOptions& options) {
    ATELIER_TRY(const auto index, readIndex(folder));
    LabelPipeline pipeline;
    ATELIER_TRY(pipeline.classes, readClasses(index, folder));
    ATELIER_TRY(pipeline.unet, loadUnet2D(folder / "unet", options));
    if (!className(index, kCodec).empty()) {
        ATELIER_TRY(auto codec, loadLatentCodec(folder / kCodec, options));
        pipeline.codec.emplace(std::move(codec));
    }
    pipeline.maskLabels = pipeline.unet->config().inChannels - pipeline.latentChannels();
    ATELIER_TRY(pipeline.scheduler, readModelJson(folder / "scheduler" / "scheduler_config.json"));
    return pipeline;
}

Status saveLabelPipeline(const LabelPipeline& pipeline, const fs::path& folder, const SaveOptions& options) {
    return writeFolderWhole(folder, [&](const fs::path& to) -> Status {
        ATELIER_DO(createDirectories(to / "scheduler"));
        ATELIER_DO(saveUnet2D(*pipeline.unet, to / "unet", options));
        Json index{{"_class_name", pipeline.codec ? "LDMPipeline" : "DDPMPipeline"},
                   {"_diffusers_version", kFormatVersion},
                   {"unet", {"diffusers", "UNet2DModel"}},
                   {"scheduler", {"diffusers", pipeline.scheduler.value("_class_name", "DDPMScheduler")}}};
        if (pipeline.codec) {
            ATELIER_DO(pipeline.codec->save(to / kCodec, {}, pipeline.codec->scalingFactor()));
            index[kCodec] = {"diffusers", pipeline.codec->className()};
        }
        for (std::size_t i = 0; i < pipeline.classes.size(); ++i)
            index["id2label"][std::to_string(i)] = pipeline.classes[i];
        ATELIER_DO(writeFileAtomic(to / "scheduler" / "scheduler_config.json",
                                   dumpModelJson(diffusersConfig(pipeline.scheduler))));
        return writeFileAtomic(to / "model_index.json", dumpModelJson(index));
    });
}

Status checkLabelPipeline(const LabelPipeline& pipeline, int width, int height) {
    const auto& unet = pipeline.unet->config();
    const int latent = pipeline.latentChannels();
    if (unet.outChannels != latent || unet.inChannels != latent + pipeline.maskLabels)
        return fail(ErrorCode::Model,
                    fmt::format("the UNet takes {} channels and gives {}; latents have {}, the mask {}",
                                unet.inChannels, unet.outChannels, latent, pipeline.maskLabels),
                    "unet/config.json", "UNet and autoencoder must belong together.");
    const int labels = pipeline.classes.empty() ? 0 : static_cast<int>(pipeline.classes.size()) + 1;
    if (!unet.classEmbedType.empty() || unet.numClassEmbeds.value_or(0) != labels)
        return fail(ErrorCode::Model,
                    fmt::format("the UNet knows {} labels; {} classes are named, which needs {}",
                                unet.numClassEmbeds.value_or(0), pipeline.classes.size(), labels),
                    "unet/config.json", "One label more than classes stands for \"not told\".");
    const int step = pipeline.downscale() << (static_cast<int>(unet.blockOutChannels.size()) - 1);
    if (width < step || height < step || width % step || height % step)
        return fail(ErrorCode::Usage, fmt::format("the size {}×{} does not fit", width, height), "",
                    fmt::format("Width and height must be multiples of {} for this model.", step));
    return {};
}

Result<std::int64_t> labelOf(const LabelPipeline& pipeline, const std::string& name) {
    const auto& classes = pipeline.classes;
    if (name.empty()) return static_cast<std::int64_t>(classes.size());
    if (const auto found = std::find(classes.begin(), classes.end(), name); found != classes.end())
        return found - classes.begin();
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size() && number < classes.size())
        return static_cast<std::int64_t>(number);
    if (classes.empty())
        return fail(ErrorCode::Usage, fmt::format("this model is told no class, and \"{}\" is given", name),
                    "--prompt", "Give an empty prompt, --prompt \"\".");
    return fail(ErrorCode::Usage, fmt::format("the model knows no class \"{}\"", name), "--prompt",
                fmt::format("It knows {}; such as \"{}\", or their numbers from 0.", classes.size(),
                            classes.front()));
}

at::Tensor labelChannels(const at::Tensor& mask_BHW, int labels, at::IntArrayRef size) {
    const auto small = at::upsample_nearest2d(mask_BHW.to(at::kFloat).unsqueeze(1), size);  // [B,1,h,w]
    const auto numbers = at::arange(1, labels + 1, small.options()).view({1, labels, 1, 1});
    return small.eq(numbers).to(at::kFloat);
}

}  // namespace atelier
