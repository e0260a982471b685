// SPDX-License-Identifier: GPL-3.0-or-later
// JSON with key order kept. `Json` is the project's name for it; include this, not nlohmann's headers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace atelier {

using Json = nlohmann::ordered_json;

// Strict JSON; the Error names the byte and what was expected. `where` = file name for the message.
Result<Json> parseJson(std::string_view text, std::string where = {});

// One line. Invalid UTF-8 is replaced, never thrown over.
std::string dumpJson(const Json& value);
// Indented by two spaces with a final newline, for files people read.
std::string dumpJsonPretty(const Json& value);

// JSON has no NaN: non-finite numbers become the strings "nan", "inf", "-inf" (DESIGN §13).
Json jsonNumber(double value);
// The reverse: a number, or one of those three strings; `fallback` for anything else.
double numberFromJson(const Json& value, double fallback);

}  // namespace atelier
