// SPDX-License-Identifier: GPL-3.0-or-later
// The dataset build from folders of pictures to a verified version folder. Read buildInFolder() first: it is
// the whole flow.
#include "core/data/build.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <optional>
#include <thread>

#include "core/base/hash.h"
#include "core/base/memory.h"
#include "core/base/random.h"
#include "core/base/strings.h"
#include "core/base/version.h"
#include "core/data/build_audit.h"
#include "core/data/build_journal.h"
#include "core/data/build_options.h"
#include "core/data/build_report.h"
#include "core/data/build_sample.h"
#include "core/data/ordered_pool.h"
#include "core/data/shard_writer.h"
#include "core/data/verify.h"

namespace atelier::data {
namespace {

constexpr std::uint64_t kMemoryPerThread = std::uint64_t{512} << 20;  // more does not make it faster
constexpr std::uint64_t kTarOverhead = 4096;  // headers and padding of a sample, about

// Everything that one step leaves for the next ones.
struct Build {
    const BuildRequest& request;
    BuildSession& session;
    int threads;
    std::uint64_t memory;  // of pictures in flight, bytes
    Edits edits;
    ScanResult scan;
    std::vector<ScanProblem> problems;
    std::vector<ProbedImage> probed;
    std::vector<PlanRow> rows;
    std::vector<std::size_t> order;  // kept rows in the order of the shards
    std::vector<Outcome> outcomes;   // of order[i]
    std::string fingerprint;
    ShardTotals totals;

    fs::path shards() const { return session.work() / "shards"; }
};

Status scanStep(Build& b) {
    b.session.beginPhase(BuildPhase::Scan, 0);
    ScanOptions options;
    options.exclude = {b.session.work(), b.request.target};
    options.cancel = b.session.cancelFlag();
    options.progress = [&](const ScanProgress& progress) { b.session.advance(progress.images, 0); };
    ATELIER_TRY(b.scan, scanSources(b.request.sources, options));
    b.problems = b.scan.problems;
    for (const auto& problem : b.scan.problems)
        b.session.warn("folder_unreadable", fmt::format("{}: {}.", problem.path.string(), problem.text));
    if (b.scan.images.empty()) return fail(nothingFound(b.request.sources, b.scan));
    b.session.setTotal(b.scan.images.size());
    b.session.advance(b.scan.images.size(), 0);
    b.session.endPhase();
    return {};
}

void warnOfCaptions(Build& b) {
    std::size_t differ = 0;
    std::size_t unusable = 0;
    const ScanProblem* firstUnusable = nullptr;
    std::size_t latin1 = 0;
    std::size_t otherFormat = 0;
    for (const auto& probed : b.probed) {
        differ += probed.captionsDiffer ? 1 : 0;
        unusable += probed.unusableCaptions.size();
        if (!firstUnusable && !probed.unusableCaptions.empty())
            firstUnusable = &probed.unusableCaptions.front();
        latin1 += probed.latin1 ? 1 : 0;
        otherFormat += probed.input.info && !probed.input.info->otherExtension.empty() ? 1 : 0;
    }
    if (unusable > 0) {
        b.session.warn("caption_unusable",
                       fmt::format("{} cannot be used; {}{}: {}.", plural(unusable, "caption file"),
                                   unusable == 1 ? "" : "the first, ", firstUnusable->path.string(),
                                   firstUnusable->text),
                       "Repair them and build again; report.jsonl lists them.");
    }
    if (differ > 0) {
        b.session.warn("captions_differ",
                       fmt::format("{} {} more than one caption, and they differ.", plural(differ, "picture"),
                                   differ == 1 ? "has" : "have"),
                       "--caption-from says which one holds; report.jsonl lists them.");
    }
    if (latin1 > 0)
        b.session.warn("caption_encoding",
                       fmt::format("{} not UTF-8: read as Latin-1.",
                                   latin1 == 1 ? "1 caption is" : fmt::format("{} captions are", latin1)));
    if (otherFormat > 0) {
        b.session.warn(
            "other_format",
            fmt::format("{} of another format than the name says; read correctly.",
                        otherFormat == 1 ? "1 picture is" : fmt::format("{} pictures are", otherFormat)));
    }
}

// Masks and condition pictures that a person has given in place of those found.
void takeChosenCompanions(Build& b) {
    const auto chosen = [&](const std::string& path) -> std::optional<fs::path> {
        if (path.empty()) return std::nullopt;
        return b.request.edits->parent_path() / path;
    };
    for (ScannedImage& image : b.scan.images) {
        const ImageEdit* edit = b.edits.find(editName(image.source, image.relative));
        if (edit && edit->mask) image.mask = chosen(*edit->mask);
        if (edit && edit->condition) image.condition = chosen(*edit->condition);
    }
}

Status probeStep(Build& b) {
    const auto& images = b.scan.images;
    b.session.beginPhase(BuildPhase::Probe, images.size());
    const CaptionTables tables = CaptionTables::read(b.scan);
    for (const auto& problem : tables.problems()) {
        b.problems.push_back(problem);
        b.session.warn("table", fmt::format("{}: {}.", problem.path.string(), problem.text));
    }
    for (const auto& problem : tables.rowsWithoutPicture(b.scan)) {
        b.problems.push_back(problem);
        b.session.warn("table_rows", fmt::format("{}: {}.", problem.path.string(), problem.text),
                       "file_name is relative to the table's folder.");
    }
    if (b.request.edits) {
        ATELIER_TRY(b.edits, readEdits(*b.request.edits));
        takeChosenCompanions(b);
    }
    b.probed.reserve(images.size());
    std::uint64_t bytes = 0;
    const auto probe = [&](std::size_t i) { return probeForPlan(images[i], tables, b.request.options); };
    const auto keep = [&](std::size_t i, ProbedImage&& probed) -> Status {
        if (const ImageEdit* edit = b.edits.find(editName(images[i].source, images[i].relative)))
            probed.input.edit = *edit;
        bytes += probed.input.size;
        b.probed.push_back(std::move(probed));
        b.session.advance(i + 1, bytes);
        return {};
    };
    const PoolWork<ProbedImage> work{probe, keep, [&] { return b.session.keepGoing(); },
                                     [&](std::size_t i) { return images[i].size; },
                                     [](const ProbedImage&) { return std::uint64_t{0}; }};
    ATELIER_DO(OrderedPool(images.size(), {b.threads, std::size_t(b.threads) * 8, b.memory}, work).run());
    warnOfCaptions(b);
    b.session.endPhase();
    return {};
}

// "none of the 12 pictures can be used: 10 cannot be decoded, 2 …" with the first file of each reason.
Error nothingUsable(const Build& b, const PlanCounts& counts) {
    std::vector<std::string> parts;
    for (const auto& [reason, count] : counts.byReason) {
        const auto row = std::ranges::find(b.rows, reason, &PlanRow::reason);
        parts.push_back(fmt::format("{} ({}, first {})", dropReasonText(reason, row->detail), count,
                                    b.probed[std::size_t(row - b.rows.begin())].input.relative));
    }
    return {ErrorCode::Data,
            fmt::format("none of {} can be used: {}", plural(b.rows.size(), "picture"), join(parts, "; ")),
            "", "Nothing was written."};
}

Status checkSpace(const Build& b) {
    std::uint64_t needed = 0;
    for (const std::size_t i : b.order) {
        const PlanRow& row = b.rows[i];
        const std::uint64_t pixels =
            std::uint64_t(row.outputSize.width) * std::uint64_t(row.outputSize.height);
        needed += kTarOverhead + (row.keepBytes ? b.probed[i].input.size
                                                : pixels / 10);  // a low guess: refuse only what cannot work
    }
    ATELIER_TRY(const std::uint64_t free, freeSpace(b.session.work()));
    if (needed <= free) return {};
    return fail(ErrorCode::Io,
                fmt::format("not enough space: the build needs {}, {} are free. Nothing was written",
                            humanBytes(needed), humanBytes(free)),
                b.request.target.parent_path().string(), "Choose another folder or make room.");
}

// A picture that does not fit would end this process without a word.
Status checkMemory(const Build& b) {
    const std::uint64_t available = availableMemory();
    for (const std::size_t i : b.order) {
        const PlanInput& input = b.probed[i].input;
        const std::uint64_t needed = sampleMemory(input, b.rows[i], b.request.options.plan.resize);
        if (needed <= available) continue;
        const Size size = b.rows[i].outputSize;
        return fail(
            ErrorCode::Io,
            fmt::format(
                "not enough memory: it takes {} to make {} × {} pixels of {} × {}, {} are left. Nothing "
                "was written",
                humanBytes(needed), size.width, size.height, input.info->width, input.info->height,
                humanBytes(available)),
            b.scan.images[i].path.string(),
            "Close other programs, give a smaller --resize, or leave such pictures out with --max-pixels.");
    }
    return {};
}

Status planStep(Build& b) {
    b.session.beginPhase(BuildPhase::Plan, b.probed.size());
    std::vector<PlanInput> inputs;
    inputs.reserve(b.probed.size());
    for (const auto& probed : b.probed) inputs.push_back(probed.input);
    b.rows = planBuild(inputs, b.request.options.plan);
    const PlanCounts counts = countPlan(b.rows);
    if (counts.kept == 0) return fail(nothingUsable(b, counts));
    for (std::size_t i = 0; i < b.rows.size(); ++i) {
        const PlanRow& row = b.rows[i];
        if (row.keep)
            b.order.push_back(i);
        else
            (void)b.session.events().write(run::SampleDropped{row.key, b.scan.images[i].path.string(),
                                                              dropReasonText(row.reason, row.detail)});
    }
    if (b.request.options.shuffleSeed) {
        const Permutation shuffled(b.order.size(), *b.request.options.shuffleSeed, 0);
        std::vector<std::size_t> order(b.order.size());
        for (std::size_t n = 0; n < order.size(); ++n) order[n] = b.order[shuffled(n)];
        b.order = std::move(order);
    }
    b.fingerprint = buildFingerprint(b.request, b.probed, b.rows, b.order);
    ATELIER_DO(checkMemory(b));
    ATELIER_DO(checkSpace(b));
    b.session.advance(b.rows.size(), 0);
    b.session.endPhase();
    return {};
}

// With --shard-count: the shard of the n-th planned picture. Sizes differ by one at most.
std::uint64_t shardOf(const Build& b, std::size_t n) {
    const std::uint64_t count = std::min<std::uint64_t>(*b.request.options.shardCount, b.order.size());
    return n * count / b.order.size();
}

struct Continuation {
    ShardWriter writer;
    BuildJournal journal;
};

// Goes on where an earlier attempt with the same fingerprint ended; starts over when its two records do not
// agree (after a power cut one may have reached the disk without the other).
Result<Continuation> openShards(const Build& b) {
    ShardWriterOptions options;
    options.limits = {b.request.options.shardBytes, b.request.options.shardSamples};
    if (b.request.options.shardCount) options.limits = {UINT64_MAX, UINT64_MAX};  // cut by shardOf()
    options.fingerprint = b.fingerprint;
    const fs::path outcomes = b.session.work() / "outcomes.jsonl";
    std::error_code ignored;
    if (b.request.restart) fs::remove_all(b.shards(), ignored);
    ATELIER_TRY(ShardWriter writer, ShardWriter::resume(b.shards(), options));
    auto journal = BuildJournal::open(outcomes, b.fingerprint, writer.samplesWritten());
    if (journal) return Continuation{std::move(writer), *std::move(journal)};
    if (journal.error().code != ErrorCode::Data) return fail(journal.error());
    fs::remove_all(b.shards(), ignored);
    ATELIER_TRY(ShardWriter fresh, ShardWriter::create(b.shards(), options));
    ATELIER_TRY(BuildJournal empty, BuildJournal::open(outcomes, b.fingerprint, 0));
    return Continuation{std::move(fresh), std::move(empty)};
}

// Written (verified = false, no SHA-256 yet) or read back.
void announceShards(Build& b, bool verified) {
    for (const auto& shard : b.totals.shards)
        (void)b.session.events().write(
            run::Shard{shard.name, shard.samples, shard.bytes, shard.sha256, verified});
}

void warnOfMissingCaptions(Build& b) {
    std::size_t without = 0;
    for (std::size_t n = 0; n < b.order.size(); ++n) {
        without += b.outcomes[n].written && trim(b.rows[b.order[n]].caption.text).empty() ? 1 : 0;
    }
    if (without == 0) return;
    b.session.warn(
        "no_caption",
        without == 1
            ? std::string("1 picture has no caption: methods that need captions will not train it.")
            : fmt::format("{} pictures have no caption: methods that need captions will not train them.",
                          without));
}

Status writeStep(Build& b) {
    ATELIER_TRY(Continuation continued, openShards(b));
    ShardWriter& writer = continued.writer;
    BuildJournal& journal = continued.journal;
    b.outcomes = journal.earlier();
    const std::size_t first = b.outcomes.size();
    b.session.beginPhase(BuildPhase::Write, b.order.size());
    if (first > 0)
        b.session.warn("continued",
                       fmt::format("An unfinished build is continued after {}.", plural(first, "picture")));
    std::size_t lastWritten = first > 0 ? first - 1 : 0;
    const auto make = [&](std::size_t n) {
        const std::size_t i = b.order[first + n];
        return buildSample(b.scan.images[i], b.probed[i], b.rows[i], b.request.options);
    };
    const auto write = [&](std::size_t n, BuiltSample&& sample) -> Status {
        const std::size_t i = b.order[first + n];
        const PlanRow& row = b.rows[i];
        if (sample.outcome.written) {
            std::vector<MemberView> members{{sample.extension, sample.image}, {"json", sample.json}};
            if (row.caption.source != CaptionSource::None) members.push_back({"txt", row.caption.text});
            if (b.request.options.shardCount && first + n > 0 &&
                shardOf(b, first + n) != shardOf(b, lastWritten))
                ATELIER_DO(writer.cut());
            lastWritten = first + n;
            if (!sample.mask.empty()) members.push_back({"mask.png", sample.mask});
            if (!sample.condition.empty()) members.push_back({"cond.png", sample.condition});
            ATELIER_DO(writer.add(row.key, members));
        } else {
            (void)b.session.events().write(
                run::SampleDropped{row.key, b.scan.images[i].path.string(),
                                   dropReasonText(sample.outcome.reason, sample.outcome.detail)});
        }
        ATELIER_DO(journal.append(sample.outcome));
        b.outcomes.push_back(std::move(sample.outcome));
        b.session.advance(first + n + 1, writer.bytesWritten());
        return {};
    };
    const auto making = [&](std::size_t n) {
        const std::size_t i = b.order[first + n];
        return sampleMemory(b.probed[i].input, b.rows[i], b.request.options.plan.resize);
    };
    const PoolWork<BuiltSample> work{make, write, [&] { return b.session.keepGoing(); }, making,
                                     [](const BuiltSample& sample) { return sampleMemory(sample); }};
    ATELIER_DO(
        OrderedPool(b.order.size() - first, {b.threads, std::size_t(b.threads) * 4, b.memory}, work).run());
    if (std::ranges::none_of(b.outcomes, &Outcome::written)) {
        const Outcome& outcome = b.outcomes.front();
        return fail(
            ErrorCode::Data,
            fmt::format("none of {} can be used; the first, {}: {}", plural(b.rows.size(), "picture"),
                        b.probed[b.order[0]].input.relative, dropReasonText(outcome.reason, outcome.detail)),
            "", "Nothing was written.");
    }
    warnOfMissingCaptions(b);
    ATELIER_TRY(b.totals, writer.close());
    if (const auto count = b.request.options.shardCount; count && b.totals.shards.size() != *count)
        b.session.warn("shard_count",
                       fmt::format("{} were asked for, there are {}: too few pictures could be used.",
                                   plural(*count, "shard"), b.totals.shards.size()),
                       "Give a smaller --shard-count.");
    announceShards(b, false);
    b.session.endPhase();
    return {};
}

Status verifyStep(Build& b) {
    b.session.beginPhase(BuildPhase::Verify, b.totals.samples);
    const auto progress = [&](const ReadProgress& read) {
        b.session.advance(read.samples, read.bytes);
        return b.session.keepGoing();
    };
    ATELIER_TRY(const VerifyReport report, verifyShards(b.shards(), b.totals, progress, b.threads));
    if (!report.ok()) {
        const DatasetProblem& first = report.problems.front();
        return fail(
            ErrorCode::Io,
            fmt::format("shard {} reads back differently{}: {}. The version was not published", first.shard,
                        first.key.empty() ? std::string() : " at " + first.key, first.text),
            b.shards().string(),
            "Memory or disk may be faulty: check them, then build again with --restart.");
    }
    announceShards(b, true);
    b.session.advance(b.totals.samples, b.totals.bytes);
    b.session.endPhase();
    return {};
}

BuildSummary summarize(const Build& b, std::span<const Verdict> verdicts) {
    BuildSummary summary;
    summary.target = b.request.target;
    summary.scanned = verdicts.size();
    std::map<DropReason, std::size_t> reasons;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (!verdicts[i].kept) {
            ++summary.dropped;
            ++reasons[verdicts[i].reason];
            continue;
        }
        ++summary.kept;
        summary.reencoded += b.rows[i].keepBytes ? 0 : 1;
        summary.withoutCaption += trim(b.rows[i].caption.text).empty() ? 1 : 0;
    }
    summary.byReason.assign(reasons.begin(), reasons.end());
    summary.shards = b.totals.shards.size();
    summary.bytes = b.totals.bytes;
    summary.warnings = b.session.warnings();
    const auto name = [&](std::size_t n) {
        return b.totals.shards[n].name.substr(0, b.totals.shards[n].name.find('.'));
    };
    const std::string names =
        summary.shards == 1 ? name(0) : fmt::format("{{{}..{}}}", name(0), name(summary.shards - 1));
    summary.pattern = (b.request.target / (names + ".tar")).string();
    return summary;
}

Manifest makeManifest(const Build& b, const BuildSummary& summary) {
    Manifest manifest;
    manifest.createdBy = std::string("atelier ") + kVersion;
    manifest.options = buildOptionsToJson(b.request.options);
    for (std::size_t s = 0; s < b.request.sources.size(); ++s) {
        const auto count = std::ranges::count(b.scan.images, s, &ScannedImage::source);
        manifest.sources.push_back({{"name", b.request.sources[s].filename().string()}, {"images", count}});
    }
    manifest.summary = {{"name", b.request.name},         {"scanned", summary.scanned},
                        {"kept", summary.kept},           {"dropped", summary.dropped},
                        {"reencoded", summary.reencoded}, {"without_caption", summary.withoutCaption},
                        {"fingerprint", b.fingerprint}};
    if (b.edits.lines > 0) manifest.summary["edits"] = {{"lines", b.edits.lines}, {"sha256", b.edits.digest}};
    for (const auto& [reason, count] : summary.byReason)
        manifest.summary["drops"][std::string(dropReasonCode(reason))] = count;
    manifest.content = b.totals;
    return manifest;
}

// The account of every file, the manifest as the last file, and then the folder under its name: complete or
// not there.
Result<BuildSummary> publishStep(Build& b) {
    b.session.beginPhase(BuildPhase::Manifest, 1);
    const BuildFacts facts{b.request, b.scan, b.probed, b.rows, b.order, b.outcomes, b.totals, b.problems};
    const std::vector<Verdict> judged = verdicts(facts);
    const BuildSummary summary = summarize(b, judged);
    ATELIER_DO(writeReport(b.shards() / "report.jsonl", facts, judged));
    ATELIER_DO(writeFileAtomic(b.shards() / "summary.txt", summaryText(facts, summary, judged)));
    ATELIER_DO(writeManifest(b.shards(), makeManifest(b, summary)));
    ATELIER_DO(renameFile(b.shards(), b.request.target));
    b.session.advance(1, 0);
    b.session.endPhase();
    return summary;
}

Result<BuildSummary> buildInFolder(Build& b) {
    for (const auto step : {scanStep, probeStep, planStep, writeStep, verifyStep}) {
        ATELIER_DO(step(b));
        if (!b.session.keepGoing()) return fail(ErrorCode::Cancelled, "it was cancelled");
    }
    return publishStep(b);
}

// What is left of the work once its shards are the target.
void clearPublished(const fs::path& work, const fs::path& target) {
    std::error_code ignored;
    fs::rename(work / "events.jsonl", target / "events.jsonl", ignored);
    fs::remove_all(work, ignored);
}

// A build that was killed between publishing and clearing leaves a work folder without shards.
void clearKilledAfterPublishing(const fs::path& work, const fs::path& target) {
    std::error_code error;
    if (!fs::exists(work / "events.jsonl", error) || fs::exists(work / "shards", error)) return;
    if (const auto lock = run::RunLock::acquire({work}, "atelier-engine dataset build"))
        clearPublished(work, target);
}

Status checkRequest(const BuildRequest& request, const fs::path& work) {
    std::error_code error;
    if (request.sources.empty()) return fail(ErrorCode::Usage, "no source folder was given");
    if (request.options.shardCount && *request.options.shardCount == 0)
        return fail(ErrorCode::Usage, "--shard-count must be at least 1");
    if (fs::exists(request.target / kManifestName, error)) {
        clearKilledAfterPublishing(work, request.target);
        return fail(ErrorCode::Usage, "it already holds a finished dataset, which a build never overwrites",
                    request.target.string(), "Give another --out, for instance the next version.");
    }
    if (fs::exists(request.target, error) &&
        (!fs::is_directory(request.target, error) || !fs::is_empty(request.target, error))) {
        return fail(ErrorCode::Usage, "it exists and is not an empty folder", request.target.string(),
                    "Give another --out.");
    }
    return {};
}

}  // namespace

fs::path buildWorkFolder(const fs::path& target) {
    const fs::path whole = fs::absolute(target).lexically_normal();
    const fs::path named = whole.has_filename() ? whole : whole.parent_path();
    return named.parent_path() / ("." + named.filename().string() + ".build");
}

Result<BuildSummary> buildDataset(const BuildRequest& given, const BuildHooks& hooks) {
    const auto start = std::chrono::steady_clock::now();
    BuildRequest request = given;
    const fs::path work = buildWorkFolder(given.target);
    request.target =
        work.parent_path() / work.filename().string().substr(1, work.filename().string().size() - 7);
    if (request.name.empty()) request.name = request.target.filename().string();
    ATELIER_DO(checkRequest(request, work));
    ATELIER_TRY(auto session, BuildSession::open(work, hooks));
    const int cores = std::max(1, int(std::thread::hardware_concurrency()));
    const int threads = request.threads > 0 ? request.threads : cores;
    const std::uint64_t memory =
        request.memory > 0 ? request.memory
                           : std::min(availableMemory() / 2, std::uint64_t(threads) * kMemoryPerThread);
    Build b{.request = request, .session = *session, .threads = threads, .memory = memory};
    Result<BuildSummary> result = buildInFolder(b);
    if (result)
        result->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    session->finish(result);
    // Done, asked to leave nothing, or nothing there to go on with: away with the work, while it is still
    // locked. Otherwise the same command continues it.
    std::error_code ignored;
    if (result)
        clearPublished(work, request.target);
    else if (session->stopRequested() || result.error().code == ErrorCode::Data ||
             !fs::exists(b.shards() / kShardJournalName, ignored))
        fs::remove_all(work, ignored);
    return result;
}

}  // namespace atelier::data
