// SPDX-License-Identifier: GPL-3.0-or-later
// Weights in prompts and long prompts (the web UI's own examples among them).
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

#include "core/base/json.h"
#include "core/text/bpe.h"
#include "core/text/clip_tokenizer.h"
#include "core/text/prompt_weights.h"

using namespace atelier;

namespace {

// "a 1.1|b 1|/c 1": texts with weights to four digits, "/" before one that starts a chunk.
QString shown(std::string_view prompt) {
    QStringList list;
    for (const auto& piece : parsePromptWeights(prompt))
        list << (piece.startsChunk ? "/" : "") + QString::fromStdString(piece.text) + ">" +
                    QString::number(piece.weight, 'g', 4);
    return list.join("|");
}

// Byte symbols, BOS 512, EOS 513; windows of 8.
ClipTokenizer byteTokenizer(const fs::path& folder) {
    Json vocabulary = Json::object();
    for (int end = 0; end < 2; ++end)
        for (int b = 0; b < 256; ++b)
            vocabulary[BytePairEncoding::byteSymbol(static_cast<unsigned char>(b)) + (end ? "</w>" : "")] =
                end * 256 + b;
    vocabulary["<|startoftext|>"] = 512;
    vocabulary["<|endoftext|>"] = 513;
    static_cast<void>(createDirectories(folder));
    static_cast<void>(writeFileAtomic(folder / "vocab.json", dumpJson(vocabulary)));
    static_cast<void>(writeFileAtomic(folder / "merges.txt", "#version: 0.2\n"));
    static_cast<void>(writeFileAtomic(folder / "tokenizer_config.json", R"({"model_max_length": 8})"));
    return ClipTokenizer::load(folder).value();
}

using Ids = std::vector<std::int64_t>;
using Weights = std::vector<float>;

}  // namespace

class TestPromptWeights : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;

  private Q_SLOTS:
    void parses_data() {
        QTest::addColumn<QString>("prompt");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* prompt, const char* expected) {
            QTest::newRow(prompt) << QString(prompt) << QString(expected);
        };
        row("normal text", "normal text>1");
        row("an (important) word", "an >1|important>1.1| word>1");
        row("(unbalanced", "unbalanced>1.1");
        row("[unbalanced", "unbalanced>0.9091");
        row("\\(literal\\]", "(literal]>1");
        row("(unnecessary)(parens)", "unnecessaryparens>1.1");
        row("a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).",
            "a >1|house>1.573| >1.1|on>1| a >1.1|hill>0.55|, sun, >1.1|sky>1.464|.>1.1");
        row("(x:1.3)", "x>1.3");
        row("(x: +1.3 )", "x>1.3");
        row("(x:-0.5)", "x>-0.5");
        row("(a:b)", "a:b>1.1");
        row("a:1.3)", "a:1.3)>1");
        row("(x:1.2.3)", "x:1.2.3>1.1");
        row("[[x]]", "x>0.8264");
        row("back\\slash \\\\ :", "back\\slash \\ :>1");
        row("a) b]", "a) b]>1");
        row("one BREAK two", "one>1|/two>1");
        row("(one BREAK two:2)BREAK", "one>2|/two>2|/>1");
        row("UNBREAKABLE BREAKS", "UNBREAKABLE BREAKS>1");
        row("", ">1");
        row("()", ">1");
    }
    void parses() {
        QFETCH(QString, prompt);
        QFETCH(QString, expected);
        QCOMPARE(shown(prompt.toStdString()), expected);
    }

    void chunks() {
        const auto tokenizer = byteTokenizer(fs::path(dir_.path().toStdString()) / "bytes");
        const auto one = tokenizePrompt(tokenizer, "a (b:2)", 8);
        QCOMPARE(one.size(), std::size_t{1});
        QCOMPARE(one[0].ids, (Ids{512, 256 + 'a', 256 + 'b', 513, 513, 513, 513, 513}));
        QCOMPARE(one[0].weights, (Weights{1, 1, 2, 1, 1, 1, 1, 1}));
        const auto plain = tokenizePrompt(tokenizer, "a b c", 8);
        QCOMPARE(plain[0].ids, tokenizer.encodePadded("a b c"));

        const auto full = tokenizePrompt(tokenizer, "1 2 3 4 5 6", 8);  // exactly one window
        QCOMPARE(full.size(), std::size_t{1});
        QCOMPARE(full[0].ids, tokenizer.encodePadded("1 2 3 4 5 6"));
        const auto two = tokenizePrompt(tokenizer, "1 2 3 4 5 6 (7:0.5)", 8);
        QCOMPARE(two.size(), std::size_t{2});
        QCOMPARE(two[0].ids, full[0].ids);
        QCOMPARE(two[1].ids, (Ids{512, 256 + '7', 513, 513, 513, 513, 513, 513}));
        QCOMPARE(two[1].weights[1], 0.5F);

        const auto broken = tokenizePrompt(tokenizer, "a BREAK b", 8);
        QCOMPARE(broken.size(), std::size_t{2});
        QCOMPARE(broken[1].ids, tokenizer.encodePadded("b"));
        QCOMPARE(tokenizePrompt(tokenizer, "", 8).at(0).ids, tokenizer.encodePadded(""));
    }
};

QTEST_GUILESS_MAIN(TestPromptWeights)
#include "tst_prompt_weights.moc"
