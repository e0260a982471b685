// SPDX-License-Identifier: GPL-3.0-or-later
// The store behind settings.h: one key per value, each with its default here.
#include "ui/session/settings.h"

#include <QDir>
#include <algorithm>

#include "core/base/files.h"
#include "ui/session/settings_store.h"

namespace atelier {
namespace {

constexpr int kRecentCount = 12;

const QString kProject = QStringLiteral("folders/project");
const QString kEngine = QStringLiteral("engine/path");
const QString kTheme = QStringLiteral("look/theme");
const QString kOffline = QStringLiteral("network/offline");
const QString kThumbnails = QStringLiteral("memory/thumbnails");
const QString kLanguage = QStringLiteral("look/language");
const QString kTextScale = QStringLiteral("look/textScale");
const QString kBaseModel = QStringLiteral("last/baseModel");
const QString kDataset = QStringLiteral("last/dataset");
const QString kExportFolder = QStringLiteral("last/exportFolder");
const QString kCluster = QStringLiteral("last/cluster");
const QString kLayout = QStringLiteral("layout");

QString recentKey(RecentKind kind) {
    switch (kind) {
        case RecentKind::Dataset:
            return QStringLiteral("recent/datasets");
        case RecentKind::Config:
            return QStringLiteral("recent/configs");
        case RecentKind::Run:
            return QStringLiteral("recent/runs");
        case RecentKind::Model:
            return QStringLiteral("recent/models");
        case RecentKind::Project:
            break;
    }
    return QStringLiteral("recent/projects");
}

QString absolute(const QString& path) {
    if (path.isEmpty()) return path;
    const QString expanded = QString::fromStdString(expandUser(path.toStdString()).string());
    return QDir::cleanPath(QDir(expanded).absolutePath());
}

}  // namespace

Settings::Settings(const QString& file, QObject* parent)
    : QObject(parent), store_(std::make_unique<SettingsStore>(file)) {}

Settings::~Settings() = default;

QString Settings::projectFolder() const {
    return absolute(store_->value(kProject, QStringLiteral("~/Atelier")).toString());
}
void Settings::setProjectFolder(const QString& folder) {
    const QString path = absolute(folder);
    if (path.isEmpty() || path == projectFolder()) return;
    store_->setValue(kProject, path);
    Q_EMIT projectFolderChanged(path);
}
QString Settings::datasetFolder() const {
    return projectFolder() + QStringLiteral("/datasets");
}
QString Settings::configFolder() const {
    return projectFolder() + QStringLiteral("/configs");
}
QString Settings::runFolder() const {
    return projectFolder() + QStringLiteral("/runs");
}
QString Settings::modelFolder() const {
    return projectFolder() + QStringLiteral("/models");
}

QString Settings::enginePath() const {
    return store_->value(kEngine).toString();
}
void Settings::setEnginePath(const QString& path) {
    if (path == enginePath()) return;
    store_->setValue(kEngine, path);
    Q_EMIT enginePathChanged(path);
}

ThemeChoice Settings::theme() const {
    const QString name = store_->value(kTheme).toString();
    if (name == QLatin1String("light")) return ThemeChoice::Light;
    if (name == QLatin1String("dark")) return ThemeChoice::Dark;
    return ThemeChoice::System;
}
void Settings::setTheme(ThemeChoice theme) {
    if (theme == this->theme()) return;
    store_->setValue(kTheme, theme == ThemeChoice::Light  ? QStringLiteral("light")
                             : theme == ThemeChoice::Dark ? QStringLiteral("dark")
                                                          : QStringLiteral("system"));
    Q_EMIT themeChanged(theme);
}

Language Settings::language() const {
    return languageNamed(store_->value(kLanguage).toString());
}
void Settings::setLanguage(Language language) {
    if (language == this->language()) return;
    store_->setValue(kLanguage, languageCode(language));
    Q_EMIT languageChanged(language);
}

double Settings::textScale() const {
    bool ok = false;
    const double scale = store_->value(kTextScale, 1.0).toDouble(&ok);
    return ok ? std::clamp(scale, 0.9, 1.5) : 1.0;
}
void Settings::setTextScale(double scale) {
    scale = std::clamp(scale, 0.9, 1.5);
    if (qFuzzyCompare(scale, textScale())) return;
    store_->setValue(kTextScale, scale);
    Q_EMIT textScaleChanged(scale);
}

bool Settings::offline() const {
    return store_->value(kOffline, false).toBool();
}
void Settings::setOffline(bool offline) {
    if (offline == this->offline()) return;
    store_->setValue(kOffline, offline);
    Q_EMIT offlineChanged(offline);
}
int Settings::thumbnailMegabytes() const {
    return std::clamp(store_->value(kThumbnails, 16).toInt(), 16, 1024);
}
void Settings::setThumbnailMegabytes(int megabytes) {
    if (megabytes == thumbnailMegabytes()) return;
    store_->setValue(kThumbnails, megabytes);
    Q_EMIT thumbnailMegabytesChanged(megabytes);
}
void Settings::reset() {
    for (const QString& key :
         {kTheme, kLanguage, kTextScale, kOffline, kThumbnails, kEngine, kProject, kLayout})
        store_->remove(key);
    Q_EMIT themeChanged(theme());
    Q_EMIT enginePathChanged({});
    Q_EMIT offlineChanged(offline());
    Q_EMIT thumbnailMegabytesChanged(thumbnailMegabytes());
}

QString Settings::lastBaseModel() const {
    return store_->value(kBaseModel).toString();
}
void Settings::setLastBaseModel(const QString& path) {
    store_->setValue(kBaseModel, path);
}
QString Settings::lastDataset() const {
    return store_->value(kDataset).toString();
}
void Settings::setLastDataset(const QString& path) {
    store_->setValue(kDataset, path);
}
QString Settings::lastExportFolder() const {
    return store_->value(kExportFolder).toString();
}
void Settings::setLastExportFolder(const QString& folder) {
    store_->setValue(kExportFolder, folder);
}
QString Settings::lastCluster() const {
    return store_->value(kCluster).toString();
}
void Settings::setLastCluster(const QString& file) {
    store_->setValue(kCluster, file);
}

QStringList Settings::recent(RecentKind kind) const {
    return store_->value(recentKey(kind)).toStringList();
}
void Settings::addRecent(RecentKind kind, const QString& path) {
    QStringList paths = recent(kind);
    const QString entry = absolute(path);
    if (entry.isEmpty() || (!paths.isEmpty() && paths.front() == entry)) return;
    paths.removeAll(entry);
    paths.prepend(entry);
    while (paths.size() > kRecentCount) paths.removeLast();
    store_->setValue(recentKey(kind), paths);
    Q_EMIT recentChanged(kind);
}
void Settings::removeRecent(RecentKind kind, const QString& path) {
    QStringList paths = recent(kind);
    if (paths.removeAll(absolute(path)) == 0) return;
    store_->setValue(recentKey(kind), paths);
    Q_EMIT recentChanged(kind);
}

QByteArray Settings::layout(const QString& name) const {
    return store_->value(kLayout + QLatin1Char('/') + name).toByteArray();
}
void Settings::setLayout(const QString& name, const QByteArray& value) {
    store_->setValue(kLayout + QLatin1Char('/') + name, value);
}
QStringList Settings::layoutNames(const QString& group) const {
    QStringList names = store_->childKeys(kLayout + QLatin1Char('/') + group);
    for (QString& name : names) name.prepend(group + QLatin1Char('/'));
    return names;
}
void Settings::removeLayout(const QString& name) {
    store_->remove(kLayout + QLatin1Char('/') + name);
}
void Settings::forgetLayout() {
    store_->remove(kLayout);
}

}  // namespace atelier
