// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine bench: machine-readable figures. scripts/bench holds them against other implementations.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/engine/cli.h"

namespace atelier::cli {

int benchVerb(Arguments arguments) {
    if (!arguments.empty() && arguments[0] == "train") return benchTrain(arguments.subspan(1));
    if (!arguments.empty() && arguments[0] == "model") return benchModel(arguments.subspan(1));
    if (!arguments.empty() && arguments[0] == "loading") return benchLoading(arguments.subspan(1));
    CLI::App app{
        "Figures of this machine as JSON.\n  bench train [options]   one training step of a UNet\n"
        "  bench model DIR         the models of a pipeline folder, line by line\n"
        "  bench loading DIR       a pipeline folder read and saved\n"
        "  bench data [options]    shard writing and reading"};
    app.name("atelier-engine bench");
    app.allow_extras();
    if (const auto code = parse(app, arguments)) return *code;
    return report(
        Error{ErrorCode::Usage, "say what to measure", "", "atelier-engine bench train, or bench data."});
}

}  // namespace atelier::cli
