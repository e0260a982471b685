// SPDX-License-Identifier: GPL-3.0-or-later
// One writer per folder, shown with real processes.
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <csignal>

#include "core/base/json.h"
#include "core/run/lock.h"

using namespace atelier;
using namespace atelier::run;

class TestLock : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    int count_ = 0;

    RunFolder fresh() {
        const RunFolder folder{fs::path(dir_.path().toStdString()) / std::to_string(count_++)};
        fs::create_directories(folder.root);
        return folder;
    }
    // A process that holds the lock until it is told to end or is killed.
    struct Child {
        pid_t pid = 0;
        int in = -1;
        explicit Child(const RunFolder& folder) {
            int ready[2], go[2];
            if (::pipe(ready) != 0 || ::pipe(go) != 0) qFatal("pipe");
            pid = ::fork();
            if (pid == 0) {
                ::close(go[1]);
                {
                    const auto lock = RunLock::acquire(folder, "atelier-engine train");
                    (void)!::write(ready[1], lock ? "y" : "n", 1);
                    char byte;
                    (void)!::read(go[0], &byte, 1);
                }
                ::_exit(0);
            }
            char got = 0;
            ::close(ready[1]);
            ::close(go[0]);
            in = go[1];
            if (::read(ready[0], &got, 1) != 1 || got != 'y') qFatal("the child did not get the lock");
            ::close(ready[0]);
        }
        void end() {
            ::close(in);
            ::waitpid(pid, nullptr, 0);
        }
        void kill() {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
            ::close(in);
        }
    };
    static void writeNote(const RunFolder& folder, const std::string& host, std::int64_t pid) {
        QVERIFY(writeFileAtomic(folder.lock(), dumpJson(Json{{"host", host},
                                                             {"pid", pid},
                                                             {"start_ticks", 1u},
                                                             {"boot_id", "x"},
                                                             {"since", 1.0},
                                                             {"program", "p"}})));
    }

  private Q_SLOTS:
    void secondWriterIsRefused() {
        const auto folder = fresh();
        Child first(folder);
        const auto second = RunLock::acquire(folder, "test");
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::Usage);
        const auto message = second.error().message();
        QVERIFY2(message.find("atelier-engine train on " + hostName() + ", process " +
                              std::to_string(first.pid)) != std::string::npos,
                 message.c_str());
        QVERIFY(!RunLock::acquire(folder, "test", true));  // a takeover is not for what is alive
        const auto facts = inspectLock(folder);
        QCOMPARE(facts->state, LockState::Held);
        QCOMPARE(facts->holder->process.pid, std::int64_t(first.pid));
        QCOMPARE(facts->alive(), std::optional(true));
        first.end();
        QCOMPARE(inspectLock(folder)->state, LockState::Free);
        QCOMPARE(inspectLock(folder)->alive(), std::optional(false));
        const auto third = RunLock::acquire(folder, "test");
        QVERIFY(third);
        QVERIFY(!third->replaced());
    }
    void lockOfAKilledProcessIsStale() {
        const auto folder = fresh();
        Child first(folder);
        first.kill();
        const auto facts = inspectLock(folder);
        QCOMPARE(facts->state, LockState::Stale);
        QCOMPARE(facts->alive(), std::optional(false));
        const auto second = RunLock::acquire(folder, "test");
        QVERIFY(second);
        QCOMPARE(second->replaced()->process.pid, std::int64_t(first.pid));
        QCOMPARE(inspectLock(folder)->holder->process.pid, std::int64_t(::getpid()));
    }
    void sameProcessTwice() {
        const auto folder = fresh();
        auto first = RunLock::acquire(folder, "test");
        QVERIFY(first);
        QVERIFY(!RunLock::acquire(folder, "test"));
        RunLock moved = std::move(*first);
        QVERIFY(!RunLock::acquire(folder, "test"));
        { const RunLock gone = std::move(moved); }
        QVERIFY(RunLock::acquire(folder, "test"));
    }
    void otherHostNeedsTakeover() {
        const auto folder = fresh();
        writeNote(folder, "far-away", 12);
        QCOMPARE(inspectLock(folder)->state, LockState::OtherHost);
        QVERIFY(!inspectLock(folder)->alive());
        const auto refused = RunLock::acquire(folder, "test");
        QVERIFY(!refused);
        QVERIFY(refused.error().message().find("far-away") != std::string::npos);
        QVERIFY(refused.error().hint.find("--takeover") != std::string::npos);
        QCOMPARE(inspectLock(folder)->holder->host,
                 std::string("far-away"));  // looking and asking changed nothing
        const auto taken = RunLock::acquire(folder, "test", true);
        QVERIFY(taken);
        QCOMPARE(inspectLock(folder)->holder->host, hostName());
    }
    // A pid is reused: the start time and the boot tell.
    void reusedPidIsStale() {
        const auto folder = fresh();
        writeNote(folder, hostName(), ::getppid());
        QCOMPARE(inspectLock(folder)->state, LockState::Stale);
        QVERIFY(RunLock::acquire(folder, "test"));
    }
    void absentFolderIsUnknown() {
        const auto facts = inspectLock(RunFolder{dir_.path().toStdString() + "/nothing"});
        QVERIFY(facts);
        QCOMPARE(facts->state, LockState::Free);
        QVERIFY(!facts->alive());
        const auto lock = RunLock::acquire(RunFolder{dir_.path().toStdString() + "/nothing"}, "test");
        QVERIFY(!lock);
        QVERIFY(!lock.error().hint.empty());
    }
    void brokenNoteDoesNotBlock() {
        const auto folder = fresh();
        QVERIFY(writeFileAtomic(folder.lock(), "{\"host\": \"far"));
        QCOMPARE(inspectLock(folder)->state, LockState::Free);
        QVERIFY(RunLock::acquire(folder, "test"));
    }
    void processIdentity() {
        const auto self = ownProcessId();
        QCOMPARE(self.pid, std::int64_t(::getpid()));
        QVERIFY(self.startTicks > 0);
        QVERIFY(processAlive(self));
        auto other = self;
        ++other.startTicks;
        QVERIFY(!processAlive(other));
        const pid_t child = ::fork();
        if (child == 0) ::_exit(0);
        siginfo_t info{};
        ::waitid(P_PID, id_t(child), &info, WEXITED | WNOWAIT);
        QVERIFY(!processId(child));  // a zombie does no work
        ::waitpid(child, nullptr, 0);
        QVERIFY(!processId(child));
        QVERIFY(!processId(0));
    }
};

QTEST_GUILESS_MAIN(TestLock)
#include "tst_lock.moc"
