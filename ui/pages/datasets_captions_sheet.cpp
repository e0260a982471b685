// SPDX-License-Identifier: GPL-3.0-or-later
// Operations and live preview of the captions sheet.
#include "ui/pages/datasets_captions_sheet.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QGridLayout>
#include <QPlainTextEdit>
#include <QRegularExpression>

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr int kShown = 20;
}

QString CaptionsSheet::changed(Operation operation, const DatasetEntry& entry, const QString& first,
                               const QString& second, bool expression) {
    const QString now = entry.caption();
    switch (operation) {
        case Prefix:
            return first.isEmpty() || now.startsWith(first) ? now
                   : now.isEmpty()                          ? first.trimmed()
                                                            : first + now;
        case Suffix:
            return first.isEmpty() || now.endsWith(first) ? now
                   : now.isEmpty()                        ? first.trimmed()
                                                          : now + first;
        case Replace: {
            if (first.isEmpty()) return now;
            if (!expression) return QString(now).replace(first, second);
            const QRegularExpression re(first);
            return re.isValid() ? QString(now).replace(re, second) : now;
        }
        case FileName: {
            QString words = entry.name().section(QLatin1Char('.'), 0, -2);
            words.replace(QRegularExpression(QStringLiteral("[_\\-\\s]+")), QStringLiteral(" "));
            return entry.hasCaption() ? now : words.trimmed();
        }
    }
    return now;
}

CaptionsSheet::CaptionsSheet(QWidget* window, DatasetDocument& document, std::vector<int> entries)
    : Sheet(window, QStringLiteral("text"), QObject::tr("Edit captions"),
            QObject::tr("%n picture(s)", nullptr, int(entries.size())), 720),
      document_(document),
      entries_(std::move(entries)) {
    auto* body = new QWidget;
    auto* box = new QVBoxLayout(body);
    box->setContentsMargins(24, 18, 24, 20);
    box->setSpacing(12);
    operation_ = new SegmentedControl(tr("What to do"));
    for (const QString& text :
         {tr("Put before"), tr("Put behind"), tr("Find and replace"), tr("From file name")})
        operation_->addSegment(text);
    box->addWidget(operation_, 0, Qt::AlignLeft);
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(8);
    grid->setColumnStretch(1, 1);
    firstLabel_ = makeLabel({});
    secondLabel_ = makeLabel(tr("Replace with"));
    first_ = new QLineEdit;
    second_ = new QLineEdit;
    second_->setAccessibleName(secondLabel_->text());
    expression_ = new QCheckBox(tr("Regular expression"));
    grid->addWidget(firstLabel_, 0, 0);
    grid->addWidget(first_, 0, 1);
    grid->addWidget(secondLabel_, 1, 0);
    grid->addWidget(second_, 1, 1);
    grid->addWidget(expression_, 2, 1);
    box->addLayout(grid);
    box->addWidget(makeLabel(tr("Before and after"), TextSize::Caption, QFont::Normal, Tone::Text2));
    preview_ = new QPlainTextEdit;
    preview_->setReadOnly(true);
    preview_->setAccessibleName(tr("Before and after"));
    preview_->setMinimumHeight(220);
    preview_->setFont(style::font(TextSize::Caption));
    box->addWidget(preview_, 1);
    setBody(body);
    apply_ = setPrimary(tr("Change captions"), QStringLiteral("check"), [this] {
        const auto all = changes();
        document_.setCaptions(all, tr("change %n caption(s)", nullptr, int(all.size())));
        return true;
    });
    connect(operation_, &SegmentedControl::currentChanged, this, &CaptionsSheet::refresh);
    connect(first_, &QLineEdit::textChanged, this, &CaptionsSheet::refresh);
    connect(second_, &QLineEdit::textChanged, this, &CaptionsSheet::refresh);
    connect(expression_, &QCheckBox::toggled, this, &CaptionsSheet::refresh);
    refresh();
    first_->setFocus();
}

std::vector<std::pair<int, QString>> CaptionsSheet::changes() const {
    std::vector<std::pair<int, QString>> all;
    for (const int i : entries_) {
        const QString after = changed(Operation(operation_->currentIndex()), document_.entry(i),
                                      first_->text(), second_->text(), expression_->isChecked());
        if (after != document_.entry(i).caption()) all.emplace_back(i, after);
    }
    return all;
}

void CaptionsSheet::refresh() {
    const auto operation = Operation(operation_->currentIndex());
    firstLabel_->setText(operation == Replace ? tr("Find") : tr("Text"));
    first_->setAccessibleName(firstLabel_->text());
    for (QWidget* w : {static_cast<QWidget*>(secondLabel_), static_cast<QWidget*>(second_),
                       static_cast<QWidget*>(expression_)})
        w->setVisible(operation == Replace);
    for (QWidget* w : {static_cast<QWidget*>(firstLabel_), static_cast<QWidget*>(first_)})
        w->setVisible(operation != FileName);
    const bool broken =
        operation == Replace && expression_->isChecked() && !QRegularExpression(first_->text()).isValid();
    setFieldIssue(first_, broken ? FieldIssue::Error : FieldIssue::None);
    first_->setToolTip(broken ? QRegularExpression(first_->text()).errorString() : QString());
    const auto all = changes();
    QStringList lines;
    for (std::size_t i = 0; i < all.size() && i < kShown; ++i)
        lines << tr("%1\n    %2\n →  %3")
                     .arg(document_.entry(all[i].first).name(), document_.entry(all[i].first).caption(),
                          all[i].second);
    preview_->setPlainText(lines.isEmpty() ? tr("Nothing would change.") : lines.join(QStringLiteral("\n")));
    if (!apply_) return;
    apply_->setEnabled(!all.empty());
    apply_->setText(all.empty() ? tr("Change captions")
                                : tr("Change %n caption(s)", nullptr, int(all.size())));
}

}  // namespace atelier
