// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare_page.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QCursor>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPainter>
#include <QSlider>
#include <QSplitter>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QTableView>
#include <cmath>

#include "ui/models/comparison_report.h"
#include "ui/models/run_desk.h"
#include "ui/models/run_list_model.h"
#include "ui/models/run_words.h"
#include "ui/models/thumbnails.h"
#include "ui/style/tokens.h"
#include "ui/widgets/plot_view.h"
#include "ui/widgets/sample_grid.h"
#include "ui/widgets/sample_viewer.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {

constexpr int kNameWidth = 150, kLeastValue = 56, kMostValue = 110;

double smoothingOf(int slider) {
    return slider <= 0 ? 0 : std::min(0.999, 1 - std::pow(10, -3.0 * slider / 100));
}

QColor chartColour(int colour) {
    return style::tokens().chart[std::size_t(colour) % 6];
}

// A run in the header: its colour, its name, and a cross that takes it out.
class RunChip : public QWidget {
  public:
    RunChip(const RunComparison::Run& run, const std::function<void()>& close) : colour_(run.colour) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(34, 0, 2, 0);
        row->setSpacing(2);
        auto* name = new ElidedLabel(run.name, Qt::ElideMiddle);
        name->setMinimumWidth(40);
        name->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
        row->addWidget(name);
        auto* cross = makeIconButton(QStringLiteral("x"), ComparePage::tr("Take %1 out").arg(run.name));
        cross->setFixedSize(26, 26);
        connect(cross, &QToolButton::clicked, this, close);
        row->addWidget(cross);
        setFixedHeight(30);
        setMaximumWidth(230);
        setMinimumWidth(34 + 40 + 2 + 26 + 2);
        setAccessibleName(run.name);
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(style::tokens().line);
        painter.setBrush(style::tokens().surface);
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 15, 15);
        painter.setPen(Qt::NoPen);
        painter.setBrush(chartColour(colour_));
        painter.drawRoundedRect(QRectF(12, height() / 2.0 - 2, 14, 4), 2, 2);
    }

  private:
    int colour_;
};

// Names in mono (they are keys), headings bold, what differs in full ink.
class TableDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const auto& t = style::tokens();
        painter->save();
        if (option.state & QStyle::State_Selected) painter->fillRect(option.rect, t.accentSoft);
        const bool heading = index.data(ComparisonTable::HeadingRole).toBool();
        const QString text = index.data().toString();
        const bool key = index.column() == 0 && text.contains(QLatin1Char('.'));
        painter->setFont(heading ? style::font(TextSize::Body, QFont::DemiBold)
                         : key   ? style::monoFont()
                                 : style::font(TextSize::Body));
        painter->setPen(heading || (index.column() > 0 && index.data(ComparisonTable::DiffersRole).toBool())
                            ? t.text
                            : t.text2);
        const QRect room = option.rect.adjusted(index.column() == 0 ? 0 : 6, 0, -2, 0);
        painter->drawText(room, index.data(Qt::TextAlignmentRole).toInt(),
                          painter->fontMetrics().elidedText(
                              text, index.column() == 0 ? Qt::ElideLeft : Qt::ElideMiddle, room.width()));
        painter->restore();
    }
};

// A column is a run: its colour is enough, the name is the tooltip.
class RunHeader : public QHeaderView {
  public:
    RunHeader() : QHeaderView(Qt::Horizontal) {}
    QSize sizeHint() const override { return {0, 16}; }

  protected:
    void paintSection(QPainter* painter, const QRect& rect, int column) const override {
        painter->fillRect(rect, style::tokens().surface);
        const QVariant colour = model()->headerData(column, Qt::Horizontal, ComparisonTable::ColourRole);
        if (!colour.isValid()) return;
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        painter->setPen(Qt::NoPen);
        painter->setBrush(chartColour(colour.toInt()));
        painter->drawRoundedRect(QRectF(rect.right() - 16, rect.center().y() - 2, 14, 4), 2, 2);
        painter->restore();
    }
};

}  // namespace

ComparePage::ComparePage(RunListModel& runs, RunDesk& desk, Thumbnails& thumbnails, QWidget* parent)
    : Page(parent),
      runs_(runs),
      desk_(desk),
      thumbnails_(thumbnails),
      comparison_(desk),
      table_(comparison_),
      stack_(new QStackedWidget) {
    header()->setTitle(tr("Compare"));
    chips_ = new QWidget;
    auto* row = new QHBoxLayout(chips_);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    header()->addLeading(chips_);
    addAction_ = addPageAction(tr("Compare"), tr("Add run"), QKeySequence(QStringLiteral("Ctrl+Shift+A")),
                               QStringLiteral("plus"), [this] {
                                   QMenu menu(this);
                                   fillAddMenu(menu);
                                   menu.exec(QCursor::pos());
                               });
    header()->addLeading(makeButton(addAction_, ButtonRole::Ghost));
    reportAction_ = addPageAction(tr("Compare"), tr("Save report (HTML)…"), QKeySequence::Save,
                                  QStringLiteral("export"), [this] { saveReport(); });
    header()->addActionButton(reportAction_);

    stack_->addWidget(makeEmpty());
    auto* body = new QSplitter(Qt::Vertical);
    body->setChildrenCollapsible(false);
    body->setContentsMargins(12, 12, 12, 12);
    auto* upper = new QSplitter(Qt::Horizontal);
    upper->setChildrenCollapsible(false);
    upper->addWidget(makePlotCard());
    upper->addWidget(makeTableCard());
    upper->setStretchFactor(0, 1);
    upper->setSizes({900, 360});
    upper->setHandleWidth(12);
    upper->setProperty("betweenCards", true);
    upper->setObjectName(QStringLiteral("compareUpper"));
    keepSplitter(upper);
    body->addWidget(upper);
    body->addWidget(makeSamplesCard());
    body->setStretchFactor(0, 1);
    body->setStretchFactor(1, 1);
    body->setHandleWidth(12);
    body->setProperty("betweenCards", true);
    body->setObjectName(QStringLiteral("compareBody"));
    keepSplitter(body);
    stack_->addWidget(body);
    setBody(stack_);

    connect(&comparison_, &RunComparison::runsChanged, this, &ComparePage::refreshRuns);
    connect(&comparison_, &RunComparison::changed, this, &ComparePage::refresh);
    refreshRuns();
}

QWidget* ComparePage::makeEmpty() {
    auto* empty = new EmptyState(QStringLiteral("compare"), tr("Nothing to compare yet"),
                                 tr("Choose two to six runs: their curves in one plot, the settings they "
                                    "differ in, and the pictures of one "
                                    "prompt side by side. Or drop run folders here."));
    QPushButton* add = empty->addButton(tr("Add run"), QStringLiteral("plus"), ButtonRole::Primary);
    connect(add, &QPushButton::clicked, this, [this, add] {
        QMenu menu(this);
        fillAddMenu(menu);
        menu.exec(add->mapToGlobal(QPoint(0, add->height())));
    });
    QPushButton* runs = empty->addButton(tr("All runs"), QStringLiteral("runs"), ButtonRole::Normal);
    connect(runs, &QPushButton::clicked, this, [this] { Q_EMIT pageRequested(QStringLiteral("runs"), {}); });
    return empty;
}

QWidget* ComparePage::makePlotCard() {
    QFrame* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(12, 8, 12, 6);
    layout->setSpacing(6);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    curveTabs_ = new SegmentedControl(tr("Curve"));
    for (const QString& text : {tr("Loss"), tr("Validation"), tr("Learning rate"), tr("Throughput")})
        curveTabs_->addSegment(text);
    curveTabs_->setCurrentIndex(0);
    auto* axis = new SegmentedControl(tr("Horizontal axis"));
    for (const QString& text : {tr("Steps"), tr("Images"), tr("Time")}) axis->addSegment(text);
    axis->setCurrentIndex(0);
    auto* smooth = new QSlider(Qt::Horizontal);
    smooth->setRange(0, 100);
    smooth->setValue(45);
    smooth->setFixedWidth(84);
    smooth->setAccessibleName(tr("Smoothing"));
    row->addWidget(curveTabs_);
    row->addStretch();
    row->addWidget(makeLabel(tr("Smooth"), TextSize::Caption, QFont::Normal, Tone::Text2));
    row->addWidget(smooth);
    row->addWidget(axis);
    layout->addLayout(row);
    plot_ = new PlotView;
    plot_->setMinimumHeight(150);
    plot_->setSmoothing(smoothingOf(smooth->value()));
    layout->addWidget(plot_, 1);
    connect(curveTabs_, &SegmentedControl::currentChanged, this, &ComparePage::chooseCurve);
    connect(axis, &SegmentedControl::currentChanged, this, [this](int i) { plot_->setAxis(PlotAxis(i)); });
    connect(smooth, &QSlider::valueChanged, this, [this](int v) { plot_->setSmoothing(smoothingOf(v)); });
    connect(plot_, &PlotView::stepClicked, this, [this](qint64 step) { grid_->showStep(step); });
    connect(plot_, &PlotView::saveRequested, this, [this](const QString& suffix, const QByteArray& bytes) {
        saveFile(QStringLiteral("comparison.") + suffix, bytes);
    });
    return card;
}

QWidget* ComparePage::makeTableCard() {
    QFrame* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(16, 8, 12, 10);
    layout->setSpacing(6);
    auto* row = new QHBoxLayout;
    differing_ = new ElidedLabel;
    differing_->setFont(style::font(TextSize::Caption));
    setLabelTone(differing_, Tone::Text2);
    row->addWidget(differing_, 1);
    QPushButton* all = makeButton(tr("All"), {}, ButtonRole::Link, ButtonSize::Small);
    all->setCheckable(true);
    all->setToolTip(tr("Also the settings that are the same"));
    all->setAccessibleName(tr("Show all settings"));
    connect(all, &QPushButton::toggled, this, [this, all](bool on) {
        table_.setAll(on);
        all->setText(on ? tr("Differences") : tr("All"));
        refresh();
    });
    row->addWidget(all);
    auto* copy = makeIconButton(QStringLiteral("copy"), tr("Copy as Markdown"));
    connect(copy, &QToolButton::clicked, this,
            [this] { QApplication::clipboard()->setText(table_.markdown()); });
    row->addWidget(copy);
    layout->addLayout(row);
    tableView_ = new QTableView;
    tableView_->setModel(&table_);
    tableView_->setItemDelegate(new TableDelegate(tableView_));
    tableView_->setHorizontalHeader(new RunHeader);
    tableView_->horizontalHeader()->setMinimumSectionSize(48);
    tableView_->viewport()->installEventFilter(this);
    tableView_->verticalHeader()->hide();
    tableView_->verticalHeader()->setDefaultSectionSize(24);
    tableView_->setShowGrid(false);
    tableView_->setFrameShape(QFrame::NoFrame);
    tableView_->setSelectionBehavior(QAbstractItemView::SelectRows);
    tableView_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    tableView_->setTabKeyNavigation(false);
    tableView_->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    tableView_->setAccessibleName(tr("Settings that differ, and results"));
    layout->addWidget(tableView_, 1);
    QLabel* note = makeLabel(tr("Training loss is not quality. Trust the samples and the validation loss."),
                             TextSize::Caption, QFont::Normal, Tone::Text2);
    note->setWordWrap(true);
    layout->addWidget(note);
    card->setMinimumWidth(260);
    return card;
}

QWidget* ComparePage::makeSamplesCard() {
    QFrame* card = makeCard();
    auto* layout = new QVBoxLayout(card);
    layout->setContentsMargins(16, 8, 12, 8);
    layout->setSpacing(2);
    auto* row = new QHBoxLayout;
    row->setSpacing(12);
    QLabel* title = makeLabel(tr("Same prompt"), TextSize::Body, QFont::DemiBold);
    prompt_ = new QComboBox;
    prompt_->setAccessibleName(tr("Prompt"));
    prompt_->setMinimumContentsLength(24);
    prompt_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    title->setBuddy(prompt_);
    sampleNote_ = new ElidedLabel;
    sampleNote_->setFont(style::font(TextSize::Caption));
    setLabelTone(sampleNote_, Tone::Text2);
    row->addWidget(title);
    row->addWidget(prompt_);
    row->addWidget(sampleNote_, 1);
    layout->addLayout(row);
    grid_ = new SampleGrid(comparison_.samples(), thumbnails_);
    grid_->setAccessibleName(tr("Samples by run and step"));
    layout->addWidget(grid_, 1);
    card->setMinimumHeight(190);
    connect(prompt_, &QComboBox::activated, this, [this](int i) {
        comparison_.setPrompt(prompt_->itemText(i));
        refresh();
    });
    connect(grid_, &SampleGrid::opened, this, &ComparePage::openSample);
    connect(grid_, &SampleGrid::stepChosen, this, [this](qint64 step) { plot_->setPinnedStep(step); });
    return card;
}

void ComparePage::fillAddMenu(QMenu& menu) {
    std::vector<const RunSummary*> runs = runs_.all();
    std::sort(runs.begin(), runs.end(),
              [](const RunSummary* a, const RunSummary* b) { return a->started > b->started; });
    for (const RunSummary* run : runs) {
        if (comparison_.contains(run->path)) continue;
        QAction* one = menu.addAction(run->name, this, [this, path = run->path] { comparison_.add(path); });
        one->setToolTip(run->path);
    }
    if (menu.isEmpty()) menu.addAction(tr("There is no other run"))->setEnabled(false);
}

bool ComparePage::open(const QString& path) {
    const QStringList folders = path.split(kSeparator, Qt::SkipEmptyParts);
    if (folders.size() > 1)
        comparison_.setFolders(folders);
    else if (folders.size() == 1 && !comparison_.contains(folders[0]))
        comparison_.add(folders[0]);
    if (folders.size() > RunComparison::kMost)
        Q_EMIT messageRaised({Severity::Info,
                              tr("The first %1 runs are compared.").arg(RunComparison::kMost),
                              tr("More curves cannot be told apart."),
                              {}});
    return true;
}

QString ComparePage::location() const {
    return comparison_.folders().join(kSeparator);
}

void ComparePage::openLocation(const QString& location) {
    comparison_.setFolders(location.split(kSeparator, Qt::SkipEmptyParts));
}

QList<DropTarget> ComparePage::dropTargets(const Dropped& dropped) {
    if (dropped.kind != DroppedKind::Run) return {};
    return {{QStringLiteral("compare"), tr("Compare with the others"), tr("Nothing is copied."),
             [this](const Dropped& d) {
                 for (const QString& path : d.paths) comparison_.add(path);
             }}};
}

void ComparePage::refreshRuns() {
    qDeleteAll(chips_->findChildren<QWidget*>(Qt::FindDirectChildrenOnly));
    for (const auto& run : comparison_.runs())
        chips_->layout()->addWidget(new RunChip(run, [this, folder = run.folder] {
            // Not now: the button that was pressed goes with it.
            QMetaObject::invokeMethod(
                this, [this, folder] { comparison_.remove(folder); }, Qt::QueuedConnection);
        }));
    const bool any = !comparison_.runs().empty();
    stack_->setCurrentIndex(any ? 1 : 0);
    addAction_->setEnabled(comparison_.runs().size() < std::size_t(RunComparison::kMost));
    reportAction_->setEnabled(any);
    setStatusNote(any ? tr("%n run(s)", nullptr, int(comparison_.runs().size())) : QString());
    chooseCurve(curveTabs_->currentIndex());
    refresh();
    Q_EMIT locationChanged();
}

void ComparePage::chooseCurve(int tab) {
    std::vector<PlotSeries> series;
    std::int64_t steps = 0;
    bool live = false;
    for (const auto& run : comparison_.runs()) {
        if (!run.monitor) continue;
        const MetricStore* store = &run.monitor->metrics().store();
        const std::string validation = store->find("val_loss") >= 0 ? "val_loss" : "validation_loss";
        const std::string names[] = {"loss", validation, "lr", MetricModel::kThroughput};
        series.push_back({store, names[std::clamp(tab, 0, 3)], run.name, run.colour, tab == 1});
        steps = std::max(steps, run.monitor->totalSteps());
        live = live || run.monitor->active();
    }
    plot_->setSeries(std::move(series));
    plot_->setPlanned(live ? steps : 0, 0);
    plot_->setLive(live);
    plot_->setAccessibleName(tr("Curves of %n run(s)", nullptr, int(comparison_.runs().size())));
    plot_->refresh();
}

void ComparePage::refresh() {
    // A metric may have come since, or a run may have ended.
    if (curveTabs_->currentIndex() == 1)
        chooseCurve(1);
    else
        plot_->refresh();
    const QStringList prompts = comparison_.prompts();
    QStringList shown;
    for (int i = 0; i < prompt_->count(); ++i) shown << prompt_->itemText(i);
    if (shown != prompts) {
        prompt_->clear();
        prompt_->addItems(prompts);
    }
    prompt_->setCurrentText(comparison_.prompt());
    prompt_->setVisible(!prompts.isEmpty());
    sampleNote_->setText(prompts.isEmpty()
                             ? tr("no samples yet")
                             : tr("click a picture: B puts another run beside it, D shows the difference"));
    differing_->setText(
        table_.settings() > 0
            ? tr("%1 of %2 settings differ").arg(countText(table_.differing()), countText(table_.settings()))
            : tr("reading the settings…"));
    fitColumns();
    for (int r = 0; r < table_.rowCount(); ++r) {
        const bool heading = table_.index(r, 0).data(ComparisonTable::HeadingRole).toBool();
        tableView_->setSpan(r, 0, 1, heading ? std::max(1, table_.columnCount()) : 1);
    }
}

bool ComparePage::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) fitColumns();
    return Page::eventFilter(watched, event);
}

// The names take what the values leave; when that is too little, the table scrolls.
void ComparePage::fitColumns() {
    QHeaderView* head = tableView_->horizontalHeader();
    const int columns = head->count(), room = tableView_->viewport()->width();
    if (columns < 2) return;
    int least = kLeastValue;
    for (int c = 1; c < columns; ++c) least = std::max(least, std::min(kMostValue, titleWidth(*head, c)));
    const int value = std::clamp((room - kNameWidth) / (columns - 1), least, kMostValue);
    head->resizeSection(0, std::max(kNameWidth, room - value * (columns - 1)));
    for (int c = 1; c < columns; ++c) head->resizeSection(c, value);
}

void ComparePage::openSample(int row, int column) {
    auto* viewer = new SampleViewer(window(), comparison_.samples(), thumbnails_);
    viewer->compareRows();
    connect(viewer, &SampleViewer::closed, this, [this] { grid_->setFocus(); });
    viewer->open(row, column);
}

QByteArray ComparePage::report() {
    QStringList colours;
    for (const QColor& colour : style::tokens().chart) colours << colour.name();
    return comparisonReport(comparison_, table_, plot_->svg(), colours);
}

void ComparePage::saveReport() {
    if (!comparison_.runs().empty()) saveFile(QStringLiteral("comparison.html"), report());
}

void ComparePage::saveFile(const QString& name, const QByteArray& bytes) {
    const QString path = QFileDialog::getSaveFileName(window(), tr("Save"), name);
    if (path.isEmpty()) return;
    if (const Status saved = desk_.saveFile(path, bytes); !saved) {
        Q_EMIT messageRaised(
            {Severity::Error, tr("Not saved."), QString::fromStdString(saved.error().message()), {}});
        return;
    }
    Q_EMIT messageRaised({Severity::Good,
                          tr("Saved to %1.").arg(path),
                          {},
                          {{tr("Open folder"), [this, path] { desk_.showInFiles(path); }}}});
}

}  // namespace atelier
