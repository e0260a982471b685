// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine inspect`: what is this model file or folder, and are its values numbers?
#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/engine/cli.h"
#include "core/base/json.h"
#include "core/weights/hub_cache.h"
#include "core/weights/inspect.h"

namespace atelier::cli {

int inspectVerb(Arguments arguments) {
    CLI::App app{
        "Say what a model file or folder is: family, components, tensors, metadata, what is missing.",
        "atelier-engine inspect"};
    std::string path;
    bool json = false, tensors = false, quick = false;
    app.add_option("PATH", path, "pipeline folder, component folder or .safetensors file")->required();
    app.add_flag("--json", json, "for programs");
    app.add_flag("--quick", quick, "headers only: do not look for NaN and infinity in the values");
    app.add_flag("--tensors", tensors, "with --json: name, dtype and shape of every tensor, too")
        ->needs("--json");
    app.footer("Exit code 0 when everything that belongs to it is there and readable, else 2.");
    if (const auto code = parse(app, arguments)) return *code;
    const auto place = resolveModel(path);  // cached only: looking costs nothing
    if (!place) return cli::report(place.error(), json);
    const auto report = inspectModel(*place, !quick);
    if (!report) {
        cli::report(report.error(), json);
        return 2;
    }
    std::fputs((json ? dumpJsonPretty(toJson(*report, tensors)) : describe(*report)).c_str(), stdout);
    return report->complete() ? 0 : 2;
}

}  // namespace atelier::cli
