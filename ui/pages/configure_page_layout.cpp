// SPDX-License-Identifier: GPL-3.0-or-later
// Puts the Configure page together: header, navigation, form with issues, YAML with explanation, actions.
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QStackedWidget>
#include <QStyledItemDelegate>
#include <QVBoxLayout>

#include "ui/forms/yaml_editor.h"
#include "ui/forms/yaml_highlighter.h"
#include "ui/models/config_document.h"
#include "ui/models/issue_model.h"
#include "ui/models/template_model.h"
#include "ui/pages/configure_explain.h"
#include "ui/pages/configure_forecast.h"
#include "ui/pages/configure_gallery.h"
#include "ui/pages/configure_issues.h"
#include "ui/pages/configure_page.h"
#include "ui/session/languages.h"
#include "ui/style/tokens.h"

namespace atelier {

namespace {

// Section name, a mark for its worst issue, the number of own changes.
class SectionDelegate : public QStyledItemDelegate {
  public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const override { return {120, 34}; }
    void paint(QPainter* painter, const QStyleOptionViewItem& option,
               const QModelIndex& index) const override {
        const auto& t = style::tokens();
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const QRect row = option.rect.adjusted(0, 1, 0, -1);
        const bool selected = option.state & QStyle::State_Selected;
        if (selected || (option.state & QStyle::State_MouseOver)) {
            painter->setPen(Qt::NoPen);
            painter->setBrush(selected ? t.accentSoft : t.hover);
            painter->drawRoundedRect(row, 6, 6);
        }
        int right = row.right() - 10;
        const int changed = index.data(Qt::UserRole + 1).toInt(),
                  worst = index.data(Qt::UserRole + 2).toInt();
        if (changed > 0) {
            painter->setFont(style::font(style::TextSize::Body, QFont::DemiBold));
            painter->setPen(t.accentInk);
            const QString text = QString::number(changed);
            const int width = painter->fontMetrics().horizontalAdvance(text);
            painter->drawText(QRect(right - width, row.top(), width + 2, row.height()), Qt::AlignVCenter,
                              text);
            right -= width + 8;
        }
        if (worst <= int(IssueSeverity::Warning)) {
            const bool error = worst == int(IssueSeverity::Error);
            painter->drawPixmap(QPointF(right - 14, row.center().y() - 7),
                                style::iconPixmap(error ? QStringLiteral("error") : QStringLiteral("warning"),
                                                  14, error ? style::Tone::Bad : style::Tone::Warn,
                                                  painter->device()->devicePixelRatioF()));
            right -= 20;
        }
        painter->setFont(style::font(style::TextSize::Body, selected ? QFont::DemiBold : QFont::Normal));
        painter->setPen(t.text);
        const QRect text(row.left() + 10, row.top(), right - row.left() - 12, row.height());
        painter->drawText(
            text, Qt::AlignVCenter,
            painter->fontMetrics().elidedText(index.data().toString(), Qt::ElideRight, text.width()));
        painter->restore();
    }
};

// Panes stand on the surface, not on the page's ground.
template <class W>
W* onSurface(W* pane) {
    pane->setBackgroundRole(QPalette::Base);
    pane->setAutoFillBackground(true);
    return pane;
}

QPlainTextEdit* makeReadOnlyText(const QString& name) {
    auto* text = new QPlainTextEdit;
    text->setReadOnly(true);
    text->setFont(style::monoFont());
    text->setFrameShape(QFrame::NoFrame);
    text->setLineWrapMode(QPlainTextEdit::NoWrap);
    text->setAccessibleName(name);
    return text;
}

}  // namespace

ConfigurePage::ConfigurePage(ConfigDocument& document, IssueModel& issues, TemplateModel& templates,
                             TemplateFiller filler, QWidget* parent)
    : Page(parent),
      document_(document),
      issues_(issues),
      templates_(templates),
      filler_(std::move(filler)),
      stack_(new QStackedWidget) {
    gallery_ = new ConfigureGallery(templates_, document_);
    stack_->addWidget(gallery_);

    auto* across = new QSplitter(Qt::Horizontal);
    across->setChildrenCollapsible(false);
    across->addWidget(makeNavigation());
    across->addWidget(makeForm());
    across->addWidget(makeText());
    across->setStretchFactor(1, 1);
    across->setSizes({208, 610, 526});
    across->setObjectName(QStringLiteral("configureAcross"));
    keepSplitter(across);
    stack_->addWidget(across);
    setBody(stack_);

    makeActions();
    makeHeader();
    connect(&document_, &ConfigDocument::textChanged, this, &ConfigurePage::onTextChanged);
    connect(&document_, &ConfigDocument::checked, this, &ConfigurePage::onChecked);
    connect(gallery_, &ConfigureGallery::templateChosen, this, &ConfigurePage::beginTemplate);
    connect(gallery_, &ConfigureGallery::openFormRequested, this, &ConfigurePage::showForm);
    connect(gallery_, &ConfigureGallery::startRequested, this, [this] { start(); });
    connect(gallery_, &ConfigureGallery::queueRequested, this, [this] { start(true); });
    showGallery();
}

QWidget* ConfigurePage::makeNavigation() {
    auto* side = onSurface(new QWidget);
    side->setMinimumWidth(style::scaled(176));
    auto* column = new QVBoxLayout(side);
    column->setContentsMargins(10, 12, 10, 12);
    column->setSpacing(8);
    search_ = makeSearchField(tr("Find setting"));
    search_->setAccessibleName(tr("Find setting"));
    column->addWidget(search_);
    connect(search_, &QLineEdit::textChanged, this, [this](const QString& text) {
        filter_.search = text.trimmed();
        form_->setFilter(filter_);
    });
    navigation_ = new QListWidget;
    navigation_->setFrameShape(QFrame::NoFrame);
    navigation_->setItemDelegate(new SectionDelegate(navigation_));
    navigation_->setAccessibleName(tr("Sections"));
    navigation_->setMouseTracking(true);
    navigation_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    const auto add = [this](const QString& text, const QString& section) {
        auto* item = new QListWidgetItem(text, navigation_);
        item->setData(Qt::UserRole, section);
        item->setData(Qt::UserRole + 2, 9);
    };
    add(tr("Essentials"), {});
    for (const auto& section : trainSchema().children)
        if (section.type == ValueType::Section)
            add(translated(section.info.label), QString::fromStdString(section.path));
    navigation_->setCurrentRow(0);
    connect(navigation_, &QListWidget::currentRowChanged, this, [this](int row) {
        if (row < 0) return;
        filter_.section = navigation_->item(row)->data(Qt::UserRole).toString();
        filter_.search.clear();
        const QSignalBlocker quiet(search_);
        search_->clear();
        form_->setFilter(filter_);
    });
    column->addWidget(navigation_, 1);
    column->addWidget(makeLine());
    auto* from = makeLabel(tr("Where values come from"), style::TextSize::Caption, QFont::DemiBold);
    from->setWordWrap(true);
    column->addWidget(from);
    origins_ = makeLabel({}, style::TextSize::Caption, QFont::Normal, style::Tone::Text2);
    column->addWidget(origins_);
    return side;
}

QWidget* ConfigurePage::makeForm() {
    auto* middle = new QSplitter(Qt::Vertical);
    middle->setMinimumWidth(370);  // the narrowest rows
    middle->setChildrenCollapsible(false);
    auto* upper = onSurface(new QWidget);
    auto* column = new QVBoxLayout(upper);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* bar = new QWidget;
    bar->setFixedHeight(48);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(16, 0, 16, 0);
    levels_ = new SegmentedControl(tr("Level"));
    for (const QString& name : {tr("Basic"), tr("Advanced"), tr("Expert")}) levels_->addSegment(name);
    levels_->setCurrentIndex(0);
    connect(levels_, &SegmentedControl::currentChanged, this, [this](int index) {
        if (int(filter_.level) == index) return;
        filter_.level = Importance(index);
        // Essentials are the basic settings; a higher level shows everything.
        form_->setFilter(filter_);
    });
    row->addWidget(levels_);
    row->addStretch();
    auto* changed = new QCheckBox(tr("Changed only"));
    connect(changed, &QCheckBox::toggled, this, [this](bool on) {
        filter_.changedOnly = on;
        form_->setFilter(filter_);
    });
    row->addWidget(changed);
    column->addWidget(bar);
    column->addWidget(makeLine());
    form_ = new FormView(document_);
    column->addWidget(form_, 1);
    connect(form_, &FormView::activated, this, &ConfigurePage::setCurrent);
    connect(form_, &FormView::showTextRequested, this, [this](const QString& path) {
        showTab(0);
        const int line = document_.lineOf(path);
        if (line > 0) yaml_->goToLine(line);
        yaml_->setFocus();
    });
    middle->addWidget(upper);
    issuesList_ = onSurface(new ConfigureIssues(issues_));
    connect(issuesList_, &ConfigureIssues::jumpRequested, this, &ConfigurePage::jump);
    middle->addWidget(issuesList_);
    middle->setStretchFactor(0, 1);
    middle->setSizes({560, 180});
    middle->setObjectName(QStringLiteral("configureMiddle"));
    keepSplitter(middle);
    return middle;
}

QWidget* ConfigurePage::makeText() {
    auto* right = new QSplitter(Qt::Vertical);
    right->setChildrenCollapsible(false);
    auto* upper = onSurface(new QWidget);
    auto* column = new QVBoxLayout(upper);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto* bar = new QWidget;
    bar->setFixedHeight(48);
    auto* row = new QHBoxLayout(bar);
    row->setContentsMargins(16, 0, 12, 0);
    row->setSpacing(8);
    tabs_ = new SegmentedControl(tr("Text"));
    for (const QString& name : {tr("YAML"), tr("Changes"), tr("Resolved")}) tabs_->addSegment(name);
    tabs_->setCurrentIndex(0);
    tabs_->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(tabs_, &SegmentedControl::currentChanged, this, [this](int index) {
        if (texts_->currentIndex() != index) showTab(index);
    });
    row->addWidget(tabs_);
    inStep_ = new ElidedLabel(QString());
    inStep_->setFont(style::font(style::TextSize::Caption));
    inStep_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    row->addWidget(inStep_, 1);
    auto* copy = makeIconButton(QStringLiteral("copy"), tr("Copy the text"));
    connect(copy, &QToolButton::clicked, this, [this] {
        QApplication::clipboard()->setText(
            texts_->currentIndex() == 0
                ? document_.text()
                : static_cast<QPlainTextEdit*>(texts_->currentWidget())->toPlainText());
    });
    row->addWidget(copy);
    column->addWidget(bar);
    column->addWidget(makeLine());
    texts_ = new QStackedWidget;
    yaml_ = new YamlEditor;
    changes_ = makeReadOnlyText(tr("Changes"));
    resolved_ = makeReadOnlyText(tr("Resolved"));
    new YamlHighlighter(resolved_->document());
    for (QWidget* one :
         {static_cast<QWidget*>(yaml_), static_cast<QWidget*>(changes_), static_cast<QWidget*>(resolved_)})
        texts_->addWidget(one);
    column->addWidget(texts_, 1);
    right->addWidget(upper);
    connect(yaml_, &YamlEditor::typed, &document_, &ConfigDocument::setText);
    connect(yaml_, &YamlEditor::caretLineChanged, this, [this](int line) {
        const QString path = document_.pathAtLine(line);
        if (path.isEmpty() || path == current_) return;
        form_->setCurrent(path, true);
        setCurrent(path);
    });
    explain_ = onSurface(new ConfigureExplain(document_));
    connect(explain_, &ConfigureExplain::jumpRequested, this, [this](const QString& path) { jump(path); });
    right->addWidget(explain_);
    forecast_ = onSurface(new ConfigureForecast(document_));
    connect(forecast_, &ConfigureForecast::measureRequested, this, &ConfigurePage::measure);
    right->addWidget(forecast_);
    right->setStretchFactor(0, 1);
    right->setSizes({480, 200, 80});
    right->setObjectName(QStringLiteral("configureRight"));
    keepSplitter(right);
    return right;
}

void ConfigurePage::makeActions() {
    newAction_ = addPageAction(tr("Configuration"), tr("New from template…"), QKeySequence::New,
                               QStringLiteral("plus"), [this] { showGallery(); });
    addPageAction(tr("Configuration"), tr("Save"), QKeySequence::Save, QStringLiteral("save"), [this] {
        if (document_.isOpen()) Q_EMIT saveRequested(false);
    });
    addPageAction(tr("Configuration"), tr("Save as…"), QKeySequence::SaveAs, {}, [this] {
        if (document_.isOpen()) Q_EMIT saveRequested(true);
    });
    exportAction_ = addPageAction(tr("Configuration"), tr("Export…"), QKeySequence(QStringLiteral("Ctrl+E")),
                                  QStringLiteral("export"), [this] { exportFiles(); });
    startAction_ =
        addPageAction(tr("Configuration"), tr("Start"), QKeySequence(QStringLiteral("Ctrl+Return")),
                      QStringLiteral("play"), [this] { start(); });
    addPageAction(tr("Configuration"), tr("Add to queue"), QKeySequence(QStringLiteral("Ctrl+Shift+Return")),
                  QStringLiteral("clock"), [this] { start(true); });
    addPageAction(tr("Configuration"), tr("Measure memory and time"), {}, {}, [this] {
        if (!galleryShown()) measure();
    });
    addPageAction(tr("Configuration"), tr("Next issue"), QKeySequence(Qt::Key_F8), QStringLiteral("warning"),
                  [this] {
                      if (!galleryShown()) issuesList_->next();
                  });
    addPageAction(tr("Configuration"), tr("Find setting"), QKeySequence::Find, QStringLiteral("search"),
                  [this] {
                      QLineEdit* field = galleryShown() ? gallerySearch_ : search_;
                      field->setFocus(Qt::ShortcutFocusReason);
                      field->selectAll();
                  });
    addPageAction(tr("Configuration"), tr("To the YAML"), QKeySequence(tr("Ctrl+Y")), QStringLiteral("file"),
                  [this] {
                      if (galleryShown()) return;
                      showTab(0);
                      yaml_->setFocus(Qt::ShortcutFocusReason);
                  });
    addPageAction(tr("Configuration"), tr("To the form"), QKeySequence(tr("Ctrl+Shift+Y")),
                  QStringLiteral("configure"), [this] {
                      const QString line = document_.pathAtLine(yaml_->lineAtCaret());
                      if (!galleryShown()) jump(line.isEmpty() ? current_ : line);
                  });
    addPageAction(tr("Configuration"), tr("Explanation"), QKeySequence(Qt::Key_F1), QStringLiteral("info"),
                  [this] { explain_->setVisible(!explain_->isVisible()); });
}

void ConfigurePage::makeHeader() {
    title_ = new ElidedLabel(QString(), Qt::ElideMiddle);
    title_->setFont(style::font(style::TextSize::Title, QFont::DemiBold));
    title_->setMinimumWidth(60);
    header()->addLeading(title_);
    auto* about = new OptionalLabel(tr("Pick what you want to make. Every value can be changed afterwards."));
    about->setFont(style::font());
    setLabelTone(about, style::Tone::Text2);
    header()->addLeading(about);
    from_ = makeLabel({}, style::TextSize::Body, QFont::Normal, style::Tone::Text2);
    header()->addLeading(from_);
    edited_ = new Pill(tr("edited"), PillTone::Accent);
    edited_->setDot(true);
    header()->addLeading(edited_);

    gallerySearch_ = makeSearchField(tr("Find template"));
    gallerySearch_->setAccessibleName(tr("Find template"));
    gallerySearch_->setMaximumWidth(style::scaled(220));
    connect(gallerySearch_, &QLineEdit::textChanged, gallery_, &ConfigureGallery::setSearch);
    header()->addTrailing(gallerySearch_);
    QPushButton* file = makeButton(tr("Open YAML…"), QStringLiteral("file"));
    connect(file, &QPushButton::clicked, this, &ConfigurePage::openRequested);
    header()->addTrailing(file);
    galleryHeader_ = {about, gallerySearch_, file};

    QAction* undo = document_.undoStack()->createUndoAction(this, tr("Undo"));
    QAction* redo = document_.undoStack()->createRedoAction(this, tr("Redo"));
    undo->setIcon(style::icon(QStringLiteral("undo")));
    redo->setIcon(style::icon(QStringLiteral("redo")));
    QWidget* back = makeButton(newAction_, ButtonRole::Normal);
    header()->addTrailing(back);
    formHeader_ = {edited_, back, header()->addIconAction(undo), header()->addIconAction(redo),
                   header()->addActionButton(exportAction_)};
    auto* where = runOnLabel_ =
        makeLabel(tr("Run on"), style::TextSize::Body, QFont::Normal, style::Tone::Text2);
    runOn_ = new QComboBox;
    runOn_->setAccessibleName(tr("Run on"));
    runOn_->addItems({tr("This computer"), tr("Queue on this computer")});
    runOn_->setToolTip(tr("A run whose device is taken waits in the queue either way."));
    connect(runOn_, &QComboBox::currentIndexChanged, this, &ConfigurePage::onChecked);
    where->setBuddy(runOn_);
    header()->addTrailing(where);
    header()->addTrailing(runOn_);
    formHeader_.push_back(runOn_);
    formHeader_.push_back(header()->setPrimary(startAction_));
}

}  // namespace atelier
