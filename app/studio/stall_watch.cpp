// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/stall_watch.h"

#include <QEvent>
#include <QMetaEnum>
#include <QThread>
#include <ctime>
#include <utility>

namespace atelier {

namespace {
constexpr double kLimitMs = 50;

double milliseconds(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
}
}  // namespace

void StudioApplication::watchStalls(const QString& file) {
    file_.setFileName(file);
    if (!file_.open(QIODevice::WriteOnly | QIODevice::Append))
        qWarning("%s cannot be written", qPrintable(file));
}

bool StudioApplication::notify(QObject* receiver, QEvent* event) {
    if (!file_.isOpen() || QThread::currentThread() != thread()) return QApplication::notify(receiver, event);
    const int level = QThread::currentThread()->loopLevel();
    if (level == level_)
        return QApplication::notify(receiver, event);  // sent from inside the one that is timed
    bool accepted = false;
    const int before = std::exchange(level_, level);
    nested_ = false;
    timed(receiver, event, accepted);
    nested_ = true;  // for the event outside, whose loop waited for people
    level_ = before;
    return accepted;
}

void StudioApplication::timed(QObject* receiver, QEvent* event, bool& accepted) {
    const int type = int(event->type());
    const QByteArray who = receiver->metaObject()->className() + (' ' + receiver->objectName().toUtf8());
    const double wall = milliseconds(CLOCK_MONOTONIC), cpu = milliseconds(CLOCK_THREAD_CPUTIME_ID);
    accepted = QApplication::notify(receiver, event);
    const double tookWall = milliseconds(CLOCK_MONOTONIC) - wall;
    if (nested_ || tookWall < kLimitMs) return;
    const char* name = QMetaEnum::fromType<QEvent::Type>().valueToKey(type);
    file_.write(QByteArray::number(tookWall, 'f', 1) + ' ' +
                QByteArray::number(milliseconds(CLOCK_THREAD_CPUTIME_ID) - cpu, 'f', 1) + ' ' +
                (name != nullptr ? QByteArray(name) : QByteArray::number(type)) + ' ' + who.trimmed() + '\n');
    file_.flush();
}

}  // namespace atelier
