// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/configure_gallery.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QVBoxLayout>

#include "ui/forms/field_editor.h"
#include "ui/forms/form_row.h"
#include "ui/models/config_document.h"
#include "ui/models/template_model.h"
#include "ui/style/icons.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/messages.h"

namespace atelier {

namespace {
constexpr int kCardHeight = 202, kGap = 16, kMargin = 24, kRevealMs = 1500, kDeriveMs = 300;
constexpr int kToastRoom = 100;  // below the card with Start: a toast in the corner must not cover it

const QString kSubject = QStringLiteral("method.instance_prompt"),
              kClass = QStringLiteral("method.class_prompt");

QString iconFor(const QString& method) {
    if (method == QLatin1String("autoencoder")) return QStringLiteral("layers");
    if (method == QLatin1String("scratch")) return QStringLiteral("scratch");
    if (method == QLatin1String("dreambooth")) return QStringLiteral("user");
    if (method == QLatin1String("lora")) return QStringLiteral("brush");
    if (method == QLatin1String("textual_inversion")) return QStringLiteral("tag");
    if (method == QLatin1String("controlnet")) return QStringLiteral("nodes");
    if (method == QLatin1String("without_text")) return QStringLiteral("grid");
    if (method == QLatin1String("inpainting")) return QStringLiteral("crop");
    return QStringLiteral("models");
}
}  // namespace

TemplateCard::TemplateCard(const ConfigTemplate& from, QWidget* parent)
    : QAbstractButton(parent),
      about_(from.about),
      needs_(from.needs.left(1).toUpper() + from.needs.mid(1)),
      icon_(from.file.endsWith(QLatin1String("/tiny.yaml")) ? QStringLiteral("sparkle")
                                                            : iconFor(from.method)) {
    setText(from.title);
    setCheckable(true);
    setAutoExclusive(true);
    setAccessibleName(from.title);
    setAccessibleDescription(from.about + QLatin1Char(' ') + from.needs);
    setFocusPolicy(Qt::StrongFocus);
    setToolTip(needs_);
}

void TemplateCard::enterEvent(QEnterEvent*) {
    update();
}
void TemplateCard::leaveEvent(QEvent*) {
    update();
}

void TemplateCard::paintEvent(QPaintEvent*) {
    const auto& t = style::tokens();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF card = QRectF(rect()).adjusted(1, 1, -1, -1);
    painter.setPen(isChecked() ? QPen(t.accent, 2) : QPen(underMouse() ? t.lineStrong : t.line, 1));
    painter.setBrush(t.surface);
    painter.drawRoundedRect(card, 8, 8);
    if (hasFocus() && window()->testAttribute(Qt::WA_KeyboardFocusChange))
        style::paint::focusRing(painter, card.adjusted(4, 4, -4, -4), 6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(t.accentSoft);
    painter.drawRoundedRect(QRectF(17, 17, 34, 34), 6, 6);
    painter.drawPixmap(QPointF(25, 25),
                       style::iconPixmap(icon_, 18, style::Tone::AccentInk, devicePixelRatioF()));
    const int width = this->width() - 36;
    painter.setPen(t.text);
    painter.setFont(style::font(style::TextSize::Title, QFont::DemiBold));
    painter.drawText(QRect(18, 58, width, 22), Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(text(), Qt::ElideRight, width));
    painter.setFont(style::font());
    painter.setPen(t.text2);
    painter.drawText(QRect(18, 82, width, 52), Qt::TextWordWrap | Qt::AlignTop, about_);
    painter.setFont(style::font(style::TextSize::Caption));
    painter.drawPixmap(QPointF(18, 141), style::iconPixmap(QStringLiteral("info"), 14, style::Tone::Text2,
                                                           devicePixelRatioF()));
    painter.drawText(QRect(38, 139, width - 20, 3 * painter.fontMetrics().lineSpacing()),
                     Qt::TextWordWrap | Qt::AlignTop, needs_);
}

ConfigureGallery::ConfigureGallery(TemplateModel& templates, ConfigDocument& document, QWidget* parent)
    : QScrollArea(parent),
      templates_(templates),
      document_(document),
      content_(new QWidget),
      grid_(new QWidget) {
    setWidgetResizable(true);
    setFrameShape(NoFrame);
    setFocusPolicy(Qt::NoFocus);  // its cards and fields have the keyboard
    auto* column = new QVBoxLayout(content_);
    column->setContentsMargins(kMargin, 20, kMargin, kToastRoom + 16);
    column->setSpacing(12);
    column->addWidget(grid_);
    needsTitle_ = makeLabel({}, style::TextSize::Body, QFont::DemiBold);
    column->addWidget(needsTitle_);
    needsCard_ = makeCard();
    auto* card = new QVBoxLayout(needsCard_);
    card->setContentsMargins(0, 8, 8, 0);
    card->setSpacing(0);
    needs_ = new QVBoxLayout;
    card->addLayout(needs_);
    card->addWidget(makeLine());
    auto* foot = new QHBoxLayout;
    foot->setContentsMargins(16, 10, 8, 10);
    foot->setSpacing(8);
    plan_ = makeLabel({}, style::TextSize::Body, QFont::Normal, style::Tone::Text2);
    foot->addWidget(plan_, 1);
    auto* form = makeButton(tr("Open in the form"));
    connect(form, &QPushButton::clicked, this, &ConfigureGallery::openFormRequested);
    foot->addWidget(form);
    auto* start = makeButton(tr("Start"), QStringLiteral("play"), ButtonRole::Primary);
    connect(start, &QPushButton::clicked, this, [this] {
        if (derive_.isActive()) deriveClass();
        Q_EMIT startRequested();
    });
    foot->addWidget(start);
    auto* queue = makeButton(tr("Add to queue"), QStringLiteral("clock"));
    queue->setToolTip(tr("Started after the runs that use or wait for its device"));
    connect(queue, &QPushButton::clicked, this, &ConfigureGallery::queueRequested);
    foot->addWidget(queue);
    card->addLayout(foot);
    column->addWidget(needsCard_);
    needsCard_->installEventFilter(this);
    reveal_.setSingleShot(true);
    reveal_.setInterval(kRevealMs);
    derive_.setSingleShot(true);
    derive_.setInterval(kDeriveMs);
    connect(&derive_, &QTimer::timeout, this, &ConfigureGallery::deriveClass);
    column->addStretch(1);
    nothing_ = new EmptyState(QStringLiteral("configure"), {}, {});
    column->insertWidget(0, nothing_);
    setWidget(content_);
    connect(&templates_, &QAbstractItemModel::modelReset, this, &ConfigureGallery::rebuild);
    connect(&document_, &ConfigDocument::checked, this, &ConfigureGallery::showNeeds);
    connect(&document_, &ConfigDocument::opened, this, &ConfigureGallery::showNeeds);
    rebuild();
    showNeeds();
}

void ConfigureGallery::rebuild() {
    qDeleteAll(cards_);
    cards_.clear();
    chosen_ = -1;
    for (int row = 0; row < templates_.rowCount(); ++row) {
        auto* card = new TemplateCard(templates_.at(row), grid_);
        connect(card, &QAbstractButton::clicked, this, [this, row] {
            choose(row);
            reveal_.start();
            ensureWidgetVisible(needsCard_, 0, kToastRoom);
        });
        cards_.push_back(card);
    }
    arrange();
}

// Instead of cards: nothing was found, or nothing is installed.
void ConfigureGallery::showNothing(bool nothing) {
    nothing_->setVisible(nothing);
    if (!nothing) return;
    if (cards_.empty())
        nothing_->setText(
            tr("There are no templates"),
            tr("They come with the studio, in share/atelier/templates, and were not found there. "
               "Install the studio again, or open a YAML file of yours with Ctrl+O."));
    else
        nothing_->setText(tr("No template matches"),
                          tr("“%1” is in no title and no description.").arg(search_));
}

void ConfigureGallery::setSearch(const QString& text) {
    search_ = text;
    arrange();
}

void ConfigureGallery::arrange() {
    const int width = std::max(300, viewport()->width() - 2 * kMargin);
    const int columns = std::clamp(width / 290, 1, 4);
    const int cardWidth = (width - (columns - 1) * kGap) / columns;
    int place = 0;
    for (std::size_t i = 0; i < cards_.size(); ++i) {
        const ConfigTemplate& one = templates_.at(int(i));
        const bool match =
            search_.isEmpty() ||
            (one.title + one.about + one.needs + one.method).contains(search_, Qt::CaseInsensitive);
        cards_[i]->setVisible(match);
        if (!match) continue;
        cards_[i]->setGeometry((place % columns) * (cardWidth + kGap),
                               (place / columns) * (kCardHeight + kGap), cardWidth, kCardHeight);
        ++place;
    }
    showNothing(place == 0);
    const int rows = (place + columns - 1) / columns;
    grid_->setFixedHeight(std::max(0, rows * (kCardHeight + kGap) - kGap));
}

void ConfigureGallery::choose(int row) {
    if (row < 0 || row >= int(cards_.size())) return;
    chosen_ = row;
    derivedClass_.clear();
    cards_[std::size_t(row)]->setChecked(true);
    Q_EMIT templateChosen(row);
    // Rows of this template; they outlive single checks so that typing is not disturbed.
    while (QLayoutItem* item = needs_->takeAt(0)) {
        if (QWidget* old = item->widget()) {
            old->hide();  // Tab must not stop at what is going away
            old->deleteLater();
        }
        delete item;
    }
    QStringList paths{QStringLiteral("experiment.name")};
    paths += templates_.at(row).required;
    for (const QString& path : paths) {
        const SchemaNode* schema = findSchema(path.toStdString());
        if (!schema || schema->type == ValueType::Section) continue;
        auto* one = new FormRow(*schema, document_, needsCard_);
        connect(&document_, &ConfigDocument::checked, one, &FormRow::refresh);
        needs_->addWidget(one);
    }
    needsTitle_->setText(tr("%1: what it needs, then it can start").arg(templates_.at(row).title));
    showNeeds();
}

void ConfigureGallery::showNeeds() {
    needsCard_->setVisible(chosen_ >= 0);
    needsTitle_->setVisible(chosen_ >= 0);
    if (chosen_ < 0) return;
    if (document_.written(kClass) == (derivedClass_.isEmpty() ? QStringLiteral("?\?\?") : derivedClass_) &&
        classOfSubject(document_.written(kSubject)) != derivedClass_)
        derive_.start();
    const TrainConfig& config = document_.config();
    const qint64 batch = std::max<qint64>(1, config.system.batchSize * config.system.gradientAccumulation);
    const QString plan = tr("%1 steps with %2 images each")
                             .arg(figure(config.experiment.numExamplesToSee / batch), figure(batch));
    const int errors = document_.errorCount();
    plan_->setText(errors == 0
                       ? plan
                       : plan + QStringLiteral(" · ") + tr("%n value(s) missing or wrong", nullptr, errors));
}

// The class follows from the subject until somebody writes another one.
void ConfigureGallery::deriveClass() {
    derive_.stop();
    const QString name = classOfSubject(document_.written(kSubject));
    if (name.isEmpty()) return;
    derivedClass_ = name;
    document_.setValue(kClass, yaml::Node::ofString(name.toStdString()));
}

// What a card needs, and Start below it, may lie under the edge of a small window; its rows take a moment to
// find their places.
bool ConfigureGallery::eventFilter(QObject* watched, QEvent* event) {
    const bool placed = event->type() == QEvent::Resize || event->type() == QEvent::Move;
    if (watched == needsCard_ && placed && reveal_.isActive()) ensureWidgetVisible(needsCard_, 0, kToastRoom);
    return QScrollArea::eventFilter(watched, event);
}

void ConfigureGallery::resizeEvent(QResizeEvent* event) {
    QScrollArea::resizeEvent(event);
    arrange();
}

}  // namespace atelier
