// SPDX-License-Identifier: GPL-3.0-or-later
// A strict scanner for flat JSON objects of strings and numbers, with one level of {"name": number}.
#include "core/run/event_scan.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/run/run_folder.h"

namespace atelier::run {
namespace {

class Scanner {
  public:
    explicit Scanner(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

    void space() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\r')) ++at_;
    }
    bool take(char c) {
        space();
        if (at_ == end_ || *at_ != c) return false;
        ++at_;
        return true;
    }
    bool atEnd() {
        space();
        return at_ == end_;
    }
    bool peek(char c) {
        space();
        return at_ != end_ && *at_ == c;
    }
    // Printable ASCII without escapes: all names and words of these events. The rest goes the long way.
    bool string(std::string_view& out) {
        if (!take('"')) return false;
        const char* begin = at_;
        while (at_ != end_ && *at_ != '"') {
            if (*at_ == '\\' || static_cast<unsigned char>(*at_) < 0x20 ||
                static_cast<unsigned char>(*at_) > 0x7e)
                return false;
            ++at_;
        }
        if (at_ == end_) return false;
        out = std::string_view(begin, std::size_t(at_ - begin));
        ++at_;
        return true;
    }
    // A JSON number (no leading zeros, no bare points), exact for integers below 2^63.
    bool number(double& real, std::int64_t& whole, bool& isWhole) {
        space();
        const char* begin = at_;
        const char* p = at_;
        if (p != end_ && *p == '-') ++p;
        if (p == end_ || *p < '0' || *p > '9') return false;
        if (*p == '0' && p + 1 != end_ && p[1] >= '0' && p[1] <= '9') return false;
        isWhole = true;
        for (; p != end_ &&
               ((*p >= '0' && *p <= '9') || *p == '.' || *p == 'e' || *p == 'E' || *p == '+' || *p == '-');
             ++p)
            if (*p == '.' || *p == 'e' || *p == 'E') {
                isWhole = false;
                if (*p == '.' && (p + 1 == end_ || p[1] < '0' || p[1] > '9')) return false;
            }
        if (isWhole) {
            const auto [stop, error] = std::from_chars(begin, p, whole);
            if (error != std::errc{} || stop != p) return false;
            real = double(whole);
        } else {
            const auto [stop, error] = std::from_chars(begin, p, real);
            if (error != std::errc{} || stop != p) return false;
            whole = 0;
        }
        at_ = p;
        return true;
    }
    // A number or one of the three words for non-finite ones.
    bool numberOrWord(double& value) {
        if (peek('"')) {
            std::string_view word;
            if (!string(word)) return false;
            constexpr double inf = std::numeric_limits<double>::infinity();
            if (word == "nan")
                value = std::numeric_limits<double>::quiet_NaN();
            else if (word == "inf")
                value = inf;
            else if (word == "-inf")
                value = -inf;
            else
                return false;
            return true;
        }
        std::int64_t whole = 0;
        bool isWhole = false;
        return number(value, whole, isWhole);
    }
    bool null() {
        space();
        if (end_ - at_ < 4 || std::string_view(at_, 4) != "null") return false;
        at_ += 4;
        return true;
    }

  private:
    const char* at_;
    const char* end_;
};

bool scanValues(Scanner& in, std::vector<std::pair<std::string, double>>& values) {
    if (!in.take('{')) return false;
    if (in.take('}')) return true;
    do {
        std::string_view name;
        double value = 0;
        if (!in.string(name) || !in.take(':') || !in.numberOrWord(value)) return false;
        for (const auto& entry : values)
            if (entry.first == name)
                return false;  // a doubled name: the full parser decides which one counts
        values.emplace_back(name, value);
    } while (in.take(','));
    return in.take('}');
}

// Stores a whole number or a real one under its field; false for a field this type does not have.
bool storeProgress(Progress& e, std::string_view key, double real, std::int64_t whole, bool isWhole) {
    const auto count = [&](std::int64_t& field) {
        field = whole;
        return isWhole;
    };
    if (key == "step") return count(e.step);
    if (key == "images") return count(e.images);
    if (key == "total_images") return count(e.totalImages);
    if (key == "total_steps") return count(e.totalSteps);
    if (key == "done") return count(e.done);
    if (key == "total") return count(e.total);
    if (key == "bytes") return count(e.bytes);
    if (key == "images_per_s") return e.imagesPerSecond = real, true;
    if (key == "eta_s") return e.etaSeconds = real, true;
    return false;
}

}  // namespace

std::optional<Event> scanFrequentEvent(std::string_view line) {
    Scanner in(line);
    std::string_view key, type;
    double time = 0, real = 0;
    std::int64_t version = 0, whole = 0;
    bool isWhole = false;
    // The head as written: {"v":1,"t":…,"type":"…"
    if (!in.take('{') || !in.string(key) || key != "v" || !in.take(':') ||
        !in.number(real, version, isWhole) || !isWhole || version < 1 || version > kFormatVersion)
        return std::nullopt;
    if (!in.take(',') || !in.string(key) || key != "t" || !in.take(':') || !in.number(time, whole, isWhole))
        return std::nullopt;
    if (!in.take(',') || !in.string(key) || key != "type" || !in.take(':') || !in.string(type))
        return std::nullopt;
    if (type == "metric") {
        Metric metric;
        while (in.take(',')) {
            if (!in.string(key) || !in.take(':')) return std::nullopt;
            if (key == "values") {
                if (!metric.values.empty() || !scanValues(in, metric.values)) return std::nullopt;
                continue;
            }
            if (!in.number(real, whole, isWhole) || !isWhole) return std::nullopt;
            if (key == "step")
                metric.step = whole;
            else if (key == "images")
                metric.images = whole;
            else
                return std::nullopt;
        }
        if (!in.take('}') || !in.atEnd()) return std::nullopt;
        return Event{time, std::move(metric)};
    }
    if (type != "progress") return std::nullopt;
    Progress progress;
    while (in.take(',')) {
        if (!in.string(key) || !in.take(':')) return std::nullopt;
        if (key == "eta_s" && in.null()) continue;
        if (!in.number(real, whole, isWhole) || !storeProgress(progress, key, real, whole, isWhole))
            return std::nullopt;
    }
    if (!in.take('}') || !in.atEnd()) return std::nullopt;
    return Event{time, progress};
}

}  // namespace atelier::run
