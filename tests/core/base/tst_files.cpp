// SPDX-License-Identifier: GPL-3.0-or-later
// Files that are whole or absent.
#include <sys/resource.h>
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>
#include <csignal>

#include "core/base/files.h"

using namespace atelier;

class TestFiles : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path root() const { return dir_.path().toStdString(); }
    std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(fs::directory_iterator(root()), fs::directory_iterator{}));
    }

  private Q_SLOTS:
    void writtenWhole() {
        const auto path = root() / "a.txt";
        QVERIFY(writeFileAtomic(path, "one"));
        QVERIFY(writeFileAtomic(path, "two"));
        QCOMPARE(readFile(path).value(), std::string("two"));
        QCOMPARE(entries(), std::size_t(1));
    }
    // A pipe that nobody writes to must not hold the program: it is empty, or no file.
    void namedPipesDoNotBlock() {
        const auto pipe = root() / "pipe";
        QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
        QCOMPARE(readFile(pipe).value(), std::string());
        fs::remove(pipe);
    }
    void droppedWithoutTrace() {
        const auto before = entries();
        {
            auto file = AtomicFile::create(root() / "b.txt");
            QVERIFY(file);
            QVERIFY(file->write("half"));
        }
        QCOMPARE(entries(), before);
    }
    // A limit on the file size stands in for a full disk: the old content must survive, the message must name
    // the file.
    void fullDiskKeepsTheOldFile() {
        const auto path = root() / "c.txt";
        QVERIFY(writeFileAtomic(path, "old"));
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        const rlimit small{1000, old.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        const auto written = writeFileAtomic(path, std::string(5000, 'x'));
        setrlimit(RLIMIT_FSIZE, &old);
        QVERIFY(!written);
        QVERIFY(written.error().message().find("c.txt") != std::string::npos);
        QCOMPARE(readFile(path).value(), std::string("old"));
    }
    void missingFolderIsNamed() {
        const auto written = writeFileAtomic(root() / "no" / "d.txt", "x");
        QVERIFY(!written);
        QVERIFY(!written.error().hint.empty());
    }
    void symlinkIsReplaced() {
        QVERIFY(replaceSymlink("a.txt", root() / "link"));
        QVERIFY(replaceSymlink("c.txt", root() / "link"));
        QCOMPARE(fs::read_symlink(root() / "link"), fs::path("c.txt"));
    }
    void readLimit() {
        QVERIFY(writeFileAtomic(root() / "big", std::string(100, 'x')));
        QVERIFY(!readFile(root() / "big", 10));
        QVERIFY(readFile("/proc/self/status"));
    }
};

QTEST_GUILESS_MAIN(TestFiles)
#include "tst_files.moc"
