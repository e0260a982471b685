// SPDX-License-Identifier: GPL-3.0-or-later
// The two colour sets of the studio: the only place with colour values. Palette, style sheet, icons,
// delegates and plots read them through tokens(). A test holds the pairs against their WCAG 2.1 contrast
// floors.
#pragma once

#include <QColor>
#include <QPalette>
#include <array>

namespace atelier::style {

constexpr QColor rgb(unsigned hex, int alpha = 255) {
    return QColor(int((hex >> 16) & 0xff), int((hex >> 8) & 0xff), int(hex & 0xff), alpha);
}

struct Tokens {
    bool dark = false;
    QColor bg;       // page, gaps between cards
    QColor surface;  // header, panes, cards, tables, editors
    QColor raised;   // buttons, menus, dialogs
    QColor sunken;   // rail, status bar, wells, bar grooves, segmented controls
    QColor hover, pressed;
    QColor line;        // decoration only
    QColor lineStrong;  // outline of inputs and check boxes, ≥ 3:1
    QColor text, text2, text3;
    QColor accent, accentText, accentHover, accentSoft, accentInk;
    QColor good, goodSoft, warn, warnSoft, bad, badSoft;
    QColor yamlKey, yamlString, yamlNumber, yamlComment;
    QColor grid;        // horizontal lines of a plot
    QColor scrim;       // behind dialogs
    QColor pictureInk;  // backdrop of white text on pictures, 78 %
    QColor pictureText;
    std::array<QColor, 6> chart;  // marks, never text; lightness differs on purpose
};

// clang-format off
inline constexpr Tokens kLight = {
    .dark = false,
    .bg = rgb(0xF5F4F1), .surface = rgb(0xFFFFFF), .raised = rgb(0xFFFFFF), .sunken = rgb(0xECEAE5),
    .hover = rgb(0xEFEDE8), .pressed = rgb(0xE3E0D9), .line = rgb(0xDEDBD4), .lineStrong = rgb(0x8B877E),
    .text = rgb(0x1F1E1B), .text2 = rgb(0x5A5750), .text3 = rgb(0x6C6860),
    .accent = rgb(0x3A4FCF), .accentText = rgb(0xFFFFFF), .accentHover = rgb(0x2F42B8),
    .accentSoft = rgb(0xE8EBFB), .accentInk = rgb(0x2F42B8),
    .good = rgb(0x1B7A43), .goodSoft = rgb(0xE0F1E6), .warn = rgb(0x8F5600), .warnSoft = rgb(0xFBEFD8),
    .bad = rgb(0xB3261E), .badSoft = rgb(0xFBE6E3),
    .yamlKey = rgb(0x2F42B8), .yamlString = rgb(0x1B6B3F), .yamlNumber = rgb(0x9A4A00), .yamlComment = rgb(0x68645C),
    .grid = rgb(0xE9E6E0), .scrim = rgb(0x1F1E1B, 107), .pictureInk = rgb(0x1F1E1B, 199), .pictureText = rgb(0xFFFFFF),
    .chart = {rgb(0x3A4FCF), rgb(0xCF7E22), rgb(0x08492B), rgb(0x650F72), rgb(0x786500), rgb(0x2E9BD0)},
};

inline constexpr Tokens kDark = {
    .dark = true,
    .bg = rgb(0x16171A), .surface = rgb(0x1D1E22), .raised = rgb(0x26282D), .sunken = rgb(0x121316),
    .hover = rgb(0x2A2C32), .pressed = rgb(0x33363D), .line = rgb(0x34363D), .lineStrong = rgb(0x777C88),
    .text = rgb(0xECEBE7), .text2 = rgb(0xB4B2AC), .text3 = rgb(0x9A9890),
    .accent = rgb(0x6F84FF), .accentText = rgb(0x0D1030), .accentHover = rgb(0x8597FF),
    .accentSoft = rgb(0x272C4A), .accentInk = rgb(0xA9B6FF),
    .good = rgb(0x63CE8E), .goodSoft = rgb(0x1D3527), .warn = rgb(0xEBB04F), .warnSoft = rgb(0x3B2E16),
    .bad = rgb(0xFF8A80), .badSoft = rgb(0x43231F),
    .yamlKey = rgb(0xA9B6FF), .yamlString = rgb(0x7FD6A2), .yamlNumber = rgb(0xF0A96B), .yamlComment = rgb(0x9A9890),
    .grid = rgb(0x2A2C31), .scrim = rgb(0x000000, 153), .pictureInk = rgb(0x1F1E1B, 199), .pictureText = rgb(0xFFFFFF),
    .chart = {rgb(0x8C9EFF), rgb(0xD98E55), rgb(0x7BE8DC), rgb(0xBF4570), rgb(0xE3D640), rgb(0x1F80C8)},
};

// clang-format on

// The set a palette was made from, told by the lightness of its window colour.
const Tokens& tokens(const QPalette& palette);
// The set in force now (the application's palette). Ask while painting, never keep it: the theme changes
// live.
const Tokens& tokens();

// WCAG 2.1 contrast ratio of two opaque colours, 1 … 21.
double contrast(const QColor& a, const QColor& b);
// `over` at `alpha` (0 … 1) on `under`, as an opaque colour.
QColor blend(const QColor& over, const QColor& under, double alpha);

}  // namespace atelier::style
