// SPDX-License-Identifier: GPL-3.0-or-later
// How configurations combine: key paths, key=value lists and merging, as OmegaConf does it.
// Used by load.cpp (file + command line) and by the studio's editor.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/yaml.h"

namespace atelier {

using KeyPath = std::vector<std::string>;

// "a.b", "a[b].c", "[a].b"; a backslash before . [ ] = makes it part of the name.
KeyPath splitKeyPath(std::string_view path);
// "a.b[0].c": numbers of list items in brackets, dots in names escaped.
std::string joinKeyPath(const KeyPath& path);

// The value at a path, without resolving interpolations; null pointer when there is none.
const yaml::Node* selectPath(const yaml::Node& root, std::span<const std::string> path);

// One key=value of a command line: the path, and the value read as YAML (null without "=").
struct Override {
    KeyPath path;
    yaml::Node value;
    std::string text;  // as it was given
};
Result<Override> parseOverride(const std::string& text);

// A tree of key=value arguments; later ones win. `source` of every value is its 1-based number.
// An argument that cannot be read is an Error with the argument as `where`.
Result<yaml::Node> fromDotlist(std::span<const std::string> arguments);

// Merges `right` over `left`: maps merge, lists and scalars are replaced, ??? never replaces a value.
// Error: a list meets a map.
Status mergeInto(yaml::Node& left, const yaml::Node& right);

}  // namespace atelier
