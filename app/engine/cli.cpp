// SPDX-License-Identifier: GPL-3.0-or-later
// CLI11 behind cli.h.
#include "app/engine/cli.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <vector>

#include "core/base/json.h"

namespace atelier::cli {

std::optional<int> parse(CLI::App& app, Arguments arguments) {
    std::vector<std::string> reversed(arguments.rbegin(),
                                      arguments.rend());  // CLI11 takes them from the back
    try {
        app.parse(reversed);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    return std::nullopt;
}

int report(const Error& error, bool json) {
    if (json) {
        const Json object{{"error",
                           {{"code", errorCodeName(error.code)},
                            {"what", error.what},
                            {"where", error.where},
                            {"hint", error.hint}}}};
        std::fprintf(stderr, "%s\n", dumpJson(object).c_str());
    } else {
        std::fprintf(stderr, "error: %s\n", error.message().c_str());
    }
    return exitCode(error.code);
}

}  // namespace atelier::cli
