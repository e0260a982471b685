// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tracking/remote_run.h"

#include <algorithm>

#include "core/base/json.h"

namespace atelier::tracking {
namespace {

constexpr std::string_view kCheckpoints = "checkpoints/";

fs::path noteOf(const run::RunFolder& folder) {
    return folder.root / "tracking" / "fetched.json";
}

// Step of "checkpoints/step-00000003/…".
std::optional<std::int64_t> stepOf(const std::string& place) {
    if (!place.starts_with(kCheckpoints)) return std::nullopt;
    const auto name = place.substr(kCheckpoints.size());
    return run::stepOfName(name.substr(0, name.find('/')));
}

}  // namespace

Result<RemoteRun> lookAtRun(const std::string& url, const net::FetchOptions& options) {
    ATELIER_TRY(const auto all, net::filesBelow(url, options));
    RemoteRun run;
    for (const auto& file : all) {
        const auto place = file.place.generic_string();
        run.started = run.started || place == "config.yaml";
        if (const auto step = stepOf(place); step && file.place.filename() == "DONE")
            run.step = std::max(run.step.value_or(0), *step);
    }
    if (!run.step) return run;
    for (const auto& file : all) {
        const auto place = file.place.generic_string();
        const bool ofTracking = place.starts_with("tracking/") || place.starts_with("logs/tracking");
        if (ofTracking || (place.starts_with(kCheckpoints) && stepOf(place) != run.step)) continue;
        run.files.push_back(file);
    }
    std::ranges::stable_partition(run.files,
                                  [](const auto& file) { return file.place.filename() != "DONE"; });
    return run;
}

Status noteFetched(const run::RunFolder& folder, std::int64_t step) {
    ATELIER_DO(createDirectories(noteOf(folder).parent_path()));
    return writeFileAtomic(noteOf(folder), dumpJson({{"step", step}}) + "\n");
}

std::int64_t fetchedAt(const run::RunFolder& folder) {
    const auto text = readFile(noteOf(folder), 1 << 16);
    const auto json = text ? parseJson(*text) : Result<Json>(Json());
    return json && json->is_object() ? json->value("step", std::int64_t{0}) : 0;
}

}  // namespace atelier::tracking
