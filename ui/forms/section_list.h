// SPDX-License-Identifier: GPL-3.0-or-later
// A list of sections as a column of cards, one per item: the fields of an item, its pictures counted, and
// buttons to move, double and remove it. Folders dropped on a card become its path, dropped below it new
// items. Made by makeFieldEditor for method.concepts.
#pragma once

#include <utility>
#include <vector>

#include "core/config/schema.h"
#include "ui/forms/field_editor.h"

class QFrame;
class QLabel;
class QPushButton;
class QToolButton;
class QVBoxLayout;

namespace atelier {

class PictureCount;

class SectionListField : public FieldEditor {
    Q_OBJECT
  public:
    explicit SectionListField(const SchemaNode& schema, QWidget* parent = nullptr);
    QWidget* field() const override;
    void setValue(const Json& value, bool given) override;
    void setReadOnly(bool readOnly) override { setEnabled(!readOnly); }
    void setResolved(const Json& value) override;

  protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

  private:
    struct Card {
        QFrame* frame = nullptr;
        std::vector<std::pair<const SchemaNode*, FieldEditor*>> fields;
        QLabel *title = nullptr, *count = nullptr;
        QToolButton *up = nullptr, *down = nullptr;
        QString counted;  // the path that `count` is about
    };
    Card addCard(int index);
    void showCount(const QString& path, int count);
    yaml::Node itemFor(const QString& path) const;
    const SchemaNode& schema_;
    std::vector<Card> cards_;
    QVBoxLayout* column_;
    QPushButton* add_;
    PictureCount* counts_;
    Json value_;
};

}  // namespace atelier
