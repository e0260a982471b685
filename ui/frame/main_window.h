// SPDX-License-Identifier: GPL-3.0-or-later
// The window: rail, stack of pages built when first shown, status bar, one action list behind menu, palette and keys,
// history, drops anywhere. app/studio tells it which pages there are and what to open.
#pragma once

#include <QMainWindow>
#include <functional>
#include <memory>
#include <vector>

#include "ui/pages/page.h"

class QSettings;
class QStackedWidget;

namespace atelier {

class Rail;
class StatusBar;
class DropOverlay;

struct PageEntry {
    QString id;        // "datasets", "configure", "runs"
    QString title;     // as in the rail, translated
    QString iconName;
    std::function<Page*()> make;  // called when the page is first shown
};

class MainWindow : public QMainWindow {
    Q_OBJECT
  public:
    using Recognise = std::function<Dropped(const QStringList& paths)>;
    MainWindow(std::unique_ptr<QSettings> settings, Recognise recognise);
    ~MainWindow() override;

    void addPage(PageEntry entry);
    Page* showPage(const QString& id, const QString& object = {});
    Page* page(const QString& id);           // builds it when needed; nullptr for an unknown id
    QString currentPageId() const;
    StatusBar* statusPanel() const { return status_; }
    void showMessage(const Message& message);
    void openPath(const QString& path);      // recognised, then shown on its page
    // Shown instead of the pages until something exists.
    void setFirstRun(QWidget* page);
    void leaveFirstRun();
    QSettings& settings() { return *settings_; }

  Q_SIGNALS:
    void themeRequested(const QString& name);  // "system", "light", "dark"

  protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragMoveEvent(QDragMoveEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

  private:
    struct Slot;
    struct Place { QString page, location; };
    Slot* slot(const QString& id);
    void buildActions();
    void buildMenus();
    void showPalette();
    void remember();
    void step(int direction);

    std::unique_ptr<QSettings> settings_;
    Recognise recognise_;
    std::vector<std::unique_ptr<Slot>> slots_;
    Rail* rail_;
    QStackedWidget* stack_;
    StatusBar* status_;
    ToastHost* toasts_;
    DropOverlay* overlay_ = nullptr;
    QWidget* firstRun_ = nullptr;
    std::vector<Page::MenuAction> actions_;
    std::vector<Place> history_;
    std::size_t here_ = 0;
    bool walking_ = false;
};

}  // namespace atelier
