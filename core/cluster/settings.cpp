// SPDX-License-Identifier: GPL-3.0-or-later
// Reading cluster settings, and the rules that keep rendered scripts meaning what the settings say.
#include "core/cluster/settings.h"

#include <algorithm>
#include <array>
#include <functional>
#include <regex>

#include "core/base/strings.h"
#include "core/base/yaml.h"
#include "core/cluster/shell.h"
#include "core/config/check.h"
#include "core/config/describe.h"

namespace atelier::cluster {
namespace {

class Rules {
  public:
    Rules(const yaml::Node& tree, std::vector<Issue>& issues) : tree_(tree), issues_(issues) {}

    void add(const std::string& path, std::string text, std::string hint) {
        Issue issue;
        issue.code = "not_usable";
        issue.path = path;
        issue.text = std::move(text);
        issue.hint = std::move(hint);
        locate(tree_, path, issue);
        issues_.push_back(std::move(issue));
    }
    // Values of #SBATCH lines: nothing there may end the line, start a comment or split a word.
    void word(const std::string& path, const std::optional<std::string>& value) {
        static const std::regex kWord("[A-Za-z0-9_.,@+:&|*()\\[\\]-]+");
        if (value && !std::regex_match(*value, kWord))
            add(path, "\"" + *value + "\" is not a name that SLURM knows",
                "Use letters, digits and _ . - only.");
    }
    void matches(const std::string& path, const std::string& value, const std::regex& form,
                 const char* example) {
        if (!std::regex_match(value, form))
            add(path, "\"" + value + "\" has not the form that SLURM reads",
                std::string("Write it as ") + example + ".");
    }
    void lines(const std::string& path, const std::vector<std::string>& values) {
        for (const auto& value : values)
            if (!isOneLine(value))
                add(path, "an entry has more than one line", "Give each line an entry of its own.");
    }
    void options(const std::string& path, const std::vector<std::string>& values) {
        lines(path, values);
        for (const auto& value : values)
            if (!value.starts_with("-"))
                add(path, "\"" + value + "\" is not an option",
                    "Options begin with --, and each has an entry of its own.");
    }

  private:
    const yaml::Node& tree_;
    std::vector<Issue>& issues_;
};

bool looksSecret(const std::string& variable) {
    const std::string name = toLowerAscii(variable);
    for (const char* part : {"api_key", "secret", "password", "passwd", "token", "credential", "access_key"})
        if (name.find(part) != std::string::npos) return true;
    return false;
}

void checkRules(const ClusterSettings& s, Rules& rules) {
    static const std::regex kTime("[0-9]+(-[0-9]{1,2}(:[0-9]{1,2}){0,2})?|[0-9]+:[0-9]{1,2}(:[0-9]{1,2})?");
    static const std::regex kMemory("[0-9]+[KMGT]?");
    static const std::regex kVariable("[A-Za-z_][A-Za-z0-9_]*");
    rules.word("partition", s.partition);
    rules.word("account", s.account);
    rules.word("qos", s.qos);
    rules.word("constraint", s.constraint);
    rules.word("gpu_type", s.gpuType);
    rules.matches("time_limit", s.timeLimit, kTime, "12:00:00 or 2-00:00:00");
    if (s.memory) rules.matches("memory", *s.memory, kMemory, "64G");
    rules.lines("modules", s.modules);
    rules.lines("setup", s.setup);
    rules.lines("container_options", s.containerOptions);
    rules.options("sbatch_options", s.sbatchOptions);
    rules.options("srun_options", s.srunOptions);
    for (const auto& option : s.sbatchOptions)
        if (option.find('\'') != std::string::npos)
            rules.add("sbatch_options",
                      "\"" + option + "\" has a single quote, which #SBATCH lines cannot carry",
                      "Leave the quote out.");
    if (s.engine.empty() || !isOneLine(s.engine))
        rules.add("engine", "this is not a path", "Give the path of atelier-engine on the cluster.");
    if (s.container && !isOneLine(*s.container))
        rules.add("container", "this is not a path", "Give the path of the image.");
    for (const auto& [name, value] : s.environment) {
        if (!std::regex_match(name, kVariable))
            rules.add("environment", "\"" + name + "\" cannot name a variable", "Use letters, digits and _.");
        else if (looksSecret(name))
            rules.add("environment",
                      name + " looks like a secret, and this file is copied into every exported run",
                      "Remove it here and set it in your profile on the cluster.");
        if (!isOneLine(value))
            rules.add("environment", "the value of " + name + " has more than one line",
                      "Write it on one line.");
    }
}

}  // namespace

CheckedSettings checkSettings(std::string_view text, const std::string& name) {
    CheckedSettings out;
    std::vector<yaml::Problem> problems;
    yaml::Node tree = yaml::parse(text, problems);
    for (auto& problem : problems) {
        Issue issue;
        issue.code = "syntax";
        issue.line = problem.mark.line;
        issue.column = problem.mark.column;
        issue.text = std::move(problem.text);
        issue.hint = std::move(problem.hint);
        out.issues.push_back(std::move(issue));
    }
    if (!problems.empty()) return out;
    if (tree.isNull()) tree = yaml::Node::map();
    static const SchemaNode schema = describeSchema(ClusterSettings{});
    checkForm(tree, schema, out.issues);
    readInto(out.settings, tree);
    if (out.settings.name.empty()) out.settings.name = fs::path(name).stem().string();
    Rules rules(tree, out.issues);
    checkRules(out.settings, rules);
    return out;
}

Result<ClusterSettings> loadSettings(const fs::path& path) {
    ATELIER_TRY(const auto text, readFile(path, 1 << 20));
    auto checked = checkSettings(text, path.string());
    std::vector<const Issue*> errors;
    for (const auto& issue : checked.issues)
        if (issue.severity == IssueSeverity::Error) errors.push_back(&issue);
    if (errors.empty()) return std::move(checked.settings);
    const Issue& first = *errors.front();
    std::string what = first.path.empty() ? first.text : first.path + ": " + first.text;
    if (errors.size() > 1)
        what += " (and " + plural(errors.size() - 1, "more problem", "more problems") + ")";
    return fail(ErrorCode::Config, std::move(what),
                path.string() + (first.line > 0 ? ":" + std::to_string(first.line) : std::string()),
                first.hint);
}

}  // namespace atelier::cluster
