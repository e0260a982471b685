// SPDX-License-Identifier: GPL-3.0-or-later
// Paths as people type them. Used wherever a field asks for a place to write to.
#pragma once

#include <QString>

namespace atelier {

// Whole and clean: "~" is the home folder; what is relative starts at `base` ("" = the home folder), never at
// the folder that the window happened to be started in. "" stays "".
QString typedPath(const QString& typed, const QString& base = {});

}  // namespace atelier
