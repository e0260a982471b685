// SPDX-License-Identifier: GPL-3.0-or-later
// For tests/interop/pipeline_test.py: makes a small pipeline from nothing, or loads one, and saves it.
//   pipeline_tool make TOKENIZER_FOLDER OUT fp32|fp16|bf16      pipeline_tool copy PIPELINE OUT
//   fp32|fp16|bf16
#include <cstdio>

#include "core/engine/models/pipeline.h"
#include "core/text/clip_tokenizer.h"

using namespace atelier;

static Result<Pipeline> make(const fs::path& tokenizerFolder) {
    Pipeline pipeline;
    ATELIER_TRY(auto tokenizer, ClipTokenizer::load(tokenizerFolder));
    const auto bos = tokenizer.bosId();
    pipeline.tokenizer = std::make_shared<const ClipTokenizer>(std::move(tokenizer));
    UNet2DConditionConfig unet;
    unet.sampleSize = {8};
    unet.blockOutChannels = {32, 64};
    unet.downBlockTypes = {"CrossAttnDownBlock2D", "DownBlock2D"};
    unet.upBlockTypes = {"UpBlock2D", "CrossAttnUpBlock2D"};
    unet.layersPerBlock = unet.transformerLayersPerBlock = {1, 1};
    unet.crossAttentionDim = {32, 32};
    unet.attentionHeadDim = {4, 4};
    unet.onlyCrossAttention = {false, false};
    AutoencoderKLConfig vae;
    vae.blockOutChannels = {32, 32};
    vae.downBlockTypes.assign(2, "DownEncoderBlock2D");
    vae.upBlockTypes.assign(2, "UpDecoderBlock2D");
    vae.sampleSize = {16};
    ClipTextConfig text;
    text.hiddenSize = 32;
    text.intermediateSize = 64;
    text.numHiddenLayers = 2;
    text.numAttentionHeads = 4;
    text.vocabSize = static_cast<int>(pipeline.tokenizer->vocabSize());
    text.bosTokenId = static_cast<int>(bos);
    text.eosTokenId = static_cast<int>(pipeline.tokenizer->eosId());
    pipeline.unet = makeUnet(unet, 1);
    pipeline.vae = makeVae(vae, 1);
    pipeline.textEncoder = makeTextEncoder(text, 1);
    pipeline.scheduler = {{"_class_name", "DDIMScheduler"},
                          {"beta_schedule", "scaled_linear"},
                          {"beta_start", 0.00085},
                          {"beta_end", 0.012},
                          {"clip_sample", false},
                          {"set_alpha_to_one", false},
                          {"steps_offset", 1},
                          {"num_train_timesteps", 1000}};
    return pipeline;
}

static Status run(const std::string& verb, const fs::path& from, const fs::path& out,
                  const std::string& dtype) {
    ATELIER_TRY(const Pipeline pipeline, verb == "make" ? make(from) : loadPipeline(from));
    SaveOptions options;
    options.dtype = dtype == "fp16" ? at::kHalf : dtype == "bf16" ? at::kBFloat16 : at::kFloat;
    return savePipeline(pipeline, out, options);
}

int main(int argc, char** argv) {
    if (argc != 5) return 2;
    const Status status = run(argv[1], argv[2], argv[3], argv[4]);
    if (!status) std::fprintf(stderr, "error: %s\n", status.error().message().c_str());
    return status ? 0 : 1;
}
