// SPDX-License-Identifier: GPL-3.0-or-later
// Comma-separated values as RFC 4180 writes them. Used for prompt files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace atelier {

// Rows of fields; quotes, doubled quotes and line ends inside quotes are understood, CRLF too. Empty lines
// give no row.
std::vector<std::vector<std::string>> parseCsv(std::string_view text);

}  // namespace atelier
