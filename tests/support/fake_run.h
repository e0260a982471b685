// SPDX-License-Identifier: GPL-3.0-or-later
// A run folder filled as the engine fills it, without an engine: events, samples, checkpoints, the lock,
// answers to control requests. For tests of the studio and for its screenshots.
#pragma once

#include <QImage>
#include <QString>
#include <QStringList>
#include <memory>
#include <optional>
#include <vector>

#include "core/run/control.h"
#include "core/run/event_log.h"
#include "core/run/lock.h"
#include "core/run/run_folder.h"

namespace atelier::test {

struct FakePlan {
    std::string name = "emoji-scratch-128";
    std::string method = "scratch";
    std::int64_t steps = 6000, batch = 64, sampleEvery = 500, saveEvery = 500;
    std::string device = "cpu";
    int resolution = 128;
    double level = 0.09;  // where the loss ends
    std::vector<std::string> prompts{"fox, flat emoji style", "octopus waving, flat emoji style",
                                     "penguin in the snow"};
};

class FakeRun {
  public:
    FakeRun(const QString& logFolder, FakePlan plan = {});
    QString folder() const { return QString::fromStdString(folder_.root.string()); }
    const run::RunFolder& place() const { return folder_; }
    const FakePlan& plan() const { return plan_; }
    run::EventWriter& events() { return *events_; }

    // Time of the next event (unix seconds); advances by itself while training.
    void setTime(double time) { time_ = time; }
    double time() const { return time_; }
    void holdLock();  // as a living process: this one
    void dropLock() { lock_.reset(); }
    void lockAndDie();  // leaves the lock of a process that was killed
    void start(std::int64_t resumedStep = -1);
    void train(std::int64_t toStep, std::int64_t every = 10, double secondsPerStep = 0.415);
    void progress(double etaSeconds);
    void sample(std::int64_t step, int failed = -1);
    void checkpoint(std::int64_t step);
    void put(const run::EventBody& body);
    void finish(run::FinishReason reason);
    // Takes waiting requests and answers them; returns their names. A stop also finishes the run.
    std::vector<std::string> serve();
    void setPictures(std::vector<QImage> finals) { finals_ = std::move(finals); }

  private:
    run::RunFolder folder_;
    FakePlan plan_;
    std::unique_ptr<run::EventWriter> events_;
    std::unique_ptr<run::ControlInbox> inbox_;
    std::optional<run::RunLock> lock_;
    std::vector<QImage> finals_;
    double time_ = 0;
    std::int64_t step_ = 0;
    unsigned noise_ = 12345;
};

// A frozen configuration that loads.
std::string fakeConfig(const FakePlan& plan, const std::string& logFolder);

}  // namespace atelier::test
