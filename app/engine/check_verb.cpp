// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine check: every problem of a configuration at once, with line, cause and what to do.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "app/engine/cli.h"
#include "core/base/json.h"
#include "core/base/yaml.h"
#include "core/config/compose.h"
#include "core/config/load.h"
#include "core/config/request.h"
#include "core/preflight/preflight.h"

namespace atelier::cli {
namespace {

Json issueJson(const Issue& issue) {
    Json out{{"severity", severityName(issue.severity)},
             {"code", issue.code},
             {"path", issue.path},
             {"line", issue.line},
             {"column", issue.column},
             {"text", issue.text},
             {"hint", issue.hint}};
    if (issue.remedy)
        out["remedy"] = Json{{"path", issue.remedy->path}, {"value", issue.remedy->value}};
    else
        out["remedy"] = nullptr;
    return out;
}

// "3 errors, 1 warning" or "no problems".
std::string summary(const std::vector<Issue>& issues) {
    std::string text;
    for (const auto severity : {IssueSeverity::Error, IssueSeverity::Warning, IssueSeverity::Note}) {
        const auto count = std::count_if(issues.begin(), issues.end(),
                                         [&](const Issue& issue) { return issue.severity == severity; });
        if (count == 0) continue;
        text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + severityName(severity) +
                (count == 1 ? "" : "s");
    }
    return text.empty() ? "no problems" : text;
}

// What the files say, with the lines of the keys that name them; a key that is not in the text has none.
void addFileIssues(const std::string& text, CheckedConfig& checked) {
    const auto tree = yaml::parse(text);
    for (Issue& issue : checkFiles(checked.loaded.config)) {
        const bool known = std::ranges::any_of(checked.issues, [&](const Issue& other) {
            return other.path == issue.path && other.severity == IssueSeverity::Error;
        });
        if (known) continue;  // a value that is wrong in itself says nothing about files
        const KeyPath path = splitKeyPath(issue.path);
        if (const yaml::Node* node = tree ? selectPath(*tree, path) : nullptr; node && !node->aliased) {
            issue.line = node->begin.line;
            issue.column = node->begin.column;
        }
        checked.issues.push_back(std::move(issue));
    }
    std::ranges::stable_sort(checked.issues, {}, &Issue::severity);  // errors first
}

}  // namespace

int checkVerb(Arguments arguments) {
    CLI::App app("Reports every problem of a configuration at once. Exit code 0, or 2 when there are errors.",
                 "atelier-engine check");
    std::vector<std::string> words;
    bool json = false, explain = false, replay = false, noFiles = false;
    app.add_option("CONFIG", words, "CONFIG.yaml and key=value overrides, or config=CONFIG.yaml key=value …")
        ->required();
    app.add_flag("--json", json, "one JSON object on stdout");
    app.add_flag("--explain", explain, "also print the complete configuration as it would be used");
    app.add_flag("--replay", replay, "check for `replay`, which needs neither data nor a run folder");
    app.add_flag("--no-files", noFiles,
                 "do not look for shards, models and folders: they are on another machine");
    app.footer("With --forecast it measures what the run would need instead (check --forecast --help).");
    if (const auto code = parse(app, arguments)) return *code;

    ConfigLoadOptions options;
    if (replay) options.purpose = Purpose::Replay;
    auto request = configRequest(words);
    if (!request) return report(request.error(), json);
    options.base = request->base;
    auto text = readConfigFile(request->file);
    if (!text) return report(text.error(), json);
    CheckedConfig checked = checkTrainConfig(*text, request->file.string(), request->overrides, options);
    if (!replay && !noFiles) addFileIssues(*text, checked);

    if (json) {
        Json issues = Json::array();
        for (const auto& issue : checked.issues) issues.push_back(issueJson(issue));
        Json out{{"file", request->file.string()},
                 {"ok", !hasErrors(checked.issues)},
                 {"issues", std::move(issues)}};
        if (explain) out["resolved"] = checked.loaded.resolved;
        std::printf("%s\n", dumpJson(out).c_str());
    } else {
        for (const auto& issue : checked.issues)
            std::printf("%s\n", describe(issue, issue.line > 0 ? request->file.string() : "").c_str());
        std::printf("%s: %s\n", request->file.c_str(), summary(checked.issues).c_str());
        if (explain) std::printf("\n%s", yaml::dump(yaml::fromJson(checked.loaded.resolved)).c_str());
    }
    return hasErrors(checked.issues) ? 2 : 0;
}

}  // namespace atelier::cli
