// SPDX-License-Identifier: GPL-3.0-or-later
// safetensors files: validated reading, atomic writing, sharded checkpoints. No LibTorch
// here: tensors are bytes with a dtype and a shape; core/engine/models/state_dict turns them into at::Tensor
// and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/weights/file_bytes.h"
#include "core/weights/tensor_file.h"

namespace atelier {

// One file, checked completely on opening: nothing in it is trusted before.
class SafetensorsFile final : public TensorFile {
  public:
    // Errors (code Model): unreadable, a Git LFS pointer, or the first rule of the format that is broken,
    // with numbers.
    static Result<SafetensorsFile> open(const fs::path& path);

    Status read(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> out) const override;
    std::uint64_t fileSize() const override { return file_.size(); }
    std::string_view format() const override { return "safetensors"; }

  private:
    FileBytes file_;
    std::uint64_t dataStart_ = 0;
};

// Any single file of weights: safetensors, or a pickle that torch.save wrote, told apart by content.
Result<std::unique_ptr<TensorFile>> openTensorFile(const fs::path& path);

// A component's weights: one file, or shards behind an index. Names are unique over all files.
class WeightSet {
  public:
    // folder/stem[.variant].safetensors, else its index, else the pickled files that older libraries wrote
    // (….bin, for "model" pytorch_model.bin; with index too). The error names what is there instead.
    static Result<WeightSet> open(const fs::path& folder, std::string_view stem,
                                  std::string_view variant = {});
    static Result<WeightSet> openFile(const fs::path& path);
    // The variants of which the folder has such weights; "" stands for the plain files.
    static std::set<std::string> variants(const fs::path& folder, std::string_view stem);
    // That variant where the folder has it, else the plain files, else fp16, else the only variant there.
    static Result<WeightSet> openAny(const fs::path& folder, std::string_view stem,
                                     std::string_view variant = {});

    struct Entry {
        const TensorFile* file = nullptr;
        const TensorInfo* tensor = nullptr;
        Result<std::vector<std::byte>> bytes() const { return file->bytes(*tensor); }
    };
    std::optional<Entry> find(std::string_view name) const;
    std::vector<std::string> names() const;  // sorted
    const std::vector<std::unique_ptr<TensorFile>>& files() const { return files_; }
    const fs::path& path() const { return path_; }  // the file or the index, for messages
    // Pairs of names that share their bytes, over all files.
    std::vector<std::pair<std::string, std::string>> tied() const;

  private:
    static Result<WeightSet> openIndex(const fs::path& index);

    fs::path path_;
    std::vector<std::unique_ptr<TensorFile>> files_;
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
    std::function<Result<TensorBytes>()>
        bytes;  // called once, in file order, so that converting needs one tensor's memory
};

// One file under its name only when it is complete and on disk. Metadata always carries {"format": "pt"}.
Status writeSafetensors(const fs::path& path, std::vector<TensorToWrite> tensors,
                        std::map<std::string, std::string> metadata = {});

}  // namespace atelier
