// SPDX-License-Identifier: GPL-3.0-or-later
// Caption tables: Hugging Face's imagefolder convention, metadata.jsonl and metadata.csv.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/base/csv.h"
#include "core/base/strings.h"
#include "core/data/caption.h"

namespace atelier::data {
namespace {

constexpr std::uint64_t kMaxTableBytes = std::uint64_t{1} << 31;
constexpr std::array<std::string_view, 3> kCaptionColumns{"text", "caption", "prompt"};

// Excel writes semicolons in half of the world: the one that makes a file_name column of the first line.
char csvSeparator(std::string_view text) {
    const auto header = text.substr(0, text.find('\n'));
    for (const char separator : {',', ';', '\t'}) {
        std::size_t at = 0;
        std::size_t line = 0;
        const auto fields = csvRecord(header, at, line, separator);
        if (std::ranges::find(fields, "file_name") != fields.end()) return separator;
    }
    return ',';
}

std::string captionColumnOf(const std::vector<std::string>& columns) {
    for (const auto name : kCaptionColumns) {
        if (std::ranges::find(columns, name) != columns.end()) return std::string(name);
    }
    return {};
}

Result<Table> readCsv(std::string_view text, const std::string& where) {
    Table table;
    const char separator = csvSeparator(text);
    std::size_t at = 0;
    std::size_t line = 1;
    const auto header = csvRecord(text, at, line, separator);
    const auto fileColumn = std::size_t(std::ranges::find(header, "file_name") - header.begin());
    if (fileColumn == header.size())
        return fail(ErrorCode::Data, "it has no column file_name", where,
                    "The first line names the columns.");
    table.captionColumn = captionColumnOf(header);
    while (at < text.size()) {
        const std::size_t first = line;
        bool unclosed = false;
        const auto fields = csvRecord(text, at, line, separator, &unclosed);
        if (unclosed) {
            table.problems.push_back(
                fmt::format("line {}: a quotation mark is not closed; nothing from there on is read", first));
            break;
        }
        if (fields.size() == 1 && fields[0].empty()) continue;
        if (fields.size() != header.size()) {
            table.problems.push_back(fmt::format("line {}: {} fields, the first line has {}", first,
                                                 fields.size(), header.size()));
            continue;
        }
        TableRow row{.fileName = fields[fileColumn], .columns = Json::object(), .line = first};
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (header[i] == table.captionColumn)
                row.caption = fields[i];
            else if (i != fileColumn)
                row.columns[header[i]] = fields[i];
        }
        table.rows.push_back(std::move(row));
    }
    return table;
}

Result<Table> readJsonLines(std::string_view text, const std::string& where) {
    Table table;
    std::size_t number = 0;
    bool anyFileName = false;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const auto line = trim(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        ++number;
        if (line.empty()) continue;
        auto json = parseJson(line);
        if (!json || !json->is_object()) {
            table.problems.push_back(fmt::format("line {}: not a JSON object{}", number,
                                                 json ? "" : " (" + json.error().what + ")"));
            continue;
        }
        const auto file = json->find("file_name");
        if (file == json->end() || !file->is_string()) {
            table.problems.push_back(fmt::format("line {}: no \"file_name\"", number));
            continue;
        }
        anyFileName = true;
        TableRow row{.fileName = file->get<std::string>(), .columns = *json, .line = number};
        row.columns.erase("file_name");
        for (const auto name : kCaptionColumns) {
            const auto caption = row.columns.find(name);
            if (caption == row.columns.end() || !caption->is_string()) continue;
            row.caption = caption->get<std::string>();
            if (table.captionColumn.empty()) table.captionColumn = name;
            row.columns.erase(std::string(name));
            break;
        }
        table.rows.push_back(std::move(row));
    }
    if (!anyFileName && number > 0) return fail(ErrorCode::Data, "no line has a \"file_name\"", where);
    return table;
}

}  // namespace

Result<Table> readTable(const fs::path& path) {
    ATELIER_TRY(const std::string bytes, readFile(path, kMaxTableBytes));
    const DecodedText decoded = decodeText(bytes);
    const bool csv = toLowerAscii(path.extension().string()) == ".csv";
    ATELIER_TRY(Table table,
                csv ? readCsv(decoded.text, path.string()) : readJsonLines(decoded.text, path.string()));
    table.encoding = decoded.encoding;
    return table;
}

}  // namespace atelier::data
