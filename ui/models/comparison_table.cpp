// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/comparison_table.h"

namespace atelier {

ComparisonTable::ComparisonTable(RunComparison& comparison, QObject* parent)
    : QAbstractTableModel(parent), comparison_(comparison) {
    connect(&comparison_, &RunComparison::runsChanged, this, &ComparisonTable::refresh);
    connect(&comparison_, &RunComparison::changed, this, &ComparisonTable::refresh);
    refresh();
}

void ComparisonTable::setAll(bool all) {
    if (all == all_) return;
    all_ = all;
    refresh();
}

void ComparisonTable::refresh() {
    std::vector<Line> lines;
    int differing = 0, settings = 0;
    std::vector<Line> shown;
    for (auto& row : comparison_.settings()) {
        ++settings;
        const bool differs = row.differs();
        differing += differs ? 1 : 0;
        if (differs || all_) shown.push_back({std::move(row), false});
    }
    differing_ = differing;
    settings_ = settings;
    if (settings > 0) {
        lines.push_back({{all_ ? tr("All settings") : tr("Settings that differ"), {}}, true});
        lines.insert(lines.end(), shown.begin(), shown.end());
    }
    if (!comparison_.runs().empty()) {
        lines.push_back({{tr("Results"), {}}, true});
        for (auto& row : comparison_.results()) lines.push_back({std::move(row), false});
    }
    const int columns = 1 + int(comparison_.runs().size());
    if (columns == columns_ && lines.size() == lines_.size()) {
        if (lines == lines_) return;
        lines_ = std::move(lines);
        Q_EMIT dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
        return;
    }
    beginResetModel();
    lines_ = std::move(lines);
    columns_ = columns;
    endResetModel();
}

int ComparisonTable::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(lines_.size());
}
int ComparisonTable::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : columns_;
}

QVariant ComparisonTable::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid)) return {};
    const Line& line = lines_[std::size_t(index.row())];
    const QString text = index.column() == 0 ? line.row.name : line.row.values.value(index.column() - 1);
    switch (role) {
        case Qt::DisplayRole:
            return text;
        case Qt::ToolTipRole:
            return line.heading ? QString() : text;
        case Qt::TextAlignmentRole:
            return QVariant::fromValue(Qt::AlignVCenter |
                                       (index.column() == 0 ? Qt::AlignLeft : Qt::AlignRight));
        case HeadingRole:
            return line.heading;
        case DiffersRole:
            return !line.heading && line.row.differs();
        default:
            return {};
    }
}

QVariant ComparisonTable::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal || section < 0) return {};
    const auto& runs = comparison_.runs();
    const bool run = section > 0 && std::size_t(section) <= runs.size();
    if (role == Qt::DisplayRole || role == Qt::ToolTipRole)
        return run ? runs[std::size_t(section - 1)].name : QString();
    if (role == ColourRole && run) return runs[std::size_t(section - 1)].colour;
    return {};
}

QString ComparisonTable::markdown() const {
    const auto escaped = [](QString text) { return text.replace(QLatin1Char('|'), QStringLiteral("\\|")); };
    QString text = QStringLiteral("| |");
    QString rule = QStringLiteral("|---|");
    for (int c = 1; c < columns_; ++c) {
        text += QStringLiteral(" %1 |").arg(escaped(headerData(c, Qt::Horizontal).toString()));
        rule += QStringLiteral("---:|");
    }
    text += QLatin1Char('\n') + rule + QLatin1Char('\n');
    for (const Line& line : lines_) {
        text += line.heading ? QStringLiteral("| **%1** |").arg(escaped(line.row.name))
                             : QStringLiteral("| %1 |").arg(escaped(line.row.name));
        for (int c = 1; c < columns_; ++c)
            text += QStringLiteral(" %1 |").arg(escaped(line.row.values.value(c - 1)));
        text += QLatin1Char('\n');
    }
    return text;
}

}  // namespace atelier
