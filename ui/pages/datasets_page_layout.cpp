// SPDX-License-Identifier: GPL-3.0-or-later
// Construction of the Datasets page: header, actions, toolbar, views, connections.
#include <QComboBox>
#include <QMenu>
#include <QSlider>
#include <QSplitter>
#include <QStackedWidget>
#include <QTimer>
#include <QVBoxLayout>

#include "ui/pages/datasets_audit.h"
#include "ui/pages/datasets_grid.h"
#include "ui/pages/datasets_inspector.h"
#include "ui/pages/datasets_page.h"
#include "ui/pages/datasets_shards.h"
#include "ui/pages/datasets_sources.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;

DatasetsPage::DatasetsPage(DatasetStore& store, DatasetDocument& document, DatasetImagesModel& images,
                           DatasetBuild& build, QWidget* parent)
    : Page(parent), store_(store), document_(document), images_(images), build_(build) {
    makeHeader();
    stack_ = new QStackedWidget;
    auto* empty = new EmptyState(QStringLiteral("datasets"), tr("Drop a folder of images here"),
                                 tr("With or without captions. Files stay where they are; the dataset "
                                    "remembers their paths and your edits."));
    connect(empty->addButton(tr("Choose a folder…"), QStringLiteral("folder"), ButtonRole::Primary),
            &QPushButton::clicked, this, &DatasetsPage::chooseFolder);
    connect(empty->addButton(tr("New dataset…"), QStringLiteral("plus"), ButtonRole::Normal),
            &QPushButton::clicked, this, &DatasetsPage::showNewSheet);
    empty_ = empty;
    imagesView_ = makeImagesView();
    for (QWidget* w : {empty_, imagesView_}) stack_->addWidget(w);
    setBody(stack_);
    inspector_ = new DatasetInspector(images_);
    setInspector(inspector_);
    makeActions();
    connectModels();
    refreshState();
}

void DatasetsPage::makeHeader() {
    switcher_ = new QComboBox;
    switcher_->setModel(&store_);
    switcher_->setAccessibleName(tr("Dataset"));
    switcher_->setFont(style::font(TextSize::Body, QFont::DemiBold));
    switcher_->setMinimumWidth(style::scaled(110));
    switcher_->setMaximumWidth(style::scaled(190));
    switcher_->setCurrentIndex(-1);
    switcher_->setPlaceholderText(tr("Choose a dataset"));
    header()->addLeading(switcher_);
    HeaderTabs* tabs = header()->tabs();
    tabs->addTab(tr("Images"));
    tabs->addTab(tr("Audit"));
    tabs->addTab(tr("Shards"));
    tabs->setAccessibleName(tr("Parts of the dataset"));
    connect(tabs, &QTabBar::currentChanged, this, &DatasetsPage::showTab);
    connect(switcher_, &QComboBox::activated, this, [this](int row) {
        const QString path = store_.pathAt(row);
        if (!path.isEmpty()) open(path);
    });
}

void DatasetsPage::makeActions() {
    const QString menu = tr("Dataset"), picture = tr("Picture");
    undo_ = document_.undoStack().createUndoAction(this, tr("Undo"));
    undo_->setIcon(style::icon(QStringLiteral("undo")));
    redo_ = document_.undoStack().createRedoAction(this, tr("Redo"));
    redo_->setIcon(style::icon(QStringLiteral("redo")));
    header()->addIconAction(undo_);
    header()->addIconAction(redo_);

    QAction* folder =
        addPageAction(menu, tr("Add a folder…"), {}, QStringLiteral("folder"), [this] { chooseFolder(); });
    QAction* files =
        addPageAction(menu, tr("Add image files…"), {}, QStringLiteral("file"), [this] { chooseFiles(); });
    auto* add = makeButton(tr("Add images"), QStringLiteral("plus"));
    auto* addMenu = new QMenu(add);
    addMenu->addActions({folder, files});
    add->setMenu(addMenu);
    header()->addTrailing(add);
    addPageAction(menu, tr("New dataset…"), QKeySequence::New, QStringLiteral("plus"),
                  [this] { showNewSheet(); });
    addPageAction(menu, tr("Rescan"), QKeySequence(Qt::Key_F5), QStringLiteral("reset"), [this] {
        if (document_.isOpen()) document_.rescan();
    });
    addPageAction(menu, tr("Audit: what training will see"), QKeySequence(tr("Ctrl+Shift+A")),
                  QStringLiteral("eye"), [this] {
                      if (document_.isOpen()) showTab(AuditTab);
                  });
    addPageAction(menu, tr("Open dataset folder"), {}, QStringLiteral("folder"), [this] {
        if (document_.isOpen())
            Q_EMIT openFolderRequested(QString::fromStdString(document_.folder().string()));
    });
    buildAction_ = addPageAction(menu, tr("Build shards"), QKeySequence(tr("Ctrl+B")),
                                 QStringLiteral("package"), [this] { openBuildSheet(); });
    header()->setPrimary(buildAction_);

    addPageAction(picture, tr("Find"), QKeySequence::Find, QStringLiteral("search"),
                  [this] { filter_->setFocus(Qt::ShortcutFocusReason); });
    addPageAction(picture, tr("Edit captions of the selection…"), QKeySequence(tr("Ctrl+H")),
                  QStringLiteral("text"), [this] { editManyCaptions(); });
    addPageAction(picture, tr("Next without caption"), QKeySequence(tr("Ctrl+Shift+Return")),
                  QStringLiteral("text"), [this] { nextWithoutCaption(); });
    // These act on the grid only, so that Delete in a text field stays what it is.
    const auto onGrid = [&](QAction* action) {
        action->setShortcutContext(Qt::WidgetShortcut);
        grid_->addAction(action);
    };
    onGrid(addPageAction(picture, tr("Exclude"), QKeySequence(Qt::Key_Delete), QStringLiteral("exclude"),
                         [this] { exclude(true); }));
    onGrid(addPageAction(picture, tr("Include"), QKeySequence(Qt::SHIFT | Qt::Key_Delete),
                         QStringLiteral("check"), [this] { exclude(false); }));
    addPageAction(picture, tr("Large view"), {}, QStringLiteral("eye"), [this] { showLarge(); });
}

QWidget* DatasetsPage::makeToolbar() {
    auto* bar = new QWidget;
    makeSurface(bar);
    bar->setFixedHeight(48);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(10);
    filter_ = makeSearchField(tr("Filter:  fox  tag:sticker  missing:caption"));
    filter_->setAccessibleName(tr("Filter"));
    filter_->setMinimumWidth(140);
    row->addWidget(filter_, 1);
    sort_ = new QComboBox;
    for (const QString& name : {tr("Name"), tr("Newest"), tr("Largest"), tr("Shape"), tr("Longest caption")})
        sort_->addItem(tr("Sort: %1").arg(name));
    sort_->setAccessibleName(tr("Sort"));
    sort_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    row->addWidget(sort_);
    count_ = new OptionalLabel;
    count_->setFont(style::font(TextSize::Caption));
    setLabelTone(count_, Tone::Text2);
    row->addWidget(count_);
    auto* grid = makeIconButton(QStringLiteral("grid"), tr("Picture size"));
    grid->setAttribute(Qt::WA_TransparentForMouseEvents);
    grid->setFocusPolicy(Qt::NoFocus);
    grid->setFixedWidth(20);
    row->addWidget(grid);
    size_ = new QSlider(Qt::Horizontal);
    size_->setRange(ImageGrid::kSmallestCell, ImageGrid::kLargestCell);
    size_->setValue(ImageGrid::kSmallestCell);
    size_->setFixedWidth(96);
    size_->setAccessibleName(tr("Picture size"));
    size_->setToolTip(tr("Picture size (Ctrl+wheel)"));
    row->addWidget(size_);
    return bar;
}

QWidget* DatasetsPage::makeImagesView() {
    auto* splitter = new QSplitter(Qt::Horizontal);
    splitter->setChildrenCollapsible(false);
    sources_ = new DatasetSourcesPane(document_);
    splitter->addWidget(sources_);
    auto* middle = new QWidget;
    auto* box = new QVBoxLayout(middle);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(0);
    box->addWidget(makeToolbar());
    box->addWidget(makeLine());
    progressRow_ = new QWidget;
    makeSurface(progressRow_);
    auto* row = new QHBoxLayout(progressRow_);
    row->setContentsMargins(16, 8, 16, 8);
    row->setSpacing(12);
    progressText_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    progressBar_ = new ProgressLine;
    row->addWidget(progressText_);
    row->addWidget(progressBar_, 1);
    progressRow_->hide();
    box->addWidget(progressRow_);
    grid_ = new ImageGrid(images_);
    gridStack_ = new QStackedWidget;
    auto* padded = new QWidget;
    auto* pad = new QVBoxLayout(padded);
    pad->setContentsMargins(12, 8, 2, 0);
    pad->addWidget(grid_);
    gridStack_->addWidget(padded);
    noMatch_ = new EmptyState(QStringLiteral("filter"), tr("No picture matches"), {});
    connect(noMatch_->addButton(tr("Clear filter"), {}, ButtonRole::Normal), &QPushButton::clicked, this,
            [this] {
                filter_->clear();
                sources_->setFacet({});
            });
    gridStack_->addWidget(noMatch_);
    box->addWidget(gridStack_, 1);
    splitter->addWidget(middle);
    splitter->setStretchFactor(0, 0);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({222, 800});
    keepSplitter(splitter);
    return splitter;
}

DatasetAuditTab* DatasetsPage::audit() {
    if (audit_) return audit_;
    audit_ = new DatasetAuditTab(document_, images_.thumbnails());
    connect(audit_, &DatasetAuditTab::raised, this, &Page::messageRaised);
    connect(audit_, &DatasetAuditTab::showRequested, this, &DatasetsPage::showPicture);
    connect(audit_, &DatasetAuditTab::openFileRequested, this, &DatasetsPage::openFolderRequested);
    connect(audit_, &DatasetAuditTab::saveRequested, this, &DatasetsPage::saveFileRequested);
    connect(audit_, &DatasetAuditTab::summaryChanged, this, [this](int dropped) {
        header()->tabs()->setPill(AuditTab, dropped > 0 ? tr("%1 left out").arg(figure(dropped)) : QString(),
                                  PillTone::Warn);
    });
    stack_->addWidget(audit_);
    return audit_;
}

DatasetShardsTab* DatasetsPage::shards() {
    if (shards_) return shards_;
    shards_ = new DatasetShardsTab(document_, build_);
    connect(shards_, &DatasetShardsTab::buildRequested, this, &DatasetsPage::openBuildSheet);
    connect(shards_, &DatasetShardsTab::trainRequested, this, &DatasetsPage::trainRequested);
    connect(shards_, &DatasetShardsTab::openFolderRequested, this, &DatasetsPage::openFolderRequested);
    connect(shards_, &DatasetShardsTab::raised, this, &Page::messageRaised);
    stack_->addWidget(shards_);
    return shards_;
}

void DatasetsPage::connectModels() {
    connect(sources_, &DatasetSourcesPane::facetChosen, this, [this](const Facet& facet) {
        images_.setFacet(facet);
        refreshCounts();
    });
    connect(sources_, &DatasetSourcesPane::addRequested, this, &DatasetsPage::chooseFolder);
    auto* typing = new QTimer(this);
    typing->setSingleShot(true);
    typing->setInterval(120);
    connect(filter_, &QLineEdit::textChanged, typing, qOverload<>(&QTimer::start));
    connect(typing, &QTimer::timeout, this, [this] {
        const QString problem = images_.setFilterText(filter_->text());
        setFieldIssue(filter_, problem.isEmpty() ? FieldIssue::None : FieldIssue::Error);
        filter_->setToolTip(problem);
        count_->setText(problem);
        if (problem.isEmpty()) refreshCounts();
    });
    connect(sort_, &QComboBox::currentIndexChanged, this, [this](int i) { images_.setSort(ImageSort(i)); });
    connect(size_, &QSlider::valueChanged, grid_, &ImageGrid::setCellWidth);
    connect(grid_, &ImageGrid::cellWidthChanged, size_, &QSlider::setValue);
    // A rubber band sends many changes, a held key one a frame: the first is shown at once, of a quick row
    // only the last.
    moved_.setSingleShot(true);
    connect(grid_, &ImageGrid::selectionMoved, this, [this] {
        constexpr int kQuickMs = 60;
        moved_.start(lastMoved_.isValid() && lastMoved_.elapsed() < kQuickMs ? kQuickMs : 0);
        lastMoved_.start();
    });
    connect(&moved_, &QTimer::timeout, this, &DatasetsPage::refreshInspector);
    connect(grid_, &ImageGrid::editRequested, this, &DatasetsPage::editCaption);
    connect(grid_, &ImageGrid::largeViewRequested, this, &DatasetsPage::showLarge);
    connect(grid_, &QAbstractItemView::doubleClicked, this, &DatasetsPage::showLarge);
    connect(grid_, &QWidget::customContextMenuRequested, this, &DatasetsPage::showContextMenu);
    connect(inspector_, &DatasetInspector::stepRequested, this, &DatasetsPage::stepPicture);
    connect(inspector_, &DatasetInspector::nextWithoutCaptionRequested, this,
            &DatasetsPage::nextWithoutCaption);
    connect(inspector_, &DatasetInspector::excludeRequested, this, &DatasetsPage::exclude);
    connect(inspector_, &DatasetInspector::editManyRequested, this, &DatasetsPage::editManyCaptions);

    auto* counts = new QTimer(this);
    counts->setSingleShot(true);
    counts->setInterval(80);
    const auto later = [counts] {
        if (!counts->isActive()) counts->start();
    };
    connect(counts, &QTimer::timeout, this, &DatasetsPage::refreshCounts);
    connect(&document_, &DatasetDocument::countsChanged, counts, later);
    connect(&document_, &DatasetDocument::entriesAdded, counts, later);
    connect(&document_, &DatasetDocument::progressed, counts, later);
    connect(&document_, &DatasetDocument::loadingFinished, this, &DatasetsPage::refreshCounts);
    connect(&document_, &DatasetDocument::unsavedChanged, this, [this](int count, const QString& why) {
        if (count == 0)
            banners()->remove(QStringLiteral("unsaved"));
        else
            banners()->show(QStringLiteral("unsaved"),
                            {Severity::Error,
                             tr("Not saved yet, and tried again by itself: %n edit(s).", nullptr, count),
                             why,
                             {{tr("Save now"), [this] { document_.saveAgain(); }}}},
                            false);
        refreshCounts();
    });
    connect(&images_, &QAbstractItemModel::modelReset, this, &DatasetsPage::refreshInspector);
    connect(&images_, &QAbstractItemModel::layoutChanged, this, &DatasetsPage::refreshInspector);
    connect(&document_, &DatasetDocument::problem, this, [this](const QString& what, const QString& hint) {
        banners()->show(
            QStringLiteral("problem"),
            {Severity::Error, what, hint, {{tr("Rescan"), [this] {
                                                QTimer::singleShot(
                                                    0, this, [this] {  // not from within the banner's button
                                                        banners()->remove(QStringLiteral("problem"));
                                                        document_.rescan();
                                                    });
                                            }}}});
    });
    connect(&build_, &DatasetBuild::changed, this, [this] {
        const bool busy = build_.state() == DatasetBuild::State::Running;
        header()->tabs()->setPill(1, busy ? tr("building") : QString(), PillTone::Accent);
        buildAction_->setEnabled(document_.isOpen() && !busy);
        setStatusNote(busy ? tr("Building %1 %").arg(int(build_.fraction() * 100)) : QString());
    });
    connect(&build_, &DatasetBuild::finished, this, [this] {
        store_.refresh();
        switcher_->setCurrentIndex(store_.rowOf(QString::fromStdString(document_.folder().string())));
        const auto all = qint64(document_.entries().size()), in = qint64(build_.samples());
        Q_EMIT messageRaised(
            {Severity::Good,
             tr("Version %1 is built and verified.").arg(build_.version()),
             in < all ? tr("%1 images, %2 left out.").arg(figure(in), figure(all - in)) : build_.target(),
             {{tr("Show"), [this] { showTab(ShardsTab); }}}});
    });
}

}  // namespace atelier
