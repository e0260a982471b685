// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/configure_explain.h"

#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

#include "core/config/check.h"
#include "core/config/schema.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/range_bar.h"
#include "ui/models/config_document.h"
#include "ui/session/languages.h"
#include "ui/widgets/controls.h"

namespace atelier {

ConfigureExplain::ConfigureExplain(ConfigDocument& document, QWidget* parent)
    : QWidget(parent), document_(document) {
    auto* content = new QWidget;
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->addWidget(makeScroll(content));
    auto* column = new QVBoxLayout(content);
    column->setContentsMargins(16, 12, 16, 12);
    column->setSpacing(6);
    auto* head = new QHBoxLayout;
    title_ = makeLabel({}, style::TextSize::Title, QFont::DemiBold);
    key_ = new ElidedLabel(QString(), Qt::ElideMiddle);
    key_->setFont(style::monoFont());
    key_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    setLabelTone(key_, style::Tone::Text2);
    auto* copy = new QAction(tr("Copy key"), key_);
    connect(copy, &QAction::triggered, this, [this] { QApplication::clipboard()->setText(path_); });
    key_->addAction(copy);
    key_->setContextMenuPolicy(Qt::ActionsContextMenu);
    head->addWidget(title_);
    head->addWidget(key_, 1);
    column->addLayout(head);
    text_ = makeLabel({});
    text_->setWordWrap(true);
    column->addWidget(text_);
    range_ = new RangeBar;
    column->addWidget(range_);
    auto* facts = new QHBoxLayout;
    usual_ = makeLabel({}, style::TextSize::Caption, QFont::Normal, style::Tone::Text2);
    usual_->setWordWrap(true);
    chain_ = new ElidedLabel(QString(), Qt::ElideMiddle);
    chain_->setFont(style::font(style::TextSize::Caption));
    chain_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    setLabelTone(chain_, style::Tone::Text2);
    facts->addWidget(usual_, 1);
    facts->addWidget(chain_, 1);
    column->addLayout(facts);
    related_ = makeLabel({}, style::TextSize::Caption, QFont::Normal, style::Tone::Text2);
    related_->setWordWrap(true);
    related_->setTextInteractionFlags(Qt::TextBrowserInteraction);
    connect(related_, &QLabel::linkActivated, this, &ConfigureExplain::jumpRequested);
    column->addWidget(related_);
    column->addStretch();
    connect(&document_, &ConfigDocument::checked, this, &ConfigureExplain::refresh);
    refresh();
}

void ConfigureExplain::show(const QString& path) {
    path_ = path;
    refresh();
}

void ConfigureExplain::refresh() {
    const TrainConfig& config = document_.config();
    const SchemaNode* node = findSchema(path_.toStdString());
    if (!node || path_.isEmpty()) {
        title_->setText(tr("Settings"));
        key_->clear();
        text_->setText(tr("Click a setting or a line of the YAML to read what it does."));
        for (QWidget* one : {static_cast<QWidget*>(range_), static_cast<QWidget*>(usual_),
                             static_cast<QWidget*>(chain_), static_cast<QWidget*>(related_)})
            one->hide();
        return;
    }
    const FieldInfo& info = node->info;
    title_->setText(translated(info.label));
    key_->setText(path_);
    QString text = translated(info.help);
    if (!info.higher.empty())
        text += QStringLiteral(" <b>%1</b> %2")
                    .arg(node->type == ValueType::Bool || node->type == ValueType::Choice ? tr("On:")
                                                                                          : tr("Higher:"),
                         translated(info.higher).toHtmlEscaped());
    if (!info.lower.empty())
        text += QStringLiteral(" <b>%1</b> %2")
                    .arg(node->type == ValueType::Bool || node->type == ValueType::Choice ? tr("Off:")
                                                                                          : tr("Lower:"),
                         translated(info.lower).toHtmlEscaped());
    text_->setTextFormat(Qt::RichText);
    text_->setText(text);

    const std::string method(enumName(config.method.type));
    const UsualRange* usual = nullptr;
    for (const auto& range : info.usual)
        if (range.high > range.low && (range.method == method || (range.method.empty() && !usual)))
            usual = &range;
    const Json value = document_.value(path_);
    range_->setVisible(usual != nullptr);
    usual_->setVisible(usual != nullptr);
    if (usual) {
        std::optional<double> number;
        if (value.is_number()) number = value.get<double>();
        range_->set(usual->low, usual->high, number, numberForField(value, *node));
        const QString label = translated([&] {
            for (const auto& choice : findSchema("method.type")->choices)
                if (choice.name == method) return std::string_view(choice.label);
            return std::string_view();
        }());
        usual_->setText(tr("Usual for %1: %2 to %3 %4")
                            .arg(label, numberForField(Json(usual->low), *node),
                                 numberForField(Json(usual->high), *node), translated(info.unit)));
        if (node->type == ValueType::Int)
            usual_->setText(tr("Usual for %1: %2 to %3 %4")
                                .arg(label, figure(qint64(usual->low)), figure(qint64(usual->high)),
                                     translated(info.unit)));
    }
    const QStringList chain = document_.chain(path_);
    chain_->setVisible(!chain.isEmpty());
    chain_->setText(chain.join(QStringLiteral("  →  ")));
    QStringList links;
    for (const auto related : info.related) {
        const SchemaNode* other = findSchema(related);
        if (!other || related.empty()) continue;
        QString name = translated(other->info.label);
        // Two settings of one name are told apart by their sections.
        if (other->info.label == info.label)
            if (const SchemaNode* section = findSchema(related.substr(0, related.find('.'))))
                name += QStringLiteral(" (%1)").arg(translated(section->info.label));
        links << QStringLiteral("<a href=\"%1\">%2</a>")
                     .arg(QString::fromStdString(other->path), name.toHtmlEscaped());
    }
    related_->setVisible(!links.isEmpty());
    related_->setText(tr("Works with %1").arg(links.join(QStringLiteral(", "))));
}

}  // namespace atelier
