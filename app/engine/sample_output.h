// SPDX-License-Identifier: GPL-3.0-or-later
// The pictures of one `sample` call: which are there already, and writing those that come, as files or into a
// tar. Used by sample_verb.cpp.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "app/engine/sample_inputs.h"
#include "app/engine/sample_models.h"
#include "app/engine/sample_requests.h"
#include "core/base/json.h"

namespace atelier::cli {

struct SampleArguments {
    PromptOptions prompts;
    StartFiles start;
    ModelFiles models;
    std::string out;
    std::string sampler = "auto";
    std::string device = "auto";
    int steps = 30;
    double guidance = 7.5;
    double guidanceRescale = 0;
    double strength = -1;  // not given
    bool promptWeighting = false;
    bool guessMode = false;
    std::optional<double> aestheticScore, negativeAestheticScore;
    std::optional<int> noiseLevel;
    bool tiles = false;
    int batch = 8;
    int threads = 0;
    bool resume = false;
    bool tar = false;
    bool bf16 = false;
    bool fp16 = false;
    bool json = false;
};

class SampleOutput {
  public:
    SampleOutput(const SampleArguments& arguments, std::vector<NamedRequest> requests,
                 const eval::GenerateOptions& options);

    std::vector<eval::PictureRequest> openRequests() const;
    // Pictures of openRequests() from number `first` on.
    Status take(std::size_t first, const at::Tensor& pictures_NHWC);
    // samples.json over the pictures that are there; parts of one folder do not share it. `all`: nothing is
    // open any more, so a tar can be made of them.
    Status finish(bool all);
    std::size_t made() const;
    std::size_t all() const { return done_.size(); }
    const fs::path& place() const { return tar_.empty() ? folder_ : tar_; }

  private:
    Json list() const;
    Status pack();

    fs::path folder_;
    fs::path tar_;  // empty: the pictures stay in the folder
    fs::path model_;
    std::vector<NamedRequest> requests_;
    std::string part_;
    std::vector<Json> descriptions_;
    std::vector<bool> done_;
    std::vector<std::size_t> open_;  // numbers of those still to make
    bool packed_ = false;            // the tar is there already
};

}  // namespace atelier::cli
