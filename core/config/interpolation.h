// SPDX-License-Identifier: GPL-3.0-or-later
// ${…}: references between values and OmegaConf's resolvers (oc.env, oc.decode, oc.select, oc.create,
// oc.dict.*). Lazy in OmegaConf, done once for the whole tree here; nothing is ever evaluated as code.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/yaml.h"

namespace atelier {

// OmegaConf's rule: a text that holds "${" is an interpolation, even an escaped one.
inline bool isInterpolation(const yaml::Node& node) {
    return node.isString() && node.text.find("${") != std::string::npos;
}

// The grammar of every ${…} in the tree, without looking anything up. Error: Config, the text as `where`.
Status checkInterpolations(const yaml::Node& tree);

struct ResolutionProblem {
    std::string path;  // dotted, of the value that holds the interpolation
    std::string text;
    std::string hint;
    yaml::Mark mark;
    int source = 0;  // 0: the file; n: the n-th override
};

// The tree with every interpolation replaced by what it stands for; ??? stays. Problems are collected, and
// the value that has one keeps its text. The expansion is bounded (values and length of texts).
yaml::Node resolveTree(const yaml::Node& root, std::vector<ResolutionProblem>& problems);

// Looks through an interpolation at `node` (inside the containers `around`, outermost first, of `root`): the
// section or list of `root` that it stands for; a null pointer when it stands for a single value or is none.
// Error: it leads nowhere.
Result<const yaml::Node*> containerBehind(const yaml::Node& root,
                                          const std::vector<const yaml::Node*>& around,
                                          const yaml::Node& node);

}  // namespace atelier
