// SPDX-License-Identifier: GPL-3.0-or-later
// The generated style sheet: menus, tooltips, scroll bars, headers, splitters and named surfaces. Controls
// that AtelierStyle paints must not get a border or background here: a rule would take them away from it.
#include "ui/style/atelier_style.h"
#include "ui/style/fonts.h"

namespace atelier::style {

namespace {
constexpr const char* kSheet = R"(
QToolTip { background: @text; color: @bg; border: 0; padding: 5px 9px; font-size: @caption; }
QMenu { background: @raised; border: 1px solid @line; border-radius: 8px; padding: 5px; }
QMenu::item { padding: 6px 28px 6px 10px; border-radius: 5px; color: @text; }
QMenu::item:selected { background: @accentSoft; }
QMenu::item:disabled { color: @text3; }
QMenu::icon { padding-left: 8px; }
QMenu::separator { height: 1px; background: @line; margin: 5px 8px; }
QMenuBar { background: @sunken; color: @text; }
QMenuBar::item { padding: 6px 10px; background: transparent; }
QMenuBar::item:selected { background: @pressed; border-radius: 5px; }
QScrollBar { background: transparent; border: 0; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: @scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:disabled { background: transparent; }
QScrollBar::handle:hover { background: @scrollHover; }
QScrollBar::handle:vertical { min-height: 32px; }
QScrollBar::handle:horizontal { min-width: 32px; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QAbstractScrollArea::corner { background: transparent; border: 0; }
QSplitter::handle { background: @line; }
QSplitter[betweenCards="true"]::handle { background: transparent; }
QHeaderView { background: @surface; border: 0; }
QHeaderView::section { background: @surface; color: @text2; border: 0; border-bottom: 1px solid @line;
  padding: 0 11px; height: 34px; font-size: @caption; font-weight: 500; }
QComboBox QAbstractItemView { background: @raised; border: 1px solid @line; padding: 4px; outline: 0;
  selection-background-color: @accentSoft; selection-color: @text; }
QComboBox QAbstractItemView::item { min-height: 28px; padding: 0 6px; border: 0; border-radius: 5px; }
QComboBox QAbstractItemView::item:selected { background: @accentSoft; color: @text; }
QFrame#card { background: @surface; border: 1px solid @line; border-radius: 8px; }
QFrame#well { background: @sunken; border: 0; border-radius: 8px; }
QFrame#segmented { background: @sunken; border: 0; border-radius: 7px; }
QWidget#surface { background: @surface; }
QWidget#sunken { background: @sunken; }
QWidget#page { background: @bg; }
QFrame#hline, QFrame#vline { background: @line; border: 0; }
QLabel[tone="text2"] { color: @text2; }
QLabel[tone="text3"] { color: @text3; }
QLabel[tone="accent"] { color: @accentInk; }
QLabel[tone="good"] { color: @good; }
QLabel[tone="warn"] { color: @warn; }
QLabel[tone="bad"] { color: @bad; }
QStatusBar { background: @sunken; }
)";
}  // namespace

QString makeSheet(const Tokens& t) {
    QString sheet = QString::fromLatin1(kSheet);
    const auto put = [&sheet](const char* name, const QString& value) {
        sheet.replace(QLatin1Char('@') + QLatin1String(name), value);
    };
    // Longer names first: "@text" would eat the beginning of "@text2".
    put("accentSoft", t.accentSoft.name());
    put("accentInk", t.accentInk.name());
    put("scrollHover", t.lineStrong.name());
    put("scroll", t.dark ? t.pressed.name() : blend(t.lineStrong, t.bg, 0.35).name());
    put("surface", t.surface.name());
    put("raised", t.raised.name());
    put("sunken", t.sunken.name());
    put("pressed", t.pressed.name());
    put("caption", QStringLiteral("%1px").arg(font(TextSize::Caption).pixelSize()));
    put("line", t.line.name());
    put("text2", t.text2.name());
    put("text3", t.text3.name());
    put("text", t.text.name());
    put("good", t.good.name());
    put("warn", t.warn.name());
    put("bad", t.bad.name());
    put("bg", t.bg.name());
    return sheet;
}

}  // namespace atelier::style
