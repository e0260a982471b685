// SPDX-License-Identifier: GPL-3.0-or-later
// Files of torch.save (.bin, .ckpt, .pt, .pth): the zip form and the older one, as a tensor table. Reads by
// memory map and runs nothing (pickle.h). Opened through openTensorFile.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/weights/tensor_file.h"

namespace atelier {

class TorchFile final : public TensorFile {
  public:
    // A dictionary of tensors, or one that holds a "state_dict" (everything beside it is then left out, but
    // for numbers and texts, which become metadata). Other nesting gives names joined by dots. Errors (code
    // Model): what pickle::read and readZipRecords refuse; a whole model instead of its weights; a tensor
    // that reaches past its storage, by name.
    static Result<TorchFile> open(const fs::path& path);

    // A view that is not row-major is gathered on first use and kept.
    std::span<const std::byte> bytes(const TensorInfo& tensor) const override;
    std::uint64_t fileSize() const override { return map_->bytes().size(); }
    std::string_view format() const override { return zip_ ? "pickle (zip)" : "pickle (old form)"; }

    struct View {
        std::span<const std::byte> storage;
        std::uint64_t offset = 0;           // bytes
        std::vector<std::int64_t> strides;  // elements; empty = row-major
    };

  private:
    struct Gathered {
        std::mutex mutex;
        std::map<std::string, std::vector<std::byte>, std::less<>> bytes;
    };
    std::shared_ptr<MappedFile> map_;
    std::map<std::string, View, std::less<>> views_;
    std::unique_ptr<Gathered> gathered_ = std::make_unique<Gathered>();
    bool zip_ = false;
};

}  // namespace atelier
