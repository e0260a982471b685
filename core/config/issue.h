// SPDX-License-Identifier: GPL-3.0-or-later
// One finding about a configuration, as printed by `check` and listed in the studio.
// Made by core/config (parse, read, rules) and by checks elsewhere that look at files.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace atelier {

enum class IssueSeverity { Error, Warning, Note };

// "Set system.batch_size to 8" as something a button can do.
struct Remedy {
    std::string path;
    std::string value;  // YAML text of the new value; empty: remove the key
};

struct Issue {
    IssueSeverity severity = IssueSeverity::Error;
    std::string code;  // stable, for programs: "unknown_key", "wrong_type", "missing", "range", …
    std::string path;  // dotted; empty when it concerns the file as a whole
    int line = 0;      // 1-based line in the file; 0: not in the file (default, command line)
    int column = 0;    // 1-based; 0 as above
    std::string text;  // what is wrong, and why
    std::string hint;  // what to do
    std::optional<Remedy> remedy;
};

bool hasErrors(const std::vector<Issue>& issues);
const char* severityName(IssueSeverity severity);

// "config.yaml:12: error: optimizer.params.lr: there is no such key. Did you mean learning_rate?" on one
// line.
std::string describe(const Issue& issue, const std::string& file);

}  // namespace atelier
