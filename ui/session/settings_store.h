// SPDX-License-Identifier: GPL-3.0-or-later
// Values by key, read once and written by a thread of their own: QSettings locks and syncs its file, which
// may take longer than a frame on a slow disk. Only what changed is written, so that two studios keep each
// other's values. Used by settings.cpp.
#pragma once

#include <QMap>
#include <QString>
#include <QThreadPool>
#include <QVariant>
#include <mutex>

namespace atelier {

class SettingsStore {
  public:
    explicit SettingsStore(QString file);  // "" = the user's own place
    ~SettingsStore();                      // waits until all is written
    QVariant value(const QString& key, const QVariant& otherwise = {}) const;
    void setValue(const QString& key, const QVariant& value);
    void remove(const QString& keyOrGroup);
    QStringList childKeys(const QString& group) const;

  private:
    void write(const QString& key, const QVariant& value);  // an invalid one: the key goes
    void flush();
    QString file_;
    QMap<QString, QVariant> values_;
    std::mutex mutex_;
    QMap<QString, QVariant> changed_;
    QThreadPool writer_;
};

}  // namespace atelier
