// SPDX-License-Identifier: GPL-3.0-or-later
// outcomes.jsonl of a build's work folder: first line {"fingerprint": …}, then one line per picture.
#include "core/data/build_journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/json.h"

namespace atelier::data {
namespace {

std::string outcomeLine(const Outcome& outcome) {
    Json json{{"written", outcome.written}};
    if (outcome.written) {
        json["size"] = {outcome.size.width, outcome.size.height};
        if (!outcome.conversions.empty()) {
            for (const Conversion conversion : outcome.conversions)
                json["conversions"].push_back(int(conversion));
        }
    } else {
        json["reason"] = int(outcome.reason);
        json["detail"] = outcome.detail;
    }
    return dumpJson(json) + "\n";
}

std::optional<Outcome> outcomeOf(std::string_view line) {
    const auto json = parseJson(line);
    if (!json) return std::nullopt;
    Outcome outcome;
    try {
        outcome.written = json->at("written").get<bool>();
        if (outcome.written) {
            outcome.size = {json->at("size").at(0).get<int>(), json->at("size").at(1).get<int>()};
            if (json->contains("conversions")) {
                for (const auto& conversion : json->at("conversions"))
                    outcome.conversions.push_back(Conversion(conversion.get<int>()));
            }
        } else {
            outcome.reason = DropReason(json->at("reason").get<int>());
            outcome.detail = json->at("detail").get<std::string>();
        }
    } catch (const Json::exception&) {
        return std::nullopt;
    }
    return outcome;
}

}  // namespace

Result<BuildJournal> BuildJournal::open(const fs::path& path, const std::string& fingerprint,
                                        std::uint64_t written) {
    const std::string head = dumpJson(Json{{"fingerprint", fingerprint}}) + "\n";
    std::vector<Outcome> earlier;
    std::size_t keep = 0;
    if (const auto text = readFile(path); text && written > 0 && text->starts_with(head)) {
        keep = head.size();
        for (std::uint64_t found = 0; found < written;) {
            const std::size_t end = text->find('\n', keep);
            const auto outcome = end == std::string::npos
                                     ? std::nullopt
                                     : outcomeOf(std::string_view(*text).substr(keep, end - keep));
            if (!outcome)
                return fail(ErrorCode::Data, "it does not match the shards beside it", path.string(),
                            "Start again with --restart.");
            found += outcome->written ? 1 : 0;
            earlier.push_back(*outcome);
            keep = end + 1;
        }
    } else if (written > 0) {
        return fail(ErrorCode::Data, "it does not match the shards beside it", path.string(),
                    "Start again with --restart.");
    }
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return failErrno(errno, "open", path.string());
    BuildJournal journal(fd, path, std::move(earlier));
    if (::ftruncate(fd, off_t(keep)) != 0 || ::lseek(fd, 0, SEEK_END) < 0)
        return failErrno(errno, "write", path.string());
    if (keep == 0 && ::write(fd, head.data(), head.size()) != ssize_t(head.size()))
        return failErrno(errno ? errno : ENOSPC, "write", path.string());
    return journal;
}

BuildJournal::BuildJournal(int fd, fs::path path, std::vector<Outcome> earlier)
    : fd_(fd), path_(std::move(path)), earlier_(std::move(earlier)) {}

BuildJournal::BuildJournal(BuildJournal&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)), earlier_(std::move(other.earlier_)) {}

BuildJournal::~BuildJournal() {
    if (fd_ >= 0) ::close(fd_);
}

Status BuildJournal::append(const Outcome& outcome) {
    const std::string line = outcomeLine(outcome);
    errno = 0;
    if (::write(fd_, line.data(), line.size()) != ssize_t(line.size()))
        return failErrno(errno ? errno : ENOSPC, "write", path_.string());
    return {};
}

}  // namespace atelier::data
