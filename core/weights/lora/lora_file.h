// SPDX-License-Identifier: GPL-3.0-or-later
// LoRA files in the three dialects that exist: kohya's tools and A1111, diffusers (three generations of
// names), PEFT. Read into one table of modules, written back as any of them. Used by the `lora` verb.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/weights/dialects/values.h"
#include "core/weights/tensor_file.h"

namespace atelier::lora {

enum class Dialect { Kohya, Diffusers, Peft };
std::string_view dialectName(Dialect dialect);  // "kohya"

struct Tensor {
    TensorType type = TensorType::F32;
    std::vector<std::int64_t> shape;
    dialects::Bytes bytes;

    std::int64_t elements() const;
};

// ΔW = alpha / rank · up · down (with mid: up · mid · down, the Tucker form of LoCon).
struct Module {
    std::string component;            // "unet", "text_encoder", "text_encoder_2"
    std::string path;                 // diffusers' path: "down_blocks.0.attentions.0.proj_in"
    Tensor down, up;                  // [r, in(, k, k)], [out, r(, 1, 1)]
    std::optional<Tensor> mid;        // [r, r, k, k]
    std::optional<Tensor> magnitude;  // DoRA: per output [out, 1…], or per input [1, in…]
    std::optional<double> alpha;      // absent: rank

    std::int64_t rank() const { return down.shape.empty() ? 0 : down.shape[0]; }
    std::string name() const { return component + "." + path; }  // for messages
    double scale() const { return alpha ? *alpha / static_cast<double>(rank()) : 1; }
};

struct File {
    Dialect dialect = Dialect::Kohya;
    std::vector<Module> modules;  // sorted by component and path
    std::map<std::string, std::string> metadata;

    bool isOfT5() const;  // some of its modules are a T5 text encoder's
    bool isXl() const;    // SDXL by its second text encoder or its context of 2048
};

// A file, or a folder with adapter_model / pytorch_lora_weights (.safetensors or .bin). A PEFT file takes its
// alphas from adapter_config.json beside it. Errors (code Model): a kind that is not LoRA (LoHa, LoKr, IA³,
// OFT, …) by name, an unknown or incomplete module by name, shapes that do not fit together.
Result<File> read(const fs::path& path);

// kohya and diffusers: one file. peft: a folder, with a folder for each component if there are several.
// `out` must not exist and appears whole. Errors (code Model): a module that the dialect cannot express.
Status write(const File& file, const fs::path& out, Dialect dialect);

}  // namespace atelier::lora
