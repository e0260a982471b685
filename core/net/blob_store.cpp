// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/blob_store.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

namespace atelier::net {
namespace {

// The Cache Directory Tagging Specification: backup programs leave such folders out.
constexpr std::string_view kCacheTag =
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This folder holds downloads that can be made again.\n";

bool isHex(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

struct BlobHash::State {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    explicit State(const EVP_MD* kind) { EVP_DigestInit_ex(context, kind, nullptr); }
    ~State() { EVP_MD_CTX_free(context); }
};

BlobHash::BlobHash(std::unique_ptr<State> state) : state_(std::move(state)) {}
BlobHash::BlobHash(BlobHash&&) noexcept = default;
BlobHash& BlobHash::operator=(BlobHash&&) noexcept = default;
BlobHash::~BlobHash() = default;

std::optional<BlobHash> BlobHash::forEtag(const std::string& etag, std::optional<std::uint64_t> size) {
    if (!isHex(etag)) return std::nullopt;
    if (etag.size() == 64) return BlobHash(std::make_unique<State>(EVP_sha256()));
    if (etag.size() != 40 || !size) return std::nullopt;
    BlobHash hash(std::make_unique<State>(EVP_sha1()));
    std::string head = "blob " + std::to_string(*size);
    head += '\0';
    hash.update(head);
    return hash;
}

void BlobHash::update(std::string_view bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

std::string BlobHash::hexDigest() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int length = 0;
    EVP_DigestFinal_ex(state_->context, digest.data(), &length);
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
        text += "0123456789abcdef"[digest[i] >> 4];
        text += "0123456789abcdef"[digest[i] & 15];
    }
    return text;
}

Status readPieces(const fs::path& path, std::uint64_t size,
                  const std::function<Status(std::string_view)>& take) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return failErrno(errno, "open", path.string());
    std::vector<char> buffer(std::size_t{1} << 20);
    Status status;
    while (size > 0 && status) {
        const ssize_t n = ::read(fd, buffer.data(), std::min<std::uint64_t>(size, buffer.size()));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            status = n == 0 ? fail(ErrorCode::Io, "it became shorter while it was read", path.string())
                            : failErrno(errno, "read", path.string());
            break;
        }
        status = take({buffer.data(), static_cast<std::size_t>(n)});
        size -= static_cast<std::uint64_t>(n);
    }
    ::close(fd);
    return status;
}

Result<BlobLock> BlobLock::take(const fs::path& path, const std::function<bool()>& cancelled,
                                const std::function<void()>& waiting) {
    ATELIER_DO(createDirectories(path.parent_path()));
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0664);
    if (fd < 0) return failErrno(errno, "create", path.string());
    BlobLock lock(fd);
    for (bool said = false; ::flock(fd, LOCK_EX | LOCK_NB) != 0;) {
        if (errno == EINTR) continue;
        // A file system without locks: each writer has the blob's name appear whole anyway.
        if (errno != EWOULDBLOCK) return lock;
        if (!said && waiting) waiting();
        said = true;
        if (cancelled && cancelled()) return fail(ErrorCode::Cancelled, "stopped");
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return lock;
}

BlobLock::BlobLock(BlobLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
BlobLock& BlobLock::operator=(BlobLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}
BlobLock::~BlobLock() {
    if (fd_ >= 0) ::close(fd_);
}

Status BlobStore::prepare() const {
    ATELIER_DO(createDirectories(cache_ / folder_ / "blobs"));
    std::error_code error;
    const fs::path tag = cache_ / "CACHEDIR.TAG";
    if (!fs::exists(tag, error)) return writeFileAtomic(tag, kCacheTag);
    return {};
}

Status BlobStore::link(const std::string& commit, const std::string& path, const std::string& etag) const {
    const fs::path place = snapshot(commit) / path;
    std::error_code error;
    if (fs::exists(place, error)) return {};
    ATELIER_DO(createDirectories(place.parent_path()));
    const char* disabled = std::getenv("HF_HUB_DISABLE_SYMLINKS");
    if (!disabled || !*disabled || *disabled == '0') {
        std::string up = "../..";
        for (const char c : path) up += c == '/' ? "/.." : "";
        auto made = replaceSymlink(fs::path(up) / "blobs" / etag, place);
        if (made) return {};
    }
    fs::copy_file(blob(etag), place, fs::copy_options::overwrite_existing, error);
    if (error) return failErrno(error.value(), "write", place.string());
    return {};
}

Status BlobStore::setRef(const std::string& revision, const std::string& commit) const {
    if (revision == commit) return {};
    const fs::path ref = cache_ / folder_ / "refs" / revision;
    if (const auto old = readFile(ref, 1024); old && *old == commit) return {};
    ATELIER_DO(createDirectories(ref.parent_path()));
    return writeFileAtomic(ref, commit);
}

}  // namespace atelier::net
