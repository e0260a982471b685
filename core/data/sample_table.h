// SPDX-License-Identifier: GPL-3.0-or-later
// The samples of one shard, compactly: keys in one string, members in one array. Internal to DatasetIndex.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace atelier::data {

// Extensions of a dataset as small numbers; there are a handful.
class ExtensionNames {
  public:
    std::uint32_t numberOf(std::string_view extension);
    // npos when no member has it.
    static constexpr std::uint32_t npos = ~std::uint32_t{0};
    std::uint32_t find(std::string_view extension) const;
    const std::vector<std::string>& names() const { return names_; }

  private:
    std::vector<std::string> names_;
};

struct TableMember {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint32_t extension = 0;
};

struct TableSample {
    std::uint64_t key = 0;     // into keys
    std::uint64_t member = 0;  // first, into members
    std::uint32_t keySize = 0;
    std::uint32_t members = 0;
};

struct SampleTable {
    std::string keys;
    std::vector<TableMember> members;
    std::vector<TableSample> samples;

    void begin(std::string_view key);  // members.push_back() then adds to it
    void addMember(const TableMember& member);
    void dropLast();
    // Appends other's samples, its extension numbers mapped.
    void append(const SampleTable& other, const std::vector<std::uint32_t>& extensionMap);
    std::string_view key(const TableSample& sample) const {
        return std::string_view(keys).substr(sample.key, sample.keySize);
    }
};

}  // namespace atelier::data
