// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/sample_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/strings.h"
#include "core/data/tar_file.h"
#include "core/engine/eval/picture_file.h"
#include "core/weights/hub_cache.h"

namespace atelier::cli {
namespace {

constexpr const char* kList = "samples.json";

// "3/8" → 2; no part → 0: what open-diffusion calls the rank.
int rankOf(const std::string& part) {
    int number = 1;
    std::from_chars(part.data(), part.data() + part.size(), number);
    return number - 1;
}

std::string shardName(const std::string& part) {
    return fmt::format("shard_{}", rankOf(part));
}

}  // namespace

SampleOutput::SampleOutput(const SampleArguments& arguments, std::vector<NamedRequest> requests,
                           const eval::GenerateOptions& options)
    : folder_(expandUser(arguments.out)),
      model_(namesHubModel(arguments.models.model)
                 ? fs::path(arguments.models.model)
                 : fs::absolute(expandUser(arguments.models.model)).lexically_normal()),
      requests_(std::move(requests)),
      part_(arguments.prompts.part),
      done_(requests_.size()) {
    if (model_.filename().empty()) model_ = model_.parent_path();
    if (arguments.tar) {
        tar_ = folder_ / (shardName(part_) + ".tar");
        folder_ /= "." + shardName(part_);
    }
    const auto stamp = inputStamp(arguments.models, {arguments.start.image, arguments.start.mask,
                                                     arguments.start.depth, arguments.start.latents});
    for (const auto& [file, request] : requests_) {
        auto description = eval::describePicture(request, options, file);
        if (!arguments.start.image.empty())
            description["image"] = fs::path(arguments.start.image).filename().string();
        if (!arguments.start.mask.empty())
            description["mask"] = fs::path(arguments.start.mask).filename().string();
        if (!arguments.start.depth.empty())
            description["depth"] = fs::path(arguments.start.depth).filename().string();
        describeModels(arguments.models, description);
        if (arguments.bf16 || arguments.fp16) description["precision"] = arguments.bf16 ? "bf16" : "fp16";
        description["inputs"] = stamp;
        descriptions_.push_back(std::move(description));
    }
    if (arguments.resume && !tar_.empty()) {
        const auto text = data::readTarMember(tar_, shardName(part_) + "/" + kList);
        if (text && *text) {
            const auto json = parseJson(**text);
            packed_ = json && json->value("samples", Json()) == Json(descriptions_);
        }
    }
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        done_[i] = packed_ || (arguments.resume &&
                               eval::readDescription(folder_ / requests_[i].file) == descriptions_[i]);
        if (!done_[i]) open_.push_back(i);
    }
}

std::vector<eval::PictureRequest> SampleOutput::openRequests() const {
    std::vector<eval::PictureRequest> result;
    for (const auto i : open_) result.push_back(requests_[i].request);
    return result;
}

Status SampleOutput::take(std::size_t first, const at::Tensor& pictures_NHWC) {
    ATELIER_DO(createDirectories(folder_));
    for (std::int64_t k = 0; k < pictures_NHWC.size(0); ++k) {
        const auto i = open_[first + static_cast<std::size_t>(k)];
        ATELIER_DO(
            eval::writePicture(folder_, pictures_NHWC[k], descriptions_[i], model_.filename().string()));
        done_[i] = true;
    }
    return {};
}

Json SampleOutput::list() const {
    Json samples = Json::array();
    for (std::size_t i = 0; i < done_.size(); ++i)
        if (done_[i]) samples.push_back(descriptions_[i]);
    return {{"model", model_.string()}, {"samples", samples}};
}

Status SampleOutput::finish(bool all) {
    if (!tar_.empty()) return all && !packed_ ? pack() : Status();
    std::string name = "samples";
    if (!part_.empty()) name += "-" + join(split(part_, '/'), "-of-");
    return writeFileAtomic(folder_ / (name + ".json"), dumpJsonPretty(list()));
}

// The list stands first, so that the next call need not read what is behind it.
Status SampleOutput::pack() {
    const std::string inside = shardName(part_) + "/";
    ATELIER_TRY(auto archive, data::TarFile::create(tar_));
    ATELIER_DO(archive.add(inside + kList, dumpJsonPretty(list())));
    for (const auto& [file, request] : requests_) {
        ATELIER_TRY(const auto bytes, readFile(folder_ / file));
        ATELIER_DO(archive.add(inside + file, bytes));
    }
    ATELIER_DO(archive.close());
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    return {};
}

std::size_t SampleOutput::made() const {
    return static_cast<std::size_t>(std::ranges::count(done_, true));
}

}  // namespace atelier::cli
