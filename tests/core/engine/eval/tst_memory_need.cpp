// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures that do not fit into memory are refused before the work begins.
#include <ATen/core/Tensor.h>

#include <QTest>

#include "core/engine/eval/memory_need.h"
#include "core/engine/nn/layers.h"

using namespace atelier;
using namespace atelier::eval;

class TestMemoryNeed : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    // Names and shapes only: SD 1's UNet and autoencoder without their memory.
    void growsWithSizeAndWidth() {
        const nn::ParameterOptionsGuard guard(at::TensorOptions().device(at::kMeta));
        Pipeline pipeline;
        pipeline.unet = std::make_shared<UNet2DConditionModel>(UNet2DConditionConfig{});
        AutoencoderKLConfig vae;
        vae.blockOutChannels = {128, 256, 512, 512};
        vae.downBlockTypes.assign(4, "DownEncoderBlock2D");
        vae.upBlockTypes.assign(4, "UpDecoderBlock2D");
        pipeline.vae = std::make_shared<AutoencoderKL>(vae);
        GenerateOptions options;
        const auto small = memoryNeed(pipeline, options);
        QCOMPARE(small.decoding, std::uint64_t{512} * 512 * 256 * 3 * 4);
        options.width = 1024;
        QCOMPARE(memoryNeed(pipeline, options).decoding, 2 * small.decoding);
        QCOMPARE(memoryNeed(pipeline, options).denoising, 2 * small.denoising);
        options.guidance = 1;
        QCOMPARE(memoryNeed(pipeline, options).denoising, small.denoising);
    }

    void isHeldAgainstWhatIsFree() {
        const MemoryNeed need{100, 300};
        GenerateOptions options;
        options.batch = 4;
        const auto all = fitMemory(need, options, 1200).value();
        QCOMPARE(all.batch, 4);
        QVERIFY(!all.decodeOneByOne);
        const auto oneByOne = fitMemory(need, options, 500).value();
        QCOMPARE(oneByOne.batch, 4);
        QVERIFY(oneByOne.decodeOneByOne);
        QCOMPARE(fitMemory(need, options, 350).value().batch, 3);
        const auto none = fitMemory(need, options, 250);
        QVERIFY(!none);
        QCOMPARE(none.error().where, std::string("--size"));
    }
};

QTEST_GUILESS_MAIN(TestMemoryNeed)
#include "tst_memory_need.moc"
