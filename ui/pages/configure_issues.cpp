// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/configure_issues.h"

#include <QHBoxLayout>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "ui/models/issue_model.h"
#include "ui/style/icons.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

namespace {

// Icon, sentence, key and hint below it, a small button at the right.
class IssueDelegate : public QStyledItemDelegate {
  public:
    explicit IssueDelegate(IssueModel& model, QObject* parent) : QStyledItemDelegate(parent), model_(model) {}
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {200, 46}; }
    QRect buttonRect(const QRect& row, const QString& text) const {
        const int width =
            QFontMetrics(style::font(style::TextSize::Caption, QFont::Medium)).horizontalAdvance(text) + 22;
        return {row.right() - width - 12, row.center().y() - 12, width, 24};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const auto& t = style::tokens();
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRect row = option.rect;
        if (option.state & QStyle::State_Selected)
            painter->fillRect(row, t.accentSoft);
        else if (option.state & QStyle::State_MouseOver)
            painter->fillRect(row, t.hover);
        const auto severity = IssueSeverity(index.data(IssueModel::SeverityRole).toInt());
        const auto tone = severity == IssueSeverity::Error     ? style::Tone::Bad
                          : severity == IssueSeverity::Warning ? style::Tone::Warn
                                                               : style::Tone::Text2;
        const QString icon = severity == IssueSeverity::Error     ? QStringLiteral("error")
                             : severity == IssueSeverity::Warning ? QStringLiteral("warning")
                                                                  : QStringLiteral("info");
        const qreal dpr = painter->device()->devicePixelRatioF();
        painter->drawPixmap(QPointF(row.left() + 16, row.top() + 8), style::iconPixmap(icon, 16, tone, dpr));
        const QString remedy = index.data(IssueModel::RemedyRole).toString();
        int right = row.right() - 12;
        if (!remedy.isEmpty()) {
            const QRect button = buttonRect(row, remedy);
            painter->setPen(t.line);
            painter->setBrush(t.raised);
            painter->drawRoundedRect(QRectF(button).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
            painter->setPen(t.text);
            painter->setFont(style::font(style::TextSize::Caption, QFont::Medium));
            painter->drawText(button, Qt::AlignCenter, remedy);
            right = button.left() - 10;
        }
        const int left = row.left() + 42;
        painter->setFont(style::font());
        painter->setPen(t.text);
        painter->drawText(
            QRect(left, row.top() + 5, right - left, 18), Qt::AlignVCenter,
            painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, right - left));
        painter->setFont(style::font(style::TextSize::Caption));
        painter->setPen(t.text2);
        QString below = index.data(IssueModel::PathRole).toString();
        const int line = index.data(IssueModel::LineRole).toInt();
        if (line > 0)
            below += (below.isEmpty() ? QString() : QStringLiteral(" · ")) +
                     ConfigureIssues::tr("line %1").arg(line);
        const QString hint = index.data(IssueModel::HintRole).toString();
        if (!hint.isEmpty()) below += (below.isEmpty() ? QString() : QStringLiteral(" · ")) + hint;
        painter->drawText(QRect(left, row.top() + 23, right - left, 17), Qt::AlignVCenter,
                          painter->fontMetrics().elidedText(below, Qt::ElideRight, right - left));
        painter->setPen(t.line);
        painter->drawLine(row.bottomLeft(), row.bottomRight());
        painter->restore();
    }
    bool editorEvent(QEvent* event, QAbstractItemModel*, const QStyleOptionViewItem& option,
                     const QModelIndex& index) override {
        if (event->type() != QEvent::MouseButtonRelease) return false;
        const QString remedy = index.data(IssueModel::RemedyRole).toString();
        if (remedy.isEmpty() ||
            !buttonRect(option.rect, remedy).contains(static_cast<QMouseEvent*>(event)->pos()))
            return false;
        model_.applyRemedy(index.row());
        return true;
    }

  private:
    IssueModel& model_;
};

}  // namespace

ConfigureIssues::ConfigureIssues(IssueModel& model, QWidget* parent)
    : QWidget(parent), model_(model), list_(new QListView) {
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    head_ = new QWidget;
    head_->setFixedHeight(40);
    auto* row = new QHBoxLayout(head_);
    row->setContentsMargins(12, 0, 8, 0);
    row->setSpacing(6);
    row->addWidget(makeLabel(tr("Issues"), style::TextSize::Body, QFont::DemiBold));
    errors_ = new Pill({}, PillTone::Bad);
    warnings_ = new Pill({}, PillTone::Warn);
    good_ = new Pill(tr("none"), PillTone::Good);
    row->addWidget(errors_);
    row->addWidget(warnings_);
    row->addWidget(good_);
    row->addStretch();
    auto* next = new OptionalLabel(tr("F8 next"));
    next->setFont(style::font(style::TextSize::Caption));
    setLabelTone(next, style::Tone::Text2);
    row->addWidget(next);
    column->addWidget(makeLine());
    column->addWidget(head_);
    column->addWidget(makeLine());
    list_->setModel(&model);
    list_->setItemDelegate(new IssueDelegate(model, list_));
    list_->setFrameShape(QFrame::NoFrame);
    list_->setUniformItemSizes(true);
    list_->setMouseTracking(true);
    list_->setAccessibleName(tr("Issues"));
    list_->setToolTip(tr("Click to go to the setting. Enter does the same, Ctrl+Enter corrects it."));
    column->addWidget(list_, 1);
    column->addStretch();  // keeps the head at the top when there is no list
    connect(list_, &QListView::clicked, this, &ConfigureIssues::jump);
    connect(list_, &QListView::activated, this, &ConfigureIssues::jump);
    connect(&model, &QAbstractItemModel::modelReset, this, &ConfigureIssues::refresh);
    refresh();
}

void ConfigureIssues::refresh() {
    int errors = 0, warnings = 0;
    for (int i = 0; i < model_.rowCount(); ++i) {
        errors += model_.issue(i)->severity == IssueSeverity::Error;
        warnings += model_.issue(i)->severity == IssueSeverity::Warning;
    }
    errors_->setVisible(errors > 0);
    errors_->set(tr("%n error(s)", nullptr, errors), PillTone::Bad);
    warnings_->setVisible(warnings > 0);
    warnings_->set(tr("%n warning(s)", nullptr, warnings), PillTone::Warn);
    good_->setVisible(errors + warnings == 0);
    list_->setVisible(model_.rowCount() > 0);
}

void ConfigureIssues::jump(const QModelIndex& index) {
    const Issue* issue = model_.issue(index.row());
    if (issue) Q_EMIT jumpRequested(QString::fromStdString(issue->path), issue->line);
}

void ConfigureIssues::next() {
    if (model_.rowCount() == 0) return;
    const int now = list_->currentIndex().isValid() ? list_->currentIndex().row() : -1;
    const QModelIndex index = model_.index((now + 1) % model_.rowCount());
    list_->setCurrentIndex(index);
    jump(index);
}

}  // namespace atelier
