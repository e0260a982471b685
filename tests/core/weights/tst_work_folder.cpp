// SPDX-License-Identifier: GPL-3.0-or-later
// The hidden folder of an unfinished conversion: gone with its owner, and what killed processes left behind
// goes with the next.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>

#include "core/weights/work_folder.h"

using namespace atelier;

namespace {

// The id of a process that has ended.
pid_t endedProcess() {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    ::waitpid(child, nullptr, 0);
    return child;
}

}  // namespace

class TestWorkFolder : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void livesAsLongAsItsOwner() {
        const QTemporaryDir dir;
        const fs::path out = fs::path(dir.path().toStdString()) / "model";
        {
            const auto work = WorkFolder::create(out);
            QVERIFY(work);
            QVERIFY(fs::is_directory(work->path()));
            QVERIFY(writeFileAtomic(work->path() / "half", "x"));
            QCOMPARE(work->path(), partialPath(out));
        }
        QVERIFY(fs::is_empty(out.parent_path()));
        QVERIFY(writeFileAtomic(out, "taken"));
        const auto refused = WorkFolder::create(out);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Usage);
    }

    void whatKilledProcessesLeftIsRemoved() {
        const QTemporaryDir dir;
        const fs::path parent = dir.path().toStdString();
        const std::string dead = std::to_string(endedProcess());
        const fs::path left = parent / (".a.partial-" + dead), held = parent / (".b.partial-" + dead);
        for (const char* name : {".c.partial-1", ".d.partial-", ".e.partial-12x", "f.partial-1", ".g"})
            QVERIFY(createDirectories(parent / name));
        QVERIFY(createDirectories(left / "model"));
        QVERIFY(writeFileAtomic(left / "model" / "half", "x"));
        QVERIFY(createDirectories(held));
        QVERIFY(writeFileAtomic(parent / (".file.partial-" + dead), "no folder"));
        const Descriptor lock(::open(held.c_str(), O_RDONLY | O_DIRECTORY));
        QCOMPARE(::flock(lock.get(), LOCK_EX), 0);  // as a process of another computer would
        QVERIFY(WorkFolder::create(parent / "out"));
        QVERIFY(!fs::exists(left));
        QVERIFY(fs::exists(held));
        QCOMPARE(std::distance(fs::directory_iterator(parent), fs::directory_iterator()), 7);
    }
};

QTEST_GUILESS_MAIN(TestWorkFolder)
#include "tst_work_folder.moc"
