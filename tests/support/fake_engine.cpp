// SPDX-License-Identifier: GPL-3.0-or-later
// An engine for tests of queues: `train RUN_DIR` takes the folder's lock, writes the events of a start and
// "trains" until a file `end` lies in the folder or it is asked to stop. A file `behave` in the folder says
// what else: "refuse" (ends at once with an error), "fail" (fails before the first step). `queue run` runs
// the queue with itself as the engine.
#include <cstdio>
#include <cstring>
#include <thread>

#include "core/base/version.h"
#include "core/run/control.h"
#include "core/run/event_log.h"
#include "core/run/queue_runner.h"

using namespace atelier;

namespace {

int train(const fs::path& root) {
    const run::RunFolder folder{root};
    const std::string behave = readFile(root / "behave", 100).value_or("");
    if (behave == "refuse") {
        std::fprintf(stderr, "error: model.pretrained: there is no such folder\n");
        return 2;
    }
    auto lock = run::RunLock::acquire(folder, "atelier-engine train");
    if (!lock) {
        std::fprintf(stderr, "error: %s\n", lock.error().message().c_str());
        return 2;
    }
    auto events = run::EventWriter::open(folder.events());
    if (!events) return 1;
    run::RunStarted started;
    started.engine = "fake";
    started.host = run::hostName();
    started.device = "cpu";
    (void)(*events)->write(started);
    if (behave == "fail") {
        std::fprintf(stderr, "error: no memory is left\n");
        (void)(*events)->write(run::ErrorRaised{"memory", "no memory is left", "the first step", "batch 1"});
        (void)(*events)->write(run::RunFinished{run::FinishReason::Failed, 0, 0});
        return 1;
    }
    (void)(*events)->write(run::Phase{"train"});
    run::Progress progress;
    progress.step = 1;
    progress.totalSteps = 100;
    progress.images = 1;
    progress.totalImages = 100;
    progress.etaSeconds = 60;
    (void)(*events)->write(progress);
    run::ControlInbox inbox(folder, **events);
    (void)inbox.refuseStale();
    for (;;) {
        std::error_code error;
        bool stop = fs::exists(root / "end", error);
        if (const auto requests = inbox.poll())
            for (const auto& request : *requests) {
                stop = stop || request.kind == run::RequestKind::Stop;
                (void)inbox.done(request);
            }
        if (stop) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    (void)(*events)->write(run::RunFinished{run::FinishReason::Completed, 100, 100});
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const auto is = [&](int at, const char* word) { return argc > at && std::strcmp(argv[at], word) == 0; };
    if (is(1, "--version")) {
        std::printf("atelier-engine %s\n", kVersion);
        return 0;
    }
    if (is(1, "train") && argc > 2) return train(argv[2]);
    if (is(1, "queue") && is(2, "run")) {
        std::error_code error;
        auto runner = run::QueueRunner::open(run::queueFolder(), fs::read_symlink("/proc/self/exe", error));
        if (!runner) return 2;
        return runner->run(std::chrono::milliseconds(50), [] { return false; }) ? 0 : 1;
    }
    return 2;
}
