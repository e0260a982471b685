// SPDX-License-Identifier: GPL-3.0-or-later
// The live YAML beside the form: line numbers, a dot at lines with issues, the current field's line tinted.
// Typing goes to the document at once; changes of the form arrive without moving caret or scroll.
#pragma once

#include <QHash>
#include <QPlainTextEdit>

#include "core/config/issue.h"

namespace atelier {

class YamlEditor : public QPlainTextEdit {
    Q_OBJECT
  public:
    explicit YamlEditor(QWidget* parent = nullptr);
    // Takes over a text from elsewhere; only the part that differs is replaced.
    void showText(const QString& text);
    void setIssueLines(const QHash<int, IssueSeverity>& lines);
    void setCurrentLine(int line);  // of the current field, 1-based; 0 = none
    void goToLine(int line, int column = 1);
    int lineAtCaret() const { return textCursor().blockNumber() + 1; }
    void paintGutter(QPaintEvent* event);
    int gutterWidth() const;

  Q_SIGNALS:
    void typed(const QString& text);
    void caretLineChanged(int line);  // moved by the user

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    bool focusNextPrevChild(bool next) override;

  private:
    void tintLines();
    QWidget* gutter_;
    QHash<int, IssueSeverity> issues_;
    int currentLine_ = 0;
    bool tabLeaves_ = false;  // the next Tab walks on: it came by Tab and wrote nothing, or Esc was pressed
    bool quiet_ = false;
};

}  // namespace atelier
