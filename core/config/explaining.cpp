// SPDX-License-Identifier: GPL-3.0-or-later
// The dialect of explaining.h. Shapes are kept where diffusers' networks have them: widths, halvings, layers,
// heads, attention; blocks that those do not have are named.
#include "core/config/explaining.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/base/strings.h"
#include "core/config/compose.h"

namespace atelier::explaining {
namespace {

using yaml::Node;

constexpr std::array kSections{"dataset_params", "diffusion_params", "ldm_params", "autoencoder_params",
                               "train_params"};
// Where the two data sets that the dialect knows have their pictures, and how many.
constexpr std::int64_t kMnistPictures = 60'000, kCelebPictures = 30'000;

class Translator {
  public:
    Translator(const Node& tree, bool autoencoder, std::vector<Issue>& issues)
        : tree_(tree), autoencoder_(autoencoder), issues_(issues) {}

    Json run() {
        celeb_ = text("dataset_params.name", "mnist") == "celebhq";
        readConditions();
        experiment();
        dataset();
        autoencoder_ ? autoencoder() : denoiser();
        optimizer();
        deadKeys();
        return std::move(out_);
    }

  private:
    // ---- reading

    const Node* find(std::string_view path) const { return selectPath(tree_, splitKeyPath(path)); }
    std::string text(std::string_view path, const std::string& otherwise) const {
        const Node* node = find(path);
        return node && node->isScalar() && !node->isNull() ? yaml::scalarText(*node) : otherwise;
    }
    double number(std::string_view path, double otherwise) const {
        const Node* node = find(path);
        if (!node) return otherwise;
        if (node->kind == yaml::Kind::Int) return static_cast<double>(node->integer);
        return node->kind == yaml::Kind::Float ? node->number : otherwise;
    }
    std::int64_t whole(std::string_view path, std::int64_t otherwise) const {
        return std::max<std::int64_t>(static_cast<std::int64_t>(number(path, static_cast<double>(otherwise))),
                                      1);
    }
    template <class T>
    std::vector<T> list(std::string_view path) const {
        std::vector<T> values;
        const Node* node = find(path);
        if (!node || !node->isList()) return values;
        for (const auto& item : node->items)
            values.push_back(item.kind == yaml::Kind::Bool ? static_cast<T>(item.boolean)
                                                           : static_cast<T>(item.integer));
        return values;
    }
    void say(IssueSeverity severity, const char* code, const std::string& path, const std::string& what,
             const std::string& hint = {}) {
        Issue issue{severity, code, path, 0, 0, what, hint, std::nullopt};
        if (const Node* node = find(path)) issue.line = node->begin.line, issue.column = node->begin.column;
        issues_.push_back(std::move(issue));
    }

    void readConditions() {
        const Node* types = find("ldm_params.condition_config.condition_types");
        if (!types || !types->isList()) return;
        for (const auto& type : types->items) {
            const auto name = yaml::scalarText(type);
            byClass_ = byClass_ || name == "class";
            byText_ = byText_ || name == "text";
            byMask_ = byMask_ || name == "image";
        }
        if (byText_ && (byMask_ || byClass_))
            say(IssueSeverity::Error, "ex_conditions", "ldm_params.condition_config.condition_types",
                "a text together with a mask or a class is not available in this version",
                "Leave one of them in the list.");
        const auto encoder =
            text("ldm_params.condition_config.text_condition_config.text_embed_model", "clip");
        if (byText_ && encoder != "clip")
            say(IssueSeverity::Error, "ex_bert",
                "ldm_params.condition_config.text_condition_config.text_embed_model",
                "the text encoder \"" + encoder + "\" is not available in this version", "Use clip.");
    }

    std::string taskName() const { return text("train_params.task_name", "run"); }
    std::int64_t batch() const {
        return whole(autoencoder_ ? "train_params.autoencoder_batch_size" : "train_params.ldm_batch_size", 4);
    }
    std::int64_t accumulation() const {
        return autoencoder_ ? whole("train_params.autoencoder_acc_steps", 1) : 1;
    }

    // ---- writing

    void experiment() {
        const auto pictures = celeb_ ? kCelebPictures : kMnistPictures;
        const auto epochs =
            whole(autoencoder_ ? "train_params.autoencoder_epochs" : "train_params.ldm_epochs", 1);
        out_["experiment"] = {
            {"name", taskName() + (autoencoder_ ? "-autoencoder" : "")},
            {"log_dir", "."},
            {"num_examples_to_see", epochs * pictures},
            {"save_every", std::max<std::int64_t>(pictures / (batch() * accumulation()), 1)},
            {"seed", static_cast<std::int64_t>(number("train_params.seed", 1111))}};
        say(IssueSeverity::Note, "ex_epochs", "train_params",
            "epochs are counted in images here: " + std::to_string(epochs) + " of the " +
                std::to_string(pictures) + " pictures of " + (celeb_ ? "CelebA-HQ" : "MNIST"),
            "With other data give experiment.num_examples_to_see and experiment.save_every.");
        out_["system"] = {{"batch_size", batch()}, {"gradient_accumulation", accumulation()}};
        out_["method"]["type"] = autoencoder_ ? "autoencoder" : byText_ ? "scratch" : "without_text";
        say(IssueSeverity::Note, "ex_stage", "",
            autoencoder_ ? "this is explainingai's dialect, read as its autoencoder's training"
                         : "this is explainingai's dialect, read as its denoiser's training; the autoencoder "
                           "is that of " +
                               taskName() + "-autoencoder",
            autoencoder_ ? "" : "Train that one first: the same file with method.type=autoencoder.");
    }

    void dataset() {
        const auto folder = text("dataset_params.im_path", "???");
        Json params{{"path", folder + (celeb_ && folder != "???" ? "/CelebA-HQ-img" : "")},
                    {"resolution", whole("dataset_params.im_size", 28)}};
        const std::string conditions = "ldm_params.condition_config.";
        if (byClass_ && !autoencoder_) {
            const auto count = whole(conditions + "class_condition_config.num_classes", 10);
            for (std::int64_t i = 0; i < count; ++i) out_["method"]["classes"].push_back(std::to_string(i));
            params["text_dropout"] = number(conditions + "class_condition_config.cond_drop_prob", 0);
        }
        if (byText_ && !autoencoder_) {
            params["caption_folder"] = folder + "/celeba-caption";
            params["caption_lines"] = "random";
            params["text_dropout"] = number(conditions + "text_condition_config.cond_drop_prob", 0);
        }
        if (byMask_ && !autoencoder_) {
            params["mask_folder"] = folder + "/CelebAMask-HQ-mask";
            out_["method"]["mask_labels"] =
                whole(conditions + "image_condition_config.image_condition_input_channels", 18);
            out_["method"]["condition_dropout"] =
                number(conditions + "image_condition_config.cond_drop_prob", 0);
        }
        out_["dataset"] = {{"type", "ImageFolder"}, {"params", params}};
    }

    // Widths of diffusers' levels, which halve between each other; blocks that do not halve join the one
    // before.
    static std::vector<std::int64_t> levels(const std::vector<std::int64_t>& widths,
                                            const std::vector<bool>& halves) {
        std::vector<std::int64_t> result;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            if (i > 0 && i - 1 < halves.size() && !halves[i - 1])
                result.back() = widths[i];
            else
                result.push_back(widths[i]);
        }
        return result;
    }

    struct Shape {
        std::vector<std::int64_t> levels;
        std::int64_t layers = 1;
    };
    Shape shapeOf(const std::string& section) {
        const auto widths = list<std::int64_t>(section + ".down_channels");
        Shape shape{levels(widths, list<bool>(section + ".down_sample")),
                    whole(section + ".num_down_layers", 1)};
        if (shape.levels.empty()) {
            say(IssueSeverity::Error, "ex_shape", section + ".down_channels", "it must be a list of widths");
            shape.levels = {32};
        }
        if (shape.levels.size() < widths.size())  // as many layers as there were blocks on one size
            shape.layers *= static_cast<std::int64_t>((widths.size() - 1) / shape.levels.size());
        return shape;
    }

    static Json repeated(const std::string& name, std::size_t count) {
        return Json(std::vector<std::string>(count, name));
    }

    void autoencoder() {
        const Shape shape = shapeOf("autoencoder_params");
        Json params{{"in_channels", whole("dataset_params.im_channels", 3)},
                    {"out_channels", whole("dataset_params.im_channels", 3)},
                    {"latent_channels", whole("autoencoder_params.z_channels", 4)},
                    {"block_out_channels", shape.levels},
                    {"down_block_types", repeated("DownEncoderBlock2D", shape.levels.size())},
                    {"up_block_types", repeated("UpDecoderBlock2D", shape.levels.size())},
                    {"layers_per_block", shape.layers},
                    {"norm_num_groups", whole("autoencoder_params.norm_channels", 32)},
                    {"sample_size", whole("dataset_params.im_size", 28)}};
        if (!byText_) params["num_vq_embeddings"] = whole("autoencoder_params.codebook_size", 256);
        out_["model"]["vae"] = {{"target", byText_ ? "AutoencoderKL" : "VQModel"}, {"params", params}};
        // Iterations are batches there, updates here.
        out_["loss"] = {{"l1_weight", 0.0},
                        {"mse_weight", 1.0},
                        {"codebook_weight", number("train_params.codebook_weight", 1)},
                        {"commitment_weight", number("train_params.commitment_beta", 0.2)},
                        {"lpips_weight", number("train_params.perceptual_weight", 1)},
                        {"discriminator_weight", number("train_params.disc_weight", 0.5)},
                        {"discriminator_start", whole("train_params.disc_start", 1) / accumulation()},
                        {"discriminator_loss", "mse"},
                        {"discriminator_adaptive", false}};
        if (number("train_params.perceptual_weight", 1) > 0) {
            out_["loss"]["lpips_file"] = "models/weights/v0.1/vgg.pth";
            out_["loss"]["lpips_backbone"] = "~/.cache/torch/hub/checkpoints/vgg16-397923af.pth";
        }
        if (byText_) out_["loss"]["kl_weight"] = number("train_params.kl_weight", 5e-6);
        if (byText_)
            say(IssueSeverity::Warning, "ex_kl", "autoencoder_params.codebook_size",
                "models with text have an AutoencoderKL here, not a codebook");
        const auto attends = list<bool>("autoencoder_params.attn_down");
        if (std::ranges::find(attends, true) != attends.end())
            say(IssueSeverity::Warning, "ex_differs", "autoencoder_params.attn_down",
                "diffusers' autoencoders attend in the middle only");
    }

    void denoiser() {
        const Shape shape = shapeOf("ldm_params");
        const auto count = shape.levels.size();
        const auto heads = whole("ldm_params.num_heads", 8);
        const auto attends = list<bool>("ldm_params.attn_down");
        std::vector<std::string> down, up;
        for (std::size_t i = 0; i < count; ++i) {
            const bool attention = attends.empty() || attends[std::min(i, attends.size() - 1)];
            const std::string kind = byText_ ? "CrossAttn" : attention ? "Attn" : "";
            down.push_back(kind + "DownBlock2D");
            up.insert(up.begin(), kind + "UpBlock2D");
        }
        Json params{{"block_out_channels", shape.levels},
                    {"down_block_types", down},
                    {"up_block_types", up},
                    {"layers_per_block", shape.layers},
                    {"norm_num_groups", whole("ldm_params.norm_channels", 32)}};
        auto& model = out_["model"];
        model["vae"]["pretrained"] = "./" + taskName() + "-autoencoder/final";  // a folder, not a hub's name
        if (byText_) {
            params["in_channels"] = params["out_channels"] = whole("autoencoder_params.z_channels", 4);
            params["attention_head_dim"] = heads;  // the number of heads, as that network names it
            params["cross_attention_dim"] =
                whole("ldm_params.condition_config.text_condition_config.text_embed_dim", 512);
            model["text_encoder"]["pretrained"] = "???";
            model["tokenizer"]["pretrained"] = "???";
        } else {
            params["attention_head_dim"] = std::max<std::int64_t>(shape.levels.front() / heads, 1);
            params["time_embedding_dim"] = whole("ldm_params.time_emb_dim", 512);
        }
        model["unet"] = {{"target", byText_ ? "UNet2DConditionModel" : "UNet2DModel"}, {"params", params}};
        model["noise_scheduler_training"] = {
            {"target", "DDPMScheduler"},
            {"params",
             {{"num_train_timesteps", whole("diffusion_params.num_timesteps", 1000)},
              {"beta_start", number("diffusion_params.beta_start", 0.0015)},
              {"beta_end", number("diffusion_params.beta_end", 0.0195)},
              {"beta_schedule", "scaled_linear"},
              {"clip_sample", false}}}};
        out_["sampling"]["guidance"] = std::max(number("train_params.cf_guidance_scale", 1), 0.0);
        out_["sampling"]["sampler"] = "ddim";
        say(IssueSeverity::Note, "ex_scaled", "ldm_params",
            "latents are scaled to unit variance by the autoencoder's scaling_factor");
    }

    void optimizer() {
        Json params{{"learning_rate",
                     number(autoencoder_ ? "train_params.autoencoder_lr" : "train_params.ldm_lr", 1e-5)},
                    {"weight_decay", 0.0},
                    {"beta1", autoencoder_ ? 0.5 : 0.9},
                    {"beta2", 0.999}};
        out_["optimizer"] = {{"name", "adamw"}, {"params", params}};  // without decay it is Adam
        out_["lr_scheduler"] = {{"scheduler", "ConstantWithWarmup"}};
    }

    // What is written and does nothing, there or here.
    void deadKeys() {
        const auto warn = [&](const std::string& path, const std::string& why) {
            if (find(path)) say(IssueSeverity::Warning, "ex_dead", path, why);
        };
        const std::string files =
            "this has no effect: checkpoints are in the run's folder, under their own names";
        for (const char* key :
             {"ldm_ckpt_name", "vqvae_autoencoder_ckpt_name", "vqvae_discriminator_ckpt_name",
              "vae_autoencoder_ckpt_name", "vae_discriminator_ckpt_name", "vqvae_latent_dir_name",
              "vae_latent_dir_name"})
            warn(std::string("train_params.") + key, files);
        const Node* cached = find("train_params.save_latents");
        if (cached && cached->boolean)
            say(IssueSeverity::Warning, "ex_dead", "train_params.save_latents",
                "this has no effect: latents are not written to files");
        if (!byText_) warn("train_params.kl_weight", "this has no effect: the autoencoder has a codebook");
        warn("ldm_params.condition_config.text_condition_config.train_text_embed_model",
             "this has no effect; model.train_text_encoder is what it seems to be");
        const std::string middle = autoencoder_ ? "autoencoder_params" : "ldm_params";
        for (const char* key : {".mid_channels", ".num_mid_layers", ".num_up_layers", ".conv_out_channels"})
            warn(middle + key,
                 "this differs: diffusers' networks derive it from down_channels and num_down_layers");
        for (const char* key : {"image_condition_output_channels", "image_condition_h", "image_condition_w"})
            if (!autoencoder_)
                warn(std::string("ldm_params.condition_config.image_condition_config.") + key,
                     "this differs: masks stand beside the latents label by label, at their size");
        for (const char* key : {"train_params.num_samples", "train_params.num_grid_rows",
                                "train_params.autoencoder_img_save_steps"})
            warn(key, "this has no effect: sampling.prompts, sampling.every and `sample` decide");
    }

    const Node& tree_;
    const bool autoencoder_;
    std::vector<Issue>& issues_;
    Json out_ = Json::object();
    bool celeb_ = false, byClass_ = false, byText_ = false, byMask_ = false;
};

// What was translated stands where the section that it came from stands.
void place(Node& node, const yaml::Mark& mark) {
    node.begin = mark;
    for (auto& entry : node.entries) place(entry.value, mark);
    for (auto& item : node.items) place(item, mark);
}

}  // namespace

bool isDialect(const Node& tree) {
    return tree.isMap() && tree.find("train_params") && tree.find("autoencoder_params") &&
           tree.find("ldm_params") && !tree.find("experiment");
}

bool isDialectKey(std::string_view keyValue) {
    return std::ranges::any_of(kSections, [&](std::string_view section) {
        return keyValue.starts_with(section) && keyValue.substr(section.size()).starts_with(".");
    });
}

Node translate(const Node& tree, bool autoencoder, std::vector<Issue>& issues) {
    for (const auto& entry : tree.entries) {
        const auto key = yaml::scalarText(entry.key);
        if (std::ranges::find(kSections, key) != kSections.end()) continue;
        Issue issue{IssueSeverity::Warning,
                    "ex_dead",
                    key,
                    entry.value.begin.line,
                    entry.value.begin.column,
                    "this section is none of explainingai's dialect and is left out",
                    "",
                    std::nullopt};
        issues.push_back(std::move(issue));
    }
    Node result = yaml::fromJson(Translator(tree, autoencoder, issues).run());
    for (auto& entry : result.entries) place(entry.value, tree.begin);
    return result;
}

}  // namespace atelier::explaining
