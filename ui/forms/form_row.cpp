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
#include "ui/style/icons.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

namespace {
QString words(std::string_view text) {
    return QApplication::translate("Settings", std::string(text).c_str());
}
constexpr int kLabelWidth = 192, kLeastLabel = 104, kOriginWidth = 78, kUnitWidth = 76;
constexpr int kNarrow = 590;  // a row below this width leaves out the origin word and takes less for the rest
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
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    column->addLayout(row);

    auto* names = new QVBoxLayout;
    names->setSpacing(0);
    label_ = new ElidedLabel(words(schema.info.label));
    QWidget* label = label_;
    label->setFont(style::font(style::TextSize::Body));
    key_ = new ElidedLabel(path_, Qt::ElideMiddle);
    QWidget* key = key_;
    key->setFont(style::monoFont(style::TextSize::Small));
    setLabelTone(key_, style::Tone::Text3);
    label_->setBuddy(editor_->field());
    names->addWidget(label);
    names->addWidget(key);
    row->addLayout(names);

    const bool wide = schema.type == ValueType::Text || schema.type == ValueType::TextList ||
                      schema.type == ValueType::TextMap || schema.type == ValueType::Free;
    wide_ = wide;
    row->addWidget(editor_, wide ? 1 : 0);
    if (wide) {
        editor_->setMaximumWidth(kWidest);
        row->addStretch();
    }
    if (!wide || !schema.info.unit.empty()) {
        unit_ =
            makeLabel(words(schema.info.unit), style::TextSize::Caption, QFont::Normal, style::Tone::Text2);
        row->addWidget(unit_, wide ? 0 : 1);
    }
    originWord_ = makeLabel({}, style::TextSize::Caption, QFont::Normal, style::Tone::Text2);
    originWord_->setFixedWidth(kOriginWidth);
    row->addWidget(originWord_);
    reset_ = makeIconButton(QStringLiteral("reset"), tr("Reset %1").arg(words(schema.info.label)));
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
    field->setAccessibleName(words(schema.info.label));
    field->setAccessibleDescription(words(schema.info.help));
    field->setToolTip(words(schema.info.help));
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

// Shares the width out; narrow panes get a shorter label and editor, and no origin word: the bar at the left
// tells it. All rows of a form come to the same label width, so that their editors stand below each other.
void FormRow::arrange() {
    const bool narrow = width() < kNarrow;
    const bool choice = schema_.type == ValueType::Choice;
    const int editor = narrow ? (choice ? 172 : 148) : (choice ? 236 : 184) - std::max(0, kRoomy - width());
    constexpr int rest = 26 + 12 + 4 * 8 + 30 + 148 + 44;
    const int label = narrow ? std::clamp(width() - rest, kLeastLabel, kLabelWidth) : kLabelWidth;
    label_->setFixedWidth(label);
    key_->setFixedWidth(label);
    if (!wide_) editor_->setFixedWidth(editor);
    if (unit_) unit_->setMinimumWidth(narrow || choice ? 0 : kUnitWidth);
    originWord_->setVisible(!narrow);
    noteRow_->layout()->setContentsMargins(label + 8, 0, 0, 2);
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
    editor_->setValue(missing     ? Json()
                      : asWritten ? Json(written.toStdString())
                                  : document_.value(path_),
                      given);
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
        text = tr("Has no effect here: only with %1.").arg(words(schema_.info.when));
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
                           words(schema.info.label).contains(part, Qt::CaseInsensitive) ||
                           words(schema.info.help).contains(part, Qt::CaseInsensitive) ||
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
