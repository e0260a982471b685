// SPDX-License-Identifier: GPL-3.0-or-later
// Random damage to tars, indexes, manifests and the build's journal: always an Error or a sensible result,
// never a crash, a hang, a huge allocation or a read outside the file. Most telling under the asan preset.
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "core/base/json.h"
#include "core/data/dataset_index.h"
#include "core/data/index_lines.h"
#include "core/data/metadata_filter.h"
#include "core/data/shard_paths.h"
#include "core/data/shard_reader.h"
#include "core/data/tar_format.h"
#include "core/data/verify.h"
#include "tests/core/data/shard_fixture.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::testing;

namespace {

// ATELIER_FUZZ_ROUNDS=20000 looks for longer.
const int kRounds = std::max(400, qEnvironmentVariableIntValue("ATELIER_FUZZ_ROUNDS"));

// Draws of one round.
struct Dice {
    explicit Dice(int round) : random(99, RandomStream::Sample, static_cast<std::uint64_t>(round)) {}
    std::uint64_t below(std::uint64_t bound) { return random.below(bound, next++); }
    Random random;
    std::uint64_t next = 0;
};

// Flips, overwrites, cuts, doubles and moves pieces of the bytes.
std::string damaged(std::string bytes, Dice& dice) {
    for (std::uint64_t changes = 1 + dice.below(4); changes > 0 && !bytes.empty(); --changes) {
        const std::size_t at = dice.below(bytes.size());
        const std::size_t length = std::min<std::size_t>(dice.below(700), bytes.size() - at);
        switch (dice.below(6)) {
            case 0:
                bytes[at] = static_cast<char>(dice.below(256));
                break;
            case 1:
                bytes.resize(at);
                break;
            case 2:
                bytes.insert(at, bytes.substr(at, length));
                break;
            case 3:
                bytes.erase(at, length);
                break;
            case 4:
                std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), length,
                            static_cast<char>(dice.below(256)));
                break;
            case 5:
                bytes[at] ^= static_cast<char>(1 << dice.below(8));
                break;
        }
    }
    return bytes;
}

// A header field of a random block is replaced and the checksum put right, so that parsing gets past it.
std::string lyingHeader(std::string tar, Dice& dice) {
    const std::size_t block = dice.below(tar.size() / kTarBlock) * kTarBlock;
    switch (dice.below(4)) {
        case 0:
            tar[block + 156] = "0\0001234567xgLKSDX"[dice.below(17)];
            break;
        case 1:
            for (std::size_t i = 0; i < 12; ++i)
                tar[block + 124 + i] = static_cast<char>(i == 0 ? 0x80 : dice.below(256));
            break;
        case 2:
            for (std::size_t i = 0; i < 11; ++i)
                tar[block + 124 + i] = static_cast<char>('0' + dice.below(8));
            break;
        case 3:
            for (std::size_t i = 0; i < 100; ++i) tar[block + i] = "a./_\0é"[dice.below(7)];
            break;
    }
    unsigned sum = 8 * ' ';
    for (std::size_t i = 0; i < kTarBlock; ++i)
        if (i < 148 || i >= 156) sum += static_cast<unsigned char>(tar[block + i]);
    for (int i = 5; i >= 0; --i, sum >>= 3)
        tar[block + 148 + static_cast<std::size_t>(i)] = static_cast<char>('0' + (sum & 7));
    tar[block + 154] = '\0';
    return tar;
}

void readEverything(const fs::path& path, std::size_t size) {
    for (const bool data : {true, false}) {
        ShardReaderOptions options;
        options.data = data;
        options.skipDuplicates = data;
        auto reader = ShardReader::open(path, options);
        if (!reader) continue;
        for (;;) {
            const auto sample = reader->next();
            if (!sample || *sample == nullptr) break;
            QVERIFY(!(*sample)->members.empty());
            for (const ShardMember& member : (*sample)->members) {
                QVERIFY(member.offset + member.size <= size);
                if (data) QCOMPARE(member.bytes.size(), member.size);
            }
        }
        QVERIFY(reader->next().value_or(nullptr) == nullptr);
    }
}

}  // namespace

class TestDamagedInput : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path good_;

    std::string text(const char* name) { return readFile(good_ / name).value(); }

  private Q_SLOTS:
    void initTestCase() {
        good_ = pathOf(dir_) / "good";
        VERIFY_OK(writeDataset(good_, 9, 4));
    }

    void tars() {
        const std::string tar = text("000000.tar");
        const fs::path path = pathOf(dir_) / "x.tar";
        for (int round = 0; round < kRounds; ++round) {
            Dice dice(round);
            std::string bytes = round % 2 == 0 ? damaged(tar, dice) : lyingHeader(tar, dice);
            if (round % 10 == 1) bytes = lyingHeader(std::move(bytes), dice);
            std::ofstream(path, std::ios::binary) << bytes;
            readEverything(path, bytes.size());
        }
    }

    void longNamesAndPaxRecords() {
        std::string tar;
        for (int i = 0; i < 6; ++i) {
            appendTarHeader(tar, std::string(150, static_cast<char>('a' + i)) + "é.jpg", 5);
            tar += std::string("12345") + std::string(tarPadding(5), '\0');
        }
        tar.append(1024, '\0');
        const fs::path path = pathOf(dir_) / "pax.tar";
        for (int round = 0; round < kRounds; ++round) {
            Dice dice(round + 1000);
            const std::string bytes = round % 2 == 0 ? damaged(tar, dice) : lyingHeader(tar, dice);
            std::ofstream(path, std::ios::binary) << bytes;
            readEverything(path, bytes.size());
        }
        for (const char* body :
             {"", "0", "5 a=", "9999999999999999999999 path=x\n", "11 path=ab\n", "3 \n", "-5 path=x\n",
              "7 size=\n", "28 size=99999999999999999999\n", "10 path=\0x\n"}) {
            PaxRecords records;
            (void)parsePax(body, records);
        }
    }

    void hugeSizesAllocateNothing() {
        std::string tar;
        appendTarHeader(tar, "a.jpg", kUstarSizeLimit);
        tar += "short";
        const fs::path path = pathOf(dir_) / "huge.tar";
        std::ofstream(path, std::ios::binary) << tar;
        auto reader = ShardReader::open(path);
        VERIFY_OK(reader);
        const auto sample = reader->next();
        QVERIFY(!sample && sample.error().code == ErrorCode::Data);
    }

    void indexLinesAndManifests() {
        const std::string index = text(kIndexName), manifest = text(kManifestName);
        const fs::path bad = pathOf(dir_) / "bad";
        fs::create_directories(bad);
        for (const char* name : {"000000.tar", "000001.tar", "000002.tar"})
            fs::copy_file(good_ / name, bad / name);
        int opened = 0;
        for (int round = 0; round < kRounds; ++round) {
            Dice dice(round + 2000);
            const bool first = round % 2 == 0;
            std::ofstream(bad / kIndexName, std::ios::binary) << (first ? damaged(index, dice) : index);
            std::ofstream(bad / kManifestName, std::ios::binary)
                << (first ? manifest : damaged(manifest, dice));
            const auto dataset = DatasetIndex::open(bad.string());
            if (dataset) {
                ++opened;
                for (std::uint64_t i = 0; i < (*dataset)->size(); ++i)
                    for (const auto& member : (*dataset)->members(i)) {
                        const auto bytes = (*dataset)->read(i, member);
                        QVERIFY(!bytes || bytes->size() == member.size);
                    }
            }
            const auto report = verifyDataset(bad);
            if (first && readFile(bad / kIndexName).value() != index) QVERIFY(report && !report->ok());
        }
        QVERIFY(opened > kRounds / 4);
    }

    void numbersBeyondADouble() {
        const auto json = parseJson("{\"offset\": 1e999}", "index.jsonl");
        QVERIFY(!json && json.error().code == ErrorCode::Data);
        IndexedSample sample;
        QVERIFY(!parseIndexLine("{\"shard\":\"s\",\"key\":\"k\",\"members\":{\"a\":{\"offset\":1e999}}}",
                                sample));
    }

    void journals() {
        const fs::path folder = pathOf(dir_) / "journal";
        ShardWriterOptions options;
        options.limits.samples = 2;
        options.fingerprint = "f";
        const auto start = [&] {
            fs::remove_all(folder);
            auto writer = ShardWriter::create(folder, options);
            for (std::size_t i = 0; writer && i < 7; ++i) (void)writeSample(*writer, makeSample(i));
        };
        start();
        const std::string journal = readFile(folder / kShardJournalName).value();
        for (int round = 0; round < 60; ++round) {
            Dice dice(round + 3000);
            start();
            std::ofstream(folder / kShardJournalName, std::ios::binary) << damaged(journal, dice);
            auto writer = ShardWriter::resume(folder, options);
            if (!writer) continue;
            const std::uint64_t from = writer->samplesWritten();
            QVERIFY(from <= 6 && from % 2 == 0);
            for (std::size_t i = from; i < 7; ++i) VERIFY_OK(writeSample(*writer, makeSample(i)));
            auto totals = writer->close();
            VERIFY_OK(totals);
            const auto report = verifyShards(folder, *totals);
            VERIFY_OK(report);
            QVERIFY2(report->ok(), report->problems.empty() ? "" : report->problems[0].text.c_str());
        }
    }

    void patternsAndFilters() {
        const std::string alphabet = "{}.,\\0129az-:$_/";
        for (int round = 0; round < 20 * kRounds; ++round) {
            Dice dice(round + 5000);
            std::string pattern;
            for (std::uint64_t n = dice.below(16); n > 0; --n)
                pattern += alphabet[dice.below(alphabet.size())];
            const auto words = expandBraces(pattern, 5000);
            if (words) QVERIFY(words->size() <= 5000);
            (void)expandShardSpec(pattern.size() < 6 ? pattern : pattern.substr(0, 6));
            (void)parseFilter("f", pattern);
        }
        QVERIFY(!expandBraces(std::string(100'000, '{')));
        QVERIFY(!expandBraces(std::string(100'000, '{') + std::string(100'000, '}')));
        QVERIFY(expandBraces(std::string(50, '{') + std::string(50, '}')));
    }
};

QTEST_GUILESS_MAIN(TestDamagedInput)
#include "tst_damaged_input.moc"
