// SPDX-License-Identifier: GPL-3.0-or-later
// Walks source folders; one folder at a time, sidecars matched by stem inside it.
#include "core/data/scan.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <deque>
#include <set>
#include <unordered_map>

#include "core/base/strings.h"
#include "core/data/image_io.h"

namespace atelier::data {
namespace {

constexpr std::array<std::string_view, 4> kJunk{"__MACOSX", "@eaDir", "Thumbs.db", "desktop.ini"};
constexpr std::array<std::string_view, 3> kCaptionExtensions{".txt", ".caption", ".json"};
constexpr std::string_view kMaskSuffix = "-masklabel";
constexpr std::string_view kConditionSuffix = "-condlabel";
constexpr std::string_view kMaskFolder = "masks";
constexpr std::string_view kConditionFolder = "conditions";

bool isHidden(std::string_view name) {
    return name.starts_with('.') || std::ranges::find(kJunk, name) != kJunk.end();
}
bool isLabelFolder(std::string_view name) {
    const std::string lower = toLowerAscii(name);
    return lower == kMaskFolder || lower == kConditionFolder;
}
bool isTable(std::string_view name) {
    return name == "metadata.jsonl" || name == "metadata.csv";
}

struct FolderId {
    dev_t device;
    ino_t inode;
    auto operator<=>(const FolderId&) const = default;
};

struct Folder {
    std::size_t source;
    fs::path path;
    std::string relative;  // "" for the source itself, else with a final '/'
};

struct FileEntry {
    std::string name;
    std::string stem;
    std::string extension;  // lower case, with dot
    std::uint64_t size = 0;
    std::int64_t modifiedNs = 0;
    bool regular = false;
    std::string problem;
};

std::pair<std::string, std::string> splitName(const std::string& name) {
    const auto dot = name.rfind('.');
    if (dot == std::string::npos || dot == 0) return {name, ""};
    return {name.substr(0, dot), toLowerAscii(std::string_view(name).substr(dot))};
}

std::int64_t nanoseconds(const struct timespec& t) {
    return std::int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

FileEntry describe(std::string name, const struct stat& info) {
    FileEntry entry;
    std::tie(entry.stem, entry.extension) = splitName(name);
    entry.name = std::move(name);
    entry.size = std::uint64_t(info.st_size);
    entry.modifiedNs = nanoseconds(info.st_mtim);
    entry.regular = S_ISREG(info.st_mode);
    return entry;
}

bool looksLikeImage(const FileEntry& entry, const fs::path& folder) {
    if (!entry.extension.empty())
        return formatOfExtension(std::string_view(entry.extension).substr(1)) != ImageFormat::Unknown;
    const int fd = ::open((folder / entry.name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return false;
    char head[32];
    const ssize_t n = ::read(fd, head, sizeof head);
    ::close(fd);
    return n > 0 && sniffFormat({head, std::size_t(n)}) != ImageFormat::Unknown;
}

class Scanner {
  public:
    Scanner(const ScanOptions& options, ScanResult& result) : options_(options), result_(result) {
        for (const auto& path : options.exclude) {
            struct stat info {};
            if (::stat(path.c_str(), &info) == 0) visited_.insert({info.st_dev, info.st_ino});
        }
    }

    Status scanFolder(std::size_t source, const fs::path& root) {
        waiting_.push_back({source, root, ""});
        // Links to folders wait until the real tree is done, so that a picture is named by its real place.
        while (!waiting_.empty() || !links_.empty()) {
            auto& queue = waiting_.empty() ? links_ : waiting_;
            Folder folder = std::move(queue.front());
            queue.pop_front();
            ATELIER_DO(visit(folder));
        }
        return {};
    }

    // A picture given by name, with the sidecars beside it.
    Status scanSingle(std::size_t source, const fs::path& path) {
        const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
        struct stat info {};
        if (::stat(parent.c_str(), &info) == 0 && visited_.contains({info.st_dev, info.st_ino})) return {};
        if (::stat(path.c_str(), &info) != 0) return failErrno(errno, "read", path.string());
        std::vector<FileEntry> files{describe(path.filename().string(), info)};
        const std::string stem = files[0].stem;
        for (const auto extension : kCaptionExtensions) {
            const std::string name = stem + std::string(extension);
            if (::stat((parent / name).c_str(), &info) == 0) files.push_back(describe(name, info));
        }
        for (const char* name : {"metadata.jsonl", "metadata.csv"}) {
            if (singleTables_.insert(parent / name).second && ::stat((parent / name).c_str(), &info) == 0)
                files.push_back(describe(name, info));
        }
        std::ranges::sort(files, {}, &FileEntry::name);
        return sortFiles({source, parent, ""}, files);
    }

  private:
    using Stems = std::unordered_map<std::string, std::vector<std::size_t>>;  // of one folder's pictures

    static std::span<const std::size_t> picturesOf(const Stems& stems, std::string_view stem) {
        const auto found = stems.find(std::string(stem));
        return found == stems.end() ? std::span<const std::size_t>() : found->second;
    }

    bool cancelled() const { return options_.cancel && options_.cancel->load(std::memory_order_relaxed); }

    void report(const fs::path& folder) {
        if (!options_.progress) return;
        const auto now = std::chrono::steady_clock::now();
        if (now - lastReport_ < std::chrono::milliseconds(100)) return;
        lastReport_ = now;
        options_.progress({files_, result_.images.size(), folder});
    }

    struct Listing {
        std::vector<FileEntry> files;
        std::vector<std::string> folders, links;  // sorted
        bool read = false;                        // not of a folder that was visited before
    };

    Result<Listing> list(const Folder& folder) {
        Listing listing;
        const int fd = ::open(folder.path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        struct stat info {};
        if (fd < 0 || ::fstat(fd, &info) != 0) {
            result_.problems.push_back(
                {folder.path, fmt::format("the folder cannot be read: {}", std::strerror(errno))});
            if (fd >= 0) ::close(fd);
            return listing;
        }
        if (!visited_.insert({info.st_dev, info.st_ino}).second) {
            ::close(fd);
            return listing;
        }
        ++result_.folders;
        DIR* directory = ::fdopendir(fd);  // owns fd
        while (const dirent* entry = ::readdir(directory)) {
            const std::string name = entry->d_name;
            if (name == "." || name == "..") continue;
            if (isHidden(name)) {
                ++result_.hidden;
                continue;
            }
            if (++files_ % 1024 == 0 && cancelled()) break;
            if (::fstatat(fd, name.c_str(), &info, 0) != 0) {
                FileEntry lost{.name = name};
                std::tie(lost.stem, lost.extension) = splitName(name);
                lost.problem = entry->d_type == DT_LNK ? "a link to nothing" : std::strerror(errno);
                listing.files.push_back(std::move(lost));
            } else if (S_ISDIR(info.st_mode)) {
                --files_;
                (entry->d_type == DT_LNK ? listing.links : listing.folders).push_back(name);
            } else {
                listing.files.push_back(describe(name, info));
            }
        }
        ::closedir(directory);
        if (cancelled()) return fail(ErrorCode::Cancelled, "the scan was cancelled");
        std::ranges::sort(listing.files, {}, &FileEntry::name);
        std::ranges::sort(listing.folders);
        std::ranges::sort(listing.links);
        listing.read = true;
        return listing;
    }

    static Folder inside(const Folder& folder, const std::string& name) {
        return {folder.source, folder.path / name, folder.relative + name + "/"};
    }

    Status visit(const Folder& folder) {
        ATELIER_TRY(Listing listing, list(folder));
        if (!listing.read) return {};
        const bool pictures = std::ranges::any_of(
            listing.files, [&](const FileEntry& file) { return isPicture(file, folder.path); });
        std::deque<Folder> labels;
        for (const auto& name : listing.folders) {
            auto& queue = pictures && isLabelFolder(name) ? labels : waiting_;
            queue.push_back(inside(folder, name));
        }
        for (const auto& name : listing.links) links_.push_back(inside(folder, name));
        ATELIER_DO(sortFiles(folder, listing.files, labels));
        report(folder.path);
        return {};
    }

    static bool isPicture(const FileEntry& file, const fs::path& folder) {
        const bool label = file.stem.ends_with(kMaskSuffix) || file.stem.ends_with(kConditionSuffix);
        return file.problem.empty() && file.regular && !label && looksLikeImage(file, folder);
    }

    // Decides what each file of a folder is and gives pictures their sidecars.
    Status sortFiles(const Folder& folder, const std::vector<FileEntry>& files,
                     std::deque<Folder> labels = {}) {
        const std::size_t first = result_.images.size();
        Stems byStem;
        std::vector<const FileEntry*> rest;
        for (const auto& file : files) {
            ++result_.extensions[file.extension];
            if (isPicture(file, folder.path)) {
                byStem[file.stem].push_back(result_.images.size());
                result_.images.push_back({.source = folder.source,
                                          .path = folder.path / file.name,
                                          .relative = folder.relative + file.name,
                                          .size = file.size,
                                          .modifiedNs = file.modifiedNs});
            } else {
                rest.push_back(&file);
            }
        }
        for (const FileEntry* file : rest) assign(folder, *file, byStem);
        for (const auto& label : labels) ATELIER_DO(pairLabels(label, byStem));
        for (std::size_t i = first; i < result_.images.size(); ++i) {
            std::ranges::sort(result_.images[i].captionFiles, {}, [](const fs::path& path) {
                const std::string extension = toLowerAscii(path.extension().string());
                return std::ranges::find(kCaptionExtensions, extension) - kCaptionExtensions.begin();
            });
        }
        if (options_.onImages && result_.images.size() > first)
            options_.onImages(std::span(result_.images).subspan(first));
        return {};
    }

    // The folder of masks or condition pictures of the pictures above it. What lies deeper has no picture.
    Status pairLabels(const Folder& top, const Stems& byStem) {
        const bool masks = toLowerAscii(top.path.filename().string()) == kMaskFolder;
        std::deque<Folder> folders{top};
        for (bool deep = false; !folders.empty(); folders.pop_front(), deep = true) {
            const Folder& folder = folders.front();
            ATELIER_TRY(const Listing listing, list(folder));
            for (const FileEntry& file : listing.files) {
                ++result_.extensions[file.extension];
                ScannedFile out{.source = folder.source,
                                .path = folder.path / file.name,
                                .relative = folder.relative + file.name,
                                .size = file.size};
                if (!file.problem.empty() || !file.regular || !looksLikeImage(file, folder.path)) {
                    out.note = file.problem.empty() ? "not a picture" : file.problem;
                } else {
                    out.role = masks ? FileRole::Mask : FileRole::Condition;
                    const auto pictures =
                        deep ? std::span<const std::size_t>() : picturesOf(byStem, file.stem);
                    if (pictures.empty())
                        out.note = fmt::format("no picture named {} in the folder above", file.stem);
                    for (const std::size_t i : pictures) {
                        auto& place = masks ? result_.images[i].mask : result_.images[i].condition;
                        if (place) out.note = fmt::format("{} is used instead", place->filename().string());
                        if (!place) place = out.path;
                    }
                }
                result_.others.push_back(std::move(out));
            }
            for (const auto& name : listing.folders) folders.push_back(inside(folder, name));
        }
        return {};
    }

    void assign(const Folder& folder, const FileEntry& file, const Stems& byStem) {
        ScannedFile out{.source = folder.source,
                        .path = folder.path / file.name,
                        .relative = folder.relative + file.name,
                        .size = file.size};
        const auto imagesOf = [&](std::string_view stem) { return picturesOf(byStem, stem); };
        std::string stem = file.stem;
        if (!file.problem.empty()) {
            out.note = file.problem;
        } else if (!file.regular) {
            out.note = "not a regular file";
        } else if (isTable(file.name)) {
            out.role = FileRole::Table;
        } else if (std::ranges::find(kCaptionExtensions, file.extension) != kCaptionExtensions.end()) {
            out.role = FileRole::Caption;
            for (const std::size_t i : imagesOf(stem)) result_.images[i].captionFiles.push_back(out.path);
            if (imagesOf(stem).empty()) out.note = fmt::format("no picture named {} beside it", stem);
        } else if (stem.ends_with(kMaskSuffix) || stem.ends_with(kConditionSuffix)) {
            const bool mask = stem.ends_with(kMaskSuffix);
            stem.resize(stem.size() - kMaskSuffix.size());
            static_assert(kMaskSuffix.size() == kConditionSuffix.size());
            out.role = mask ? FileRole::Mask : FileRole::Condition;
            for (const std::size_t i : imagesOf(stem))
                (mask ? result_.images[i].mask : result_.images[i].condition) = out.path;
            if (imagesOf(stem).empty()) out.note = fmt::format("no picture named {} beside it", stem);
        } else {
            static constexpr std::array<std::string_view, 10> kForeign{
                ".heic", ".heif", ".avif", ".jxl", ".psd", ".svg", ".pdf", ".jp2", ".exr", ".dng"};
            out.note = std::ranges::find(kForeign, file.extension) != kForeign.end()
                           ? "a format that Atelier does not read"
                           : "not a picture";
        }
        result_.others.push_back(std::move(out));
    }

    const ScanOptions& options_;
    ScanResult& result_;
    std::set<FolderId> visited_;
    std::set<fs::path> singleTables_;
    std::deque<Folder> waiting_;
    std::deque<Folder> links_;
    std::uint64_t files_ = 0;
    std::chrono::steady_clock::time_point lastReport_{};
};

template <class T>
void sortByName(std::vector<T>& files) {
    std::ranges::sort(files, [](const T& a, const T& b) {
        return std::tie(a.source, a.relative) < std::tie(b.source, b.relative);
    });
}

}  // namespace

Result<ScanResult> scanSources(std::span<const fs::path> sources, const ScanOptions& options) {
    ScanResult result;
    Scanner scanner(options, result);
    std::vector<std::size_t> singles;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        struct stat info {};
        if (::stat(sources[i].c_str(), &info) != 0) {
            const int code = errno;
            return fail(ErrorCode::Data,
                        code == ENOENT ? std::string("there is no such folder or file")
                                       : fmt::format("it cannot be read: {}", std::strerror(code)),
                        sources[i].string(), "Check the path.");
        }
        if (!S_ISDIR(info.st_mode)) {
            singles.push_back(i);
            continue;
        }
        if (::access(sources[i].c_str(), R_OK | X_OK) != 0) {
            return fail(ErrorCode::Data, fmt::format("the folder cannot be read: {}", std::strerror(errno)),
                        sources[i].string(), "Check its permissions.");
        }
        ATELIER_DO(scanner.scanFolder(i, sources[i]));
    }
    for (const std::size_t i : singles) ATELIER_DO(scanner.scanSingle(i, sources[i]));
    sortByName(result.images);
    sortByName(result.others);
    return result;
}

Error nothingFound(std::span<const fs::path> sources, const ScanResult& scan) {
    std::vector<std::string> places;
    for (const auto& source : sources) places.push_back(source.string());
    std::vector<std::pair<std::uint64_t, std::string>> counts;
    std::uint64_t total = 0;
    for (const auto& [extension, count] : scan.extensions) {
        counts.emplace_back(count, extension.empty() ? "without extension" : extension);
        total += count;
    }
    std::ranges::sort(counts, std::greater{});
    std::vector<std::string> parts;
    for (const auto& [count, extension] : counts) {
        if (parts.size() == 5) {
            parts.emplace_back("…");
            break;
        }
        parts.push_back(fmt::format("{} {}", count, extension));
    }
    std::string what = "no images found";
    if (total > 0)
        what += fmt::format(". There {} {}: {}", total == 1 ? "is" : "are", plural(total, "file"),
                            join(parts, ", "));
    for (const auto& problem : scan.problems)
        what += fmt::format(". {}: {}", problem.path.string(), problem.text);
    return {ErrorCode::Data, what, join(places, ", "), "Atelier reads JPEG, PNG, WebP, TIFF, BMP and GIF."};
}

}  // namespace atelier::data
