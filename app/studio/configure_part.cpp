// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/configure_part.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>

#include "core/run/run_folder.h"
#include "ui/frame/main_window.h"
#include "ui/models/run_desk.h"
#include "ui/models/run_list_watcher.h"
#include "ui/pages/configure_forecast.h"
#include "ui/pages/configure_page.h"
#include "ui/pages/export_sheet.h"
#include "ui/pages/runs_page.h"
#include "ui/session/settings.h"

namespace atelier {

namespace {
// A folder that comes with the studio: installed in share/atelier, or beside the sources while developing.
QString shipped(const QString& installed, const QString& source) {
    const QString program = QCoreApplication::applicationDirPath();
    if (const QString at = program + QStringLiteral("/../share/atelier/") + installed; QFileInfo::exists(at))
        return QDir(at).canonicalPath();
    for (QDir up(program); up.cdUp() && !up.isRoot();)
        if (up.exists(source)) return up.filePath(source);
    return {};
}

QString shortened(const QString& path) {
    return path.startsWith(QDir::homePath() + QLatin1Char('/'))
               ? QLatin1Char('~') + path.mid(QDir::homePath().size())
               : path;
}
}  // namespace

ConfigurePart::ConfigurePart(Settings& settings, RunDesk& desk, RunListWatcher& watcher, MainWindow& window,
                             const QString& project, QObject* parent)
    : QObject(parent),
      settings_(settings),
      desk_(desk),
      watcher_(watcher),
      window_(window),
      project_(project),
      templates_(shipped(QStringLiteral("templates"), QStringLiteral("configs/templates")),
                 project + QStringLiteral("/configs/templates")) {}

ConfigurePart::~ConfigurePart() = default;

ConfigurePage* ConfigurePart::makePage() {
    page_ = new ConfigurePage(
        document_, issues_, templates_,
        [this](const QString& file, const QStringList& required) { return fill(file, required); });
    connect(page_, &ConfigurePage::saveRequested, this, &ConfigurePart::save);
    connect(page_, &ConfigurePage::openRequested, this, &ConfigurePart::openFile);
    connect(page_, &ConfigurePage::startRequested, this, [this] { start(false); });
    connect(page_, &ConfigurePage::queueRequested, this, [this] { start(true); });
    connect(page_, &ConfigurePage::exportRequested, this, &ConfigurePart::exportConfiguration);
    connect(page_, &ConfigurePage::measureRequested, this, &ConfigurePart::measure);
    connect(page_, &ConfigurePage::fileOpened, this,
            [this](const QString& file) { settings_.addRecent(RecentKind::Config, file); });
    connect(page_, &ConfigurePage::datasetGiven, this,
            [this](const QString& pattern) { settings_.setLastDataset(pattern); });
    return page_;
}

QList<std::pair<QString, QString>> ConfigurePart::fill(const QString& templateFile,
                                                       const QStringList& required) const {
    QList<std::pair<QString, QString>> values;
    const auto text = [](const QString& value) {
        return QString::fromStdString(yaml::dumpInline(yaml::Node::ofString(value.toStdString())));
    };
    values.append(
        {QStringLiteral("experiment.log_dir"), text(shortened(project_ + QStringLiteral("/runs")))});
    const QString mini = shipped(QStringLiteral("models/mini"), QStringLiteral("resources/models/mini"));
    for (const QString& path : required) {
        if (path == QLatin1String("dataset.params.path") && !settings_.lastDataset().isEmpty())
            values.append({path, text(shortened(settings_.lastDataset()))});
        if (path != QLatin1String("model.pretrained") && path != QLatin1String("model.pt_path")) continue;
        const bool tiny = QFileInfo(templateFile).fileName() == QLatin1String("tiny.yaml");
        const QString model = tiny && !mini.isEmpty() ? mini : settings_.lastBaseModel();
        if (!model.isEmpty()) values.append({path, text(shortened(model))});
    }
    return values;
}

void ConfigurePart::openFile() {
    const QString file = QFileDialog::getOpenFileName(&window_, tr("Open a configuration"),
                                                      project_ + QStringLiteral("/configs"),
                                                      tr("Configurations (*.yaml *.yml)"));
    if (!file.isEmpty()) page_->open(file);
}

void ConfigurePart::save(bool underNewName) {
    QString file = document_.file();
    if (file.isEmpty() || underNewName) {
        QDir().mkpath(project_ + QStringLiteral("/configs"));
        const QString name = QString::fromStdString(document_.config().experiment.name);
        file = QFileDialog::getSaveFileName(&window_, tr("Save the configuration"),
                                            project_ + QStringLiteral("/configs/") +
                                                (name.isEmpty() ? QStringLiteral("run") : name) +
                                                QStringLiteral(".yaml"),
                                            tr("Configurations (*.yaml)"));
        if (file.isEmpty()) return;
        if (!file.endsWith(QLatin1String(".yaml")) && !file.endsWith(QLatin1String(".yml")))
            file += QStringLiteral(".yaml");
    }
    if (!document_.saveFile(file)) {
        Q_EMIT page_->messageRaised({Severity::Error, tr("Not saved."), document_.why(), {}});
        return;
    }
    settings_.addRecent(RecentKind::Config, file);
    Q_EMIT page_->messageRaised({Severity::Good, tr("Saved to %1.").arg(shortened(file)), {}, {}});
}

// A complete copy is frozen into the run folder; later edits of this text never touch the run.
void ConfigurePart::start(bool toQueue) {
    if (!desk_.engineReady()) {
        Q_EMIT page_->messageRaised(
            {Severity::Error, tr("Not started: the engine is not ready."), desk_.engineProblem(), {}});
        return;
    }
    const TrainConfig& config = document_.config();
    const fs::path logDir = expandUser(config.experiment.logDir);
    const std::string name = run::freeRunName(logDir, config.experiment.name);
    const LoadedConfig frozen = document_.forRun(QString::fromStdString(name));
    const run::RunFolder folder{logDir / name};
    const QString path = QString::fromStdString(folder.root.string());
    Status status = run::prepareRun(folder, frozenYaml(frozen));
    bool queued = toQueue;
    if (status && toQueue) status = desk_.enqueue(path);
    if (status && !toQueue) {
        const auto begun = desk_.begin(path);
        queued = begun && begun->queued;
        status = begun.map([](RunDesk::Begun) {});
    }
    if (!status) {
        Q_EMIT page_->messageRaised(
            {Severity::Error, tr("Not started."), QString::fromStdString(status.error().message()), {}});
        return;
    }
    if (config.model.pretrained) settings_.setLastBaseModel(QString::fromStdString(*config.model.pretrained));
    settings_.setLastDataset(QString::fromStdString(config.dataset.params.path));
    watcher_.addElsewhere(path);
    window_.showPage(QStringLiteral("runs"), queued ? RunsPage::waitingLocation(path) : path);
    if (queued)
        Q_EMIT page_->messageRaised(
            {Severity::Info,
             tr("%1 waits in the queue.").arg(QString::fromStdString(name)),
             toQueue
                 ? tr("It is started when its device is free, with or without this window.")
                 : tr("Its device is taken; it is started when that is free, with or without this window."),
             {}});
    if (name != config.experiment.name)
        Q_EMIT page_->messageRaised(
            {Severity::Info,
             tr("The run is called %1: %2 exists already.")
                 .arg(QString::fromStdString(name), QString::fromStdString(config.experiment.name)),
             {},
             {}});
}

void ConfigurePart::measure() {
    if (!desk_.engineReady()) {
        Q_EMIT page_->messageRaised(
            {Severity::Error, tr("Not measured: the engine is not ready."), desk_.engineProblem(), {}});
        return;
    }
    const LoadedConfig config = document_.forRun(QString::fromStdString(document_.config().experiment.name));
    page_->forecast()->follow(desk_.measure(frozenYaml(config), this));
}

void ConfigurePart::exportConfiguration() {
    // The export reads a file: the saved one, or a frozen copy among the project's drafts.
    const QString name = QString::fromStdString(document_.config().experiment.name);
    QString file = document_.isModified() ? QString() : document_.file();
    if (file.isEmpty()) {
        file = project_ + QStringLiteral("/configs/drafts/") + name + QStringLiteral(".yaml");
        QDir().mkpath(QFileInfo(file).path());
        if (const Status written =
                writeFileAtomic(file.toStdString(), document_.resolvedYaml().toStdString());
            !written) {
            Q_EMIT page_->messageRaised({Severity::Error,
                                         tr("Not exported."),
                                         QString::fromStdString(written.error().message()),
                                         {}});
            return;
        }
    }
    auto* sheet = new ExportSheet(&window_, desk_, file, name);
    sheet->setAttribute(Qt::WA_DeleteOnClose);
    connect(sheet, &ExportSheet::exported, this, [this](const QString& target) {
        Q_EMIT page_->messageRaised({Severity::Good,
                                     tr("Exported to %1.").arg(target),
                                     tr("README.txt in it names the commands."),
                                     {{tr("Open folder"), [this, target] { desk_.showInFiles(target); }}}});
    });
    sheet->open();
}

}  // namespace atelier
