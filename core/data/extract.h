// SPDX-License-Identifier: GPL-3.0-or-later
// Parts of a dataset taken out of its shards: the metadata of its samples, and a set of reference pictures
// for metrics. Called by `atelier-engine dataset metadata` and `dataset reference`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/shard_stream.h"
#include "core/data/verify.h"

namespace atelier::data {

struct Extracted {
    std::uint64_t written = 0;
    std::vector<std::string> problems;  // samples passed over, with the reason
};

// Shards that lie elsewhere are read as a stream, in an order drawn by the seed, and only as many as are
// needed: `fetch` brings them.

// The .json of samples that have a picture, a caption and metadata, one per line as stored, into `out`;
// `limit` 0: all.
Result<Extracted> extractMetadata(const std::string& spec, const fs::path& out, std::uint64_t limit,
                                  const ReadProgressFn& progress = {}, const ShardFetcher& fetch = {});

struct ReferenceOptions {
    std::uint64_t count = 100'000;  // pictures; all when there are fewer
    int size = 256;                 // pixels: short side scaled to it, the centre cut out
    std::uint64_t seed = 0;         // which pictures
};
// A tar of 00000000.jpg, 00000001.jpg, … drawn without replacement among samples with picture and caption.
Result<Extracted> extractReference(const std::string& spec, const fs::path& out,
                                   const ReferenceOptions& options, const ReadProgressFn& progress = {},
                                   const ShardFetcher& fetch = {});

}  // namespace atelier::data
