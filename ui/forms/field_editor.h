// SPDX-License-Identifier: GPL-3.0-or-later
// One editor per kind of setting, made from its description: number, choice, switch, text, path, list.
// FormRow owns it.
#pragma once

#include <QWidget>

#include "core/base/yaml.h"
#include "core/config/schema.h"

namespace atelier {

class FieldEditor : public QWidget {
    Q_OBJECT
  public:
    // The widget that takes the keyboard.
    virtual QWidget* field() const = 0;
    // Shows a complete value (defaults filled in). Does not emit edited(). Left alone while the user types
    // the same value.
    virtual void setValue(const Json& value, bool given) = 0;
    virtual void setReadOnly(bool readOnly) { field()->setEnabled(!readOnly); }
    // The same value as training will have it: paths absolute, references by their values.
    virtual void setResolved(const Json& value) { Q_UNUSED(value); }

  Q_SIGNALS:
    void edited(const atelier::yaml::Node& value);  // a value that fits the kind
    void cleared();                                 // the key should go
    void mistyped(const QString& why);              // what stands in the field is no value; "" = it is again
    void showTextRequested();                       // edit it in the YAML
    // Of a list of sections; `key`: of one value of an item.
    void itemInserted(int index, const atelier::yaml::Node& item);
    void itemRemoved(int index);
    void itemMoved(int from, int to);
    void itemEdited(int index, const QString& key, const atelier::yaml::Node& value);
    void itemCleared(int index, const QString& key);

  protected:
    using QWidget::QWidget;
};

// `folder`: where a file dialog starts.
FieldEditor* makeFieldEditor(const SchemaNode& schema, QWidget* parent = nullptr);

// "24 000", "1e-4", "0,5" (where the comma is the locale's) as typed into a number field; false when it is
// none.
bool parseNumber(const QString& text, double& number);
// 24 000, 1e-4: how a number field shows a value.
QString numberForField(const Json& value, const SchemaNode& schema);

}  // namespace atelier
