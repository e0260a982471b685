// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/trouble.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <new>

#include "core/base/strings.h"
#include "core/engine/train/forecast.h"

namespace atelier::train {
namespace {

std::string assignments(const std::vector<std::pair<std::string, std::string>>& settings) {
    std::string text;
    for (const auto& [key, value] : settings) text += (text.empty() ? "" : " ") + key + "=" + value;
    return text;
}

tl::unexpected<Error> outOfMemory(const char* whose, const Settings& settings, const Place& place) {
    return fail(ErrorCode::Internal, fmt::format("{} is out of memory", whose), place.text(),
                hintForMemory(settings));
}

}  // namespace

std::string someOf(std::vector<std::string> keys) {
    constexpr std::size_t kNamed = 8;
    const auto count = keys.size();
    if (count > kNamed) keys.resize(kNamed);
    return join(keys, ", ") + (count > kNamed ? fmt::format(" and {} more", count - kNamed) : "");
}

std::string Place::text() const {
    std::string text = fmt::format("phase {}, step {}", phase, step);
    if (width > 0) text += fmt::format(", {} × {} pixels", width, height);
    if (!keys.empty()) text += (keys.size() == 1 ? ", sample " : ", samples ") + someOf(keys);
    return text;
}

std::string hintForMemory(const Settings& settings) {
    const auto fixes = memoryFixes(settings, settings.batchSize / 2);
    if (fixes.empty()) return "Lower dataset.params.resolution, or end other programs on this device.";
    return fixes.front().text + " Add " + assignments(fixes.front().settings) +
           " to the command that continues the run.";
}

std::string hintForNonFinite(const Settings& settings, bool ownLoss) {
    const std::string which = ownLoss ? "Look at these samples; if they are sound, add " : "Add ";
    if (settings.computeType == at::kHalf)
        return which + "model.mixed_precision=bf16, whose numbers do not overflow.";
    if (!settings.maxGradNorm) return which + "model.max_grad_norm=1.";
    return which + fmt::format("lr_scheduler.params.learning_rate={:g}, half of what it is.",
                               settings.learningRate.base / 2);
}

Status caught(const Settings& settings, const std::function<Place()>& place,
              const std::function<Status()>& work) {
    try {
        return work();
    } catch (const c10::OutOfMemoryError&) {
        return outOfMemory("the device", settings, place());
    } catch (const c10::Error& error) {
        const std::string text = error.what_without_backtrace();
        if (text.find("allocate memory") != std::string::npos)
            return outOfMemory("this machine", settings, place());
        return fail(ErrorCode::Internal, text.substr(0, text.find('\n')), place().text());
    } catch (const std::bad_alloc&) {
        return outOfMemory("this machine", settings, place());
    } catch (const std::exception& error) {
        return fail(ErrorCode::Internal, error.what(), place().text());
    }
}

}  // namespace atelier::train
