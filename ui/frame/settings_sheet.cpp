// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the settings sheet.
#include "ui/frame/settings_sheet.h"

#include <QBoxLayout>
#include <QDir>
#include <QFileDialog>
#include <QSettings>

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
const QString kTheme = QStringLiteral("look/theme");
const QString kScale = QStringLiteral("look/textScale");
const QString kProject = QStringLiteral("folders/project");
constexpr double kScales[] = {0.9, 1.0, 1.15, 1.3, 1.5};

void addRow(QBoxLayout& box, const QString& title, const QString& help, QWidget* editor) {
    auto* row = new QHBoxLayout;
    row->setSpacing(16);
    auto* words = new QVBoxLayout;
    words->setSpacing(2);
    words->addWidget(makeLabel(title, TextSize::Body, QFont::Medium));
    auto* small = makeLabel(help, TextSize::Caption, QFont::Normal, Tone::Text2);
    small->setWordWrap(true);
    words->addWidget(small);
    row->addLayout(words, 1);
    row->addWidget(editor, 0, Qt::AlignVCenter);
    box.addLayout(row);
}
}  // namespace

QString themeSetting(const QSettings& settings) { return settings.value(kTheme, QStringLiteral("system")).toString(); }
double textScaleSetting(const QSettings& settings) { return settings.value(kScale, 1.0).toDouble(); }
QString projectSetting(const QSettings& settings) {
    return settings.value(kProject, QDir::homePath() + QStringLiteral("/Atelier")).toString();
}

SettingsSheet::SettingsSheet(QWidget* window, QSettings& settings)
    : Sheet(window, QStringLiteral("settings"), tr("Settings"), tr("Each applies at once."), 720) {
    setAttribute(Qt::WA_DeleteOnClose);
    auto* body = new QWidget;
    auto* box = new QVBoxLayout(body);
    box->setContentsMargins(24, 20, 24, 24);
    box->setSpacing(20);

    auto* theme = new SegmentedControl(tr("Theme"));
    const QStringList names{QStringLiteral("system"), QStringLiteral("light"), QStringLiteral("dark")};
    for (const QString& text : {tr("System"), tr("Light"), tr("Dark")}) theme->addSegment(text);
    theme->setCurrentIndex(int(std::max<qsizetype>(0, names.indexOf(themeSetting(settings)))));
    connect(theme, &SegmentedControl::currentChanged, this, [this, names, &settings](int i) {
        settings.setValue(kTheme, names[i]);
        Q_EMIT themeChosen(names[i]);
    });
    addRow(*box, tr("Theme"), tr("Follows the desktop, or stays as you choose."), theme);

    auto* scale = new SegmentedControl(tr("Text size"));
    int current = 1;
    for (int i = 0; i < int(std::size(kScales)); ++i) {
        scale->addSegment(tr("%1 %").arg(qRound(kScales[i] * 100)));
        if (qFuzzyCompare(kScales[i], textScaleSetting(settings))) current = i;
    }
    scale->setCurrentIndex(current);
    connect(scale, &SegmentedControl::currentChanged, this, [this, &settings](int i) {
        settings.setValue(kScale, kScales[i]);
        Q_EMIT textScaleChosen(kScales[i]);
    });
    addRow(*box, tr("Text size"), tr("Takes hold at the next start."), scale);

    auto* choose = makeButton(tr("Choose…"), QStringLiteral("folder"));
    auto* folder = makeLabel(projectSetting(settings), TextSize::Caption, QFont::Normal, Tone::Text2);
    auto* pair = new QWidget;
    auto* row = new QHBoxLayout(pair);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(folder);
    row->addWidget(choose);
    connect(choose, &QPushButton::clicked, this, [this, folder, &settings] {
        const QString path = QFileDialog::getExistingDirectory(this, tr("Project folder"), projectSetting(settings));
        if (path.isEmpty()) return;
        settings.setValue(kProject, path);
        folder->setText(path);
        Q_EMIT projectChosen(path);
    });
    addRow(*box, tr("Project folder"), tr("A plain folder with datasets, configs, runs and models. Takes hold at the next start."), pair);
    setBody(body);
    setPrimary(tr("Done"), {});
}

}  // namespace atelier
