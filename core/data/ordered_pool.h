// SPDX-License-Identifier: GPL-3.0-or-later
// Private to the dataset build: items made by several threads, used by the calling thread in their order,
// with a bound on how many wait. The result cannot depend on the number of threads.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/result.h"

namespace atelier::data {

// Calls produce(i) for i in [0, count) on `threads` threads and consume(i, item) here, in order; at most
// `window` items exist beyond the one being consumed. `keepGoing` is asked at least 20 times a second; false
// ends with Cancelled. The first Error of consume, or an exception of produce, ends it too.
template <class T>
Status orderedPool(std::size_t count, int threads, std::size_t window, const std::function<bool()>& keepGoing,
                   const std::function<T(std::size_t)>& produce,
                   const std::function<Status(std::size_t, T&&)>& consume) {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<std::optional<T>> slots(std::max<std::size_t>(window, 1));
    std::size_t next = 0;
    std::size_t consumed = 0;
    bool stop = false;
    std::optional<Error> failure;

    const auto work = [&] {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return stop || next >= count || next < consumed + slots.size(); });
            if (stop || next >= count) return;
            const std::size_t i = next++;
            lock.unlock();
            std::optional<T> item;
            std::optional<Error> error;
            try {
                item = produce(i);
            } catch (const std::exception& e) {
                error = Error{ErrorCode::Internal, e.what(), {}, {}};
            }
            lock.lock();
            if (error) {
                failure = std::move(error);
                stop = true;
            } else {
                slots[i % slots.size()] = std::move(item);
            }
            changed.notify_all();
        }
    };
    std::vector<std::jthread> pool;
    const std::size_t workers =
        std::min<std::size_t>(std::size_t(std::max(threads, 1)), std::max<std::size_t>(count, 1));
    for (std::size_t t = 0; t < workers; ++t) pool.emplace_back(work);

    const auto finish = [&](Status status) {
        {
            const std::lock_guard lock(mutex);
            stop = true;
        }
        changed.notify_all();
        pool.clear();  // joins
        return status;
    };
    for (std::size_t i = 0; i < count; ++i) {
        std::optional<T> item;
        {
            std::unique_lock lock(mutex);
            auto& slot = slots[i % slots.size()];
            while (!slot && !failure) {
                if (!keepGoing()) break;
                changed.wait_for(lock, std::chrono::milliseconds(50),
                                 [&] { return slot.has_value() || failure.has_value(); });
            }
            if (failure) {
                lock.unlock();
                return finish(fail(*failure));
            }
            if (slot) item = std::exchange(slot, std::nullopt);
            consumed = i + 1;
        }
        changed.notify_all();
        if (!item || !keepGoing()) return finish(fail(ErrorCode::Cancelled, "it was cancelled"));
        if (auto used = consume(i, std::move(*item)); !used) return finish(std::move(used));
    }
    return finish({});
}

// A bound on memory in flight: acquire before allocating about `bytes`. One taker always gets through,
// however much it wants.
class MemoryBudget {
  public:
    explicit MemoryBudget(std::uint64_t bytes) : free_(bytes), all_(bytes) {}

    class Share {
      public:
        Share(MemoryBudget& budget, std::uint64_t bytes)
            : budget_(budget), bytes_(std::min(bytes, budget.all_)) {
            std::unique_lock lock(budget_.mutex_);
            budget_.changed_.wait(lock, [&] { return budget_.free_ >= bytes_; });
            budget_.free_ -= bytes_;
        }
        ~Share() {
            {
                const std::lock_guard lock(budget_.mutex_);
                budget_.free_ += bytes_;
            }
            budget_.changed_.notify_all();
        }
        Share(const Share&) = delete;
        Share& operator=(const Share&) = delete;

      private:
        MemoryBudget& budget_;
        std::uint64_t bytes_;
    };

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t free_;
    const std::uint64_t all_;
};

}  // namespace atelier::data
