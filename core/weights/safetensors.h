// SPDX-License-Identifier: GPL-3.0-or-later
// safetensors files: validated reading through a memory map, atomic writing, sharded checkpoints. No LibTorch
// here: tensors are bytes with a dtype and a shape; core/engine/models/state_dict turns them into at::Tensor
// and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier {

// In the format's own order of rank (the writer sorts by it, widest first).
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
    std::uint64_t begin = 0;          // bytes from the start of the data buffer
    std::uint64_t end = 0;

    std::int64_t elements() const;
};
std::string shapeText(std::span<const std::int64_t> shape);  // "[320, 4, 3, 3]"

// One file, checked completely on opening: nothing in it is trusted before.
class SafetensorsFile {
  public:
    // Errors (code Model): unreadable, a Git LFS pointer, or the first rule of the format that is broken,
    // with numbers.
    static Result<SafetensorsFile> open(const fs::path& path);

    const fs::path& path() const { return path_; }
    std::span<const TensorInfo> tensors() const { return tensors_; }  // sorted by name
    const std::map<std::string, std::string>& metadata() const { return metadata_; }
    const TensorInfo* find(std::string_view name) const;
    // The tensor's bytes inside the map: valid while this object lives; not necessarily aligned.
    std::span<const std::byte> bytes(const TensorInfo& tensor) const;
    std::uint64_t fileSize() const { return map_->bytes().size(); }

  private:
    fs::path path_;
    std::shared_ptr<MappedFile> map_;
    std::uint64_t dataStart_ = 0;
    std::vector<TensorInfo> tensors_;
    std::map<std::string, std::string> metadata_;
};

// A component's weights: one file, or shards behind an index. Names are unique over all files.
class WeightSet {
  public:
    // folder/stem[.variant].safetensors, else its index; the error names what is there instead (a pickle, a
    // variant).
    static Result<WeightSet> open(const fs::path& folder, std::string_view stem,
                                  std::string_view variant = {});
    static Result<WeightSet> openFile(const fs::path& path);

    struct Entry {
        const SafetensorsFile* file = nullptr;
        const TensorInfo* tensor = nullptr;
        std::span<const std::byte> bytes() const { return file->bytes(*tensor); }
    };
    std::optional<Entry> find(std::string_view name) const;
    std::vector<std::string> names() const;  // sorted
    const std::vector<std::unique_ptr<SafetensorsFile>>& files() const { return files_; }
    const fs::path& path() const { return path_; }  // the file or the index, for messages

  private:
    static Result<WeightSet> openIndex(const fs::path& index);

    fs::path path_;
    std::vector<std::unique_ptr<SafetensorsFile>> files_;
    std::map<std::string, Entry, std::less<>> entries_;
};

// Bytes to be written; `owner` keeps them alive.
struct TensorBytes {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
};

struct TensorToWrite {
    std::string name;
    TensorType type = TensorType::F32;
    std::vector<std::int64_t> shape;
    std::function<TensorBytes()>
        bytes;  // called once, in file order, so that converting needs one tensor's memory
};

// One file under its name only when it is complete and on disk. Metadata always carries {"format": "pt"}.
Status writeSafetensors(const fs::path& path, std::vector<TensorToWrite> tensors,
                        std::map<std::string, std::string> metadata = {});

}  // namespace atelier
