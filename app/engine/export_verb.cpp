// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine export: a configuration becomes a folder that trains headless, with its batch script.
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "app/engine/cli.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/cluster/export.h"
#include "core/cluster/shell.h"
#include "core/config/load.h"
#include "core/config/request.h"

namespace atelier::cli {
namespace {

struct Command {
    std::vector<std::string> words;
    std::string cluster;
    std::string target;
};

Result<cluster::ExportRequest> makeRequest(const Command& command) {
    ATELIER_TRY(const auto words, configRequest(command.words));
    cluster::ExportRequest request;
    ConfigLoadOptions options;
    options.base = words.base;
    ATELIER_TRY(request.config, loadTrainConfig(words.file, words.overrides, options));
    request.configFile = fs::absolute(words.file).lexically_normal();
    request.overrides = words.overrides;
    const auto& settings = request.config.config.cluster.settings;
    const std::string file = !command.cluster.empty() ? command.cluster : settings.value_or("");
    if (file.empty())
        return fail(ErrorCode::Usage, "no cluster settings are given", "",
                    "Add --cluster FILE.yaml (configs/clusters has examples), or set cluster.settings in the "
                    "configuration.");
    request.settingsFile = fs::absolute(expandUser(file)).lexically_normal();
    ATELIER_TRY(request.settings, cluster::loadSettings(request.settingsFile));
    request.target = fs::absolute(expandUser(command.target)).lexically_normal();
    if (!request.target.has_filename()) request.target = request.target.parent_path();  // "DIR/"
    request.createdAt =
        std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    return request;
}

}  // namespace

int exportVerb(Arguments arguments) {
    CLI::App app(
        "Writes a folder that trains headless: config.yaml, job.sbatch, job.json, README.txt. "
        "`atelier-engine train FOLDER` or `sbatch job.sbatch` in it starts the run.",
        "atelier-engine export");
    Command command;
    bool json = false;
    app.add_option("CONFIG", command.words,
                   "CONFIG.yaml and key=value overrides, or config=CONFIG.yaml key=value …")
        ->required();
    app.add_option("--cluster", command.cluster,
                   "cluster settings (YAML); default: cluster.settings of the configuration");
    app.add_option("--out", command.target, "the folder to make; must not hold anything yet")->required();
    app.add_flag("--json", json, "one JSON object on stdout");
    if (const auto code = parse(app, arguments)) return *code;

    const auto request = makeRequest(command);
    if (!request) return report(request.error(), json);
    if (const auto written = cluster::exportRun(*request); !written) return report(written.error(), json);
    for (const auto& issue : request->config.issues)
        std::fprintf(stderr, "%s\n", describe(issue, request->configFile.string()).c_str());
    if (json)
        std::printf("%s\n", dumpJson(Json{{"folder", request->target.string()},
                                          {"files", {"config.yaml", "job.sbatch", "job.json", "README.txt"}}})
                                .c_str());
    else
        std::printf("%s\nsubmit it with: cd %s && sbatch job.sbatch   (README.txt has every command)\n",
                    request->target.c_str(), shellQuote(request->target.string()).c_str());
    return 0;
}

}  // namespace atelier::cli
