// SPDX-License-Identifier: GPL-3.0-or-later
// The filter line of the Datasets page: fox  -tag:blue  tokens:>60  width:<512  missing:caption  is:excluded
// AND OR ( ).
#pragma once

#include <QString>
#include <functional>
#include <optional>

#include "ui/models/dataset_entry.h"

namespace atelier {

struct FilterContext {
    int tokenLimit = 75;
    std::function<QString(int)> sourceName;  // of a source's number
};

using EntryPredicate = std::function<bool(const DatasetEntry&)>;

struct ParsedFilter {
    EntryPredicate matches;  // empty: everything
    QString error;           // why the text cannot be understood; then `matches` is empty too
};

// Words are looked for in caption and name, all must match; "quoted words" as one; a minus negates a term.
ParsedFilter parseFilter(const QString& text, const FilterContext& context);

}  // namespace atelier
