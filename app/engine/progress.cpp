// SPDX-License-Identifier: GPL-3.0-or-later
// Drawing of progress.h.
#include "app/engine/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/base/json.h"
#include "core/base/strings.h"

namespace atelier::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kBarInterval{100};
constexpr std::chrono::milliseconds kJsonInterval{200};
constexpr std::chrono::seconds kLineInterval{5};
constexpr int kBarWidth = 20;
constexpr int kPhaseWidth = 8;

int terminalWidth() {
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
    return 80;
}

BarStyle terminalBar() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (!value || !*value) continue;
        return std::strstr(value, "UTF-8") || std::strstr(value, "utf8") ? BarStyle::Unicode
                                                                         : BarStyle::Ascii;
    }
    return BarStyle::Ascii;
}

// Columns, not bytes: every character used here is one column wide.
int columns(std::string_view text) {
    return int(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Eighths of a block give the bar eight times its width in steps.
std::string bar(double part, bool unicode) {
    static constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const int eighths = std::clamp(int(part * kBarWidth * 8), 0, kBarWidth * 8);
    std::string text;
    for (int i = 0; i < eighths / 8; ++i) text += unicode ? "█" : "#";
    int used = eighths / 8;
    if (unicode && eighths % 8 != 0) {
        text += kEighths[eighths % 8];
        ++used;
    }
    text.append(std::size_t(kBarWidth - used), unicode ? ' ' : '.');
    return text;
}

std::string countText(std::uint64_t count, std::string_view unit) {
    return unit == "bytes" ? humanBytes(count) : std::to_string(count);
}

std::string rateText(double rate, std::string_view unit) {
    if (unit == "bytes") return humanBytes(static_cast<std::uint64_t>(rate)) + "/s";
    const char* format = rate >= 100 ? "{:.0f} {}/s" : rate >= 10 ? "{:.1f} {}/s" : "{:.2f} {}/s";
    return fmt::format(fmt::runtime(format), rate, unit);
}

}  // namespace

std::string formatProgress(const ProgressState& state, int width, BarStyle style) {
    // In order of what may be left out last when the line is too long.
    std::vector<std::string> parts;
    parts.push_back(fmt::format("{:<{}}", state.phase, kPhaseWidth));
    const bool bounded = state.total > 0;
    if (bounded) {
        if (style != BarStyle::None)
            parts.push_back(bar(double(state.done) / double(state.total), style == BarStyle::Unicode));
        parts.push_back(
            fmt::format("{} of {}", countText(state.done, state.unit), countText(state.total, state.unit)));
    } else {
        parts.push_back(fmt::format("{} {}", state.done, state.unit));
    }
    if (state.etaSeconds >= 1 && state.done < state.total)
        parts.push_back(humanDuration(state.etaSeconds) + " left");
    if (state.rate > 0) parts.push_back(rateText(state.rate, state.unit));
    if (!state.extra.empty()) parts.push_back(state.extra);
    std::string line;
    for (const auto& part : parts) {
        const std::string next = line.empty() ? part : line + "  " + part;
        if (columns(next) > width) {
            if (bounded && style != BarStyle::None && &part == &parts[1])
                continue;  // a narrow terminal gets numbers instead of the bar
            break;
        }
        line = next;
    }
    return line;
}

ProgressDisplay::ProgressDisplay(Mode mode) : mode_(mode) {
    if (mode_ != Mode::Auto) return;
    const char* term = std::getenv("TERM");
    const bool capable = ::isatty(STDERR_FILENO) && (!term || std::strcmp(term, "dumb") != 0);
    mode_ = capable ? Mode::Bar : Mode::Lines;
}

ProgressDisplay::~ProgressDisplay() {
    finish();
}

void ProgressDisplay::update(const ProgressState& state) {
    if (mode_ == Mode::Silent) return;
    const bool newPhase = state.phase != last_.phase;
    if (newPhase && !last_.phase.empty()) finish();
    last_ = state;
    pending_ = true;
    const auto now = Clock::now();
    const auto interval = mode_ == Mode::Bar         ? Clock::duration(kBarInterval)
                          : mode_ == Mode::JsonLines ? Clock::duration(kJsonInterval)
                                                     : Clock::duration(kLineInterval);
    if (newPhase && mode_ == Mode::Lines) {
        lastDraw_ = now;  // a phase that ends at once gets one line, at its end
        return;
    }
    if (!newPhase && now - lastDraw_ < interval) return;
    lastDraw_ = now;
    draw(state);
}

void ProgressDisplay::draw(const ProgressState& state) {
    pending_ = false;
    if (mode_ == Mode::Lines) {
        std::fprintf(stderr, "%s\n", formatProgress(state, 1000, BarStyle::None).c_str());
        return;
    }
    if (mode_ == Mode::JsonLines) {
        const Json line{{"phase", state.phase}, {"done", state.done}, {"total", state.total}};
        std::printf("%s\n", dumpJson(line).c_str());
        std::fflush(stdout);
        return;
    }
    static_assert(kPhaseWidth + kBarWidth < 78);
    std::fprintf(stderr, "\r\033[K%s", formatProgress(state, terminalWidth() - 1, terminalBar()).c_str());
    std::fflush(stderr);
    onScreen_ = true;
}

void ProgressDisplay::print(std::string_view line) {
    if (onScreen_) std::fprintf(stderr, "\r\033[K");
    std::fprintf(stderr, "%.*s\n", int(line.size()), line.data());
    if (onScreen_) draw(last_);
}

void ProgressDisplay::finish() {
    if (pending_) draw(last_);
    if (onScreen_) std::fprintf(stderr, "\n");
    onScreen_ = false;
    last_ = {};
}

}  // namespace atelier::cli
