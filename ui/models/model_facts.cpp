// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/model_facts.h"

#include <QCoreApplication>
#include <algorithm>

#include "core/base/json.h"

namespace atelier {

namespace {
struct Words {
    Q_DECLARE_TR_FUNCTIONS(ModelFacts)
};

QString text(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? QString::fromStdString(at->get<std::string>()) : QString();
}
qint64 number(const Json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_number() ? at->get<qint64>() : 0;
}
QStringList texts(const Json& object, const char* key) {
    QStringList all;
    if (const auto at = object.find(key); at != object.end() && at->is_array())
        for (const Json& one : *at)
            if (one.is_string()) all << QString::fromStdString(one.get<std::string>());
    return all;
}
const Json& list(const Json& object, const char* key) {
    static const Json kNone = Json::array();
    const auto at = object.find(key);
    return at != object.end() && at->is_array() ? *at : kNone;
}

ModelKind kindOf(const QString& what, const std::vector<ModelPartFacts>& parts) {
    if (what.startsWith(QLatin1String("pipeline folder"))) return ModelKind::Pipeline;
    const QString kind = parts.size() == 1 ? parts.front().kind : QString();
    if (kind == QLatin1String("checkpoint")) return ModelKind::Checkpoint;
    if (kind == QLatin1String("lora")) return ModelKind::Lora;
    if (kind == QLatin1String("textual_inversion")) return ModelKind::TextualInversion;
    if (kind == QLatin1String("controlnet")) return ModelKind::ControlNet;
    return kind.isEmpty() || kind == QLatin1String("unknown") ? ModelKind::Unknown : ModelKind::Component;
}

QString typeWords(const QString& type) {
    if (type == QLatin1String("F16")) return QStringLiteral("fp16");
    if (type == QLatin1String("BF16")) return QStringLiteral("bf16");
    if (type == QLatin1String("F32")) return QStringLiteral("fp32");
    return type == QLatin1String("F64") ? QStringLiteral("fp64") : type.toLower();
}

TensorFacts tensorOf(const QString& part, const Json& json) {
    QStringList sides;
    for (const Json& side : list(json, "shape"))
        if (side.is_number()) sides << QString::number(side.get<qint64>());
    return {part, text(json, "name"), text(json, "dtype"),
            sides.isEmpty() ? Words::tr("one number") : sides.join(QStringLiteral(" × "))};
}

void addPart(ModelFacts& facts, const Json& json) {
    ModelPartFacts part;
    part.name = text(json, "name");
    part.className = text(json, "class");
    part.kind = text(json, "kind");
    part.detail = text(json, "detail");
    part.tensors = number(json, "tensors");
    part.parameters = number(json, "parameters");
    part.bytes = number(json, "bytes");
    part.notes = texts(json, "notes");
    part.problems = texts(json, "problems");
    facts.notFinite << texts(json, "not_finite");
    if (const auto types = json.find("dtypes"); types != json.end() && types->is_object())
        for (const auto& [type, count] : types->items()) part.types << QString::fromStdString(type);
    if (const auto meta = json.find("metadata"); meta != json.end() && meta->is_object())
        for (const auto& [key, value] : meta->items())
            if (key != "format" && value.is_string())
                facts.metadata.emplace_back(QString::fromStdString(key),
                                            QString::fromStdString(value.get<std::string>()));
    for (const Json& tensor : list(json, "tensor_list")) facts.tensors.push_back(tensorOf(part.name, tensor));
    for (const QString& problem : part.problems)
        facts.problems << QStringLiteral("%1: %2").arg(part.name, problem);
    facts.parameters += part.parameters;
    facts.bytes += part.bytes;
    facts.tensorCount += part.tensors;
    facts.parts.push_back(std::move(part));
}
}  // namespace

bool ModelFacts::isFolder() const {
    return what.contains(QLatin1String("folder"));
}

bool ModelFacts::hasAverages() const {
    return kind == ModelKind::Checkpoint && std::any_of(parts.begin(), parts.end(), [](const auto& part) {
               return part.detail.contains(QLatin1String("averaged UNet"));
           });
}

QString ModelFacts::precision() const {
    static const QStringList kWhole{QStringLiteral("I64"), QStringLiteral("I32"), QStringLiteral("U8"),
                                    QStringLiteral("I16"), QStringLiteral("I8"),  QStringLiteral("BOOL")};
    QStringList all;
    for (const ModelPartFacts& part : parts)
        for (const QString& type : part.types)
            if (const QString word = typeWords(type); !kWhole.contains(type) && !all.contains(word))
                all << word;
    return all.join(QStringLiteral(" + "));
}

QString ModelFacts::kindWords() const {
    switch (kind) {
        case ModelKind::Pipeline:
            return Words::tr("Pipeline folder");
        case ModelKind::Checkpoint:
            return Words::tr("Single-file checkpoint");
        case ModelKind::Lora:
            return Words::tr("LoRA");
        case ModelKind::TextualInversion:
            return Words::tr("Textual inversion");
        case ModelKind::ControlNet:
            return Words::tr("ControlNet");
        case ModelKind::Component:
            return Words::tr("Part of a model");
        case ModelKind::Unknown:
            break;
    }
    return Words::tr("Weights of an unknown kind");
}

QString ModelFacts::title() const {
    QStringList words{kindWords()};
    for (const QString& word : {family, variant})
        if (!word.isEmpty()) words << word;
    return words.join(QStringLiteral(" · "));
}

QString ModelFacts::iconName() const {
    switch (kind) {
        case ModelKind::Pipeline:
            return QStringLiteral("models");
        case ModelKind::Checkpoint:
            return QStringLiteral("package");
        case ModelKind::Lora:
            return QStringLiteral("brush");
        case ModelKind::TextualInversion:
            return QStringLiteral("text");
        case ModelKind::ControlNet:
            return QStringLiteral("nodes");
        default:
            return QStringLiteral("layers");
    }
}

Result<std::shared_ptr<const ModelFacts>> parseModelFacts(const QByteArray& bytes, bool valuesRead) {
    ATELIER_TRY(const Json json, parseJson(bytes.toStdString(), "atelier-engine inspect"));
    if (!json.is_object() || !json.contains("parts"))
        return fail(ErrorCode::Model, "the engine's answer is not a report on a model", {},
                    "Look whether the engine is of the studio's version.");
    auto facts = std::make_shared<ModelFacts>();
    facts->path = text(json, "path");
    facts->what = text(json, "what");
    facts->family = text(json, "family");
    facts->variant = text(json, "variant");
    facts->problems = texts(json, "problems");
    for (const Json& part : list(json, "parts")) addPart(*facts, part);
    for (const Json& reader : list(json, "readers"))
        facts->readers.push_back({text(reader, "program"), text(reader, "how"),
                                  reader.contains("takes") && reader["takes"] == true});
    facts->kind = kindOf(facts->what, facts->parts);
    facts->valuesRead = valuesRead;
    facts->complete = facts->problems.isEmpty();
    return std::shared_ptr<const ModelFacts>(std::move(facts));
}

}  // namespace atelier
