// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/forms/yaml_editor.h"

#include <QPainter>
#include <QScrollBar>
#include <QTextBlock>

#include "ui/forms/yaml_highlighter.h"
#include "ui/style/fonts.h"
#include "ui/style/paint.h"
#include "ui/style/tokens.h"

namespace atelier {

namespace {
class Gutter : public QWidget {
  public:
    explicit Gutter(YamlEditor* editor) : QWidget(editor), editor_(editor) {}
    QSize sizeHint() const override { return {editor_->gutterWidth(), 0}; }

  protected:
    void paintEvent(QPaintEvent* event) override { editor_->paintGutter(event); }

  private:
    YamlEditor* editor_;
};
}  // namespace

YamlEditor::YamlEditor(QWidget* parent) : QPlainTextEdit(parent), gutter_(new Gutter(this)) {
    setFont(style::monoFont());
    setLineWrapMode(NoWrap);
    setFrameShape(NoFrame);
    setUndoRedoEnabled(false);  // undo belongs to the document: form and text share it
    setTabStopDistance(fontMetrics().horizontalAdvance(QLatin1Char(' ')) * 2);
    setAccessibleName(tr("YAML"));
    new YamlHighlighter(document());
    setViewportMargins(gutterWidth(), 0, 0, 0);
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect& rect, int dy) {
        if (dy)
            gutter_->scroll(0, dy);
        else
            gutter_->update(0, rect.y(), gutter_->width(), rect.height());
    });
    connect(this, &QPlainTextEdit::textChanged, this, [this] {
        if (!quiet_) Q_EMIT typed(toPlainText());
    });
    connect(this, &QPlainTextEdit::cursorPositionChanged, this, [this] {
        if (!quiet_ && hasFocus()) Q_EMIT caretLineChanged(lineAtCaret());
    });
}

int YamlEditor::gutterWidth() const {
    return 48;
}

void YamlEditor::showText(const QString& text) {
    const QString now = toPlainText();
    if (now == text) return;
    // Common head and tail stay untouched, with caret, scroll and highlighting.
    qsizetype head = 0, tail = 0;
    while (head < now.size() && head < text.size() && now[head] == text[head]) ++head;
    while (tail < now.size() - head && tail < text.size() - head &&
           now[now.size() - 1 - tail] == text[text.size() - 1 - tail])
        ++tail;
    const int scroll = verticalScrollBar()->value();
    quiet_ = true;
    QTextCursor cursor(document());
    cursor.beginEditBlock();
    cursor.setPosition(int(head));
    cursor.setPosition(int(now.size() - tail), QTextCursor::KeepAnchor);
    cursor.insertText(text.mid(head, text.size() - head - tail));
    cursor.endEditBlock();
    quiet_ = false;
    verticalScrollBar()->setValue(scroll);
}

void YamlEditor::setIssueLines(const QHash<int, IssueSeverity>& lines) {
    issues_ = lines;
    tintLines();
    gutter_->update();
}

void YamlEditor::setCurrentLine(int line) {
    currentLine_ = line;
    tintLines();
    if (line <= 0 || hasFocus()) return;
    const QTextBlock block = document()->findBlockByNumber(line - 1);
    if (!block.isValid()) return;
    const QRectF at = blockBoundingGeometry(block).translated(contentOffset());
    if (at.top() < 0 || at.bottom() > viewport()->height())
        verticalScrollBar()->setValue(std::max(0, line - 6));
}

void YamlEditor::goToLine(int line, int column) {
    const QTextBlock block = document()->findBlockByNumber(line - 1);
    if (!block.isValid()) return;
    QTextCursor cursor(block);
    cursor.movePosition(QTextCursor::Right, QTextCursor::MoveAnchor,
                        std::clamp(column - 1, 0, std::max(0, block.length() - 1)));
    setTextCursor(cursor);
    centerCursor();
}

void YamlEditor::tintLines() {
    const auto& t = style::tokens();
    QList<QTextEdit::ExtraSelection> selections;
    const auto tint = [&](int line, const QColor& colour) {
        const QTextBlock block = document()->findBlockByNumber(line - 1);
        if (!block.isValid()) return;
        QTextEdit::ExtraSelection one;
        one.format.setBackground(colour);
        one.format.setProperty(QTextFormat::FullWidthSelection, true);
        one.cursor = QTextCursor(block);
        selections << one;
    };
    for (auto it = issues_.cbegin(); it != issues_.cend(); ++it)
        if (it.value() == IssueSeverity::Error) tint(it.key(), t.badSoft);
    if (currentLine_ > 0) tint(currentLine_, t.accentSoft);
    setExtraSelections(selections);
}

void YamlEditor::paintGutter(QPaintEvent* event) {
    const auto& t = style::tokens();
    QPainter painter(gutter_);
    painter.fillRect(event->rect(), t.surface);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setFont(font());
    QTextBlock block = firstVisibleBlock();
    qreal top = blockBoundingGeometry(block).translated(contentOffset()).top();
    while (block.isValid() && top <= event->rect().bottom()) {
        const qreal height = blockBoundingRect(block).height();
        const int line = block.blockNumber() + 1;
        const auto issue = issues_.constFind(line);
        const bool marked = issue != issues_.cend() && *issue != IssueSeverity::Note;
        const QColor colour = !marked ? (line == currentLine_ ? t.accentInk : t.text3)
                              : *issue == IssueSeverity::Error ? t.bad
                                                               : t.warn;
        painter.setPen(colour);
        painter.drawText(QRectF(0, top, gutter_->width() - 18, height), Qt::AlignRight | Qt::AlignVCenter,
                         QString::number(line));
        if (marked) {
            painter.setPen(Qt::NoPen);
            painter.setBrush(colour);
            painter.drawEllipse(QPointF(gutter_->width() - 9, top + height / 2), 3, 3);
        }
        top += height;
        block = block.next();
    }
}

void YamlEditor::resizeEvent(QResizeEvent* event) {
    QPlainTextEdit::resizeEvent(event);
    const QRect area = contentsRect();
    gutter_->setGeometry(area.left(), area.top(), gutterWidth(), area.height());
}

void YamlEditor::paintEvent(QPaintEvent* event) {
    QPlainTextEdit::paintEvent(event);
    if (!hasFocus() || !window()->testAttribute(Qt::WA_KeyboardFocusChange)) return;
    QPainter painter(viewport());
    style::paint::focusRing(painter, viewport()->rect(), 4);
}

// Who walks through the page with Tab walks through here, too: Tab indents once something was typed, and Esc
// gives it back its way out. Shift+Tab always leaves.
void YamlEditor::focusInEvent(QFocusEvent* event) {
    tabLeaves_ = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    QPlainTextEdit::focusInEvent(event);
    viewport()->update();
}

bool YamlEditor::focusNextPrevChild(bool next) {
    return next && !tabLeaves_ ? false : QWidget::focusNextPrevChild(next);
}

void YamlEditor::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Escape)
        tabLeaves_ = true;
    else if (!event->text().isEmpty())
        tabLeaves_ = false;
    // A new line keeps the indentation; Tab gives two blanks, as YAML forbids tabs.
    if (event->key() == Qt::Key_Tab && !isReadOnly()) {
        insertPlainText(QStringLiteral("  "));
        return;
    }
    if ((event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) && !isReadOnly()) {
        const QString line = textCursor().block().text();
        QString indent;
        for (const QChar c : line) {
            if (c != QLatin1Char(' ')) break;
            indent += c;
        }
        if (line.trimmed().endsWith(QLatin1Char(':'))) indent += QStringLiteral("  ");
        insertPlainText(QLatin1Char('\n') + indent);
        return;
    }
    QPlainTextEdit::keyPressEvent(event);
}

void YamlEditor::changeEvent(QEvent* event) {
    QPlainTextEdit::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) {
        if (auto* highlighter = document()->findChild<YamlHighlighter*>()) highlighter->rehighlight();
        tintLines();
    }
}

}  // namespace atelier
