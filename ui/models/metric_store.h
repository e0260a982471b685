// SPDX-License-Identifier: GPL-3.0-or-later
// The numbers behind curves: rows (step, images, time) shared by all metrics of a run, one compact series per
// metric with a pyramid of minimum, maximum and sum, so that any stretch of a million points is drawn from a
// thousand look-ups. Filled by MetricModel; read by PlotView and the run list's small curves.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ui/models/chunked_vector.h"

namespace atelier {

struct Extent {
    float low = std::numeric_limits<float>::infinity();
    float high = -std::numeric_limits<float>::infinity();
    double sum = 0;
    std::uint32_t count = 0;  // finite values
    bool valid() const { return count > 0; }
    double mean() const { return sum / count; }
    void add(float value);
    void add(const Extent& other);
};

enum class PlotAxis { Steps, Images, Time };

// Values of one metric in the order of their rows. A metric that is there in every row stores four bytes a
// point; one that is not (validation) also remembers its rows.
class MetricSeries {
  public:
    static constexpr std::size_t kBlock = 16;  // extents of whole blocks are look-ups
    std::size_t size() const { return values_.size(); }
    float value(std::size_t i) const { return values_[i]; }
    std::size_t row(std::size_t i) const { return rows_.empty() ? first_ + i : rows_[i]; }
    // Finite values in [from, to).
    Extent extent(std::size_t from, std::size_t to) const;

    void append(std::size_t row, float value);
    // Forgets everything at `rows` and later.
    void truncateRows(std::size_t rows);

  private:
    static constexpr std::size_t kLevels = 3;
    static constexpr std::size_t kShift = 4;  // 16 values to a block, 16 blocks to the next
    void rebuildFrom(std::size_t index);
    ChunkedVector<float> values_;
    ChunkedVector<std::uint32_t> rows_;
    std::array<ChunkedVector<Extent>, kLevels> pyramid_;
    std::size_t first_ = 0;
};

class MetricStore {
  public:
    std::size_t rows() const { return steps_.size(); }
    // Changes with every change of the store: what was derived from an older version is stale.
    std::uint64_t version() const { return version_; }
    std::int64_t step(std::size_t row) const { return steps_[row]; }
    std::int64_t images(std::size_t row) const {
        return images_.empty() ? std::int64_t(steps_[row]) * imagesPerStep_ : images_[row];
    }
    double time(std::size_t row) const { return start_ + double(times_[row]); }  // unix seconds
    // Position of a row on an axis; Time counts seconds from the first row.
    double x(std::size_t row, PlotAxis axis) const;

    int seriesCount() const { return int(series_.size()); }
    const std::string& name(int series) const { return names_[std::size_t(series)]; }
    const MetricSeries& series(int series) const { return series_[std::size_t(series)]; }
    int find(std::string_view name) const;  // -1: not there (yet)

    // Rows come in order. A step that is not above the last one means a resumed run: what it repeats is
    // forgotten. Returns the number of rows that were dropped for it.
    std::size_t append(std::int64_t step, std::int64_t images, double unixTime,
                       std::span<const std::pair<std::string, double>> values);

    // Forgets the rows after `step`; returns how many those were.
    std::size_t forgetAfter(std::int64_t step);

    // Index of the first value of `series` at or right of `x`.
    std::size_t lowerBound(int series, double x, PlotAxis axis) const;
    // Index of the value nearest to `x`; the series must not be empty.
    std::size_t nearest(int series, double x, PlotAxis axis) const;

  private:
    void appendImages(std::int64_t images);
    // Nearly every run has the same number of images in every step: then that number is all that is kept.
    ChunkedVector<std::int64_t> images_;
    std::int64_t imagesPerStep_ = 0;
    std::uint64_t version_ = 0;
    ChunkedVector<std::uint32_t> steps_;
    ChunkedVector<float> times_;
    double start_ = 0;
    std::vector<std::string> names_;
    std::vector<MetricSeries> series_;
};

struct CurvePoint {
    double x = 0, y = 0;
    bool operator==(const CurvePoint&) const = default;
};

// At most `columns` buckets over values [from, to): their mean at the mean position. For small curves.
std::vector<CurvePoint> decimate(const MetricStore& store, int series, std::size_t from, std::size_t to,
                                 PlotAxis axis, std::size_t columns);

// Two-way exponential mean (kernel w^|i-j|, normalised at both ends, so the line neither lags nor starts at
// zero) of values [from, to), at most `columns` points of it. `smoothing` 0 … 0.999 is the weight kept per
// thousandth of the series (per value in shorter ones): the same setting looks the same on a long and on a
// short run.
std::vector<CurvePoint> smoothed(const MetricStore& store, int series, std::size_t from, std::size_t to,
                                 PlotAxis axis, double smoothing, std::size_t columns);

}  // namespace atelier
