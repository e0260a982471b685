// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/field_editor.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QLocale>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QSignalBlocker>
#include <QUrl>
#include <cmath>

#include "core/config/check.h"
#include "ui/forms/section_list.h"
#include "ui/session/languages.h"
#include "ui/widgets/controls.h"

namespace atelier {

using yaml::Node;

bool parseNumber(const QString& text, double& number) {
    QString plain;
    for (const QChar c : text.trimmed())
        if (!c.isSpace() && c != QChar(0x202F) && c != QLatin1Char('_') && c != QLatin1Char('\'')) plain += c;
    bool good = false;
    number = QLocale::c().toDouble(plain, &good);
    if (!good) number = QLocale().toDouble(plain, &good);
    return good && std::isfinite(number);
}

QString numberForField(const Json& value, const SchemaNode& schema) {
    if (!value.is_number()) return {};
    if (schema.type == ValueType::Int) return figure(value.get<qint64>());
    const double number = value.get<double>();
    if (number != 0 && std::fabs(number) < 1e-3) {
        // 1e-4 rather than 0.0001: what people say.
        QString text = QString::number(number, 'e', 6);
        const qsizetype e = text.indexOf(QLatin1Char('e'));
        QString mantissa = text.left(e);
        while (mantissa.endsWith(QLatin1Char('0'))) mantissa.chop(1);
        if (mantissa.endsWith(QLatin1Char('.'))) mantissa.chop(1);
        return mantissa + QStringLiteral("e%1").arg(text.mid(e + 1).toInt());
    }
    return QString::fromStdString(numberText(number));
}

namespace {

// A line edit for one number; up and down step it (by factors where the setting wants that).
class NumberEdit : public QLineEdit {
  public:
    explicit NumberEdit(const SchemaNode& schema, QWidget* parent) : QLineEdit(parent), schema_(schema) {}

  protected:
    void keyPressEvent(QKeyEvent* event) override {
        double number = 0;
        const bool up = event->key() == Qt::Key_Up;
        if ((!up && event->key() != Qt::Key_Down) || isReadOnly() || !parseNumber(text(), number))
            return QLineEdit::keyPressEvent(event);
        if (schema_.info.fractional)
            number *= up ? 1.25 : 0.8;
        else
            number += (up ? 1 : -1) * (schema_.type == ValueType::Int ? 1
                                       : std::fabs(number) >= 10      ? 1
                                                                      : 0.1);
        if (schema_.info.min) number = std::max(number, *schema_.info.min);
        if (schema_.info.max) number = std::min(number, *schema_.info.max);
        number = QString::number(number, 'g', 3).toDouble() != number && schema_.type == ValueType::Float
                     ? QString::number(number, 'g', 4).toDouble()
                     : number;
        setText(numberForField(
            schema_.type == ValueType::Int ? Json(qint64(std::llround(number))) : Json(number), schema_));
        Q_EMIT textEdited(text());
    }

  private:
    const SchemaNode& schema_;
};

class NumberField : public FieldEditor {
  public:
    NumberField(const SchemaNode& schema, QWidget* parent)
        : FieldEditor(parent), schema_(schema), edit_(new NumberEdit(schema, this)) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->addWidget(edit_);
        edit_->setPlaceholderText(schema.optional ? tr("not set") : QString());
        connect(edit_, &QLineEdit::textEdited, this, &NumberField::take);
        connect(edit_, &QLineEdit::editingFinished, this, [this] {
            if (good_ && !value_.is_null()) edit_->setText(numberForField(value_, schema_));
        });
    }
    QWidget* field() const override { return edit_; }
    void setReadOnly(bool readOnly) override { edit_->setReadOnly(readOnly); }
    void setValue(const Json& value, bool) override {
        value_ = value;
        double now = 0;
        const bool same = parseNumber(edit_->text(), now) && value.is_number() && now == value.get<double>();
        if (edit_->hasFocus() && (same || !good_)) return;
        edit_->setText(numberForField(value, schema_));
        good_ = true;
    }

  private:
    void take(const QString& text) {
        double number = 0;
        if (text.trimmed().isEmpty() && schema_.optional) {
            good_ = true;
            Q_EMIT mistyped({});
            Q_EMIT cleared();
            return;
        }
        const bool whole = schema_.type == ValueType::Int;
        good_ = parseNumber(text, number) && (!whole || std::floor(number) == number);
        Q_EMIT mistyped(good_   ? QString()
                        : whole ? tr("A whole number is expected.")
                                : tr("A number is expected, such as 0.5 or 1e-4."));
        if (!good_) return;
        value_ = whole ? Json(qint64(number)) : Json(number);
        Q_EMIT edited(whole ? Node::ofInt(qint64(number)) : Node::ofFloat(number));
    }
    const SchemaNode& schema_;
    QLineEdit* edit_;
    Json value_;
    bool good_ = true;
};

class ChoiceField : public FieldEditor {
  public:
    ChoiceField(const SchemaNode& schema, QWidget* parent)
        : FieldEditor(parent), schema_(schema), box_(new QComboBox(this)) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->addWidget(box_);
        if (schema.optional) box_->addItem(tr("not set"), QString());
        for (const auto& choice : schema.choices)
            if (!choice.label.empty())
                box_->addItem(translated(choice.label), QString::fromStdString(choice.name));
        box_->setFocusPolicy(Qt::StrongFocus);
        box_->installEventFilter(this);
        connect(box_, &QComboBox::activated, this, [this](int index) {
            const QString name = box_->itemData(index).toString();
            if (name.isEmpty())
                Q_EMIT cleared();
            else
                Q_EMIT edited(Node::ofString(name.toStdString()));
        });
    }
    QWidget* field() const override { return box_; }
    void setValue(const Json& value, bool) override {
        const QString name = value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString();
        const QSignalBlocker quiet(box_);
        box_->setCurrentIndex(std::max(0, box_->findData(name)));
    }

  protected:
    // The wheel scrolls the form, it does not change what it happens to pass.
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (event->type() == QEvent::Wheel && !box_->hasFocus()) {
            event->ignore();
            return true;
        }
        return FieldEditor::eventFilter(watched, event);
    }

  private:
    const SchemaNode& schema_;
    QComboBox* box_;
};

class SwitchField : public FieldEditor {
  public:
    SwitchField(const SchemaNode&, QWidget* parent) : FieldEditor(parent), box_(new QCheckBox(this)) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->addWidget(box_);
        row->addStretch();
        connect(box_, &QCheckBox::clicked, this, [this](bool on) {
            name();
            Q_EMIT edited(Node::ofBool(on));
        });
        name();
    }
    QWidget* field() const override { return box_; }
    void setValue(const Json& value, bool) override {
        const QSignalBlocker quiet(box_);
        box_->setChecked(value.is_boolean() && value.get<bool>());
        name();
    }

  private:
    void name() { box_->setText(box_->isChecked() ? tr("On") : tr("Off")); }
    QCheckBox* box_;
};

// Text and paths; a path has a browse button and takes a dropped file or folder.
class TextField : public FieldEditor {
  public:
    TextField(const SchemaNode& schema, QWidget* parent)
        : FieldEditor(parent), schema_(schema), edit_(new QLineEdit(this)) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(4);
        row->addWidget(edit_, 1);
        const TextKind kind = schema.info.text;
        if (kind == TextKind::Secret) edit_->setEchoMode(QLineEdit::Password);
        edit_->setPlaceholderText(schema.optional        ? tr("not set")
                                  : schema.info.required ? tr("must be given")
                                                         : QString());
        if (kind == TextKind::Folder || kind == TextKind::File || kind == TextKind::Model ||
            kind == TextKind::Shards || kind == TextKind::Path) {
            auto* browse =
                makeIconButton(QStringLiteral("folder"), tr("Choose %1").arg(translated(schema.info.label)));
            row->addWidget(browse);
            connect(browse, &QToolButton::clicked, this, &TextField::browse);
            edit_->setAcceptDrops(false);
            setAcceptDrops(true);
        }
        connect(edit_, &QLineEdit::textEdited, this, &TextField::take);
    }
    QWidget* field() const override { return edit_; }
    void setReadOnly(bool readOnly) override { edit_->setReadOnly(readOnly); }
    void setValue(const Json& value, bool given) override {
        const QString text = value.is_string() && (given || !schema_.info.required)
                                 ? QString::fromStdString(value.get<std::string>())
                                 : QString();
        if (edit_->text() != text && !(edit_->hasFocus() && typed_ == edit_->text())) edit_->setText(text);
        typed_.clear();
    }

  protected:
    void dragEnterEvent(QDragEnterEvent* event) override {
        if (event->mimeData()->hasUrls() && event->mimeData()->urls().front().isLocalFile())
            event->acceptProposedAction();
    }
    void dropEvent(QDropEvent* event) override { put(event->mimeData()->urls().front().toLocalFile()); }

  private:
    void take(const QString& text) {
        typed_ = text;
        if (text.isEmpty() && (schema_.optional || schema_.info.required))
            Q_EMIT cleared();
        else
            Q_EMIT edited(Node::ofString(text.toStdString()));
    }
    void put(const QString& path) {
        if (path.isEmpty()) return;
        QString shown = path;
        if (shown.startsWith(QDir::homePath() + QLatin1Char('/')))
            shown = QLatin1Char('~') + shown.mid(QDir::homePath().size());
        edit_->setText(shown);
        Q_EMIT edited(Node::ofString(shown.toStdString()));
    }
    void browse() {
        const QString title = translated(schema_.info.label);
        QString at = edit_->text();
        if (at.startsWith(QLatin1Char('~'))) at = QDir::homePath() + at.mid(1);
        if (schema_.info.text == TextKind::File)
            put(QFileDialog::getOpenFileName(window(), title, at));
        else
            put(QFileDialog::getExistingDirectory(window(), title, at));
    }
    const SchemaNode& schema_;
    QLineEdit* edit_;
    QString typed_;
};

// One entry per line.
class ListField : public FieldEditor {
  public:
    ListField(const SchemaNode& schema, QWidget* parent)
        : FieldEditor(parent), edit_(new QPlainTextEdit(this)), numbers_(schema.type == ValueType::IntList) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->addWidget(edit_);
        edit_->setTabChangesFocus(true);
        edit_->setLineWrapMode(QPlainTextEdit::NoWrap);
        edit_->setPlaceholderText(tr("One per line"));
        edit_->setFixedHeight(schema.info.text == TextKind::Prompt ? 92 : 76);
        connect(edit_, &QPlainTextEdit::textChanged, this, [this] {
            if (quiet_) return;
            Node list = Node::list();
            for (const QString& line : edit_->toPlainText().split(QLatin1Char('\n')))
                if (!line.trimmed().isEmpty())
                    list.items.push_back(numbers_ ? yaml::resolvePlain(line.trimmed().toStdString())
                                                  : Node::ofString(line.trimmed().toStdString()));
            Q_EMIT edited(list);
        });
    }
    QWidget* field() const override { return edit_; }
    void setReadOnly(bool readOnly) override { edit_->setReadOnly(readOnly); }
    void setValue(const Json& value, bool) override {
        QStringList lines;
        if (value.is_array())
            for (const auto& item : value)
                lines << QString::fromStdString(item.is_string() ? item.get<std::string>() : item.dump());
        QStringList now;
        for (const QString& line : edit_->toPlainText().split(QLatin1Char('\n')))
            if (!line.trimmed().isEmpty()) now << line.trimmed();
        if (now == lines) return;
        quiet_ = true;
        edit_->setPlainText(lines.join(QLatin1Char('\n')));
        quiet_ = false;
    }

  private:
    QPlainTextEdit* edit_;
    bool numbers_;
    bool quiet_ = false;
};

// Maps (architectures, filters): a summary, and the way to where they are edited.
class MapField : public FieldEditor {
  public:
    MapField(const SchemaNode&, QWidget* parent)
        : FieldEditor(parent),
          button_(makeButton(tr("Edit in the YAML"), {}, ButtonRole::Link)),
          label_(makeLabel({}, style::TextSize::Body, QFont::Normal, style::Tone::Text2)) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->addWidget(label_);
        row->addWidget(button_);
        row->addStretch();
        connect(button_, &QPushButton::clicked, this, &FieldEditor::showTextRequested);
    }
    QWidget* field() const override { return button_; }
    void setReadOnly(bool) override {}
    void setValue(const Json& value, bool) override {
        if (value.is_string())
            label_->setText(QString::fromStdString(value.get<std::string>()));
        else
            label_->setText(value.empty() ? tr("none") : tr("%n key(s)", nullptr, int(value.size())));
    }

  private:
    QPushButton* button_;
    QLabel* label_;
};

}  // namespace

FieldEditor* makeFieldEditor(const SchemaNode& schema, QWidget* parent) {
    switch (schema.type) {
        case ValueType::Bool:
            return new SwitchField(schema, parent);
        case ValueType::Int:
        case ValueType::Float:
            return new NumberField(schema, parent);
        case ValueType::Choice:
            return new ChoiceField(schema, parent);
        case ValueType::TextList:
        case ValueType::IntList:
            return new ListField(schema, parent);
        case ValueType::SectionList:
            return new SectionListField(schema, parent);
        case ValueType::TextMap:
        case ValueType::Free:
        case ValueType::Section:
            return new MapField(schema, parent);
        case ValueType::Text:
            break;
    }
    return new TextField(schema, parent);
}

}  // namespace atelier
