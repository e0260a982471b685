// SPDX-License-Identifier: GPL-3.0-or-later
// What training will see of each picture of a dataset, and why not: the build's own plan (planBuild of
// core/data) over all pictures, and the training reader's scaling and crop. Every picture has one row.
#pragma once

#include <QAbstractTableModel>
#include <QThreadPool>
#include <QTimer>
#include <array>
#include <memory>

#include "core/data/plan.h"
#include "ui/models/dataset_document.h"

namespace atelier {

// One picture as the build's plan wants it. `index`: of the entry, which stands for its content where equal
// pictures are looked for.
data::PlanInput planInputOf(const DatasetEntry& entry, int index);

enum class AuditKind { All, Trained, Changed, Dropped, CutCaption };
inline constexpr std::size_t kAuditKinds = 5;

struct AuditRow {
    int entry = 0;
    bool kept = false;
    data::DropReason reason = data::DropReason::None;
    QString detail;                   // of the reason
    data::Size original;              // 0 × 0: not known
    data::Size scaled;                // before the crop
    int left = 0, top = 0, side = 0;  // of the crop in the scaled picture
    int tokens = -1, limit = 0;
    bool reencoded = false;
    bool mask = false, condition = false;  // goes with one
    bool is(AuditKind kind) const;
    bool cut() const { return kept && limit > 0 && tokens > limit; }
    bool enlarged() const { return kept && std::min(original.width, original.height) < side; }
    double lost() const;  // share of the picture's area that the crop takes away
};

struct AuditCounts {
    std::array<int, kAuditKinds> kinds{};
    int enlarged = 0, masks = 0, conditions = 0;  // of those that are trained
    std::vector<std::pair<data::DropReason, int>> byReason;
};

// Rows as planned with these options and this side of the trained square. Pure: worker threads.
std::vector<AuditRow> auditPictures(const std::vector<DatasetEntry>& entries,
                                    const data::PlanOptions& options, int side, int tokenLimit);
AuditCounts countAudit(const std::vector<AuditRow>& rows);

class DatasetAudit : public QAbstractTableModel {
    Q_OBJECT
  public:
    enum Column { Original, Sees, Size, Caption, Tokens, Verdict, ColumnCount };
    explicit DatasetAudit(DatasetDocument& document, QObject* parent = nullptr);
    ~DatasetAudit() override;

    // Counts begin when somebody looks, and follow every edit from then on.
    void setWatching(bool watching);
    void setSide(int side);
    int side() const { return side_; }
    void setKind(AuditKind kind);
    void setText(const QString& text);  // in the name or the caption
    bool ready() const { return ready_; }
    const AuditCounts& counts() const { return counts_; }
    int scanned() const { return int(all_.size()); }
    DatasetDocument& document() const { return document_; }
    const AuditRow& row(int row) const { return all_[std::size_t(shown_[std::size_t(row)])]; }

    static QString verdictText(const AuditRow& row);     // "Train", "Dropped"
    static QString reasonText(const AuditRow& row);      // "cropped 20 %", "there is no caption"
    static QString reasonName(data::DropReason reason);  // of all with this reason: "without caption"
    // Which setting or file decides ("Build: only with a caption").
    static QString deciderText(const AuditRow& row);
    QByteArray csv() const;  // of all pictures

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

  Q_SIGNALS:
    void audited();

  private:
    void start();
    void filter();
    DatasetDocument& document_;
    QThreadPool pool_;  // one thread
    QTimer soon_;
    std::vector<AuditRow> all_;
    std::vector<int> shown_;
    AuditCounts counts_;
    AuditKind kind_ = AuditKind::All;
    QString text_;
    int side_ = 512;
    bool watching_ = false, ready_ = false, running_ = false, again_ = false;
};

}  // namespace atelier
