// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine train: a configuration or a run folder in, a trained pipeline out.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <optional>
#include <set>

#include "app/engine/cli.h"
#include "app/engine/fetch_model.h"
#include "app/engine/fetch_shards.h"
#include "app/engine/progress.h"
#include "app/engine/remote_run.h"
#include "app/engine/stop_signals.h"
#include "app/engine/tracking_process.h"
#include "core/base/strings.h"
#include "core/config/load.h"
#include "core/engine/train/train.h"
#include "core/preflight/preflight.h"
#include "core/run/event_log.h"
#include "core/run/given_settings.h"
#include "core/run/run_folder.h"
#include "core/run/run_state.h"

namespace atelier::cli {
namespace {

// First Ctrl-C: checkpoint and stop. Second: abort. SIGTERM and SIGUSR1 (SLURM's warning): checkpoint, then
// exit 4.
void onStop(int signal) {
    static volatile std::sig_atomic_t interrupted = 0;
    if (signal != SIGINT) return train::requestStop(train::StopRequest::Suspend);
    if (interrupted) ::_exit(130);
    interrupted = 1;
    train::requestStop(train::StopRequest::Stop);
}

struct Command {
    std::string target;                  // run folder or configuration file
    std::vector<std::string> overrides;  // key=value
    bool openDiffusionForm = false;      // config=FILE: relative paths start at the working directory
};

// "config=FILE key=value …" or "TARGET key=value …".
Result<Command> readCommand(const std::vector<std::string>& words) {
    Command command;
    for (const auto& word : words) {
        if (word.starts_with("config=")) {
            command.target = word.substr(7);
            command.openDiffusionForm = true;
        } else if (command.target.empty() && word.find('=') == std::string::npos) {
            command.target = word;
        } else if (word.find('=') != std::string::npos) {
            command.overrides.push_back(word);
        } else {
            return fail(ErrorCode::Usage, "\"" + word + "\" is neither key=value nor the only file", "",
                        "Give one configuration or run folder, then key=value settings.");
        }
    }
    if (command.target.empty())
        return fail(ErrorCode::Usage, "no configuration and no run folder is given", "",
                    "atelier-engine train --help shows the forms.");
    return command;
}

struct Plan {
    LoadedConfig config;
    fs::path file;  // the configuration that was read
    fs::path runFolder;
    bool resume = false;
    bool startOver = false;  // an attempt before this one ended before it trained anything
    // config.yaml is there already: what this start is given is recorded, not written into it.
    std::vector<std::string> given;
    std::vector<run::GivenSetting> earlier;  // the same of starts before
};

// True for a run that ended before its first step: its name is free for another try. (A checkpoint or a point
// of a curve is worth keeping; an engine that is still at work holds the lock.)
bool nothingTrained(const run::RunFolder& folder) {
    if (!run::completeCheckpoints(folder).empty()) return false;
    run::RunState state;
    run::EventReader reader(folder.events());
    for (;;) {
        const auto batch = reader.read([&](run::Event&& event) { state.apply(event); });
        if (!batch) return false;
        if (!batch->more) break;
    }
    return state.finished && state.finished->reason == run::FinishReason::Failed && state.axis.size() == 0 &&
           state.progress.step == 0;
}

// Shards and models that are not there, said before a folder is made for the run.
Status requireFiles(const TrainConfig& config) {
    static const std::set<std::string> kNeeded{"shards", "missing_shards", "unfinished_dataset",
                                               "missing_model", "model_is_a_file"};
    const Issue* first = nullptr;
    const auto issues = checkFiles(config);
    std::size_t count = 0;
    for (const auto& issue : issues) {
        if (issue.severity != IssueSeverity::Error || !kNeeded.contains(issue.code)) continue;
        if (++count == 1) first = &issue;
    }
    if (!first) return {};
    return fail(
        first->path.starts_with("dataset.") ? ErrorCode::Data : ErrorCode::Config,
        first->text + (count > 1 ? fmt::format(" (and {} more; `atelier-engine check` lists all)", count - 1)
                                 : std::string()),
        first->path, first->hint);
}

Result<Plan> planRunFolder(const Command& command) {
    Plan plan;
    plan.runFolder = fs::absolute(expandUser(command.target)).lexically_normal();
    if (!plan.runFolder.has_filename()) plan.runFolder = plan.runFolder.parent_path();  // "DIR/", "."
    const run::RunFolder folder{plan.runFolder};
    std::error_code error;
    if (!fs::exists(folder.config(), error))
        return fail(ErrorCode::Usage, "it is no run folder: config.yaml is missing", command.target,
                    "Give a run folder, an exported folder or a configuration file.");
    plan.file = folder.config();
    ATELIER_TRY(plan.earlier, run::givenSettings(folder));
    auto all = run::textsOf(plan.earlier);
    all.insert(all.end(), command.overrides.begin(), command.overrides.end());
    ATELIER_TRY(plan.config, loadTrainConfig(plan.file, all));
    plan.given = command.overrides;
    plan.resume = run::kindOfFolder(plan.runFolder) == run::FolderKind::Started;
    return plan;
}

// A configuration for a folder that has one: what it says otherwise than that one and the starts since.
Status compareWithFolder(Plan& plan) {
    const run::RunFolder folder{plan.runFolder};
    ATELIER_TRY(plan.earlier, run::givenSettings(folder));
    std::string frozen = frozenYaml(plan.config);  // what replaces it
    if (!plan.startOver) {
        ATELIER_TRY(frozen, readConfigFile(folder.config()));
    }
    const auto before = checkTrainConfig(frozen, folder.config().string(), run::textsOf(plan.earlier)).loaded;
    plan.given = run::changedSettings(frozenTree(before), frozenTree(plan.config));
    return {};
}

Result<Plan> planConfig(const Command& command) {
    Plan plan;
    ConfigLoadOptions options;
    if (command.openDiffusionForm) options.base = fs::current_path();
    plan.file = expandUser(command.target);
    ATELIER_TRY(plan.config, loadTrainConfig(plan.file, command.overrides, options));
    const auto& experiment = plan.config.config.experiment;
    plan.runFolder = fs::absolute(expandUser(experiment.logDir) / experiment.name).lexically_normal();
    ATELIER_DO(bringRunHere(plan.config, plan.runFolder));
    switch (run::kindOfFolder(plan.runFolder)) {
        case run::FolderKind::Started:
            plan.startOver = !experiment.requeue && nothingTrained(run::RunFolder{plan.runFolder});
            if (plan.startOver) break;
            if (!experiment.requeue)
                return fail(ErrorCode::Usage, "a run of this name exists", plan.runFolder.string(),
                            "Continue it with \"atelier-engine train " + plan.runFolder.string() +
                                "\", set experiment.requeue=true, or choose another experiment.name.");
            plan.resume = true;
            break;
        case run::FolderKind::Foreign:
            return fail(ErrorCode::Usage, "the folder holds files that are not those of a run",
                        plan.runFolder.string(), "Choose another experiment.name or empty the folder.");
        case run::FolderKind::Absent:
        case run::FolderKind::Empty:
        case run::FolderKind::Exported:
            break;
    }
    if (plan.resume || plan.startOver) ATELIER_DO(compareWithFolder(plan));
    if (!plan.resume) ATELIER_DO(requireFiles(plan.config.config));
    return plan;
}

Result<Plan> makePlan(const Command& command) {
    std::error_code error;
    const fs::path target = expandUser(command.target);
    if (fs::is_directory(target, error)) return planRunFolder(command);
    return planConfig(command);
}

// One JSON object per line on stdout.
void printJson(const Json& json) {
    std::printf("%s\n", dumpJson(json).c_str());
}

ProgressState displayState(const train::Progress& progress, const std::string& phase) {
    ProgressState state;
    state.phase = phase;
    if (progress.total > 0) {
        state.done = static_cast<std::uint64_t>(progress.done);
        state.total = static_cast<std::uint64_t>(progress.total);
        return state;
    }
    state.done = static_cast<std::uint64_t>(progress.step);
    state.total = static_cast<std::uint64_t>(progress.totalSteps);
    state.rate = progress.imagesPerSecond > 0 ? progress.imagesPerSecond : -1;
    state.unit = "images";
    state.etaSeconds = progress.etaSeconds;
    if (progress.loss != 0) state.extra = fmt::format("loss {:.4f}", progress.loss);
    return state;
}

const char* reasonName(train::FinishReason reason) {
    switch (reason) {
        case train::FinishReason::Completed:
            return "completed";
        case train::FinishReason::Stopped:
            return "stopped";
        case train::FinishReason::Suspended:
            return "suspended";
    }
    return "";
}

int finish(const train::Outcome& outcome, const fs::path& runFolder, bool json) {
    if (json)
        printJson({{"reason", reasonName(outcome.reason)},
                   {"step", outcome.step},
                   {"images", outcome.images},
                   {"run", runFolder.string()}});
    else
        std::printf("%s after step %lld, %s: %s\n", reasonName(outcome.reason),
                    static_cast<long long>(outcome.step),
                    plural(static_cast<std::uint64_t>(outcome.images), "image").c_str(), runFolder.c_str());
    return outcome.reason == train::FinishReason::Suspended ? exitCode(ErrorCode::Suspended) : 0;
}

}  // namespace

int trainVerb(Arguments arguments) {
    CLI::App app{"Train as a configuration says, or continue a run folder."};
    app.name("atelier-engine train");
    ::signal(SIGPIPE, SIG_IGN);  // `train … | head` does not end a run
    std::vector<std::string> words;
    train::Options options;
    bool json = false, allowPipe = false;
    app.add_option("TARGET", words,
                   "RUN_DIR [key=value …] continues; CONFIG.yaml [key=value …] or config=CONFIG.yaml "
                   "key=value … starts");
    app.add_option("--device", options.device, "auto, cpu or cuda; default: system.device");
    app.add_flag("--takeover", options.takeover, "take the run from another host's process that is gone");
    app.add_flag("--allow-pipe", allowPipe,
                 "run the commands of pipe: shards also where the configuration is somebody else's");
    app.add_flag("--json", json, "progress and result as JSON lines on stdout");
    if (const auto code = parse(app, arguments)) return *code;

    const auto command = readCommand(words);
    if (!command) return report(command.error(), json);
    auto plan = makePlan(*command);
    if (!plan) return report(plan.error(), json);
    for (const auto& issue : plan->config.issues)
        std::fprintf(stderr, "%s\n", describe(issue, plan->file.string()).c_str());
    if (const auto found = resolveModels(plan->config.config, fetchModel); !found)
        return report(found.error(), json);
    if (const auto fetched = fetchShards(plan->config.config, plan->file, allowPipe); !fetched)
        return report(fetched.error(), json);
    if (const auto fetched = fetchFiles(plan->config.config); !fetched) return report(fetched.error(), json);
    options.fetchShards = fetchWindow;
    options.runFolder = plan->runFolder;
    options.startOver = plan->startOver;
    options.overrides = plan->given;
    options.earlier = plan->earlier;

    onStopSignals(onStop);
    ::signal(SIGHUP, SIG_IGN);  // a closed terminal does not end a run
    ProgressDisplay display(json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto);
    std::string phase;
    options.onPhase = [&](const std::string& name) {
        phase = name;
        if (json) printJson({{"phase", name}});
    };
    options.onProgress = [&](const train::Progress& progress) {
        display.update(displayState(progress, phase));
    };
    options.onMessage = [&](const std::string& line) { display.print(line); };
    if (!json)
        display.print(fmt::format("{}: {}", plan->resume ? "continuing" : "run", plan->runFolder.string()));
    TrackingProcess tracking;
    tracking.start(plan->config, plan->runFolder);
    options.takeWarnings = [&] { return tracking.takeWarnings(); };
    const auto outcome = train::run(plan->config, options);
    tracking.finish();
    for (const auto& late : tracking.takeWarnings()) display.print("warning: " + late.text + " " + late.hint);
    display.finish();
    if (!outcome) return report(outcome.error(), json);
    return finish(*outcome, plan->runFolder, json);
}

}  // namespace atelier::cli
