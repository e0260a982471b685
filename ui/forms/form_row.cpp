// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/form_row.h"

#include <QApplication>
#include <QGridLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

#include "core/base/strings.h"
#include "ui/forms/field_editor.h"
#include "ui/models/config_document.h"
#include "ui/session/languages.h"
#include "ui/style/icons.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

namespace {
constexpr int kLabelWidth = 192, kLeastLabel = 104, kOriginWidth = 78, kUnitWidth = 76;
constexpr int kNarrow = 590;  // a row below this width leaves out the origin word and takes less for the rest
constexpr int kStacked = 440;  // below this the label stands above the editor
constexpr int kRoomy =
    636;  // from here on nothing gives way; below it the editors do, never the label column
constexpr int kWidest = 720;  // of an editor for text

QString originText(Origin origin) {
    switch (origin) {
        case Origin::Default:
            return FormRow::tr("default");
        case Origin::Template:
            return FormRow::tr("template");
        case Origin::File:
            return FormRow::tr("file");
        case Origin::User:
            return FormRow::tr("you");
        case Origin::CommandLine:
            return FormRow::tr("command");
    }
    return {};
}
}  // namespace

FormRow::FormRow(const SchemaNode& schema, ConfigDocument& document, QWidget* parent)
    : QWidget(parent),
      schema_(schema),
      document_(document),
      path_(QString::fromStdString(schema.path)),
      editor_(makeFieldEditor(schema, this)) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(26, 5, 12, 5);
    column->setSpacing(2);
    row_ = new QBoxLayout(QBoxLayout::LeftToRight);
    row_->setSpacing(8);
    column->addLayout(row_);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);

    auto* names = new QVBoxLayout;
    names->setSpacing(0);
    label_ = new QLabel(translated(schema.info.label));
    QWidget* label = label_;
    label->setFont(style::font(style::TextSize::Body));
    key_ = new ElidedLabel(path_, Qt::ElideMiddle);
    QWidget* key = key_;
    key->setFont(style::monoFont(style::TextSize::Small));
    setLabelTone(key_, style::Tone::Text3);
    label_->setBuddy(editor_->field());
    names->addWidget(label);
    names->addWidget(key);
    row_->addLayout(names);
    row_->addLayout(row, 1);

    const bool wide = schema.type == ValueType::Text || schema.type == ValueType::TextList ||
                      schema.type == ValueType::IntList || schema.type == ValueType::SectionList ||
                      schema.type == ValueType::TextMap || schema.type == ValueType::Free;
    wide_ = wide;
    const bool below = schema.type == ValueType::SectionList;
    if (below) {
        row->addStretch(1);
        column->addWidget(editor_);
    } else {
        row->addWidget(editor_, wide ? 1 : 0);
    }
    if (wide && !below) {
        editor_->setMaximumWidth(kWidest);
        row->addStretch();
    }
    if (!wide || !schema.info.unit.empty()) {
        unit_ = makeLabel(translated(schema.info.unit), style::TextSize::Caption, QFont::Normal,
                          style::Tone::Text2);
        row->addWidget(unit_, wide ? 0 : 1);
    }
    originWord_ = makeLabel({}, style::TextSize::Caption, QFont::Normal, style::Tone::Text2);
    originWord_->setFixedWidth(style::scaled(kOriginWidth));
    row->addWidget(originWord_);
    reset_ = makeIconButton(QStringLiteral("reset"), tr("Reset %1").arg(translated(schema.info.label)));
    row->addWidget(reset_);

    noteRow_ = new QWidget;
    auto* notes = new QHBoxLayout(noteRow_);
    notes->setSpacing(6);
    noteIcon_ = new QLabel;
    note_ = makeLabel({}, style::TextSize::Caption);
    note_->setWordWrap(true);
    notes->addWidget(noteIcon_, 0, Qt::AlignTop);
    notes->addWidget(note_, 1);
    column->addWidget(noteRow_);
    noteRow_->hide();

    QWidget* field = editor_->field();
    field->setObjectName(path_);
    field->setAccessibleName(translated(schema.info.label));
    field->setAccessibleDescription(translated(schema.info.help));
    field->setToolTip(translated(schema.info.help));
    field->installEventFilter(this);

    connect(editor_, &FieldEditor::edited, this, [this](const yaml::Node& value) {
        if (!document_.setValue(path_, value))
            mistyped_ = document_.why();
        else
            mistyped_.clear();
        showNote();
    });
    connect(editor_, &FieldEditor::cleared, this, [this] { document_.removeValue(path_); });
    connect(editor_, &FieldEditor::mistyped, this, [this](const QString& why) {
        mistyped_ = why;
        showNote();
    });
    connectItems();
    connect(editor_, &FieldEditor::showTextRequested, this, [this] { Q_EMIT showTextRequested(path_); });
    connect(reset_, &QToolButton::clicked, this, [this] {
        if (QApplication::keyboardModifiers() & Qt::AltModifier)
            document_.resetToDefault(path_);
        else
            document_.resetOneStep(path_);
    });
    arrange();
    refresh();
}

// Items of a list are edited one by one, so that the rest of its text stays as it is.
void FormRow::connectItems() {
    const auto take = [this](bool done) {
        mistyped_ = done ? QString() : document_.why();
        showNote();
    };
    const auto at = [this](int index, const QString& key) {
        return QStringLiteral("%1[%2].%3").arg(path_).arg(index).arg(key);
    };
    connect(editor_, &FieldEditor::itemInserted, this, [this, take](int index, const yaml::Node& item) {
        take(document_.insertItem(path_, index, item));
    });
    connect(editor_, &FieldEditor::itemRemoved, this,
            [this, take](int index) { take(document_.removeItem(path_, index)); });
    connect(editor_, &FieldEditor::itemMoved, this,
            [this, take](int from, int to) { take(document_.moveItem(path_, from, to)); });
    connect(editor_, &FieldEditor::itemEdited, this,
            [this, take, at](int index, const QString& key, const yaml::Node& value) {
                take(document_.setValue(at(index, key), value));
            });
    connect(editor_, &FieldEditor::itemCleared, this,
            [this, take, at](int index, const QString& key) { take(document_.removeValue(at(index, key))); });
}

// Shares the width out; narrow panes get a shorter label and editor, and no origin word: the bar at the left
// tells it. All rows of a form come to the same label width, so that their editors stand below each other.
// Where there is no room for both, the label stands above the editor.
void FormRow::arrange() {
    using style::scaled;
    const bool narrow =
        width()<scaled(kNarrow), above = style::textScale()> 1.2 && width() < scaled(kStacked);
    const bool choice = schema_.type == ValueType::Choice;
    const int rest = 26 + 12 + 4 * 8 + 30 + scaled(148 + 44), room = width() - 26 - 12 - 30 - 2 * 8;
    const int label = above    ? room
                      : narrow ? std::clamp(width() - rest, scaled(kLeastLabel), scaled(kLabelWidth))
                               : scaled(kLabelWidth);
    int editor = narrow ? scaled(choice ? 172 : 148)
                        : scaled(choice ? 236 : 184) - std::max(0, scaled(kRoomy) - width());
    if (choice && style::textScale() > 1.2)  // as wide as its longest choice where there is room
        editor = std::clamp(editor_->field()->sizeHint().width(), editor,
                            std::max(editor, above ? room : room - label - scaled(44)));
    row_->setDirection(above ? QBoxLayout::TopToBottom : QBoxLayout::LeftToRight);
    row_->setSpacing(above ? 4 : 8);
    label_->setFixedWidth(label);
    const bool wraps = label_->fontMetrics().horizontalAdvance(label_->text()) > label;
    label_->setWordWrap(wraps);
    label_->setMinimumHeight(wraps ? label_->heightForWidth(label) : 0);
    key_->setFixedWidth(label);
    if (!wide_) editor_->setFixedWidth(editor);
    if (unit_) unit_->setMinimumWidth(narrow || choice ? 0 : scaled(kUnitWidth));
    originWord_->setVisible(!narrow);
    noteRow_->layout()->setContentsMargins(above ? 0 : label + 8, 0, 0, 2);
}

QSize FormRow::minimumSizeHint() const {
    return {300, QWidget::minimumSizeHint().height()};
}

void FormRow::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    arrange();
}

void FormRow::refresh() {
    const bool readOnly = !document_.readable();
    editor_->setReadOnly(readOnly);
    const ValueOrigin origin = document_.origin(path_);
    const bool given = origin.origin != Origin::Default;
    // Texts are shown as they are written (paths relative, references by their value).
    const QString written = document_.written(path_);
    const bool asWritten = schema_.type == ValueType::Text && given && !document_.isReference(path_);
    const bool missing = written == QLatin1String("?\?\?");
    const bool list = schema_.type == ValueType::SectionList;
    editor_->setValue(missing     ? Json()
                      : asWritten ? Json(written.toStdString())
                      : list      ? document_.given(path_)
                                  : document_.value(path_),
                      given);
    if (list) editor_->setResolved(document_.value(path_));
    originWord_->setText(originText(origin.origin));
    setLabelTone(originWord_, origin.origin == Origin::User ? style::Tone::Accent : style::Tone::Text2);
    QFont font = style::font(style::TextSize::Caption,
                             origin.origin == Origin::User ? QFont::DemiBold : QFont::Normal);
    originWord_->setFont(font);
    originWord_->setToolTip(document_.chain(path_).join(QStringLiteral("  →  ")));
    reset_->setEnabled(given && !readOnly);
    reset_->setToolTip(origin.origin == Origin::User ? tr("Back to what it was (Alt: to the default)")
                       : given                       ? tr("Back to the default")
                                                     : tr("This is the default"));
    showNote();
    update();
}

void FormRow::showNote() {
    const Issue* issue = document_.issueAt(path_);
    if (!issue && schema_.type == ValueType::SectionList)
        for (const Issue& one : document_.issues())
            if (!issue && one.path.starts_with(path_.toStdString() + "[")) issue = &one;
    QString text, icon;
    style::Tone tone = style::Tone::Text2;
    FieldIssue mark = FieldIssue::None;
    if (!mistyped_.isEmpty()) {
        text = mistyped_;
        icon = QStringLiteral("error");
        tone = style::Tone::Bad;
        mark = FieldIssue::Error;
    } else if (issue) {
        const bool missing = issue->code == "missing" || issue->code == "required";
        text = missing ? tr("This must be given.") : QString::fromStdString(issue->text);
        if (!missing && !issue->hint.empty() && issue->severity == IssueSeverity::Error)
            text += QStringLiteral(". ") + QString::fromStdString(issue->hint);
        const bool error = issue->severity == IssueSeverity::Error;
        icon = error                                       ? QStringLiteral("error")
               : issue->severity == IssueSeverity::Warning ? QStringLiteral("warning")
                                                           : QStringLiteral("info");
        tone = error                                       ? style::Tone::Bad
               : issue->severity == IssueSeverity::Warning ? style::Tone::Warn
                                                           : style::Tone::Text2;
        mark = error                                       ? FieldIssue::Error
               : issue->severity == IssueSeverity::Warning ? FieldIssue::Warning
                                                           : FieldIssue::None;
    } else if (document_.isReference(path_)) {
        text = document_.written(path_);
        icon = QStringLiteral("link");
    } else if (!document_.applies(path_)) {
        text = tr("Has no effect here: only with %1.").arg(translated(schema_.info.when));
        icon = QStringLiteral("info");
    }
    setFieldIssue(editor_->field(), mark);
    noteRow_->setVisible(!text.isEmpty());
    if (text.isEmpty()) return;
    note_->setText(text);
    setLabelTone(note_, tone);
    noteIcon_->setPixmap(style::icon(icon, tone).pixmap(QSize(14, 14), devicePixelRatioF()));
}

void FormRow::setCurrent(bool current) {
    if (current_ == current) return;
    current_ = current;
    update();
}

bool FormRow::matches(const SchemaNode& schema, const ConfigDocument& document, const QString& text) {
    const QString path = QString::fromStdString(schema.path), value = document.written(path);
    for (const QString& part : text.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const bool found = path.contains(part, Qt::CaseInsensitive) ||
                           translated(schema.info.label).contains(part, Qt::CaseInsensitive) ||
                           translated(schema.info.help).contains(part, Qt::CaseInsensitive) ||
                           value.contains(part, Qt::CaseInsensitive);
        if (!found) return false;
    }
    return true;
}

void FormRow::paintEvent(QPaintEvent*) {
    const auto& t = style::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    if (current_) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(t.accentSoft);
        painter.drawRoundedRect(QRectF(rect()).adjusted(4, 1, -4, -1), 6, 6);
    }
    const Origin origin = document_.origin(path_).origin;
    if (origin == Origin::Default) return;
    const QColor colour = origin == Origin::User       ? t.accent
                          : origin == Origin::Template ? t.line
                                                       : t.lineStrong;
    painter.fillRect(QRectF(16, 7, 3, 32), colour);
}

void FormRow::mousePressEvent(QMouseEvent* event) {
    Q_EMIT activated(path_);
    QWidget::mousePressEvent(event);
}

bool FormRow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::FocusIn) Q_EMIT activated(path_);
    return QWidget::eventFilter(watched, event);
}

}  // namespace atelier
