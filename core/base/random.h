// SPDX-License-Identifier: GPL-3.0-or-later
// Counter-based random numbers: every draw is a pure function of (seed, stream, number, index), so that
// data order, noise and timesteps can be had again from any point, on any device, with any number of ranks.
// Philox4x32-10 after Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace atelier {

// One Philox4x32-10 block: 128-bit counter, 64-bit key → four 32-bit words.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

// What the numbers are for. Values are part of the format: never renumber.
enum class RandomStream : std::uint32_t {
    Shuffle = 1,       // order of samples, number = epoch
    Timestep = 2,      // number = global sample number
    Noise = 3,         // number = global sample number
    Caption = 4,       // caption dropout, shuffling; number = global sample number
    Crop = 5,          // crop and flip; number = global sample number
    Latent = 6,        // the VAE's reparameterisation noise; number = global sample number
    Init = 7,          // weight initialisation; number = index of the tensor
    Sample = 8,        // pictures; number = index of the picture
    SampleStep = 9,    // a stochastic sampler's noise; number = picture × 2^20 + step
    Replacement = 10,  // which sample stands in for a dropped one
    NoiseOffset = 11,  // number = global sample number, as the next two
    PyramidNoise = 12,
    InputPerturbation = 13,
    Mask = 14,       // of inpainting; number = global sample number, as the next
    Condition = 15,  // pictures
    Color = 16,      // jitter; number = global sample number
};

// A stateless generator of one (seed, stream, number).
class Random {
  public:
    Random(std::uint64_t seed, RandomStream stream, std::uint64_t number)
        : seed_(seed), stream_(stream), number_(number) {}

    // 32 random bits number `index` of this generator.
    std::uint32_t bits(std::uint64_t index) const;
    // Uniform in [0, 1) with 53 bits; uses words 2·index and 2·index+1.
    double uniform(std::uint64_t index) const;
    // Uniform integer in [0, bound), unbiased to 2^-64; bound > 0.
    std::uint64_t below(std::uint64_t bound, std::uint64_t index) const;
    // Standard normals by Box–Muller in double precision, rounded to float; out[i] depends only on i +
    // offset.
    void normals(std::span<float> out, std::uint64_t offset = 0) const;

  private:
    std::array<std::uint32_t, 4> block(std::uint64_t blockIndex) const;
    std::uint64_t seed_;
    RandomStream stream_;
    std::uint64_t number_;
};

// A pseudo-random permutation of [0, size) evaluated at one point, in O(1) memory (cycle-walking Feistel
// network). The same for every device and rank; used for shuffling without an index in memory.
class Permutation {
  public:
    Permutation(std::uint64_t size, std::uint64_t seed, std::uint64_t number);
    std::uint64_t operator()(std::uint64_t position) const;

  private:
    std::uint64_t size_;
    std::uint64_t seed_;
    std::uint64_t number_;
    int halfBits_;
};

}  // namespace atelier
