// SPDX-License-Identifier: GPL-3.0-or-later
// Filters over a sample's JSON, as open-diffusion's configs write them: {"pwatermark": "<=0.5"}. A small
// parser, never an eval. Used by DatasetIndex; `check` parses them too.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier::data {

enum class Comparison { Less, LessEqual, Greater, GreaterEqual, Equal, NotEqual };

struct FilterCondition {
    std::string field;
    Comparison comparison = Comparison::LessEqual;
    double number = 0.0;
    std::optional<std::string> text = {};  // == and != compare with this text instead
    bool alternative = false;              // begins another alternative: it stood behind `or`
};

// "<=0.5", ">= 512 and <= 4096", "== 'en' or == 'de'": comparisons with a number, True, False or a quoted
// text, joined by `and` and `or` as Python reads them (`and` binds closer).
Result<std::vector<FilterCondition>> parseFilter(const std::string& field, std::string_view expression);

class MetadataFilter {
  public:
    static Result<MetadataFilter> parse(const std::map<std::string, std::string>& filters);
    bool empty() const { return fields_.empty(); }
    // `json`: text of the sample's .json. A missing field, null or NaN rejects, and so does text where a
    // number is asked for; true and false count as 1 and 0.
    bool accepts(std::string_view json) const;
    // The field that decided against it; "" when accepted. "json" when the text is no JSON object.
    std::string rejectedBy(std::string_view json) const;

  private:
    std::vector<std::vector<FilterCondition>> fields_;  // all must hold; each in alternatives
};

}  // namespace atelier::data
