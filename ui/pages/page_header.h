// SPDX-License-Identifier: GPL-3.0-or-later
// The 56-px header of a page and its tabs. Filled by the page, laid out here.
#pragma once

#include <QAction>
#include <QTabBar>
#include <QWidget>
#include <vector>

#include "ui/widgets/controls.h"

class QBoxLayout;

namespace atelier {

// Text 500, current 600 with a 2-px accent line at the header's lower edge; a pill may follow the text.
class HeaderTabs : public QTabBar {
    Q_OBJECT
  public:
    explicit HeaderTabs(QWidget* parent = nullptr);
    void setPill(int tab, const QString& text, PillTone tone);

  protected:
    QSize tabSizeHint(int index) const override;
    QSize minimumTabSizeHint(int index) const override { return tabSizeHint(index); }
    void paintEvent(QPaintEvent* event) override;

  private:
    struct TabPill {
        QString text;
        PillTone tone = PillTone::Neutral;
    };
    TabPill pillOf(int index) const;
    std::vector<TabPill> pills_;
};

class PageHeader : public QWidget {
    Q_OBJECT
  public:
    explicit PageHeader(QWidget* parent = nullptr);
    // Left side, in the order of the calls: title or switcher, tabs, then notes and pills.
    void setTitle(const QString& text);
    void addLeading(QWidget* widget);
    HeaderTabs* tabs();  // made at the first call
    // Right side, left to right; the primary button comes last.
    void addTrailing(QWidget* widget);
    QToolButton* addIconAction(QAction* action);
    QPushButton* addActionButton(QAction* action, ButtonRole role = ButtonRole::Normal);
    QPushButton* setPrimary(QAction* action);

  protected:
    bool event(QEvent* event) override;

  private:
    void shareRoom();
    QBoxLayout* leading_;
    QBoxLayout* trailing_;
    QLabel* title_ = nullptr;
    HeaderTabs* tabs_ = nullptr;
    QWidget* primary_ = nullptr;
};

}  // namespace atelier
