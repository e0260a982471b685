// SPDX-License-Identifier: GPL-3.0-or-later
// Filters over a sample's JSON, as open-diffusion's configs write them: {"pwatermark": "<=0.5"}. A small
// parser, never an eval. Used by DatasetIndex; `check` parses them too.
#pragma once

#include <map>
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
};

// "<=0.5", ">= 512 and <= 4096": one comparison with a number, or several joined by `and`. All must hold.
Result<std::vector<FilterCondition>> parseFilter(const std::string& field, std::string_view expression);

class MetadataFilter {
  public:
    static Result<MetadataFilter> parse(const std::map<std::string, std::string>& filters);
    bool empty() const { return conditions_.empty(); }
    // `json`: text of the sample's .json. A missing field, null, text or NaN rejects; true and false count as
    // 1 and 0.
    bool accepts(std::string_view json) const;
    // The field that decided against it; "" when accepted. "json" when the text is no JSON object.
    std::string rejectedBy(std::string_view json) const;

  private:
    std::vector<FilterCondition> conditions_;
};

}  // namespace atelier::data
