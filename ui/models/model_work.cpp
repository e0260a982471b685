// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/model_work.h"

#include <QCoreApplication>

#include "core/base/strings.h"

namespace atelier {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(ModelWork)
};
const QString kSafetensors = QStringLiteral(".safetensors"), kLora = QStringLiteral("lora-");

QStringList withPrecision(QStringList arguments, const QString& dtype) {
    if (!dtype.isEmpty()) arguments << QStringLiteral("--dtype") << dtype;
    return arguments;
}

QStringList withRank(QStringList arguments, int rank, double energy) {
    arguments << QStringLiteral("--rank") << QString::number(rank);
    if (energy < 1) arguments << QStringLiteral("--energy") << QString::number(energy, 'g', 6);
    return arguments;
}
}  // namespace

std::vector<ModelConversion> loraDialects() {
    return {{kLora + QStringLiteral("kohya"), Words::tr("kohya"),
             Words::tr("Names of kohya's tools, A1111 and ComfyUI."), kSafetensors},
            {kLora + QStringLiteral("diffusers"), Words::tr("diffusers"),
             Words::tr("What load_lora_weights reads."), kSafetensors},
            {kLora + QStringLiteral("peft"),
             Words::tr("PEFT"),
             Words::tr("A folder with adapter_config.json."),
             {}}};
}

QString dialectOf(const ModelConversion& conversion) {
    return conversion.id.mid(kLora.size());
}

std::vector<ModelConversion> conversionsOf(const ModelFacts& facts) {
    std::vector<ModelConversion> all;
    const auto add = [&](const char* id, const QString& label, const QString& help, const QString& suffix,
                         bool tokenizer = false) {
        all.push_back({QString::fromLatin1(id), label, help, suffix, tokenizer});
    };
    switch (facts.kind) {
        case ModelKind::Pipeline:
            add("single-file", Words::tr("One file"),
                Words::tr("A checkpoint as A1111, ComfyUI and the original repositories keep it."),
                kSafetensors);
            add("diffusers", Words::tr("Pipeline folder again"),
                Words::tr("In another precision, of one variant, out of pickles; the rest comes along."), {});
            for (ModelConversion& one : all) one.hasVariants = true;
            return all;
        case ModelKind::Checkpoint:
            add("diffusers", Words::tr("Pipeline folder"),
                Words::tr("What diffusers and Atelier load, train and sample from."), {}, true);
            add("single-file", Words::tr("One file again"),
                Words::tr("In another precision, without the averages beside the weights."), kSafetensors);
            for (ModelConversion& one : all) one.hasAverages = facts.hasAverages();
            break;
        case ModelKind::Lora:
            all = loraDialects();
            break;
        case ModelKind::TextualInversion:
            add("embedding-diffusers", Words::tr("diffusers"), Words::tr("The token stands in the file."),
                kSafetensors);
            add("embedding-a1111", Words::tr("A1111"), Words::tr("The file's name is the token."),
                kSafetensors);
            break;
        default:
            break;
    }
    if (!facts.isFolder())
        add("safetensors", facts.pickled() ? Words::tr("safetensors") : Words::tr("Same form"),
            Words::tr("The same tensors under the same names, in another precision or out of a pickle."),
            kSafetensors);
    return all;
}

QStringList convertArguments(const ModelFacts& facts, const ModelConversion& to, const QString& target,
                             const ConversionChoices& choices) {
    QStringList words = to.id.startsWith(kLora)
                            ? QStringList{QStringLiteral("lora"), QStringLiteral("convert")}
                            : QStringList{QStringLiteral("convert")};
    words << facts.path << target << QStringLiteral("--to")
          << (to.id.startsWith(kLora) ? dialectOf(to) : to.id);
    if (to.needsTokenizer) {
        if (choices.like.isEmpty())
            words << QStringLiteral("--without-tokenizer");
        else
            words << QStringLiteral("--like") << choices.like;
    }
    if (to.hasAverages && choices.averages) words << QStringLiteral("--ema");
    if (to.hasVariants && !choices.variant.isEmpty()) words << QStringLiteral("--variant") << choices.variant;
    return withPrecision(words, choices.dtype);
}

QStringList mergeArguments(const QString& base, const QString& lora, double weight, const QString& target,
                           const QString& dtype) {
    return withPrecision(
        {QStringLiteral("lora"), QStringLiteral("merge"), base, target, QStringLiteral("--lora"),
         QStringLiteral("%1:%2").arg(lora, QString::number(weight, 'g', 6))},
        dtype);
}

QStringList resizeArguments(const QString& lora, int rank, double energy, const QString& target,
                            const QString& dtype) {
    return withPrecision(
        withRank({QStringLiteral("lora"), QStringLiteral("resize"), lora, target}, rank, energy), dtype);
}

QStringList extractArguments(const QString& base, const QString& tuned, int rank, double energy,
                             const QString& dialect, const QString& target, const QString& dtype) {
    QStringList words =
        withRank({QStringLiteral("lora"), QStringLiteral("extract"), base, tuned, target}, rank, energy);
    words << QStringLiteral("--to") << dialect;
    return withPrecision(words, dtype);
}

QStringList downloadArguments(const QString& id, const QString& variant) {
    QStringList words{QStringLiteral("download"), id};
    if (!variant.isEmpty()) words << QStringLiteral("--variant") << variant;
    return words;
}

qint64 expectedBytes(const ModelFacts& facts, const QString& dtype) {
    if (dtype.isEmpty()) return facts.bytes;
    return facts.parameters * (dtype == QLatin1String("fp32") ? 4 : 2);
}

QString bytesWords(qint64 bytes) {
    return QString::fromStdString(humanBytes(std::uint64_t(std::max<qint64>(0, bytes))));
}

QString resultPath(const Json& result) {
    for (const char* key : {"path", "folder"})
        if (const auto at = result.find(key); at != result.end() && at->is_string())
            return QString::fromStdString(at->get<std::string>());
    return {};
}

QString resultWords(const Json& result) {
    const auto number = [&](const char* key) {
        const auto at = result.find(key);
        return at != result.end() ? numberFromJson(*at, 0) : 0.0;
    };
    QStringList words;
    if (result.contains("files")) words << Words::tr("%n file(s)", nullptr, int(number("files")));
    if (result.contains("modules")) words << Words::tr("%n layer(s)", nullptr, int(number("modules")));
    if (result.contains("tensors")) words << Words::tr("%n tensor(s)", nullptr, int(number("tensors")));
    if (result.contains("bytes")) words << bytesWords(qint64(number("bytes")));
    if (const auto ranks = result.find("ranks");
        ranks != result.end() && ranks->is_array() && ranks->size() == 2)
        words << Words::tr("ranks %1 to %2")
                     .arg(numberFromJson((*ranks)[0], 0))
                     .arg(numberFromJson((*ranks)[1], 0));
    if (result.contains("kept") && number("kept") < 1)
        words << Words::tr("%1 % of the squared difference kept").arg(100 * number("kept"), 0, 'g', 4);
    QString all = words.join(QStringLiteral(", "));
    if (result.contains("maximum_difference"))
        all += Words::tr("; maximum difference after reading it again: %1")
                   .arg(number("maximum_difference"), 0, 'g', 3);
    if (const auto bad = result.find("not_finite"); bad != result.end() && bad->is_array() && !bad->empty())
        all += QStringLiteral(". ") +
               Words::tr("%n tensor(s) hold NaN or infinity: pictures made with it will be black", nullptr,
                         int(bad->size()));
    // The engine's own sentences: what was left out, who cannot read it.
    if (const auto remarks = result.find("remarks"); remarks != result.end() && remarks->is_array())
        for (const auto& remark : *remarks)
            if (remark.is_string()) all += QStringLiteral(". ") + QString::fromStdString(remark);
    return all;
}

QString jobPhaseWords(const QString& phase) {
    if (phase == QLatin1String("write")) return Words::tr("Writing");
    if (phase == QLatin1String("read again")) return Words::tr("Reading it again");
    if (phase == QLatin1String("download")) return Words::tr("Downloading");
    return phase.isEmpty() ? Words::tr("Beginning") : phase.left(1).toUpper() + phase.mid(1);
}

}  // namespace atelier
