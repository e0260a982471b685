// SPDX-License-Identifier: GPL-3.0-or-later
// Cluster settings, batch scripts held against golden files (ATELIER_UPDATE_GOLDEN=1 writes them anew), the
// exported folder.
#include <QProcess>
#include <QTemporaryDir>
#include <QtTest>
#include <random>

#include "core/base/strings.h"
#include "core/base/version.h"
#include "core/base/yaml.h"
#include "core/cluster/export.h"
#include "core/cluster/job.h"
#include "core/cluster/shell.h"
#include "core/run/run_folder.h"

using namespace atelier;
using namespace atelier::cluster;

namespace {

const char* const kConfig =
    "experiment: {name: emoji lora, log_dir: /runs, num_examples_to_see: 24000}\n"
    "model: {pretrained: /models/sd15}\n"
    "dataset: {type: WebDataset, params: {path: '/data/{000000..000007}.tar', resolution: 64}}\n"
    "system: {batch_size: 4}\n"
    "optimizer: {name: adamw, params: {learning_rate: 1e-4}}\n";

ClusterSettings settingsOf(const char* yaml) {
    const auto checked = checkSettings(yaml, "helios.yaml");
    for (const auto& issue : checked.issues) qWarning("%s", describe(issue, "helios.yaml").c_str());
    if (hasErrors(checked.issues)) qFatal("bad settings");
    return checked.settings;
}

}  // namespace

class TestCluster : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path root() const { return dir_.path().toStdString(); }

    ExportRequest request(const fs::path& target, std::vector<std::string> overrides = {}) {
        const fs::path file = root() / "config.yaml";
        if (!writeFileAtomic(file, kConfig)) qFatal("cannot write");
        auto config = loadTrainConfig(file, overrides);
        if (!config) qFatal("%s", config.error().message().c_str());
        return {std::move(*config), file,   overrides, settingsOf("partition: gpu\n"),
                "/etc/helios.yaml", target, 1.5};
    }

  private Q_SLOTS:
    // bash itself says whether a quoted word means what it should.
    void quotedWordsSurviveBash() {
        std::vector<std::string> words{"",    "plain", "a b",   "it's", "$HOME",  "`id`",     "$(id)",
                                       "\"",  "\\",    "a\\'b", "*",    "{1..3}", "~",        "#no",
                                       "a;b", "größe", "-n",    "!x",   "a\tb",   "\x7f\x01", "'; rm x '",
                                       "&",   "|",     "<",     "%j"};
        std::mt19937 random(1);
        for (int i = 0; i < 200; ++i) {
            std::string word;
            for (unsigned n = random() % 12; n > 0; --n) word += char(1 + random() % 126);
            words.push_back(word);
        }
        std::string script, expected;
        for (const auto& word : words) {
            script += "printf '%s\\0' " + shellQuote(word) + "\n";
            expected += word + '\0';
        }
        QProcess bash;
        bash.start(QStringLiteral("bash"), {QStringLiteral("--norc")});
        bash.write(script.c_str(), qint64(script.size()));
        bash.closeWriteChannel();
        QVERIFY(bash.waitForFinished());
        QCOMPARE(bash.readAllStandardOutput(), QByteArray::fromStdString(expected));
    }
    void homeIsTheReadersHome() {
        QCOMPARE(shellPath("~/a b/engine"), std::string("\"$HOME\"/'a b/engine'"));
        QCOMPARE(shellPath("/x/~/y"), std::string("'/x/~/y'"));
        QCOMPARE(shellPath("~"), std::string("\"$HOME\""));
        QCOMPARE(shellPath("~other/x"), std::string("'~other/x'"));
    }
    void jobNames() {
        QCOMPARE(jobName("emoji-lora_1.2"), std::string("emoji-lora_1.2"));
        QCOMPARE(jobName("a b;rm -rf"), std::string("a_b_rm_-rf"));
        QCOMPARE(jobName(""), std::string("atelier"));
        QCOMPARE(jobName(std::string(300, 'x')).size(), std::size_t(64));
    }

    void golden_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<QString>("run");
        QTest::newRow("one GPU")
            << QStringLiteral("one-gpu")
            << QByteArray("partition: gpu\naccount: art\nqos: normal\ncpus_per_gpu: 8\nmemory: 64G\n")
            << QStringLiteral("emoji-lora");
        QTest::newRow("no GPU") << QStringLiteral("cpu")
                                << QByteArray("gpus_per_node: 0\nrequeue: false\ntime_limit: 30\n")
                                << QStringLiteral("cpu run");
        QTest::newRow("many nodes")
            << QStringLiteral("nodes")
            << QByteArray(
                   "nodes: 4\ngpus_per_node: 8\ngpu_type: a100\ncpus_per_gpu: 6\nexclusive: true\n"
                   "time_limit: 2-00:00:00\nconstraint: a100&ib\nmodules: [cuda/12.4, nccl]\n"
                   "environment: {NCCL_DEBUG: info, FI_PROVIDER: efa}\n"
                   "srun_options: [--cpu-bind=verbose, --accel-bind=gn]\n"
                   "sbatch_options: [--mail-type=END]\n")
            << QStringLiteral("wide");
        QTest::newRow("container")
            << QStringLiteral("container")
            << QByteArray(
                   "container: ~/my images/atelier.sif\ncontainer_options: [--bind=/data, --cleanenv]\n")
            << QStringLiteral("boxed");
        QTest::newRow("hostile")
            << QStringLiteral("hostile")
            << QByteArray(
                   "engine: \"/opt/it's; rm -rf $HOME/engine\"\nmodules: [\"$(id)\"]\n"
                   "environment: {X: \"`id` 'q' \\\"d\\\" # no\"}\nsetup: ['source \"/opt/a b/env.sh\"']\n"
                   "sbatch_options: ['--comment=two words; # and \"quotes\"']\n")
            << QStringLiteral("a\n#SBATCH --uid=0\n'; reboot; '");
    }
    void golden() {
        QFETCH(QString, name);
        QFETCH(QByteArray, yaml);
        QFETCH(QString, run);
        const auto job = makeJob(run.toStdString(), settingsOf(yaml.constData()), {});
        QVERIFY2(job, job ? "" : job.error().message().c_str());
        std::string script = renderSbatch(*job);
        script.replace(script.find(kVersion), std::string_view(kVersion).size(), "VERSION");
        const fs::path file =
            fs::path(ATELIER_SOURCE_DIR) / "tests/fixtures/cluster" / (name.toStdString() + ".sbatch");
        if (qEnvironmentVariableIsSet("ATELIER_UPDATE_GOLDEN")) QVERIFY(writeFileAtomic(file, script));
        const auto expected = readFile(file);
        QVERIFY(expected);
        QCOMPARE(QString::fromStdString(script), QString::fromStdString(*expected));
    }

    void wishesComeFirst() {
        ClusterConfig wishes;
        wishes.partition = "fast";
        wishes.nodes = 2;
        wishes.gpusPerNode = 4;
        wishes.timeLimit = "1:00:00";
        const auto job = makeJob("x", settingsOf("partition: slow\naccount: art\ncpus_per_gpu: 3\n"), wishes);
        QVERIFY(job);
        QCOMPARE(job->settings.partition.value(), std::string("fast"));
        QCOMPARE(job->settings.account.value(), std::string("art"));
        QCOMPARE(job->settings.timeLimit, std::string("1:00:00"));
        QCOMPARE(job->tasks(), 8);
        wishes.timeLimit = "soon";
        const auto refused = makeJob("x", settingsOf(""), wishes);
        QVERIFY(!refused);
        QCOMPARE(refused.error().where, std::string("cluster.time_limit"));
    }
    void badSettings_data() {
        QTest::addColumn<QByteArray>("yaml");
        QTest::addColumn<QByteArray>("path");
        QTest::addColumn<QByteArray>("word");
        const auto row = [](const char* yaml, const char* path, const char* word) {
            QTest::newRow(yaml) << QByteArray(yaml) << QByteArray(path) << QByteArray(word);
        };
        row("partiton: gpu", "partiton", "partition");
        row("nodes: many", "nodes", "whole number");
        row("nodes: 0", "nodes", "between 1");
        row("time_limit: tomorrow", "time_limit", "form");
        row("time_limit: '1:00:00 --wrap=x'", "time_limit", "form");
        row("memory: 64 GB", "memory", "form");
        row("partition: 'gpu --wrap=reboot'", "partition", "SLURM");
        row("partition: \"gpu\\n#SBATCH --uid=0\"", "partition", "SLURM");
        row("account: 'a b'", "account", "SLURM");
        row("gpu_type: 'a100;'", "gpu_type", "SLURM");
        row("environment: {'A B': 1}", "environment", "variable");
        row("environment: {WANDB_API_KEY: abc}", "environment", "secret");
        row("environment: {A: \"x\\ny\"}", "environment", "one line");
        row("sbatch_options: [gpu]", "sbatch_options", "option");
        row("sbatch_options: [\"--comment=it's\"]", "sbatch_options", "single quote");
        row("srun_options: [\"--x\\nreboot\"]", "srun_options", "one line");
        row("setup: [\"a\\nb\"]", "setup", "one line");
        row("engine: \"a\\nb\"", "engine", "path");
        row("warning_seconds: 5", "warning_seconds", "between");
        row("[1, 2]", "", "section");
        row("a: [", "", "");
    }
    void badSettings() {
        QFETCH(QByteArray, yaml);
        QFETCH(QByteArray, path);
        QFETCH(QByteArray, word);
        const auto checked = checkSettings(yaml.toStdString(), "c.yaml");
        QVERIFY(hasErrors(checked.issues));
        const auto& issue = checked.issues.front();
        QCOMPARE(QByteArray::fromStdString(issue.path), path);
        QVERIFY2((issue.text + " " + issue.hint).find(word.toStdString()) != std::string::npos,
                 issue.text.c_str());
        const auto file = root() / "c.yaml";
        QVERIFY(writeFileAtomic(file, yaml.toStdString()));
        const auto loaded = loadSettings(file);
        QVERIFY(!loaded);
        QCOMPARE(loaded.error().code, ErrorCode::Config);
        QVERIFY(loaded.error().where.find("c.yaml") != std::string::npos);
    }
    void shippedSettingsLoad() {
        int count = 0;
        for (const auto& entry : fs::directory_iterator(fs::path(ATELIER_SOURCE_DIR) / "configs/clusters")) {
            const auto settings = loadSettings(entry.path());
            QVERIFY2(settings, settings ? "" : settings.error().message().c_str());
            ++count;
        }
        QVERIFY(count >= 3);
    }
    void everyKeyIsInTheManual() {
        const auto manual = readFile(fs::path(ATELIER_SOURCE_DIR) / "docs/clusters.md");
        QVERIFY(manual);
        forEachField<ClusterSettings>([&](const auto& entry) {
            QVERIFY2(manual->find("`" + std::string(entry.key) + "`") != std::string::npos,
                     std::string(entry.key).c_str());
        });
    }
    void nameIsTheFilesOtherwise() {
        QCOMPARE(checkSettings("", "/x/helios.yaml").settings.name, std::string("helios"));
    }

    void exportedFolder() {
        const auto target = root() / "deep" / "out";
        const auto asked = request(target, {"experiment.seed=3"});
        QVERIFY(exportRun(asked));
        const run::RunFolder folder{target};
        QCOMPARE(run::kindOfFolder(target), run::FolderKind::Exported);
        for (const auto& path : {folder.config(), folder.jobScript(), folder.jobFacts(), folder.readme(),
                                 folder.control(), folder.logs()})
            QVERIFY2(fs::exists(path), path.c_str());
        QVERIFY(!fs::exists(folder.events()));
        QVERIFY((fs::status(folder.jobScript()).permissions() & fs::perms::owner_exec) != fs::perms::none);
        // The frozen configuration is the same configuration.
        const auto again = loadTrainConfig(folder.config());
        QVERIFY(again);
        QCOMPARE(again->hash, asked.config.hash);
        QCOMPARE(again->config.experiment.seed, std::int64_t(3));
        const auto facts = parseJson(*readFile(folder.jobFacts()));
        QVERIFY(facts);
        QCOMPARE((*facts)["name"], Json("emoji lora"));
        QCOMPARE((*facts)["config_hash"], Json(again->hash));
        QCOMPARE((*facts)["job"]["partition"], Json("gpu"));
        const auto readme = *readFile(folder.readme());
        QVERIFY(readme.find("/models/sd15") != std::string::npos);
        QVERIFY(readme.find("/data/{000000..000007}.tar") != std::string::npos);
        QVERIFY(readme.find("sbatch job.sbatch") != std::string::npos);
        // Nothing else is left beside it.
        QCOMPARE(std::distance(fs::directory_iterator(target.parent_path()), fs::directory_iterator{}),
                 std::ptrdiff_t(1));
    }
    void existingIsRefused() {
        const auto target = root() / "taken";
        QVERIFY(exportRun(request(target)));
        const auto before = *readFile(run::RunFolder{target}.jobFacts());
        const auto again = exportRun(request(target));
        QVERIFY(!again);
        QCOMPARE(again.error().code, ErrorCode::Usage);
        QVERIFY(again.error().hint.find("taken-2") != std::string::npos);
        QCOMPARE(*readFile(run::RunFolder{target}.jobFacts()), before);
        QVERIFY(createDirectories(root() / "empty"));
        QVERIFY(exportRun(request(root() / "empty")));
        QVERIFY(writeFileAtomic(root() / "file", "x"));
        QVERIFY(!exportRun(request(root() / "file")));
    }
    void manyProcessesAreRefusedForNow() {
        auto asked = request(root() / "many", {"cluster.gpus_per_node=8"});
        const auto refused = exportRun(asked);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, ErrorCode::Config);
        QVERIFY(refused.error().what.find("8 processes") != std::string::npos);
        QVERIFY(!fs::exists(root() / "many"));
    }
};

QTEST_GUILESS_MAIN(TestCluster)
#include "tst_cluster.moc"
