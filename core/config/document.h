// SPDX-License-Identifier: GPL-3.0-or-later
// A configuration as a text that people keep: edits change single values and leave comments, order and layout
// alone; each value knows where it comes from. Used by the studio's Configure page; pure functions on texts.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/yaml.h"
#include "core/config/compose.h"

namespace atelier {

// The text with the value at `path` set; sections that are missing are made, in the order of the schema.
// Only the bytes of the value change; a new key gets a line of its own (in {…} a place of its own).
// Error: the text is not YAML, or the path runs through a list, a single value or an alias.
Result<std::string> setInText(std::string_view text, const KeyPath& path, const yaml::Node& value);

// The text without the key; a section that would be left empty goes too. Absent keys leave the text as it is.
Result<std::string> removeFromText(std::string_view text, const KeyPath& path);

// Items of a list of sections ("method.concepts"), each on lines of its own: comments above and in an item go
// where it goes. A list that is absent is made, one that loses its last item goes. `from`, `index`: of an
// item that is there; `to`, and the index of a new one: where it will stand.
Result<std::string> insertInList(std::string_view text, const KeyPath& path, std::size_t index,
                                 const yaml::Node& item);
Result<std::string> removeFromList(std::string_view text, const KeyPath& path, std::size_t index);
Result<std::string> moveInList(std::string_view text, const KeyPath& path, std::size_t from, std::size_t to);

enum class Origin { Default, Template, File, User, CommandLine };
const char* originName(Origin origin);

struct ValueOrigin {
    Origin origin = Origin::Default;
    int line = 0;  // in the current text; 0 when it is not there
};

// Where the value at a path comes from: `overrides` win, then the text (User when it differs from the text
// the document began with, else `base`), then the default. `current` and `begun` are parsed trees.
ValueOrigin originOf(const KeyPath& path, const yaml::Node& current, const yaml::Node& begun, Origin base,
                     const yaml::Node& overrides = yaml::Node::map());

}  // namespace atelier
