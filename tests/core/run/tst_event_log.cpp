// SPDX-License-Identifier: GPL-3.0-or-later
// The event log as files meet life: torn at every byte, read late, replaced, full disk, many writers'
// threads.
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QtTest>
#include <csignal>
#include <fstream>

#include "core/run/event_log.h"
#include "core/run/run_state.h"
#include "tests/core/run/sample_events.h"

using namespace atelier;
using namespace atelier::run;
using namespace std::chrono_literals;

namespace {

std::string linesOf(const std::vector<Event>& events) {
    std::string text;
    for (const auto& event : events) text += eventToLine(event) + "\n";
    return text;
}

void put(const fs::path& path, std::string_view text, bool append = false) {
    std::ofstream(path, append ? std::ios::binary | std::ios::app : std::ios::binary) << text;
}

struct Collected {
    std::string lines;  // of the events seen, written again
    int restarts = 0;
    std::size_t malformed = 0;
    void from(EventReader& reader, std::size_t maxBytes = 1 << 20) {
        for (;;) {
            const auto batch = reader.read([&](Event&& event) { lines += eventToLine(event) + "\n"; },
                                           maxBytes, [&] { ++restarts, lines.clear(); });
            QVERIFY2(batch, batch ? "" : batch.error().message().c_str());
            malformed += batch->malformed;
            if (!batch->more) return;
        }
    }
};

}  // namespace

class TestEventLog : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    int count_ = 0;
    fs::path fresh() {
        return fs::path(dir_.path().toStdString()) / ("log" + std::to_string(count_++) + ".jsonl");
    }

  private Q_SLOTS:
    void writtenIsRead() {
        const auto path = fresh();
        auto writer = EventWriter::open(path);
        QVERIFY(writer);
        for (const auto& event : testing::oneOfEach()) QVERIFY((*writer)->write(event));
        EventReader reader(path);
        Collected seen;
        seen.from(reader);
        QCOMPARE(seen.lines, linesOf(testing::oneOfEach()));
        QCOMPARE(reader.offset(), std::uint64_t(fs::file_size(path)));
        seen.from(reader);  // nothing twice
        QCOMPARE(seen.lines, linesOf(testing::oneOfEach()));
    }
    void absentIsEmpty() {
        EventReader reader(fresh());
        const auto batch = reader.read([](Event&&) {});
        QVERIFY(batch);
        QCOMPARE(batch->events, std::size_t(0));
    }
    void unreadableIsSaid() {
        EventReader reader(dir_.path().toStdString());
        const auto batch = reader.read([](Event&&) {});
        QVERIFY(!batch);
        QVERIFY(!batch.error().where.empty());
    }
    // Cut at every byte: what is whole is read, the rest waits, and the other half completes it.
    void tornAtEveryByte() {
        const std::string text = linesOf(testing::oneOfEach());
        const auto path = fresh();
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            put(path, text.substr(0, cut));
            EventReader reader(path);
            Collected seen;
            seen.from(reader);
            const std::size_t whole = cut == 0 ? 0 : text.rfind('\n', cut - 1) + 1;
            QCOMPARE(seen.lines, text.substr(0, whole == std::string::npos ? 0 : whole));
            put(path, text.substr(cut), true);
            seen.from(reader);
            QCOMPARE(seen.lines, text);
            QCOMPARE(seen.restarts, 0);
            QCOMPARE(seen.malformed, std::size_t(0));
        }
    }
    // A writer killed at any byte: the next one goes on, and only the torn event is lost.
    void writerGoesOnAfterATornLine() {
        const auto events = testing::oneOfEach();
        const std::string text = linesOf(events);
        const auto path = fresh();
        for (std::size_t cut = 0; cut <= text.size(); cut += 3) {
            put(path, text.substr(0, cut));
            {
                auto writer = EventWriter::open(path);
                QVERIFY(writer);
                QVERIFY((*writer)->write(events.front()));
                QVERIFY((*writer)->write(events[1]));
            }
            EventReader reader(path);
            Collected seen;
            seen.from(reader);
            std::string expected = text.substr(0, cut);
            const bool onlyNewlineMissing = cut < text.size() && text[cut] == '\n';
            if (onlyNewlineMissing) expected += '\n';
            expected.resize(expected.rfind('\n') + 1);
            expected += linesOf({events[0], events[1]});
            QCOMPARE(seen.lines, expected);
            QVERIFY(seen.malformed <= 1);
        }
    }
    void startsAnywhere() {
        const std::string text = linesOf(testing::oneOfEach());
        const auto path = fresh();
        put(path, text);
        for (std::size_t offset = 0; offset <= text.size(); ++offset) {
            EventReader reader(path, offset);
            Collected seen;
            seen.from(reader);
            const bool atLine = offset == 0 || text[offset - 1] == '\n';
            const std::size_t begin = atLine ? offset : text.find('\n', offset) + 1;
            QCOMPARE(seen.lines, text.substr(begin));
        }
    }
    void startsInsideAHalfLine() {
        const std::string text = linesOf(testing::oneOfEach());
        const auto path = fresh();
        const std::size_t cut = text.size() - 20;
        put(path, text.substr(0, cut));
        EventReader reader(path, cut - 5);
        Collected seen;
        seen.from(reader);
        QCOMPARE(seen.lines, std::string());
        put(path, text.substr(cut) + linesOf({{1, Phase{"next"}}}), true);
        seen.from(reader);
        QCOMPARE(seen.lines, linesOf({{1, Phase{"next"}}}));
    }
    void smallSlicesGiveTheSame() {
        const std::string text = linesOf(testing::wholeRun(500));
        const auto path = fresh();
        put(path, text);
        EventReader reader(path);
        Collected seen;
        seen.from(reader, 100);
        QCOMPARE(seen.lines, text);
    }
    void rubbishIsSkipped() {
        const auto path = fresh();
        const auto event = linesOf({{1, Phase{"a"}}});
        put(path, "rubbish\n\n" + std::string(100, '\0') + "\n{\"v\":1\n" + event +
                      "{\"v\":9,\"t\":1,\"type\":\"x\"}\r\n" + event);
        EventReader reader(path);
        std::size_t events = 0;
        const auto batch = reader.read([&](Event&&) { ++events; });
        QCOMPARE(events, std::size_t(2));
        QCOMPARE(batch->malformed, std::size_t(3));
        QCOMPARE(batch->newer, std::size_t(1));
    }
    void endlessLineIsPassedOver() {
        const auto path = fresh();
        const auto event = linesOf({{1, Phase{"a"}}});
        put(path, event + std::string(3 * kMaxLineBytes, 'x'));
        EventReader reader(path);
        Collected seen;
        seen.from(reader);
        put(path, "\n" + event, true);
        seen.from(reader);
        QCOMPARE(seen.lines, event + event);
        QCOMPARE(seen.malformed, std::size_t(1));
    }
    void truncatedOrReplaced() {
        const auto path = fresh();
        const std::string first = linesOf(testing::wholeRun(50)),
                          second = linesOf(testing::wholeRun(80, 1'800'000'000));
        put(path, first);
        EventReader reader(path);
        Collected seen;
        seen.from(reader);
        put(path, linesOf({{1, Phase{"short"}}}));
        seen.from(reader);
        QCOMPARE(seen.restarts, 1);
        QCOMPARE(seen.lines, linesOf({{1, Phase{"short"}}}));
        put(path, second);  // longer than what was read, but another log
        seen.from(reader);
        QCOMPARE(seen.restarts, 2);
        QCOMPARE(seen.lines, second);
    }
    // rsync puts a longer copy in the place of the old one: the reader goes on where it was.
    void grownCopyGoesOn() {
        const auto path = fresh(), copy = fresh();
        const std::string text = linesOf(testing::wholeRun(50));
        put(path, text.substr(0, text.size() / 2));
        EventReader reader(path);
        Collected seen;
        seen.from(reader);
        put(copy, text);
        fs::rename(copy, path);
        seen.from(reader);
        QCOMPARE(seen.restarts, 0);
        QCOMPARE(seen.lines, text);
    }
    void vanishedComesBack() {
        const auto path = fresh();
        const std::string text = linesOf(testing::wholeRun(5));
        put(path, text);
        EventReader reader(path);
        Collected seen;
        seen.from(reader);
        fs::remove(path);
        seen.from(reader);
        put(path, text + linesOf({{1, Phase{"more"}}}));
        seen.from(reader);
        QCOMPARE(seen.restarts, 0);
        QCOMPARE(seen.lines, text + linesOf({{1, Phase{"more"}}}));
    }
    // A limit on the size of files stands in for a full disk where no small file system can be mounted.
    void sizeLimitLeavesAReadableLog() {
        const auto path = fresh();
        auto writer = EventWriter::open(path);
        std::signal(SIGXFSZ, SIG_IGN);
        rlimit old{};
        getrlimit(RLIMIT_FSIZE, &old);
        const rlimit small{1000, old.rlim_max};
        setrlimit(RLIMIT_FSIZE, &small);
        Status status;
        int written = 0;
        while (status && written < 1000) {
            status = (*writer)->write(Phase{"phase " + std::to_string(written)});
            written += status.has_value();
        }
        setrlimit(RLIMIT_FSIZE, &old);
        QVERIFY(!status);
        QCOMPARE(status.error().code, ErrorCode::Io);
        QVERIFY(status.error().message().find(path.string()) != std::string::npos);
        checkReadable(path, std::size_t(written));
        QVERIFY((*writer)->write(Phase{"after"}));
        checkReadable(path, std::size_t(written) + 1);
    }
    void fullDiskLeavesAReadableLog() {
        if (::geteuid() != 0)
            QSKIP("needs root to mount a file system of one page; the size limit above stands in");
        QTemporaryDir mountPoint;
        const std::string folder = mountPoint.path().toStdString();
        if (::mount("tmpfs", folder.c_str(), "tmpfs", 0, "size=16k") != 0)
            QSKIP("this container may not mount; the size limit above stands in");
        const auto path = fs::path(folder) / "events.jsonl";
        {
            auto writer = EventWriter::open(path);
            Status status;
            int written = 0;
            while (status && written < 10'000) {
                status = (*writer)->write(Phase{"phase " + std::to_string(written)});
                written += status.has_value();
            }
            QVERIFY(!status);
            QVERIFY2(status.error().message().find("No space left") != std::string::npos,
                     status.error().message().c_str());
            QVERIFY(status.error().hint.find("Free some space") != std::string::npos);
            checkReadable(path, std::size_t(written));
        }
        ::umount(folder.c_str());
    }
    void threadsDoNotMixLines() {
        const auto path = fresh();
        auto writer = EventWriter::open(path);
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; ++thread)
            threads.emplace_back([&, thread] {
                for (int i = 0; i < 500; ++i)
                    (void)(*writer)->write(SampleDropped{std::to_string(thread), std::string(300, 'x'), "r"});
            });
        for (auto& thread : threads) thread.join();
        checkReadable(path, 2000);
    }
    void killedWriterLosesNothingWritten() {
        const auto path = fresh();
        int ready[2];
        QCOMPARE(::pipe(ready), 0);
        const pid_t child = ::fork();
        if (child == 0) {
            auto writer = EventWriter::open(path);
            for (int i = 0; i < 100; ++i) (void)(*writer)->write(Phase{std::to_string(i)});
            (void)!::write(ready[1], "x", 1);
            for (;;) ::pause();
        }
        char byte;
        QCOMPARE(::read(ready[0], &byte, 1), ssize_t(1));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        ::close(ready[0]);
        ::close(ready[1]);
        checkReadable(path, 100);
    }
    void heartbeatFillsSilence() {
        const auto path = fresh();
        auto writer = EventWriter::open(path);
        QVERIFY((*writer)->write(Progress{5, 10, 40, 80, 1, 2}));
        {
            const Heartbeat heartbeat(**writer, 40ms);
            QTest::qWait(300);
        }
        EventReader reader(path);
        std::vector<Event> events;
        QVERIFY(reader.read([&](Event&& event) { events.push_back(std::move(event)); }));
        QVERIFY2(events.size() >= 4, qPrintable(QString::number(events.size())));
        QCOMPARE(std::get<Progress>(events.back().body).images, 40);
    }
    // A resumed run that is still loading: the heartbeat does not send its counts back to nothing.
    void heartbeatBeforeProgress() {
        const auto path = fresh();
        auto writer = EventWriter::open(path);
        QVERIFY((*writer)->write(Progress{900, 1000, 7200, 8000, 1, 2}));
        QVERIFY((*writer)->write(RunStarted{"", "", "", 1, "", 1, "checkpoints/step-00000500", 500, {}}));
        QVERIFY((*writer)->beat(0ms));
        RunState state;
        EventReader reader(path);
        QVERIFY(reader.read([&](Event&& event) { state.apply(event); }));
        QCOMPARE(state.events, std::uint64_t(3));
        QCOMPARE(state.progress.step, 500);
        QCOMPARE(state.progress.totalImages, 8000);
    }
    void progressOnlyWhenDue() {
        const auto path = fresh();
        auto writer = EventWriter::open(path);
        for (int i = 0; i < 1000; ++i) QVERIFY((*writer)->writeIfDue(Progress{i}, 1h));
        checkReadable(path, 1);
    }
    void tooLongIsRefused() {
        auto writer = EventWriter::open(fresh());
        QVERIFY(!(*writer)->write(Phase{std::string(kMaxLineBytes, 'x')}));
    }
    void unwritableFolderIsNamed() {
        const auto writer = EventWriter::open("/proc/no/such/events.jsonl");
        QVERIFY(!writer);
        QVERIFY(writer.error().message().find("/proc/no/such") != std::string::npos);
    }

  private:
    static void checkReadable(const fs::path& path, std::size_t events) {
        EventReader reader(path);
        std::size_t seen = 0;
        const auto batch = reader.read([&](Event&&) { ++seen; }, std::size_t{1} << 30);
        QVERIFY(batch);
        QCOMPARE(seen, events);
        QCOMPARE(batch->malformed, std::size_t(0));
    }
};

QTEST_GUILESS_MAIN(TestEventLog)
#include "tst_event_log.moc"
