// SPDX-License-Identifier: GPL-3.0-or-later
// Verification finds every kind of damage; list and stats count right; manifests of other versions are
// refused.
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/hash.h"
#include "core/data/verify.h"
#include "tests/core/data/shard_fixture.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::testing;

class TestVerify : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path folder_;

    void damage(const std::string& name, const std::function<void(std::string&)>& change) {
        std::string bytes = readFile(folder_ / name).value();
        change(bytes);
        QVERIFY(writeFileAtomic(folder_ / name, bytes).has_value());
    }

  private Q_SLOTS:
    void init() {
        static int count = 0;
        folder_ = pathOf(dir_) / std::to_string(count++);
        VERIFY_OK(writeDataset(folder_, 20, 8));
    }

    void goodDataset() {
        std::uint64_t calls = 0;
        const auto report = verifyDataset(folder_, [&](const ReadProgress& p) {
            ++calls;
            return p.totalSamples == 20 && p.bytes <= p.totalBytes;
        });
        VERIFY_OK(report);
        QVERIFY(report->ok());
        QCOMPARE(report->samples, 20u);
        QCOMPARE(report->members, 60u);
        QCOMPARE(report->shards, 3u);
        QCOMPARE(report->bytes, readManifest(folder_)->content.bytes);
        QVERIFY(calls >= 1);
        QCOMPARE(verifyDataset(folder_, {}, 3)->samples, 20u);
    }

    // A changed byte anywhere in a shard is found and, inside a member, blamed on its sample.
    void everyChangedByteIsFound() {
        const std::string tar = readFile(folder_ / "000001.tar").value();
        for (std::size_t at = 0; at < tar.size(); at += 173) {
            damage("000001.tar", [&](std::string& bytes) {
                bytes = tar;
                bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
            });
            const auto report = verifyDataset(folder_);
            VERIFY_OK(report);
            QVERIFY2(!report->ok(), qPrintable(QString::number(at)));
            QCOMPARE(report->problems[0].shard, std::string("000001.tar"));
        }
        damage("000001.tar", [&](std::string& bytes) {
            bytes = tar;
            bytes[600] ^= 1;
        });
        const auto report = verifyDataset(folder_);
        QCOMPARE(report->problemCount, 2u);  // the shard's SHA-256 and the member
        QCOMPARE(report->problems[1].key, keyOf(8));
        QVERIFY(report->problems[1].text.find("\"jpg\"") != std::string::npos);
    }

    void missingTornAndLongerShards() {
        fs::remove(folder_ / "000002.tar");
        damage("000000.tar", [](std::string& bytes) { bytes.resize(bytes.size() / 2 + 7); });
        damage("000001.tar", [](std::string& bytes) { bytes.append(512, '\0'); });
        const auto report = verifyDataset(folder_);
        VERIFY_OK(report);
        std::string text;
        for (const DatasetProblem& p : report->problems) text += p.shard + ": " + p.text + "\n";
        QVERIFY(text.find("000002.tar: the shard does not exist") != std::string::npos);
        QVERIFY(text.find("000000.tar: it has") != std::string::npos &&
                text.find("000001.tar: it has") != std::string::npos);
    }

    void tarsThatTheManifestDoesNotNameAreSaid() {
        damage("000002.tar", [this](std::string& bytes) {
            QVERIFY(writeFileAtomic(folder_ / "000003.tar", bytes).has_value());
        });
        const auto report = verifyDataset(folder_);
        VERIFY_OK(report);
        QCOMPARE(report->problemCount, 1u);
        QCOMPARE(report->problems[0].shard, std::string("000003.tar"));
        QVERIFY(report->problems[0].text.find("does not name it") != std::string::npos);
    }

    // Between writing and reading back: a byte that belongs to no member counts, too, and the shard gets no
    // SHA-256, which a manifest would need.
    void changedBeforeItWasReadBack() {
        const fs::path folder = pathOf(dir_) / "fresh";
        auto writer = ShardWriter::create(folder);
        VERIFY_OK(writer);
        for (std::size_t i = 0; i < 3; ++i) VERIFY_OK(writeSample(*writer, makeSample(i)));
        auto totals = writer->close();
        VERIFY_OK(totals);
        QVERIFY(totals->shards[0].sha256.empty());
        QCOMPARE(totals->shards[0].xxh128, xxh128HexOfFile(folder / "000000.tar").value());
        std::string bytes = readFile(folder / "000000.tar").value();
        bytes[bytes.size() - 1] = 'x';  // in the second end block
        VERIFY_OK(writeFileAtomic(folder / "000000.tar", bytes));
        const auto changed = verifyShards(folder, *totals);
        VERIFY_OK(changed);
        QCOMPARE(changed->problemCount, 1u);
        QVERIFY(totals->shards[0].sha256.empty());
        bytes.back() = '\0';
        VERIFY_OK(writeFileAtomic(folder / "000000.tar", bytes));
        const auto good = verifyShards(folder, *totals);
        VERIFY_OK(good);
        QVERIFY(good->ok());
        QCOMPARE(totals->shards[0].sha256, sha256Hex(bytes));
    }

    void indexIsHeldAgainstTheManifest() {
        damage(kIndexName, [](std::string& text) { text.erase(0, text.find('\n') + 1); });
        const auto report = verifyDataset(folder_);
        VERIFY_OK(report);
        QVERIFY(report->problemCount >= 3);
        fs::remove(folder_ / kIndexName);
        QVERIFY(!verifyDataset(folder_)->ok());
    }

    void cancelled() {
        int calls = 0;
        const auto report = verifyDataset(folder_, [&](const ReadProgress&) { return ++calls < 0; });
        QVERIFY(!report && report.error().code == ErrorCode::Cancelled);
        QCOMPARE(calls, 1);
    }

    void unfinishedAndForeignManifests() {
        const auto refused = [&](const std::string& text) {
            (void)writeFileAtomic(folder_ / kManifestName, text);
            const auto manifest = readManifest(folder_);
            return manifest ? std::string() : manifest.error().message();
        };
        const Json good = *parseJson(readFile(folder_ / kManifestName).value());
        Json newer = good;
        newer["version"] = 2;
        QVERIFY(refused(dumpJson(newer)).find("version 2") != std::string::npos);
        Json escaping = good;
        escaping["shards"][0]["name"] = "../x.tar";
        QVERIFY(!refused(dumpJson(escaping)).empty());
        Json totals = good;
        totals["totals"]["samples"] = 21;
        QVERIFY(!refused(dumpJson(totals)).empty());
        Json extra = good;
        extra["something_new"] = 1;
        QVERIFY(refused(dumpJson(extra)).empty());
        for (const std::string text :
             {"", "{}", "[]", "null", "{\"format\":\"atelier-dataset\"}", "{\"format\":1}",
              "{\"format\":\"atelier-dataset\",\"version\":1,\"totals\":[]}"})
            QVERIFY2(!refused(text).empty(), text.c_str());
        fs::remove(folder_ / kManifestName);
        const auto unfinished = verifyDataset(folder_);
        QVERIFY(!unfinished && unfinished.error().code == ErrorCode::Data);
    }

    void listAndStats() {
        std::vector<std::string> keys;
        VERIFY_OK(listDataset(folder_.string(), [&](const ListedSample& sample) {
            keys.push_back(sample.shard + "/" + sample.key + "/" + std::to_string(sample.members.size()));
            return keys.size() < 10;
        }));
        QCOMPARE(keys.size(), 10u);
        QCOMPARE(keys[9], std::string("000001.tar/") + keyOf(9) + "/3");
        const auto stats = statsDataset(folder_.string());
        VERIFY_OK(stats);
        QCOMPARE(stats->samples, 20u);
        QCOMPARE(stats->shards, 3u);
        QCOMPARE(stats->extensions.at("txt").members, 20u);
        QCOMPARE(stats->sizes.at("64x48"), 20u);
        QCOMPARE(stats->captionWords, 40u);
        QCOMPARE(stats->longestCaption, 10u);
        QCOMPARE(stats->withoutImage + stats->withoutCaption + stats->emptyCaptions, 0u);
    }
};

QTEST_GUILESS_MAIN(TestVerify)
#include "tst_verify.moc"
