// SPDX-License-Identifier: GPL-3.0-or-later
// Layout and refreshing of the Shards tab.
#include "ui/pages/datasets_shards.h"

#include <QBoxLayout>
#include <QClipboard>
#include <QDateTime>
#include <QGuiApplication>
#include <QHeaderView>
#include <QPainter>
#include <QScrollArea>
#include <QTableView>

#include "core/base/strings.h"
#include "ui/pages/datasets_shard_cells.h"
#include "ui/style/tokens.h"
#include "ui/widgets/messages.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
constexpr int kNarrow = 1000;

QString clock(double seconds) {
    const int s = std::max(0, int(seconds));
    return s >= 3600 ? QStringLiteral("%1:%2:%3")
                           .arg(s / 3600)
                           .arg(s / 60 % 60, 2, 10, QLatin1Char('0'))
                           .arg(s % 60, 2, 10, QLatin1Char('0'))
                     : QStringLiteral("%1:%2").arg(s / 60).arg(s % 60, 2, 10, QLatin1Char('0'));
}

QString versionFolder(const DatasetDocument& document, int version) {
    return QString::fromStdString((document.folder() / ("v" + std::to_string(version))).string());
}

void clearLayout(QLayout* layout) {
    while (QLayoutItem* item = layout->takeAt(0)) {
        if (QWidget* widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
}

QWidget* factRow(const QString& text, const QString& value, bool strong = false) {
    auto* part = new QWidget;
    auto* row = new QHBoxLayout(part);
    row->setContentsMargins(0, 0, 0, 0);
    row->addWidget(makeLabel(text, TextSize::Body, QFont::Normal, strong ? Tone::Text : Tone::Text2), 1);
    row->addWidget(makeLabel(value, TextSize::Body, QFont::DemiBold));
    return part;
}

QString patternOf(const QString& folder, std::size_t shards) {
    return shards < 2 ? folder + QStringLiteral("/000000.tar")
                      : QStringLiteral("%1/{000000..%2}.tar")
                            .arg(folder)
                            .arg(int(shards) - 1, 6, 10, QLatin1Char('0'));
}
}  // namespace

DatasetShardsTab::DatasetShardsTab(DatasetDocument& document, DatasetBuild& build, QWidget* parent)
    : QWidget(parent), document_(document), build_(build) {
    auto* stack = new QVBoxLayout(this);
    stack->setContentsMargins(0, 0, 0, 0);
    content_ = new QWidget;
    auto* columns = new QHBoxLayout(content_);
    columns->setContentsMargins(20, 20, 20, 20);
    columns->setSpacing(16);
    auto* left = new QVBoxLayout;
    left->setSpacing(16);
    left->addWidget(hero_ = buildHero());
    left->addWidget(buildTable(), 1);
    columns->addLayout(left, 1);
    columns->addWidget(buildSide());
    stack->addWidget(content_, 1);
    empty_ = new EmptyState(QStringLiteral("package"), tr("No shards yet"),
                            tr("A build packs pictures and captions into tar files that training reads fast, "
                               "then reads every byte back."));
    connect(empty_->addButton(tr("Build shards"), QStringLiteral("package"), ButtonRole::Primary),
            &QPushButton::clicked, this, &DatasetShardsTab::buildRequested);
    stack->addWidget(empty_, 1);
    connect(&build_, &DatasetBuild::changed, this, &DatasetShardsTab::refreshBuild);
    connect(&build_, &DatasetBuild::finished, this, [this] { refreshVersions(); });
    connect(&document_, &DatasetDocument::opened, this, &DatasetShardsTab::refreshVersions);
    refreshVersions();
}

QWidget* DatasetShardsTab::buildHero() {
    QFrame* card = makeCard();
    auto* box = new QVBoxLayout(card);
    box->setContentsMargins(20, 16, 20, 16);
    box->setSpacing(12);
    auto* head = new QHBoxLayout;
    head->setSpacing(10);
    heroTitle_ = makeLabel({}, TextSize::Body, QFont::DemiBold);
    heroPill_ = new Pill({}, PillTone::Accent);
    heroPill_->setDot(true);
    head->addWidget(heroTitle_);
    head->addWidget(heroPill_);
    head->addStretch(1);
    cancel_ = makeButton(tr("Cancel build"), {}, ButtonRole::Danger, ButtonSize::Small);
    connect(cancel_, &QPushButton::clicked, this, [this] {
        if (build_.state() == DatasetBuild::State::Running)
            build_.cancel();
        else
            build_.dismiss();
    });
    head->addWidget(cancel_);
    box->addLayout(head);
    track_ = new StageTrack;
    box->addWidget(track_);
    bar_ = new ProgressLine;
    box->addWidget(bar_);
    auto* figures = new QHBoxLayout;
    figures->setSpacing(36);
    for (FigureLabel** f : {&percent_, &rate_, &bytes_, &elapsed_, &left_}) {
        *f = new FigureLabel;
        figures->addWidget(*f);
    }
    figures->addStretch(1);
    box->addLayout(figures);
    return card;
}

QWidget* DatasetShardsTab::buildTable() {
    QFrame* card = makeCard();
    auto* box = new QVBoxLayout(card);
    box->setContentsMargins(1, 1, 1, 9);
    box->setSpacing(0);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(16, 10, 12, 10);
    head->setSpacing(10);
    tableTitle_ = makeLabel(tr("Shards"), TextSize::Body, QFont::DemiBold);
    auto* note = new ElidedLabel({}, Qt::ElideMiddle);
    note->setFont(style::font(TextSize::Caption));
    setLabelTone(note, Tone::Text2);
    tableNote_ = note;
    head->addWidget(tableTitle_);
    head->addWidget(note, 1);
    copy_ = makeButton(tr("Copy pattern"), QStringLiteral("copy"), ButtonRole::Normal, ButtonSize::Small);
    folder_ = makeButton(tr("Open folder"), QStringLiteral("folder"), ButtonRole::Normal, ButtonSize::Small);
    train_ = makeButton(tr("Train on this version"), QStringLiteral("play"), ButtonRole::Primary,
                        ButtonSize::Small);
    connect(copy_, &QPushButton::clicked, this, [this] {
        QGuiApplication::clipboard()->setText(
            patternOf(versionFolder(document_, shown_), std::size_t(shards_.rowCount())));
        Q_EMIT raised({Severity::Good,
                       tr("The pattern is in the clipboard."),
                       patternOf(versionFolder(document_, shown_), std::size_t(shards_.rowCount())),
                       {}});
    });
    connect(folder_, &QPushButton::clicked, this,
            [this] { Q_EMIT openFolderRequested(versionFolder(document_, shown_)); });
    connect(train_, &QPushButton::clicked, this, [this] {
        Q_EMIT trainRequested(patternOf(versionFolder(document_, shown_), std::size_t(shards_.rowCount())));
    });
    for (QPushButton* b : {copy_, folder_, train_}) head->addWidget(b);
    box->addLayout(head);
    box->addWidget(makeLine());
    table_ = new QTableView;
    table_->setAccessibleName(tr("Shards"));
    table_->setTabKeyNavigation(false);
    table_->setFrameShape(QFrame::NoFrame);
    table_->setShowGrid(false);
    table_->setModel(&shards_);
    table_->setItemDelegate(new ShardCellDelegate(table_));
    table_->verticalHeader()->hide();
    table_->verticalHeader()->setDefaultSectionSize(36);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->horizontalHeader()->setHighlightSections(false);
    table_->horizontalHeader()->setStretchLastSection(true);
    table_->horizontalHeader()->setDefaultSectionSize(120);
    table_->setColumnWidth(ShardTableModel::Name, 220);
    table_->setColumnWidth(ShardTableModel::Samples, 110);
    box->addWidget(table_, 1);
    return card;
}

QWidget* DatasetShardsTab::buildSide() {
    auto* side = side_ = new QWidget;
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(16);
    const auto card = [&](const QString& title, QBoxLayout** rows) {
        QFrame* frame = makeCard();
        auto* box = new QVBoxLayout(frame);
        box->setContentsMargins(16, 14, 16, 14);
        box->setSpacing(8);
        box->addWidget(makeLabel(title, TextSize::Body, QFont::DemiBold));
        auto* inner = new QVBoxLayout;
        inner->setSpacing(8);
        box->addLayout(inner);
        *rows = inner;
        column->addWidget(frame);
        return frame;
    };
    card(tr("Versions"), &versions_);
    droppedCard_ = card(tr("Left out, each with its reason"), &dropped_);
    droppedCard_->hide();
    QBoxLayout* problem = nullptr;
    problemCard_ = card(tr("The build did not end well"), &problem);
    problemText_ = makeLabel({});
    problemHint_ = makeLabel({}, TextSize::Caption, QFont::Normal, Tone::Text2);
    for (QLabel* l : {problemText_, problemHint_}) {
        l->setWordWrap(true);
        l->setTextInteractionFlags(Qt::TextSelectableByMouse);
        problem->addWidget(l);
    }
    sideTotal_ = makeLabel(
        tr("You can keep working, or close the window: a build goes on and is here when you come back."),
        TextSize::Caption, QFont::Normal, Tone::Text2);
    sideTotal_->setWordWrap(true);
    column->addWidget(sideTotal_);
    column->addStretch(1);
    return side;
}

// In a narrow window the table keeps what matters: which shards, how many samples, whether they read back
// equal.
void DatasetShardsTab::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const bool narrow = width() < kNarrow;
    side_->setFixedWidth(narrow ? 264 : 330);
    table_->setColumnHidden(ShardTableModel::Hash, narrow);
    table_->setColumnWidth(ShardTableModel::Name, narrow ? 130 : 220);
    table_->setColumnWidth(ShardTableModel::Samples, narrow ? 90 : 110);
    table_->setColumnWidth(ShardTableModel::Size, narrow ? 90 : 120);
}

void DatasetShardsTab::refreshBuild() {
    const DatasetBuild::State state = build_.state();
    const bool busy = state == DatasetBuild::State::Running;
    hero_->setVisible(state != DatasetBuild::State::Idle);
    if (state != DatasetBuild::State::Idle) {
        heroTitle_->setText(tr("%1 · version %2").arg(document_.name()).arg(build_.version()));
        struct Look {
            QString text;
            PillTone tone;
        };
        const Look look = busy                                      ? Look{tr("building"), PillTone::Accent}
                          : state == DatasetBuild::State::Finished  ? Look{tr("verified"), PillTone::Good}
                          : state == DatasetBuild::State::Cancelled ? Look{tr("cancelled"), PillTone::Neutral}
                                                                    : Look{tr("not built"), PillTone::Bad};
        heroPill_->set(look.text, look.tone);
        cancel_->setText(busy ? tr("Cancel build") : tr("Close"));
        setButtonRole(cancel_, busy ? ButtonRole::Danger : ButtonRole::Normal);
        track_->setStages(build_.stages());
        bar_->setFraction(build_.fraction());
        bar_->setTone(state == DatasetBuild::State::Finished ? PillTone::Good
                      : state == DatasetBuild::State::Failed ? PillTone::Bad
                                                             : PillTone::Accent);
        percent_->setValue(QString::number(int(build_.fraction() * 100)), QStringLiteral("%"));
        rate_->setValue(
            build_.imagesPerSecond() > 0 ? figure(qint64(build_.imagesPerSecond())) : QStringLiteral("–"),
            tr("images/s"));
        bytes_->setValue(build_.megabytesPerSecond() > 0
                             ? QString::number(qRound(build_.megabytesPerSecond()))
                             : QStringLiteral("–"),
                         tr("MB/s"));
        const double elapsed = build_.elapsedSeconds();
        if (!busy && elapsed < 10)
            elapsed_->setValue(QString::number(elapsed, 'f', 1), tr("s elapsed"));
        else
            elapsed_->setValue(clock(elapsed), tr("elapsed"));
        left_->setValue(busy && build_.leftSeconds() >= 0 ? clock(build_.leftSeconds()) : QStringLiteral("–"),
                        tr("left"));
        left_->setVisible(busy);
    }
    if (busy) {
        if (table_->model() != &build_.shards()) table_->setModel(&build_.shards());
        tableTitle_->setText(tr("Shards of version %1").arg(build_.version()));
        static_cast<ElidedLabel*>(tableNote_)->setText(build_.target());
    } else if (table_->model() != &shards_) {
        table_->setModel(&shards_);
        showVersion(shown_);
    }
    for (QPushButton* b : {copy_, folder_, train_}) b->setVisible(!busy && shown_ > 0);
    const bool over = state == DatasetBuild::State::Idle || state == DatasetBuild::State::Finished;
    showReasons(over ? leftOut_ : build_.droppedByReason());
    problemCard_->setVisible(state == DatasetBuild::State::Failed && build_.error());
    if (build_.error()) {
        problemText_->setText(QString::fromStdString(
            build_.error()->where.empty() ? build_.error()->what
                                          : build_.error()->where + ": " + build_.error()->what));
        problemHint_->setText(QString::fromStdString(build_.error()->hint));
    }
    content_->setVisible(state != DatasetBuild::State::Idle || shown_ > 0);
    empty_->setVisible(!content_->isVisibleTo(this));
}

void DatasetShardsTab::showReasons(const Reasons& reasons) {
    if (reasons == reasonsShown_) return;
    reasonsShown_ = reasons;
    clearLayout(dropped_);
    for (const auto& [reason, n] : reasons) dropped_->addWidget(factRow(reason, figure(n)));
    droppedCard_->setVisible(!reasons.empty());
}

void DatasetShardsTab::refreshVersions() {
    clearLayout(versions_);
    shown_ = 0;
    const auto versions = document_.isOpen() ? data::builtVersions(document_.folder()) : std::vector<int>{};
    for (auto it = versions.rbegin(); it != versions.rend(); ++it) {
        const auto manifest = data::readManifest(document_.folder() / ("v" + std::to_string(*it)));
        if (!manifest) continue;
        auto* button = makeButton(tr("Version %1  ·  %2 images  ·  %3")
                                      .arg(*it)
                                      .arg(figure(qint64(manifest->content.samples)),
                                           QString::fromStdString(humanBytes(manifest->content.bytes))),
                                  QStringLiteral("package"), ButtonRole::Ghost);
        button->setProperty("atelierLeading", true);
        button->setCheckable(true);
        button->setAutoExclusive(true);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        connect(button, &QPushButton::clicked, this, [this, v = *it] {
            showVersion(v);
            refreshBuild();
        });
        versions_->addWidget(button);
        if (!shown_) {
            button->setChecked(true);
            shown_ = *it;
        }
    }
    if (versions.empty())
        versions_->addWidget(makeLabel(tr("none yet"), TextSize::Caption, QFont::Normal, Tone::Text2));
    showVersion(shown_);
    refreshBuild();
}

void DatasetShardsTab::showVersion(int version) {
    shown_ = version;
    leftOut_.clear();
    if (version <= 0) return;
    const auto manifest = data::readManifest(document_.folder() / ("v" + std::to_string(version)));
    if (!manifest) {
        shards_.clear();
        return;
    }
    shards_.setManifest(*manifest);
    leftOut_ = leftOut(*manifest);
    tableTitle_->setText(tr("Version %1").arg(version));
    static_cast<ElidedLabel*>(tableNote_)
        ->setText(tr("%n shard(s) in %1", nullptr, int(manifest->content.shards.size()))
                      .arg(versionFolder(document_, version)));
}

// --- StageTrack
// ----------------------------------------------------------------------------------------------------

StageTrack::StageTrack(QWidget* parent) : QWidget(parent) {
    setFixedHeight(62);
    setAccessibleName(tr("Stages of the build"));
}

void StageTrack::setStages(const std::vector<BuildStage>& stages) {
    stages_ = stages;
    QStringList words;
    for (const BuildStage& s : stages)
        words << s.title + (s.state == BuildStage::State::Done      ? tr(" done")
                            : s.state == BuildStage::State::Current ? tr(" now ") + s.note
                                                                    : QString());
    setAccessibleDescription(words.join(QStringLiteral(", ")));
    update();
}

void StageTrack::paintEvent(QPaintEvent*) {
    if (stages_.empty()) return;
    const style::Tokens& t = style::tokens();
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    const double slot = double(width()) / double(stages_.size());
    for (std::size_t i = 0; i < stages_.size(); ++i) {
        const BuildStage& s = stages_[i];
        const double x = double(i) * slot;
        const QRectF dot(x + 0.5, 0.5, 23, 23);
        if (i + 1 < stages_.size()) {
            p.setPen(QPen(s.state == BuildStage::State::Done ? t.accent : t.line, 2));
            p.drawLine(QPointF(x + 29, 12), QPointF(x + slot - 5, 12));
        }
        if (s.state == BuildStage::State::Done) {
            p.setPen(Qt::NoPen);
            p.setBrush(t.accent);
            p.drawEllipse(dot);
            p.drawPixmap(QPointF(x + 5, 5), style::iconPixmap(QStringLiteral("check"), 14, Tone::AccentText,
                                                              devicePixelRatioF()));
        } else {
            const bool now = s.state == BuildStage::State::Current;
            p.setPen(QPen(now ? t.accent : t.lineStrong, 2));
            p.setBrush(t.surface);
            p.drawEllipse(dot.adjusted(1, 1, -1, -1));
            if (now) {
                p.setPen(Qt::NoPen);
                p.setBrush(t.accent);
                p.drawEllipse(dot.center(), 5, 5);
            }
        }
        p.setFont(style::font(TextSize::Caption,
                              s.state == BuildStage::State::Current ? QFont::DemiBold : QFont::Medium));
        p.setPen(s.state == BuildStage::State::Waiting ? t.text2 : t.text);
        p.drawText(QRectF(x, 27, slot - 6, 17), Qt::AlignLeft | Qt::AlignVCenter, s.title);
        p.setFont(style::font(TextSize::Caption));
        p.setPen(t.text2);
        p.drawText(QRectF(x, 44, slot - 6, 17), Qt::AlignLeft | Qt::AlignVCenter, s.note);
    }
}

}  // namespace atelier
