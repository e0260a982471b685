// SPDX-License-Identifier: GPL-3.0-or-later
// Matching, list and keys of the command palette.
#include "ui/frame/command_palette.h"

#include <QAbstractListModel>
#include <QKeyEvent>
#include <QListView>
#include <QPainter>
#include <QStyledItemDelegate>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/style/paint.h"
#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;

int fuzzyScore(const QString& pattern, const QString& text) {
    int score = 0, run = 0;
    qsizetype at = 0;
    for (const QChar c : pattern) {
        if (c.isSpace()) {
            run = 0;
            continue;
        }
        qsizetype hit = at;
        while (hit < text.size() && text[hit].toCaseFolded() != c.toCaseFolded()) ++hit;
        if (hit == text.size()) return -1;
        run = hit == at && at > 0 ? run + 1 : 1;
        const bool wordStart = hit == 0 || !text[hit - 1].isLetterOrNumber();
        score += 4 * run + (wordStart ? 8 : 0) - int(std::min<qsizetype>(hit - at, 6));
        at = hit + 1;
    }
    return std::max(0, score * 4 - int(text.size()) / 8);
}

class CommandPalette::Model : public QAbstractListModel {
  public:
    explicit Model(CommandPalette& owner) : QAbstractListModel(&owner), owner_(owner) {}
    int rowCount(const QModelIndex& parent = {}) const override {
        return parent.isValid() ? 0 : int(owner_.shown_.size());
    }
    QVariant data(const QModelIndex& index, int role) const override {
        if (!index.isValid()) return {};
        const PaletteEntry& e = entry(index);
        if (role == Qt::DisplayRole || role == Qt::AccessibleTextRole) return e.text;
        if (role == Qt::ToolTipRole) return e.where;
        return {};
    }
    const PaletteEntry& entry(const QModelIndex& index) const {
        return owner_.entries_[std::size_t(owner_.shown_[std::size_t(index.row())])];
    }
    void reset(std::vector<int> shown) {
        beginResetModel();
        owner_.shown_ = std::move(shown);
        endResetModel();
    }

  private:
    CommandPalette& owner_;
};

namespace {
constexpr int kRow = 34;
}

// Paints icon, text, place and keys of one entry.
template <class M>
class EntryDelegate : public QStyledItemDelegate {
  public:
    EntryDelegate(const M& model, QObject* parent) : QStyledItemDelegate(parent), model_(model) {}
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {100, kRow}; }
    void paint(QPainter* p, const QStyleOptionViewItem& o, const QModelIndex& index) const override {
        const style::Tokens& t = style::tokens();
        const PaletteEntry& e = model_.entry(index);
        p->save();
        p->setRenderHint(QPainter::Antialiasing);
        if (o.state & (QStyle::State_Selected | QStyle::State_MouseOver)) {
            p->setPen(Qt::NoPen);
            p->setBrush(o.state & QStyle::State_Selected ? t.accentSoft : t.hover);
            p->drawRoundedRect(o.rect.adjusted(0, 1, 0, -1), 6, 6);
        }
        const QRect r = o.rect.adjusted(12, 0, -12, 0);
        const QString name = e.iconName.isEmpty() ? QStringLiteral("chevr") : e.iconName;
        p->drawPixmap(QPoint(r.x(), r.center().y() - 7),
                      style::iconPixmap(name, 16, Tone::Text2, p->device()->devicePixelRatioF()));
        p->setFont(style::font());
        p->setPen(t.text);
        const int textWidth = p->fontMetrics().horizontalAdvance(e.text);
        p->drawText(r.adjusted(28, 0, 0, 0), Qt::AlignVCenter, e.text);
        p->setFont(style::font(TextSize::Caption));
        p->setPen(t.text3);
        int right = 0;
        if (!e.keys.isEmpty()) {
            right = p->fontMetrics().horizontalAdvance(e.keys) + 12;
            p->drawText(r, Qt::AlignVCenter | Qt::AlignRight, e.keys);
        }
        const QRect place = r.adjusted(28 + textWidth + 12, 0, -right, 0);
        p->drawText(place, Qt::AlignVCenter | Qt::AlignLeft,
                    p->fontMetrics().elidedText(e.where, Qt::ElideMiddle, place.width()));
        p->restore();
    }

  private:
    const M& model_;
};

CommandPalette::CommandPalette(QWidget* window, std::vector<PaletteEntry> entries)
    : QFrame(window), entries_(std::move(entries)) {
    setAccessibleName(tr("Command palette"));
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(10, 10, 10, 10);
    box->setSpacing(8);
    field_ = makeSearchField(tr("Type an action, page, dataset, run or setting"));
    field_->installEventFilter(this);
    box->addWidget(field_);
    model_ = new Model(*this);
    list_ = new QListView;
    list_->setFrameShape(QFrame::NoFrame);
    list_->setUniformItemSizes(true);
    list_->setModel(model_);
    list_->setItemDelegate(new EntryDelegate<Model>(*model_, list_));
    list_->setAccessibleName(tr("Matches"));
    list_->setFocusPolicy(Qt::NoFocus);
    list_->setMouseTracking(true);
    list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    box->addWidget(list_, 1);
    connect(field_, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(list_, &QListView::clicked, this, [this](const QModelIndex& i) { run(i.row()); });
    filter({});
    const int width = std::min(600, window->width() - 48);
    setGeometry((window->width() - width) / 2, 64, width, std::min(420, window->height() - 128));
    window->installEventFilter(this);
    show();
    raise();
    field_->setFocus(Qt::ShortcutFocusReason);
}

void CommandPalette::filter(const QString& text) {
    std::vector<std::pair<int, int>> scored;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const int score =
            std::max(fuzzyScore(text, entries_[i].text), fuzzyScore(text, entries_[i].where) - 20);
        if (score >= 0) scored.emplace_back(-score, int(i));
    }
    if (!text.isEmpty()) std::stable_sort(scored.begin(), scored.end());
    std::vector<int> shown;
    for (const auto& [score, index] : scored) shown.push_back(index);
    model_->reset(std::move(shown));
    if (!shown_.empty()) list_->setCurrentIndex(model_->index(0));
}

void CommandPalette::run(int row) {
    if (row < 0 || row >= int(shown_.size())) return;
    const auto action = entries_[std::size_t(shown_[std::size_t(row)])].run;
    hide();
    deleteLater();
    if (action) action();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (watched == field_ && event->type() == QEvent::KeyPress) {
        auto* key = static_cast<QKeyEvent*>(event);
        const int row = list_->currentIndex().row();
        const auto go = [this](int to) {
            list_->setCurrentIndex(model_->index(std::clamp(to, 0, std::max(0, shownCount() - 1))));
        };
        switch (key->key()) {
            case Qt::Key_Down:
                go(row + 1);
                return true;
            case Qt::Key_Up:
                go(row - 1);
                return true;
            case Qt::Key_PageDown:
                go(row + 9);
                return true;
            case Qt::Key_PageUp:
                go(row - 9);
                return true;
            case Qt::Key_Return:
            case Qt::Key_Enter:
                run(row);
                return true;
            case Qt::Key_Escape:
                hide();
                deleteLater();
                return true;
            default:
                break;
        }
    }
    if (watched == field_ && event->type() == QEvent::FocusOut && isVisible()) {
        hide();
        deleteLater();
    }
    return QFrame::eventFilter(watched, event);
}

void CommandPalette::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(t.dark ? t.lineStrong : t.line);
    p.setBrush(t.surface);
    p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12);
}

}  // namespace atelier
