// SPDX-License-Identifier: GPL-3.0-or-later
// Base of every page: header (page_header.h), banners, body, inspector that
// turns into a drawer in a narrow window. Derive, fill the header and body in the constructor; ui/frame shows
// it.
#pragma once

#include <QAction>
#include <QPointer>
#include <QWidget>
#include <functional>

#include "ui/models/dropped.h"
#include "ui/pages/page_header.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/messages.h"

class QSplitter;
class QUndoStack;

namespace atelier {

// One card of the drop overlay: what letting go there would do.
struct DropTarget {
    QString iconName, title, text;
    std::function<void(const Dropped&)> drop;
    QString headline = {};  // of the overlay while this card is lit; "" = the title
};

// A page narrower than this (window below 1200) shows its inspector as a drawer.
inline constexpr int kNarrowPage = 1200 - 77;

class Page : public QWidget {
    Q_OBJECT
  public:
    explicit Page(QWidget* parent = nullptr);

    PageHeader* header() const { return header_; }
    BannerStack* banners() const { return banners_; }
    void setBody(QWidget* body);
    // Right pane, 320 wide (or `width`); folds by Ctrl+I, becomes a drawer below 1200 px.
    void setInspector(QWidget* inspector, int width = 320);
    bool inspectorVisible() const;
    void setInspectorVisible(bool visible);
    QWidget* openDrawer() const { return drawer_ && drawer_->isVisible() ? drawer_ : nullptr; }
    // False while the page shows something without an inspector; the user's wish is kept.
    void setInspectorAllowed(bool allowed);
    // Widths of the panes; a page with splitters of its own gives them to keepSplitter() once.
    void keepSplitter(QSplitter* splitter) { splitters_.push_back(splitter); }
    QByteArray saveSplitters() const;
    void restoreSplitters(const QByteArray& state);

    // Every action of the page: command palette, menu and shortcuts are made from this list. `menu` = its
    // menu's title.
    QAction* addPageAction(const QString& menu, const QString& text, const QKeySequence& keys,
                           const QString& iconName, std::function<void()> run);
    struct MenuAction {
        QString menu;
        QAction* action;
    };
    const std::vector<MenuAction>& pageActions() const { return actions_; }

    // What takes the keyboard, as the page is read: the header from left to right, then the rest.
    QWidgetList tabStops();
    virtual QUndoStack* undoStack() { return nullptr; }
    // Opens an object of this page: a dataset folder, YAML file or run folder. False when it is not one of
    // its kind.
    virtual bool open(const QString& path) {
        Q_UNUSED(path);
        return false;
    }
    // The object and place shown, for Alt+Left/Right; restored by openLocation().
    virtual QString location() const { return {}; }
    virtual void openLocation(const QString& location) { Q_UNUSED(location); }
    // Cards offered while `dropped` hovers over this page; the first is also what dropping anywhere does.
    // Empty: not here.
    virtual QList<DropTarget> dropTargets(const Dropped& dropped) {
        Q_UNUSED(dropped);
        return {};
    }
    // Palette entries of the page's objects (name, path).
    virtual QList<std::pair<QString, QString>> objects() const { return {}; }

    QString statusNote() const { return note_; }
    void setStatusNote(const QString& note);  // right part of the status bar
    void setBadge(int count);                 // number at the rail icon
    int badge() const { return badge_; }

  Q_SIGNALS:
    void statusNoteChanged(const QString& note);
    void badgeChanged(int count);
    void locationChanged();                                            // the frame puts it into the history
    void messageRaised(const atelier::Message& message);               // shown as a toast
    void pageRequested(const QString& pageId, const QString& object);  // "configure", "/path/to/x.yaml"

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    void layoutInspector();
    PageHeader* header_;
    BannerStack* banners_;
    QSplitter* splitter_;
    std::vector<QSplitter*> splitters_;
    QWidget* bodyHost_;
    QPointer<QWidget> body_, inspector_;
    QWidget* drawer_ = nullptr;
    QWidget* drawerButton_ = nullptr;  // shown while the inspector is a drawer
    std::vector<MenuAction> actions_;
    QString note_;
    int badge_ = 0;
    int inspectorWidth_ = 320;
    bool wantInspector_ = true;
    bool drawerOpen_ = false;
    bool allowInspector_ = true;
};

}  // namespace atelier
