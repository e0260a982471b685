// SPDX-License-Identifier: GPL-3.0-or-later
// Finished pictures as PNG files that say how they were made, and samples.json beside them. Used by `sample`
// and by training.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/engine/eval/generate.h"

namespace atelier::eval {

// What one picture was made from; one entry of samples.json.
Json describePicture(const PictureRequest& request, const GenerateOptions& options, const std::string& file);

// The same as the text that A1111 writes under "parameters" and many viewers show; `model`: its name, or "".
std::string parametersText(const Json& description, const std::string& model);

// folder/FILE with the texts "parameters" (A1111's) and "atelier" (the description as JSON), in a .jpg as
// comments. `pixels_HWC`: 8-bit RGB on the CPU. FILE and the rest come from the description.
Status writePicture(const fs::path& folder, const at::Tensor& pixels_HWC, const Json& description,
                    const std::string& model = "");
// The description in a file that writePicture wrote; null when there is none.
Json readDescription(const fs::path& file);

// 0000.png, 0001.png, … and samples.json in `folder` (made); `extra` keys go on top of samples.json.
Status writePictures(const at::Tensor& pictures_NHWC, const std::vector<PictureRequest>& requests,
                     const GenerateOptions& options, const fs::path& folder,
                     const Json& extra = Json::object());

}  // namespace atelier::eval
