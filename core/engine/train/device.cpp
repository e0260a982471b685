// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

namespace atelier {
namespace {

// "VmHWM:   123 kB" of /proc/self/status, in bytes.
std::uint64_t statusBytes(const std::string& key) {
    std::ifstream status("/proc/self/status");
    std::string line;
    while (std::getline(status, line))
        if (line.starts_with(key + ":")) return std::stoull(line.substr(key.size() + 1)) * 1024;
    return 0;
}

std::string loadCudaOnce() {
    std::error_code error;
    if (!std::filesystem::exists("/dev/nvidiactl", error)) return "this machine has no NVIDIA device";
    if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) return {};
    return std::string("LibTorch's CUDA half cannot be loaded: ") + ::dlerror();
}

// " NVIDIA H100": what the driver says of the GPUs here. Its order is not always CUDA's, so different models
// give "".
std::string gpuModel() {
    std::set<std::string> models;
    std::error_code error;
    for (const auto& gpu : std::filesystem::directory_iterator("/proc/driver/nvidia/gpus", error)) {
        std::ifstream file(gpu.path() / "information");
        for (std::string line; std::getline(file, line);)
            if (line.starts_with("Model:"))
                models.insert(line.substr(std::min(line.find_first_not_of(" \t", 6), line.size())));
    }
    return models.size() == 1 ? " " + *models.begin() : "";
}

}  // namespace

const std::string& loadCuda() {
    static const std::string problem = loadCudaOnce();
    return problem;
}

Result<at::Device> chooseDevice(const std::string& name) {
    const bool usable = loadCuda().empty() && at::hasCUDA();
    if (name == "auto" || name.empty()) return usable ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
    if (name == "cpu") return at::Device(at::kCPU);
    if (name != "cuda" && !name.starts_with("cuda:"))
        return fail(ErrorCode::Config, "there is no device \"" + name + "\"", "system.device",
                    "Use auto, cpu or cuda.");
    if (!usable)
        return fail(
            ErrorCode::Config,
            "no GPU can be used: " + (loadCuda().empty() ? "the driver reports no device" : loadCuda()),
            "system.device", "Set it to cpu or auto; atelier-engine doctor says what is missing.");
    const int index = name == "cuda" ? 0 : std::atoi(name.c_str() + 5);
    if (index < 0 || index >= static_cast<int>(at::detail::getCUDAHooks().deviceCount()))
        return fail(ErrorCode::Config, "there is no GPU number " + std::to_string(index), "system.device");
    return at::Device(at::kCUDA, static_cast<at::DeviceIndex>(index));
}

std::string deviceDescription(const at::Device& device) {
    if (device.is_cpu()) return fmt::format("cpu ({} threads)", at::get_num_threads());
    return device.str() + gpuModel();
}

int physicalCores() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    std::set<std::string> cores;  // package:core of every processor we may run on
    int processors = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (!CPU_ISSET(cpu, &allowed)) continue;
        ++processors;
        const auto folder = fmt::format("/sys/devices/system/cpu/cpu{}/topology/", cpu);
        std::string package, core;
        std::ifstream(folder + "physical_package_id") >> package;
        std::ifstream(folder + "core_id") >> core;
        if (!core.empty()) cores.insert(package + ":" + core);
    }
    return std::max(cores.empty() ? processors : static_cast<int>(cores.size()), 1);
}

void setTf32(bool convolutions, bool products) {
    at::globalContext().setAllowTF32CuDNN(convolutions);
    at::globalContext().setAllowTF32CuBLAS(products);
}

void setThreads(int threads) {
    at::set_num_threads(threads > 0 ? threads : physicalCores());
}

std::uint64_t peakResidentBytes() {
    return statusBytes("VmHWM");
}
std::uint64_t residentBytes() {
    return statusBytes("VmRSS");
}
std::uint64_t residentAnonymousBytes() {
    return statusBytes("RssAnon");
}

}  // namespace atelier
