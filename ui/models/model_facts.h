// SPDX-License-Identifier: GPL-3.0-or-later
// What `atelier-engine inspect --json` says of a model, typed, with its words for people. Parsed on worker
// threads by ModelDesk; shown by the Models page.
#pragma once

#include <QByteArray>
#include <QString>
#include <QStringList>
#include <memory>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace atelier {

enum class ModelKind { Unknown, Pipeline, Checkpoint, Component, ControlNet, Lora, TextualInversion };

struct ModelPartFacts {
    QString name, className, kind, detail;
    qint64 tensors = 0, parameters = 0, bytes = 0;
    QStringList types;  // "F16"
    QStringList notes, problems;
};
struct TensorFacts {
    QString part, name, type, shape;  // "F16", "320 × 4 × 3 × 3"
};
struct ReaderFacts {
    QString program, how;
    bool takes = false;
};

struct ModelFacts {
    QString path, what, family, variant;
    ModelKind kind = ModelKind::Unknown;
    bool complete = false;
    QStringList problems;  // of the whole and its parts, the part named
    std::vector<ModelPartFacts> parts;
    std::vector<ReaderFacts> readers;
    std::vector<std::pair<QString, QString>> metadata;  // of all parts, "format" left out
    std::vector<TensorFacts> tensors;                   // when asked for
    QStringList notFinite;                              // tensors with NaN or infinity, when asked for
    bool valuesRead = false;
    qint64 parameters = 0, bytes = 0, tensorCount = 0;

    bool isFolder() const;  // of a pipeline or of weights
    bool pickled() const {
        return what.startsWith(QLatin1String("torch")) || what.contains(QLatin1String("pickle"));
    }
    bool hasAverages() const;   // a single file with an averaged UNet beside the plain one
    QString precision() const;  // "fp16", "fp16 + fp32"
    QString kindWords() const;  // "LoRA"
    QString title() const;      // "Stable Diffusion 1, single-file checkpoint"
    QString iconName() const;
};

// Error (Model): not what inspect prints.
Result<std::shared_ptr<const ModelFacts>> parseModelFacts(const QByteArray& json, bool valuesRead = false);

}  // namespace atelier
