// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/run_settings.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>
#include <cmath>

#include "core/config/load.h"
#include "ui/models/run_words.h"

namespace atelier {

namespace {

struct RunSettingsText {
    Q_DECLARE_TR_FUNCTIONS(RunSettings)
};

QString valueText(const Json& value) {
    if (value.is_string()) return QString::fromStdString(value.get<std::string>());
    if (value.is_null()) return {};
    if (value.is_number_float()) return QString::number(value.get<double>(), 'g', 10);
    return QString::fromStdString(dumpJson(value));
}

void flatten(const Json& value, const QString& path, std::vector<std::pair<QString, QString>>& out) {
    if (value.is_object() && !value.empty()) {
        for (const auto& [key, item] : value.items())
            flatten(item,
                    path.isEmpty() ? QString::fromStdString(key)
                                   : path + QLatin1Char('.') + QString::fromStdString(key),
                    out);
        return;
    }
    if (!value.is_null()) out.emplace_back(path, valueText(value));
}

// 1e-4, 2.5e-5, 0.002.
QString rateText(double rate) {
    if (rate <= 0 || rate >= 1e-3) return QString::number(rate, 'g', 4);
    const int exponent = int(std::floor(std::log10(rate) + 1e-9));
    return QStringLiteral("%1e%2").arg(QString::number(rate / std::pow(10, exponent), 'g', 3)).arg(exponent);
}

// "…/emoji/v3/{000000..000007}.tar" → "emoji v3".
QString datasetName(const QString& path) {
    const QString folder = path.endsWith(QLatin1String(".tar")) || path.contains(QLatin1Char('{'))
                               ? path.section(QLatin1Char('/'), 0, -2)
                               : path;
    const QString last = QFileInfo(folder).fileName();
    const bool version = last.size() > 1 && last[0] == QLatin1Char('v') && last[1].isDigit();
    return version ? QFileInfo(QFileInfo(folder).path()).fileName() + QLatin1Char(' ') + last : last;
}

QString methodText(const TrainConfig& c, qint64 pixels) {
    using T = RunSettingsText;
    const QString base =
        c.model.pretrained ? QFileInfo(QString::fromStdString(*c.model.pretrained)).fileName() : QString();
    const auto with = [](const QString& what, const QString& on) {
        return on.isEmpty() ? what : what + QStringLiteral(" · ") + on;
    };
    switch (c.method.type) {
        case MethodType::Finetune:
            return with(T::tr("Fine-tune"), base);
        case MethodType::DreamBooth:
            return with(T::tr("DreamBooth"), base);
        case MethodType::Scratch:
            return with(T::tr("From scratch"), pixels > 0 ? T::tr("UNet %1 px").arg(pixels) : QString());
        case MethodType::Autoencoder:
            return with(T::tr("Autoencoder"), pixels > 0 ? T::tr("%1 px").arg(pixels) : base);
        case MethodType::Lora:
            return with(T::tr("LoRA r%1").arg(c.method.rank), base);
        case MethodType::TextualInversion:
            return with(T::tr("Textual inversion"), base);
        case MethodType::ControlNet:
            return with(T::tr("ControlNet"), base);
        case MethodType::Inpainting:
            return with(T::tr("Inpainting"), base);
        case MethodType::WithoutText:
            return with(T::tr("Without text"), pixels > 0 ? T::tr("%1 px").arg(pixels) : base);
    }
    return {};
}

}  // namespace

RunSettings readRunSettings(const QString& configFile) {
    using T = RunSettingsText;
    RunSettings s;
    const auto loaded = loadTrainConfig(fs::path(configFile.toStdString()));
    if (!loaded) {
        s.problem = QString::fromStdString(loaded.error().message());
        return s;
    }
    const TrainConfig& c = loaded->config;
    flatten(loaded->resolved, {}, s.all);
    const auto value = [&](const char* key) {
        for (const auto& [name, text] : s.all)
            if (name == QLatin1String(key)) return text;
        return QString();
    };
    const qint64 pixels = value("dataset.params.resolution").toLongLong();
    s.method = methodText(c, pixels);
    s.device = run::queueDeviceOf(c);
    s.totalImages = c.experiment.numExamplesToSee;
    s.imagesPerStep = std::max<qint64>(1, c.system.batchSize * c.system.gradientAccumulation);
    s.sampleEvery = c.sampling.prompts.empty() ? 0 : c.sampling.every.value_or(c.experiment.saveEvery);
    for (const std::string& prompt : c.sampling.prompts) s.sampling.prompts << QString::fromStdString(prompt);
    s.sampling.negative = QString::fromStdString(c.sampling.negative);
    s.sampling.sampler = value("sampling.sampler");
    s.sampling.seed = c.sampling.seed;
    s.sampling.steps = int(c.sampling.steps);
    s.sampling.guidance = c.sampling.guidance;
    const auto add = [&](const QString& label, const QString& text) {
        if (!text.isEmpty()) s.brief.emplace_back(label, text);
    };
    add(T::tr("Dataset"), datasetName(value("dataset.params.path")));
    add(T::tr("Model"), c.model.pretrained ? QFileInfo(QString::fromStdString(*c.model.pretrained)).fileName()
                                           : T::tr("new weights"));
    if (pixels > 0) add(T::tr("Resolution"), T::tr("%1 × %1").arg(pixels));
    QString rate = value("lr_scheduler.params.learning_rate");
    if (rate.isEmpty()) rate = value("optimizer.params.learning_rate");
    const QString schedule = value("lr_scheduler.scheduler");
    if (!rate.isEmpty()) add(T::tr("Learning rate"), rateText(rate.toDouble()));
    add(T::tr("Schedule"), schedule);
    add(T::tr("Optimizer"), value("optimizer.name"));
    add(T::tr("Batch"),
        c.system.gradientAccumulation > 1
            ? T::tr("%1 × %2 accumulated").arg(c.system.batchSize).arg(c.system.gradientAccumulation)
            : QString::number(c.system.batchSize));
    add(T::tr("Precision"), value("model.mixed_precision"));
    add(T::tr("Images to train on"), countText(c.experiment.numExamplesToSee));
    add(T::tr("Seed"), QString::number(c.experiment.seed));
    return s;
}

}  // namespace atelier
