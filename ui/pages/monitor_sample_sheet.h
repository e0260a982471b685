// SPDX-License-Identifier: GPL-3.0-or-later
// "Sample from it": prompt and settings, a run of `atelier-engine sample` in the background, its pictures.
// Opened by the monitor for one checkpoint and by the Models page for a model; pictures of one sheet stay
// together and open in the same large view as samples.
#pragma once

#include <QPointer>
#include <vector>

#include "ui/models/run_desk.h"
#include "ui/widgets/messages.h"

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QListWidget;
class QPlainTextEdit;
class QSpinBox;

namespace atelier {

class ProgressLine;
class Thumbnails;

// What pictures are made from, and where they go.
struct SampleSubject {
    QString title, subtitle;
    QString model;    // pipeline folder
    QString place;    // folder that gets a folder for each set of pictures
    qint64 step = 0;  // of training; 0: none
    QString note;     // said before there are pictures
    RunSettings::Sampling usual;
    QString lora = {};                                    // a LoRA is tried on one of `bases`
    std::vector<std::pair<QString, QString>> bases = {};  // name, pipeline folder
};

class SampleSheet : public Sheet {
    Q_OBJECT
  public:
    SampleSheet(QWidget* window, RunDesk& desk, const SampleSubject& subject, Thumbnails& thumbnails);
    ~SampleSheet() override;
    SampleOrder order() const;
    void setPrompt(const QString& prompt);
    void setSteps(int steps);
    void setCount(int count);
    void run();
    void cancel();
    bool running() const { return job_ != nullptr; }
    const SampleModel& pictures() const { return model_; }
    QString problem() const;
    void openLarge(int row);

  Q_SIGNALS:
    void jobEnded();
    void folderWanted(const QString& path);

  protected:
    void keyPressEvent(QKeyEvent* event) override;

  private:
    QWidget* makeForm();
    QWidget* makePictures();
    void refresh();
    void showPictures();
    void ended();
    RunDesk& desk_;
    Thumbnails& thumbnails_;
    SampleSubject subject_;
    QString lastFolder_;
    SampleModel model_;
    std::vector<SampleEntry> made_;
    QPointer<SampleJob> job_;
    QPlainTextEdit* prompt_;
    QLineEdit *negative_, *seed_;
    QSpinBox *steps_, *count_;
    QDoubleSpinBox* guidance_;
    QComboBox* sampler_;
    QComboBox* base_ = nullptr;  // of a LoRA
    QDoubleSpinBox* weight_ = nullptr;
    QListWidget* list_;
    QLabel *hint_, *problem_, *note_;
    ProgressLine* bar_;
    QPushButton *primary_, *stop_, *openFolder_;
};

}  // namespace atelier
