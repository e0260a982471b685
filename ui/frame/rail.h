// SPDX-License-Identifier: GPL-3.0-or-later
// The navigation rail, 76 wide or as its longest text needs: pages on top, settings and menu at the bottom.
// Owned by MainWindow.
#pragma once

#include <QAbstractButton>
#include <QWidget>
#include <vector>

class QVBoxLayout;

namespace atelier {

class RailButton : public QAbstractButton {
    Q_OBJECT
  public:
    RailButton(QString iconName, const QString& text);
    void setBadge(int count);
    QSize sizeHint() const override;

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QString iconName_;
    int badge_ = 0;
};

class Rail : public QWidget {
    Q_OBJECT
  public:
    explicit Rail(QWidget* parent = nullptr);
    void addPage(const QString& iconName, const QString& text);
    void setCurrent(int index);
    void setBadge(int index, int count);
    RailButton* addBottom(const QString& iconName, const QString& text);
    // The page whose button is under `position` (rail coordinates), or -1: drops may aim at a page.
    int pageAt(const QPoint& position) const;

  Q_SIGNALS:
    void pageClicked(int index);

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

  private:
    void widen(const RailButton& button);
    QVBoxLayout* box_;
    std::vector<RailButton*> pages_;
};

}  // namespace atelier
