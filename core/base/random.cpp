// SPDX-License-Identifier: GPL-3.0-or-later
// Philox4x32-10, Box–Muller and the Feistel permutation (see random.h).
#include "core/base/random.h"

#include <cmath>
#include <numbers>

#include "core/base/check.h"

namespace atelier {

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> c, std::array<std::uint32_t, 2> k) {
    constexpr std::uint64_t kMul0 = 0xD2511F53, kMul1 = 0xCD9E8D57;
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t p0 = kMul0 * c[0];
        const std::uint64_t p1 = kMul1 * c[2];
        c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<std::uint32_t>(p1),
             static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<std::uint32_t>(p0)};
        k[0] += 0x9E3779B9;
        k[1] += 0xBB67AE85;
    }
    return c;
}

// Counter words: block index (32), stream (32), number (64). A generator yields 2^34 words, enough for any
// tensor.
std::array<std::uint32_t, 4> Random::block(std::uint64_t blockIndex) const {
    return philox4x32({static_cast<std::uint32_t>(blockIndex), static_cast<std::uint32_t>(stream_),
                       static_cast<std::uint32_t>(number_), static_cast<std::uint32_t>(number_ >> 32)},
                      {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
}

std::uint32_t Random::bits(std::uint64_t index) const {
    return block(index / 4)[index % 4];
}

double Random::uniform(std::uint64_t index) const {
    const auto words = block(index / 2);
    const std::size_t at = (index % 2) * 2;
    const std::uint64_t bits53 = ((static_cast<std::uint64_t>(words[at]) << 32) | words[at + 1]) >> 11;
    return static_cast<double>(bits53) * 0x1.0p-53;
}

std::uint64_t Random::below(std::uint64_t bound, std::uint64_t index) const {
    ATELIER_CHECK(bound > 0, "Random::below needs a positive bound");
    const auto words = block(index / 2);
    const std::size_t at = (index % 2) * 2;
    const std::uint64_t x = (static_cast<std::uint64_t>(words[at]) << 32) | words[at + 1];
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(x) * bound) >> 64);
}

void Random::normals(std::span<float> out, std::uint64_t offset) const {
    // Block b gives normals 4b … 4b+3: two Box–Muller pairs from four 32-bit words.
    std::uint64_t i = 0;
    while (i < out.size()) {
        const std::uint64_t position = offset + i;
        const auto words = block(position / 4);
        double values[4];
        for (std::size_t pair = 0; pair < 2; ++pair) {
            const double u = (static_cast<double>(words[2 * pair]) + 1.0) * 0x1.0p-32;  // (0, 1]
            const double angle =
                2.0 * std::numbers::pi * (static_cast<double>(words[2 * pair + 1]) * 0x1.0p-32);
            const double radius = std::sqrt(-2.0 * std::log(u));
            values[2 * pair] = radius * std::cos(angle);
            values[2 * pair + 1] = radius * std::sin(angle);
        }
        for (std::uint64_t lane = position % 4; lane < 4 && i < out.size(); ++lane, ++i)
            out[i] = static_cast<float>(values[lane]);
    }
}

Permutation::Permutation(std::uint64_t size, std::uint64_t seed, std::uint64_t number)
    : size_(size), seed_(seed), number_(number), halfBits_(1) {
    while (halfBits_ < 32 && (std::uint64_t{1} << (2 * halfBits_)) < size_) ++halfBits_;
}

std::uint64_t Permutation::operator()(std::uint64_t position) const {
    ATELIER_CHECK(position < size_, "Permutation: position outside its size");
    const std::uint32_t mask = halfBits_ == 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << halfBits_) - 1;
    std::uint64_t x = position;
    do {
        auto left = static_cast<std::uint32_t>(x >> halfBits_) & mask;
        auto right = static_cast<std::uint32_t>(x) & mask;
        for (std::uint32_t round = 0; round < 6; ++round) {
            const auto words =
                philox4x32({right, static_cast<std::uint32_t>(RandomStream::Shuffle) | (round << 8),
                            static_cast<std::uint32_t>(number_), static_cast<std::uint32_t>(number_ >> 32)},
                           {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)});
            const std::uint32_t mixed = left ^ (words[0] & mask);
            left = right;
            right = mixed;
        }
        x = (static_cast<std::uint64_t>(left) << halfBits_) | right;
    } while (x >= size_);
    return x;
}

}  // namespace atelier
