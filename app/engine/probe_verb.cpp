// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine probe`: one component of a pipeline on given tensors, so that its numbers can be held
// against another implementation. fp32 on the CPU, weights as stored, nothing drawn.
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <CLI/CLI.hpp>

#include <set>

#include "app/engine/cli.h"
#include "core/base/check.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/engine/models/pipeline.h"

namespace atelier::cli {
namespace {

struct ProbeArguments {
    std::string model, component, inputs, out, grad, device = "cpu";
};

// The named input tensors; each is taken once, what is left over is an error.
class Inputs {
  public:
    static Result<Inputs> read(const fs::path& path) {
        ATELIER_TRY(auto tensors, readTensors(path));
        Inputs inputs;
        inputs.path_ = path.string();
        for (auto& [name, tensor] : tensors) inputs.tensors_[name] = tensor;
        return inputs;
    }
    bool has(const std::string& name) const { return tensors_.contains(name); }
    // Types allowed: F32, and I64 where `integer`.
    Result<at::Tensor> take(const std::string& name, bool floating = true, bool integer = false) {
        const auto it = tensors_.find(name);
        if (it == tensors_.end())
            return fail(ErrorCode::Model, "input \"" + name + "\" is missing", path_,
                        "It holds: " + names() + ".");
        const at::Tensor tensor = it->second;
        tensors_.erase(it);
        const bool fits = (floating && tensor.scalar_type() == at::kFloat) ||
                          (integer && tensor.scalar_type() == at::kLong);
        if (!fits)
            return fail(ErrorCode::Model,
                        fmt::format("input \"{}\" has dtype {}", name, c10::toString(tensor.scalar_type())),
                        path_,
                        floating && integer ? "It must be F32 or I64."
                        : floating          ? "It must be F32."
                                            : "It must be I64.");
        return tensor;
    }
    Result<at::Tensor> takeOptional(const std::string& name, bool floating = true, bool integer = false) {
        return has(name) ? take(name, floating, integer) : at::Tensor();
    }
    Status finish() const {
        if (tensors_.empty()) return {};
        return fail(ErrorCode::Model, "inputs that this component does not take: " + names(), path_);
    }

  private:
    std::string names() const {
        std::vector<std::string> list;
        for (const auto& [name, tensor] : tensors_) list.push_back(name);
        return list.empty() ? "nothing else" : join(list, ", ");
    }
    std::string path_;
    std::map<std::string, at::Tensor> tensors_;
};

// MODEL_DIR/component, or MODEL_DIR itself when it holds config.json.
Result<fs::path> componentFolder(const fs::path& model, const std::string& name, const char* file) {
    if (!fs::is_directory(model)) return fail(ErrorCode::Model, "there is no such folder", model.string());
    if (fs::is_directory(model / name)) return model / name;
    if (fs::exists(model / file)) return model;
    std::vector<std::string> there;
    for (const auto& entry : fs::directory_iterator(model))
        if (entry.is_directory()) there.push_back(entry.path().filename().string());
    std::sort(there.begin(), there.end());
    return fail(ErrorCode::Model, "it has no component \"" + name + "\"", model.string(),
                there.empty() ? "The folder has no sub-folders." : "It has: " + join(there, ", ") + ".");
}

Result<UNetInputs> takeUnetInputs(Inputs& inputs) {
    UNetInputs in;
    ATELIER_TRY(in.sample_BCHW, inputs.take("sample"));
    ATELIER_TRY(in.timestep_B, inputs.take("timestep", true, true));
    ATELIER_TRY(in.encoderHiddenStates_BSD, inputs.take("encoder_hidden_states"));
    ATELIER_TRY(in.classLabels_B, inputs.takeOptional("class_labels", true, true));
    ATELIER_TRY(in.timestepCond_BW, inputs.takeOptional("timestep_cond"));
    ATELIER_TRY(in.textEmbeds_BP, inputs.takeOptional("text_embeds"));
    ATELIER_TRY(in.timeIds_B6, inputs.takeOptional("time_ids"));
    for (int i = 0; inputs.has(fmt::format("down_block_additional_residuals.{}", i)); ++i) {
        ATELIER_TRY(auto residual, inputs.take(fmt::format("down_block_additional_residuals.{}", i)));
        in.downBlockAdditionalResiduals.push_back(residual);
    }
    ATELIER_TRY(in.midBlockAdditionalResidual, inputs.takeOptional("mid_block_additional_residual"));
    return in;
}

Result<NamedTensors> probeUnet(const ProbeArguments& arguments, Inputs& inputs) {
    ATELIER_TRY(const fs::path folder, componentFolder(arguments.model, "unet", "config.json"));
    ATELIER_TRY(const auto unet, loadUnet(folder));
    ATELIER_TRY(UNetInputs in, takeUnetInputs(inputs));
    ATELIER_DO(inputs.finish());
    ATELIER_DO(unet->checkInputs(in));
    if (arguments.grad.empty()) {
        const at::NoGradGuard guard;
        return NamedTensors{{"sample", unet->forward(in)}};
    }
    ATELIER_TRY(Inputs upstream, Inputs::read(arguments.grad));
    ATELIER_TRY(const at::Tensor gradient, upstream.take("sample"));
    ATELIER_DO(upstream.finish());
    in.sample_BCHW.set_requires_grad(true);
    const at::Tensor output = unet->forward(in);
    if (gradient.sizes() != output.sizes())
        return fail(ErrorCode::Model,
                    "\"sample\" has shape " + shapeText(gradient.sizes()) + " instead of " +
                        shapeText(output.sizes()),
                    arguments.grad);
    const NamedTensors parameters = namedParameters(*unet);
    torch::autograd::variable_list wanted{in.sample_BCHW};
    for (const auto& [name, parameter] : parameters) wanted.push_back(parameter);
    const auto gradients = torch::autograd::grad({output}, wanted, {gradient}, std::nullopt, false, true);
    NamedTensors out{{"sample", output.detach()}, {"grad_input.sample", gradients[0]}};
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const at::Tensor& g = gradients[i + 1];
        out.emplace_back("grad." + parameters[i].first,
                         g.defined() ? g : at::zeros_like(parameters[i].second));
    }
    return out;
}

Result<NamedTensors> probeControlNet(const ProbeArguments& arguments, Inputs& inputs) {
    ATELIER_TRY(const fs::path folder, componentFolder(arguments.model, "controlnet", "config.json"));
    ATELIER_TRY(const auto controlNet, loadControlNet(folder));
    ATELIER_TRY(const UNetInputs in, takeUnetInputs(inputs));
    ATELIER_TRY(const at::Tensor condition, inputs.take("controlnet_cond"));
    ATELIER_TRY(const at::Tensor scale, inputs.takeOptional("conditioning_scale"));
    ATELIER_DO(inputs.finish());
    ATELIER_DO(controlNet->checkInputs(in, condition));
    if (!in.downBlockAdditionalResiduals.empty() || in.midBlockAdditionalResidual.defined())
        return fail(ErrorCode::Model, "a ControlNet takes no residuals of another", arguments.inputs);
    if (scale.defined() && scale.numel() != 1)
        return fail(ErrorCode::Model, "input \"conditioning_scale\" must hold one number", arguments.inputs);
    const at::NoGradGuard guard;
    const ControlNetOutput output =
        controlNet->forward(in, condition, scale.defined() ? scale.item<double>() : 1.0);
    NamedTensors out{{"mid_block_res_sample", output.midBlockResSample}};
    for (std::size_t i = 0; i < output.downBlockResSamples.size(); ++i)
        out.emplace_back(fmt::format("down_block_res_samples.{}", i), output.downBlockResSamples[i]);
    return out;
}

Result<NamedTensors> probeVae(const ProbeArguments& arguments, Inputs& inputs, bool encode) {
    ATELIER_TRY(const fs::path folder, componentFolder(arguments.model, "vae", "config.json"));
    ATELIER_TRY(const auto vae, loadVae(folder));
    const char* name = encode ? "pixels" : "latents";
    ATELIER_TRY(const at::Tensor x, inputs.take(name));
    ATELIER_DO(inputs.finish());
    const int channels = encode ? vae->config().inChannels : vae->config().latentChannels;
    if (x.dim() != 4 || x.size(1) != channels || x.numel() == 0)
        return fail(ErrorCode::Model,
                    fmt::format("input \"{}\" has shape {}, the model takes [B, {}, H, W]", name,
                                shapeText(x.sizes()), channels),
                    arguments.inputs);
    const at::NoGradGuard guard;
    return encode ? NamedTensors{{"moments", vae->encodeMoments(x)}}
                  : NamedTensors{{"pixels", vae->decode(x)}};
}

Result<NamedTensors> probeT5(T5EncoderModel& model, const at::Tensor& ids, Inputs& inputs,
                             const ProbeArguments& arguments) {
    ATELIER_TRY(const at::Tensor mask, inputs.takeOptional("attention_mask", false, true));
    ATELIER_DO(inputs.finish());
    if (mask.defined() && mask.sizes() != ids.sizes())
        return fail(ErrorCode::Model,
                    "input \"attention_mask\" has shape " + shapeText(mask.sizes()) + " instead of " +
                        shapeText(ids.sizes()),
                    arguments.inputs);
    const at::NoGradGuard guard;
    const T5Output output = model.forward(ids, mask, true);
    NamedTensors out{{"last_hidden_state", output.lastHiddenState_BSD}};
    for (std::size_t i = 0; i < output.hiddenStates.size(); ++i)
        out.emplace_back(fmt::format("hidden_states.{}", i), output.hiddenStates[i]);
    return out;
}

Result<NamedTensors> probeTextEncoder(const ProbeArguments& arguments, Inputs& inputs) {
    ATELIER_TRY(const fs::path folder, componentFolder(arguments.model, arguments.component, "config.json"));
    ATELIER_TRY(const auto any, loadTextEncoder(folder));
    ATELIER_TRY(const at::Tensor ids, inputs.take("input_ids", false, true));
    ATELIER_DO(any->checkInputs(ids));
    if (auto* t5 = dynamic_cast<T5EncoderModel*>(any.get())) return probeT5(*t5, ids, inputs, arguments);
    ATELIER_DO(inputs.finish());
    auto* model = dynamic_cast<ClipTextModel*>(any.get());
    ATELIER_CHECK(model, "text encoders are of two families");
    const at::NoGradGuard guard;
    const ClipTextOutput output = model->forward(ids, true);
    NamedTensors out{{"last_hidden_state", output.lastHiddenState_BSD},
                     {"pooler_output", output.poolerOutput_BD}};
    for (std::size_t i = 0; i < output.hiddenStates.size(); ++i)
        out.emplace_back(fmt::format("hidden_states.{}", i), output.hiddenStates[i]);
    if (output.textEmbeds_BP.defined()) out.emplace_back("text_embeds", output.textEmbeds_BP);
    return out;
}

// Inputs: one JSON string per line.
Result<NamedTensors> probeTokenizer(const ProbeArguments& arguments) {
    const char* file = "vocab.json";
    for (const char* other : {"tokenizer.json", "spiece.model"})
        if (fs::exists(fs::path(arguments.model) / other)) file = other;
    ATELIER_TRY(const fs::path folder, componentFolder(arguments.model, arguments.component, file));
    ATELIER_TRY(const auto tokenizer, loadTokenizer(folder));
    ATELIER_TRY(const std::string text, readFile(arguments.inputs));
    std::vector<std::int64_t> ids;
    std::int64_t lines = 0;
    for (std::size_t start = 0; start < text.size(); ++lines) {
        std::size_t end = text.find('\n', start);
        if (end == std::string::npos) end = text.size();
        const std::string where = fmt::format("{}:{}", arguments.inputs, lines + 1);
        ATELIER_TRY(const Json line, parseJson(std::string_view(text).substr(start, end - start), where));
        if (!line.is_string()) return fail(ErrorCode::Model, "the line is not a JSON string", where);
        for (std::int64_t id : tokenizer->encodePadded(line.get<std::string>())) ids.push_back(id);
        start = end + 1;
    }
    return NamedTensors{
        {"input_ids", at::tensor(ids, at::kLong).view({lines, lines == 0 ? tokenizer->maxLength() : -1})}};
}

Result<NamedTensors> probe(const ProbeArguments& arguments) {
    static const std::vector<std::string> kComponents{"unet",       "controlnet",   "vae.encode",
                                                      "vae.decode", "text_encoder", "text_encoder_2",
                                                      "tokenizer",  "tokenizer_2"};
    const std::string& name = arguments.component;
    if (std::find(kComponents.begin(), kComponents.end(), name) == kComponents.end())
        return fail(ErrorCode::Usage, "there is no component \"" + name + "\"", "--component",
                    "It is one of " + join(kComponents, ", ") + ".");
    if (arguments.device != "cpu")
        return fail(ErrorCode::Usage, "probe computes on the CPU only", "--device");
    if (!arguments.grad.empty() && name != "unet")
        return fail(ErrorCode::Usage, "only the unet has gradients to probe", "--grad");
    if (name.starts_with("tokenizer")) return probeTokenizer(arguments);
    ATELIER_TRY(Inputs inputs, Inputs::read(arguments.inputs));
    if (name == "unet") return probeUnet(arguments, inputs);
    if (name == "controlnet") return probeControlNet(arguments, inputs);
    if (name.starts_with("vae")) return probeVae(arguments, inputs, name == "vae.encode");
    return probeTextEncoder(arguments, inputs);
}

Status run(const ProbeArguments& arguments) {
    try {
        auto tensors = probe(arguments);
        if (!tensors) {
            Error error = std::move(tensors).error();
            if (error.code == ErrorCode::Data || error.code == ErrorCode::Io)
                error.code = ErrorCode::Model;  // any bad input ends with 2
            return fail(std::move(error));
        }
        return writeTensors(arguments.out, *tensors);
    } catch (const c10::Error& error) {
        return fail(ErrorCode::Model, error.what_without_backtrace(), arguments.inputs,
                    "The inputs do not fit the model.");
    }
}

}  // namespace

int probeVerb(Arguments arguments) {
    CLI::App app{"Run one component of a pipeline on given tensors (fp32, CPU) and write what comes out.",
                 "atelier-engine probe"};
    ProbeArguments given;
    app.add_option("MODEL_DIR", given.model, "pipeline folder, or a component's own folder")->required();
    app.add_option("--component", given.component,
                   "unet, controlnet, vae.encode, vae.decode, text_encoder, tokenizer")
        ->required();
    app.add_option("--inputs", given.inputs, "safetensors file; for a tokenizer one JSON string per line")
        ->required();
    app.add_option("--out", given.out, "safetensors file to write")->required();
    app.add_option("--grad", given.grad,
                   "safetensors file with dL/d(output): also write all gradients (unet)");
    app.add_option("--device", given.device, "cpu");
    if (const auto code = parse(app, arguments)) return *code;
    if (const Status status = run(given); !status) return report(status.error());
    return 0;
}

}  // namespace atelier::cli
