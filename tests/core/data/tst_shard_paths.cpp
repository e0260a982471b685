// SPDX-License-Identifier: GPL-3.0-or-later
// Shard notation (braces, lists, folders, schemes) and metadata filters.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/strings.h"
#include "core/data/metadata_filter.h"
#include "core/data/remote_shards.h"
#include "core/data/shard_paths.h"
#include "tests/core/data/shard_fixture.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::testing;

namespace {
std::string expanded(std::string_view pattern) {
    const auto words = expandBraces(pattern, 1000);
    return words ? join(*words, " ") : "error: " + words.error().what;
}
}  // namespace

class TestShardPaths : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void braces_data() {
        QTest::addColumn<QString>("pattern");
        QTest::addColumn<QString>("result");
        const auto row = [](const char* pattern, const char* result) {
            QTest::newRow(pattern) << pattern << result;
        };
        row("{000..003}.tar", "000.tar 001.tar 002.tar 003.tar");
        row("{8..11}", "8 9 10 11");
        row("{0..8..2}", "0 2 4 6 8");
        row("{0..8..-3}", "0 3 6");
        row("{4..1}", "4 3 2 1");
        row("{07..10}", "07 08 09 10");
        row("{2..-1}", "2 1 0 -1");
        row("{-01..1}", "-01 000 001");
        row("{a..g..2}", "a c e g");
        row("{Z..a}", "Z a");
        row("{3..3}", "3");
        row("x{,.bak}", "x x.bak");
        row("p{2.{5..7},3.{2,3}}", "p2.5 p2.6 p2.7 p3.2 p3.3");
        row("{a,b}{1..2}", "a1 a2 b1 b2");
        row("{x}", "{x}");
        row("{x{1,2}}", "{x1} {x2}");
        row("{1\\{2,3}", "1{2 3");
        row("plain", "plain");
        row("{1{2,3}", "error: its braces are not balanced");
        row("{a,b", "error: its braces are not balanced");
        row("{0..5000}", "error: it stands for more than 1000 files");
        row("{0..40}{0..40}", "error: it stands for more than 1000 files");
        row("{0..0..0}", "0");
    }
    void braces() {
        QFETCH(QString, pattern);
        QFETCH(QString, result);
        QCOMPARE(QString::fromStdString(expanded(pattern.toStdString())), result);
    }

    void listsAndVariables() {
        qputenv("WDS_SET", "train-{0..1}");
        const auto urls = expandShardSpec("a.tar::b/${SET}.tar");
        VERIFY_OK(urls);
        QCOMPARE(join(*urls, " "), std::string("a.tar b/train-0.tar b/train-1.tar"));
        const auto missing = expandShardSpec("${NOT_THERE}.tar");
        QVERIFY(!missing && missing.error().what.find("WDS_NOT_THERE") != std::string::npos);
    }

    void foldersHomeAndRelative() {
        QTemporaryDir dir;
        VERIFY_OK(writeDataset(pathOf(dir) / "v1", 6, 2));
        VERIFY_OK(writeFileAtomic(pathOf(dir) / "v1" / "999999.tar", "not of the manifest"));
        const auto inside = resolveShards("v1", pathOf(dir));
        VERIFY_OK(inside);
        QCOMPARE(inside->size(), 3u);
        QCOMPARE(inside->at(2), pathOf(dir) / "v1" / "000002.tar");
        fs::remove(pathOf(dir) / "v1" / kManifestName);
        VERIFY_OK(writeFileAtomic(pathOf(dir) / "v1" / "x.tgz", ""));
        QCOMPARE(resolveShards("file:" + (pathOf(dir) / "v1").string())->size(), 5u);
        QCOMPARE(resolveShards("~/{0..1}.tar")->at(1), expandUser("~/1.tar"));
        QVERIFY(!resolveShards(pathOf(dir).string()));  // a folder without shards
        QVERIFY(!resolveShards("  "));
    }

    void otherSchemesAreRefusedByName() {
        for (const char* spec : {"-", "a.tar::sftp://b/c.tar", "ais://b/c.tar"}) {
            const auto paths = resolveShards(spec);
            QVERIFY2(!paths && paths.error().code == ErrorCode::Config && !paths.error().hint.empty(), spec);
        }
        QVERIFY(resolveShards("odd:name.tar").has_value());
    }

    void remoteShardsStandForTheirCopies() {
        qputenv("XDG_CACHE_HOME", "/cache");
        const auto paths =
            resolveShards("s3://bucket/v1/{0..1}.tar::http://host/x.tar?sig=a&b::pipe:cat y.tar").value();
        QCOMPARE(paths.size(), 4u);
        QCOMPARE(paths[0].filename().string(), std::string("0.tar"));
        QCOMPARE(paths[0].parent_path(), paths[1].parent_path());
        QCOMPARE(paths[2].filename().string(), std::string("x.tar"));
        QVERIFY(paths[2] != remoteShardCopy("http://host/x.tar?sig=c"));
        for (const auto& path : paths) {
            QVERIFY(path.string().starts_with("/cache/atelier/shards/remote/"));
            QVERIFY(isRemoteCopy(path));
        }
        QVERIFY(!isRemoteCopy("/cache/atelier/shards/0123456789abcdef.tar"));
        QCOMPARE(remoteShardCopy("http://host/..").filename().string().size(), 20u);
        QCOMPARE(remoteShardsOf("a.tar::s3://b/c.tar").value(), std::vector<std::string>{"s3://b/c.tar"});
        qunsetenv("XDG_CACHE_HOME");
    }

    void patternOfAFolder() {
        QCOMPARE(shardPattern("d", {"000000.tar", "000001.tar", "000002.tar"}),
                 std::string("d/{000000..000002}.tar"));
        QCOMPARE(shardPattern("d", {"000003.tar"}), std::string("d/000003.tar"));
        QCOMPARE(shardPattern("d", {"000000.tar", "000002.tar"}), std::string("d/{000000.tar,000002.tar}"));
    }

    void filters() {
        const auto filter = MetadataFilter::parse({{"p", "<=0.5"}, {"w", " >= 512 and < 4096"}});
        VERIFY_OK(filter);
        QVERIFY(filter->accepts(R"({"p":0.5,"w":512})"));
        QVERIFY(filter->accepts(R"({"p":false,"w":1e3,"x":null})"));
        for (const char* json : {R"({"p":0.51,"w":512})", R"({"p":0.1,"w":4096})", R"({"w":512})",
                                 R"({"p":null,"w":512})", R"({"p":"0.1","w":512})", "[1]", "", "{"})
            QVERIFY2(!filter->accepts(json), json);
        QCOMPARE(filter->rejectedBy(R"({"p":0.1,"w":1})"), std::string("w"));
        QVERIFY(MetadataFilter().accepts("anything"));
        for (const char* operation : {"==1", "!=0", ">0", "<2", ">=+1", "<= 1.0", "> -1e3"})
            QVERIFY2(MetadataFilter::parse({{"v", operation}})->accepts(R"({"v":1})"), operation);
        for (const char* bad :
             {"", "0.5", "<=", "<=x", "<=0.5 or 1", "=1", "<=0.1; import os", "<=nan", "<=0.5 and"})
            QVERIFY2(!MetadataFilter::parse({{"v", bad}}), bad);
    }
};

QTEST_GUILESS_MAIN(TestShardPaths)
#include "tst_shard_paths.moc"
