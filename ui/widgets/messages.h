// SPDX-License-Identifier: GPL-3.0-or-later
// How the studio speaks: toast (done, maybe undoable), banner (page-wide, with actions), empty state, sheet
// (a dialog inside the window). Never a message box. Texts say what, where, why and what to do.
#pragma once

#include <QDialog>
#include <QFrame>
#include <QPointer>
#include <QWidget>
#include <functional>
#include <vector>

#include "ui/widgets/controls.h"

class QBoxLayout;
class QLabel;

namespace atelier {

struct MessageAction {
    QString text;
    std::function<void()> run;
};

enum class Severity { Info, Good, Warning, Error };

struct Message {
    Severity severity = Severity::Info;
    QString text;    // one sentence: what and where
    QString detail;  // why, and what to do; may be empty
    std::vector<MessageAction> actions;
};

// Lower right of its window for 6 s, longer while hovered. MainWindow shows those that pages ask for.
class ToastHost : public QObject {
    Q_OBJECT
  public:
    explicit ToastHost(QWidget* window);
    void show(const Message& message);

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void place();
    QWidget* window_;
    std::vector<QWidget*> toasts_;
};

// A row under the header. Stays until closed or removed by its key.
class BannerStack : public QWidget {
    Q_OBJECT
  public:
    explicit BannerStack(QWidget* parent = nullptr);
    // Replaces a banner of the same key.
    void show(const QString& key, const Message& message, bool closable = true);
    void remove(const QString& key);
    bool has(const QString& key) const;
};

// Icon (or a fan of pictures), one sentence, one line, one primary button, optional second.
class EmptyState : public QWidget {
    Q_OBJECT
  public:
    EmptyState(const QString& iconName, const QString& title, const QString& text, QWidget* parent = nullptr);
    QPushButton* addButton(const QString& text, const QString& iconName, ButtonRole role);
    void setText(const QString& title, const QString& text);

  private:
    QLabel* title_;
    QLabel* text_;
    QBoxLayout* buttons_;
};

// Deletes itself when it is accepted or rejected. A dialog drawn inside the window over a scrim: header 68,
// body, footer 64. Widths 480, 720 or 1040.
class Sheet : public QDialog {
    Q_OBJECT
  public:
    Sheet(QWidget* window, const QString& iconName, const QString& title, const QString& subtitle = {},
          int width = 720);
    ~Sheet() override;
    void setBody(QWidget* body);
    void setSubtitle(const QString& text);
    // Left part of the footer (notes, second-rank buttons).
    void addFooterWidget(QWidget* widget);
    // Adds Cancel and the primary button; accept() is called by it unless `accepted` is given and returns
    // false.
    QPushButton* setPrimary(const QString& text, const QString& iconName,
                            std::function<bool()> accepted = {});

    void setVisible(bool visible) override;

  protected:
    void paintEvent(QPaintEvent* event) override;
    bool focusNextPrevChild(bool next) override;
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void place();
    void takeFocus();
    QWidget* host_;
    QPointer<QWidget> focusBefore_;
    QPointer<QWidget> scrim_;  // may go first when the window ends
    QLabel* subtitle_;
    QBoxLayout* body_;
    QBoxLayout* footer_;
    int width_;
};

}  // namespace atelier
