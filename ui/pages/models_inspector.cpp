// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models_inspector.h"

#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QScrollArea>
#include <QShortcut>
#include <QStackedWidget>
#include <QTableView>
#include <QVBoxLayout>

#include "ui/models/model_work.h"
#include "ui/widgets/flow_layout.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
QTableView* makeTable(QAbstractItemModel* model, const QString& name) {
    auto* view = new QTableView;
    view->setModel(model);
    view->setAccessibleName(name);
    view->setFrameShape(QFrame::NoFrame);
    view->setShowGrid(false);
    view->setTabKeyNavigation(false);
    view->setSelectionBehavior(QAbstractItemView::SelectRows);
    view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    view->setWordWrap(false);
    view->setTextElideMode(Qt::ElideMiddle);
    view->verticalHeader()->hide();
    view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    view->verticalHeader()->setDefaultSectionSize(28);
    view->horizontalHeader()->setHighlightSections(false);
    view->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    return view;
}

// What is selected, whole, a line for each row; UserRole where a cell shows less than it has.
void copyRows(const QTableView* view) {
    QStringList lines;
    for (const QModelIndex& row : view->selectionModel()->selectedRows()) {
        QStringList cells;
        for (int c = 0; c < view->model()->columnCount(); ++c) {
            const QModelIndex cell = row.siblingAtColumn(c);
            const QVariant whole = cell.data(Qt::UserRole);
            cells << (whole.isValid() ? whole : cell.data()).toString();
        }
        lines << cells.join(QLatin1Char('\t'));
    }
    if (!lines.isEmpty()) QApplication::clipboard()->setText(lines.join(QLatin1Char('\n')));
}

void addText(QVBoxLayout* box, const QString& text, Tone tone, const QString& icon = {}) {
    auto* line = new QWidget;
    auto* row = new QHBoxLayout(line);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    if (!icon.isEmpty()) row->addWidget(new IconLabel(icon, tone), 0, Qt::AlignTop);
    QLabel* label = makeLabel(text, TextSize::Body, QFont::Normal, icon.isEmpty() ? tone : Tone::Text);
    label->setWordWrap(true);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    row->addWidget(label, 1);
    box->addWidget(line);
}

// What reading all values found.
void addValues(QVBoxLayout* box, const ModelFacts& facts) {
    if (!facts.valuesRead) return;
    if (facts.notFinite.isEmpty())
        addText(box, ModelsInspector::tr("All values were read; none is NaN or infinity."), Tone::Good,
                QStringLiteral("check"));
    else
        addText(
            box,
            ModelsInspector::tr(
                "%n tensor(s) hold NaN or infinity, the first is %1. Pictures made with it will be black.",
                nullptr, int(facts.notFinite.size()))
                .arg(facts.notFinite.front()),
            Tone::Bad, QStringLiteral("error"));
}
}  // namespace

ModelsInspector::ModelsInspector(QWidget* parent) : QWidget(parent) {
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    content_ = new QWidget;
    auto* all = new QVBoxLayout(content_);
    all->setContentsMargins(16, 16, 16, 8);
    all->setSpacing(8);
    name_ = new ElidedLabel;
    name_->setFont(style::font(TextSize::Title, QFont::DemiBold));
    all->addWidget(name_);
    what_ = makeLabel({}, TextSize::Body, QFont::Normal, Tone::Text2);
    what_->setWordWrap(true);
    all->addWidget(what_);
    tabs_ = new SegmentedControl(tr("What to show of the model"));
    for (const QString& text : {tr("What it is"), tr("Tensors"), tr("Metadata")}) tabs_->addSegment(text);
    all->addWidget(tabs_);
    stack_ = new QStackedWidget;
    stack_->addWidget(makeFactsTab());
    stack_->addWidget(makeTensorsTab());
    stack_->addWidget(makeMetadataTab());
    all->addWidget(stack_, 1);
    connect(tabs_, &SegmentedControl::currentChanged, stack_, &QStackedWidget::setCurrentIndex);
    nothing_ = makeLabel(tr("No model is selected."), TextSize::Body, QFont::Normal, Tone::Text2);
    nothing_->setAlignment(Qt::AlignCenter);
    outer->addWidget(content_);
    outer->addWidget(nothing_);
    show(nullptr, nullptr);
}

QWidget* ModelsInspector::makeFactsTab() {
    auto* tab = new QWidget;
    auto* box = new QVBoxLayout(tab);
    box->setContentsMargins(0, 4, 0, 0);
    auto* bar = new QWidget;
    auto* flow = new FlowLayout(bar, 6);
    const auto add = [&](ModelAction action, const QString& text, const QString& icon, ButtonRole role) {
        auto* button = makeButton(text, icon, role);
        flow->addWidget(button);
        buttons_.emplace_back(action, button);
        connect(button, &QPushButton::clicked, this, [this, action] { Q_EMIT actionWanted(action); });
    };
    add(ModelAction::Train, tr("Train on this"), QStringLiteral("play"), ButtonRole::Primary);
    add(ModelAction::Sample, tr("Try a prompt"), QStringLiteral("camera"), ButtonRole::Normal);
    add(ModelAction::Merge, tr("Merge…"), QStringLiteral("layers"), ButtonRole::Normal);
    add(ModelAction::Resize, tr("Rank…"), QStringLiteral("crop"), ButtonRole::Normal);
    add(ModelAction::Extract, tr("Extract LoRA…"), QStringLiteral("layers"), ButtonRole::Normal);
    add(ModelAction::Convert, tr("Convert…"), QStringLiteral("export"), ButtonRole::Normal);
    add(ModelAction::Verify, tr("Check values"), QStringLiteral("check"), ButtonRole::Normal);
    add(ModelAction::Show, tr("Show in folder"), QStringLiteral("folder"), ButtonRole::Ghost);
    box->addWidget(bar);
    auto* scroll = new QScrollArea;
    scroll->setFocusPolicy(Qt::NoFocus);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    rows_ = new QWidget;
    makeSurface(rows_);
    scroll->setWidget(rows_);
    box->addWidget(scroll, 1);
    return tab;
}

QWidget* ModelsInspector::makeTensorsTab() {
    auto* tab = new QWidget;
    auto* box = new QVBoxLayout(tab);
    box->setContentsMargins(0, 4, 0, 0);
    find_ = makeSearchField(tr("Find tensor"));
    box->addWidget(find_);
    tensorView_ = makeTable(&filter_, tr("Tensors"));
    tensorView_->horizontalHeader()->setSectionResizeMode(TensorTableModel::Name, QHeaderView::Stretch);
    tensorView_->setTextElideMode(Qt::ElideLeft);  // names differ at their end
    tensorView_->setColumnWidth(TensorTableModel::Shape, 116);
    tensorView_->setColumnWidth(TensorTableModel::Type, 60);
    box->addWidget(tensorView_, 1);
    count_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    box->addWidget(count_);
    connect(find_, &QLineEdit::textChanged, this, [this](const QString& text) {
        filter_.setText(text);
        count_->setText(tr("%1 of %2 tensors").arg(figure(filter_.rowCount()), figure(tensors_.rowCount())));
    });
    auto* copy = new QShortcut(QKeySequence::Copy, tensorView_);
    copy->setContext(Qt::WidgetShortcut);
    connect(copy, &QShortcut::activated, this, [this] { copyRows(tensorView_); });
    return tab;
}

QWidget* ModelsInspector::makeMetadataTab() {
    auto* tab = new QWidget;
    auto* box = new QVBoxLayout(tab);
    box->setContentsMargins(0, 4, 0, 0);
    metadataView_ = makeTable(&metadata_, tr("Metadata"));
    metadataView_->horizontalHeader()->setStretchLastSection(true);
    metadataView_->setColumnWidth(0, 170);
    metadataView_->setTextElideMode(Qt::ElideRight);
    box->addWidget(metadataView_, 1);
    auto* copy = makeButton(tr("Copy all"), QStringLiteral("copy"), ButtonRole::Normal, ButtonSize::Small);
    box->addWidget(copy, 0, Qt::AlignLeft);
    connect(copy, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(metadata_.asText()); });
    auto* keys = new QShortcut(QKeySequence::Copy, metadataView_);
    keys->setContext(Qt::WidgetShortcut);
    connect(keys, &QShortcut::activated, this, [this] { copyRows(metadataView_); });
    return tab;
}

QString ModelsInspector::refusal(ModelAction action, const ModelFacts& facts) {
    const bool lora = facts.kind == ModelKind::Lora;
    switch (action) {
        case ModelAction::Train:
        case ModelAction::Sample:
            if (lora && action == ModelAction::Sample) return {};
            if (facts.kind == ModelKind::Checkpoint && action == ModelAction::Train) return {};
            if (facts.kind != ModelKind::Pipeline)
                return facts.kind == ModelKind::Checkpoint
                           ? tr("It takes a pipeline folder: convert it first.")
                           : tr("It takes a whole model.");
            return facts.complete ? QString() : tr("Something is missing: %1").arg(facts.problems.value(0));
        case ModelAction::Convert:
            return conversionsOf(facts).empty() ? tr("Atelier has no other form for this.") : QString();
        case ModelAction::Extract:
            return facts.kind == ModelKind::Pipeline || facts.kind == ModelKind::Checkpoint
                       ? QString()
                       : tr("It takes a whole model.");
        case ModelAction::Merge:
        case ModelAction::Resize:
            return lora ? QString() : tr("It takes a LoRA.");
        default:
            return {};
    }
}

void ModelsInspector::show(const ModelEntry* entry, std::shared_ptr<const ModelFacts> facts) {
    content_->setVisible(entry != nullptr);
    nothing_->setVisible(entry == nullptr);
    if (entry == nullptr) return;
    const QString key =
        QStringLiteral("%1|%2|%3").arg(entry->path, entry->problem).arg(quintptr(facts.get()));
    if (key == shown_) return;
    shown_ = key;
    if (path_ != entry->path) find_->clear();
    path_ = entry->path;
    facts_ = facts;
    name_->setText(entry->name);
    what_->setText(facts                      ? facts->title()
                   : entry->problem.isEmpty() ? tr("looking")
                                              : tr("It cannot be read."));
    tensors_.setFacts(facts);
    metadata_.setFacts(facts);
    count_->setText(tr("%1 tensors").arg(figure(tensors_.rowCount())));
    tabs_->setSegmentText(1, facts ? tr("Tensors %1").arg(figure(facts->tensorCount)) : tr("Tensors"));
    tabs_->setSegmentText(2, facts ? tr("Metadata %1").arg(facts->metadata.size()) : tr("Metadata"));
    for (const auto& [action, button] : buttons_) {
        const bool forLora = action == ModelAction::Merge || action == ModelAction::Resize;
        const bool forModel = action == ModelAction::Train || action == ModelAction::Extract;
        const bool lora = facts && facts->kind == ModelKind::Lora;
        button->setVisible(!(forLora && !lora) && !(forModel && lora));
        const QString why = facts ? refusal(action, *facts) : tr("It is not known yet what this is.");
        button->setEnabled(action == ModelAction::Show || why.isEmpty());
        button->setToolTip(why);
    }
    fill(*entry, facts.get());
}

void ModelsInspector::fill(const ModelEntry& entry, const ModelFacts* facts) {
    delete rows_->layout();
    qDeleteAll(rows_->findChildren<QWidget*>(QString(), Qt::FindDirectChildrenOnly));
    auto* box = new QVBoxLayout(rows_);
    box->setContentsMargins(0, 8, 8, 8);
    box->setSpacing(8);
    if (!entry.problem.isEmpty()) addText(box, entry.problem, Tone::Bad, QStringLiteral("error"));
    if (facts) {
        if (facts->pickled())
            addText(box, tr("A pickle may contain code. Atelier reads it as data only."), Tone::Warn,
                    QStringLiteral("warning"));
        for (const QString& problem : facts->problems)
            addText(box, problem, Tone::Bad, QStringLiteral("error"));
        addValues(box, *facts);
        addText(box,
                tr("%1, %2, %3 parameters in %4 tensors")
                    .arg(facts->precision().isEmpty() ? tr("no weights") : facts->precision(),
                         bytesWords(facts->bytes), figure(facts->parameters), figure(facts->tensorCount)),
                Tone::Text);
        for (const ModelPartFacts& part : facts->parts) {
            const bool good = part.problems.isEmpty();
            QStringList words{part.name};
            if (!part.className.isEmpty()) words << part.className;
            if (!part.detail.isEmpty()) words << part.detail;
            if (part.bytes > 0) words << bytesWords(part.bytes);
            addText(box, words.join(QStringLiteral(" · ")), good ? Tone::Good : Tone::Bad,
                    good ? QStringLiteral("check") : QStringLiteral("error"));
        }
        if (!facts->readers.empty()) {
            box->addWidget(makeLine());
            box->addWidget(makeLabel(tr("By the rules of their readers"), TextSize::Body, QFont::DemiBold));
            for (const ReaderFacts& reader : facts->readers)
                addText(box,
                        reader.takes
                            ? (reader.how.isEmpty() ? tr("%1 takes it").arg(reader.program)
                                                    : tr("%1 takes it (%2)").arg(reader.program, reader.how))
                            : tr("%1 does not take it: %2").arg(reader.program, reader.how),
                        reader.takes ? Tone::Good : Tone::Warn,
                        reader.takes ? QStringLiteral("check") : QStringLiteral("info"));
        }
        box->addWidget(makeLine());
    }
    if (!entry.usedBy.isEmpty())
        addText(box, tr("Used by %1").arg(entry.usedBy.join(QStringLiteral(", "))), Tone::Text2);
    if (!entry.origin.isEmpty()) addText(box, entry.origin, Tone::Text2);
    addText(box, entry.path, Tone::Text2);
    box->addStretch();
}

void ModelsInspector::showTab(int tab) {
    tabs_->setCurrentIndex(tab);
}

}  // namespace atelier
