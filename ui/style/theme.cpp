// SPDX-License-Identifier: GPL-3.0-or-later
// Theme from the desktop's settings portal (Qt 6.4 has no colour scheme of its own).
#include "ui/style/theme.h"

#include <QApplication>
#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

#include "ui/style/atelier_style.h"

namespace atelier::style {

namespace {
const QString kService = QStringLiteral("org.freedesktop.portal.Desktop");
const QString kPath = QStringLiteral("/org/freedesktop/portal/desktop");
const QString kInterface = QStringLiteral("org.freedesktop.portal.Settings");
const QString kGroup = QStringLiteral("org.freedesktop.appearance");
const QString kKey = QStringLiteral("color-scheme");

// The portal wraps its answer in one variant, older ones in two. 1 = dark, 2 = light, 0 = no wish.
uint unwrap(QVariant value) {
    while (value.canConvert<QDBusVariant>()) value = value.value<QDBusVariant>().variant();
    return value.toUInt();
}
}  // namespace

Theme::Theme(QApplication& app, std::optional<bool> dark) : app_(app), choice_(dark) {
    systemDark_ = app.palette().color(QPalette::Window).lightness() < 128;
    dark_ = choice_.value_or(systemDark_);
    applyLook(app_, current());
}

const Tokens& Theme::current() const {
    return dark_ ? kDark : kLight;
}

void Theme::applySheet() {
    style::applySheet(app_, current());
}

void Theme::setChoice(std::optional<bool> dark) {
    choice_ = dark;
    update();
}

void Theme::update() {
    const bool dark = choice_.value_or(systemDark_);
    if (dark == dark_) return;
    dark_ = dark;
    applyLook(app_, current());
    applySheet();
    Q_EMIT changed(dark_);
}

void Theme::followDesktop() {
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return;
    bus.connect(kService, kPath, kInterface, QStringLiteral("SettingChanged"), this,
                SLOT(settingChanged(QString, QString, QDBusVariant)));
    QDBusMessage call = QDBusMessage::createMethodCall(kService, kPath, kInterface, QStringLiteral("Read"));
    call << kGroup << kKey;
    auto* watcher = new QDBusPendingCallWatcher(bus.asyncCall(call, 2000), this);
    connect(watcher, &QDBusPendingCallWatcher::finished, this, [this](QDBusPendingCallWatcher* done) {
        done->deleteLater();
        const QDBusPendingReply<QDBusVariant> reply = *done;
        if (!reply.isError()) settingChanged(kGroup, kKey, reply.value());
    });
}

void Theme::settingChanged(const QString& group, const QString& key, const QDBusVariant& value) {
    if (group != kGroup || key != kKey) return;
    systemDark_ = unwrap(value.variant()) == 1;
    update();
}

}  // namespace atelier::style
