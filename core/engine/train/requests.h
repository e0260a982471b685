// SPDX-License-Identifier: GPL-3.0-or-later
// What others ask of a running training: signals, and files in control/. Polled at every safe point of every
// phase; what takes time is noted here and done by the loop, which then answers. Used by loop.cpp;
// checkpoints keep the new end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/train/train.h"
#include "core/run/control.h"

namespace atelier::train {

// The end that a `finish_at` request gave the run; without either the configuration's holds.
struct NewEnd {
    std::optional<std::int64_t> step, images;
};

class Requests {
  public:
    Requests(const run::RunFolder& folder, run::EventWriter& events) : inbox_(folder, events) {}

    Status refuseStale() { return inbox_.refuseStale(); }

    // Looks for new ones. Blocks while paused; `whilePaused` is called with true on entering and false on
    // leaving.
    Status poll(const std::function<void(bool)>& whilePaused);

    bool ending() const { return ending_ != StopRequest::None; }
    StopRequest reason() const { return ending_; }
    bool checkpointAtEnd() const { return checkpointAtEnd_; }
    bool wantsCheckpoint() const { return !checkpoints_.empty(); }
    bool wantsSample() const { return !samples_.empty(); }
    // Set by `prompts`, until the next call.
    std::optional<std::vector<std::string>> takePrompts() { return std::exchange(prompts_, std::nullopt); }
    const NewEnd& newEnd() const { return newEnd_; }
    void setNewEnd(const NewEnd& end) { newEnd_ = end; }  // of the checkpoint that the run continues from

    // Answers.
    Status checkpointDone(const Status& outcome) { return answer(checkpoints_, outcome); }
    Status sampleDone(const Status& outcome) { return answer(samples_, outcome); }
    Status endingDone() { return answer(stops_, {}); }

  private:
    Status take(const run::Request& request);
    Status answer(std::vector<run::Request>& waiting, const Status& outcome);

    run::ControlInbox inbox_;
    std::vector<run::Request> checkpoints_, samples_, stops_;
    std::optional<std::vector<std::string>> prompts_;
    NewEnd newEnd_;
    StopRequest ending_ = StopRequest::None;
    bool checkpointAtEnd_ = true;
    bool paused_ = false;
};

}  // namespace atelier::train
