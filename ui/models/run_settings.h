// SPDX-License-Identifier: GPL-3.0-or-later
// A run's frozen config.yaml in brief, for the list, its inspector and the search. Plain function: worker
// threads.
#pragma once

#include <QString>
#include <QStringList>
#include <utility>
#include <vector>

#include "core/run/queue.h"

namespace atelier {

struct RunSettings {
    QString method;                                  // "From scratch · UNet 128 px"
    std::vector<std::pair<QString, QString>> brief;  // label, value: "Batch", "64"
    std::vector<std::pair<QString, QString>> all;    // "optimizer.params.learning_rate", "0.0001"
    run::QueueDevice device = run::QueueDevice::Cpu;
    qint64 totalImages = 0;
    qint64 imagesPerStep = 0;  // on one device
    qint64 sampleEvery = 0;    // updates; 0: none are asked for
    struct Sampling {
        QStringList prompts;
        QString negative, sampler;
        qint64 seed = 0;
        int steps = 30;
        double guidance = 7.5;
    } sampling;       // of the pictures made while training
    QString problem;  // what is wrong with the file; "" = nothing
};

RunSettings readRunSettings(const QString& configFile);

}  // namespace atelier
