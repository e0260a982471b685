// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/picture_count.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QPointer>
#include <QThreadPool>

#include "core/data/manifest.h"
#include "core/data/scan.h"

namespace atelier {

namespace {
constexpr qint64 kFreshMs = 3000;

int countAt(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error)) return path.string().find_first_of("{:") == std::string::npos ? -1 : -2;
    if (!fs::is_directory(path, error)) return -2;
    if (fs::exists(path / data::kManifestName, error)) {
        const auto manifest = data::readManifest(path);
        return manifest ? int(manifest->content.samples) : -2;
    }
    const std::vector<fs::path> sources{path};
    const auto scan = data::scanSources(sources);
    return scan ? int(scan->images.size()) : -1;
}
}  // namespace

void PictureCount::ask(const QString& path) {
    const qint64 now = QDateTime::currentMSecsSinceEpoch();
    if (now - asked_.value(path, 0) < kFreshMs) {
        if (known_.contains(path))
            QMetaObject::invokeMethod(
                this, [this, path] { Q_EMIT counted(path, known_.value(path)); }, Qt::QueuedConnection);
        return;
    }
    asked_.insert(path, now);
    QThreadPool::globalInstance()->start([self = QPointer<PictureCount>(this), path] {
        const int count = countAt(expandUser(path.toStdString()));
        QMetaObject::invokeMethod(
            QCoreApplication::instance(),
            [self, path, count] {
                if (!self) return;
                self->known_.insert(path, count);
                Q_EMIT self->counted(path, count);
            },
            Qt::QueuedConnection);
    });
}

}  // namespace atelier
