// SPDX-License-Identifier: GPL-3.0-or-later
// The records of an uncompressed zip archive as ranges of its bytes: what torch.save writes. Nothing is
// unpacked, so nothing can blow up; used by torch_file.cpp only.
#pragma once

#include <map>
#include <string>

#include "core/base/result.h"
#include "core/weights/file_bytes.h"

namespace atelier {

using ZipRecords = std::map<std::string, ByteRange, std::less<>>;

// Errors (code Model): no archive, cut off, compressed or encrypted records, records
// that overlap or lie outside, names that lead out of the archive, a name twice.
Result<ZipRecords> readZipRecords(const FileBytes& archive);

}  // namespace atelier
