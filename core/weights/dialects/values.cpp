// SPDX-License-Identifier: GPL-3.0-or-later
// Rounding between floating formats, and the four ways in which the dialects lay out one tensor.
#include "core/weights/dialects/values.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/check.h"

namespace atelier::dialects {
namespace {

float halfToFloat(std::uint16_t half) {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16, fraction = half & 0x3ffU;
    const std::uint32_t exponent = half >> 10 & 0x1fU;
    if (exponent == 0) {  // zero and subnormal: fraction · 2^-24, exact in float
        const float value = static_cast<float>(fraction) * 0x1p-24F;
        return sign ? -value : value;
    }
    const std::uint32_t wide = exponent == 31 ? 0xffU : exponent + 112;  // 127 − 15
    return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

std::uint16_t floatToHalf(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000U);
    const std::uint32_t magnitude = bits & 0x7fffffffU;
    if (magnitude > 0x7f800000U)
        return static_cast<std::uint16_t>(sign | 0x7e00U | (magnitude >> 13 & 0x3ffU));
    if (magnitude >= 0x477ff000U) return sign | 0x7c00U;  // from 65520 on: infinite
    if (magnitude < 0x38800000U) {                        // below 2^-14: a multiple of 2^-24
        const float scaled = std::nearbyint(std::fabs(value) * 0x1p24F);
        return static_cast<std::uint16_t>(sign | static_cast<std::uint16_t>(scaled));
    }
    const std::uint32_t rounded = magnitude + 0xfffU + (magnitude >> 13 & 1U);
    return static_cast<std::uint16_t>(sign | (rounded - (112U << 23)) >> 13);
}

std::uint16_t floatToBrain(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>(bits >> 16 | 0x40U);
    return static_cast<std::uint16_t>((bits + 0x7fffU + (bits >> 16 & 1U)) >> 16);
}

template <class T>
T readAt(std::span<const std::byte> bytes, std::size_t i) {
    T value;  // tensors in files need not be aligned
    std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
    return value;
}
template <class T>
void writeAt(Bytes& bytes, std::size_t i, T value) {
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
}

double elementAt(std::span<const std::byte> bytes, TensorType type, std::size_t i) {
    switch (type) {
        case TensorType::F16:
            return halfToFloat(readAt<std::uint16_t>(bytes, i));
        case TensorType::BF16:
            return std::bit_cast<float>(static_cast<std::uint32_t>(readAt<std::uint16_t>(bytes, i)) << 16);
        case TensorType::F32:
            return readAt<float>(bytes, i);
        default:
            return readAt<double>(bytes, i);
    }
}

// NaN and infinity are the numbers whose exponent is all ones. Without a branch in the loop, so that many are
// looked at together.
template <class Bits>
bool exponentsBelow(std::span<const std::byte> bytes, Bits exponent) {
    bool found = false;
    for (std::size_t i = 0; i < bytes.size() / sizeof(Bits); ++i)
        found |= (readAt<Bits>(bytes, i) & exponent) == exponent;
    return !found;
}

}  // namespace

bool isConvertible(TensorType type) {
    return type == TensorType::F16 || type == TensorType::BF16 || type == TensorType::F32 ||
           type == TensorType::F64;
}

bool allFinite(std::span<const std::byte> bytes, TensorType type) {
    switch (type) {
        case TensorType::F16:
            return exponentsBelow<std::uint16_t>(bytes, 0x7c00);
        case TensorType::BF16:
            return exponentsBelow<std::uint16_t>(bytes, 0x7f80);
        case TensorType::F32:
            return exponentsBelow<std::uint32_t>(bytes, 0x7f800000);
        default:
            return exponentsBelow<std::uint64_t>(bytes, 0x7ff0000000000000);
    }
}

Bytes convertType(std::span<const std::byte> bytes, TensorType from, TensorType to) {
    if (from == to) return {bytes.begin(), bytes.end()};
    ATELIER_CHECK(isConvertible(from) && isConvertible(to), "only floating weights are converted");
    const std::size_t count = bytes.size() * 8 / static_cast<std::size_t>(bitsPerElement(from));
    Bytes out(count * static_cast<std::size_t>(bitsPerElement(to)) / 8);
    for (std::size_t i = 0; i < count; ++i) {
        const double value = elementAt(bytes, from, i);
        if (to == TensorType::F16)
            writeAt(out, i, floatToHalf(static_cast<float>(value)));
        else if (to == TensorType::BF16)
            writeAt(out, i, floatToBrain(static_cast<float>(value)));
        else if (to == TensorType::F32)
            writeAt(out, i, static_cast<float>(value));
        else
            writeAt(out, i, value);
    }
    return out;
}

Bytes transpose(std::span<const std::byte> bytes, std::int64_t rows, std::int64_t columns, int elementBytes) {
    Bytes out(bytes.size());
    const auto r = static_cast<std::size_t>(rows), c = static_cast<std::size_t>(columns),
               n = static_cast<std::size_t>(elementBytes);
    for (std::size_t y = 0; y < r; ++y)
        for (std::size_t x = 0; x < c; ++x)
            std::memcpy(out.data() + (x * r + y) * n, bytes.data() + (y * c + x) * n, n);
    return out;
}

Bytes toFolderLayout(const NamePair& pair, std::span<const std::byte> single, int elementBytes) {
    switch (pair.layout) {
        case Layout::Same:
        case Layout::Conv1x1:  // the same bytes under another shape
            return {single.begin(), single.end()};
        case Layout::Transposed:
            return transpose(single, pair.shape[1], pair.shape[0], elementBytes);
        default: {
            const std::size_t third = single.size() / 3;
            const auto part =
                static_cast<std::size_t>(pair.layout) - static_cast<std::size_t>(Layout::FusedQ);
            const auto rows = single.subspan(part * third, third);
            return {rows.begin(), rows.end()};
        }
    }
}

double maximumDifference(std::span<const std::byte> a, TensorType aType, std::span<const std::byte> b,
                         TensorType bType) {
    if (aType == bType && a.size() == b.size() &&
        (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0))
        return 0;
    const std::size_t count = a.size() * 8 / static_cast<std::size_t>(bitsPerElement(aType));
    if (b.size() * 8 / static_cast<std::size_t>(bitsPerElement(bType)) != count)
        return std::numeric_limits<double>::infinity();
    double largest = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double x = elementAt(a, aType, i), y = elementAt(b, bType, i);
        if (x == y || (std::isnan(x) && std::isnan(y))) continue;
        const double difference = std::fabs(x - y);
        largest =
            std::max(largest, std::isnan(difference) ? std::numeric_limits<double>::infinity() : difference);
    }
    return largest;
}

}  // namespace atelier::dialects
