// SPDX-License-Identifier: GPL-3.0-or-later
// One entry of method.concepts: a subject, its pictures and those of its class.
// Part of MethodConfig (core/config/sections/model.h).
#pragma once

#include "core/config/field.h"

namespace atelier {

struct ConceptConfig {
    std::string path;
    std::optional<std::string> instancePrompt;
    std::optional<std::string> classPrompt;
    std::optional<std::string> classPath;
    std::optional<std::int64_t> classCount;
    std::int64_t repeats = 1;

    static constexpr auto fields() {
        using C = ConceptConfig;
        return std::tuple{
            field("path", &C::path,
                  {.label = ATELIER_TR("Pictures"),
                   .help = ATELIER_TR("The subject's pictures: a folder of them, a folder in kohya's layout "
                                      "(sub-folders such as \"10_sks dog\"), or shards."),
                   .importance = Importance::Basic,
                   .text = TextKind::Shards,
                   .required = true}),
            field("instance_prompt", &C::instancePrompt,
                  {.label = ATELIER_TR("Subject"),
                   .help = ATELIER_TR("Caption of each of these pictures instead of its own, such as \"a "
                                      "photo of sks dog\". Absent: each picture's caption, in kohya's layout "
                                      "the name of its folder where it has none."),
                   .importance = Importance::Basic}),
            field("class_prompt", &C::classPrompt,
                  {.label = ATELIER_TR("Class"),
                   .help = ATELIER_TR("What the subject is one of, such as \"a photo of a dog\". Absent: "
                                      "captions or folder names of the class pictures; without those, none "
                                      "are trained on."),
                   .importance = Importance::Basic}),
            field("class_path", &C::classPath,
                  {.label = ATELIER_TR("Class pictures of one's own"),
                   .help = ATELIER_TR("Regularisation pictures: a folder of them, kohya's layout (\"1_dog\") "
                                      "or shards. Absent: made once by the base model and kept beside the "
                                      "runs."),
                   .text = TextKind::Folder}),
            field("class_count", &C::classCount,
                  {.label = ATELIER_TR("Class pictures"),
                   .help = ATELIER_TR("How many pictures of the class; what a folder of one's own lacks is "
                                      "made. Absent: all of one's own, else 200 for each picture of the "
                                      "subject."),
                   .unit = "images",
                   .min = 1,
                   .max = 100'000,
                   .usual = {UsualRange{"", 10, 2000}}}),
            field("repeats", &C::repeats,
                  {.label = ATELIER_TR("Repeats"),
                   .help = ATELIER_TR("How often each of these pictures comes in one pass over the data; "
                                      "multiplies the numbers of kohya's folders."),
                   .min = 1,
                   .max = 10'000,
                   .usual = {UsualRange{"", 1, 100}},
                   .higher = ATELIER_TR("This subject is seen more often than the others.")}),
        };
    }
};
ATELIER_SECTION(ConceptConfig);

}  // namespace atelier
