// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/tensor_hash.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string_view>
#include <vector>

#include "core/base/hash.h"
#include "core/weights/file_bytes.h"

namespace atelier {

std::string tensorHashPlaceholder() {
    return std::string(64, '0');
}

Status stampTensorHash(const fs::path& path) {
    constexpr std::uint64_t kPiece = std::uint64_t{4} << 20;
    ATELIER_TRY(const auto file, FileBytes::open(path));
    ATELIER_TRY(const std::string size, file.text({0, 8}));
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8U | static_cast<unsigned char>(size[i]);
    ATELIER_TRY(std::string header, file.text({8, length}));
    Sha256 hash;
    std::vector<std::byte> piece(kPiece);
    for (std::uint64_t at = 8 + length; at < file.size(); at += piece.size()) {
        piece.resize(std::min(kPiece, file.size() - at));
        ATELIER_DO(file.read(at, piece));
        hash.update({reinterpret_cast<const char*>(piece.data()), piece.size()});
    }
    const std::string digest = hash.hexDigest(), placeholder = tensorHashPlaceholder();
    for (auto at = header.find(placeholder); at != std::string::npos; at = header.find(placeholder, at))
        header.replace(at, digest.size(), digest);
    const int out = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (out < 0) return failErrno(errno, "open", path.string());
    std::string_view rest = header;
    int code = 0;
    while (!rest.empty() && code == 0) {
        const ssize_t n =
            ::pwrite(out, rest.data(), rest.size(), static_cast<off_t>(8 + length - rest.size()));
        if (n >= 0)
            rest.remove_prefix(static_cast<std::size_t>(n));
        else if (errno != EINTR)
            code = errno;
    }
    if (code == 0 && ::fsync(out) != 0) code = errno;
    if (::close(out) != 0 && code == 0) code = errno;
    if (code != 0) return failErrno(code, "write", path.string());
    return {};
}

}  // namespace atelier
