// SPDX-License-Identifier: GPL-3.0-or-later
// Rules of subjects and their classes: method.concepts, or the keys of a single one.
#include <map>

#include "core/config/findings.h"

namespace atelier {
namespace {

std::string keyOf(std::size_t concept_, const char* key) {
    return "method.concepts[" + std::to_string(concept_) + "]." + key;
}

// A subject is described once: by the single keys, or as a concept.
void subjectsAreNamedOnce(const RuleInput& in, Findings& findings) {
    const MethodConfig& method = in.config.method;
    if (method.concepts.empty()) return;
    if (method.type != MethodType::DreamBooth && method.type != MethodType::Lora)
        findings.add(IssueSeverity::Error, "concept_method", "method.concepts",
                     "concepts are trained with dreambooth and lora, not with method.type " +
                         std::string(enumName(method.type)),
                     "Name the pictures as dataset.params.path.", Remedy{"method.concepts", ""});
    for (const char* key : {"instance_prompt", "class_prompt", "class_count", "class_images"})
        if (const auto path = std::string("method.") + key; findings.given(path) && !findings.unfilled(path))
            findings.add(IssueSeverity::Error, "concept_twice", path,
                         "this describes a single subject, and method.concepts has each with keys of its own",
                         "Move it into the concept.", Remedy{path, ""});
    if (!in.config.dataset.params.path.empty() && !findings.unfilled("dataset.params.path"))
        findings.add(IssueSeverity::Error, "concept_data", "dataset.params.path",
                     "with method.concepts the pictures are those of the concepts",
                     "Remove the key, or add its pictures as a concept.", Remedy{"dataset.params.path", ""});
    if (in.config.dataset.params.streamShards)
        findings.add(IssueSeverity::Error, "stream", "dataset.params.stream_shards",
                     "concepts are mixed picture by picture, so that all of them must be at hand",
                     "Remove the key.", Remedy{"dataset.params.stream_shards", ""});
}

void conceptsDiffer(const RuleInput& in, Findings& findings) {
    std::map<std::string, std::size_t> seen;
    const auto& concepts = in.config.method.concepts;
    for (std::size_t i = 0; i < concepts.size(); ++i) {
        const auto& one = concepts[i];
        if (one.instancePrompt && !findings.unfilled(keyOf(i, "instance_prompt")))
            if (const auto [other, fresh] = seen.emplace(*one.instancePrompt, i); !fresh)
                findings.add(IssueSeverity::Warning, "concept_same", keyOf(i, "instance_prompt"),
                             "concept " + std::to_string(other->second + 1) +
                                 " is called the same, so that the model cannot tell the two apart",
                             "Give each subject a word of its own.");
        if (one.classCount && !one.classPrompt && !findings.unfilled(keyOf(i, "class_prompt")))
            findings.add(IssueSeverity::Warning, "class_count_vain", keyOf(i, "class_count"),
                         "it has no effect without class_prompt: class pictures are made from that", "",
                         Remedy{keyOf(i, "class_count"), ""});
    }
}

// Class pictures are made by the base model as a whole.
void classPicturesNeedABaseModel(const RuleInput& in, Findings& findings) {
    const MethodConfig& method = in.config.method;
    if (in.config.model.pretrained || findings.unfilled("model.pretrained") || in.purpose == Purpose::Replay)
        return;
    const auto report = [&](const std::string& path, const char* own) {
        findings.add(IssueSeverity::Error, "class_pictures", path,
                     "the class pictures are made by the base model, and model.pretrained is not given",
                     std::string("Give model.pretrained (a pipeline folder), or a folder of pictures as ") +
                         own + ".");
    };
    if (method.classPrompt && !method.classImages) report("method.class_prompt", "method.class_images");
    for (std::size_t i = 0; i < method.concepts.size(); ++i)
        if (method.concepts[i].classPrompt && !method.concepts[i].classPath)
            report(keyOf(i, "class_prompt"), "its class_path");
}

}  // namespace

void checkConcepts(const RuleInput& in, Findings& findings) {
    subjectsAreNamedOnce(in, findings);
    conceptsDiffer(in, findings);
    classPicturesNeedABaseModel(in, findings);
}

}  // namespace atelier
