// SPDX-License-Identifier: GPL-3.0-or-later
// Rows of the build sheet and its plan line.
#include "ui/pages/datasets_build_sheet.h"

#include <QBoxLayout>
#include <QComboBox>
#include <QGridLayout>
#include <QSpinBox>

#include "core/base/strings.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
QWidget* titled(const QString& title, QWidget* editor) {
    auto* part = new QWidget;
    auto* box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(6);
    auto* label = makeLabel(title, TextSize::Caption, QFont::Normal, Tone::Text2);
    label->setBuddy(editor);
    editor->setAccessibleName(title);
    box->addWidget(label);
    box->addWidget(editor);
    return part;
}

QSpinBox* number(int low, int high, int value, int step, const QString& suffix = {}) {
    auto* box = new QSpinBox;
    box->setRange(low, high);
    box->setSingleStep(step);
    box->setValue(value);
    box->setSuffix(suffix);
    box->setGroupSeparatorShown(true);
    return box;
}
}  // namespace

BuildSheet::BuildSheet(QWidget* window, DatasetDocument& document)
    : Sheet(window, QStringLiteral("package"), QObject::tr("Build shards"), {}, 720), document_(document) {
    setSubtitle(tr("%1 · version %2").arg(document.name()).arg(data::nextVersion(document.folder())));
    setBody(buildBody());
    build_ = setPrimary(tr("Build"), QStringLiteral("package"));
    refresh();
}

QWidget* BuildSheet::buildBody() {
    const data::BuildOptions& kept = document_.dataset().options;
    auto* body = new QWidget;
    auto* box = new QVBoxLayout(body);
    box->setContentsMargins(24, 18, 24, 20);
    box->setSpacing(14);

    box->addWidget(makeLabel(tr("Pictures"), TextSize::Body, QFont::DemiBold));
    auto* row = new QHBoxLayout;
    row->setSpacing(16);
    pictures_ = new SegmentedControl(tr("What happens to pictures"));
    for (const QString& text : {tr("Keep bytes"), tr("Resize, JPEG"), tr("Resize, WebP")})
        pictures_->addSegment(text);
    pictures_->setCurrentIndex(kept.plan.resize.side == 0                    ? 0
                               : kept.plan.format == data::ImageFormat::Webp ? 2
                                                                             : 1);
    row->addWidget(pictures_);
    auto* what = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    what->setWordWrap(true);
    row->addWidget(what, 1);
    box->addLayout(row);
    resizeRow_ = new QWidget;
    auto* resize = new QHBoxLayout(resizeRow_);
    resize->setContentsMargins(0, 0, 0, 0);
    resize->setSpacing(12);
    side_ = number(32, 8192, kept.plan.resize.side ? kept.plan.resize.side : 512, 64, tr(" px"));
    quality_ = number(1, 100, kept.quality, 1);
    resize->addWidget(titled(tr("Short side"), side_));
    resize->addWidget(titled(tr("Quality"), quality_));
    resize->addStretch(1);
    box->addWidget(resizeRow_);
    const auto explain = [this, what](int i) {
        resizeRow_->setVisible(i != 0);
        what->setText(
            i == 0 ? tr("Files go in as they are. Only those that need it (turned, CMYK, colour profile, 16 "
                        "bit) are written anew, each with its reason.")
                   : tr("Smaller files, quicker to read. Pictures smaller than this stay as they are."));
    };
    connect(pictures_, &SegmentedControl::currentChanged, this, explain);
    explain(pictures_->currentIndex());

    box->addWidget(makeLine());
    box->addWidget(makeLabel(tr("What goes in"), TextSize::Body, QFont::DemiBold));
    auto* rules = new QHBoxLayout;
    rules->setSpacing(12);
    captions_ = new QComboBox;
    captions_->addItems({tr("with or without caption"), tr("only with a caption")});
    captions_->setCurrentIndex(kept.plan.captions == data::CaptionRule::Required);
    duplicates_ = new QComboBox;
    duplicates_->addItems({tr("the first one only"), tr("all of them")});
    duplicates_->setCurrentIndex(kept.plan.duplicates == data::DuplicateRule::Keep);
    smallest_ = number(0, 4096, kept.plan.minSide, 64, tr(" px"));
    smallest_->setSpecialValueText(tr("any size"));
    rules->addWidget(titled(tr("Pictures"), captions_), 3);
    rules->addWidget(titled(tr("Of equal pictures"), duplicates_), 3);
    rules->addWidget(titled(tr("Shorter side at least"), smallest_), 2);
    box->addLayout(rules);

    box->addWidget(makeLine());
    box->addWidget(makeLabel(tr("Shards"), TextSize::Body, QFont::DemiBold));
    auto* shards = new QHBoxLayout;
    shards->setSpacing(12);
    shardSize_ = new QComboBox;
    for (const int mb : {64, 128, 256, 512, 1024}) shardSize_->addItem(tr("%1 MB").arg(mb), mb);
    shardSize_->setCurrentIndex(std::max(0, shardSize_->findData(int(kept.shardBytes / 1'000'000))));
    samples_ = number(1, 1'000'000, int(kept.shardSamples), 1000);
    shards->addWidget(titled(tr("A shard closes at"), shardSize_));
    shards->addWidget(titled(tr("or at so many samples"), samples_));
    shards->addStretch(1);
    box->addLayout(shards);

    QFrame* well = makeWell();
    auto* plan = new QVBoxLayout(well);
    plan->setContentsMargins(16, 12, 16, 12);
    plan->setSpacing(4);
    plan_ = makeLabel({}, TextSize::Body, QFont::DemiBold);
    space_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    space_->setWordWrap(true);
    plan->addWidget(plan_);
    plan->addWidget(space_);
    box->addWidget(well);
    connect(captions_, &QComboBox::currentIndexChanged, this, &BuildSheet::refresh);
    connect(duplicates_, &QComboBox::currentIndexChanged, this, &BuildSheet::refresh);
    connect(smallest_, &QSpinBox::valueChanged, this, &BuildSheet::refresh);
    connect(shardSize_, &QComboBox::currentIndexChanged, this, &BuildSheet::refresh);
    return body;
}

data::BuildOptions BuildSheet::options() const {
    data::BuildOptions o = document_.dataset().options;
    const int mode = pictures_->currentIndex();
    o.plan.resize.side = mode == 0 ? 0 : side_->value();
    o.plan.format = mode == 0 ? std::nullopt
                              : std::optional(mode == 1 ? data::ImageFormat::Jpeg : data::ImageFormat::Webp);
    o.quality = quality_->value();
    o.plan.captions = captions_->currentIndex() ? data::CaptionRule::Required : data::CaptionRule::Optional;
    o.plan.duplicates = duplicates_->currentIndex() ? data::DuplicateRule::Keep : data::DuplicateRule::Drop;
    o.plan.minSide = smallest_->value();
    o.shardBytes = std::uint64_t(shardSize_->currentData().toInt()) * 1'000'000;
    o.shardSamples = std::uint64_t(samples_->value());
    return o;
}

// "398 of 412 images, 171 MB, 8 shards": what is known here; the engine's own plan decides.
void BuildSheet::refresh() {
    if (!build_) return;
    const data::BuildOptions o = options();
    std::uint64_t bytes = 0;
    int kept = 0, all = int(document_.entries().size());
    for (const DatasetEntry& e : document_.entries()) {
        const bool out = e.edit.excluded || (e.probed && !e.readable) ||
                         (o.plan.duplicates == data::DuplicateRule::Drop && e.duplicateOf >= 0) ||
                         (o.plan.captions == data::CaptionRule::Required && e.probed && !e.hasCaption()) ||
                         (e.probed && e.readable && std::min(e.width, e.height) < o.plan.minSide);
        if (out && !e.edit.forced) continue;
        ++kept;
        bytes += e.bytes;
    }
    const auto shards =
        std::max<std::uint64_t>(1, std::max((bytes + o.shardBytes - 1) / o.shardBytes,
                                            (std::uint64_t(kept) + o.shardSamples - 1) / o.shardSamples));
    plan_->setText(tr("%1 of %2 images, %3 of pictures, about %n shard(s)", nullptr, int(shards))
                       .arg(figure(kept), figure(all), QString::fromStdString(humanBytes(bytes))));
    QString note =
        tr("Every shard is read back and compared before the version counts. Originals stay untouched.");
    if (document_.loading())
        note = tr("Pictures are still being read; the build will look at all of them. ") + note;
    if (const auto free = freeSpace(document_.folder()); free && *free < bytes + bytes / 10)
        note = tr("Not enough space in %1: the build needs about %2, %3 are free.")
                   .arg(QString::fromStdString(document_.folder().string()),
                        QString::fromStdString(humanBytes(bytes)), QString::fromStdString(humanBytes(*free)));
    space_->setText(note);
    build_->setEnabled(kept > 0 || document_.loading());
    build_->setToolTip(kept > 0 ? QString() : tr("No picture would go in."));
}

}  // namespace atelier
