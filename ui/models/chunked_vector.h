// SPDX-License-Identifier: GPL-3.0-or-later
// A growing array in fixed chunks: appending never moves what is there, so a curve of a million points costs
// its own bytes and no doubling. Used by metric_store.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <vector>

namespace atelier {

template <class T>
class ChunkedVector {
    static_assert(std::is_trivially_copyable_v<T>);
    static constexpr std::size_t kShift = 13;  // 8 192 elements
    static constexpr std::size_t kChunk = std::size_t{1} << kShift;

  public:
    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    const T& operator[](std::size_t i) const { return chunks_[i >> kShift][i & (kChunk - 1)]; }
    T& operator[](std::size_t i) { return chunks_[i >> kShift][i & (kChunk - 1)]; }
    const T& back() const { return (*this)[size_ - 1]; }
    void push_back(const T& value) {
        if (size_ == chunks_.size() << kShift) chunks_.push_back(std::unique_ptr<T[]>(new T[kChunk]));
        (*this)[size_++] = value;
    }
    // Drops the tail; `n` ≤ size().
    void truncate(std::size_t n) {
        size_ = n;
        chunks_.resize((n + kChunk - 1) >> kShift);
    }

  private:
    std::vector<std::unique_ptr<T[]>> chunks_;
    std::size_t size_ = 0;
};

}  // namespace atelier
