// SPDX-License-Identifier: GPL-3.0-or-later
// A branch of a run: what goes along, what stays behind, and that it is whole or absent.
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "core/base/yaml.h"
#include "core/config/compose.h"
#include "core/run/branch.h"
#include "core/run/event_log.h"
#include "core/run/given_settings.h"
#include "core/run/run_state.h"

using namespace atelier;
using namespace atelier::run;

class TestBranch : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    int count_ = 0;

    static void must(const Status& status) { QVERIFY2(status, status ? "" : status.error().what.c_str()); }
    void put(const fs::path& path, const std::string& text) {
        QVERIFY(createDirectories(path.parent_path()));
        QVERIFY(writeFileAtomic(path, text));
    }
    void checkpoint(const RunFolder& folder, EventWriter& events, std::int64_t step) {
        put(folder.pipelineDir(step) / "unet" / "weights.safetensors", "weights of " + std::to_string(step));
        put(folder.stateFile(step), "{}");
        put(folder.doneMarker(step), "");
        QVERIFY(events.write(Checkpoint{step, folder.relative(folder.checkpointDir(step)), 12, 0.1}));
    }
    RunFolder run() {
        const RunFolder folder{fs::path(dir_.path().toStdString()) / ("run" + std::to_string(count_++))};
        if (!createRunFolder(folder)) return folder;
        put(folder.config(), "old");
        auto events = EventWriter::open(folder.events());
        must((*events)->write(RunStarted{}));
        for (std::int64_t step = 1; step <= 30; ++step) {
            must((*events)->write(Metric{step, step * 8, {{"loss", 1.0 / double(step)}}}));
            if (step % 10 == 0) {
                checkpoint(folder, **events, step);
                put(folder.sampleDir(step) / "0000.png", "picture");
                must((*events)->write(Sample{step, folder.relative(folder.sampleDir(step)), 1, 0}));
            }
        }
        return folder;
    }
    static RunState fold(const RunFolder& folder) {
        RunState state;
        EventReader reader(folder.events());
        if (!reader.read([&](Event&& event) { state.apply(event); })) state.events = 0;
        return state;
    }
    static std::string text(const fs::path& path) { return readFile(path).value_or("?"); }

  private Q_SLOTS:
    void takesWhatLedToTheCheckpoint() {
        const RunFolder source = run(), target{source.root.parent_path() / "branch"};
        const std::string before = text(source.events());
        QVERIFY(branchRun(source, 20, target, "new"));
        QCOMPARE(text(target.config()), std::string("new"));
        QCOMPARE(completeCheckpoints(target), std::vector<std::int64_t>{20});
        QCOMPARE(text(target.pipelineDir(20) / "unet" / "weights.safetensors"), std::string("weights of 20"));
        QCOMPARE(text(target.currentPipeline() / "unet" / "weights.safetensors"),
                 std::string("weights of 20"));
        QVERIFY(fs::exists(target.sampleDir(10)));
        QVERIFY(!fs::exists(target.sampleDir(30)));
        const RunState state = fold(target);
        QCOMPARE(state.axis.size(), std::size_t(20));
        QCOMPARE(state.checkpoints.size(), std::size_t(1));
        QCOMPARE(state.checkpoints[0].checkpoint.step, 20);
        QCOMPARE(kindOfFolder(target.root), FolderKind::Started);
        // The source is as it was, and removing the branch does not touch it.
        fs::remove_all(target.root);
        QCOMPARE(text(source.events()), before);
        QCOMPARE(text(source.pipelineDir(20) / "unet" / "weights.safetensors"), std::string("weights of 20"));
    }
    void ofAStepReachedTwiceTheLaterCounts() {
        const RunFolder source = run(), target{source.root.parent_path() / "twice"};
        auto events = EventWriter::open(source.events());
        must((*events)->write(RunStarted{"", "", "", 0, "cpu", 1, "checkpoints/step-00000010", 10, {}}));
        for (std::int64_t step = 11; step <= 20; ++step)
            must((*events)->write(Metric{step, step * 8, {{"loss", 9.0}}}));
        checkpoint(source, **events, 20);
        QVERIFY(branchRun(source, 20, target, "new"));
        QCOMPARE(fold(target).latest("loss").value(), 9.0);
    }
    void whatStartsWereGivenStaysWithTheSource() {
        const RunFolder source = run(), target{source.root.parent_path() / "given"};
        auto events = EventWriter::open(source.events());
        must((*events)->write(
            RunStarted{"", "", "", 0, "cpu", 1, "checkpoints/step-00000010", 10, {"a.b=1", "c=[2, 3]"}}));
        checkpoint(source, **events, 20);
        const auto given = givenSettings(source);
        QVERIFY(given);
        QCOMPARE(textsOf(*given), (std::vector<std::string>{"a.b=1", "c=[2, 3]"}));
        QCOMPARE(given->front().step, 10);
        QVERIFY(branchRun(source, 20, target, "new"));
        const auto taken = givenSettings(target);
        QVERIFY(taken && taken->empty());
        QCOMPARE(fold(target).attempts.size(), fold(source).attempts.size());
    }
    void changedSettingsReadBack() {
        const Json before{{"a", {{"b", 1}, {"c", "x"}}}, {"list", {1, 2}}, {"off", 1}};
        const Json now{{"a", {{"b", 2.5}, {"c", "x"}, {"new", "y: z, [q"}}}, {"list", {1}}, {"off", nullptr}};
        const auto changed = changedSettings(before, now);
        QCOMPARE(changed.size(), std::size_t(4));
        const auto list = fromDotlist(changed);
        QVERIFY(list);
        Json expected = now;
        expected["a"].erase("c");
        QCOMPARE(yaml::toJson(*list), expected);
    }
    void refusesWhatIsNotThere() {
        const RunFolder source = run(), target{source.root.parent_path() / "none"};
        const Status missing = branchRun(source, 15, target, "new");
        QVERIFY(!missing && missing.error().hint.find("30") != std::string::npos);
        fs::remove(source.doneMarker(20));
        QVERIFY(!branchRun(source, 20, target, "new"));
        QVERIFY(!fs::exists(target.root));
        const Status taken = branchRun(source, 10, source, "new");
        QVERIFY(!taken &&
                taken.error().hint.find(source.root.filename().string() + "-2") != std::string::npos);
    }
    void cancelledLeavesNothing() {
        const RunFolder source = run(), target{source.root.parent_path() / "cancelled"};
        int asked = 0;
        const Status status = branchRun(source, 20, target, "new", [&] { return ++asked > 2; });
        QVERIFY(!status && status.error().code == ErrorCode::Cancelled);
        QVERIFY(!fs::exists(target.root));
        QVERIFY(!fs::exists(target.root.parent_path() / ".cancelled.partial"));
    }
    void aLogWithoutEndIsNoHindrance() {
        const RunFolder source = run(), target{source.root.parent_path() / "torn"};
        std::ofstream(source.events(), std::ios::app) << "{\"v\":1,\"t\":5,\"type\":\"met";
        QVERIFY(branchRun(source, 30, target, "new"));
        QCOMPARE(fold(target).axis.size(), std::size_t(30));
        fs::remove(source.events());
        const RunFolder bare{source.root.parent_path() / "bare"};
        QVERIFY(branchRun(source, 30, bare, "new"));
        QCOMPARE(kindOfFolder(bare.root), FolderKind::Exported);  // `train` begins with the checkpoint
    }
};

QTEST_GUILESS_MAIN(TestBranch)
#include "tst_branch.moc"
