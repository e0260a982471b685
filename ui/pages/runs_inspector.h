// SPDX-License-Identifier: GPL-3.0-or-later
// The selected run at the right of the list: newest samples, settings in brief, what differs from the nearest
// earlier run, and what needs a person. Part of RunsPage.
#pragma once

#include <QWidget>

#include "ui/models/run_list_model.h"

class QLabel;
class QPushButton;
class QVBoxLayout;

namespace atelier {

class ElidedLabel;
class Pill;
class PictureStrip;
class Thumbnails;

class RunsInspector : public QWidget {
    Q_OBJECT
  public:
    RunsInspector(const RunListModel& model, Thumbnails& thumbnails, QWidget* parent = nullptr);
    void show(const RunSummary* run);

  Q_SIGNALS:
    void openWanted(const QString& path);
    void startWanted(const QString& path);
    void earlierWanted(const QString& path);
    void laterWanted(const QString& path);
    void unqueueWanted(const QString& path);
    void menuWanted(const QString& path, const QPoint& at);

  private:
    void fillSettings(const RunSummary& run);
    void fillDifferences(const RunSummary& run);
    void fillNeeds(const RunSummary& run);
    const RunListModel& model_;
    QString path_, key_;
    QWidget* content_;
    QLabel* nothing_;
    ElidedLabel* name_;
    Pill* state_;
    PictureStrip* pictures_;
    QLabel* pictureNote_;
    QPushButton* open_;
    QPushButton* start_;
    QWidget* queue_;  // of a run that waits: its place and what can be done about it
    QLabel* queueText_;
    QWidget* settings_;
    QLabel* differenceTitle_;
    QWidget* differences_;
    QWidget* needs_;
    QVBoxLayout* needsLayout_;
};

}  // namespace atelier
