// SPDX-License-Identifier: GPL-3.0-or-later
// Sections model and method: which networks, from where, and what of them is trained how.
// Part of TrainConfig (core/config/train_config.h).
#pragma once

#include "core/config/field.h"
#include "core/config/sections/concept.h"

namespace atelier {

enum class Precision { Fp32, Bf16, Fp16 };
template <>
struct EnumNames<Precision> {
    static constexpr std::array kNames{
        EnumName{Precision::Fp32, "fp32", ATELIER_TR("32 bit")},
        EnumName{Precision::Bf16, "bf16", ATELIER_TR("bfloat16")},
        EnumName{Precision::Fp16, "fp16", ATELIER_TR("half (16 bit)")},
        EnumName{Precision::Fp32, "no", ""},
        EnumName{Precision::Fp32, "false", ""},
        EnumName{Precision::Fp32, "null", ""},
    };
};

// One network or tokenizer or noise schedule: loaded from `pretrained`, or built new from `params`.
struct ComponentConfig {
    std::optional<std::string> pretrained;  // pipeline folder; the component is its sub-folder
    std::optional<std::string> target;      // class name
    Json params = Json::object();           // constructor arguments under the diffusers names

    static constexpr auto fields() {
        using C = ComponentConfig;
        return std::tuple{
            field("pretrained", &C::pretrained,
                  {.label = ATELIER_TR("From pipeline"),
                   .help = ATELIER_TR("Pipeline folder whose part of this name is loaded."),
                   .text = TextKind::Model}),
            field("target", &C::target,
                  {.label = ATELIER_TR("Class"),
                   .help = ATELIER_TR("Class of the part under its diffusers or transformers name; absent "
                                      "means the usual one."),
                   .importance = Importance::Expert}),
            field("params", &C::params,
                  {.label = ATELIER_TR("Architecture"),
                   .help = ATELIER_TR("Constructor arguments of a part that starts from scratch, under their "
                                      "diffusers names."),
                   .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(ComponentConfig);

struct EmaConfig {
    double decay = 0.995;
    bool warmup = true;      // d = min(decay, (1 + n) / (10 + n)) at update n
    std::int64_t every = 1;  // updates
    std::int64_t start = 0;  // updates
    std::optional<std::string> path;

    static constexpr auto fields() {
        using C = EmaConfig;
        return std::tuple{
            field("decay", &C::decay,
                  {.label = ATELIER_TR("EMA decay"),
                   .help = ATELIER_TR(
                       "How slowly the averaged weights follow: 0.999 averages over about 1000 steps."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0.9, 0.99999}},
                   .higher = ATELIER_TR("Smoother; needs a longer run to catch up."),
                   .lower = ATELIER_TR("Follows faster; averages less."),
                   .when = "model.use_ema=true"}),
            field("warmup", &C::warmup,
                  {.label = ATELIER_TR("EMA warm-up"),
                   .help = ATELIER_TR("Early on the decay is limited to (1 + n) / (10 + n) at step n, so the "
                                      "average forgets the start."),
                   .when = "model.use_ema=true",
                   .importance = Importance::Expert}),
            field("every", &C::every,
                  {.label = ATELIER_TR("EMA every"),
                   .help = ATELIER_TR("Steps between two updates of the averages, as Stable Cascade counts; "
                                      "1 is usual."),
                   .unit = "steps",
                   .min = 1,
                   .max = 100'000,
                   .usual = {UsualRange{"", 1, 1000}},
                   .higher = ATELIER_TR("Less work; the decay then holds for so many steps at once."),
                   .related = {"model.ema.decay"},
                   .when = "model.use_ema=true",
                   .importance = Importance::Expert}),
            field("start", &C::start,
                  {.label = ATELIER_TR("EMA begins after"),
                   .help = ATELIER_TR("Until this step the averages are copies of the weights."),
                   .unit = "steps",
                   .min = 0,
                   .higher = ATELIER_TR("The rough beginning is no part of the averages."),
                   .when = "model.use_ema=true",
                   .importance = Importance::Expert}),
            field(
                "path", &C::path,
                {.label = ATELIER_TR("Start EMA from"),
                 .help = ATELIER_TR(
                     "Averaged weights to begin with instead of the model's own: open-diffusion's "
                     "ema_model.state, a pipeline or model folder, a weights file, or optimizer.safetensors "
                     "of a run's checkpoint."),
                 .when = "model.use_ema=true",
                 .importance = Importance::Expert,
                 .text = TextKind::File}),
        };
    }
};
ATELIER_SECTION(EmaConfig);

struct ModelConfig {
    std::optional<std::string> pretrained;  // pipeline folder; wins over every part's own entry
    std::optional<std::string> ptPath;
    ComponentConfig vae;
    ComponentConfig textEncoder;
    ComponentConfig tokenizer;
    ComponentConfig textEncoder2;  // SDXL
    ComponentConfig tokenizer2;
    ComponentConfig unet;
    ComponentConfig noiseSchedulerTraining;
    ComponentConfig noiseSchedulerInference;
    Precision mixedPrecision = Precision::Fp32;
    std::optional<double> maxGradNorm;
    bool useEma = false;
    EmaConfig ema;
    bool trainTextEncoder = false;
    bool gradientCheckpointing = false;
    bool xformers = false;

    static constexpr auto fields() {
        using C = ModelConfig;
        return std::tuple{
            field("pretrained", &C::pretrained,
                  {.label = ATELIER_TR("Base model"),
                   .help = ATELIER_TR("Pipeline folder in diffusers layout, or name on a hub (org/name), to "
                                      "start from; wins over the "
                                      "entries of the single parts."),
                   .importance = Importance::Basic,
                   .text = TextKind::Model}),
            field("pt_path", &C::ptPath,
                  {.label = ATELIER_TR("Shared model path"),
                   .help = ATELIER_TR("Only for reference from other values, as ${model.pt_path}."),
                   .importance = Importance::Expert,
                   .text = TextKind::Model}),
            field("vae", &C::vae,
                  {.label = ATELIER_TR("Autoencoder"),
                   .help = ATELIER_TR("Turns pictures into latents and back (AutoencoderKL).")}),
            field("text_encoder", &C::textEncoder,
                  {.label = ATELIER_TR("Text encoder"),
                   .help = ATELIER_TR("Turns token numbers into what the UNet attends to (CLIPTextModel or "
                                      "T5EncoderModel).")}),
            field("tokenizer", &C::tokenizer,
                  {.label = ATELIER_TR("Tokenizer"),
                   .help = ATELIER_TR("Turns captions into token numbers (CLIPTokenizer or T5Tokenizer).")}),
            field("text_encoder_2", &C::textEncoder2,
                  {.label = ATELIER_TR("Second text encoder"),
                   .help = ATELIER_TR("SDXL: its pooled text and its part of the context "
                                      "(CLIPTextModelWithProjection). Given alone, without the first, the "
                                      "model is a refiner."),
                   .importance = Importance::Expert}),
            field("tokenizer_2", &C::tokenizer2,
                  {.label = ATELIER_TR("Second tokenizer"),
                   .help = ATELIER_TR("SDXL: of the second text encoder (CLIPTokenizer)."),
                   .importance = Importance::Expert}),
            field("unet", &C::unet,
                  {.label = ATELIER_TR("UNet"),
                   .help = ATELIER_TR("The denoising network (UNet2DConditionModel).")}),
            field("noise_scheduler_training", &C::noiseSchedulerTraining,
                  {.label = ATELIER_TR("Noise schedule, training"),
                   .help = ATELIER_TR("How noise is added while training.")}),
            field(
                "noise_scheduler_inference", &C::noiseSchedulerInference,
                {.label = ATELIER_TR("Noise schedule, sampling"),
                 .help = ATELIER_TR("Schedule stored in the saved pipeline and used for sample pictures.")}),
            field(
                "mixed_precision", &C::mixedPrecision,
                {.label = ATELIER_TR("Precision"),
                 .help = ATELIER_TR("Number format of the forward and backward pass; master weights and "
                                    "the optimizer stay 32 bit. no, false and null mean fp32."),
                 .higher = ATELIER_TR(
                     "bf16: about half the memory for activations and much faster on recent GPUs. fp16: the "
                     "same on older ones, with a scaled loss."),
                 .lower = ATELIER_TR("fp32: exact, slow."),
                 .importance = Importance::Basic}),
            field("max_grad_norm", &C::maxGradNorm,
                  {.label = ATELIER_TR("Gradient clipping"),
                   .help = ATELIER_TR(
                       "Longer gradients are scaled down to this length, once per step. Absent: off."),
                   .min = 0,
                   .usual = {UsualRange{"", 0.1, 10}},
                   .higher = ATELIER_TR("Clips rarely; a bad batch may throw training off."),
                   .lower = ATELIER_TR("Steadier, slower learning.")}),
            field("use_ema", &C::useEma,
                  {.label = ATELIER_TR("Averaged weights (EMA)"),
                   .help = ATELIER_TR(
                       "Keeps a running average of the weights; samples and saved pipelines use it."),
                   .higher = ATELIER_TR("Cleaner pictures; one more copy of the weights in memory."),
                   .related = {"model.ema.decay"},
                   .importance = Importance::Basic}),
            field("ema", &C::ema,
                  {.label = ATELIER_TR("EMA"),
                   .help = ATELIER_TR("Details of the averaged weights."),
                   .when = "model.use_ema=true"}),
            field("train_text_encoder", &C::trainTextEncoder,
                  {.label = ATELIER_TR("Train the text encoder"),
                   .help = ATELIER_TR("Also updates the text encoder, with the same learning rate; a LoRA "
                                      "gets adapters in its attention."),
                   .higher = ATELIER_TR(
                       "Learns new words faster; forgets old ones sooner and needs more memory.")}),
            field("gradient_checkpointing", &C::gradientCheckpointing,
                  {.label = ATELIER_TR("Gradient checkpointing"),
                   .help = ATELIER_TR("Recomputes activations in the backward pass instead of storing them."),
                   .higher = ATELIER_TR("Much less memory, steps about 30 % slower.")}),
            field("xformers", &C::xformers,
                  {.label = ATELIER_TR("Memory-efficient attention"),
                   .help = ATELIER_TR("Accepted for open-diffusion's files; Atelier's attention is "
                                      "memory-efficient either way."),
                   .importance = Importance::Expert}),
        };
    }
};
ATELIER_SECTION(ModelConfig);

enum class MethodType {
    Finetune,
    Scratch,
    DreamBooth,
    Autoencoder,
    Lora,
    TextualInversion,
    ControlNet,
    Inpainting,
    WithoutText
};
template <>
struct EnumNames<MethodType> {
    static constexpr std::array kNames{
        EnumName{MethodType::Finetune, "finetune", ATELIER_TR("Fine-tune")},
        EnumName{MethodType::Scratch, "scratch", ATELIER_TR("From scratch")},
        EnumName{MethodType::DreamBooth, "dreambooth", ATELIER_TR("DreamBooth")},
        EnumName{MethodType::Autoencoder, "autoencoder", ATELIER_TR("Autoencoder")},
        EnumName{MethodType::Lora, "lora", ATELIER_TR("LoRA")},
        EnumName{MethodType::TextualInversion, "textual_inversion", ATELIER_TR("Textual inversion")},
        EnumName{MethodType::ControlNet, "controlnet", ATELIER_TR("ControlNet")},
        EnumName{MethodType::Inpainting, "inpainting", ATELIER_TR("Inpainting")},
        EnumName{MethodType::WithoutText, "without_text", ATELIER_TR("Without text")},
    };
};

enum class TokenCaptions { Object, Style, Own };
template <>
struct EnumNames<TokenCaptions> {
    static constexpr std::array kNames{
        EnumName{TokenCaptions::Object, "object", ATELIER_TR("Sentences about an object")},
        EnumName{TokenCaptions::Style, "style", ATELIER_TR("Sentences about a style")},
        EnumName{TokenCaptions::Own, "own", ATELIER_TR("The pictures' own captions")},
    };
};

enum class ConditionSource { Canny, Coarse, Shapes, Dataset };
template <>
struct EnumNames<ConditionSource> {
    static constexpr std::array kNames{
        EnumName{ConditionSource::Canny, "canny", ATELIER_TR("Edges of the picture (Canny)")},
        EnumName{ConditionSource::Coarse, "coarse", ATELIER_TR("The picture in coarse squares")},
        EnumName{ConditionSource::Shapes, "shapes", ATELIER_TR("Its light and dark shapes")},
        EnumName{ConditionSource::Dataset, "dataset", ATELIER_TR("A second picture of each sample")},
    };
};

enum class MaskSource { Random, Dataset };
template <>
struct EnumNames<MaskSource> {
    static constexpr std::array kNames{
        EnumName{MaskSource::Random, "random", ATELIER_TR("Drawn at random")},
        EnumName{MaskSource::Dataset, "dataset", ATELIER_TR("The mask of each sample")},
    };
};

// Flat: `type` decides which of the keys there are. When type is not given it follows from the model: scratch
// if the UNet has params and no pretrained source, else finetune.
struct MethodConfig {
    MethodType type = MethodType::Finetune;
    std::optional<std::string> instancePrompt;
    std::optional<std::string> classPrompt;
    std::optional<std::int64_t> classCount;
    std::optional<std::string> classImages;
    double priorWeight = 1;
    std::vector<ConceptConfig> concepts;
    std::int64_t rank = 16;
    double alpha = 16;
    bool useRslora = false;
    std::vector<std::string> targets{"to_q", "to_k", "to_v", "to_out.0"};
    std::optional<std::string> init;
    std::map<std::string, std::string> tokens;  // new word → words that it starts from
    std::optional<std::int64_t> vectors;
    TokenCaptions captions = TokenCaptions::Object;
    bool keepLength = false;
    ConditionSource condition = ConditionSource::Canny;
    std::string conditionKey = "cond.png;cond.jpg;cond.webp";
    double cannyLow = 100, cannyHigh = 200;
    std::int64_t coarseFactor = 4;
    double conditionDropout = 0;
    MaskSource mask = MaskSource::Random;
    std::string maskKey = "mask.png;mask.jpg;mask.webp";
    double maskWhole = 0.25;
    std::vector<std::string> classes;
    std::int64_t maskLabels = 0;

    static constexpr auto fields() {
        using C = MethodConfig;
        return std::tuple{
            field("type", &C::type,
                  {.label = ATELIER_TR("Method"),
                   .help = ATELIER_TR(
                       "What is trained: a whole UNet from scratch or from a base model, one subject into a "
                       "base model, an autoencoder, a small adapter, the meaning of a new word, a network "
                       "that steers a base model by condition pictures, or a UNet that fills in what a mask "
                       "covers. Not given: follows from the model section."),
                   .importance = Importance::Basic}),
            field(
                "instance_prompt", &C::instancePrompt,
                {.label = ATELIER_TR("Subject"),
                 .help = ATELIER_TR("Caption of every picture instead of its own: a rare word and the "
                                    "class, such as \"a photo of sks dog\". Absent: each picture's caption."),
                 .related = {"method.class_prompt", "method.concepts"},
                 .when = "method.type=dreambooth|lora|textual_inversion",
                 .importance = Importance::Basic,
                 .instead = "method.concepts"}),
            field("class_prompt", &C::classPrompt,
                  {.label = ATELIER_TR("Class"),
                   .help =
                       ATELIER_TR("What the subject is one of, such as \"a photo of a dog\": pictures of it, "
                                  "made once by the base model, are trained on beside the subject's. "
                                  "Absent: none are."),
                   .higher =
                       ATELIER_TR("The model keeps its idea of the class; each step takes twice as long."),
                   .related = {"method.class_count", "method.class_images"},
                   .when = "method.type=dreambooth|lora",
                   .importance = Importance::Basic,
                   .instead = "method.concepts"}),
            field("class_count", &C::classCount,
                  {.label = ATELIER_TR("Class pictures"),
                   .help = ATELIER_TR("How many pictures of the class. Absent: 200 for each picture of the "
                                      "subject."),
                   .unit = "images",
                   .min = 1,
                   .max = 100'000,
                   .usual = {UsualRange{"", 10, 2000}},
                   .when = "method.type=dreambooth|lora",
                   .instead = "method.concepts"}),
            field("class_images", &C::classImages,
                  {.label = ATELIER_TR("Folder of class pictures"),
                   .help = ATELIER_TR("A folder with pictures of the class; what is missing is made and kept "
                                      "there. Absent: a folder of its own beside the runs."),
                   .when = "method.type=dreambooth|lora",
                   .text = TextKind::Folder,
                   .instead = "method.concepts"}),
            field("prior_weight", &C::priorWeight,
                  {.label = ATELIER_TR("Class weight"),
                   .help = ATELIER_TR("Weight of the class pictures' loss beside the subject's."),
                   .min = 0,
                   .max = 100,
                   .usual = {UsualRange{"", 0.1, 2}},
                   .higher = ATELIER_TR("Keeps the class better; the subject is learned more slowly."),
                   .when = "method.type=dreambooth|lora",
                   .fractional = true}),
            field("concepts", &C::concepts,
                  {.label = ATELIER_TR("Several subjects"),
                   .help = ATELIER_TR("Subjects that are learned together, each with its own pictures, words "
                                      "and class; they stand for dataset.params.path and for the keys of a "
                                      "single subject."),
                   .related = {"method.instance_prompt", "method.prior_weight"},
                   .when = "method.type=dreambooth|lora"}),
            field("rank", &C::rank,
                  {.label = ATELIER_TR("LoRA rank"),
                   .help = ATELIER_TR("Width of the low-rank update of each target layer."),
                   .min = 1,
                   .max = 4096,
                   .usual = {UsualRange{"", 1, 256}},
                   .higher = ATELIER_TR("Can learn more; larger file, over-fits sooner."),
                   .lower = ATELIER_TR("Smaller and more general."),
                   .related = {"method.alpha"},
                   .when = "method.type=lora",
                   .importance = Importance::Basic}),
            field("alpha", &C::alpha,
                  {.label = ATELIER_TR("LoRA alpha"),
                   .help = ATELIER_TR("The update is scaled by alpha / rank."),
                   .min = 0,
                   .usual = {UsualRange{"", 1, 256}},
                   .higher = ATELIER_TR("Stronger update, as if the learning rate were higher."),
                   .lower = ATELIER_TR("Weaker update."),
                   .related = {"method.rank"},
                   .when = "method.type=lora"}),
            field("use_rslora", &C::useRslora,
                  {.label = ATELIER_TR("Rank-stabilised LoRA"),
                   .help = ATELIER_TR("The update is scaled by alpha / √rank instead of alpha / rank."),
                   .higher = ATELIER_TR("High ranks learn as fast as low ones at the same learning rate."),
                   .related = {"method.alpha"},
                   .when = "method.type=lora",
                   .importance = Importance::Expert}),
            field("targets", &C::targets,
                  {.label = ATELIER_TR("LoRA targets"),
                   .help = ATELIER_TR(
                       "Ends of the module paths in the UNet that get an adapter, as PEFT's target_modules; "
                       "linear layers and convolutions. With model.train_text_encoder its attention gets "
                       "adapters, too."),
                   .when = "method.type=lora"}),
            field("init", &C::init,
                  {.label = ATELIER_TR("Start from"),
                   .help = ATELIER_TR(
                       "What training goes on from. LoRA: a safetensors file with the adapter weights under "
                       "diffusers' names (unet.….lora_A.weight); absent: B is zero. ControlNet: a folder "
                       "with config.json; absent: a copy of the UNet's first half."),
                   .when = "method.type=lora|controlnet",
                   .importance = Importance::Expert,
                   .text = TextKind::File}),
            field(
                "tokens", &C::tokens,
                {.label = ATELIER_TR("New words"),
                 .help = ATELIER_TR(
                     "Each new word and the words that it starts from, such as \"<toy>\": toy cat. Only the "
                     "vectors of the new words are learned. With method lora they are learned beside the "
                     "adapter (pivotal tuning)."),
                 .related = {"method.vectors", "method.captions"},
                 .when = "method.type=textual_inversion|lora",
                 .importance = Importance::Basic}),
            field("vectors", &C::vectors,
                  {.label = ATELIER_TR("Vectors of a word"),
                   .help = ATELIER_TR("How many vectors a new word stands for, each as much as one word of a "
                                      "prompt. Absent: as many as the words it starts from."),
                   .unit = "vectors",
                   .min = 1,
                   .max = 75,
                   .usual = {UsualRange{"", 1, 16}},
                   .higher = ATELIER_TR("More detail is kept; the word mixes less well with others."),
                   .lower = ATELIER_TR("Mixes well with other words."),
                   .related = {"method.tokens"},
                   .when = "method.type=textual_inversion|lora"}),
            field("captions", &C::captions,
                  {.label = ATELIER_TR("Captions of new words"),
                   .help = ATELIER_TR(
                       "What the pictures are called while new words are learned: short sentences with the "
                       "words in them, drawn for every visit, or the pictures' own captions; one that names "
                       "no new word gets the first in front. method.instance_prompt wins over it."),
                   .related = {"method.instance_prompt"},
                   .when = "method.type=textual_inversion"}),
            field("keep_length", &C::keepLength,
                  {.label = ATELIER_TR("Keep the vectors' length"),
                   .help = ATELIER_TR("After every step each new vector is brought to the mean length of the "
                                      "model's own words."),
                   .higher = ATELIER_TR("The word cannot outweigh the rest of a prompt."),
                   .related = {"method.tokens"},
                   .when = "method.type=textual_inversion|lora"}),
            field("condition", &C::condition,
                  {.label = ATELIER_TR("Condition pictures"),
                   .help = ATELIER_TR("What the ControlNet sees, computed while training: the edges of each "
                                      "training picture, the picture in coarse squares (for "
                                      "super-resolution), its light and dark shapes (for what it is to hide, "
                                      "as QR codes); or a second picture of each sample."),
                   .related = {"method.condition_key", "method.canny_low"},
                   .when = "method.type=controlnet",
                   .importance = Importance::Basic}),
            field("condition_key", &C::conditionKey,
                  {.label = ATELIER_TR("Condition members"),
                   .help = ATELIER_TR("Endings of the second picture within a sample; the first that is "
                                      "there wins. It is scaled, cropped and flipped as the picture is."),
                   .related = {"method.condition"},
                   .when = "method.condition=dataset"}),
            field("canny_low", &C::cannyLow,
                  {.label = ATELIER_TR("Lower edge threshold"),
                   .help = ATELIER_TR("Gradients below it are no edge (Canny 1986; OpenCV's scale)."),
                   .min = 0,
                   .max = 2000,
                   .usual = {UsualRange{"", 30, 200}},
                   .higher = ATELIER_TR("Fewer weak edges."),
                   .related = {"method.canny_high"},
                   .when = "method.condition=canny",
                   .fractional = true}),
            field(
                "canny_high", &C::cannyHigh,
                {.label = ATELIER_TR("Upper edge threshold"),
                 .help = ATELIER_TR("Gradients above it begin an edge, which goes on down to the lower one."),
                 .min = 0,
                 .max = 2000,
                 .usual = {UsualRange{"", 60, 400}},
                 .higher = ATELIER_TR("Fewer edges."),
                 .related = {"method.canny_low"},
                 .when = "method.condition=canny",
                 .fractional = true}),
            field("coarse_factor", &C::coarseFactor,
                  {.label = ATELIER_TR("Size of a square"),
                   .help = ATELIER_TR("Pixels along one side of a coarse square."),
                   .unit = "pixels",
                   .min = 2,
                   .max = 64,
                   .usual = {UsualRange{"", 2, 16}},
                   .higher = ATELIER_TR("Less is given, more is left to the model."),
                   .when = "method.condition=coarse"}),
            field("condition_dropout", &C::conditionDropout,
                  {.label = ATELIER_TR("Condition dropout"),
                   .help = ATELIER_TR(
                       "Probability that a sample's condition picture is black, or its mask empty."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.5}},
                   .higher = ATELIER_TR("The model does better where it is given no condition."),
                   .when = "method.type=controlnet|without_text"}),
            field("mask", &C::mask,
                  {.label = ATELIER_TR("Masks"),
                   .help = ATELIER_TR("What is to be painted anew: rectangles, strokes and borders drawn for "
                                      "every visit, or each sample's own mask, white where it is painted."),
                   .related = {"method.mask_key", "method.mask_whole"},
                   .when = "method.type=inpainting",
                   .importance = Importance::Basic}),
            field("mask_key", &C::maskKey,
                  {.label = ATELIER_TR("Mask members"),
                   .help = ATELIER_TR("Endings of the mask within a sample; the first that is there wins. It "
                                      "is scaled, cropped and flipped as the picture is."),
                   .related = {"method.mask"},
                   .when = "method.type=inpainting|without_text"}),
            field("mask_whole", &C::maskWhole,
                  {.label = ATELIER_TR("Whole pictures"),
                   .help = ATELIER_TR("Probability that a random mask covers the whole picture."),
                   .min = 0,
                   .max = 1,
                   .usual = {UsualRange{"", 0, 0.5}},
                   .higher = ATELIER_TR("The model keeps making whole pictures from text."),
                   .related = {"method.mask"},
                   .when = "method.type=inpainting"}),
            field("classes", &C::classes,
                  {.label = ATELIER_TR("Classes"),
                   .help = ATELIER_TR("Names of the classes that the model is told, as the data has them: "
                                      "members .cls, a column, or folders. A sample of another class is left "
                                      "out. None: the model is told no class. dataset.params.text_dropout "
                                      "leaves it out at random, which guidance needs."),
                   .related = {"dataset.params.text_dropout"},
                   .when = "method.type=without_text",
                   .importance = Importance::Basic}),
            field("mask_labels", &C::maskLabels,
                  {.label = ATELIER_TR("Labels of the mask"),
                   .help = ATELIER_TR("How many kinds of things the mask of each sample tells apart: its "
                                      "grey values 1 to this; 0 is the rest. 0: no mask is read."),
                   .min = 0,
                   .max = 254,
                   .related = {"method.mask_key", "method.condition_dropout"},
                   .when = "method.type=without_text"}),
        };
    }
};
ATELIER_SECTION(MethodConfig);

}  // namespace atelier
