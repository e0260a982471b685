// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine dataset` as a program: exit codes, messages, and builds that are killed, interrupted or run
// out of space.
#include <sys/resource.h>
#include <sys/stat.h>

#include <QProcess>
#include <QtTest>
#include <array>
#include <csignal>

#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/image_io.h"
#include "tests/core/data/pictures.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::test;

namespace {

struct Ran {
    int code = -1;
    QString out, err;
};

QStringList withVerb(const QStringList& arguments) {
    return QStringList{"dataset"} + arguments;
}

Ran run(const QStringList& arguments, rlim_t largestFile = RLIM_INFINITY) {
    QProcess process;
    if (largestFile != RLIM_INFINITY) {
        // A disk that is full after so many bytes, for anybody to have: writes beyond fail.
        process.setChildProcessModifier([largestFile] {
            const rlimit limit{largestFile, largestFile};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            std::signal(SIGXFSZ, SIG_IGN);
        });
    }
    process.start(QString(ATELIER_BIN_DIR) + "/atelier-engine", withVerb(arguments));
    if (!process.waitForFinished(60000)) return {};
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : 128,
            process.readAllStandardOutput(), process.readAllStandardError()};
}

}  // namespace

class TestDatasetVerb : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> temporary_;
    fs::path folder() const { return temporary_->path().toStdString(); }
    QString path(const char* name) const { return QString::fromStdString((folder() / name).string()); }

    void pictures(int count, int size = 64) {
        for (int i = 0; i < count; ++i) {
            writeFile(folder() / "src" / ("p" + std::to_string(i) + ".jpg"),
                      encoded(picture(size, size, unsigned(i)), ImageFormat::Jpeg));
            writeFile(folder() / "src" / ("p" + std::to_string(i) + ".txt"), "picture " + std::to_string(i));
        }
    }
    std::map<std::string, std::string> bytesOf(const fs::path& version) const {
        std::map<std::string, std::string> hashes;
        for (const auto& entry : fs::directory_iterator(version)) {
            if (entry.path().extension() == ".tar" || entry.path().filename() == "index.jsonl") {
                hashes[entry.path().filename().string()] = sha256HexOfFile(entry.path()).value();
            }
        }
        return hashes;
    }
    // Nothing under the target's name, and no manifest anywhere.
    bool nothingPublished() const {
        if (fs::exists(folder() / "v1")) return false;
        for (const auto& entry : fs::recursive_directory_iterator(folder())) {
            if (entry.path().filename() == "manifest.json") return false;
        }
        return true;
    }

  private Q_SLOTS:
    void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

    void badPicturesAreNamedAndTheRestIsBuilt() {
        pictures(3);
        const std::string jpeg = readFile(folder() / "src/p0.jpg").value();
        const std::string png = encoded(picture(16, 16), ImageFormat::Png);
        writeFile(folder() / "src/cut.jpg", jpeg.substr(0, jpeg.size() / 2));
        writeFile(folder() / "src/zero.png", "");
        writeFile(folder() / "src/page.jpg", "<html>404 not found</html>");
        writeFile(folder() / "src/lie.jpg", encoded(picture(30, 30, 77), ImageFormat::Png));
        writeFile(folder() / "src/lie.txt", "M\xfcnster");
        writeFile(folder() / "src/bomb.png",
                  png.substr(0, 16) + std::string("\x7f\xff\xff\xff\x7f\xff\xff\xff", 8) + png.substr(24));
        const auto built = run({"build", path("src"), "--out", path("v1"), "--json"});
        QCOMPARE(built.code, 0);
        const Json summary = parseJson(built.out.toStdString()).value();
        QCOMPARE(summary["scanned"].get<int>(), 8);
        QCOMPARE(summary["kept"].get<int>(), 4);
        QCOMPARE(summary["drops"]["cannot_decode"].get<int>(), 4);
        QCOMPARE(summary["warnings"].size(), std::size_t(2));  // Latin-1, another format
        const QString report = QString::fromStdString(readFile(folder() / "v1/report.jsonl").value());
        for (const char* text : {"it ends after", "it is empty (0 bytes)", "HTML",
                                 "2147483647 × 2147483647 pixels", "it is a PNG inside", "read as Latin-1"}) {
            QVERIFY2(report.contains(text), text);
        }
        QCOMPARE(run({"verify", path("v1")}).code, 0);
    }
    void onlyBadPicturesIsUnusableData() {
        writeFile(folder() / "src/a.jpg", "x");
        const auto built = run({"build", path("src"), "--out", path("v1")});
        QCOMPARE(built.code, 3);
        QVERIFY2(built.err.contains("none of 1 picture can be used"), qPrintable(built.err));
        QVERIFY2(built.err.contains("a.jpg"), qPrintable(built.err));
        QVERIFY(nothingPublished());
        const auto missing = run({"build", path("nowhere"), "--out", path("v1")});
        QCOMPARE(missing.code, 3);
        QVERIFY2(missing.err.contains("nowhere") && missing.err.contains("no such folder"),
                 qPrintable(missing.err));
        fs::create_directory(folder() / "empty");
        QCOMPARE(run({"build", path("empty"), "--out", path("v1")}).code, 3);
    }
    void missingCaptionsAreSaidOrRefused() {
        pictures(2);
        fs::remove(folder() / "src/p1.txt");
        const auto built = run({"build", path("src"), "--out", path("v1")});
        QCOMPARE(built.code, 0);
        QVERIFY2(built.err.contains("1 picture has no caption"), qPrintable(built.err));
        const auto strict = run({"build", path("src"), "--out", path("v2"), "--require-captions"});
        QVERIFY2(strict.out.contains("1 left out: no_caption"), qPrintable(strict.out));
        const auto named =
            run({"build", path("src"), "--out", path("v3"), "--default-caption", "sks", "--json"});
        QCOMPARE(parseJson(named.out.toStdString())->at("without_caption").get<int>(), 0);
    }
    void captionFilesThatCannotBeUsedAreNamed() {
        pictures(3);
        writeFile(folder() / "src" / "p1.txt", std::string(2'000'000, 'x'));
        writeFile(folder() / "src" / "p2.json", "{broken");
        const Ran built = run({"build", path("src"), "--out", path("v1")});
        QCOMPARE(built.code, 0);
        QVERIFY2(built.err.contains("2 caption files cannot be used"), qPrintable(built.err));
        QVERIFY2(built.err.contains("p1.txt"), qPrintable(built.err));
        QVERIFY(built.out.contains("1 without a caption"));
        const auto report = readFile(folder() / "v1" / "report.jsonl").value();
        const std::string unused = R"("file":"p1.txt","bytes":2000000,"used":false,"text":)";
        QVERIFY2(report.find(unused) != std::string::npos, report.c_str());
    }

    void tablesThatNameNoPictureAreSaid() {
        pictures(2);
        writeFile(folder() / "src" / "metadata.jsonl",
                  "{\"file_name\": \"p0.jpg\", \"text\": \"picture 0\"}\n"
                  "{\"file_name\": \"gone.jpg\", \"text\": \"b\"}\n");
        const Ran lines = run({"build", path("src"), "--out", path("v1")});
        QCOMPARE(lines.code, 0);
        QVERIFY2(
            lines.err.contains("1 of its 2 rows names no picture here, the first is \"gone.jpg\" in line 2"),
            qPrintable(lines.err));
        fs::remove(folder() / "src" / "metadata.jsonl");
        writeFile(folder() / "src" / "metadata.csv", "file_name,text\np0.jpg,\"open\np1.jpg,x\n");
        const Ran csv = run({"build", path("src"), "--out", path("v2")});
        QCOMPARE(csv.code, 0);
        QVERIFY2(csv.err.contains("line 2: a quotation mark is not closed"), qPrintable(csv.err));
    }

    void shardCountsAreKept() {
        pictures(20, 16);
        for (const int count : {1, 3, 6, 8, 20}) {
            const QString version = path(("n" + std::to_string(count)).c_str());
            const Ran built =
                run({"build", path("src"), "--out", version, "--shard-count", QString::number(count)});
            QCOMPARE(built.code, 0);
            QCOMPARE(QDir(version).entryList({"*.tar"}).size(), count);
        }
        const Ran many = run({"build", path("src"), "--out", path("many"), "--shard-count", "100"});
        QVERIFY2(many.err.contains("100 shards were asked for, there are 20"), qPrintable(many.err));
    }

    void whatIsListedOfTornShardsIsNotAll() {
        pictures(5);
        QCOMPARE(run({"build", path("src"), "--out", path("v1")}).code, 0);
        const fs::path shard = folder() / "v1" / "000000.tar";
        fs::resize_file(shard, fs::file_size(shard) / 2);
        for (const char* verb : {"list", "stats"}) {
            const Ran ran = run({verb, path("v1")});
            QCOMPARE(ran.code, 3);
            QVERIFY(!ran.out.isEmpty());
            QVERIFY2(ran.err.contains("this is not all"), qPrintable(ran.err));
        }
        const Ran several = run({"list", path("v1") + "/{000000..000001}.tar"});
        QCOMPARE(several.code, 3);
        // Without an index the shards are still held against the manifest, and it is said once.
        fs::remove(folder() / "v1" / "index.jsonl");
        const Ran verified = run({"verify", path("v1")});
        QCOMPARE(verified.code, 3);
        QVERIFY2(!verified.out.contains("the index does not have it"), qPrintable(verified.out));
        QVERIFY(run({"verify", path("nowhere")}).err.contains("there is no such folder"));
    }

    void usageErrorsAreJsonWhenAskedFor() {
        const Ran ran = run({"build", path("src"), "--out", path("v1"), "--rezise", "512", "--json"});
        QCOMPARE(ran.code, 2);
        const auto error = parseJson(ran.err.toStdString());
        QVERIFY2(error && error->contains("error"), qPrintable(ran.err));
        QCOMPARE(error->at("error").at("code").get<std::string>(), std::string("usage"));
        QVERIFY(run({"build", path("src"), "--rezise"}).err.contains("Did you mean \"--resize\"?"));
    }

    void streamsThatAreFullOrClosed() {
        pictures(2);
        const QString engine = QString(ATELIER_BIN_DIR) + "/atelier-engine";
        const auto shell = [&](const QString& command) {
            return QProcess::execute("sh", {"-c", "'" + engine + "' dataset " + command});
        };
        QCOMPARE(shell("build '" + path("src") + "' --out '" + path("v1") + "' <&- >&- 2>&-"), 0);
        // No text of ours in the file that got a closed stream's number.
        for (const auto& line : split(readFile(folder() / "v1" / "events.jsonl").value(), '\n'))
            QVERIFY2(line.empty() || line.starts_with('{'), line.c_str());
        QCOMPARE(shell("list '" + path("v1") + "' > /dev/full 2> /dev/null"), 1);
        QCOMPARE(shell("list '" + path("v1") + "' > /dev/null"), 0);
    }

    void wrongUsage() {
        pictures(1);
        QCOMPARE(run({"build"}).code, 2);
        QCOMPARE(run({"build", path("src")}).code, 2);
        QCOMPARE(run({"biuld"}).code, 2);
        QVERIFY(run({"biuld"}).err.contains("Did you mean \"build\""));
        QCOMPARE(run({"build", path("src"), "--out", path("v1"), "--format", "gif"}).code, 2);
        QCOMPARE(run({"build", path("src"), "--out", path("v1"), "--quality", "0"}).code, 2);
        for (const auto& [option, value, words] :
             {std::array<QString, 3>{"--shard-samples", "0", "a whole number of at least 1, not 0"},
              {"--shuffle", "99999999999999999999", "beyond the numbers that fit"},
              {"--max-pixels", "nan", "a number from"},
              {"--max-ratio", "nan", "a number from"}}) {
            const auto refused = run({"build", path("src"), "--out", path("v1"), option, value});
            QCOMPARE(refused.code, 2);
            QVERIFY2(refused.err.contains(words), qPrintable(refused.err));
        }
        QVERIFY(run({"build", "--bogus"}).err.contains("there is no option \"--bogus\""));
        const auto size = run({"build", path("src"), "--out", path("v1"), "--shard-size", "lots"});
        QCOMPARE(size.code, 2);
        QVERIFY(size.err.contains("not a size"));
        QCOMPARE(run({"build", path("src"), "--out", path("v1")}).code, 0);
        const auto again = run({"build", path("src"), "--out", path("v1")});
        QCOMPARE(again.code, 2);
        QVERIFY2(again.err.contains("finished dataset"), qPrintable(again.err));
        for (const char* verb : {"build", "verify", "list", "stats"}) QCOMPARE(run({verb, "--help"}).code, 0);
    }
    // What the file system library throws must end in a text and an exit code, in every verb.
    void pathsThatCannotExist() {
        const QString engine = QString(ATELIER_BIN_DIR) + "/atelier-engine";
        const QString name(300, 'x');
        QCOMPARE(QProcess::execute(engine, {"lora", "convert", name, "out", "--to", "kohya"}), 1);
        QCOMPARE(QProcess::execute(engine, {"convert", name, "out"}), 2);
        QCOMPARE(run({"stats", name}).code, 3);
    }
    void unwritableTargets() {
        pictures(1);
        writeFile(folder() / "file", "x");
        const auto inFile = run({"build", path("src"), "--out", path("file/v1")});
        QCOMPARE(inFile.code, 1);
        QVERIFY2(inFile.err.contains("file"), qPrintable(inFile.err));
        const auto inProc =
            run({"build", path("src"), "--out", "/proc/v1"});  // nobody, not even root, writes there
        QCOMPARE(inProc.code, 1);
        QVERIFY2(inProc.err.contains("/proc"), qPrintable(inProc.err));
    }
    void aFullDiskLeavesThePreviousVersionAlone() {
        pictures(20, 200);
        QCOMPARE(run({"build", path("src"), "--out", path("v0")}).code, 0);
        const auto before = bytesOf(folder() / "v0");
        const auto built = run({"build", path("src"), "--out", path("v1"), "--shard-samples", "3"}, 40'000);
        QCOMPARE(built.code, 1);
        QVERIFY2(built.err.startsWith("scan") || built.err.contains("error: "), qPrintable(built.err));
        QVERIFY2(built.err.contains(".v1.build"), qPrintable(built.err));  // where
        QVERIFY(!fs::exists(folder() / "v1"));
        QCOMPARE(bytesOf(folder() / "v0"), before);
        // With room again the same command goes on.
        QCOMPARE(run({"build", path("src"), "--out", path("v1"), "--shard-samples", "3"}).code, 0);
        QCOMPARE(run({"verify", path("v1")}).code, 0);
    }
    void killedBuildsNeverLookFinishedAndGoOn() {
        pictures(60, 300);
        const QStringList options{"--resize",        "260", "--format",  "png",
                                  "--shard-samples", "4",   "--threads", "2"};
        QCOMPARE(run(QStringList{"build", path("src"), "--out", path("whole")} + options).code, 0);
        // Killed at several moments of one build; each attempt begins where the last complete shard ended.
        for (int attempt = 0; attempt < 6; ++attempt) {
            QProcess process;
            process.start(QString(ATELIER_BIN_DIR) + "/atelier-engine",
                          withVerb(QStringList{"build", path("src"), "--out", path("v1")} + options));
            QVERIFY(process.waitForStarted());
            QTest::qWait(60 + 60 * attempt);
            process.kill();
            process.waitForFinished();
            if (process.exitStatus() == QProcess::NormalExit) break;  // it was faster
            if (fs::exists(folder() / "v1")) break;  // published just before; it must be whole, see below
        }
        if (!fs::exists(folder() / "v1")) {
            const auto built = run(QStringList{"build", path("src"), "--out", path("v1")} + options);
            QVERIFY2(built.code == 0, qPrintable(built.err));
        }
        QCOMPARE(bytesOf(folder() / "v1"), bytesOf(folder() / "whole"));
        QCOMPARE(run({"verify", path("v1")}).code, 0);
        QVERIFY(!fs::exists(folder() / ".v1.build"));
    }
    void ctrlCEndsInOrder() {
        pictures(80, 300);
        const QStringList command{"build",     path("src"), "--out", path("v1"),  "--resize", "900",
                                  "--enlarge", "--format",  "png",   "--threads", "1"};
        QProcess process;
        process.start(QString(ATELIER_BIN_DIR) + "/atelier-engine", withVerb(command));
        QVERIFY(process.waitForStarted());
        QTest::qWait(500);
        QElapsedTimer timer;
        timer.start();
        ::kill(pid_t(process.processId()), SIGINT);
        QVERIFY(process.waitForFinished(5000));
        QVERIFY2(timer.elapsed() < 2000, qPrintable(QString::number(timer.elapsed())));
        QCOMPARE(process.exitCode(), 1);
        QVERIFY(process.readAllStandardError().contains("The same command continues the build"));
        QVERIFY(nothingPublished());
    }
    void twoBuildsOfOneTargetAreRefused() {
        pictures(80, 300);
        const QStringList command{"build",     path("src"), "--out", path("v1"),  "--resize", "900",
                                  "--enlarge", "--format",  "png",   "--threads", "1"};
        QProcess first;
        first.start(QString(ATELIER_BIN_DIR) + "/atelier-engine", withVerb(command));
        QVERIFY(first.waitForStarted());
        QTRY_VERIFY(fs::exists(folder() / ".v1.build/events.jsonl"));
        const auto second = run(command);
        first.kill();
        first.waitForFinished();
        QCOMPARE(second.code, 2);
        QVERIFY2(second.err.contains("in use"), qPrintable(second.err));
    }
    void damagedShardsAreFound() {
        pictures(4);
        QCOMPARE(run({"build", path("src"), "--out", path("v1")}).code, 0);
        std::string bytes = readFile(folder() / "v1/000000.tar").value();
        bytes[bytes.size() / 2] ^= 1;
        writeFile(folder() / "v1/000000.tar", bytes);
        const auto verified = run({"verify", path("v1"), "--json"});
        QCOMPARE(verified.code, 3);
        const Json json = parseJson(verified.out.toStdString()).value();
        QVERIFY(!json["ok"].get<bool>());
        QCOMPARE(json["problems"][0]["shard"].get<std::string>(), std::string("000000.tar"));
        QCOMPARE(run({"verify", path("src")}).code, 3);
    }
    void datasetFoldersGetTheirNextVersion() {
        pictures(2);
        writeFile(folder() / "set/dataset.yaml",
                  "version: 1\nsources: [../src]\nbuild: {resize: 32, format: png}\n");
        writeFile(folder() / "set/edits.jsonl", "{\"v\":1,\"image\":\"p0.jpg\",\"op\":\"exclude\"}\n");
        QCOMPARE(run({"build", path("set")}).code, 0);
        const auto second = run({"build", path("set"), "--format", "keep", "--json"});
        QCOMPARE(second.code, 0);
        QVERIFY(fs::exists(folder() / "set/v1/manifest.json") &&
                fs::exists(folder() / "set/v2/manifest.json"));
        QCOMPARE(parseJson(second.out.toStdString())->at("kept").get<int>(), 1);
        writeFile(folder() / "set/dataset.yaml", "sources: [../src]\nbild: {}\n");
        const auto typo = run({"build", path("set")});
        QCOMPARE(typo.code, 2);
        QVERIFY2(typo.err.contains("Did you mean \"build\""), qPrintable(typo.err));
    }
    void listAndStats() {
        pictures(5);
        QCOMPARE(run({"build", path("src"), "--out", path("v1")}).code, 0);
        const auto list = run({"list", path("v1"), "--json", "--limit", "2"});
        QCOMPARE(list.out.count('\n'), 2);
        QVERIFY(parseJson(list.out.section('\n', 0, 0).toStdString())->at("members").contains("jpg"));
        const auto stats = run({"stats", path("v1"), "--json"});
        QCOMPARE(parseJson(stats.out.toStdString())->at("samples").get<int>(), 5);
        QCOMPARE(run({"list", path("none")}).code, 3);
    }
};

QTEST_GUILESS_MAIN(TestDatasetVerb)
#include "tst_dataset_verb.moc"
