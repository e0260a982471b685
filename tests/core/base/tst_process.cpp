// SPDX-License-Identifier: GPL-3.0-or-later
// Programs started with their streams, folder and session, and how they ended.
#include <QTemporaryDir>
#include <QtTest>

#include <unistd.h>

#include "core/base/process.h"

using namespace atelier;

class TestProcess : public QObject {
    Q_OBJECT
    // What `script` prints, and its exit code.
    static std::pair<std::string, int> run(const std::string& script, Spawn how = {}) {
        auto said = Pipe::make();
        if (!said) return {said.error().message(), -1};
        how.words = {"/bin/sh", "-c", script};
        how.out = said->write.get();
        const auto pid = spawn(std::move(how));
        said->write.reset();
        if (!pid) return {pid.error().message(), -1};
        std::string text;
        char block[256];
        for (ssize_t n; (n = ::read(said->read.get(), block, sizeof block)) > 0;)
            text.append(block, std::size_t(n));
        return {text, waitForExit(*pid)};
    }

  private Q_SLOTS:
    void exitCodes() {
        QCOMPARE(run("exit 0").second, 0);
        QCOMPARE(run("exit 7").second, 7);
        QCOMPARE(run("kill -TERM $$").second, 128 + 15);
    }
    void streams() {
        auto in = Pipe::make();
        QVERIFY(in);
        QVERIFY(writeAll(in->write.get(), "what is given\n", "the shell"));
        in->write.reset();
        QCOMPARE(run("cat", {.in = in->read.get()}).first, std::string("what is given\n"));
    }
    void folderAndSession() {
        const QTemporaryDir folder;
        const auto path = fs::canonical(folder.path().toStdString());
        QCOMPARE(run("pwd -P", {.folder = path}).first, path.string() + "\n");
        // The session's number in /proc/self/stat is its own process number.
        const std::string script =
            "read pid name state parent group session rest < /proc/$$/stat; "
            "[ $session = $$ ] && echo own";
        QCOMPARE(run(script, {.ownSession = true}).first, std::string("own\n"));
        QCOMPARE(run(script).first, std::string());
    }
    void whatIsNotThere() {
        const auto pid = spawn({.words = {"/nowhere/program"}});
        QVERIFY(!pid);
        QVERIFY(pid.error().message().find("/nowhere/program") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestProcess)
#include "tst_process.moc"
