// SPDX-License-Identifier: GPL-3.0-or-later
// Buttons by role, labels, fields, cards and the segmented control.
#include "ui/widgets/controls.h"

#include <QAction>
#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLocale>
#include <QPainter>
#include <QStyle>
#include <QStyleOptionButton>

#include "ui/style/paint.h"
#include "ui/style/tokens.h"

namespace atelier {

using style::Tone;

namespace {
const char* toneName(Tone tone) {
    switch (tone) {
        case Tone::Text2:
            return "text2";
        case Tone::Text3:
            return "text3";
        case Tone::Accent:
        case Tone::AccentInk:
            return "accent";
        case Tone::Good:
            return "good";
        case Tone::Warn:
            return "warn";
        case Tone::Bad:
            return "bad";
        default:
            return "text";
    }
}

void dressButton(QPushButton* button, ButtonRole role, ButtonSize size) {
    const bool small = size == ButtonSize::Small;
    button->setProperty(style::paint::kRole, int(role));
    button->setProperty(style::paint::kSmall, small);
    button->setFont(style::font(small ? style::TextSize::Caption : style::TextSize::Body,
                                role == ButtonRole::Primary ? QFont::DemiBold : QFont::Medium));
    button->setIconSize(small ? QSize(14, 14) : QSize(16, 16));
    button->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    button->setAutoDefault(false);
    if (role == ButtonRole::Link) button->setCursor(Qt::PointingHandCursor);
}

QString plainText(QString text) {
    return text.remove(QLatin1Char('&'));
}

// "Undo (Ctrl+Z)": what a tooltip says of an action.
QString actionHint(const QAction* action) {
    QString hint = action->toolTip().isEmpty() ? plainText(action->text()) : action->toolTip();
    if (!action->shortcut().isEmpty())
        hint += QStringLiteral(" (%1)").arg(action->shortcut().toString(QKeySequence::NativeText));
    return hint;
}
}  // namespace

QPushButton* makeButton(const QString& text, const QString& iconName, ButtonRole role, ButtonSize size) {
    auto* button = new Button(text);
    if (!iconName.isEmpty()) button->setIcon(style::icon(iconName));
    dressButton(button, role, size);
    return button;
}

QPushButton* makeButton(QAction* action, ButtonRole role, ButtonSize size) {
    auto* button = new Button;
    dressButton(button, role, size);
    const auto sync = [button, action] {
        button->setText(action->text());
        button->setIcon(action->icon());
        button->setToolTip(actionHint(action));
        button->setAccessibleName(plainText(action->text()));
        button->setEnabled(action->isEnabled());
        button->setVisible(action->isVisible());
        button->updateGeometry();
    };
    sync();
    QObject::connect(action, &QAction::changed, button, sync);
    QObject::connect(button, &QPushButton::clicked, action, [action] { action->trigger(); });
    return button;
}

void Button::setCompact(bool on) {
    if (compact_ == on) return;
    compact_ = on;
    if (toolTip().isEmpty()) setToolTip(plainText(text()));
    if (accessibleName().isEmpty()) setAccessibleName(plainText(text()));
    updateGeometry();
    update();
}

QSize Button::sizeHint() const {
    const QSize full = fullSizeHint();
    return compact_ ? QSize(full.height() + 6, full.height()) : full;
}

void Button::initStyleOption(QStyleOptionButton* option) const {
    QPushButton::initStyleOption(option);
    if (compact_) option->text.clear();
}

QToolButton* makeIconButton(const QString& iconName, const QString& name) {
    auto* button = new QToolButton;
    button->setIcon(style::icon(iconName));
    button->setIconSize({16, 16});
    button->setAutoRaise(true);
    button->setToolTip(name);
    button->setAccessibleName(name);
    button->setFocusPolicy(Qt::TabFocus);
    return button;
}

QToolButton* makeIconButton(QAction* action) {
    auto* button = makeIconButton(action->icon().name(), plainText(action->text()));
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonIconOnly);
    const auto sync = [button, action] { button->setToolTip(actionHint(action)); };
    sync();
    QObject::connect(action, &QAction::changed, button, sync);
    return button;
}

void setButtonRole(QPushButton* button, ButtonRole role) {
    dressButton(button, role,
                button->property(style::paint::kSmall).toBool() ? ButtonSize::Small : ButtonSize::Normal);
    button->update();
}

QLabel* makeLabel(const QString& text, style::TextSize size, QFont::Weight weight, Tone tone) {
    auto* label = new QLabel(text);
    label->setFont(style::font(size, weight));
    setLabelTone(label, tone);
    return label;
}

void setLabelTone(QLabel* label, Tone tone) {
    const QString name = QString::fromLatin1(toneName(tone));
    if (label->property("tone").toString() == name) return;
    label->setProperty("tone", name);
    label->style()->unpolish(label);
    label->style()->polish(label);
}

QScrollArea* makeScroll(QWidget* content) {
    auto* scroll = new QScrollArea;
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setWidget(content);
    return scroll;
}

QLineEdit* makeSearchField(const QString& placeholder) {
    auto* field = new QLineEdit;
    field->setProperty(style::paint::kQuiet, true);
    field->setPlaceholderText(placeholder);
    field->setAccessibleName(placeholder);
    field->setClearButtonEnabled(true);
    field->addAction(style::icon(QStringLiteral("search"), Tone::Text2), QLineEdit::LeadingPosition);
    return field;
}

void setFieldIssue(QWidget* field, FieldIssue issue) {
    field->setProperty(style::paint::kIssue, issue == FieldIssue::Error     ? QStringLiteral("error")
                                             : issue == FieldIssue::Warning ? QStringLiteral("warning")
                                                                            : QString());
    field->update();
}

void makeSurface(QWidget* widget) {
    widget->setObjectName(QStringLiteral("surface"));
    widget->setAttribute(Qt::WA_StyledBackground);
}

QFrame* makeLine(Qt::Orientation orientation) {
    auto* line = new QFrame;
    const bool flat = orientation == Qt::Horizontal;
    line->setObjectName(flat ? QStringLiteral("hline") : QStringLiteral("vline"));
    line->setFrameShape(QFrame::NoFrame);
    if (flat)
        line->setFixedHeight(1);
    else
        line->setFixedWidth(1);
    return line;
}

namespace {
QFrame* namedFrame(const char* name) {
    auto* frame = new QFrame;
    frame->setObjectName(QString::fromLatin1(name));
    frame->setAttribute(Qt::WA_StyledBackground);
    return frame;
}
}  // namespace

QFrame* makeCard() {
    return namedFrame("card");
}
QFrame* makeWell() {
    return namedFrame("well");
}

SegmentedControl::SegmentedControl(const QString& accessibleName, QWidget* parent) : QFrame(parent) {
    setObjectName(QStringLiteral("segmented"));
    setAttribute(Qt::WA_StyledBackground);
    setAccessibleName(accessibleName);
    setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(2, 2, 2, 2);
    row->setSpacing(0);
    list_ = new QComboBox;
    list_->setAccessibleName(accessibleName);
    list_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    list_->hide();
    row->addWidget(list_);
    connect(list_, &QComboBox::activated, this, &SegmentedControl::setCurrentIndex);
    group_.setExclusive(true);
    connect(&group_, &QButtonGroup::idToggled, this, [this](int id, bool on) {
        if (!on) return;
        list_->setCurrentIndex(id);
        Q_EMIT currentChanged(id);
    });
}

int SegmentedControl::addSegment(const QString& text, const QString& iconName) {
    const int id = count();
    auto* button = makeButton(text, iconName, ButtonRole::Ghost, ButtonSize::Small);
    button->setProperty(style::paint::kSegment, true);
    button->setCheckable(true);
    button->setAccessibleName(text);
    group_.addButton(button, id);
    layout()->addWidget(button);
    list_->addItem(text);
    if (id == 0) {
        const QSignalBlocker quiet(&group_);
        button->setChecked(true);
    }
    return id;
}

void SegmentedControl::setSegmentText(int index, const QString& text) {
    if (auto* button = group_.button(index); button && button->text() != text) {
        button->setText(text);
        button->setAccessibleName(text);
        list_->setItemText(index, text);
        button->updateGeometry();
        updateGeometry();
    }
}

void SegmentedControl::setCurrentIndex(int index) {
    if (auto* button = group_.button(index)) button->setChecked(true);
}

QSize SegmentedControl::sizeHint() const {
    QSize all(4, 0);
    for (const QAbstractButton* button : group_.buttons()) {
        const QSize one = button->sizeHint();
        all = {all.width() + one.width(), std::max(all.height(), one.height() + 4)};
    }
    return all;
}

QSize SegmentedControl::minimumSizeHint() const {
    const QSize all = sizeHint(), list = list_->sizeHint();
    return {std::min(all.width(), list.width() + 4), std::max(all.height(), list.height() + 4)};
}

void SegmentedControl::resizeEvent(QResizeEvent* event) {
    QFrame::resizeEvent(event);
    const bool asList = width() < sizeHint().width();
    if (asList == list_->isVisibleTo(this)) return;
    for (QAbstractButton* button : group_.buttons()) button->setVisible(!asList);
    list_->setVisible(asList);
}

void SegmentedControl::keyPressEvent(QKeyEvent* event) {
    const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (!step) return QFrame::keyPressEvent(event);
    const int next = (currentIndex() + step + count()) % count();
    setCurrentIndex(next);
    group_.button(next)->setFocus(Qt::TabFocusReason);
}

int titleWidth(const QHeaderView& header, int column) {
    const QString title = header.model()->headerData(column, header.orientation()).toString();
    return header.fontMetrics().horizontalAdvance(title) + 22;
}

QString figure(qint64 value) {
    QString digits = QString::number(std::abs(value));
    for (qsizetype i = digits.size() - 3; i > 0; i -= 3) digits.insert(i, QChar(0x202F));
    return value < 0 ? QChar(0x2212) + digits : digits;
}

}  // namespace atelier
