// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/monitor.h"

#include <ATen/ATen.h>

#include <cmath>
#include <limits>
#include <map>

#include "core/engine/train/device.h"

namespace atelier::train {
namespace {

constexpr std::size_t kRateWindow = 50;          // updates
constexpr std::chrono::seconds kSlowEvents{10};  // timing and memory

// All scalars of all records in one copy from the device: rows = records, columns = loss, norm, nonFinite,
// parts….
std::vector<std::vector<double>> fetch(const std::vector<UpdateRecord>& records) {
    std::vector<at::Tensor> scalars;
    for (const auto& record : records) {
        scalars.insert(scalars.end(), {record.loss, record.gradNorm, record.nonFinite});
        for (const auto& part : record.parts) scalars.push_back(part.second);
    }
    const auto flat = at::stack(scalars).to(at::kCPU, at::kDouble);
    const double* value = flat.const_data_ptr<double>();
    std::vector<std::vector<double>> rows;
    for (const auto& record : records) {
        rows.emplace_back(value, value + 3 + record.parts.size());
        value += 3 + record.parts.size();
    }
    return rows;
}

NonFiniteUpdate blame(const UpdateRecord& record) {
    NonFiniteUpdate result{record.step, {}, record.width, record.height, true};
    std::vector<std::string> all;
    for (std::size_t micro = 0; micro < record.perSample.size(); ++micro) {
        const auto losses = record.perSample[micro].to(at::kCPU, at::kDouble);
        for (std::size_t i = 0; i < record.keys[micro].size(); ++i) {
            all.push_back(record.keys[micro][i]);
            if (!std::isfinite(losses[static_cast<std::int64_t>(i)].item<double>()))
                result.keys.push_back(all.back());
        }
    }
    if (result.keys.empty()) {
        result.keys = all;
        result.ownLoss = false;
    }
    return result;
}

}  // namespace

Monitor::Monitor(run::EventWriter& events, const Options& options, const Settings& settings,
                 std::int64_t firstStep, std::int64_t firstImage)
    : events_(events),
      options_(options),
      settings_(settings),
      step_(firstStep),
      images_(firstImage),
      lastSlow_(std::chrono::steady_clock::now()) {}

void Monitor::add(UpdateRecord record) {
    step_ = record.step;
    images_ = record.images;
    recent_.emplace_back(record.wallSeconds, settings_.imagesPerUpdate());
    if (recent_.size() > kRateWindow) recent_.pop_front();
    timing_.data += record.dataSeconds;
    timing_.encode += record.encodeSeconds;
    timing_.train += record.trainSeconds;
    timing_.rest += record.wallSeconds - record.dataSeconds - record.encodeSeconds - record.trainSeconds;
    ++timed_;
    records_.push_back(std::move(record));
}

bool Monitor::due() const {
    return !records_.empty() &&
           (step_ % settings_.metricsEvery == 0 || settings_.nonFinite == NonFinitePolicy::Stop);
}

double Monitor::imagesPerSecond() const {
    double seconds = 0;
    std::int64_t images = 0;
    for (const auto& [s, n] : recent_) seconds += s, images += n;
    return seconds > 0 ? static_cast<double>(images) / seconds : 0;
}

Result<std::vector<NonFiniteUpdate>> Monitor::report(const Optimizer& optimizer, const Task& task) {
    std::vector<NonFiniteUpdate> skipped;
    if (records_.empty()) return skipped;
    const auto rows = fetch(records_);
    // Means over the updates since the last report; updates that were skipped do not count unless all were.
    std::map<std::string, std::pair<double, int>> sums;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i][2] != 0) {
            skipped.push_back(blame(records_[i]));
            continue;
        }
        const auto add = [&](const std::string& name, double value) {
            sums[name].first += value, ++sums[name].second;
        };
        add("loss", rows[i][0]);
        add("grad_norm", rows[i][1]);
        for (std::size_t p = 0; p < records_[i].parts.size(); ++p)
            add(records_[i].parts[p].first, rows[i][3 + p]);
    }
    if (sums.empty()) sums["loss"] = {std::numeric_limits<double>::quiet_NaN(), 1};
    run::Metric metric{step_, images_, {}};
    for (const auto& [name, sum] : sums) metric.values.emplace_back(name, sum.first / sum.second);
    metric.values.emplace_back("lr", records_.back().learningRate);
    for (const auto& meter : optimizer.meters()) metric.values.push_back(meter);
    lastLoss_ = sums["loss"].first / sums["loss"].second;
    records_.clear();
    ATELIER_DO(events_.write(metric));
    ATELIER_DO(reportSlow(optimizer, task));
    return skipped;
}

Status Monitor::reportSlow(const Optimizer& optimizer, const Task& task) {
    const auto now = std::chrono::steady_clock::now();
    if (now - lastSlow_ < kSlowEvents) return {};
    lastSlow_ = now;
    const double n = static_cast<double>(std::max<std::int64_t>(timed_, 1));
    ATELIER_DO(events_.write(
        run::Timing{timing_.data / n, timing_.encode / n, timing_.train / n, timing_.rest / n}));
    timing_ = {};
    timed_ = 0;
    const auto weights = task.weightBytes();
    const auto state = optimizer.bytes();
    const auto resident = residentAnonymousBytes();
    const auto known = weights + state;
    return events_.write(run::Memory{{{"weights", weights},
                                      {"optimizer", state},
                                      {"activations", resident > known ? resident - known : 0}},
                                     peakResidentBytes()});
}

Status Monitor::progress(std::int64_t done, std::int64_t total, bool now) {
    run::Progress progress;
    progress.step = step_;
    progress.totalSteps = totalUpdates_;
    progress.images = images_;
    progress.totalImages = totalImages_;
    progress.imagesPerSecond = imagesPerSecond();
    if (progress.imagesPerSecond > 0)
        progress.etaSeconds =
            static_cast<double>(std::max<std::int64_t>(totalImages_ - images_, 0)) / progress.imagesPerSecond;
    progress.done = done;
    progress.total = total;
    if (options_.onProgress)
        options_.onProgress({step_, totalUpdates_, images_, totalImages_, progress.imagesPerSecond,
                             progress.etaSeconds, lastLoss_, done, total});
    return now ? events_.write(progress) : events_.writeIfDue(progress);
}

}  // namespace atelier::train
