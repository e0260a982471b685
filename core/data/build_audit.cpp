// SPDX-License-Identifier: GPL-3.0-or-later
// report.jsonl and summary.txt.
#include "core/data/build_audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/hash.h"
#include "core/base/strings.h"
#include "core/data/build_options.h"

namespace atelier::data {
namespace {

constexpr std::size_t kMaxListed = 20;  // files named per reason in summary.txt

std::string_view roleName(FileRole role) {
    switch (role) {
        case FileRole::Image:
            return "image";
        case FileRole::Caption:
            return "caption";
        case FileRole::Table:
            return "table";
        case FileRole::Mask:
            return "mask";
        case FileRole::Condition:
            return "condition";
        case FileRole::Other:
            return "other";
    }
    return "";
}

Json imageLine(const ScannedImage& image, const ProbedImage& probed, const PlanRow& row,
               const Verdict& verdict) {
    Json line{{"role", "image"},        {"source", image.source},
              {"file", image.relative}, {"bytes", probed.input.size},
              {"kept", verdict.kept},   {"key", row.key}};
    if (verdict.kept) {
        line["shard"] = verdict.shard;
    } else {
        line["reason"] = dropReasonCode(verdict.reason);
        line["text"] = dropReasonText(verdict.reason, verdict.detail);
    }
    if (const auto& info = probed.input.info) {
        line["format"] = formatName(info->format);
        line["original_size"] = {info->width, info->height};
        line["sha256"] = probed.input.contentHash;
    }
    if (verdict.kept) {
        line["size"] = {verdict.outcome->size.width, verdict.outcome->size.height};
        line["bytes_kept"] = row.keepBytes;
        if (image.mask) line["mask"] = image.mask->filename().string();
        if (image.condition) line["condition"] = image.condition->filename().string();
        for (const auto reason : row.reencode) line["reencoded"].push_back(reencodeReasonCode(reason));
        for (const auto conversion : verdict.outcome->conversions)
            line["conversions"].push_back(conversionText(conversion));
    }
    line["caption"] = captionSourceName(row.caption.source);
    for (const auto& note : row.notes) line["notes"].push_back(note);
    for (const auto& note : probed.notes) line["notes"].push_back(note);
    return line;
}

Json otherLine(const ScannedFile& file, const std::string& unusable) {
    Json line{{"role", roleName(file.role)},
              {"source", file.source},
              {"file", file.relative},
              {"bytes", file.size}};
    line["used"] = file.role != FileRole::Other && file.note.empty() && unusable.empty();
    if (const auto& text = file.note.empty() ? unusable : file.note; !text.empty()) line["text"] = text;
    return line;
}

}  // namespace

std::vector<Verdict> verdicts(const BuildFacts& facts) {
    std::vector<Verdict> result(facts.rows.size());
    for (std::size_t i = 0; i < facts.rows.size(); ++i) {
        result[i].reason = facts.rows[i].reason;
        result[i].detail = facts.rows[i].detail;
    }
    std::size_t shard = 0;
    std::uint64_t inShard = 0;
    for (std::size_t n = 0; n < facts.order.size(); ++n) {
        Verdict& verdict = result[facts.order[n]];
        const Outcome& outcome = facts.outcomes[n];
        verdict.kept = outcome.written;
        verdict.reason = outcome.reason;
        verdict.detail = outcome.detail;
        verdict.outcome = &outcome;
        if (!outcome.written) continue;
        while (shard < facts.totals.shards.size() && inShard == facts.totals.shards[shard].samples) {
            ++shard;
            inShard = 0;
        }
        if (shard < facts.totals.shards.size()) verdict.shard = facts.totals.shards[shard].name;
        ++inShard;
    }
    return result;
}

Status writeReport(const fs::path& path, const BuildFacts& facts, std::span<const Verdict> verdicts) {
    ATELIER_TRY(auto file, AtomicFile::create(path));
    std::string text;
    const auto put = [&](const Json& line) -> Status {
        text += dumpJson(line);
        text += '\n';
        if (text.size() < (1u << 20)) return {};
        ATELIER_DO(file.write(text));
        text.clear();
        return {};
    };
    for (std::size_t i = 0; i < facts.rows.size(); ++i) {
        ATELIER_DO(put(imageLine(facts.scan.images[i], facts.probed[i], facts.rows[i], verdicts[i])));
    }
    std::map<fs::path, std::string> unusable;
    for (const auto& probed : facts.probed)
        for (const auto& caption : probed.unusableCaptions) unusable[caption.path] = caption.text;
    std::set<fs::path> companions;
    for (const auto& image : facts.scan.images)
        for (const auto& companion : {image.mask, image.condition})
            if (companion) companions.insert(*companion);
    for (const auto& other : facts.scan.others) {
        if ((other.role == FileRole::Mask || other.role == FileRole::Condition) && other.note.empty() &&
            !companions.contains(other.path))
            unusable[other.path] = "its picture was given another one, or none";
        const auto found = unusable.find(other.path);
        ATELIER_DO(put(otherLine(other, found == unusable.end() ? std::string() : found->second)));
    }
    for (const auto& problem : facts.problems)
        ATELIER_DO(put({{"role", "problem"}, {"file", problem.path.string()}, {"text", problem.text}}));
    if (facts.scan.hidden > 0) ATELIER_DO(put({{"role", "hidden"}, {"count", facts.scan.hidden}}));
    ATELIER_DO(file.write(text));
    return file.commit();
}

std::string summaryText(const BuildFacts& facts, const BuildSummary& summary,
                        std::span<const Verdict> verdicts) {
    std::string text = fmt::format("{} of {} pictures in {}, {}\n", summary.kept, summary.scanned,
                                   plural(summary.shards, "shard"), humanBytes(summary.bytes));
    text +=
        fmt::format("kept {} + dropped {} = scanned {}\n", summary.kept, summary.dropped, summary.scanned);
    text += fmt::format("bytes kept as they were: {}, encoded again: {}\n", summary.kept - summary.reencoded,
                        summary.reencoded);
    if (summary.withoutCaption > 0) text += fmt::format("without a caption: {}\n", summary.withoutCaption);
    std::map<std::string, std::size_t> reencoded;
    std::map<std::string, std::size_t> conversions;
    std::map<DropReason, std::vector<std::size_t>> drops;
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (!verdicts[i].kept) {
            drops[verdicts[i].reason].push_back(i);
            continue;
        }
        for (const auto reason : facts.rows[i].reencode) ++reencoded[std::string(reencodeReasonText(reason))];
        for (const auto conversion : verdicts[i].outcome->conversions)
            ++conversions[std::string(conversionText(conversion))];
    }
    const auto table = [&](std::string_view title, const std::map<std::string, std::size_t>& counts) {
        if (counts.empty()) return;
        text += fmt::format("\n{}\n", title);
        for (const auto& [name, count] : counts) text += fmt::format("  {:>8}  {}\n", count, name);
    };
    table("Encoded again, because", reencoded);
    table("Converted to 8-bit sRGB by the build or by readers", conversions);
    for (const auto& [reason, members] : drops) {
        text += fmt::format("\nLeft out, {} ({})\n", dropReasonCode(reason), members.size());
        for (std::size_t n = 0; n < std::min(members.size(), kMaxListed); ++n) {
            const std::size_t i = members[n];
            text += fmt::format("  {}: {}\n", facts.scan.images[i].relative,
                                dropReasonText(reason, verdicts[i].detail));
        }
        if (members.size() > kMaxListed)
            text += fmt::format("  … and {} more: see report.jsonl\n", members.size() - kMaxListed);
    }
    if (!summary.warnings.empty()) text += "\nTo look at\n";
    for (const auto& warning : summary.warnings) text += fmt::format("  {}\n", warning);
    return text;
}

std::string buildFingerprint(const BuildRequest& request, const std::vector<ProbedImage>& probed,
                             const std::vector<PlanRow>& rows, const std::vector<std::size_t>& order) {
    Sha256 hash;
    hash.update(dumpJson(buildOptionsToJson(request.options)));
    for (const std::size_t i : order) {
        const PlanRow& row = rows[i];
        hash.update(dumpJson(Json{row.key, probed[i].input.contentHash, probed[i].input.relative,
                                  row.caption.text, int(row.caption.source), row.caption.columns,
                                  row.outputSize.width, row.outputSize.height, int(row.outputFormat),
                                  row.keepBytes, probed[i].maskFingerprint, probed[i].conditionFingerprint}));
    }
    return hash.hexDigest();
}

}  // namespace atelier::data
