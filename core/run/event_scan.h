// SPDX-License-Identifier: GPL-3.0-or-later
// Quick reader for metric and progress lines in the plain form that EventWriter gives them; private to
// core/run. A log of a million lines folds several times faster than through a JSON tree.
#pragma once

#include <optional>
#include <string_view>

#include "core/run/event.h"

namespace atelier::run {

// nullopt for every other type and for whatever is not plain (escapes, deeper nesting, unknown version): the
// caller then parses in full, so this decides speed only, never the outcome.
std::optional<Event> scanFrequentEvent(std::string_view line);

}  // namespace atelier::run
