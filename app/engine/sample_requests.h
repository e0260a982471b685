// SPDX-License-Identifier: GPL-3.0-or-later
// Which pictures `sample` is to make: prompts from the command line or a file, several of each, this
// process's part of them, and the names of their files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/engine/eval/generate.h"

namespace atelier::cli {

struct PromptOptions {
    std::vector<std::string> prompts;
    std::string file;  // of prompts, instead
    std::optional<std::string> negative;
    std::uint64_t seed = 0;
    int perPrompt = 1;
    std::string part;            // "2/4": the second of four contiguous parts; "auto": by rank; "" = all
    std::string format = "png";  // or "jpg"
};

struct NamedRequest {
    std::string file;  // "0003.png", "dog_at_night.png", "dog_at_night-1.png"
    eval::PictureRequest request;
};

// "auto" made into "K/N" from what torchrun, MPI or SLURM say about this process.
std::string partOfThisProcess(const std::string& part);

// A file holds one prompt per line, or is a CSV with a header: "caption" or "prompt", and if it has them
// "uid" (the file's name), "negative_prompt", "seed". A picture's index counts over all prompts before parts
// are cut, so that it is the same picture in whichever part it is made. Errors: Usage.
Result<std::vector<NamedRequest>> readRequests(const PromptOptions& options);

}  // namespace atelier::cli
