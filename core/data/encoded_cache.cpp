// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/encoded_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <string>
#include <vector>

#include "core/base/hash.h"
#include "core/base/user_cache.h"

namespace atelier::data {
namespace {

constexpr std::string_view kMagic = "atelier-encoded 1\n", kSuffix = ".encoded", kPartSuffix = ".part";
constexpr std::size_t kDigits = 32;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 32;
constexpr auto kAbandoned = std::chrono::hours(1);  // a part that old has no writer any more

std::string digest(std::string_view bytes) {
    Xxh128 hash;
    hash.update(bytes);
    return hash.hexDigest();
}

// "0123…cdef.encoded": nothing else is ever touched.
bool isEntry(const fs::path& file) {
    const auto name = file.filename().string();
    return name.size() == kDigits + kSuffix.size() && name.ends_with(kSuffix) &&
           name.find_first_not_of("0123456789abcdef") == kDigits;
}
bool isPart(const fs::path& file) {
    const auto name = file.filename().string();
    return name.ends_with(kPartSuffix) && name.find(kSuffix) == kDigits;
}

struct Found {
    fs::path file;
    fs::file_time_type used;
    std::uint64_t bytes = 0;
};

// Files of the folders "00" … "ff"; those that vanish meanwhile are left out.
std::vector<Found> filesIn(const fs::path& folder, bool (*wanted)(const fs::path&)) {
    std::vector<Found> found;
    std::error_code error;
    for (fs::directory_iterator group(folder, error), end; !error && group != end; group.increment(error)) {
        if (group->path().filename().string().size() != 2) continue;
        std::error_code inner;
        for (fs::directory_iterator it(group->path(), inner), last; !inner && it != last;
             it.increment(inner)) {
            if (!wanted(it->path())) continue;
            std::error_code gone;
            const auto used = fs::last_write_time(it->path(), gone);
            const auto bytes = gone ? 0 : fs::file_size(it->path(), gone);
            if (!gone) found.push_back({it->path(), used, bytes});
        }
    }
    return found;
}

}  // namespace

fs::path EncodedCache::defaultFolder() {
    return userCache() / "encoded";
}

fs::path EncodedCache::fileOf(const std::string& key) const {
    const auto name = digest(key);
    return folder_ / name.substr(0, 2) / (name + std::string(kSuffix));
}

bool EncodedCache::has(const std::string& key) const {
    std::error_code error;
    return fs::is_regular_file(fileOf(key), error);
}

std::optional<std::string> EncodedCache::get(const std::string& key) const {
    const auto file = fileOf(key);
    auto bytes = readFile(file, kLargest);
    if (!bytes) return std::nullopt;
    const std::string_view all = *bytes;
    const auto start = kMagic.size() + kDigits + 1;
    if (all.size() < start || !all.starts_with(kMagic)) return std::nullopt;
    const auto body = all.substr(start);
    if (digest(body) != all.substr(kMagic.size(), kDigits)) return std::nullopt;
    const std::string head = std::to_string(key.size()) + "\n" + key;
    if (!body.starts_with(head)) return std::nullopt;
    static_cast<void>(::utimensat(AT_FDCWD, file.c_str(), nullptr, 0));  // may belong to somebody else
    bytes->erase(0, start + head.size());
    return *std::move(bytes);
}

Status EncodedCache::put(const std::string& key, std::string_view value) const {
    static std::atomic<unsigned> counter{0};
    const auto file = fileOf(key);
    ATELIER_DO(createDirectories(file.parent_path()));
    const std::string head = std::to_string(key.size()) + "\n" + key;
    Xxh128 hash;
    hash.update(head);
    hash.update(value);
    const auto start = std::string(kMagic) + hash.hexDigest() + "\n" + head;
    const fs::path part = file.string() + "." + std::to_string(::getpid()) + "-" +
                          std::to_string(counter.fetch_add(1)) + std::string(kPartSuffix);
    const auto failed = [&](const char* what) {
        const int number = errno;
        ::unlink(part.c_str());
        return fail(ErrorCode::Io, std::string(what) + ": " + std::strerror(number), file.string(),
                    "atelier-engine cache clears it; dataset.params.cache_folder names another.");
    };
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return failed("it cannot be made");
    for (std::string_view rest : {std::string_view(start), value})
        while (!rest.empty()) {
            const auto written = ::write(fd, rest.data(), rest.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) {
                const int number = errno;
                ::close(fd);
                errno = number;
                return failed("it cannot be written");
            }
            rest.remove_prefix(static_cast<std::size_t>(written));
        }
    if (::close(fd) != 0) return failed("it cannot be written");
    if (::rename(part.c_str(), file.c_str()) != 0) return failed("it cannot get its name");
    return {};
}

EncodedUsage encodedUsage(const fs::path& folder) {
    EncodedUsage usage;
    for (const auto& entry : filesIn(folder, isEntry)) {
        ++usage.entries;
        usage.bytes += entry.bytes;
    }
    return usage;
}

Result<EncodedUsage> trimEncoded(const fs::path& folder, std::uint64_t keep) {
    EncodedUsage removed;
    const auto now = fs::file_time_type::clock::now();
    for (const auto& part : filesIn(folder, isPart))
        if (now - part.used > kAbandoned) ::unlink(part.file.c_str());
    auto entries = filesIn(folder, isEntry);
    std::ranges::sort(entries, [](const Found& a, const Found& b) {
        return a.used != b.used ? a.used < b.used : a.file < b.file;
    });
    std::uint64_t held = 0;
    for (const auto& entry : entries) held += entry.bytes;
    for (const auto& entry : entries) {
        if (held <= keep) break;
        if (::unlink(entry.file.c_str()) != 0 && errno != ENOENT)
            return fail(ErrorCode::Io, std::string("it cannot be removed: ") + std::strerror(errno),
                        entry.file.string());
        held -= entry.bytes;
        ++removed.entries;
        removed.bytes += entry.bytes;
    }
    return removed;
}

}  // namespace atelier::data
