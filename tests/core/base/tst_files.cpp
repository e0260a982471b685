// SPDX-License-Identifier: GPL-3.0-or-later
// Files that are whole or absent.
#include <sys/resource.h>
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>
#include <csignal>

#include "core/base/bulk_write.h"
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
    // Pieces of every kind: within a buffer, across buffers, of a size that no disk block divides.
    void inBulkEveryByteInItsPlace() {
        std::string all;
        for (std::size_t size : {std::size_t{1}, std::size_t{5000}, (std::size_t{16} << 20) - 7,
                                 std::size_t{40} << 20, std::size_t{3}})
            for (std::size_t i = 0; i < size; ++i)
                all.push_back(static_cast<char>((all.size() * 2654435761U) >> 13));
        for (const char* where : {"disk", "/dev/shm"}) {  // with O_DIRECT and, on older kernels, without
            const QTemporaryDir memory(QStringLiteral("/dev/shm/atelier-XXXXXX"));
            const auto path =
                (where[0] == '/' && memory.isValid() ? fs::path(memory.path().toStdString()) : root()) /
                "bulk";
            for (std::size_t total : {std::size_t{0}, std::size_t{5001}, all.size()}) {
                auto file = AtomicFile::create(path);
                QVERIFY(file);
                auto bulk = BulkWrite::begin(*file, total);
                QVERIFY(bulk);
                for (std::size_t at = 0, step = 1; at < total; at += step, step = step * 3 + 1)
                    QVERIFY(bulk->write(std::string_view(all).substr(0, total).substr(at, step)));
                QVERIFY(bulk->finish());
                QVERIFY(file->commit());
                QVERIFY(readFile(path).value() == all.substr(0, total));
            }
            fs::remove(path);
        }
    }
    void inBulkAFullDiskIsKnownAtOnce() {
        auto file = AtomicFile::create(root() / "huge");
        QVERIFY(file);
        const auto bulk = BulkWrite::begin(*file, freeSpace(root()).value() + (std::uint64_t{1} << 40));
        QVERIFY(!bulk);
        QVERIFY(bulk.error().message().find("huge") != std::string::npos);
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
