// SPDX-License-Identifier: GPL-3.0-or-later
// Checks of the shards that a configuration names.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/config/train_config.h"
#include "core/data/loose_samples.h"
#include "core/data/manifest.h"
#include "core/data/metadata_filter.h"
#include "core/data/remote_shards.h"
#include "core/data/shard_paths.h"
#include "core/preflight/preflight.h"

namespace atelier {
namespace {

constexpr const char* kPath = "dataset.params.path";

Issue issueOf(IssueSeverity severity, std::string code, std::string text, std::string hint,
              std::string path = kPath) {
    Issue issue;
    issue.severity = severity;
    issue.code = std::move(code);
    issue.path = std::move(path);
    issue.text = std::move(text);
    issue.hint = std::move(hint);
    return issue;
}

// The number that a shard's name ends in before its extension, "data-000012.tar" → 12.
std::optional<std::size_t> numberOf(const fs::path& path) {
    const std::string name = path.filename().string();
    const std::size_t end = name.find('.');
    std::size_t begin = std::min(end, name.size());
    while (begin > 0 && name[begin - 1] >= '0' && name[begin - 1] <= '9') --begin;
    const std::string digits = name.substr(begin, end == std::string::npos ? end : end - begin);
    if (digits.empty() || digits.size() > 15) return std::nullopt;
    return std::stoull(digits);
}

// "shards 5 to 7 do not exist" where names are numbers of one folder, else the names.
std::string describeMissing(const std::vector<fs::path>& missing) {
    std::vector<std::size_t> numbers;
    for (const fs::path& path : missing) {
        const auto number = numberOf(path);
        if (!number || path.parent_path() != missing[0].parent_path()) break;
        numbers.push_back(*number);
    }
    std::sort(numbers.begin(), numbers.end());
    const bool one = missing.size() == 1;
    if (numbers.size() == missing.size())
        return fmt::format("{} {} {} not exist in {}", one ? "shard" : "shards", describeNumbers(numbers),
                           one ? "does" : "do", missing[0].parent_path().string());
    return fmt::format("{} not exist: {}{}",
                       one ? "a shard does" : fmt::format("{} shards do", missing.size()),
                       missing[0].string(), one ? "" : ", …");
}

// Sizes against the manifest beside the shards; one issue for all that differ.
void checkSizes(const std::vector<fs::path>& shards, std::vector<Issue>& issues) {
    std::map<fs::path, std::vector<fs::path>> folders;
    for (const fs::path& shard : shards) folders[shard.parent_path()].push_back(shard);
    for (const auto& [folder, files] : folders) {
        std::error_code error;
        if (!fs::exists(folder / data::kManifestName, error)) {
            if (fs::exists(folder / data::kShardJournalName, error))
                issues.push_back(issueOf(IssueSeverity::Error, "unfinished_dataset",
                                         fmt::format("the build of {} did not finish", folder.string()),
                                         "Run the build again; it goes on where it ended."));
            continue;
        }
        const auto manifest = data::readManifest(folder);
        if (!manifest) {
            issues.push_back(issueOf(IssueSeverity::Error, "manifest",
                                     manifest.error().where + ": " + manifest.error().what,
                                     manifest.error().hint));
            continue;
        }
        std::vector<std::string> differ;
        for (const fs::path& file : files)
            for (const data::ShardInfo& info : manifest->content.shards)
                if (info.name == file.filename())
                    if (const auto size = fs::file_size(file, error); !error && size != info.bytes)
                        differ.push_back(
                            fmt::format("{} has {} bytes instead of {}", info.name, size, info.bytes));
        if (!differ.empty())
            issues.push_back(issueOf(IssueSeverity::Error, "shard_size",
                                     fmt::format("{} of {} differ from the manifest: {}",
                                                 plural(differ.size(), "shard"), folder.string(), differ[0]),
                                     "Copy them again, or build the dataset again; `atelier-engine dataset "
                                     "verify` finds every damage."));
    }
}

}  // namespace

std::string describeNumbers(const std::vector<std::size_t>& numbers, std::size_t limit) {
    std::vector<std::string> runs;
    std::size_t rest = 0;
    for (std::size_t i = 0; i < numbers.size();) {
        std::size_t j = i;
        while (j + 1 < numbers.size() && numbers[j + 1] == numbers[j] + 1) ++j;
        if (runs.size() == limit)
            rest += j - i + 1;
        else if (j == i)
            runs.push_back(std::to_string(numbers[i]));
        else
            runs.push_back(fmt::format("{} {} {}", numbers[i], j == i + 1 ? "and" : "to", numbers[j]));
        i = j + 1;
    }
    if (rest > 0) runs.push_back(fmt::format("{} more", rest));
    if (runs.size() < 2) return runs.empty() ? std::string() : runs[0];
    const std::string last = runs.back();
    runs.pop_back();
    return join(runs, ", ") + " and " + last;
}

std::vector<Issue> checkLooseSources(const TrainConfig& config) {
    std::vector<Issue> issues;
    data::DatasetOptions options;
    options.kind = config.dataset.type == DatasetType::Parquet ? data::SourceKind::Parquet
                   : config.dataset.type == DatasetType::Csv   ? data::SourceKind::Table
                                                               : data::SourceKind::Folder;
    for (const auto& [field, expression] : config.dataset.params.filters)
        if (const auto parsed = data::parseFilter(field, expression); !parsed)
            issues.push_back(issueOf(IssueSeverity::Error, "filter", parsed.error().what, parsed.error().hint,
                                     "dataset.params.filters." + field));
    const auto sources = data::looseSources(config.dataset.params.path, options);
    if (!sources) {
        issues.push_back(issueOf(IssueSeverity::Error, "shards",
                                 sources.error().where + ": " + sources.error().what, sources.error().hint));
        return issues;
    }
    std::error_code error;
    std::vector<fs::path> missing(*sources);
    std::erase_if(missing, [&](const fs::path& source) { return fs::exists(source, error); });
    if (!missing.empty())
        issues.push_back(issueOf(IssueSeverity::Error, "missing_shards",
                                 missing.size() == 1 ? missing[0].string() + " does not exist"
                                                     : fmt::format("{} files do not exist, the first is {}",
                                                                   missing.size(), missing[0].string()),
                                 "Look whether the path is right."));
    return issues;
}

std::vector<Issue> checkDatasetFiles(const std::string& shards,
                                     const std::map<std::string, std::string>& filters) {
    std::vector<Issue> issues;
    for (const auto& [field, expression] : filters)
        if (const auto parsed = data::parseFilter(field, expression); !parsed)
            issues.push_back(issueOf(IssueSeverity::Error, "filter", parsed.error().what, parsed.error().hint,
                                     "dataset.params.filters." + field));

    const auto paths = data::resolveShards(shards);
    if (!paths) {
        const Error& error = paths.error();
        const bool named = !error.where.empty() && error.where != "dataset path";
        issues.push_back(issueOf(IssueSeverity::Error, "shards",
                                 (named ? error.where + ": " : "") + error.what, error.hint));
        return issues;
    }
    std::vector<fs::path> present, missing, unreadable;
    std::uint64_t toFetch = 0;
    for (const fs::path& path : *paths) {
        std::error_code error;
        if (!fs::exists(path, error) && data::isRemoteCopy(path))
            ++toFetch;
        else if (!fs::exists(path, error))
            missing.push_back(path);
        else if (::access(path.c_str(), R_OK) != 0)
            unreadable.push_back(path);
        else
            present.push_back(path);
    }
    if (auto remote = data::remoteShardsOf(shards)) {
        std::erase_if(*remote, [](const std::string& url) { return !url.starts_with("pipe:"); });
        if (!remote->empty())
            issues.push_back(issueOf(IssueSeverity::Note, "pipe",
                                     remote->size() == 1
                                         ? "the training runs a command: " + remote->front()
                                         : fmt::format("the training runs {} commands, the first is: {}",
                                                       remote->size(), remote->front()),
                                     ""));
    }
    if (toFetch > 0)
        issues.push_back(
            issueOf(IssueSeverity::Note, "remote_shards",
                    fmt::format("{} fetched into {} when the training starts",
                                plural(toFetch, "shard is", "shards are"), data::shardCache().string()),
                    "They need their whole size there."));
    if (!missing.empty()) {
        const std::string hint = missing.size() == paths->size()
                                     ? "Look whether the path is right: none of the shards it names is there."
                                     : "Copy or build them, or name only those that exist.";
        issues.push_back(issueOf(IssueSeverity::Error, "missing_shards", describeMissing(missing), hint));
    }
    if (!unreadable.empty())
        issues.push_back(issueOf(IssueSeverity::Error, "unreadable_shards",
                                 fmt::format("{} may not be read, the first is {}",
                                             plural(unreadable.size(), "shard"), unreadable[0].string()),
                                 "Change their permissions, or run as a user who may read them."));
    std::vector<fs::path> sorted(*paths);
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
        issues.push_back(
            issueOf(IssueSeverity::Warning, "repeated_shard",
                    fmt::format("{} is named more than once; its samples count that often", twice->string()),
                    "Take one of them out unless that is meant."));
    checkSizes(present, issues);
    return issues;
}

}  // namespace atelier
