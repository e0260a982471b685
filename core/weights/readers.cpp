// SPDX-License-Identifier: GPL-3.0-or-later
// The rules, kind by kind: what decides is which names a reader looks for.
#include "core/weights/readers.h"

#include <algorithm>

#include "core/base/strings.h"

namespace atelier {
namespace {

constexpr const char *kA1111 = "A1111", *kComfy = "ComfyUI", *kDiffusers = "diffusers", *kKohya = "kohya";

class Names {
  public:
    explicit Names(std::span<const TensorInfo> tensors) : tensors_(tensors) {}
    bool holds(std::string_view part) const {
        return std::ranges::any_of(
            tensors_, [&](const TensorInfo& t) { return t.name.find(part) != std::string::npos; });
    }
    bool begins(std::string_view prefix) const {
        return std::ranges::any_of(tensors_, [&](const TensorInfo& t) { return t.name.starts_with(prefix); });
    }

  private:
    std::span<const TensorInfo> tensors_;
};

Reader takes(const char* program, std::string how = {}) {
    return {program, true, std::move(how)};
}
Reader refuses(const char* program, std::string why) {
    return {program, false, std::move(why)};
}

std::vector<Reader> allRefuse(const std::string& why) {
    return {refuses(kA1111, why), refuses(kComfy, why), refuses(kDiffusers, why), refuses(kKohya, why)};
}

std::vector<Reader> checkpointReaders(const TensorVerdict& verdict, const Names& names) {
    const bool vae = names.begins("first_stage_model."),
               text = names.begins("cond_stage_model.") || names.begins("conditioner.");
    if (verdict.family.empty()) return {};
    if (!vae || !text)
        return allRefuse(std::string("it holds no ") + (text ? "autoencoder" : "text encoder") +
                         ": a checkpoint needs UNet, autoencoder and text encoder");
    if (verdict.family == "Stable Diffusion x4 upscaler")
        return {refuses(kA1111, "it has no place for this upscaler"), takes(kComfy),
                takes(kDiffusers, "from_single_file"), refuses(kKohya, "it trains no upscalers")};
    if (verdict.family == "Stable Diffusion XL refiner")
        return {takes(kA1111, "as refiner"), takes(kComfy), takes(kDiffusers, "from_single_file"),
                refuses(kKohya, "it trains no refiners")};
    if (verdict.variant == "depth")
        return {names.begins("depth_model.")
                    ? takes(kA1111)
                    : refuses(kA1111, "it knows the kind by its depth_model, which is missing"),
                refuses(kComfy, "it gives the UNet no depth"),
                refuses(kDiffusers, "it takes the file for one with 4 channels: convert makes a folder"),
                refuses(kKohya, "it trains UNets with 4 channels")};
    if (verdict.variant == "edit")
        return {takes(kA1111), takes(kComfy),
                refuses(kDiffusers, "it takes the file for one with 4 channels: convert makes a folder"),
                refuses(kKohya, "it trains UNets with 4 channels")};
    if (verdict.variant == "inpainting")
        return {takes(kA1111), takes(kComfy), takes(kDiffusers, "from_single_file"),
                refuses(kKohya, "it trains UNets with 4 channels")};
    return {takes(kA1111), takes(kComfy), takes(kDiffusers, "from_single_file"),
            takes(kKohya, verdict.family == "Stable Diffusion 2" ? "with --v2" : "")};
}

std::vector<Reader> loraReaders(const Names& names) {
    const auto other = [](const char* program, const std::string& dialect) {
        return refuses(program, "it reads other names: lora convert --to " + dialect);
    };
    if (names.holds("base_model.model."))
        return {takes("PEFT"), takes(kComfy), other(kA1111, "kohya"), other(kDiffusers, "diffusers"),
                other(kKohya, "kohya")};
    if (names.holds(".lora_down.weight"))
        return {takes(kA1111), takes(kComfy), takes(kDiffusers), takes(kKohya, "--network_weights")};
    return {takes(kDiffusers), takes(kComfy), other(kA1111, "kohya"), other(kKohya, "kohya")};
}

}  // namespace

std::vector<Reader> readersOf(const TensorVerdict& verdict, std::span<const TensorInfo> tensors) {
    const Names names(tensors);
    const std::string whole = "it takes whole models: convert makes one of a pipeline folder";
    if (verdict.kind == "checkpoint") return checkpointReaders(verdict, names);
    if (verdict.kind == "lora") return loraReaders(names);
    if (verdict.kind == "lycoris")
        return {takes(kA1111), takes(kComfy), refuses(kDiffusers, "it reads LoRA and LoCon only"),
                takes(kKohya, "with the lycoris module")};
    if (verdict.kind == "textual_inversion") {
        const bool nameless =
            names.holds("emb_params") || names.holds("clip_l") || names.holds("string_to_param");
        return {takes(kA1111), takes(kComfy), takes(kDiffusers, nameless ? "with the token given" : ""),
                takes(kKohya, "--weights")};
    }
    if (verdict.kind == "controlnet")
        return {takes(kA1111, "its ControlNet extension"), takes(kComfy),
                takes(kDiffusers, "ControlNetModel.from_single_file"),
                takes(kKohya, "--controlnet_model_name_or_path")};
    if (verdict.kind == "unet" && !verdict.family.empty())
        return {takes(kDiffusers, "with config.json beside it"), takes(kComfy, "its UNETLoader"),
                refuses(kA1111, whole), refuses(kKohya, whole)};
    if (verdict.kind == "vae") {
        if (names.holds("mid.block_1."))
            return {takes(kA1111), takes(kComfy), takes(kDiffusers, "AutoencoderKL.from_single_file"),
                    takes(kKohya, "--vae")};
        return {takes(kDiffusers, "with config.json beside it"), takes(kComfy),
                refuses(kA1111, "it reads the original names"),
                refuses(kKohya, "it reads such names from a folder: --vae DIR")};
    }
    if (verdict.kind == "text_encoder")
        return {takes(kDiffusers, "with config.json beside it"), takes(kComfy, "its CLIPLoader"),
                refuses(kA1111, whole), refuses(kKohya, whole)};
    return {};
}

std::vector<Reader> folderReaders(const std::string& family, const std::string& variant) {
    const bool plain =
        family == "Stable Diffusion 1" || family == "Stable Diffusion 2" || family == "Stable Diffusion XL";
    std::vector<Reader> readers{takes(kDiffusers, "from_pretrained")};
    readers.push_back(plain
                          ? takes(kComfy, "its DiffusersLoader")
                          : refuses(kComfy, "its loader of folders knows 1, 2 and XL: convert makes a file"));
    readers.push_back(refuses(kA1111, "it reads single files: convert makes one"));
    readers.push_back(plain && variant.empty()
                          ? takes(kKohya, family == "Stable Diffusion 2" ? "with --v2" : "")
                          : refuses(kKohya, "it trains plain 1, 2 and XL base models"));
    return readers;
}

std::string describeReaders(const std::vector<Reader>& readers) {
    std::vector<std::string> taking, others;
    for (const Reader& reader : readers) {
        if (reader.takes)
            taking.push_back(reader.program + (reader.how.empty() ? "" : " (" + reader.how + ")"));
        else
            others.push_back("; not by " + reader.program + ": " + reader.how);
    }
    return "by their rules it is read by: " + (taking.empty() ? "none of them" : join(taking, ", ")) +
           join(others, "");
}

}  // namespace atelier
