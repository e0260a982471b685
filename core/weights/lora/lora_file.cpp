// SPDX-License-Identifier: GPL-3.0-or-later
// Reading LoRA files: every key is sorted into a module and a part of it.
#include "core/weights/lora/lora_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/weights/lora/lora_names.h"
#include "core/weights/safetensors.h"

namespace atelier::lora {
namespace {

enum class Role { Down, Up, Mid, Alpha, Magnitude };
struct Suffix {
    std::string_view text;
    Role role;
};
constexpr std::array kSuffixes{
    Suffix{".lora_down.weight", Role::Down},
    Suffix{".lora_up.weight", Role::Up},
    Suffix{".lora_mid.weight", Role::Mid},
    Suffix{".dora_scale", Role::Magnitude},
    Suffix{".lora_linear_layer.down.weight", Role::Down},
    Suffix{".lora_linear_layer.up.weight", Role::Up},
    Suffix{".lora.down.weight", Role::Down},
    Suffix{".lora.up.weight", Role::Up},
    Suffix{"_lora.down.weight", Role::Down},
    Suffix{"_lora.up.weight", Role::Up},
    Suffix{".lora_A.weight", Role::Down},
    Suffix{".lora_B.weight", Role::Up},
    Suffix{".lora_A.default.weight", Role::Down},
    Suffix{".lora_B.default.weight", Role::Up},
    Suffix{".lora_magnitude_vector.weight", Role::Magnitude},
    Suffix{".lora_magnitude_vector", Role::Magnitude},
    Suffix{".alpha", Role::Alpha},
};

// Marks of what is not LoRA, with its name.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kOthers{{
    {".hada_", "LoHa"},
    {".lokr_", "LoKr"},
    {".on_input", "IA³"},
    {".lora_embedding_", "an update of embeddings"},
    {".oft_", "OFT"},
    {".boft_", "BOFT"},
    {".a1.weight", "GLoRA"},
    {".b1.weight", "GLoRA"},
    {".diff_b", "a full difference (LyCORIS full)"},
    {".diff", "a full difference (LyCORIS full)"},
    {".w_norm", "an update of norms (LyCORIS norm)"},
    {".lora_bias", "a LoRA with biases"},
    {".bias_values", "a sparse bias (LyCORIS)"},
    {"lora_controlnet", "a Control-LoRA"},
}};

struct Key {
    std::string component, path;
    Role role = Role::Down;
    Dialect dialect = Dialect::Kohya;
};

tl::unexpected<Error> bad(const fs::path& path, std::string what, std::string hint = {}) {
    return fail(ErrorCode::Model, std::move(what), path.string(), std::move(hint));
}

// Attention as diffusers 0.14–0.18 named it: a processor's own layers.
std::string fromProcessor(std::string path, bool text) {
    const auto replace = [&](std::string_view from, std::string_view to) {
        if (const auto at = path.find(from); at != path.npos) path.replace(at, from.size(), to);
    };
    replace(".processor.", ".");
    if (!text) {
        if (path.ends_with(".to_out")) path += ".0";
        return path;
    }
    for (const auto& [from, to] : {std::pair{".to_q", ".q_proj"},
                                   {".to_k", ".k_proj"},
                                   {".to_v", ".v_proj"},
                                   {".to_out", ".out_proj"}})
        if (path.ends_with(from)) replace(from, to);
    return path;
}

std::optional<Key> parseKohya(std::string_view stem) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kPrefixes{
        {{"lora_unet_", "unet"},
         {"lora_te1_", "text_encoder"},
         {"lora_te2_", "text_encoder_2"},
         {"lora_te_", "text_encoder"}}};
    for (const auto& [prefix, component] : kPrefixes) {
        if (!stem.starts_with(prefix)) continue;
        auto path = unflattened(stem.substr(prefix.size()));
        if (path && component == "unet" &&
            (path->find("_block") != path->npos || path->starts_with("time_embed.") ||
             path->starts_with("label_emb") || *path == "out.2") &&
            !path->starts_with("down_blocks") && !path->starts_with("up_blocks") &&
            !path->starts_with("mid_block"))
            path = fromLdmPath(*path);
        if (!path) return std::nullopt;
        return Key{std::string(component), *path, Role::Down, Dialect::Kohya};
    }
    return std::nullopt;
}

std::optional<Key> parseDotted(std::string_view stem, bool processor) {
    Key key{"", std::string(stem), Role::Down, Dialect::Diffusers};
    const auto strip = [&](std::string_view prefix) {
        if (!std::string_view(key.path).starts_with(prefix)) return false;
        key.path.erase(0, prefix.size());
        return true;
    };
    if (strip("base_model.model.")) key.dialect = Dialect::Peft;
    for (const std::string_view component : {"text_encoder_2", "text_encoder", "unet"})
        if (key.component.empty() && strip(std::string(component) + ".")) key.component = component;
    if (std::string_view(key.path).starts_with("encoder.layers.")) key.path = "text_model." + key.path;
    if (key.component.empty()) {
        if (key.path.starts_with("text_model.") || key.path.starts_with("encoder.block."))
            key.component = "text_encoder";
        else if (key.path.starts_with("down_blocks.") || key.path.starts_with("mid_block.") ||
                 key.path.starts_with("up_blocks.") || key.path.starts_with("conv_") ||
                 key.path.starts_with("time_embedding.") || key.path.starts_with("add_embedding."))
            key.component = "unet";
        else
            return std::nullopt;
    }
    if (processor) key.path = fromProcessor(key.path, key.component != "unet");
    return key;
}

Result<Key> parseKey(const fs::path& file, const std::string& name) {
    for (const auto& [mark, what] : kOthers)
        if (name.find(mark) != name.npos)
            return bad(file, fmt::format("tensor \"{}\" belongs to {}, which is not LoRA", name, what),
                       "LoRA, LoCon and DoRA are read. The tool that made it can merge it into its model.");
    for (const auto& suffix : kSuffixes) {
        if (!name.ends_with(suffix.text)) continue;
        const auto stem = std::string_view(name).substr(0, name.size() - suffix.text.size());
        auto key =
            stem.starts_with("lora_") ? parseKohya(stem) : parseDotted(stem, suffix.text.starts_with('_'));
        if (!key) break;
        key->role = suffix.role;
        return *key;
    }
    return bad(
        file,
        fmt::format("tensor \"{}\" is no part of a LoRA for Stable Diffusion's UNet or text encoders", name),
        "`atelier-engine inspect` says what the file is.");
}

double scalar(const Tensor& tensor) {
    const auto bytes = dialects::convertType(tensor.bytes, tensor.type, TensorType::F64);
    double value = 0;
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

// Module names in PEFT's patterns: the whole path or its end.
bool meets(std::string_view path, std::string_view pattern) {
    if (pattern.starts_with('^')) return path == pattern.substr(1);
    return path == pattern || (path.ends_with(pattern) && path[path.size() - pattern.size() - 1] == '.');
}

// PEFT's configuration of one component, its keys prefixed by `prefix`.
void takeAlphas(File& file, const Json& config, const std::string& component, const std::string& prefix) {
    const auto get = [&](const char* key) {
        return config.contains(prefix + key) ? config[prefix + key] : Json();
    };
    const Json alpha = get("lora_alpha"), patterns = get("alpha_pattern"), stabilized = get("use_rslora");
    for (Module& module : file.modules) {
        if (module.component != component || module.alpha) continue;
        if (alpha.is_number()) module.alpha = alpha.get<double>();
        if (patterns.is_object())
            for (const auto& [pattern, value] : patterns.items())
                if (value.is_number() && meets(module.path, pattern)) module.alpha = value.get<double>();
        if (module.alpha && stabilized == Json(true))
            *module.alpha *= std::sqrt(static_cast<double>(module.rank()));
    }
}

Status check(const fs::path& path, const Module& module) {
    const auto wrong = [&](std::string what) {
        return bad(path, fmt::format("module \"{}\": {}", module.name(), what));
    };
    if (module.down.shape.empty() || module.up.shape.empty())
        return wrong(module.down.shape.empty() ? "its down half is missing" : "its up half is missing");
    const auto& down = module.down.shape;
    const auto& up = module.up.shape;
    const auto ranks = [](const auto& shape) { return shape.size() == 2 || shape.size() == 4; };
    if (!ranks(down) || !ranks(up)) return wrong("its halves are neither matrices nor convolutions");
    if (module.mid && (module.mid->shape.size() != 4 || module.mid->shape[0] != up[1] ||
                       module.mid->shape[1] != down[0] || module.mid->shape[0] != module.mid->shape[1]))
        return wrong(fmt::format("its middle {} does not fit", shapeText(module.mid->shape)));
    if (!module.mid && up[1] != down[0])
        return wrong(fmt::format("its halves {} and {} do not fit together", shapeText(down), shapeText(up)));
    if (up.size() == 4 && up[2] * up[3] != 1) return wrong("its up half is wider than 1×1");
    if (down[0] < 1) return wrong("its rank is 0");
    for (const Tensor* t : {&module.down, &module.up})
        if (!dialects::isConvertible(t->type))
            return wrong(fmt::format("it is stored as {}", tensorTypeName(t->type)));
    return {};
}

fs::path weightsIn(const fs::path& folder) {
    for (const char* name : {"adapter_model.safetensors", "pytorch_lora_weights.safetensors",
                             "adapter_model.bin", "pytorch_lora_weights.bin"})
        if (fs::exists(folder / name)) return folder / name;
    return folder / "pytorch_lora_weights.safetensors";
}

}  // namespace

std::string_view dialectName(Dialect dialect) {
    return dialect == Dialect::Kohya ? "kohya" : dialect == Dialect::Peft ? "peft" : "diffusers";
}

std::int64_t Tensor::elements() const {
    std::int64_t count = 1;
    for (const auto side : shape) count *= side;
    return count;
}

bool File::isXl() const {
    if (const auto it = metadata.find("ss_base_model_version"); it != metadata.end())
        return it->second.starts_with("sdxl");
    return std::ranges::any_of(modules, [](const Module& m) {
        return m.component == "text_encoder_2" ||
               (m.path.ends_with("attn2.to_k") && m.down.shape.size() > 1 && m.down.shape[1] == 2048);
    });
}

bool File::isOfT5() const {
    return std::ranges::any_of(modules, [](const Module& m) {
        return m.component == "text_encoder" && m.path.starts_with("encoder.block.");
    });
}

Result<File> read(const fs::path& given) {
    const fs::path path = fs::is_directory(given) ? weightsIn(given) : given;
    ATELIER_TRY(const auto weights, WeightSet::openFile(path));
    File file;
    file.metadata = weights.files().front()->metadata();
    std::map<std::pair<std::string, std::string>, Module> modules;
    for (const auto& name : weights.names()) {
        ATELIER_TRY(const Key key, parseKey(path, name));
        file.dialect = key.dialect;
        Module& module = modules[{key.component, key.path}];
        module.component = key.component;
        module.path = key.path;
        const auto entry = *weights.find(name);
        ATELIER_TRY(auto bytes, entry.bytes());
        Tensor tensor{entry.tensor->type, entry.tensor->shape, std::move(bytes)};
        if (key.role == Role::Alpha) {
            if (tensor.elements() != 1 || !dialects::isConvertible(tensor.type))
                return bad(path, fmt::format("\"{}\" is not one number", name));
            module.alpha = scalar(tensor);
            continue;
        }
        (key.role == Role::Down  ? module.down
         : key.role == Role::Up  ? module.up
         : key.role == Role::Mid ? module.mid.emplace()
                                 : module.magnitude.emplace()) = std::move(tensor);
    }
    for (auto& [key, module] : modules) {
        ATELIER_DO(check(path, module));
        file.modules.push_back(std::move(module));
    }
    if (const auto text = file.metadata.find("lora_adapter_metadata"); text != file.metadata.end()) {
        ATELIER_TRY(const Json config, parseJson(text->second, path.string()));
        for (const std::string component : {"unet", "text_encoder", "text_encoder_2"})
            if (config.is_object()) takeAlphas(file, config, component, component + ".");
    }
    if (const fs::path config = path.parent_path() / "adapter_config.json";
        file.dialect == Dialect::Peft && fs::exists(config)) {
        ATELIER_TRY(const auto text, readFile(config, 1 << 24));
        ATELIER_TRY(const Json json, parseJson(text, config.string()));
        if (!json.is_object()) return bad(config, "it is not a JSON object");
        if (json.contains("fan_in_fan_out") && json["fan_in_fan_out"] == true)
            return bad(config, "its layers are transposed (fan_in_fan_out)");
        for (const char* component : {"unet", "text_encoder", "text_encoder_2"})
            takeAlphas(file, json, component, "");
    }
    return file;
}

}  // namespace atelier::lora
