// SPDX-License-Identifier: GPL-3.0-or-later
// What the user dropped or opened, recognised from its paths. Made by recognise() (worker thread safe), read
// by the drop overlay, the pages and the command line.
#pragma once

#include <QString>
#include <QStringList>

namespace atelier {

enum class DroppedKind {
    Nothing,
    Images,
    ImageFolder,
    Dataset,
    Config,
    Run,
    Model,
    Captions,
    Shards,
    Unsupported
};

struct Dropped {
    DroppedKind kind = DroppedKind::Nothing;
    QStringList paths;  // absolute
    QString summary;    // "folder sea-creatures · 128 images · 126 captions (.txt) · 2 without"
    QString refusal;    // why it cannot be used, when Unsupported
    int images = 0;
    int captions = 0;
};

}  // namespace atelier
