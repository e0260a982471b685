// SPDX-License-Identifier: GPL-3.0-or-later
// Finds pictures and what belongs to them in folders: names and sizes only, no picture is opened.
// Called by the dataset build and, in the background with batches, by the studio's Datasets page.
//
// Rules. Folders are searched to any depth; links to folders are followed, each folder is visited once. Names
// that start with a dot, "__MACOSX", "@eaDir", "Thumbs.db" and "desktop.ini" are skipped and counted. A file
// is a picture by its extension (jpg jpeg jpe jfif png webp tif tiff bmp gif, any case); a file without
// extension by its first bytes. STEM-masklabel.png and STEM-condlabel.png belong to the picture STEM, and so
// do masks/STEM.png and conditions/STEM.png below a folder of pictures; what lies beside the picture wins.
// Order: by path, byte by byte.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/caption.h"

namespace atelier::data {

// What a file of a source is to a dataset.
enum class FileRole { Image, Caption, Table, Mask, Condition, Other };

struct ScannedImage {
    std::size_t source = 0;  // index into the sources given
    fs::path path;           // as reachable from the source given
    std::string relative;    // to its source, '/' separated: names the picture in keys, edits and reports
    std::uint64_t size = 0;
    std::int64_t modifiedNs = 0;         // since 1970
    std::vector<fs::path> captionFiles;  // sidecars that exist, .txt before .caption before .json
    std::optional<fs::path> mask;
    std::optional<fs::path> condition;
};

struct ScannedFile {  // everything that is not a picture
    std::size_t source = 0;
    fs::path path;
    std::string relative;
    std::uint64_t size = 0;
    FileRole role = FileRole::Other;
    std::string
        note;  // why it is not used: "no picture named fox beside it", "a format that Atelier does not read"
};

struct ScanProblem {
    fs::path path;
    std::string text;  // "the folder cannot be read: permission denied"
};

struct ScanResult {
    std::vector<ScannedImage> images;  // sorted by (source, relative)
    std::vector<ScannedFile> others;   // sorted alike
    std::vector<ScanProblem> problems;
    std::uint64_t hidden = 0;  // skipped by the rules above
    std::uint64_t folders = 0;
    std::map<std::string, std::uint64_t> extensions;  // of everything seen: ".heic" → 400
};

struct ScanProgress {
    std::uint64_t files = 0;
    std::uint64_t images = 0;
    fs::path folder;  // being read
};

struct ScanOptions {
    std::vector<fs::path> exclude;  // folders left alone (the build's own output)
    const std::atomic<bool>* cancel = nullptr;
    std::function<void(const ScanProgress&)> progress;  // about ten times a second
    std::function<void(std::span<const ScannedImage>)>
        onImages;  // finished folder by finished folder, unsorted between folders
};

// Sources are folders or single pictures. Errors: a source that does not exist or cannot be read (Data),
// Cancelled.
Result<ScanResult> scanSources(std::span<const fs::path> sources, const ScanOptions& options = {});

// "No images found in ~/pics/train. It has 412 files: 400 .heic, 12 .txt. Atelier reads JPEG, …" as an Error
// (Data).
Error nothingFound(std::span<const fs::path> sources, const ScanResult& scan);

// The captions that were found for a picture, and whether they agree.
struct FoundCaption {
    Caption caption;                    // the one that holds by `prefer`
    std::vector<Caption> others;        // further captions that differ from it
    std::vector<std::string> problems;  // "fox.json: …", "read as Latin-1"
    std::vector<ScanProblem> unusable;  // caption files that gave no caption, also in `problems`
};

// All tables of a scan, by the full path of the picture they speak of.
class CaptionTables {
  public:
    static CaptionTables read(const ScanResult& scan);
    const TableRow* find(const fs::path& image) const;
    const fs::path* tableOf(const fs::path& image) const;
    const std::vector<ScanProblem>& problems() const { return problems_; }
    // One entry for each table with rows whose file_name is no picture of the scan.
    std::vector<ScanProblem> rowsWithoutPicture(const ScanResult& scan) const;

  private:
    struct Entry {
        TableRow row;
        fs::path table;
    };
    std::map<std::string, Entry> rows_;
    std::vector<ScanProblem> problems_;
};

enum class CaptionPreference { Txt, Caption, Json, Table };  // which one holds when several differ

FoundCaption findCaption(const ScannedImage& image, const CaptionTables& tables,
                         CaptionPreference prefer = CaptionPreference::Txt);

}  // namespace atelier::data
