// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session/settings_store.h"

#include <QSettings>
#include <memory>
#include <utility>

namespace atelier {

namespace {
std::unique_ptr<QSettings> open(const QString& file) {
    return file.isEmpty() ? std::make_unique<QSettings>(QStringLiteral("Atelier"), QStringLiteral("Atelier"))
                          : std::make_unique<QSettings>(file, QSettings::IniFormat);
}
}  // namespace

SettingsStore::SettingsStore(QString file) : file_(std::move(file)) {
    writer_.setMaxThreadCount(1);
    const auto settings = open(file_);
    for (const QString& key : settings->allKeys()) values_.insert(key, settings->value(key));
}

SettingsStore::~SettingsStore() {
    writer_.waitForDone();
}

QVariant SettingsStore::value(const QString& key, const QVariant& otherwise) const {
    return values_.value(key, otherwise);
}

void SettingsStore::setValue(const QString& key, const QVariant& value) {
    if (const auto at = values_.constFind(key); at != values_.constEnd() && *at == value) return;
    values_.insert(key, value);
    write(key, value);
}

void SettingsStore::remove(const QString& keyOrGroup) {
    const QString group = keyOrGroup + QLatin1Char('/');
    for (const QString& key : values_.keys()) {
        if (key != keyOrGroup && !key.startsWith(group)) continue;
        values_.remove(key);
        write(key, {});
    }
}

QStringList SettingsStore::childKeys(const QString& group) const {
    QStringList keys;
    for (auto at = values_.lowerBound(group + QLatin1Char('/')); at != values_.constEnd(); ++at) {
        if (!at.key().startsWith(group + QLatin1Char('/'))) break;
        const QString rest = at.key().mid(group.size() + 1);
        if (!rest.contains(QLatin1Char('/'))) keys << rest;
    }
    return keys;
}

void SettingsStore::write(const QString& key, const QVariant& value) {
    const std::lock_guard lock(mutex_);
    const bool waits = !changed_.isEmpty();
    changed_.insert(key, value);
    if (!waits) writer_.start([this] { flush(); });
}

void SettingsStore::flush() {
    QMap<QString, QVariant> changed;
    {
        const std::lock_guard lock(mutex_);
        changed.swap(changed_);
    }
    const auto settings = open(file_);
    for (auto at = changed.constBegin(); at != changed.constEnd(); ++at)
        at->isValid() ? settings->setValue(at.key(), *at) : settings->remove(at.key());
}

}  // namespace atelier
