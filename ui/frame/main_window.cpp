// SPDX-License-Identifier: GPL-3.0-or-later
// MainWindow: layout, pages, history, actions, menus, geometry. Drops are in main_window_drop.cpp.
#include "ui/frame/main_window.h"

#include <QAbstractButton>
#include <QApplication>
#include <QCloseEvent>
#include <QDialog>
#include <QFileDialog>
#include <QKeyEvent>
#include <QMenu>
#include <QMenuBar>
#include <QScreen>
#include <QStackedWidget>
#include <QUndoStack>
#include <QVBoxLayout>

#include "core/base/check.h"
#include "ui/frame/command_palette.h"
#include "ui/frame/main_window_slot.h"
#include "ui/frame/panes.h"
#include "ui/frame/rail.h"
#include "ui/frame/status_bar.h"
#include "ui/session/settings.h"

namespace atelier {

namespace {
constexpr QSize kFirstSize(1440, 900), kSmallest(800, 560);

QWidget* boxed(QBoxLayout* layout) {
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    auto* widget = new QWidget;
    widget->setLayout(layout);
    return widget;
}
}  // namespace

MainWindow::MainWindow(Settings& settings, Recognise recognise)
    : settings_(settings), recognise_(std::move(recognise)) {
    setWindowTitle(tr("Atelier"));
    setMinimumSize(kSmallest);
    setAcceptDrops(true);
    setContextMenuPolicy(Qt::NoContextMenu);
    rail_ = new Rail;
    stack_ = new QStackedWidget;
    status_ = new StatusBar;
    auto* middle = new QHBoxLayout;
    middle->addWidget(rail_);
    middle->addWidget(makeLine(Qt::Vertical));
    middle->addWidget(stack_, 1);
    auto* all = new QVBoxLayout;
    all->addWidget(boxed(middle), 1);
    all->addWidget(makeLine());
    all->addWidget(status_);
    setCentralWidget(boxed(all));
    toasts_ = new ToastHost(this);
    menuBar()->setVisible(false);
    connect(rail_, &Rail::pageClicked, this,
            [this](int index) { showPage(slots_.at(std::size_t(index))->entry.id); });
    connect(status_, &StatusBar::runClicked, this,
            [this] { showPage(QStringLiteral("runs"), QStringLiteral("newest")); });
    connect(&looking_, &QFutureWatcher<Dropped>::finished, this, [this] {
        if (overlay_ && overlay_->isVisible()) showOverlay();
    });
    qApp->installEventFilter(this);
    restoreLayout();
}

MainWindow::~MainWindow() = default;

void MainWindow::restoreLayout() {
    const QRect room = QApplication::primaryScreen()->availableGeometry();
    resize(kFirstSize.boundedTo(QSize(room.width() * 9 / 10, room.height() * 9 / 10)).expandedTo(kSmallest));
    const QByteArray saved = settings_.layout(QStringLiteral("window/geometry"));
    if (!saved.isEmpty()) restoreGeometry(saved);
}

void MainWindow::addPage(PageEntry entry) {
    auto slot = std::make_unique<Slot>();
    slot->entry = std::move(entry);
    rail_->addPage(slot->entry.iconName, slot->entry.title);
    slots_.push_back(std::move(slot));
}

MainWindow::Slot* MainWindow::slot(const QString& id) {
    for (auto& s : slots_)
        if (s->entry.id == id) return s.get();
    return nullptr;
}

void MainWindow::build(Slot& s) {
    s.page = s.entry.make();
    Page* page = s.page;
    page->setAccessibleName(s.entry.title);
    stack_->addWidget(page);
    std::size_t index = 0;
    while (slots_[index].get() != &s) ++index;
    rail_->setBadge(int(index), page->badge());
    connect(page, &Page::badgeChanged, this,
            [this, index](int count) { rail_->setBadge(int(index), count); });
    connect(page, &Page::messageRaised, this, &MainWindow::showMessage);
    connect(page, &Page::pageRequested, this,
            [this](const QString& id, const QString& object) { showPage(id, object); });
    connect(page, &Page::locationChanged, this, [this, page] {
        if (currentPage() == page) notePlace();
    });
    connect(page, &Page::statusNoteChanged, this, [this, page](const QString& note) {
        if (currentPage() == page) status_->setNote(note);
    });
    const QByteArray split = settings_.layout(QStringLiteral("splitters/") + s.entry.id);
    if (!split.isEmpty()) page->restoreSplitters(split);
    Q_EMIT pageBuilt(s.entry.id, page);
}

Page* MainWindow::page(const QString& id) {
    Slot* s = slot(id);
    if (s && !s->page) build(*s);
    return s ? s->page.data() : nullptr;
}

Page* MainWindow::currentPage() const {
    return qobject_cast<Page*>(stack_->currentWidget());
}

QString MainWindow::currentPageId() const {
    for (const auto& s : slots_)
        if (s->page && s->page == stack_->currentWidget()) return s->entry.id;
    return {};
}

QString MainWindow::rememberedPage() const {
    const QString id = QString::fromUtf8(settings_.layout(QStringLiteral("window/page")));
    for (const auto& s : slots_)
        if (s->entry.id == id) return id;
    return slots_.empty() ? QString() : slots_.front()->entry.id;
}

Page* MainWindow::showPage(const QString& id, const QString& object) {
    Page* shown = page(id);
    if (!shown) return nullptr;
    for (std::size_t i = 0; i < slots_.size(); ++i)
        if (slots_[i]->entry.id == id) rail_->setCurrent(int(i));
    if (!object.isEmpty()) shown->open(object);
    stack_->setCurrentWidget(shown);
    status_->setNote(shown->statusNote());
    settings_.setLayout(QStringLiteral("window/page"), id.toUtf8());
    notePlace();
    return shown;
}

// --- History
// -------------------------------------------------------------------------------------------------------

void MainWindow::notePlace() {
    if (walking_ || !currentPage()) return;
    const Place place{currentPageId(), currentPage()->location()};
    if (!history_.empty() && history_[here_].page == place.page && history_[here_].location == place.location)
        return;
    if (!history_.empty()) history_.resize(here_ + 1);
    history_.push_back(place);
    here_ = history_.size() - 1;
}

void MainWindow::step(int direction) {
    const auto target = qsizetype(here_) + direction;
    if (target < 0 || target >= qsizetype(history_.size())) return;
    here_ = std::size_t(target);
    walking_ = true;
    const Place place = history_[here_];
    if (Page* page = showPage(place.page); page && !place.location.isEmpty())
        page->openLocation(place.location);
    walking_ = false;
}

// --- Actions, menus, palette
// ---------------------------------------------------------------------------------------

QAction* MainWindow::addGlobal(const QString& menu, const QString& text, const QKeySequence& keys,
                               const QString& iconName, std::function<void()> run) {
    auto* action = new QAction(text, this);
    if (!iconName.isEmpty()) action->setIcon(style::icon(iconName));
    if (!keys.isEmpty()) action->setShortcut(keys);
    connect(action, &QAction::triggered, this, [run = std::move(run)] { run(); });
    addAction(action);
    actions_.push_back({menu, action});
    return action;
}

void MainWindow::finish() {
    const QString file = tr("File"), edit = tr("Edit"), go = tr("Go"), view = tr("View");
    addGlobal(file, tr("Open file…"), QKeySequence::Open, QStringLiteral("file"),
              [this] { openDialog(false); });
    addGlobal(file, tr("Open folder…"), QKeySequence(tr("Ctrl+Shift+O")), QStringLiteral("folder"),
              [this] { openDialog(true); });
    addGlobal(file, tr("Settings…"), QKeySequence(tr("Ctrl+,")), QStringLiteral("settings"),
              [this] { Q_EMIT settingsRequested(); });
    addGlobal(file, tr("Quit"), QKeySequence(tr("Ctrl+Q")), {}, [this] { close(); });
    const auto undoStack = [this] { return currentPage() ? currentPage()->undoStack() : nullptr; };
    addGlobal(edit, tr("Undo"), QKeySequence::Undo, QStringLiteral("undo"), [undoStack] {
        if (auto* s = undoStack()) s->undo();
    });
    addGlobal(edit, tr("Redo"), QKeySequence(tr("Ctrl+Shift+Z")), QStringLiteral("redo"), [undoStack] {
        if (auto* s = undoStack()) s->redo();
    });
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const QString id = slots_[i]->entry.id;
        addGlobal(go, slots_[i]->entry.title, QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_1 + int(i))),
                  slots_[i]->entry.iconName, [this, id] { showPage(id); });
    }
    addGlobal(go, tr("Back"), QKeySequence(Qt::ALT | Qt::Key_Left), QStringLiteral("chevl"),
              [this] { step(-1); });
    addGlobal(go, tr("Forward"), QKeySequence(Qt::ALT | Qt::Key_Right), QStringLiteral("chevr"),
              [this] { step(1); });
    addGlobal(go, tr("Command palette"), QKeySequence(tr("Ctrl+K")), QStringLiteral("search"),
              [this] { showPalette(); });
    addGlobal(view, tr("Inspector"), QKeySequence(tr("Ctrl+I")), QStringLiteral("info"), [this] {
        if (Page* p = currentPage()) p->setInspectorVisible(!p->inspectorVisible());
    });
    addGlobal(go, tr("Next pane"), QKeySequence(Qt::Key_F6), {}, [this] { walkPanes(panes(), 1); });
    addGlobal(go, tr("Previous pane"), QKeySequence(Qt::SHIFT | Qt::Key_F6), {},
              [this] { walkPanes(panes(), -1); });
    RailButton* settings = rail_->addBottom(QStringLiteral("settings"), tr("Settings"));
    connect(settings, &QAbstractButton::clicked, this, &MainWindow::settingsRequested);
    RailButton* menuButton = rail_->addBottom(QStringLiteral("menu"), tr("Menu"));
    const auto popup = [this, menuButton] {
        auto* menu = new QMenu(this);
        menu->setAttribute(Qt::WA_DeleteOnClose);
        fillMenu(*menu);
        menu->popup(menuButton->mapToGlobal(
            QPoint(menuButton->width() + 6, menuButton->height() - menu->sizeHint().height())));
    };
    connect(menuButton, &QAbstractButton::clicked, this, popup);
    addGlobal(view, tr("Menu"), QKeySequence(Qt::Key_F10), QStringLiteral("menu"), popup);
    // The menu bar stays hidden until asked for; it serves screen readers and global menus.
    connect(this, &MainWindow::pageBuilt, this, [this] {
        menuBar()->clear();
        auto* all = menuBar()->addMenu(tr("Atelier"));
        connect(all, &QMenu::aboutToShow, this, [this, all] {
            all->clear();
            fillMenu(*all);
        });
    });
}

QList<QWidget*> MainWindow::panes() const {
    QList<QWidget*> all{rail_};
    if (Page* page = currentPage())
        all << page->header() << panesOf(page) << page->openDrawer();
    else
        all << stack_->currentWidget();
    all << status_;
    all.removeAll(nullptr);
    return all;
}

// One submenu per menu name, in the order in which names first appear; the page's own come first.
void MainWindow::fillMenu(QMenu& menu) {
    std::vector<Page::MenuAction> all;
    if (Page* p = currentPage()) all = p->pageActions();
    all.insert(all.end(), actions_.begin(), actions_.end());
    for (const Page::MenuAction& entry : all) {
        QMenu* sub = menu.findChild<QMenu*>(entry.menu, Qt::FindDirectChildrenOnly);
        if (!sub) {
            sub = menu.addMenu(entry.menu);
            sub->setObjectName(entry.menu);
        }
        sub->addAction(entry.action);
    }
}

void MainWindow::showPalette() {
    std::vector<PaletteEntry> entries;
    const auto add = [&entries](const Page::MenuAction& a, const QString& where) {
        if (!a.action->isEnabled()) return;
        entries.push_back({a.action->text().remove(QLatin1Char('&')), where,
                           a.action->shortcut().toString(QKeySequence::NativeText), a.action->icon().name(),
                           [action = QPointer<QAction>(a.action)] {
                               if (action) action->trigger();
                           }});
    };
    if (Page* p = currentPage())
        for (const Page::MenuAction& a : p->pageActions()) add(a, p->accessibleName());
    for (const Page::MenuAction& a : actions_) add(a, a.menu);
    for (const auto& s : slots_) {
        if (!s->page) continue;
        for (const auto& [name, path] : s->page->objects())
            entries.push_back({name, path, {}, s->entry.iconName, [this, id = s->entry.id, path = path] {
                                   showPage(id, path);
                               }});
    }
    new CommandPalette(this, std::move(entries));
}

void MainWindow::openDialog(bool folder) {
    const QByteArray kept = settings_.layout(QStringLiteral("window/lastOpened"));
    const QString last = kept.isEmpty() ? QDir::homePath() : QString::fromUtf8(kept);
    const QString path = folder ? QFileDialog::getExistingDirectory(this, tr("Open folder"), last)
                                : QFileDialog::getOpenFileName(this, tr("Open file"), last);
    if (path.isEmpty()) return;
    settings_.setLayout(QStringLiteral("window/lastOpened"), QFileInfo(path).absolutePath().toUtf8());
    openPath(path);
}

void MainWindow::showMessage(const Message& message) {
    toasts_->show(message);
}

// Enter presses the button that has the keyboard, as Space does; sheets have their default button for it.
bool MainWindow::pressed(QObject* watched, const QKeyEvent& keys) {
    auto* button = qobject_cast<QAbstractButton*>(watched);
    if (button == nullptr || !button->isEnabled() || !isAncestorOf(button) || keys.isAutoRepeat() ||
        (keys.key() != Qt::Key_Return && keys.key() != Qt::Key_Enter) ||
        (keys.modifiers() & ~Qt::KeypadModifier) != Qt::NoModifier)
        return false;
    for (QWidget* over = button; over != this; over = over->parentWidget())
        if (qobject_cast<QDialog*>(over)) return false;
    button->click();
    return true;
}

// Rail, page, status bar. Pages change while they are used, so this is asked when Tab is pressed.
void MainWindow::orderTabs() {
    QWidgetList order = rail_->findChildren<QWidget*>();
    if (Page* page = currentPage()) order << page->tabStops();
    order << status_->findChildren<QWidget*>();
    for (qsizetype i = 1; i < order.size(); ++i) setTabOrder(order[i - 1], order[i]);
}

// Text fields take some keys of Emacs (Ctrl+E, Ctrl+K) where the window has an action for them.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const auto& keys = *static_cast<QKeyEvent*>(event);
        if (pressed(watched, keys)) return true;
        if (watched == focusWidget() && (keys.key() == Qt::Key_Tab || keys.key() == Qt::Key_Backtab))
            orderTabs();
    }
    if (event->type() != QEvent::ShortcutOverride) return QMainWindow::eventFilter(watched, event);
    const auto* keys = static_cast<QKeyEvent*>(event);
    if (keys->modifiers() != Qt::ControlModifier || (keys->key() != Qt::Key_E && keys->key() != Qt::Key_K))
        return QMainWindow::eventFilter(watched, event);
    std::vector<Page::MenuAction> all = actions_;
    if (Page* page = currentPage()) {
        const auto own = page->pageActions();
        all.insert(all.end(), own.begin(), own.end());
    }
    for (const Page::MenuAction& entry : all)
        if (entry.action->shortcut() == QKeySequence(keys->keyCombination()) && entry.action->isEnabled()) {
            event->ignore();
            return true;
        }
    return QMainWindow::eventFilter(watched, event);
}

void MainWindow::setFirstRun(QWidget* page) {
    firstRun_ = page;
    stack_->addWidget(page);
    stack_->setCurrentWidget(page);
    rail_->setCurrent(0);
}

bool MainWindow::firstRunShown() const {
    return firstRun_ && stack_->currentWidget() == firstRun_;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (mayClose_ && !mayClose_()) return event->ignore();
    settings_.setLayout(QStringLiteral("window/geometry"), saveGeometry());
    for (const auto& s : slots_)
        if (s->page)
            settings_.setLayout(QStringLiteral("splitters/") + s->entry.id, s->page->saveSplitters());
    QMainWindow::closeEvent(event);
}

}  // namespace atelier
