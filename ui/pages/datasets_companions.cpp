// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/datasets_companions.h"

#include <QDirIterator>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QVBoxLayout>

#include "ui/style/tokens.h"
#include "ui/widgets/controls.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr double kTint = 0.6;

const QStringList& pictureNames() {
    static const QStringList names{
        QStringLiteral("*.png"),  QStringLiteral("*.jpg"), QStringLiteral("*.jpeg"),
        QStringLiteral("*.webp"), QStringLiteral("*.tif"), QStringLiteral("*.tiff"),
        QStringLiteral("*.bmp"),  QStringLiteral("*.gif"), QStringLiteral("*.jfif")};
    return names;
}

bool namedAs(const QStringList& paths, const QStringList& starts) {
    if (paths.isEmpty()) return false;
    const QString name = QFileInfo(paths.front()).fileName().toLower();
    return std::any_of(starts.begin(), starts.end(),
                       [&](const QString& start) { return name.startsWith(start); });
}

const QStringList kMaskNames{QStringLiteral("mask")};
const QStringList kConditionNames{QStringLiteral("cond"), QStringLiteral("control"), QStringLiteral("canny"),
                                  QStringLiteral("edge"), QStringLiteral("depth"),   QStringLiteral("pose")};
}  // namespace

QImage maskTint(const QImage& mask) {
    const QImage grey = mask.convertToFormat(QImage::Format_Grayscale8);
    QImage tint(grey.size(), QImage::Format_ARGB32);
    const QColor colour = style::tokens().accent;
    for (int y = 0; y < grey.height(); ++y) {
        const uchar* from = grey.constScanLine(y);
        auto* to = reinterpret_cast<QRgb*>(tint.scanLine(y));
        for (int x = 0; x < grey.width(); ++x)
            to[x] = qRgba(colour.red(), colour.green(), colour.blue(), int(from[x] * kTint));
    }
    return tint;
}

QStringList picturesIn(const QStringList& paths) {
    QStringList files;
    for (const QString& path : paths) {
        if (QFileInfo(path).isFile()) {
            files << path;
            continue;
        }
        QDirIterator it(path, pictureNames(), QDir::Files, QDirIterator::Subdirectories);
        while (it.hasNext()) files << it.next();
    }
    return files;
}

bool namedAsCompanions(const QStringList& paths) {
    return namedAs(paths, kMaskNames) || namedAs(paths, kConditionNames);
}

QList<DropTarget> companionTargets(DatasetDocument& document, const QStringList& paths,
                                   const std::function<void(const Message&)>& raise) {
    const auto pair = [&document, raise](Companion kind, const QStringList& paths) {
        const QStringList files = picturesIn(paths);
        const int n = document.attachCompanions(kind, files);
        const QString what = kind == Companion::Mask
                                 ? DatasetDocument::tr("%n image(s) have got a mask.", nullptr, n)
                                 : DatasetDocument::tr("%n image(s) have got a control image.", nullptr, n);
        const int left = int(document.entries().size()) - n;
        QString rest;
        if (n == 0)
            rest = DatasetDocument::tr("None of %n file(s) has the name of a picture here.", nullptr,
                                       int(files.size()));
        else if (left > 0)
            rest = DatasetDocument::tr("%n image(s) here have no file of their name.", nullptr, left);
        std::vector<MessageAction> actions;
        if (n > 0)
            actions.push_back({DatasetDocument::tr("Undo"), [&document] { document.undoStack().undo(); }});
        raise({n > 0 ? Severity::Good : Severity::Warning, what, rest, std::move(actions)});
    };
    QList<DropTarget> targets{
        {QStringLiteral("layers"), DatasetDocument::tr("Masks"),
         DatasetDocument::tr("For images of the same name: white is trained"),
         [pair](const Dropped& d) { pair(Companion::Mask, d.paths); },
         DatasetDocument::tr("Drop to pair masks with the images of “%1”").arg(document.name())},
        {QStringLiteral("nodes"), DatasetDocument::tr("Control images"),
         DatasetDocument::tr("For images of the same name: what steers a ControlNet"),
         [pair](const Dropped& d) { pair(Companion::Condition, d.paths); },
         DatasetDocument::tr("Drop to pair control images with the images of “%1”").arg(document.name())}};
    if (namedAs(paths, kConditionNames)) targets.swapItemsAt(0, 1);
    return targets;
}

CompanionRows::CompanionRows(DatasetDocument& document, QWidget* parent)
    : QWidget(parent), document_(document) {
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(2);
    mask_ = makeRow(Companion::Mask, tr("Mask"));
    condition_ = makeRow(Companion::Condition, tr("Control image"));
    mask_.see->setChecked(true);
    connect(mask_.see, &QToolButton::toggled, this, &CompanionRows::maskShownChanged);
}

CompanionRows::Row CompanionRows::makeRow(Companion kind, const QString& title) {
    auto* line = new QHBoxLayout;
    line->setSpacing(2);
    auto* label = makeLabel(title, TextSize::Caption, QFont::Normal, Tone::Text2);
    label->setFixedWidth(std::max(86, label->sizeHint().width()));
    line->addWidget(label);
    Row row{};
    row.name = new ElidedLabel({}, Qt::ElideMiddle);
    row.name->setFont(style::font(TextSize::Caption));
    line->addWidget(row.name, 1);
    row.see = makeIconButton(QStringLiteral("eye"), tr("Show the mask over the picture"));
    row.see->setCheckable(true);
    row.choose = makeIconButton(QStringLiteral("folder"), tr("Choose: %1").arg(title));
    row.remove = makeIconButton(QStringLiteral("x"), tr("Remove: %1").arg(title));
    for (QToolButton* button : {row.see, row.choose, row.remove}) {
        button->setFixedSize(26, 26);
        line->addWidget(button);
    }
    row.see->setVisible(false);
    connect(row.choose, &QToolButton::clicked, this, [this, kind] { choose(kind); });
    connect(row.remove, &QToolButton::clicked, this, [this, kind] {
        document_.setCompanions(
            kind, {{entry_, QString()}},
            kind == Companion::Mask
                ? tr("remove the mask of %1").arg(document_.entry(entry_).name())
                : tr("remove the control image of %1").arg(document_.entry(entry_).name()));
    });
    static_cast<QVBoxLayout*>(layout())->addLayout(line);
    return row;
}

bool CompanionRows::maskShown() const {
    return mask_.see->isChecked();
}

void CompanionRows::show(int entry) {
    entry_ = entry;
    const DatasetEntry& e = document_.entry(entry);
    for (const Companion kind : {Companion::Mask, Companion::Condition}) {
        const Row& row = kind == Companion::Mask ? mask_ : condition_;
        const QString path = QString::fromStdString(e.companion(kind));
        const bool some = !path.isEmpty();
        row.name->setText(some ? QFileInfo(path).fileName() : tr("none"));
        row.name->setToolTip(path);
        const bool lost = some && e.companionProblem.rfind(path.toStdString(), 0) == 0;
        setLabelTone(row.name, lost ? Tone::Bad : some ? Tone::Text : Tone::Text2);
        if (lost) row.name->setText(tr("%1 is not there").arg(QFileInfo(path).fileName()));
        row.remove->setVisible(some);
        if (kind == Companion::Mask) row.see->setVisible(some);
    }
}

void CompanionRows::choose(Companion kind) {
    const DatasetEntry& e = document_.entry(entry_);
    const QString name = e.name();
    const int entry = entry_;
    const QString path = QFileDialog::getOpenFileName(
        this, kind == Companion::Mask ? tr("Mask of %1").arg(name) : tr("Control image of %1").arg(name),
        QFileInfo(QString::fromStdString(e.path)).path(),
        tr("Pictures (%1)").arg(pictureNames().join(QLatin1Char(' '))));
    if (path.isEmpty() || std::size_t(entry) >= document_.entries().size()) return;
    document_.setCompanions(
        kind, {{entry, path}},
        kind == Companion::Mask ? tr("mask of %1").arg(name) : tr("control image of %1").arg(name));
}

}  // namespace atelier
