// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/dataset_audit.h"

#include <QCoreApplication>
#include <QPointer>
#include <algorithm>
#include <numeric>

#include "core/base/csv.h"

namespace atelier {

namespace {

constexpr int kSoonMs = 250;

QString percent(double share) {
    return QString::number(std::max(1, qRound(share * 100)));
}

}  // namespace

data::PlanInput planInputOf(const DatasetEntry& e, int index) {
    data::PlanInput input;
    input.source = e.source;
    input.relative = e.relative();
    input.size = e.bytes;
    input.edit = e.edit;
    input.problem = e.problem;
    input.companionProblem = e.companionProblem;
    input.caption.text = e.found;
    input.caption.source = e.foundIn;
    input.contentHash = std::to_string(e.duplicateOf >= 0 ? e.duplicateOf : index);
    if (e.readable) {
        data::ImageInfo info;
        info.format = e.format;
        info.width = e.width;
        info.height = e.height;
        input.info = info;
    }
    return input;
}

bool AuditRow::is(AuditKind kind) const {
    switch (kind) {
        case AuditKind::All:
            return true;
        case AuditKind::Trained:
            return kept;
        case AuditKind::Changed:
            return kept && (lost() > 0 || enlarged() || reencoded);
        case AuditKind::Dropped:
            return !kept;
        case AuditKind::CutCaption:
            return cut();
    }
    return false;
}

double AuditRow::lost() const {
    const double area = double(scaled.width) * double(scaled.height);
    return kept && area > 0 ? std::max(0.0, 1 - double(side) * double(side) / area) : 0;
}

std::vector<AuditRow> auditPictures(const std::vector<DatasetEntry>& entries,
                                    const data::PlanOptions& options, int side, int tokenLimit) {
    std::vector<int> order(entries.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        const DatasetEntry &left = entries[std::size_t(a)], &right = entries[std::size_t(b)];
        return left.source != right.source ? left.source < right.source : left.relative() < right.relative();
    });
    std::vector<data::PlanInput> inputs;
    inputs.reserve(order.size());
    for (const int i : order) inputs.push_back(planInputOf(entries[std::size_t(i)], i));
    const std::vector<data::PlanRow> plan = data::planBuild(inputs, options);
    std::vector<AuditRow> rows(entries.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const DatasetEntry& e = entries[std::size_t(order[i])];
        AuditRow& row = rows[std::size_t(order[i])];
        row.entry = order[i];
        row.kept = plan[i].keep;
        row.reason = plan[i].reason;
        row.detail = QString::fromStdString(plan[i].detail);
        row.original = {e.width, e.height};
        row.tokens = e.tokens;
        row.limit = tokenLimit;
        row.reencoded = !plan[i].keepBytes;
        row.mask = !e.companion(Companion::Mask).empty();
        row.condition = !e.companion(Companion::Condition).empty();
        row.side = side;
        const data::Size stored = plan[i].outputSize.width > 0 ? plan[i].outputSize : row.original;
        if (!row.kept || stored.width <= 0 || stored.height <= 0) continue;
        row.scaled = data::scaledSize(stored, {side, data::ResizeMode::ShortSide, true});
        row.left = (row.scaled.width - side) / 2;
        row.top = (row.scaled.height - side) / 2;
    }
    return rows;
}

AuditCounts countAudit(const std::vector<AuditRow>& rows) {
    AuditCounts counts;
    for (const AuditRow& row : rows) {
        for (std::size_t kind = 0; kind < kAuditKinds; ++kind)
            counts.kinds[kind] += row.is(AuditKind(kind)) ? 1 : 0;
        counts.enlarged += row.enlarged() ? 1 : 0;
        counts.masks += row.kept && row.mask ? 1 : 0;
        counts.conditions += row.kept && row.condition ? 1 : 0;
        if (row.kept) continue;
        const auto at = std::find_if(counts.byReason.begin(), counts.byReason.end(),
                                     [&](const auto& one) { return one.first == row.reason; });
        if (at != counts.byReason.end())
            ++at->second;
        else
            counts.byReason.emplace_back(row.reason, 1);
    }
    std::sort(counts.byReason.begin(), counts.byReason.end(),
              [](const auto& a, const auto& b) { return a.second > b.second; });
    return counts;
}

DatasetAudit::DatasetAudit(DatasetDocument& document, QObject* parent)
    : QAbstractTableModel(parent), document_(document) {
    pool_.setMaxThreadCount(1);
    soon_.setSingleShot(true);
    soon_.setInterval(kSoonMs);
    connect(&soon_, &QTimer::timeout, this, &DatasetAudit::start);
    const auto soon = [this] {
        if (watching_ && !soon_.isActive()) soon_.start();
    };
    connect(&document_, &DatasetDocument::entriesChanged, this, soon);
    connect(&document_, &DatasetDocument::entriesAdded, this, soon);
    connect(&document_, &DatasetDocument::loadingFinished, this, soon);
    connect(&document_, &DatasetDocument::saved, this, soon);
    // Rows name pictures by index: those of before mean nothing now.
    const auto forget = [this, soon] {
        beginResetModel();
        all_.clear();
        shown_.clear();
        counts_ = {};
        ready_ = false;
        endResetModel();
        Q_EMIT audited();
        soon();
    };
    connect(&document_, &DatasetDocument::entriesReset, this, forget);
    connect(&document_, &DatasetDocument::opened, this, forget);
}

DatasetAudit::~DatasetAudit() {
    pool_.clear();
    pool_.waitForDone();
}

void DatasetAudit::setWatching(bool watching) {
    watching_ = watching;
    if (watching) start();
}

void DatasetAudit::setSide(int side) {
    if (side == side_) return;
    side_ = side;
    start();
}

void DatasetAudit::start() {
    if (!watching_) return;
    if (running_) {
        again_ = true;
        return;
    }
    running_ = true;
    const data::PlanOptions options =
        document_.isOpen() ? document_.dataset().options.plan : data::PlanOptions{};
    const int limit = document_.countsTokens() ? document_.tokenLimit() : 0;
    pool_.start(
        [self = QPointer<DatasetAudit>(this), entries = document_.entries(), options, side = side_, limit] {
            auto rows = auditPictures(entries, options, side, limit);
            AuditCounts counts = countAudit(rows);
            QMetaObject::invokeMethod(
                QCoreApplication::instance(),
                [self, rows = std::move(rows), counts = std::move(counts)]() mutable {
                    if (!self) return;
                    self->running_ = false;
                    if (rows.size() == self->document_.entries().size()) {
                        self->all_ = std::move(rows);
                        self->counts_ = std::move(counts);
                        self->ready_ = true;
                        self->filter();
                    }
                    Q_EMIT self->audited();
                    if (std::exchange(self->again_, false)) self->start();
                },
                Qt::QueuedConnection);
        });
}

void DatasetAudit::setKind(AuditKind kind) {
    kind_ = kind;
    filter();
}

void DatasetAudit::setText(const QString& text) {
    text_ = text.trimmed();
    filter();
}

void DatasetAudit::filter() {
    std::vector<int> shown;
    for (std::size_t i = 0; i < all_.size(); ++i) {
        if (!all_[i].is(kind_)) continue;
        const DatasetEntry& e = document_.entry(all_[i].entry);
        if (!text_.isEmpty() && !e.name().contains(text_, Qt::CaseInsensitive) &&
            !e.caption().contains(text_, Qt::CaseInsensitive))
            continue;
        shown.push_back(int(i));
    }
    if (shown == shown_) {
        if (!shown_.empty()) Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
        return;
    }
    beginResetModel();
    shown_ = std::move(shown);
    endResetModel();
}

QString DatasetAudit::verdictText(const AuditRow& row) {
    return row.kept ? tr("Train") : tr("Dropped");
}

QString DatasetAudit::reasonText(const AuditRow& row) {
    if (!row.kept) return QString::fromStdString(data::dropReasonText(row.reason, row.detail.toStdString()));
    QStringList words;
    if (row.lost() >= 0.005) words << tr("cropped %1 %").arg(percent(row.lost()));
    if (row.enlarged())
        words << tr("enlarged %1 times")
                     .arg(double(row.side) / std::max(1, std::min(row.original.width, row.original.height)),
                          0, 'f', 1);
    if (row.cut()) words << tr("%n token(s) cut", nullptr, row.tokens - row.limit);
    if (row.reencoded) words << tr("written anew");
    return words.isEmpty() ? tr("unchanged") : words.join(QStringLiteral(", "));
}

QString DatasetAudit::reasonName(data::DropReason reason) {
    using data::DropReason;
    switch (reason) {
        case DropReason::NoCaption:
            return tr("without caption");
        case DropReason::CaptionEmpty:
            return tr("with an empty caption");
        case DropReason::Duplicate:
            return tr("equal to another picture");
        case DropReason::TooSmall:
            return tr("too small");
        case DropReason::RatioOutside:
            return tr("too long and narrow");
        case DropReason::CannotDecode:
            return tr("unreadable");
        case DropReason::Excluded:
            return tr("excluded by you");
        case DropReason::MaskMissing:
            return tr("without the mask or control image chosen for them");
        default:
            return QString::fromStdString(data::dropReasonText(reason, {}));
    }
}

QString DatasetAudit::deciderText(const AuditRow& row) {
    using data::DropReason;
    switch (row.reason) {
        case DropReason::None:
            return row.lost() > 0 || row.enlarged()
                       ? tr("Decided by the size that is trained on, %1 px, and the "
                            "picture's shape.")
                             .arg(row.side)
                   : row.cut() ? tr("Decided by the text encoder, which reads %1 tokens.").arg(row.limit)
                               : tr("Nothing stands against it.");
        case DropReason::NoCaption:
        case DropReason::CaptionEmpty:
            return tr("Decided by the build option Pictures: only with a caption.");
        case DropReason::Duplicate:
            return tr("Decided by the build option Of equal pictures: the first one only.");
        case DropReason::TooSmall:
            return tr("Decided by the build option Shorter side at least.");
        case DropReason::RatioOutside:
            return tr("Decided by the build option for the largest ratio of the sides.");
        case DropReason::Excluded:
            return tr("Decided by you.");
        case DropReason::MaskMissing:
            return tr("Decided by you: it was given a mask or control image that is not there any more.");
        case DropReason::CannotDecode:
        case DropReason::Changed:
            return tr("Decided by the file.");
        default:
            return {};
    }
}

QByteArray DatasetAudit::csv() const {
    std::string text = csvLine({"file", "verdict", "reason", "width", "height", "crop_left", "crop_top",
                                "side", "tokens", "caption", "mask", "condition"});
    for (const AuditRow& row : all_) {
        const DatasetEntry& e = document_.entry(row.entry);
        text += csvLine({document_.pathOf(row.entry).toStdString(), row.kept ? "train" : "dropped",
                         reasonText(row).toStdString(), std::to_string(row.original.width),
                         std::to_string(row.original.height), std::to_string(row.left),
                         std::to_string(row.top), std::to_string(row.kept ? row.side : 0),
                         std::to_string(row.tokens), e.caption().toStdString(), e.companion(Companion::Mask),
                         e.companion(Companion::Condition)});
    }
    return QByteArray::fromStdString(text);
}

int DatasetAudit::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(shown_.size());
}

int DatasetAudit::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant DatasetAudit::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid) || role != Qt::DisplayRole) return {};
    const AuditRow& r = row(index.row());
    const DatasetEntry& e = document_.entry(r.entry);
    switch (index.column()) {
        case Original:
            return e.name();
        case Sees:
            return !r.kept                 ? tr("not trained")
                   : r.mask && r.condition ? tr("%1 × %1, with mask and control image").arg(r.side)
                   : r.mask                ? tr("%1 × %1, with mask").arg(r.side)
                   : r.condition           ? tr("%1 × %1, with control image").arg(r.side)
                                           : tr("%1 × %1").arg(r.side);
        case Size:
            return tr("%1 × %2").arg(r.original.width).arg(r.original.height);
        case Caption:
            return e.caption();
        case Tokens:
            return r.tokens >= 0 ? tr("%1 of %2").arg(r.tokens).arg(r.limit) : QString();
        case Verdict:
            return tr("%1: %2").arg(verdictText(r), reasonText(r));
        default:
            return {};
    }
}

QVariant DatasetAudit::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole) return {};
    const std::array<QString, ColumnCount> names{tr("Original"), tr("Model sees"), tr("Size"),
                                                 tr("Caption"),  tr("Tokens"),     tr("Verdict")};
    return names[std::size_t(section)];
}

}  // namespace atelier
