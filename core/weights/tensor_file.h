// SPDX-License-Identifier: GPL-3.0-or-later
// The tensor table that every kind of weight file gives: names, dtypes, shapes, bytes. safetensors.h and
// torch_file.h fill it; inspect, convert and model loading read it without knowing which kind it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

// In safetensors' own order of rank (its writer sorts by it, widest first).
enum class TensorType {
    Bool,
    F4,
    F6E2M3,
    F6E3M2,
    U8,
    I8,
    F8E5M2,
    F8E4M3,
    F8E8M0,
    F8E4M3FNUZ,
    F8E5M2FNUZ,
    I16,
    U16,
    F16,
    BF16,
    I32,
    U32,
    F32,
    C64,
    F64,
    I64,
    U64,
};
std::string_view tensorTypeName(TensorType type);  // "F32"
int bitsPerElement(TensorType type);

struct TensorInfo {
    std::string name;
    TensorType type = TensorType::F32;
    std::vector<std::int64_t> shape;  // row-major; empty = scalar
    std::uint64_t begin = 0;          // bytes from the start of the file's data
    std::uint64_t end = 0;

    std::int64_t elements() const;
};
std::string shapeText(std::span<const std::int64_t> shape);  // "[320, 4, 3, 3]"

// One opened file, validated completely before any of this can be called.
class TensorFile {
  public:
    TensorFile() = default;
    TensorFile(TensorFile&&) = default;
    TensorFile& operator=(TensorFile&&) = default;
    TensorFile(const TensorFile&) = delete;
    TensorFile& operator=(const TensorFile&) = delete;
    virtual ~TensorFile() = default;

    const fs::path& path() const { return path_; }
    std::span<const TensorInfo> tensors() const { return tensors_; }  // sorted by name
    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    // Names of one and the same bytes: (a later name, the first name).
    const std::vector<std::pair<std::string, std::string>>& tied() const { return tied_; }
    const TensorInfo* find(std::string_view name) const;
    // Fills `out` with the tensor's bytes from `offset` on, row-major and dense. `tensor` is one of
    // tensors(); may be called from several threads. Errors (code Model): the file was cut or written to
    // meanwhile.
    virtual Status read(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> out) const = 0;
    Result<std::vector<std::byte>> bytes(const TensorInfo& tensor) const;
    virtual std::uint64_t fileSize() const = 0;
    virtual std::string_view format() const = 0;  // "safetensors", "pickle (zip)", …

  protected:
    fs::path path_;
    std::vector<TensorInfo> tensors_;
    std::map<std::string, std::string> metadata_;
    std::vector<std::pair<std::string, std::string>> tied_;
};

}  // namespace atelier
