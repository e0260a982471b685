// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/image_end.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string_view>

namespace atelier::data {
namespace {

constexpr std::size_t kTail = 12;  // PNG's last chunk
constexpr int kRough = 64;         // side of the trial decode

// Length of the file, its first and its last bytes (up to kTail each).
struct Ends {
    std::uint64_t size = 0;
    std::array<char, kTail> head{}, tail{};
};

bool readEnds(const fs::path& path, Ends& ends) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    struct stat info {};
    bool good = ::fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size >= off_t(kTail);
    good = good && ::pread(file, ends.head.data(), kTail, 0) == ssize_t(kTail) &&
           ::pread(file, ends.tail.data(), kTail, info.st_size - off_t(kTail)) == ssize_t(kTail);
    ::close(file);
    ends.size = std::uint64_t(info.st_size);
    return good;
}

bool endsWell(const Ends& ends, ImageFormat format) {
    const std::string_view tail(ends.tail.data(), kTail);
    switch (format) {
        case ImageFormat::Jpeg:
            return tail.ends_with("\xff\xd9");
        case ImageFormat::Png:
            return tail == std::string_view("\0\0\0\0IEND\xae\x42\x60\x82", kTail);
        case ImageFormat::Gif:
            return tail.back() == ';';
        case ImageFormat::Webp: {  // little endian, without the eight bytes before
            std::uint64_t length = 0;
            for (std::size_t i = 4; i-- > 0;) length = length << 8 | std::uint8_t(ends.head[4 + i]);
            return ends.size >= length + 8;
        }
        default:
            return true;
    }
}

}  // namespace

Status checkEnd(const fs::path& path, ImageFormat format) {
    Ends ends;
    if (readEnds(path, ends) && endsWell(ends, format)) return {};
    if (const auto decoded = decodeThumbnail(path, kRough); !decoded) return tl::unexpected(decoded.error());
    return {};
}

}  // namespace atelier::data
