// SPDX-License-Identifier: GPL-3.0-or-later
// Light or dark: the user's choice, else the desktop's (portal setting, with its live change), else the
// palette at start. Owned by app/studio.
#pragma once

#include <QObject>
#include <QString>
#include <optional>

#include "ui/style/tokens.h"

class QApplication;
class QDBusVariant;

namespace atelier::style {

class Theme : public QObject {
    Q_OBJECT
  public:
    // `dark`: the user's choice; nullopt = as the desktop says. Applies a first look at once (without waiting
    // for the portal), but for the style sheet.
    explicit Theme(QApplication& app, std::optional<bool> dark = std::nullopt);
    bool isDark() const { return dark_; }
    // Before the first window is shown and after its widgets are made: with a sheet in force every move of a
    // widget into its parent styles all that it holds again.
    void applySheet();
    void setChoice(std::optional<bool> dark);
    // Asks the desktop's settings portal, and listens to it; call after the first paint.
    void followDesktop();

  Q_SIGNALS:
    void changed(bool dark);

  private Q_SLOTS:
    void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

  private:
    void update();
    const Tokens& current() const;
    QApplication& app_;
    std::optional<bool> choice_;
    bool systemDark_ = false;
    bool dark_ = false;
};

}  // namespace atelier::style
