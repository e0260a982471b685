// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session/typed_path.h"

#include <QDir>

#include "core/base/files.h"

namespace atelier {

QString typedPath(const QString& typed, const QString& base) {
    const QString path = typed.trimmed();
    if (path.isEmpty()) return {};
    const QString expanded = QString::fromStdString(expandUser(path.toStdString()).string());
    return QDir::cleanPath(QDir(base.isEmpty() ? QDir::homePath() : base).absoluteFilePath(expanded));
}

}  // namespace atelier
