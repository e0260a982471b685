// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/form_view.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QHBoxLayout>
#include <QLabel>
#include <QTimer>
#include <QVBoxLayout>
#include <limits>

#include "ui/forms/field_editor.h"
#include "ui/forms/form_row.h"
#include "ui/models/config_document.h"
#include "ui/session/languages.h"
#include "ui/widgets/controls.h"

namespace atelier {

namespace {
constexpr qint64 kSliceMs = 12;

void collect(const SchemaNode& node, Importance level, QStringList& out) {
    for (const auto& child : node.children) {
        if (child.type == ValueType::Section)
            collect(child, level, out);
        else if (child.info.importance <= level && child.info.implemented)
            out << QString::fromStdString(child.path);
    }
}
}  // namespace

FormView::FormView(ConfigDocument& document, QWidget* parent)
    : QScrollArea(parent), document_(document), content_(new QWidget) {
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setFocusPolicy(Qt::NoFocus);  // its fields have the keyboard
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    content_->setObjectName(QStringLiteral("formContent"));
    content_->setBackgroundRole(QPalette::Base);
    content_->setAutoFillBackground(true);
    layout_ = new QVBoxLayout(content_);
    layout_->setContentsMargins(0, 8, 4, 16);
    layout_->setSpacing(0);
    setWidget(content_);
    connect(&document_, &ConfigDocument::checked, this, &FormView::refreshRows);
    connect(&document_, &ConfigDocument::opened, this, &FormView::rebuild);
    rebuild();
}

QStringList FormView::paths(const QString& section, Importance level) {
    QStringList out;
    const SchemaNode* node = findSchema(section.toStdString());
    if (node) collect(*node, level, out);
    return out;
}

int FormView::count(Importance level) {
    return int(paths({}, level).size());
}

std::vector<FormView::Group> FormView::groups() const {
    std::vector<Group> out;
    for (const auto& section : trainSchema().children) {
        const QString key = QString::fromStdString(section.path);
        if (section.type != ValueType::Section) continue;
        const bool searching = !filter_.search.isEmpty();
        if (!searching && !filter_.section.isEmpty() && filter_.section != key) continue;
        const bool essentials = filter_.section.isEmpty() && !filter_.changedOnly && !searching;
        Group group{translated(section.info.label), translated(section.info.help), {}};
        for (const QString& path : paths(key, searching    ? Importance::Expert
                                              : essentials ? Importance::Basic
                                                           : filter_.level)) {
            if (filter_.changedOnly && document_.origin(path).origin != Origin::User) continue;
            const bool given = document_.origin(path).origin != Origin::Default;
            // What the method does not know is hidden, unless the text gives it or it was searched for.
            if (!searching && !given && !document_.applies(path)) continue;
            if (searching) {
                const SchemaNode* schema = findSchema(path.toStdString());
                if (!schema || !FormRow::matches(*schema, document_, filter_.search)) continue;
            }
            group.paths << path;
        }
        // A section of its own has at least its basic settings to show, whatever the level.
        if (!group.paths.isEmpty()) out.push_back(std::move(group));
    }
    return out;
}

// What a list of sections holds is shown by the list's row.
FormRow* FormView::row(const QString& at) {
    const QString path = at.section(QLatin1Char('['), 0, 0);
    if (FormRow* known = rows_.value(path)) return known;
    const SchemaNode* schema = findSchema(path.toStdString());
    if (!schema || schema->type == ValueType::Section) return nullptr;
    auto* made = new FormRow(*schema, document_, content_);
    made->hide();
    connect(made, &FormRow::activated, this, [this](const QString& at) {
        setCurrent(at, false);
        Q_EMIT activated(at);
    });
    connect(made, &FormRow::showTextRequested, this, &FormView::showTextRequested);
    rows_.insert(path, made);
    return made;
}

void FormView::setFilter(const FormFilter& filter) {
    const bool other = filter.section != filter_.section || filter.search != filter_.search;
    filter_ = filter;
    structure_.clear();
    rebuild();
    if (other) ensureVisible(0, 0);
}

void FormView::rebuild() {
    const std::vector<Group> wanted = groups();
    QString structure;
    for (const auto& group : wanted)
        structure += group.title + QLatin1Char(':') + group.paths.join(QLatin1Char(',')) + QLatin1Char(';');
    if (structure == structure_ && !structure.isEmpty()) return refreshRows();
    structure_ = structure;
    content_->setUpdatesEnabled(false);
    while (QLayoutItem* item = layout_->takeAt(0)) {
        if (item->widget()) item->widget()->hide();
        delete item;
    }
    for (QWidget* one : decoration_) one->deleteLater();
    decoration_.clear();
    shown_.clear();
    pieces_.clear();
    lastField_ = nullptr;
    for (const auto& group : wanted) {
        pieces_.push_back({group.title, group.about, {}});
        for (const QString& path : group.paths) {
            pieces_.push_back({{}, {}, path});
            shown_ << path;
        }
    }
    if (shown_.isEmpty()) {
        auto* nothing = makeLabel(filter_.changedOnly ? tr("Nothing is changed.") : tr("No setting matches."),
                                  style::TextSize::Body, QFont::Normal, style::Tone::Text2);
        nothing->setParent(content_);
        nothing->setContentsMargins(26, 16, 12, 0);
        layout_->addWidget(nothing);
        nothing->show();
        decoration_.push_back(nothing);
    }
    layout_->addStretch(1);
    placed_ = 0;
    addPieces(kSliceMs);
    content_->setUpdatesEnabled(true);
}

void FormView::addHead(const Piece& piece) {
    const auto place = [this](QWidget* widget) {
        layout_->insertWidget(layout_->count() - 1, widget);  // before the stretch
        widget->show();
        decoration_.push_back(widget);
    };
    if (placed_ > 0) {
        auto* line = new QWidget(content_);
        auto* inset = new QHBoxLayout(line);
        inset->setContentsMargins(26, 8, 24, 8);
        inset->addWidget(makeLine());
        place(line);
    }
    auto* head = new QWidget(content_);
    auto* row = new QHBoxLayout(head);
    row->setContentsMargins(26, 6, 12, 2);
    row->setSpacing(10);
    row->addWidget(makeLabel(piece.title, style::TextSize::Body, QFont::DemiBold));
    auto* about = new QLabel(piece.about);
    about->setWordWrap(true);
    about->setFont(style::font(style::TextSize::Caption));
    setLabelTone(about, style::Tone::Text2);
    row->addWidget(about, 1);
    place(head);
}

// Rows cost a millisecond each when they are made: a long form is made in slices, between which the window
// answers.
void FormView::addPieces(qint64 budgetMs) {
    QElapsedTimer clock;
    clock.start();
    for (; placed_ < pieces_.size(); ++placed_) {
        if (clock.elapsed() >= budgetMs) {
            QTimer::singleShot(0, this, [this, pieces = structure_] {
                if (pieces == structure_) addPieces(kSliceMs);
            });
            return;
        }
        const Piece& piece = pieces_[placed_];
        if (piece.path.isEmpty()) {
            addHead(piece);
            continue;
        }
        FormRow* one = row(piece.path);
        one->refresh();
        layout_->insertWidget(layout_->count() - 1, one);
        one->show();
        // The tab key follows what the eye sees.
        QWidget* field = one->editor()->field();
        if (lastField_) QWidget::setTabOrder(lastField_, field);
        lastField_ = field;
    }
}

void FormView::refreshRows() {
    // Which rows there are may depend on values (the method); rows with the keyboard stay.
    QString structure;
    for (const auto& group : groups())
        structure += group.title + QLatin1Char(':') + group.paths.join(QLatin1Char(',')) + QLatin1Char(';');
    if (structure != structure_) {
        QWidget* focus = QApplication::focusWidget();
        const bool ours = focus && content_->isAncestorOf(focus);
        rebuild();
        if (ours && focus->isVisible()) focus->setFocus();
        return;
    }
    for (const QString& path : shown_)
        if (FormRow* one = rows_.value(path)) one->refresh();
}

void FormView::setCurrent(const QString& at, bool scroll) {
    const QString path = at.section(QLatin1Char('['), 0, 0);
    if (FormRow* before = rows_.value(current_)) before->setCurrent(false);
    current_ = path;
    if (scroll && shown_.contains(path)) addPieces(std::numeric_limits<qint64>::max());
    FormRow* now = rows_.value(path);
    if (!now) return;
    now->setCurrent(true);
    if (!scroll) return;
    QTimer::singleShot(0, this, [this, path] {
        if (FormRow* one = rows_.value(path)) ensureWidgetVisible(one, 0, 40);
    });
}

}  // namespace atelier
