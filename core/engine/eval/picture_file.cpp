// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/eval/picture_file.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "core/base/strings.h"
#include "core/data/image_io.h"

namespace atelier::eval {
namespace {

constexpr const char* kDescriptionKey = "atelier";

// A1111 tells samplers apart by these names; the schedule is a field of its own.
std::string commonSamplerName(std::string name) {
    static const std::map<std::string, std::string> names{{"ddim", "DDIM"},
                                                          {"ddpm", "DDPM"},
                                                          {"pndm", "PLMS"},
                                                          {"euler", "Euler"},
                                                          {"euler_a", "Euler a"},
                                                          {"heun", "Heun"},
                                                          {"lms", "LMS"},
                                                          {"dpmpp_2m", "DPM++ 2M"},
                                                          {"dpmpp_2m_sde", "DPM++ 2M SDE"},
                                                          {"dpmpp_sde", "DPM++ SDE"},
                                                          {"unipc", "UniPC"},
                                                          {"lcm", "LCM"}};
    const std::string karras = "_karras";
    const bool isKarras = name.ends_with(karras);
    if (isKarras) name.resize(name.size() - karras.size());
    const auto it = names.find(name);
    return (it == names.end() ? name : it->second) + (isKarras ? ", Schedule type: Karras" : "");
}

}  // namespace

Json describePicture(const PictureRequest& request, const GenerateOptions& options, const std::string& file) {
    Json json{{"file", file},
              {"prompt", request.prompt},
              {"negative_prompt", request.negative.value_or("")},
              {"seed", request.seed},
              {"index", request.index},
              {"guidance", options.guidance},
              {"sampler", samplerName(options.sampler)},
              {"steps", options.steps},
              {"width", options.width},
              {"height", options.height}};
    if (request.negative == "") json["empty_negative_prompt"] = "encoded";  // not zeros
    if (options.guidanceRescale != 0) json["guidance_rescale"] = options.guidanceRescale;
    if (options.promptWeighting) json["prompt_weighting"] = true;
    if (options.strength != 1) json["strength"] = options.strength;
    if (options.guessMode) json["guess_mode"] = true;
    if (options.noiseLevel) json["noise_level"] = *options.noiseLevel;
    if (options.tiled) json["tiles"] = true;
    if (options.originalWidth) json["original_size"] = {options.originalWidth, options.originalHeight};
    if (options.cropLeft || options.cropTop) json["crop"] = {options.cropLeft, options.cropTop};
    const GenerateOptions usual;
    if (options.aestheticScore != usual.aestheticScore) json["aesthetic_score"] = options.aestheticScore;
    if (options.negativeAestheticScore != usual.negativeAestheticScore)
        json["negative_aesthetic_score"] = options.negativeAestheticScore;
    return json;
}

std::string parametersText(const Json& description, const std::string& model) {
    std::string text = description.value("prompt", "");
    for (const auto& lora : description.value("loras", Json::array()))
        text += fmt::format(" <lora:{}:{}>", fs::path(lora.value("file", "")).stem().string(),
                            lora.value("weight", 1.0));
    if (const auto negative = description.value("negative_prompt", ""); !negative.empty())
        text += "\nNegative prompt: " + negative;
    text += fmt::format("\nSteps: {}, Sampler: {}, CFG scale: {}, Seed: {}, Size: {}x{}",
                        description.value("steps", 0), commonSamplerName(description.value("sampler", "")),
                        description.value("guidance", 0.0), description.value("seed", std::uint64_t{0}),
                        description.value("width", 0), description.value("height", 0));
    if (!model.empty()) text += ", Model: " + model;
    if (description.contains("strength"))
        text += fmt::format(", Denoising strength: {}", description.value("strength", 1.0));
    if (description.contains("guidance_rescale"))
        text += fmt::format(", CFG Rescale: {}", description.value("guidance_rescale", 0.0));
    if (description.contains("refiner"))
        text += fmt::format(", Refiner: {}, Refiner switch at: {}", description.value("refiner", ""),
                            description.value("refiner_start", 0.0));
    return text;
}

namespace {

// Comments of a JPEG, each "keyword=text", after its first segment.
constexpr std::string_view kSegment = "\xff\xfe";
constexpr std::size_t kLongestComment = 65'533;

// Bytes of the segment at `at` with its marker.
std::size_t segmentBytes(std::string_view jpeg, std::size_t at) {
    if (at + 4 > jpeg.size()) return jpeg.size() - at;
    const auto size =
        std::size_t{static_cast<unsigned char>(jpeg[at + 2])} << 8 | static_cast<unsigned char>(jpeg[at + 3]);
    return std::min(size + 2, jpeg.size() - at);
}

std::string withComments(std::string jpeg, const std::vector<std::pair<std::string, std::string>>& texts) {
    std::string segments;
    for (const auto& [key, text] : texts) {
        const std::string comment = key + "=" + text;
        if (comment.size() > kLongestComment) continue;
        const auto size = comment.size() + 2;
        segments += kSegment;
        segments += {static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
        segments += comment;
    }
    return jpeg.insert(2 + segmentBytes(jpeg, 2), segments);  // JFIF's own comes first
}

std::vector<std::pair<std::string, std::string>> comments(std::string_view jpeg) {
    std::vector<std::pair<std::string, std::string>> result;
    if (jpeg.size() < 4) return result;
    for (std::size_t at = 2 + segmentBytes(jpeg, 2); jpeg.substr(at, 2) == kSegment;) {
        const auto size = segmentBytes(jpeg, at);
        const auto text = jpeg.substr(at + 4, size - std::min<std::size_t>(size, 4));
        const auto sign = text.find('=');
        if (sign != text.npos) result.emplace_back(text.substr(0, sign), text.substr(sign + 1));
        at += size;
    }
    return result;
}

}  // namespace

Status writePicture(const fs::path& folder, const at::Tensor& pixels_HWC, const Json& description,
                    const std::string& model) {
    auto image =
        data::Image::allocate(static_cast<int>(pixels_HWC.size(1)), static_cast<int>(pixels_HWC.size(0)));
    const auto pixels = pixels_HWC.contiguous();
    std::memcpy(image.rgb.get(), pixels.const_data_ptr<std::uint8_t>(), image.byteSize());
    const fs::path file = folder / description.value("file", "");
    const std::vector<std::pair<std::string, std::string>> texts{
        {"parameters", parametersText(description, model)}, {kDescriptionKey, dumpJson(description)}};
    data::EncodeOptions encode;
    const bool jpeg = file.extension() == ".jpg";
    encode.format = jpeg ? data::ImageFormat::Jpeg : data::ImageFormat::Png;
    if (!jpeg) encode.text = texts;
    ATELIER_TRY(auto bytes, data::encodeImage(image, encode));
    return writeFileAtomic(file, jpeg ? withComments(std::move(bytes), texts) : bytes);
}

Json readDescription(const fs::path& file) {
    const auto bytes = readFile(file);
    if (!bytes) return nullptr;
    for (const auto& [key, text] : file.extension() == ".jpg" ? comments(*bytes) : data::readPngText(*bytes))
        if (key == kDescriptionKey)
            if (auto json = parseJson(text)) return *json;
    return nullptr;
}

Status writePictures(const at::Tensor& pictures_NHWC, const std::vector<PictureRequest>& requests,
                     const GenerateOptions& options, const fs::path& folder, const Json& extra) {
    ATELIER_DO(createDirectories(folder));
    Json list = Json::array();
    for (std::int64_t i = 0; i < pictures_NHWC.size(0); ++i) {
        auto description =
            describePicture(requests[static_cast<std::size_t>(i)], options, fmt::format("{:04}.png", i));
        ATELIER_DO(writePicture(folder, pictures_NHWC[i], description));
        list.push_back(std::move(description));
    }
    Json document = extra;
    document["samples"] = list;
    return writeFileAtomic(folder / "samples.json", dumpJsonPretty(document));
}

}  // namespace atelier::eval
