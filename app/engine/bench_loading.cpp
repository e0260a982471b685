// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine bench loading: how long a pipeline folder takes to be ready and to be saved, and the memory
// that this needs at most.
#include <ATen/ATen.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>

#include "app/engine/cli.h"
#include "core/base/json.h"
#include "core/engine/models/pipeline.h"
#include "core/engine/train/device.h"

namespace atelier::cli {
namespace {

double secondsSince(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

Result<Json> measure(const std::string& model, const std::string& precision, const std::string& out,
                     int threads) {
    setThreads(threads);
    LoadOptions load;
    load.dtype = precision == "bf16" ? at::kBFloat16 : precision == "fp16" ? at::kHalf : at::kFloat;
    auto begin = std::chrono::steady_clock::now();
    ATELIER_TRY(const auto pipeline, loadPipeline(expandUser(model), load));
    std::uint64_t bytes = 0;
    for (const auto& [name, module] : pipeline.modules())
        for (const auto& parameter : module->parameters()) bytes += parameter.nbytes();
    Json result{{"load_seconds", secondsSince(begin)},
                {"tensor_bytes", bytes},
                {"peak_bytes", peakResidentBytes()},
                {"threads", at::get_num_threads()}};
    if (out.empty()) return result;
    begin = std::chrono::steady_clock::now();
    ATELIER_DO(savePipeline(pipeline, expandUser(out), {.dtype = load.dtype}));
    result["save_seconds"] = secondsSince(begin);
    result["peak_bytes_saving"] = peakResidentBytes();
    return result;
}

}  // namespace

int benchLoading(Arguments words) {
    std::string model, precision = "fp32", out;
    int threads = 0;
    CLI::App app{
        "Loads a pipeline folder, saves it where asked, and says the seconds and the peak memory as JSON."};
    app.name("atelier-engine bench loading");
    app.add_option("MODEL_DIR", model, "pipeline folder")->required();
    app.add_option("--precision", precision, "what the weights are wanted in")
        ->check(CLI::IsMember({"fp32", "bf16", "fp16"}))
        ->capture_default_str();
    app.add_option("--save", out, "also save it as this folder, which must not exist");
    app.add_option("--threads", threads, "CPU threads; default: physical cores");
    if (const auto code = parse(app, words)) return *code;
    const auto result = measure(model, precision, out, threads);
    if (!result) return report(result.error());
    std::printf("%s\n", dumpJson(*result).c_str());
    return 0;
}

}  // namespace atelier::cli
