// SPDX-License-Identifier: GPL-3.0-or-later
// SHA-256 for what others check (manifests), XXH3 for what only we compare (duplicates, names).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

// Incremental SHA-256 (FIPS 180-4).
class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;
    ~Sha256();
    void update(std::string_view bytes);
    // 64 lower-case hex digits; the object is spent afterwards.
    std::string hexDigest();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

std::string sha256Hex(std::string_view bytes);
Result<std::string> sha256HexOfFile(const fs::path& path);

// Incremental XXH3, 128 bit, seed 0: about ten times as fast as SHA-256, against accidents and not against
// people.
class Xxh128 {
  public:
    Xxh128();
    Xxh128(Xxh128&&) noexcept;
    Xxh128& operator=(Xxh128&&) noexcept;
    ~Xxh128();
    void update(std::string_view bytes);
    // 32 lower-case hex digits, as `xxhsum -H2` prints them, of everything so far.
    std::string hexDigest() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};
Result<std::string> xxh128HexOfFile(const fs::path& path);

// XXH3, 64 bit, seed 0: stable across versions and machines.
std::uint64_t xxh3(std::string_view bytes);
// 16 (64 bit) lower-case hex digits; `digits` of them from the front.
std::string hex(std::uint64_t value, int digits = 16);

}  // namespace atelier
