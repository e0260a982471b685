// SPDX-License-Identifier: GPL-3.0-or-later
// The training run, from the run folder to the last checkpoint. Read run() first, then update(): the rest
// serves them.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <set>

#include "core/base/hash.h"
#include "core/base/log.h"
#include "core/base/strings.h"
#include "core/base/version.h"
#include "core/data/remote_shards.h"
#include "core/engine/train/checkpoint.h"
#include "core/engine/train/device.h"
#include "core/engine/train/ema_start.h"
#include "core/engine/train/evaluation.h"
#include "core/engine/train/monitor.h"
#include "core/engine/train/requests.h"
#include "core/engine/train/task.h"
#include "core/engine/train/train.h"
#include "core/engine/train/trouble.h"
#include "core/engine/train/validation.h"
#include "core/run/control.h"
#include "core/run/event_log.h"
#include "core/run/lock.h"
#include "core/run/run_folder.h"

namespace atelier::train {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

class TrainingRun {
  public:
    TrainingRun(const LoadedConfig& config, const Options& options, Settings settings, run::RunFolder folder,
                run::EventWriter& events)
        : config_(config),
          options_(options),
          settings_(std::move(settings)),
          folder_(std::move(folder)),
          events_(events),
          requests_(folder_, events_) {}

    // Load, continue where the newest checkpoint is, then update after update with whatever is due in
    // between.
    Result<Outcome> run() {
        return caught([&] { return train(); });
    }

    const Counters& counters() const { return counters_; }

  private:
    Result<Outcome> train() {
        if (auto started = start(); !started) {
            // A request that came while loading or caching ends the run like any other.
            if (started.error().code == ErrorCode::Cancelled && requests_.ending()) return finish();
            return tl::make_unexpected(std::move(started).error());
        }
        if (counters_.step == 0) ATELIER_DO(showTheStart());
        while (!requests_.ending() && !finished()) {
            const auto before = counters_.images;
            if (auto done = update(); !done) {
                // A stop that came while shards were awaited: the update that had begun is made again later.
                if (done.error().code != ErrorCode::Cancelled || !requests_.ending())
                    return tl::make_unexpected(done.error());
                counters_.images = before;
                optimizer_->zeroGradients();
                break;
            }
            ATELIER_DO(report());
            ATELIER_DO(poll());
            ATELIER_DO(doWhatIsDue());
        }
        return finish();
    }

    // What `work` returns, or as an Error what it threw.
    template <class Work>
    std::invoke_result_t<Work> caught(Work work) {
        std::invoke_result_t<Work> done;
        ATELIER_DO(atelier::train::caught(
            settings_, [this] { return place_; },
            [&]() -> Status {
                ATELIER_DO(done = work());
                return {};
            }));
        return done;
    }

    // ---- beginning
    // ------------------------------------------------------------------------------------------------------

    Status start() {
        run::RunStarted started{"atelier-engine " + std::string(kVersion),
                                config_.hash,
                                run::hostName(),
                                ::getpid(),
                                deviceDescription(settings_.device),
                                1,
                                "",
                                0,
                                options_.overrides};
        std::vector<Error> unreadable;
        const auto resumed =
            newestCheckpoint(folder_, [&](const Error& error) { unreadable.push_back(error); });
        if (!resumed || *resumed) {
            started.resumedStep = resumed ? (*resumed)->step : run::completeCheckpoints(folder_).back();
            started.resumedFrom = folder_.relative(folder_.checkpointDir(started.resumedStep));
        }
        ATELIER_DO(events_.write(started));
        for (const auto& error : unreadable)
            warn("checkpoint_unreadable", error.message(),
                 resumed ? "An older checkpoint is used instead." : error.hint);
        ATELIER_DO(resumed);
        ATELIER_DO(requests_.refuseStale());
        ATELIER_DO(phase("load"));
        LoadOptions load;
        load.warn = [&](const std::string& text) { warn("weights_not_finite", text, ""); };
        ATELIER_TRY(task_, makeTask(settings_, load));
        task_->warn = [this](const auto& code, const auto& text, const auto& hint) {
            warn(code, text, hint);
        };
        optimizer_.emplace(task_->parameters(), settings_.computeType, settings_.optimizer, settings_.ema);
        task_->configure(*optimizer_);
        if (*resumed) {
            ATELIER_DO(loadCheckpoint(folder_, (*resumed)->step, *task_, *optimizer_));
            counters_ = **resumed;
            keepNewEnd();
        } else if (!settings_.emaStart.empty()) {
            ATELIER_DO(beginAverages(settings_.emaStart, *optimizer_));
        }
        retireOldCheckpoints();
        monitor_.emplace(events_, options_, settings_, counters_.step, counters_.images);
        monitor_->setTotals(totalUpdates(), totalImages());
        ATELIER_DO(openData());
        return phase("train");
    }

    // Whether a setting that begins like this was given by this start, or by one since the checkpoint.
    bool given(std::string_view prefix) const {
        return std::ranges::any_of(options_.overrides,
                                   [&](const auto& word) { return word.starts_with(prefix); }) ||
               std::ranges::any_of(options_.earlier, [&](const auto& setting) {
                   return setting.step >= counters_.step && setting.text.starts_with(prefix);
               });
    }

    // The end that was asked for while an earlier process ran holds on, unless this start names another.
    void keepNewEnd() {
        if (given("experiment.num_examples_to_see")) counters_.end = {};
        requests_.setNewEnd(counters_.end);
    }

    Status openData() {
        auto options = datasetOptions(settings_);
        if (settings_.validation) {
            options.validationShare = settings_.validation->share;
            ATELIER_TRY(auto validator, Validator::open(settings_, options));
            validator_.emplace(std::move(validator));
            if (settings_.validation->path.empty()) options.split = data::Split::Train;
        }
        auto plan = settings_.plan;
        data::SampleSourceOptions source;
        source.threads = settings_.workers;
        source.prefetch = static_cast<int>(std::max<std::int64_t>(2 * settings_.batchSize, 16));
        source.numbers.first = static_cast<std::uint64_t>(counters_.images);
        if (settings_.streamShards) return openStream(options, source);
        ATELIER_TRY(index_, data::DatasetIndex::open(settings_.dataset, options));
        for (const auto& problem : index_->problems())
            warn("shard_unusable", problem, "Verify the dataset and build it again.");
        if (index_->size() == 0)
            return fail(ErrorCode::Data, "it holds no sample that can be trained on", settings_.dataset,
                        "atelier-engine dataset list shows what is in it.");
        ATELIER_DO(compareDataset({index_->fingerprint(), index_->content(), index_->size()}));
        if (settings_.buckets) {
            ATELIER_TRY(plan.buckets, makeBuckets());
        }
        ATELIER_DO(prepareTask(index_, plan));
        ATELIER_TRY(auto opened, data::SampleSource::open(index_, plan, source));
        source_ = std::make_unique<data::SampleSource>(std::move(opened));
        return {};
    }

    // What the task keeps of the data comes from the first shards.
    Status openStream(const data::DatasetOptions& dataset, const data::SampleSourceOptions& reading) {
        ATELIER_DO(phase("fetch"));
        data::ShardStreamOptions options;
        options.dataset = dataset;
        options.plan = settings_.plan;
        options.reading = reading;
        options.windowShards = static_cast<std::uint64_t>(*settings_.streamShards);
        options.place = counters_.stream;
        options.folder = data::shardCache() / "stream" / hex(xxh3(fs::absolute(folder_.root).string()));
        options.fetch = options_.fetchShards;
        options.problem = [this, told = std::set<std::string>()](const std::string& text) mutable {
            if (told.insert(text).second)  // every pass comes to it again
                warn("shard_unusable", text, "The run goes on with the other shards.");
        };
        options.goOn = [this] {
            static_cast<void>(monitor_->progress());
            return poll().has_value() && !requests_.ending();
        };
        ATELIER_TRY(auto opened, data::ShardStream::open(settings_.dataset, std::move(options)));
        stream_ = opened.get();
        source_ = std::move(opened);
        ATELIER_DO(compareDataset({stream_->fingerprint(), "", stream_->shards()}));
        auto plan = settings_.plan;
        return prepareTask(stream_->window(), plan);
    }

    Status prepareTask(const std::shared_ptr<const data::DatasetIndex>& index, data::TrainPlan& plan) {
        std::string now = "cache";
        ATELIER_DO(phase(now));
        return task_->prepare(index, plan,
                              [&](const std::string& name, std::int64_t done, std::int64_t total) {
                                  if (now != name && !phase(now = name)) return false;
                                  if (!monitor_->progress(done, total)) return false;
                                  return poll().has_value() && !requests_.ending();
                              });
    }

    // Sizes of the pictures, told in buckets.json: [{width, height, samples}, …].
    Result<std::shared_ptr<const data::Buckets>> makeBuckets() {
        if (counters_.images % settings_.batchSize != 0)
            return fail(ErrorCode::Config,
                        fmt::format("the run stands at {} images, which batches of {} do not end at",
                                    counters_.images, settings_.batchSize),
                        "system.batch_size", "With buckets a run goes on with the batch size it began with.");
        ATELIER_TRY(auto buckets, data::Buckets::make(*index_, settings_.plan.imageKey, *settings_.buckets));
        Json table = Json::array();
        std::vector<std::string> sizes, small;
        for (const auto& row : buckets->rows()) {
            table.push_back(
                {{"width", row.size.width}, {"height", row.size.height}, {"samples", row.samples.size()}});
            const auto size = fmt::format("{} × {}", row.size.width, row.size.height);
            sizes.push_back(fmt::format("{}: {}", size, row.samples.size()));
            if (row.samples.size() < static_cast<std::size_t>(settings_.batchSize)) small.push_back(size);
        }
        ATELIER_DO(writeFileAtomic(folder_.root / "buckets.json", dumpJsonPretty(table)));
        log::info(fmt::format("Buckets: {}", join(sizes, ", ")));
        if (!small.empty())
            warn("small_buckets",
                 fmt::format(
                     "{} {} fewer pictures than one batch: each picture comes several times in a batch, "
                     "and batches of that size come rarely.",
                     join(small, ", "), small.size() == 1 ? "has" : "have"),
                 "Lower system.batch_size, raise dataset.params.bucket_step, or add pictures of that shape.");
        return buckets;
    }

    // A resumed run goes on at its next sample number, which means the same samples only in the same dataset.
    // Other bytes in the same order are said; another order is refused unless the command names a dataset.
    Status compareDataset(const DatasetMark& now) {
        const DatasetMark before = std::exchange(counters_.dataset, now);
        if (before.order.empty()) return {};  // not resumed, or from a checkpoint that does not say
        if (before.order == now.order) {
            if (!before.content.empty() && !now.content.empty() && before.content != now.content)
                warn("dataset_changed",
                     fmt::format("The shards have changed since step {}: the same {} in the same order, with "
                                 "other bytes.",
                                 counters_.step, plural(now.samples, "sample")),
                     "Verify the dataset if nobody built it again on purpose.");
            return {};
        }
        const auto text = fmt::format(
            "the dataset is not the one trained on up to step {}: it had {}, now {}, so that the samples "
            "come "
            "in another order",
            counters_.step, plural(before.samples, stream_ ? "shard" : "sample"),
            before.samples == now.samples ? "as many others" : fmt::format("{}", now.samples));
        if (!given("dataset."))
            return fail(ErrorCode::Data, text, settings_.dataset,
                        "Put the earlier version back; or, to go on with this one, name it: atelier-engine "
                        "train " +
                            folder_.root.string() + " dataset.params.path=" + settings_.dataset);
        warn("dataset_changed", "As asked, the run goes on with another dataset: " + text + ".",
             "Pictures seen before may come again in this epoch.");
        return {};
    }

    // ---- one optimizer update
    // -------------------------------------------------------------------------------------------

    // Batches → losses → gradients (summed over `accumulation` micro-steps) → clip → optimizer at lr(step) →
    // EMA → meters.
    Status update() {
        const auto begin = Clock::now();
        const double waited = source_->secondsWaited();
        UpdateRecord record;
        const auto parts = static_cast<double>(settings_.accumulation);
        for (std::int64_t micro = 0; micro < settings_.accumulation; ++micro) {
            ATELIER_TRY(const auto batch,
                        nextBatch(*source_, settings_.batchSize, [&](const auto& d) { dropped(d); }));
            place_.step = counters_.step + 1;
            place_.keys = batch.keys;
            place_.height = batch.pixels_BCHW.defined() ? static_cast<int>(batch.pixels_BCHW.size(2)) : 0;
            place_.width = batch.pixels_BCHW.defined() ? static_cast<int>(batch.pixels_BCHW.size(3)) : 0;
            ATELIER_TRY(auto step, task_->loss(batch));
            optimizer_->scaled(step.loss / parts).backward();
            optimizer_->gatherGradients();
            if (settings_.byPasses && settings_.maxGradNorm && micro + 1 < settings_.accumulation)
                optimizer_->clipSoFar(*settings_.maxGradNorm);
            const auto share = step.loss.detach() / parts;
            record.loss = record.loss.defined() ? record.loss + share : share;
            record.parts = std::move(step.parts);
            record.perSample.push_back(std::move(step.perSample_B));
            record.keys.push_back(batch.keys);
            counters_.images += batch.size();
        }
        record.gradNorm = optimizer_->clip(settings_.maxGradNorm);
        record.nonFinite = (record.loss + record.gradNorm).isfinite().logical_not().to(at::kFloat);
        record.learningRate = settings_.learningRate.at(counters_.step);
        optimizer_->step(record.learningRate, record.nonFinite);
        ++counters_.step;

        record.step = counters_.step;
        record.width = place_.width;
        record.height = place_.height;
        record.images = counters_.images;
        record.dataSeconds = source_->secondsWaited() - waited;
        record.encodeSeconds = task_->takeEncodeSeconds();
        record.wallSeconds = secondsSince(begin);
        record.trainSeconds = std::max(record.wallSeconds - record.dataSeconds - record.encodeSeconds, 0.0);
        monitor_->add(std::move(record));
        return {};
    }

    Status report() {
        if (monitor_->due() || finished()) {
            ATELIER_TRY(const auto skipped, monitor_->report(*optimizer_, *task_));
            for (const auto& update : skipped) ATELIER_DO(nonFinite(update));
        }
        return monitor_->progress();
    }

    Status nonFinite(const NonFiniteUpdate& update) {
        // In float16 gradients overflow now and then; the factor of the loss has been halved, and that is
        // all.
        constexpr double kSmallestScale = 1;
        for (const auto& [name, value] : optimizer_->meters())
            if (name == "loss_scale" && !update.ownLoss && value >= kSmallestScale) return {};
        const auto size = update.width > 0 ? fmt::format(" Pictures of {} × {}.", update.width, update.height)
                                           : std::string();
        const auto text = fmt::format(
            "Phase train, step {}: the {} is not finite; the update was skipped.{} "
            "Samples: {}",
            update.step, update.ownLoss ? "loss" : "gradient", size, someOf(update.keys));
        const auto hint = hintForNonFinite(settings_, update.ownLoss);
        if (settings_.nonFinite == NonFinitePolicy::Stop)
            return fail(ErrorCode::Data, text, folder_.root.string(),
                        hint + " loss.non_finite=skip goes on.");
        warn("non_finite_loss", text, "Once is harmless. If it goes on: " + hint);
        return {};
    }

    // ---- between updates
    // ------------------------------------------------------------------------------------------------

    Status doWhatIsDue() {
        const bool save = settings_.savesAfter(counters_.step);
        const bool last = finished() || requests_.ending();
        const bool sample = settings_.sampleEvery && (counters_.step % *settings_.sampleEvery == 0 ||
                                                      (finished() && !requests_.ending()));
        if (validator_ && (counters_.step % settings_.validation->every == 0 || finished()))
            ATELIER_DO(validate());
        if (sample || requests_.wantsSample()) ATELIER_DO(makeSamples());
        if ((save || finished()) && !requests_.ending()) ATELIER_DO(evaluate());
        if ((save || requests_.wantsCheckpoint()) && !last) ATELIER_DO(checkpoint());
        return {};
    }

    Status poll() {
        if (options_.takeWarnings)
            for (const auto& warning : options_.takeWarnings())
                warn(warning.code, warning.text, warning.hint);
        ATELIER_DO(
            requests_.poll([&](bool paused) { static_cast<void>(phase(paused ? "paused" : place_.phase)); }));
        counters_.end = requests_.newEnd();
        if (monitor_) monitor_->setTotals(totalUpdates(), totalImages());
        return {};
    }

    std::int64_t totalUpdates() const {
        const auto& end = requests_.newEnd();
        if (end.step) return *end.step;
        if (end.images) return std::max<std::int64_t>(*end.images / settings_.imagesPerUpdate(), 1);
        return settings_.totalUpdates;
    }

    std::int64_t totalImages() const {
        const auto& end = requests_.newEnd();
        return end.step || end.images ? totalUpdates() * settings_.imagesPerUpdate() : settings_.totalImages;
    }

    bool finished() const { return counters_.step >= totalUpdates(); }

    // What later numbers and pictures are compared with.
    Status showTheStart() {
        ATELIER_DO(validate());
        return settings_.sampleAtStart && !requests_.ending() ? makeSamples() : Status();
    }

    // With the averaged weights when there are any: the ones that samples and checkpoints show.
    Status validate() {
        if (!validator_ || requests_.ending()) return {};
        ATELIER_DO(phase("validate"));
        optimizer_->useAverages();
        const auto loss = caught([&] {
            return validator_->loss(*task_, [&](std::int64_t at, std::int64_t total) {
                static_cast<void>(monitor_->progress(at, total));
                return poll().has_value() && !requests_.ending();
            });
        });
        optimizer_->useTrained();
        if (loss)
            ATELIER_DO(events_.write(run::Metric{counters_.step, counters_.images, {{"val_loss", *loss}}}));
        else if (loss.error().code != ErrorCode::Cancelled)
            warn("not_validated", loss.error().message(), loss.error().hint);
        return phase("train");
    }

    Status makeSamples() {
        if (auto prompts = requests_.takePrompts()) prompts_ = std::move(prompts);
        const auto& prompts = prompts_ ? *prompts_ : settings_.prompts;
        if (prompts.empty() && settings_.method == Method::TextToImage)
            return requests_.sampleDone(fail(ErrorCode::Config, "there are no prompts", "sampling.prompts"));
        ATELIER_DO(phase("sample"));
        std::vector<eval::PictureRequest> wanted;
        for (std::size_t i = 0; i < prompts.size(); ++i)
            wanted.push_back(
                {prompts[i],
                 settings_.negativePrompt.empty() ? std::nullopt : std::optional(settings_.negativePrompt),
                 settings_.sampleSeed, i});
        auto options = settings_.generate;
        options.onStep = [&](int done, int total) {
            static_cast<void>(monitor_->progress(done, total));
            return poll().has_value() && !requests_.ending();
        };
        const auto folder = folder_.sampleDir(counters_.step);
        optimizer_->useAverages();
        const auto made = caught([&] {
            return task_->writeSamples(folder, wanted, options,
                                       {{"step", counters_.step}, {"images", counters_.images}});
        });
        optimizer_->useTrained();
        Status outcome;
        if (made) {
            ATELIER_DO(events_.write(run::Sample{counters_.step, folder_.relative(folder), *made, 0}));
        } else {
            outcome = tl::make_unexpected(made.error());
            if (made.error().code != ErrorCode::Cancelled)
                warn("samples_not_made", made.error().message(), made.error().hint);
        }
        ATELIER_DO(requests_.sampleDone(outcome));
        return phase("train");
    }

    // The captions of experiment.eval_caption_file, with the averaged weights when there are any.
    Status evaluate() {
        const auto& experiment = config_.config.experiment;
        if (!experiment.evalCaptionFile || experiment.numEvalImages < 1 ||
            settings_.method != Method::TextToImage)
            return {};
        ATELIER_DO(phase("evaluate"));
        auto options = settings_.generate;
        options.onStep = [&](int done, int total) {
            static_cast<void>(monitor_->progress(done, total));
            return poll().has_value() && !requests_.ending();
        };
        optimizer_->useAverages();
        const auto made = caught([&] {
            return writeEvaluation(
                *task_, folder_, settings_,
                {*experiment.evalCaptionFile, experiment.numEvalImages, settings_.publicStep(counters_.step)},
                options);
        });
        optimizer_->useTrained();
        if (!made && made.error().code != ErrorCode::Cancelled)
            warn("not_evaluated", made.error().message(), made.error().hint);
        return phase("train");
    }

    // A checkpoint that cannot be written does not end the run: the next one may fit. At the end it does.
    Status checkpoint() {
        const auto written = writeCheckpointNow();
        ATELIER_DO(requests_.checkpointDone(written));
        if (!written)
            warn("checkpoint_not_written",
                 fmt::format("Phase checkpoint, step {}: {}", counters_.step, written.error().message()),
                 hintForRoom());
        return phase("train");
    }

    Status writeCheckpointNow() {
        const auto complete = run::completeCheckpoints(folder_);
        if (!complete.empty() && complete.back() == counters_.step) return {};
        ATELIER_DO(phase("checkpoint"));
        if (stream_) counters_.stream = stream_->place();
        ATELIER_TRY(const auto facts, writeCheckpoint(folder_, *task_, *optimizer_, counters_, settings_));
        ATELIER_DO(events_.write(run::Checkpoint{counters_.step,
                                                 folder_.relative(folder_.checkpointDir(counters_.step)),
                                                 facts.bytes, facts.seconds}));
        checkpointBytes_ = facts.bytes;
        retireOldCheckpoints();
        return {};
    }

    std::string hintForRoom() const {
        std::error_code error;
        const auto room = fs::space(folder_.root, error);
        std::string text = "The last good checkpoint is intact.";
        if (checkpointBytes_ > 0 && !error && room.available < checkpointBytes_)
            text += fmt::format(" One takes {}, and {} are free: make room before the next is due",
                                humanBytes(checkpointBytes_), humanBytes(room.available));
        else
            text += " Make room before the next one is due";
        const auto kept = run::completeCheckpoints(folder_).size();
        if (kept > 1)
            text += fmt::format(", or continue with checkpoint.keep_last=1, which removes {} older ones",
                                kept - 1);
        return text + ".";
    }

    // One that stays costs disk space; that is no reason to end a run, or to doubt the new one.
    void retireOldCheckpoints() {
        if (const auto retired = retireCheckpoints(folder_, settings_.keepLast, settings_.keepEvery);
            !retired)
            warn("checkpoint_not_removed", retired.error().message(), "Remove it by hand to free the space.");
    }

    // ---- end
    // ------------------------------------------------------------------------------------------------------------

    Result<Outcome> finish() {
        Outcome outcome{FinishReason::Completed, counters_.step, counters_.images};
        if (requests_.ending())
            outcome.reason =
                requests_.reason() == StopRequest::Suspend ? FinishReason::Suspended : FinishReason::Stopped;
        ATELIER_DO(phase("stopping"));
        const bool nothingDone = counters_.step == 0;
        if (!nothingDone && requests_.checkpointAtEnd()) {
            const auto written = writeCheckpointNow();
            ATELIER_DO(requests_.checkpointDone(written));
            ATELIER_DO(written);
        }
        if (outcome.reason == FinishReason::Completed) ATELIER_DO(linkFinal(folder_, counters_.step));
        ATELIER_DO(requests_.endingDone());
        ATELIER_DO(monitor_->progress(0, 0, true));
        return outcome;
    }

    // ---- events
    // ---------------------------------------------------------------------------------------------------------

    Status phase(const std::string& name) {
        if (name != "paused") place_.phase = name;
        if (name != "train" && name != "paused") place_ = {name, counters_.step, 0, 0, {}};
        if (options_.onPhase) options_.onPhase(name);
        return events_.write(run::Phase{name});
    }

    void warn(const std::string& code, const std::string& text, const std::string& hint) {
        log::warning(text);
        if (options_.onMessage) options_.onMessage("warning: " + text);
        static_cast<void>(events_.write(run::Warning{code, text, hint}));
    }

    void dropped(const data::DroppedSample& sample) {
        static_cast<void>(events_.write(run::SampleDropped{sample.key, sample.shard, sample.reason}));
    }

    const LoadedConfig& config_;
    const Options& options_;
    const Settings settings_;
    const run::RunFolder folder_;
    run::EventWriter& events_;
    Requests requests_;
    Counters counters_;
    std::unique_ptr<Task> task_;
    std::optional<Optimizer> optimizer_;
    std::optional<Monitor> monitor_;
    std::shared_ptr<const data::DatasetIndex> index_;
    std::unique_ptr<data::SampleStream> source_;
    data::ShardStream* stream_ = nullptr;  // the source, where shards come and go
    std::optional<Validator> validator_;
    std::optional<std::vector<std::string>> prompts_;
    Place place_;
    std::uint64_t checkpointBytes_ = 0;  // of the last one
};

run::FinishReason eventReason(FinishReason reason) {
    switch (reason) {
        case FinishReason::Completed:
            return run::FinishReason::Completed;
        case FinishReason::Stopped:
            return run::FinishReason::Stopped;
        case FinishReason::Suspended:
            return run::FinishReason::Suspended;
    }
    return run::FinishReason::Failed;
}

}  // namespace

Result<Outcome> run(const LoadedConfig& config, const Options& options) {
    ATELIER_TRY(auto settings, makeSettings(config.config, options.device));
    setThreads(settings.threads);
    setTf32(settings.tf32Convolutions, settings.tf32Products);
    const run::RunFolder folder{options.runFolder};
    ATELIER_DO(run::createRunFolder(folder));
    ATELIER_TRY(const auto lock, run::RunLock::acquire(folder, "atelier-engine train", options.takeover));
    std::error_code ignored;
    if (options.startOver || !fs::exists(folder.config(), ignored))
        ATELIER_DO(writeFileAtomic(folder.config(), frozenYaml(config)));
    ATELIER_DO(log::addFile(folder.rankLog(0)));
    ATELIER_TRY(const auto events, run::EventWriter::open(folder.events()));
    const run::Heartbeat heartbeat(*events);

    TrainingRun training(config, options, std::move(settings), folder, *events);
    auto outcome = training.run();
    if (!outcome) {
        static_cast<void>(events->write(run::errorEvent(outcome.error())));
        static_cast<void>(events->write(run::RunFinished{run::FinishReason::Failed, training.counters().step,
                                                         training.counters().images}));
        return outcome;
    }
    ATELIER_DO(events->write(run::RunFinished{eventReason(outcome->reason), outcome->step, outcome->images}));
    return outcome;
}

}  // namespace atelier::train
