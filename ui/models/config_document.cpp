// SPDX-License-Identifier: GPL-3.0-or-later
// Every change of the text is one undo command; checking follows at once (a few milliseconds).
#include "ui/models/config_document.h"

#include <QElapsedTimer>
#include <QUndoCommand>
#include <algorithm>
#include <set>

#include "core/base/strings.h"
#include "core/config/schema.h"
#include "core/run/run_folder.h"
#include "ui/session/languages.h"

namespace atelier {

namespace {
std::string plain(const QString& text) {
    return text.toStdString();
}
KeyPath keys(const QString& path) {
    return splitKeyPath(plain(path));
}
QString labelOf(const QString& path) {
    const SchemaNode* schema = findSchema(plain(path));
    return schema ? translated(schema->info.label) : path;
}
constexpr qint64 kMergeWithin = 1500;  // ms between strokes that become one undo step
}  // namespace

class ConfigTextCommand : public QUndoCommand {
  public:
    ConfigTextCommand(ConfigDocument& document, QString after, const QString& what, QString key)
        : QUndoCommand(what),
          document_(document),
          before_(document.text_),
          after_(std::move(after)),
          key_(std::move(key)) {
        clock_.start();
    }
    int id() const override { return 1; }
    bool mergeWith(const QUndoCommand* other) override {
        const auto* next = static_cast<const ConfigTextCommand*>(other);
        if (next->key_ != key_ || clock_.elapsed() > kMergeWithin) return false;
        after_ = next->after_;
        clock_.restart();
        setObsolete(after_ == before_);
        return true;
    }
    void undo() override { document_.apply(before_, false); }
    void redo() override { document_.apply(after_, document_.byHand_); }

  private:
    ConfigDocument& document_;
    QString before_, after_, key_;
    QElapsedTimer clock_;
};

ConfigDocument::ConfigDocument(QObject* parent) : QObject(parent) {}

void ConfigDocument::begin(const QString& text, Origin base, const QString& name, const QString& file) {
    undo_.clear();
    base_ = base;
    name_ = name;
    file_ = file;
    begunText_ = text;
    begunTree_ = yaml::Node::map();
    std::vector<yaml::Problem> problems;
    yaml::Node tree = yaml::parse(plain(text), problems);
    if (problems.empty() && tree.isMap()) begunTree_ = std::move(tree);
    tree_ = begunTree_;
    open_ = true;
    apply(text, false);
    Q_EMIT opened();
}

bool ConfigDocument::openRun(const QString& configFile) {
    if (!openFile(configFile)) return false;
    const fs::path folder = fs::path(plain(configFile)).parent_path();
    begin(QString(text_), Origin::File, QString::fromStdString(folder.filename().string()), {});
    return setValue(QStringLiteral("experiment.name"),
                    yaml::Node::ofString(run::freeRunName(folder.parent_path(), folder.filename().string())));
}

bool ConfigDocument::openFile(const QString& path) {
    why_.clear();
    const auto text = readFile(plain(path), 4 << 20);
    if (!text || !isValidUtf8(*text)) {
        why_ = text ? tr("%1 is not UTF-8 text.").arg(path) : QString::fromStdString(text.error().message());
        return false;
    }
    begin(QString::fromStdString(*text), Origin::File, path.section(QLatin1Char('/'), -1), path);
    return true;
}

bool ConfigDocument::saveFile(const QString& path) {
    why_.clear();
    if (const auto written = writeFileAtomic(plain(path), plain(text_)); !written) {
        why_ = QString::fromStdString(written.error().message());
        return false;
    }
    file_ = path;
    name_ = path.section(QLatin1Char('/'), -1);
    base_ = Origin::File;
    begunText_ = text_;
    if (readable_) begunTree_ = tree_;
    undo_.setClean();
    Q_EMIT checked();
    return true;
}

void ConfigDocument::apply(const QString& text, bool byHand) {
    text_ = text;
    const std::string bytes = plain(text);
    std::vector<yaml::Problem> problems;
    yaml::Node tree = yaml::parse(bytes, problems);
    readable_ = problems.empty() && (tree.isMap() || tree.isNull());
    if (readable_) tree_ = tree.isMap() ? std::move(tree) : yaml::Node::map();
    const std::string where = plain(file_.isEmpty() ? QStringLiteral("configuration.yaml") : file_);
    CheckedConfig now = checkTrainConfig(bytes, where);
    if (readable_) {
        checked_ = std::move(now);
    } else {
        checked_.issues = std::move(now.issues);  // values stay those of the last good state
    }
    Q_EMIT textChanged(byHand);
    Q_EMIT checked();
}

bool ConfigDocument::push(const QString& text, const QString& what, const QString& mergeKey) {
    if (text == text_) return true;
    undo_.push(new ConfigTextCommand(*this, text, what, mergeKey));
    return true;
}

void ConfigDocument::setText(const QString& text) {
    byHand_ = true;
    push(text, tr("Typing"), QString());
    byHand_ = false;
}

bool ConfigDocument::edit(const QString& path, const yaml::Node* value) {
    why_.clear();
    const auto edited =
        value ? setInText(plain(text_), keys(path), *value) : removeFromText(plain(text_), keys(path));
    const QString label = labelOf(path);
    return take(edited, value ? tr("Change %1").arg(label) : tr("Reset %1").arg(label), path);
}

bool ConfigDocument::take(const Result<std::string>& edited, const QString& what, const QString& mergeKey) {
    why_.clear();
    if (edited) return push(QString::fromStdString(*edited), what, mergeKey);
    why_ = QString::fromStdString(edited.error().message());
    return false;
}

// Steps with items are never merged: each is one key press or click.
bool ConfigDocument::insertItem(const QString& path, int index, const yaml::Node& item) {
    return take(insertInList(plain(text_), keys(path), std::size_t(index), item),
                tr("Add to %1").arg(labelOf(path)), QStringLiteral("#%1").arg(undo_.index()));
}
bool ConfigDocument::removeItem(const QString& path, int index) {
    return take(removeFromList(plain(text_), keys(path), std::size_t(index)),
                tr("Remove from %1").arg(labelOf(path)), QStringLiteral("#%1").arg(undo_.index()));
}
bool ConfigDocument::moveItem(const QString& path, int from, int to) {
    return take(moveInList(plain(text_), keys(path), std::size_t(from), std::size_t(to)),
                tr("Order of %1").arg(labelOf(path)), QStringLiteral("#%1").arg(undo_.index()));
}

bool ConfigDocument::setValue(const QString& path, const yaml::Node& value) {
    return edit(path, &value);
}
bool ConfigDocument::removeValue(const QString& path) {
    return edit(path, nullptr);
}

bool ConfigDocument::resetOneStep(const QString& path) {
    const yaml::Node* begun = selectPath(begunTree_, keys(path));
    const ValueOrigin now = origin(path);
    if (now.origin == Origin::User && begun) return setValue(path, *begun);
    if (now.origin == Origin::Default && begun) return setValue(path, *begun);
    return removeValue(path);
}

const Issue* ConfigDocument::issueAt(const QString& path) const {
    const std::string wanted = plain(path);
    const Issue* worst = nullptr;
    for (const auto& issue : checked_.issues)
        if (issue.path == wanted && (!worst || issue.severity < worst->severity)) worst = &issue;
    return worst;
}

int ConfigDocument::errorCount() const {
    return int(std::ranges::count_if(checked_.issues,
                                     [](const Issue& i) { return i.severity == IssueSeverity::Error; }));
}
int ConfigDocument::warningCount() const {
    return int(std::ranges::count_if(checked_.issues,
                                     [](const Issue& i) { return i.severity == IssueSeverity::Warning; }));
}

Json ConfigDocument::value(const QString& path) const {
    const Json* found = jsonAt(checked_.loaded.resolved, plain(path));
    return found ? *found : Json();
}

Json ConfigDocument::given(const QString& path) const {
    const yaml::Node* node = selectPath(tree_, keys(path));
    return node ? yaml::toJson(*node) : Json();
}

QString ConfigDocument::written(const QString& path) const {
    const yaml::Node* node = selectPath(tree_, keys(path));
    if (!node || node->isNull()) return {};
    return QString::fromStdString(node->isScalar() ? scalarText(*node) : yaml::dumpInline(*node));
}

bool ConfigDocument::isReference(const QString& path) const {
    const yaml::Node* node = selectPath(tree_, keys(path));
    return node && node->isString() && node->text.find("${") != std::string::npos;
}

bool ConfigDocument::applies(const QString& path) const {
    const SchemaNode* schema = findSchema(plain(path));
    return !schema || schema->info.when.empty() ||
           conditionHolds(schema->info.when, checked_.loaded.resolved);
}

ValueOrigin ConfigDocument::origin(const QString& path) const {
    return originOf(keys(path), tree_, begunTree_, base_);
}

QStringList ConfigDocument::chain(const QString& path) const {
    QStringList out;
    const auto text = [](const yaml::Node& node) { return QString::fromStdString(yaml::dumpInline(node)); };
    if (const SchemaNode* schema = findSchema(plain(path)); schema && !schema->info.required)
        out << tr("default %1").arg(text(yaml::fromJson(schema->fallback)));
    const yaml::Node* begun = selectPath(begunTree_, keys(path));
    if (begun) out << (base_ == Origin::Template ? tr("template %1") : tr("file %1")).arg(text(*begun));
    if (origin(path).origin == Origin::User)
        if (const yaml::Node* now = selectPath(tree_, keys(path))) out << tr("you %1").arg(text(*now));
    return out;
}

int ConfigDocument::lineOf(const QString& path) const {
    const yaml::Node* node = &tree_;
    int line = 0;
    for (const auto& key : keys(path)) {
        if (node->isList()) {
            const std::vector<std::string> part{key};
            node = selectPath(*node, part);
            if (!node) return 0;
            line = node->begin.line;
            continue;
        }
        const yaml::Entry* entry = node->isMap() ? node->findEntry(key) : nullptr;
        if (!entry) return 0;
        line = entry->key.begin.line;
        node = &entry->value;
    }
    return line;
}

QString ConfigDocument::pathAtLine(int line) const {
    QString best;
    int bestLine = 0;
    const auto visit = [&](auto&& self, const yaml::Node& node, const QString& path) -> void {
        for (const auto& entry : node.entries) {
            const QString key = QString::fromStdString(scalarText(entry.key));
            const QString here = path.isEmpty() ? key : path + QLatin1Char('.') + key;
            if (entry.key.begin.line > line || entry.key.begin.line < bestLine) continue;
            if (entry.key.begin.line > bestLine || here.size() > best.size()) {
                best = here;
                bestLine = entry.key.begin.line;
            }
            if (entry.value.isMap() && findSchema(plain(here)) &&
                findSchema(plain(here))->type == ValueType::Section)
                self(self, entry.value, here);
        }
    };
    visit(visit, tree_, {});
    return best;
}

int ConfigDocument::changedCount() const {
    int count = 0;
    const auto visit = [&](auto&& self, const SchemaNode& node) -> void {
        for (const auto& child : node.children) {
            if (child.type == ValueType::Section)
                self(self, child);
            else
                count += origin(QString::fromStdString(child.path)).origin == Origin::User;
        }
    };
    visit(visit, trainSchema());
    return count;
}

QString ConfigDocument::resolvedYaml() const {
    return QString::fromStdString(frozenYaml(checked_.loaded));
}

LoadedConfig ConfigDocument::forRun(const QString& name) const {
    LoadedConfig out = checked_.loaded;
    out.config.experiment.name = plain(name);
    out.resolved["experiment"]["name"] = plain(name);
    return out;
}

// Longest common subsequence of lines; a configuration has a few hundred.
std::vector<ConfigDocument::DiffLine> ConfigDocument::changes() const {
    const QStringList a = begunText_.split(QLatin1Char('\n')), b = text_.split(QLatin1Char('\n'));
    const qsizetype n = a.size(), m = b.size();
    std::vector<DiffLine> out;
    if (n * m > 16'000'000) return out;
    std::vector<std::vector<int>> common(std::size_t(n + 1), std::vector<int>(std::size_t(m + 1), 0));
    for (qsizetype i = n - 1; i >= 0; --i)
        for (qsizetype j = m - 1; j >= 0; --j)
            common[std::size_t(i)][std::size_t(j)] =
                a[i] == b[j] ? common[std::size_t(i + 1)][std::size_t(j + 1)] + 1
                             : std::max(common[std::size_t(i + 1)][std::size_t(j)],
                                        common[std::size_t(i)][std::size_t(j + 1)]);
    qsizetype i = 0, j = 0;
    while (i < n || j < m) {
        if (i < n && j < m && a[i] == b[j]) {
            out.push_back({QLatin1Char(' '), a[i]});
            ++i, ++j;
        } else if (i < n && (j == m || common[std::size_t(i + 1)][std::size_t(j)] >=
                                           common[std::size_t(i)][std::size_t(j + 1)])) {
            out.push_back({QLatin1Char('-'), a[i++]});
        } else {
            out.push_back({QLatin1Char('+'), b[j++]});
        }
    }
    return out;
}

}  // namespace atelier
