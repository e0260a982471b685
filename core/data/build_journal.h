// SPDX-License-Identifier: GPL-3.0-or-later
// Private to the dataset build: what became of each planned picture, kept beside the shards so that a killed
// build can go on where its last complete shard ends. One JSON line per picture, in plan order.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/build_sample.h"

namespace atelier::data {

class BuildJournal {
  public:
    // Reads what an earlier attempt left under the same fingerprint, up to the line that completes `written`
    // samples, and cuts off the rest; starts empty otherwise.
    static Result<BuildJournal> open(const fs::path& path, const std::string& fingerprint,
                                     std::uint64_t written);
    BuildJournal(BuildJournal&& other) noexcept;
    BuildJournal& operator=(BuildJournal&&) = delete;
    ~BuildJournal();

    // Outcomes found on opening, by position in the plan's order: position i is element i.
    const std::vector<Outcome>& earlier() const { return earlier_; }
    Status append(const Outcome& outcome);

  private:
    BuildJournal(int fd, fs::path path, std::vector<Outcome> earlier);
    int fd_ = -1;
    fs::path path_;
    std::vector<Outcome> earlier_;
};

}  // namespace atelier::data
