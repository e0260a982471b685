// SPDX-License-Identifier: GPL-3.0-or-later
// Settings that exist now: theme, text size, project folder, engine. Each applies at once. Writes Settings,
// whose signals app/studio follows.
#pragma once

#include "ui/widgets/messages.h"

namespace atelier {

class EngineLocator;
class Settings;

class SettingsSheet : public Sheet {
    Q_OBJECT
  public:
    SettingsSheet(QWidget* window, Settings& settings, EngineLocator& engine);
};

}  // namespace atelier
