// SPDX-License-Identifier: GPL-3.0-or-later
// Which caption holds for a picture: sidecars and tables of a scan, compared.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/strings.h"
#include "core/data/scan.h"

namespace atelier::data {
namespace {

int rank(CaptionSource source, CaptionPreference prefer) {
    const CaptionSource first = prefer == CaptionPreference::Caption ? CaptionSource::Caption
                                : prefer == CaptionPreference::Json  ? CaptionSource::Json
                                : prefer == CaptionPreference::Table ? CaptionSource::Table
                                                                     : CaptionSource::Txt;
    return source == first ? 0 : 1 + int(source);
}

}  // namespace

CaptionTables CaptionTables::read(const ScanResult& scan) {
    CaptionTables tables;
    for (const auto& file : scan.others) {
        if (file.role != FileRole::Table) continue;
        auto table = readTable(file.path);
        if (!table) {
            tables.problems_.push_back({file.path, table.error().what});
            continue;
        }
        for (const auto& problem : table->problems) tables.problems_.push_back({file.path, problem});
        if (table->captionColumn.empty())
            tables.problems_.push_back({file.path, "it has no column text, caption or prompt"});
        const fs::path folder = file.path.parent_path();
        for (auto& row : table->rows) {
            const std::string image = (folder / row.fileName).lexically_normal().string();
            tables.rows_.insert_or_assign(image, Entry{std::move(row), file.path});
        }
    }
    return tables;
}

const TableRow* CaptionTables::find(const fs::path& image) const {
    if (rows_.empty()) return nullptr;
    const auto found = rows_.find(image.lexically_normal().string());
    return found == rows_.end() ? nullptr : &found->second.row;
}

const fs::path* CaptionTables::tableOf(const fs::path& image) const {
    if (rows_.empty()) return nullptr;
    const auto found = rows_.find(image.lexically_normal().string());
    return found == rows_.end() ? nullptr : &found->second.table;
}

std::vector<ScanProblem> CaptionTables::rowsWithoutPicture(const ScanResult& scan) const {
    if (rows_.empty()) return {};
    std::set<std::string> pictures;
    for (const auto& image : scan.images) pictures.insert(image.path.lexically_normal().string());
    struct Missing {
        std::size_t count = 0, total = 0, line = SIZE_MAX;
        std::string name;
    };
    std::map<fs::path, Missing> tables;
    for (const auto& [path, entry] : rows_) {
        Missing& missing = tables[entry.table];
        ++missing.total;
        if (pictures.contains(path)) continue;
        ++missing.count;
        if (entry.row.line < missing.line) missing.line = entry.row.line, missing.name = entry.row.fileName;
    }
    std::vector<ScanProblem> problems;
    for (const auto& [table, missing] : tables) {
        if (missing.count == 0) continue;
        problems.push_back(
            {table, fmt::format("{} of its {} names no picture here, the first is \"{}\" in line {}",
                                missing.count, plural(missing.total, "row"), missing.name, missing.line)});
    }
    return problems;
}

FoundCaption findCaption(const ScannedImage& image, const CaptionTables& tables, CaptionPreference prefer) {
    FoundCaption found;
    std::vector<Caption> all;
    for (const auto& file : image.captionFiles) {
        auto caption = readCaptionFile(file);
        if (!caption) {
            found.problems.push_back(fmt::format("{}: {}", file.filename().string(), caption.error().what));
            found.unusable.push_back({file, caption.error().what});
            continue;
        }
        if (caption->encoding != TextEncoding::Utf8 && caption->encoding != TextEncoding::Utf8Bom) {
            found.problems.push_back(
                fmt::format("{}: read as {}", file.filename().string(), encodingName(caption->encoding)));
        }
        all.push_back(*std::move(caption));
    }
    Json columns = Json::object();
    if (const TableRow* row = tables.find(image.path)) {
        columns = row->columns;
        if (row->caption)
            all.push_back(
                {.source = CaptionSource::Table, .text = *row->caption, .file = *tables.tableOf(image.path)});
    }
    std::ranges::stable_sort(all, {}, [&](const Caption& c) { return rank(c.source, prefer); });
    for (auto& caption : all) {
        for (const auto& [key, value] : caption.columns.items())
            if (!columns.contains(key)) columns[key] = value;
    }
    if (!all.empty()) found.caption = all.front();
    found.caption.columns = std::move(columns);
    for (std::size_t i = 1; i < all.size(); ++i) {
        if (!sameCaption(all[i].text, found.caption.text)) found.others.push_back(all[i]);
    }
    for (const auto& other : found.others) {
        found.problems.push_back(
            fmt::format("{} and {} differ; {} holds", captionSourceName(found.caption.source),
                        captionSourceName(other.source), captionSourceName(found.caption.source)));
    }
    return found;
}

}  // namespace atelier::data
