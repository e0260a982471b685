// SPDX-License-Identifier: GPL-3.0-or-later
// Requests: asked, taken, answered, refused.
#include <utime.h>

#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "core/run/control.h"
#include "core/run/run_state.h"

using namespace atelier;
using namespace atelier::run;
using namespace std::chrono_literals;

class TestControl : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> dir_;
    RunFolder folder_;
    std::unique_ptr<EventWriter> events_;
    std::unique_ptr<ControlInbox> inbox_;

    RunState state() const {
        RunState state;
        EventReader reader(folder_.events());
        if (!reader.read([&](Event&& event) { state.apply(event); })) qFatal("unreadable");
        return state;
    }
    void put(const char* name, const char* text) const { std::ofstream(folder_.control() / name) << text; }
    // As if it had been written long ago: half-written files are given a moment.
    void age(const char* name) const {
        const utimbuf past{1000, 1000};
        ::utime((folder_.control() / name).c_str(), &past);
    }

  private Q_SLOTS:
    void init() {
        inbox_.reset();
        events_.reset();
        dir_ = std::make_unique<QTemporaryDir>();
        folder_ = RunFolder{dir_->path().toStdString()};
        QVERIFY(createRunFolder(folder_));
        events_ = std::move(*EventWriter::open(folder_.events()));
        inbox_ = std::make_unique<ControlInbox>(folder_, *events_, 0ms);
    }

    void askedTakenDone() {
        Request stop;
        stop.checkpoint = false;
        const auto id = writeRequest(folder_, stop);
        QVERIFY(id);
        QVERIFY(requestPending(folder_, *id));
        const auto requests = inbox_->poll();
        QVERIFY(requests);
        QCOMPARE(requests->size(), std::size_t(1));
        QCOMPARE(requests->front().id, *id);
        QCOMPARE(requests->front().checkpoint, false);
        QVERIFY(!requestPending(folder_, *id));
        QVERIFY(state().stopTaken);
        QVERIFY(inbox_->done(requests->front()));
        const auto ack = state().acks.at(*id);
        QCOMPARE(ack.state, AckState::Done);
        QCOMPARE(ack.request, std::string("stop"));
        QVERIFY(ack.takenTime > 0 && ack.doneTime >= ack.takenTime);
        QVERIFY(inbox_->poll()->empty());
    }
    void everyKindSurvives() {
        for (const auto& request : {Request{RequestKind::Stop, "", true, {}, {}, {}},
                                    Request{RequestKind::Checkpoint, "", true, {}, {}, {}},
                                    Request{RequestKind::Sample, "", true, {}, {}, {}},
                                    Request{RequestKind::Pause, "", true, {}, {}, {}},
                                    Request{RequestKind::Resume, "", true, {}, {}, {}},
                                    Request{RequestKind::Prompts, "", true, {"a \"fox\"", "größe"}, {}, {}},
                                    Request{RequestKind::FinishAt, "", true, {}, 8000, {}},
                                    Request{RequestKind::FinishAt, "", true, {}, {}, 64000}}) {
            QVERIFY(writeRequest(folder_, request));
            const auto taken = inbox_->poll();
            QCOMPARE(taken->size(), std::size_t(1));
            QCOMPARE(taken->front().kind, request.kind);
            QCOMPARE(taken->front().prompts, request.prompts);
            QCOMPARE(taken->front().finishStep, request.finishStep);
            QCOMPARE(taken->front().finishImages, request.finishImages);
        }
    }
    void oldestFirst() {
        std::vector<std::string> asked;
        for (const auto kind :
             {RequestKind::Sample, RequestKind::Checkpoint, RequestKind::Stop, RequestKind::Sample})
            asked.push_back(*writeRequest(folder_, Request{kind, "", true, {}, {}, {}}));
        std::vector<std::string> taken;
        const auto requests = inbox_->poll();
        for (const auto& request : *requests) taken.push_back(request.id);
        QCOMPARE(taken, asked);
    }
    void bareFile() {
        put("stop", "");
        const auto requests = inbox_->poll();
        QCOMPARE(requests->size(), std::size_t(1));
        QCOMPARE(requests->front().kind, RequestKind::Stop);
        QVERIFY(requests->front().checkpoint);
        QVERIFY(!requestPending(folder_, "stop"));
        QCOMPARE(state().acks.at("stop").request, std::string("stop"));
    }
    void bareFileWithContent() {
        put("stop", R"({"checkpoint": false})");
        QCOMPARE(inbox_->poll()->front().checkpoint, false);
    }
    void malformed_data() {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("word");
        QTest::newRow("not JSON") << QByteArray("a.json") << QByteArray("{") << QByteArray("");
        QTest::newRow("list") << QByteArray("a.json") << QByteArray("[]") << QByteArray("object");
        QTest::newRow("unknown") << QByteArray("a.json") << QByteArray(R"({"request":"stp"})")
                                 << QByteArray("stp");
        QTest::newRow("unknown name") << QByteArray("dance") << QByteArray("") << QByteArray("dance");
        QTest::newRow("number") << QByteArray("a.json") << QByteArray(R"({"request":5})")
                                << QByteArray("word");
        QTest::newRow("checkpoint") << QByteArray("stop") << QByteArray(R"({"checkpoint":"no"})")
                                    << QByteArray("true or false");
        QTest::newRow("prompts") << QByteArray("prompts") << QByteArray(R"({"prompts":[1]})")
                                 << QByteArray("list of texts");
        QTest::newRow("finish_at") << QByteArray("finish_at") << QByteArray(R"({"step":-1})")
                                   << QByteArray("above 0");
        QTest::newRow("finish_at nothing")
            << QByteArray("finish_at") << QByteArray("{}") << QByteArray("either");
    }
    void malformed() {
        QFETCH(QByteArray, name);
        QFETCH(QByteArray, text);
        QFETCH(QByteArray, word);
        put(name, text);
        QVERIFY(inbox_->poll()->empty());
        QVERIFY(state().acks.empty());  // it may still be being written
        age(name);
        QVERIFY(inbox_->poll()->empty());
        const auto acks = state().acks;
        QCOMPARE(acks.size(), std::size_t(1));
        QCOMPARE(acks.begin()->second.state, AckState::Refused);
        QVERIFY2(acks.begin()->second.text.find(word.toStdString()) != std::string::npos,
                 acks.begin()->second.text.c_str());
        QVERIFY(!fs::exists(folder_.control() / name.toStdString()));
    }
    void halfWrittenIsCompleted() {
        put("a.json", R"({"request":)");
        QVERIFY(inbox_->poll()->empty());
        put("a.json", R"({"request":"sample"})");
        QCOMPARE(inbox_->poll()->size(), std::size_t(1));
    }
    void temporaryNamesAndFoldersAreLeftAlone() {
        put(".stop.json.123.tmp", R"({"request":"stop"})");
        fs::create_directory(folder_.control() / "stop");
        QVERIFY(inbox_->poll()->empty());
        QVERIFY(fs::exists(folder_.control() / ".stop.json.123.tmp"));
    }
    // A stop meant for a process that died must not end its successor.
    void staleRequestsAreRefused() {
        const auto id = writeRequest(folder_, Request{});
        put("pause", "");
        QVERIFY(inbox_->refuseStale());
        QVERIFY(inbox_->poll()->empty());
        const auto acks = state().acks;
        QCOMPARE(acks.at(*id).state, AckState::Refused);
        QCOMPARE(acks.at("pause").state, AckState::Refused);
        QVERIFY(!state().stopTaken);
    }
    void withdrawn() {
        const auto id = writeRequest(folder_, Request{});
        QVERIFY(withdrawRequest(folder_, *id));
        QVERIFY(!withdrawRequest(folder_, *id));
        QVERIFY(inbox_->poll()->empty());
    }
    void polledNoMoreOftenThanAllowed() {
        ControlInbox slow(folder_, *events_, 1h);
        QVERIFY(slow.poll()->empty());
        QVERIFY(writeRequest(folder_, Request{}));
        QVERIFY(slow.poll()->empty());
    }
    void missingFolderIsNamed() {
        const auto id = writeRequest(RunFolder{folder_.root / "nothing"}, Request{});
        QVERIFY(!id);
        QVERIFY(id.error().message().find("nothing") != std::string::npos);
    }
    void hostileIds() {
        for (const char* id : {"../x", "a/b", ".hidden", "a b"}) {
            Request request;
            request.id = id;
            QVERIFY2(!writeRequest(folder_, request), id);
        }
    }
};

QTEST_GUILESS_MAIN(TestControl)
#include "tst_control.moc"
