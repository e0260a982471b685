// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine bench data write|read|load`: figures of the data path, one JSON object per repetition on
// stdout. scripts/bench/shards.py holds them against the Python webdataset library.
#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstring>
#include <functional>

#include "app/engine/cli.h"
#include "core/base/json.h"
#include "core/data/sample_source.h"
#include "core/data/shard_paths.h"
#include "core/data/shard_reader.h"
#include "core/data/shard_writer.h"

namespace atelier::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Figures {
    std::uint64_t samples = 0, bytes = 0;  // bytes of members
    double seconds = 0.0;
};

double cpuSeconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Runs the measurement `repeat` times; prints each result as soon as it is there.
int measure(const char* name, int repeat, const std::function<Result<Figures>()>& run) {
    for (int i = 0; i < repeat; ++i) {
        const double cpu = cpuSeconds();
        const auto figures = run();
        if (!figures) return report(figures.error());
        const Json line = {{"bench", name},
                           {"samples", figures->samples},
                           {"bytes", figures->bytes},
                           {"seconds", figures->seconds},
                           {"samples_per_s", static_cast<double>(figures->samples) / figures->seconds},
                           {"mb_per_s", static_cast<double>(figures->bytes) / figures->seconds * 1e-6},
                           {"cpu_seconds", cpuSeconds() - cpu}};
        std::printf("%s\n", dumpJson(line).c_str());
        std::fflush(stdout);
    }
    return 0;
}

// Incompressible bytes; a 64-bit linear congruential generator is random enough for that.
std::string noise(std::size_t size, std::uint64_t seed) {
    std::string bytes(size, '\0');
    std::uint64_t state = seed * 2 + 1;
    for (std::size_t i = 0; i + 8 <= size; i += 8) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        std::memcpy(bytes.data() + i, &state, 8);
    }
    return bytes;
}

struct MemorySample {
    std::string key, image, caption, metadata;
};

// Writes samples that lie in memory into new shards; the time covers everything up to synced, indexed files.
Result<Figures> writeOnce(const std::vector<MemorySample>& samples, const fs::path& folder) {
    fs::remove_all(folder);
    Figures figures;
    const auto start = Clock::now();
    ATELIER_TRY(auto writer, data::ShardWriter::create(folder));
    for (const MemorySample& sample : samples) {
        const data::MemberView members[] = {
            {"jpg", sample.image}, {"json", sample.metadata}, {"txt", sample.caption}};
        ATELIER_DO(writer.add(sample.key, members));
        figures.bytes += sample.image.size() + sample.metadata.size() + sample.caption.size();
    }
    ATELIER_TRY(const auto totals, writer.close());
    figures.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    figures.samples = totals.samples;
    return figures;
}

Result<Figures> readOnce(const std::string& spec) {
    Figures figures;
    const auto start = Clock::now();
    ATELIER_TRY(const auto paths, data::resolveShards(spec));
    for (const fs::path& path : paths) {
        ATELIER_TRY(auto reader, data::ShardReader::open(path));
        for (;;) {
            ATELIER_TRY(const data::ShardSample* sample, reader.next());
            if (sample == nullptr) break;
            ++figures.samples;
            for (const data::ShardMember& member : sample->members) figures.bytes += member.bytes.size();
        }
    }
    figures.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return figures;
}

Result<Figures> loadOnce(const std::shared_ptr<const data::DatasetIndex>& index, const data::TrainPlan& plan,
                         int threads, std::uint64_t samples) {
    Figures figures;
    data::SampleSourceOptions options;
    options.threads = threads;
    const auto start = Clock::now();
    ATELIER_TRY(auto source, data::SampleSource::open(index, plan, options));
    for (; figures.samples < samples; ++figures.samples) {
        ATELIER_TRY(const auto sample, source.next());
        figures.bytes += sample.pixels.size();
    }
    figures.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return figures;
}

}  // namespace

int benchData(Arguments arguments) {
    CLI::App app{"Speed of the data path: one JSON object per repetition", "atelier-engine bench data"};
    app.require_subcommand(1);
    int repeat = 1, threads = 1, resolution = 512;
    std::uint64_t count = 2000, imageBytes = 60'000;
    std::string out, spec;
    CLI::App* write = app.add_subcommand("write", "Samples from memory into shards");
    write->add_option("--out", out, "Folder to write into; emptied before each repetition")->required();
    write->add_option("--samples", count, "Samples to write")->capture_default_str();
    write->add_option("--image-bytes", imageBytes, "Bytes of each picture")->capture_default_str();
    CLI::App* read = app.add_subcommand("read", "All samples of shards in order, undecoded, one thread");
    read->add_option("shards", spec, "Folder, shard or pattern")->required();
    CLI::App* load = app.add_subcommand("load", "Training samples: shuffled, decoded, resized, cropped");
    load->add_option("shards", spec, "Folder, shard or pattern")->required();
    load->add_option("--samples", count, "Samples to load")->capture_default_str();
    load->add_option("--resolution", resolution, "Side of the square, pixels")->capture_default_str();
    load->add_option("--threads", threads, "Decode threads")->capture_default_str();
    for (CLI::App* sub : {write, read, load})
        sub->add_option("--repeat", repeat, "Repetitions")->capture_default_str();
    if (const auto code = parse(app, arguments)) return *code;

    if (*read) return measure("data.read", repeat, [&] { return readOnce(spec); });
    if (*load) {
        data::DatasetOptions options;
        options.required = "jpg;png;jpeg;webp";
        const auto index = data::DatasetIndex::open(spec, options);
        if (!index) return report(index.error());
        data::TrainPlan plan;
        plan.resolution = resolution;
        plan.needCaption = false;
        return measure("data.load", repeat, [&] { return loadOnce(*index, plan, threads, count); });
    }
    std::error_code error;
    if (fs::exists(out, error) && !fs::is_empty(out, error) &&
        !fs::exists(fs::path(out) / data::kShardJournalName, error))
        return report({ErrorCode::Usage, "the folder is not empty and not of an earlier measurement", out,
                       "Name a new folder."});
    std::vector<MemorySample> samples;
    for (std::uint64_t i = 0; i < count; ++i)
        samples.push_back(
            {fmt::format("sample-{:07}", i), noise(imageBytes, i),
             fmt::format("a picture of thing number {} on a table", i),
             fmt::format("{{\"width\":512,\"height\":512,\"original_width\":{},\"original_height\":1536}}",
                         1024 + i)});
    return measure("data.write", repeat, [&] { return writeOnce(samples, out); });
}

}  // namespace atelier::cli
