// SPDX-License-Identifier: GPL-3.0-or-later
// Reads the flat columns of Parquet files as image data sets have them: texts, numbers and binary values,
// also inside structs (`image.bytes`). Pages in versions 1 and 2; uncompressed, snappy, gzip, zstd; plain,
// dictionary and delta encodings. Lists and maps are refused by name, and so is what is not known. A page at
// a time is held, so memory does not grow with the file. Used by DatasetIndex for `dataset.type: Parquet`.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/result.h"

namespace atelier::data {

class ParquetFile {
  public:
    // Errors (Data): no Parquet file, a damaged footer, encryption.
    static Result<std::shared_ptr<ParquetFile>> open(const fs::path& path);
    ~ParquetFile();

    std::uint64_t rows() const;
    // Dotted names of the leaves in the file's order: "image.bytes", "image.path", "text".
    const std::vector<std::string>& columns() const;
    std::optional<std::size_t> find(const std::string& column) const;
    // Whether a column holds bytes or text.
    bool isBytes(std::size_t column) const;

    // One value of a column of bytes: nothing where it is null. Thread-safe; the pages read last are kept.
    Result<std::optional<std::string>> bytesAt(std::size_t column, std::uint64_t row);
    // All values of a column in order: text, number, boolean or null.
    Status visit(std::size_t column, const std::function<Status(std::uint64_t row, Json value)>& take);

  private:
    struct State;
    explicit ParquetFile(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace atelier::data
