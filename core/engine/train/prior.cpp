// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/prior.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "core/base/random.h"
#include "core/data/image_io.h"
#include "core/data/resize.h"
#include "core/engine/eval/generate.h"
#include "core/engine/models/pipeline.h"
#include "core/engine/train/batch.h"

namespace atelier::train {
namespace {

constexpr std::int64_t kPerSubjectPicture = 200;  // when no count is given
constexpr std::int64_t kEncodeBatch = 16;

std::string pictureName(std::int64_t index) {
    return fmt::format("{:06}.png", index);
}

Result<std::vector<fs::path>> picturesIn(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
        auto extension = it->path().extension().string();
        if (!extension.empty()) extension.erase(0, 1);
        if (it->is_regular_file(error) && data::formatOfExtension(extension) != data::ImageFormat::Unknown)
            files.push_back(it->path());
    }
    if (error) return fail(ErrorCode::Io, "its files cannot be listed: " + error.message(), folder.string());
    std::sort(files.begin(), files.end());
    return files;
}

Status writePicture(const fs::path& file, const at::Tensor& picture_HWC, const std::string& prompt) {
    const auto height = static_cast<int>(picture_HWC.size(0)), width = static_cast<int>(picture_HWC.size(1));
    auto image = data::Image::allocate(width, height);
    const auto pixels = picture_HWC.contiguous();
    std::memcpy(image.rgb.get(), pixels.const_data_ptr<std::uint8_t>(), image.byteSize());
    ATELIER_TRY(const auto bytes,
                data::encodeImage(image, {.format = data::ImageFormat::Png, .text = {{"prompt", prompt}}}));
    return writeFileAtomic(file, bytes);
}

// The pictures that are missing below `count`, by the model as it is in its folder.
Status makePictures(const Settings& settings, std::int64_t count, const CountProgress& progress) {
    const auto& prior = *settings.prior;
    std::vector<eval::PictureRequest> missing;
    std::error_code error;
    for (std::int64_t i = 0; i < count; ++i)
        if (!fs::exists(prior.folder / pictureName(i), error))
            missing.push_back(
                {prior.prompt,
                 settings.negativePrompt.empty() ? std::nullopt : std::optional(settings.negativePrompt),
                 settings.sampleSeed, static_cast<std::uint64_t>(i)});
    if (missing.empty()) return {};
    const auto& source = settings.models.unet.folder;
    if (source.empty() || !fs::exists(source / "model_index.json", error))
        return fail(ErrorCode::Config, "class pictures are made by the base model, and there is none",
                    "method.class_prompt",
                    "Give model.pretrained (a pipeline folder), or put pictures of the class into "
                    "method.class_images.");
    ATELIER_TRY(const auto pipeline,
                loadPipeline(source, {.dtype = settings.computeType, .device = settings.device}));
    auto options = settings.generate;
    options.width = options.height = settings.plan.resolution;
    const auto total = static_cast<std::int64_t>(missing.size());
    std::int64_t written = 0;
    options.onStep = [&](int, int) { return !progress || progress(written, total); };
    return eval::generate(
        pipeline, missing, options, {}, [&](std::size_t first, const at::Tensor& pictures) -> Status {
            for (std::int64_t i = 0; i < pictures.size(0); ++i, ++written) {
                const auto& request = missing[first + static_cast<std::size_t>(i)];
                ATELIER_DO(writePicture(prior.folder / pictureName(static_cast<std::int64_t>(request.index)),
                                        pictures[i], request.prompt));
            }
            return {};
        });
}

// [3,side,side] uint8: scaled to the short side, the centre cut out.
Result<at::Tensor> loadSquare(const fs::path& file, int side) {
    const data::DecodeOptions options{.shortSide = side};
    ATELIER_TRY(auto decoded, data::decodeImageFile(file, options));
    const data::ResizeSpec square{side, data::ResizeMode::Square, /*enlarge=*/true};
    const auto scaled = data::scaledSize({decoded.image.width, decoded.image.height}, square);
    if (std::uint64_t(scaled.width) * std::uint64_t(scaled.height) > options.maxPixels)
        return fail(ErrorCode::Data,
                    fmt::format("its {} × {} pixels are too oblong for a square of {}", decoded.originalWidth,
                                decoded.originalHeight, side),
                    file.string(), "Crop it, or take it out of the class pictures.");
    const auto image = data::resizeImage(std::move(decoded.image), square);
    auto pixels_HWC = at::empty({side, side, 3}, at::kByte);
    std::memcpy(pixels_HWC.mutable_data_ptr<std::uint8_t>(), image.rgb.get(), image.byteSize());
    return pixels_HWC.permute({2, 0, 1});
}

}  // namespace

Result<Prior> Prior::prepare(const Settings& settings, AutoencoderKL& vae, std::int64_t subjectPictures,
                             const CountProgress& making, const CountProgress& encoding) {
    const auto& prior = *settings.prior;
    ATELIER_DO(createDirectories(prior.folder));
    ATELIER_TRY(auto files, picturesIn(prior.folder));
    auto count = prior.count.value_or(kPerSubjectPicture * subjectPictures);
    // Pictures of one's own are enough when no count asks for more.
    const bool own = !files.empty() && !prior.count && files.front().filename() != pictureName(0);
    if (!own) {
        ATELIER_DO(makePictures(settings, count, making));
        ATELIER_TRY(files, picturesIn(prior.folder));
        if (static_cast<std::int64_t>(files.size()) > count) files.resize(static_cast<std::size_t>(count));
    }
    Prior result;
    result.seed_ = settings.seed;
    const at::NoGradGuard noGrad;
    for (std::size_t first = 0; first < files.size(); first += kEncodeBatch) {
        std::vector<at::Tensor> pixels;
        for (std::size_t i = first; i < std::min(first + kEncodeBatch, files.size()); ++i) {
            ATELIER_TRY(auto picture, loadSquare(files[i], settings.plan.resolution));
            pixels.push_back(std::move(picture));
        }
        const auto moments =
            vae.encodeMoments(normalizePixels(at::stack(pixels), settings.device)).to(at::kCPU, at::kFloat);
        for (std::int64_t i = 0; i < moments.size(0); ++i) result.moments_.push_back(moments[i].clone());
        if (encoding && !encoding(result.size(), static_cast<std::int64_t>(files.size())))
            return fail(ErrorCode::Cancelled, "encoding the class pictures was cancelled");
    }
    return result;
}

at::Tensor Prior::momentsFor(const std::vector<std::uint64_t>& numbers) const {
    const auto count = static_cast<std::uint64_t>(moments_.size());
    std::vector<at::Tensor> rows;
    for (const auto number : numbers) {
        const Permutation order(count, seed_ ^ kClassNumbers, number / count);
        rows.push_back(moments_[order(number % count)]);
    }
    return at::stack(rows);
}

}  // namespace atelier::train
