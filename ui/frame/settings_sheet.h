// SPDX-License-Identifier: GPL-3.0-or-later
// Theme, language, text size, project folder, engine, network, memory. Each applies at once or, where the
// window has to be made anew, on request. Writes Settings,
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

  Q_SIGNALS:
    void restartWanted();  // the window made anew

  private:
    QPushButton* again_;
};

}  // namespace atelier
