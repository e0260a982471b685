// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/section_list.h"

#include <QDir>
#include <QDropEvent>
#include <QGridLayout>
#include <QMimeData>
#include <QUrl>
#include <QVBoxLayout>

#include "ui/models/picture_count.h"
#include "ui/session/languages.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;
using yaml::Node;

namespace {
// What a list of sections shows first: where the item's pictures are. Others have a label above their field.
constexpr const char* kPath = "path";

QStringList localPaths(const QMimeData& mime) {
    QStringList paths;
    for (const QUrl& url : mime.urls())
        if (url.isLocalFile()) paths << url.toLocalFile();
    return paths;
}

QString fromHome(const QString& path) {
    const QString home = QDir::homePath() + QLatin1Char('/');
    return path.startsWith(home) ? QLatin1String("~/") + path.mid(home.size()) : path;
}
}  // namespace

SectionListField::SectionListField(const SchemaNode& schema, QWidget* parent)
    : FieldEditor(parent), schema_(schema), counts_(new PictureCount(this)) {
    setAcceptDrops(true);
    column_ = new QVBoxLayout(this);
    column_->setContentsMargins(0, 4, 0, 4);
    column_->setSpacing(8);
    add_ = makeButton(tr("Add one"), QStringLiteral("plus"), ButtonRole::Normal, ButtonSize::Small);
    column_->addWidget(add_, 0, Qt::AlignLeft);
    connect(add_, &QPushButton::clicked, this,
            [this] { Q_EMIT itemInserted(int(cards_.size()), itemFor({})); });
    connect(counts_, &PictureCount::counted, this, &SectionListField::showCount);
}

QWidget* SectionListField::field() const {
    return add_;
}

// A path is what an item needs; with none yet it says so.
Node SectionListField::itemFor(const QString& path) const {
    Node item = Node::map();
    item.set(kPath, Node::ofString(path.isEmpty() ? "?\?\?" : fromHome(path).toStdString()));
    return item;
}

SectionListField::Card SectionListField::addCard(int index) {
    Card card;
    card.frame = atelier::makeCard();
    auto* grid = new QGridLayout(card.frame);
    grid->setContentsMargins(12, 8, 8, 12);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(4);
    auto* head = new QHBoxLayout;
    head->setSpacing(2);
    card.title = makeLabel(QString::number(index + 1), TextSize::Body, QFont::DemiBold);
    card.count = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    head->addWidget(card.title);
    head->addSpacing(8);
    head->addWidget(card.count, 1);
    const auto button = [&](const char* icon, const QString& name, auto run) {
        auto* made = makeIconButton(QLatin1String(icon), tr("%1 %2").arg(name).arg(index + 1));
        connect(made, &QToolButton::clicked, this, run);
        head->addWidget(made);
        return made;
    };
    card.up = button("chevup", tr("Move up"), [this, index] { Q_EMIT itemMoved(index, index - 1); });
    card.down = button("chev", tr("Move down"), [this, index] { Q_EMIT itemMoved(index, index + 1); });
    button("copy", tr("Duplicate"),
           [this, index] { Q_EMIT itemInserted(index + 1, yaml::fromJson(value_[std::size_t(index)])); });
    button("x", tr("Remove"), [this, index] { Q_EMIT itemRemoved(index); });
    grid->addLayout(head, 0, 0, 1, 2);
    int place = 0;
    for (const SchemaNode& child : schema_.children) {
        auto* cell = new QVBoxLayout;
        cell->setSpacing(2);
        const QString name = translated(child.info.label);
        auto* label = new ElidedLabel(name);
        label->setFont(style::font(TextSize::Caption));
        setLabelTone(label, Tone::Text2);
        label->setToolTip(translated(child.info.help));
        FieldEditor* editor = makeFieldEditor(child, card.frame);
        editor->field()->setAccessibleName(tr("%1 %2").arg(name).arg(index + 1));
        editor->field()->setAccessibleDescription(translated(child.info.help));
        editor->field()->setToolTip(translated(child.info.help));
        label->setBuddy(editor->field());
        cell->addWidget(label);
        cell->addWidget(editor);
        const bool whole = child.key == kPath;
        grid->addLayout(cell, 1 + place / 2, place % 2, 1, whole ? 2 : 1);
        place += whole ? 2 : 1;
        const QString key = QString::fromStdString(child.key);
        connect(editor, &FieldEditor::edited, this,
                [this, index, key](const Node& value) { Q_EMIT itemEdited(index, key, value); });
        const bool required = child.info.required;
        connect(editor, &FieldEditor::cleared, this, [this, index, key, required] {
            if (required)
                Q_EMIT itemEdited(index, key, Node::ofString("?\?\?"));
            else
                Q_EMIT itemCleared(index, key);
        });
        connect(editor, &FieldEditor::mistyped, this, &FieldEditor::mistyped);
        card.fields.emplace_back(&child, editor);
    }
    column_->insertWidget(index, card.frame);
    return card;
}

void SectionListField::setValue(const Json& value, bool) {
    value_ = value.is_array() ? value : Json::array();
    const std::size_t count = value_.size();
    while (cards_.size() > count) {
        cards_.back().frame->hide();
        cards_.back().frame->deleteLater();
        cards_.pop_back();
    }
    while (cards_.size() < count) cards_.push_back(addCard(int(cards_.size())));
    for (std::size_t i = 0; i < count; ++i) {
        Card& card = cards_[i];
        card.up->setEnabled(i > 0);
        card.down->setEnabled(i + 1 < count);
        const Json& item = value_[i];
        for (const auto& [schema, editor] : card.fields) {
            const bool given = item.is_object() && item.contains(schema->key) && !item[schema->key].is_null();
            const bool missing = given && item[schema->key] == "?\?\?";
            editor->setValue(missing ? Json()
                             : given ? item[schema->key]
                                     : schema->fallback,
                             given && !missing);
        }
    }
}

void SectionListField::setResolved(const Json& value) {
    for (std::size_t i = 0; i < cards_.size(); ++i) {
        const Json* path =
            value.is_array() && i < value.size() && value[i].is_object() && value[i].contains(kPath)
                ? &value[i][kPath]
                : nullptr;
        const bool some = path && path->is_string() && *path != "" && *path != "?\?\?";
        cards_[i].counted = some ? QString::fromStdString(path->get<std::string>()) : QString();
        if (some)
            counts_->ask(cards_[i].counted);
        else
            cards_[i].count->setText(tr("Drop a folder of pictures here, or choose one"));
        if (!some) setLabelTone(cards_[i].count, Tone::Text2);
    }
}

void SectionListField::showCount(const QString& path, int count) {
    for (Card& card : cards_) {
        if (card.counted != path) continue;
        card.count->setText(count == -1  ? tr("There is nothing at this path.")
                            : count < 0  ? tr("shards")
                            : count == 0 ? tr("There are no pictures in this folder.")
                                         : tr("%n image(s)", nullptr, count));
        setLabelTone(card.count, count == -1 || count == 0 ? Tone::Warn : Tone::Good);
    }
}

void SectionListField::dragEnterEvent(QDragEnterEvent* event) {
    if (!localPaths(*event->mimeData()).isEmpty()) event->acceptProposedAction();
}

// The first folder to the card below the pointer, the others behind it; beside the cards all of them are new.
void SectionListField::dropEvent(QDropEvent* event) {
    QStringList paths = localPaths(*event->mimeData());
    int at = int(cards_.size());
    for (std::size_t i = 0; i < cards_.size(); ++i)
        if (cards_[i].frame->geometry().contains(event->position().toPoint())) at = int(i);
    if (at < int(cards_.size()) && !paths.isEmpty()) {
        Q_EMIT itemEdited(at, QLatin1String(kPath), itemFor(paths.takeFirst()).find(kPath)[0]);
        ++at;
    }
    for (const QString& path : paths) Q_EMIT itemInserted(at++, itemFor(path));
    event->acceptProposedAction();
}

}  // namespace atelier
