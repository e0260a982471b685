// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine dataset build | verify | list | stats: command lines in, core/data calls, text or JSON out.
#include <fmt/format.h>
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>

#include "app/engine/cli.h"
#include "app/engine/cli_checks.h"
#include "app/engine/fetch_shards.h"
#include "app/engine/progress.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/build.h"
#include "core/data/dataset_folder.h"
#include "core/data/extract.h"
#include "core/data/verify.h"

namespace atelier::cli {
namespace {

namespace d = atelier::data;

// A handler may touch nothing but such a flag.
std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free);

// First Ctrl-C or SIGTERM: end in order. Second: at once.
void onSignal(int number) {
    interrupted = true;
    std::signal(number, SIG_DFL);
}

void takeSignals() {
    std::signal(SIGPIPE, SIG_IGN);  // `dataset build … | head` does not end a build
    std::signal(SIGINT, onSignal);
    std::signal(SIGTERM, onSignal);
}

// Pictures come and go by megabytes: giving each back to the kernel and asking again costs a seventh of the
// time.
void keepFreedMemory() {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

struct BuildArguments {
    std::vector<std::string> sources;
    std::string out;
    std::string shardSize;
    std::uint64_t shardSamples = 0;
    std::uint64_t shardCount = 0;
    std::string format;
    int quality = 0;
    int resize = 0;
    std::string resizeMode;
    bool enlarge = false;
    bool requireCaptions = false;
    std::string defaultCaption;
    std::string captionFrom;
    bool keepDuplicates = false;
    int minSide = 0;
    double maxRatio = 0;
    double maxPixels = 0;
    std::int64_t shuffleSeed = -1;
    int threads = 0;
    bool restart = false;
    bool json = false;
};

void describeBuild(CLI::App& app, BuildArguments& a) {
    app.add_option("SOURCE", a.sources, "a dataset folder (with dataset.yaml), or folders and pictures")
        ->required();
    app.add_option("--out", a.out, "the new version's folder; a dataset folder has vN as its default");
    auto* size =
        app.add_option("--shard-size", a.shardSize, "a shard closes at this size: 256MB (default), 1GiB, …");
    app.add_option("--shard-samples", a.shardSamples, "… or at so many samples (default 10000)")
        ->check(cli::atLeast(1));
    app.add_option("--shard-count", a.shardCount, "instead: this many shards of equal count")
        ->check(cli::atLeast(1))
        ->excludes(size);
    app.add_option("--format", a.format,
                   "keep (default: bytes stay as they are wherever possible), jpg, png or webp")
        ->check(CLI::IsMember({"keep", "jpg", "png", "webp"}));
    app.add_option("--quality", a.quality,
                   "of JPEG and WebP that are encoded again, 1 … 100 (default 95; WebP 100 = lossless)")
        ->check(CLI::Range(1, 100));
    app.add_option("--resize", a.resize, "scale down to this many pixels")->check(CLI::Range(1, 65535));
    app.add_option("--resize-mode", a.resizeMode,
                   "what becomes that long: short side (default), long side, or a centred square")
        ->check(CLI::IsMember({"short", "long", "square"}));
    app.add_flag("--enlarge", a.enlarge, "scale smaller pictures up, too");
    app.add_flag("--require-captions", a.requireCaptions, "leave out pictures without a caption");
    app.add_option("--default-caption", a.defaultCaption, "for pictures without one");
    app.add_option("--caption-from", a.captionFrom, "which one holds where several differ")
        ->check(CLI::IsMember({"txt", "caption", "json", "table"}));
    app.add_flag("--keep-duplicates", a.keepDuplicates, "keep further copies of equal pictures");
    app.add_option("--min-side", a.minSide, "leave out pictures whose shorter side has fewer pixels")
        ->check(cli::atLeast(0));
    app.add_option("--max-ratio", a.maxRatio, "leave out pictures more oblong than this, e.g. 3")
        ->check(cli::between(1, 1000));
    app.add_option("--max-pixels", a.maxPixels, "refuse pictures with more, in millions (default 300)")
        ->check(cli::between(1e-6, 1e6));
    app.add_option("--shuffle", a.shuffleSeed, "shuffle the order of the samples with this seed")
        ->check(cli::atLeast(0));
    app.add_option("--threads", a.threads,
                   "pictures worked on at once (default: one per core); no effect on the result")
        ->check(CLI::Range(1, 1024));
    app.add_flag("--restart", a.restart, "do not continue an unfinished build");
    app.add_flag("--json", a.json, "print one JSON object; progress is in events.jsonl of the work folder");
}

// Options of the command line win over those of dataset.yaml.
Status applyOptions(const BuildArguments& a, d::BuildOptions& o) {
    if (!a.shardSize.empty()) {
        if (!parseBytes(a.shardSize, o.shardBytes) || o.shardBytes == 0) {
            return fail(ErrorCode::Usage, fmt::format("\"{}\" is not a size", a.shardSize), "--shard-size",
                        "Write 256MB, 1GiB or a number of bytes.");
        }
        o.shardCount.reset();
    }
    if (a.shardSamples > 0) o.shardSamples = a.shardSamples;
    if (a.shardCount > 0) o.shardCount = a.shardCount;
    if (a.format == "keep")
        o.plan.format.reset();
    else if (!a.format.empty())
        o.plan.format = d::formatOfExtension(a.format);
    if (a.quality > 0) o.quality = a.quality;
    if (a.resize > 0) o.plan.resize.side = a.resize;
    if (!a.resizeMode.empty()) {
        o.plan.resize.mode = a.resizeMode == "long"     ? d::ResizeMode::LongSide
                             : a.resizeMode == "square" ? d::ResizeMode::Square
                                                        : d::ResizeMode::ShortSide;
    }
    if (a.enlarge) o.plan.resize.enlarge = true;
    if (a.requireCaptions) o.plan.captions = d::CaptionRule::Required;
    if (!a.defaultCaption.empty()) o.plan.defaultCaption = a.defaultCaption;
    if (!a.captionFrom.empty()) {
        o.captionPreference = a.captionFrom == "caption" ? d::CaptionPreference::Caption
                              : a.captionFrom == "json"  ? d::CaptionPreference::Json
                              : a.captionFrom == "table" ? d::CaptionPreference::Table
                                                         : d::CaptionPreference::Txt;
    }
    if (a.keepDuplicates) o.plan.duplicates = d::DuplicateRule::Keep;
    if (a.minSide > 0) o.plan.minSide = a.minSide;
    if (a.maxRatio > 0) o.plan.maxRatio = a.maxRatio;
    if (a.maxPixels > 0) o.maxPixels = std::uint64_t(a.maxPixels * 1e6);
    if (a.shuffleSeed >= 0) o.shuffleSeed = std::uint64_t(a.shuffleSeed);
    return {};
}

Result<d::BuildRequest> makeRequest(const BuildArguments& a) {
    d::BuildRequest request;
    if (a.sources.size() == 1 && d::isDatasetFolder(expandUser(a.sources[0]))) {
        ATELIER_TRY(const d::DatasetFolder dataset, d::readDatasetFolder(expandUser(a.sources[0])));
        request.sources = dataset.sourcePaths();
        request.edits = dataset.editsPath();
        request.name = dataset.name;
        request.options = dataset.options;
        request.target = dataset.folder / fmt::format("v{}", d::nextVersion(dataset.folder));
    } else {
        for (const auto& source : a.sources) request.sources.push_back(expandUser(source));
    }
    if (!a.out.empty()) request.target = expandUser(a.out);
    if (request.target.empty())
        return fail(ErrorCode::Usage, "--out is missing", "", "It names the folder for the shards.");
    ATELIER_DO(applyOptions(a, request.options));
    request.threads = a.threads;
    request.restart = a.restart;
    return request;
}

ProgressState progressState(const d::BuildProgress& p) {
    ProgressState state{.phase = std::string(d::buildPhaseName(p.phase)),
                        .done = p.done,
                        .total = p.total,
                        .rate = p.imagesPerSecond,
                        .unit = "images",
                        .etaSeconds = p.etaSeconds};
    if (p.phase == d::BuildPhase::Plan || p.phase == d::BuildPhase::Manifest)
        state.rate = -1;  // no work that has a speed
    if (p.bytes > 0) state.extra = humanBytes(p.bytes);
    return state;
}

void printBuilt(const d::BuildSummary& s, bool json) {
    if (json) {
        Json object{{"target", s.target.string()},
                    {"pattern", s.pattern},
                    {"scanned", s.scanned},
                    {"kept", s.kept},
                    {"dropped", s.dropped},
                    {"shards", s.shards},
                    {"reencoded", s.reencoded},
                    {"without_caption", s.withoutCaption},
                    {"bytes", s.bytes},
                    {"seconds", s.seconds},
                    {"warnings", s.warnings}};
        object["drops"] = Json::object();
        for (const auto& [reason, count] : s.byReason)
            object["drops"][std::string(d::dropReasonCode(reason))] = count;
        std::printf("%s\n", dumpJson(object).c_str());
        return;
    }
    std::string text = fmt::format(
        "{} of {} in {}, {}, verified, {}\n", s.kept, plural(s.scanned, "picture"), plural(s.shards, "shard"),
        humanBytes(s.bytes), s.seconds < 10 ? fmt::format("{:.1f} s", s.seconds) : humanDuration(s.seconds));
    for (const auto& [reason, count] : s.byReason)
        text += fmt::format("  {:>6} left out: {}\n", count, d::dropReasonCode(reason));
    if (s.reencoded > 0) text += fmt::format("  {:>6} encoded again\n", s.reencoded);
    if (s.withoutCaption > 0) text += fmt::format("  {:>6} without a caption\n", s.withoutCaption);
    if (s.dropped + s.reencoded > 0 || !s.warnings.empty())
        text += fmt::format("  every file: {}\n", (s.target / "report.jsonl").string());
    text += s.pattern + "\n";
    std::fputs(text.c_str(), stdout);
}

int buildVerb(Arguments arguments) {
    CLI::App app{
        "Build verified WebDataset shards from folders of captioned pictures. Originals are never touched.",
        "atelier-engine dataset build"};
    BuildArguments a;
    describeBuild(app, a);
    if (const auto code = parse(app, arguments)) return *code;
    const auto request = makeRequest(a);
    if (!request) return report(request.error(), a.json);
    takeSignals();
    keepFreedMemory();
    ProgressDisplay display(a.json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto);
    d::BuildHooks hooks;
    hooks.cancel = &interrupted;
    hooks.progress = [&](const d::BuildProgress& p) { display.update(progressState(p)); };
    hooks.warning = [&](const std::string& text) {
        if (!a.json) display.print("warning: " + text);
    };
    const auto built = d::buildDataset(*request, hooks);
    display.finish();
    if (!built) {
        if (built.error().code == ErrorCode::Cancelled && interrupted) {
            return report({ErrorCode::Cancelled, "interrupted; nothing was published",
                           request->target.string(), "The same command continues the build."},
                          a.json);
        }
        return report(built.error(), a.json);
    }
    printBuilt(*built, a.json);
    return 0;
}

// Shared by verify and stats.
struct ReadDisplay {
    ProgressDisplay display;
    std::string phase;
    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();

    bool operator()(const d::ReadProgress& p) {
        const double elapsed =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        const double rate = elapsed > 0.2 ? double(p.samples) / elapsed : -1;
        const double left =
            rate > 0 && p.totalSamples >= p.samples ? double(p.totalSamples - p.samples) / rate : -1;
        display.update({phase, p.samples, p.totalSamples, rate, "samples", left, humanBytes(p.bytes)});
        return !interrupted;
    }
};

int verifyVerb(Arguments arguments) {
    CLI::App app{"Read a built dataset again, every byte, against its manifest and index.",
                 "atelier-engine dataset verify"};
    std::string folder;
    int threads = 2;
    bool json = false;
    app.add_option("DIR", folder, "a version folder with manifest.json")->required();
    app.add_option("--threads", threads, "shards read at once (default 2)")->check(CLI::Range(1, 256));
    app.add_flag("--json", json, "print one JSON object");
    if (const auto code = parse(app, arguments)) return *code;
    takeSignals();
    ReadDisplay display{ProgressDisplay(json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto),
                        "verify"};
    const auto report = d::verifyDataset(expandUser(folder), std::ref(display), threads);
    display.display.finish();
    if (!report) return cli::report(report.error(), json);
    if (json) {
        Json object{{"ok", report->ok()},
                    {"shards", report->shards},
                    {"samples", report->samples},
                    {"bytes", report->bytes},
                    {"problem_count", report->problemCount}};
        object["problems"] = Json::array();
        for (const auto& p : report->problems)
            object["problems"].push_back({{"shard", p.shard}, {"key", p.key}, {"text", p.text}});
        std::printf("%s\n", dumpJson(object).c_str());
    } else {
        for (const auto& p : report->problems)
            std::printf("%s%s%s: %s\n", p.shard.c_str(), p.key.empty() ? "" : ", ", p.key.c_str(),
                        p.text.c_str());
        if (report->ok()) {
            std::printf("%s", fmt::format("{} in {}, {}: every byte as the manifest says\n",
                                          plural(report->samples, "sample"), plural(report->shards, "shard"),
                                          humanBytes(report->bytes))
                                  .c_str());
        }
    }
    if (report->ok()) return 0;
    return cli::report({ErrorCode::Data,
                        plural(report->problemCount, "difference") + " between the shards and their manifest",
                        folder, "Copy the dataset again or build it again."},
                       json);
}

// 0, or 3 with the first problem when shards are missing or damaged: what was listed or counted is not all.
int reportProblems(const std::vector<std::string>& problems, const std::string& spec, bool json) {
    if (problems.empty()) return 0;
    std::string what = problems.front();
    while (what.ends_with('.')) what.pop_back();
    if (problems.size() > 1) what += fmt::format(" (and {} more)", problems.size() - 1);
    return report({ErrorCode::Data, "this is not all: " + what, spec, "Copy or build the dataset again."},
                  json);
}

int listVerb(Arguments arguments) {
    CLI::App app{"List the samples of shards: key, members, sizes.", "atelier-engine dataset list"};
    std::string spec;
    std::uint64_t limit = 0;
    bool json = false;
    app.add_option("DIR", spec, "a version folder, a shard, or a pattern like DIR/{000000..000007}.tar")
        ->required();
    app.add_option("--limit", limit, "stop after so many samples");
    app.add_flag("--json", json, "one JSON object per line");
    if (const auto code = parse(app, arguments)) return *code;
    std::uint64_t shown = 0;
    const auto visit = [&](const d::ListedSample& sample) {
        if (json) {
            Json line{{"shard", sample.shard}, {"key", sample.key}, {"members", Json::object()}};
            for (const auto& [extension, bytes] : sample.members) line["members"][extension] = bytes;
            std::printf("%s\n", dumpJson(line).c_str());
        } else {
            std::string line = fs::path(sample.shard).filename().string() + "  " + sample.key;
            for (const auto& [extension, bytes] : sample.members)
                line += fmt::format("  {} {}", extension, humanBytes(bytes));
            std::printf("%s\n", line.c_str());
        }
        return ++shown != limit && !std::ferror(stdout);
    };
    std::vector<std::string> problems;
    if (const auto listed = d::listDataset(expandUser(spec).string(), visit, &problems); !listed)
        return report(listed.error(), json);
    return reportProblems(problems, spec, json);
}

Json statsJson(const d::DatasetStats& s) {
    Json json{{"shards", s.shards},
              {"samples", s.samples},
              {"bytes", s.bytes},
              {"without_image", s.withoutImage},
              {"without_caption", s.withoutCaption},
              {"empty_captions", s.emptyCaptions},
              {"caption_words", s.captionWords},
              {"longest_caption", s.longestCaption},
              {"sizes", s.sizes},
              {"problems", s.problems}};
    for (const auto& [name, e] : s.extensions) {
        json["extensions"][name] = {
            {"members", e.members}, {"bytes", e.bytes}, {"smallest", e.smallest}, {"largest", e.largest}};
    }
    return json;
}

void printStats(const d::DatasetStats& s) {
    std::string text = fmt::format("{} in {}, {}\n", plural(s.samples, "sample"), plural(s.shards, "shard"),
                                   humanBytes(s.bytes));
    for (const auto& [name, e] : s.extensions) {
        text += fmt::format("  {:<10} {:>8} members  {:>8}  ({} … {})\n", name, e.members,
                            humanBytes(e.bytes), humanBytes(e.smallest), humanBytes(e.largest));
    }
    const std::uint64_t captions = s.samples - std::min(s.samples, s.withoutCaption);
    text += fmt::format("captions: {}, {} empty, {} samples without one", captions, s.emptyCaptions,
                        s.withoutCaption);
    if (captions > 0)
        text += fmt::format("; {:.1f} words on average, the longest has {} characters",
                            double(s.captionWords) / double(captions), s.longestCaption);
    text += "\n";
    std::vector<std::pair<std::uint64_t, std::string>> sizes;
    for (const auto& [size, count] : s.sizes) sizes.emplace_back(count, size);
    std::ranges::sort(sizes, std::greater{});
    for (std::size_t i = 0; i < std::min<std::size_t>(sizes.size(), 8); ++i)
        text += fmt::format("  {:>8}  {}\n", sizes[i].first, sizes[i].second);
    if (sizes.size() > 8) text += fmt::format("            … and {} other sizes\n", sizes.size() - 8);
    for (const auto& problem : s.problems) text += "problem: " + problem + "\n";
    std::fputs(text.c_str(), stdout);
}

int statsVerb(Arguments arguments) {
    CLI::App app{"Count what is in shards: members, sizes, captions.", "atelier-engine dataset stats"};
    std::string spec;
    bool json = false;
    app.add_option("DIR", spec, "a version folder, a shard, or a pattern like DIR/{000000..000007}.tar")
        ->required();
    app.add_flag("--json", json, "print one JSON object");
    if (const auto code = parse(app, arguments)) return *code;
    takeSignals();
    ReadDisplay display{ProgressDisplay(json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto),
                        "read"};
    const auto stats = d::statsDataset(expandUser(spec).string(), std::ref(display));
    display.display.finish();
    if (!stats) return report(stats.error(), json);
    if (json)
        std::printf("%s\n", dumpJson(statsJson(*stats)).c_str());
    else
        printStats(*stats);
    return reportProblems(stats->problems, spec, json);
}

int extracted(const Result<d::Extracted>& result, const std::string& spec, const std::string& out,
              bool json) {
    if (!result) return report(result.error(), json);
    if (json)
        std::printf("%s\n", dumpJson({{"written", result->written}, {"problems", result->problems}}).c_str());
    else
        std::printf("%s: %s\n", out.c_str(), plural(result->written, "sample").c_str());
    return reportProblems(result->problems, spec, json);
}

int metadataVerb(Arguments arguments) {
    CLI::App app{"Write the metadata (.json) of samples with picture and caption, one per line.",
                 "atelier-engine dataset metadata"};
    std::string spec, out;
    std::uint64_t limit = 0;
    bool json = false;
    app.add_option("DIR", spec,
                   "a version folder, a shard, or a pattern like DIR/{000000..000007}.tar, also on s3:// or "
                   "http(s)://")
        ->required();
    app.add_option("--out", out, "the file to write")->required();
    app.add_option("--limit", limit, "so many samples at most");
    app.add_flag("--json", json, "print one JSON object");
    if (const auto code = parse(app, arguments)) return *code;
    takeSignals();
    ReadDisplay display{ProgressDisplay(json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto),
                        "read"};
    const auto result =
        d::extractMetadata(expandUser(spec).string(), expandUser(out), limit, std::ref(display), fetchWindow);
    display.display.finish();
    return extracted(result, spec, out, json);
}

int referenceVerb(Arguments arguments) {
    CLI::App app{"Draw reference pictures for metrics: scaled, the centre cut out, JPEG, in one tar.",
                 "atelier-engine dataset reference"};
    std::string spec, out;
    d::ReferenceOptions options;
    bool json = false;
    app.add_option("DIR", spec,
                   "a version folder, a shard, or a pattern like DIR/{000000..000007}.tar, also on s3:// or "
                   "http(s)://")
        ->required();
    app.add_option("--out", out, "the tar to write")->required();
    app.add_option("--count", options.count, "pictures")->capture_default_str();
    app.add_option("--size", options.size, "side in pixels")
        ->check(CLI::Range(1, 16384))
        ->capture_default_str();
    app.add_option("--seed", options.seed, "decides which pictures")->capture_default_str();
    app.add_flag("--json", json, "print one JSON object");
    if (const auto code = parse(app, arguments)) return *code;
    takeSignals();
    ReadDisplay display{ProgressDisplay(json ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto),
                        "read"};
    const auto result = d::extractReference(expandUser(spec).string(), expandUser(out), options,
                                            std::ref(display), fetchWindow);
    display.display.finish();
    return extracted(result, spec, out, json);
}

constexpr std::array kSubVerbs{
    Verb{"build", "shards from folders of captioned pictures, or a new version of a dataset folder",
         buildVerb},
    Verb{"verify", "read a built dataset again, every byte", verifyVerb},
    Verb{"list", "keys, members and sizes of all samples", listVerb},
    Verb{"stats", "counts of members, sizes and captions", statsVerb},
    Verb{"metadata", "the metadata of samples, one per line", metadataVerb},
    Verb{"reference", "a tar of reference pictures for metrics", referenceVerb},
};

}  // namespace

int datasetVerb(Arguments arguments) {
    const bool help =
        !arguments.empty() && (arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "help");
    if (arguments.empty() || help) {
        std::printf(
            "usage: atelier-engine dataset build|verify|list|stats|metadata|reference …      (--help behind "
            "one of them "
            "explains it)\n\n");
        for (const auto& verb : kSubVerbs) std::printf("  %-9s %s\n", verb.name, verb.help);
        return help ? 0 : 2;
    }
    std::vector<std::string> names;
    for (const auto& verb : kSubVerbs) {
        if (arguments[0] == verb.name) return verb.run(arguments.subspan(1));
        names.emplace_back(verb.name);
    }
    const std::string nearest = nearestName(arguments[0], names);
    return report({ErrorCode::Usage, "there is no verb \"dataset " + arguments[0] + "\"", "",
                   nearest.empty() ? "atelier-engine dataset --help lists them."
                                   : "Did you mean \"" + nearest + "\"?"});
}

}  // namespace atelier::cli
