// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the settings sheet.
#include "ui/frame/settings_sheet.h"

#include <QBoxLayout>
#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>

#include "ui/session/engine_locator.h"
#include "ui/session/settings.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr int kThumbnailSizes[] = {16, 64, 256, 1024};
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

    auto* language = new SegmentedControl(tr("Language"));
    for (const QString& text : {tr("System"), QStringLiteral("English"), QStringLiteral("Deutsch")})
        language->addSegment(text);
    language->setCurrentIndex(int(settings.language()));
    connect(language, &SegmentedControl::currentChanged, this,
            [&settings](int i) { settings.setLanguage(Language(i)); });
    addRow(*box, tr("Language"), tr("Takes hold when the window is made anew."), language);

    auto* scale = new SegmentedControl(tr("Text size"));
    int current = 1;
    for (int i = 0; i < int(std::size(kScales)); ++i) {
        scale->addSegment(tr("%1 %").arg(qRound(kScales[i] * 100)));
        if (qFuzzyCompare(kScales[i], settings.textScale())) current = i;
    }
    scale->setCurrentIndex(current);
    connect(scale, &SegmentedControl::currentChanged, this,
            [&settings](int i) { settings.setTextScale(kScales[i]); });
    addRow(*box, tr("Text size"), tr("Takes hold when the window is made anew."), scale);

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
           tr("A plain folder with datasets, configs, runs and models. Takes hold when the window is made "
              "anew."),
           pair);
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
    auto* offline = new QCheckBox(tr("Offline"));
    offline->setChecked(settings.offline());
    connect(offline, &QCheckBox::toggled, this, [&settings](bool on) { settings.setOffline(on); });
    addRow(*box, tr("Network"),
           tr("Nothing is sent or downloaded without being asked. Offline, downloads and uploads are refused "
              "even "
              "then."),
           offline);
    auto* memory = new QComboBox;
    memory->setAccessibleName(tr("Memory for thumbnails"));
    for (const int megabytes : kThumbnailSizes) {
        memory->addItem(tr("%1 MB").arg(megabytes), megabytes);
        if (megabytes == settings.thumbnailMegabytes()) memory->setCurrentIndex(memory->count() - 1);
    }
    connect(memory, &QComboBox::activated, this,
            [&settings, memory] { settings.setThumbnailMegabytes(memory->currentData().toInt()); });
    addRow(*box, tr("Memory for thumbnails"),
           tr("More: pictures seen before are there at once when scrolling back."), memory);
    setBody(body);
    auto* reset = makeButton(tr("Reset settings"), QStringLiteral("reset"), ButtonRole::Ghost);
    reset->setToolTip(
        tr("As after the first start; projects, datasets, runs and models stay, and so does what was used "
           "last."));
    connect(reset, &QPushButton::clicked, this, [this, &settings] {
        settings.reset();
        Q_EMIT restartWanted();
    });
    addFooterWidget(reset);
    again_ = makeButton(tr("Apply now"), QStringLiteral("reset"));
    again_->setToolTip(tr("Makes the window anew; runs and builds go on."));
    again_->hide();
    connect(again_, &QPushButton::clicked, this, &SettingsSheet::restartWanted);
    addFooterWidget(again_);
    connect(&settings, &Settings::textScaleChanged, again_, [this] { again_->show(); });
    connect(&settings, &Settings::languageChanged, again_, [this] { again_->show(); });
    connect(&settings, &Settings::projectFolderChanged, again_, [this] { again_->show(); });
    setPrimary(tr("Done"), {});
}

}  // namespace atelier
