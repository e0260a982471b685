// SPDX-License-Identifier: GPL-3.0-or-later
// Captions beside pictures: text encodings, sidecar files (.txt, .caption, .json) and tables (metadata.jsonl,
// metadata.csv). Called by scan and plan; pure apart from reading the named file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/base/result.h"

namespace atelier::data {

enum class TextEncoding { Utf8, Utf8Bom, Utf16Le, Utf16Be, Latin1 };
std::string_view encodingName(TextEncoding encoding);

struct DecodedText {
    std::string text;  // UTF-8
    TextEncoding encoding = TextEncoding::Utf8;
};
// UTF-8 (with or without BOM), UTF-16 with BOM (or plainly UTF-16 by its zero bytes), else Latin-1. Never
// fails.
DecodedText decodeText(std::string_view bytes);

// Where a caption comes from, in order of precedence for equal pictures: an edit wins over everything.
enum class CaptionSource { None, Edit, Txt, Caption, Json, Table, Default };
std::string_view captionSourceName(CaptionSource source);  // "edit", ".txt", …

struct Caption {
    CaptionSource source = CaptionSource::None;
    std::string text;  // UTF-8, as written by the author but without a final line end
    TextEncoding encoding = TextEncoding::Utf8;
    fs::path file;                  // the sidecar or table it was read from
    Json columns = Json::object();  // what else that file says about the picture; goes along into KEY.json
};

// One sidecar by its extension (.txt .caption .json). JSON: "caption", else "text", else "prompt"; a bare
// string is taken too. Errors (Data): JSON that does not parse or has no caption; more than 1 MB.
Result<Caption> readCaptionFile(const fs::path& path);

// One row of a table: what belongs to `fileName` (relative to the table's folder, '/' separated, as written).
struct TableRow {
    std::string fileName;
    std::optional<std::string> caption;  // from the first of text, caption, prompt that the table has
    Json columns;                        // all other columns
    std::size_t line = 0;                // 1-based, for messages
};
struct Table {
    std::vector<TableRow> rows;
    std::string captionColumn;          // "" when the table has none
    std::vector<std::string> problems;  // "line 7: …"; such lines are left out
    TextEncoding encoding = TextEncoding::Utf8;
};
// metadata.jsonl or metadata.csv (RFC 4180: quotes, commas and line ends inside quotes). Error (Data): no
// file_name column.
Result<Table> readTable(const fs::path& path);

// True when two captions say the same to training: equal after trimming white space at both ends.
bool sameCaption(std::string_view a, std::string_view b);

// "a, b, c" with the tags that were drawn to go left out and the rest in a drawn order; the first `keep` tags
// stay in front and are never left out. Draws begin at index `firstDraw`.
std::string drawTags(std::string_view caption, int keep, double dropout, bool shuffle, const Random& random,
                     std::uint64_t firstDraw);

}  // namespace atelier::data
