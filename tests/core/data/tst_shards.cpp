// SPDX-License-Identifier: GPL-3.0-or-later
// Shard writing and sequential reading: round trip, determinism, limits, resume, torn and foreign tars,
// member names.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/hash.h"
#include "core/data/index_lines.h"
#include "core/data/shard_reader.h"
#include "core/data/tar_format.h"
#include "tests/core/data/shard_fixture.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::testing;

namespace {

struct ReadBack {
    std::vector<std::string> keys;
    std::vector<std::string> names;  // "key.ext" in order
    std::vector<std::string> data;
    std::optional<Error> error;
    bool sawEnd = false;
};

ReadBack readAll(const fs::path& path, ShardReaderOptions options = {}) {
    ReadBack result;
    auto reader = ShardReader::open(path, options);
    if (!reader) {
        result.error = reader.error();
        return result;
    }
    for (;;) {
        const auto sample = reader->next();
        if (!sample) {
            result.error = sample.error();
            break;
        }
        if (*sample == nullptr) break;
        result.keys.push_back((*sample)->key);
        for (const ShardMember& member : (*sample)->members) {
            result.names.push_back((*sample)->key + "." + member.extension);
            result.data.emplace_back(member.bytes);
        }
    }
    result.sawEnd = reader->sawEndOfArchive();
    return result;
}

std::string tarOf(const std::vector<std::pair<std::string, std::string>>& files, bool end = true) {
    std::string tar;
    for (const auto& [name, bytes] : files) {
        appendTarHeader(tar, name, bytes.size());
        tar += bytes;
        tar.append(tarPadding(bytes.size()), '\0');
    }
    if (end) tar.append(2 * kTarBlock, '\0');
    return tar;
}

}  // namespace

class TestShards : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void roundTrip() {
        QTemporaryDir dir;
        const auto manifest = writeDataset(pathOf(dir) / "v1", 25, 10);
        VERIFY_OK(manifest);
        QCOMPARE(manifest->content.shards.size(), 3u);
        QCOMPARE(manifest->content.samples, 25u);
        QCOMPARE(manifest->content.extensions.at("jpg"), 25u);
        std::size_t i = 0;
        for (const ShardInfo& shard : manifest->content.shards) {
            const fs::path path = pathOf(dir) / "v1" / shard.name;
            QCOMPARE(fs::file_size(path), shard.bytes);
            QCOMPARE(sha256HexOfFile(path).value(), shard.sha256);
            const ReadBack back = readAll(path);
            QVERIFY(!back.error && back.sawEnd);
            for (std::size_t k = 0; k < back.keys.size(); ++k, ++i) {
                const MadeSample sample = makeSample(i);
                QCOMPARE(back.keys[k], sample.key);
                QCOMPARE(back.names[3 * k], sample.key + ".jpg");
                QVERIFY(back.data[3 * k] == sample.jpg);
                QCOMPARE(back.data[3 * k + 1], sample.txt);
                QCOMPARE(back.data[3 * k + 2], sample.json);
            }
        }
        QCOMPARE(i, 25u);
        const auto read = readManifest(pathOf(dir) / "v1");
        VERIFY_OK(read);
        QCOMPARE(dumpJson(manifestToJson(*read)), dumpJson(manifestToJson(*manifest)));
        QVERIFY(!fs::exists(pathOf(dir) / "v1" / kShardJournalName));
    }

    void indexPointsAtTheBytes() {
        QTemporaryDir dir;
        VERIFY_OK(writeDataset(pathOf(dir), 12, 5));
        std::size_t i = 0;
        VERIFY_OK(readIndex(pathOf(dir) / kIndexName, [&](const IndexedSample& line) -> Status {
            const MadeSample sample = makeSample(i++);
            const std::string tar = readFile(pathOf(dir) / line.shard).value();
            if (line.key != sample.key || line.members.size() != 3 || line.members[0].extension != "jpg" ||
                tar.substr(line.members[0].offset, line.members[0].size) != sample.jpg ||
                tar.substr(line.members[2].offset, line.members[2].size) != sample.json ||
                line.members[1].xxh3 != xxh3(sample.txt))
                return fail(ErrorCode::Data, "line " + line.key);
            return {};
        }));
        QCOMPARE(i, 12u);
    }

    void indexLineIsPlainJson() {
        IndexedSample sample{
            "000000.tar", "a \"b\\ ü", {{"jpg", 512, 3, 0xabcULL}, {"mask.png", 1536, 0, 1}}};
        std::string line;
        appendIndexLine(line, sample);
        const auto json = parseJson(line);
        VERIFY_OK(json);
        QCOMPARE(json->at("members").at("mask.png").at("offset").get<int>(), 1536);
        IndexedSample back;
        VERIFY_OK(parseIndexLine(std::string_view(line).substr(0, line.size() - 1), back));
        QCOMPARE(back.key, sample.key);
        QCOMPARE(back.members[0].xxh3, 0xabcULL);
        // The same with blanks, as another program might write it.
        VERIFY_OK(parseIndexLine(
            R"({ "key": "k", "shard": "s.tar", "members": { "txt": {"xxh3": "1", "size": 1, "offset": 2} }, "n": 1 })",
            back));
        QCOMPARE(back.members.at(0).offset, 2u);
        for (const char* bad :
             {"", "{}", "[]", "{\"shard\":1,\"key\":\"k\",\"members\":{}}",
              "{\"shard\":\"s\",\"key\":\"k\",\"members\":{\"a\":{\"offset\":-1,\"size\":\"x\"}}}"})
            QVERIFY(!parseIndexLine(bad, back));
    }

    void sameInputSameBytes() {
        QTemporaryDir a, b;
        const auto first = writeDataset(pathOf(a), 30, 7), second = writeDataset(pathOf(b), 30, 7);
        VERIFY_OK(first);
        VERIFY_OK(second);
        QCOMPARE(dumpJson(manifestToJson(*first)), dumpJson(manifestToJson(*second)));
        // The bytes themselves are part of the format: they change only on purpose.
        QCOMPARE(QString::fromStdString(first->content.shards[0].sha256),
                 QStringLiteral("b5fe437239d607f6a0695ec43b68d5683eb09febc76fcf18e84a09efe39e7c86"));
    }

    void closesAtTheByteLimit() {
        QTemporaryDir dir;
        ShardWriterOptions options;
        options.limits.bytes = 10'000;
        auto writer = ShardWriter::create(pathOf(dir), options);
        VERIFY_OK(writer);
        const std::string image(3000, 'x'), large(20'000, 'y');
        const MemberView small[] = {{"jpg", image}}, big[] = {{"jpg", large}};
        for (int i = 0; i < 4; ++i) VERIFY_OK(writer->add("a" + std::to_string(i), small));
        VERIFY_OK(writer->add("b", big));  // larger than a shard: gets one of its own
        VERIFY_OK(writer->add("c", small));
        const auto totals = writer->close();
        VERIFY_OK(totals);
        std::vector<std::uint64_t> samples;
        for (const auto& shard : totals->shards) samples.push_back(shard.samples);
        QCOMPARE(samples, (std::vector<std::uint64_t>{2, 2, 1, 1}));
        for (const auto& shard : totals->shards) QVERIFY(shard.bytes <= 10'000 || shard.samples == 1);
    }

    void refusesBadSamples() {
        QTemporaryDir dir;
        auto writer = ShardWriter::create(pathOf(dir));
        VERIFY_OK(writer);
        const MemberView good[] = {{"jpg", "x"}}, twice[] = {{"jpg", "x"}, {"jpg", "y"}},
                         upper[] = {{"JPG", "x"}};
        for (const std::string key : {"", "a.b", "dir/", "__meta__", "/abs", "new\nline", "\xff"})
            QVERIFY(!writer->add(key, good));
        QVERIFY(!writer->add("k", twice));
        QVERIFY(!writer->add("k", upper));
        QVERIFY(!writer->add("k", {}));
        VERIFY_OK(writer->add("k", good));
        QVERIFY(!writer->add("k", good));
        QCOMPARE(writer->samplesWritten(), 1u);
        VERIFY_OK(writer->close());
    }

    void refusesFoldersOfOthers() {
        QTemporaryDir dir;
        VERIFY_OK(writeFileAtomic(pathOf(dir) / "000000.tar", "someone's"));
        const auto writer = ShardWriter::create(pathOf(dir));
        QVERIFY(!writer && writer.error().code == ErrorCode::Usage);
        QCOMPARE(readFile(pathOf(dir) / "000000.tar").value(), std::string("someone's"));
        QTemporaryDir done;
        VERIFY_OK(writeDataset(pathOf(done), 3, 3));
        QVERIFY(!ShardWriter::create(pathOf(done)));
    }

    void emptyDatasetIsAnError() {
        QTemporaryDir dir;
        auto writer = ShardWriter::create(pathOf(dir));
        VERIFY_OK(writer);
        QVERIFY(!writer->close());
    }

    void killedBuildGoesOn() {
        QTemporaryDir whole, cut;
        ShardWriterOptions options;
        options.limits.samples = 6;
        options.fingerprint = "plan-1";
        const auto finish = [&](ShardWriter& writer, const QTemporaryDir& into,
                                std::size_t from) -> Result<ShardTotals> {
            for (std::size_t i = from; i < 40; ++i) ATELIER_DO(writeSample(writer, makeSample(i)));
            ATELIER_TRY(auto totals, writer.close());
            ATELIER_DO(verifyShards(pathOf(into), totals));
            return totals;
        };
        auto reference = ShardWriter::create(pathOf(whole), options);
        VERIFY_OK(reference);
        const auto expected = finish(*reference, whole, 0);
        VERIFY_OK(expected);
        {
            auto killed = ShardWriter::create(pathOf(cut), options);
            VERIFY_OK(killed);
            for (std::size_t i = 0; i < 23; ++i) VERIFY_OK(writeSample(*killed, makeSample(i)));
        }
        QVERIFY(!fs::exists(pathOf(cut) / kIndexName));
        // One shard was damaged meanwhile, and the journal has a torn last line.
        VERIFY_OK(writeFileAtomic(pathOf(cut) / "000002.tar", "damaged"));
        auto again = ShardWriter::resume(pathOf(cut), options);
        VERIFY_OK(again);
        QCOMPARE(again->samplesWritten(), 12u);
        const auto totals = finish(*again, cut, 12);
        VERIFY_OK(totals);
        Manifest a, b;
        a.content = *expected;
        b.content = *totals;
        QCOMPARE(dumpJson(manifestToJson(b)), dumpJson(manifestToJson(a)));
        QCOMPARE(sha256HexOfFile(pathOf(cut) / kIndexName).value(), expected->indexSha256);
        // Killed between close() and the manifest: everything is kept.
        auto third = ShardWriter::resume(pathOf(cut), options);
        VERIFY_OK(third);
        QCOMPARE(third->samplesWritten(), 40u);
        const auto same = third->close();
        VERIFY_OK(same);
        QCOMPARE(same->indexSha256, expected->indexSha256);
        // Another plan starts over.
        options.fingerprint = "plan-2";
        auto other = ShardWriter::resume(pathOf(cut), options);
        VERIFY_OK(other);
        QCOMPARE(other->samplesWritten(), 0u);
        QVERIFY(!fs::exists(pathOf(cut) / "000000.tar"));
    }

    void longAndForeignNames() {
        const std::string deep = std::string(60, 'd') + "/" + std::string(60, 'e') + "/name";
        const std::string endless(180, 'n'), japanese = "写真/絵";
        QTemporaryDir dir;
        auto writer = ShardWriter::create(pathOf(dir));
        VERIFY_OK(writer);
        const MemberView members[] = {{"jpg", "J"}, {"txt", "T"}};
        for (const std::string& key : {deep, endless, japanese}) VERIFY_OK(writer->add(key, members));
        VERIFY_OK(writer->close());
        const ReadBack back = readAll(pathOf(dir) / "000000.tar");
        QVERIFY(!back.error);
        QCOMPARE(back.keys, (std::vector<std::string>{deep, endless, japanese}));
        const std::string tar = readFile(pathOf(dir) / "000000.tar").value();
        QCOMPARE(tar[kTarBlock * 0 + 156], '0');  // prefix + name suffice for the first
        QVERIFY(tar.find("././@PaxHeader") != std::string::npos);
    }

    void tornAtEveryByte() {
        const std::string tar = tarOf({{"a.jpg", std::string(300, 'a')},
                                       {"a.txt", "A"},
                                       {"b.jpg", std::string(900, 'b')},
                                       {"b.txt", "B"}});
        QTemporaryDir dir;
        const fs::path path = pathOf(dir) / "torn.tar";
        for (const bool data : {true, false}) {
            for (std::size_t size = 0; size < tar.size(); size += size % kTarBlock < 8 ? 1 : 61) {
                VERIFY_OK(writeFileAtomic(path, tar.substr(0, size)));
                ShardReaderOptions options;
                options.data = data;
                const ReadBack back = readAll(path, options);
                // Sample a is whole once the header of b is there: never half a sample unless the cut is
                // between members.
                const bool boundary =
                    size == 0 || size == 1024 || size == 2048 || size == 3584 || size == 4608;
                const bool ended = size >= 4608 + kTarBlock;
                QVERIFY2(back.error.has_value() != (boundary || ended), qPrintable(QString::number(size)));
                if (size >= 2048 + 512) QCOMPARE(back.keys.at(0), std::string("a"));
                if (size > 0 && size < 1024) QVERIFY(back.keys.empty());
                if (data)
                    for (std::size_t i = 0; i < back.names.size(); ++i) {
                        if (back.names[i] == "a.jpg") QCOMPARE(back.data[i], std::string(300, 'a'));
                        if (back.names[i] == "b.jpg") QCOMPARE(back.data[i], std::string(900, 'b'));
                    }
                QCOMPARE(back.sawEnd, ended);
            }
        }
    }

    // Samples larger than the reading buffer, which has to grow and to move.
    void largerThanTheBuffer() {
        QTemporaryDir folder;
        const fs::path path = pathOf(folder) / "large.tar";
        std::vector<std::pair<std::string, std::string>> files;
        for (std::size_t i = 0; i < 12; ++i)
            files.emplace_back(keyOf(i) + ".jpg", bytesOf(i, i == 5 ? 5'000'003 : 700'001));
        VERIFY_OK(writeFileAtomic(path, tarOf(files)));
        const ReadBack read = readAll(path);
        QVERIFY(!read.error);
        QVERIFY(read.sawEnd);
        QCOMPARE(read.data.size(), files.size());
        for (std::size_t i = 0; i < files.size(); ++i) QVERIFY(read.data[i] == files[i].second);
    }

    void cutWhileItIsRead() {
        QTemporaryDir folder;
        const fs::path path = pathOf(folder) / "cut.tar";
        std::vector<std::pair<std::string, std::string>> files;
        for (std::size_t i = 0; i < 12; ++i) files.emplace_back(keyOf(i) + ".jpg", bytesOf(i, 1'000'000));
        VERIFY_OK(writeFileAtomic(path, tarOf(files)));
        auto reader = ShardReader::open(path);
        VERIFY_OK(reader);
        VERIFY_OK(reader->next());
        const auto second = reader->next();
        VERIFY_OK(second);
        fs::resize_file(path, 1'500'000);  // inside what was handed out just now
        QVERIFY((*second)->members[0].bytes == files[1].second);
        const auto third = reader->next();
        QVERIFY(!third);
        QVERIFY2(third.error().what.find("truncated while it was read") != std::string::npos,
                 third.error().message().c_str());
        QCOMPARE(QString::fromStdString(third.error().where), QString::fromStdString(path.string()));
        QCOMPARE(exitCode(third.error().code), 3);
    }

    void wrongChecksumIsNamed() {
        std::string tar = tarOf({{"a.jpg", "1"}, {"b.jpg", "2"}, {"c.jpg", "3"}});
        tar[1024 * 2 + 5] ^= 1;  // in the name of c
        QTemporaryDir dir;
        VERIFY_OK(writeFileAtomic(pathOf(dir) / "x.tar", tar));
        const ReadBack back = readAll(pathOf(dir) / "x.tar");
        QVERIFY(back.error);
        QVERIFY(back.error->what.find("checksum") != std::string::npos &&
                back.error->what.find("2048") != std::string::npos);
        QVERIFY(back.error->where.find("x.tar") != std::string::npos);
        QCOMPARE(back.keys, std::vector<std::string>{"a"});
    }

    void groupsLikeWebdataset() {
        QTemporaryDir dir;
        const fs::path path = pathOf(dir) / "g.tar";
        VERIFY_OK(writeFileAtomic(path, tarOf({{"__meta__/x.json", "m"},
                                               {"d/a.JPG", "1"},
                                               {"noext", "-"},
                                               {"d/a.seg.PNG", "2"},
                                               {"b.txt", "3"},
                                               {".hidden", "-"},
                                               {"d/a.txt", "4"},
                                               {"x.y/z", "-"},
                                               {"./c.cls", "5"}})));
        const ReadBack back = readAll(path);
        QVERIFY(!back.error);
        QCOMPARE(back.keys, (std::vector<std::string>{"d/a", "b", "d/a", "./c"}));
        QCOMPARE(back.names,
                 (std::vector<std::string>{"d/a.jpg", "d/a.seg.png", "b.txt", "d/a.txt", "./c.cls"}));
        VERIFY_OK(writeFileAtomic(path, tarOf({{"a.jpg", "1"}, {"a.JPG", "2"}, {"b.jpg", "3"}})));
        QVERIFY(readAll(path).error.has_value());
        ShardReaderOptions lenient;
        lenient.skipDuplicates = true;
        const ReadBack kept = readAll(path, lenient);
        QVERIFY(!kept.error);
        QCOMPARE(kept.names, (std::vector<std::string>{"a.jpg", "b.jpg"}));
        QCOMPARE(kept.data[0], std::string("1"));
    }

    void memberNames() {
        const auto name = [](std::string_view path) {
            const auto split = splitMemberName(path);
            return split ? split->key + "|" + split->extension : std::string("-");
        };
        QCOMPARE(name("a/b.seg.png"), std::string("a/b|seg.png"));
        QCOMPARE(name("a.b/c.d"), std::string("a.b/c|d"));
        QCOMPARE(name("a.b/c"), std::string("-"));
        QCOMPARE(name("a."), std::string("a|"));
        QCOMPARE(name(".x"), std::string("-"));
        QCOMPARE(name("d/.x"), std::string("d/|x"));
        QCOMPARE(name("a.b/.x"), std::string("-"));
        QCOMPARE(name("__a__"), std::string("-"));
        QCOMPARE(name("__a__/b.c"), std::string("-"));
        QCOMPARE(name("d/__a__/b.c"), std::string("d/__a__/b|c"));
        QCOMPARE(name("__a__b.c"), std::string("__a__b|c"));
    }
};

QTEST_GUILESS_MAIN(TestShards)
#include "tst_shards.moc"
