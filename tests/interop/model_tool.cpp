// SPDX-License-Identifier: GPL-3.0-or-later
// For the model tests of tests/interop: what probe does not show. Tensors come in and go out as safetensors
// files.
//   model_tool names KIND CONFIG.json OUT.json       names and shapes of a model, made without memory
//   model_tool vae|vq|unet2d|clip|t5|control FOLDER IN OUT [tile,slice | clip_skip | fp16 | guess]
//   model_tool fromunet UNET_FOLDER OUT_FOLDER       model_tool store KIND FOLDER OUT_FOLDER fp16|bf16
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cstdio>
#include <map>

#include "core/engine/models/component.h"

using namespace atelier;

namespace {

Json shapesOf(const torch::nn::Module& module) {
    Json shapes = Json::object();
    for (const auto& [name, tensor] : namedParameters(module)) shapes[name] = tensor.sizes().vec();
    return shapes;
}

template <class Module, class Config>
Status names(const fs::path& file, const fs::path& out,
             Result<Config> (*parse)(const Json&, const std::string&)) {
    ATELIER_TRY(const Json json, readModelJson(file));
    ATELIER_TRY(const Config config, parse(json, file.string()));
    const nn::ParameterOptionsGuard withoutMemory{at::TensorOptions(at::kMeta)};
    const Module module(config);
    return writeFileAtomic(out, dumpJson(Json{{"shapes", shapesOf(module)}, {"config", toJson(config)}}));
}

Status names(const std::string& kind, const fs::path& file, const fs::path& out) {
    if (kind == "unet") return names<UNet2DConditionModel>(file, out, &unet2DConditionConfigFromJson);
    if (kind == "controlnet") return names<ControlNetModel>(file, out, &controlNetConfigFromJson);
    if (kind == "unet2d") return names<UNet2DModel>(file, out, &unet2DConfigFromJson);
    if (kind == "vae") return names<AutoencoderKL>(file, out, &autoencoderKLConfigFromJson);
    if (kind == "vq") return names<VQModel>(file, out, &vqModelConfigFromJson);
    if (kind == "t5") return names<T5EncoderModel>(file, out, &t5EncoderConfigFromJson);
    return names<ClipTextModel>(file, out, &clipTextConfigFromJson);
}

using Tensors = std::map<std::string, at::Tensor>;

// The gradients of Σ output·upstream.
void addGradients(NamedTensors& out, const torch::nn::Module& module, const at::Tensor& output,
                  const at::Tensor& upstream) {
    (output * upstream).sum().backward();
    for (const auto& [name, parameter] : namedParameters(module))
        out.emplace_back("grad." + name,
                         parameter.grad().defined() ? parameter.grad() : at::zeros_like(parameter));
}

Result<NamedTensors> compute(const std::string& kind, const fs::path& folder, Tensors& in,
                             const std::string& option) {
    NamedTensors out;
    if (kind == "vae") {
        ATELIER_TRY(const auto vae, loadVae(folder));
        const at::NoGradGuard guard;
        vae->setTiling(option.find("tile") != std::string::npos);
        vae->setSlicing(option.find("slice") != std::string::npos);
        if (in.contains("pixels")) out.emplace_back("moments", vae->encodeMoments(in["pixels"]));
        if (in.contains("latents")) out.emplace_back("pixels", vae->decode(in["latents"]));
        if (in.contains("scale")) {
            out.emplace_back("scaled", vae->scaleLatents(in["scale"]));
            out.emplace_back("unscaled", vae->unscaleLatents(in["scale"]));
        }
    } else if (kind == "vq") {
        ATELIER_TRY(const auto vq, loadVqModel(folder));
        const at::Tensor latents = vq->encode(in["pixels"]);
        const Quantized quantized = vq->quantize(latents);
        const at::Tensor pixels = vq->decode(quantized.latents_BLHW, true);
        // The reference's loss with its historical weights.
        const at::Tensor loss = quantized.commitment_B.mean() + 0.25 * quantized.codebook_B.mean();
        out = {{"latents", latents},
               {"quantized", quantized.latents_BLHW},
               {"indices", quantized.indices_BHW},
               {"loss", loss},
               {"pixels", vq->decode(latents)},
               {"looked_up", vq->lookUp(quantized.indices_BHW)}};
        addGradients(out, *vq, pixels + loss, in["upstream"]);
    } else if (kind == "unet2d") {
        ATELIER_TRY(const auto unet, loadUnet2D(folder));
        unet->setGradientCheckpointing(option == "checkpoint");
        const at::Tensor sample = unet->forward(in["sample"], in["timestep"], in["class_labels"]);
        out.emplace_back("sample", sample);
        addGradients(out, *unet, sample, in["upstream"]);
    } else if (kind == "clip") {
        ATELIER_TRY(const auto model, loadClipTextModel(folder));
        const at::NoGradGuard guard;
        const int skip = std::stoi(option);
        out.emplace_back("context", model->encode(in["input_ids"], skip));
        const ClipContext penultimate = model->encodePenultimate(in["input_ids"], skip);
        out.emplace_back("penultimate", penultimate.context_BSD);
        if (penultimate.textEmbeds_BP.defined()) out.emplace_back("text_embeds", penultimate.textEmbeds_BP);
    } else if (kind == "t5") {
        LoadOptions load;
        if (option == "fp16") load.dtype = at::kHalf;
        ATELIER_TRY(const auto model, loadT5EncoderModel(folder, load));
        const at::Tensor states = model->forward(in["input_ids"], in["attention_mask"]).lastHiddenState_BSD;
        out.emplace_back("last_hidden_state", states.to(at::kFloat));
        if (in.contains("upstream")) addGradients(out, *model, states, in["upstream"]);
    } else {  // control: two ControlNets (folder/0, folder/1) in front of folder/unet
        ATELIER_TRY(const auto unet, loadUnet(folder / "unet"));
        UNetInputs inputs;
        inputs.sample_BCHW = in["sample"];
        inputs.timestep_B = in["timestep"];
        inputs.encoderHiddenStates_BSD = in["encoder_hidden_states"];
        NamedTensors gradients;
        std::vector<std::shared_ptr<ControlNetModel>> all;
        UNetInputs controlled = inputs;
        for (int i = 0; fs::exists(folder / std::to_string(i)); ++i) {
            ATELIER_TRY(const auto model, loadControlNet(folder / std::to_string(i)));
            all.push_back(model);
            const at::Tensor& condition = in[fmt::format("condition.{}", i)];
            ATELIER_DO(model->checkInputs(inputs, condition));
            const ControlNetOutput output = model->forward(inputs, condition, 0.7 + i, option == "guess");
            for (std::size_t k = 0; k < output.downBlockResSamples.size(); ++k)
                out.emplace_back(fmt::format("{}.down.{}", i, k), output.downBlockResSamples[k]);
            out.emplace_back(fmt::format("{}.mid", i), output.midBlockResSample);
            addControl(controlled, output);
        }
        ATELIER_DO(unet->checkInputs(controlled));
        const at::Tensor sample = unet->forward(controlled);
        out.emplace_back("sample", sample);
        addGradients(out, *all.front(), sample, in["upstream"]);
    }
    for (auto& [name, tensor] : out) tensor = tensor.detach().contiguous();
    return out;
}

Status run(int argc, char** argv) {
    const std::string verb = argv[1];
    if (verb == "names") return names(argv[2], argv[3], argv[4]);
    if (verb == "fromunet") {
        ATELIER_TRY(const auto unet, loadUnet(argv[2]));
        ATELIER_TRY(const auto model, controlNetFromUnet(*unet, 1, "bgr", 2));
        return saveControlNet(*model, argv[3]);
    }
    if (verb == "store") {
        LoadOptions load;
        load.dtype = std::string(argv[5]) == "fp16" ? at::kHalf : at::kBFloat16;
        const std::string kind = argv[2];
        if (kind == "vae") {
            ATELIER_TRY(const auto vae, loadVae(argv[3], load));
            std::printf("%s\n", c10::toString(vae->parameters().front().scalar_type()));
            return saveVae(*vae, argv[4]);
        }
        ATELIER_TRY(const auto model, loadUnet2D(argv[3], load));
        std::printf("%s\n", c10::toString(model->parameters().front().scalar_type()));
        return saveUnet2D(*model, argv[4]);
    }
    ATELIER_TRY(auto list, readTensors(argv[3]));
    Tensors in(list.begin(), list.end());
    ATELIER_TRY(const auto out, compute(verb, argv[2], in, argc > 5 ? argv[5] : ""));
    return writeTensors(argv[4], out);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 4) return 2;
    const Status status = run(argc, argv);
    if (!status) std::fprintf(stderr, "error: %s\n", status.error().message().c_str());
    return status ? 0 : 1;
}
