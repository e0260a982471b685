// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/issue_model.h"

#include <QCoreApplication>

#include "core/config/schema.h"
#include "ui/models/config_document.h"
#include "ui/session/languages.h"

namespace atelier {

IssueModel::IssueModel(ConfigDocument& document, QObject* parent)
    : QAbstractListModel(parent), document_(document) {
    connect(&document, &ConfigDocument::checked, this, &IssueModel::refresh);
    refresh();
}

void IssueModel::refresh() {
    beginResetModel();
    issues_ = document_.issues();
    endResetModel();
}

int IssueModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(issues_.size());
}

const Issue* IssueModel::issue(int row) const {
    return row >= 0 && row < int(issues_.size()) ? &issues_[std::size_t(row)] : nullptr;
}

// "Base model must be given", "Learning rate: 0.002 is 20 times …".
static QString sentence(const Issue& one) {
    const SchemaNode* schema = findSchema(one.path);
    const QString text = QString::fromStdString(one.text);
    if (!schema || one.path.empty()) return text;
    const QString label = translated(schema->info.label);
    if (one.code == "missing" || one.code == "required") return IssueModel::tr("%1 must be given").arg(label);
    return QStringLiteral("%1: %2").arg(label, text);
}

QVariant IssueModel::data(const QModelIndex& index, int role) const {
    const Issue* one = index.isValid() ? issue(index.row()) : nullptr;
    if (!one) return {};
    switch (role) {
        case Qt::DisplayRole:
            return sentence(*one);
        case Qt::ToolTipRole:
        case Qt::AccessibleTextRole:
            return QString::fromStdString(describe(*one, {}));
        case SeverityRole:
            return int(one->severity);
        case PathRole:
            return QString::fromStdString(one->path);
        case LineRole:
            return one->line;
        case HintRole: {
            const QString hint = QString::fromStdString(one->hint);
            const QString lead = QStringLiteral("Put a value in place of ?\?\?: ");
            return hint.startsWith(lead) ? hint.mid(lead.size()) : hint;
        }
        case RemedyRole:
            return remedyText(index.row());
        default:
            return {};
    }
}

QString IssueModel::remedyText(int row) const {
    const Issue* one = issue(row);
    if (!one || !one->remedy) return {};
    const QString value = QString::fromStdString(one->remedy->value);
    if (value.isEmpty()) return tr("Remove it");
    if (one->code == "unknown_key") return tr("Correct it");
    return value.size() > 24 ? tr("Correct it") : tr("Set %1").arg(value);
}

bool IssueModel::applyRemedy(int row) {
    const Issue* found = issue(row);
    if (!found || !found->remedy) return false;
    const Issue one = *found;  // the model changes under the edit
    const QString path = QString::fromStdString(one.remedy->path);
    document_.undoStack()->beginMacro(remedyText(row));
    bool good = true;
    if (one.remedy->value.empty()) {
        good = document_.removeValue(path);
    } else {
        auto value = yaml::parse(one.remedy->value);
        // A misspelt key: the right one takes its value.
        if (one.code == "unknown_key") good = document_.removeValue(QString::fromStdString(one.path));
        good = good && value && document_.setValue(path, *value);
    }
    document_.undoStack()->endMacro();
    return good;
}

}  // namespace atelier
