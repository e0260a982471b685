// SPDX-License-Identifier: GPL-3.0-or-later
// Settings that exist now: theme, text size, project folder. Each applies at once. Opened by app/studio.
#pragma once

#include "ui/widgets/messages.h"

class QSettings;

namespace atelier {

class SettingsSheet : public Sheet {
    Q_OBJECT
  public:
    SettingsSheet(QWidget* window, QSettings& settings);

  Q_SIGNALS:
    void themeChosen(const QString& name);      // "system", "light", "dark"
    void textScaleChosen(double scale);
    void projectChosen(const QString& folder);
};

// Typed access to what the sheet writes.
QString themeSetting(const QSettings& settings);
double textScaleSetting(const QSettings& settings);
QString projectSetting(const QSettings& settings);  // "~/Atelier" expanded when nothing is set

}  // namespace atelier
