// SPDX-License-Identifier: GPL-3.0-or-later
// What counts as needing a look.
#include "ui/models/dataset_entry.h"

#include <algorithm>

namespace atelier {

QString DatasetEntry::name() const {
    const auto slash = path.rfind('/');
    return QString::fromStdString(slash == std::string::npos ? path : path.substr(slash + 1));
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
    }
    return false;
}

}  // namespace atelier
