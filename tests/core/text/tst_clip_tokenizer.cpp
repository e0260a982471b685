// SPDX-License-Identifier: GPL-3.0-or-later
// The tokenizer on a vocabulary small enough to follow by hand; the large comparison is
// tests/interop/tokenizer_test.py.
#include <QTemporaryDir>
#include <QTest>
#include <fstream>
#include <map>
#include <random>

#include "core/base/json.h"
#include "core/text/bpe.h"
#include "core/text/clip_tokenizer.h"
#include "core/text/unicode.h"

using namespace atelier;

namespace {

// 256 bytes, 256 bytes that end a word, "ca", "cat</w>", BOS, EOS.
void writeVocabulary(const fs::path& folder) {
    Json vocabulary = Json::object();
    for (int end = 0; end < 2; ++end)
        for (int b = 0; b < 256; ++b)
            vocabulary[BytePairEncoding::byteSymbol(static_cast<unsigned char>(b)) + (end ? "</w>" : "")] =
                end * 256 + b;
    vocabulary["ca"] = 512;
    vocabulary["cat</w>"] = 513;
    vocabulary["<|startoftext|>"] = 514;
    vocabulary["<|endoftext|>"] = 515;
    QVERIFY(createDirectories(folder));
    QVERIFY(writeFileAtomic(folder / "vocab.json", dumpJson(vocabulary)));
    QVERIFY(writeFileAtomic(folder / "merges.txt", "#version: 0.2\nc a\nca t</w>\n"));
    QVERIFY(
        writeFileAtomic(folder / "tokenizer_config.json", R"({"pad_token": "!", "model_max_length": 8})"));
}

using Ids = std::vector<std::int64_t>;

}  // namespace

class TestClipTokenizer : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    fs::path path(const char* name) const { return fs::path(dir_.path().toStdString()) / name; }

  private Q_SLOTS:
    void initTestCase() { writeVocabulary(path("classic")); }

    // Whatever stands in the files: a tokenizer that can be used, or an Error that says why not.
    void damagedFilesNeverCrash() {
        QVERIFY(ClipTokenizer::load(path("classic")).value().save(path("whole")));
        std::map<std::string, std::string> whole;
        for (const auto& entry : fs::directory_iterator(path("whole")))
            whole[entry.path().filename().string()] = readFile(entry.path()).value();
        QVERIFY(createDirectories(path("damaged")));
        std::mt19937 random(4);
        int refused = 0, read = 0;
        for (int round = 0; round < 400; ++round) {
            const bool classic = round % 2;
            std::vector<std::string> names;
            for (const auto& [name, text] : whole)
                if (!classic || name != "tokenizer.json") names.push_back(name);
            const std::string& bad = names[random() % names.size()];
            for (const auto& [name, text] : whole) {
                std::string bytes = text;
                fs::remove(path("damaged") / name);
                if (classic && name == "tokenizer.json") continue;
                if (name == bad) {
                    for (unsigned n = random() % 2 + 1; n > 0; --n)
                        bytes[random() % bytes.size()] =
                            static_cast<char>(round % 4 ? 32 + random() % 95 : random());
                    if (round % 5 == 0) bytes.resize(random() % bytes.size());
                }
                std::ofstream(path("damaged") / name, std::ios::binary) << bytes;
            }
            const auto tokenizer = ClipTokenizer::load(path("damaged"));
            if (!tokenizer) {
                ++refused;
                QVERIFY(!tokenizer.error().what.empty());
                continue;
            }
            ++read;
            QCOMPARE(tokenizer->encodePadded("a cat \xc3\xa9 <|endoftext|>").size(),
                     static_cast<std::size_t>(tokenizer->maxLength()));
        }
        QVERIFY(refused > 100);
        QVERIFY(read > 50);
    }

    void tokensCanBeAdded() {
        const auto plain = ClipTokenizer::load(path("classic")).value();
        const auto more = plain.withToken("<Fox>", 3).value()->withToken("ca-t").value();
        QCOMPARE(more->vocabSize(), std::int64_t{520});
        QCOMPARE(more->encode("a <fox>ca-t"), (Ids{256 + 'a', 516, 517, 518, 519}));
        QCOMPARE(more->encode("<Fox>_1"), (Ids{517}));
        QCOMPARE(plain.encode("<fox>").size(), std::size_t{5});
        QVERIFY(!more->withToken("<Fox>"));
        QVERIFY(!more->withToken(" "));
        // Every file that names added tokens is written with them.
        QVERIFY(plain.withToken("<Owl>", 2).value()->save(path("added")));
        const auto read = ClipTokenizer::load(path("added")).value();
        QCOMPARE(read.vocabSize(), std::int64_t{518});
        QCOMPARE(read.encode("an <owl> <Owl>_1"), (Ids{'a', 256 + 'n', 516, 517}));
    }

    void encodes() {
        const auto tokenizer = ClipTokenizer::load(path("classic")).value();
        QCOMPARE(tokenizer.encode(" Cat\tCAR  ca"), (Ids{513, 512, 256 + 'r', 'c', 256 + 'a'}));
        QCOMPARE(tokenizer.encode("cat's!"),
                 (Ids{513, '\'', 256 + 's', '!'}));  // the pad token is special wherever it stands
        QCOMPARE(tokenizer.encode("12"), (Ids{256 + '1', 256 + '2'}));
        QCOMPARE(tokenizer.encode("a<|endoftext|>b"), (Ids{256 + 'a', 515, 256 + 'b'}));
        QCOMPARE(tokenizer.encode("e\xcc\x81"),
                 tokenizer.encode("\xc3\x89"));  // e + U+0301 = É in lower case
        QCOMPARE(tokenizer.encode(""), Ids{});
        QCOMPARE(tokenizer.encode("\xff").size(), std::size_t{3});  // U+FFFD
        QCOMPARE(tokenizer.token(513), std::string_view("cat</w>"));
        QCOMPARE(tokenizer.vocabSize(), std::int64_t{516});
    }

    void padsAndCuts() {
        const auto tokenizer = ClipTokenizer::load(path("classic")).value();
        QCOMPARE(tokenizer.encodePadded("cat"), (Ids{514, 513, 515, '!', '!', '!', '!', '!'}));
        QCOMPARE(tokenizer.encodePadded("cat cat cat cat cat cat cat cat"),
                 (Ids{514, 513, 513, 513, 513, 513, 513, 515}));
        QCOMPARE(tokenizer.padId(), std::int64_t{'!'});
    }

    void savedFoldersLoadAlike() {
        const auto tokenizer = ClipTokenizer::load(path("classic")).value();
        QVERIFY(tokenizer.save(path("saved")));
        for (const char* name : {"vocab.json", "merges.txt", "special_tokens_map.json",
                                 "tokenizer_config.json", "tokenizer.json"})
            QVERIFY2(fs::exists(path("saved") / name), name);
        QVERIFY(createDirectories(path("fast")));
        fs::copy(path("saved") / "tokenizer.json", path("fast") / "tokenizer.json");
        fs::copy(path("saved") / "tokenizer_config.json", path("fast") / "tokenizer_config.json");
        for (const char* folder : {"saved", "fast"}) {
            const auto again = ClipTokenizer::load(path(folder)).value();
            for (const char* text : {"cat's CAT", "a<|startoftext|>b", "日本語 ½"})
                QCOMPARE(again.encodePadded(text), tokenizer.encodePadded(text));
        }
        QVERIFY(ClipTokenizer::load(path("fast")).value().save(path("classic-again")));
        QVERIFY(fs::exists(path("classic-again") / "merges.txt"));
    }

    void longWordsStayFast() {
        const auto tokenizer = ClipTokenizer::load(path("classic")).value();
        QCOMPARE(tokenizer.encode(std::string(400000, 'c') + "at").size(), std::size_t{400000});
    }

    void unicodeText() {
        const auto nfc = [](const char* text) {
            return unicode::encodeUtf8(unicode::composeCanonical(unicode::decodeUtf8(text)));
        };
        QCOMPARE(nfc("a\xcc\x88\xcc\xa3"),
                 std::string("\xe1\xba\xa1\xcc\x88"));  // ạ + U+0308: marks are ordered first
        QCOMPARE(nfc("\xe1\x84\x80\xe1\x85\xa1\xe1\x86\xa8"), std::string("\xea\xb0\x81"));  // Hangul
        QCOMPARE(nfc("\xe2\x84\xa6"), std::string("\xce\xa9"));                              // Ohm sign
        QCOMPARE(unicode::encodeUtf8(unicode::lowerCase(unicode::decodeUtf8("\xc4\xb0\xce\xa3"))),
                 std::string("i\xcc\x87\xcf\x83"));  // İΣ
        QVERIFY(unicode::isLetter(0x65E5) && unicode::isNumber(0xBD) && unicode::isSpace(0x3000) &&
                !unicode::isSpace(0x1C));
    }

    void refusals() {
        QVERIFY(!ClipTokenizer::load(path(std::string(300, 'x').c_str())));
        QVERIFY(!ClipTokenizer::load(path("absent")));
        writeVocabulary(path("broken"));
        fs::remove(path("broken") / "merges.txt");
        QVERIFY(ClipTokenizer::load(path("broken")).error().message().find("merges.txt") !=
                std::string::npos);
        QVERIFY(writeFileAtomic(path("broken") / "merges.txt", "c a\nca z z\n"));
        QVERIFY(ClipTokenizer::load(path("broken")).error().message().find("line 2") != std::string::npos);
        QVERIFY(writeFileAtomic(path("broken") / "merges.txt", "c a\n"));
        QVERIFY(writeFileAtomic(path("broken") / "tokenizer_config.json", R"({"pad_token": "[PAD]"})"));
        QVERIFY(ClipTokenizer::load(path("broken")).error().message().find("[PAD]") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestClipTokenizer)
#include "tst_clip_tokenizer.moc"
