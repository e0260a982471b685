// SPDX-License-Identifier: GPL-3.0-or-later
// Single-file checkpoints that are damaged in their names, shapes and types: read whole or refused by name.
// The files are headers over nothing, so that hundreds of them cost no disk.
#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <random>

#include "core/base/json.h"
#include "core/weights/dialects/convert.h"
#include "core/weights/dialects/names.h"
#include "core/weights/inspect.h"

using namespace atelier;

namespace {

struct Named {
    std::string name;
    std::vector<std::int64_t> shape;
    const char* type = "F32";
};

// Stable Diffusion 1 in small, in the names of the original repositories.
std::vector<Named> checkpoint() {
    const auto unet = unet2DConditionConfigFromJson({{"block_out_channels", {64, 64, 128, 128}},
                                                     {"cross_attention_dim", 64},
                                                     {"layers_per_block", 2}},
                                                    "unet")
                          .value();
    const auto vae =
        autoencoderKLConfigFromJson({{"block_out_channels", {32, 32, 64, 64}},
                                     {"layers_per_block", 2},
                                     {"down_block_types", std::vector<std::string>(4, "DownEncoderBlock2D")},
                                     {"up_block_types", std::vector<std::string>(4, "UpDecoderBlock2D")},
                                     {"latent_channels", 4}},
                                    "vae")
            .value();
    ClipTextConfig text;
    text.hiddenSize = 64;
    text.intermediateSize = 128;
    text.numHiddenLayers = 2;
    text.numAttentionHeads = 1;
    text.vocabSize = 300;
    std::vector<Named> tensors;
    for (const auto& table : {dialects::unetNames(unet).value(), dialects::vaeNames(vae).value(),
                              dialects::clipNames(text, "cond_stage_model.transformer.")})
        for (const auto& pair : table) tensors.push_back({pair.single, dialects::singleShape(pair)});
    return tensors;
}

// The header, and as many bytes of nothing behind it as it says.
void write(const fs::path& path, const std::vector<Named>& tensors) {
    Json header = Json::object();
    std::uint64_t offset = 0;
    for (const auto& tensor : tensors) {
        std::uint64_t size = std::string_view(tensor.type) == "F16" ? 2 : 4;
        for (const auto side : tensor.shape) size *= static_cast<std::uint64_t>(side);
        header[tensor.name] = {
            {"dtype", tensor.type}, {"shape", tensor.shape}, {"data_offsets", {offset, offset + size}}};
        offset += size;
    }
    const std::string text = dumpJson(header);
    std::string size(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) size[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << size << text;
    fs::resize_file(path, 8 + text.size() + offset);
}

}  // namespace

class TestSingleFiles : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    fs::path path(const char* name) const { return fs::path(dir_.path().toStdString()) / name; }

  private Q_SLOTS:
    void wholeOnesAreRead() {
        write(path("whole.safetensors"), checkpoint());
        const auto opened = openModel(path("whole.safetensors"), {});
        QVERIFY2(opened.has_value(), opened ? "" : opened.error().message().c_str());
        for (const auto& tensor : *opened) QVERIFY(tensor.bytes());
    }

    void damagedOnesAreRefusedByName() {
        const auto whole = checkpoint();
        const fs::path file = path("damaged.safetensors");
        std::mt19937 random(6);
        int refused = 0, read = 0;
        for (int round = 0; round < 400; ++round) {
            auto tensors = whole;
            for (unsigned n = random() % 3 + 1; n > 0; --n) {
                const std::size_t i = random() % tensors.size();
                Named& tensor = tensors[i];
                switch (random() % 8) {
                    case 0:
                        tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(i));
                        break;
                    case 1:
                        tensor.name += ".more";
                        break;
                    case 2:
                        tensor.name[random() % tensor.name.size()] = static_cast<char>('0' + random() % 10);
                        break;
                    case 3:
                        tensor.shape.push_back(1);
                        break;
                    case 4:
                        if (!tensor.shape.empty()) tensor.shape.pop_back();
                        break;
                    case 5:
                        if (!tensor.shape.empty())
                            tensor.shape[random() % tensor.shape.size()] = random() % 130;
                        break;
                    case 6:
                        std::reverse(tensor.shape.begin(), tensor.shape.end());
                        break;
                    default:
                        tensor.type = random() % 2 ? "I32" : "F16";
                }
            }
            // A family of parts: single files hold UNets, autoencoders, towers alone, too.
            if (round % 10 == 0) tensors.resize(random() % tensors.size());
            write(file, tensors);
            static_cast<void>(inspectModel(file));
            const auto opened = openModel(file, {});
            if (!opened) {
                ++refused;
                QVERIFY(!opened.error().what.empty());
                QVERIFY(!opened.error().where.empty());
                continue;
            }
            ++read;
            for (std::size_t i = 0; i < opened->size(); i += 97) QVERIFY((*opened)[i].bytes());
        }
        QVERIFY(refused > 200);
        QVERIFY(read > 10);
    }
};

QTEST_GUILESS_MAIN(TestSingleFiles)
#include "tst_single_files.moc"
