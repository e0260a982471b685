// SPDX-License-Identifier: GPL-3.0-or-later
// Layer by layer through a model, or through two.
#include "core/weights/lora/lora_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <thread>

#include "core/weights/safetensors.h"

namespace atelier::lora {
namespace {

std::string layerName(const Module& module) {
    return module.component + "." + module.path + ".weight";
}

bool isTarget(const ModelTensor& tensor, bool convolutions) {
    if (!tensor.name.ends_with(".weight") || tensor.component == "vae") return false;
    if (tensor.shape.size() != 2 && tensor.shape.size() != 4) return false;
    const auto has = [&](const char* part) { return tensor.name.find(part) != std::string::npos; };
    if (tensor.component != "unet")
        return has(".self_attn.") || has(".mlp.") || (has(".SelfAttention.") && !has("bias")) ||
               has(".DenseReluDense.");
    return has(".attentions.") || (convolutions && !has("class_embedding"));
}

Result<std::vector<double>> values(const ModelTensor& tensor) {
    ATELIER_TRY(const dialects::Bytes stored, tensor.bytes());
    const auto bytes = dialects::convertType(stored, tensor.type, TensorType::F64);
    std::vector<double> out(bytes.size() / sizeof(double));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
}

struct Share {
    double kept = 0, total = 0;
    void add(double share, double squares) {
        kept += share * squares;
        total += squares;
    }
    double value() const { return total > 0 ? kept / total : 1; }
};

double squaredNorm(const Tensor& a) {
    const auto bytes = dialects::convertType(a.bytes, a.type, TensorType::F64);
    double sum = 0;
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(double)) {
        double value = 0;
        std::memcpy(&value, bytes.data() + i, sizeof value);
        sum += value * value;
    }
    return sum;
}

}  // namespace

Result<ConvertReport> merge(const fs::path& model, const std::vector<std::pair<File, double>>& loras,
                            const fs::path& out, const ConvertOptions& given) {
    ATELIER_TRY(const auto tensors, openModel(model, given));
    std::map<std::string, const ModelTensor*> layers;
    for (const auto& tensor : tensors) layers[tensor.component + "." + tensor.name] = &tensor;
    std::map<std::string, std::vector<std::pair<const Module*, double>>> updates;
    for (const auto& [file, multiplier] : loras)
        for (const Module& module : file.modules) {
            const auto layer = layers.find(layerName(module));
            if (layer == layers.end())
                return fail(ErrorCode::Model,
                            fmt::format("module \"{}\" meets no layer of the model", module.name()),
                            model.string(), "The LoRA belongs to a model of another family or build.");
            const std::int64_t down = module.mid ? module.down.elements() / module.rank() *
                                                       module.mid->shape[2] * module.mid->shape[3]
                                                 : module.down.elements() / module.rank();
            std::int64_t size = 1;
            for (const auto side : layer->second->shape) size *= side;
            if (layer->second->shape[0] != module.up.shape[0] || size != down * module.up.shape[0])
                return fail(ErrorCode::Model,
                            fmt::format("module \"{}\" ({} and {}) does not fit the layer's {}",
                                        module.name(), shapeText(module.down.shape),
                                        shapeText(module.up.shape), shapeText(layer->second->shape)),
                            model.string(), "The LoRA belongs to a model of another family or size.");
            updates[layer->first].emplace_back(&module, multiplier);
        }
    ConvertOptions options = given;
    options.keepForm = true;
    options.edits = [&](const std::string& component, const std::string& name) {
        return updates.contains(component + "." + name);
    };
    options.edit = [&](const std::string& component, const std::string& name,
                       std::span<const std::int64_t> shape, std::span<float> weight) {
        for (const auto& [module, multiplier] : updates.at(component + "." + name))
            apply(*module, multiplier, shape, weight);
    };
    return convertModel(model, out, options);
}

Result<ExtractReport> extract(const fs::path& base, const fs::path& tuned, const ExtractOptions& options) {
    ATELIER_TRY(const auto before, openModel(base, {}));
    ATELIER_TRY(const auto after, openModel(tuned, {}));
    std::map<std::string, const ModelTensor*> other;
    for (const auto& tensor : after) other[tensor.component + "." + tensor.name] = &tensor;
    std::vector<std::pair<const ModelTensor*, const ModelTensor*>> pairs;
    for (const auto& tensor : before) {
        if (!isTarget(tensor, options.convolution.has_value())) continue;
        const auto match = other.find(tensor.component + "." + tensor.name);
        if (match == other.end() || match->second->shape != tensor.shape)
            return fail(ErrorCode::Model,
                        fmt::format("tensor \"{}.{}\" is not in it or has another shape", tensor.component,
                                    tensor.name),
                        tuned.string(), "Both models must be of one family.");
        pairs.emplace_back(&tensor, match->second);
    }
    ExtractReport report;
    report.file.dialect = Dialect::Kohya;
    Share share;
    std::mutex mutex;
    std::atomic<std::size_t> next{0};
    std::uint64_t done = 0;
    std::optional<Error> problem;
    const auto work = [&] {
        for (std::size_t i = next++; i < pairs.size(); i = next++) {
            const auto& [a, b] = pairs[i];
            auto after = values(*b);
            const auto before = values(*a);
            if (!after || !before) {
                const std::lock_guard lock(mutex);
                if (!problem) problem = !after ? after.error() : before.error();
                return;
            }
            std::vector<double>& difference = *after;
            const std::vector<double>& from = *before;
            double largest = 0, squares = 0;
            for (std::size_t k = 0; k < from.size(); ++k) {
                difference[k] -= from[k];
                largest = std::max(largest, std::fabs(difference[k]));
                squares += difference[k] * difference[k];
            }
            std::optional<LowRank> low;
            const bool linear = a->component != "unet" || a->name.find(".attentions.") != std::string::npos;
            if (largest > options.minimum)
                low = approximate(difference, a->shape, linear ? options.linear : *options.convolution,
                                  options.dtype);
            const std::lock_guard lock(mutex);
            if (low) {
                share.add(low->kept, squares);
                Module module{a->component,
                              a->name.substr(0, a->name.size() - 7),
                              std::move(low->down),
                              std::move(low->up),
                              {},
                              {},
                              {}};
                module.alpha = static_cast<double>(module.rank());
                report.file.modules.push_back(std::move(module));
            }
            if (options.progress) options.progress("decompose", ++done, pairs.size());
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i)
        threads.emplace_back(work);
    work();
    for (auto& thread : threads) thread.join();
    if (problem) return fail(*std::move(problem));
    if (report.file.modules.empty())
        return fail(ErrorCode::Model,
                    "the two models have the same weights in all layers that a LoRA can hold",
                    tuned.string());
    std::ranges::sort(report.file.modules, {}, [](const Module& m) { return m.name(); });
    report.kept = share.value();
    return report;
}

ExtractReport resize(const File& file, const Truncation& truncation, std::optional<TensorType> dtype) {
    ExtractReport report;
    report.file.dialect = file.dialect;
    report.file.metadata = file.metadata;
    Share share;
    for (const Module& module : file.modules) {
        auto low = approximate(module, truncation, dtype.value_or(module.down.type));
        share.add(low.kept, squaredNorm(low.up) * squaredNorm(low.down));
        Module small = module;
        small.down = std::move(low.down);
        small.up = std::move(low.up);
        small.mid.reset();
        small.alpha = static_cast<double>(small.rank());
        report.file.modules.push_back(std::move(small));
    }
    report.kept = share.value();
    return report;
}

}  // namespace atelier::lora
