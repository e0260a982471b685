// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/support/fake_run.h"

#include <sys/wait.h>
#include <unistd.h>
#include <QDateTime>
#include <QDir>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <csignal>

#include "core/base/check.h"
#include "core/base/files.h"
#include "core/base/json.h"

namespace atelier::test {

namespace {

// Deterministic noise in -1 … 1, close to normal.
double noiseOf(unsigned& state) {
    double sum = 0;
    for (int i = 0; i < 4; ++i) {
        state = state * 1664525U + 1013904223U;
        sum += double(state >> 8) / double(1U << 24) - 0.5;
    }
    return sum;
}

void must(const Status& status) {
    ATELIER_CHECK(status.has_value(), status ? std::string() : status.error().message());
}

// What a half-trained model makes of a picture: it, through noise.
QImage throughNoise(const QImage& picture, double share, unsigned seed) {
    QImage out = picture.convertToFormat(QImage::Format_RGB32);
    for (int y = 0; y < out.height(); ++y) {
        auto* line = reinterpret_cast<QRgb*>(out.scanLine(y));
        for (int x = 0; x < out.width(); ++x) {
            const auto mix = [&](int value) {
                return std::clamp(int((1 - share) * value + share * (128 + 190 * noiseOf(seed))), 0, 255);
            };
            const QRgb p = line[x];
            line[x] = qRgb(mix(qRed(p)), mix(qGreen(p)), mix(qBlue(p)));
        }
    }
    return out;
}

QImage plainPicture(std::size_t index, int side) {
    QImage image(side, side, QImage::Format_RGB32);
    const QColor colours[] = {QColor(0xE9, 0xB9, 0x5B), QColor(0x8F, 0xC3, 0xB5), QColor(0xE8, 0xA9, 0x8E)};
    image.fill(colours[index % 3]);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colours[(index + 1) % 3].darker(130));
    painter.drawEllipse(QRectF(side * 0.22, side * 0.22, side * 0.56, side * 0.56));
    return image;
}

}  // namespace

std::string fakeConfig(const FakePlan& plan, const std::string& logFolder) {
    std::string text = "config_version: 1\nexperiment:\n  name: " + plan.name + "\n  log_dir: " + logFolder +
                       "\n  num_examples_to_see: " + std::to_string(plan.steps * plan.batch) +
                       "\n  save_every: " + std::to_string(plan.saveEvery) +
                       "\n  seed: 42\nmethod:\n  type: " + plan.method + "\nmodel:\n";
    if (plan.method != "scratch")
        text += "  pretrained: /models/sd15\n";
    else
        text +=
            "  vae: {pretrained: /models/mini/vae}\n  text_encoder: {pretrained: "
            "/models/mini/text_encoder}\n  tokenizer: {pretrained: /models/mini/tokenizer}\n"
            "  noise_scheduler_training: {pretrained: /models/mini/scheduler}\n  noise_scheduler_inference: "
            "{pretrained: /models/mini/scheduler}\n"
            "  unet:\n    target: UNet2DConditionModel\n    params: {block_out_channels: [64, 128], "
            "in_channels: 4, cross_attention_dim: 96}\n";
    text += "system:\n  batch_size: " + std::to_string(plan.batch) +
            "\noptimizer:\n  name: adamw\n  params:\n    learning_rate: 1.0e-04\nlr_scheduler:\n  scheduler: "
            "CosineWithWarmup\n  params:\n"
            "    learning_rate: 1.0e-04\n    warmup_length: 100\ndataset:\n  type: WebDataset\n  params:\n   "
            " path: /data/emoji/v3/{000000..000007}.tar\n    resolution: " +
            std::to_string(plan.resolution) + "\nsampling:\n  every: " + std::to_string(plan.sampleEvery) +
            "\n  prompts:\n";
    for (const std::string& prompt : plan.prompts) text += "    - \"" + prompt + "\"\n";
    return text;
}

FakeRun::FakeRun(const QString& logFolder, FakePlan plan)
    : folder_{fs::path(logFolder.toStdString()) / plan.name},
      plan_(std::move(plan)),
      time_(double(QDateTime::currentMSecsSinceEpoch()) / 1000) {
    must(run::createRunFolder(folder_));
    must(writeFileAtomic(folder_.config(), fakeConfig(plan_, logFolder.toStdString())));
    auto events = run::EventWriter::open(folder_.events());
    ATELIER_CHECK(events.has_value(), "events.jsonl");
    events_ = std::move(*events);
    inbox_ = std::make_unique<run::ControlInbox>(folder_, *events_, std::chrono::milliseconds(0));
    noise_ += unsigned(std::hash<std::string>{}(plan_.name));
    for (std::size_t i = 0; i < plan_.prompts.size(); ++i)
        finals_.push_back(plainPicture(i, plan_.resolution));
}

void FakeRun::holdLock() {
    auto lock = run::RunLock::acquire(folder_, "atelier-engine train");
    ATELIER_CHECK(lock.has_value(), "LOCK");
    lock_ = std::move(*lock);
}

void FakeRun::lockAndDie() {
    const pid_t child = fork();
    if (child == 0) {
        const auto lock = run::RunLock::acquire(folder_, "atelier-engine train");
        ::kill(getpid(), SIGKILL);
    }
    ATELIER_CHECK(child > 0 && waitpid(child, nullptr, 0) == child, "fork");
}

void FakeRun::put(const run::EventBody& body) {
    must(events_->write(run::Event{time_, body}));
}

void FakeRun::start(std::int64_t resumedStep) {
    run::RunStarted started;
    started.engine = "atelier-engine 0.1.0";
    started.configHash = "0123456789abcdef";
    started.host = run::hostName();
    started.pid = run::ownProcessId().pid;
    started.device = plan_.device;
    if (resumedStep >= 0) {
        started.resumedFrom = "checkpoints/" + run::stepName(resumedStep);
        started.resumedStep = resumedStep;
        step_ = resumedStep;
    }
    put(started);
    put(run::Phase{"load"});
    time_ += 2;
    put(run::Phase{"train"});
}

void FakeRun::train(std::int64_t toStep, std::int64_t every, double secondsPerStep) {
    const double imagesPerSecond = double(plan_.batch) / secondsPerStep;
    for (std::int64_t step = (step_ / every + 1) * every; step <= toStep; step += every) {
        time_ += secondsPerStep * double(every);
        const double x = double(step) / double(plan_.steps);
        const double mean = plan_.level + 0.165 * std::exp(-5.2 * x) - 0.006 * x;
        run::Metric metric{step, step * plan_.batch, {}};
        metric.values = {
            {"loss", mean * (1 + 0.17 * noiseOf(noise_))},
            {"lr", 1e-4 * std::min(1.0, double(step) / 100) * (0.5 + 0.5 * std::cos(3.14159 * x))},
            {"grad_norm", 0.6 + 0.9 * std::exp(-3 * x) + 0.25 * std::abs(noiseOf(noise_))}};
        put(metric);
        if (step % plan_.saveEvery == 0)
            put(run::Metric{step, step * plan_.batch, {{"val_loss", mean * 1.04}}});
        if (step % (every * 5) == 0 || step + every > toStep)
            put(run::Progress{.step = step,
                              .totalSteps = plan_.steps,
                              .images = step * plan_.batch,
                              .totalImages = plan_.steps * plan_.batch,
                              .imagesPerSecond = imagesPerSecond * (1 + 0.03 * noiseOf(noise_)),
                              .etaSeconds = double(plan_.steps - step) * secondsPerStep});
        step_ = step;
    }
}

void FakeRun::progress(double etaSeconds) {
    put(run::Progress{.step = step_,
                      .totalSteps = plan_.steps,
                      .images = step_ * plan_.batch,
                      .totalImages = plan_.steps * plan_.batch,
                      .imagesPerSecond = 154,
                      .etaSeconds = etaSeconds});
}

void FakeRun::sample(std::int64_t step, int failed) {
    const fs::path dir = folder_.sampleDir(step);
    must(createDirectories(dir));
    Json list = Json::array();
    const double share =
        std::clamp(0.9 * std::exp(-6.0 * double(step) / double(plan_.steps)) - 0.02, 0.0, 0.9);
    for (std::size_t i = 0; i < plan_.prompts.size(); ++i) {
        Json entry{{"prompt", plan_.prompts[i]}, {"negative_prompt", ""},
                   {"seed", i == 2 ? 11 : 7},    {"guidance", 7.0},
                   {"sampler", "ddim"},          {"steps", 30},
                   {"width", plan_.resolution},  {"height", plan_.resolution}};
        if (int(i) == failed) {
            entry["error"] = "hint.png is missing";
        } else {
            const std::string name = "000" + std::to_string(i) + ".png";
            entry["file"] = name;
            const QImage image =
                throughNoise(finals_[i % finals_.size()], share, unsigned(step * 7 + std::int64_t(i)) + 1);
            ATELIER_CHECK(image.save(QString::fromStdString((dir / name).string())), name);
        }
        list.push_back(entry);
    }
    must(writeFileAtomic(folder_.sampleList(step), dumpJsonPretty(Json{{"samples", list}})));
    put(run::Sample{step, "samples/" + run::stepName(step), int(plan_.prompts.size()), failed >= 0 ? 1 : 0});
}

void FakeRun::checkpoint(std::int64_t step) {
    must(createDirectories(folder_.pipelineDir(step)));
    must(writeFileAtomic(folder_.doneMarker(step), ""));
    put(run::Checkpoint{step, "checkpoints/" + run::stepName(step), 248'000'000, 0.4});
}

void FakeRun::finish(run::FinishReason reason) {
    put(run::RunFinished{reason, step_, step_ * plan_.batch});
}

std::vector<std::string> FakeRun::serve() {
    const auto requests = inbox_->poll();
    ATELIER_CHECK(requests.has_value(), "control/");
    std::vector<std::string> names;
    time_ = double(QDateTime::currentMSecsSinceEpoch()) / 1000;
    for (const run::Request& request : *requests) {
        names.emplace_back(run::requestName(request.kind));
        switch (request.kind) {
            case run::RequestKind::Sample:
                sample(step_);
                break;
            case run::RequestKind::Checkpoint:
                checkpoint(step_);
                break;
            case run::RequestKind::Pause:
                put(run::Phase{"paused"});
                break;
            case run::RequestKind::Resume:
                put(run::Phase{"train"});
                break;
            case run::RequestKind::Stop:
                if (request.checkpoint) checkpoint(step_);
                break;
            default:
                break;
        }
        must(inbox_->done(request));
        if (request.kind == run::RequestKind::Stop) {
            finish(run::FinishReason::Stopped);
            dropLock();
        }
    }
    return names;
}

}  // namespace atelier::test
