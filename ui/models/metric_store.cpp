// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/metric_store.h"

#include <algorithm>
#include <cmath>

namespace atelier {

void Extent::add(float value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
    sum += double(value);
    ++count;
}

void Extent::add(const Extent& other) {
    low = std::min(low, other.low);
    high = std::max(high, other.high);
    sum += other.sum;
    count += other.count;
}

Extent MetricSeries::extent(std::size_t from, std::size_t to) const {
    Extent result;
    while (from < to) {
        // The largest whole block that starts here and ends inside.
        std::size_t level = 0;
        while (level < kLevels) {
            const std::size_t shift = kShift * (level + 1);
            if ((from & ((std::size_t{1} << shift) - 1)) != 0 || from + (std::size_t{1} << shift) > to) break;
            ++level;
        }
        if (level == 0) {
            result.add(values_[from++]);
        } else {
            result.add(pyramid_[level - 1][from >> (kShift * level)]);
            from += std::size_t{1} << (kShift * level);
        }
    }
    return result;
}

void MetricSeries::append(std::size_t row, float value) {
    if (values_.empty() && rows_.empty()) first_ = row;
    if (rows_.empty() && row != first_ + values_.size())
        for (std::size_t i = 0; i < values_.size(); ++i) rows_.push_back(std::uint32_t(first_ + i));
    if (!rows_.empty()) rows_.push_back(std::uint32_t(row));
    const std::size_t index = values_.size();
    values_.push_back(value);
    for (std::size_t level = 0; level < kLevels; ++level) {
        const std::size_t block = index >> (kShift * (level + 1));
        if (block == pyramid_[level].size()) pyramid_[level].push_back({});
        pyramid_[level][block].add(value);
    }
}

void MetricSeries::truncateRows(std::size_t rows) {
    std::size_t n = 0, high = values_.size();  // rows ascend
    while (n < high) {
        const std::size_t middle = (n + high) / 2;
        if (row(middle) < rows)
            n = middle + 1;
        else
            high = middle;
    }
    if (n == values_.size()) return;
    values_.truncate(n);
    if (!rows_.empty()) rows_.truncate(n);
    for (std::size_t level = 0; level < kLevels; ++level) {
        const std::size_t size = std::size_t{1} << (kShift * (level + 1));
        pyramid_[level].truncate((n + size - 1) / size);
    }
    rebuildFrom(n);
}

// The last block of every level covers values that are gone: sum it up again.
void MetricSeries::rebuildFrom(std::size_t index) {
    for (std::size_t level = 0; level < kLevels; ++level) {
        const std::size_t shift = kShift * (level + 1);
        if (pyramid_[level].empty()) continue;
        const std::size_t block = pyramid_[level].size() - 1;
        Extent extent;
        for (std::size_t i = block << shift; i < index; ++i) extent.add(values_[i]);
        pyramid_[level][block] = extent;
    }
}

double MetricStore::x(std::size_t row, PlotAxis axis) const {
    switch (axis) {
        case PlotAxis::Images:
            return double(images(row));
        case PlotAxis::Time:
            return double(times_[row]);
        case PlotAxis::Steps:
            break;
    }
    return double(steps_[row]);
}

int MetricStore::find(std::string_view name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    return at == names_.end() ? -1 : int(at - names_.begin());
}

std::size_t MetricStore::append(std::int64_t step, std::int64_t images, double unixTime,
                                std::span<const std::pair<std::string, double>> values) {
    step = std::clamp<std::int64_t>(step, 0, std::numeric_limits<std::uint32_t>::max());
    const std::size_t dropped =
        !steps_.empty() && std::int64_t(steps_.back()) > step ? forgetAfter(step - 1) : 0;
    ++version_;
    if (steps_.empty()) start_ = unixTime;
    // Two events of one step (training and validation) share a row.
    if (steps_.empty() || std::int64_t(steps_.back()) != step) {
        steps_.push_back(std::uint32_t(step));
        appendImages(images);
        const float elapsed = float(unixTime - start_);
        times_.push_back(times_.empty() ? elapsed : std::max(elapsed, times_.back()));
    }
    const std::size_t row = rows() - 1;
    for (const auto& [name, value] : values) {
        int index = find(name);
        if (index < 0) {
            index = seriesCount();
            names_.push_back(name);
            series_.emplace_back();
        }
        MetricSeries& series = series_[std::size_t(index)];
        if (series.size() > 0 && series.row(series.size() - 1) == row) series.truncateRows(row);
        series.append(row, float(value));
    }
    return dropped;
}

// For the newest row, whose step is there already.
void MetricStore::appendImages(std::int64_t images) {
    const std::size_t row = rows() - 1;
    const std::int64_t step = steps_[row];
    if (row == 0) {
        images_.truncate(0);
        imagesPerStep_ = step > 0 && images % step == 0 ? images / step : 0;
    }
    if (images_.empty()) {
        if (step * imagesPerStep_ == images) return;
        for (std::size_t i = 0; i < row; ++i) images_.push_back(std::int64_t(steps_[i]) * imagesPerStep_);
    }
    images_.push_back(images);
}

std::size_t MetricStore::forgetAfter(std::int64_t step) {
    std::size_t keep = 0, high = rows();
    while (keep < high) {
        const std::size_t middle = (keep + high) / 2;
        if (std::int64_t(steps_[middle]) <= step)
            keep = middle + 1;
        else
            high = middle;
    }
    const std::size_t dropped = rows() - keep;
    if (dropped == 0) return 0;
    ++version_;
    for (MetricSeries& series : series_) series.truncateRows(keep);
    steps_.truncate(keep);
    if (!images_.empty()) images_.truncate(keep);
    times_.truncate(keep);
    return dropped;
}

std::size_t MetricStore::lowerBound(int series, double x, PlotAxis axis) const {
    const MetricSeries& s = this->series(series);
    std::size_t low = 0, high = s.size();
    while (low < high) {
        const std::size_t middle = (low + high) / 2;
        if (this->x(s.row(middle), axis) < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

std::size_t MetricStore::nearest(int series, double x, PlotAxis axis) const {
    const MetricSeries& s = this->series(series);
    const std::size_t right = lowerBound(series, x, axis);
    if (right == 0) return 0;
    if (right == s.size()) return right - 1;
    const double toLeft = x - this->x(s.row(right - 1), axis), toRight = this->x(s.row(right), axis) - x;
    return toLeft <= toRight ? right - 1 : right;
}

namespace {

// From so many values on, a bucket may be up to a block wider or narrower than its neighbours.
constexpr std::size_t kAligned = 8 * MetricSeries::kBlock;

struct Bucket {
    double x = 0, mean = 0, centre = 0, weight = 0;  // centre: index; weight: finite values
};

void addBuckets(std::vector<Bucket>& out, const MetricStore& store, int series, std::size_t from,
                std::size_t to, PlotAxis axis, std::size_t columns) {
    if (from >= to || columns == 0) return;
    const MetricSeries& s = store.series(series);
    const std::size_t n = to - from, parts = std::min(n, columns);
    // Wide buckets begin at whole blocks of the pyramid, which saves most of the look-ups.
    const std::size_t block = n / parts >= kAligned ? MetricSeries::kBlock : 1;
    for (std::size_t k = 0; k < parts; ++k) {
        const std::size_t a = k == 0 ? from : (from + n * k / parts) / block * block,
                          b = k + 1 == parts ? to : (from + n * (k + 1) / parts) / block * block;
        const Extent extent = s.extent(a, b);
        if (!extent.valid()) continue;
        const double x = (store.x(s.row(a), axis) + store.x(s.row(b - 1), axis)) / 2;
        out.push_back({x, extent.mean(), double(a + b - 1) / 2, double(extent.count)});
    }
}

}  // namespace

std::vector<CurvePoint> decimate(const MetricStore& store, int series, std::size_t from, std::size_t to,
                                 PlotAxis axis, std::size_t columns) {
    std::vector<Bucket> buckets;
    addBuckets(buckets, store, series, from, to, axis, columns);
    std::vector<CurvePoint> result;
    result.reserve(buckets.size());
    for (const Bucket& b : buckets) result.push_back({b.x, b.mean});
    return result;
}

std::vector<CurvePoint> smoothed(const MetricStore& store, int series, std::size_t from, std::size_t to,
                                 PlotAxis axis, double smoothing, std::size_t columns) {
    const std::size_t n = store.series(series).size();
    to = std::min(to, n);
    if (from >= to) return {};
    smoothing = std::clamp(smoothing, 0.0, 0.999);
    if (smoothing == 0) return decimate(store, series, from, to, axis, columns);
    // w per value; what lies more than `reach` outside weighs less than 1 % and is left out.
    const double logW = std::log(smoothing) * std::min(1.0, 1000.0 / double(n));
    const auto reach = std::size_t(std::min(double(n), std::ceil(std::log(0.01) / logW)));
    const std::size_t left = from > reach ? from - reach : 0, right = std::min(n, to + reach);
    std::vector<Bucket> buckets;
    addBuckets(buckets, store, series, left, from, axis, columns / 2);
    const std::size_t begin = buckets.size();
    addBuckets(buckets, store, series, from, to, axis, columns);
    const std::size_t end = buckets.size();
    addBuckets(buckets, store, series, to, right, axis, columns / 2);

    const std::size_t count = buckets.size();
    std::vector<double> forward(count), forwardWeight(count);
    for (std::size_t i = 0; i < count; ++i) {
        const double decay = i > 0 ? std::exp(logW * (buckets[i].centre - buckets[i - 1].centre)) : 0;
        forward[i] = buckets[i].weight * buckets[i].mean + (i > 0 ? decay * forward[i - 1] : 0);
        forwardWeight[i] = buckets[i].weight + (i > 0 ? decay * forwardWeight[i - 1] : 0);
    }
    std::vector<CurvePoint> result(end - begin);
    double sum = 0, weight = 0;  // of everything right of i, seen from i
    for (std::size_t i = count; i-- > 0;) {
        if (i + 1 < count) {
            const double decay = std::exp(logW * (buckets[i + 1].centre - buckets[i].centre));
            sum = decay * (sum + buckets[i + 1].weight * buckets[i + 1].mean);
            weight = decay * (weight + buckets[i + 1].weight);
        }
        if (i >= begin && i < end)
            result[i - begin] = {buckets[i].x, (forward[i] + sum) / (forwardWeight[i] + weight)};
    }
    return result;
}

}  // namespace atelier
