// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine convert`: a pipeline folder becomes a single checkpoint file, or the reverse.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>

#include "app/engine/cli.h"
#include "app/engine/fetch_model.h"
#include "app/engine/interrupt_guard.h"
#include "app/engine/progress.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/weights/dialects/convert.h"
#include "core/weights/embedding.h"
#include "core/weights/rewrite.h"
#include "core/weights/work_folder.h"

#include <fmt/format.h>

namespace atelier::cli {

int convertVerb(Arguments arguments) {
    CLI::App app{
        "Turn a diffusers folder into a single checkpoint file, or a checkpoint file into a folder: Stable "
        "Diffusion 1, 2, XL, its refiner, the x4 upscaler, and ControlNets. The result is read again and "
        "compared before it takes its name.",
        "atelier-engine convert"};
    std::string in, out, to, dtype, like;
    ConvertOptions options;
    bool json = false;
    app.add_option("IN", in, "pipeline folder, or single checkpoint (.safetensors, .ckpt, .bin)")->required();
    app.add_option("OUT", out, "what to write; must not exist")->required();
    app.add_option(
           "--to", to,
           "the form of OUT; default: the other one than IN's. IN's own form: the same model in another "
           "precision, without averages, other variants or pickles. safetensors: the same tensors; "
           "embedding-…: a textual inversion")
        ->check(CLI::IsMember(
            {"diffusers", "single-file", "safetensors", "embedding-diffusers", "embedding-a1111"}));
    app.add_option("--variant", options.variant, "of a folder: which files (fp16, ema, non_ema)");
    app.add_option("--dtype", dtype, "weights are stored as; default: as in IN")
        ->check(CLI::IsMember({"fp16", "bf16", "fp32"}));
    app.add_option("--like", like,
                   "to a folder: take configurations, scheduler and tokenizers from this pipeline folder");
    app.add_flag("--without-tokenizer", options.withoutTokenizer, "to a folder: write no tokenizer");
    app.add_flag("--ema", options.ema, "of a file that has both: the averaged UNet weights");
    app.add_option("--prediction", options.prediction,
                   "to a folder: what the UNet predicts, if the file does not say")
        ->check(CLI::IsMember({"epsilon", "v_prediction"}));
    app.add_flag("--json", json, "progress and result as JSON lines on stdout");
    app.footer(
        "Exit code 0 when OUT is there, 2 when the model cannot be converted: then nothing is written.");
    if (const auto code = parse(app, arguments)) return *code;

    const auto found = modelPath(in);
    if (!found) return report(found.error(), json);
    const fs::path source = *found, target = expandUser(out);
    const bool embedding = to.starts_with("embedding-"), same = embedding || to == "safetensors";
    options.keepForm = !to.empty() && !same && (to == "single-file") != fs::is_directory(source);
    static const std::map<std::string, TensorType> kTypes{
        {"fp16", TensorType::F16}, {"bf16", TensorType::BF16}, {"fp32", TensorType::F32}};
    if (!dtype.empty()) options.dtype = kTypes.at(dtype);
    if (!like.empty()) {
        const auto folder = modelPath(like);
        if (!folder) return report(folder.error(), json);
        options.like = *folder;
    }
    ProgressDisplay display(json ? ProgressDisplay::Mode::JsonLines : ProgressDisplay::Mode::Auto);
    options.progress = [&](const std::string& phase, std::uint64_t done, std::uint64_t total) {
        ProgressState state;
        state.phase = phase;
        state.done = done;
        state.total = total;
        state.unit = "tensors";
        display.update(state);
    };
    const InterruptGuard guard(partialPath(target));
    const auto made = embedding ? convertEmbedding(source, target,
                                                   to == "embedding-a1111" ? EmbeddingDialect::A1111
                                                                           : EmbeddingDialect::Diffusers,
                                                   options)
                      : same    ? rewriteAsSafetensors(source, target, options)
                                : convertModel(source, target, options);
    display.finish();
    if (!made) return report(made.error(), json);
    if (json)
        std::printf("%s\n", dumpJson(Json{{"path", target.string()},
                                          {"family", made->family},
                                          {"remarks", made->remarks},
                                          {"form", !to.empty()          ? to.c_str()
                                                   : made->toSingleFile ? "single-file"
                                                                        : "diffusers"},
                                          {"tensors", made->tensors},
                                          {"bytes", made->bytes},
                                          {"not_finite", made->notFinite},
                                          {"maximum_difference", jsonNumber(made->maximumDifference)}})
                                .c_str());
    else
        std::printf("%s",
                    fmt::format("{}\n{}, {} tensors, {}; maximum difference after reading it again: {:.3g}\n",
                                target.string(), made->family.empty() ? "safetensors" : made->family,
                                made->tensors, humanBytes(made->bytes), made->maximumDifference)
                        .c_str());
    if (!json)
        for (const auto& remark : made->remarks) std::fprintf(stderr, "note: %s\n", remark.c_str());
    if (!json && !made->notFinite.empty())
        std::fprintf(
            stderr,
            "warning: %s hold NaN or infinity, the first is %s; pictures made with it will be black\n",
            plural(made->notFinite.size(), "tensor").c_str(), made->notFinite.front().c_str());
    return 0;
}

}  // namespace atelier::cli
