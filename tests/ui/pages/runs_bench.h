// SPDX-License-Identifier: GPL-3.0-or-later
// The Runs page with everything that app/studio would give it. For tests.
#pragma once

#include <QDir>
#include <QLabel>
#include <QTemporaryDir>
#include <QtTest>

#include "tests/support/fake_run.h"
#include "ui/models/thumbnails.h"
#include "ui/pages/runs_page.h"
#include "ui/session/engine_locator.h"
#include "ui/session/settings.h"

namespace atelier::test {

struct Bench {
    QTemporaryDir home;
    std::unique_ptr<Settings> settings;
    std::unique_ptr<EngineLocator> engine;
    RunListModel runs;
    std::unique_ptr<RunListWatcher> watcher;
    std::unique_ptr<Thumbnails> thumbnails;
    std::unique_ptr<RunDesk> desk;
    std::unique_ptr<RunsPage> page;

    Bench() {
        settings = std::make_unique<Settings>(home.filePath(QStringLiteral("studio.ini")));
        settings->setProjectFolder(home.path());
        engine = std::make_unique<EngineLocator>();
        QDir().mkpath(settings->runFolder());
    }
    fs::path sharedQueue;  // of another one
    fs::path queue() const {
        return !sharedQueue.empty() ? sharedQueue
                                    : fs::path(home.filePath(QStringLiteral("queue")).toStdString());
    }
    // With an engine that trains until it is told to end, and the queue of this computer.
    void openWithQueue() {
        qputenv("ATELIER_QUEUE", QByteArray::fromStdString(queue().string()));
        engine->locate(qEnvironmentVariable("ATELIER_FAKE_ENGINE"));
        QTRY_VERIFY(engine->info().usable());
        open();
    }
    QString prepare(const std::string& name) const {
        FakePlan plan;
        plan.name = name;
        const run::RunFolder folder{fs::path(logs().toStdString()) / name};
        if (!run::prepareRun(folder, test::fakeConfig(plan, logs().toStdString()))) qFatal("no run");
        return QString::fromStdString(folder.root.string());
    }
    void end(const QString& folder) const {
        QVERIFY(writeFileAtomic(fs::path(folder.toStdString()) / "end", ""));
    }
    void open() {
        thumbnails = std::make_unique<Thumbnails>();
        watcher = std::make_unique<RunListWatcher>(runs);
        watcher->setInterval(std::chrono::milliseconds(150));
        watcher->setFolders({settings->runFolder()});
        desk = std::make_unique<RunDesk>(*settings, *engine);
        page = std::make_unique<RunsPage>(runs, *watcher, *desk, *thumbnails);
        page->resize(1363, 871);
        page->show();
        if (engine->info().usable()) {
            watcher->setQueue(queue());
            desk->setQueue(queue());
            QObject::connect(watcher.get(), &RunListWatcher::queueRead, desk.get(),
                             [this](bool runner) { desk->keepQueueGoing(watcher->queue(), runner); });
        }
        watcher->start();
    }
    void close() {
        page.reset();
        desk.reset();
        watcher.reset();
    }
    ~Bench() {
        for (const QString& run : QDir(logs()).entryList(QDir::Dirs | QDir::NoDotAndDotDot))
            if (!qEnvironmentVariableIsEmpty("ATELIER_QUEUE")) end(logs() + QLatin1Char('/') + run);
        close();
    }
    QString logs() const { return settings->runFolder(); }
};

// All that labels below `root` show.
inline QString labelText(const QWidget* root) {
    QStringList all;
    for (const QLabel* label : root->findChildren<QLabel*>())
        if (label->isVisible()) all << label->text();
    return all.join(QLatin1Char('|'));
}

}  // namespace atelier::test
