// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/forecast.h"

#include <ATen/ATen.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include "core/base/memory.h"
#include "core/base/strings.h"
#include "core/config/train_config.h"
#include "core/engine/train/device.h"
#include "core/engine/train/optimizer.h"
#include "core/engine/train/settings.h"
#include "core/engine/train/task.h"

namespace atelier::train {
namespace {

// ---- memory of the device in use

void resetPeak(const at::Device& device) {
    if (!device.is_cpu()) return at::getDeviceAllocator(device.type())->resetPeakStats(device.index());
    std::ofstream("/proc/self/clear_refs") << '5';  // VmHWM starts again from what is resident now
}

std::uint64_t peakBytes(const at::Device& device) {
    if (device.is_cpu()) return peakResidentBytes();
    const auto stats = at::getDeviceAllocator(device.type())->getDeviceStats(device.index());
    return static_cast<std::uint64_t>(stats.reserved_bytes[0].peak);
}

std::uint64_t availableBytes(const at::Device& device) {
    if (device.is_cpu()) return availableMemory();
    return at::getDeviceAllocator(device.type())->getMemoryInfo(device.index()).first;
}

// ---- updates that leave nothing behind

// A grey picture where the dataset is not there yet.
data::TrainSample standIn(const Settings& settings, std::uint64_t number) {
    data::TrainSample sample;
    sample.number = number;
    sample.caption = "a photo of a small red house beside the sea";
    sample.width = sample.height = settings.plan.resolution;
    sample.originalWidth = sample.originalHeight = settings.plan.resolution;
    const auto side = static_cast<std::size_t>(settings.plan.resolution);
    sample.pixels.assign(side * side * 3, 128);
    if (settings.control) sample.condition = sample.pixels;
    if (settings.labels && !settings.labels->classes.empty())
        sample.caption = settings.labels->classes.front();
    if (settings.labels && settings.labels->maskLabels > 0) sample.mask.assign(side * side, 0);
    if (settings.inpainting) sample.mask.assign(side * side, 255);
    return sample;
}

// The updates that need most: a discriminator that begins later is there from the start.
Settings atItsLargest(Settings settings) {
    if (settings.discriminator) settings.discriminator->start = 0;
    return settings;
}

class DryRun {
  public:
    explicit DryRun(Settings settings) : settings_(atItsLargest(std::move(settings))) {}

    Status open(Forecast& result) {
        const auto before = settings_.device.is_cpu() ? residentBytes() : 0;
        ATELIER_TRY(task_, makeTask(settings_));
        auto parameters = task_->parameters();
        for (const auto& [name, count] : task_->networkSizes()) result.networks.push_back({name, count, 0});
        for (const auto& [name, tensors] : splitByComponent(parameters)) {
            std::int64_t count = 0;
            for (const auto& [ignored, tensor] : tensors) count += tensor.numel();
            const auto network =
                std::ranges::find_if(result.networks, [&](const auto& n) { return n.name == name; });
            if (network != result.networks.end())
                network->trained += count;
            else  // vectors of new words, which are no part of a network
                result.networks.push_back({name, count, count});
        }
        optimizer_.emplace(std::move(parameters), settings_.computeType, settings_.optimizer, settings_.ema);
        task_->configure(*optimizer_);
        result.program = before;
        result.weights = task_->weightBytes();
        openData();
        result.samples = index_ ? index_->size() : 0;
        const auto latents = task_->cacheBytes(result.samples), texts = task_->textBytes() * result.samples;
        const auto kept = [&](CacheKind kind) {
            return (settings_.latentCache == kind ? latents : 0) + (settings_.textCache == kind ? texts : 0);
        };
        result.latentCache = kept(CacheKind::Memory);
        result.cacheDisk = kept(CacheKind::Disk);
        return {};
    }

    struct Cost {
        double microSeconds = 0;   // forward and backward of one micro-step
        double updateSeconds = 0;  // clipping, the update rule, averages
        std::uint64_t peak = 0;
    };

    // One update of `batch` samples.
    Result<Cost> update(std::int64_t batch) {
        ATELIER_TRY(const auto samples, next(batch));
        resetPeak(settings_.device);
        Cost cost;
        const auto start = Clock::now();
        ATELIER_TRY(const auto step, task_->loss(samples));
        optimizer_->scaled(step.loss).backward();
        optimizer_->gatherGradients();
        static_cast<void>(step.loss.item<double>());  // waits for the device
        const auto middle = Clock::now();
        const auto norm = optimizer_->clip(settings_.maxGradNorm);
        optimizer_->step(settings_.learningRate.at(0), norm.isfinite().logical_not().to(at::kFloat));
        static_cast<void>(norm.item<double>());
        cost.microSeconds = std::chrono::duration<double>(middle - start).count();
        cost.updateSeconds = std::chrono::duration<double>(Clock::now() - middle).count();
        cost.peak = peakBytes(settings_.device);
        return cost;
    }

    const Settings& settings() const { return settings_; }

    // With the gradients, which a float32 run keeps only from its backward pass to its update.
    std::uint64_t optimizerBytes() const {
        auto bytes = optimizer_->bytes();
        if (settings_.computeType == at::kFloat)
            for (const auto& [name, tensor] : task_->parameters()) bytes += tensor.nbytes();
        return bytes;
    }

    // Trained networks as float32, the others as they are, low-rank updates and new words in two forms; and
    // the state.
    std::uint64_t checkpointBytes() const {
        std::uint64_t state = 0, pipeline = settings_.trainsAdapters() ? 0 : task_->weightBytes();
        for (const auto& [name, tensor] : optimizer_->state()) state += tensor.nbytes();
        for (const auto& [name, tensor] : task_->parameters()) {
            const auto count = static_cast<std::uint64_t>(tensor.numel());
            pipeline += settings_.trainsAdapters() ? count * (4 + 2) : count * 4 - tensor.nbytes();
        }
        return state + pipeline;
    }

  private:
    using Clock = std::chrono::steady_clock;

    // A dataset that is not built yet is no reason for an error here: `check` itself says so.
    void openData() {
        auto index = data::DatasetIndex::open(settings_.dataset, datasetOptions(settings_));
        if (!index || (*index)->size() == 0) return;
        data::SampleSourceOptions options;
        options.threads = settings_.workers;
        auto source = data::SampleSource::open(*index, settings_.plan, options);
        if (!source) return;
        index_ = std::move(*index);
        source_.emplace(std::move(*source));
    }

    Result<Batch> next(std::int64_t size) {
        if (source_) return nextBatch(*source_, size, [](const auto&) {});
        std::vector<data::TrainSample> samples;
        for (std::int64_t i = 0; i < size; ++i) samples.push_back(standIn(settings_, number_++));
        return makeBatch(samples);
    }

    const Settings settings_;
    std::unique_ptr<Task> task_;
    std::optional<Optimizer> optimizer_;
    std::shared_ptr<const data::DatasetIndex> index_;
    std::optional<data::SampleSource> source_;
    std::uint64_t number_ = 0;
};

// ---- from measurements to the whole run

struct Line {  // cost = base + perSample · batch
    double base = 0, perSample = 0;
    double at(std::int64_t batch) const { return base + perSample * static_cast<double>(batch); }
    static Line through(double one, double two) {
        const double slope = std::max(two - one, 0.0);
        return {one - slope, slope};
    }
};

void proposeFixes(Forecast& result, const Settings& settings, const Line& memory) {
    if (result.fits()) return;
    const auto room = static_cast<double>(result.available) - static_cast<double>(result.latentCache);
    if (result.latentCache > 0 && result.peak <= result.available)
        result.fixes.push_back({"Keep latents and texts on disk instead of in memory.",
                                {{"dataset.params.latent_cache", "disk"}}});
    const double most = memory.perSample > 0 ? std::floor((room - memory.base) / memory.perSample) : 0;
    for (auto& fix : memoryFixes(settings, static_cast<std::int64_t>(most)))
        result.fixes.push_back(std::move(fix));
}

std::string millions(std::int64_t count) {
    return fmt::format("{:.4g} million", static_cast<double>(count) / 1e6);
}

std::int64_t keptCheckpoints(const Settings& settings) {
    const auto each = std::max<std::int64_t>(
        settings.byPasses ? settings.saveEvery / settings.accumulation : settings.saveEvery, 1);
    const auto written = std::max<std::int64_t>((settings.totalUpdates + each - 1) / each, 1);
    if (!settings.keepLast) return written;
    const auto pinned = settings.keepEvery ? settings.totalUpdates / *settings.keepEvery : 0;
    return std::min(written, *settings.keepLast + pinned);
}

// At batch 1, at 2, and, when the line through both says that it fits, as configured. Class pictures double
// a batch.
Status measure(DryRun& run, std::int64_t batch, Forecast& result, Line& memory) {
    const auto repeated = [&](std::int64_t size) -> Result<DryRun::Cost> {
        ATELIER_DO(run.update(size));  // memory is taken, kernels are chosen
        return run.update(size);
    };
    ATELIER_TRY(const auto one, repeated(1));
    ATELIER_TRY(const auto two, repeated(2));
    memory = Line::through(static_cast<double>(one.peak), static_cast<double>(two.peak));
    const auto time = Line::through(one.microSeconds, two.microSeconds);
    DryRun::Cost cost{time.at(batch), two.updateSeconds, static_cast<std::uint64_t>(memory.at(batch))};
    result.measured = cost.peak + result.latentCache <= result.available;
    if (result.measured && batch <= 2) cost = batch == 1 ? one : two;
    if (result.measured && batch > 2) {
        ATELIER_TRY(cost, repeated(batch));
    }
    result.peak = cost.peak;
    result.secondsPerUpdate =
        cost.microSeconds * static_cast<double>(run.settings().accumulation) + cost.updateSeconds;
    return {};
}

}  // namespace

std::vector<Forecast::Fix> memoryFixes(const Settings& settings, std::int64_t most) {
    std::vector<Forecast::Fix> fixes;
    if (!settings.gradientCheckpointing && settings.method == Method::TextToImage)
        fixes.push_back(
            {"Compute activations a second time instead of keeping them: the same result, "
             "a third slower.",
             {{"model.gradient_checkpointing", "true"}}});
    // The largest divisor of the batch that fits: the same images per update.
    for (auto batch = settings.batchSize - 1; batch >= 1; --batch) {
        if (batch > most || settings.batchSize % batch != 0) continue;
        const auto accumulation = settings.accumulation * (settings.batchSize / batch);
        fixes.push_back({fmt::format("Compute each update in {} parts: the same result.", accumulation),
                         {{"system.batch_size", std::to_string(batch)},
                          {"system.gradient_accumulation", std::to_string(accumulation)}}});
        break;
    }
    if (settings.computeType == at::kFloat)
        fixes.push_back(
            {"Compute in bfloat16: half the activations, rounded.", {{"model.mixed_precision", "bf16"}}});
    if (!settings.trainsAdapters() && !settings.control && settings.method == Method::TextToImage)
        fixes.push_back({"Train low-rank updates: gradients and moments of a hundredth of the weights.",
                         {{"method.type", "lora"}}});
    return fixes;
}

Result<Forecast> forecast(const LoadedConfig& config, const std::string& device) {
    ATELIER_TRY(auto settings, makeSettings(config.config, device));
    setThreads(settings.threads);
    setTf32(settings.tf32Convolutions, settings.tf32Products);
    // Class pictures are made by the run itself; here they only double each batch.
    const std::int64_t perSample = settings.prior ? 2 : 1;
    settings.prior.reset();

    Forecast result;
    result.device = deviceDescription(settings.device);
    result.available = availableBytes(settings.device);
    if (settings.device.is_cpu()) result.available += residentBytes();  // peak counts the whole process
    DryRun run(settings);
    ATELIER_DO(run.open(result));
    Line memory;
    ATELIER_DO(measure(run, settings.batchSize * perSample, result, memory));

    result.optimizer = run.optimizerBytes();
    const auto standing = result.program + result.weights + result.optimizer;
    result.activations = result.peak > standing ? result.peak - standing : 0;
    result.updates = settings.totalUpdates;
    result.checkpoint = run.checkpointBytes();
    result.checkpointsKept = keptCheckpoints(settings);
    if (const auto space = freeSpace(config.config.experiment.logDir)) result.diskFree = *space;
    if (const auto space = freeSpace(settings.cacheFolder)) result.cacheFree = *space;
    proposeFixes(result, settings, memory);
    return result;
}

Json toJson(const Forecast& f) {
    Json networks = Json::array(), fixes = Json::array();
    for (const auto& network : f.networks)
        networks.push_back(
            {{"name", network.name}, {"parameters", network.parameters}, {"trained", network.trained}});
    for (const auto& fix : f.fixes) {
        Json set = Json::object();
        for (const auto& [key, value] : fix.settings) set[key] = value;
        fixes.push_back({{"text", fix.text}, {"set", set}});
    }
    return {{"device", f.device},
            {"networks", networks},
            {"memory",
             {{"program", f.program},
              {"weights", f.weights},
              {"optimizer", f.optimizer},
              {"activations", f.activations},
              {"latent_cache", f.latentCache},
              {"peak", f.peak},
              {"available", f.available},
              {"fits", f.fits()},
              {"measured", f.measured}}},
            {"time",
             {{"seconds_per_update", f.secondsPerUpdate},
              {"updates", f.updates},
              {"seconds", f.secondsPerUpdate * static_cast<double>(f.updates)}}},
            {"samples", f.samples},
            {"disk",
             {{"checkpoint", f.checkpoint},
              {"checkpoints_kept", f.checkpointsKept},
              {"free", f.diskFree},
              {"cache", f.cacheDisk},
              {"cache_free", f.cacheFree}}},
            {"fixes", fixes}};
}

std::string describe(const Forecast& f) {
    std::string text = fmt::format("on {}\n", f.device);
    const auto row = [&](const std::string& name, const std::string& value) {
        text += fmt::format("  {:<24}{}\n", name, value);
    };
    text += "parameters\n";
    for (const auto& network : f.networks)
        row(network.name, network.trained ? fmt::format("{} ({} trained)", millions(network.parameters),
                                                        millions(network.trained))
                                          : fmt::format("{} (frozen)", millions(network.parameters)));
    text += "memory\n";
    if (f.program) row("program", humanBytes(f.program));
    row("weights", humanBytes(f.weights));
    row("gradients and optimizer", humanBytes(f.optimizer));
    row("activations", humanBytes(f.activations) + (f.measured ? "" : " (from smaller batches)"));
    if (f.latentCache) row("latents and texts kept", humanBytes(f.latentCache));
    row(f.measured ? "peak" : "peak (from smaller ones)", humanBytes(f.peak + f.latentCache));
    row("available", humanBytes(f.available) + (f.fits() ? "" : ": it does not fit"));
    text += "time\n";
    row("one update", fmt::format("{:.3g} s", f.secondsPerUpdate));
    row(fmt::format("{} updates", f.updates),
        humanDuration(f.secondsPerUpdate * static_cast<double>(f.updates)) +
            ", without pictures and checkpoints");
    text += "disk\n";
    row("one checkpoint", humanBytes(f.checkpoint));
    row(fmt::format("kept at the end ({})", f.checkpointsKept),
        humanBytes(f.checkpoint * static_cast<std::uint64_t>(f.checkpointsKept)));
    row("free", humanBytes(f.diskFree));
    if (f.cacheDisk)
        row("latents and texts, once",
            fmt::format("at most {}, {} free", humanBytes(f.cacheDisk), humanBytes(f.cacheFree)));
    if (!f.samples) text += "The dataset could not be read: stand-ins of the configured size were used.\n";
    for (const auto& fix : f.fixes) {
        text += "what helps: " + fix.text + "\n";
        for (const auto& [key, value] : fix.settings) text += fmt::format("  {}={}\n", key, value);
    }
    return text;
}

}  // namespace atelier::train
