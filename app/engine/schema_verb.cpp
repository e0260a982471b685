// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine schema: every setting, with its default and what it does, for people and for programs.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "app/engine/cli.h"
#include "core/base/json.h"
#include "core/config/schema.h"

namespace atelier::cli {

int schemaVerb(Arguments arguments) {
    CLI::App app("Prints every setting of a training configuration.", "atelier-engine schema");
    std::string format = "yaml";
    app.add_option(
           "--format", format,
           "yaml: a file with every key, its default and its help; json: JSON schema; markdown: tables")
        ->check(CLI::IsMember({"yaml", "json", "markdown"}));
    if (const auto code = parse(app, arguments)) return *code;
    const std::string text = format == "json"       ? dumpJsonPretty(schemaJson())
                             : format == "markdown" ? schemaMarkdown()
                                                    : schemaYaml();
    std::fputs(text.c_str(), stdout);
    return 0;
}

}  // namespace atelier::cli
