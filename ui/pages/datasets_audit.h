// SPDX-License-Identifier: GPL-3.0-or-later
// The Audit tab: what training will see of every picture, which are left out, what decides that and what
// changes it. Part of DatasetsPage.
#pragma once

#include <QWidget>

#include "ui/models/dataset_audit.h"
#include "ui/widgets/messages.h"

class QComboBox;
class QLabel;
class QTableView;

namespace atelier {

class Thumbnails;

class DatasetAuditTab : public QWidget {
    Q_OBJECT
  public:
    DatasetAuditTab(DatasetDocument& document, Thumbnails& thumbnails, QWidget* parent = nullptr);
    DatasetAudit& audit() { return audit_; }
    QTableView* table() const { return table_; }

  Q_SIGNALS:
    void raised(const atelier::Message& message);
    void showRequested(int entry);  // among the images, to be captioned
    void openFileRequested(const QString& path);
    void saveRequested(const QString& suggestedName, const QByteArray& content);
    void summaryChanged(int dropped);  // for the tab's pill

  protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    QWidget* makeBar();
    QWidget* makeSide();
    void refresh();
    void refreshChosen();
    void addFix(const QString& text, std::function<void()> run);
    void changeRules(const std::function<void(data::PlanOptions&)>& change, const QString& done);
    void fitColumns();
    DatasetDocument& document_;
    DatasetAudit audit_;
    SegmentedControl* chips_;
    QTableView* table_;
    QLabel *sum_, *verdict_, *decider_, *reasons_, *epoch_;
    QComboBox* size_;
    QWidget *side_, *chosen_, *fixes_;
    QString chosenKey_;
};

}  // namespace atelier
