// SPDX-License-Identifier: GPL-3.0-or-later
// Light or dark: the user's choice, else the desktop's (portal setting, with its live change), else the palette at start.
// Owned by app/studio.
#pragma once

#include <QObject>
#include <QString>

class QApplication;
class QDBusVariant;

namespace atelier::style {

enum class ThemeChoice { System, Light, Dark };

class Theme : public QObject {
    Q_OBJECT
  public:
    // Applies a first look at once (without waiting for the portal).
    explicit Theme(QApplication& app, ThemeChoice choice = ThemeChoice::System);
    ThemeChoice choice() const { return choice_; }
    bool isDark() const { return dark_; }
    void setChoice(ThemeChoice choice);
    // Asks the desktop's settings portal, and listens to it; call after the first paint.
    void followDesktop();

  Q_SIGNALS:
    void changed(bool dark);

  private Q_SLOTS:
    void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

  private:
    void update();
    QApplication& app_;
    ThemeChoice choice_;
    bool systemDark_ = false;
    bool dark_ = false;
};

ThemeChoice themeChoiceFromName(const QString& name);
QString themeChoiceName(ThemeChoice choice);

}  // namespace atelier::style
