// SPDX-License-Identifier: GPL-3.0-or-later
// Files of torch.save (.bin, .ckpt, .pt, .pth): the zip form and the older one, as a tensor table. Runs
// nothing (pickle.h). Opened through openTensorFile.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/weights/file_bytes.h"
#include "core/weights/tensor_file.h"

namespace atelier {

class TorchFile final : public TensorFile {
  public:
    // A dictionary of tensors, or one that holds a "state_dict" (everything beside it is then left out, but
    // for numbers and texts, which become metadata). Other nesting gives names joined by dots,
    // lists numbers. Errors (code
    // Model): what pickle::read and readZipRecords refuse; a whole model instead of its weights; a tensor
    // that reaches past its storage, by name.
    static Result<TorchFile> open(const fs::path& path);

    // A view that is not row-major is gathered.
    Status read(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> out) const override;
    std::uint64_t fileSize() const override { return file_.size(); }
    std::string_view format() const override { return zip_ ? "pickle (zip)" : "pickle (old form)"; }

    struct View {
        ByteRange storage;
        std::uint64_t offset = 0;           // bytes
        std::vector<std::int64_t> strides;  // elements; empty = row-major
    };

  private:
    FileBytes file_;
    std::map<std::string, View, std::less<>> views_;
    bool zip_ = false;
};

}  // namespace atelier
