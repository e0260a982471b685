// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the settings sheet.
#include "ui/frame/settings_sheet.h"

#include <QBoxLayout>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>

#include "ui/session/engine_locator.h"
#include "ui/session/settings.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr double kScales[] = {0.9, 1.0, 1.15, 1.3, 1.5};

// Returns the label of the small text.
QLabel* addRow(QBoxLayout& box, const QString& title, const QString& help, QWidget* editor) {
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
    return small;
}
}  // namespace

SettingsSheet::SettingsSheet(QWidget* window, Settings& settings, EngineLocator& engine)
    : Sheet(window, QStringLiteral("settings"), tr("Settings"), tr("Each applies at once."), 720) {
    auto* body = new QWidget;
    auto* box = new QVBoxLayout(body);
    box->setContentsMargins(24, 20, 24, 24);
    box->setSpacing(20);

    auto* theme = new SegmentedControl(tr("Theme"));
    for (const QString& text : {tr("System"), tr("Light"), tr("Dark")}) theme->addSegment(text);
    theme->setCurrentIndex(int(settings.theme()));
    connect(theme, &SegmentedControl::currentChanged, this,
            [&settings](int i) { settings.setTheme(ThemeChoice(i)); });
    addRow(*box, tr("Theme"), tr("Follows the desktop, or stays as you choose."), theme);

    auto* scale = new SegmentedControl(tr("Text size"));
    int current = 1;
    for (int i = 0; i < int(std::size(kScales)); ++i) {
        scale->addSegment(tr("%1 %").arg(qRound(kScales[i] * 100)));
        if (qFuzzyCompare(kScales[i], settings.textScale())) current = i;
    }
    scale->setCurrentIndex(current);
    connect(scale, &SegmentedControl::currentChanged, this,
            [&settings](int i) { settings.setTextScale(kScales[i]); });
    addRow(*box, tr("Text size"), tr("Takes hold at the next start."), scale);

    auto* choose = makeButton(tr("Choose…"), QStringLiteral("folder"));
    auto* folder = makeLabel(settings.projectFolder(), TextSize::Caption, QFont::Normal, Tone::Text2);
    auto* pair = new QWidget;
    auto* row = new QHBoxLayout(pair);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(folder);
    row->addWidget(choose);
    connect(choose, &QPushButton::clicked, this, [this, folder, &settings] {
        const QString path =
            QFileDialog::getExistingDirectory(this, tr("Project folder"), settings.projectFolder());
        if (path.isEmpty()) return;
        settings.setProjectFolder(path);
        folder->setText(path);
    });
    addRow(*box, tr("Project folder"),
           tr("A plain folder with datasets, configs, runs and models. Takes hold at the next start."), pair);
    auto* find = makeButton(tr("Find"), QStringLiteral("search"));
    find->setToolTip(tr("Look beside the studio and in PATH"));
    auto* other = makeButton(tr("Choose…"), QStringLiteral("file"));
    other->setAccessibleName(tr("Choose the engine…"));
    auto* buttons = new QWidget;
    auto* both = new QHBoxLayout(buttons);
    both->setContentsMargins(0, 0, 0, 0);
    both->addWidget(find);
    both->addWidget(other);
    QLabel* state = addRow(*box, tr("Engine"), {}, buttons);
    state->setTextInteractionFlags(Qt::TextSelectableByMouse);
    const auto tell = [state](const EngineInfo& info) {
        state->setText(!info.problem.isEmpty() ? info.problem
                       : info.usable()         ? tr("Version %1 at %2").arg(info.version, info.path)
                                               : tr("Looking for it"));
        setLabelTone(state, info.problem.isEmpty() ? Tone::Text2 : Tone::Bad);
    };
    tell(engine.info());
    connect(&engine, &EngineLocator::changed, this, tell);
    connect(find, &QPushButton::clicked, this, [&settings, &engine] {
        settings.setEnginePath({});
        engine.locate({});
    });
    connect(other, &QPushButton::clicked, this, [this, &settings, &engine] {
        const QString path = QFileDialog::getOpenFileName(this, tr("Choose atelier-engine"),
                                                          QFileInfo(engine.info().path).absolutePath());
        if (!path.isEmpty()) settings.setEnginePath(path);
    });
    setBody(body);
    setPrimary(tr("Done"), {});
}

}  // namespace atelier
