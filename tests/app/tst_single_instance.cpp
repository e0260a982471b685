// SPDX-License-Identifier: GPL-3.0-or-later
// A second start gives its files to the first, with whole paths; without a bus each start is its own.
#include <QDBusConnection>
#include <QDir>
#include <QProcess>
#include <QSignalSpy>
#include <QtTest>

#include "app/studio/single_instance.h"

using namespace atelier;

class TestSingleInstance : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void filesGoToTheFirst() {
        const QString service = QStringLiteral("org.atelier.Test%1").arg(QCoreApplication::applicationPid());
        SingleInstance first(service);
        QVERIFY2(QDBusConnection::sessionBus().isConnected(), "this test runs on a session bus of its own");
        QVERIFY(!first.handOver({}));
        QSignalSpy opened(&first, &SingleInstance::opened);
        QProcess second;
        second.start(QCoreApplication::applicationFilePath(),
                     {QStringLiteral("--hand-over"), service, QStringLiteral("zz.yaml")});
        QTRY_COMPARE_WITH_TIMEOUT(opened.count(), 1, 10000);
        QCOMPARE(opened.front().front().toStringList(),
                 QStringList{QDir::current().absoluteFilePath(QStringLiteral("zz.yaml"))});
        QTRY_COMPARE_WITH_TIMEOUT(second.state(), QProcess::NotRunning, 10000);
        QCOMPARE(second.exitCode(), 0);
    }
};

// As main() does: 0 = handed over, 7 = this is the first.
int main(int argc, char** argv) {
    QCoreApplication app(argc, argv);
    const QStringList words = QCoreApplication::arguments();
    if (words.value(1) == QLatin1String("--hand-over")) {
        SingleInstance second(words.value(2));
        return second.handOver(words.mid(3)) ? 0 : 7;
    }
    TestSingleInstance test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_single_instance.moc"
