// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/template_model.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

#include <algorithm>

#include "core/config/load.h"
#include "ui/session/languages.h"

namespace atelier {
namespace {

// Ours in the order of how many people want them, after the one that needs nothing; then those of the user.
int rank(const ConfigTemplate& t) {
    static const QStringList kOrder{QStringLiteral("tiny"),           QStringLiteral("lora"),
                                    QStringLiteral("dreambooth"),     QStringLiteral("controlnet"),
                                    QStringLiteral("fine-tune"),      QStringLiteral("textual-inversion"),
                                    QStringLiteral("pivotal-tuning"), QStringLiteral("inpainting"),
                                    QStringLiteral("from-scratch"),   QStringLiteral("autoencoder"),
                                    QStringLiteral("autoencoder-vq"), QStringLiteral("classes"),
                                    QStringLiteral("without-text")};
    if (t.own) return int(kOrder.size()) + 1;
    const auto place = kOrder.indexOf(QFileInfo(t.file).completeBaseName());
    return place < 0 ? int(kOrder.size()) : int(place);
}

}  // namespace

ConfigTemplate readTemplate(const QString& file, const QString& text) {
    ConfigTemplate out;
    out.file = file;
    out.text = text;
    out.title = QFileInfo(file).completeBaseName();
    int number = 0;
    for (const QString& line : text.split(QLatin1Char('\n'))) {
        if (!line.startsWith(QLatin1String("# "))) break;
        const QString words = line.mid(2).trimmed();
        if (number++ == 0)
            out.title = translated(words.toStdString());
        else if (words.startsWith(QLatin1String("Needs: ")))
            out.needs = translated(words.mid(7).toStdString());
        else
            out.about += (out.about.isEmpty() ? QString() : QStringLiteral(" ")) + words;
    }
    out.about = translated(out.about.toStdString());
    const CheckedConfig checked = checkTrainConfig(text.toStdString(), file.toStdString());
    for (const auto& issue : checked.issues)
        if (issue.code == "missing") out.required << QString::fromStdString(issue.path);
    out.method = QString::fromStdString(std::string(enumName(checked.loaded.config.method.type)));
    return out;
}

QString classOfSubject(const QString& subject) {
    static const QStringList articles{QStringLiteral("a"), QStringLiteral("an"), QStringLiteral("the"),
                                      QStringLiteral("my")};
    QStringList words = subject.simplified().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    // The rare word is the first one of the phrase that names the subject.
    qsizetype at = words.lastIndexOf(QStringLiteral("of")) + 1;
    if (at < words.size() && articles.contains(words[at].toLower())) words.removeAt(at);
    if (at + 1 >= words.size()) return {};
    words.removeAt(at);
    const bool vowel = QStringLiteral("aeiou").contains(words[at][0].toLower());
    words.insert(at, vowel ? QStringLiteral("an") : QStringLiteral("a"));
    return words.join(QLatin1Char(' '));
}

TemplateModel::TemplateModel(const QString& shipped, const QString& own, QObject* parent)
    : QAbstractListModel(parent), shipped_(shipped), own_(own) {
    reload();
}

void TemplateModel::reload() {
    beginResetModel();
    templates_.clear();
    for (const QString& folder : {shipped_, own_}) {
        if (folder.isEmpty()) continue;
        for (const QString& name :
             QDir(folder).entryList({QStringLiteral("*.yaml")}, QDir::Files, QDir::Name)) {
            if (folder == shipped_ && name == QLatin1String("demo.yaml"))
                continue;  // scripts/demo fills it in
            QFile file(folder + QLatin1Char('/') + name);
            if (!file.open(QIODevice::ReadOnly) || file.size() > (1 << 20)) continue;
            templates_.push_back(readTemplate(file.fileName(), QString::fromUtf8(file.readAll())));
            templates_.back().own = folder == own_;
        }
    }
    std::ranges::stable_sort(templates_, {}, rank);
    endResetModel();
}

int TemplateModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : int(templates_.size());
}

QVariant TemplateModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid()) return {};
    const ConfigTemplate& one = templates_[std::size_t(index.row())];
    switch (role) {
        case Qt::DisplayRole:
            return one.title;
        case AboutRole:
            return one.about;
        case NeedsRole:
            return one.needs;
        case FileRole:
            return one.file;
        case MethodRole:
            return one.method;
        case OwnRole:
            return one.own;
        default:
            return {};
    }
}

int TemplateModel::find(const QString& stem) const {
    for (std::size_t i = 0; i < templates_.size(); ++i)
        if (QFileInfo(templates_[i].file).completeBaseName() == stem) return int(i);
    return -1;
}

}  // namespace atelier
