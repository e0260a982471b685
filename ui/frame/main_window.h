// SPDX-License-Identifier: GPL-3.0-or-later
// The window: rail, stack of pages built when first shown, status bar, one action list behind menu, palette
// and keys, history, drops anywhere. app/studio tells it which pages there are and what to open.
#pragma once

#include <QFutureWatcher>
#include <QMainWindow>
#include <functional>
#include <memory>
#include <vector>

#include "ui/pages/page.h"

class QMenu;
class QStackedWidget;

namespace atelier {

class DropOverlay;
class Settings;
class Rail;
class StatusBar;

struct PageEntry {
    QString id;     // "datasets", "configure", "runs"
    QString title;  // as in the rail, translated
    QString iconName;
    std::function<Page*()> make;  // called when the page is first shown
};

class MainWindow : public QMainWindow {
    Q_OBJECT
  public:
    // Thread-safe; run in the background while something hovers over the window.
    using Recognise = std::function<Dropped(const QStringList& paths)>;
    MainWindow(Settings& settings, Recognise recognise);
    ~MainWindow() override;

    void addPage(PageEntry entry);
    // After the last addPage(): actions, menus and keys.
    void finish();
    // Shows a page, and `object` on it when given. nullptr for an unknown id.
    Page* showPage(const QString& id, const QString& object = {});
    Page* page(const QString& id);  // builds it when needed
    Page* currentPage() const;
    QString currentPageId() const;
    QString rememberedPage() const;  // of the last start; the first page when there is none
    StatusBar* statusPanel() const { return status_; }
    void showMessage(const Message& message);
    // A path from the command line, "Open…" or a drop: recognised, then shown on its page.
    void openPath(const QString& path);
    // Asked before the window closes; false keeps it open (the guard says why).
    void setCloseGuard(std::function<bool()> mayClose) { mayClose_ = std::move(mayClose); }
    // Shown instead of the pages until something is opened.
    void setFirstRun(QWidget* page);
    bool firstRunShown() const;
    DropOverlay* dropOverlay() const { return overlay_; }
    const std::vector<Page::MenuAction>& actionList() const { return actions_; }
    void showPalette();
    // Tab goes as the window is read. Done by itself when Tab is pressed.
    void orderTabs();

  Q_SIGNALS:
    void settingsRequested();
    void pageBuilt(const QString& id, atelier::Page* page);

  protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragMoveEvent(QDragMoveEvent* event) override;
    void dragLeaveEvent(QDragLeaveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    struct Slot;
    struct Place {
        QString page, location;
    };
    Slot* slot(const QString& id);
    void build(Slot& slot);
    QAction* addGlobal(const QString& menu, const QString& text, const QKeySequence& keys,
                       const QString& iconName, std::function<void()> run);
    QList<QWidget*> panes() const;
    void fillMenu(QMenu& menu);
    void openDialog(bool folder);
    void notePlace();
    void step(int direction);
    void restoreLayout();
    bool pressed(QObject* watched, const QKeyEvent& keys);
    void showOverlay();
    void hideOverlay();
    QString pageFor(DroppedKind kind) const;
    QList<DropTarget> targetsFor(const Dropped& dropped);
    QString noTargetText(const Dropped& dropped) const;
    QString titleFor(const Dropped& dropped, const QList<DropTarget>& targets) const;

    Settings& settings_;
    Recognise recognise_;
    std::vector<std::unique_ptr<Slot>> slots_;
    Rail* rail_;
    QStackedWidget* stack_;
    StatusBar* status_;
    ToastHost* toasts_;
    DropOverlay* overlay_ = nullptr;
    QPointer<QWidget> firstRun_;
    std::function<bool()> mayClose_;
    std::vector<Page::MenuAction> actions_;
    std::vector<Place> history_;
    std::size_t here_ = 0;
    bool walking_ = false;
    QFutureWatcher<Dropped> looking_;
    Dropped dropped_;
    QList<DropTarget> targets_;
};

}  // namespace atelier
