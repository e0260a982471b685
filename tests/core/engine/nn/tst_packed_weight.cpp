// SPDX-License-Identifier: GPL-3.0-or-later
// Layers with packed weights say what layers with plain weights say, and only where nothing learns.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <QTest>

#include "core/engine/nn/layers.h"

using namespace atelier;

namespace {

template <class Layer>
void fill(Layer& layer) {
    const at::NoGradGuard noGrad;
    for (auto& parameter : layer.parameters()) parameter.normal_(0, 0.2);
}

double difference(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>() / b.abs().max().item<double>();
}

// The layer's answer before and after packing, without gradients.
template <class Layer>
void comparePacked(Layer& layer, const std::vector<at::Tensor>& inputs, double tolerance) {
    const at::NoGradGuard noGrad;
    std::vector<at::Tensor> plain;
    for (const auto& x : inputs) plain.push_back(layer.forward(x));
    nn::packWeights(layer, nn::PlainWeights::Drop);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const auto packed = layer.forward(inputs[i]);
        QCOMPARE(packed.sizes(), plain[i].sizes());
        QVERIFY(difference(packed.to(at::kFloat), plain[i].to(at::kFloat)) <= tolerance);
    }
}

}  // namespace

class PackedWeights : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init() { at::manual_seed(1); }

    void linearAndConvolutions() {
        nn::Linear linear(24, 40);
        fill(linear);
        // The first call chooses the layout; later calls have other sizes.
        comparePacked(linear, {at::randn({2, 5, 24}), at::randn({1, 3, 24}), at::randn({24})}, 1e-6);
        nn::Linear noBias(24, 40, false);
        fill(noBias);
        comparePacked(noBias, {at::randn({7, 24})}, 1e-6);
        nn::Conv2d conv(8, 12, 3, 2, 1);
        fill(conv);
        comparePacked(conv, {at::randn({1, 8, 16, 16}), at::randn({3, 8, 9, 7})}, 1e-6);
        nn::Conv2d point(8, 12, 1);
        fill(point);
        comparePacked(point, {at::randn({2, 8, 5, 5})}, 1e-6);
    }

    void convolutionOntoAnother() {
        const at::NoGradGuard noGrad;
        nn::Conv2d conv(8, 12, 3, 1, 1);
        fill(conv);
        const auto x = at::randn({2, 8, 9, 7}), other = at::randn({2, 12, 9, 7}), before = other.clone();
        const auto expected = conv.forward(x) + other;
        QVERIFY(difference(conv.forwardOnto(other, x), expected) <= 1e-6);
        nn::packWeights(conv, nn::PlainWeights::Drop);
        for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast})
            QVERIFY(difference(conv.forwardOnto(other, x.contiguous(layout)), expected) <= 1e-6);
        QVERIFY(at::equal(other, before));
        // Single pixels and rows, laid out as tokens are.
        for (const std::int64_t height : {1, 3}) {
            const auto tokens = at::randn({2, height, 8}), past = at::randn({2, height, 12});
            const auto pixels = [&](const at::Tensor& t) {
                return t.view({2, height, 1, t.size(2)}).permute({0, 3, 1, 2});
            };
            QVERIFY(difference(conv.forwardOnto(pixels(past), pixels(tokens)),
                               conv.forward(pixels(tokens)) + pixels(past)) <= 1e-6);
        }
    }

    // Pictures that are large beside the weights: by minimal filtering, whatever size comes later.
    void largePictures() {
        nn::Conv2d conv(32, 128, 3, 1, 1);
        fill(conv);
        comparePacked(conv,
                      {at::randn({1, 32, 37, 45}), at::randn({2, 32, 64, 64}),
                       at::randn({2, 32, 5, 3}).contiguous(at::MemoryFormat::ChannelsLast)},
                      3e-6);
        nn::Conv2d noBias(64, 64, 3, 1, 1, false), strided(64, 64, 3, 2, 1);
        for (auto* layer : {&noBias, &strided}) {
            fill(*layer);
            comparePacked(*layer, {at::randn({1, 64, 40, 40})}, 3e-6);
        }
    }

    void largePicturesOntoOthers() {
        const at::NoGradGuard noGrad;
        nn::Conv2d conv(16, 64, 3, 1, 1);
        fill(conv);
        const auto x = at::randn({1, 16, 33, 34}), other = at::randn({1, 64, 33, 34});
        const auto expected = conv.forward(x) + other;
        nn::packWeights(conv, nn::PlainWeights::Drop);
        for (const auto layout : {at::MemoryFormat::Contiguous, at::MemoryFormat::ChannelsLast})
            QVERIFY(difference(conv.forwardOnto(other.contiguous(layout), x.contiguous(layout)), expected) <=
                    3e-6);
    }

    void bfloat16() {
        const nn::ParameterOptionsGuard guard(at::TensorOptions(at::kBFloat16));
        nn::Linear linear(32, 16);
        fill(linear);
        comparePacked(linear, {at::randn({4, 32}, at::kBFloat16)}, 1e-2);
        nn::Conv2d conv(16, 16, 3, 1, 1);
        fill(conv);
        comparePacked(conv, {at::randn({1, 16, 8, 8}, at::kBFloat16)}, 1e-2);
    }

    void pointwiseConvolutionOverTokens() {
        const at::NoGradGuard noGrad;
        nn::Conv2d conv(8, 12, 1);
        fill(conv);
        const auto x = at::randn({2, 8, 3, 3});
        const auto tokens = x.flatten(2).transpose(1, 2).contiguous();
        const auto expected = conv.forward(x).flatten(2).transpose(1, 2);
        QVERIFY(difference(conv.forwardTokens(tokens), expected) <= 1e-6);
        nn::packWeights(conv, nn::PlainWeights::Keep);
        QVERIFY(difference(conv.forwardTokens(tokens), expected) <= 1e-6);
    }

    void droppedWeightsAreEmpty() {
        const at::NoGradGuard noGrad;
        nn::Linear kept(4, 4), dropped(4, 4);
        nn::packWeights(kept, nn::PlainWeights::Keep);
        nn::packWeights(dropped, nn::PlainWeights::Drop);
        fill(kept);
        fill(dropped);
        kept.forward(at::randn({1, 4}));
        dropped.forward(at::randn({1, 4}));
        QCOMPARE(kept.weight.numel(), 16);
        QCOMPARE(dropped.weight.numel(), 0);
        QVERIFY_THROWS_EXCEPTION(c10::Error, at::linear(at::randn({1, 4}), dropped.weight));
    }

    // What learns is computed with the weights as they are now.
    void gradientsSeeThePlainWeight() {
        nn::Linear linear(4, 4);
        fill(linear);
        nn::packWeights(linear, nn::PlainWeights::Keep);
        const auto x = at::randn({2, 4});
        {
            const at::NoGradGuard noGrad;
            linear.forward(x);
            linear.weight.mul_(2);
        }
        QVERIFY(difference(linear.forward(x), at::linear(x, linear.weight, linear.bias)) <= 1e-6);
        linear.forward(x).sum().backward();
        QVERIFY(linear.weight.grad().defined());
    }

    void lowRankUpdatesStayPlain() {
        const at::NoGradGuard noGrad;
        nn::Linear linear(6, 6);
        linear.attachLowRank(2, 0.5);
        fill(linear);
        nn::packWeights(linear, nn::PlainWeights::Keep);
        const auto x = at::randn({3, 6});
        linear.forward(x);
        linear.lowRank.up->weight.mul_(3);
        const auto expected =
            at::linear(x, linear.weight, linear.bias) +
            0.5 * at::linear(at::linear(x, linear.lowRank.down->weight), linear.lowRank.up->weight);
        QVERIFY(difference(linear.forward(x), expected) <= 1e-6);
    }
};

QTEST_GUILESS_MAIN(PackedWeights)
#include "tst_packed_weight.moc"
