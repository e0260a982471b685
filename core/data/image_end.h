// SPDX-License-Identifier: GPL-3.0-or-later
// Is a picture file there to its end? For lists of many pictures, where decoding each would take minutes.
// Called by the studio's loader.
#pragma once

#include "core/data/image_io.h"

namespace atelier::data {

// Looks at the last bytes: JPEG ends with its end marker, PNG with IEND, WebP with the length that RIFF says,
// GIF with its trailer. A file that does not end so is decoded (a few programs write behind the end), and the
// decoder's Error comes back. Formats without an end of their own pass. Damage in the middle is not seen.
Status checkEnd(const fs::path& path, ImageFormat format);

}  // namespace atelier::data
