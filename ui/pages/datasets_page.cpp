// SPDX-License-Identifier: GPL-3.0-or-later
// The Datasets page: what it shows when, and what its actions do. Layout of header and toolbar:
// datasets_page_layout.cpp.
#include "ui/pages/datasets_page.h"

#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMenu>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "ui/pages/datasets_audit.h"
#include "ui/pages/datasets_build_sheet.h"
#include "ui/pages/datasets_captions_sheet.h"
#include "ui/pages/datasets_companions.h"
#include "ui/pages/datasets_grid.h"
#include "ui/pages/datasets_inspector.h"
#include "ui/pages/datasets_shards.h"
#include "ui/pages/datasets_sources.h"
#include "ui/pages/datasets_viewer.h"

namespace atelier {

namespace {
QString nameFor(const QStringList& paths) {
    if (paths.isEmpty()) return {};
    const QFileInfo first(paths.front());
    return first.isDir() ? first.fileName() : first.dir().dirName();
}
}  // namespace

bool DatasetsPage::open(const QString& path) {
    const Status opened = document_.open(fs::path(path.toStdString()));
    if (!opened) {
        Q_EMIT messageRaised({Severity::Error, QString::fromStdString(opened.error().message()), {}, {}});
        return false;
    }
    store_.addElsewhere(path);
    const QSignalBlocker quiet(switcher_);
    switcher_->setCurrentIndex(store_.rowOf(path));
    banners()->remove(QStringLiteral("problem"));
    if (build_.state() != DatasetBuild::State::Running) {
        build_.dismiss();
        build_.attach(document_);
    }
    refreshState();
    Q_EMIT locationChanged();
    return true;
}

QString DatasetsPage::location() const {
    return document_.isOpen() ? QString::fromStdString(document_.folder().string()) + QLatin1Char('\n') +
                                    QString::number(tab_)
                              : QString();
}

void DatasetsPage::openLocation(const QString& location) {
    const QString path = location.section(QLatin1Char('\n'), 0, 0);
    if (!document_.isOpen() || QString::fromStdString(document_.folder().string()) != path) open(path);
    showTab(location.section(QLatin1Char('\n'), 1, 1).toInt());
}

QList<std::pair<QString, QString>> DatasetsPage::objects() const {
    QList<std::pair<QString, QString>> all;
    for (int row = 0; row < store_.rowCount(); ++row)
        all.append({store_.index(row).data().toString(), store_.pathAt(row)});
    return all;
}

QList<DropTarget> DatasetsPage::dropTargets(const Dropped& dropped) {
    const bool pictures = dropped.kind == DroppedKind::Images || dropped.kind == DroppedKind::ImageFolder;
    QList<DropTarget> targets;
    if (pictures && document_.isOpen())
        targets.append(
            {QStringLiteral("datasets"), tr("Add to “%1”").arg(document_.name()),
             tr("Drop here, or anywhere else"), [this](const Dropped& d) { addPaths(d.paths); },
             tr("Drop to add %n image(s) to “%1”", nullptr, dropped.images).arg(document_.name())});
    if (pictures && document_.isOpen() && !document_.entries().empty()) {
        const auto raise = [this](const Message& message) { Q_EMIT messageRaised(message); };
        const QList<DropTarget> pairs = companionTargets(document_, dropped.paths, raise);
        targets = namedAsCompanions(dropped.paths) ? pairs + targets : targets + pairs;
    }
    if (pictures)
        targets.append({QStringLiteral("plus"), tr("New dataset"), tr("Start one from this"),
                        [this](const Dropped& d) { newDataset(nameFor(d.paths), d.paths); },
                        tr("Drop to make a dataset of %n image(s)", nullptr, dropped.images)});
    if (document_.isOpen() && (dropped.kind == DroppedKind::Captions || (pictures && dropped.captions > 0)))
        targets.append(
            {QStringLiteral("text"), tr("Captions only"),
             tr("Attach the text files to images of the same name"),
             [this](const Dropped& d) {
                 QStringList files;
                 for (const QString& path : d.paths) {
                     const QDir folder(path);
                     if (QFileInfo(path).isFile())
                         files << path;
                     else
                         for (const QString& name :
                              folder.entryList({QStringLiteral("*.txt"), QStringLiteral("*.caption"),
                                                QStringLiteral("*.json")},
                                               QDir::Files))
                             files << folder.filePath(name);
                 }
                 const int n = document_.attachCaptions(files);
                 Q_EMIT messageRaised(
                     {n ? Severity::Good : Severity::Warning, tr("%n caption(s) attached.", nullptr, n),
                      n < files.size() ? tr("%n file(s) without a picture of the same name.", nullptr,
                                            int(files.size()) - n)
                                       : QString(),
                      n ? std::vector<MessageAction>{{tr("Undo"), [this] { document_.undoStack().undo(); }}}
                        : std::vector<MessageAction>{}});
             },
             tr("Drop to attach %n caption(s)", nullptr, dropped.captions)});
    if (dropped.kind == DroppedKind::Dataset)
        targets.append({QStringLiteral("datasets"), tr("Open this dataset"), tr("Drop anywhere"),
                        [this](const Dropped& d) { open(d.paths.value(0)); }});
    return targets;
}

void DatasetsPage::addPaths(const QStringList& paths) {
    if (!document_.isOpen()) return newDataset(nameFor(paths), paths);
    document_.addSources(paths);
    showTab(0);
}

void DatasetsPage::newDataset(const QString& name, const QStringList& sources) {
    const auto path = store_.create(name, sources);
    if (!path) {
        Q_EMIT messageRaised({Severity::Error, QString::fromStdString(path.error().message()), {}, {}});
        return;
    }
    showTab(0);
    open(*path);
}

void DatasetsPage::showTab(int tab) {
    tab_ = tab;
    if (header()->tabs()->currentIndex() != tab) header()->tabs()->setCurrentIndex(tab);
    if (tab == ShardsTab) shards()->refreshVersions();
    refreshState();
    Q_EMIT locationChanged();
}

// Which of the page's faces is shown.
void DatasetsPage::refreshState() {
    const bool some = document_.isOpen();
    header()->tabs()->setVisible(some);
    switcher_->setVisible(store_.rowCount() > 0);
    header()->setTitle(store_.rowCount() > 0 ? QString() : tr("Datasets"));
    buildAction_->setEnabled(some && build_.state() != DatasetBuild::State::Running);
    stack_->setCurrentWidget(!some               ? empty_
                             : tab_ == ShardsTab ? static_cast<QWidget*>(shards())
                             : tab_ == AuditTab  ? audit()
                                                 : imagesView_);
    setInspectorAllowed(some && tab_ == ImagesTab);
    refreshCounts();
}

void DatasetsPage::refreshCounts() {
    const int shown = images_.rowCount(), selected = grid_->selectedCount();
    QString text = tr("%n image(s)", nullptr, shown);
    text.replace(QString::number(shown), figure(shown));
    if (shown != int(document_.entries().size()))
        text = tr("%1 of %2").arg(figure(shown), figure(qint64(document_.entries().size())));
    if (selected > 1) text += QStringLiteral(" · ") + tr("%n selected", nullptr, selected);
    count_->setText(text);
    const int edits = document_.editCount() - document_.unsavedCount();
    setStatusNote(edits > 0 ? tr("%n edit(s) saved", nullptr, edits) : QString());
    const bool none = shown == 0 && !document_.loading();
    if (none && document_.entries().empty())
        noMatch_->setText(tr("No images here yet"),
                          tr("Drop a folder of images on the window, or add one with the button above."));
    else if (none)
        noMatch_->setText(
            tr("No picture matches"),
            tr("0 of %1 images pass the filter.").arg(figure(qint64(document_.entries().size()))));
    gridStack_->setCurrentIndex(none ? 1 : 0);
    const LoadProgress p = document_.progress();
    progressRow_->setVisible(document_.loading() && (p.total > 2000 || p.scanning));
    if (p.comparing)
        progressText_->setText(
            tr("Looking for equal pictures: %1 of %2").arg(figure(p.done), figure(p.total)));
    else if (p.scanning)
        progressText_->setText(tr("Looking through the folders: %1 images so far").arg(figure(p.done)));
    else
        progressText_->setText(
            tr("Reading captions and sizes: %1 of %2").arg(figure(p.done), figure(p.total)));
    progressBar_->setFraction(p.scanning || p.total == 0 ? -1 : double(p.done) / double(p.total));
}

void DatasetsPage::refreshInspector() {
    moved_.stop();
    const QModelIndex current = grid_->currentIndex();
    const std::vector<int> selected = grid_->selectedEntries();
    const bool usable = current.isValid() && current.row() < images_.rowCount();
    inspector_->show(usable ? images_.entryIndexAt(current.row()) : -1, selected);
    refreshCounts();
}

void DatasetsPage::stepPicture(int direction) {
    const int row = grid_->currentIndex().row() + direction;
    if (row < 0 || row >= images_.rowCount()) return;
    grid_->selectionModel()->setCurrentIndex(images_.index(row), QItemSelectionModel::ClearAndSelect);
    grid_->scrollTo(images_.index(row));
}

void DatasetsPage::showPicture(int entry) {
    showTab(ImagesTab);
    if (images_.rowOfEntry(entry) < 0) {
        filter_->clear();
        images_.setFilterText({});
        images_.setFacet({});
    }
    const int row = images_.rowOfEntry(entry);
    if (row < 0) return;
    grid_->selectionModel()->setCurrentIndex(images_.index(row), QItemSelectionModel::ClearAndSelect);
    grid_->scrollTo(images_.index(row));
    editCaption();
}

// In a narrow window the caption is in the drawer.
void DatasetsPage::editCaption() {
    if (moved_.isActive()) refreshInspector();
    if (!inspectorVisible()) setInspectorVisible(true);
    inspector_->captionEdit()->setFocus();
}

void DatasetsPage::nextWithoutCaption() {
    const int from = grid_->currentIndex().row(), n = images_.rowCount();
    for (int i = 1; i <= n; ++i) {
        const int row = (from + i + n) % n;
        if (images_.entryAt(row).hasCaption()) continue;
        grid_->selectionModel()->setCurrentIndex(images_.index(row), QItemSelectionModel::ClearAndSelect);
        grid_->scrollTo(images_.index(row));
        editCaption();
        return;
    }
    Q_EMIT messageRaised({Severity::Good, tr("Every picture shown has a caption."), {}, {}});
}

void DatasetsPage::exclude(bool exclude) {
    inspector_->flush();
    const std::vector<int> entries = grid_->selectedEntries();
    if (!entries.empty()) document_.setExcluded(entries, exclude);
}

void DatasetsPage::showLarge() {
    if (!grid_->currentIndex().isValid()) return;
    auto* viewer = new PictureViewer(images_, grid_->currentIndex().row(), window());
    connect(viewer, &PictureViewer::rowChanged, this, [this](int row) {
        grid_->selectionModel()->setCurrentIndex(images_.index(row), QItemSelectionModel::ClearAndSelect);
        grid_->scrollTo(images_.index(row));
    });
    connect(viewer, &QObject::destroyed, grid_, [this] { grid_->setFocus(); });
}

void DatasetsPage::openBuildSheet() {
    if (!document_.isOpen()) return;
    inspector_->flush();
    auto* sheet = new BuildSheet(this, document_);
    connect(sheet, &QDialog::accepted, this, [this, sheet] {
        if (const Status kept = document_.setBuildOptions(sheet->options()); !kept) {
            Q_EMIT messageRaised({Severity::Error, QString::fromStdString(kept.error().message()), {}, {}});
            return;
        }
        build_.start(document_);
        showTab(ShardsTab);
    });
    sheet->show();
}

void DatasetsPage::showContextMenu(const QPoint& at) {
    const QModelIndex index = grid_->indexAt(at);
    QMenu menu(this);
    if (index.isValid()) {
        const DatasetEntry& e = images_.entryAt(index.row());
        const QString path = index.data(DatasetImagesModel::PathRole).toString();
        menu.addAction(style::icon(QStringLiteral("eye")), tr("Large view"), this, &DatasetsPage::showLarge);
        menu.addAction(style::icon(QStringLiteral("text")), tr("Edit caption"), this,
                       &DatasetsPage::editCaption);
        menu.addSeparator();
        if (e.edit.excluded)
            menu.addAction(style::icon(QStringLiteral("check")), tr("Include"), this,
                           [this] { exclude(false); });
        else
            menu.addAction(style::icon(QStringLiteral("exclude")), tr("Exclude"), this,
                           [this] { exclude(true); });
        menu.addSeparator();
        menu.addAction(style::icon(QStringLiteral("copy")), tr("Copy caption"), this,
                       [c = e.caption()] { QGuiApplication::clipboard()->setText(c); });
        menu.addAction(style::icon(QStringLiteral("link")), tr("Copy path"), this,
                       [path] { QGuiApplication::clipboard()->setText(path); });
        menu.addAction(style::icon(QStringLiteral("folder")), tr("Show in files"), this,
                       [this, path] { Q_EMIT openFolderRequested(QFileInfo(path).absolutePath()); });
    } else {
        menu.addAction(tr("Select all"), grid_, &QAbstractItemView::selectAll);
        menu.addAction(style::icon(QStringLiteral("reset")), tr("Rescan"), &document_,
                       &DatasetDocument::rescan);
    }
    menu.exec(grid_->viewport()->mapToGlobal(at));
}

void DatasetsPage::chooseFolder() {
    const QString path = QFileDialog::getExistingDirectory(this, tr("Add a folder of images"));
    if (!path.isEmpty()) addPaths({path});
}

void DatasetsPage::chooseFiles() {
    const QStringList paths = QFileDialog::getOpenFileNames(
        this, tr("Add images"), {},
        tr("Pictures (*.jpg *.jpeg *.jpe *.jfif *.png *.webp *.tif *.tiff *.bmp *.gif)"));
    if (!paths.isEmpty()) addPaths(paths);
}

void DatasetsPage::showNewSheet() {
    auto* sheet = new Sheet(this, QStringLiteral("datasets"), tr("New dataset"),
                            tr("A folder of its own under %1").arg(store_.folder()), 480);
    auto* body = new QWidget;
    auto* box = new QVBoxLayout(body);
    box->setContentsMargins(24, 18, 24, 20);
    box->setSpacing(8);
    auto* label = makeLabel(tr("Name"), style::TextSize::Caption, QFont::Normal, style::Tone::Text2);
    auto* name = new QLineEdit;
    name->setAccessibleName(tr("Name"));
    name->setPlaceholderText(tr("such as: watercolour birds"));
    label->setBuddy(name);
    box->addWidget(label);
    box->addWidget(name);
    sheet->setBody(body);
    sheet->setPrimary(tr("Create"), QStringLiteral("plus"), [this, name] {
        if (name->text().trimmed().isEmpty()) {
            setFieldIssue(name, FieldIssue::Error);
            return false;
        }
        newDataset(name->text(), {});
        return true;
    });
    sheet->show();
    name->setFocus();
}

void DatasetsPage::editManyCaptions() {
    inspector_->flush();
    std::vector<int> entries = grid_->selectedEntries();
    if (entries.size() < 2)
        for (entries.clear(); int(entries.size()) < images_.rowCount();)
            entries.push_back(images_.entryIndexAt(int(entries.size())));
    if (!entries.empty()) (new CaptionsSheet(this, document_, std::move(entries)))->show();
}

}  // namespace atelier
