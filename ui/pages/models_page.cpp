// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/models_page.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QVBoxLayout>

#include "ui/models/thumbnails.h"
#include "ui/pages/models_job_row.h"
#include "ui/pages/models_list.h"
#include "ui/pages/monitor_sample_sheet.h"

namespace atelier {

namespace {
constexpr ModelFilterKind kChips[] = {ModelFilterKind::All, ModelFilterKind::Models, ModelFilterKind::Loras,
                                      ModelFilterKind::Other};
constexpr int kInspectorWidth = 440;
}  // namespace

ModelsPage::ModelsPage(ModelDesk& desk, RunDesk& runs, Thumbnails& thumbnails, QWidget* parent)
    : Page(parent),
      desk_(desk),
      runs_(runs),
      thumbnails_(thumbnails),
      list_(new ModelsList(desk.models())),
      inspector_(new ModelsInspector) {
    auto* body = new QWidget;
    auto* box = new QVBoxLayout(body);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(0);
    box->addWidget(list_, 1);
    strip_ = new QWidget;
    makeSurface(strip_);
    strip_->setAccessibleName(tr("Jobs"));
    jobs_ = new QVBoxLayout(strip_);
    jobs_->setContentsMargins(16, 6, 16, 6);
    box->addWidget(strip_);
    setBody(body);
    setInspector(inspector_, kInspectorWidth);
    buildActions();
    buildHeader();
    connect(list_, &ModelsList::currentChanged, this, &ModelsPage::refresh);
    connect(list_, &ModelsList::menuWanted, this, &ModelsPage::menu);
    connect(list_, &ModelsList::openWanted, this, [this] { openDialog(false); });
    connect(list_, &ModelsList::filterCleared, this, [this] {
        find_->clear();
        chips_->setCurrentIndex(0);
        list_->setFilter(ModelFilterKind::All, {});
    });
    connect(inspector_, &ModelsInspector::actionWanted, this, &ModelsPage::act);
    connect(&desk_, &ModelDesk::scanDone, list_, &ModelsList::setScanned);
    connect(&desk_.models(), &QAbstractItemModel::dataChanged, this, &ModelsPage::refreshCounts);
    connect(&desk_.models(), &QAbstractItemModel::rowsInserted, this, &ModelsPage::refreshCounts);
    connect(&desk_.models(), &QAbstractItemModel::rowsRemoved, this, &ModelsPage::refreshCounts);
    connect(&desk_.jobs(), &QAbstractItemModel::rowsInserted, this, &ModelsPage::refreshJobs);
    connect(&desk_.jobs(), &QAbstractItemModel::rowsRemoved, this, &ModelsPage::refreshJobs);
    connect(&desk_.jobs(), &ModelJobs::ended, this, &ModelsPage::jobEnded);
    if (desk_.scanned()) list_->setScanned();
    refreshCounts();
    refreshJobs();
    refresh();
}

void ModelsPage::buildHeader() {
    header()->setTitle(tr("Models"));
    chips_ = new SegmentedControl(tr("Which models"));
    for (int i = 0; i < 4; ++i) chips_->addSegment({});
    header()->addLeading(chips_);
    find_ = makeSearchField(tr("Find model"));
    find_->setFixedWidth(150);
    header()->addTrailing(find_);
    auto* download = makeButton(tr("Download…"), QStringLiteral("import"));
    auto* file = makeButton(tr("Open file…"), QStringLiteral("file"));
    header()->addTrailing(download);
    header()->addTrailing(file);
    connect(download, &QPushButton::clicked, this, [this] { openSheet(ModelTask::Download); });
    connect(file, &QPushButton::clicked, this, [this] { openDialog(false); });
    const auto filter = [this] {
        list_->setFilter(kChips[std::max(0, chips_->currentIndex())], find_->text());
    };
    connect(chips_, &SegmentedControl::currentChanged, this, filter);
    connect(find_, &QLineEdit::textChanged, this, filter);
}

void ModelsPage::buildActions() {
    const QString menu = tr("Model");
    const auto add = [&](const QString& text, const QKeySequence& keys, const QString& icon,
                         ModelAction action) {
        addPageAction(menu, text, keys, icon, [this, action] { act(action); });
    };
    add(tr("Train on this"), QKeySequence(Qt::CTRL | Qt::Key_Return), QStringLiteral("play"),
        ModelAction::Train);
    add(tr("Try a prompt…"), {}, QStringLiteral("camera"), ModelAction::Sample);
    add(tr("Convert…"), QKeySequence(Qt::CTRL | Qt::Key_E), QStringLiteral("export"), ModelAction::Convert);
    add(tr("Merge into a model…"), {}, QStringLiteral("layers"), ModelAction::Merge);
    add(tr("Extract a LoRA…"), {}, QStringLiteral("layers"), ModelAction::Extract);
    add(tr("Change the rank…"), {}, QStringLiteral("crop"), ModelAction::Resize);
    add(tr("Check values"), {}, QStringLiteral("check"), ModelAction::Verify);
    add(tr("Show in folder"), {}, QStringLiteral("folder"), ModelAction::Show);
    add(tr("Copy path"), {}, QStringLiteral("copy"), ModelAction::CopyPath);
    addPageAction(menu, tr("Download…"), {}, QStringLiteral("import"),
                  [this] { openSheet(ModelTask::Download); });
    addPageAction(menu, tr("Open model folder…"), {}, QStringLiteral("folder"), [this] { openDialog(true); });
    addPageAction(menu, tr("Find"), QKeySequence::Find, QStringLiteral("search"),
                  [this] { find_->setFocus(); });
    addPageAction(menu, tr("Look again"), QKeySequence(Qt::Key_F5), QStringLiteral("reset"),
                  [this] { desk_.rescan(); });
}

std::shared_ptr<const ModelFacts> ModelsPage::facts() const {
    const QString path = list_->current();
    if (const auto at = whole_.find(path); at != whole_.end()) return *at;
    const ModelEntry* entry = desk_.models().find(path);
    return entry ? entry->facts : nullptr;
}

// The selected one is looked at again with its tensors; what the list knows is shown until they come.
void ModelsPage::refresh() {
    const QString path = list_->current();
    const ModelEntry* entry = desk_.models().find(path);
    inspector_->show(entry, facts());
    if (entry == nullptr || whole_.contains(path) || asked_ == path || !entry->problem.isEmpty()) return;
    asked_ = path;
    look(path, false);
}

void ModelsPage::look(const QString& path, bool values) {
    desk_.inspect(
        path, values,
        [self = QPointer<ModelsPage>(this), path](const Result<std::shared_ptr<const ModelFacts>>& facts) {
            if (!self) return;
            self->setStatusNote({});
            if (facts) {
                self->whole_.clear();  // a big model's table is a megabyte: one is enough
                self->whole_.insert(path, *facts);
            }
            if (self->asked_ == path) self->asked_.clear();
            if (self->list_->current() == path) self->refresh();
        });
}

void ModelsPage::refreshCounts() {
    const QString names[] = {tr("All"), tr("Models"), tr("LoRA"), tr("Other")};
    for (int i = 0; i < 4; ++i) {
        int count = 0;
        for (const ModelEntry& entry : desk_.models().all()) count += ModelFilter::isOf(kChips[i], entry);
        chips_->setSegmentText(i, QStringLiteral("%1  %2").arg(names[i]).arg(count));
    }
}

void ModelsPage::refreshJobs() {
    while (QLayoutItem* old = jobs_->takeAt(0)) {
        if (old->widget()) old->widget()->deleteLater();
        delete old;
    }
    for (int row = 0; row < desk_.jobs().rowCount(); ++row) {
        const ModelJob& job = desk_.jobs().at(row);
        auto* line = new JobRow(desk_, job.work.get(), job.title);
        jobs_->addWidget(line);
        connect(line, &JobRow::openWanted, this, &ModelsPage::open);
        connect(line, &JobRow::dismissed, this,
                [this, work = job.work.get()] { desk_.jobs().dismiss(work); });
    }
    strip_->setVisible(desk_.jobs().rowCount() > 0);
    setBadge(desk_.jobs().running());
}

void ModelsPage::jobEnded(EngineJob* job) {
    setBadge(desk_.jobs().running());
    if (job->state() == EngineJob::State::Done) {
        const QString path = resultPath(job->result());
        desk_.add(path);
        desk_.rescan();
        if (!isVisible())
            Q_EMIT messageRaised({Severity::Good,
                                  tr("%1 is there.").arg(QFileInfo(path).fileName()),
                                  resultWords(job->result()),
                                  {{tr("Look at it"), [this, path] {
                                        Q_EMIT pageRequested(QStringLiteral("models"), path);
                                    }}}});
    } else if (job->state() == EngineJob::State::Failed && !isVisible()) {
        const int row = desk_.jobs().rowOf(job);
        Q_EMIT messageRaised({Severity::Error,
                              tr("%1 did not work.").arg(row < 0 ? QString() : desk_.jobs().at(row).title),
                              QString::fromStdString(job->error().message()),
                              {}});
    }
}

bool ModelsPage::open(const QString& path) {
    if (path.isEmpty()) return false;
    const QFileInfo info(path);
    if (!info.exists()) {
        Q_EMIT messageRaised({Severity::Error, tr("%1 is not there any more.").arg(path), {}, {}});
        return false;
    }
    const QString clean = info.canonicalFilePath();
    if (desk_.models().rowOf(clean) < 0) desk_.add(clean);
    find_->clear();
    chips_->setCurrentIndex(0);
    list_->setFilter(ModelFilterKind::All, {});
    list_->select(clean);
    setInspectorVisible(true);
    list_->view()->setFocus();
    Q_EMIT locationChanged();
    return true;
}

QString ModelsPage::location() const {
    return list_->current();
}

QList<DropTarget> ModelsPage::dropTargets(const Dropped& dropped) {
    if (dropped.kind != DroppedKind::Model) return {};
    return {{QStringLiteral("models"), tr("See what it is"), tr("Added to the list; nothing is copied."),
             [this](const Dropped& d) {
                 for (const QString& path : d.paths) open(path);
             }}};
}

QList<std::pair<QString, QString>> ModelsPage::objects() const {
    QList<std::pair<QString, QString>> all;
    for (const ModelEntry& entry : desk_.models().all()) all.append({entry.name, entry.path});
    return all;
}

ModelJobSheet* ModelsPage::openSheet(ModelTask task) {
    const ModelEntry* entry = desk_.models().find(list_->current());
    const auto what = facts();
    if (task != ModelTask::Download && (entry == nullptr || !what)) return nullptr;
    auto* sheet = new ModelJobSheet(window(), desk_, task, what, entry ? entry->name : QString());
    connect(sheet, &ModelJobSheet::openWanted, this, &ModelsPage::open);
    connect(sheet, &ModelJobSheet::trainWanted, this,
            [this](const QString& folder) { Q_EMIT pageRequested(QStringLiteral("configure"), folder); });
    sheet->open();
    return sheet;
}

void ModelsPage::act(ModelAction action) {
    const QString path = list_->current();
    const auto what = facts();
    if (path.isEmpty()) return;
    if (action == ModelAction::Show) return desk_.showInFiles(path);
    if (action == ModelAction::CopyPath) return QApplication::clipboard()->setText(path);
    const QString why =
        what ? ModelsInspector::refusal(action, *what) : tr("It is not known yet what this is.");
    if (!why.isEmpty()) {
        Q_EMIT messageRaised({Severity::Warning, tr("Not with this model."), why, {}});
        return;
    }
    if (action == ModelAction::Train && what->kind == ModelKind::Pipeline)
        return Q_EMIT pageRequested(QStringLiteral("configure"), path);
    if (action == ModelAction::Verify) {
        setStatusNote(tr("Reading the values of %1").arg(QFileInfo(path).fileName()));
        return look(path, true);
    }
    if (action == ModelAction::Sample) return trySample();
    openSheet(action == ModelAction::Train     ? ModelTask::Train
              : action == ModelAction::Convert ? ModelTask::Convert
              : action == ModelAction::Merge   ? ModelTask::Merge
              : action == ModelAction::Extract ? ModelTask::Extract
                                               : ModelTask::Resize);
}

void ModelsPage::trySample() {
    const ModelEntry* entry = desk_.models().find(list_->current());
    SampleSubject subject;
    subject.title = tr("Try %1").arg(entry->name);
    subject.subtitle = facts()->title();
    subject.model = entry->path;
    subject.place = desk_.pictureFolder(entry->name);
    if (facts()->kind == ModelKind::Lora) {
        subject.lora = entry->path;
        for (const bool same : {true, false})
            for (const ModelEntry& base : desk_.models().all())
                if (base.facts && base.facts->complete && base.facts->kind == ModelKind::Pipeline &&
                    (base.facts->family == facts()->family) == same)
                    subject.bases.emplace_back(base.name, base.path);
        if (subject.bases.empty()) {
            Q_EMIT messageRaised({Severity::Warning,
                                  tr("A LoRA is tried on a base model, and none is known."),
                                  tr("Open or download a pipeline folder first."),
                                  {}});
            return;
        }
    }
    subject.note = tr("They are kept in %1.").arg(subject.place);
    auto* sheet = new SampleSheet(window(), runs_, subject, thumbnails_);
    connect(sheet, &SampleSheet::folderWanted, this,
            [this](const QString& folder) { desk_.showInFiles(folder); });
    sheet->open();
}

void ModelsPage::menu(const QString& path, const QPoint& at) {
    list_->select(path);
    QMenu menu(this);
    for (const MenuAction& one : pageActions()) menu.addAction(one.action);
    if (const ModelEntry* entry = desk_.models().find(path); entry && entry->source == ModelSource::Opened) {
        menu.addSeparator();
        menu.addAction(tr("Take off this list"), this, [this, path] { desk_.forget(path); });
    }
    menu.exec(at);
}

void ModelsPage::openDialog(bool folder) {
    const QString path =
        folder ? QFileDialog::getExistingDirectory(this, tr("Open model folder"))
               : QFileDialog::getOpenFileName(this, tr("Open model"), QDir::homePath(),
                                              tr("Models (*.safetensors *.ckpt *.pt *.pth *.bin)"));
    if (!path.isEmpty()) open(path);
}

}  // namespace atelier
