// SPDX-License-Identifier: GPL-3.0-or-later
// What the studio remembers per user, typed. One object, made by app/studio; secrets never come here
// (keyring).
#pragma once

#include <QByteArray>
#include <QObject>
#include <QString>
#include <QStringList>
#include <memory>

#include "ui/session/languages.h"

namespace atelier {

class SettingsStore;

enum class ThemeChoice { System, Light, Dark };
enum class RecentKind { Dataset, Config, Run, Model, Project };

class Settings : public QObject {
    Q_OBJECT
  public:
    // `file`: an INI file (tests); "" = the user's own place.
    explicit Settings(const QString& file = {}, QObject* parent = nullptr);
    ~Settings() override;

    QString projectFolder() const;  // absolute, "~/Atelier" at first
    void setProjectFolder(const QString& folder);
    QString datasetFolder() const;  // <project>/datasets, configs, runs, models
    QString configFolder() const;
    QString runFolder() const;
    QString modelFolder() const;

    QString enginePath() const;  // "" = look for it
    void setEnginePath(const QString& path);
    ThemeChoice theme() const;
    void setTheme(ThemeChoice theme);
    Language language() const;
    void setLanguage(Language language);
    double textScale() const;  // 0.9 … 1.5
    void setTextScale(double scale);

    bool offline() const;  // engines started from here may not use the network
    void setOffline(bool offline);
    int thumbnailMegabytes() const;  // memory for small pictures, 16 … 1024
    void setThumbnailMegabytes(int megabytes);
    void reset();  // all that the Settings sheet sets, and the layout; what was used last stays

    QString lastBaseModel() const;
    void setLastBaseModel(const QString& path);
    QString lastDataset() const;  // shard pattern or folder
    void setLastDataset(const QString& path);
    QString lastExportFolder() const;
    void setLastExportFolder(const QString& folder);
    QString lastCluster() const;  // cluster settings file
    void setLastCluster(const QString& file);

    // Newest first, twelve of each kind, without doubles.
    QStringList recent(RecentKind kind) const;
    void addRecent(RecentKind kind, const QString& path);
    void removeRecent(RecentKind kind, const QString& path);

    // Window, splitters, page: opaque values under a name ("window/geometry").
    QByteArray layout(const QString& name) const;
    void setLayout(const QString& name, const QByteArray& value);
    void forgetLayout();                                  // --reset-window
    QStringList layoutNames(const QString& group) const;  // "group/…", in no order
    void removeLayout(const QString& name);

  Q_SIGNALS:
    void projectFolderChanged(const QString& folder);
    void enginePathChanged(const QString& path);
    void themeChanged(atelier::ThemeChoice theme);
    void textScaleChanged(double scale);
    void offlineChanged(bool offline);
    void thumbnailMegabytesChanged(int megabytes);
    void languageChanged(atelier::Language language);
    void recentChanged(atelier::RecentKind kind);

  private:
    std::unique_ptr<SettingsStore> store_;
};

}  // namespace atelier
