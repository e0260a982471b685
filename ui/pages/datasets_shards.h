// SPDX-License-Identifier: GPL-3.0-or-later
// The Shards tab: the build that is going on, the shards of a version, what went in, built versions.
#pragma once

#include <QWidget>

#include "ui/models/dataset_build.h"
#include "ui/widgets/messages.h"

class QBoxLayout;
class QLabel;
class QPushButton;
class QTableView;

namespace atelier {

class EmptyState;
class FigureLabel;
class Pill;
class ProgressLine;

// The six stages in a row: done = tick, current = dot.
class StageTrack : public QWidget {
    Q_OBJECT
  public:
    explicit StageTrack(QWidget* parent = nullptr);
    void setStages(const std::vector<BuildStage>& stages);

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    std::vector<BuildStage> stages_;
};

class DatasetShardsTab : public QWidget {
    Q_OBJECT
  public:
    DatasetShardsTab(DatasetDocument& document, DatasetBuild& build, QWidget* parent = nullptr);
    // Reads the built versions again.
    void refreshVersions();

  Q_SIGNALS:
    void buildRequested();
    void trainRequested(const QString& pattern);
    void openFolderRequested(const QString& folder);
    void raised(const atelier::Message& message);

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    using Reasons = std::vector<std::pair<QString, int>>;
    void showReasons(const Reasons& reasons);
    QWidget* buildHero();
    QWidget* buildTable();
    QWidget* buildSide();
    void refreshBuild();
    void showVersion(int version);
    DatasetDocument& document_;
    DatasetBuild& build_;
    ShardTableModel shards_;
    int shown_ = 0;
    Reasons leftOut_;       // of the version that is shown
    Reasons reasonsShown_;  // as they stand in the card now
    QWidget *hero_, *content_, *side_;
    EmptyState* empty_;
    QLabel *heroTitle_, *tableTitle_, *tableNote_, *sideTotal_;
    Pill* heroPill_;
    StageTrack* track_;
    ProgressLine* bar_;
    FigureLabel *percent_, *rate_, *bytes_, *elapsed_, *left_;
    QPushButton *cancel_, *train_, *folder_, *copy_;
    QTableView* table_;
    QBoxLayout *versions_, *dropped_;
    QWidget *droppedCard_, *problemCard_;
    QLabel *problemText_, *problemHint_;
};

}  // namespace atelier
