// SPDX-License-Identifier: GPL-3.0-or-later
// What can be done with a model: which forms it converts to, and the engine's words for each job. Pure
// functions; the sheets of the Models page ask them.
#pragma once

#include <QString>
#include <QStringList>
#include <vector>

#include "core/base/json.h"
#include "ui/models/model_facts.h"

namespace atelier {

struct ModelConversion {
    QString id;  // --to of the engine; "lora-…" for dialects of LoRA files
    QString label, help;
    QString suffix;               // of the result's name: ".safetensors"; "" = a folder
    bool needsTokenizer = false;  // a single file holds none: --like a folder, or without
    bool hasAverages = false;     // --ema chooses the averaged UNet
    bool hasVariants = false;     // --variant chooses among a folder's files
};
struct ConversionChoices {
    QString dtype;    // "fp16", "bf16", "fp32", "" = as it is
    QString like;     // folder that gives the tokenizer, "" = none
    QString variant;  // "" = the plain files
    bool averages = false;
};
std::vector<ModelConversion> conversionsOf(const ModelFacts& facts);
// The forms of a LoRA file, and the engine's word for one of them.
std::vector<ModelConversion> loraDialects();
QString dialectOf(const ModelConversion& conversion);

// Choices that a conversion does not have are left out.
QStringList convertArguments(const ModelFacts& facts, const ModelConversion& to, const QString& target,
                             const ConversionChoices& choices);
QStringList mergeArguments(const QString& base, const QString& lora, double weight, const QString& target,
                           const QString& dtype);
// `energy`: the share of the squared sum at which a rank may end early; 1 = never.
QStringList resizeArguments(const QString& lora, int rank, double energy, const QString& target,
                            const QString& dtype);
// `dialect`: "kohya", "diffusers" or "peft".
QStringList extractArguments(const QString& base, const QString& tuned, int rank, double energy,
                             const QString& dialect, const QString& target, const QString& dtype);
QStringList downloadArguments(const QString& id, const QString& variant);

// Weights of the result, from the counts; the tokenizers' few bytes aside.
qint64 expectedBytes(const ModelFacts& facts, const QString& dtype);
QString bytesWords(qint64 bytes);

// What a finished job says, from its JSON: "688 tensors, 21.3 MB; maximum difference after reading it again:
// 0".
QString resultWords(const Json& result);
QString resultPath(const Json& result);
// "write" → "Writing".
QString jobPhaseWords(const QString& phase);

}  // namespace atelier
