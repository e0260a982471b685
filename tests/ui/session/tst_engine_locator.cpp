// SPDX-License-Identifier: GPL-3.0-or-later
// Finding the engine, with programs that answer well, otherwise, or not at all.
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/version.h"
#include "ui/session/engine_locator.h"

using namespace atelier;

class TestEngineLocator : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    int count_ = 0;

    QString program(const QByteArray& body) {
        const QString folder = dir_.filePath(QString::number(count_++));
        QDir().mkpath(folder);
        QFile file(folder + QStringLiteral("/atelier-engine"));
        if (!file.open(QIODevice::WriteOnly)) qFatal("cannot write");
        file.write("#!/bin/sh\n" + body);
        file.close();
        file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        return file.fileName();
    }
    static EngineInfo ask(const QString& path) {
        EngineLocator locator;
        QSignalSpy spy(&locator, &EngineLocator::changed);
        locator.locate(path);
        if (!spy.wait(8000)) qFatal("no answer");
        return locator.info();
    }

  private Q_SLOTS:
    void initTestCase() { qputenv("PATH", "/usr/bin:/bin"); }
    void ready() {
        const QString path = program("echo atelier-engine " + QByteArray(kVersion) + "\n");
        const auto info = ask(path);
        QCOMPARE(info.state, EngineState::Ready);
        QVERIFY(info.usable());
        QCOMPARE(info.path, path);
        QCOMPARE(info.version, QString::fromLatin1(kVersion));
        QVERIFY(info.problem.isEmpty());
        // Its folder may be chosen instead.
        QCOMPARE(ask(QFileInfo(path).absolutePath()).state, EngineState::Ready);
    }
    void inPath() {
        const QString path = program("echo atelier-engine " + QByteArray(kVersion) + "\n");
        const QByteArray old = qgetenv("PATH");
        qputenv("PATH", QFileInfo(path).absolutePath().toUtf8() + ":" + old);
        const auto candidates = EngineLocator::candidates({});
        const auto info = ask({});
        qputenv("PATH", old);
        QCOMPARE(candidates.size(), 2);
        QCOMPARE(candidates[0], QCoreApplication::applicationDirPath() + QStringLiteral("/atelier-engine"));
        QCOMPARE(info.path, path);
    }
    void otherVersion() {
        const auto info = ask(program("echo atelier-engine 99.1\n"));
        QCOMPARE(info.state, EngineState::OtherVersion);
        QVERIFY(!info.usable());
        QVERIFY(info.problem.contains(QStringLiteral("99.1")));
    }
    void broken_data() {
        QTest::addColumn<QByteArray>("body");
        QTest::newRow("exit code") << QByteArray("echo cannot load libc >&2; exit 127\n");
        QTest::newRow("other program") << QByteArray("echo hello world\n");
        QTest::newRow("killed") << QByteArray("kill -9 $$\n");
        QTest::newRow("silent") << QByteArray("exit 0\n");
        QTest::newRow("hangs") << QByteArray("exec sleep 60\n");
    }
    void broken() {
        QFETCH(QByteArray, body);
        const QString path = program(body);
        const auto info = ask(path);
        QCOMPARE(info.state, EngineState::Broken);
        QVERIFY2(info.problem.contains(path), qPrintable(info.problem));
    }
    void missing() {
        const auto info = ask(QStringLiteral("/no/such/engine"));
        QCOMPARE(info.state, EngineState::Missing);
        QVERIFY(info.problem.contains(QStringLiteral("/no/such/engine")));
    }
    void askedAgainBeforeTheAnswer() {
        const QString good = program("echo atelier-engine " + QByteArray(kVersion) + "\n");
        EngineLocator locator;
        QSignalSpy spy(&locator, &EngineLocator::changed);
        locator.locate(program("exec sleep 60\n"));
        locator.locate(good);
        QVERIFY(spy.wait(5000));
        QCOMPARE(locator.info().path, good);
        QCOMPARE(locator.info().state, EngineState::Ready);
    }
};

QTEST_GUILESS_MAIN(TestEngineLocator)
#include "tst_engine_locator.moc"
