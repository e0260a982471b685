// SPDX-License-Identifier: GPL-3.0-or-later
// Samples that lie outside shards: pictures with captions in folders, rows of CSV and TSV tables, rows of
// Parquet files. Each source becomes one part of a DatasetIndex. Internal to it.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/data/dataset_index.h"
#include "core/data/member_store.h"
#include "core/data/parquet_file.h"
#include "core/data/sample_table.h"

namespace atelier::data {

// The member that holds the picture, whatever its format; the others are "txt", "json", "cls" and the masks.
inline constexpr std::string_view kLooseImage = "image";

// What one source holds beside its table: files named by number, texts one behind the other, a Parquet file.
struct LooseSource {
    std::vector<fs::path> files;
    std::string texts;
    std::shared_ptr<ParquetFile> parquet;
    std::size_t imageColumn = 0;
};

class LooseStore final : public MemberStore {
  public:
    explicit LooseStore(std::vector<LooseSource> sources) : sources_(std::move(sources)) {}
    Result<std::string> read(std::uint32_t shard, std::uint64_t offset, std::uint64_t size) override;

  private:
    std::vector<LooseSource> sources_;
};

struct LoosePart {
    SampleTable table;
    ExtensionNames extensions;
    LooseSource source;
    std::vector<std::string> problems;
};

// Sources of a spec: folders, tables or Parquet files; a folder stands for the files of the kind in it.
Result<std::vector<fs::path>> looseSources(const std::string& spec, const DatasetOptions& options);
Result<LoosePart> readLooseSource(const fs::path& path, const DatasetOptions& options);

}  // namespace atelier::data
