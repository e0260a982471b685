// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/models_part.h"

#include "ui/frame/main_window.h"
#include "ui/frame/status_bar.h"
#include "ui/models/run_list_model.h"
#include "ui/pages/models_page.h"

namespace atelier {

ModelsPart::ModelsPart(Settings& settings, EngineLocator& engine, RunListModel& runs, RunDesk& runDesk,
                       Thumbnails& thumbnails, MainWindow& window, const QString& project,
                       const QString& bundled)
    : runs_(runs), runDesk_(runDesk), thumbnails_(thumbnails), window_(window), desk_(settings, engine) {
    desk_.setProject(project);
    desk_.setBundled(bundled);
    connect(&runs, &RunListModel::runsChanged, this, &ModelsPart::takeRuns);
    connect(&desk_.jobs(), &ModelJobs::changed, this, &ModelsPart::showJobs);
    connect(window.statusPanel(), &StatusBar::jobClicked, this,
            [this] { window_.showPage(QStringLiteral("models")); });
    window.setCloseGuard([this] { return mayClose(); });
}

Page* ModelsPart::makePage() {
    auto* page = new ModelsPage(desk_, runDesk_, thumbnails_);
    desk_.rescan();
    takeRuns();
    return page;
}

void ModelsPart::takeRuns() {
    std::vector<ModelPlaces::Run> runs;
    for (const RunSummary* run : runs_.all()) {
        QString base;
        for (const auto& [key, value] : run->settings->all)
            if (key == QLatin1String("model.pretrained")) base = value;
        runs.push_back({run->name, run->path, base, run->checkpointStep});
    }
    desk_.setRuns(std::move(runs));
}

void ModelsPart::showJobs() {
    const ModelJobs& jobs = desk_.jobs();
    for (int row = 0; row < jobs.rowCount(); ++row)
        if (const ModelJob& job = jobs.at(row); job.work->running()) {
            const double fraction = job.work->fraction();
            window_.statusPanel()->setJob(job.title, fraction,
                                          fraction < 0 ? QString() : tr("%1 %").arg(int(fraction * 100)));
            return;
        }
    window_.statusPanel()->setJob({}, 0, {});
}

// A conversion ends with the window; what it has written so far is removed.
bool ModelsPart::mayClose() {
    if (leave_ || desk_.jobs().running() == 0) return true;
    auto* sheet = new Sheet(&window_, QStringLiteral("warning"), tr("A model is being written"), {}, 480);
    QLabel* text = makeLabel(tr(
        "%n job(s) on models end with this window; nothing half-written is left behind. Training runs go on.",
        nullptr, desk_.jobs().running()));
    text->setWordWrap(true);
    text->setContentsMargins(24, 16, 24, 16);
    sheet->setBody(text);
    setButtonRole(sheet->setPrimary(tr("Stop and close"), QStringLiteral("stop")), ButtonRole::Danger);
    connect(sheet, &QDialog::accepted, this, [this] {
        leave_ = true;
        desk_.jobs().cancelAll();
        window_.close();
    });
    sheet->open();
    return false;
}

}  // namespace atelier
