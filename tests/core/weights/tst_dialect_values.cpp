// SPDX-License-Identifier: GPL-3.0-or-later
// Rounding between floating formats: every half and every bfloat16 survives, ties and edges round as IEEE 754
// says.
#include <QTest>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "core/weights/dialects/values.h"

using namespace atelier;
using namespace atelier::dialects;

namespace {

template <class To, class From>
To converted(From value, TensorType from, TensorType to) {
    const Bytes out = convertType(std::as_bytes(std::span(&value, 1)), from, to);
    To result;
    std::memcpy(&result, out.data(), sizeof(To));
    return result;
}
std::uint16_t half(float value) {
    return converted<std::uint16_t>(value, TensorType::F32, TensorType::F16);
}
std::uint16_t brain(float value) {
    return converted<std::uint16_t>(value, TensorType::F32, TensorType::BF16);
}

}  // namespace

class TestDialectValues : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void everySixteenBitValueSurvives() {
        for (const TensorType type : {TensorType::F16, TensorType::BF16})
            for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
                const auto before = static_cast<std::uint16_t>(bits);
                const float wide = converted<float>(before, type, TensorType::F32);
                const auto after = converted<std::uint16_t>(wide, TensorType::F32, type);
                if (std::isnan(wide))
                    QVERIFY(std::isnan(converted<float>(after, type, TensorType::F32)));
                else
                    QCOMPARE(after, before);
            }
    }

    void rounding() {
        QCOMPARE(half(1), std::uint16_t{0x3c00});
        QCOMPARE(half(1 + 0x1p-11F), std::uint16_t{0x3c00});  // a tie goes to the even neighbour
        QCOMPARE(half(1 + 3 * 0x1p-11F), std::uint16_t{0x3c02});
        QCOMPARE(half(1 + 0x1p-11F + 0x1p-20F), std::uint16_t{0x3c01});  // above the tie
        QCOMPARE(half(65504), std::uint16_t{0x7bff});
        QCOMPARE(half(65519), std::uint16_t{0x7bff});
        QCOMPARE(half(65520), std::uint16_t{0x7c00});
        QCOMPARE(half(-1e30F), std::uint16_t{0xfc00});
        QCOMPARE(half(0x1p-24F), std::uint16_t{1});
        QCOMPARE(half(0x1p-25F), std::uint16_t{0});
        QCOMPARE(half(3 * 0x1p-26F), std::uint16_t{1});
        QCOMPARE(half(-0x1p-14F + 0x1p-26F), std::uint16_t{0x8400});  // rounds up into the normal numbers
        QCOMPARE(brain(1 + 0x1p-8F), std::uint16_t{0x3f80});
        QCOMPARE(brain(1 + 3 * 0x1p-8F), std::uint16_t{0x3f82});
        QCOMPARE(brain(std::numeric_limits<float>::max()), std::uint16_t{0x7f80});
    }

    void differences() {
        const std::vector<float> a{1, 2, NAN}, b{1, 2.5F, NAN}, c{1, INFINITY, NAN};
        const auto difference = [](const std::vector<float>& x, const std::vector<float>& y) {
            return maximumDifference(std::as_bytes(std::span(x)), TensorType::F32,
                                     std::as_bytes(std::span(y)), TensorType::F32);
        };
        QCOMPARE(difference(a, a), 0.0);
        QCOMPARE(difference(a, b), 0.5);
        QVERIFY(std::isinf(difference(a, c)));
        QCOMPARE(maximumDifference({}, TensorType::F32, {}, TensorType::F32),
                 0.0);  // a tensor without elements
    }

    void layouts() {
        const std::vector<std::uint16_t> values{0, 1, 2, 3, 4, 5};
        const auto bytes = std::as_bytes(std::span(values));
        const auto words = [](const Bytes& out) {
            std::vector<std::uint16_t> read(out.size() / 2);
            std::memcpy(read.data(), out.data(), out.size());
            return read;
        };
        QCOMPARE(words(transpose(bytes, 2, 3, 2)), (std::vector<std::uint16_t>{0, 3, 1, 4, 2, 5}));
        const NamePair key{"in_proj_weight", "k_proj.weight", {1, 2}, Layout::FusedK};
        QCOMPARE(words(toFolderLayout(key, bytes, 2)), (std::vector<std::uint16_t>{2, 3}));
        const NamePair head{"text_projection", "text_projection.weight", {3, 2}, Layout::Transposed};
        QCOMPARE(words(toFolderLayout(head, bytes, 2)), (std::vector<std::uint16_t>{0, 3, 1, 4, 2, 5}));
        QCOMPARE(singleShape(head), (std::vector<std::int64_t>{2, 3}));
    }
};

QTEST_GUILESS_MAIN(TestDialectValues)
#include "tst_dialect_values.moc"
