// SPDX-License-Identifier: GPL-3.0-or-later
// Behaviour of the Configure page; its parts are put together in configure_page_layout.cpp.
#include "ui/pages/configure_page.h"

#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QFileInfo>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QStackedWidget>

#include "core/run/run_folder.h"
#include "ui/forms/field_editor.h"
#include "ui/forms/form_row.h"
#include "ui/forms/yaml_editor.h"
#include "ui/models/config_document.h"
#include "ui/models/issue_model.h"
#include "ui/models/template_model.h"
#include "ui/pages/configure_explain.h"
#include "ui/pages/configure_gallery.h"
#include "ui/pages/configure_issues.h"

namespace atelier {

namespace {
constexpr int kRoomyHeader = 1060;

// One pattern for shards that are numbered without a gap, as a reader wants it; the first one otherwise.
QString shardPattern(const QStringList& paths) {
    QStringList all = paths;
    all.sort();
    const QFileInfo first(all.front()), last(all.back());
    const QString low = first.completeBaseName(), high = last.completeBaseName();
    bool lowOk = false, highOk = false;
    const qlonglong from = low.toLongLong(&lowOk), to = high.toLongLong(&highOk);
    if (all.size() < 2 || !lowOk || !highOk || low.size() != high.size() || to - from + 1 != all.size() ||
        first.absolutePath() != last.absolutePath())
        return first.absoluteFilePath();
    return QStringLiteral("%1/{%2..%3}.tar").arg(first.absolutePath(), low, high);
}
}  // namespace

QUndoStack* ConfigurePage::undoStack() {
    return document_.undoStack();
}

QString ConfigurePage::location() const {
    return document_.file();
}

bool ConfigurePage::open(const QString& path) {
    if (path.isEmpty()) return false;
    const bool yaml = path.endsWith(QLatin1String(".yaml"), Qt::CaseInsensitive) ||
                      path.endsWith(QLatin1String(".yml"), Qt::CaseInsensitive);
    if (QFileInfo::exists(path + QStringLiteral("/model_index.json")) ||
        path.endsWith(QLatin1String(".safetensors"), Qt::CaseInsensitive)) {
        useModel(path);
        return true;
    }
    if (!yaml) {
        // Shards to train on: they go into the template that is chosen next.
        dataset_ = path;
        Q_EMIT datasetGiven(path);
        showGallery();
        if (gallery_->chosen() < 0 && templates_.rowCount() > 0)
            gallery_->choose(0);
        else if (gallery_->chosen() >= 0)
            document_.setValue(QStringLiteral("dataset.params.path"),
                               yaml::Node::ofString(path.toStdString()));
        return true;
    }
    const QFileInfo file(path);
    const bool ofRun = file.fileName() == QLatin1String("config.yaml") &&
                       run::kindOfFolder(file.absolutePath().toStdString()) == run::FolderKind::Started;
    if (!(ofRun ? document_.openRun(path) : document_.openFile(path))) {
        banners()->show(QStringLiteral("open"),
                        {Severity::Error, tr("This file is not opened."), document_.why(), {}});
        return false;
    }
    banners()->remove(QStringLiteral("open"));
    banners()->remove(QStringLiteral("run"));
    showForm();
    if (ofRun) {
        showTab(1);  // what is different from that run
        banners()->show(QStringLiteral("run"),
                        {Severity::Info,
                         tr("A new run from %1.").arg(file.dir().dirName()),
                         tr("That run keeps its own configuration. What is different stands under Changes."),
                         {}});
        Q_EMIT locationChanged();
        return true;
    }
    Q_EMIT fileOpened(path);
    Q_EMIT locationChanged();
    return true;
}

QList<DropTarget> ConfigurePage::dropTargets(const Dropped& dropped) {
    if (dropped.paths.isEmpty()) return {};
    const QString path = dropped.paths.front();
    if (path.endsWith(QLatin1String(".yaml"), Qt::CaseInsensitive) ||
        path.endsWith(QLatin1String(".yml"), Qt::CaseInsensitive))
        return {{QStringLiteral("file"), tr("Open this configuration"), QFileInfo(path).fileName(),
                 [this](const Dropped& d) { open(d.paths.front()); }}};
    if (QFileInfo::exists(path + QStringLiteral("/model_index.json")))
        return {{QStringLiteral("models"), tr("Use as base model"), QFileInfo(path).fileName(),
                 [this](const Dropped& d) { useModel(d.paths.front()); }}};
    if (dropped.kind == DroppedKind::Shards) {
        const QString pattern = shardPattern(dropped.paths);
        return {{QStringLiteral("package"), tr("Train on these shards"), pattern,
                 [this, pattern](const Dropped&) { open(pattern); }}};
    }
    return {};
}

// Into the open configuration, else into the first template that starts from a model of one's own.
void ConfigurePage::useModel(const QString& path) {
    const QString key = QStringLiteral("model.pretrained");
    model_ = path;
    if (galleryShown() || !document_.isOpen()) {
        showGallery();
        for (int row = 0; row < templates_.rowCount(); ++row)
            if (templates_.at(row).required.contains(key)) return gallery_->choose(row);
    }
    if (!document_.setValue(key, yaml::Node::ofString(path.toStdString())))
        Q_EMIT messageRaised({Severity::Error, tr("The base model was not set."), document_.why(), {}});
}

bool ConfigurePage::galleryShown() const {
    return stack_->currentWidget() == gallery_;
}

void ConfigurePage::showGallery() {
    stack_->setCurrentWidget(gallery_);
    gallery_->ensureVisible(0, 0, 0, 0);  // its cards first, wherever it was left
    newAction_->setVisible(false);
    for (QWidget* one : formHeader_) one->hide();
    for (QWidget* one : galleryHeader_) one->show();
    fitHeader();
    title_->setText(tr("New run"));
    setStatusNote({});
}

void ConfigurePage::showForm() {
    if (!document_.isOpen()) return showGallery();
    for (QWidget* one : galleryHeader_) one->hide();
    for (QWidget* one : formHeader_) one->show();
    stack_->setCurrentIndex(1);
    newAction_->setVisible(true);
    onTextChanged(false);
    onChecked();
}

void ConfigurePage::beginTemplate(int row) {
    const ConfigTemplate& from = templates_.at(row);
    // What was being edited can be had back.
    if (document_.isOpen() && document_.isModified() && !galleryShown()) {
        const QString text = document_.text(), name = document_.name(), file = document_.file();
        const Origin base = document_.base();
        Q_EMIT messageRaised({Severity::Info,
                              tr("A new configuration was begun."),
                              {},
                              {{tr("Back to %1").arg(name), [this, text, name, file, base] {
                                    document_.begin(text, base, name, file);
                                    showForm();
                                }}}});
    }
    QList<std::pair<QString, QString>> values =
        filler_ ? filler_(from.file, from.required) : QList<std::pair<QString, QString>>{};
    if (!dataset_.isEmpty())
        values.append(
            {QStringLiteral("dataset.params.path"),
             QString::fromStdString(yaml::dumpInline(yaml::Node::ofString(dataset_.toStdString())))});
    if (!model_.isEmpty() && from.required.contains(QStringLiteral("model.pretrained")))
        values.append({QStringLiteral("model.pretrained"),
                       QString::fromStdString(yaml::dumpInline(yaml::Node::ofString(model_.toStdString())))});
    std::string text = from.text.toStdString();
    for (const auto& [path, written] : values) {
        const auto value = yaml::parse(written.toStdString());
        if (auto edited =
                value ? setInText(text, splitKeyPath(path.toStdString()), *value) : Result<std::string>(text))
            text = std::move(*edited);
    }
    banners()->remove(QStringLiteral("run"));
    document_.begin(QString::fromStdString(text), Origin::Template, from.title);
}

void ConfigurePage::resizeEvent(QResizeEvent* event) {
    Page::resizeEvent(event);
    fitHeader();
}

// In a narrow window words give way to the configuration's name.
void ConfigurePage::fitHeader() {
    const bool room = !galleryShown() && width() >= kRoomyHeader;
    from_->setVisible(room && document_.base() == Origin::Template);
    runOnLabel_->setVisible(room);
}

void ConfigurePage::onTextChanged(bool byHand) {
    if (!byHand) yaml_->showText(document_.text());
}

void ConfigurePage::onChecked() {
    if (galleryShown()) return;
    QHash<int, IssueSeverity> lines;
    for (const auto& issue : document_.issues())
        if (issue.line > 0 && (!lines.contains(issue.line) || issue.severity < lines[issue.line]))
            lines[issue.line] = issue.severity;
    yaml_->setIssueLines(lines);
    yaml_->setCurrentLine(document_.lineOf(current_));
    title_->setText(document_.name());
    from_->setText(document_.base() == Origin::Template ? tr("from template") : tr("from file"));
    fitHeader();
    edited_->setVisible(document_.isModified());
    const bool readable = document_.readable();
    inStep_->setText(readable ? tr("in step with the form") : tr("not YAML yet: the form waits"));
    setLabelTone(inStep_, readable ? style::Tone::Text2 : style::Tone::Bad);
    const int errors = document_.errorCount(), warnings = document_.warningCount();
    QStringList note;
    if (errors > 0) note << tr("%n error(s)", nullptr, errors);
    if (warnings > 0) note << tr("%n warning(s)", nullptr, warnings);
    setStatusNote(note.isEmpty() ? tr("No issues") : note.join(QStringLiteral(", ")));
    const bool queue = runOn_->currentIndex() == 1;
    startAction_->setText(warnings == 0 || errors > 0 ? queue ? tr("Add to queue") : tr("Start")
                          : queue ? tr("Add with %n warning(s)", nullptr, warnings)
                                                      : tr("Start with %n warning(s)", nullptr, warnings));
    startAction_->setIcon(style::icon(queue ? QStringLiteral("clock") : QStringLiteral("play")));
    levels_->setSegmentText(0, tr("Basic %1").arg(FormView::count(Importance::Basic)));
    levels_->setSegmentText(1, tr("Advanced %1").arg(FormView::count(Importance::Advanced)));
    levels_->setSegmentText(2, tr("Expert %1").arg(FormView::count(Importance::Expert)));
    refreshNavigation();
    if (texts_->currentIndex() > 0) showTab(texts_->currentIndex());
}

void ConfigurePage::setCurrent(const QString& path) {
    current_ = path;
    explain_->show(path);
    yaml_->setCurrentLine(document_.lineOf(path));
}

void ConfigurePage::jump(const QString& path, int line) {
    if (galleryShown()) showForm();
    const SchemaNode* schema = findSchema(path.toStdString());
    QString target = path;
    if (schema && schema->type == ValueType::Section) {
        const QStringList inside = FormView::paths(path, Importance::Expert);
        target = inside.isEmpty() ? QString() : inside.front();
    } else if (!schema) {
        target.clear();
    }
    if (!target.isEmpty()) {
        if (!form_->shownPaths().contains(target)) {
            // Open its section at a level that shows it.
            search_->clear();
            const SchemaNode* node = findSchema(target.toStdString());
            filter_.search.clear();
            filter_.changedOnly = false;
            filter_.section = target.section(QLatin1Char('.'), 0, 0);
            for (const Importance level : {Importance::Basic, Importance::Advanced, Importance::Expert})
                if (filter_.level < level &&
                    !FormView::paths(filter_.section, filter_.level).contains(target))
                    filter_.level = level;
            Q_UNUSED(node);
            applyFilter();
        }
        form_->setCurrent(target, true);
        if (FormRow* row = form_->row(target)) row->editor()->field()->setFocus(Qt::OtherFocusReason);
        setCurrent(target);
    }
    const int at = line > 0 ? line : document_.lineOf(path);
    if (at > 0) yaml_->goToLine(at);
    if (target.isEmpty() && at > 0) {
        showTab(0);
        yaml_->setFocus();
    }
}

void ConfigurePage::showTab(int tab) {
    texts_->setCurrentIndex(tab);
    tabs_->setCurrentIndex(tab);
    if (tab == 1) {
        QString text;
        for (const auto& line : document_.changes())
            text += line.mark + QStringLiteral(" ") + line.text + QLatin1Char('\n');
        if (changes_->toPlainText() != text)
            changes_->setPlainText(document_.isModified() ? text : tr("Nothing is changed.\n"));
    } else if (tab == 2) {
        const QString text = document_.resolvedYaml();
        if (resolved_->toPlainText() != text) resolved_->setPlainText(text);
    }
}

void ConfigurePage::applyFilter() {
    for (int i = 0; i < navigation_->count(); ++i)
        if (navigation_->item(i)->data(Qt::UserRole).toString() == filter_.section) {
            const QSignalBlocker quiet(navigation_);
            navigation_->setCurrentRow(i);
        }
    if (levels_->currentIndex() != int(filter_.level)) levels_->setCurrentIndex(int(filter_.level));
    form_->setFilter(filter_);
}

// Badges: the worst issue of a section and the number of own changes.
void ConfigurePage::refreshNavigation() {
    int you = 0, given = 0, defaults = 0;
    for (int i = 0; i < navigation_->count(); ++i) {
        QListWidgetItem* item = navigation_->item(i);
        const QString section = item->data(Qt::UserRole).toString();
        int changed = 0, worst = 9;
        for (const QString& path : FormView::paths(section, Importance::Expert)) {
            const Origin origin = document_.origin(path).origin;
            changed += origin == Origin::User;
            if (!section.isEmpty()) continue;
            (origin == Origin::User ? you : origin == Origin::Default ? defaults : given) += 1;
        }
        for (const auto& issue : document_.issues()) {
            const QString path = QString::fromStdString(issue.path);
            if (!section.isEmpty() && path != section && !path.startsWith(section + QLatin1Char('.')))
                continue;
            worst = std::min(worst, int(issue.severity));
        }
        item->setData(Qt::UserRole + 1, changed);
        item->setData(Qt::UserRole + 2, worst);
    }
    const QString base = document_.base() == Origin::Template ? tr("template") : tr("file");
    origins_->setText(tr("you, %1\n%2, %3\ndefault, %4").arg(you).arg(base).arg(given).arg(defaults));
}

void ConfigurePage::start(bool toQueue) {
    const int errors = document_.errorCount();
    if (errors > 0)
        showFirstError(tr("Not started: %n value(s) missing or wrong.", nullptr, errors));
    else if (toQueue || (!galleryShown() && runOn_->currentIndex() == 1))
        Q_EMIT queueRequested();
    else
        Q_EMIT startRequested();
}

void ConfigurePage::exportFiles() {
    const int errors = document_.errorCount();
    if (errors > 0)
        showFirstError(tr("Not exported: %n value(s) missing or wrong.", nullptr, errors));
    else if (document_.isOpen())
        Q_EMIT exportRequested();
}

void ConfigurePage::measure() {
    const int errors = document_.errorCount();
    if (errors > 0)
        showFirstError(tr("Not measured: %n value(s) missing or wrong.", nullptr, errors));
    else if (document_.isOpen())
        Q_EMIT measureRequested();
}

void ConfigurePage::showFirstError(const QString& what) {
    const Issue first = document_.issues().front();
    Q_EMIT messageRaised({Severity::Error, what, QString::fromStdString(describe(first, {})), {}});
    if (!galleryShown()) jump(QString::fromStdString(first.path), first.line);
}

}  // namespace atelier
