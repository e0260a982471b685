// SPDX-License-Identifier: GPL-3.0-or-later
// Finding pictures: what counts, what belongs together, odd folders, many files.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QtTest>

#include "core/data/scan.h"
#include "tests/core/data/pictures.h"

using namespace atelier;
using namespace atelier::data;
using test::writeFile;

class TestScan : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> temporary_;
    fs::path folder() const { return temporary_->path().toStdString(); }
    ScanResult scan(const ScanOptions& options = {}) const {
        const std::vector<fs::path> sources{folder()};
        return scanSources(sources, options).value();
    }
    static std::vector<std::string> names(const ScanResult& result) {
        std::vector<std::string> list;
        for (const auto& image : result.images) list.push_back(image.relative);
        return list;
    }

  private Q_SLOTS:
    void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

    void findsAndMatches() {
        for (const char* name :
             {"b.JPG", "a.png", "sub/deep/c.webp", "b-masklabel.png", "b-condlabel.png", "b.txt", "a.caption",
              "notes.txt", "old.heic", ".hidden.jpg", ".git/x.png", "__MACOSX/y.png", "sub/metadata.jsonl"}) {
            writeFile(folder() / name, "x");
        }
        writeFile(folder() / "noextension", test::encoded(test::picture(4, 4), ImageFormat::Png));
        writeFile(folder() / "README", "text");
        const auto result = scan();
        QCOMPARE(names(result),
                 (std::vector<std::string>{"a.png", "b.JPG", "noextension", "sub/deep/c.webp"}));
        QCOMPARE(result.hidden, std::uint64_t(3));
        QCOMPARE(result.images[1].captionFiles.size(), std::size_t(1));
        QVERIFY(result.images[1].mask && result.images[1].condition);
        std::map<std::string, std::string> notes;
        for (const auto& other : result.others) notes[other.relative] = other.note;
        QCOMPARE(notes.at("notes.txt"), std::string("no picture named notes beside it"));
        QCOMPARE(notes.at("old.heic"), std::string("a format that Atelier does not read"));
        QCOMPARE(notes.at("b.txt"), std::string());
        QCOMPARE(result.images.size() + result.others.size(),
                 std::size_t(12));  // every file that is not hidden
    }
    void foldersOfMasksAndConditionsBelongToThePicturesAbove() {
        for (const char* name :
             {"a.png", "b.jpg", "c.png", "Masks/a.png", "masks/nobody.png", "masks/notes.txt",
              "masks/deep/b.png", "conditions/b.png", "conditions/c.webp", "c-condlabel.png",
              "carnival/masks/venice.png", "carnival/masks/conditions/venice.png"})
            writeFile(folder() / name, "x");
        const auto result = scan();
        // Without pictures above it, "masks" is a folder like any other.
        QCOMPARE(names(result),
                 (std::vector<std::string>{"a.png", "b.jpg", "c.png", "carnival/masks/venice.png"}));
        QCOMPARE(result.images[0].mask, std::optional(folder() / "Masks/a.png"));
        QCOMPARE(result.images[1].condition, std::optional(folder() / "conditions/b.png"));
        QVERIFY(!result.images[1].mask);
        QCOMPARE(result.images[2].condition, std::optional(folder() / "c-condlabel.png"));
        QCOMPARE(result.images[3].condition,
                 std::optional(folder() / "carnival/masks/conditions/venice.png"));
        std::map<std::string, std::string> notes;
        for (const auto& other : result.others) notes[other.relative] = other.note;
        QCOMPARE(notes.at("masks/nobody.png"), std::string("no picture named nobody in the folder above"));
        QCOMPARE(notes.at("masks/deep/b.png"), std::string("no picture named b in the folder above"));
        QCOMPARE(notes.at("masks/notes.txt"), std::string("not a picture"));
        QCOMPARE(notes.at("conditions/c.webp"), std::string("c-condlabel.png is used instead"));
        QCOMPARE(result.images.size() + result.others.size(), std::size_t(12));
    }
    void linksAreFollowedOnce() {
        writeFile(folder() / "real/a.png", "x");
        writeFile(folder() / "elsewhere/b.png", "x");
        fs::create_directory_symlink(folder(), folder() / "real/loop");
        fs::create_directory_symlink(folder() / "elsewhere", folder() / "again");
        fs::create_symlink(folder() / "nothing.png", folder() / "dangling.png");
        fs::create_symlink("self.png", folder() / "self.png");
        const auto result = scan();
        QCOMPARE(names(result), (std::vector<std::string>{"elsewhere/b.png", "real/a.png"}));
        QCOMPARE(std::ranges::count(result.others, std::string("a link to nothing"), &ScannedFile::note), 2);
    }
    void specialFilesAreNotOpened() {
        QCOMPARE(::mkfifo((folder() / "pipe.png").c_str(), 0600), 0);
        writeFile(folder() / "a.png", "x");
        const auto result = scan();
        QCOMPARE(names(result), std::vector<std::string>{"a.png"});
        QCOMPARE(result.others[0].note, std::string("not a regular file"));
    }
    void unreadableFolderIsSaid() {
        if (::geteuid() ==
            0) {  // root reads everything: a folder that cannot be opened is made by removing it midway
            writeFile(folder() / "a.png", "x");
            const std::vector<fs::path> gone{folder() / "gone"};
            const auto missing = scanSources(gone);
            QCOMPARE(missing.error().code, ErrorCode::Data);
            return;
        }
        writeFile(folder() / "a.png", "x");
        fs::create_directory(folder() / "closed");
        fs::permissions(folder() / "closed", fs::perms::none);
        const auto result = scan();
        QCOMPARE(result.problems.size(), std::size_t(1));
        QVERIFY(result.problems[0].text.find("cannot be read") != std::string::npos);
        fs::permissions(folder() / "closed", fs::perms::owner_all);
    }
    void singleFilesAndRepeatedSources() {
        writeFile(folder() / "x/a.png", "x");
        writeFile(folder() / "x/a.txt", "caption");
        writeFile(folder() / "y/b.png", "x");
        const std::vector<fs::path> sources{folder() / "y/b.png", folder() / "x", folder() / "x/a.png",
                                            folder()};
        const auto result = scanSources(sources).value();
        QCOMPARE(result.images.size(), std::size_t(2));
        const std::vector<fs::path> single{folder() / "x/a.png"};
        QCOMPARE(scanSources(single)->images[0].captionFiles.size(), std::size_t(1));
    }
    void nothingFoundCounts() {
        for (int i = 0; i < 4; ++i) writeFile(folder() / ("p" + std::to_string(i) + ".heic"), "x");
        writeFile(folder() / "a.txt", "x");
        const std::vector<fs::path> sources{folder()};
        const Error error = nothingFound(sources, scan());
        QCOMPARE(error.code, ErrorCode::Data);
        QVERIFY2(error.what.find("5 files: 4 .heic, 1 .txt") != std::string::npos, error.what.c_str());
    }
    void batchesAndCancel() {
        for (int f = 0; f < 20; ++f) writeFile(folder() / std::to_string(f) / "a.png", "x");
        std::size_t seen = 0;
        ScanOptions options;
        options.onImages = [&](std::span<const ScannedImage> images) { seen += images.size(); };
        QCOMPARE(scan(options).images.size(), std::size_t(20));
        QCOMPARE(seen, std::size_t(20));
        std::atomic<bool> cancel{true};
        options.cancel = &cancel;
        const std::vector<fs::path> sources{folder()};
        QCOMPARE(scanSources(sources, options).error().code, ErrorCode::Cancelled);
    }
    void manyFiles() {
        const int count = 6000;
        for (int i = 0; i < count; ++i) {
            const std::string path =
                (folder() / ("p" + std::to_string(i) + (i % 2 ? ".jpg" : ".txt"))).string();
            const int fd = ::creat(path.c_str(), 0600);
            ::close(fd);
        }
        QElapsedTimer timer;
        timer.start();
        const auto result = scan();
        QCOMPARE(result.images.size(), std::size_t(count / 2));
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
    }
};

QTEST_GUILESS_MAIN(TestScan)
#include "tst_scan.moc"
