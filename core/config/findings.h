// SPDX-License-Identifier: GPL-3.0-or-later
// What rules write their findings into. Internal to core/config (rules.cpp, rules_concepts.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/check.h"
#include "core/config/compose.h"

namespace atelier {

class Findings {
  public:
    Findings(const yaml::Node& tree, std::vector<Issue>& issues) : tree_(tree), issues_(issues) {}
    void add(IssueSeverity severity, std::string code, std::string path, std::string text,
             std::string hint = {}, std::optional<Remedy> remedy = std::nullopt) {
        Issue issue{severity, std::move(code), std::move(path), 0,
                    0,        std::move(text), std::move(hint), std::move(remedy)};
        locate(tree_, issue.path, issue);
        issues_.push_back(std::move(issue));
    }
    bool given(std::string_view path) const {
        const yaml::Node* node = selectPath(tree_, splitKeyPath(path));
        return node && !node->isNull();
    }
    // ??? is reported on its own; rules do not pile on.
    bool unfilled(std::string_view path) const {
        const yaml::Node* node = selectPath(tree_, splitKeyPath(path));
        return node && node->isMissing();
    }

  private:
    const yaml::Node& tree_;
    std::vector<Issue>& issues_;
};

// Rules of method.concepts and of the single subject that the keys beside it describe.
void checkConcepts(const RuleInput& in, Findings& findings);

}  // namespace atelier
