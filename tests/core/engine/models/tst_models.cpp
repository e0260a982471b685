// SPDX-License-Identifier: GPL-3.0-or-later
// Models on golden numbers, and what no other implementation can tell us: checkpointing, memory formats,
// initial values.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>

#include <QTest>
#include <set>

#include "core/engine/models/pipeline.h"
#include "core/engine/nn/fused_ops.h"
#include "tests/core/engine/models/golden.h"

using namespace atelier;

namespace {

UNet2DConditionConfig tinyUnet() {
    UNet2DConditionConfig c;
    c.sampleSize = {8};
    c.blockOutChannels = {32, 64};
    c.layersPerBlock = {1, 1};
    c.crossAttentionDim = {16, 16};
    c.normNumGroups = 8;
    c.attentionHeadDim = {4, 4};
    c.transformerLayersPerBlock = {1, 1};
    c.onlyCrossAttention = {false, false};
    c.downBlockTypes = {"CrossAttnDownBlock2D", "DownBlock2D"};
    c.upBlockTypes = {"UpBlock2D", "CrossAttnUpBlock2D"};
    return c;
}

AutoencoderKLConfig tinyVae() {
    AutoencoderKLConfig c;
    c.blockOutChannels = {16, 32};
    c.downBlockTypes.assign(2, "DownEncoderBlock2D");
    c.upBlockTypes.assign(2, "UpDecoderBlock2D");
    c.normNumGroups = 8;
    return c;
}

ClipTextConfig tinyText() {
    ClipTextConfig c;
    c.hiddenSize = 32;
    c.numHiddenLayers = 2;
    c.numAttentionHeads = 4;
    c.intermediateSize = 128;
    c.vocabSize = 64;
    c.maxPositionEmbeddings = 9;
    c.projectionDim = 16;
    c.eosTokenId = 63;
    c.withProjection = true;
    return c;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>() / std::max(1e-30, b.abs().max().item<double>());
}

// Output and all gradients of a fixed step.
std::vector<at::Tensor> step(UNet2DConditionModel& unet, const at::Tensor& x) {
    const at::Tensor out = unet.forward(x, at::tensor({10, 500}, at::kLong), cosines({2, 7, 16}));
    auto results = torch::autograd::grad({(out * sines(out.sizes(), 0.3)).sum()}, unet.parameters());
    results.push_back(out.detach());
    return results;
}

}  // namespace

class TestModels : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void initTestCase() { at::set_num_threads(2); }

    void goldenUnets() {
        const at::NoGradGuard guard;
        const at::Tensor x = sines({2, 4, 8, 8}), context = cosines({2, 7, 16}),
                         t = at::tensor({10, 500}, at::kLong);
        UNet2DConditionModel sd1(tinyUnet());
        fillGolden(sd1);
        QCOMPARE(sd1.parameters().size(), std::size_t{208});
        QCOMPARE(countParameters(sd1), std::int64_t{787844});
        QVERIFY(isGolden(sd1.forward(x, t, context), {.444999, .551682, .520842, .493142, .483142}, -.294508,
                         .007649, .270892));
        QVERIFY(isGolden(sd1.forward(sines({1, 4, 7, 9}), at::tensor({1}, at::kLong), cosines({1, 7, 16})),
                         {.469777, .555923, .489731, .463393, .464611}, -.380575, .029145, .294334));
        auto config = tinyUnet();
        config.attentionHeadDim = {2, 4};
        config.useLinearProjection = true;
        UNet2DConditionModel sd2(config);
        fillGolden(sd2);
        QVERIFY(isGolden(sd2.forward(x, t, context), {.444294, .550895, .520292, .492594, .482570}, -.293956,
                         .007731, .270561));
        config.downBlockTypes = {"DownBlock2D", "CrossAttnDownBlock2D"};
        config.upBlockTypes = {"CrossAttnUpBlock2D", "UpBlock2D"};
        config.transformerLayersPerBlock = {1, 2};
        config.additionEmbedType = "text_time";
        config.additionTimeEmbedDim = 8;
        config.projectionClassEmbeddingsInputDim = 64;
        UNet2DConditionModel sdxl(config);
        fillGolden(sdxl);
        UNetInputs in;
        in.sample_BCHW = x;
        in.timestep_B = t;
        in.encoderHiddenStates_BSD = context;
        in.textEmbeds_BP = cosines({2, 16}, 0.2);
        in.timeIds_B6 = at::tensor({8, 8, 0, 0, 8, 8, 16, 8, 1, 2, 8, 8}, at::kFloat).view({2, 6});
        QVERIFY(sdxl.checkInputs(in));
        QVERIFY(isGolden(sdxl.forward(in), {.005043, .008535, -.046894, -.045191, -.043864}, .049037,
                         -.017397, .190228));
    }

    void goldenAutoencoder() {
        const at::NoGradGuard guard;
        AutoencoderKL vae(tinyVae());
        fillGolden(vae);
        QVERIFY(isGolden(vae.encodeMoments(sines({1, 3, 16, 16})),
                         {.005663, -.023530, -.036164, -.044278, -.046529}, -.037722, .022333, .068041));
        QVERIFY(isGolden(vae.decode(sines({1, 4, 8, 8})),
                         {-.802500, -1.409611, -1.788996, -2.051325, -2.268348}, -.318884, .078930,
                         1.533040));
        const DiagonalGaussian posterior{at::zeros({2, 4, 3, 3}), at::zeros({2, 4, 3, 3})};
        QCOMPARE(posterior.kl().abs().max().item<double>(), 0.0);
        QVERIFY(at::allclose(vae.unscaleLatents(vae.scaleLatents(sines({1, 4, 2, 2}))), sines({1, 4, 2, 2})));
    }

    void goldenTextEncoders() {
        const at::NoGradGuard guard;
        const at::Tensor ids =
            at::tensor({1, 5, 9, 13, 63, 63, 63, 63, 63, 1, 2, 3, 63, 0, 0, 0, 0, 0}, at::kLong).view({2, 9});
        const auto near = [](const at::Tensor& x, double first, double last) {
            return std::abs(x.flatten()[0].item<double>() - first) < 2e-5 &&
                   std::abs(x.flatten()[-1].item<double>() - last) < 2e-5;
        };
        ClipTextModel quick(tinyText());
        fillGolden(quick);
        ClipTextOutput out = quick.forward(ids, true);
        QVERIFY(near(out.lastHiddenState_BSD, .530639, -1.280914));
        QVERIFY(near(out.hiddenStates[1], .065712, -.105049));
        QVERIFY(near(out.poolerOutput_BD, -.238872, -.644200));
        QVERIFY(near(out.textEmbeds_BP, -.498475, -.399179));
        QVERIFY(at::equal(quick.encode(ids), out.lastHiddenState_BSD));
        auto config = tinyText();
        config.hiddenAct = "gelu";
        config.eosTokenId = 2;
        ClipTextModel gelu(config);
        fillGolden(gelu);
        out = gelu.forward(ids);
        QVERIFY(near(out.lastHiddenState_BSD, .524998, -1.280824));
        QVERIFY(near(out.textEmbeds_BP, -.500112, -.400103));
        QVERIFY(!gelu.checkInputs(at::full({1, 3}, 64, at::kLong)));
    }

    void checkpointingKeepsTheGradients() {
        UNet2DConditionModel unet(tinyUnet());
        initializeDefault(unet, 3, "unet");
        const at::Tensor x = sines({2, 4, 7, 9});
        const auto plain = step(unet, x);
        unet.setGradientCheckpointing(true);
        const auto checkpointed = step(unet, x);
        QVERIFY(at::equal(plain.back(), checkpointed.back()));
        // Gradients of tensors with several users are added up in another order: equal but for rounding.
        for (std::size_t i = 0; i < plain.size(); ++i)
            QVERIFY2(difference(checkpointed[i], plain[i]) < 1e-5, std::to_string(i).c_str());
        // With everything frozen but one weight, its gradient is still there.
        for (auto& parameter : unet.parameters()) parameter.set_requires_grad(false);
        auto first = unet.named_parameters()["down_blocks.0.resnets.0.conv1.weight"];
        first.set_requires_grad(true);
        unet.forward(x, at::tensor({1, 2}, at::kLong), cosines({2, 7, 16})).sum().backward();
        QVERIFY(first.grad().defined() && first.grad().abs().max().item<double>() > 0);
    }

    void channelsLastAgrees() {
        UNet2DConditionModel unet(tinyUnet());
        initializeDefault(unet, 4, "unet");
        const auto plain = step(unet, sines({2, 4, 8, 8}));
        const auto last = step(unet, sines({2, 4, 8, 8}).contiguous(at::MemoryFormat::ChannelsLast));
        for (std::size_t i = 0; i < plain.size(); ++i)
            QVERIFY2(difference(last[i], plain[i]) < 1e-4, std::to_string(i).c_str());
    }

    void halfPrecisionIsNear() {
        const at::NoGradGuard guard;
        UNet2DConditionModel unet(tinyUnet());
        initializeDefault(unet, 5, "unet");
        const at::Tensor t = at::tensor({10, 500}, at::kLong);
        const at::Tensor exact = unet.forward(sines({2, 4, 8, 8}), t, cosines({2, 7, 16}));
        unet.to(at::kBFloat16);
        const at::Tensor coarse = unet.forward(sines({2, 4, 8, 8}), t, cosines({2, 7, 16}));
        QCOMPARE(coarse.scalar_type(), at::kBFloat16);
        QVERIFY(difference(coarse.to(at::kFloat), exact) < 0.05);
    }

    void fusedNormsAgree() {
        for (const bool last : {false, true})
            for (const bool silu : {false, true}) {
                nn::GroupNorm norm(6, 24, 1e-5);
                fillGolden(norm);
                const auto format = last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
                at::Tensor x = (sines({3, 24, 5, 7}, 0.7) + 3).contiguous(format).set_requires_grad(true);
                at::Tensor plain = at::group_norm(x, 6, norm.weight, norm.bias, 1e-5);
                if (silu) plain = at::silu(plain);
                const at::Tensor fused = nn::groupNorm(x, norm, silu);
                QVERIFY(difference(fused, plain) < 1e-5);
                const std::vector<at::Tensor> inputs{x, norm.weight, norm.bias},
                    upstream{sines({3, 24, 5, 7}, 0.3)};
                const auto a = torch::autograd::grad({fused}, inputs, upstream),
                           b = torch::autograd::grad({plain}, inputs, upstream);
                for (std::size_t i = 0; i < a.size(); ++i) QVERIFY(difference(a[i], b[i]) < 2e-5);
            }
    }

    void attentionAgrees_data() {
        QTest::addColumn<int>("queries");
        QTest::addColumn<int>("keys");
        QTest::addColumn<int>("heads");
        QTest::addColumn<int>("width");
        QTest::newRow("one strip") << 16 << 64 << 2 << 8;
        QTest::newRow("many strips with rests") << 333 << 205 << 3 << 10;
        QTest::newRow("one query, one key") << 1 << 1 << 1 << 64;
        QTest::newRow("wide heads") << 50 << 77 << 1 << 96;
    }
    void attentionAgrees() {
        QFETCH(int, queries);
        QFETCH(int, keys);
        QFETCH(int, heads);
        QFETCH(int, width);
        const std::int64_t c = heads * width;
        std::vector<at::Tensor> in{sines({2, queries, c}, 1.7) * 3, sines({2, keys, c}, 0.9) * 3,
                                   sines({2, keys, c}, 2.3)};
        for (auto& tensor : in) tensor.set_requires_grad(true);
        const auto split = [&](const at::Tensor& t) {
            return t.view({2, t.size(1), heads, width}).transpose(1, 2);
        };
        const at::Tensor scores =
            at::matmul(split(in[0]), split(in[1]).transpose(2, 3)) / std::sqrt(static_cast<double>(width));
        const at::Tensor plain =
            at::matmul(at::softmax(scores, -1), split(in[2])).transpose(1, 2).reshape({2, queries, c});
        const at::Tensor own = nn::attention(in[0], in[1], in[2], heads);
        QVERIFY(difference(own, plain) < 1e-5);
        const std::vector<at::Tensor> upstream{sines(own.sizes(), 0.3)};
        const auto a = torch::autograd::grad({own}, in, upstream),
                   b = torch::autograd::grad({plain}, in, upstream);
        for (std::size_t i = 0; i < a.size(); ++i)
            QVERIFY2((a[i] - b[i]).abs().max().item<double>() <
                         1e-5 * std::max(1.0, b[i].abs().max().item<double>()),
                     std::to_string(i).c_str());
    }

    void initialValuesFollowTheSeed() {
        const auto a = makeUnet(tinyUnet(), 7), b = makeUnet(tinyUnet(), 7), c = makeUnet(tinyUnet(), 8);
        QVERIFY(at::equal(a->named_parameters()["conv_in.weight"], b->named_parameters()["conv_in.weight"]));
        QVERIFY(!at::equal(a->named_parameters()["conv_in.weight"], c->named_parameters()["conv_in.weight"]));
        const at::Tensor w = a->named_parameters()["down_blocks.1.resnets.0.conv2.weight"];  // fan in 64·9
        QVERIFY(w.abs().max().item<double>() <= 1.0 / 24 && w.abs().max().item<double>() > 0.99 / 24);
        QVERIFY(std::abs(w.std().item<double>() * 24 * std::sqrt(3.0) - 1) < 0.01);
        const auto text = makeTextEncoder(tinyText(), 7);
        QVERIFY(std::abs(text->named_parameters()["text_model.embeddings.token_embedding.weight"]
                             .std()
                             .item<double>() -
                         0.02) < 0.002);
        QVERIFY(at::equal(text->named_parameters()["text_model.final_layer_norm.weight"], at::ones({32})));
    }
};

QTEST_GUILESS_MAIN(TestModels)
#include "tst_models.moc"
