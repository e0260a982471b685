// SPDX-License-Identifier: GPL-3.0-or-later
// The field descriptions as one tree that code can walk without templates: checks, help, forms, completion.
// Built from the sections' fields() in schema.cpp.
#pragma once

#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/config/field.h"

namespace atelier {

enum class ValueType {
    Section,
    SectionList,
    Bool,
    Int,
    Float,
    Text,
    Choice,
    TextList,
    IntList,
    TextMap,
    Free
};

struct Choice {
    std::string name;   // as written in the file
    std::string label;  // for people; empty: an alias
    std::string value;  // the name that is written for it
};

struct SchemaNode {
    std::string key;
    std::string path;  // dotted; empty for the root
    ValueType type = ValueType::Section;
    bool optional = false;  // may be absent or null, which means something of its own
    FieldInfo info{};
    std::vector<Choice> choices;
    Json fallback;                     // default as JSON; null for an absent optional
    std::vector<SchemaNode> children;  // of a list of sections: those of each entry, "method.concepts[].path"

    const SchemaNode* child(std::string_view name) const;
};

// The description of TrainConfig; built once.
const SchemaNode& trainSchema();

// An entry of a list of sections, as a section with paths of its own: "method.concepts[0].path".
SchemaNode entrySchema(const SchemaNode& list, std::size_t index);

// By dotted path, "a.list[0].b" included; null pointer when there is none. Paths into free values
// (model.unet.params.x) have none.
const SchemaNode* findSchema(std::string_view path);

// "a whole number", "one of adamw", … for messages.
std::string typeName(const SchemaNode& node);

// Whether `when` ("method.type=lora & model.use_ema=true") holds; `resolved` is the complete configuration.
bool conditionHolds(std::string_view when, const Json& resolved);

// Value under a dotted path of a complete configuration; null when absent.
const Json* jsonAt(const Json& tree, std::string_view path);

// YAML with every key, its default and its help as comments (configs/reference.yaml).
std::string schemaYaml();
// JSON schema, draft 2020-12.
Json schemaJson();
// docs/reference.md
std::string schemaMarkdown();

}  // namespace atelier
