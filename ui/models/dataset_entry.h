// SPDX-License-Identifier: GPL-3.0-or-later
// One picture of a dataset as the studio holds it in memory: found facts beside the person's edits.
// Filled by DatasetLoader, owned by DatasetDocument, read by models and delegates.
#pragma once

#include <QString>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "core/data/caption.h"
#include "core/data/edits.h"
#include "core/data/image_io.h"

namespace atelier {

// Shorter sides below this count as "too small"; the build's own limit is an option of the build.
inline constexpr int kSmallSide = 256;

// What a person should look at; also the filters of the left pane.
enum class Look {
    NoCaption,
    CaptionTooLong,
    Duplicate,
    TooSmall,
    Unreadable,
    WrongExtension,
    TwoCaptions,
    Excluded,
    Edited,
    NoMask,
    NoCondition
};
inline constexpr std::size_t kLooks = 11;

// A picture that belongs to another one: what of it is trained on, or what steers it (ControlNet).
enum class Companion { Mask, Condition };

// Shapes of the histogram: 2:3, 3:4, 1:1, 4:3, 3:2, 2:1, and whatever is nearest to them.
inline constexpr std::size_t kShapes = 6;
int shapeOf(int width, int height);  // -1: not known

struct DatasetEntry {
    std::string path;                  // UTF-8, as reachable
    std::uint32_t relativeLength = 0;  // the tail of `path` that is relative to its source
    std::uint32_t source = 0;
    std::uint64_t bytes = 0;
    std::int64_t modifiedNs = 0;

    bool probed = false;  // the fields below hold
    bool readable = true;
    bool wrongExtension = false;
    bool twoCaptions = false;
    int width = 0, height = 0;
    data::ImageFormat format = data::ImageFormat::Unknown;
    std::string problem;  // why it is not readable, or what its caption file lacks
    std::string found;    // caption beside the picture, UTF-8
    data::CaptionSource foundIn = data::CaptionSource::None;
    int duplicateOf = -1;  // index of the first picture with the same bytes
    int tokens = -1;       // -1: not counted

    std::string mask, condition;   // found beside it; "" = none
    std::string companionProblem;  // why one of those that hold cannot be had

    data::ImageEdit edit;

    // What DatasetCounts has counted this picture as.
    std::uint16_t countedLooks = 0;  // bit per Look
    std::int8_t countedShape = -1;

    std::string relative() const { return path.substr(path.size() - relativeLength); }
    std::string editName() const { return data::editName(source, relative()); }
    QString name() const;  // last part of the path
    QString caption() const { return QString::fromStdString(edit.caption ? *edit.caption : found); }
    bool hasCaption() const;
    // Path of the one that holds; "" = none.
    const std::string& companion(Companion kind) const;
    bool is(Look look, int tokenLimit) const;
};

// How many pictures there are of each kind, kept in step picture by picture.
struct DatasetCounts {
    std::array<int, kLooks> looks{};
    std::array<int, kShapes> shapes{};
    std::vector<int> bySource;

    void add(DatasetEntry& entry, int tokenLimit);     // a new one
    void update(DatasetEntry& entry, int tokenLimit);  // one that has changed
};

}  // namespace atelier
