// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/given_settings.h"

#include "core/base/yaml.h"
#include "core/run/event_log.h"

namespace atelier::run {
namespace {

void compare(const Json& before, const Json& now, const std::string& path, std::vector<std::string>& out) {
    if (before == now) return;
    if (now.is_object() && before.is_object()) {
        for (const auto& [key, value] : now.items()) {
            const auto old = before.find(key);
            compare(old == before.end() ? Json() : *old, value, path.empty() ? key : path + "." + key, out);
        }
        return;
    }
    out.push_back(path + "=" + yaml::dumpInline(yaml::fromJson(now), true));
}

}  // namespace

Result<std::vector<GivenSetting>> givenSettings(const RunFolder& folder) {
    std::vector<GivenSetting> settings;
    EventReader reader(folder.events());
    for (;;) {
        ATELIER_TRY(const auto batch, reader.read([&](Event&& event) {
            const auto* started = std::get_if<RunStarted>(&event.body);
            if (started == nullptr) return;
            for (const auto& text : started->overrides) settings.push_back({started->resumedStep, text});
        }));
        if (!batch.more) return settings;
    }
}

std::vector<std::string> textsOf(const std::vector<GivenSetting>& settings) {
    std::vector<std::string> texts;
    for (const auto& setting : settings) texts.push_back(setting.text);
    return texts;
}

std::vector<std::string> changedSettings(const Json& before, const Json& now) {
    std::vector<std::string> out;
    compare(before, now, "", out);
    return out;
}

}  // namespace atelier::run
