// SPDX-License-Identifier: GPL-3.0-or-later
// Names of severities and the one-line form of an issue.
#include "core/config/issue.h"

#include <algorithm>

namespace atelier {

bool hasErrors(const std::vector<Issue>& issues) {
    return std::ranges::any_of(issues,
                               [](const Issue& issue) { return issue.severity == IssueSeverity::Error; });
}

const char* severityName(IssueSeverity severity) {
    switch (severity) {
        case IssueSeverity::Error:
            return "error";
        case IssueSeverity::Warning:
            return "warning";
        case IssueSeverity::Note:
            return "note";
    }
    return "";
}

std::string describe(const Issue& issue, const std::string& file) {
    std::string line = file;
    if (issue.line > 0) line += ":" + std::to_string(issue.line);
    line += std::string(line.empty() ? "" : ": ") + severityName(issue.severity) + ": ";
    if (!issue.path.empty()) line += issue.path + ": ";
    line += issue.text;
    if (!issue.text.empty() && issue.text.back() != '.') line += '.';
    if (!issue.hint.empty()) line += " " + issue.hint;
    return line;
}

}  // namespace atelier
