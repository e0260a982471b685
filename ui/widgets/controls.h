// SPDX-License-Identifier: GPL-3.0-or-later
// The small controls every page is made of: buttons by role, segmented control, pill, labels, search field,
// card, line. Their looks come from ui/style; what is set here is role, name and behaviour.
#pragma once

#include <QAbstractButton>
#include <QButtonGroup>
#include <QFrame>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QToolButton>
#include <QWidget>

#include "ui/style/fonts.h"
#include "ui/style/icons.h"

class QComboBox;
class QHeaderView;

namespace atelier {

// One primary per page; danger is red text, never a red fill; link looks like a link.
enum class ButtonRole { Normal, Primary, Ghost, Danger, Link };
enum class ButtonSize { Normal, Small };

QPushButton* makeButton(const QString& text, const QString& iconName = {},
                        ButtonRole role = ButtonRole::Normal, ButtonSize size = ButtonSize::Normal);
// Follows the action's text, icon, enabled and visible states, and triggers it.
QPushButton* makeButton(QAction* action, ButtonRole role = ButtonRole::Normal,
                        ButtonSize size = ButtonSize::Normal);
// 30 × 30 flat button; `name` is its tooltip and accessible name.
QToolButton* makeIconButton(const QString& iconName, const QString& name);
QToolButton* makeIconButton(QAction* action);
void setButtonRole(QPushButton* button, ButtonRole role);

// Text in one of the sizes of the scale.
QLabel* makeLabel(const QString& text, style::TextSize size = style::TextSize::Body,
                  QFont::Weight weight = QFont::Normal, style::Tone tone = style::Tone::Text);
// Sets the tone of a label at any time.
void setLabelTone(QLabel* label, style::Tone tone);

// A still icon in a tone, for states beside a text that says the same.
class IconLabel : public QWidget {
    Q_OBJECT
  public:
    explicit IconLabel(const QString& name, style::Tone tone = style::Tone::Text2, int size = 16,
                       QWidget* parent = nullptr);
    void set(const QString& name, style::Tone tone);

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QString name_;
    style::Tone tone_;
    int size_;
};

// Shows `content`, which may grow downwards. The keyboard goes to what is in it and never stops at the frame.
QScrollArea* makeScroll(QWidget* content);

QLineEdit* makeSearchField(const QString& placeholder);
// Outline of a field: error in `bad`, warning in `warn`; always together with an icon and a sentence below
// it.
enum class FieldIssue { None, Warning, Error };
void setFieldIssue(QWidget* field, FieldIssue issue);
// Gives the widget the tone of bars and panels: a surface that lies on the page.
void makeSurface(QWidget* widget);
QFrame* makeLine(Qt::Orientation orientation = Qt::Horizontal);
// A surface with a hairline and radius 8; give it a layout.
QFrame* makeCard();
// A sunken surface with radius 8.
QFrame* makeWell();

// A push button that can leave its text away where there is no room; name and tooltip stay.
class Button : public QPushButton {
    Q_OBJECT
  public:
    using QPushButton::QPushButton;
    bool canBeCompact() const { return !icon().isNull() && !text().isEmpty(); }
    bool compact() const { return compact_; }
    void setCompact(bool on);
    QSize fullSizeHint() const { return QPushButton::sizeHint(); }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

  protected:
    void initStyleOption(QStyleOptionButton* option) const override;

  private:
    bool compact_ = false;
};

// "(Basic 14│Advanced 52│Expert 163)": exclusive choice, arrow keys move. A list to choose from where it has
// no room for all.
class SegmentedControl : public QFrame {
    Q_OBJECT
  public:
    explicit SegmentedControl(const QString& accessibleName, QWidget* parent = nullptr);
    int addSegment(const QString& text, const QString& iconName = {});
    void setSegmentText(int index, const QString& text);
    int currentIndex() const { return group_.checkedId(); }
    void setCurrentIndex(int index);
    int count() const { return int(group_.buttons().size()); }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

  Q_SIGNALS:
    void currentChanged(int index);

  protected:
    void keyPressEvent(QKeyEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;

  private:
    QButtonGroup group_;
    QComboBox* list_;
};

enum class PillTone { Neutral, Accent, Good, Warn, Bad };

// State in a word: soft background, 7-px dot or 12-px icon, 12-px text.
class Pill : public QWidget {
    Q_OBJECT
  public:
    explicit Pill(const QString& text = {}, PillTone tone = PillTone::Neutral, QWidget* parent = nullptr);
    void set(const QString& text, PillTone tone);
    void setDot(bool on);
    void setIconName(const QString& name);
    QString text() const { return text_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }
    // For delegates: paints a pill into `rect` (left aligned, vertically centred) and returns its width.
    static int paint(QPainter& painter, const QRect& rect, const QString& text, PillTone tone, bool dot,
                     const QString& iconName, qreal dpr);
    static int widthOf(const QString& text, bool dot, bool icon);

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QString text_, iconName_;
    PillTone tone_;
    bool dot_ = false;
};

// Live numbers: every digit takes the width of "0", so that nothing shivers while it counts. Value large,
// unit small.
class FigureLabel : public QWidget {
    Q_OBJECT
  public:
    explicit FigureLabel(QWidget* parent = nullptr, style::TextSize size = style::TextSize::Figure);
    void setValue(const QString& value, const QString& unit = {});
    QString value() const { return value_; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    QString value_, unit_;
    style::TextSize size_;
};

// One line of text that ends in "…" (or is cut in the middle) when it does not fit; the whole text is its
// tooltip.
class ElidedLabel : public QLabel {
    Q_OBJECT
  public:
    explicit ElidedLabel(const QString& text = {}, Qt::TextElideMode mode = Qt::ElideRight,
                         QWidget* parent = nullptr);
    QSize minimumSizeHint() const override;

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    Qt::TextElideMode mode_;
};

// One line that is shown whole or, where there is no room, not at all.
class OptionalLabel : public QLabel {
    Q_OBJECT
  public:
    using QLabel::QLabel;
    QSize minimumSizeHint() const override { return {0, QLabel::minimumSizeHint().height()}; }

  protected:
    void paintEvent(QPaintEvent* event) override {
        if (width() >= sizeHint().width()) QLabel::paintEvent(event);
    }
};

// 6 px (hero: 8) bar without text. fraction < 0: length unknown.
class ProgressLine : public QWidget {
    Q_OBJECT
  public:
    explicit ProgressLine(QWidget* parent = nullptr, int thickness = 6);
    void setFraction(double fraction);
    void setTone(PillTone tone);
    QSize sizeHint() const override { return {120, thickness_}; }
    static void paint(QPainter& painter, const QRectF& rect, double fraction, PillTone tone);

  protected:
    void paintEvent(QPaintEvent* event) override;

  private:
    double fraction_ = 0;
    int thickness_;
    PillTone tone_ = PillTone::Accent;
};

// What a column needs for its title.
int titleWidth(const QHeaderView& header, int column);

// 12 345 with narrow no-break spaces.
QString figure(qint64 value);

}  // namespace atelier
