// SPDX-License-Identifier: GPL-3.0-or-later
// Private to the dataset build: the account of every source file (report.jsonl) and a page for people
// (summary.txt).
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "core/data/build_sample.h"
#include "core/data/manifest.h"

namespace atelier::data {

// All that a build knows at its end. Element i of probed and rows belongs to scan.images[i].
struct BuildFacts {
    const BuildRequest& request;
    const ScanResult& scan;
    const std::vector<ProbedImage>& probed;
    const std::vector<PlanRow>& rows;
    const std::vector<std::size_t>& order;  // kept rows, in the order of the shards
    const std::vector<Outcome>& outcomes;   // of order[i]
    const ShardTotals& totals;
    const std::vector<ScanProblem>& problems;  // of folders and tables
};

// Final verdict of every picture: the plan's, overruled by what writing found.
struct Verdict {
    bool kept = false;
    DropReason reason = DropReason::None;
    std::string detail;
    std::string shard;  // of a kept one
    const Outcome* outcome = nullptr;
};
std::vector<Verdict> verdicts(const BuildFacts& facts);

// One JSON line per file of the sources, pictures first; FORMAT.md has the fields.
Status writeReport(const fs::path& path, const BuildFacts& facts, std::span<const Verdict> verdicts);
std::string summaryText(const BuildFacts& facts, const BuildSummary& summary,
                        std::span<const Verdict> verdicts);

// What decides every byte of the shards: options, order, and each kept picture's content, key and caption.
std::string buildFingerprint(const BuildRequest& request, const std::vector<ProbedImage>& probed,
                             const std::vector<PlanRow>& rows, const std::vector<std::size_t>& order);

}  // namespace atelier::data
