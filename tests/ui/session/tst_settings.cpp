// SPDX-License-Identifier: GPL-3.0-or-later
// What the studio remembers.
#include <QDir>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "ui/session/settings.h"
#include "ui/session/typed_path.h"

using namespace atelier;

class TestSettings : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    QString file() const { return dir_.filePath(QStringLiteral("settings.ini")); }

  private Q_SLOTS:
    void init() { QFile::remove(file()); }
    void defaults() {
        const Settings settings(file());
        QCOMPARE(settings.projectFolder(), QDir::homePath() + QStringLiteral("/Atelier"));
        QCOMPARE(settings.runFolder(), settings.projectFolder() + QStringLiteral("/runs"));
        QVERIFY(settings.enginePath().isEmpty());
        QCOMPARE(settings.theme(), ThemeChoice::System);
        QCOMPARE(settings.textScale(), 1.0);
        QVERIFY(settings.recent(RecentKind::Run).isEmpty());
    }
    void pathsAsTyped() {
        QCOMPARE(typedPath(QStringLiteral(" ~/a/../b ")), QDir::homePath() + QStringLiteral("/b"));
        QCOMPARE(typedPath(QStringLiteral("/x//y/")), QStringLiteral("/x/y"));
        QCOMPARE(typedPath(QStringLiteral("b"), QStringLiteral("/a")), QStringLiteral("/a/b"));
        QCOMPARE(typedPath(QStringLiteral("b")), QDir::homePath() + QStringLiteral("/b"));
        QCOMPARE(typedPath(QStringLiteral("  ")), QString());
    }
    void remembered() {
        {
            Settings settings(file());
            settings.setProjectFolder(QStringLiteral("/tmp/../tmp/p"));
            settings.setEnginePath(QStringLiteral("/x/atelier-engine"));
            settings.setTheme(ThemeChoice::Dark);
            settings.setTextScale(9);
            settings.setLastExportFolder(QStringLiteral("/e"));
            settings.setLayout(QStringLiteral("window/geometry"), "\x01\x00\x02");
        }
        Settings settings(file());
        QCOMPARE(settings.projectFolder(), QStringLiteral("/tmp/p"));
        QCOMPARE(settings.datasetFolder(), QStringLiteral("/tmp/p/datasets"));
        QCOMPARE(settings.enginePath(), QStringLiteral("/x/atelier-engine"));
        QCOMPARE(settings.theme(), ThemeChoice::Dark);
        QCOMPARE(settings.textScale(), 1.5);
        QCOMPARE(settings.lastExportFolder(), QStringLiteral("/e"));
        QCOMPARE(settings.layout(QStringLiteral("window/geometry")), QByteArray("\x01\x00\x02"));
        settings.forgetLayout();
        QVERIFY(settings.layout(QStringLiteral("window/geometry")).isEmpty());
        QCOMPARE(settings.theme(), ThemeChoice::Dark);
    }
    void toldOncePerChange() {
        Settings settings(file());
        QSignalSpy themes(&settings, &Settings::themeChanged),
            projects(&settings, &Settings::projectFolderChanged);
        settings.setTheme(ThemeChoice::Light);
        settings.setTheme(ThemeChoice::Light);
        settings.setProjectFolder(QStringLiteral("/a"));
        settings.setProjectFolder(QStringLiteral("/a/"));
        QCOMPARE(themes.count(), 1);
        QCOMPARE(projects.count(), 1);
    }
    void recentIsShortAndWithoutDoubles() {
        Settings settings(file());
        for (int i = 0; i < 20; ++i) settings.addRecent(RecentKind::Run, QStringLiteral("/r/%1").arg(i));
        settings.addRecent(RecentKind::Run, QStringLiteral("/r/15"));
        const auto recent = settings.recent(RecentKind::Run);
        QCOMPARE(recent.size(), 12);
        QCOMPARE(recent.front(), QStringLiteral("/r/15"));
        QCOMPARE(recent.count(QStringLiteral("/r/15")), 1);
        settings.removeRecent(RecentKind::Run, QStringLiteral("/r/15"));
        QCOMPARE(settings.recent(RecentKind::Run).front(), QStringLiteral("/r/19"));
        QVERIFY(settings.recent(RecentKind::Model).isEmpty());
    }
};

QTEST_GUILESS_MAIN(TestSettings)
#include "tst_settings.moc"
