// SPDX-License-Identifier: GPL-3.0-or-later
// The records of an uncompressed zip archive as ranges of bytes: what torch.save writes. Nothing is unpacked,
// so nothing can blow up; used by torch_file.cpp only.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "core/base/result.h"

namespace atelier {

using ZipRecords = std::map<std::string, std::span<const std::byte>, std::less<>>;

// `where` is for messages. Errors (code Model): no archive, cut off, compressed or encrypted records, records
// that overlap or lie outside, names that lead out of the archive, a name twice.
Result<ZipRecords> readZipRecords(std::span<const std::byte> archive, const std::string& where);

}  // namespace atelier
