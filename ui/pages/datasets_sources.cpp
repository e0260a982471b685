// SPDX-License-Identifier: GPL-3.0-or-later
// Rows and histogram of the left pane.
#include "ui/pages/datasets_sources.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QMenu>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QTimer>
#include <QUrl>

#include "ui/style/paint.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
class FacetDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex& index) const override {
        const bool heading = index.data(DatasetFacetsModel::HeadingRole).toBool();
        return {100, heading ? (index.row() ? 44 : 34) : 32};
    }
    void paint(QPainter* painter, const QStyleOptionViewItem& o, const QModelIndex& index) const override {
        const style::Tokens& t = style::tokens();
        QPainter& p = *painter;
        p.save();
        p.setRenderHint(QPainter::Antialiasing);
        const QString text = index.data().toString();
        if (index.data(DatasetFacetsModel::HeadingRole).toBool()) {
            p.setFont(style::font(TextSize::Caption, QFont::DemiBold));
            p.setPen(t.text2);
            p.drawText(o.rect.adjusted(0, 0, 0, -8), Qt::AlignLeft | Qt::AlignBottom, text);
            p.restore();
            return;
        }
        const bool selected = o.state & QStyle::State_Selected;
        const QRect r = o.rect.adjusted(0, 1, -2, -1);
        if (selected || (o.state & QStyle::State_MouseOver)) {
            p.setPen(Qt::NoPen);
            p.setBrush(selected ? t.accentSoft : t.hover);
            p.drawRoundedRect(r, 6, 6);
        }
        const bool warn = index.data(DatasetFacetsModel::WarnRole).toBool();
        const Tone tone =
            warn
                ? (index.data(DatasetFacetsModel::IconRole).toString() == QLatin1String("error") ? Tone::Bad
                                                                                                 : Tone::Warn)
            : selected ? Tone::AccentInk
                       : Tone::Text2;
        p.drawPixmap(QPoint(r.x() + 8, r.center().y() - 7),
                     style::iconPixmap(index.data(DatasetFacetsModel::IconRole).toString(), 16, tone,
                                       p.device()->devicePixelRatioF()));
        const int n = index.data(DatasetFacetsModel::CountRole).toInt();
        const QString count = figure(n);
        p.setFont(style::font(TextSize::Body, selected ? QFont::DemiBold : QFont::Normal));
        p.setPen(n > 0 ? t.text2 : t.text3);
        p.drawText(r.adjusted(0, 0, -8, 0), Qt::AlignVCenter | Qt::AlignRight, count);
        const int room = r.width() - 34 - 16 - p.fontMetrics().horizontalAdvance(count);
        p.setPen(n > 0 || selected ? t.text : t.text2);  // what needs a look stands out
        p.drawText(r.adjusted(32, 0, 0, 0), Qt::AlignVCenter,
                   p.fontMetrics().elidedText(text, Qt::ElideMiddle, room));
        if ((o.state & QStyle::State_HasFocus) && o.widget &&
            o.widget->window()->testAttribute(Qt::WA_KeyboardFocusChange))
            style::paint::focusRing(p, r, 6);
        p.restore();
    }
};

class ShapeHistogram : public QWidget {
  public:
    explicit ShapeHistogram(DatasetDocument& document) : document_(document) {
        setFixedHeight(96);
        setAccessibleName(tr("Pictures by shape"));
    }
    void recount() {
        counts_ = shapeCounts(document_);
        QStringList words;
        for (const auto& [name, n] : counts_) words << tr("%1: %2").arg(name).arg(n);
        setAccessibleDescription(words.join(QStringLiteral(", ")));
        setToolTip(words.join(QLatin1Char('\n')));
        update();
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        if (counts_.empty()) return;
        const style::Tokens& t = style::tokens();
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        int most = 1;
        for (const auto& [name, n] : counts_) most = std::max(most, n);
        const double slot = double(width()) / double(counts_.size());
        p.setFont(style::font(TextSize::Small));
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            const double tall = counts_[i].second ? std::max(3.0, 70.0 * counts_[i].second / most) : 1;
            const QRectF bar(double(i) * slot + 2, 74 - tall, slot - 4, tall);
            p.setPen(Qt::NoPen);
            p.setBrush(counts_[i].second ? style::blend(t.chart[0], t.surface, 0.75) : t.line);
            p.drawRoundedRect(bar, 2, 2);
            p.setPen(t.text2);
            p.drawText(QRectF(double(i) * slot, 78, slot, 16), Qt::AlignCenter, counts_[i].first);
        }
    }

  private:
    DatasetDocument& document_;
    std::vector<std::pair<QString, int>> counts_;
};
}  // namespace

DatasetSourcesPane::DatasetSourcesPane(DatasetDocument& document, QWidget* parent)
    : QWidget(parent), document_(document), model_(document) {
    makeSurface(this);
    setMinimumWidth(style::scaled(184));
    setMaximumWidth(style::scaled(360));
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(12, 8, 10, 12);
    box->setSpacing(8);
    list_ = new QListView;
    list_->setFrameShape(QFrame::NoFrame);
    list_->setAccessibleName(tr("Sources and filters"));
    list_->setModel(&model_);
    list_->setItemDelegate(new FacetDelegate(list_));
    list_->setMouseTracking(true);
    list_->setContextMenuPolicy(Qt::CustomContextMenu);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    box->addWidget(list_, 1000);
    // The plus sits in the line of the first heading.
    auto* plus = makeIconButton(QStringLiteral("plus"), tr("Add images"));
    plus->setParent(list_);
    plus->setFixedSize(26, 26);
    connect(plus, &QToolButton::clicked, this, &DatasetSourcesPane::addRequested);
    plus_ = plus;
    list_->installEventFilter(this);

    auto* title = makeLabel(tr("Shapes"), TextSize::Caption, QFont::DemiBold, Tone::Text2);
    auto* shapes = new ShapeHistogram(document);
    box->addWidget(title);
    box->addWidget(shapes);
    box->addStretch(1);
    box->addWidget(makeLine());
    auto* promise = new QHBoxLayout;
    promise->setSpacing(8);
    auto* tick = new IconLabel(QStringLiteral("check"), Tone::Good, 14);
    promise->addWidget(tick);
    auto* original =
        makeLabel(tr("Originals are never changed"), TextSize::Caption, QFont::Normal, Tone::Text2);
    original->setWordWrap(true);
    promise->addWidget(original, 1);
    box->addLayout(promise);

    auto* recount = new QTimer(this);
    recount->setSingleShot(true);
    recount->setInterval(200);
    connect(recount, &QTimer::timeout, shapes, [shapes] { shapes->recount(); });
    connect(&document, &DatasetDocument::countsChanged, recount, [recount] {
        if (!recount->isActive()) recount->start();
    });
    connect(&model_, &QAbstractItemModel::modelReset, this, [this] {
        fitList();
        setFacet({});
    });
    connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex& now) {
                if (now.isValid() && !model_.isHeading(now.row()))
                    Q_EMIT facetChosen(model_.facetAt(now.row()));
            });
    connect(list_, &QWidget::customContextMenuRequested, this, &DatasetSourcesPane::showMenu);
    fitList();
    setFacet({});
}

// As tall as its rows while there is room, so that the shapes stand right below.
void DatasetSourcesPane::fitList() {
    int height = 4;
    for (int row = 0; row < model_.rowCount(); ++row) height += list_->sizeHintForRow(row);
    list_->setMaximumHeight(height);
    list_->setMinimumHeight(std::min(height, 160));
}

void DatasetSourcesPane::setFacet(const Facet& facet) {
    const int row = model_.rowOf(facet);
    if (row >= 0 && list_->currentIndex().row() != row) list_->setCurrentIndex(model_.index(row));
}

bool DatasetSourcesPane::eventFilter(QObject* watched, QEvent* event) {
    if (watched == list_ && event->type() == QEvent::Resize) plus_->move(list_->width() - 30, 4);
    return QWidget::eventFilter(watched, event);
}

void DatasetSourcesPane::showMenu(const QPoint& at) {
    const QModelIndex index = list_->indexAt(at);
    if (!index.isValid() || model_.isHeading(index.row())) return;
    const int source = model_.facetAt(index.row()).source;
    QMenu menu(this);
    menu.addAction(style::icon(QStringLiteral("reset")), tr("Rescan"), &document_, &DatasetDocument::rescan);
    if (source >= 0) {
        const QString path = index.data(Qt::ToolTipRole).toString();
        menu.addAction(style::icon(QStringLiteral("folder")), tr("Show in files"), this,
                       [path] { QDesktopServices::openUrl(QUrl::fromLocalFile(path)); });
        menu.addAction(style::icon(QStringLiteral("copy")), tr("Copy path"), this,
                       [path] { QGuiApplication::clipboard()->setText(path); });
        menu.addSeparator();
        menu.addAction(style::icon(QStringLiteral("x")), tr("Remove from this dataset"), this,
                       [this, source] { document_.removeSource(source); });
    }
    menu.exec(list_->viewport()->mapToGlobal(at));
}

}  // namespace atelier
