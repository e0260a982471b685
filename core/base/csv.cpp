// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/csv.h"

namespace atelier {

std::vector<std::string> csvRecord(std::string_view text, std::size_t& at, std::size_t& line, char separator,
                                   bool* unclosed) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    for (; at < text.size(); ++at) {
        const char c = text[at];
        if (c == '\n') ++line;
        if (quoted) {
            if (c != '"') {
                fields.back() += c;
            } else if (at + 1 < text.size() && text[at + 1] == '"') {
                fields.back() += '"';
                ++at;
            } else {
                quoted = false;
            }
        } else if (c == '"' && fields.back().empty()) {
            quoted = true;
        } else if (c == separator) {
            fields.emplace_back();
        } else if (c == '\n') {
            ++at;
            break;
        } else if (c != '\r') {
            fields.back() += c;
        }
    }
    if (unclosed) *unclosed = quoted;
    return fields;
}

std::vector<std::vector<std::string>> parseCsv(std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a byte order mark
    std::vector<std::vector<std::string>> rows;
    for (std::size_t at = 0, line = 1; at < text.size();) {
        auto row = csvRecord(text, at, line);
        if (row.size() > 1 || !row[0].empty()) rows.push_back(std::move(row));
    }
    return rows;
}

std::string csvLine(const std::vector<std::string>& fields) {
    std::string line;
    for (const auto& field : fields) {
        if (&field != &fields.front()) line += ',';
        if (field.find_first_of(",\"\r\n") == std::string::npos) {
            line += field;
            continue;
        }
        line += '"';
        for (const char c : field) line += c == '"' ? std::string("\"\"") : std::string(1, c);
        line += '"';
    }
    return line + "\n";
}

}  // namespace atelier
