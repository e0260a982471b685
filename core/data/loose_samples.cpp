// SPDX-License-Identifier: GPL-3.0-or-later
// Folders, tables and Parquet files as parts of a DatasetIndex.
#include "core/data/loose_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/csv.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/scan.h"
#include "core/data/shard_paths.h"

namespace atelier::data {
namespace {

// What an offset means is in its two highest bits.
constexpr std::uint64_t kFile = std::uint64_t{1} << 62, kRow = std::uint64_t{2} << 62, kNumber = kFile - 1;
constexpr std::uint64_t kMaxTableBytes = std::uint64_t{1} << 32;
constexpr std::uint64_t kMaxPicture = 1'000'000'000;
const std::vector<std::string> kImageColumns{"file_name", "image",    "image_path", "path",
                                             "filepath",  "filename", "file"};
const std::vector<std::string> kImageBytes{"image.bytes", "image", "jpg", "png", "webp", "bytes", "img"};
const std::vector<std::string> kCaptions{"text", "caption", "prompt", "title"};
const std::vector<std::string> kClasses{"cls", "label", "class"};

void addText(LoosePart& part, std::string_view extension, std::string_view text) {
    part.table.addMember({part.source.texts.size(), text.size(), part.extensions.numberOf(extension)});
    part.source.texts.append(text);
}

// Nothing is added for a file that is not there: the sample then lacks it and is left out.
void addFile(LoosePart& part, std::string_view extension, const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    if (error) return;
    part.table.addMember({kFile | part.source.files.size(), size, part.extensions.numberOf(extension)});
    part.source.files.push_back(path);
}

// The column that was asked for, or the first of the usual ones.
template <class Columns>
Result<std::string> columnOf(const Columns& columns, const std::string& asked,
                             const std::vector<std::string>& usual, const char* key, const fs::path& path,
                             bool needed) {
    const auto has = [&](const std::string& name) {
        return std::find(columns.begin(), columns.end(), name) != columns.end();
    };
    if (!asked.empty() && has(asked)) return asked;
    if (asked.empty())
        for (const std::string& name : usual)
            if (has(name)) return name;
    if (asked.empty() && !needed) return std::string();
    const auto nested = std::find_if(columns.begin(), columns.end(), [&](const std::string& name) {
        return !asked.empty() && name.starts_with(asked + ".");
    });
    return fail(ErrorCode::Data,
                asked.empty() ? fmt::format("it has none of the columns {}", join(usual, ", "))
                              : fmt::format("it has no column \"{}\"{}", asked,
                                            nested == columns.end() ? "" : "; there is \"" + *nested + "\""),
                path.string(),
                fmt::format("Its columns: {}. Name one as dataset.params.{}.",
                            join(std::vector<std::string>(columns.begin(), columns.end()), ", "), key));
}

std::string keyOfFile(std::string relative) {
    const auto slash = relative.rfind('/'), dot = relative.rfind('.');
    if (dot != std::string::npos && dot > 0 && (slash == std::string::npos || dot > slash + 1))
        relative.resize(dot);
    return relative;
}

// STEM.png, or with its number as it is written without zeros in front.
fs::path namedAlike(const fs::path& folder, const std::string& stem) {
    const fs::path same = folder / (stem + ".png");
    std::error_code error;
    const bool number = !stem.empty() && stem.find_first_not_of("0123456789") == std::string::npos;
    if (!number || fs::exists(same, error)) return same;
    const auto first = std::min(stem.find_first_not_of('0'), stem.size() - 1);
    return folder / (stem.substr(first) + ".png");
}

Result<LoosePart> readFolder(const fs::path& path, const DatasetOptions& options) {
    const fs::path sources[] = {path};
    ATELIER_TRY(const ScanResult scan, scanSources(sources));
    if (scan.images.empty()) return fail(nothingFound(sources, scan));
    const CaptionTables tables = CaptionTables::read(scan);
    LoosePart part;
    for (const ScanProblem& problem : scan.problems)
        part.problems.push_back(problem.path.string() + ": " + problem.text);
    for (const ScanProblem& problem : tables.problems())
        part.problems.push_back(problem.path.string() + ": " + problem.text);
    for (const ScannedImage& image : scan.images) {
        part.table.begin(keyOfFile(image.relative));
        addFile(part, kLooseImage, image.path);
        const FoundCaption found = findCaption(image, tables);
        const std::string stem = image.path.stem().string();
        if (!options.captionFolder.empty())
            addFile(part, "txt", options.captionFolder / (stem + ".txt"));
        else if (found.caption.source != CaptionSource::None)
            addText(part, "txt", found.caption.text);
        if (!found.caption.columns.empty()) addText(part, "json", found.caption.columns.dump());
        if (options.classes) {  // the folder right under the source
            const auto slash = image.relative.find('/');
            addText(part, "cls",
                    slash == std::string::npos ? "" : std::string_view(image.relative).substr(0, slash));
        }
        if (!options.maskFolder.empty())
            addFile(part, "mask.png", namedAlike(options.maskFolder, stem));
        else if (image.mask)
            addFile(part, "mask.png", *image.mask);
        if (image.condition) addFile(part, "cond.png", *image.condition);
    }
    return part;
}

// The separator that makes the picture's column appear; .tsv files have tabs.
char separatorOf(const fs::path& path, std::string_view text, const DatasetOptions& options) {
    if (toLowerAscii(path.extension().string()) == ".tsv") return '\t';
    const std::string_view header = text.substr(0, text.find('\n'));
    for (const char separator : {',', '\t', ';', '|'}) {
        std::size_t at = 0, line = 0;
        if (columnOf(csvRecord(header, at, line, separator), options.imageColumn, kImageColumns, "", path,
                     true))
            return separator;
    }
    return ',';
}

// Numbers become numbers, so that filters can compare them.
Json fieldValue(const std::string& text) {
    double number = 0;
    const std::string_view trimmed = trim(text);
    const auto [end, error] = std::from_chars(trimmed.data(), trimmed.data() + trimmed.size(), number);
    if (!trimmed.empty() && error == std::errc() && end == trimmed.data() + trimmed.size()) return number;
    return text;
}

Result<LoosePart> readTableFile(const fs::path& path, const DatasetOptions& options) {
    ATELIER_TRY(const std::string bytes, readFile(path, kMaxTableBytes));
    const DecodedText decoded = decodeText(bytes);
    const std::string& text = decoded.text;
    const char separator = separatorOf(path, text, options);
    std::size_t at = 0, line = 1;
    const auto header = csvRecord(text, at, line, separator);
    const auto column = [&](const std::string& name) {
        return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
    };
    ATELIER_TRY(const std::string image,
                columnOf(header, options.imageColumn, kImageColumns, "image_column", path, true));
    ATELIER_TRY(const std::string caption,
                columnOf(header, options.captionColumn, kCaptions, "caption_column", path, !options.classes));
    const auto classes = options.classes ? columnOf(header, "", kClasses, "", path, false) : std::string();
    const std::size_t imageAt = column(image), captionAt = column(caption),
                      classAt = column(classes.value_or(""));
    LoosePart part;
    std::uint64_t uneven = 0, addresses = 0;
    while (at < text.size()) {
        const auto fields = csvRecord(text, at, line, separator);
        if (fields.size() == 1 && fields[0].empty()) continue;
        if (fields.size() != header.size()) {
            if (++uneven == 1)
                part.problems.push_back(
                    fmt::format("{}, line {}: {} fields, the first line has {}; such lines "
                                "are left out.",
                                path.string(), line - 1, fields.size(), header.size()));
            continue;
        }
        part.table.begin(keyOfFile(fields[imageAt]));
        if (schemeOf(fields[imageAt]).empty())
            addFile(part, kLooseImage, path.parent_path() / expandUser(fields[imageAt]));
        else
            ++addresses;
        if (captionAt < fields.size()) addText(part, "txt", fields[captionAt]);
        if (classAt < fields.size()) addText(part, "cls", trim(fields[classAt]));
        Json rest = Json::object();
        for (std::size_t i = 0; i < fields.size(); ++i)
            if (i != imageAt && i != captionAt) rest[header[i]] = fieldValue(fields[i]);
        if (!rest.empty()) addText(part, "json", rest.dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    if (addresses > 0)
        part.problems.push_back(
            fmt::format("{}: {} at addresses; they are not fetched one by one (img2dataset "
                        "makes shards of such tables).",
                        path.string(), plural(addresses, "picture")));
    return part;
}

Result<LoosePart> readParquet(const fs::path& path, const DatasetOptions& options) {
    LoosePart part;
    ATELIER_TRY(part.source.parquet, ParquetFile::open(path));
    ParquetFile& file = *part.source.parquet;
    ATELIER_TRY(const std::string image,
                columnOf(file.columns(), options.imageColumn, kImageBytes, "image_column", path, true));
    ATELIER_TRY(const std::string caption, columnOf(file.columns(), options.captionColumn, kCaptions,
                                                    "caption_column", path, !options.classes));
    part.source.imageColumn = *file.find(image);
    if (!file.isBytes(part.source.imageColumn))
        return fail(ErrorCode::Data, fmt::format("the column \"{}\" holds no bytes of pictures", image),
                    path.string(), "Name the right one as dataset.params.image_column.");
    const auto rows = static_cast<std::size_t>(file.rows());
    std::vector<std::string> captions(rows), classes(rows);
    std::vector<bool> captioned(rows);
    std::vector<Json> metadata;
    const auto text = [](const Json& value) {
        return value.is_string() ? value.get<std::string>() : value.dump();
    };
    if (!caption.empty())
        ATELIER_DO(file.visit(*file.find(caption), [&](std::uint64_t row, Json value) -> Status {
            if (value.is_null()) return {};
            captions[row] = decodeText(text(value)).text;
            captioned[row] = true;
            return {};
        }));
    if (options.classes) {
        ATELIER_TRY(const std::string column, columnOf(file.columns(), "", kClasses, "", path, true));
        ATELIER_DO(file.visit(*file.find(column), [&](std::uint64_t row, Json value) -> Status {
            if (!value.is_null()) classes[row] = text(value);
            return {};
        }));
    }
    std::set<std::string> wanted{"original_width", "original_height"};
    for (const auto& [field, expression] : options.filters) wanted.insert(field);
    for (const std::string& field : wanted) {
        const auto column = file.find(field);
        if (!column) continue;
        metadata.resize(rows, Json::object());
        ATELIER_DO(file.visit(*column, [&](std::uint64_t row, Json value) -> Status {
            metadata[row][field] = std::move(value);
            return {};
        }));
    }
    const std::string stem = path.stem().string();
    for (std::size_t row = 0; row < rows; ++row) {
        part.table.begin(fmt::format("{}-{:08}", stem, row));
        part.table.addMember({kRow | row, 0, part.extensions.numberOf(kLooseImage)});
        if (captioned[row]) addText(part, "txt", captions[row]);
        if (!classes[row].empty()) addText(part, "cls", classes[row]);
        if (!metadata.empty())
            addText(part, "json", metadata[row].dump(-1, ' ', false, Json::error_handler_t::replace));
    }
    return part;
}

}  // namespace

Result<std::string> LooseStore::read(std::uint32_t shard, std::uint64_t offset, std::uint64_t size) {
    LooseSource& source = sources_[shard];
    if (offset < kFile) return source.texts.substr(offset, size);
    const std::uint64_t number = offset & kNumber;
    if ((offset & kRow) == 0) return readFile(source.files[number], kMaxPicture);
    ATELIER_TRY(auto bytes, source.parquet->bytesAt(source.imageColumn, number));
    if (!bytes) return fail(ErrorCode::Data, fmt::format("row {} has no picture", number));
    return *std::move(bytes);
}

Result<std::vector<fs::path>> looseSources(const std::string& spec, const DatasetOptions& options) {
    ATELIER_TRY(const std::vector<std::string> named, expandShardSpec(spec));
    std::vector<fs::path> sources;
    for (std::string_view one : named) {
        if (!schemeOf(one).empty() && !one.starts_with("file:"))
            return fail(ErrorCode::Config,
                        fmt::format("\"{}\" is an address; this kind of data is read from files", one),
                        "dataset.params.path");
        if (one.starts_with("file:")) one.remove_prefix(one.starts_with("file://") ? 7 : 5);
        fs::path path = expandUser(one);
        if (path.is_relative() && !options.relativeTo.empty()) path = options.relativeTo / path;
        std::error_code error;
        if (options.kind == SourceKind::Folder || !fs::is_directory(path, error)) {
            sources.push_back(path);
            continue;
        }
        std::vector<fs::path> inside;
        for (const auto& entry : fs::recursive_directory_iterator(path, error)) {
            const std::string extension = toLowerAscii(entry.path().extension().string());
            const bool fits = options.kind == SourceKind::Parquet
                                  ? extension == ".parquet"
                                  : extension == ".csv" || extension == ".tsv";
            if (fits && entry.is_regular_file(error)) inside.push_back(entry.path());
        }
        if (inside.empty())
            return fail(ErrorCode::Data,
                        fmt::format("the folder holds no {} files",
                                    options.kind == SourceKind::Parquet ? "*.parquet" : "*.csv or *.tsv"),
                        path.string());
        std::sort(inside.begin(), inside.end());
        sources.insert(sources.end(), inside.begin(), inside.end());
    }
    return sources;
}

Result<LoosePart> readLooseSource(const fs::path& path, const DatasetOptions& options) {
    switch (options.kind) {
        case SourceKind::Parquet:
            return readParquet(path, options);
        case SourceKind::Table:
            return readTableFile(path, options);
        case SourceKind::Folder:
        case SourceKind::Shards:
            break;
    }
    return readFolder(path, options);
}

}  // namespace atelier::data
