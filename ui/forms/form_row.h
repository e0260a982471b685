// SPDX-License-Identifier: GPL-3.0-or-later
// One setting as a row: origin bar, label and key, editor, unit, origin word, reset, and a sentence when
// something is up. Made and kept by FormView.
#pragma once

#include <QWidget>

#include "core/config/schema.h"

class QBoxLayout;
class QLabel;
class QToolButton;

namespace atelier {

class ConfigDocument;
class ElidedLabel;
class FieldEditor;

class FormRow : public QWidget {
    Q_OBJECT
  public:
    FormRow(const SchemaNode& schema, ConfigDocument& document, QWidget* parent = nullptr);
    QString path() const { return path_; }
    const SchemaNode& schema() const { return schema_; }
    FieldEditor* editor() const { return editor_; }
    void refresh();  // from the document
    QSize minimumSizeHint() const override;
    void setCurrent(bool current);
    static bool matches(const SchemaNode& schema, const ConfigDocument& document,
                        const QString& text);  // label, key, help or value

  Q_SIGNALS:
    void activated(const QString& path);  // clicked or focused
    void showTextRequested(const QString& path);

  protected:
    void resizeEvent(QResizeEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

  private:
    void arrange();
    void connectItems();
    void showNote();
    const SchemaNode& schema_;
    ConfigDocument& document_;
    QString path_, mistyped_;
    FieldEditor* editor_;
    QBoxLayout* row_;
    QLabel *label_, *key_, *unit_ = nullptr;
    QLabel* originWord_;
    QToolButton* reset_;
    QLabel* noteIcon_;
    QLabel* note_;
    QWidget* noteRow_;
    bool wide_ = false;  // the editor takes the room there is
    bool current_ = false;
};

}  // namespace atelier
