// SPDX-License-Identifier: GPL-3.0-or-later
// SampleTable and ExtensionNames.
#include "core/data/sample_table.h"

#include <algorithm>

namespace atelier::data {

std::uint32_t ExtensionNames::find(std::string_view extension) const {
    const auto at = std::find(names_.begin(), names_.end(), extension);
    return at == names_.end() ? npos : static_cast<std::uint32_t>(at - names_.begin());
}

std::uint32_t ExtensionNames::numberOf(std::string_view extension) {
    const std::uint32_t found = find(extension);
    if (found != npos) return found;
    names_.emplace_back(extension);
    return static_cast<std::uint32_t>(names_.size() - 1);
}

void SampleTable::begin(std::string_view key) {
    samples.push_back({keys.size(), members.size(), static_cast<std::uint32_t>(key.size()), 0});
    keys.append(key);
}

void SampleTable::addMember(const TableMember& member) {
    members.push_back(member);
    ++samples.back().members;
}

void SampleTable::dropLast() {
    keys.resize(samples.back().key);
    members.resize(samples.back().member);
    samples.pop_back();
}

void SampleTable::append(const SampleTable& other, const std::vector<std::uint32_t>& extensionMap) {
    const std::uint64_t keyBase = keys.size(), memberBase = members.size();
    keys.append(other.keys);
    members.reserve(members.size() + other.members.size());
    for (TableMember member : other.members) {
        member.extension = extensionMap[member.extension];
        members.push_back(member);
    }
    samples.reserve(samples.size() + other.samples.size());
    for (TableSample sample : other.samples) {
        sample.key += keyBase;
        sample.member += memberBase;
        samples.push_back(sample);
    }
}

}  // namespace atelier::data
