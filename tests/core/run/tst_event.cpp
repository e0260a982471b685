// SPDX-License-Identifier: GPL-3.0-or-later
// Events as lines and back.
#include <QtTest>
#include <random>

#include "core/run/event.h"
#include "core/run/event_scan.h"
#include "tests/core/run/sample_events.h"

using namespace atelier;
using namespace atelier::run;

class TestEvent : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void everyTypeSurvives() {
        const auto events = testing::oneOfEach();
        QCOMPARE(events.size(), std::variant_size_v<EventBody>);
        for (const auto& event : events) {
            const std::string line = eventToLine(event);
            QVERIFY(line.find('\n') == std::string::npos);
            const auto back = eventFromLine(line);
            QVERIFY2(back, line.c_str());
            QCOMPARE(back->body.index(), event.body.index());
            QCOMPARE(back->time, event.time);
            QCOMPARE(eventToLine(*back), line);  // every field: the line names them all
        }
    }
    void headOfALine() {
        const auto line = eventToLine({1.5, Phase{"train"}});
        QCOMPARE(line, std::string(R"({"v":1,"t":1.5,"type":"phase","name":"train"})"));
    }
    void nonFiniteNumbersAreWords() {
        const double nan = std::numeric_limits<double>::quiet_NaN();
        const auto line =
            eventToLine({1, Metric{1, 2, {{"loss", nan}, {"g", -std::numeric_limits<double>::infinity()}}}});
        QVERIFY(line.find(R"("values":{"loss":"nan","g":"-inf"})") != std::string::npos);
        const auto back = eventFromLine(line);
        const auto& values = std::get<Metric>(back->body).values;
        QVERIFY(std::isnan(values[0].second));
        QVERIFY(std::isinf(values[1].second) && values[1].second < 0);
    }
    void badUtf8IsReplaced() {
        const auto line = eventToLine({1, SampleDropped{"\xff\xfe", "a", "b"}});
        QVERIFY(eventFromLine(line));
    }
    void whatIsNoEvent_data() {
        QTest::addColumn<QByteArray>("line");
        for (const char* line :
             {"", "x", "[]", "3", "null", "{}", R"({"v":1,"t":1})", R"({"v":1,"type":"phase"})",
              R"({"t":1,"type":3})", R"({"v":1,"t":1,"type":"metric","step":1,"values":{"loss":1})",
              R"({"v":1,"t":"now","type":"phase"})", R"({"v":1,"t":1,"type":"metric","step":01})",
              R"({"v":1,"t":1,"type":"metric","step":1}x)"})
            QTest::newRow(line) << QByteArray(line);
    }
    void whatIsNoEvent() {
        QFETCH(QByteArray, line);
        const auto event = eventFromLine(line.toStdString());
        QVERIFY(!event);
        QCOMPARE(event.error().code, ErrorCode::Data);
    }
    void newerFormatIsSaid() {
        const auto event = eventFromLine(R"({"v":2,"t":1,"type":"metric","step":1,"images":8,"values":{}})");
        QVERIFY(!event);
        QCOMPARE(event.error().code, ErrorCode::Config);
        QVERIFY(event.error().message().find("format 2") != std::string::npos);
    }
    void wrongTypesCountAsMissing() {
        const auto event =
            eventFromLine(R"({"v":1,"t":1,"type":"progress","step":"x","images":[],"total_images":8.0})");
        QVERIFY(event);
        QCOMPARE(std::get<Progress>(event->body).step, 0);
        QCOMPARE(std::get<Progress>(event->body).totalImages, 8);
        QCOMPARE(std::get<Progress>(event->body).etaSeconds, -1.0);
    }
    void resumedStepFollowsFromTheFolder() {
        const auto event =
            eventFromLine(R"({"v":1,"t":1,"type":"run_started","resumed_from":"checkpoints/step-00001000"})");
        QCOMPARE(std::get<RunStarted>(event->body).resumedStep, 1000);
    }
    // The quick reader gives what the full one gives, or steps aside; checked on damaged lines too.
    void quickReaderAgrees() {
        std::mt19937 random(7);
        auto events = testing::wholeRun(60);
        int quick = 0, seen = 0;
        for (const auto& event : events) {
            const std::string good = eventToLine(event);
            for (int i = 0; i < 40; ++i) {
                std::string line = good;
                if (i > 0) {
                    const std::size_t at = random() % line.size();
                    static constexpr std::string_view kBytes = "0123456789.-+eE\"{}[]:, nx\\\x7f\x01";
                    switch (random() % 3) {
                        case 0:
                            line[at] = kBytes[random() % kBytes.size()];
                            break;
                        case 1:
                            line.erase(at, 1);
                            break;
                        default:
                            line.insert(at, 1, kBytes[random() % kBytes.size()]);
                    }
                }
                const auto scanned = scanFrequentEvent(line);
                if (!scanned) continue;
                ++seen;
                quick += i == 0;
                // A space at the front makes no difference to JSON; a field put first sends it the long way.
                std::string slow = line;
                slow.insert(slow.find('{') + 1, "\"zzz\":0,");
                const auto full = eventFromLine(slow);
                QVERIFY2(full, line.c_str());
                QCOMPARE(eventToLine(*scanned), eventToLine(*full));
            }
        }
        QVERIFY(quick >= 60);
        QVERIFY(seen > quick);
    }
};

QTEST_GUILESS_MAIN(TestEvent)
#include "tst_event.moc"
