// SPDX-License-Identifier: GPL-3.0-or-later
// Which files of a repository are downloaded; the choice of diffusers' own from_pretrained is compared in
// tests/interop/hub_test.py.
#include <QTest>

#include "core/base/strings.h"
#include "core/net/file_choice.h"

using namespace atelier;
using namespace atelier::net;

namespace {

const Json kIndex{{"_class_name", "StableDiffusionPipeline"},
                  {"unet", {"diffusers", "UNet2DConditionModel"}},
                  {"text_encoder", {"transformers", "CLIPTextModel"}},
                  {"tokenizer", {"transformers", "CLIPTokenizer"}},
                  {"image_encoder", {nullptr, nullptr}}};

const std::vector<std::string> kFiles{".gitattributes",
                                      "README.md",
                                      "model_index.json",
                                      "v1-5-pruned.ckpt",
                                      "v1-5-pruned.safetensors",
                                      "unet/config.json",
                                      "unet/diffusion_pytorch_model.bin",
                                      "unet/diffusion_pytorch_model.safetensors",
                                      "unet/diffusion_pytorch_model.fp16.bin",
                                      "unet/diffusion_pytorch_model.fp16.safetensors",
                                      "unet/diffusion_pytorch_model.non_ema.safetensors",
                                      "unet/diffusion_flax_model.msgpack",
                                      "text_encoder/config.json",
                                      "text_encoder/pytorch_model.bin",
                                      "tokenizer/vocab.json",
                                      "tokenizer/merges.txt",
                                      "image_encoder/config.json",
                                      "image_encoder/model.safetensors"};

std::string chosen(const FileWishes& wishes, const std::vector<std::string>& files = kFiles,
                   const Json& index = kIndex) {
    const auto list = chooseFiles(files, index, wishes);
    return list ? join(*list, " ") : "error: " + list.error().message();
}

}  // namespace

class TestFileChoice : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void onePlainSetOfWeights() {
        QCOMPARE(chosen({}), std::string("README.md model_index.json text_encoder/config.json "
                                         "text_encoder/pytorch_model.bin tokenizer/merges.txt "
                                         "tokenizer/vocab.json unet/config.json "
                                         "unet/diffusion_pytorch_model.safetensors"));
    }
    void variantWherePartsHaveIt() {
        const std::string files = chosen({.variant = "fp16"});
        QVERIFY(files.find("unet/diffusion_pytorch_model.fp16.safetensors") != files.npos);
        QVERIFY(files.find("diffusion_pytorch_model.safetensors") == files.npos);
        QVERIFY(files.find("text_encoder/pytorch_model.bin") != files.npos);
        QVERIFY(chosen({.variant = "fp8"}).find("It has: fp16, non_ema.") != std::string::npos);
    }
    void shardsAndTheirIndex() {
        const std::vector<std::string> files{"model_index.json",
                                             "unet/config.json",
                                             "unet/diffusion_pytorch_model-00001-of-00002.safetensors",
                                             "unet/diffusion_pytorch_model-00002-of-00002.safetensors",
                                             "unet/diffusion_pytorch_model.safetensors.index.json",
                                             "unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors",
                                             "unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors",
                                             "unet/diffusion_pytorch_model.safetensors.index.fp16.json",
                                             "unet/diffusion_pytorch_model-00001-of-00001.ema.safetensors",
                                             "unet/diffusion_pytorch_model.safetensors.ema.index.json"};
        const Json index{{"unet", {"diffusers", "UNet2DConditionModel"}}};
        QCOMPARE(chosen({}, files, index),
                 std::string("model_index.json unet/config.json "
                             "unet/diffusion_pytorch_model-00001-of-00002.safetensors "
                             "unet/diffusion_pytorch_model-00002-of-00002.safetensors "
                             "unet/diffusion_pytorch_model.safetensors.index.json"));
        QCOMPARE(chosen({.variant = "fp16"}, files, index),
                 std::string("model_index.json unet/config.json "
                             "unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors "
                             "unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors "
                             "unet/diffusion_pytorch_model.safetensors.index.fp16.json"));
        QCOMPARE(chosen({.variant = "ema"}, files, index),
                 std::string("model_index.json unet/config.json "
                             "unet/diffusion_pytorch_model-00001-of-00001.ema.safetensors "
                             "unet/diffusion_pytorch_model.safetensors.ema.index.json"));
    }
    void patterns() {
        QCOMPARE(chosen({.include = {"unet/*.json", "*.ckpt"}}),
                 std::string("unet/config.json v1-5-pruned.ckpt"));
        QCOMPARE(chosen({.exclude = {"unet/*", "t*"}}), std::string("README.md model_index.json"));
        QVERIFY(chosen({.include = {"nothing*"}}).find("no file matches") != std::string::npos);
        QVERIFY(chosen({.exclude = {"*"}}).find("no file is left") != std::string::npos);
    }
    void repositoriesThatAreNoPipelines() {
        const std::vector<std::string> vae{"config.json", "diffusion_pytorch_model.bin",
                                           "diffusion_pytorch_model.safetensors", "README.md"};
        QCOMPARE(chosen({}, vae, nullptr),
                 std::string("README.md config.json diffusion_pytorch_model.safetensors"));
        const std::vector<std::string> lora{"README.md", "pytorch_lora_weights.safetensors", "sample.png"};
        QCOMPARE(chosen({}, lora, nullptr),
                 std::string("README.md pytorch_lora_weights.safetensors sample.png"));
        const std::vector<std::string> several{"a.safetensors", "b.safetensors"};
        QVERIFY(chosen({}, several, nullptr).find("several models: a.safetensors, b.safetensors") !=
                std::string::npos);
        QVERIFY(chosen({}, {"README.md"}, nullptr).find("no weights") != std::string::npos);
    }
    void paths() {
        for (const char* good : {"a", "unet/config.json", "a b/ü.txt"}) QVERIFY(isSafeRelativePath(good));
        for (const char* bad : {"", "/etc/passwd", "../x", "a/../b", "a//b", "a/", ".", "a\\b", "a\nb"})
            QVERIFY2(!isSafeRelativePath(bad), bad);
    }
};

QTEST_GUILESS_MAIN(TestFileChoice)
#include "tst_file_choice.moc"
