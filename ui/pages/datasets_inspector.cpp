// SPDX-License-Identifier: GPL-3.0-or-later
// Layout and caption saving of the inspector.
#include "ui/pages/datasets_inspector.h"

#include <QBoxLayout>
#include <QGridLayout>
#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <cmath>

#include "core/base/strings.h"
#include "core/data/plan.h"
#include "ui/models/dataset_audit.h"
#include "ui/pages/datasets_companions.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/flow_layout.h"
#include "ui/widgets/tag_row.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr int kSaveMs = 400;
constexpr int kBetween = 6;  // a picture and its control image

QStringList tagsOf(const QString& caption) {
    QStringList tags;
    for (const QString& part : caption.split(QLatin1Char(','), Qt::SkipEmptyParts))
        if (const QString tag = part.simplified(); !tag.isEmpty() && tag.size() < 60) tags << tag;
    return tags;
}

// What the next build would do with this picture, by the same code as the build.
data::PlanRow planOf(const DatasetDocument& document, const DatasetEntry& e) {
    const data::PlanInput input = planInputOf(e, 0);
    const data::PlanOptions options =
        document.isOpen() ? document.dataset().options.plan : data::PlanOptions{};
    return data::planBuild({&input, 1}, options).front();
}
}  // namespace

PicturePreview::PicturePreview(Thumbnails& thumbnails, QWidget* parent)
    : QWidget(parent), thumbnails_(thumbnails) {
    setFixedHeight(208);
    setAccessibleName(tr("Preview"));
    connect(&thumbnails, &Thumbnails::ready, this, [this](const QString& path) {
        if (path == path_ || path == mask_ || path == condition_) update();
    });
}

void PicturePreview::setCompanions(const QString& mask, const QString& condition) {
    if (mask == mask_ && condition == condition_) return;
    mask_ = mask;
    condition_ = condition;
    update();
}

void PicturePreview::setPicture(const QString& path, const QSize& pixels, const QString& problem) {
    if (path == path_ && pixels == pixels_ && problem == problem_) return;
    path_ = path;
    pixels_ = pixels;
    problem_ = problem;
    update();
}

// Where it is painted; empty while it is not there.
QRectF PicturePreview::paintPicture(QPainter& p, const QRectF& room) {
    const qreal dpr = devicePixelRatioF();
    // Asked for in the size it will have, so that painting only copies.
    const QSizeF wanted =
        pixels_.isEmpty() ? room.size() : QSizeF(pixels_).scaled(room.size(), Qt::KeepAspectRatio);
    const int side = int(std::max(wanted.width(), wanted.height()) * dpr);
    const QImage image = problem_.isEmpty() ? thumbnails_.get(path_, side) : QImage();
    if (image.isNull()) return {};
    const QSizeF fit = QSizeF(image.size() / dpr)
                           .scaled(room.size(), Qt::KeepAspectRatio)
                           .boundedTo(QSizeF(image.size() / dpr) * 3);
    const QPointF corner(std::round(room.x() + (room.width() - fit.width()) / 2),
                         std::round((room.height() - fit.height()) / 2));
    // Within a pixel of its own size it is not scaled at all.
    if (dpr == 1 && std::abs(fit.width() - image.width()) <= 1 &&
        std::abs(fit.height() - image.height()) <= 1)
        p.drawImage(corner, image);
    else
        p.drawImage(QRectF(corner, fit), image);
    return {corner, fit};
}

void PicturePreview::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setRenderHint(QPainter::SmoothPixmapTransform);
    p.setPen(Qt::NoPen);
    p.setBrush(t.sunken);
    p.drawRoundedRect(rect(), 8, 8);
    if (path_.isEmpty()) return;
    const qreal dpr = devicePixelRatioF();
    QRectF room(rect());
    if (!condition_.isEmpty()) room.setWidth((width() - kBetween) / 2.0);
    const QRectF at = paintPicture(p, room);
    if (at.isEmpty()) {
        if (!problem_.isEmpty()) {
            p.drawPixmap(QPointF(width() / 2.0 - 12, height() / 2.0 - 34),
                         style::iconPixmap(QStringLiteral("error"), 24, Tone::Bad, dpr));
            p.setPen(t.text2);
            p.setFont(style::font(TextSize::Caption));
            p.drawText(rect().adjusted(20, height() / 2, -20, -8), Qt::AlignHCenter | Qt::TextWordWrap,
                       problem_);
        }
        return;
    }
    const int side = int(std::max(at.width(), at.height()) * dpr);
    if (!mask_.isEmpty())
        if (const QImage mask = thumbnails_.get(mask_, side); !mask.isNull()) p.drawImage(at, maskTint(mask));
    if (!condition_.isEmpty())
        if (const QImage condition = thumbnails_.get(condition_, side); !condition.isNull())
            p.drawImage(at.translated(room.width() + kBetween, 0), condition);
    QPainterPath outside;  // the corners of the frame stay round
    outside.addRect(rect());
    outside.addRoundedRect(rect(), 8, 8);
    for (const QRect& c : {QRect(0, 0, 8, 8), QRect(width() - 8, 0, 8, 8), QRect(0, height() - 8, 8, 8),
                           QRect(width() - 8, height() - 8, 8, 8)}) {
        p.setClipRect(c);
        p.fillPath(outside, t.surface);
    }
}

DatasetInspector::DatasetInspector(DatasetImagesModel& model, QWidget* parent)
    : QWidget(parent), model_(model), document_(model.document()) {
    setAccessibleName(tr("Inspector"));
    save_.setSingleShot(true);
    save_.setInterval(kSaveMs);
    connect(&save_, &QTimer::timeout, this, &DatasetInspector::flush);
    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    body_ = new QWidget;
    auto* box = new QVBoxLayout(body_);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(0);
    box->addWidget(buildHead());
    box->addWidget(makeLine());
    auto* inner = new QWidget;
    makeSurface(inner);
    auto* column = new QVBoxLayout(inner);
    column->setContentsMargins(16, 14, 14, 14);
    column->setSpacing(8);
    preview_ = new PicturePreview(model.thumbnails());
    column->addWidget(preview_);
    facts_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    facts_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    column->addWidget(facts_);
    companions_ = new CompanionRows(document_);
    connect(companions_, &CompanionRows::maskShownChanged, this, [this] { refresh(); });
    column->addWidget(companions_);
    column->addSpacing(4);
    column->addWidget(buildCaption());
    column->addSpacing(4);
    column->addWidget(buildFate());
    column->addStretch(1);
    box->addWidget(makeScroll(inner), 1);
    box->addWidget(makeLine());
    box->addWidget(buildActions());
    all->addWidget(body_);
    nothing_ = makeLabel(tr("Select a picture to see it, write its caption and know what training will get."),
                         TextSize::Body, QFont::Normal, Tone::Text2);
    qobject_cast<QLabel*>(nothing_)->setWordWrap(true);
    qobject_cast<QLabel*>(nothing_)->setAlignment(Qt::AlignCenter);
    nothing_->setContentsMargins(32, 32, 32, 32);
    all->addWidget(nothing_);
    connect(&document_, &DatasetDocument::entriesReset, this, [this] {
        save_.stop();
        entry_ = -1;
        selected_.clear();
        refresh();
    });
    connect(&document_, &DatasetDocument::entriesChanged, this, [this](const std::vector<int>& indices) {
        if (std::find(indices.begin(), indices.end(), entry_) != indices.end()) refresh();
    });
    refresh();
}

QWidget* DatasetInspector::buildHead() {
    auto* head = new QWidget;
    head->setFixedHeight(44);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(16, 0, 8, 0);
    row->setSpacing(2);
    name_ = new ElidedLabel({}, Qt::ElideMiddle);
    name_->setFont(style::font(TextSize::Body, QFont::DemiBold));
    row->addWidget(name_, 1);
    auto* up = makeIconButton(QStringLiteral("chevup"), tr("Previous picture"));
    auto* down = makeIconButton(QStringLiteral("chev"), tr("Next picture"));
    connect(up, &QToolButton::clicked, this, [this] { Q_EMIT stepRequested(-1); });
    connect(down, &QToolButton::clicked, this, [this] { Q_EMIT stepRequested(1); });
    row->addWidget(up);
    row->addWidget(down);
    return head;
}

QWidget* DatasetInspector::buildCaption() {
    auto* part = new QWidget;
    auto* box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(8);
    auto* row = new QHBoxLayout;
    auto* label = makeLabel(tr("Caption"), TextSize::Body, QFont::DemiBold);
    tokens_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    row->addWidget(label);
    row->addStretch(1);
    row->addWidget(tokens_);
    box->addLayout(row);
    caption_ = new QPlainTextEdit;
    caption_->setAccessibleName(tr("Caption"));
    caption_->setPlaceholderText(tr("What is in this picture"));
    caption_->setTabChangesFocus(true);
    caption_->setFixedHeight(84);
    caption_->installEventFilter(this);
    label->setBuddy(caption_);
    box->addWidget(caption_);
    tokenBar_ = new ProgressLine(nullptr, 4);
    tokenBar_->setAccessibleName(tr("Tokens used"));
    box->addWidget(tokenBar_);
    tags_ = new TagRow;
    box->addWidget(tags_);
    connect(caption_, &QPlainTextEdit::textChanged, this, [this] {
        if (filling_) return;
        save_.start();
        refreshCaptionFacts();
    });
    connect(tags_, &TagRow::tagsEdited, this, [this](const QStringList& tags) {
        caption_->setPlainText(tags.join(QStringLiteral(", ")));
        flush();
    });
    return part;
}

QWidget* DatasetInspector::buildFate() {
    auto* part = new QWidget;
    auto* box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(8);
    box->addWidget(makeLabel(tr("What the shards will hold"), TextSize::Body, QFont::DemiBold));
    QFrame* well = makeWell();
    auto* grid = new QGridLayout(well);
    grid->setContentsMargins(12, 10, 12, 10);
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(7);
    grid->setColumnStretch(1, 1);
    int line = 0;
    const auto add = [&](const QString& title) {
        auto* head = makeLabel(title, TextSize::Caption, QFont::Normal, Tone::Text2);
        auto* value = makeLabel({}, TextSize::Caption);
        value->setWordWrap(true);
        value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        grid->addWidget(head, line, 0, Qt::AlignTop);
        grid->addWidget(value, line++, 1);
        return value;
    };
    fate_ = add(tr("Verdict"));
    file_ = add(tr("Picture"));
    source_ = add(tr("Caption"));
    key_ = add(tr("Key"));
    box->addWidget(well);
    return part;
}

QWidget* DatasetInspector::buildActions() {
    auto* part = new QWidget;
    auto* row = new FlowLayout(part, 6);
    row->setContentsMargins(16, 10, 12, 10);
    count_ = makeLabel({}, TextSize::Caption, QFont::DemiBold);
    row->addWidget(count_);
    editMany_ = makeButton(tr("Edit captions…"), {}, ButtonRole::Normal, ButtonSize::Small);
    exclude_ = makeButton(tr("Exclude"), {}, ButtonRole::Normal, ButtonSize::Small);
    include_ = makeButton(tr("Include"), {}, ButtonRole::Normal, ButtonSize::Small);
    row->addWidget(editMany_);
    row->addWidget(exclude_);
    row->addWidget(include_);
    connect(editMany_, &QPushButton::clicked, this, &DatasetInspector::editManyRequested);
    connect(exclude_, &QPushButton::clicked, this, [this] { Q_EMIT excludeRequested(true); });
    connect(include_, &QPushButton::clicked, this, [this] { Q_EMIT excludeRequested(false); });
    return part;
}

void DatasetInspector::show(int entry, const std::vector<int>& selected) {
    selected_ = selected;
    if (entry != entry_) {
        flush();
        ++mergeId_;  // typing into another picture is another step of undo
        entry_ = entry;
    }
    refresh();
}

void DatasetInspector::flush() {
    if (!save_.isActive() && entry_ < 0) return;
    const bool waiting = save_.isActive();
    save_.stop();
    if (!waiting && !(entry_ >= 0 && std::size_t(entry_) < document_.entries().size() &&
                      caption_->document()->isModified()))
        return;
    if (entry_ < 0 || std::size_t(entry_) >= document_.entries().size()) return;
    caption_->document()->setModified(false);
    const QString text = caption_->toPlainText();
    if (text != document_.entry(entry_).caption()) document_.setCaption(entry_, text, mergeId_);
}

void DatasetInspector::refresh() {
    const bool some = entry_ >= 0 && std::size_t(entry_) < document_.entries().size();
    body_->setVisible(some);
    nothing_->setVisible(!some);
    if (!some) return;
    const DatasetEntry& e = document_.entry(entry_);
    name_->setText(e.name());
    preview_->setPicture(document_.pathOf(entry_), QSize(e.width, e.height),
                         e.readable ? QString() : QString::fromStdString(e.problem));
    companions_->show(entry_);
    preview_->setCompanions(
        companions_->maskShown() ? QString::fromStdString(e.companion(Companion::Mask)) : QString(),
        QString::fromStdString(e.companion(Companion::Condition)));
    QStringList facts;
    if (e.width) facts << QStringLiteral("%1 × %2").arg(e.width).arg(e.height);
    if (e.format != data::ImageFormat::Unknown)
        facts << QString::fromLatin1(data::formatName(e.format).data(),
                                     qsizetype(data::formatName(e.format).size()));
    facts << QString::fromStdString(humanBytes(e.bytes));
    facts_->setText(facts.join(QStringLiteral(" · ")));
    facts_->setToolTip(document_.pathOf(entry_));
    if (!save_.isActive() && caption_->toPlainText() != e.caption()) {
        filling_ = true;
        caption_->setPlainText(e.caption());
        caption_->document()->setModified(false);
        filling_ = false;
    }
    refreshCaptionFacts();

    const data::PlanRow row = planOf(document_, e);
    const bool twin = row.keep && e.duplicateOf >= 0 && !e.edit.forced;
    fate_->setText(
        !e.probed ? tr("being read")
        : twin    ? tr("left out: the same bytes as %1").arg(document_.entry(e.duplicateOf).name())
        : row.keep
            ? tr("goes in")
            : tr("left out: %1").arg(QString::fromStdString(data::dropReasonText(row.reason, row.detail))));
    setLabelTone(fate_, !e.probed ? Tone::Text2 : row.keep && !twin ? Tone::Good : Tone::Bad);
    QStringList work;
    for (const data::ReencodeReason reason : row.reencode) {
        const std::string_view words = data::reencodeReasonText(reason);
        work << QString::fromUtf8(words.data(), qsizetype(words.size()));
    }
    file_->setText(row.keepBytes ? tr("bytes kept as they are")
                                 : tr("written anew: %1").arg(work.join(QStringLiteral(", "))));
    const std::string_view where =
        data::captionSourceName(e.edit.caption ? data::CaptionSource::Edit : e.foundIn);
    source_->setText(!e.hasCaption() ? tr("none")
                     : e.edit.caption
                         ? tr("yours")
                         : tr("from %1").arg(QString::fromUtf8(where.data(), qsizetype(where.size()))));
    key_->setText(QString::fromStdString(row.key));
    key_->setFont(style::monoFont(TextSize::Small));

    const int n = int(selected_.size());
    count_->setText(n > 1 ? tr("%n selected", nullptr, n) : QString());
    editMany_->setVisible(n > 1);
    const bool anyIn = std::any_of(selected_.begin(), selected_.end(),
                                   [&](int i) { return !document_.entry(i).edit.excluded; });
    const bool anyOut = document_.count(Look::Excluded) > 0 &&
                        std::any_of(selected_.begin(), selected_.end(),
                                    [&](int i) { return document_.entry(i).edit.excluded; });
    exclude_->setVisible(anyIn);
    include_->setVisible(anyOut);
}

void DatasetInspector::refreshCaptionFacts() {
    const QString text = caption_->toPlainText();
    const int tokens = document_.tokensOf(text), limit = document_.tokenLimit();
    if (tokens >= 0) {
        tokens_->setText(tr("%1 of %2 tokens").arg(tokens).arg(limit));
        setLabelTone(tokens_, tokens > limit ? Tone::Warn : Tone::Text2);
        tokenBar_->setFraction(double(tokens) / limit);
        tokenBar_->setTone(tokens > limit ? PillTone::Warn : PillTone::Good);
    } else {
        tokens_->setText(tr("%n word(s)", nullptr,
                            int(text.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts).size())));
    }
    tokenBar_->setVisible(tokens >= 0);
    tags_->setVisible(text.contains(QLatin1Char(',')));
    if (tags_->isVisibleTo(this)) tags_->setTags(tagsOf(text));
}

bool DatasetInspector::eventFilter(QObject* watched, QEvent* event) {
    if (watched == caption_ && event->type() == QEvent::KeyPress) {
        auto* key = static_cast<QKeyEvent*>(event);
        if ((key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter) &&
            (key->modifiers() & Qt::ControlModifier)) {
            flush();
            if (key->modifiers() & Qt::ShiftModifier)
                Q_EMIT nextWithoutCaptionRequested();
            else
                Q_EMIT stepRequested(1);
            return true;
        }
        // Undo inside the field acts on what was typed and not yet saved; then on the dataset.
        if (key->matches(QKeySequence::Undo) && !caption_->document()->isUndoAvailable()) {
            document_.undoStack().undo();
            return true;
        }
    }
    if (watched == caption_ && event->type() == QEvent::FocusOut) flush();
    return QWidget::eventFilter(watched, event);
}

}  // namespace atelier
