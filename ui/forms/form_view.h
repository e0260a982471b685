// SPDX-License-Identifier: GPL-3.0-or-later
// The scrolling form: rows of the chosen section and level, grouped. Rows are made when first shown.
#pragma once

#include <QHash>
#include <QScrollArea>
#include <QStringList>

#include "core/config/schema.h"

class QVBoxLayout;

namespace atelier {

class ConfigDocument;
class FormRow;

struct FormFilter {
    QString section;  // "" = Essentials: what every run needs, across sections
    Importance level = Importance::Basic;
    QString search;  // looks through all sections and levels
    bool changedOnly = false;
};

class FormView : public QScrollArea {
    Q_OBJECT
  public:
    explicit FormView(ConfigDocument& document, QWidget* parent = nullptr);
    void setFilter(const FormFilter& filter);
    const FormFilter& filter() const { return filter_; }
    QStringList shownPaths() const { return shown_; }
    FormRow* row(const QString& path);  // made when it does not exist yet; nullptr for no setting
    void setCurrent(const QString& path, bool scroll);
    QString current() const { return current_; }

    // Settings of a section ("" = all) up to a level.
    static QStringList paths(const QString& section, Importance level);
    static int count(Importance level);

  Q_SIGNALS:
    void activated(const QString& path);
    void showTextRequested(const QString& path);

  private:
    void rebuild();
    void refreshRows();
    struct Group {
        QString title, about;
        QStringList paths;
    };
    std::vector<Group> groups() const;
    // A section's head or, with a path, a setting's row.
    struct Piece {
        QString title, about, path;
    };
    void addHead(const Piece& piece);
    void addPieces(qint64 budgetMs);
    ConfigDocument& document_;
    FormFilter filter_;
    QWidget* content_;
    QVBoxLayout* layout_;
    QHash<QString, FormRow*> rows_;
    std::vector<QWidget*> decoration_;
    std::vector<Piece> pieces_;  // of what is shown, in order; the first `placed_` are in the layout
    std::size_t placed_ = 0;
    QWidget* lastField_ = nullptr;
    QStringList shown_;
    QString current_, structure_;
};

}  // namespace atelier
