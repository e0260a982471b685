// SPDX-License-Identifier: GPL-3.0-or-later
// LoRAs and whole models: merging into weights, extracting a difference, resizing. Called by the `lora` verb.
#pragma once

#include <utility>
#include <vector>

#include "core/weights/dialects/convert.h"
#include "core/weights/lora/lora_file.h"
#include "core/weights/lora/lora_math.h"

namespace atelier::lora {

// `model`, a pipeline folder or a single file of Stable Diffusion 1, 2 or XL, with the LoRAs added at their
// multipliers; `out` has the same form, and all else in it is as before. Errors (code Model): a module that
// meets no layer, or one of another size, by name.
Result<ConvertReport> merge(const fs::path& model, const std::vector<std::pair<File, double>>& loras,
                            const fs::path& out, const ConvertOptions& options);

struct ExtractOptions {
    Truncation linear;                      // attention and feed-forward layers of UNet and text encoders
    std::optional<Truncation> convolution;  // 3×3 and all other layers of the UNet, too
    TensorType dtype = TensorType::F16;
    double minimum = 1e-6;  // layers whose largest difference is no larger are left out
    std::function<void(const std::string& phase, std::uint64_t done, std::uint64_t total)> progress;
};
struct ExtractReport {
    File file;
    double kept = 1;  // share of the squared difference of the layers in it
};
// What must be added to `base` to come near `tuned`; the two may differ in form, not in family.
Result<ExtractReport> extract(const fs::path& base, const fs::path& tuned, const ExtractOptions& options);

// The same LoRA with fewer singular values; alpha becomes the rank. `kept` as above.
ExtractReport resize(const File& file, const Truncation& truncation, std::optional<TensorType> dtype);

}  // namespace atelier::lora
