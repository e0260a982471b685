// SPDX-License-Identifier: GPL-3.0-or-later
// Used by the dataset build and the latent cache: items made by several threads, used by the calling thread
// in their order, with bounds on how many wait and on the memory of all. The result cannot depend on the
// number of threads.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/result.h"

namespace atelier::data {

template <class T>
struct PoolWork {
    std::function<T(std::size_t)> produce;             // on any thread
    std::function<Status(std::size_t, T&&)> consume;   // on the calling thread, in order
    std::function<bool()> keepGoing;                   // asked at least 20 times a second
    std::function<std::uint64_t(std::size_t)> making;  // bytes that item i takes while it is made
    std::function<std::uint64_t(const T&)> waiting;    // bytes of a finished one
};

struct PoolLimits {
    int threads = 1;
    std::size_t window = 1;  // items that are being made or wait
    // Bytes of those. The next item to be used is always made, however much it wants.
    std::uint64_t memory = std::numeric_limits<std::uint64_t>::max();
};

template <class T>
class OrderedPool {
  public:
    OrderedPool(std::size_t count, const PoolLimits& limits, const PoolWork<T>& work)
        : count_(count),
          limits_(limits),
          work_(work),
          slots_(std::max<std::size_t>(limits.window, 1)),
          bytes_(slots_.size()) {}

    // Cancelled when keepGoing says no; otherwise the first Error of consume, or an exception of produce.
    Status run() {
        std::vector<std::jthread> threads;
        const std::size_t wanted =
            std::min(std::size_t(std::max(limits_.threads, 1)), std::max<std::size_t>(count_, 1));
        for (std::size_t t = 0; t < wanted; ++t) threads.emplace_back([this] { produceItems(); });
        Status status = consumeItems();
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        return status;  // the threads are joined
    }

  private:
    bool mayStart() const {
        if (next_ >= used_ + slots_.size()) return false;
        return next_ == used_ || held_ + work_.making(next_) <= limits_.memory;
    }

    void produceItems() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return stop_ || next_ >= count_ || mayStart(); });
            if (stop_ || next_ >= count_) return;
            const std::size_t i = next_++;
            const std::uint64_t making = work_.making(i);
            held_ += making;
            lock.unlock();
            std::optional<T> item;
            std::optional<Error> error;
            try {
                item = work_.produce(i);
            } catch (const std::bad_alloc&) {
                error = Error{
                    ErrorCode::Internal, "there is not enough memory for this", {}, "Use fewer --threads."};
            } catch (const std::exception& e) {
                error = Error{ErrorCode::Internal, e.what(), {}, {}};
            }
            lock.lock();
            held_ -= making;
            if (error) {
                failure_ = std::move(error);
                stop_ = true;
            } else {
                held_ += bytes_[i % slots_.size()] = work_.waiting(*item);
                slots_[i % slots_.size()] = std::move(item);
            }
            changed_.notify_all();
        }
    }

    Status consumeItems() {
        for (std::size_t i = 0; i < count_; ++i) {
            std::optional<T> item;
            {
                std::unique_lock lock(mutex_);
                auto& slot = slots_[i % slots_.size()];
                while (!slot && !failure_) {
                    if (!work_.keepGoing()) return fail(ErrorCode::Cancelled, "it was cancelled");
                    changed_.wait_for(lock, std::chrono::milliseconds(50),
                                      [&] { return slot.has_value() || failure_.has_value(); });
                }
                if (failure_) return fail(*failure_);
                item = std::exchange(slot, std::nullopt);
            }
            if (!work_.keepGoing()) return fail(ErrorCode::Cancelled, "it was cancelled");
            ATELIER_DO(work_.consume(i, std::move(*item)));
            item.reset();
            {
                const std::lock_guard lock(mutex_);
                held_ -= bytes_[i % slots_.size()];
                used_ = i + 1;
            }
            changed_.notify_all();
        }
        return {};
    }

    const std::size_t count_;
    const PoolLimits limits_;
    const PoolWork<T>& work_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::optional<T>> slots_;  // item i in slots_[i % size]
    std::vector<std::uint64_t> bytes_;     // of finished items, likewise
    std::size_t next_ = 0;                 // to be made
    std::size_t used_ = 0;                 // items that are gone
    std::uint64_t held_ = 0;               // bytes of items being made, waiting and being used
    bool stop_ = false;
    std::optional<Error> failure_;
};

}  // namespace atelier::data
