// SPDX-License-Identifier: GPL-3.0-or-later
// Compiles the section headers once on their own; the descriptions are checked here even where nothing uses
// them.
#include "core/config/train_config.h"
#include "core/config/load.h"
