// SPDX-License-Identifier: GPL-3.0-or-later
// Loading and checking: what is accepted, what is found, with which line, path and remedy.
#include <QtTest>
#include <algorithm>

#include "core/base/files.h"
#include "core/base/user_cache.h"
#include "core/config/check.h"
#include "core/config/load.h"
#include "core/config/request.h"
#include "core/config/schema.h"

using namespace atelier;

namespace {

const char* const kGood =
    "experiment: {name: x, log_dir: /tmp/x, num_examples_to_see: 64000}\n"
    "model: {pretrained: /m}\n"
    "dataset: {params: {path: '/d/{0..3}.tar'}}\n"
    "system: {batch_size: 8}\n"
    "sampling: {prompts: [a]}\n";

CheckedConfig check(const std::string& text, std::vector<std::string> overrides = {}) {
    return checkTrainConfig(text, "/base/c.yaml", overrides);
}

const Issue* find(const CheckedConfig& checked, const std::string& path, const std::string& code = {}) {
    for (const auto& issue : checked.issues)
        if (issue.path == path && (code.empty() || issue.code == code)) return &issue;
    return nullptr;
}

std::string all(const CheckedConfig& checked) {
    std::string out;
    for (const auto& issue : checked.issues) out += describe(issue, "c") + "\n";
    return out;
}

// Counted and described alike: a member without an entry does not compile (static_assert of ATELIER_SECTION).
struct Complete {
    int a = 0;
    std::optional<std::string> b;
    Json c;
};
struct Section2 {
    double x = 0;
    bool y = false;
    static constexpr auto fields() {
        return std::tuple{field("x", &Section2::x, {.label = "X", .help = "x"})};
    }
};

}  // namespace

class TestConfig : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void everyMemberMustBeDescribed();
    void goodConfigurationHasNoFindings();
    void everySettingReadsBack();
    void findings_data();
    void findings();
    void logFolderInS3();
    void bucketsAndMasks();
    void allProblemsAtOnce();
    void overridesWin();
    void overridesWithoutAKeyAreNamed();
    void interpolationsFollowOverrides();
    void pathsAreAbsolute();
    void escapedReferencesStayTexts();
    void conceptsStandForTheirKeys();
    void methodFollowsTheModel();
    void replayNeedsLess();
    void newerFormatIsRefused();
    void frozenConfigurationLoadsAgain();
    void secretsStayOut();
    void templatesLackOnlyWhatTheySay_data();
    void templatesLackOnlyWhatTheySay();
    void openDiffusionFilesLoad_data();
    void openDiffusionFilesLoad();
    void referenceFilesAreCurrent();
    void requestForms();
    void nastyTextsAreRefusedInWords_data();
    void nastyTextsAreRefusedInWords();
};

void TestConfig::everyMemberMustBeDescribed() {
    static_assert(detail::memberCount<Complete>() == 3);
    static_assert(!everyMemberIsDescribed<Section2>());
    static_assert(everyMemberIsDescribed<TrainConfig>());
    // Help and label everywhere, and every related key and condition names something that exists.
    const auto visit = [](auto&& self, const SchemaNode& node) -> void {
        for (const auto& child : node.children) {
            QVERIFY2(!child.info.label.empty() && !child.info.help.empty(), child.path.c_str());
            for (const auto related : child.info.related)
                QVERIFY2(related.empty() || findSchema(related), std::string(related).c_str());
            if (!child.info.when.empty()) {
                const std::string_view when = child.info.when;
                QVERIFY2(findSchema(when.substr(0, when.find('='))), child.path.c_str());
            }
            self(self, child);
        }
    };
    visit(visit, trainSchema());
}

void TestConfig::goodConfigurationHasNoFindings() {
    const auto checked = check(kGood);
    QVERIFY2(checked.issues.empty(), all(checked).c_str());
    const TrainConfig& config = checked.loaded.config;
    QCOMPARE(config.system.batchSize, 8);
    QCOMPARE(config.optimizer.params.learningRate, 1e-4);
    QCOMPARE(config.dataset.params.path, std::string("/d/{0..3}.tar"));
    QCOMPARE(config.sampling.prompts, std::vector<std::string>{"a"});
}

// Each leaf set to something else than its default arrives in the resolved configuration.
void TestConfig::everySettingReadsBack() {
    int leaves = 0;
    const auto visit = [&](auto&& self, const SchemaNode& node) -> void {
        for (const auto& child : node.children) {
            if (child.type == ValueType::Section) {
                self(self, child);
                continue;
            }
            Json value;
            switch (child.type) {
                case ValueType::Bool:
                    value = !child.fallback.get<bool>();
                    break;
                case ValueType::Int:
                    value = child.info.min && *child.info.min > 1 ? 64 : 3;
                    break;
                case ValueType::Float:
                    value = 0.25;
                    break;
                case ValueType::Text:
                    value = "/t";
                    break;
                case ValueType::Choice:
                    value = child.choices.back().label.empty() ? child.choices[1].name
                                                               : child.choices.back().name;
                    break;
                case ValueType::TextList:
                    value = {"p", "q"};
                    break;
                case ValueType::IntList:
                    value = {3, 4};
                    break;
                case ValueType::SectionList:
                    value = Json::array({Json::object()});
                    for (const auto& entry : child.children)
                        value[0][entry.key] = entry.type == ValueType::Int ? Json(3) : Json("/t");
                    break;
                default:
                    value = {{"k", "v"}};
            }
            if (child.path == "config_version" || child.path == "wandb.api_key") continue;
            ++leaves;
            const auto checked =
                check(kGood, {child.path + "=" + yaml::dumpInline(yaml::fromJson(value), true)});
            const Json* now = jsonAt(checked.loaded.resolved, child.path);
            QVERIFY2(now && *now == value,
                     (child.path + " " + (now ? dumpJson(*now) : "absent") + "\n" + all(checked)).c_str());
        }
    };
    visit(visit, trainSchema());
    QVERIFY(leaves > 80);
}

void TestConfig::findings_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("path");
    QTest::addColumn<QString>("code");
    QTest::addColumn<int>("line");
    QTest::addColumn<QString>("remedy");
    const auto row = [](const char* name, const char* more, const char* path, const char* code, int line,
                        const char* remedy) {
        QTest::newRow(name) << QString(more) << QString(path) << QString(code) << line << QString(remedy);
    };
    // The good configuration has five lines; `more` begins on the sixth.
    row("misspelt key of an entry", "method:\n  concepts:\n    - path: /a\n      class_promt: x\n",
        "method.concepts[0].class_promt", "unknown_key", 9, "method.concepts[0].class_prompt=x");
    row("entry without what it needs", "method:\n  concepts:\n    - path: /a\n    - repeats: 2\n",
        "method.concepts[1].path", "required", 9, "");
    row("entry out of range", "method:\n  concepts:\n    - path: /a\n      repeats: 0\n",
        "method.concepts[0].repeats", "range", 9, "method.concepts[0].repeats=1");
    row("unusual entry", "method:\n  concepts:\n    - path: /a\n      repeats: 500\n",
        "method.concepts[0].repeats", "unusual", 9, "method.concepts[0].repeats=100");
    row("entry that is no section", "method: {concepts: [a]}\n", "method.concepts[0]", "wrong_type", 6, "");
    row("section for a list", "method: {concepts: {path: /a}}\n", "method.concepts", "wrong_type", 6, "");
    row("subject twice", "method: {type: dreambooth, instance_prompt: x, concepts: [{path: /a}]}\n",
        "method.instance_prompt", "concept_twice", 6, "method.instance_prompt=");
    row("concepts beside a dataset", "method: {type: dreambooth, concepts: [{path: /a}]}\n",
        "dataset.params.path", "concept_data", 3, "dataset.params.path=");
    row("concepts of another method", "method: {type: controlnet, concepts: [{path: /a}]}\n",
        "method.concepts", "concept_method", 6, "method.concepts=");
    row("concepts of one name",
        "method:\n  type: lora\n  concepts:\n    - {path: /a, instance_prompt: x}\n    - {path: /b, "
        "instance_prompt: x}\n",
        "method.concepts[1].instance_prompt", "concept_same", 10, "");
    row("count without a class", "method: {type: lora, concepts: [{path: /a, class_count: 20}]}\n",
        "method.concepts[0].class_count", "class_count_vain", 6, "method.concepts[0].class_count=");
    row("misspelt key", "optimizer:\n  params:\n    learning_rat: 1\n", "optimizer.params.learning_rat",
        "unknown_key", 8, "optimizer.params.learning_rate=1");
    row("unknown section", "optimiser: {}\n", "optimiser", "unknown_key", 6, "optimiser=");
    row("key of elsewhere", "optimizer: {lr: 1}\n", "optimizer.lr", "unknown_key", 6, "optimizer.lr=");
    row("copy to no bucket", "tracking: {upload_to: 's3:/x'}\n", "tracking.upload_to", "upload_to", 6, "");
    row("quoted number", "tracking:\n  log_every: '5'\n", "tracking.log_every", "wrong_type", 7,
        "tracking.log_every=5");
    row("text for a number", "tracking: {log_every: often}\n", "tracking.log_every", "wrong_type", 6, "");
    row("fraction for a whole number", "tracking: {log_every: 1.5}\n", "tracking.log_every", "wrong_type", 6,
        "");
    row("map for a number", "tracking: {log_every: {a: 1}}\n", "tracking.log_every", "wrong_type", 6, "");
    row("list for a section", "tracking: [1]\n", "tracking", "wrong_type", 6, "");
    row("text for a list", "method: {targets: to_q}\n", "method.targets", "wrong_type", 6,
        "method.targets=[to_q]");
    row("below the minimum", "tracking: {log_every: 0}\n", "tracking.log_every", "range", 6,
        "tracking.log_every=1");
    row("zero is not off", "model2: 1\ncheckpoint: {keep_last: 0}\n", "checkpoint.keep_last", "range", 7,
        "checkpoint.keep_last=");
    row("above the maximum", "optimizer: {params: {beta1: 1.5}}\n", "optimizer.params.beta1", "range", 6,
        "optimizer.params.beta1=1");
    row("not finite", "optimizer: {params: {beta1: .nan}}\n", "optimizer.params.beta1", "range", 6, "");
    row("choice", "lr_scheduler: {scheduler: cosinewithwarmup}\n", "lr_scheduler.scheduler", "choice", 6,
        "lr_scheduler.scheduler=CosineWithWarmup");
    row("missing", "optimizer: {params: {beta1: '?\?\?'}}\n", "optimizer.params.beta1", "missing", 6, "");
    row("reference to nothing", "optimizer: {params: {beta1: '${optimizer.params.beta3}'}}\n",
        "optimizer.params.beta1", "interpolation", 6, "");
    row("reference to itself", "optimizer: {params: {beta1: '${optimizer.params.beta1}'}}\n",
        "optimizer.params.beta1", "interpolation", 6, "");
    row("broken reference", "experiment2: 1\noptimizer: {params: {beta1: '${a'}}\n", "optimizer.params.beta1",
        "interpolation", 7, "");
    row("duplicate key", "system: {workers: 1}\n", "", "yaml", 6, "");
    row("unusual learning rate", "optimizer: {params: {learning_rate: 0.002}}\n",
        "optimizer.params.learning_rate", "unusual", 6, "optimizer.params.learning_rate=0.0001");
    row("two learning rates",
        "lr_scheduler: {params: {learning_rate: 5.0e-05}}\noptimizer: {params: {learning_rate: 1.0e-05}}\n",
        "lr_scheduler.params.learning_rate", "two_learning_rates", 6,
        "lr_scheduler.params.learning_rate=${optimizer.params.learning_rate}");
    row("long warm-up", "lr_scheduler: {params: {warmup_length: 9000}}\n",
        "lr_scheduler.params.warmup_length", "warmup_too_long", 6, "lr_scheduler.params.warmup_length=800");
    row("two warm-ups", "lr_scheduler: {params: {warmup_length: 9, warmup_images: 90}}\n",
        "lr_scheduler.params.warmup_images", "two_warmups", 6, "lr_scheduler.params.warmup_length=");
    row("unavailable value", "experiment_: 1\nmodel_: 1\nloss: {}\nmethod: {type: scratch}\n",
        "model.pretrained", "scratch_pretrained", 2, "method.type=finetune");
    row("nothing to find at the last timestep", "loss: {zero_terminal_snr: true, prediction_type: epsilon}\n",
        "loss.prediction_type", "zero_snr_epsilon", 6, "loss.prediction_type=v_prediction");
    row("timesteps backwards", "loss: {timestep_min: 500, timestep_max: 400}\n", "loss.timestep_max",
        "timestep_range", 6, "loss.timestep_max=");
    row("other method's key", "loss: {kl_weight: 0.5}\n", "loss.kl_weight", "other_method", 6,
        "loss.kl_weight=");
    row("no new word", "method: {type: textual_inversion}\n", "method.tokens", "no_tokens", 6, "");
    row("two words for one", "method: {type: textual_inversion, tokens: {a b: c}}\n", "method.tokens",
        "token_word", 6, "");
    row("the same word twice", "method: {type: lora, tokens: {<A>: c, <a>: c}}\n", "method.tokens",
        "token_word", 6, "");
    row("unused word", "method: {type: textual_inversion, tokens: {<a>: c}, instance_prompt: a photo of b}\n",
        "method.instance_prompt", "token_unused", 6, "");
    row("word that no picture shows", "method: {type: textual_inversion, tokens: {<a>: c}}\n",
        "sampling.prompts", "token_unseen", 5, "");
    row("words of another method", "method: {type: finetune, tokens: {<a>: c}}\n", "method.tokens",
        "other_method", 6, "method.tokens=");
    row("small rate for Prodigy", "optimizer: {name: prodigy}\n", "optimizer.params.learning_rate",
        "prodigy_rate", 6, "optimizer.params.learning_rate=1.0");
    row("two rates for Prodigy",
        "method: {type: lora, tokens: {<a>: b}}\n"
        "optimizer: {name: prodigy, params: {learning_rate: 1, token_learning_rate: 0.5}}\n",
        "optimizer.params.token_learning_rate", "prodigy_rates", 7, "optimizer.params.token_learning_rate=");
    row("swallowed data key", "x: 1\n", "x", "unknown_key", 6, "x=");
}

void TestConfig::findings() {
    QFETCH(QString, text);
    QFETCH(QString, path);
    QFETCH(QString, code);
    QFETCH(int, line);
    QFETCH(QString, remedy);
    const auto checked = check(kGood + text.toStdString());
    const Issue* issue = find(checked, path.toStdString(), code.toStdString());
    QVERIFY2(issue, all(checked).c_str());
    QCOMPARE(issue->line, line);
    QVERIFY(!issue->text.empty());
    const std::string given = issue->remedy ? issue->remedy->path + "=" + issue->remedy->value : "";
    QCOMPARE(QString::fromStdString(given), remedy);
}

void TestConfig::logFolderInS3() {
    const auto checked = check(kGood, std::vector<std::string>{"experiment.log_dir=s3://bucket/runs/"});
    const auto& config = checked.loaded.config;
    QVERIFY2(!hasErrors(checked.issues), all(checked).c_str());
    QVERIFY(config.tracking.uploadTo == "s3://bucket/runs/" && config.tracking.finishWithin == 3600);
    QVERIFY(config.experiment.logDir.starts_with(userCache().string() + "/runs/"));
    // What is kept and exported still names the bucket.
    QCOMPARE(checked.loaded.resolved["experiment"]["log_dir"].get<std::string>(),
             std::string("s3://bucket/runs/"));
    QVERIFY(checked.loaded.resolved["tracking"]["upload_to"].is_null());
    const auto again = checkTrainConfig(frozenYaml(checked.loaded), "c").loaded;
    QCOMPARE(again.config.experiment.logDir, config.experiment.logDir);
    QVERIFY(find(check(kGood, std::vector<std::string>{"experiment.log_dir=s3:/x"}), "experiment.log_dir",
                 "log_dir"));
    QVERIFY(find(check(kGood, std::vector<std::string>{"experiment.log_dir=s3://bucket/x",
                                                       "tracking.upload_to=s3://bucket/y"}),
                 "tracking.upload_to", "two_places"));
}

void TestConfig::bucketsAndMasks() {
    const auto issue = [](std::vector<std::string> words, const char* path, const char* code) {
        const auto checked = check(kGood, words);
        return find(checked, path, code) != nullptr;
    };
    QVERIFY(!issue({"dataset.params.buckets=true"}, "dataset.params.buckets", "bucket_class"));
    QVERIFY(issue({"dataset.params.buckets=true", "method={type: lora, class_prompt: a dog}"},
                  "dataset.params.buckets", "bucket_class"));
    QVERIFY(issue({"dataset.params.buckets=true", "dataset.params.resolution=32"},
                  "dataset.params.bucket_step", "bucket_step"));
    QVERIFY(issue({"dataset.params.masks=true", "method.type=autoencoder"}, "dataset.params.masks",
                  "mask_method"));
    QVERIFY(issue({"dataset.params.masks=true", "method.type=inpainting"}, "dataset.params.masks",
                  "mask_method"));
    QVERIFY(issue({"dataset.params.buckets=true", "dataset.params.with_replacement=true"},
                  "dataset.params.with_replacement", "bucket_replacement"));
    QVERIFY(issue({"dataset.params.buckets=true", "dataset.params.stream_shards=2"}, "dataset.params.buckets",
                  "stream"));
    QVERIFY(issue({"dataset.params.buckets=true", "method.type=without_text"}, "dataset.params.buckets",
                  "bucket_method"));
    QVERIFY(issue({"dataset.params.bucket_max_ratio=0.5"}, "dataset.params.bucket_max_ratio", "range"));
    QVERIFY(issue({"loss.unmasked_weight=1.5"}, "loss.unmasked_weight", "range"));
}

void TestConfig::allProblemsAtOnce() {
    const auto checked = check(
        "experiment:\n  nam: x\n  seed: -1\nsystem:\n  batch_size: two\nloss: [1]\nmodel:\n  "
        "mixed_precision: fp8\n");
    for (const char* path :
         {"experiment.nam", "experiment.seed", "system.batch_size", "loss", "model.mixed_precision",
          "experiment.name", "experiment.log_dir", "dataset.params.path", "model.pretrained"})
        QVERIFY2(find(checked, path), (std::string(path) + "\n" + all(checked)).c_str());
    // Errors come first and in the order of the file.
    QVERIFY(std::ranges::is_sorted(checked.issues, {}, [](const Issue& issue) { return issue.severity; }));
    const auto loaded = loadTrainConfig("/nowhere/c.yaml");
    QVERIFY(!loaded && loaded.error().where.find("/nowhere/c.yaml") != std::string::npos);
}

void TestConfig::overridesWin() {
    const auto checked =
        check(kGood, {"system.batch_size=2", "system.batch_size=4", "optimizer.params.learning_rate=1e-5",
                      "config=c.yaml", "method={type: lora, rank: 2}"});
    QCOMPARE(checked.loaded.config.system.batchSize, 4);
    QCOMPARE(checked.loaded.config.optimizer.params.learningRate, 1e-5);
    QCOMPARE(checked.loaded.config.method.rank, 2);
    const auto wrong = check(kGood, {"system.batch_siz=2", "a=[1"});
    const Issue* issue = find(wrong, "system.batch_siz");
    QVERIFY(issue && issue->line == 0);
    QVERIFY2(std::ranges::any_of(wrong.issues,
                                 [](const Issue& i) {
                                     return i.code == "override" && i.text.find("a=[1") != std::string::npos;
                                 }),
             all(wrong).c_str());
}

void TestConfig::overridesWithoutAKeyAreNamed() {
    for (const std::string text : {"=5", ".seed=5", "experiment.=5"}) {
        const auto checked = check(kGood, {text});
        std::string all;
        for (const auto& issue : checked.issues) all += issue.text + "\n";
        QVERIFY2(all.find("\"" + text + "\": a part of the key is empty") != std::string::npos, all.c_str());
    }
}

void TestConfig::interpolationsFollowOverrides() {
    const std::string text =
        std::string(kGood) + "lr_scheduler: {params: {learning_rate: '${optimizer.params.learning_rate}'}}\n";
    QCOMPARE(
        *check(text, {"optimizer.params.learning_rate=2e-5"}).loaded.config.lrScheduler.params.learningRate,
        2e-5);
}

void TestConfig::pathsAreAbsolute() {
    const auto checked = check(
        "experiment: {name: x, log_dir: runs, num_examples_to_see: 10}\nmodel: {pretrained: "
        "org/name}\ndataset: {params: {path: 'a.tar::~/b.tar::pipe:cat c'}}\nsystem: {batch_size: "
        "1}\nmethod: {init: ../x}\n");
    const auto& config = checked.loaded.config;
    QCOMPARE(config.experiment.logDir, std::string("/base/runs"));
    QCOMPARE(*config.model.pretrained, std::string("org/name"));  // no such folder: a name on a hub
    QCOMPARE(*config.method.init, std::string("/x"));
    QCOMPARE(config.dataset.params.path, "/base/a.tar::" + expandUser("~/b.tar").string() + "::pipe:cat c");
}

// What was escaped in the file must come out of the frozen configuration as the same text.
void TestConfig::escapedReferencesStayTexts() {
    std::string text = kGood;
    text.replace(text.find("[a]"), 3, R"(['costs \${5}', 'a\\\${b}', 'c\d'])");
    const auto checked = check(text, {R"(dataset.params.path=\${DATA}/{0..3}.tar)"});
    QVERIFY2(!hasErrors(checked.issues), all(checked).c_str());
    const std::vector<std::string> prompts{"costs ${5}", "a\\${b}", "c\\d"};
    QCOMPARE(checked.loaded.config.sampling.prompts, prompts);
    QCOMPARE(checked.loaded.config.dataset.params.path, std::string("${DATA}/{0..3}.tar"));
    const auto again = check(frozenYaml(checked.loaded));
    QVERIFY2(!hasErrors(again.issues), all(again).c_str());
    QCOMPARE(again.loaded.config.sampling.prompts, prompts);
    QCOMPARE(again.loaded.config.dataset.params.path, checked.loaded.config.dataset.params.path);
    QCOMPARE(again.loaded.hash, checked.loaded.hash);
}

// A template's ??? is not asked for where concepts say the same.
void TestConfig::conceptsStandForTheirKeys() {
    const std::string text =
        "model: {pretrained: /m}\nexperiment: {name: r, log_dir: /l, num_examples_to_see: 8}\nsystem: "
        "{batch_size: 2}\ndataset: {params: {path: '?\?\?'}}\n"
        "method:\n  type: dreambooth\n  instance_prompt: '?\?\?'\n  concepts:\n    - path: "
        "a::/b\n      class_path: c\n      class_count: 5\n      class_prompt: d\n    - {path: e, repeats: "
        "3}\n";
    const auto checked = check(text);
    QVERIFY2(!hasErrors(checked.issues), all(checked).c_str());
    const auto& concepts = checked.loaded.config.method.concepts;
    QCOMPARE(concepts.size(), 2U);
    QCOMPARE(concepts[0].path, std::string("/base/a::/b"));
    QCOMPARE(concepts[0].classPath.value_or(""), std::string("/base/c"));
    QCOMPARE(concepts[0].classCount.value_or(0), 5);
    QCOMPARE(concepts[1].repeats, 3);
    QVERIFY(!concepts[1].classPrompt);
    const auto again = checkTrainConfig(frozenYaml(checked.loaded), "/base/c.yaml", {}, {});
    QVERIFY2(!hasErrors(again.issues), all(again).c_str());
    QCOMPARE(again.loaded.resolved["method"], checked.loaded.resolved["method"]);
    QVERIFY(find(check(text, {"method.concepts=[]"}), "dataset.params.path", "missing"));
    QVERIFY(find(check("method: {type: dreambooth, concepts: [{path: /a, class_prompt: d}]}\nmodel: {unet: "
                       "{pretrained: /u}}\n"),
                 "method.concepts[0].class_prompt", "class_pictures"));
    const auto* repeats = findSchema("method.concepts[1].repeats");
    QVERIFY(repeats && repeats->type == ValueType::Int);
    QVERIFY(!findSchema("method.targets[0]"));
}

void TestConfig::methodFollowsTheModel() {
    QCOMPARE(check(kGood).loaded.config.method.type, MethodType::Finetune);
    QCOMPARE(
        check("model: {unet: {params: {sample_size: 8}}, vae: {pretrained: /v}}\n").loaded.config.method.type,
        MethodType::Scratch);
    QCOMPARE(check(std::string(kGood) + "method: {type: lora}\n").loaded.config.method.type,
             MethodType::Lora);
    QVERIFY(!find(check(std::string(kGood) + "method: {type: lora}\n"), "model.unet", "lora_base"));
    const char* const dreamBooth = "method: {type: dreambooth, class_prompt: a dog}\n";
    QVERIFY(!find(check(std::string(kGood) + dreamBooth), "method.class_prompt", "class_pictures"));
    QVERIFY(find(check(std::string(dreamBooth) + "model: {unet: {pretrained: /u}}\n"), "method.class_prompt",
                 "class_pictures"));
    QVERIFY(find(
        check("method: {type: lora}\nmodel: {unet: {params: {sample_size: 8}}, vae: {pretrained: /v}}\n"),
        "model.unet", "lora_base"));
}

void TestConfig::replayNeedsLess() {
    const std::string text =
        "model: {pretrained: /m}\ndataset: {params: {path: '?\?\?'}}\nexperiment: {log_dir: "
        "'?\?\?'}\noptimizer: "
        "{params: {learning_rate: 1e-3}}\nmethod: {type: finetune}\n";
    const auto checked = checkTrainConfig(text, "/base/c.yaml", {}, {.purpose = Purpose::Replay, .base = {}});
    QVERIFY2(!hasErrors(checked.issues), all(checked).c_str());
    QVERIFY(hasErrors(check(text).issues));
}

void TestConfig::newerFormatIsRefused() {
    const auto checked = check("config_version: 99\nnew_section: {}\n");
    QCOMPARE(checked.issues.size(), 1U);
    QCOMPARE(checked.issues[0].code, std::string("version"));
    QVERIFY(!hasErrors(check(std::string(kGood) + "config_version: 1\n").issues));
}

void TestConfig::frozenConfigurationLoadsAgain() {
    const auto first = check(std::string(kGood) + "model2: 0\n", {"model2=null"});
    const auto good = check(kGood, {"model.unet.params={a: [1, 2], b: 1e-5}", "wandb.mode=disabled"});
    const std::string frozen = frozenYaml(good.loaded);
    const auto again = checkTrainConfig(frozen, "/elsewhere/c.yaml");
    QVERIFY2(!hasErrors(again.issues), all(again).c_str());
    QCOMPARE(dumpJson(again.loaded.resolved), dumpJson(good.loaded.resolved));
    QCOMPARE(again.loaded.hash, good.loaded.hash);
    QVERIFY(hasErrors(first.issues));
}

void TestConfig::secretsStayOut() {
    const auto checked = check(std::string(kGood) + "wandb: {api_key: s3cret}\n");
    QVERIFY2(!hasErrors(checked.issues), all(checked).c_str());
    QVERIFY(frozenYaml(checked.loaded).find("s3cret") == std::string::npos);
    QVERIFY(all(checked).find("s3cret") == std::string::npos);
}

void TestConfig::templatesLackOnlyWhatTheySay_data() {
    QTest::addColumn<QString>("file");
    for (const auto& entry : fs::directory_iterator(ATELIER_SOURCE_DIR "/configs/templates"))
        QTest::newRow(entry.path().stem().c_str()) << QString::fromStdString(entry.path().string());
}

void TestConfig::templatesLackOnlyWhatTheySay() {
    QFETCH(QString, file);
    const auto text = readFile(file.toStdString());
    QVERIFY(text && text->starts_with("# "));
    const auto checked = checkTrainConfig(*text, file.toStdString());
    for (const auto& issue : checked.issues)
        QVERIFY2(issue.code == "missing" || issue.code == "no_samples",
                 describe(issue, file.toStdString()).c_str());
    // Filled in, it is complete.
    std::vector<std::string> values;
    for (const auto& issue : checked.issues)
        if (issue.code == "missing")
            values.push_back(issue.path +
                             (findSchema(issue.path)->type == ValueType::TextList ? "=[x]" : "=/x"));
    const auto filled = checkTrainConfig(*text, file.toStdString(), values);
    QVERIFY2(!hasErrors(filled.issues), all(filled).c_str());
}

void TestConfig::openDiffusionFilesLoad_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<QStringList>("unfilled");
    QTest::newRow("base") << "readme_base.yaml"
                          << QStringList{"wandb.api_key",
                                         "experiment.log_dir",
                                         "experiment.name",
                                         "experiment.project",
                                         "experiment.num_examples_to_see",
                                         "model.vae.pretrained",
                                         "model.text_encoder.pretrained",
                                         "model.tokenizer.pretrained",
                                         "model.noise_scheduler_training.pretrained",
                                         "model.noise_scheduler_inference.pretrained",
                                         "dataset.params.path"};
    QTest::newRow("finetune") << "readme_finetune.yaml"
                              << QStringList{"wandb.api_key", "experiment.num_examples_to_see",
                                             "experiment.eval_caption_file", "model.pretrained",
                                             "dataset.params.path"};
}

void TestConfig::openDiffusionFilesLoad() {
    QFETCH(QString, file);
    QFETCH(QStringList, unfilled);
    const std::string path = ATELIER_SOURCE_DIR "/tests/fixtures/open_diffusion/" + file.toStdString();
    const auto text = readFile(path);
    QVERIFY(text);
    QStringList found;
    for (const auto& issue : checkTrainConfig(*text, path).issues)
        if (issue.severity == IssueSeverity::Error) found << QString::fromStdString(issue.path);
    QCOMPARE(found, unfilled);
}

void TestConfig::referenceFilesAreCurrent() {
    QVERIFY2(readFile(ATELIER_SOURCE_DIR "/configs/reference.yaml").value_or("") == schemaYaml(),
             "configs/reference.yaml is out of date: run scripts/reference");
    QVERIFY2(readFile(ATELIER_SOURCE_DIR "/docs/reference.md").value_or("") == schemaMarkdown(),
             "docs/reference.md is out of date: run scripts/reference");
}

void TestConfig::requestForms() {
    const auto plain = configRequest(std::vector<std::string>{"a.yaml", "x=1", "y.z=2"});
    QVERIFY(plain && plain->file == "a.yaml" && plain->overrides.size() == 2 && plain->base.empty());
    const auto other = configRequest(std::vector<std::string>{"x=1", "config=a.yaml"});
    QVERIFY(other && other->file == "a.yaml" && other->base == fs::current_path());
    QVERIFY(!configRequest(std::vector<std::string>{"x=1"}));
    QVERIFY(!configRequest(std::vector<std::string>{"a.yaml", "b.yaml"}));
}

void TestConfig::nastyTextsAreRefusedInWords_data() {
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("binary") << QByteArray("\x00\x01\x02\xff\xfe", 5);
    QTest::newRow("latin-1") << QByteArray("a: \xe4\n");
    QTest::newRow("list") << QByteArray("- a\n");
    QTest::newRow("open bracket") << QByteArray("a: [1, 2\nb: 3\n");
    QTest::newRow("tab") << QByteArray("a:\n\tb: 1\n");
    QTest::newRow("alias of nothing") << QByteArray("a: *b\n");
    QTest::newRow("deep") << QByteArray("a: ") + QByteArray(5000, '[');
    QTest::newRow("deep block") << [] {
        QByteArray text;
        for (int i = 0; i < 300; ++i) text += QByteArray(i, ' ') + "a:\n";
        return text;
    }();
    QTest::newRow("alias bomb") << [] {
        QByteArray text = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n";
        for (int i = 1; i < 12; ++i) {
            const QByteArray last = "*a" + QByteArray::number(i - 1), now = QByteArray::number(i);
            text += "a" + now + ": &a" + now + " [" + QByteArrayList(10, last).join(", ") + "]\n";
        }
        return text;
    }();
    QTest::newRow("reference bomb") << [] {
        QByteArray text = "a0: xxxxxxxxxx\n";
        for (int i = 1; i < 40; ++i)
            text += "a" + QByteArray::number(i) + ": ${a" + QByteArray::number(i - 1) + "}${a" +
                    QByteArray::number(i - 1) + "}\n";
        return text;
    }();
}

void TestConfig::nastyTextsAreRefusedInWords() {
    QFETCH(QByteArray, text);
    QElapsedTimer timer;
    timer.start();
    const auto checked = check(text.toStdString());
    QVERIFY(hasErrors(checked.issues));
    QVERIFY(!checked.issues[0].text.empty());
    QVERIFY2(timer.elapsed() < 2000, "a small file takes long");
}

QTEST_GUILESS_MAIN(TestConfig)
#include "tst_config.moc"
