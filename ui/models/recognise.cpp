// SPDX-License-Identifier: GPL-3.0-or-later
// The rules of recognition, most telling first.
#include "ui/models/recognise.h"

#include <QCoreApplication>
#include <QDir>
#include <QDirIterator>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QSet>

namespace atelier {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(Recognise)
};

const QSet<QString>& imageExtensions() {
    static const QSet<QString> all{QStringLiteral("jpg"),  QStringLiteral("jpeg"), QStringLiteral("jpe"),
                                   QStringLiteral("jfif"), QStringLiteral("png"),  QStringLiteral("webp"),
                                   QStringLiteral("tif"),  QStringLiteral("tiff"), QStringLiteral("bmp"),
                                   QStringLiteral("gif")};
    return all;
}

bool isImage(const QString& name) {
    return imageExtensions().contains(QFileInfo(name).suffix().toLower());
}
bool isCaption(const QString& name) {
    const QString suffix = QFileInfo(name).suffix().toLower();
    return suffix == QLatin1String("txt") || suffix == QLatin1String("caption");
}
bool has(const QString& folder, const char* name) {
    return QFileInfo::exists(folder + QLatin1Char('/') + QLatin1String(name));
}

bool isWeights(const QString& name) {
    static const QSet<QString> all{QStringLiteral("safetensors"), QStringLiteral("ckpt"),
                                   QStringLiteral("pt"), QStringLiteral("pth"), QStringLiteral("bin")};
    return all.contains(QFileInfo(name).suffix().toLower());
}

// A component's folder, or one with files of weights and no pictures.
bool holdsWeights(const QString& folder) {
    bool weights = false;
    for (const QString& name : QDir(folder).entryList(QDir::Files)) {
        if (isImage(name)) return false;
        weights = weights || isWeights(name);
    }
    return weights;
}

DroppedKind kindOfFolder(const QString& path) {
    if (has(path, "dataset.yaml")) return DroppedKind::Dataset;
    if (has(path, "config.yaml") &&
        (has(path, "events.jsonl") || has(path, "job.sbatch") || has(path, "LOCK")))
        return DroppedKind::Run;
    if (has(path, "model_index.json") || has(path, "adapter_config.json") || holdsWeights(path))
        return DroppedKind::Model;
    return DroppedKind::ImageFolder;
}

DroppedKind kindOfFile(const QString& path) {
    const QFileInfo info(path);
    const QString suffix = info.suffix().toLower();
    if (info.fileName() == QLatin1String("dataset.yaml")) return DroppedKind::Dataset;
    if (info.fileName() == QLatin1String("events.jsonl")) return DroppedKind::Run;
    if (suffix == QLatin1String("yaml") || suffix == QLatin1String("yml")) return DroppedKind::Config;
    if (isWeights(path)) return DroppedKind::Model;
    if (suffix == QLatin1String("tar")) return DroppedKind::Shards;
    if (isImage(path)) return DroppedKind::Images;
    if (isCaption(path) || suffix == QLatin1String("json")) return DroppedKind::Captions;
    return DroppedKind::Unsupported;
}

struct Count {
    int images = 0, captions = 0, files = 0;
    bool all = true;
};

Count countFolder(const QString& path, const QElapsedTimer& clock, int budgetMs) {
    Count count;
    QDirIterator it(path, QDir::Files, QDirIterator::Subdirectories | QDirIterator::FollowSymlinks);
    while (it.hasNext()) {
        const QString name = it.next();
        ++count.files;
        if (isImage(name))
            ++count.images;
        else if (isCaption(name))
            ++count.captions;
        if (count.files % 64 == 0 && clock.elapsed() > budgetMs) {
            count.all = false;
            break;
        }
    }
    return count;
}

QString countText(const Count& c) {
    QString text = c.all ? Words::tr("%n image(s)", nullptr, c.images)
                         : Words::tr("more than %n image(s)", nullptr, c.images);
    if (c.captions) text += QStringLiteral(" · ") + Words::tr("%n caption(s) (.txt)", nullptr, c.captions);
    if (c.all && c.captions && c.captions < c.images)
        text += QStringLiteral(" · ") + Words::tr("%n without", nullptr, c.images - c.captions);
    return text;
}

// Config and dataset files stand for the folder they lie in where that is what opens.
QString opened(const QString& path, DroppedKind kind) {
    const QFileInfo info(path);
    if (info.isFile() && (kind == DroppedKind::Dataset || kind == DroppedKind::Run))
        return info.absolutePath();
    return info.absoluteFilePath();
}

QString refusalFor(const QString& path, const Count& c) {
    const QFileInfo info(path);
    if (info.isDir())
        return c.files ? Words::tr(
                             "No images found in %1. It has %n file(s). Atelier reads JPEG, PNG, WebP, TIFF, "
                             "BMP and GIF.",
                             nullptr, c.files)
                             .arg(path)
               : !info.isReadable()
                   ? Words::tr("The folder %1 cannot be read: permission denied. Check its permissions.")
                         .arg(path)
               : QDir(path).isEmpty() ? Words::tr("%1 is empty.").arg(path)
                                      : Words::tr("%1 holds no files; links in it lead nowhere.").arg(path);
    const QString suffix = QFileInfo(path).suffix();
    return suffix.isEmpty() ? Words::tr("%1 is not a picture, a YAML file or a run folder.").arg(path)
                            : Words::tr(
                                  "Atelier cannot use .%1 files. It reads JPEG, PNG, WebP, TIFF, BMP and GIF "
                                  "pictures, YAML files and run folders.")
                                  .arg(suffix);
}
}  // namespace

Dropped recognise(const QStringList& paths, int budgetMs) {
    Dropped result;
    if (paths.isEmpty()) return result;
    QElapsedTimer clock;
    clock.start();
    Count total;
    DroppedKind best = DroppedKind::Unsupported;
    for (const QString& path : paths) {
        const QFileInfo info(path);
        if (!info.exists()) {
            result.kind = DroppedKind::Unsupported;
            result.refusal =
                info.isSymLink()
                    ? Words::tr("%1 is a link to %2, which does not exist.").arg(path, info.symLinkTarget())
                    : Words::tr("%1 does not exist.").arg(path);
            return result;
        }
        DroppedKind kind = info.isDir() ? kindOfFolder(path) : kindOfFile(path);
        if (kind == DroppedKind::ImageFolder) {
            const Count c = countFolder(path, clock, budgetMs);
            total.images += c.images;
            total.captions += c.captions;
            total.files += c.files;
            total.all = total.all && c.all;
            if (c.images == 0 && c.all) kind = c.captions ? DroppedKind::Captions : DroppedKind::Unsupported;
        } else if (kind == DroppedKind::Images) {
            ++total.images;
        } else if (kind == DroppedKind::Captions) {
            ++total.captions;
        }
        // Pictures among other files decide; a single special thing (run, dataset, config) decides when
        // alone.
        if (best == DroppedKind::Unsupported || kind == DroppedKind::ImageFolder ||
            (kind == DroppedKind::Images && best == DroppedKind::Captions))
            best = kind;
        if (kind != DroppedKind::Unsupported) result.paths << opened(path, kind);
    }
    result.kind = best;
    result.images = total.images;
    result.captions = total.captions;
    const QString first = QFileInfo(paths.front()).fileName();
    switch (best) {
        case DroppedKind::Unsupported:
            result.refusal = refusalFor(paths.front(), total);
            break;
        case DroppedKind::Run:
            result.summary = Words::tr("run folder %1").arg(first);
            break;
        case DroppedKind::Dataset:
            result.summary = Words::tr("dataset %1").arg(first);
            break;
        case DroppedKind::Config:
            result.summary = Words::tr("configuration %1").arg(first);
            break;
        case DroppedKind::Model:
            result.summary = Words::tr("model %1").arg(first);
            break;
        case DroppedKind::Shards:
            result.summary = Words::tr("%n shard(s)", nullptr, int(paths.size()));
            break;
        case DroppedKind::ImageFolder:
            result.summary = (paths.size() == 1 ? Words::tr("folder %1").arg(first)
                                                : Words::tr("%n folder(s)", nullptr, int(paths.size()))) +
                             QStringLiteral(" · ") + countText(total);
            break;
        default:
            result.summary = countText(total);
            break;
    }
    return result;
}

}  // namespace atelier
