// SPDX-License-Identifier: GPL-3.0-or-later
// What counts as needing a look.
#include "ui/models/dataset_entry.h"

#include <algorithm>
#include <cmath>

#include "core/base/strings.h"

namespace atelier {

int shapeOf(int width, int height) {
    if (width <= 0 || height <= 0) return -1;
    constexpr std::array<double, kShapes> kRatios{2.0 / 3, 0.75, 1, 4.0 / 3, 1.5, 2};
    const double wanted = std::log(double(width) / height);
    int best = 0;
    for (int i = 1; i < int(kShapes); ++i)
        if (std::abs(std::log(kRatios[std::size_t(i)]) - wanted) <
            std::abs(std::log(kRatios[std::size_t(best)]) - wanted))
            best = i;
    return best;
}

QString DatasetEntry::name() const {
    const auto slash = path.rfind('/');
    return QString::fromStdString(slash == std::string::npos ? path : path.substr(slash + 1));
}

bool DatasetEntry::hasCaption() const {
    if (edit.caption) return !edit.caption->empty();
    return !trim(found).empty();
}

const std::string& DatasetEntry::companion(Companion kind) const {
    if (kind == Companion::Mask) return edit.mask ? *edit.mask : mask;
    return edit.condition ? *edit.condition : condition;
}

bool DatasetEntry::is(Look look, int tokenLimit) const {
    switch (look) {
        case Look::NoCaption:
            return probed && !hasCaption();
        case Look::CaptionTooLong:
            return tokens > tokenLimit;
        case Look::Duplicate:
            return duplicateOf >= 0;
        case Look::TooSmall:
            return probed && readable && width > 0 && std::min(width, height) < kSmallSide;
        case Look::Unreadable:
            return probed && !readable;
        case Look::WrongExtension:
            return wrongExtension;
        case Look::TwoCaptions:
            return twoCaptions;
        case Look::Excluded:
            return edit.excluded;
        case Look::Edited:
            return edit.caption.has_value();
        case Look::NoMask:
            return companion(Companion::Mask).empty();
        case Look::NoCondition:
            return companion(Companion::Condition).empty();
    }
    return false;
}

void DatasetCounts::add(DatasetEntry& e, int tokenLimit) {
    e.countedLooks = 0;
    e.countedShape = -1;
    if (e.source >= bySource.size()) bySource.resize(e.source + 1);
    ++bySource[e.source];
    update(e, tokenLimit);
}

void DatasetCounts::update(DatasetEntry& e, int tokenLimit) {
    unsigned now = 0;
    for (std::size_t l = 0; l < kLooks; ++l) now |= unsigned(e.is(Look(l), tokenLimit)) << l;
    if (now != e.countedLooks)
        for (std::size_t l = 0; l < kLooks; ++l)
            looks[l] += int(now >> l & 1U) - int(unsigned(e.countedLooks) >> l & 1U);
    e.countedLooks = std::uint16_t(now);
    if (const int shape = shapeOf(e.width, e.height); shape != e.countedShape) {
        if (e.countedShape >= 0) --shapes[std::size_t(e.countedShape)];
        if (shape >= 0) ++shapes[std::size_t(shape)];
        e.countedShape = std::int8_t(shape);
    }
}

}  // namespace atelier
