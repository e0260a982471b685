// SPDX-License-Identifier: GPL-3.0-or-later
// atelier-engine doctor: devices, libraries and threads, what will be slow or missing, and the remedy.
#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/version.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "app/engine/cli.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/base/version.h"
#include "core/engine/train/device.h"

namespace atelier::cli {
namespace {

struct Finding {
    const char* state;  // "ok", "slow", "missing", "info"
    std::string subject;
    std::string text;
    std::string remedy;
};

std::vector<Finding> examineDevices() {
    std::vector<Finding> findings;
    const auto& problem = loadCuda();
    if (problem.empty() && at::hasCUDA()) {
        findings.push_back({"ok", "gpu", "can be used", ""});
    } else if (!problem.empty() && problem.find("no NVIDIA device") != std::string::npos) {
        findings.push_back({"info", "gpu", problem + "; training runs on the CPU", ""});
    } else {
        findings.push_back({"missing", "gpu",
                            problem.empty() ? "the driver reports no usable device" : problem,
                            "Install the NVIDIA driver, and a LibTorch with CUDA (scripts/setup, or "
                            "ATELIER_LIBTORCH=DIR)."});
    }
    return findings;
}

std::vector<Finding> examineProcessor() {
    std::vector<Finding> findings;
    const int cores = physicalCores();
    const auto logical = static_cast<int>(std::thread::hardware_concurrency());
    findings.push_back(
        {"ok", "cores", fmt::format("{} physical, {} logical; training uses {}", cores, logical, cores), ""});
    const std::string capability = at::get_cpu_capability();
    const bool vector512 = capability.find("AVX512") != std::string::npos;
    findings.push_back(
        {vector512 ? "ok" : "slow", "instructions", capability,
         vector512 ? "" : "bf16 on this processor is emulated: use model.mixed_precision: fp32."});
    const char* waiting = std::getenv("OMP_WAIT_POLICY");
    const bool passive = waiting && toLowerAscii(waiting) == "passive";
    findings.push_back(
        {passive ? "ok" : "slow", "OMP_WAIT_POLICY", waiting ? waiting : "not set",
         passive ? ""
                 : "Several computing processes on one machine slow each other down; set it to PASSIVE."});
    return findings;
}

std::vector<Finding> examineMemoryAndDisk() {
    std::vector<Finding> findings;
    const auto memory = static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    findings.push_back({"ok", "memory", humanBytes(memory), ""});
    const auto home = expandUser("~");
    if (const auto space = freeSpace(home)) {
        const bool little = *space < 20'000'000'000ULL;
        findings.push_back({little ? "slow" : "ok", "disk", humanBytes(*space) + " free in " + home.string(),
                            little ? "Checkpoints of a Stable Diffusion model take about 14 GB each; put "
                                     "experiment.log_dir where there is room."
                                   : ""});
    }
    return findings;
}

std::vector<Finding> examineLibraries() {
    std::vector<Finding> findings;
    findings.push_back({"ok", "LibTorch", TORCH_VERSION, ""});
    findings.push_back({at::hasMKL() ? "ok" : "slow", "MKL", at::hasMKL() ? "in LibTorch" : "not in LibTorch",
                        at::hasMKL() ? ""
                                     : "Use the pinned LibTorch of scripts/setup: matrix products are "
                                       "several times faster with it."});
    const bool oneDnn = at::globalContext().hasMKLDNN();
    findings.push_back(
        {oneDnn ? "ok" : "slow", "oneDNN", oneDnn ? "in LibTorch" : "not in LibTorch",
         oneDnn
             ? ""
             : "Use the pinned LibTorch of scripts/setup: convolutions are several times faster with it."});
    return findings;
}

}  // namespace

int doctorVerb(Arguments arguments) {
    CLI::App app{"Devices, libraries and threads: what will be slow or missing, and the remedy."};
    app.name("atelier-engine doctor");
    bool json = false;
    app.add_flag("--json", json, "as one JSON object on stdout");
    if (const auto code = parse(app, arguments)) return *code;
    std::vector<Finding> findings;
    for (const auto& part :
         {examineDevices(), examineProcessor(), examineMemoryAndDisk(), examineLibraries()})
        findings.insert(findings.end(), part.begin(), part.end());
    Json list = Json::array();
    for (const auto& finding : findings) {
        list.push_back({{"state", finding.state},
                        {"subject", finding.subject},
                        {"text", finding.text},
                        {"remedy", finding.remedy}});
        if (json) continue;
        std::printf("%-8s %-16s %s\n", finding.state, finding.subject.c_str(), finding.text.c_str());
        if (!finding.remedy.empty()) std::printf("%-25s → %s\n", "", finding.remedy.c_str());
    }
    if (json) std::printf("%s\n", dumpJson({{"engine", kVersion}, {"findings", list}}).c_str());
    return 0;
}

}  // namespace atelier::cli
