// SPDX-License-Identifier: GPL-3.0-or-later
// What a run will need, before it starts: parameters, memory by part, time and disk. Memory and time are
// measured on this machine by updates that nothing is written of. Called by `atelier-engine check
// --forecast`.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/config/load.h"

namespace atelier::train {

struct Settings;

struct Forecast {
    struct Network {
        std::string name;             // "unet", "text_encoder", "vae"
        std::int64_t parameters = 0;  // of the network itself
        std::int64_t trained = 0;     // of them, or of the low-rank updates beside them
    };
    // A smaller setting that helps, in the words of the configuration.
    struct Fix {
        std::string text;
        std::vector<std::pair<std::string, std::string>> settings;  // "system.batch_size", "4"
    };

    std::vector<Network> networks;
    std::string device;

    // Bytes. peak = program + weights + optimizer + activations.
    std::uint64_t program = 0;      // libraries and everything else of the process; 0 on a GPU
    std::uint64_t weights = 0;      // of all networks, as they are kept while training
    std::uint64_t optimizer = 0;    // gradients, masters, moments, averages
    std::uint64_t activations = 0;  // what one micro-step needs beside them at most
    std::uint64_t latentCache =
        0;  // latents and texts; grows with the dataset; not part of the measured updates
    std::uint64_t peak = 0;
    std::uint64_t available = 0;  // what the process may take on this device
    bool measured = false;        // false: the batch as configured did not fit and was not tried
    bool fits() const { return peak + latentCache <= available; }

    // Seconds, without waiting for data, without pictures and checkpoints.
    double secondsPerUpdate = 0;
    std::int64_t updates = 0;
    std::uint64_t samples = 0;  // of the dataset; 0 when it could not be opened and stand-ins were used

    // Bytes on disk.
    std::uint64_t checkpoint = 0;      // of one, about
    std::int64_t checkpointsKept = 0;  // at the end of the run
    std::uint64_t diskFree = 0;        // where the run folder will be
    std::uint64_t cacheDisk = 0;       // latents and texts that are kept for later runs, at most
    std::uint64_t cacheFree = 0;       // where they will be

    std::vector<Fix> fixes;  // the first is the one that changes the result least
};

// What lets a training that needs too much memory run with at most so many samples at a time; the first
// changes the result least.
std::vector<Forecast::Fix> memoryFixes(const Settings& settings, std::int64_t most);

// Loads or makes the networks and does at most nine updates on them in memory. `device` as in Options. Errors
// are those that the run itself would end with.
Result<Forecast> forecast(const LoadedConfig& config, const std::string& device = {});

Json toJson(const Forecast& forecast);
std::string describe(const Forecast& forecast);  // lines for a terminal

}  // namespace atelier::train
