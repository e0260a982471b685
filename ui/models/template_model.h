// SPDX-License-Identifier: GPL-3.0-or-later
// Starting configurations: YAML files whose first comment lines are title, what it makes and what it needs.
// Shown by the template gallery.
#pragma once

#include <QAbstractListModel>
#include <QStringList>

namespace atelier {

struct ConfigTemplate {
    QString title, about, needs, file, text, method;
    bool own = false;      // the user's or the project's
    QStringList required;  // paths that are ??? in it
};

class TemplateModel : public QAbstractListModel {
    Q_OBJECT
  public:
    enum Role { AboutRole = Qt::UserRole, NeedsRole, FileRole, MethodRole, OwnRole };
    // `shipped` is the installation's folder, `own` the project's; either may be absent.
    TemplateModel(const QString& shipped, const QString& own, QObject* parent = nullptr);
    int rowCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    const ConfigTemplate& at(int row) const { return templates_[std::size_t(row)]; }
    int find(const QString& stem) const;  // "fine-tune"; -1 when there is none
    void reload();

  private:
    QString shipped_, own_;
    std::vector<ConfigTemplate> templates_;
};

// "a photo of sks dog" → "a photo of a dog": what the subject is one of. Empty when the text does not say.
QString classOfSubject(const QString& subject);

// From the text of a template file.
ConfigTemplate readTemplate(const QString& file, const QString& text);

}  // namespace atelier
