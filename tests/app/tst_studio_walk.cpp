// SPDX-License-Identifier: GPL-3.0-or-later
// What holds for every page and sheet: each text goes through the translations, nothing is cut where texts
// are 40 % longer or 150 % large, every control has a name, and Tab goes as the page is read.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QRegularExpression>
#include <QTabBar>
#include <QToolButton>
#include <QtTest>

#include "tests/support/studio_walk.h"
#include "ui/frame/main_window.h"
#include "ui/frame/rail.h"
#include "ui/session/languages.h"
#include "ui/widgets/controls.h"

using namespace atelier;
using test::StudioWalk;

namespace {

const QString kEngine = QStringLiteral(ATELIER_BIN_DIR "/atelier-engine");

QString describe(const QWidget* w) {
    QStringList path;
    for (const QWidget* up = w; up && path.size() < 5 && !up->isWindow(); up = up->parentWidget())
        path.prepend(QString::fromLatin1(up->metaObject()->className()).remove(QStringLiteral("atelier::")));
    return path.join(QLatin1Char('/'));
}

// What stands outside of the marks; nothing inside of them is looked at.
QString outside(const QString& text) {
    QString rest;
    int depth = 0;
    for (const QChar c : text) {
        if (c == PseudoTexts::kOpen)
            ++depth;
        else if (c == PseudoTexts::kClose)
            --depth;
        else if (depth == 0)
            rest += c;
    }
    return rest;
}

// Data, names and numbers are said as they are: paths, keys of the YAML, formats, units, names of people's
// things (zz…), of programs, files and methods.
bool isWords(QString text) {
    if (text.contains(QStringLiteral("/atelier-engine ")) || text.contains(QStringLiteral(" · ")))
        return false;  // a command; what an engine found
    static const QRegularExpression tags(QStringLiteral("<[^>]*>")),
        data(QStringLiteral("\\S*[/"
                            "~_.=:{}$<>\\\\]\\S*|\\bzz\\S*|\\S*\\d\\S*|\\b(Atelier|atelier|AdamW|Adafactor|"
                            "Lion|Prodigy|LoRA|DreamBooth|"
                            "ControlNet|UNet|VAE|CPU|GPU|AMD|EPYC|Intel|Xeon|NVIDIA|English|Deutsch|YAML|CSV|"
                            "HTML|PNG|SVG|JPEG|WebP|LZW|"
                            "Ctrl|Shift|Alt|Return|Del|Esc|Tab|Backspace|mini|emoji|main|kohya|diffusers|"
                            "ComfyUI|px|min|kB|MB|GB|of|"
                            "lora|container|cpu|single-gpu|pictures|adamw|CosineWithWarmup|dreambooth|"
                            "scratch|controlnet|finetune|autoencoder|Left|Right|Up|Down)\\b"));
    static const QRegularExpression word(QStringLiteral("[A-Za-z]{3,}"));
    return text.remove(tags).remove(data).contains(word);
}

struct Said {
    const QWidget* by;
    QString what;  // "text", "tooltip", …
    QString text;
};

std::vector<Said> allSaid(const QWidget& window) {
    std::vector<Said> all;
    for (const QWidget* w : window.findChildren<QWidget*>()) {
        if (!w->isVisible()) continue;
        all.push_back({w, QStringLiteral("tooltip"), w->toolTip()});
        all.push_back({w, QStringLiteral("name"), w->accessibleName()});
        all.push_back({w, QStringLiteral("description"), w->accessibleDescription()});
        if (const auto* label = qobject_cast<const QLabel*>(w))
            all.push_back({w, QStringLiteral("text"), label->text()});
        if (const auto* button = qobject_cast<const QAbstractButton*>(w))
            all.push_back({w, QStringLiteral("text"), button->text()});
        if (const auto* field = qobject_cast<const QLineEdit*>(w))
            all.push_back({w, QStringLiteral("placeholder"), field->placeholderText()});
        if (const auto* combo = qobject_cast<const QComboBox*>(w); combo && !combo->isEditable())
            for (int i = 0; i < combo->count(); ++i)
                all.push_back({w, QStringLiteral("choice"), combo->itemText(i)});
        if (const auto* tabs = qobject_cast<const QTabBar*>(w))
            for (int i = 0; i < tabs->count(); ++i)
                all.push_back({w, QStringLiteral("tab"), tabs->tabText(i)});
        if (const auto* header = qobject_cast<const QHeaderView*>(w); header && header->model())
            for (int i = 0; i < header->count(); ++i)
                if (!header->isSectionHidden(i))
                    all.push_back({w, QStringLiteral("column"),
                                   header->model()->headerData(i, header->orientation()).toString()});
        for (const QAction* action : w->actions())
            if (action->isVisible()) all.push_back({w, QStringLiteral("action"), action->text()});
    }
    return all;
}

int widthOf(const QWidget* w, const QString& text) {
    int widest = 0;
    for (const QString& line : text.split(QLatin1Char('\n')))
        widest = std::max(widest, w->fontMetrics().horizontalAdvance(line));
    return widest;
}

bool isRich(const QLabel* label) {
    return label->textFormat() == Qt::RichText ||
           (label->textFormat() == Qt::AutoText && Qt::mightBeRichText(label->text()));
}

// "" = all of its text is seen.
QString cut(const QWidget* w) {
    const auto lacks = [](int needed, int has, const QString& text) {
        return needed > has + 1 ? QStringLiteral("%1 of %2 px for “%3”").arg(has).arg(needed).arg(text)
                                : QString();
    };
    if (qobject_cast<const OptionalLabel*>(w)) return {};
    if (const auto* label = qobject_cast<const QLabel*>(w); label && !label->text().isEmpty()) {
        if (label->wordWrap())
            return lacks(label->heightForWidth(label->width()), label->height(), label->text());
        if (isRich(label)) return lacks(label->sizeHint().width(), label->width(), label->text());
        // What a file or a picture is called may be longer than its place; the tooltip has it whole.
        if (qobject_cast<const ElidedLabel*>(w)) return {};
        return lacks(widthOf(label, label->text()), label->contentsRect().width(), label->text());
    }
    if (const auto* button = qobject_cast<const QAbstractButton*>(w); button && !button->text().isEmpty())
        return lacks(button->sizeHint().width(), button->width(), button->text());
    if (const auto* combo = qobject_cast<const QComboBox*>(w);
        combo && !combo->currentText().contains(QStringLiteral("zz")))
        return lacks(widthOf(combo, combo->currentText()) + 34, combo->width(), combo->currentText());
    if (const auto* header = qobject_cast<const QHeaderView*>(w);
        header && header->model() && header->orientation() == Qt::Horizontal)
        for (int i = 0; i < header->count(); ++i) {
            const QString text = header->model()->headerData(i, Qt::Horizontal).toString();
            if (header->isSectionHidden(i) || text.isEmpty()) continue;
            const QString lack = lacks(widthOf(header, text) + 8, header->sectionSize(i), text);
            if (!lack.isEmpty()) return lack;
        }
    return {};
}

// Scrolled out of sight is not cut; outside of what does not scroll is.
QString outOfItsParent(const QWidget* w) {
    const QWidget* parent = w->parentWidget();
    if (!parent || parent->objectName() == QLatin1String("qt_scrollarea_viewport") ||
        parent->rect().contains(w->geometry()))
        return {};
    if (!qobject_cast<const QLabel*>(w) && !qobject_cast<const QAbstractButton*>(w)) return {};
    const QRect r = w->geometry();
    return QStringLiteral("at %1,%2 %3×%4 in %5×%6")
        .arg(r.x())
        .arg(r.y())
        .arg(r.width())
        .arg(r.height())
        .arg(parent->width())
        .arg(parent->height());
}

// Where the part of it is that is not scrolled out of sight.
QRect seen(const QWidget* w) {
    const QRect part = w->visibleRegion().boundingRect();
    return {w->mapTo(w->window(), part.topLeft()), part.size()};
}

class Problems {
  public:
    void add(const QString& page, const QWidget* w, const QString& text) {
        const QString line = describe(w) + QStringLiteral(": ") + text;
        if (seen_.contains(line)) return;
        seen_.insert(line);
        all_ << page + QStringLiteral(" — ") + line;
    }
    // Says them all (Qt Test cuts long messages) and how many there are.
    int count() const {
        for (const QString& one : all_) fprintf(stderr, "%s\n", qPrintable(one));
        return int(all_.size());
    }

  private:
    QStringList all_;
    QSet<QString> seen_;
};

void lookForCuts(StudioWalk& walk, const QString& page, Problems& problems) {
    for (const QWidget* w : walk.window().findChildren<QWidget*>()) {
        if (!w->isVisible() || w->size().isEmpty()) continue;
        if (const QString text = cut(w); !text.isEmpty()) problems.add(page, w, text);
        if (const QString text = outOfItsParent(w); !text.isEmpty()) problems.add(page, w, text);
    }
    if (const QString shots = qEnvironmentVariable("ATELIER_SHOTS"); !shots.isEmpty())
        walk.window().grab().save(QStringLiteral("%1/%2.png")
                                      .arg(shots, QString(page).replace(QLatin1Char(' '), QLatin1Char('-'))));
}

}  // namespace

class TestStudioWalk : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void everyTextIsTranslatedAndHasRoom();
    void largeGermanHasRoom();
    void everyControlHasANameAndTabGoesAsThePageIsRead();
};

void TestStudioWalk::everyTextIsTranslatedAndHasRoom() {
    StudioWalk walk(QStringLiteral("en-XA"), kEngine);
    Problems problems;
    walk.visit([&](const QString& page) {
        for (const Said& one : allSaid(walk.window())) {
            // What the checks say is English in every language, as on the command line.
            const QWidget* above = one.by->parentWidget()->parentWidget();
            if (above && above->inherits("atelier::FormRow")) continue;
            if (isWords(outside(one.text)))
                problems.add(page, one.by, one.what + QStringLiteral(" “") + one.text + QStringLiteral("”"));
        }
        lookForCuts(walk, page, problems);
    });
    QCOMPARE(problems.count(), 0);
}

void TestStudioWalk::largeGermanHasRoom() {
    StudioWalk walk(QStringLiteral("de"), kEngine, 1.5, {1024, 680});
    Problems problems;
    walk.visit([&](const QString& page) { lookForCuts(walk, page, problems); });
    QCOMPARE(problems.count(), 0);
}

void TestStudioWalk::everyControlHasANameAndTabGoesAsThePageIsRead() {
    StudioWalk walk(QStringLiteral("en"), kEngine);
    QAccessible::setActive(true);
    Problems problems;
    walk.visit([&](const QString& page) {
        walk.window().orderTabs();
        QWidget* first = walk.window().findChild<RailButton*>();
        const QWidget* sheet = nullptr;
        for (const QDialog* one : walk.window().findChildren<QDialog*>())
            if (one->isVisible()) sheet = one;
        const QWidget* before = nullptr;
        for (QWidget* w = first; w; w = w->nextInFocusChain() == first ? nullptr : w->nextInFocusChain()) {
            if (!w->isEnabled() || !(w->focusPolicy() & Qt::TabFocus) || w->visibleRegion().isEmpty())
                continue;
            if (qobject_cast<QAbstractSpinBox*>(w->parentWidget()) ||
                qobject_cast<QComboBox*>(w->parentWidget()))
                continue;
            if (sheet && !sheet->isAncestorOf(w)) continue;
            QAccessibleInterface* accessible = QAccessible::queryAccessibleInterface(w);
            if (!accessible || accessible->text(QAccessible::Name).isEmpty())
                problems.add(page, w, QStringLiteral("no name"));
            if (const auto* view = qobject_cast<QAbstractItemView*>(w); view && view->tabKeyNavigation())
                problems.add(page, w, QStringLiteral("keeps Tab to itself"));
            const QRect here = seen(w);
            if (before) {
                const QRect last = seen(before);
                const bool toTheRight = here.left() >= last.right();
                const bool above = here.bottom() <= last.top() && !toTheRight;
                const bool sameRow = std::abs(here.center().y() - last.center().y()) <
                                     std::min(here.height(), last.height()) / 2;
                if (above || (sameRow && here.right() <= last.left()))
                    problems.add(page, w,
                                 QStringLiteral("“%1” comes after “%2” (%3)")
                                     .arg(accessible ? accessible->text(QAccessible::Name) : QString(),
                                          before->accessibleName(), describe(before)));
            }
            before = w;
        }
    });
    QCOMPARE(problems.count(), 0);
}

QTEST_MAIN(TestStudioWalk)
#include "tst_studio_walk.moc"
