// SPDX-License-Identifier: GPL-3.0-or-later
// The products of products.h say what LibTorch's own operators say, values and gradients.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/generated/variable_factories.h>

#include <QTest>
#include <functional>

#include "core/engine/nn/layers.h"
#include "core/engine/nn/products.h"

using namespace atelier;

namespace {

double difference(const at::Tensor& a, const at::Tensor& b) {
    if (b.numel() == 0) return a.numel() == 0 ? 0 : 1;
    return (a - b).abs().max().item<double>() / std::max(1e-12, b.abs().max().item<double>());
}

using Call = std::function<at::Tensor(const std::vector<at::Tensor>&)>;

// Value and gradients of both on copies of the same tensors; undefined ones stay so, `frozen` gets no
// gradient.
void compare(const Call& ours, const Call& theirs, const std::vector<at::Tensor>& tensors, double tolerance,
             std::size_t frozen = 99) {
    std::vector<std::vector<at::Tensor>> results;
    at::Tensor dy;
    for (const Call& call : {theirs, ours}) {
        std::vector<at::Tensor> leaves, learning;
        for (std::size_t i = 0; i < tensors.size(); ++i) {
            leaves.push_back(tensors[i].defined() ? tensors[i].detach().clone() : at::Tensor());
            if (!leaves.back().defined() || i == frozen) continue;
            leaves.back().requires_grad_(true);
            learning.push_back(leaves.back());
        }
        auto y = call(leaves);
        if (!dy.defined()) dy = at::randn(y.sizes()).to(y.scalar_type());
        y = y * 1;  // an operation behind it, as in a network
        torch::autograd::backward({y}, {dy});
        results.push_back({y.detach()});
        for (const auto& leaf : learning) results.back().push_back(leaf.grad());
        if (frozen < leaves.size()) QVERIFY(!leaves[frozen].grad().defined());
    }
    QCOMPARE(results[0].size(), results[1].size());
    for (std::size_t i = 0; i < results[0].size(); ++i) {
        QVERIFY(results[1][i].defined());
        QCOMPARE(results[1][i].sizes(), results[0][i].sizes());
        const double off = difference(results[1][i].to(at::kFloat), results[0][i].to(at::kFloat));
        QVERIFY2(off <= tolerance, qPrintable(QStringLiteral("result %1: %2").arg(i).arg(off)));
    }
}

}  // namespace

class Products : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init() { at::manual_seed(1); }

    void linear_data() {
        QTest::addColumn<std::vector<std::int64_t>>("sizes");
        QTest::addColumn<bool>("bias");
        QTest::newRow("tokens") << std::vector<std::int64_t>{2, 40, 24} << true;
        QTest::newRow("without bias") << std::vector<std::int64_t>{2, 40, 24} << false;
        QTest::newRow("few rows") << std::vector<std::int64_t>{3, 24} << true;
        QTest::newRow("one vector") << std::vector<std::int64_t>{24} << true;
        QTest::newRow("no rows") << std::vector<std::int64_t>{0, 24} << true;
    }
    void linear() {
        QFETCH(const std::vector<std::int64_t>, sizes);
        QFETCH(const bool, bias);
        const std::vector<at::Tensor> tensors{at::randn(sizes), at::randn({56, 24}),
                                              bias ? at::randn({56}) : at::Tensor()};
        const Call ours = [](const auto& t) { return nn::linear(t[0], t[1], t[2]); };
        const Call theirs = [](const auto& t) { return at::linear(t[0], t[1], t[2]); };
        for (std::size_t frozen : {99U, 0U, 1U}) compare(ours, theirs, tensors, 2e-6, frozen);
        const at::NoGradGuard noGrad;
        if (tensors[0].numel() > 0) QVERIFY(difference(ours(tensors), theirs(tensors)) <= 2e-6);
    }
    // What lies in another order, and what is written to afterwards.
    void linearOfViews() {
        const std::vector<at::Tensor> tensors{at::randn({2, 24, 40}), at::randn({56, 24}), at::randn({56})};
        compare([](const auto& t) { return nn::linear(t[0].transpose(1, 2), t[1], t[2]).mul_(2); },
                [](const auto& t) { return at::linear(t[0].transpose(1, 2), t[1], t[2]).mul_(2); }, tensors,
                2e-6);
    }
    void convolution_data() {
        QTest::addColumn<std::int64_t>("in");
        QTest::addColumn<std::int64_t>("out");
        QTest::addColumn<std::int64_t>("stride");
        QTest::addColumn<bool>("channelsLast");
        QTest::newRow("small") << std::int64_t{8} << std::int64_t{24} << std::int64_t{1} << false;
        QTest::newRow("small, channels last")
            << std::int64_t{8} << std::int64_t{24} << std::int64_t{2} << true;
        QTest::newRow("large") << std::int64_t{840} << std::int64_t{860} << std::int64_t{1} << false;
        QTest::newRow("large, channels last")
            << std::int64_t{840} << std::int64_t{860} << std::int64_t{2} << true;
    }
    void convolution() {
        QFETCH(const std::int64_t, in);
        QFETCH(const std::int64_t, out);
        QFETCH(const std::int64_t, stride);
        QFETCH(const bool, channelsLast);
        const auto layout = channelsLast ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
        const Call ours = [=](const auto& t) {
            return nn::conv2d(t[0].contiguous(layout), t[1], t[2], stride, 1);
        };
        const Call theirs = [=](const auto& t) { return at::conv2d(t[0], t[1], t[2], stride, 1); };
        const auto weight = at::randn({out, in, 3, 3}).contiguous(layout);
        const auto x = at::randn({2, in, 6, 5});
        compare(ours, theirs, {x, weight, at::randn({out})}, 5e-6);
        compare(ours, theirs, {x, weight, {}}, 5e-6);
        compare(ours, theirs, {x, weight, at::randn({out})}, 5e-6, 1);
        compare(ours, theirs, {x.to(at::kBFloat16), weight.to(at::kBFloat16), {}}, 2e-2);
    }
    void channelsLastChangesTheOrderOnly() {
        nn::Conv2d conv(8, 12, 3, 1, 1);
        const at::Tensor before = conv.weight.detach().normal_().clone(), x = at::randn({1, 8, 5, 5});
        const at::Tensor y = conv.forward(x);
        nn::layChannelsLast(conv);
        QVERIFY(conv.weight.is_contiguous(at::MemoryFormat::ChannelsLast));
        QVERIFY(at::equal(conv.weight, before));
        const at::Tensor again = conv.forward(x);
        QVERIFY(difference(again.detach(), y.detach()) <= 2e-6);
        again.sum().backward();
        QVERIFY(conv.weight.grad().is_contiguous(at::MemoryFormat::ChannelsLast));
    }
};

QTEST_GUILESS_MAIN(Products)
#include "tst_products.moc"
