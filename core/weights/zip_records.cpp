// SPDX-License-Identifier: GPL-3.0-or-later
// Zip's end record, central directory and local headers (PKWARE APPNOTE 6.3.10, §4.3), 64-bit forms included.
#include "core/weights/zip_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>
#include <tuple>
#include <vector>

namespace atelier {
namespace {

constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50, kEnd64 = 0x06064b50,
                        kLocator = 0x07064b50;
constexpr std::uint64_t kMaxRecords = 1'000'000;

struct Directory {
    std::uint64_t count = 0, size = 0, offset = 0;
};
struct Entry {
    std::string name;
    std::uint64_t size = 0, stored = 0, local = 0;
    unsigned method = 0, flags = 0;
};

class Archive {
  public:
    Archive(std::span<const std::byte> bytes, const std::string& where) : bytes_(bytes), where_(where) {}

    Result<ZipRecords> read() {
        ATELIER_TRY(const Directory directory, findDirectory());
        if (directory.count > kMaxRecords)
            return bad(fmt::format("it lists {} records, more than {}", directory.count, kMaxRecords));
        if (!inside(directory.offset, directory.size)) return bad("its directory lies outside the file");
        std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string>> ranges;
        ZipRecords records;
        std::uint64_t at = directory.offset;
        for (std::uint64_t i = 0; i < directory.count; ++i) {
            ATELIER_TRY(const Entry entry, readEntry(at, directory.offset + directory.size));
            ATELIER_TRY(const std::uint64_t start, dataOf(entry, directory.offset));
            if (!records.emplace(entry.name, bytes_.subspan(start, entry.size)).second)
                return bad(fmt::format("record \"{}\" is there twice", entry.name));
            ranges.emplace_back(entry.local, start + entry.size, entry.name);
        }
        std::sort(ranges.begin(), ranges.end());
        for (std::size_t i = 1; i < ranges.size(); ++i)
            if (std::get<0>(ranges[i]) < std::get<1>(ranges[i - 1]))
                return bad(fmt::format("records \"{}\" and \"{}\" overlap", std::get<2>(ranges[i - 1]),
                                       std::get<2>(ranges[i])));
        return records;
    }

  private:
    tl::unexpected<Error> bad(std::string what) const {
        return fail(ErrorCode::Model, std::move(what), where_,
                    "The file is damaged, incomplete or not from torch.save: fetch or save it again.");
    }
    bool inside(std::uint64_t offset, std::uint64_t size) const {
        return offset <= bytes_.size() && size <= bytes_.size() - offset;
    }
    // Little endian; the caller has checked the range.
    std::uint64_t number(std::uint64_t offset, int width) const {
        std::uint64_t value = 0;
        for (int i = width - 1; i >= 0; --i)
            value = value << 8 | static_cast<std::uint8_t>(bytes_[offset + static_cast<std::uint64_t>(i)]);
        return value;
    }
    std::uint32_t signature(std::uint64_t offset) const {
        return inside(offset, 4) ? static_cast<std::uint32_t>(number(offset, 4)) : 0;
    }

    Result<Directory> findDirectory() const {
        constexpr std::uint64_t kEndSize = 22, kComment = 65535;
        if (bytes_.size() < kEndSize) return bad(fmt::format("it has only {} bytes", bytes_.size()));
        const std::uint64_t last = bytes_.size() - kEndSize, first = last > kComment ? last - kComment : 0;
        for (std::uint64_t at = last + 1; at-- > first;) {
            if (signature(at) != kEnd) continue;
            Directory directory{number(at + 10, 2), number(at + 12, 4), number(at + 16, 4)};
            if (at < 20 || signature(at - 20) != kLocator) return directory;
            const std::uint64_t end64 = number(at - 12, 8);
            if (!inside(end64, 56) || signature(end64) != kEnd64)
                return bad("its 64-bit end record is missing");
            return Directory{number(end64 + 32, 8), number(end64 + 40, 8), number(end64 + 48, 8)};
        }
        return bad("its end is missing: it was cut off");
    }

    // Reads the central entry at `at` and moves on to the next.
    Result<Entry> readEntry(std::uint64_t& at, std::uint64_t end) const {
        if (at > end || end - at < 46 || signature(at) != kCentral) return bad("its directory is damaged");
        const std::uint64_t nameSize = number(at + 28, 2), extraSize = number(at + 30, 2),
                            commentSize = number(at + 32, 2);
        if (end - at - 46 < nameSize + extraSize + commentSize) return bad("its directory is damaged");
        Entry entry;
        entry.flags = static_cast<unsigned>(number(at + 8, 2));
        entry.method = static_cast<unsigned>(number(at + 10, 2));
        entry.stored = number(at + 20, 4);
        entry.size = number(at + 24, 4);
        entry.local = number(at + 42, 4);
        entry.name.assign(reinterpret_cast<const char*>(bytes_.data()) + at + 46, nameSize);
        // The 64-bit extra field holds those of the three numbers that are all ones, in this order.
        for (std::uint64_t x = at + 46 + nameSize, stop = x + extraSize; stop - x >= 4;) {
            const std::uint64_t id = number(x, 2), size = number(x + 2, 2);
            if (stop - x - 4 < size) break;
            std::uint64_t field = x + 4;
            const std::uint64_t fieldEnd = field + size;
            if (id == 1)
                for (std::uint64_t* value : {&entry.size, &entry.stored, &entry.local})
                    if (*value == 0xffffffff && fieldEnd - field >= 8) {
                        *value = number(field, 8);
                        field += 8;
                    }
            x = fieldEnd;
        }
        at += 46 + nameSize + extraSize + commentSize;
        return entry;
    }

    // Where the record's bytes begin; they must end before the directory.
    Result<std::uint64_t> dataOf(const Entry& entry, std::uint64_t directory) const {
        const std::string_view name = entry.name;
        if (name.empty() || name.starts_with('/') || name.find('\\') != name.npos ||
            name.find(':') != name.npos || name.find('\0') != name.npos || name == ".." ||
            name.starts_with("../") || name.find("/../") != name.npos || name.ends_with("/.."))
            return bad(fmt::format("record name \"{}\" leads out of the archive", entry.name));
        if (entry.flags & 1) return bad(fmt::format("record \"{}\" is encrypted", entry.name));
        if (entry.method != 0 || entry.size != entry.stored)
            return bad(
                fmt::format("record \"{}\" is compressed, which torch.save never does ({} bytes "
                            "would become {})",
                            entry.name, entry.stored, entry.size));
        if (!inside(entry.local, 30) || signature(entry.local) != kLocal)
            return bad(fmt::format("record \"{}\" is not where the directory says", entry.name));
        const std::uint64_t nameSize = number(entry.local + 26, 2), extraSize = number(entry.local + 28, 2),
                            start = entry.local + 30 + nameSize + extraSize;
        if (!inside(start, entry.size) || start + entry.size > directory)
            return bad(
                fmt::format("record \"{}\" of {} bytes reaches past the data", entry.name, entry.size));
        if (name !=
            std::string_view(reinterpret_cast<const char*>(bytes_.data()) + entry.local + 30, nameSize))
            return bad(fmt::format("record \"{}\" has another name in its own header", entry.name));
        return start;
    }

    std::span<const std::byte> bytes_;
    const std::string& where_;
};

}  // namespace

Result<ZipRecords> readZipRecords(std::span<const std::byte> archive, const std::string& where) {
    return Archive(archive, where).read();
}

}  // namespace atelier
