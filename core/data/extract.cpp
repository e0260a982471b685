// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/extract.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/data/image_io.h"
#include "core/data/sample_source.h"
#include "core/data/tar_file.h"

namespace atelier::data {
namespace {

constexpr std::size_t kProblems = 100, kPiece = std::size_t{1} << 20;

void note(Extracted& result, std::string problem) {
    if (result.problems.size() < kProblems) result.problems.push_back(std::move(problem));
}

}  // namespace

Result<Extracted> extractMetadata(const std::string& spec, const fs::path& out, std::uint64_t limit,
                                  const ReadProgressFn& progress) {
    DatasetOptions options;
    options.required = TrainPlan().imageKey + ",txt,json";
    ATELIER_TRY(const auto index, DatasetIndex::open(spec, options));
    Extracted result{0, index->problems()};
    ATELIER_TRY(AtomicFile file, AtomicFile::create(out));
    std::string lines;
    ReadProgress state;
    state.totalSamples = limit == 0 ? index->size() : std::min(limit, index->size());
    for (std::uint64_t i = 0; i < index->size() && result.written < state.totalSamples; ++i) {
        auto json = index->read(i, *index->find(i, "json"));
        if (!json) {
            note(result, json.error().message());
            continue;
        }
        std::ranges::replace(*json, '\n', ' ');  // one sample, one line
        lines += *json + "\n";
        if (lines.size() >= kPiece) ATELIER_DO(file.write(std::exchange(lines, {})));
        state.samples = ++result.written;
        if (progress && !progress(state)) return fail(ErrorCode::Cancelled, "reading was cancelled", spec);
    }
    ATELIER_DO(file.write(lines));
    ATELIER_DO(file.commit());
    return result;
}

Result<Extracted> extractReference(const std::string& spec, const fs::path& out,
                                   const ReferenceOptions& options, const ReadProgressFn& progress) {
    DatasetOptions dataset;
    TrainPlan plan;
    plan.seed = options.seed;
    plan.resolution = options.size;
    dataset.required = plan.imageKey + "," + plan.captionKey;
    ATELIER_TRY(const auto index, DatasetIndex::open(spec, dataset));
    Extracted result{0, index->problems()};
    ATELIER_TRY(TarFile archive, TarFile::create(out));
    SampleSourceOptions reading;
    ATELIER_TRY(SampleSource source, SampleSource::open(index, plan, reading));
    ReadProgress state;
    state.totalSamples = std::min(options.count, index->size());
    for (std::uint64_t n = 0; n < state.totalSamples; ++n) {
        ATELIER_TRY(const TrainSample sample, source.next());
        // A stand-in may be drawn again later: a set has every picture once, so its place stays empty.
        for (const DroppedSample& dropped : sample.dropped)
            note(result, fmt::format("{}, sample \"{}\": {}", dropped.shard, dropped.key, dropped.reason));
        state.samples = n + 1;
        if (progress && !progress(state)) return fail(ErrorCode::Cancelled, "reading was cancelled", spec);
        if (!sample.dropped.empty()) continue;
        Image image = Image::allocate(sample.width, sample.height);
        std::copy(sample.pixels.begin(), sample.pixels.end(), image.row(0));
        ATELIER_TRY(const std::string jpeg, encodeImage(image, {.format = ImageFormat::Jpeg}));
        ATELIER_DO(archive.add(fmt::format("{:08}.jpg", result.written), jpeg));
        ++result.written;
    }
    ATELIER_DO(archive.close());
    return result;
}

}  // namespace atelier::data
