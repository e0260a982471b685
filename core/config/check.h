// SPDX-License-Identifier: GPL-3.0-or-later
// Findings about a configuration that need nothing but the configuration: form (unknown keys, types, ranges)
// and rules between fields. Called by load.cpp; each rule is a named function in rules.cpp.
#pragma once

#include <vector>

#include "core/base/yaml.h"
#include "core/config/issue.h"
#include "core/config/load.h"
#include "core/config/schema.h"

namespace atelier {

// Every key of `tree` (interpolations resolved) against the schema.
void checkForm(const yaml::Node& tree, Purpose purpose, std::vector<Issue>& issues);
// The same for another file than a configuration: cluster settings.
void checkForm(const yaml::Node& tree, const SchemaNode& schema, std::vector<Issue>& issues);

// What a rule looks at: the typed configuration, its complete JSON, and where each key stands.
struct RuleInput {
    const TrainConfig& config;
    const Json& resolved;
    const yaml::Node& tree;
    Purpose purpose;
};
void checkRules(const RuleInput& input, std::vector<Issue>& issues);
// Usual ranges of the descriptors, for the method in use.
void checkUsualRanges(const RuleInput& input, std::vector<Issue>& issues);

// Line and column of the value (or key) at a dotted path; zero when it is not in the file.
void locate(const yaml::Node& tree, const std::string& path, Issue& issue);

// A number as one writes it: 0.0001, 1.0e-05, 500.
std::string numberText(double value);

}  // namespace atelier
