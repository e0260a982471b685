// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/extract.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "core/data/image_io.h"
#include "core/data/remote_shards.h"
#include "core/data/sample_source.h"
#include "core/data/tar_file.h"

namespace atelier::data {
namespace {

constexpr std::size_t kProblems = 100, kPiece = std::size_t{1} << 20;

void note(Extracted& result, std::string problem) {
    if (result.problems.size() < kProblems) result.problems.push_back(std::move(problem));
}

Result<bool> liesElsewhere(const std::string& spec) {
    ATELIER_TRY(const auto remote, remoteShardsOf(spec));
    return !remote.empty();
}

Result<std::unique_ptr<ShardStream>> openStream(const std::string& spec, const DatasetOptions& dataset,
                                                const TrainPlan& plan, const ShardFetcher& fetch,
                                                const ReadProgressFn& progress, Extracted& result) {
    ShardStreamOptions options;
    options.dataset = dataset;
    options.plan = plan;
    options.windowShards = 8;
    options.folder = shardCache() / "stream" / fmt::format("extract-{}", ::getpid());
    options.fetch = fetch;
    options.problem = [&result](const std::string& problem) { note(result, problem); };
    options.goOn = [&progress, &result] {
        ReadProgress state;
        state.samples = result.written;
        return !progress || progress(state);
    };
    return ShardStream::open(spec, std::move(options));
}

// Lines of one index, until the limit.
class MetadataLines {
  public:
    MetadataLines(AtomicFile file, std::uint64_t limit, const ReadProgressFn& progress)
        : file_(std::move(file)), limit_(limit), progress_(progress) {}

    bool full(const Extracted& result) const { return limit_ != 0 && result.written >= limit_; }

    Status take(const DatasetIndex& index, std::uint64_t total, Extracted& result) {
        ReadProgress state;
        state.totalSamples = total;
        for (std::uint64_t i = 0; i < index.size() && !full(result); ++i) {
            auto json = index.read(i, *index.find(i, "json"));
            if (!json) {
                note(result, json.error().message());
                continue;
            }
            std::ranges::replace(*json, '\n', ' ');  // one sample, one line
            lines_ += *json + "\n";
            if (lines_.size() >= kPiece) ATELIER_DO(file_.write(std::exchange(lines_, {})));
            state.samples = ++result.written;
            if (progress_ && !progress_(state)) return fail(ErrorCode::Cancelled, "reading was cancelled");
        }
        return {};
    }
    Status close() {
        ATELIER_DO(file_.write(lines_));
        return file_.commit();
    }

  private:
    AtomicFile file_;
    std::uint64_t limit_;
    const ReadProgressFn& progress_;
    std::string lines_;
};

}  // namespace

Result<Extracted> extractMetadata(const std::string& spec, const fs::path& out, std::uint64_t limit,
                                  const ReadProgressFn& progress, const ShardFetcher& fetch) {
    DatasetOptions options;
    options.required = TrainPlan().imageKey + ",txt,json";
    Extracted result;
    ATELIER_TRY(AtomicFile file, AtomicFile::create(out));
    MetadataLines lines(std::move(file), limit, progress);
    ATELIER_TRY(const bool elsewhere, liesElsewhere(spec));
    if (elsewhere && fetch) {
        TrainPlan plan;
        plan.decodeImages = false;
        ATELIER_TRY(const auto stream, openStream(spec, options, plan, fetch, progress, result));
        while (stream->pass() == 0 && !lines.full(result)) {
            ATELIER_DO(lines.take(*stream->window(), limit, result));
            if (!lines.full(result)) ATELIER_DO(stream->skipWindow());
        }
    } else {
        ATELIER_TRY(const auto index, DatasetIndex::open(spec, options));
        result.problems = index->problems();
        const auto total = limit == 0 ? index->size() : std::min(limit, index->size());
        ATELIER_DO(lines.take(*index, total, result));
    }
    ATELIER_DO(lines.close());
    return result;
}

Result<Extracted> extractReference(const std::string& spec, const fs::path& out,
                                   const ReferenceOptions& options, const ReadProgressFn& progress,
                                   const ShardFetcher& fetch) {
    DatasetOptions dataset;
    TrainPlan plan;
    plan.seed = options.seed;
    plan.resolution = options.size;
    dataset.required = plan.imageKey + "," + plan.captionKey;
    Extracted result;
    std::unique_ptr<SampleStream> source;
    ShardStream* stream = nullptr;
    ReadProgress state;
    state.totalSamples = options.count;
    ATELIER_TRY(const bool elsewhere, liesElsewhere(spec));
    if (elsewhere && fetch) {
        ATELIER_TRY(auto opened, openStream(spec, dataset, plan, fetch, progress, result));
        stream = opened.get();
        source = std::move(opened);
    } else {
        ATELIER_TRY(const auto index, DatasetIndex::open(spec, dataset));
        result.problems = index->problems();
        state.totalSamples = std::min(options.count, index->size());
        ATELIER_TRY(auto opened, SampleSource::open(index, plan, {}));
        source = std::make_unique<SampleSource>(std::move(opened));
    }
    ATELIER_TRY(TarFile archive, TarFile::create(out));
    for (std::uint64_t n = 0; n < state.totalSamples; ++n) {
        ATELIER_TRY(const TrainSample sample, source->next());
        if (stream && stream->pass() > 0) break;  // there are no others
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
