// SPDX-License-Identifier: GPL-3.0-or-later
// The Configure page with its document and models, and what it asks for: saving, starting, exporting. Owned
// by Studio.
#pragma once

#include <QObject>
#include <QStringList>

#include "ui/models/config_document.h"
#include "ui/models/issue_model.h"
#include "ui/models/template_model.h"

namespace atelier {

class ConfigurePage;
class MainWindow;
class RunDesk;
class RunListWatcher;
class Settings;

class ConfigurePart : public QObject {
    Q_OBJECT
  public:
    ConfigurePart(Settings& settings, RunDesk& desk, RunListWatcher& watcher, MainWindow& window,
                  const QString& project, QObject* parent = nullptr);
    ~ConfigurePart() override;
    ConfigurePage* makePage();

  private:
    // What a fresh template is given: the bundled tiny pipeline or the last base model, the last shards, the
    // project's run folder.
    QList<std::pair<QString, QString>> fill(const QString& templateFile, const QStringList& required) const;
    void openFile();
    void save(bool underNewName);
    void start(bool toQueue);
    void exportConfiguration();
    void measure();
    Settings& settings_;
    RunDesk& desk_;
    RunListWatcher& watcher_;
    MainWindow& window_;
    QString project_;
    ConfigDocument document_;
    IssueModel issues_{document_};
    TemplateModel templates_;
    ConfigurePage* page_ = nullptr;
};

}  // namespace atelier
