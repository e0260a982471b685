// SPDX-License-Identifier: GPL-3.0-or-later
// Events for the tests of core/run: one of every type, and a whole run of any length.
#pragma once

#include <cmath>
#include <limits>
#include <vector>

#include "core/run/event.h"

namespace atelier::run::testing {

inline std::vector<Event> oneOfEach() {
    const double inf = std::numeric_limits<double>::infinity();
    std::vector<EventBody> bodies{
        RunStarted{"atelier-engine 0.1.0",
                   "ab12",
                   "desk \"2\"",
                   4211,
                   "cuda:0 H100",
                   8,
                   "checkpoints/step-00001000",
                   1000,
                   {"experiment.num_examples_to_see=8000"}},
        Phase{"train"},
        Progress{7, 100, 56, 800, 3.25, 228.5, 3, 9, 1'000'000'000'000},
        Metric{7, 56, {{"loss", 0.125}, {"lr", 1e-4}, {"grad_norm", inf}, {"größe", -0.0}}},
        Sample{7, "samples/step-00000007", 4, 1},
        Checkpoint{7, "checkpoints/step-00000007", 3'400'000'000ull, 1.5},
        Memory{{{"weights", 10}, {"ema", 20}}, 9'000'000'000ull},
        Device{0.97, 71.0, 8'000'000'000ull, 24'000'000'000ull},
        Timing{0.01, 0.02, 0.3, 0.001},
        Warning{"non_finite_loss", "Loss was not finite at step 7.", "Lower the learning rate."},
        SampleDropped{"fox-0001", "000003.tar", "cannot be decoded: it ends after 48 of 212 kB"},
        Shard{"000003.tar", 52, 20'000'000, "00ff", true},
        Ack{"1-2-3-stop", "stop", AckState::Refused, "It was asked before this start."},
        ErrorRaised{"io", "no space\nleft", "/tmp/x", "Free some."},
        RunFinished{FinishReason::Suspended, 7, 56},
        UnknownEvent{"weather", Json{{"sky", "blue"}, {"n", {1, 2, 3}}}},
    };
    std::vector<Event> events;
    double time = 1'790'000'000.125;
    for (auto& body : bodies) events.push_back({time += 0.25, std::move(body)});
    return events;
}

// Loss falls, every 10th step has a validation value, samples every 20 and a checkpoint every 25 steps.
inline std::vector<Event> wholeRun(std::int64_t steps, double start = 1'790'000'000) {
    std::vector<Event> events{
        {start, RunStarted{"atelier-engine 0.1.0", "ab12", "desk", 1, "cpu", 1, "", 0, {}}},
        {start + 1, Phase{"load"}},
        {start + 2, Phase{"train"}}};
    for (std::int64_t step = 1; step <= steps; ++step) {
        const double t = start + 2 + double(step);
        Metric metric{step, step * 8, {{"loss", 1.0 / double(step)}, {"lr", 1e-4}}};
        if (step % 10 == 0) metric.values.emplace_back("val_loss", 2.0 / double(step));
        events.push_back({t, std::move(metric)});
        if (step % 5 == 0)
            events.push_back({t, Progress{step, steps, step * 8, steps * 8, 8, double(steps - step)}});
        if (step % 20 == 0) events.push_back({t, Sample{step, "samples/" + std::to_string(step), 4}});
        if (step % 25 == 0)
            events.push_back({t, Checkpoint{step, "checkpoints/" + std::to_string(step), 100, 1}});
    }
    events.push_back({start + 3 + double(steps), RunFinished{FinishReason::Completed, steps, steps * 8}});
    return events;
}

}  // namespace atelier::run::testing
