// SPDX-License-Identifier: GPL-3.0-or-later
// One progress display for long verbs: a bar that redraws itself on a terminal, plain lines every few seconds
// elsewhere. Used by `dataset` and `train`; writes to stderr so that results on stdout stay clean.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace atelier::cli {

struct ProgressState {
    std::string phase;  // "write", "step"
    std::uint64_t done = 0;
    std::uint64_t total = 0;  // 0 = unknown: no bar, no time left
    double rate = -1;         // `unit` per second; < 0 = not known yet
    std::string unit;         // "images", "steps"; "bytes" are shown as "1.2 GB"
    double etaSeconds = -1;   // < 0 = not known yet
    std::string extra;        // "loss 0.0918", "41 MB/s"
};

// One line of text without line end, at most `width` columns: "write  ████████▌     398 of 412  96 images/s
// 4 s left  41 MB/s".
enum class BarStyle { Unicode, Ascii, None };
std::string formatProgress(const ProgressState& state, int width, BarStyle style = BarStyle::Unicode);

class ProgressDisplay {
  public:
    // Auto: a bar when stderr is a terminal. JsonLines: {"phase", "done", "total"} on stdout, for programs.
    enum class Mode { Auto, Bar, Lines, JsonLines, Silent };
    explicit ProgressDisplay(Mode mode = Mode::Auto);
    ~ProgressDisplay();
    ProgressDisplay(const ProgressDisplay&) = delete;
    ProgressDisplay& operator=(const ProgressDisplay&) = delete;

    // Cheap to call often: draws ten times a second (bar), five times (JSON) or every 5 s and at a new phase
    // (lines).
    void update(const ProgressState& state);
    // A line of its own above the bar.
    void print(std::string_view line);
    // Leaves the last state on the screen and ends its line.
    void finish();
    bool isBar() const { return mode_ == Mode::Bar; }

  private:
    void draw(const ProgressState& state);
    Mode mode_;
    ProgressState last_;
    bool pending_ = false;   // last_ was not drawn yet
    bool onScreen_ = false;  // the cursor stands behind a bar
    std::chrono::steady_clock::time_point lastDraw_{};
};

}  // namespace atelier::cli
