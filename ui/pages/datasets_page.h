// SPDX-License-Identifier: GPL-3.0-or-later
// Datasets: look at pictures, caption, filter, exclude; build shards; train on a version. Gets its models
// from app/studio.
#pragma once

#include <QElapsedTimer>
#include <QTimer>

#include "ui/models/dataset_build.h"
#include "ui/models/dataset_document.h"
#include "ui/models/dataset_images_model.h"
#include "ui/models/dataset_store.h"
#include "ui/pages/page.h"

class QComboBox;
class QSlider;
class QStackedWidget;

namespace atelier {

class DatasetAuditTab;
class DatasetInspector;
class DatasetShardsTab;
class DatasetSourcesPane;
class ImageGrid;

class DatasetsPage : public Page {
    Q_OBJECT
  public:
    DatasetsPage(DatasetStore& store, DatasetDocument& document, DatasetImagesModel& images,
                 DatasetBuild& build, QWidget* parent = nullptr);

    QUndoStack* undoStack() override { return &document_.undoStack(); }
    bool open(const QString& path) override;
    QString location() const override;
    void openLocation(const QString& location) override;
    QList<DropTarget> dropTargets(const Dropped& dropped) override;
    QList<std::pair<QString, QString>> objects() const override;

    ImageGrid* grid() const { return grid_; }
    DatasetInspector* inspector() const { return inspector_; }
    // Adds to the open dataset, or makes one of them.
    void addPaths(const QStringList& paths);
    void newDataset(const QString& name, const QStringList& sources);
    enum Tab { ImagesTab, AuditTab, ShardsTab };
    void showTab(int tab);
    DatasetAuditTab* audit();  // made when it is first shown
    void openBuildSheet();

  Q_SIGNALS:
    void trainRequested(const QString& pattern);  // shards of a verified version
    void openFolderRequested(const QString& path);
    void saveFileRequested(const QString& suggestedName, const QByteArray& content);

  private:
    void makeHeader();
    void makeActions();
    QWidget* makeImagesView();
    QWidget* makeToolbar();
    void connectModels();
    DatasetShardsTab* shards();  // made when it is first shown
    void refreshState();
    void refreshCounts();
    void refreshInspector();
    void stepPicture(int direction);
    void editCaption();
    void showPicture(int entry);  // among the images, whatever was filtered
    void nextWithoutCaption();
    void exclude(bool exclude);
    void showLarge();
    void showContextMenu(const QPoint& at);
    void chooseFolder();
    void chooseFiles();
    void showNewSheet();
    void editManyCaptions();

    DatasetStore& store_;
    DatasetDocument& document_;
    DatasetImagesModel& images_;
    DatasetBuild& build_;
    QComboBox* switcher_;
    QStackedWidget* stack_;
    QWidget *empty_, *imagesView_, *progressRow_;
    DatasetAuditTab* audit_ = nullptr;
    DatasetShardsTab* shards_ = nullptr;
    DatasetSourcesPane* sources_;
    ImageGrid* grid_;
    DatasetInspector* inspector_;
    QLineEdit* filter_;
    QComboBox* sort_;
    QLabel *count_, *progressText_;
    QSlider* size_;
    ProgressLine* progressBar_;
    QStackedWidget* gridStack_;
    EmptyState* noMatch_;
    QAction *buildAction_, *undo_, *redo_;
    QTimer moved_;  // the selection has moved, the inspector not yet
    QElapsedTimer lastMoved_;
    int tab_ = 0;
};

}  // namespace atelier
