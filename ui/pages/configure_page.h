// SPDX-License-Identifier: GPL-3.0-or-later
// Configure: template gallery, or form beside the live YAML with explanation and issues. Starting, exporting
// and saving are asked for by signals; app/studio does them.
#pragma once

#include "ui/forms/form_view.h"
#include "ui/pages/page.h"

class QComboBox;
class QListWidget;
class QPlainTextEdit;
class QStackedWidget;

namespace atelier {

class ConfigDocument;
class ConfigureExplain;
class ConfigureForecast;
class ConfigureGallery;
class ConfigureIssues;
class IssueModel;
class TemplateModel;
class YamlEditor;

// Fills the gaps of a fresh template (base model, shards) with what the user had last: path → YAML value.
using TemplateFiller = std::function<QList<std::pair<QString, QString>>(const QString& templateFile,
                                                                        const QStringList& required)>;

class ConfigurePage : public Page {
    Q_OBJECT
  public:
    ConfigurePage(ConfigDocument& document, IssueModel& issues, TemplateModel& templates,
                  TemplateFiller filler, QWidget* parent = nullptr);

    QUndoStack* undoStack() override;
    // A YAML file, or shards ("…/{000000..000007}.tar" or a folder) to train on: those go into the next
    // template.
    bool open(const QString& path) override;
    QString location() const override;
    void openLocation(const QString& location) override { open(location); }
    QList<DropTarget> dropTargets(const Dropped& dropped) override;

    void showGallery();
    void showForm();
    bool galleryShown() const;
    void jump(const QString& path, int line = 0);  // to the setting in form and YAML
    ConfigDocument& document() { return document_; }
    FormView* form() const { return form_; }
    YamlEditor* yaml() const { return yaml_; }
    ConfigureGallery* gallery() const { return gallery_; }
    ConfigureIssues* issuesList() const { return issuesList_; }
    ConfigureForecast* forecast() const { return forecast_; }
    void start(bool toQueue = false);
    void exportFiles();
    void measure();
    void showFirstError(const QString& what);

  Q_SIGNALS:
    void startRequested();  // the document has no errors
    void queueRequested();  // the same, to be started after what runs
    void exportRequested();
    void measureRequested();  // the document has no errors; the answer goes to forecast()
    void openRequested();     // a file, to be chosen
    void saveRequested(bool underNewName);
    void fileOpened(const QString& path);
    void datasetGiven(const QString& pattern);

  protected:
    void resizeEvent(QResizeEvent* event) override;

  private:
    void fitHeader();
    QWidget* makeNavigation();
    QWidget* makeForm();
    QWidget* makeText();
    void makeHeader();
    void makeActions();
    void beginTemplate(int row);
    void useModel(const QString& path);
    void onTextChanged(bool byHand);
    void onChecked();
    void setCurrent(const QString& path);
    void showTab(int tab);
    void applyFilter();
    void refreshNavigation();

    ConfigDocument& document_;
    IssueModel& issues_;
    TemplateModel& templates_;
    TemplateFiller filler_;
    QString dataset_, model_;  // for the template chosen next
    QString current_;
    FormFilter filter_;
    QStackedWidget* stack_;
    ConfigureGallery* gallery_;
    FormView* form_ = nullptr;
    YamlEditor* yaml_ = nullptr;
    QStackedWidget* texts_ = nullptr;
    QPlainTextEdit* changes_ = nullptr;
    QPlainTextEdit* resolved_ = nullptr;
    ConfigureExplain* explain_ = nullptr;
    ConfigureForecast* forecast_ = nullptr;
    ConfigureIssues* issuesList_ = nullptr;
    QListWidget* navigation_ = nullptr;
    QLineEdit* search_ = nullptr;
    QLineEdit* gallerySearch_ = nullptr;
    SegmentedControl* levels_ = nullptr;
    SegmentedControl* tabs_ = nullptr;
    QLabel* inStep_ = nullptr;
    QLabel* origins_ = nullptr;
    ElidedLabel* title_ = nullptr;
    QLabel *from_ = nullptr, *runOnLabel_ = nullptr;
    Pill* edited_ = nullptr;
    QComboBox* runOn_ = nullptr;
    std::vector<QWidget*> formHeader_, galleryHeader_;
    QAction *startAction_ = nullptr, *exportAction_ = nullptr, *newAction_ = nullptr;
};

}  // namespace atelier
