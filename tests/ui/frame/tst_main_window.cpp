// SPDX-License-Identifier: GPL-3.0-or-later
// The window: lazy pages, history, action list, palette, drops, messages, sheets, what it remembers.
#include <QDragEnterEvent>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QSplitter>
#include <QTemporaryDir>
#include <QToolButton>
#include <QVBoxLayout>
#include <QtTest>

#include "ui/frame/command_palette.h"
#include "ui/frame/drop_overlay.h"
#include "ui/frame/main_window.h"
#include "ui/frame/settings_sheet.h"
#include "ui/frame/status_bar.h"
#include "ui/session/engine_locator.h"
#include "ui/session/settings.h"
#include "ui/style/theme.h"

using namespace atelier;

namespace {
class TestPage : public Page {
  public:
    explicit TestPage(const QString& name) {
        header()->setTitle(name);
        setBody(new QWidget);
        auto* inspector = new QWidget;
        setInspector(inspector);
        addPageAction(QStringLiteral("Do"), name + QStringLiteral(" action"), {}, QStringLiteral("play"),
                      [this] { ++runs; });
    }
    bool open(const QString& path) override {
        opened << path;
        Q_EMIT locationChanged();
        return true;
    }
    QString location() const override { return opened.isEmpty() ? QString() : opened.back(); }
    void openLocation(const QString& location) override { opened << location; }
    QList<DropTarget> dropTargets(const Dropped& d) override {
        if (d.kind != DroppedKind::Images) return {};
        return {{QStringLiteral("plus"),
                 QStringLiteral("Add"),
                 {},
                 [this](const Dropped& got) { dropped = got.paths; },
                 QStringLiteral("Drop to add")}};
    }
    int runs = 0;
    QStringList opened, dropped;
};
}  // namespace

class TestMainWindow : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void initTestCase();
    void init();
    void pagesAreBuiltWhenShown();
    void historyWalksBothWays();
    void paletteFindsAndRuns();
    void dropGoesToThePageUnderIt();
    void dropThatCannotBeUsedSaysWhy();
    void narrowWindowTurnsTheInspectorIntoADrawer();
    void sheetIsInsideTheWindow();
    void settingsSayWhatIsWrongWithTheEngine();
    void tabGoesAsThePageIsRead();
    void f6WalksThePanes();
    void shortcutsWorkFromTextFields();
    void enterPressesButtons();
    void sheetHasTheKeyboard();
    void nothingDroppedIsSilent();
    void bannersReplaceAndClose();
    void aLongBannerComesToRest();
    void everyControlHasAName();
    void remembersItsPage();
    void aGuardKeepsTheWindowOpen();

  private:
    TestPage* page(const char* id) { return static_cast<TestPage*>(window_->page(QString::fromLatin1(id))); }
    std::unique_ptr<QTemporaryDir> dir_;
    std::unique_ptr<Settings> settings_;
    std::unique_ptr<style::Theme> theme_;
    std::unique_ptr<MainWindow> window_;
    int built_ = 0;
};

void TestMainWindow::initTestCase() {
    theme_ = std::make_unique<style::Theme>(*qApp, false);
}

void TestMainWindow::init() {
    window_.reset();
    dir_ = std::make_unique<QTemporaryDir>();
    settings_ = std::make_unique<Settings>(dir_->filePath(QStringLiteral("settings.ini")));
    built_ = 0;
    window_ = std::make_unique<MainWindow>(*settings_, [](const QStringList& paths) {
        Dropped d;
        d.paths = paths;
        d.kind = paths.value(0).endsWith(QLatin1String(".png"))    ? DroppedKind::Images
                 : paths.value(0).endsWith(QLatin1String(".yaml")) ? DroppedKind::Config
                                                                   : DroppedKind::Unsupported;
        if (d.kind == DroppedKind::Unsupported) d.refusal = QStringLiteral("no such thing");
        return d;
    });
    for (const char* id : {"datasets", "configure", "runs"})
        window_->addPage(
            {QString::fromLatin1(id), QString::fromLatin1(id), QStringLiteral("datasets"), [this, id] {
                 ++built_;
                 return new TestPage(QString::fromLatin1(id));
             }});
    window_->finish();
    window_->resize(1440, 900);
    window_->showPage(QStringLiteral("datasets"));
    window_->show();
    window_->activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(window_.get()));
}

void TestMainWindow::pagesAreBuiltWhenShown() {
    QCOMPARE(built_, 1);
    window_->showPage(QStringLiteral("runs"), QStringLiteral("/tmp/run"));
    QCOMPARE(built_, 2);
    QCOMPARE(page("runs")->opened, QStringList{QStringLiteral("/tmp/run")});
    QTest::keyClick(window_.get(), Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(window_->currentPageId(), QStringLiteral("configure"));
    QVERIFY(!window_->showPage(QStringLiteral("nothing")));
}

void TestMainWindow::historyWalksBothWays() {
    window_->showPage(QStringLiteral("runs"), QStringLiteral("a"));
    window_->showPage(QStringLiteral("configure"));
    QTest::keyClick(window_.get(), Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(window_->currentPageId(), QStringLiteral("runs"));
    QTest::keyClick(window_.get(), Qt::Key_Left, Qt::AltModifier);
    QTest::keyClick(window_.get(), Qt::Key_Left, Qt::AltModifier);
    QCOMPARE(window_->currentPageId(), QStringLiteral("datasets"));
    QTest::keyClick(window_.get(), Qt::Key_Right, Qt::AltModifier);
    QTest::keyClick(window_.get(), Qt::Key_Right, Qt::AltModifier);
    QVERIFY(window_->currentPageId() != QStringLiteral("datasets"));
}

void TestMainWindow::paletteFindsAndRuns() {
    QVERIFY(fuzzyScore(QStringLiteral("bsh"), QStringLiteral("Build shards")) >= 0);
    QVERIFY(fuzzyScore(QStringLiteral("zz"), QStringLiteral("Build shards")) < 0);
    QVERIFY(fuzzyScore(QStringLiteral("build"), QStringLiteral("Build shards")) >
            fuzzyScore(QStringLiteral("build"), QStringLiteral("Able bundle insulated")));
    QTest::keyClick(window_.get(), Qt::Key_K, Qt::ControlModifier);
    auto* palette = window_->findChild<CommandPalette*>();
    QVERIFY(palette);
    auto* field = palette->findChild<QLineEdit*>();
    const int all = palette->shownCount();
    QTest::keyClicks(field, QStringLiteral("datasets act"));
    QVERIFY(palette->shownCount() < all && palette->shownCount() > 0);
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(page("datasets")->runs, 1);
}

void TestMainWindow::dropGoesToThePageUnderIt() {
    QMimeData mime;
    mime.setUrls({QUrl::fromLocalFile(QStringLiteral("/tmp/a b.png"))});
    QDragEnterEvent enter(QPoint(600, 400), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &enter);
    QVERIFY(enter.isAccepted());
    QVERIFY(window_->dropOverlay()->isVisible());
    QTRY_COMPARE(window_->dropOverlay()->title(), QStringLiteral("Drop to add"));
    QDropEvent drop(QPointF(600, 400), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &drop);
    QCOMPARE(page("datasets")->dropped, QStringList{QStringLiteral("/tmp/a b.png")});
    QVERIFY(!window_->dropOverlay()->isVisible());

    QMimeData yaml;
    yaml.setUrls({QUrl::fromLocalFile(QStringLiteral("/tmp/x.yaml"))});
    QDragEnterEvent again(QPoint(600, 400), Qt::CopyAction, &yaml, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &again);
    QDropEvent second(QPointF(600, 400), Qt::CopyAction, &yaml, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &second);
    QCOMPARE(window_->currentPageId(), QStringLiteral("configure"));
    QCOMPARE(page("configure")->opened, QStringList{QStringLiteral("/tmp/x.yaml")});
}

void TestMainWindow::dropThatCannotBeUsedSaysWhy() {
    QMimeData mime;
    mime.setUrls({QUrl(QStringLiteral("https://example.org/fox.png"))});
    QDragEnterEvent enter(QPoint(600, 400), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &enter);
    QTRY_VERIFY(window_->dropOverlay()->accessibleDescription().contains(QStringLiteral("cannot")));
    QDropEvent drop(QPointF(600, 400), Qt::CopyAction, &mime, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(window_.get(), &drop);
    bool said = false;
    for (const QLabel* label : window_->findChildren<QLabel*>())
        said = said || label->text().contains(QStringLiteral("Save the file first"));
    QVERIFY(said);
}

void TestMainWindow::narrowWindowTurnsTheInspectorIntoADrawer() {
    Page* shown = page("datasets");
    QVERIFY(shown->inspectorVisible());
    QSplitter* panes = shown->findChild<QSplitter*>();
    panes->setSizes({900, 360});
    const int width = panes->sizes().value(1);
    QVERIFY(width > 340);
    window_->resize(1024, 680);
    QTRY_VERIFY(!shown->inspectorVisible());
    QTest::keyClick(window_.get(), Qt::Key_I, Qt::ControlModifier);
    QVERIFY(shown->inspectorVisible());
    QTest::keyClick(shown, Qt::Key_Escape);
    QVERIFY(!shown->inspectorVisible());
    QToolButton* details = nullptr;  // the mouse's way to it
    for (QToolButton* button : shown->header()->findChildren<QToolButton*>())
        if (button->toolTip().contains(QStringLiteral("Ctrl+I"))) details = button;
    QVERIFY(details && details->isVisible());
    details->click();
    QVERIFY(shown->inspectorVisible());
    window_->resize(1440, 900);
    QTRY_VERIFY(shown->inspectorVisible());
    QTRY_COMPARE(panes->sizes().value(1), width);  // as wide as before
}

void TestMainWindow::sheetIsInsideTheWindow() {
    EngineLocator engine;
    auto* sheet = new SettingsSheet(window_.get(), *settings_, engine);
    QPointer<SettingsSheet> alive(sheet);
    sheet->show();
    QVERIFY(window_->rect().contains(sheet->geometry()));
    QVERIFY(!sheet->isWindow());
    auto* dark = sheet->findChild<SegmentedControl*>();
    dark->setCurrentIndex(2);
    QCOMPARE(settings_->theme(), ThemeChoice::Dark);
    QTest::keyClick(sheet, Qt::Key_Escape);
    QTRY_VERIFY(!alive);
}

void TestMainWindow::settingsSayWhatIsWrongWithTheEngine() {
    const QString path = dir_->filePath(QStringLiteral("atelier-engine"));
    QFile script(path);
    QVERIFY(script.open(QIODevice::WriteOnly));
    script.write("#!/bin/sh\necho atelier-engine 9.9.9\n");
    script.close();
    QVERIFY(script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner));
    EngineLocator engine;
    auto* sheet = new SettingsSheet(window_.get(), *settings_, engine);
    sheet->show();
    QSignalSpy changed(&engine, &EngineLocator::changed);
    engine.locate(path);
    QVERIFY(changed.wait(10000));
    const auto says = [&](const QString& words) {
        for (const QLabel* label : sheet->findChildren<QLabel*>())
            if (label->text().contains(words)) return true;
        return false;
    };
    QVERIFY(says(path) && says(QStringLiteral("9.9.9 found")));
    sheet->reject();
}

// The header of a page is often filled after its body.
void TestMainWindow::tabGoesAsThePageIsRead() {
    auto* made = new TestPage(QStringLiteral("late"));
    auto* inBody = new QPushButton(QStringLiteral("body"));
    auto* body = new QWidget;
    (new QVBoxLayout(body))->addWidget(inBody);
    made->setBody(body);
    auto* left = new QPushButton(QStringLiteral("left"));
    auto* right = new QPushButton(QStringLiteral("right"));
    made->header()->addTrailing(right);
    made->header()->addLeading(left);
    window_->addPage(
        {QStringLiteral("late"), QStringLiteral("Late"), QStringLiteral("runs"), [made] { return made; }});
    window_->showPage(QStringLiteral("late"));
    QTest::keyClick(window_->focusWidget() ? window_->focusWidget() : window_.get(), Qt::Key_Tab);
    QWidgetList order;
    for (QWidget* w = made->nextInFocusChain(); w != made; w = w->nextInFocusChain())
        if (w == inBody || w == left || w == right) order << w;
    QCOMPARE(order, QWidgetList({left, right, inBody}));
}

// Ctrl+K deletes to the end of the line in text fields of X11, which claim it as this one does (the offscreen
// platform has no such keys); here it opens the palette.
class FieldOfX11 : public QLineEdit {
  public:
    using QLineEdit::QLineEdit;

  protected:
    bool event(QEvent* event) override {
        if (event->type() == QEvent::ShortcutOverride) event->accept();
        return event->type() == QEvent::ShortcutOverride || QLineEdit::event(event);
    }
};

void TestMainWindow::f6WalksThePanes() {
    TestPage* page = this->page("datasets");
    auto* split = new QSplitter;
    const auto pane = [split](const QString& name) {
        auto* host = new QWidget;
        auto* box = new QVBoxLayout(host);
        for (const QString& part : {QStringLiteral("first"), QStringLiteral("second")}) {
            auto* field = new QLineEdit;
            field->setObjectName(name + QLatin1Char(' ') + part);
            box->addWidget(field);
        }
        split->addWidget(host);
    };
    pane(QStringLiteral("left"));
    pane(QStringLiteral("middle"));
    page->setBody(split);
    QCoreApplication::processEvents();
    const auto focus = [] {
        return QApplication::focusWidget() ? QApplication::focusWidget()->objectName() : QString();
    };
    page->findChild<QLineEdit*>(QStringLiteral("left second"))->setFocus();
    QTest::keyClick(window_.get(), Qt::Key_F6);
    QCOMPARE(focus(), QStringLiteral("middle first"));
    QTest::keyClick(window_.get(), Qt::Key_F6, Qt::ShiftModifier);
    QCOMPARE(focus(), QStringLiteral("left second"));  // where it was
    QTest::keyClick(window_.get(), Qt::Key_F6, Qt::ShiftModifier);
    QVERIFY(window_->isAncestorOf(QApplication::focusWidget()) &&
            !page->isAncestorOf(QApplication::focusWidget()));
    // Round, through rail and status bar, without getting stuck.
    for (int i = 0; i < 12 && focus() != QLatin1String("left second"); ++i)
        QTest::keyClick(window_.get(), Qt::Key_F6);
    QCOMPARE(focus(), QStringLiteral("left second"));
}

void TestMainWindow::shortcutsWorkFromTextFields() {
    auto* field = new FieldOfX11(QStringLiteral("words"), page("datasets"));
    field->show();
    field->setFocus();
    QTRY_VERIFY(field->hasFocus());
    field->home(false);
    QTest::keyClick(field, Qt::Key_K, Qt::ControlModifier);
    QCOMPARE(field->text(), QStringLiteral("words"));
    QTRY_VERIFY(window_->findChild<CommandPalette*>());
    window_->findChild<CommandPalette*>()->close();
}

void TestMainWindow::enterPressesButtons() {
    auto* button = new QPushButton(QStringLiteral("Press"), page("datasets"));
    QSignalSpy clicked(button, &QPushButton::clicked);
    button->show();
    button->setFocus();
    QTest::keyClick(button, Qt::Key_Return);
    QCOMPARE(clicked.count(), 1);
    QTest::keyClick(button, Qt::Key_Return, Qt::ControlModifier);  // another shortcut
    QCOMPARE(clicked.count(), 1);
    button->setEnabled(false);
    QTest::keyClick(button, Qt::Key_Return);
    QCOMPARE(clicked.count(), 1);
}

void TestMainWindow::sheetHasTheKeyboard() {
    auto* behind = new QLineEdit(page("datasets"));
    behind->show();
    behind->setFocus();
    QTRY_VERIFY(behind->hasFocus());
    auto* sheet = new Sheet(window_.get(), QStringLiteral("package"), QStringLiteral("Build"));
    auto* field = new QLineEdit;
    sheet->setBody(field);
    sheet->setPrimary(QStringLiteral("Go"), {});
    QSignalSpy accepted(sheet, &QDialog::accepted), rejected(sheet, &QDialog::rejected);
    sheet->show();
    QVERIFY(field->hasFocus());
    QTest::keyClick(field, Qt::Key_2, Qt::ControlModifier);  // pages behind stay where they are
    QCOMPARE(window_->currentPageId(), QStringLiteral("datasets"));
    QTest::keyClick(field, Qt::Key_Return);
    QCOMPARE(accepted.size(), 1);
    QVERIFY(behind->hasFocus());
    QTest::keyClick(behind, Qt::Key_2, Qt::ControlModifier);
    QCOMPARE(window_->currentPageId(), QStringLiteral("configure"));
    auto* second = new Sheet(window_.get(), QStringLiteral("package"), QStringLiteral("Build"));
    second->setPrimary(QStringLiteral("Go"), {});
    QSignalSpy left(second, &QDialog::rejected);
    second->show();
    QVERIFY(second->isAncestorOf(QApplication::focusWidget()));
    QTest::keyClick(QApplication::focusWidget(), Qt::Key_Escape);
    QCOMPARE(left.size(), 1);
}

// What is recognised but has no place here is answered too.
void TestMainWindow::nothingDroppedIsSilent() {
    window_ = std::make_unique<MainWindow>(*settings_, [](const QStringList& paths) {
        return Dropped{DroppedKind::Captions, paths, QStringLiteral("1 caption"), {}, 0, 1};
    });
    window_->addPage({QStringLiteral("datasets"), QStringLiteral("d"), QStringLiteral("datasets"),
                      [] { return new TestPage(QStringLiteral("d")); }});
    window_->finish();
    window_->showPage(QStringLiteral("datasets"));
    window_->show();
    window_->openPath(QStringLiteral("/tmp/a.txt"));
    bool said = false;
    for (const QLabel* label : window_->findChildren<QLabel*>())
        said = said || label->text().contains(QStringLiteral("captions without pictures"));
    QVERIFY(said);
}

void TestMainWindow::bannersReplaceAndClose() {
    BannerStack* banners = page("datasets")->banners();
    bool ran = false;
    banners->show(QStringLiteral("x"), {Severity::Warning, QStringLiteral("one"), {}, {}});
    banners->show(
        QStringLiteral("x"),
        {Severity::Warning, QStringLiteral("two"), {}, {{QStringLiteral("Do it"), [&] { ran = true; }}}});
    QVERIFY(banners->has(QStringLiteral("x")));
    for (QPushButton* button : banners->findChildren<QPushButton*>())
        if (button->text() == QStringLiteral("Do it") && button->isVisible()) button->click();
    QVERIFY(ran);
    QVERIFY(!banners->has(QStringLiteral("x")));
    QVERIFY(!banners->isVisible());
}

// A text of several lines once made the window lay itself out without end.
void TestMainWindow::aLongBannerComesToRest() {
    struct Counter : QObject {
        int requests = 0;
        bool eventFilter(QObject*, QEvent* event) override {
            requests += event->type() == QEvent::LayoutRequest ? 1 : 0;
            return false;
        }
    } counter;
    Page* shown = page("datasets");
    window_->showPage(QStringLiteral("datasets"));
    const QString lines = QStringLiteral("a word of a long report ").repeated(40);
    shown->banners()->show(QStringLiteral("x"), {Severity::Error, lines, lines, {}});
    QTest::qWait(100);
    const int height = shown->banners()->height();
    QVERIFY2(height > 60, "all of its lines are shown");
    shown->installEventFilter(&counter);
    QTest::qWait(200);
    QVERIFY2(counter.requests < 3, qPrintable(QString::number(counter.requests)));
    window_->resize(window_->width() + 300, window_->height());
    QTest::qWait(100);
    QVERIFY2(shown->banners()->height() < height, "wider, so fewer lines");
    shown->banners()->remove(QStringLiteral("x"));
}

void TestMainWindow::everyControlHasAName() {
    for (const QWidget* w : window_->findChildren<QWidget*>()) {
        if (!(w->focusPolicy() & Qt::TabFocus) || !w->isVisible()) continue;
        const auto* button = qobject_cast<const QAbstractButton*>(w);
        QVERIFY2(!w->accessibleName().isEmpty() || (button && !button->text().isEmpty()),
                 qPrintable(QString::fromLatin1(w->metaObject()->className()) + w->objectName()));
    }
}

void TestMainWindow::remembersItsPage() {
    window_->showPage(QStringLiteral("runs"));
    window_->resize(1200, 800);
    window_->close();
    window_ = std::make_unique<MainWindow>(*settings_, [](const QStringList&) { return Dropped{}; });
    window_->addPage({QStringLiteral("datasets"), QStringLiteral("d"), QStringLiteral("datasets"),
                      [] { return new TestPage(QStringLiteral("d")); }});
    window_->addPage({QStringLiteral("runs"), QStringLiteral("r"), QStringLiteral("runs"),
                      [] { return new TestPage(QStringLiteral("r")); }});
    window_->finish();
    QCOMPARE(window_->rememberedPage(), QStringLiteral("runs"));
    QVERIFY(window_->minimumSize() == QSize(800, 560));
}

void TestMainWindow::aGuardKeepsTheWindowOpen() {
    bool may = false;
    window_->setCloseGuard([&may] { return may; });
    QVERIFY(!window_->close());
    QVERIFY(window_->isVisible());
    may = true;
    QVERIFY(window_->close());
    window_->statusPanel()->setJob(QStringLiteral("mini → mini.safetensors"), 0.5, QStringLiteral("50 %"));
    QSignalSpy clicked(window_->statusPanel(), &StatusBar::jobClicked);
    for (QToolButton* one : window_->statusPanel()->findChildren<QToolButton*>())
        if (one->text().startsWith(QLatin1String("mini"))) one->click();
    QCOMPARE(clicked.count(), 1);
}

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
