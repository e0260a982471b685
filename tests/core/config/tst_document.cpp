// SPDX-License-Identifier: GPL-3.0-or-later
// Edits that keep what people wrote, on tidy and on nasty files.
#include <QtTest>
#include <random>

#include "core/config/document.h"

using namespace atelier;

namespace {
QString set(const char* text, const char* path, const char* value) {
    const auto edited = setInText(text, splitKeyPath(path), *yaml::parse(value));
    return QString::fromStdString(edited ? *edited : "error: " + edited.error().message());
}
QString removed(const char* text, const char* path) {
    const auto edited = removeFromText(text, splitKeyPath(path));
    return QString::fromStdString(edited ? *edited : "error: " + edited.error().message());
}
}  // namespace

class TestDocument : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void setsValues_data();
    void setsValues();
    void removesKeys_data();
    void removesKeys();
    void refusesWhatItCannotKeep();
    void itemsOfListsKeepTheirComments();
    void randomEditsMeanWhatTheySay();
    void origins();
};

void TestDocument::setsValues_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("result");
    const auto row = [](const char* name, const char* text, const char* path, const char* value,
                        const char* result) {
        QTest::newRow(name) << QString::fromUtf8(text) << QString::fromUtf8(path) << QString::fromUtf8(value)
                            << QString::fromUtf8(result);
    };
    row("scalar", "a: 1  # one\nb: 2\n", "a", "3", "a: 3  # one\nb: 2\n");
    row("nested", "s:\n    # why\n    k: x\n    l: y\n", "s.k", "z", "s:\n    # why\n    k: z\n    l: y\n");
    row("keeps single quotes", "a: 'x'\n", "a", "y", "a: 'y'\n");
    row("keeps double quotes", "a: \"x\" # c\n", "a", "y z", "a: \"y z\" # c\n");
    row("quotes when needed", "a: x\n", "a", "'yes'", "a: 'yes'\n");
    row("quotes colon", "a: x\n", "a", "'b: c'", "a: 'b: c'\n");
    row("empty value", "a:\nb: 1\n", "a", "2", "a: 2\nb: 1\n");
    row("empty value with comment", "a: # c\nb: 1\n", "a", "2", "a: 2 # c\nb: 1\n");
    row("empty value at the end", "b: 1\na:", "a", "2", "b: 1\na: 2");
    row("flow list", "a: [1, 2] # c\n", "a", "[3]", "a: [3] # c\n");
    row("flow over lines", "a: [\n  1,\n  2\n]  # c\nb: 1\n", "a", "[3]", "a: [3]  # c\nb: 1\n");
    row("block list to flow", "a:\n  - 1  # one\n  - 2\n# tail\nb: 1\n", "a", "[3]",
        "a: [3]\n# tail\nb: 1\n");
    row("block list, comment on key", "a: # keep\n- 1\n- 2\nb: 1\n", "a", "[3]", "a: [3] # keep\nb: 1\n");
    row("literal", "a: |\n  x\n  y\n\nb: 1\n", "a", "z", "a: z\n\nb: 1\n");
    row("multi-line plain", "a: x\n  y\nb: 1\n", "a", "z", "a: z\nb: 1\n");
    row("multi-line quoted", "a: 'x\n  y' # c\nb: 1\n", "a", "z", "a: 'z' # c\nb: 1\n");
    row("in flow map", "s: {a: 1, b: 2}\n", "s.b", "3", "s: {a: 1, b: 3}\n");
    row("flow text with comma", "s: {a: x}\n", "s.a", "'p, q'", "s: {a: 'p, q'}\n");
    row("anchor stays", "a: &x 1\nb: 2\n", "a", "3", "a: &x 3\nb: 2\n");
    row("alias replaced", "a: &x 1\nb: *x\n", "b", "3", "a: &x 1\nb: 3\n");
    row("merged key becomes own", "d: &d {k: 1}\ns:\n  <<: *d\n  l: 2\n", "s.k", "5",
        "d: &d {k: 1}\ns:\n  <<: *d\n  l: 2\n  k: 5\n");
    row("new key", "system:\n  batch_size: 1\noptimizer:\n  name: adamw\n", "system.workers", "4",
        "system:\n  batch_size: 1\n  workers: 4\noptimizer:\n  name: adamw\n");
    row("new key by schema order", "experiment:\n  name: x\n  seed: 1  # s\n", "experiment.log_dir", "/y",
        "experiment:\n  name: x\n  log_dir: /y\n  seed: 1  # s\n");
    row("new key, odd indent", "system:\n     batch_size: 1 # b\n\n\nloss:\n", "system.workers", "4",
        "system:\n     batch_size: 1 # b\n     workers: 4\n\n\nloss:\n");
    row("new section", "experiment:\n  name: x\ncluster:\n  nodes: 2\n", "system.workers", "4",
        "experiment:\n  name: x\nsystem:\n  workers: 4\ncluster:\n  nodes: 2\n");
    row("new nested", "optimizer:\n  name: adamw\n", "optimizer.params.beta1", "0.8",
        "optimizer:\n  name: adamw\n  params:\n    beta1: 0.8\n");
    row("below null section", "wandb:\nloss: {}\n", "wandb.mode", "offline",
        "wandb:\n  mode: offline\nloss: {}\n");
    row("below null with comment", "wandb: # later\nloss: {}\n", "wandb.mode", "offline",
        "wandb: # later\n  mode: offline\nloss: {}\n");
    row("below explicit null", "wandb: ~\nloss: {}\n", "wandb.mode", "offline",
        "wandb:\n  mode: offline\nloss: {}\n");
    row("into empty flow", "loss: {}  # c\n", "loss.kl_weight", "0.5", "loss: {kl_weight: 0.5}  # c\n");
    row("into flow", "loss: {kl_weight: 1}\n", "loss.l1_weight", "0.5",
        "loss: {kl_weight: 1, l1_weight: 0.5}\n");
    row("into flow over lines", "loss: {\n  kl_weight: 1,\n}\n", "loss.l1_weight", "0.5",
        "loss: {\n  kl_weight: 1, l1_weight: 0.5,\n}\n");
    row("empty file", "", "a.b", "1", "a:\n  b: 1\n");
    row("only comments", "# hello\n", "a.b", "1", "# hello\na:\n  b: 1\n");
    row("no final newline", "a: 1", "b", "2", "a: 1\nb: 2");
    row("crlf", "a: 1 # x\r\nb: 2\r\n", "a", "3", "a: 3 # x\r\nb: 2\r\n");
    row("crlf new key", "system:\r\n  batch_size: 1\r\n", "system.workers", "4",
        "system:\r\n  batch_size: 1\r\n  workers: 4\r\n");
    row("bom",
        "\xEF\xBB\xBF"
        "a: 1\n",
        "a", "2",
        "\xEF\xBB\xBF"
        "a: 2\n");
    row("unicode before", "ä: 'é' # ü\nb: ö\n", "b", "x", "ä: 'é' # ü\nb: x\n");
    row("quoted key", "'a b': 1\n", "a b", "2", "'a b': 2\n");
    row("space before colon", "a : 1\n", "a", "2", "a : 2\n");
    row("document marker", "---\na: 1\n...\n", "b", "2", "---\na: 1\nb: 2\n...\n");
    row("interpolation", "a: 1\nb: x\n", "b", "'${a}'", "a: 1\nb: ${a}\n");
    row("number forms", "a: 1\n", "a", "1e-5", "a: 1.0e-05\n");
    row("hash in text", "a: x\n", "a", "'b #c'", "a: 'b #c'\n");
    row("question mark key", "? a\n: 1\n", "a", "2", "? a\n: 2\n");
    row("list below at key's column", "a:\n- 1\n- 2\nb: 3\n", "b", "4", "a:\n- 1\n- 2\nb: 4\n");
}

void TestDocument::setsValues() {
    QFETCH(QString, text);
    QFETCH(QString, path);
    QFETCH(QString, value);
    QFETCH(QString, result);
    QCOMPARE(set(text.toUtf8().constData(), path.toUtf8().constData(), value.toUtf8().constData()), result);
}

void TestDocument::removesKeys_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("result");
    const auto row = [](const char* name, const char* text, const char* path, const char* result) {
        QTest::newRow(name) << QString::fromUtf8(text) << QString::fromUtf8(path)
                            << QString::fromUtf8(result);
    };
    row("line", "a: 1\nb: 2 # c\n# d\nc: 3\n", "b", "a: 1\n# d\nc: 3\n");
    row("nested", "s:\n  a: 1\n  b: 2\n", "s.a", "s:\n  b: 2\n");
    row("last of a section takes it along", "s:\n  a: 1\nt: 2\n", "s.a", "t: 2\n");
    row("all", "s:\n  a: 1\n", "s.a", "");
    row("block value", "a:\n  - 1\n  - 2\nb: 1\n", "a", "b: 1\n");
    row("flow first", "s: {a: 1, b: 2}\n", "s.a", "s: {b: 2}\n");
    row("flow last", "s: {a: 1, b: 2}\n", "s.b", "s: {a: 1}\n");
    row("absent", "a: 1\n", "b.c", "a: 1\n");
    row("no final newline", "a: 1\nb: 2", "b", "a: 1\n");
    row("crlf", "a: 1\r\nb: 2\r\n", "a", "b: 2\r\n");
    row("literal", "a: |\n  x\n\n  y\nb: 1\n", "a", "b: 1\n");
}

void TestDocument::removesKeys() {
    QFETCH(QString, text);
    QFETCH(QString, path);
    QFETCH(QString, result);
    QCOMPARE(removed(text.toUtf8().constData(), path.toUtf8().constData()), result);
}

void TestDocument::refusesWhatItCannotKeep() {
    QVERIFY(set("a: &x 1\nb: *x\n", "a", "2").startsWith("error"));         // would change b as well
    QVERIFY(set("d: &d {k: 1}\ns: *d\n", "s.k", "2").startsWith("error"));  // would change d as well
    QVERIFY(set("a: [1\n", "b", "2").startsWith("error"));
    QVERIFY(set("- 1\n", "b", "2").startsWith("error"));
    QVERIFY(set("a: 1\n", "a.b", "2").startsWith("error"));
}

// Any value, set anywhere in a messy file, reads back as itself and leaves every comment in place.
void TestDocument::randomEditsMeanWhatTheySay() {
    const std::string messy =
        "# top\nexperiment:   # run\n    name: 'x y'   # n\n    notes: >\n      folded\n      text\n\n    "
        "seed: 7\nsystem: {batch_size: 2, workers: 1}  # flow\n"
        "model:\n  unet: # u\n    params:\n      block_out_channels: [1,\n        2] # b\n      types:\n     "
        " - a # first\n      - 'b: c'\n  use_ema: no\nloss:\n# end\n";
    const char* paths[] = {"experiment.name",
                           "experiment.notes",
                           "experiment.seed",
                           "experiment.log_dir",
                           "system.batch_size",
                           "system.device",
                           "model.unet.params.block_out_channels",
                           "model.unet.params.types",
                           "model.unet.params.new",
                           "model.use_ema",
                           "loss.kl_weight",
                           "tracking.log_every",
                           "model.vae.pretrained",
                           "experiment"};
    const char* values[] = {"1",
                            "1e-7",
                            "true",
                            "null",
                            "x",
                            "'yes'",
                            "'a: b'",
                            "' lead'",
                            "'#'",
                            "''",
                            "[1, 'b, c', {d: e}]",
                            "{a: 1, b: [x]}",
                            "\"line\\nbreak\"",
                            "'${experiment.name}'",
                            "é",
                            "'- x'",
                            "'null'",
                            "\"tab\\t\""};
    std::mt19937 random(7);
    for (int round = 0; round < 400; ++round) {
        std::string text = messy;
        for (int edit = 0; edit < 4; ++edit) {
            const auto pick = [&](std::uint64_t n) { return random() % n; };
            const KeyPath path = splitKeyPath(paths[pick(std::size(paths))]);
            const auto value = yaml::parse(values[pick(std::size(values))]);
            QVERIFY(value.has_value());
            const auto now = pick(5) == 0 ? removeFromText(text, path) : setInText(text, path, *value);
            if (!now) continue;  // a section that has become a single value: refused in words
            text = *now;
            QVERIFY2(text.starts_with("# top\n"), text.c_str());
            QVERIFY2(text.find("# end\n") != std::string::npos, text.c_str());
            QVERIFY2(yaml::parse(text).has_value(), text.c_str());
        }
    }
}

void TestDocument::itemsOfListsKeepTheirComments() {
    const char* text =
        "method:\n  type: lora\n  concepts:  # mine\n    # the dog\n    - path: /a  # pictures\n      # "
        "often\n"
        "      repeats: 3\n\n    - {path: /b, repeats: 2}  # short\n    # the cat\n    -   path: /c\nmodel: "
        "{}\n";
    const KeyPath path = splitKeyPath("method.concepts");
    const auto item = *yaml::parse("{path: /n, instance_prompt: 'a: b'}");
    const auto said = [](const Result<std::string>& edited) {
        return QString::fromStdString(edited ? *edited : "error: " + edited.error().message());
    };
    QString expected = QString::fromUtf8(text);
    const auto change = [&](const char* from, const char* to) {
        QString now = expected;
        Q_ASSERT(now.contains(QLatin1String(from)));
        return now.replace(QLatin1String(from), QLatin1String(to));
    };
    // One value of an item.
    QCOMPARE(set(text, "method.concepts[0].repeats", "5"), change("repeats: 3", "repeats: 5"));
    QCOMPARE(set(text, "method.concepts[1].path", "/x"), change("{path: /b,", "{path: /x,"));
    QCOMPARE(set(text, "method.concepts[2].repeats", "4"),
             change("    -   path: /c\n", "    -   path: /c\n        repeats: 4\n"));
    QCOMPARE(removed(text, "method.concepts[1].repeats"), change("{path: /b, repeats: 2}", "{path: /b}"));
    QCOMPARE(removed(text, "method.concepts[0].repeats"), change("      repeats: 3\n", ""));
    QCOMPARE(removed(text, "method.concepts[0].path"),
             change("- path: /a  # pictures\n      # often\n      repeats: 3", "- repeats: 3"));
    // Whole items.
    QCOMPARE(said(insertInList(text, path, 1, item)),
             change("repeats: 3\n", "repeats: 3\n    - path: /n\n      instance_prompt: 'a: b'\n"));
    QCOMPARE(said(insertInList(text, path, 3, item)),
             change("path: /c\n", "path: /c\n    - path: /n\n      instance_prompt: 'a: b'\n"));
    QCOMPARE(said(removeFromList(text, path, 2)), change("    # the cat\n    -   path: /c\n", ""));
    QCOMPARE(said(moveInList(text, path, 2, 0)),
             QStringLiteral(
                 "method:\n  type: lora\n  concepts:  # mine\n    # the cat\n    -   path: /c\n    # the "
                 "dog\n    - path: /a  # pictures\n      # often\n      repeats: 3\n\n    - {path: "
                 "/b, repeats: 2}  # short\nmodel: {}\n"));
    const auto there = moveInList(text, path, 0, 2);
    QVERIFY(there.has_value());
    QCOMPARE(said(moveInList(*there, path, 2, 0)), expected);
    // The first and the last one; lists in brackets; what is not there.
    const auto first = insertInList("method:\n  type: lora  # t\n", path, 0, item);
    QCOMPARE(said(first), QStringLiteral("method:\n  type: lora  # t\n  concepts:\n    - path: /n\n      "
                                         "instance_prompt: 'a: b'\n"));
    QCOMPARE(said(removeFromList(*first, path, 0)), QStringLiteral("method:\n  type: lora  # t\n"));
    const char* flow = "method: {type: lora, concepts: [{path: /a}, {path: /b}]}  # f\n";
    QCOMPARE(said(moveInList(flow, path, 0, 1)),
             QStringLiteral("method: {type: lora, concepts: [{path: /b}, {path: /a}]}  # f\n"));
    QCOMPARE(set(flow, "method.concepts[1].repeats", "2"),
             QStringLiteral("method: {type: lora, concepts: [{path: /a}, {path: /b, repeats: 2}]}  # f\n"));
    QVERIFY(said(removeFromList(flow, path, 2)).startsWith(QStringLiteral("error: ")));
}

void TestDocument::origins() {
    const auto begun = *yaml::parse("a: {x: 1, y: 2}\n");
    const auto current = *yaml::parse("a:\n  x: 1\n  y: 3\n  z: 4\n");
    const auto overrides = *yaml::parse("a: {z: 9}");
    QCOMPARE(originOf({"a", "x"}, current, begun, Origin::Template).origin, Origin::Template);
    QCOMPARE(originOf({"a", "x"}, current, begun, Origin::Template).line, 2);
    QCOMPARE(originOf({"a", "y"}, current, begun, Origin::File).origin, Origin::User);
    QCOMPARE(originOf({"a", "z"}, current, begun, Origin::File, overrides).origin, Origin::CommandLine);
    QCOMPARE(originOf({"a", "w"}, current, begun, Origin::File).origin, Origin::Default);
}

QTEST_GUILESS_MAIN(TestDocument)
#include "tst_document.moc"
