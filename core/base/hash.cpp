// SPDX-License-Identifier: GPL-3.0-or-later
// OpenSSL's SHA-256 and xxHash behind hash.h.
#include "core/base/hash.h"

#include <openssl/evp.h>
#include <xxhash.h>

namespace atelier {
namespace {

template <class Hash>
Result<std::string> hashOfFile(const fs::path& path) {
    Hash hash;
    ATELIER_DO(readPieces(path, [&](std::string_view piece) -> Status {
        hash.update(piece);
        return {};
    }));
    return hash.hexDigest();
}

}  // namespace

struct Sha256::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    State() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
    ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string Sha256::hexDigest() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(state_->context, digest.data(), &length);
    std::string text;
    text.reserve(64);
    constexpr char kDigits[] = "0123456789abcdef";
    for (unsigned int i = 0; i < length; ++i) {
        text += kDigits[digest[i] >> 4];
        text += kDigits[digest[i] & 15];
    }
    return text;
}

std::string sha256Hex(std::string_view bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.hexDigest();
}

Result<std::string> sha256HexOfFile(const fs::path& path) {
    return hashOfFile<Sha256>(path);
}

struct Xxh128::State {
    XXH3_state_t* state = XXH3_createState();
    State() { XXH3_128bits_reset(state); }
    ~State() { XXH3_freeState(state); }
};

Xxh128::Xxh128() : state_(std::make_unique<State>()) {}
Xxh128::Xxh128(Xxh128&&) noexcept = default;
Xxh128& Xxh128::operator=(Xxh128&&) noexcept = default;
Xxh128::~Xxh128() = default;

void Xxh128::update(std::string_view bytes) {
    XXH3_128bits_update(state_->state, bytes.data(), bytes.size());
}

std::string Xxh128::hexDigest() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_->state);
    return hex(hash.high64) + hex(hash.low64);
}

Result<std::string> xxh128HexOfFile(const fs::path& path) {
    return hashOfFile<Xxh128>(path);
}

std::uint64_t xxh3(std::string_view bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

std::string hex(std::uint64_t value, int digits) {
    std::string text(16, '0');
    for (int i = 15; i >= 0; --i, value >>= 4)
        text[static_cast<std::size_t>(i)] = "0123456789abcdef"[value & 15];
    return text.substr(0, static_cast<std::size_t>(digits));
}

}  // namespace atelier
