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
constexpr std::uint64_t kMaxRecords = 1'000'000, kMaxDirectory = std::uint64_t{256} << 20;

struct Directory {
    std::uint64_t count = 0, size = 0, offset = 0;
};
struct Entry {
    std::string name;
    std::uint64_t size = 0, stored = 0, local = 0;
    unsigned method = 0, flags = 0;
};

// Little endian; the caller has checked the range.
std::uint64_t number(std::string_view text, std::uint64_t at, int width) {
    std::uint64_t value = 0;
    for (int i = width - 1; i >= 0; --i)
        value = value << 8 | static_cast<std::uint8_t>(text[at + static_cast<std::uint64_t>(i)]);
    return value;
}
std::uint32_t signature(std::string_view text, std::uint64_t at) {
    return at <= text.size() && text.size() - at >= 4 ? static_cast<std::uint32_t>(number(text, at, 4)) : 0;
}

class Archive {
  public:
    explicit Archive(const FileBytes& file) : file_(file) {}

    Result<ZipRecords> read() {
        ATELIER_TRY(const Directory directory, findDirectory());
        if (directory.count > kMaxRecords)
            return bad(fmt::format("it lists {} records, more than {}", directory.count, kMaxRecords));
        if (!inside(directory.offset, directory.size) || directory.size > kMaxDirectory)
            return bad("its directory lies outside the file");
        ATELIER_TRY(const std::string entries, file_.text({directory.offset, directory.size}));
        std::vector<std::tuple<std::uint64_t, std::uint64_t, std::string>> ranges;
        ZipRecords records;
        std::uint64_t at = 0;
        for (std::uint64_t i = 0; i < directory.count; ++i) {
            ATELIER_TRY(const Entry entry, readEntry(entries, at));
            ATELIER_TRY(const std::uint64_t start, dataOf(entry, directory.offset));
            if (!records.emplace(entry.name, ByteRange{start, entry.size}).second)
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
        return fail(ErrorCode::Model, std::move(what), file_.path().string(),
                    "The file is damaged, incomplete or not from torch.save: fetch or save it again.");
    }
    bool inside(std::uint64_t offset, std::uint64_t size) const {
        return offset <= file_.size() && size <= file_.size() - offset;
    }

    Result<Directory> findDirectory() const {
        constexpr std::uint64_t kEndSize = 22, kComment = 65535, kLocatorSize = 20;
        const std::uint64_t size = file_.size();
        if (size < kEndSize) return bad(fmt::format("it has only {} bytes", size));
        const std::uint64_t length = std::min(size, kEndSize + kComment + kLocatorSize);
        ATELIER_TRY(const std::string tail, file_.text({size - length, length}));
        for (std::uint64_t at = length - kEndSize + 1; at-- > 0;) {
            if (signature(tail, at) != kEnd) continue;
            Directory directory{number(tail, at + 10, 2), number(tail, at + 12, 4), number(tail, at + 16, 4)};
            if (at < kLocatorSize || signature(tail, at - kLocatorSize) != kLocator) return directory;
            const std::uint64_t end64 = number(tail, at - 12, 8);
            if (!inside(end64, 56)) return bad("its 64-bit end record is missing");
            ATELIER_TRY(const std::string record, file_.text({end64, 56}));
            if (signature(record, 0) != kEnd64) return bad("its 64-bit end record is missing");
            return Directory{number(record, 32, 8), number(record, 40, 8), number(record, 48, 8)};
        }
        return bad("its end is missing: it was cut off");
    }

    // Reads the central entry at `at` and moves on to the next.
    Result<Entry> readEntry(std::string_view all, std::uint64_t& at) const {
        const std::uint64_t end = all.size();
        if (at > end || end - at < 46 || signature(all, at) != kCentral)
            return bad("its directory is damaged");
        const std::uint64_t nameSize = number(all, at + 28, 2), extraSize = number(all, at + 30, 2),
                            commentSize = number(all, at + 32, 2);
        if (end - at - 46 < nameSize + extraSize + commentSize) return bad("its directory is damaged");
        Entry entry;
        entry.flags = static_cast<unsigned>(number(all, at + 8, 2));
        entry.method = static_cast<unsigned>(number(all, at + 10, 2));
        entry.stored = number(all, at + 20, 4);
        entry.size = number(all, at + 24, 4);
        entry.local = number(all, at + 42, 4);
        entry.name = all.substr(at + 46, nameSize);
        // The 64-bit extra field holds those of the three numbers that are all ones, in this order.
        for (std::uint64_t x = at + 46 + nameSize, stop = x + extraSize; stop - x >= 4;) {
            const std::uint64_t id = number(all, x, 2), size = number(all, x + 2, 2);
            if (stop - x - 4 < size) break;
            std::uint64_t field = x + 4;
            const std::uint64_t fieldEnd = field + size;
            if (id == 1)
                for (std::uint64_t* value : {&entry.size, &entry.stored, &entry.local})
                    if (*value == 0xffffffff && fieldEnd - field >= 8) {
                        *value = number(all, field, 8);
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
        std::string local;
        if (inside(entry.local, 30)) {
            ATELIER_TRY(local, file_.text({entry.local, std::min<std::uint64_t>(
                                                            30 + name.size(), file_.size() - entry.local)}));
        }
        if (signature(local, 0) != kLocal)
            return bad(fmt::format("record \"{}\" is not where the directory says", entry.name));
        const std::uint64_t nameSize = number(local, 26, 2), extraSize = number(local, 28, 2),
                            start = entry.local + 30 + nameSize + extraSize;
        if (!inside(start, entry.size) || start + entry.size > directory)
            return bad(
                fmt::format("record \"{}\" of {} bytes reaches past the data", entry.name, entry.size));
        if (nameSize != name.size() || local.substr(30) != name)
            return bad(fmt::format("record \"{}\" has another name in its own header", entry.name));
        return start;
    }

    const FileBytes& file_;
};

}  // namespace

Result<ZipRecords> readZipRecords(const FileBytes& archive) {
    return Archive(archive).read();
}

}  // namespace atelier
