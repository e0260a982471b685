// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/single_instance.h"

#include <QDBusConnection>
#include <QDBusConnectionInterface>
#include <QDBusMessage>
#include <QFileInfo>

namespace atelier {

namespace {
const QString kObject = QStringLiteral("/org/atelier/Atelier");
constexpr int kAnswerMs = 3000;
}  // namespace

SingleInstance::SingleInstance(const QString& service) : service_(service) {}

bool SingleInstance::handOver(const QStringList& paths) {
    QDBusConnection bus = QDBusConnection::sessionBus();
    if (!bus.isConnected()) return false;
    // The object first: whoever finds the name taken may call at once.
    bus.registerObject(kObject, this, QDBusConnection::ExportAllSlots);
    if (bus.registerService(service_)) return false;
    bus.unregisterObject(kObject);
    QStringList absolute;
    for (const QString& path : paths) absolute << QFileInfo(path).absoluteFilePath();
    QDBusMessage call = QDBusMessage::createMethodCall(
        service_, kObject, QStringLiteral("org.atelier.Atelier"), QStringLiteral("open"));
    call << absolute;
    // One that does not answer is stuck: then this start becomes a studio of its own.
    return bus.call(call, QDBus::Block, kAnswerMs).type() == QDBusMessage::ReplyMessage;
}

void SingleInstance::open(const QStringList& paths) {
    Q_EMIT opened(paths);
}

}  // namespace atelier
