// SPDX-License-Identifier: GPL-3.0-or-later
// Toasts, banners and empty states.
#include "ui/widgets/messages.h"

#include <QBoxLayout>
#include <QEvent>
#include <QPainter>
#include <QTimer>

#include "ui/style/tokens.h"

namespace atelier {

using style::TextSize;
using style::Tone;

namespace {
struct SeverityLook {
    QString icon;
    Tone tone;
    QColor back;
};

SeverityLook lookOf(Severity severity) {
    const style::Tokens& t = style::tokens();
    switch (severity) {
        case Severity::Good:
            return {QStringLiteral("check"), Tone::Good, t.goodSoft};
        case Severity::Warning:
            return {QStringLiteral("warning"), Tone::Warn, t.warnSoft};
        case Severity::Error:
            return {QStringLiteral("error"), Tone::Bad, t.badSoft};
        case Severity::Info:
            break;
    }
    return {QStringLiteral("info"), Tone::AccentInk, t.accentSoft};
}

// Draws its own soft background, so that it follows the theme without a sheet of its own.
class MessageRow : public QWidget {
  public:
    MessageRow(const Message& message, bool floating, std::function<void()> close)
        : severity_(message.severity), floating_(floating) {
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(floating ? 16 : 20, 10, 10, 10);
        row->setSpacing(10);
        icon_ = new QWidget;  // its place; a label would ask for a new layout with every picture it is given
        icon_->setFixedSize(16, 16);
        row->addWidget(icon_, 0, Qt::AlignTop);
        auto* texts = new QVBoxLayout;
        texts->setSpacing(2);
        auto* text = makeLabel(message.text, TextSize::Body, QFont::Medium);
        text->setWordWrap(true);
        text->setTextInteractionFlags(Qt::TextSelectableByMouse);
        texts->addWidget(text);
        if (!message.detail.isEmpty()) {
            auto* detail = makeLabel(message.detail, TextSize::Caption, QFont::Normal, Tone::Text2);
            detail->setWordWrap(true);
            detail->setTextInteractionFlags(Qt::TextSelectableByMouse);
            texts->addWidget(detail);
        }
        row->addLayout(texts, 1);
        for (const MessageAction& action : message.actions) {
            auto* button = makeButton(action.text, {}, ButtonRole::Normal, ButtonSize::Small);
            connect(button, &QPushButton::clicked, this, [run = action.run, close] {
                const auto closing = close;  // the row may be gone after run()
                if (run) run();
                if (closing) closing();
            });
            row->addWidget(button);
        }
        if (close) {
            auto* cross = makeIconButton(QStringLiteral("x"), QObject::tr("Close message"));
            connect(cross, &QToolButton::clicked, this, [close] { close(); });
            row->addWidget(cross);
        }
        setAccessibleName(message.text + QLatin1Char(' ') + message.detail);
    }

  protected:
    void paintEvent(QPaintEvent*) override {
        const style::Tokens& t = style::tokens();
        const SeverityLook look = lookOf(severity_);
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        if (floating_) {
            p.setPen(t.line);
            p.setBrush(t.raised);
            p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8);
            p.setPen(Qt::NoPen);
            p.setBrush(style::toneColor(look.tone));
            p.drawRoundedRect(QRectF(6, 10, 3, height() - 20), 1.5, 1.5);
        } else {
            p.fillRect(rect(), look.back);
            p.fillRect(QRect(0, height() - 1, width(), 1), t.line);
        }
        p.drawPixmap(icon_->pos(), style::iconPixmap(look.icon, 16, look.tone, devicePixelRatioF()));
    }

  private:
    Severity severity_;
    bool floating_;
    QWidget* icon_;
};
}  // namespace

// --- ToastHost
// -----------------------------------------------------------------------------------------------------

ToastHost::ToastHost(QWidget* window) : QObject(window), window_(window) {
    window->installEventFilter(this);
}

void ToastHost::show(const Message& message) {
    auto* toast = new QWidget(window_);
    auto* box = new QVBoxLayout(toast);
    box->setContentsMargins(0, 0, 0, 0);
    const auto close = [this, toast] {
        std::erase(toasts_, toast);
        toast->deleteLater();
        place();
    };
    box->addWidget(new MessageRow(message, true, close));
    toasts_.push_back(toast);
    if (toasts_.size() > 3) {
        toasts_.front()->deleteLater();
        toasts_.erase(toasts_.begin());
    }
    auto* timer = new QTimer(toast);
    connect(timer, &QTimer::timeout, toast, [toast, close] {
        if (!toast->underMouse()) close();
    });
    timer->start(6000);
    place();
    toast->show();
    toast->raise();
}

void ToastHost::place() {
    int y = window_->height() - 28 - 16;
    for (auto it = toasts_.rbegin(); it != toasts_.rend(); ++it) {
        const int width = std::min(420, window_->width() - 32);
        const int height =
            (*it)->hasHeightForWidth() ? (*it)->heightForWidth(width) : (*it)->sizeHint().height();
        y -= height;
        (*it)->setGeometry(window_->width() - width - 16, y, width, height);
        y -= 8;
    }
}

bool ToastHost::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) place();
    return QObject::eventFilter(watched, event);
}

// --- BannerStack
// ---------------------------------------------------------------------------------------------------

BannerStack::BannerStack(QWidget* parent) : QWidget(parent) {
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(0);
    hide();
}

void BannerStack::show(const QString& key, const Message& message, bool closable) {
    remove(key);
    auto* row = new MessageRow(message, false,
                               closable ? std::function<void()>([this, key] { remove(key); }) : nullptr);
    row->setObjectName(key);
    layout()->addWidget(row);
    setVisible(true);
}

void BannerStack::remove(const QString& key) {
    if (auto* row = findChild<QWidget*>(key, Qt::FindDirectChildrenOnly)) {
        layout()->removeWidget(row);
        row->setObjectName({});
        row->hide();
        row->deleteLater();
    }
    setVisible(layout()->count() > 0);
}

bool BannerStack::has(const QString& key) const {
    return findChild<QWidget*>(key, Qt::FindDirectChildrenOnly) != nullptr;
}

// --- EmptyState
// ----------------------------------------------------------------------------------------------------

namespace {
class IconSquare : public QWidget {
  public:
    explicit IconSquare(QString name) : name_(std::move(name)) { setFixedSize(64, 64); }

  protected:
    void paintEvent(QPaintEvent*) override {
        QPainter p(this);
        p.setRenderHint(QPainter::Antialiasing);
        p.setPen(Qt::NoPen);
        p.setBrush(style::tokens().accentSoft);
        p.drawRoundedRect(rect(), 12, 12);
        p.drawPixmap(QPoint(16, 16), style::iconPixmap(name_, 32, Tone::AccentInk, devicePixelRatioF()));
    }

  private:
    QString name_;
};
}  // namespace

EmptyState::EmptyState(const QString& iconName, const QString& title, const QString& text, QWidget* parent)
    : QWidget(parent) {
    auto* box = new QVBoxLayout(this);
    box->setContentsMargins(20, 20, 20, 20);
    box->setSpacing(8);
    box->addStretch(2);
    box->addWidget(new IconSquare(iconName), 0, Qt::AlignHCenter);
    box->addSpacing(12);
    title_ = makeLabel(title, TextSize::Title, QFont::DemiBold);
    text_ = makeLabel(text, TextSize::Body, QFont::Normal, Tone::Text2);
    for (QLabel* label : {title_, text_}) {
        label->setAlignment(Qt::AlignHCenter);
        label->setWordWrap(true);
        box->addWidget(label);
    }
    box->addSpacing(12);
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addStretch();
    row->addStretch();
    buttons_ = row;
    box->addLayout(row);
    box->addStretch(3);
}

QPushButton* EmptyState::addButton(const QString& text, const QString& iconName, ButtonRole role) {
    auto* button = makeButton(text, iconName, role);
    buttons_->insertWidget(buttons_->count() - 1, button);
    return button;
}

void EmptyState::setText(const QString& title, const QString& text) {
    title_->setText(title);
    text_->setText(text);
}

}  // namespace atelier
