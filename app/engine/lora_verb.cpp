// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine lora merge|extract|resize|convert`: LoRA files and models, without LibTorch.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "app/engine/cli.h"
#include "app/engine/interrupt_guard.h"
#include "app/engine/progress.h"
#include "app/engine/weighted_file.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/weights/lora/lora_model.h"
#include "core/weights/work_folder.h"

#include <fmt/format.h>

namespace atelier::cli {
namespace {

const std::map<std::string, TensorType> kTypes{
    {"fp16", TensorType::F16}, {"bf16", TensorType::BF16}, {"fp32", TensorType::F32}};
const std::map<std::string, lora::Dialect> kDialects{
    {"kohya", lora::Dialect::Kohya}, {"diffusers", lora::Dialect::Diffusers}, {"peft", lora::Dialect::Peft}};

struct Options {
    std::string model, other, in, out, dtype, to;
    std::vector<std::string> loras;
    lora::Truncation truncation;
    std::int64_t convolutionRank = 0;
    bool json = false;
};

void addCommon(CLI::App& app, Options& o) {
    app.add_option("--dtype", o.dtype, "weights are stored as")
        ->check(CLI::IsMember({"fp16", "bf16", "fp32"}));
    app.add_flag("--json", o.json, "progress and result as JSON lines on stdout");
}
void addTruncation(CLI::App& app, Options& o) {
    app.add_option("--rank", o.truncation.rank, "ranks stay at or below this")->check(CLI::Range(1, 4096));
    app.add_option("--energy", o.truncation.energy,
                   "lower ranks where these hold this share of the squared sum")
        ->check(CLI::Range(0.0, 1.0));
}
void addDialect(CLI::App& app, Options& o) {
    app.add_option("--to", o.to, "names of OUT: kohya (A1111, ComfyUI), diffusers, peft")
        ->check(CLI::IsMember({"kohya", "diffusers", "peft"}));
}

struct Bar {
    ProgressDisplay display;
    explicit Bar(bool json)
        : display(json ? ProgressDisplay::Mode::JsonLines : ProgressDisplay::Mode::Auto) {}
    auto callback() {
        return [this](const std::string& phase, std::uint64_t done, std::uint64_t total) {
            ProgressState state;
            state.phase = phase;
            state.done = done;
            state.total = total;
            state.unit = "tensors";
            display.update(state);
        };
    }
};

Result<std::pair<lora::File, double>> readWeighted(const std::string& text) {
    const auto [path, weight] = splitWeight(text);
    ATELIER_TRY(auto file, lora::read(expandUser(path)));
    return std::pair(std::move(file), weight);
}

Result<Json> merge(const Options& o) {
    std::vector<std::pair<lora::File, double>> loras;
    for (const auto& text : o.loras) {
        ATELIER_TRY(auto read, readWeighted(text));
        loras.push_back(std::move(read));
    }
    ConvertOptions options;
    if (!o.dtype.empty()) options.dtype = kTypes.at(o.dtype);
    const fs::path out = expandUser(o.out);
    Bar bar(o.json);
    options.progress = bar.callback();
    const InterruptGuard guard(partialPath(out));
    const auto made = lora::merge(expandUser(o.model), loras, out, options);
    bar.display.finish();
    if (!made) return tl::make_unexpected(made.error());
    std::size_t modules = 0;
    for (const auto& [file, weight] : loras) modules += file.modules.size();
    return Json{{"path", out.string()},
                {"family", made->family},
                {"modules", modules},
                {"tensors", made->tensors},
                {"not_finite", made->notFinite},
                {"maximum_difference", jsonNumber(made->maximumDifference)}};
}

Result<Json> writeReport(const lora::ExtractReport& report, const Options& o, lora::Dialect dialect) {
    const fs::path out = expandUser(o.out);
    const InterruptGuard guard(partialPath(out));
    ATELIER_DO(lora::write(report.file, out, dialect));
    std::int64_t least = report.file.modules.front().rank(), most = least;
    for (const auto& module : report.file.modules) {
        least = std::min(least, module.rank());
        most = std::max(most, module.rank());
    }
    Json result{{"path", out.string()},
                {"dialect", lora::dialectName(dialect)},
                {"modules", report.file.modules.size()},
                {"ranks", {least, most}},
                {"kept", report.kept},
                {"remarks", Json::array()}};
    if (dialect == lora::Dialect::Diffusers && report.file.isOfT5())
        result["remarks"].push_back(
            "diffusers' load_lora_weights raises an error on the part for the T5 text encoder; `lora merge` "
            "makes a model that diffusers loads");
    return result;
}

Result<Json> extract(const Options& o) {
    ATELIER_DO(requireFree(expandUser(o.out)));
    lora::ExtractOptions options;
    options.linear = o.truncation;
    if (o.convolutionRank > 0) options.convolution = lora::Truncation{o.convolutionRank, o.truncation.energy};
    if (!o.dtype.empty()) options.dtype = kTypes.at(o.dtype);
    Bar bar(o.json);
    options.progress = bar.callback();
    const auto made = lora::extract(expandUser(o.model), expandUser(o.other), options);
    bar.display.finish();
    if (!made) return tl::make_unexpected(made.error());
    return writeReport(*made, o, o.to.empty() ? lora::Dialect::Kohya : kDialects.at(o.to));
}

Result<Json> resize(const Options& o) {
    ATELIER_DO(requireFree(expandUser(o.out)));
    ATELIER_TRY(const auto file, lora::read(expandUser(o.in)));
    const auto made =
        lora::resize(file, o.truncation, o.dtype.empty() ? std::nullopt : std::optional(kTypes.at(o.dtype)));
    return writeReport(made, o, o.to.empty() ? file.dialect : kDialects.at(o.to));
}

Result<Json> convert(const Options& o) {
    ATELIER_TRY(auto file, lora::read(expandUser(o.in)));
    if (!o.dtype.empty())
        for (auto& module : file.modules)
            for (lora::Tensor* t : {&module.down, &module.up}) {
                t->bytes = dialects::convertType(t->bytes, t->type, kTypes.at(o.dtype));
                t->type = kTypes.at(o.dtype);
            }
    return writeReport({std::move(file), 1}, o, kDialects.at(o.to));
}

}  // namespace

int loraVerb(Arguments arguments) {
    CLI::App app{
        "LoRA files of kohya's tools and A1111, of diffusers and of PEFT: add them to a model's weights, "
        "take them "
        "out of a fine-tuned model, make them smaller, change their names.",
        "atelier-engine lora"};
    app.require_subcommand(1);
    Options o;
    auto* merging = app.add_subcommand("merge", "a model with LoRAs added to its weights");
    merging->add_option("MODEL", o.model, "pipeline folder or single checkpoint")->required();
    merging->add_option("OUT", o.out, "the merged model, of the same form; must not exist")->required();
    merging->add_option("--lora", o.loras, "FILE or FILE:weight, may be given several times")->required();
    addCommon(*merging, o);
    auto* extracting = app.add_subcommand("extract", "a LoRA from the difference of two models");
    extracting->add_option("BASE", o.model, "the model before")->required();
    extracting->add_option("TUNED", o.other, "the model after")->required();
    extracting->add_option("OUT", o.out, "the LoRA; must not exist")->required();
    addTruncation(*extracting, o);
    extracting
        ->add_option("--conv-rank", o.convolutionRank, "convolutions and all other layers of the UNet, too")
        ->check(CLI::Range(1, 4096));
    addDialect(*extracting, o);
    addCommon(*extracting, o);
    auto* resizing = app.add_subcommand("resize", "the same LoRA with lower ranks");
    resizing->add_option("IN", o.in, "LoRA file or PEFT folder")->required();
    resizing->add_option("OUT", o.out, "must not exist")->required();
    addTruncation(*resizing, o);
    addDialect(*resizing, o);
    addCommon(*resizing, o);
    auto* converting = app.add_subcommand("convert", "the same LoRA under another dialect's names");
    converting->add_option("IN", o.in, "LoRA file or PEFT folder")->required();
    converting->add_option("OUT", o.out, "must not exist; a folder for peft")->required();
    addDialect(*converting, o);
    converting->get_option("--to")->required();
    addCommon(*converting, o);
    if (const auto code = parse(app, arguments)) return *code;
    const auto done = merging->parsed()      ? merge(o)
                      : extracting->parsed() ? extract(o)
                      : resizing->parsed()   ? resize(o)
                                             : convert(o);
    if (!done) return report(done.error(), o.json);
    if (o.json) {
        std::printf("%s\n", dumpJson(*done).c_str());
        return 0;
    }
    std::string text = fmt::format("{}\n{}", (*done)["path"].get<std::string>(),
                                   plural((*done)["modules"].get<std::size_t>(), "module"));
    if (done->contains("ranks"))
        text += fmt::format(", ranks {} to {}, {:.4g} % of the squared difference kept",
                            (*done)["ranks"][0].get<int>(), (*done)["ranks"][1].get<int>(),
                            100 * (*done)["kept"].get<double>());
    std::printf("%s\n", text.c_str());
    for (const auto& remark : done->value("remarks", Json::array()))
        std::fprintf(stderr, "note: %s\n", remark.get<std::string>().c_str());
    return 0;
}

}  // namespace atelier::cli
