// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models_list.h"

#include <QHeaderView>
#include <QPainter>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "ui/style/paint.h"
#include "ui/style/tokens.h"
#include "ui/widgets/messages.h"

namespace atelier {

namespace {
constexpr int kRowHeight = 52, kPad = 11, kIcon = 20;

// Two lines: what a cell says, and its detail below.
class ModelDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const style::Tokens& t = style::tokens();
        const bool selected = (option.state & QStyle::State_Selected) != 0,
                   hover = (option.state & QStyle::State_MouseOver) != 0;
        painter->save();
        painter->fillRect(option.rect, selected ? t.accentSoft : hover ? t.hover : t.surface);
        painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), t.line);
        QRect rect = option.rect.adjusted(kPad, 0, -8, 0);
        if (index.column() == ModelListModel::Name) {
            if (selected)
                painter->fillRect(QRect(option.rect.left(), option.rect.top(), 3, option.rect.height()),
                                  t.accent);
            painter->drawPixmap(
                QPoint(rect.left() + 4, rect.center().y() - kIcon / 2),
                style::iconPixmap(index.data(ModelListModel::IconRole).toString(), kIcon, style::Tone::Text2,
                                  painter->device()->devicePixelRatioF()));
            rect.setLeft(rect.left() + kIcon + 16);
        }
        const QString first = index.data().toString(),
                      second = index.data(ModelListModel::DetailRole).toString();
        const auto line = [&](const QRect& at, const QString& text, const QFont& font, const QColor& color) {
            painter->setFont(font);
            painter->setPen(color);
            painter->drawText(
                at,
                int(Qt::AlignVCenter) |
                    (index.column() == ModelListModel::Size ? int(Qt::AlignRight) : int(Qt::AlignLeft)),
                painter->fontMetrics().elidedText(text, Qt::ElideMiddle, at.width()));
        };
        const QFont font = style::font(
            style::TextSize::Body, index.column() == ModelListModel::Name ? QFont::DemiBold : QFont::Normal);
        if (second.isEmpty()) {
            line(rect, first, font, t.text);
        } else {
            line(QRect(rect.left(), rect.center().y() - 19, rect.width(), 19), first, font, t.text);
            line(QRect(rect.left(), rect.center().y() + 1, rect.width(), 18), second,
                 style::font(style::TextSize::Caption), t.text2);
        }
        if ((option.state & QStyle::State_HasFocus) && index.column() == ModelListModel::Name &&
            option.widget && option.widget->window()->testAttribute(Qt::WA_KeyboardFocusChange))
            style::paint::focusRing(*painter, QRectF(option.rect).adjusted(2, 2, -2, -2), 6);
        painter->restore();
    }
};
}  // namespace

ModelFilter::ModelFilter(ModelListModel* source) : models_(source) {
    setSourceModel(source);
}
void ModelFilter::set(ModelFilterKind kind, const QString& text) {
    kind_ = kind;
    text_ = text.trimmed();
    invalidateFilter();
}
bool ModelFilter::isOf(ModelFilterKind kind, const ModelEntry& entry) {
    if (kind == ModelFilterKind::All) return true;
    const ModelKind what = entry.facts ? entry.facts->kind : ModelKind::Unknown;
    const bool model = what == ModelKind::Pipeline || what == ModelKind::Checkpoint;
    if (kind == ModelFilterKind::Models) return model;
    return kind == ModelFilterKind::Loras ? what == ModelKind::Lora : !model && what != ModelKind::Lora;
}
bool ModelFilter::filterAcceptsRow(int row, const QModelIndex&) const {
    const ModelEntry& entry = models_->at(row);
    if (!isOf(kind_, entry)) return false;
    if (text_.isEmpty()) return true;
    const QString all =
        entry.name + QLatin1Char(' ') + entry.path + QLatin1Char(' ') + entry.origin + QLatin1Char(' ') +
        (entry.facts ? entry.facts->title() + QLatin1Char(' ') + entry.facts->precision() : QString());
    return all.contains(text_, Qt::CaseInsensitive);
}

ModelsList::ModelsList(ModelListModel& models, QWidget* parent)
    : QWidget(parent), models_(models), filter_(&models), view_(new QTableView), stack_(new QStackedWidget) {
    view_->setModel(&filter_);
    view_->setItemDelegate(new ModelDelegate(view_));
    view_->setAccessibleName(tr("Models"));
    view_->setFrameShape(QFrame::NoFrame);
    view_->setShowGrid(false);
    view_->setTabKeyNavigation(false);
    view_->setSelectionBehavior(QAbstractItemView::SelectRows);
    view_->setSelectionMode(QAbstractItemView::SingleSelection);
    view_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view_->setMouseTracking(true);
    view_->setContextMenuPolicy(Qt::CustomContextMenu);
    view_->verticalHeader()->hide();
    view_->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view_->verticalHeader()->setDefaultSectionSize(kRowHeight);
    QHeaderView* header = view_->horizontalHeader();
    header->setHighlightSections(false);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setSectionResizeMode(ModelListModel::Name, QHeaderView::Stretch);
    for (const auto& [column, width] :
         {std::pair(int(ModelListModel::Precision), 96), std::pair(int(ModelListModel::Size), 88),
          std::pair(int(ModelListModel::Where), 170)})
        view_->setColumnWidth(column, std::max(width, titleWidth(*header, column)));
    none_ = new EmptyState(QStringLiteral("models"), tr("Drop a .safetensors file or a model folder"),
                           tr("Atelier says what it is, converts it, merges LoRAs into it and trains on it. "
                              "Nothing is copied."));
    connect(none_->addButton(tr("Open file…"), QStringLiteral("file"), ButtonRole::Primary),
            &QPushButton::clicked, this, &ModelsList::openWanted);
    filteredOut_ = new EmptyState(QStringLiteral("search"), tr("No model matches"),
                                  tr("Find by name, family, precision or path."));
    connect(filteredOut_->addButton(tr("Clear filter"), {}, ButtonRole::Normal), &QPushButton::clicked, this,
            &ModelsList::filterCleared);
    for (QWidget* one :
         {static_cast<QWidget*>(view_), static_cast<QWidget*>(none_), static_cast<QWidget*>(filteredOut_)})
        stack_->addWidget(one);
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->addWidget(stack_);
    for (const auto signal : {&QAbstractItemModel::rowsInserted, &QAbstractItemModel::rowsRemoved})
        connect(&filter_, signal, this, &ModelsList::refresh);
    connect(view_->selectionModel(), &QItemSelectionModel::currentChanged, this, &ModelsList::currentChanged);
    connect(&models, &QAbstractItemModel::dataChanged, this, &ModelsList::currentChanged);
    connect(view_, &QWidget::customContextMenuRequested, this, [this](const QPoint& at) {
        const QModelIndex index = view_->indexAt(at).isValid() ? view_->indexAt(at) : view_->currentIndex();
        if (index.isValid())
            Q_EMIT menuWanted(index.data(ModelListModel::PathRole).toString(),
                              view_->viewport()->mapToGlobal(at));
    });
    refresh();
}

void ModelsList::setFilter(ModelFilterKind kind, const QString& text) {
    filter_.set(kind, text);
    refresh();
}
void ModelsList::setScanned() {
    scanned_ = true;
    refresh();
}
void ModelsList::refresh() {
    const bool any = models_.rowCount() > 0;
    stack_->setCurrentWidget(any && filter_.rowCount() == 0 ? static_cast<QWidget*>(filteredOut_)
                             : !any && scanned_             ? none_
                                                            : static_cast<QWidget*>(view_));
    if (!view_->currentIndex().isValid() && filter_.rowCount() > 0)
        view_->setCurrentIndex(filter_.index(0, 0));
    Q_EMIT currentChanged();
}
QString ModelsList::current() const {
    return view_->currentIndex().data(ModelListModel::PathRole).toString();
}
void ModelsList::select(const QString& path) {
    const QModelIndex index = filter_.mapFromSource(models_.index(models_.rowOf(path), 0));
    if (index.isValid()) view_->setCurrentIndex(index);
}

}  // namespace atelier
