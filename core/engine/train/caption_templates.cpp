// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/caption_templates.h"

#include <span>
#include <string_view>

namespace atelier::train {
namespace {

// The paper's lists: CLIP's prompts for classes of pictures, and the like for painting.
constexpr std::string_view kObject[] = {
    "a photo of a *",           "a rendering of a *",
    "a cropped photo of the *", "the photo of a *",
    "a photo of a clean *",     "a photo of a dirty *",
    "a dark photo of the *",    "a photo of my *",
    "a photo of the cool *",    "a close-up photo of a *",
    "a bright photo of the *",  "a cropped photo of a *",
    "a photo of the *",         "a good photo of the *",
    "a photo of one *",         "a close-up photo of the *",
    "a rendition of the *",     "a photo of the clean *",
    "a rendition of a *",       "a photo of a nice *",
    "a good photo of a *",      "a photo of the nice *",
    "a photo of the small *",   "a photo of the weird *",
    "a photo of the large *",   "a photo of a cool *",
    "a photo of a small *",
};
constexpr std::string_view kStyle[] = {
    "a painting in the style of *",         "a rendering in the style of *",
    "a cropped painting in the style of *", "the painting in the style of *",
    "a clean painting in the style of *",   "a dirty painting in the style of *",
    "a dark painting in the style of *",    "a picture in the style of *",
    "a cool painting in the style of *",    "a close-up painting in the style of *",
    "a bright painting in the style of *",  "a good painting in the style of *",
    "a rendition in the style of *",        "a nice painting in the style of *",
    "a small painting in the style of *",   "a weird painting in the style of *",
    "a large painting in the style of *",
};

}  // namespace

std::vector<std::string> captionTemplates(const std::string& word, bool style) {
    std::vector<std::string> captions;
    for (const auto sentence :
         style ? std::span<const std::string_view>(kStyle) : std::span<const std::string_view>(kObject)) {
        const auto place = sentence.find('*');
        captions.push_back(std::string(sentence.substr(0, place)) + word +
                           std::string(sentence.substr(place + 1)));
    }
    return captions;
}

}  // namespace atelier::train
