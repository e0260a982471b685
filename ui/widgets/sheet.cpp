// SPDX-License-Identifier: GPL-3.0-or-later
// Sheet: a modal dialog that lives inside the window, over a scrim.
#include <QBoxLayout>
#include <QEvent>
#include <QPainter>
#include <QResizeEvent>
#include <QScrollArea>

#include "ui/style/tokens.h"
#include "ui/widgets/messages.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
class Scrim : public QWidget {
  public:
    using QWidget::QWidget;

  protected:
    void paintEvent(QPaintEvent*) override { QPainter(this).fillRect(rect(), style::tokens().scrim); }
    void mousePressEvent(QMouseEvent*) override {}  // swallows what is meant for the page behind
};

class HeaderIcon : public QWidget {
  public:
    explicit HeaderIcon(QString name) : name_(std::move(name)) { setFixedSize(24, 24); }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter(this).drawPixmap(QPoint(2, 2),
                                  style::iconPixmap(name_, 20, Tone::AccentInk, devicePixelRatioF()));
    }

  private:
    QString name_;
};
}  // namespace

namespace {
// As high as what is in it, or as there is room, and then it scrolls.
class BodyScroll : public QScrollArea {
  public:
    explicit BodyScroll(QWidget* body) {
        setFrameShape(QFrame::NoFrame);
        setWidgetResizable(true);
        setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        setFocusPolicy(Qt::NoFocus);
        setWidget(body);
        QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Preferred);
        policy.setHeightForWidth(true);
        setSizePolicy(policy);
        body->installEventFilter(this);
    }
    QSize sizeHint() const override { return widget()->sizeHint(); }
    QSize minimumSizeHint() const override { return {widget()->minimumSizeHint().width(), 80}; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override {
        return widget()->layout() && widget()->layout()->hasHeightForWidth()
                   ? widget()->layout()->totalHeightForWidth(width)
                   : widget()->sizeHint().height();
    }

  protected:
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (watched == widget() && event->type() == QEvent::LayoutRequest) updateGeometry();
        return QScrollArea::eventFilter(watched, event);
    }
};
}  // namespace

Sheet::Sheet(QWidget* window, const QString& iconName, const QString& title, const QString& subtitle,
             int width)
    : QDialog(window->window()), host_(window->window()), width_(style::scaled(width)) {
    // A child widget, not a window of its own: it cannot get lost behind, and moves with the window.
    setWindowFlags(Qt::Widget);
    setWindowModality(Qt::NonModal);
    setWindowTitle(title);
    setAccessibleName(title);
    scrim_ = new Scrim(host_);
    host_->installEventFilter(this);
    connect(this, &QDialog::finished, this, &QObject::deleteLater);

    auto* all = new QVBoxLayout(this);
    all->setContentsMargins(0, 0, 0, 0);
    all->setSpacing(0);
    auto* head = new QHBoxLayout;
    head->setContentsMargins(24, 14, 16, 14);
    head->setSpacing(14);
    head->addWidget(new HeaderIcon(iconName));
    auto* titles = new QVBoxLayout;
    titles->setSpacing(1);
    QLabel* heading = makeLabel(title, TextSize::Title, QFont::DemiBold);
    heading->setWordWrap(true);
    titles->addWidget(heading);
    subtitle_ = makeLabel(subtitle, TextSize::Caption, QFont::Normal, Tone::Text2);
    subtitle_->setWordWrap(true);
    subtitle_->setVisible(!subtitle.isEmpty());
    titles->addWidget(subtitle_);
    head->addLayout(titles, 1);
    auto* cross = makeIconButton(QStringLiteral("x"), tr("Close"));
    cross->setProperty("sheetCross", true);
    connect(cross, &QToolButton::clicked, this, &QDialog::reject);
    head->addWidget(cross);
    all->addLayout(head);
    all->addWidget(makeLine());
    body_ = new QVBoxLayout;
    body_->setContentsMargins(0, 0, 0, 0);
    all->addLayout(body_, 1);
    all->addWidget(makeLine());
    footer_ = new QHBoxLayout;
    footer_->setContentsMargins(24, 16, 24, 16);
    footer_->setSpacing(10);
    footer_->addStretch(1);
    all->addLayout(footer_);
}

Sheet::~Sheet() {
    delete scrim_;
}

void Sheet::setBody(QWidget* body) {
    body_->addWidget(new BodyScroll(body));
}

void Sheet::setSubtitle(const QString& text) {
    subtitle_->setText(text);
    subtitle_->setVisible(!text.isEmpty());
}

void Sheet::addFooterWidget(QWidget* widget) {
    footer_->insertWidget(footer_->count() - 1, widget);
}

QPushButton* Sheet::setPrimary(const QString& text, const QString& iconName, std::function<bool()> accepted) {
    auto* cancel = makeButton(tr("Cancel"));
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    footer_->addWidget(cancel);
    auto* primary = makeButton(text, iconName, ButtonRole::Primary);
    primary->setDefault(true);
    connect(primary, &QPushButton::clicked, this, [this, accepted = std::move(accepted)] {
        if (!accepted || accepted()) accept();
    });
    footer_->addWidget(primary);
    return primary;
}

void Sheet::setVisible(bool visible) {
    scrim_->setVisible(visible);
    if (visible) {
        scrim_->raise();
        place();
    }
    if (visible && !isVisible()) focusBefore_ = host_->focusWidget();
    QDialog::setVisible(visible);
    if (visible) {
        raise();
        takeFocus();
    } else if (focusBefore_ && focusBefore_->isVisible()) {
        focusBefore_->setFocus(Qt::PopupFocusReason);
    }
}

// Unlike a window, a child widget is not given the keyboard by being shown: without this it would stay behind
// the scrim.
void Sheet::takeFocus() {
    QWidget* now = host_->focusWidget();
    if (now != nullptr && isAncestorOf(now)) return;
    for (QWidget* w = nextInFocusChain(); w != this && w != nullptr; w = w->nextInFocusChain()) {
        if (!isAncestorOf(w) || !w->isVisibleTo(this) || !w->isEnabled() ||
            !(w->focusPolicy() & Qt::TabFocus))
            continue;
        if (w->property("sheetCross").toBool()) continue;
        w->setFocus(Qt::PopupFocusReason);
        return;
    }
}

// The shortcuts of the page behind rest while a sheet is open; one whose texts become longer grows.
bool Sheet::event(QEvent* event) {
    if (event->type() == QEvent::LayoutRequest && isVisible()) {
        const bool done = QDialog::event(event);
        place();
        return done;
    }
    if (event->type() == QEvent::ShortcutOverride) {
        event->accept();
        return true;
    }
    return QDialog::event(event);
}

void Sheet::place() {
    scrim_->setGeometry(host_->rect());
    const int width = std::min(width_, host_->width() - 48);
    int height = std::max(sizeHint().height(), minimumHeight());
    if (layout()->hasHeightForWidth()) height = std::max(height, layout()->heightForWidth(width));
    height = std::min(height, host_->height() - 48);
    setGeometry((host_->width() - width) / 2, (host_->height() - height) / 2, width, height);
}

bool Sheet::eventFilter(QObject* watched, QEvent* event) {
    if (watched == host_ && event->type() == QEvent::Resize && isVisible()) place();
    return QDialog::eventFilter(watched, event);
}

// Tab stays inside while the sheet is open.
bool Sheet::focusNextPrevChild(bool next) {
    QWidget* w = focusWidget();
    for (int i = 0; i < 200 && w; ++i) {
        w = next ? w->nextInFocusChain() : w->previousInFocusChain();
        if (w && isAncestorOf(w) && w->isVisibleTo(this) && w->isEnabled() &&
            (w->focusPolicy() & Qt::TabFocus)) {
            w->setFocus(next ? Qt::TabFocusReason : Qt::BacktabFocusReason);
            return true;
        }
    }
    return true;
}

void Sheet::paintEvent(QPaintEvent*) {
    const style::Tokens& t = style::tokens();
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setPen(t.line);
    p.setBrush(t.dark ? t.surface : t.raised);
    p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 12, 12);
}

}  // namespace atelier
