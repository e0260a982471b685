// SPDX-License-Identifier: GPL-3.0-or-later
// Buffering and header logic of TarCursor.
#include "core/data/tar_cursor.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

namespace atelier::data {
namespace {

constexpr std::size_t kDataBuffer = 2 << 20;        // for whole shards: one huge page
constexpr std::size_t kDataChunk = 512 << 10;       // read at a time into it; stays in the L2 cache
constexpr std::size_t kHeaderChunk = 4096;          // small ones when only headers are wanted
constexpr std::uint64_t kExtensionLimit = 1 << 20;  // PAX and long-name records are a few hundred bytes

}  // namespace

GrowingBuffer::GrowingBuffer(std::size_t size) : size_(0) {
    grow(size, 0);
}

void GrowingBuffer::grow(std::size_t size, std::size_t used) {
    constexpr std::size_t kHugePage = 2 << 20;
    const std::size_t unit = size < kHugePage ? 64 : kHugePage;
    size_ = (size + unit - 1) / unit * unit;
    std::unique_ptr<char, Free> bytes(static_cast<char*>(std::aligned_alloc(unit, size_)));
    if (!bytes) throw std::bad_alloc();
    if (unit == kHugePage) ::madvise(bytes.get(), size_, MADV_HUGEPAGE);  // a wish: nothing depends on it
    if (used > 0) std::memcpy(bytes.get(), bytes_.get(), used);
    bytes_ = std::move(bytes);
}

void GrowingBuffer::Free::operator()(char* bytes) const {
    std::free(bytes);
}

TarCursor::TarCursor(std::unique_ptr<ByteSource> source, bool keepData, std::uint64_t memberLimit)
    : source_(std::move(source)),
      keepData_(keepData),
      memberLimit_(memberLimit),
      buffer_(keepData ? kDataBuffer : kHeaderChunk) {}

tl::unexpected<Error> TarCursor::torn(std::string what) const {
    return fail(ErrorCode::Data, fmt::format("{} (at byte {})", what, position()), {},
                "The file is damaged or was not copied completely: copy or build it again.");
}

// Makes `wanted` bytes at the cursor available; false when the file ends before them.
Result<bool> TarCursor::fill(std::uint64_t wanted) {
    if (filled_ - cursor_ >= wanted) return true;
    if (const auto size = source_->size(); size && (position() > *size || *size - position() < wanted)) {
        remaining_ = position() > *size ? 0 : *size - position();
        return false;
    }
    if (keepFrom_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + keepFrom_, filled_ - keepFrom_);
        bufferStart_ += keepFrom_;
        cursor_ -= keepFrom_;
        filled_ -= keepFrom_;
        keepFrom_ = 0;
    }
    while (filled_ - cursor_ < wanted) {
        if (filled_ == buffer_.size()) {  // grows with what really arrives, not with what a header claims
            const std::uint64_t full = cursor_ + wanted;
            buffer_.grow(std::max<std::uint64_t>(std::min<std::uint64_t>(full, 2 * buffer_.size()),
                                                 buffer_.size() + kHeaderChunk),
                         filled_);
        }
        const std::size_t chunk =
            std::max<std::uint64_t>(cursor_ + wanted - filled_, keepData_ ? kDataChunk : kHeaderChunk);
        ATELIER_TRY(const std::size_t n,
                    source_->read(buffer_.data() + filled_, std::min(chunk, buffer_.size() - filled_)));
        if (n == 0) {
            remaining_ = filled_ - cursor_;
            return false;
        }
        filled_ += n;
    }
    return true;
}

std::string_view TarCursor::bytes(std::uint64_t at, std::uint64_t size) const {
    return {buffer_.data() + (at - bufferStart_), static_cast<std::size_t>(size)};
}

Status TarCursor::passData(std::uint64_t size) {
    const std::uint64_t padded = size + tarPadding(size);
    if (keepData_) {
        ATELIER_TRY(const bool whole, fill(padded));
        if (!whole)
            return torn(
                fmt::format("the file ends {} bytes into a member of {}", std::min(remaining_, size), size));
        cursor_ += static_cast<std::size_t>(padded);
        return {};
    }
    const std::size_t buffered = filled_ - cursor_;
    if (padded <= buffered) {
        cursor_ += static_cast<std::size_t>(padded);
    } else {
        if (const auto total = source_->size(); total && *total - position() < padded)
            return torn(fmt::format("the file ends {} bytes into a member of {}",
                                    std::min(*total - position(), size), size));
        ATELIER_DO(source_->skip(padded - buffered));
        bufferStart_ += cursor_ + padded;
        cursor_ = filled_ = 0;
    }
    keepFrom_ = cursor_;
    return {};
}

// Body of a PAX or long-name header; the cursor moves past it.
Result<std::string> TarCursor::readExtension(std::uint64_t size) {
    if (size > kExtensionLimit) return torn(fmt::format("an extension header claims {} bytes", size));
    ATELIER_TRY(const bool there, fill(size + tarPadding(size)));
    if (!there) return torn("the file ends inside an extension header");
    std::string body(buffer_.data() + cursor_, static_cast<std::size_t>(size));
    cursor_ += static_cast<std::size_t>(size + tarPadding(size));
    return body;
}

Result<std::optional<TarHeader>> TarCursor::nextHeader() {
    ATELIER_TRY(const bool block, fill(kTarBlock));
    if (!block) {
        if (remaining_ > 0) return torn(fmt::format("the file ends {} bytes into a header", remaining_));
        return std::nullopt;  // cut exactly between members, or without end blocks
    }
    const std::string_view bytes(buffer_.data() + cursor_, kTarBlock);
    if (isZeroBlock(bytes)) {
        sawEnd_ = true;
        return std::nullopt;
    }
    auto header = parseTarHeader(bytes);
    if (!header) return torn(header.error().what);
    cursor_ += kTarBlock;
    return *std::move(header);
}

Result<std::optional<TarHeader>> TarCursor::nextFile() {
    if (sawEnd_) return std::nullopt;
    PaxRecords local;
    std::optional<std::string> gnuName;
    for (;;) {
        ATELIER_TRY(std::optional<TarHeader> header, nextHeader());
        if (!header) {
            if (local.path || local.size || gnuName) return torn("the file ends after an extension header");
            return std::nullopt;
        }
        if (header->type == 'x' || header->type == 'g' || header->type == 'X') {
            ATELIER_TRY(const std::string body, readExtension(header->size));
            if (auto parsed = parsePax(body, header->type == 'g' ? global_ : local); !parsed)
                return torn(parsed.error().what);
            continue;
        }
        if (header->type == 'L') {
            ATELIER_TRY(std::string body, readExtension(header->size));
            gnuName = body.substr(0, body.find('\0'));
            continue;
        }
        if (header->type == 'K') {
            ATELIER_DO(readExtension(header->size));
            continue;
        }
        if (gnuName) header->name = *gnuName;
        if (global_.path) header->name = *global_.path;
        if (local.path) header->name = *local.path;
        if (global_.size) header->size = *global_.size;
        if (local.size) header->size = *local.size;
        if (header->size > std::numeric_limits<std::int64_t>::max() / 2)
            return torn(fmt::format("the member \"{}\" claims {} bytes", header->name, header->size));
        if (header->regularFile()) {
            if (keepData_ && header->size > memberLimit_)
                return torn(fmt::format("the member \"{}\" has {} bytes, more than the {} allowed",
                                        header->name, header->size, memberLimit_));
            return header;
        }
        // Links, devices and folders have no data, whatever their size field says; everything else is passed
        // over.
        const bool hasData = header->type != '1' && header->type != '2' && header->type != '3' &&
                             header->type != '4' && header->type != '5' && header->type != '6' &&
                             header->type != '\0';
        if (hasData) ATELIER_DO(passData(header->size));
        local = {};
        gnuName.reset();
    }
}

}  // namespace atelier::data
