// SPDX-License-Identifier: GPL-3.0-or-later
// What a picture file is, from its headers: JPEG (ITU T.81), PNG (ISO 15948), WebP (RFC 9649), BMP, GIF89a;
// TIFF by libtiff's directory. Own parsers, as they read a few hundred bytes where a codec would set up a
// decoder.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>

#include "core/base/strings.h"
#include "core/data/codecs.h"
#include "core/data/probe_source.h"

namespace atelier::data {
namespace {

constexpr std::size_t kWindow = 16384;

struct NamedFormat {
    ImageFormat format;
    std::string_view name;
    std::string_view extensions;  // space separated, the one for shards first
};
constexpr std::array kFormats{
    NamedFormat{ImageFormat::Jpeg, "JPEG", "jpg jpeg jpe jfif"},
    NamedFormat{ImageFormat::Png, "PNG", "png apng"},
    NamedFormat{ImageFormat::Webp, "WebP", "webp"},
    NamedFormat{ImageFormat::Tiff, "TIFF", "tif tiff"},
    NamedFormat{ImageFormat::Bmp, "BMP", "bmp dib"},
    NamedFormat{ImageFormat::Gif, "GIF", "gif"},
};

// Formats we meet and cannot read; named so that the message helps.
std::string_view foreignFormat(std::string_view head) {
    if (head.size() >= 12 && head.substr(4, 4) == "ftyp") {
        const auto brand = head.substr(8, 4);
        if (brand == "avif" || brand == "avis") return "AVIF";
        if (brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1") return "HEIC";
        return "video or camera";
    }
    if (head.starts_with("\xff\x0a") || head.starts_with(std::string_view("\0\0\0\x0cJXL ", 8)))
        return "JPEG XL";
    if (head.starts_with("8BPS")) return "Photoshop";
    if (head.starts_with("%PDF")) return "PDF";
    if (head.starts_with("<svg") || head.starts_with("<?xml")) return "SVG or XML";
    if (head.starts_with("<!DOC") || head.starts_with("<html") || head.starts_with("<HTML"))
        return "web page (HTML)";
    if (head.starts_with(std::string_view("\0\0\0\x0cjP  ", 8))) return "JPEG 2000";
    if (head.starts_with("PK\x03\x04")) return "ZIP";
    return "";
}

void finishJpegFrame(ProbeSource& source, std::uint64_t at, ImageInfo& info) {
    const auto frame = source.at(at, 6 + 3 * 4);
    info.bitDepth = byteAt(frame, 0);
    info.height = int(be16(frame, 1));
    info.width = int(be16(frame, 3));
    const int components = byteAt(frame, 5);
    info.colorModel = components == 1   ? ColorModel::Gray
                      : components == 3 ? ColorModel::Rgb
                      : components == 4 ? ColorModel::Cmyk
                                        : ColorModel::Other;
}

// Moves `at` to the next marker as libjpeg does, over fill bytes and over stray ones that a careless program
// left between segments; false at the end of the file.
bool findMarker(ProbeSource& source, std::uint64_t& at) {
    for (;;) {
        const auto part = source.at(at, 4096);
        if (part.size() < 2) return false;
        const std::size_t mark = part.find('\xff');
        if (mark != 0) {
            at += std::min(mark, part.size());
            continue;
        }
        const unsigned next = byteAt(part, 1);
        if (next != 0 && next != 0xff) return true;
        at += next == 0 ? 2 : 1;
    }
}

Status probeJpeg(ProbeSource& source, ImageInfo& info) {
    std::uint64_t at = 2;
    std::string icc;
    for (;;) {
        const auto head = findMarker(source, at) ? source.at(at, 4) : std::string_view();
        if (head.size() < 4)
            return broken(
                fmt::format("it ends after {}, before its picture begins", humanBytes(source.size())),
                source.name());
        const unsigned marker = byteAt(head, 1);
        if ((marker >= 0xd0 && marker <= 0xd7) || marker == 0x01) {  // these have no length
            at += 2;
            continue;
        }
        const std::uint64_t length = std::max<std::uint64_t>(2, be16(head, 2));  // of itself at least
        const bool frame =
            marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame) {
            const auto body = source.at(at + 4, 6);
            if (body.size() < 6)
                return broken(
                    fmt::format("it ends after {}, before its picture begins", humanBytes(source.size())),
                    source.name());
            finishJpegFrame(source, at + 4, info);
        } else if (marker == 0xe1 && info.orientation == 1) {
            const auto body = source.at(at + 4, length - 2);
            if (body.starts_with(std::string_view("Exif\0\0", 6))) info.orientation = exifOrientation(body);
        } else if (marker == 0xe2) {
            const auto body = source.at(at + 4, length - 2);
            if (body.starts_with(std::string_view("ICC_PROFILE\0", 12)) && body.size() > 14)
                icc.append(body.substr(14));
        } else if (marker == 0xda || marker == 0xd9) {
            break;
        }
        at += 2 + length;
    }
    if (info.width == 0) return broken("it has no picture in it", source.name());
    info.icc = !icc.empty() && !isSrgbProfile(icc);
    return {};
}

// The data of the chunk at `at`; none when its checksum is wrong: libpng passes over such a chunk as well.
std::string_view pngChunk(ProbeSource& source, std::uint64_t at, std::uint64_t length) {
    const auto chunk = source.at(at + 4, 4 + length + 4);  // type, data, CRC-32 of both
    if (chunk.size() < 8 + length) return {};
    const auto sum = crc32(0, reinterpret_cast<const Bytef*>(chunk.data()), uInt(4 + length));
    return sum == be32(chunk, 4 + length) ? chunk.substr(4, length) : std::string_view();
}

Status probePng(ProbeSource& source, ImageInfo& info, bool all) {
    const auto header = source.at(8, 25);
    if (header.size() < 25 || header.substr(4, 4) != "IHDR")
        return broken("it has no PNG header", source.name());
    info.width = int(be32(header, 8));
    info.height = int(be32(header, 12));
    info.bitDepth = byteAt(header, 16);
    switch (byteAt(header, 17)) {
        case 0:
            info.colorModel = ColorModel::Gray;
            break;
        case 2:
            info.colorModel = ColorModel::Rgb;
            break;
        case 3:
            info.colorModel = ColorModel::Palette;
            break;
        case 4:
            info.colorModel = ColorModel::GrayAlpha;
            break;
        case 6:
            info.colorModel = ColorModel::Rgba;
            break;
        default:
            return broken("its header names an unknown colour type", source.name());
    }
    info.alpha = info.colorModel == ColorModel::GrayAlpha || info.colorModel == ColorModel::Rgba;
    for (std::uint64_t at = 33;;) {
        const auto head = source.at(at, 8);
        if (head.size() < 8) break;
        const std::uint64_t length = be32(head, 0);
        const std::string type(head.substr(4, 4));
        if (type == "IEND" || (type == "IDAT" && !all)) break;
        if (type == "tRNS") info.alpha = true;
        if (type == "acTL") info.animated = true;
        if (type == "eXIf" && length < 1'000'000)
            info.orientation = exifOrientation(pngChunk(source, at, length));
        if (type == "iCCP" && length < 4'000'000) {
            const std::string profile = inflateIccp(pngChunk(source, at, length));
            info.icc = !profile.empty() && !isSrgbProfile(profile);
        }
        at += 12 + length;
    }
    return {};
}

Status probeWebp(ProbeSource& source, ImageInfo& info) {
    const auto head = source.at(12, 18);
    if (head.size() < 18) return broken("it ends within its header", source.name());
    const auto kind = std::string(head.substr(0, 4));
    if (kind == "VP8 ") {
        info.width = int(le16(head, 14) & 0x3fff);
        info.height = int(le16(head, 16) & 0x3fff);
    } else if (kind == "VP8L") {
        const std::uint32_t bits = le32(head, 9);
        info.width = int(bits & 0x3fff) + 1;
        info.height = int((bits >> 14) & 0x3fff) + 1;
        info.alpha = (bits >> 28) & 1;
    } else if (kind == "VP8X") {
        const unsigned flags = byteAt(head, 8);
        info.alpha = flags & 0x10;
        info.animated = flags & 0x02;
        info.width = int(le24(head, 12)) + 1;
        info.height = int(le24(head, 15)) + 1;
        for (std::uint64_t at = 30; (flags & 0x28) != 0;) {
            const auto chunk = source.at(at, 8);
            if (chunk.size() < 8) break;
            const std::string type(chunk.substr(0, 4));
            const std::uint64_t length = le32(chunk, 4);
            if (type == "EXIF" && length < 1'000'000)
                info.orientation = exifOrientation(source.at(at + 8, length));
            if (type == "ICCP" && length < 16'000'000) info.icc = !isSrgbProfile(source.at(at + 8, length));
            at += 8 + length + (length & 1);
        }
    } else {
        return broken("it is a WebP of an unknown kind", source.name());
    }
    info.colorModel = info.alpha ? ColorModel::Rgba : ColorModel::Rgb;
    return {};
}

Status probeBmp(ProbeSource& source, ImageInfo& info) {
    const auto head = source.at(14, 16);
    if (head.size() < 16) return broken("it ends within its header", source.name());
    unsigned bits = 0;
    if (le32(head, 0) == 12) {
        info.width = int(le16(head, 4));
        info.height = int(le16(head, 6));
        bits = le16(head, 10);
    } else {
        info.width = std::int32_t(le32(head, 4));
        const std::int64_t height = std::int32_t(le32(head, 8));
        info.height = int(std::min<std::int64_t>(height < 0 ? -height : height,
                                                 0x7fffffff));  // negative: rows top to bottom
        bits = le16(head, 14);
    }
    info.colorModel = bits <= 8 ? ColorModel::Palette : ColorModel::Rgb;
    return {};
}

Status probeGif(ProbeSource& source, ImageInfo& info) {
    const auto head = source.at(6, 7);
    if (head.size() < 7) return broken("it ends within its header", source.name());
    info.width = int(le16(head, 0));
    info.height = int(le16(head, 2));
    info.colorModel = ColorModel::Palette;
    // Walks the blocks to the second picture, or to the end.
    std::uint64_t at = 13;
    if (byteAt(head, 4) & 0x80) at += 3u << ((byteAt(head, 4) & 7) + 1);
    const auto skipBlocks = [&] {
        for (;;) {
            const auto length = source.at(at, 1);
            if (length.empty()) return;
            at += 1 + byteAt(length, 0);
            if (byteAt(length, 0) == 0) return;
        }
    };
    for (int frames = 0;;) {
        const auto block = source.at(at, 10);
        if (block.empty() || byteAt(block, 0) == 0x3b) break;
        if (byteAt(block, 0) == 0x21) {
            if (block.size() > 3 && byteAt(block, 1) == 0xf9 && (byteAt(block, 3) & 1)) info.alpha = true;
            at += 2;
            skipBlocks();
        } else if (byteAt(block, 0) == 0x2c && block.size() == 10) {
            if (++frames > 1) {
                info.animated = true;
                break;
            }
            const unsigned packed = byteAt(block, 9);
            at += 10;
            if (packed & 0x80) at += 3u << ((packed & 7) + 1);
            at += 1;
            skipBlocks();
        } else {
            break;
        }
    }
    return {};
}

Result<ImageInfo> probe(ProbeSource& source, bool all) {
    const std::string head(source.at(0, 32));
    if (head.empty()) return broken("it is empty (0 bytes)", source.name());
    ImageInfo info;
    info.format = sniffFormat(head);
    Status status;
    switch (info.format) {
        case ImageFormat::Jpeg:
            status = probeJpeg(source, info);
            break;
        case ImageFormat::Png:
            status = probePng(source, info, all);
            break;
        case ImageFormat::Webp:
            status = probeWebp(source, info);
            break;
        case ImageFormat::Tiff:
            status = probeTiff(source, info);
            break;
        case ImageFormat::Bmp:
            status = probeBmp(source, info);
            break;
        case ImageFormat::Gif:
            status = probeGif(source, info);
            break;
        case ImageFormat::Unknown: {
            const auto foreign = foreignFormat(head);
            return broken(
                foreign.empty()
                    ? std::string(
                          "it is not a picture: its first bytes belong to no format that Atelier reads")
                    : fmt::format("it is a {} file inside, which Atelier does not read", foreign),
                source.name());
        }
    }
    if (!status) return tl::make_unexpected(std::move(status).error());
    if (info.width <= 0 || info.height <= 0) {
        return broken(fmt::format("its header says {} × {} pixels", info.width, info.height), source.name());
    }
    if (info.orientation >= 5) std::swap(info.width, info.height);
    const std::string extension = toLowerAscii(fs::path(std::string(source.name())).extension().string());
    if (extension.size() > 1 && formatOfExtension(extension.substr(1)) != info.format)
        info.otherExtension = extension.substr(1);
    return info;
}

}  // namespace

std::string_view ProbeSource::at(std::uint64_t offset, std::uint64_t length) {
    if (offset >= size_) return {};
    length = std::min(length, size_ - offset);
    if (fd_ < 0) return memory_.substr(offset, length);
    if (offset < start_ || offset + length > start_ + window_.size()) {
        window_.resize(std::max<std::size_t>(kWindow, length));
        const ssize_t n = ::pread(fd_, window_.data(), window_.size(), static_cast<off_t>(offset));
        window_.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
        start_ = offset;
    }
    return std::string_view(window_).substr(offset - start_, length);
}

ImageFormat sniffFormat(std::string_view head) {
    if (head.starts_with("\xff\xd8\xff")) return ImageFormat::Jpeg;
    if (head.starts_with(std::string_view("\x89PNG\r\n\x1a\n", 8))) return ImageFormat::Png;
    if (head.size() >= 12 && head.starts_with("RIFF") && head.substr(8, 4) == "WEBP")
        return ImageFormat::Webp;
    if (head.starts_with("GIF87a") || head.starts_with("GIF89a")) return ImageFormat::Gif;
    if (head.starts_with(std::string_view("II*\0", 4)) || head.starts_with(std::string_view("MM\0*", 4)) ||
        head.starts_with(std::string_view("II+\0", 4)) || head.starts_with(std::string_view("MM\0+", 4))) {
        return ImageFormat::Tiff;
    }
    if (head.size() >= 18 &&
        head.starts_with("BM")) {  // two letters are little: the header's size must be one that exists
        const std::uint32_t size = le32(head, 14);
        if (size == 12 || size == 40 || size == 52 || size == 56 || size == 64 || size == 108 || size == 124)
            return ImageFormat::Bmp;
    }
    return ImageFormat::Unknown;
}

std::string_view formatName(ImageFormat format) {
    for (const auto& entry : kFormats) {
        if (entry.format == format) return entry.name;
    }
    return "unknown";
}

std::string_view formatExtension(ImageFormat format) {
    for (const auto& entry : kFormats) {
        if (entry.format == format) return entry.extensions.substr(0, entry.extensions.find(' '));
    }
    return "";
}

ImageFormat formatOfExtension(std::string_view extension) {
    const std::string wanted = toLowerAscii(extension);
    for (const auto& entry : kFormats) {
        const auto known = split(entry.extensions, ' ');
        if (std::ranges::find(known, wanted) != known.end()) return entry.format;
    }
    return ImageFormat::Unknown;
}

Result<ImageInfo> probeImage(std::string_view bytes, std::string_view name) {
    ProbeSource source(bytes, name);
    return probe(source, true);
}

Result<ImageInfo> probeImage(const fs::path& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // never hang on a FIFO
    if (fd < 0) return failErrno(errno, "open", path.string());
    struct stat status {};
    const bool regular = ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    Result<ImageInfo> info = fail(ErrorCode::Data, "it is not a regular file", path.string());
    if (regular) {
        const std::string name = path.string();
        ProbeSource source(fd, static_cast<std::uint64_t>(status.st_size), name);
        info = probe(source, false);
    }
    ::close(fd);
    return info;
}

}  // namespace atelier::data
