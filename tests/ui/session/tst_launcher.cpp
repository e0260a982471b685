// SPDX-License-Identifier: GPL-3.0-or-later
// Detached processes: own session, log file, identity; command lines.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>

#include "ui/session/launcher.h"

using namespace atelier;

class TestLauncher : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    int count_ = 0;

    LaunchCommand shell(const QString& script) {
        return {QStringLiteral("/bin/sh"),
                {QStringLiteral("-c"), script},
                {},
                dir_.filePath(QStringLiteral("logs/%1.log").arg(count_++)),
                {}};
    }
    static QByteArray read(const QString& path) {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

  private Q_SLOTS:
    void runsWithLog() {
        auto command = shell(QStringLiteral("echo out \"$COLOUR\"; echo err >&2; pwd; cat"));
        command.workingDirectory = QStringLiteral("/usr");
        command.environment = {{QStringLiteral("COLOUR"), QStringLiteral("deep blue")}};
        QVERIFY(launchDetached(command));
        QTRY_VERIFY(read(command.logFile).contains("/usr\n"));
        const QByteArray log = read(command.logFile);
        QVERIFY2(log.startsWith("$ COLOUR='deep blue' /bin/sh -c "), log.constData());
        QVERIFY(log.contains("out deep blue\nerr\n"));
    }
    void startsWithoutAHome() {
        const QByteArray home = qgetenv("HOME");
        const auto restore = qScopeGuard([&] { qputenv("HOME", home); });
        qputenv("HOME", "/nobody/lives/here");
        const auto command = shell(QStringLiteral("pwd"));
        QVERIFY(launchDetached(command));
        QTRY_VERIFY(read(command.logFile).endsWith("\n/\n"));
    }
    void ownSessionAndIdentity() {
        const auto command = shell(QStringLiteral("exec sleep 30"));
        const auto process = launchDetached(command);
        QVERIFY(process);
        QVERIFY(run::processAlive(process->id));
        QVERIFY(::getsid(pid_t(process->id.pid)) != ::getsid(0));
        ::kill(pid_t(process->id.pid), SIGKILL);
        QTRY_VERIFY(!run::processAlive(process->id));
    }
    // The starting process dies by SIGKILL, as a crashed studio does: what it started goes on.
    void survivesItsStarter() {
        const auto command = shell(QStringLiteral("sleep 0.5; echo still here"));
        const pid_t starter = ::fork();
        if (starter == 0) {
            (void)launchDetached(command);
            ::kill(::getpid(), SIGKILL);
        }
        ::waitpid(starter, nullptr, 0);
        QVERIFY(!read(command.logFile).contains("\nstill here"));
        QTRY_VERIFY(read(command.logFile).contains("\nstill here"));
    }
    void appendsToTheLog() {
        auto command = shell(QStringLiteral("echo one"));
        QVERIFY(launchDetached(command));
        QTRY_VERIFY(read(command.logFile).contains("\none\n"));
        QVERIFY(launchDetached(command));
        QTRY_COMPARE(read(command.logFile).count("\none\n"), 2);
    }
    void missingProgramIsNamed() {
        auto command = shell({});
        command.program = QStringLiteral("/no/such/atelier-engine");
        const auto process = launchDetached(command);
        QVERIFY(!process);
        QVERIFY(process.error().message().find("/no/such/atelier-engine") != std::string::npos);
        QVERIFY(!process.error().hint.empty());
    }
    void unwritableLogIsNamed() {
        auto command = shell(QStringLiteral("true"));
        command.logFile = QStringLiteral("/proc/no/x.log");
        const auto process = launchDetached(command);
        QVERIFY(!process);
        QVERIFY(process.error().message().find("/proc/no") != std::string::npos);
    }
    void tailOfTheLog() {
        const QString path = dir_.filePath(QStringLiteral("tail.log"));
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        for (int i = 0; i < 5000; ++i) file.write("line " + QByteArray::number(i) + "\n");
        file.close();
        QCOMPARE(logTail(path, 2), QStringLiteral("line 4998\nline 4999"));
        QCOMPARE(logTail(path, 100000).split(QLatin1Char('\n')).back(), QStringLiteral("line 4999"));
        QVERIFY(logTail(path, 100000).startsWith(QStringLiteral("line ")));
        QVERIFY(logTail(dir_.filePath(QStringLiteral("none"))).isEmpty());
    }
    void commands() {
        const auto train =
            trainCommand(QStringLiteral("/e"), QStringLiteral("/runs/a b"), {QStringLiteral("x.y=1")});
        QCOMPARE(train.shellLine(), QStringLiteral("/e train '/runs/a b' x.y=1"));
        QCOMPARE(train.logFile, QStringLiteral("/runs/a b/logs/engine.log"));
        const auto build =
            datasetBuildCommand(QStringLiteral("/e"), {QStringLiteral("/p/it's")}, QStringLiteral("/d/v1"),
                                {QStringLiteral("--resize"), QStringLiteral("512")}, QStringLiteral("/l"));
        QCOMPARE(build.shellLine(),
                 QStringLiteral("/e dataset build '/p/it'\\''s' --out /d/v1 --resize 512"));
        const auto exported =
            exportCommand(QStringLiteral("/e"), QStringLiteral("/c.yaml"), QStringLiteral("/h.yaml"),
                          QStringLiteral("/out"), QStringLiteral("/l"));
        QCOMPARE(exported.shellLine(), QStringLiteral("/e export /c.yaml --cluster /h.yaml --out /out"));
        const auto sample =
            sampleCommand(QStringLiteral("/e"), QStringLiteral("/m"), {QStringLiteral("a fox")},
                          QStringLiteral("/out"), {}, QStringLiteral("/l"));
        QCOMPARE(sample.shellLine(), QStringLiteral("/e sample --model /m '--prompt=a fox' --out /out"));
    }
};

QTEST_GUILESS_MAIN(TestLauncher)
#include "tst_launcher.moc"
