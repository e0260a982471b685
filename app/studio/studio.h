// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the studio together: settings, theme, window, models and pages. Owned by main(); tests and screenshots
// build one too.
#pragma once

#include <QObject>
#include <QStringList>
#include <memory>

class QApplication;

namespace atelier {

class MainWindow;
class Page;
struct RunSummary;

struct StudioOptions {
    QString theme;          // "" = as set
    QString language;       // "" = as set; "en", "de"
    QString projectFolder;  // "" = as set, else ~/Atelier
    QStringList paths;      // to open
    bool resetWindow = false;
    QString settingsFile;  // "" = the user's; tests and screenshots give a file of their own
};

class Studio : public QObject {
    Q_OBJECT
  public:
    Studio(QApplication& app, const StudioOptions& options);
    ~Studio() override;
    MainWindow* window() const;
    QString projectFolder() const;
    bool engineReady() const;
    // Shows the window, then what can wait: desktop theme, engine look-up, runs, paths to open.
    void start();
    // From another start of the program, or a file manager: opens them and comes to the front.
    void openPaths(const QStringList& paths);

  Q_SIGNALS:
    void restartWanted();  // the window is closed; another Studio is wanted in its place
    void painted();        // once: the window has been painted for the first time

  private:
    void startTheRest();
    void showNewestRun();
    void tellFailures();
    void showDevice(const RunSummary* atWork);
    struct Parts;
    void addPages();
    Page* makeDatasetsPage();
    void loadTokenizer();
    void showFirstRun();
    void openLast();
    std::unique_ptr<Parts> parts_;
};

}  // namespace atelier
