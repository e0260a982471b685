// SPDX-License-Identifier: GPL-3.0-or-later
// Writing safetensors: widest dtype first, then by name, header padded to 8 bytes, under its name only when
// complete.
#include <fmt/format.h>

#include <algorithm>

#include "core/base/bulk_write.h"
#include "core/base/json.h"
#include "core/weights/safetensors.h"

namespace atelier {

Status writeSafetensors(const fs::path& path, std::vector<TensorToWrite> tensors,
                        std::map<std::string, std::string> metadata) {
    std::sort(tensors.begin(), tensors.end(), [](const TensorToWrite& a, const TensorToWrite& b) {
        return a.type != b.type ? a.type > b.type : a.name < b.name;
    });
    metadata.emplace("format", "pt");  // transformers refuses files without it
    Json header = Json::object();
    header["__metadata__"] = metadata;
    std::vector<std::uint64_t> sizes;
    std::uint64_t offset = 0;
    for (const auto& tensor : tensors) {
        std::uint64_t bits = static_cast<std::uint64_t>(bitsPerElement(tensor.type));
        for (std::int64_t side : tensor.shape) bits *= static_cast<std::uint64_t>(side);
        sizes.push_back(bits / 8);
        if (header.contains(tensor.name))
            return fail(ErrorCode::Internal, fmt::format("two tensors are named \"{}\"", tensor.name),
                        path.string());
        header[tensor.name] = {{"dtype", tensorTypeName(tensor.type)},
                               {"shape", tensor.shape},
                               {"data_offsets", {offset, offset + sizes.back()}}};
        offset += sizes.back();
    }
    std::string text = dumpJson(header);
    text.resize((text.size() + 7) / 8 * 8, ' ');
    std::string prefix(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) prefix[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);

    ATELIER_TRY(auto file, AtomicFile::create(path));
    ATELIER_TRY(auto bulk, BulkWrite::begin(file, prefix.size() + text.size() + offset));
    ATELIER_DO(bulk.write(prefix));
    ATELIER_DO(bulk.write(text));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        ATELIER_TRY(const TensorBytes data, tensors[i].bytes());
        if (data.bytes.size() != sizes[i])
            return fail(ErrorCode::Internal,
                        fmt::format("tensor \"{}\" gave {} bytes instead of {}", tensors[i].name,
                                    data.bytes.size(), sizes[i]),
                        path.string());
        ATELIER_DO(bulk.write({reinterpret_cast<const char*>(data.bytes.data()), data.bytes.size()}));
    }
    ATELIER_DO(bulk.finish());
    return file.commit();
}

}  // namespace atelier
