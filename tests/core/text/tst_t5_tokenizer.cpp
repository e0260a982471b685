// SPDX-License-Identifier: GPL-3.0-or-later
// T5's tokenizer on a vocabulary small enough to follow by hand, and on damaged files; the large comparison
// is tests/interop/t5_tokenizer_test.py.
#include <QTemporaryDir>
#include <QTest>

#include <bit>
#include <fstream>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/text/charsmap.h"
#include "core/text/sentencepiece_model.h"
#include "core/text/t5_tokenizer.h"
#include "core/text/unicode.h"

using namespace atelier;

namespace {

using Ids = std::vector<std::int64_t>;

std::string varint(std::uint64_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7U) out += static_cast<char>(value | 0x80U);
    return out + static_cast<char>(value);
}
std::string lengthField(int number, const std::string& bytes) {
    return varint(static_cast<std::uint64_t>(number) << 3U | 2U) + varint(bytes.size()) + bytes;
}
std::string word(std::uint32_t value) {
    std::string out;
    for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
    return out;
}

struct Piece {
    const char* text;
    float score;
    int kind;
};
// <pad> 0, </s> 1, <unk> 2, then what the tests are about.
const std::vector<Piece> kPieces{{"<pad>", 0, 3}, {"</s>", 0, 3}, {"<unk>", 0, 2}, {"▁", -3, 1},
                                 {"a", -4, 1},    {"b", -4, 1},   {"ab", -5, 1},   {"▁ab", -9, 1},
                                 {"▁a", -6, 1},   {"[x]", 0, 4},  {"é", -7, 1}};

// A double array that knows "A" alone and makes it "a".
std::string lowerA() {
    std::string trie(4 * 512, '\0');
    const auto set = [&](std::size_t i, std::uint32_t unit) { trie.replace(4 * i, 4, word(unit)); };
    set(0, 256U << 10U);                            // the root's children are at 256 ^ byte
    set(256 ^ 'A', (64U << 10U) | 1U << 8U | 'A');  // a leaf at (256 ^ 'A') ^ 64
    set((256 ^ 'A') ^ 64, 1U << 31U | 0U);          // its value: the replacement's place
    return word(static_cast<std::uint32_t>(trie.size())) + trie + std::string("a\0", 2);
}

std::string modelBytes(const std::string& charsmap = lowerA()) {
    std::string bytes;
    for (const Piece& piece : kPieces)
        bytes += lengthField(1, lengthField(1, piece.text) + varint(2U << 3U | 5U) +
                                    word(std::bit_cast<std::uint32_t>(piece.score)) + varint(3U << 3U) +
                                    varint(static_cast<std::uint64_t>(piece.kind)));
    bytes += lengthField(2, varint(3U << 3U) + varint(1) + varint(40U << 3U) + varint(2));
    return bytes + lengthField(3, lengthField(2, charsmap));
}

}  // namespace

class TestT5Tokenizer : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    fs::path path(const char* name) const { return fs::path(dir_.path().toStdString()) / name; }

  private Q_SLOTS:
    void initTestCase() {
        QVERIFY(createDirectories(path("spiece")));
        QVERIFY(writeFileAtomic(path("spiece") / "spiece.model", modelBytes()));
        QVERIFY(writeFileAtomic(path("spiece") / "tokenizer_config.json",
                                R"({"model_max_length": 8, "extra_ids": 2})"));
    }

    void theMostProbablePiecesWin() {
        const auto tokenizer = T5Tokenizer::load(path("spiece")).value();
        QCOMPARE(tokenizer.encode("ab"), (Ids{3, 6}));  // −3 −5 against −9: "▁", "ab"
        QCOMPARE(tokenizer.encode("a"), (Ids{8}));      // −6 against −3 −4
        QCOMPARE(tokenizer.encode("Ab\n AB"), (Ids{3, 6, 8, 2}));
        QCOMPARE(tokenizer.encode("zz\u00e9z"), (Ids{3, 2, 10, 2}));  // neighbours that are unknown are one
        QCOMPARE(tokenizer.encode("a[x]</s><extra_id_1>a"), (Ids{8, 9, 1, 11, 8}));
        QCOMPARE(tokenizer.encode("a▁b"), (Ids{8, 3, 5}));
        QCOMPARE(tokenizer.encode(" \t\n"), Ids{});
        QCOMPARE(tokenizer.encode("\xff"), (Ids{3, 2}));
        QCOMPARE(tokenizer.vocabSize(), std::int64_t{13});
    }

    void windowsEndWithTheEnd() {
        const auto tokenizer = T5Tokenizer::load(path("spiece")).value();
        QCOMPARE(tokenizer.encodePadded("a"), (Ids{8, 1, 0, 0, 0, 0, 0, 0}));
        QCOMPARE(tokenizer.encodePadded("a a a a a a a a a"), (Ids{8, 8, 8, 8, 8, 8, 8, 1}));
        QCOMPARE(tokenizer.maxLength() - tokenizer.specialTokens(), 7);
    }

    void furtherTokensAreSoughtAsTheyAreWritten() {
        const auto plain = loadTokenizer(path("spiece")).value();
        const auto more = plain->withToken("<Toy>", 2).value()->withToken("ab-1").value();
        QCOMPARE(more->vocabSize(), std::int64_t{16});
        QCOMPARE(more->encode("a<Toy> ab-1"), (Ids{8, 13, 14, 15}));
        QVERIFY(more->encode("<toy>") != (Ids{13, 14}));  // T5 tells small letters from capitals
        QCOMPARE(plain->encode("<Toy>"), (Ids{3, 2}));    // and stays as it was
        for (const char* taken : {"<Toy>", "▁ab", "</s>", " "}) QVERIFY(!more->withToken(taken));
        for (const char* removed : {"spiece.model", "tokenizer.json"}) {
            QVERIFY(more->save(path("more")));
            QVERIFY(fs::remove(path("more") / removed));
            QCOMPARE(loadTokenizer(path("more")).value()->encode("<Toy><Toy>_1 ab-1"), (Ids{13, 14, 15}));
        }
    }

    void savedFoldersReadTheSame() {
        const auto tokenizer = loadTokenizer(path("spiece")).value();
        QCOMPARE(tokenizer->className(), std::string("T5Tokenizer"));
        QVERIFY(tokenizer->save(path("saved")));
        for (const char* left : {"spiece.model", "tokenizer.json"}) {
            const fs::path folder = path(left);
            QVERIFY(tokenizer->save(folder));
            for (const char* file : {"spiece.model", "tokenizer.json"})
                if (std::string_view(file) != left) fs::remove(folder / file);
            const auto again = loadTokenizer(folder).value();
            for (const char* text : {"Ab [x]é zz", "a</s><extra_id_0>", "▁▁A"})
                QCOMPARE(again->encodePadded(text), tokenizer->encodePadded(text));
        }
    }

    void clustersOfCodePoints() {
        const auto ends = [](std::u32string_view text) {
            std::vector<std::size_t> found;
            for (std::size_t i = 0; i < text.size();) found.push_back(i = unicode::clusterEnd(text, i));
            return found;
        };
        using Ends = std::vector<std::size_t>;
        QCOMPARE(ends(U"ab"), (Ends{1, 2}));
        QCOMPARE(ends(U"e\u0301\u0323x"), (Ends{3, 4}));
        QCOMPARE(ends(U"\r\n\n"), (Ends{2, 3}));
        QCOMPARE(ends(U"\u0007\u0301"), (Ends{1, 2}));
        QCOMPARE(ends(U"\u1100\u1161\u11a8\u1100"), (Ends{3, 4}));
        QCOMPARE(ends(U"\u0600a"), (Ends{2}));
        QCOMPARE(ends(U"\U0001f468\u200d\U0001f469a"), (Ends{3, 4}));
    }

    void base64GoesBothWays() {
        for (std::size_t size = 0; size < 9; ++size) {
            const std::string bytes = std::string("\x00\xff\x10 abc\x80", 8).substr(0, size);
            QCOMPARE(fromBase64(toBase64(bytes), "x").value(), bytes);
        }
        QCOMPARE(toBase64("Ma"), std::string("TWE="));
        QVERIFY(!fromBase64("a-b", "x"));
    }

    // Any bytes are a model or an Error that says why not; what is read can be used.
    void damagedModels() {
        const std::string whole = modelBytes();
        const Random random(3, RandomStream::Init, 0);
        std::uint64_t draw = 0;
        int read = 0;
        for (int i = 0; i < 3000; ++i) {
            std::string bytes = whole;
            for (int k = 0; k < 1 + i % 4; ++k) {
                const auto place = static_cast<std::size_t>(random.below(bytes.size(), draw++));
                bytes[place] = static_cast<char>(random.below(256, draw++));
            }
            if (i % 5 == 0) bytes.resize(static_cast<std::size_t>(random.below(bytes.size(), draw++)));
            const auto model = SentencePieceModel::parse(bytes, "spiece.model");
            if (!model) {
                QVERIFY(!model.error().what.empty());
                continue;
            }
            if (const auto map = Charsmap::parse(model->charsmap, "spiece.model")) {
                ++read;
                static_cast<void>(map->normalize(U"AAaé\u0301\U0001f468"));
            }
        }
        QVERIFY(read > 100);
    }

    // The same for tokenizer.json and what stands beside it.
    void damagedFiles() {
        QVERIFY(T5Tokenizer::load(path("spiece")).value().save(path("whole")));
        QVERIFY(createDirectories(path("damaged")));
        const Random random(5, RandomStream::Init, 0);
        std::uint64_t draw = 0;
        int read = 0, refused = 0;
        for (int i = 0; i < 600; ++i) {
            const std::string bad = i % 3 ? "tokenizer.json" : "tokenizer_config.json";
            for (const std::string name : {"tokenizer.json", "tokenizer_config.json"}) {
                auto bytes = readFile(path("whole") / name).value();
                for (int k = 0; name == bad && k < 1 + i % 2; ++k) {
                    const auto place = static_cast<std::size_t>(random.below(bytes.size(), draw++));
                    bytes[place] =
                        static_cast<char>(i % 4 ? 32 + random.below(95, draw++) : random.below(256, draw++));
                }
                if (name == bad && i % 5 == 0)
                    bytes.resize(static_cast<std::size_t>(random.below(bytes.size(), draw++)));
                std::ofstream(path("damaged") / name, std::ios::binary) << bytes;
            }
            const auto tokenizer = T5Tokenizer::load(path("damaged"));
            if (!tokenizer) {
                ++refused;
                QVERIFY(!tokenizer.error().what.empty());
                continue;
            }
            ++read;
            QCOMPARE(tokenizer->encodePadded("Ab [x]é zz </s>").size(),
                     static_cast<std::size_t>(tokenizer->maxLength()));
        }
        QVERIFY(read > 60);
        QVERIFY(refused > 100);
    }

    void whatIsNoTokenizerIsNamed() {
        QVERIFY(T5Tokenizer::load(path("absent")).error().message().find("no such folder") !=
                std::string::npos);
        QVERIFY(createDirectories(path("empty")));
        QVERIFY(T5Tokenizer::load(path("empty")).error().message().find("spiece.model") != std::string::npos);
        QVERIFY(!T5Tokenizer::isFolder(path("empty")));
    }
};

QTEST_GUILESS_MAIN(TestT5Tokenizer)
#include "tst_t5_tokenizer.moc"
