// SPDX-License-Identifier: GPL-3.0-or-later
// The fold: properties that hold for every log, and the status that follows.
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <fstream>
#include <random>

#include "core/run/event_log.h"
#include "core/run/run_state.h"
#include "tests/core/run/sample_events.h"

using namespace atelier;
using namespace atelier::run;

namespace {

RunState fold(const std::vector<Event>& events) {
    RunState state;
    for (const auto& event : events) state.apply(event);
    return state;
}

// name → (step, value) pairs: what a plot shows.
std::map<std::string, std::vector<std::pair<std::int64_t, double>>> curves(const RunState& state) {
    std::map<std::string, std::vector<std::pair<std::int64_t, double>>> out;
    for (const auto& series : state.series)
        for (std::size_t k = 0; k < series.size(); ++k)
            out[series.name].emplace_back(state.axis.step[series.row[k]], series.value[k]);
    return out;
}

std::vector<std::int64_t> steps(const std::vector<CheckpointRecord>& records, bool superseded = false) {
    std::vector<std::int64_t> out;
    for (const auto& record : records)
        if (record.superseded == superseded) out.push_back(record.checkpoint.step);
    return out;
}

}  // namespace

class TestRunState : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void wholeRun() {
        const auto state = fold(testing::wholeRun(100));
        QCOMPARE(state.findSeries("loss")->size(), std::size_t(100));
        QCOMPARE(state.findSeries("val_loss")->size(), std::size_t(10));
        const auto* validation = state.findSeries("val_loss");
        QCOMPARE(state.axis.step[validation->row[2]], 30);
        QCOMPARE(state.axis.images[validation->row[2]], 240);
        QCOMPARE(state.latest("loss").value(), 0.01);
        QVERIFY(!state.latest("nothing"));
        QCOMPARE(state.samples.size(), std::size_t(5));
        QCOMPARE(steps(state.checkpoints), (std::vector<std::int64_t>{25, 50, 75, 100}));
        QCOMPARE(state.progress.step, 100);
        QCOMPARE(statusOf(state, {}), RunStatus::Finished);
    }
    void oneOfEachIsKept() {
        const auto state = fold(testing::oneOfEach());
        QCOMPARE(state.attempts.size(), std::size_t(1));
        QCOMPARE(state.memory->peak, 9'000'000'000ull);
        QCOMPARE(state.device->temperature.value(), 71.0);
        QCOMPARE(state.timing->train, 0.3);
        QCOMPARE(state.warnings.front().warning.code, std::string("non_finite_loss"));
        QCOMPARE(state.dropped.front().key, std::string("fox-0001"));
        QCOMPARE(state.shards.front().verified, true);
        QCOMPARE(state.acks.at("1-2-3-stop").state, AckState::Refused);
        QVERIFY(!state.stopTaken);  // refused
        QCOMPARE(state.errors.front().error.what, std::string("no space\nleft"));
        QCOMPARE(state.unknown.at("weather"), std::uint64_t(1));
        QCOMPARE(statusOf(state, {}), RunStatus::Suspended);
    }
    // Killed anywhere after a checkpoint and resumed from it, any number of times: the same curves as
    // uninterrupted.
    void resumeLeavesNoTrace() {
        const auto whole = testing::wholeRun(100);
        const auto expected = curves(fold(whole));
        std::mt19937 random(3);
        const auto isAfter = [](const Event& event, std::int64_t step) {
            if (const auto* metric = std::get_if<Metric>(&event.body)) return metric->step > step;
            return false;
        };
        for (int round = 0; round < 200; ++round) {
            RunState state;
            state.apply(whole[0]);
            std::size_t at = 1;
            for (int kill = 0; kill < 3; ++kill) {
                const std::size_t end = at + random() % (whole.size() - at + 1);
                for (; at < end; ++at) state.apply(whole[at]);
                const auto saved = steps(state.checkpoints);
                const std::int64_t from =
                    saved.empty() || random() % 4 == 0 ? 0 : saved[random() % saved.size()];
                state.apply({0, RunStarted{"", "", "", 1, "cpu", 1, from ? "checkpoints/x" : "", from, {}}});
                QVERIFY(state.progress.step == from);
                QVERIFY(std::all_of(state.samples.begin(), state.samples.end(),
                                    [&](const auto& record) { return record.sample.step <= from; }));
                at = std::size_t(std::find_if(whole.begin(), whole.end(),
                                              [&](const Event& e) { return isAfter(e, from); }) -
                                 whole.begin());
            }
            for (; at < whole.size(); ++at) state.apply(whole[at]);
            QCOMPARE(curves(state), expected);
            QCOMPARE(steps(state.checkpoints), (std::vector<std::int64_t>{25, 50, 75, 100}));
            QCOMPARE(state.samples.size(), std::size_t(5));
            QCOMPARE(state.attempts.size(), std::size_t(4));
        }
    }
    // What a reader does not know, or reads in other portions, changes nothing else.
    void unknownTypesChangeNothing() {
        auto events = testing::wholeRun(40);
        const auto expected = curves(fold(events));
        for (std::size_t i = 0; i < events.size(); i += 3)
            events.insert(events.begin() + std::ptrdiff_t(i),
                          Event{5, UnknownEvent{"future", Json{{"step", 99}}}});
        const auto state = fold(events);
        QCOMPARE(curves(state), expected);
        QVERIFY(state.unknown.at("future") > 10);
        QCOMPARE(statusOf(state, {}), RunStatus::Finished);
    }
    void latestValuesWithoutSeries() {
        RunState state;
        state.keepSeries = false;
        for (const auto& event : testing::wholeRun(100)) state.apply(event);
        QCOMPARE(state.latest("loss").value(), 0.01);
        QVERIFY(state.series.empty());
        QCOMPARE(state.axis.size(), std::size_t(0));
    }
    void laterCheckpointsAreSuperseded() {
        auto events = testing::wholeRun(100);
        events.push_back({9e9, RunStarted{"", "", "", 1, "", 1, "checkpoints/step-00000050", 50, {}}});
        const auto state = fold(events);
        QCOMPARE(steps(state.checkpoints), (std::vector<std::int64_t>{25, 50}));
        QCOMPARE(steps(state.checkpoints, true), (std::vector<std::int64_t>{75, 100}));
        QCOMPARE(state.latest("loss").value(), 1.0 / 50);
    }
    void keptRecordsAreBounded() {
        RunState state;
        for (std::size_t i = 0; i < RunState::kKeptRecords + 5; ++i)
            state.apply({1, SampleDropped{"k", "s", "r"}});
        QCOMPARE(state.dropped.size(), RunState::kKeptRecords);
        QCOMPARE(state.droppedCount, std::uint64_t(RunState::kKeptRecords + 5));
    }

    void statuses() {
        RunState state;
        const auto status = [&](std::optional<bool> alive, double now = 100) {
            return statusOf(state, {now, alive, 180});
        };
        QCOMPARE(status({}), RunStatus::NotStarted);
        QCOMPARE(status(true), RunStatus::Preparing);
        state.apply({90, RunStarted{}});
        QCOMPARE(status(true), RunStatus::Preparing);
        state.apply({91, Phase{"cache"}});
        QCOMPARE(status({}), RunStatus::Preparing);
        state.apply({92, Phase{"train"}});
        QCOMPARE(status({}), RunStatus::Running);
        QCOMPARE(status({}, 271), RunStatus::Running);
        QCOMPARE(status({}, 273), RunStatus::NotHeardFrom);
        QCOMPARE(status(false), RunStatus::Failed);
        state.apply({93, Phase{"paused"}});
        QCOMPARE(status({}), RunStatus::Paused);
        state.apply({94, Ack{"a", "stop", AckState::Taken, ""}});
        QCOMPARE(status({}), RunStatus::Stopping);
        state.apply({95, RunFinished{FinishReason::Stopped, 1, 1}});
        QCOMPARE(status(false, 1e9), RunStatus::Stopped);
        state.apply({96, RunStarted{}});
        QCOMPARE(status({}), RunStatus::Preparing);
        for (const auto& [reason, expected] : {std::pair{FinishReason::Completed, RunStatus::Finished},
                                               {FinishReason::Suspended, RunStatus::Suspended},
                                               {FinishReason::Failed, RunStatus::Failed}}) {
            state.apply({97, RunFinished{reason, 1, 1}});
            QCOMPARE(status({}), expected);
            QVERIFY(!isActive(expected));
        }
    }
    // The clock of another host may be ahead: that is not silence.
    void clockAheadIsAlive() {
        RunState state;
        state.apply({5000, RunStarted{}});
        state.apply({5000, Phase{"train"}});
        QCOMPARE(statusOf(state, {100, {}, 180}), RunStatus::Running);
    }
    // A million events: the fold must stay far from what a person notices as waiting.
    void aMillionEvents() {
        QTemporaryDir dir;
        const auto path = fs::path(dir.path().toStdString()) / "events.jsonl";
        {
            std::ofstream out(path, std::ios::binary);
            const auto events = testing::wholeRun(1000);
            std::string text;
            for (const auto& event : events)
                if (std::holds_alternative<Metric>(event.body)) text += eventToLine(event) + "\n";
            for (int i = 0; i < 1000; ++i) out << text;
        }
        QElapsedTimer timer;
        timer.start();
        RunState state;
        EventReader reader(path);
        QVERIFY(reader.read([&](Event&& event) { state.apply(event); }, std::size_t{1} << 40));
        const double seconds = double(timer.elapsed()) / 1000;
        QCOMPARE(state.events, std::uint64_t(1'000'000));
        QCOMPARE(state.findSeries("loss")->size(), std::size_t(1'000'000));
        qInfo("1 000 000 events folded in %.2f s", seconds);
        QVERIFY2(seconds < 20, "ten times slower than any build should be");
    }
};

QTEST_GUILESS_MAIN(TestRunState)
#include "tst_run_state.moc"
