// SPDX-License-Identifier: GPL-3.0-or-later
// The controller against a channel that does as it is told, and against a real process.
#include <signal.h>

#include <QDateTime>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

#include "core/run/event_log.h"
#include "core/run/run_folder.h"
#include "ui/session/run_controller.h"

using namespace atelier;
using namespace std::chrono_literals;
using run::RunStatus;

namespace {

class FakeChannel : public RunChannel {
  public:
    QString folder() const override { return QStringLiteral("/runs/fake"); }
    void watch() override { watching = true; }
    void launch() override {
        if (launchError)
            Q_EMIT launchFailed(*launchError);
        else
            Q_EMIT launched();
    }
    void send(const run::Request& request) override {
        sent.push_back(request);
        if (sendError) Q_EMIT sendFailed(QString::fromStdString(request.id), *sendError);
    }
    void terminate() override { ++terminated; }
    void kill() override { ++killed; }
    std::optional<bool> alive() override { return process; }
    QString logTail() const override { return QStringLiteral("last words"); }

    void emitEvent(const run::EventBody& body) {
        Q_EMIT eventsArrived({run::Event{double(QDateTime::currentMSecsSinceEpoch()) / 1000, body}});
    }
    void read() { Q_EMIT caughtUpChanged(true); }

    bool watching = false;
    std::optional<Error> launchError, sendError;
    std::vector<run::Request> sent;
    int terminated = 0, killed = 0;
    std::optional<bool> process;
};

const RunTimers kFast{200ms, 400ms, 100ms, 60ms, 10ms};

}  // namespace

class TestRunController : public QObject {
    Q_OBJECT
    FakeChannel* channel_ = nullptr;
    std::unique_ptr<RunController> run_;

    void running() {
        channel_->process = true;
        channel_->read();
        channel_->emitEvent(run::RunStarted{});
        channel_->emitEvent(run::Phase{"train"});
        QCOMPARE(run_->status(), RunStatus::Running);
    }

  private Q_SLOTS:
    void init() {
        auto channel = std::make_unique<FakeChannel>();
        channel_ = channel.get();
        run_ = std::make_unique<RunController>(std::move(channel), kFast);
    }
    void opensWithoutEvents() {
        run_->open();
        QVERIFY(channel_->watching);
        QCOMPARE(run_->status(), RunStatus::NotStarted);
        QCOMPARE(run_->secondsSinceHeartbeat(), -1.0);
    }
    // Another computer's clock, or this one's set back or forth: silence is what was not heard, by one clock.
    void clocksThatDisagree() {
        const double now = double(QDateTime::currentMSecsSinceEpoch()) / 1000;
        for (const double skew : {-86'400.0, 86'400.0}) {
            init();
            run_->open();
            Q_EMIT channel_->eventsArrived({run::Event{now + skew, run::RunStarted{}}});
            channel_->read();
            Q_EMIT channel_->eventsArrived({run::Event{now + skew + 1, run::Phase{"train"}}});
            QCOMPARE(run_->status(), RunStatus::Running);  // it is heard now, whatever its clock says
            QTRY_COMPARE(run_->status(), RunStatus::NotHeardFrom);
            Q_EMIT channel_->eventsArrived({run::Event{now + skew + 2, run::Progress{}}});
            QCOMPARE(run_->status(), RunStatus::Running);
        }
        // Read from an old log whose times lie in the future: silent too, after a while.
        init();
        run_->open();
        Q_EMIT channel_->eventsArrived(
            {run::Event{now + 86'400, run::RunStarted{}}, {now + 86'400, run::Phase{"train"}}});
        channel_->read();
        QTRY_COMPARE(run_->status(), RunStatus::NotHeardFrom);
    }
    void startToFinish() {
        QSignalSpy statuses(run_.get(), &RunController::statusChanged);
        channel_->process = true;
        run_->start();
        QCOMPARE(run_->status(), RunStatus::Preparing);
        running();
        channel_->emitEvent(run::Metric{1, 8, {{"loss", 0.5}}});
        QCOMPARE(run_->state().latest("loss").value(), 0.5);
        channel_->process = false;
        channel_->emitEvent(run::RunFinished{run::FinishReason::Completed, 1, 8});
        QCOMPARE(run_->status(), RunStatus::Finished);
        QCOMPARE(statuses.count(), 3);
        QTest::qWait(50);
        QVERIFY(!run_->failure());
    }
    void launchThatFails() {
        channel_->launchError = Error{ErrorCode::Io, "no engine", "/e", ""};
        QSignalSpy failures(run_.get(), &RunController::failed);
        run_->start();
        QCOMPARE(failures.count(), 1);
        QCOMPARE(run_->status(), RunStatus::Failed);
        QCOMPARE(run_->failure()->what, std::string("no engine"));
    }
    void launchThatEndsAtOnce() {
        channel_->process = false;
        run_->start();
        channel_->read();
        QTRY_VERIFY(run_->failure().has_value());
        QCOMPARE(run_->status(), RunStatus::Failed);
        QCOMPARE(run_->failure()->hint, std::string("last words"));
    }
    void launchThatSaysNothing() {
        channel_->process = true;
        run_->start();
        channel_->read();
        QTRY_VERIFY(run_->failure().has_value());
        QVERIFY(run_->failure()->what.find("not said anything") != std::string::npos);
    }
    // A run that was there before is not taken for the answer of the one just launched.
    void launchIntoAnOldRun() {
        channel_->process = false;
        run_->open();
        channel_->read();
        channel_->emitEvent(run::RunStarted{});
        channel_->emitEvent(run::RunFinished{run::FinishReason::Stopped, 5, 40});
        QCOMPARE(run_->status(), RunStatus::Stopped);
        channel_->process = true;
        run_->start();
        QTRY_COMPARE(run_->status(), RunStatus::Preparing);
        running();
    }
    void silenceIsNotHeardFrom() {
        run_->open();
        channel_->read();
        channel_->emitEvent(run::RunStarted{});
        channel_->emitEvent(run::Phase{"train"});
        QCOMPARE(run_->status(), RunStatus::Running);
        QTRY_COMPARE(run_->status(), RunStatus::NotHeardFrom);
        channel_->emitEvent(run::Progress{});
        QCOMPARE(run_->status(), RunStatus::Running);
    }
    void goneProcessIsSeen() {
        run_->open();
        running();
        channel_->emitEvent(run::Progress{740, 0, 5920, 0, 1, 1});
        QSignalSpy failures(run_.get(), &RunController::failed);
        channel_->process = false;
        QTRY_COMPARE(run_->status(), RunStatus::Failed);
        QCOMPARE(failures.count(), 1);
        QVERIFY(run_->failure()->what.find("step 740") != std::string::npos);
        QCOMPARE(run_->failure()->hint, std::string("last words"));
    }
    // Its last words may still be unread when the process is gone.
    void goneIsNotSaidBeforeTheLogIsRead() {
        channel_->process = false;
        run_->open();
        channel_->emitEvent(run::RunStarted{});
        channel_->emitEvent(run::Phase{"train"});
        QTest::qWait(50);
        QCOMPARE(run_->status(), RunStatus::Running);
        channel_->emitEvent(run::RunFinished{run::FinishReason::Completed, 1, 1});
        channel_->read();
        QCOMPARE(run_->status(), RunStatus::Finished);
        QVERIFY(!run_->failure());
    }

    void requestIsAnswered() {
        run_->open();
        running();
        QSignalSpy changes(run_.get(), &RunController::requestChanged);
        const QString id = run_->request(run::Request{run::RequestKind::Sample, "", true, {}, {}, {}});
        QCOMPARE(channel_->sent.size(), std::size_t(1));
        QCOMPARE(run_->latest(run::RequestKind::Sample)->state, RequestTrack::State::Asked);
        QTRY_VERIFY(run_->requests().at(id).seconds > 0);
        channel_->emitEvent(run::Ack{id.toStdString(), "sample", run::AckState::Taken, ""});
        QCOMPARE(run_->requests().at(id).state, RequestTrack::State::Taken);
        channel_->emitEvent(run::Ack{id.toStdString(), "sample", run::AckState::Done, ""});
        QCOMPARE(run_->requests().at(id).state, RequestTrack::State::Done);
        QVERIFY(!run_->requests().at(id).open());
        QVERIFY(changes.count() >= 4);
        QVERIFY(!run_->latest(run::RequestKind::Stop));
    }
    void requestIsRefused() {
        run_->open();
        running();
        const QString id = run_->request(run::Request{run::RequestKind::Sample, "", true, {}, {}, {}});
        channel_->emitEvent(run::Ack{id.toStdString(), "sample", run::AckState::Refused, "no prompts"});
        QCOMPARE(run_->requests().at(id).state, RequestTrack::State::Refused);
        QCOMPARE(run_->requests().at(id).text, QStringLiteral("no prompts"));
    }
    void requestCannotBeSent() {
        run_->open();
        running();
        channel_->sendError = Error{ErrorCode::Io, "disk full", "/runs", ""};
        const QString id = run_->stop();
        QCOMPARE(run_->requests().at(id).state, RequestTrack::State::NotSent);
        QVERIFY(run_->requests().at(id).text.contains(QStringLiteral("disk full")));
        QTest::qWait(150);
        QVERIFY(!run_->canForceStop());
    }
    void requestToADyingEngine() {
        run_->open();
        running();
        const QString id = run_->request(run::Request{run::RequestKind::Checkpoint, "", true, {}, {}, {}});
        channel_->process = false;
        QTRY_COMPARE(run_->requests().at(id).state, RequestTrack::State::Unanswered);
        QVERIFY(!run_->requests().at(id).text.isEmpty());
    }
    void stopEndsTheRun() {
        run_->open();
        running();
        const QString id = run_->stop(false);
        QCOMPARE(channel_->sent[0].checkpoint, false);
        channel_->emitEvent(run::Ack{id.toStdString(), "stop", run::AckState::Taken, ""});
        QCOMPARE(run_->status(), RunStatus::Stopping);
        channel_->emitEvent(run::RunFinished{run::FinishReason::Stopped, 1, 1});
        channel_->process = false;
        QCOMPARE(run_->status(), RunStatus::Stopped);
        QTRY_COMPARE(run_->requests().at(id).state, RequestTrack::State::Done);
    }
    void forceStopIsOfferedAndDone() {
        run_->open();
        running();
        QSignalSpy offers(run_.get(), &RunController::canForceStopChanged);
        run_->stop();
        QVERIFY(!run_->canForceStop());
        QTRY_VERIFY(run_->canForceStop());
        run_->forceStop();
        QCOMPARE(channel_->terminated, 1);
        QCOMPARE(channel_->killed, 0);
        QTRY_COMPARE(channel_->killed, 1);
        channel_->process = false;
        QTRY_VERIFY(!run_->canForceStop());
        QCOMPARE(offers.count(), 2);
    }
    void noKillAfterAnOrderlyEnd() {
        run_->open();
        running();
        run_->stop();
        QTRY_VERIFY(run_->canForceStop());
        run_->forceStop();
        channel_->process = false;
        QTest::qWait(150);
        QCOMPARE(channel_->killed, 0);
    }
    void replacedLogFoldsAgain() {
        run_->open();
        running();
        channel_->emitEvent(run::Metric{1, 8, {{"loss", 0.5}}});
        QSignalSpy resets(run_.get(), &RunController::stateReset);
        Q_EMIT channel_->restarted();
        QCOMPARE(resets.count(), 1);
        QCOMPARE(run_->state().events, std::uint64_t(0));
    }

    // The local channel with a real process that holds the lock of a real folder.
    void localFolderAndProcess() {
        QTemporaryDir dir;
        const run::RunFolder folder{dir.path().toStdString()};
        QVERIFY(run::createRunFolder(folder));
        auto events = run::EventWriter::open(folder.events());
        QVERIFY(events);
        LaunchCommand command{QStringLiteral("/bin/sh"),
                              {QStringLiteral("-c"), QStringLiteral("trap '' TERM; sleep 60 & wait; wait")},
                              {},
                              QString::fromStdString(folder.engineLog().string()),
                              {}};
        RunController run(std::make_unique<LocalRunChannel>(dir.path(), command),
                          RunTimers{60s, 60s, 50ms, 100ms, 20ms});
        run.start();
        QVERIFY((*events)->write(run::RunStarted{}));
        QVERIFY((*events)->write(run::Phase{"train"}));
        QTRY_COMPARE(run.status(), RunStatus::Running);
        const QString id = run.stop();
        QVERIFY(run::requestPending(folder, id.toStdString()));
        QTRY_VERIFY(run.canForceStop());
        run.forceStop();  // SIGTERM is ignored, SIGKILL is not
        QTRY_COMPARE(run.status(), RunStatus::Failed);
        QVERIFY(run.failure().has_value());
        QTRY_COMPARE(run.requests().at(id).state, RequestTrack::State::Unanswered);
    }
    void requestIntoAMissingFolder() {
        RunController run(std::make_unique<LocalRunChannel>(QStringLiteral("/no/such/run")), kFast);
        run.open();
        const QString id = run.stop();
        QCOMPARE(run.requests().at(id).state, RequestTrack::State::NotSent);
    }
};

QTEST_GUILESS_MAIN(TestRunController)
#include "tst_run_controller.moc"
