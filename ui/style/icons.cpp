// SPDX-License-Identifier: GPL-3.0-or-later
// Tints the SVGs of resources/icons: the source says currentColor, the colour is put in before rendering.
#include "ui/style/icons.h"

#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QPixmapCache>
#include <QSvgRenderer>
#include <cmath>

#include "core/base/check.h"
#include "ui/style/tokens.h"

// Resources of a static library are not found by themselves; the macro must stand outside namespaces.
static void initIconResources() {
    Q_INIT_RESOURCE(icons);
}

namespace atelier::style {

namespace {
QString resourceOf(const QString& name) {
    static const bool ready = (initIconResources(), true);
    Q_UNUSED(ready);
    return QStringLiteral(":/icons/") + name + QStringLiteral(".svg");
}

QPixmap render(const QString& name, int pixels, const QColor& color) {
    QFile file(resourceOf(name));
    const bool opened = file.open(QIODevice::ReadOnly);
    ATELIER_CHECK(opened, "no icon named " + name.toStdString());
    QByteArray svg = file.readAll();
    svg.replace("currentColor", color.name().toLatin1());
    QSvgRenderer renderer(svg);
    QPixmap pixmap(pixels, pixels);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    renderer.render(&painter);
    return pixmap;
}

class TintedEngine : public QIconEngine {
  public:
    TintedEngine(QString name, Tone tone) : name_(std::move(name)), tone_(tone) {}
    void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
        const qreal dpr = painter->device() ? painter->device()->devicePixelRatioF() : 1.0;
        painter->drawPixmap(rect, scaledPixmap(rect.size() * dpr, mode, state, dpr));
    }
    QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
        return scaledPixmap(size, mode, state, 1.0);
    }
    // `size` is in device pixels.
    QPixmap scaledPixmap(const QSize& size, QIcon::Mode mode, QIcon::State, qreal scale) override {
        const int logical = std::max(1, int(std::lround(std::min(size.width(), size.height()) / scale)));
        return iconPixmap(name_, logical, mode == QIcon::Disabled ? Tone::Text3 : tone_, scale);
    }
    QString iconName() override { return name_; }
    bool isNull() override { return false; }
    QIconEngine* clone() const override { return new TintedEngine(*this); }

  private:
    QString name_;
    Tone tone_;
};
}  // namespace

QColor toneColor(Tone tone) {
    const Tokens& t = tokens();
    switch (tone) {
        case Tone::Text:
            return t.text;
        case Tone::Text2:
            return t.text2;
        case Tone::Text3:
            return t.text3;
        case Tone::Accent:
            return t.accent;
        case Tone::AccentInk:
            return t.accentInk;
        case Tone::AccentText:
            return t.accentText;
        case Tone::Good:
            return t.good;
        case Tone::Warn:
            return t.warn;
        case Tone::Bad:
            return t.bad;
        case Tone::PictureText:
            return t.pictureText;
    }
    return t.text;
}

bool hasIcon(const QString& name) {
    return QFile::exists(resourceOf(name));
}

QIcon icon(const QString& name, Tone tone) {
    return name.isEmpty() ? QIcon() : QIcon(new TintedEngine(name, tone));
}

QPixmap iconPixmap(const QString& name, int size, Tone tone, qreal dpr) {
    const QColor color = toneColor(tone);
    const int pixels = int(std::lround(size * dpr));
    const QString key = QStringLiteral("atelier-icon/%1/%2/%3").arg(name, color.name()).arg(pixels);
    QPixmap pixmap;
    if (!QPixmapCache::find(key, &pixmap)) {
        pixmap = render(name, pixels, color);
        QPixmapCache::insert(key, pixmap);
    }
    pixmap.setDevicePixelRatio(dpr);
    return pixmap;
}

}  // namespace atelier::style
