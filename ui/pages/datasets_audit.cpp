// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/datasets_audit.h"

#include <QComboBox>
#include <QEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QPainter>
#include <QPainterPath>
#include <QStyledItemDelegate>
#include <QTableView>
#include <QVBoxLayout>

#include "ui/models/thumbnails.h"
#include "ui/pages/datasets_companions.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {

constexpr int kRowHeight = 88, kPicture = 64, kNarrow = 1000;
constexpr int kSides[] = {64, 128, 256, 512, 768, 1024};

// Paints the picture with what is cut away darkened, and beside it what is left.
class AuditDelegate : public QStyledItemDelegate {
  public:
    AuditDelegate(DatasetAudit& audit, Thumbnails& thumbnails, QObject* parent)
        : QStyledItemDelegate(parent), audit_(audit), thumbnails_(thumbnails) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const style::Tokens& t = style::tokens();
        const AuditRow& row = audit_.row(index.row());
        painter->save();
        painter->setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
        const bool selected = (option.state & QStyle::State_Selected) != 0;
        painter->fillRect(option.rect, selected ? t.accentSoft : t.surface);
        painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), t.line);
        if (selected && index.column() == 0)
            painter->fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()),
                              t.accent);
        const QRect rect = option.rect.adjusted(12, 8, -8, -8);
        switch (index.column()) {
            case DatasetAudit::Original:
                paintPicture(*painter, rect, row, false);
                break;
            case DatasetAudit::Sees:
                paintPicture(*painter, rect, row, true);
                break;
            case DatasetAudit::Size:
                lines(*painter, rect,
                      row.kept ? QObject::tr("%1 × %1").arg(row.side) : QObject::tr("not trained"),
                      row.original.width > 0
                          ? QObject::tr("from %1 × %2").arg(row.original.width).arg(row.original.height)
                          : QString(),
                      t.text);
                break;
            case DatasetAudit::Caption: {
                const QString caption = index.data().toString();
                painter->setFont(style::font(TextSize::Body, QFont::Normal));
                painter->setPen(caption.isEmpty() ? t.text2 : t.text);
                paintCaption(*painter, rect, caption.isEmpty() ? QObject::tr("no caption") : caption);
                break;
            }
            case DatasetAudit::Tokens:
                if (row.tokens >= 0)
                    lines(*painter, rect, QString::number(row.tokens), QObject::tr("of %1").arg(row.limit),
                          row.cut() ? t.bad : t.text);
                break;
            case DatasetAudit::Verdict: {
                const bool changed = row.kept && row.is(AuditKind::Changed);
                const Tone tone = !row.kept ? Tone::Bad : changed || row.cut() ? Tone::Warn : Tone::Good;
                const QString icon = !row.kept              ? QStringLiteral("x")
                                     : changed || row.cut() ? QStringLiteral("warning")
                                                            : QStringLiteral("check");
                painter->drawPixmap(
                    QPoint(rect.left(), rect.center().y() - 17),
                    style::iconPixmap(icon, 16, tone, painter->device()->devicePixelRatioF()));
                lines(*painter, rect.adjusted(24, 0, 0, 0), DatasetAudit::verdictText(row),
                      DatasetAudit::reasonText(row), style::toneColor(tone));
                break;
            }
            default:
                break;
        }
        painter->restore();
    }
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override {
        return {100, kRowHeight};
    }

  private:
    static void lines(QPainter& p, const QRect& rect, const QString& first, const QString& second,
                      const QColor& colour) {
        p.setFont(style::font(TextSize::Body, QFont::DemiBold));
        p.setPen(colour);
        const QRect top(rect.left(), rect.center().y() - 19, rect.width(), 19);
        p.drawText(top, Qt::AlignLeft | Qt::AlignVCenter,
                   p.fontMetrics().elidedText(first, Qt::ElideRight, top.width()));
        p.setFont(style::font(TextSize::Caption));
        p.setPen(style::tokens().text2);
        const QRect below(rect.left(), rect.center().y() + 1, rect.width(),
                          rect.bottom() - rect.center().y());
        p.drawText(below, Qt::AlignLeft | Qt::AlignTop | Qt::TextWordWrap, second);
    }

    // As many whole lines as there is room for.
    static void paintCaption(QPainter& p, const QRect& rect, const QString& caption) {
        QString text = caption.simplified();
        const QFontMetrics metrics = p.fontMetrics();
        const int all = Qt::AlignLeft | Qt::TextWordWrap;
        const int lines = rect.height() / metrics.lineSpacing();
        if (metrics.boundingRect(QRect(0, 0, rect.width(), 10000), all, text).height() > rect.height())
            text = metrics.elidedText(text, Qt::ElideRight, rect.width() * std::max(1, lines) * 9 / 10);
        p.drawText(rect, all | Qt::AlignVCenter, text);
    }

    void paintPicture(QPainter& p, const QRect& rect, const AuditRow& row, bool seen) const {
        const style::Tokens& t = style::tokens();
        const QRectF room(rect.left(), rect.center().y() - kPicture / 2,
                          std::min(rect.width(), kPicture + 24), kPicture);
        if (seen && !row.kept) {
            p.setPen(QPen(t.lineStrong, 1, Qt::DashLine));
            p.setBrush(Qt::NoBrush);
            p.drawRoundedRect(QRectF(room.left() + 0.5, room.top() + 0.5, kPicture - 1, kPicture - 1), 4, 4);
            return;
        }
        const QString path = audit_.document().pathOf(row.entry);
        const QImage image = thumbnails_.get(path, int(kPicture * 1.5 * p.device()->devicePixelRatioF()));
        if (image.isNull()) {
            p.fillRect(QRectF(room.left(), room.top(), kPicture, kPicture), t.sunken);
            return;
        }
        // In shares of the picture, whatever size its thumbnail has.
        QRectF crop(0, 0, image.width(), image.height());
        if (row.kept && row.scaled.width > 0)
            crop = QRectF(double(row.left) / row.scaled.width * image.width(),
                          double(row.top) / row.scaled.height * image.height(),
                          double(row.side) / row.scaled.width * image.width(),
                          double(row.side) / row.scaled.height * image.height());
        if (seen) {
            const QRectF place(room.left(), room.top(), kPicture, kPicture);
            p.drawImage(place, image, crop);
            const DatasetEntry& entry = audit_.document().entry(row.entry);
            const QRectF share(crop.left() / image.width(), crop.top() / image.height(),
                               crop.width() / image.width(), crop.height() / image.height());
            const auto other = [&](Companion kind) {
                return thumbnails_.get(QString::fromStdString(entry.companion(kind)),
                                       int(kPicture * 1.5 * p.device()->devicePixelRatioF()));
            };
            const auto part = [&](const QImage& of) {
                return QRectF(share.left() * of.width(), share.top() * of.height(),
                              share.width() * of.width(), share.height() * of.height());
            };
            if (row.mask)
                if (const QImage mask = other(Companion::Mask); !mask.isNull())
                    p.drawImage(place, maskTint(mask), part(mask));
            if (row.condition)
                if (const QImage beside = other(Companion::Condition); !beside.isNull())
                    p.drawImage(place.translated(kPicture + 6, 0), beside, part(beside));
            return;
        }
        const QSizeF size = QSizeF(image.size()).scaled(room.size(), Qt::KeepAspectRatio);
        const QRectF box(room.left(), room.center().y() - size.height() / 2, size.width(), size.height());
        if (!row.kept) p.setOpacity(0.45);
        p.drawImage(box, image);
        if (!row.kept) return;
        const double scale = size.width() / image.width();
        const QRectF frame(box.left() + crop.left() * scale, box.top() + crop.top() * scale,
                           crop.width() * scale, crop.height() * scale);
        QPainterPath away;
        away.addRect(box);
        away.addRect(frame);
        p.fillPath(away, t.scrim);
        p.setPen(QPen(t.surface, 1.5));
        p.setBrush(Qt::NoBrush);
        p.drawRect(frame.adjusted(0.75, 0.75, -0.75, -0.75));
    }

    DatasetAudit& audit_;
    Thumbnails& thumbnails_;
};

void clearRow(QLayout* layout) {
    while (QLayoutItem* item = layout->takeAt(0)) {
        if (item->widget()) item->widget()->deleteLater();
        delete item;
    }
}

}  // namespace

DatasetAuditTab::DatasetAuditTab(DatasetDocument& document, Thumbnails& thumbnails, QWidget* parent)
    : QWidget(parent), document_(document), audit_(document) {
    table_ = new QTableView;
    table_->setModel(&audit_);
    table_->setItemDelegate(new AuditDelegate(audit_, thumbnails, table_));
    table_->setAccessibleName(tr("Audit"));
    table_->setFrameShape(QFrame::NoFrame);
    table_->setShowGrid(false);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setTabKeyNavigation(false);
    table_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    table_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    table_->verticalHeader()->setDefaultSectionSize(kRowHeight);
    table_->horizontalHeader()->setSectionsClickable(false);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    table_->viewport()->installEventFilter(this);
    connect(&thumbnails, &Thumbnails::ready, table_->viewport(), qOverload<>(&QWidget::update));

    sum_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    sum_->setContentsMargins(16, 8, 16, 8);
    auto* left = new QVBoxLayout;
    left->setSpacing(0);
    left->addWidget(makeBar());
    left->addWidget(makeLine());
    left->addWidget(table_, 1);
    left->addWidget(makeLine());
    left->addWidget(sum_);
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(0, 0, 0, 0);
    columns->setSpacing(0);
    columns->addLayout(left, 1);
    columns->addWidget(makeLine(Qt::Vertical));
    columns->addWidget(side_ = makeSide());

    connect(&audit_, &DatasetAudit::audited, this, &DatasetAuditTab::refresh);
    connect(table_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            &DatasetAuditTab::refreshChosen);
    connect(&audit_, &QAbstractItemModel::modelReset, this, &DatasetAuditTab::refreshChosen);
    connect(table_, &QTableView::activated, this,
            [this](const QModelIndex& index) { Q_EMIT showRequested(audit_.row(index.row()).entry); });
    refresh();
}

QWidget* DatasetAuditTab::makeBar() {
    auto* bar = new QWidget;
    makeSurface(bar);
    bar->setFixedHeight(48);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(16, 0, 16, 0);
    chips_ = new SegmentedControl(tr("Which pictures"));
    for (std::size_t i = 0; i < kAuditKinds; ++i) chips_->addSegment({});
    chips_->setCurrentIndex(0);
    connect(chips_, &SegmentedControl::currentChanged, this, [this](int i) {
        audit_.setKind(AuditKind(i));
        refresh();
    });
    row->addWidget(chips_);
    row->addStretch(1);
    QLineEdit* find = makeSearchField(tr("Find in audit"));
    find->setMaximumWidth(180);
    connect(find, &QLineEdit::textChanged, &audit_, &DatasetAudit::setText);
    row->addWidget(find);
    QPushButton* csv = makeButton(tr("Export CSV"), QStringLiteral("export"));
    connect(csv, &QPushButton::clicked, this,
            [this] { Q_EMIT saveRequested(document_.name() + QStringLiteral("-audit.csv"), audit_.csv()); });
    row->addWidget(csv);
    return bar;
}

QWidget* DatasetAuditTab::makeSide() {
    auto* content = new QWidget;
    makeSurface(content);
    auto* box = new QVBoxLayout(content);
    box->setContentsMargins(16, 16, 16, 16);
    box->setSpacing(8);
    box->addWidget(makeLabel(tr("Trained at"), TextSize::Body, QFont::DemiBold));
    size_ = new QComboBox;
    size_->setAccessibleName(tr("Trained at"));
    for (const int side : kSides) size_->addItem(tr("%1 × %1 pixels").arg(side), side);
    size_->setCurrentIndex(size_->findData(audit_.side()));
    connect(size_, &QComboBox::currentIndexChanged, this,
            [this] { audit_.setSide(size_->currentData().toInt()); });
    box->addWidget(size_);
    auto* note =
        makeLabel(tr("With the rules of the next build of this dataset, and the middle of each picture."),
                  TextSize::Caption, QFont::Normal, Tone::Text2);
    note->setWordWrap(true);
    box->addWidget(note);
    box->addWidget(makeLine());

    chosen_ = new QWidget;
    auto* chosen = new QVBoxLayout(chosen_);
    chosen->setContentsMargins(0, 0, 0, 0);
    verdict_ = makeLabel({}, TextSize::Body, QFont::DemiBold);
    decider_ = makeLabel({}, TextSize::Body, QFont::Normal, Tone::Text2);
    for (QLabel* label : {verdict_, decider_}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        chosen->addWidget(label);
    }
    fixes_ = new QWidget;
    auto* fixes = new QVBoxLayout(fixes_);
    fixes->setContentsMargins(0, 4, 0, 4);
    chosen->addWidget(fixes_);
    chosen->addWidget(makeLine());
    box->addWidget(chosen_);

    box->addWidget(makeLabel(tr("Left out"), TextSize::Body, QFont::DemiBold));
    reasons_ = makeLabel({}, TextSize::Body, QFont::Normal, Tone::Text2);
    reasons_->setWordWrap(true);
    box->addWidget(reasons_);
    box->addWidget(makeLabel(tr("One epoch"), TextSize::Body, QFont::DemiBold));
    epoch_ = makeLabel({}, TextSize::Body, QFont::Normal, Tone::Text2);
    epoch_->setWordWrap(true);
    box->addWidget(epoch_);
    box->addStretch(1);
    auto* scroll = makeScroll(content);
    scroll->setFixedWidth(300);
    return scroll;
}

void DatasetAuditTab::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    audit_.setWatching(true);
    fitColumns();
}

void DatasetAuditTab::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    audit_.setWatching(false);
}

bool DatasetAuditTab::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) fitColumns();
    return QWidget::eventFilter(watched, event);
}

void DatasetAuditTab::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    side_->setFixedWidth(style::scaled(width() < kNarrow ? 232 : 300));
}

void DatasetAuditTab::fitColumns() {
    const bool narrow = width() < kNarrow;
    const int total = table_->viewport()->width();
    const int seen = 92 + (audit_.counts().conditions > 0 ? kPicture + 6 : 0);
    std::array<int, DatasetAudit::ColumnCount> widths{112, seen, narrow ? 0 : 124, 0, 72, narrow ? 170 : 200};
    for (int c = 0; c < DatasetAudit::ColumnCount; ++c)
        if (int& width = widths[std::size_t(c)]; width > 0)
            width = std::max(width, titleWidth(*table_->horizontalHeader(), c));
    int others = 0;
    for (const int w : widths) others += w;
    table_->setColumnHidden(DatasetAudit::Size, narrow);
    for (int c = 0; c < DatasetAudit::ColumnCount; ++c)
        if (c == DatasetAudit::Caption)
            table_->setColumnWidth(c, std::max(titleWidth(*table_->horizontalHeader(), c), total - others));
        else if (widths[std::size_t(c)] > 0)
            table_->setColumnWidth(c, widths[std::size_t(c)]);
}

void DatasetAuditTab::refresh() {
    const AuditCounts& counts = audit_.counts();
    const QString names[] = {tr("All"), tr("Trained"), tr("Changed"), tr("Dropped"), tr("Cut caption")};
    for (std::size_t i = 0; i < kAuditKinds; ++i)
        chips_->setSegmentText(int(i), QStringLiteral("%1  %2").arg(names[i], figure(counts.kinds[i])));
    const int kept = counts.kinds[std::size_t(AuditKind::Trained)],
              dropped = counts.kinds[std::size_t(AuditKind::Dropped)];
    sum_->setText(!audit_.ready() ? tr("Looking at every picture…")
                                  : tr("%1 trained + %2 left out = %3 found")
                                        .arg(figure(kept), figure(dropped), figure(audit_.scanned())));
    QStringList lines;
    for (const auto& [reason, n] : counts.byReason)
        lines << tr("%1 %2").arg(figure(n), DatasetAudit::reasonName(reason));
    reasons_->setText(lines.isEmpty() ? tr("Nothing.") : lines.join(QLatin1Char('\n')));
    QStringList epoch{tr("%n image(s)", nullptr, kept)};
    if (counts.enlarged > 0) epoch << tr("%n of them enlarged", nullptr, counts.enlarged);
    if (counts.masks > 0) epoch << tr("%n with a mask", nullptr, counts.masks);
    if (counts.conditions > 0) epoch << tr("%n with a control image", nullptr, counts.conditions);
    const int cut = counts.kinds[std::size_t(AuditKind::CutCaption)];
    if (cut > 0) epoch << tr("%n caption(s) cut", nullptr, cut);
    epoch_->setText(epoch.join(QLatin1Char('\n')));
    fitColumns();
    refreshChosen();
    Q_EMIT summaryChanged(audit_.ready() ? dropped : 0);
}

void DatasetAuditTab::addFix(const QString& text, std::function<void()> run) {
    QPushButton* button = makeButton(text, {}, ButtonRole::Normal, ButtonSize::Small);
    connect(button, &QPushButton::clicked, this, [run = std::move(run)] { run(); });
    fixes_->layout()->addWidget(button);
    static_cast<QVBoxLayout*>(fixes_->layout())->setAlignment(button, Qt::AlignLeft);
}

// A rule of the build is a setting of the dataset; its former value comes back by the message's button.
void DatasetAuditTab::changeRules(const std::function<void(data::PlanOptions&)>& change,
                                  const QString& done) {
    const data::BuildOptions before = document_.dataset().options;
    data::BuildOptions after = before;
    change(after.plan);
    const auto set = [this](const data::BuildOptions& options) {
        if (const Status status = document_.setBuildOptions(options); !status)
            Q_EMIT raised({Severity::Error,
                           tr("The rule was not kept."),
                           QString::fromStdString(status.error().message()),
                           {}});
        audit_.setWatching(isVisible());
    };
    set(after);
    Q_EMIT raised({Severity::Good, done, {}, {{tr("Undo"), [set, before] { set(before); }}}});
}

void DatasetAuditTab::refreshChosen() {
    const QModelIndex current = table_->currentIndex();
    const bool some = current.isValid() && current.row() < audit_.rowCount();
    chosen_->setVisible(some);
    if (!some) {
        chosenKey_.clear();
        return;
    }
    const AuditRow row = audit_.row(current.row());
    const DatasetEntry& entry = document_.entry(row.entry);
    const QString verdict =
        tr("%1: %2, %3")
            .arg(entry.name(), DatasetAudit::verdictText(row).toLower(), DatasetAudit::reasonText(row));
    const QString key = verdict + QString::number(row.entry) + QString::number(entry.edit.forced);
    if (key == chosenKey_) return;  // its buttons stay under the hand
    chosenKey_ = key;
    verdict_->setText(verdict);
    decider_->setText(DatasetAudit::deciderText(row));
    clearRow(fixes_->layout());
    const int at = row.entry;
    using data::DropReason;
    switch (row.reason) {
        case DropReason::NoCaption:
        case DropReason::CaptionEmpty:
            addFix(tr("Write its caption"), [this, at] { Q_EMIT showRequested(at); });
            addFix(tr("Keep pictures without caption"), [this] {
                changeRules([](auto& rules) { rules.captions = data::CaptionRule::Optional; },
                            tr("Pictures without caption are kept."));
            });
            break;
        case DropReason::Duplicate:
            addFix(tr("Keep all equal pictures"), [this] {
                changeRules([](auto& rules) { rules.duplicates = data::DuplicateRule::Keep; },
                            tr("Equal pictures are all kept."));
            });
            break;
        case DropReason::TooSmall: {
            const int shorter = std::min(row.original.width, row.original.height);
            addFix(tr("Allow %1 px").arg(shorter), [this, shorter] {
                changeRules([shorter](auto& rules) { rules.minSide = shorter; },
                            tr("The shorter side may be %1 px.").arg(shorter));
            });
            break;
        }
        case DropReason::RatioOutside:
            addFix(tr("Allow any shape"), [this] {
                changeRules([](auto& rules) { rules.maxRatio = 0; }, tr("Pictures of any shape are kept."));
            });
            break;
        case DropReason::Excluded:
            addFix(tr("Include it"), [this, at] { document_.setExcluded({at}, false); });
            break;
        case DropReason::MaskMissing:
            addFix(tr("Choose another one"), [this, at] { Q_EMIT showRequested(at); });
            addFix(tr("Take those beside it"), [this, at] {
                document_.setCompanions(Companion::Mask, {{at, std::nullopt}}, tr("the mask beside it"));
                document_.setCompanions(Companion::Condition, {{at, std::nullopt}},
                                        tr("the control image beside it"));
            });
            break;
        case DropReason::CannotDecode:
            addFix(tr("Show file"),
                   [this, at] { Q_EMIT openFileRequested(QFileInfo(document_.pathOf(at)).path()); });
            addFix(tr("Leave it out for good"), [this, at] { document_.setExcluded({at}, true); });
            break;
        default:
            break;
    }
    const bool byRule = row.reason == DropReason::NoCaption || row.reason == DropReason::CaptionEmpty ||
                        row.reason == DropReason::Duplicate || row.reason == DropReason::TooSmall ||
                        row.reason == DropReason::RatioOutside;
    if (byRule) addFix(tr("Train it anyway"), [this, at] { document_.setForced(at, true); });
    if (entry.edit.forced) addFix(tr("Let the rules decide"), [this, at] { document_.setForced(at, false); });
    if (row.cut()) addFix(tr("Shorten its caption"), [this, at] { Q_EMIT showRequested(at); });
    if (row.kept) {
        addFix(tr("Show in images"), [this, at] { Q_EMIT showRequested(at); });
        addFix(tr("Exclude it"), [this, at] { document_.setExcluded({at}, true); });
    }
}

}  // namespace atelier
