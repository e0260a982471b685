// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/tar_file.h"

#include "core/data/tar_cursor.h"
#include "core/data/tar_format.h"

namespace atelier::data {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;

}  // namespace

Result<TarFile> TarFile::create(const fs::path& path) {
    ATELIER_TRY(AtomicFile file, AtomicFile::create(path));
    return TarFile(std::move(file));
}

Status TarFile::add(std::string_view name, std::string_view bytes) {
    appendTarHeader(buffer_, name, bytes.size());
    buffer_ += bytes;
    buffer_.append(tarPadding(bytes.size()), '\0');
    return buffer_.size() < kPiece ? Status() : flush();
}

Status TarFile::flush() {
    ATELIER_DO(file_.write(buffer_));
    buffer_.clear();
    return {};
}

Status TarFile::close() {
    buffer_.append(2 * kTarBlock, '\0');
    ATELIER_DO(flush());
    return file_.commit();
}

Result<std::optional<std::string>> readTarMember(const fs::path& path, std::string_view name) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
    ATELIER_TRY(auto source, openByteSource(path));
    TarCursor cursor(std::move(source), true, kMostBytes);
    for (;;) {
        ATELIER_TRY(const auto header, cursor.nextFile());
        if (!header) return std::optional<std::string>();
        const auto at = cursor.position();
        ATELIER_DO(cursor.passData(header->size));
        if (header->name == name) return std::optional<std::string>(cursor.bytes(at, header->size));
        cursor.release();
    }
}

}  // namespace atelier::data
