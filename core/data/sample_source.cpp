// SPDX-License-Identifier: GPL-3.0-or-later
// SampleSource: decode threads that run ahead of the consumer by a bounded number of samples, delivered in
// order.
#include "core/data/sample_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace atelier::data {

struct SampleSource::State {
    State(std::shared_ptr<const DatasetIndex> dataset, const TrainPlan& given, const SampleSourceOptions& how)
        : index(std::move(dataset)),
          plan(given),
          options(how),
          order(*index, plan),
          slots(static_cast<std::size_t>(std::max(1, how.prefetch))) {}

    ~State() {
        {
            const std::lock_guard lock(mutex);
            stop = true;
        }
        changed.notify_all();
        for (std::thread& thread : threads) thread.join();
    }

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [this] { return stop || claimed < delivered + slots.size(); });
            if (stop) return;
            const std::uint64_t k = claimed++;
            lock.unlock();
            auto sample = loadTrainSample(*index, plan, order, options.numbers.at(k));
            lock.lock();
            slots[k % slots.size()] = std::move(sample);
            changed.notify_all();
        }
    }

    std::shared_ptr<const DatasetIndex> index;
    TrainPlan plan;
    SampleSourceOptions options;
    SampleOrder order;

    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::optional<Result<TrainSample>>>
        slots;  // sample k of the sequence lies in slots[k % size]
    std::uint64_t claimed = 0, delivered = 0;
    bool stop = false;
    std::optional<Error> error;
    double waited = 0.0;
    std::vector<std::thread> threads;
};

SampleSource::SampleSource(std::unique_ptr<State> state) : state_(std::move(state)) {}
SampleSource::SampleSource(SampleSource&&) noexcept = default;
SampleSource& SampleSource::operator=(SampleSource&&) noexcept = default;
SampleSource::~SampleSource() = default;

Result<SampleSource> SampleSource::open(std::shared_ptr<const DatasetIndex> index, const TrainPlan& plan,
                                        const SampleSourceOptions& options) {
    const auto wrong = [](std::string what, std::string key) {
        return fail(ErrorCode::Config, std::move(what), "dataset.params." + key);
    };
    if (plan.resolution < 1 || plan.resolution > 16384)
        return wrong(fmt::format("a resolution of {} is outside 1 to 16384", plan.resolution), "resolution");
    if (!(plan.captionDropout >= 0.0 && plan.captionDropout <= 1.0))
        return wrong(fmt::format("a caption dropout of {} is outside 0 to 1", plan.captionDropout),
                     "text_dropout");
    if (!(plan.flipProbability >= 0.0 && plan.flipProbability <= 1.0))
        return wrong(fmt::format("a flip probability of {} is outside 0 to 1", plan.flipProbability), "flip");
    if (options.numbers.block == 0 || options.numbers.stride < options.numbers.block)
        return wrong("blocks of sample numbers overlap", "batch_size");
    auto state = std::make_unique<State>(std::move(index), plan, options);
    for (int t = 0; t < std::max(1, options.threads); ++t)
        state->threads.emplace_back([s = state.get()] { s->work(); });
    return SampleSource(std::move(state));
}

Result<TrainSample> SampleSource::next() {
    State& s = *state_;
    std::unique_lock lock(s.mutex);
    if (s.error) return fail(*s.error);
    auto& slot = s.slots[s.delivered % s.slots.size()];
    if (!slot) {
        const auto start = std::chrono::steady_clock::now();
        s.changed.wait(lock, [&] { return slot.has_value(); });
        s.waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    }
    Result<TrainSample> sample = *std::move(slot);
    slot.reset();
    ++s.delivered;
    if (!sample) s.error = sample.error();
    lock.unlock();
    s.changed.notify_all();
    return sample;
}

double SampleSource::secondsWaited() const {
    const std::lock_guard lock(state_->mutex);
    return state_->waited;
}

}  // namespace atelier::data
