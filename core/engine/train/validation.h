// SPDX-License-Identifier: GPL-3.0-or-later
// The validation loss: samples that are never trained on, always the same ones with the same noise and
// timesteps, so that two numbers of a run differ by the weights alone. Used by the training loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "core/data/dataset_index.h"
#include "core/engine/train/settings.h"
#include "core/engine/train/task.h"

namespace atelier::train {

// Sample numbers of validation, for draws of their own.
inline constexpr std::uint64_t kValidationNumbers = std::uint64_t{1} << 61;

class Validator {
  public:
    // Errors: Data (no sample is left for it), those of DatasetIndex::open.
    static Result<Validator> open(const Settings& settings, const data::DatasetOptions& dataset);

    std::int64_t size() const;  // samples of one pass
    // The mean loss over all of them with the weights that are in the model now. `progress`: samples done, of
    // how many; false ends it (Cancelled).
    Result<double> loss(Task& task, const std::function<bool(std::int64_t, std::int64_t)>& progress) const;

  private:
    Validator(const Settings& settings, std::shared_ptr<const data::DatasetIndex> index);
    const Settings* settings_;
    std::shared_ptr<const data::DatasetIndex> index_;
    data::TrainPlan plan_;
};

}  // namespace atelier::train
