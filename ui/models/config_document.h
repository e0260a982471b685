// SPDX-License-Identifier: GPL-3.0-or-later
// The configuration being edited: one text, edited by the form (single values) and by hand, with undo;
// checked after every change. The Configure page and its parts show it.
#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <QUndoStack>

#include "core/config/document.h"
#include "core/config/load.h"

namespace atelier {

class ConfigDocument : public QObject {
    Q_OBJECT
  public:
    explicit ConfigDocument(QObject* parent = nullptr);

    // Starts over with a text; `base` tells whether it is a template or a file. Clears undo.
    void begin(const QString& text, Origin base, const QString& name, const QString& file = {});
    bool isOpen() const { return open_; }
    QString name() const { return name_; }  // "emoji-lora.yaml" or the template's title
    QString file() const { return file_; }  // "" until saved
    Origin base() const { return base_; }
    bool openFile(const QString& path);  // false: why() says what is wrong
    // The frozen configuration of a run as the beginning of another one, under a free name: saved elsewhere.
    bool openRun(const QString& configFile);
    bool saveFile(const QString& path);  // atomic; false: why()
    bool isModified() const { return text_ != begunText_; }

    const QString& text() const { return text_; }
    QUndoStack* undoStack() { return &undo_; }
    // The text as typed; typing merges into one undo step per pause.
    void setText(const QString& text);
    // One value from the form; false when the text cannot take it (why() says why).
    bool setValue(const QString& path, const yaml::Node& value);
    bool removeValue(const QString& path);
    // Items of a list of sections; a new one is a section with these values.
    bool insertItem(const QString& path, int index, const yaml::Node& item);
    bool removeItem(const QString& path, int index);
    bool moveItem(const QString& path, int from, int to);
    // One step back: to what the template or file says, from there to the default.
    bool resetOneStep(const QString& path);
    bool resetToDefault(const QString& path) { return removeValue(path); }
    QString why() const { return why_; }

    // Whether the text is YAML; while it is not, values are those of the last good state.
    bool readable() const { return readable_; }
    const std::vector<Issue>& issues() const { return checked_.issues; }
    const Issue* issueAt(const QString& path) const;  // the worst one of this key
    int errorCount() const;
    int warningCount() const;

    const TrainConfig& config() const { return checked_.loaded.config; }
    Json value(const QString& path) const;        // complete: defaults filled in, references resolved
    Json given(const QString& path) const;        // what the text says, as it is written; null when absent
    QString written(const QString& path) const;   // as in the text ("${…}", "1e-4"); "" when absent
    bool isReference(const QString& path) const;  // the text holds ${…} there
    bool applies(const QString& path) const;      // its condition holds
    ValueOrigin origin(const QString& path) const;
    QStringList chain(const QString& path) const;  // "default 1.0e-04", "template 1.0e-05", "you 0.002"
    int lineOf(const QString& path) const;         // 1-based; 0 = not in the text
    QString pathAtLine(int line) const;            // the innermost key whose value stands there
    int changedCount() const;                      // values that differ from what the document began with

    QString resolvedYaml() const;                    // what a run would freeze
    LoadedConfig forRun(const QString& name) const;  // the same under another run name
    struct DiffLine {
        QChar mark;
        QString text;
    };                                      // ' ', '-' or '+'
    std::vector<DiffLine> changes() const;  // against the text it began with

  Q_SIGNALS:
    void textChanged(bool byHand);  // byHand: the editor that typed it need not take it over
    void checked();                 // values, issues and origins may be different
    void opened();

  private:
    friend class ConfigTextCommand;
    void apply(const QString& text, bool byHand);
    bool push(const QString& text, const QString& what, const QString& mergeKey);
    bool edit(const QString& path, const yaml::Node* value);
    bool take(const Result<std::string>& edited, const QString& what, const QString& mergeKey);

    QString text_, begunText_, name_, file_, why_;
    Origin base_ = Origin::Template;
    yaml::Node tree_ = yaml::Node::map();
    yaml::Node begunTree_ = yaml::Node::map();
    CheckedConfig checked_;
    QUndoStack undo_;
    bool open_ = false;
    bool readable_ = true;
    bool byHand_ = false;
};

}  // namespace atelier
