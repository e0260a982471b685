// SPDX-License-Identifier: GPL-3.0-or-later
// What is missing on disk is named before a run: shards, sizes, unfinished builds, models, the run's folder.
#include "core/preflight/preflight.h"

#include <QTemporaryDir>
#include <QtTest>

#include "tests/core/data/shard_fixture.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::testing;

namespace {
std::string texts(const std::vector<Issue>& issues) {
    std::string all;
    for (const Issue& issue : issues) all += issue.path + ": " + issue.text + "\n";
    return all;
}
}  // namespace

class TestPreflight : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path folder_;

  private Q_SLOTS:
    void init() {
        static int count = 0;
        folder_ = pathOf(dir_) / ("v" + std::to_string(count++));
        VERIFY_OK(writeDataset(folder_, 20, 2));
    }

    void numbers() {
        QCOMPARE(describeNumbers({5}), std::string("5"));
        QCOMPARE(describeNumbers({5, 6}), std::string("5 and 6"));
        QCOMPARE(describeNumbers({5, 6, 7}), std::string("5 to 7"));
        QCOMPARE(describeNumbers({1, 5, 6, 7, 9}), std::string("1, 5 to 7 and 9"));
        QCOMPARE(describeNumbers({1, 3, 5, 7, 8}, 2), std::string("1, 3 and 3 more"));
    }

    void completeDatasetHasNoIssues() {
        QCOMPARE(texts(checkDatasetFiles(folder_.string(), {{"width", ">=64"}})), std::string());
        QCOMPARE(texts(checkDatasetFiles((folder_ / "{000000..000009}.tar").string())), std::string());
    }

    void missingShardsAreNumbered() {
        for (const char* name : {"000005.tar", "000006.tar", "000007.tar"}) fs::remove(folder_ / name);
        const auto issues = checkDatasetFiles((folder_ / "{000000..000009}.tar").string());
        QCOMPARE(issues.size(), 1u);
        QCOMPARE(issues[0].path, std::string("dataset.params.path"));
        QCOMPARE(issues[0].text, "shards 5 to 7 do not exist in " + folder_.string());
        QCOMPARE(checkDatasetFiles(folder_.string()).at(0).text, issues[0].text);
        QVERIFY(checkDatasetFiles("/nowhere/{000..003}.tar").at(0).hint.find("none of the shards") !=
                std::string::npos);
        QVERIFY(checkDatasetFiles("/nowhere/train.tar").at(0).text.find("/nowhere/train.tar") !=
                std::string::npos);
    }

    void partsThatDoNotGoTogether() {
        const fs::path model = folder_ / "model";
        const auto write = [&](const char* part, const char* config) {
            QVERIFY(createDirectories(model / part));
            QVERIFY(writeFileAtomic(model / part / "config.json", config));
        };
        write("unet", R"({"cross_attention_dim": 768})");
        write("vae", R"({"latent_channels": 4})");
        write("text_encoder", R"({"model_type": "clip_text_model", "hidden_size": 768})");
        TrainConfig config;
        config.model.pretrained = model.string();
        QCOMPARE(texts(checkModelParts(config)), std::string());
        write("text_encoder", R"({"model_type": "t5", "d_model": 512})");
        QCOMPARE(texts(checkModelParts(config)),
                 std::string(
                     "model.pretrained: the UNet expects text of width 768, the text encoder gives 512\n"));
        write("text_encoder", R"({"model_type": "umt5"})");
        QVERIFY(texts(checkModelParts(config)).find("umt5") != std::string::npos);
        // A text encoder made from parameters is of its tokenizer's family; without that nothing is said.
        config.model = {};
        config.model.unet.params = {{"cross_attention_dim", 512}};
        config.model.textEncoder.params = {{"d_model", 512}};
        QCOMPARE(texts(checkModelParts(config)), std::string());
        config.model.tokenizer.pretrained = (folder_ / "words").string();
        QVERIFY(createDirectories(folder_ / "words" / "tokenizer"));
        QVERIFY(texts(checkModelParts(config)).find("\"d_model\" is a key of T5's") != std::string::npos);
        QVERIFY(writeFileAtomic(folder_ / "words" / "tokenizer" / "spiece.model", ""));
        QCOMPARE(texts(checkModelParts(config)), std::string());
        config.model.unet.params["cross_attention_dim"] = 768;
        const auto issues = checkModelParts(config);
        QCOMPARE(issues.size(), 1u);
        QCOMPARE(issues[0].path, std::string("model.unet.params.cross_attention_dim"));
        config.method.type = MethodType::Autoencoder;
        QCOMPARE(texts(checkModelParts(config)), std::string());
    }

    void shortenedShardsUnfinishedBuildsAndFilters() {
        fs::resize_file(folder_ / "000003.tar", 100);
        QVERIFY(texts(checkDatasetFiles(folder_.string())).find("000003.tar has 100 bytes instead of") !=
                std::string::npos);
        fs::remove(folder_ / kManifestName);
        VERIFY_OK(writeFileAtomic(folder_ / kShardJournalName, "{}\n"));
        QVERIFY(texts(checkDatasetFiles(folder_.string())).find("did not finish") != std::string::npos);
        const auto issues = checkDatasetFiles(folder_.string(), {{"punsafe", "<=a lot"}});
        QCOMPARE(issues.at(0).path, std::string("dataset.params.filters.punsafe"));
    }

    void otherSourcesAndRepeats() {
        QVERIFY(texts(checkDatasetFiles("pipe:cat x")).find("pipe:cat x") != std::string::npos);
        QVERIFY(texts(checkDatasetFiles("{1..2")).find("balanced") != std::string::npos);
        const auto twice = checkDatasetFiles(folder_.string() + "::" + (folder_ / "000001.tar").string());
        QCOMPARE(twice.size(), 1u);
        QVERIFY(twice[0].severity == IssueSeverity::Warning && twice[0].code == "repeated_shard");
    }

    void modelsFilesAndRunFolder() {
        TrainConfig config;
        config.dataset.params.path = folder_.string();
        config.experiment.logDir = (pathOf(dir_) / "runs/not/yet").string();
        QCOMPARE(texts(checkFiles(config)), std::string());
        config.model.pretrained = "/nowhere/model";
        config.experiment.evalCaptionFile = "/nowhere/captions.csv";
        config.experiment.logDir = (folder_ / "000000.tar" / "runs").string();
        const std::string all = texts(checkFiles(config));
        QVERIFY(all.find("model.pretrained: /nowhere/model does not exist") != std::string::npos);
        QVERIFY(all.find("experiment.eval_caption_file: ") != std::string::npos);
        QVERIFY(all.find("experiment.log_dir: ") != std::string::npos);
    }

    void modelsOnAHub() {
        qputenv("HF_HUB_CACHE", (pathOf(dir_) / "hub").c_str());
        qunsetenv("HF_HUB_OFFLINE");
        TrainConfig config;
        config.model.vae.pretrained = "someone/vae";
        auto issues = checkHubModels(config);
        QCOMPARE(issues.size(), 1u);
        QVERIFY(issues[0].severity == IssueSeverity::Warning && issues[0].path == "model.vae.pretrained");
        QCOMPARE(issues[0].text,
                 std::string("someone/vae is not on this computer: training downloads it first"));
        qputenv("HF_HUB_OFFLINE", "1");
        issues = checkHubModels(config);
        QVERIFY(issues.at(0).severity == IssueSeverity::Error && issues[0].code == "missing_model");
        QVERIFY(resolveModels(config, nullptr).error().where.starts_with("model.vae.pretrained: "));

        const fs::path model = pathOf(dir_) / "hub/models--someone--vae";
        const std::string commit(40, 'b');
        VERIFY_OK(createDirectories(model / "refs"));
        VERIFY_OK(createDirectories(model / "snapshots" / commit));
        VERIFY_OK(writeFileAtomic(model / "refs/main", commit));
        VERIFY_OK(writeFileAtomic(model / "snapshots" / commit / "config.json", "{}"));
        QVERIFY(checkHubModels(config).at(0).text.find("only partly") != std::string::npos);
        VERIFY_OK(writeFileAtomic(model / "snapshots" / commit / "diffusion_pytorch_model.safetensors", "x"));
        QVERIFY(checkHubModels(config).empty());
        VERIFY_OK(resolveModels(config, nullptr));
        QCOMPARE(*config.model.vae.pretrained, (model / "snapshots" / commit).string());
    }
};

QTEST_GUILESS_MAIN(TestPreflight)
#include "tst_preflight.moc"
