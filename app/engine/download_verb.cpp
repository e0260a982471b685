// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine download`: a model from a hub into the cache that Python's tools share, or into a folder.
#include <CLI/CLI.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>

#include <unistd.h>

#include "app/engine/cli.h"
#include "app/engine/progress.h"
#include "app/engine/stop_signals.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/net/hub_download.h"

namespace atelier::cli {
namespace {

volatile std::sig_atomic_t stopped = 0;

// First Ctrl-C: stop and keep what came; second: abort.
void onStop(int) {
    if (stopped) ::_exit(130);
    stopped = 1;
}

// Rate over the last few seconds, so that the time left follows the line's mood.
class Meter {
  public:
    double rate(std::uint64_t bytes) {
        const auto now = std::chrono::steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - since_).count();
        if (seconds > 0.5) {
            const double current = static_cast<double>(bytes - bytes_) / seconds;
            rate_ = rate_ < 0 ? current : 0.8 * rate_ + 0.2 * current;
            since_ = now;
            bytes_ = bytes;
        }
        return rate_;
    }

  private:
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
    std::uint64_t bytes_ = 0;
    double rate_ = -1;
};

struct DownloadArguments {
    std::string model;
    std::string revision;
    std::string out;
    net::DownloadOptions options;
    bool json = false;
};

void addOptions(CLI::App& app, DownloadArguments& arguments) {
    app.add_option("MODEL_ID", arguments.model, "org/name or org/name@revision")->required();
    app.add_option("-o,--out,--output", arguments.out,
                   "copy the files into this new folder; default: they stay in the cache");
    app.add_option("--revision", arguments.revision, "branch, tag or commit; default: main");
    app.add_option("--variant", arguments.options.wishes.variant,
                   "weights of this variant (fp16, ema, …) where a part has them");
    app.add_option("--include", arguments.options.wishes.include,
                   "files that match a pattern (*.json, unet/*) instead of those a pipeline needs");
    app.add_option("--exclude", arguments.options.wishes.exclude, "leave out files that match a pattern");
    app.add_flag("--verify", arguments.options.verify, "check the hashes of files in the cache again");
    app.add_option("--retries", arguments.options.retry.retries, "failures in a row before giving up")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    app.add_option("--retry-wait", arguments.options.retry.firstWaitSeconds,
                   "seconds before the first retry; doubled each time")
        ->check(CLI::Range(0.0, 3600.0))
        ->capture_default_str();
    app.add_flag("--json", arguments.json, "progress and result as JSON lines on stdout");
    app.footer(
        "A token for private and gated models comes from HF_TOKEN or Hugging Face's token file, never from "
        "the "
        "command line.\nHF_ENDPOINT names a mirror; HF_HOME and HF_HUB_CACHE say where the cache is; "
        "HF_HUB_OFFLINE=1 switches the network off.\nCtrl-C keeps what came: the same command goes on from "
        "there.");
}

void showProgress(ProgressDisplay& display, Meter& meter, const net::DownloadProgress& progress) {
    ProgressState state;
    state.phase = progress.phase;
    state.done = progress.done;
    state.total = progress.total;
    state.unit = "bytes";
    state.extra = progress.file;
    if (progress.phase == "download") {
        state.rate = meter.rate(progress.fetched);
        if (state.rate > 0 && progress.total > progress.done)
            state.etaSeconds = static_cast<double>(progress.total - progress.done) / state.rate;
    }
    display.update(state);
}

int printResult(const DownloadArguments& arguments, const net::DownloadedModel& model) {
    if (arguments.json) {
        std::printf("%s\n", dumpJson(Json{{"folder", model.folder.string()},
                                          {"commit", model.commit},
                                          {"files", model.files},
                                          {"bytes", model.bytes},
                                          {"fetched", model.fetched},
                                          {"unchecked", model.unchecked}})
                                .c_str());
        return 0;
    }
    std::fprintf(stderr, "%s, %s, %s of them new, commit %s%s\n", plural(model.files, "file").c_str(),
                 humanBytes(model.bytes).c_str(), humanBytes(model.fetched).c_str(),
                 model.commit.substr(0, 12).c_str(),
                 model.unchecked == 0
                     ? "; all match their hashes"
                     : ("; " + plural(model.unchecked, "file") + " without a hash to check").c_str());
    std::printf("%s\n", model.folder.c_str());
    return 0;
}

}  // namespace

int downloadVerb(Arguments words) {
    CLI::App app{
        "Download a model from a hub: the files its pipeline needs, checked, into the cache that Hugging "
        "Face's "
        "tools share."};
    app.name("atelier-engine download");
    DownloadArguments arguments;
    addOptions(app, arguments);
    if (const auto code = parse(app, words)) return *code;

    auto id = parseHubId(arguments.model);
    if (id && !arguments.revision.empty()) id = parseHubId(id->name + "@" + arguments.revision);
    if (!id) return report(id.error(), arguments.json);
    if (!arguments.out.empty()) {
        arguments.options.out = fs::absolute(expandUser(arguments.out)).lexically_normal();
        if (!arguments.options.out.has_filename())
            arguments.options.out = arguments.options.out.parent_path();
    }
    onStopSignals(onStop);
    ProgressDisplay display(arguments.json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto);
    Meter meter;
    auto lastLine = std::chrono::steady_clock::now();
    arguments.options.cancelled = [] { return stopped != 0; };
    arguments.options.onMessage = [&](const std::string& text) {
        if (arguments.json)
            std::printf("%s\n", dumpJson({{"message", text}}).c_str());
        else
            display.print(text);
    };
    arguments.options.onProgress = [&](const net::DownloadProgress& progress) {
        showProgress(display, meter, progress);
        const auto now = std::chrono::steady_clock::now();
        if (!arguments.json || now - lastLine < std::chrono::milliseconds(200)) return;
        lastLine = now;
        std::printf("%s\n", dumpJson({{"phase", progress.phase},
                                      {"done", progress.done},
                                      {"total", progress.total},
                                      {"file", progress.file}})
                                .c_str());
    };
    const auto model = net::downloadModel(*id, hubSettings(), arguments.options);
    display.finish();
    if (!model && model.error().code == ErrorCode::Cancelled)
        return report(Error{ErrorCode::Cancelled, "the download was stopped", id->text(),
                            "The same command goes on from there."},
                      arguments.json);
    if (!model) return report(model.error(), arguments.json);
    return printResult(arguments, *model);
}

}  // namespace atelier::cli
