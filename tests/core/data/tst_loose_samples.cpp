// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures in folders and rows of tables as training data, classes, drawing with replacement, filters.
#include <QTemporaryDir>
#include <QtTest>

#include <set>

#include "core/data/dataset_index.h"
#include "core/data/metadata_filter.h"
#include "core/data/sample_source.h"
#include "tests/core/data/pictures.h"
#include "tests/core/data/shard_fixture.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::testing;

namespace {

void write(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    QVERIFY(writeFileAtomic(path, bytes).has_value());
}

std::string png(int width, int height, int seed) {
    return test::encoded(test::picture(width, height, static_cast<unsigned>(seed)), ImageFormat::Png);
}

TrainPlan loosePlan() {
    TrainPlan plan;
    plan.resolution = 8;
    plan.imageKey = "image";
    return plan;
}

}  // namespace

class TestLooseSamples : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path folder_;

  private Q_SLOTS:
    void initTestCase() {
        folder_ = pathOf(dir_) / "pictures";
        for (int i = 0; i < 6; ++i) {
            const auto name = std::to_string(i);
            write(folder_ / (i < 3 ? "fox" : "owl") / (name + ".png"), png(12 + i, 10, i));
            if (i != 5) write(folder_ / (i < 3 ? "fox" : "owl") / (name + ".txt"), "caption " + name + "\n");
        }
        write(folder_ / "owl" / "broken.png", "this is no picture");
        write(folder_ / "owl" / "broken.txt", "broken");
    }

    void aFolderIsADataset() {
        DatasetOptions options;
        options.kind = SourceKind::Folder;
        options.required = "image,txt";
        const auto opened = DatasetIndex::open(folder_.string(), options);
        VERIFY_OK(opened);
        const DatasetIndex& index = **opened;
        QCOMPARE(index.size(), 6u);  // five with captions and the broken one
        QCOMPARE(index.sizeUnfiltered(), 7u);
        QCOMPARE(std::string(index.key(0)), std::string("fox/0"));
        const TrainPlan plan = loosePlan();
        const SampleOrder order(index, plan);
        std::set<std::string> captions;
        std::size_t dropped = 0;
        for (std::uint64_t n = 0; n < index.size(); ++n) {
            const auto sample = loadTrainSample(index, plan, order, n);
            VERIFY_OK(sample);
            captions.insert(sample->caption);
            for (const auto& one : sample->dropped) {
                QVERIFY2(one.key == "owl/broken", one.key.c_str());
                ++dropped;
            }
        }
        QVERIFY(captions.size() >= 5 && captions.contains("caption 4"));
        QVERIFY(dropped >= 1);
        // Another process sees the same.
        const auto again = DatasetIndex::open(folder_.string(), options);
        QCOMPARE((*again)->fingerprint(), index.fingerprint());
    }

    void foldersAreClasses() {
        DatasetOptions options;
        options.kind = SourceKind::Folder;
        options.classes = true;
        options.required = "image,cls";
        const auto opened = DatasetIndex::open(folder_.string(), options);
        VERIFY_OK(opened);
        TrainPlan plan = loosePlan();
        plan.shuffle = Shuffle::None;
        plan.classPrompts = {{"fox", "a red fox"}};
        const SampleOrder order(**opened, plan);
        const auto first = loadTrainSample(**opened, plan, order, 0);
        VERIFY_OK(first);
        QCOMPARE(first->caption, std::string("a red fox"));
        const auto owl = loadTrainSample(**opened, plan, order, 4);  // a class without a prompt is replaced
        VERIFY_OK(owl);
        QVERIFY(owl->dropped.at(0).reason.find("\"owl\" has no prompt") != std::string::npos);
        QCOMPARE(owl->caption, std::string("a red fox"));
    }

    void classNumbersAreNumbers() {
        const fs::path shard = pathOf(dir_) / "classes";
        auto writer = ShardWriter::create(shard, {});
        VERIFY_OK(writer);
        for (int i = 0; i < 3; ++i) {
            const std::string picture = png(9, 9, i), number = i == 0 ? "0" : i == 1 ? "01\n" : "2";
            const MemberView members[] = {{"png", picture}, {"cls", number}};
            VERIFY_OK(writer->add("k" + std::to_string(i), members));
        }
        VERIFY_OK(writer->close());
        DatasetOptions options;
        options.classes = true;
        options.required = "jpg;png,cls";
        const auto opened = DatasetIndex::open(shard.string(), options);
        VERIFY_OK(opened);
        TrainPlan plan = loosePlan();
        plan.imageKey = "jpg;png";
        plan.shuffle = Shuffle::None;
        plan.classPrompts = {{"0", "tench"}, {"1", "goldfish"}};
        const SampleOrder order(**opened, plan);
        QCOMPARE(loadTrainSample(**opened, plan, order, 0)->caption, std::string("tench"));
        QCOMPARE(loadTrainSample(**opened, plan, order, 1)->caption, std::string("goldfish"));
        QCOMPARE(loadTrainSample(**opened, plan, order, 2)->dropped.size() >= 1, true);
    }

    void tablesAreDatasets_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<QString>("text");
        QTest::newRow("csv") << "a.csv"
                             << "file_name,text,score\nfox/0.png,\"one, two\",0.9\nfox/1.png,low,0.1\n"
                                "fox/none.png,gone,0.9\nfox/2.png,uneven\n";
        QTest::newRow("tsv") << "a.tsv"
                             << "image\tcaption\tscore\nfox/0.png\tone, two\t0.9\nfox/1.png\tlow\t0.1\n"
                                "fox/none.png\tgone\t0.9\nfox/2.png\tuneven\n";
        QTest::newRow("semicolons") << "b.csv"
                                    << "path;prompt;score\nfox/0.png;one, two;0.9\nfox/1.png;low;0.1\n"
                                       "http://x/y.png;gone;0.9\nfox/2.png;uneven\n";
    }
    void tablesAreDatasets() {
        QFETCH(QString, name);
        QFETCH(QString, text);
        const fs::path table = folder_ / name.toStdString();
        write(table, text.toStdString());
        DatasetOptions options;
        options.kind = SourceKind::Table;
        options.required = "image,txt";
        options.filters = {{"score", ">=0.5"}};
        const auto opened = DatasetIndex::open(table.string(), options);
        VERIFY_OK(opened);
        QCOMPARE((*opened)->size(), 1u);
        const TrainPlan plan = loosePlan();
        const auto sample = loadTrainSample(**opened, plan, SampleOrder(**opened, plan), 0);
        VERIFY_OK(sample);
        QCOMPARE(sample->caption, std::string("one, two"));
        QVERIFY(!(*opened)->problems().empty());
        options.captionColumn = "nothing";
        const auto wrong = DatasetIndex::open(table.string(), options);
        QVERIFY(!wrong);
        QVERIFY2(wrong.error().what.find("no column \"nothing\"") != std::string::npos,
                 wrong.error().what.c_str());
        fs::remove(table);
    }

    void drawingWithReplacementIsAFunctionOfTheSeed() {
        DatasetOptions options;
        options.kind = SourceKind::Folder;
        const auto opened = DatasetIndex::open(folder_.string(), options);
        VERIFY_OK(opened);
        TrainPlan plan = loosePlan();
        plan.shuffle = Shuffle::Replacement;
        const SampleOrder order(**opened, plan), same(**opened, plan);
        plan.seed = 1;
        const SampleOrder other(**opened, plan);
        std::set<std::uint64_t> pass, all;
        bool differs = false;
        for (std::uint64_t n = 0; n < 70; ++n) {
            QCOMPARE(order.at(n), same.at(n));
            differs = differs || order.at(n) != other.at(n);
            if (n < 7) pass.insert(order.at(n));
            all.insert(order.at(n));
        }
        QVERIFY(differs);
        QCOMPARE(all.size(), 7u);
        QVERIFY(pass.size() < 7u);  // some come twice before all came once
    }

    void filtersAreParsed_data() {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QString>("json");
        QTest::addColumn<bool>("accepted");
        const auto row = [](const char* expression, const char* json, bool accepted) {
            QTest::addRow("%s on %s", expression, json) << expression << json << accepted;
        };
        row("<=0.5", R"({"f": 0.5})", true);
        row(" >= 512 and <= 1024", R"({"f": 2048})", false);
        row("<2 or >8", R"({"f": 9})", true);
        row("<2 or >8 and <10", R"({"f": 11})", false);
        row("<2 or >8 and <10", R"({"f": 1})", true);
        row(">=1 and True", R"({"f": 1})", true);
        row("==True", R"({"f": true})", true);
        row("== 'en'", R"({"f": "en"})", true);
        row("!= 'en'", R"({"f": "de"})", true);
        row("!= 'en'", R"({"f": 3})", false);
        row("<=0.5", R"({"f": "0.1"})", false);
        row("<=0.5", R"({"f": null})", false);
        row("<=0.5", R"({"f": NaN})", false);
        row("<=0.5", R"({"g": 0})", false);
    }
    void filtersAreParsed() {
        QFETCH(QString, expression);
        QFETCH(QString, json);
        QFETCH(bool, accepted);
        const auto filter = MetadataFilter::parse({{"f", expression.toStdString()}});
        VERIFY_OK(filter);
        QCOMPARE(filter->accepts(json.toStdString()), accepted);
    }
    void filtersAreNoPrograms() {
        for (const char* bad :
             {">=__import__('os')", "<1; exit()", "< 'en'", "==", "or >1", ">=1 and", ">=1e999"})
            QVERIFY2(!parseFilter("f", bad), bad);
    }
};

QTEST_GUILESS_MAIN(TestLooseSamples)
#include "tst_loose_samples.moc"
