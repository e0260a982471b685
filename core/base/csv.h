// SPDX-License-Identifier: GPL-3.0-or-later
// Comma-separated values as RFC 4180 writes them. Used for prompt files and caption tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atelier {

// One record from `at` on; quotes may hold separators and line ends. Moves `at` behind it and counts the line
// ends passed in `line`. `unclosed`: whether the text ended inside quotes.
std::vector<std::string> csvRecord(std::string_view text, std::size_t& at, std::size_t& line,
                                   char separator = ',', bool* unclosed = nullptr);

// Rows of fields; quotes, doubled quotes and line ends inside quotes are understood, CRLF too. Empty lines
// give no row.
std::vector<std::vector<std::string>> parseCsv(std::string_view text);

// One record with its line end; quotes where a field needs them.
std::string csvLine(const std::vector<std::string>& fields);

}  // namespace atelier
