// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/export_sheet.h"

#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QPointer>
#include <QVBoxLayout>

#include "ui/session/typed_path.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;

ExportSheet::ExportSheet(QWidget* window, RunDesk& desk, const QString& config, const QString& name)
    : Sheet(window, QStringLiteral("export"), tr("Export %1").arg(name),
            tr("A folder that runs anywhere the engine is, with or without a cluster"), 720),
      desk_(desk),
      config_(config),
      target_(new QLineEdit),
      cluster_(new QComboBox),
      command_(makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2)),
      problem_(makeLabel({}, TextSize::Body, QFont::Normal, Tone::Bad)) {
    auto* body = new QWidget;
    auto* layout = new QVBoxLayout(body);
    layout->setContentsMargins(24, 18, 24, 20);
    layout->setSpacing(12);
    auto* grid = new QGridLayout;
    grid->setColumnStretch(1, 1);
    grid->setHorizontalSpacing(12);
    grid->setVerticalSpacing(10);
    QPushButton* browse = makeButton(tr("Choose…"), QStringLiteral("folder"));
    target_->setAccessibleName(tr("Target folder"));
    cluster_->setAccessibleName(tr("Cluster settings"));
    grid->addWidget(makeLabel(tr("Target folder")), 0, 0);
    grid->addWidget(target_, 0, 1);
    grid->addWidget(browse, 0, 2);
    grid->addWidget(makeLabel(tr("Cluster settings")), 1, 0);
    grid->addWidget(cluster_, 1, 1, 1, 2);
    layout->addLayout(grid);
    QLabel* what = makeLabel(tr("config.yaml (complete), job.sbatch, job.json and README.txt with the exact "
                                "commands. “atelier-engine train .” runs it; "
                                "dropping the folder on this window shows it."),
                             TextSize::Caption, QFont::Normal, Tone::Text2);
    what->setWordWrap(true);
    layout->addWidget(what);
    QFrame* well = makeWell();
    auto* inside = new QVBoxLayout(well);
    inside->setContentsMargins(12, 10, 12, 10);
    command_->setFont(style::monoFont(TextSize::Small));
    command_->setWordWrap(true);
    command_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    command_->setAccessibleName(tr("Command"));
    inside->addWidget(command_);
    layout->addWidget(well);
    problem_->setWordWrap(true);
    problem_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    problem_->hide();
    layout->addWidget(problem_);
    setBody(body);

    const QString last = desk.lastExportFolder();
    base_ = last.isEmpty() ? QDir::homePath() : last;
    QString proposal = base_ + QStringLiteral("/%1-export").arg(name);
    for (int n = 2; QFileInfo::exists(proposal) && n < 100; ++n)
        proposal = base_ + QStringLiteral("/%1-export-%2").arg(name).arg(n);
    target_->setText(proposal);
    for (const RunDesk::Cluster& cluster : desk.clusters()) cluster_->addItem(cluster.name, cluster.file);
    if (const int at = cluster_->findData(desk.lastCluster()); at >= 0) cluster_->setCurrentIndex(at);
    cluster_->setEnabled(cluster_->count() > 0);
    if (cluster_->count() == 0) cluster_->setPlaceholderText(tr("none found"));
    primary_ = setPrimary(tr("Export"), QStringLiteral("export"), [this] {
        run();
        return false;  // closes by itself when it is done
    });
    connect(target_, &QLineEdit::textChanged, this, &ExportSheet::refresh);
    connect(cluster_, &QComboBox::currentIndexChanged, this, &ExportSheet::refresh);
    connect(browse, &QPushButton::clicked, this, [this] {
        const QString folder = QFileDialog::getExistingDirectory(this, tr("Folder to export into"),
                                                                 QFileInfo(target()).absolutePath());
        if (!folder.isEmpty()) target_->setText(folder + QLatin1Char('/') + QFileInfo(target()).fileName());
    });
    refresh();
}

void ExportSheet::setTarget(const QString& folder) {
    target_->setText(folder);
}

QString ExportSheet::target() const {
    return typedPath(target_->text(), base_);
}

void ExportSheet::refresh() {
    command_->setText(desk_.exportCommandLine(config_, cluster_->currentData().toString(), target()));
    primary_->setEnabled(!target().isEmpty() && cluster_->count() > 0);
    problem_->setVisible(cluster_->count() == 0);
    if (cluster_->count() == 0)
        problem_->setText(
            tr("No cluster settings were found. Put a file into the project's folder “clusters”; the program "
               "brings examples."));
}

void ExportSheet::run() {
    primary_->setEnabled(false);
    const QString target = this->target();
    desk_.exportRun(config_, cluster_->currentData().toString(), target,
                    [self = QPointer<ExportSheet>(this), target](const Status& status) {
                        if (!self) return;
                        self->primary_->setEnabled(true);
                        if (status) {
                            Q_EMIT self->exported(target);
                            self->accept();
                            return;
                        }
                        const QString why = QString::fromStdString(status.error().message());
                        self->problem_->setText(why);
                        self->problem_->show();
                        Q_EMIT self->refused(why);
                    });
}

}  // namespace atelier
