// SPDX-License-Identifier: GPL-3.0-or-later
// The journal of a person's edits of a dataset (edits.jsonl): append-only, folded into the present state,
// originals never touched. The studio appends and folds; the build folds.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::data {

// The present state of one picture's edits.
struct ImageEdit {
    std::optional<std::string> caption;  // replaces what was found; "" = deliberately empty
    bool excluded = false;
    bool forced = false;  // "train anyway": kept against size, ratio, duplicate and missing-caption rules
    // Paths that replace the mask or condition picture found beside it; "" = deliberately none. Relative ones
    // begin at the folder of the journal.
    std::optional<std::string> mask, condition;

    bool operator==(const ImageEdit&) const = default;
};

// One line of the journal. `image` is ScannedImage::relative, prefixed "N:" for sources after the first
// (editName).
struct EditRecord {
    enum class Kind {
        Caption,
        ClearCaption,
        Exclude,
        Include,
        Force,
        Unforce,
        Mask,
        ClearMask,
        Condition,
        ClearCondition
    };
    Kind kind = Kind::Caption;
    std::string image;
    std::string text;  // Caption; the path of Mask and Condition
    double time = 0;   // unix seconds; 0 = now
};

std::string editName(std::size_t source, std::string_view relative);

struct Edits {
    std::map<std::string, ImageEdit> images;
    std::size_t lines = 0;  // read so far
    std::string digest;     // SHA-256 of those lines: what a manifest records

    const ImageEdit* find(const std::string& name) const;
    void apply(const EditRecord& record);  // later wins
};

// A missing file is an empty journal. A half last line is ignored; a broken line in the middle is an Error
// (Data) with its number.
Result<Edits> readEdits(const fs::path& path);
// One write and one fsync for all records.
Status appendEdits(const fs::path& path, std::span<const EditRecord> records);

}  // namespace atelier::data
