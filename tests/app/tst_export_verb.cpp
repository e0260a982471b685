// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine export as a process: files, messages, exit codes.
#include <unistd.h>

#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>

#include "core/base/files.h"
#include "core/base/json.h"

using namespace atelier;

class TestExportVerb : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;

    fs::path root() const { return dir_.path().toStdString(); }
    QString at(const char* name) const { return dir_.filePath(QString::fromUtf8(name)); }
    struct Answer {
        int code;
        QString out, err;
    };
    static Answer engine(const QStringList& arguments) {
        QProcess process;
        process.start(QStringLiteral(ATELIER_BIN_DIR "/atelier-engine"), arguments);
        if (!process.waitForFinished(20000)) qFatal("the engine does not end");
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                QString::fromUtf8(process.readAllStandardOutput()),
                QString::fromUtf8(process.readAllStandardError())};
    }
    Answer exported(const QString& target, const QStringList& more = {}) const {
        return engine(QStringList{QStringLiteral("export"), at("config.yaml"), QStringLiteral("--cluster"),
                                  at("cluster.yaml"), QStringLiteral("--out"), target} +
                      more);
    }

  private Q_SLOTS:
    void initTestCase() {
        QVERIFY(createDirectories(root() / "models/sd15"));
        QVERIFY(writeFileAtomic(
            root() / "config.yaml",
            "experiment: {name: emoji, log_dir: runs, num_examples_to_see: 24000}\n"
            "model: {pretrained: models/sd15}\n"
            "dataset: {type: WebDataset, params: {path: 'data/{000000..000007}.tar', resolution: 64}}\n"
            "system: {batch_size: 4}\n"
            "optimizer: {name: adamw, params: {learning_rate: 1e-4}}\n"));
        QVERIFY(writeFileAtomic(root() / "cluster.yaml",
                                "partition: gpu\nengine: ~/atelier/bin/atelier-engine\n"));
    }
    void writesTheFolder() {
        const auto answer = exported(at("out"));
        QVERIFY2(answer.code == 0, qPrintable(answer.err));
        for (const char* name : {"config.yaml", "job.sbatch", "job.json", "README.txt"})
            QVERIFY2(fs::is_regular_file(root() / "out" / name), name);
        QVERIFY(!fs::exists(root() / "out" / "events.jsonl"));
        // What the configuration names is absolute, so the folder may be trained from anywhere on this
        // computer.
        const auto config = *readFile(root() / "out" / "config.yaml");
        QVERIFY(config.find((root() / "models/sd15").string()) != std::string::npos);
        QVERIFY(config.find((root() / "data/{000000..000007}.tar").string()) != std::string::npos);
        QCOMPARE(engine({QStringLiteral("check"), at("out/config.yaml"), QStringLiteral("--no-files")}).code,
                 0);
        const auto missing = engine({QStringLiteral("check"), at("out/config.yaml")});
        QCOMPARE(missing.code, 2);
        QVERIFY2(missing.out.contains(QStringLiteral("shards 0 to 7 do not exist")), qPrintable(missing.out));
    }
    void overridesAndJson() {
        const auto answer =
            exported(at("json"), {QStringLiteral("model.pretrained=/far/model"), QStringLiteral("--json")});
        QCOMPARE(answer.code, 0);
        const auto object = parseJson(answer.out.toStdString());
        QVERIFY(object);
        QCOMPARE((*object)["folder"].get<std::string>(), (root() / "json").string());
        QVERIFY(readFile(root() / "json" / "config.yaml")->find("/far/model") != std::string::npos);
        const auto facts = parseJson(*readFile(root() / "json" / "job.json"));
        QCOMPARE((*facts)["overrides"][0].get<std::string>(), std::string("model.pretrained=/far/model"));
    }
    void openDiffusionForm() {
        const auto answer = engine({QStringLiteral("export"), QStringLiteral("config=") + at("config.yaml"),
                                    QStringLiteral("model.pretrained=/m"), QStringLiteral("--cluster"),
                                    at("cluster.yaml"), QStringLiteral("--out"), at("od/")});
        QVERIFY2(answer.code == 0, qPrintable(answer.err));
        QVERIFY(fs::exists(root() / "od" / "job.sbatch"));
    }
    void existingNameIsRefused() {
        QVERIFY(createDirectories(root() / "taken"));
        QVERIFY(writeFileAtomic(root() / "taken" / "mine.txt", "x"));
        const auto answer = exported(at("taken"));
        QCOMPARE(answer.code, 2);
        QVERIFY2(answer.err.contains(QStringLiteral("taken-2")), qPrintable(answer.err));
        QCOMPARE(std::distance(fs::directory_iterator(root() / "taken"), fs::directory_iterator{}),
                 std::ptrdiff_t(1));
    }
    void unwritableFolderIsNamed() {
        const auto answer = exported(QStringLiteral("/proc/nowhere/out"));
        QCOMPARE(answer.code, 1);
        QVERIFY2(answer.err.contains(QStringLiteral("/proc/nowhere")), qPrintable(answer.err));
    }
    void readOnlyFolderIsNamed() {
        if (::geteuid() == 0)
            return;  // root may write everywhere; the folder in /proc above refuses root too
        QVERIFY(createDirectories(root() / "locked"));
        fs::permissions(root() / "locked", fs::perms::owner_read | fs::perms::owner_exec);
        const auto answer = exported(at("locked/out"));
        QCOMPARE(answer.code, 1);
        QVERIFY(answer.err.contains(QStringLiteral("permission"), Qt::CaseInsensitive));
    }
    void wrongUsage_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("word");
        const QString config = at("config.yaml"), cluster = at("cluster.yaml"), out = at("never");
        const QString toCluster = QStringLiteral("--cluster"), toOut = QStringLiteral("--out");
        QTest::newRow("nothing") << QStringList{} << QStringLiteral("CONFIG");
        QTest::newRow("no target") << QStringList{config, toCluster, cluster} << QStringLiteral("--out");
        QTest::newRow("no cluster") << QStringList{config, toOut, out} << QStringLiteral("--cluster");
        QTest::newRow("unknown option")
            << QStringList{config, QStringLiteral("--clutser"), cluster, toOut, out}
            << QStringLiteral("--clutser");
        QTest::newRow("wrong key") << QStringList{config,    QStringLiteral("model.pretrain=x"),
                                                  toCluster, cluster,
                                                  toOut,     out}
                                   << QStringLiteral("pretrained");
        QTest::newRow("too many processes")
            << QStringList{config, QStringLiteral("cluster.nodes=4"), toCluster, cluster, toOut, out}
            << QStringLiteral("4 processes");
        QTest::newRow("bad time") << QStringList{config,    QStringLiteral("cluster.time_limit=soon"),
                                                 toCluster, cluster,
                                                 toOut,     out}
                                  << QStringLiteral("cluster.time_limit");
    }
    void wrongUsage() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, word);
        const auto answer = engine(QStringList{QStringLiteral("export")} + arguments);
        QCOMPARE(answer.code, 2);
        QVERIFY2((answer.err + answer.out).contains(word), qPrintable(answer.err));
        QVERIFY(!fs::exists(root() / "never"));
    }
    void missingFiles() {
        QVERIFY(exported(at("never"), {}).code == 0);
        fs::remove_all(root() / "never");
        const auto noCluster =
            engine({QStringLiteral("export"), at("config.yaml"), QStringLiteral("--cluster"), at("none.yaml"),
                    QStringLiteral("--out"), at("never")});
        QVERIFY(noCluster.code != 0);
        QVERIFY(noCluster.err.contains(at("none.yaml")));
        const auto noConfig =
            engine({QStringLiteral("export"), at("none.yaml"), QStringLiteral("--cluster"),
                    at("cluster.yaml"), QStringLiteral("--out"), at("never"), QStringLiteral("--json")});
        QVERIFY(noConfig.code != 0);
        const auto error = parseJson(noConfig.err.toStdString());
        QVERIFY2(error, qPrintable(noConfig.err));
        QVERIFY((*error)["error"]["where"].get<std::string>().find("none.yaml") != std::string::npos);
        QVERIFY(!fs::exists(root() / "never"));
    }
    void brokenClusterFile() {
        QVERIFY(writeFileAtomic(root() / "broken.yaml", "partiton: gpu\nnodes: many\n"));
        const auto answer = engine({QStringLiteral("export"), at("config.yaml"), QStringLiteral("--cluster"),
                                    at("broken.yaml"), QStringLiteral("--out"), at("never")});
        QCOMPARE(answer.code, 2);
        QVERIFY2(answer.err.contains(at("broken.yaml:1")), qPrintable(answer.err));
        QVERIFY(answer.err.contains(QStringLiteral("partition")));
        QVERIFY(answer.err.contains(QStringLiteral("1 more problem")));
    }
    void help() {
        const auto answer = engine({QStringLiteral("export"), QStringLiteral("--help")});
        QCOMPARE(answer.code, 0);
        QVERIFY(answer.out.contains(QStringLiteral("--cluster")));
    }
};

QTEST_GUILESS_MAIN(TestExportVerb)
#include "tst_export_verb.moc"
