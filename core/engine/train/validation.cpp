// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/validation.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace atelier::train {

Validator::Validator(const Settings& settings, std::shared_ptr<const data::DatasetIndex> index)
    : settings_(&settings), index_(std::move(index)), plan_(settings.plan) {
    // Everything that is drawn is switched off: a sample is the same at every visit.
    plan_.shuffle = data::Shuffle::None;
    plan_.crop = data::Crop::Center;
    plan_.flipProbability = plan_.captionDropout = plan_.tagDropout = plan_.conditionDropout = 0;
    plan_.shuffleTags = false;
    if (plan_.captionLines == data::CaptionLines::Random) plan_.captionLines = data::CaptionLines::First;
    plan_.decodeImages = true;
}

Result<Validator> Validator::open(const Settings& settings, const data::DatasetOptions& dataset) {
    auto options = dataset;
    const auto& validation = *settings.validation;
    options.split = validation.path.empty() ? data::Split::Validation : data::Split::All;
    auto index =
        data::DatasetIndex::open(validation.path.empty() ? settings.dataset : validation.path, options);
    if (!index) {
        if (validation.path.empty())
            return fail(ErrorCode::Data, "no sample falls into the validation share", settings.dataset,
                        "Raise dataset.params.validation_share, or remove it.");
        return tl::make_unexpected(std::move(index).error());
    }
    return Validator(settings, std::move(*index));
}

std::int64_t Validator::size() const {
    return std::min<std::int64_t>(settings_->validation->count, static_cast<std::int64_t>(index_->size()));
}

Result<double> Validator::loss(Task& task,
                               const std::function<bool(std::int64_t, std::int64_t)>& progress) const {
    const at::NoGradGuard noGrad;
    data::SampleSourceOptions options;
    options.threads = settings_->workers;
    ATELIER_TRY(auto source, data::SampleSource::open(index_, plan_, options));
    double sum = 0;
    for (std::int64_t done = 0; done < size();) {
        ATELIER_TRY(auto batch, nextBatch(source, std::min(settings_->batchSize, size() - done), {}));
        for (auto& number : batch.numbers) number |= kValidationNumbers;
        batch.validation = true;
        ATELIER_TRY(const auto step, task.loss(batch));
        sum += step.perSample_B.sum().item<double>();
        done += batch.size();
        if (progress && !progress(done, size()))
            return fail(ErrorCode::Cancelled, "validation was cancelled");
    }
    static_cast<void>(task.takeEncodeSeconds());
    return sum / static_cast<double>(size());
}

}  // namespace atelier::train
