// SPDX-License-Identifier: GPL-3.0-or-later
// The schema as YAML with comments, as JSON schema and as Markdown. Nothing here knows a key by name.
#include "core/base/strings.h"
#include "core/base/yaml.h"
#include "core/config/check.h"
#include "core/config/schema.h"

namespace atelier {
namespace {

std::string defaultText(const SchemaNode& node) {
    if (node.info.required) return "???";
    return yaml::dumpInline(yaml::fromJson(node.fallback));
}

std::string rangeText(const SchemaNode& node) {
    const auto& info = node.info;
    if (info.min && info.max) return numberText(*info.min) + " to " + numberText(*info.max);
    if (info.min) return "at least " + numberText(*info.min);
    if (info.max) return "at most " + numberText(*info.max);
    return {};
}

std::string usualText(const SchemaNode& node) {
    std::string out;
    for (const auto& usual : node.info.usual) {
        if (usual.high <= usual.low) continue;
        out += (out.empty() ? "" : ", ") + (usual.method.empty() ? "" : std::string(usual.method) + " ") +
               numberText(usual.low) + " to " + numberText(usual.high);
    }
    return out;
}

std::string choiceText(const SchemaNode& node) {
    std::vector<std::string> names;
    for (const auto& choice : node.choices)
        if (!choice.label.empty()) names.push_back(choice.name);
    return join(names, ", ");
}

// Comment lines no wider than 110 columns.
void comment(std::string& out, const std::string& indent, const std::string& text) {
    std::string line = indent + "#";
    for (const auto& word : split(text, ' ')) {
        if (line.size() + 1 + word.size() > 110) {
            out += line + "\n";
            line = indent + "#";
        }
        line += " " + word;
    }
    out += line + "\n";
}

std::string details(const SchemaNode& node) {
    std::vector<std::string> parts;
    if (!node.choices.empty()) parts.push_back(choiceText(node));
    if (const auto range = rangeText(node); !range.empty())
        parts.push_back(range + (node.info.unit.empty() ? "" : " " + std::string(node.info.unit)));
    else if (!node.info.unit.empty())
        parts.push_back("in " + std::string(node.info.unit));
    if (const auto usual = usualText(node); !usual.empty()) parts.push_back("usual: " + usual);
    if (!node.info.instead.empty()) parts.push_back("not beside " + std::string(node.info.instead));
    if (!node.info.when.empty()) parts.push_back("only with " + std::string(node.info.when));
    if (!node.info.implemented) parts.push_back("not available in this version");
    return parts.empty() ? "" : "(" + join(parts, "; ") + ")";
}

void yamlSection(const SchemaNode& section, const std::string& indent, std::string& out) {
    for (const auto& node : section.children) {
        const std::string about =
            std::string(node.info.help) + (details(node).empty() ? "" : " " + details(node));
        if (indent.empty()) out += "\n";
        if (node.type == ValueType::Section && node.optional) {
            comment(out, indent, about);
            std::string inner;
            yamlSection(node, indent + "  ", inner);
            out += indent + "# " + node.key + ":\n";
            for (const auto& line : split(inner, '\n'))
                if (!line.empty()) out += "# " + line + "\n";
        } else if (node.type == ValueType::Section) {
            comment(out, indent, about);
            out += indent + node.key + ":\n";
            yamlSection(node, indent + "  ", out);
        } else if (node.type == ValueType::SectionList) {
            comment(out, indent, about);
            out += indent + node.key + ": []\n";
            std::string inner;
            yamlSection(node, indent + "    ", inner);
            bool first = true;
            for (const auto& line : split(inner, '\n')) {
                if (line.empty()) continue;
                const bool key = line.find_first_not_of(' ') != line.find('#');
                const auto at = indent.size() + 2;
                out += "# " +
                       (key && std::exchange(first, false) ? line.substr(0, at) + "- " + line.substr(at + 2)
                                                           : line) +
                       "\n";
            }
        } else {
            comment(out, indent, about);
            out += indent + node.key + ": " + defaultText(node) + "\n";
        }
    }
}

Json jsonType(const SchemaNode& node) {
    Json out = Json::object();
    out["title"] = std::string(node.info.label);
    out["description"] = std::string(node.info.help);
    const auto nullable = [&](const char* type) -> Json {
        return node.optional ? Json::array({type, "null"}) : Json(type);
    };
    switch (node.type) {
        case ValueType::Section: {
            out["type"] = nullable("object");
            out["additionalProperties"] = false;
            Json properties = Json::object(), required = Json::array();
            for (const auto& child : node.children) {
                properties[child.key] = jsonType(child);
                if (child.info.required) required.push_back(child.key);
            }
            out["properties"] = std::move(properties);
            if (!required.empty()) out["required"] = std::move(required);
            return out;
        }
        case ValueType::Bool:
            out["type"] = "boolean";
            break;
        case ValueType::Int:
            out["type"] = nullable("integer");
            break;
        case ValueType::Float:
            out["type"] = nullable("number");
            break;
        case ValueType::Text:
            out["type"] = nullable("string");
            break;
        case ValueType::Choice: {
            Json names = Json::array();
            for (const auto& choice : node.choices) {
                if (choice.name == "true" || choice.name == "false")
                    names.push_back(choice.name == "true");
                else if (choice.name == "null")
                    names.push_back(nullptr);
                else
                    names.push_back(choice.name);
            }
            if (node.optional) names.push_back(nullptr);
            out["enum"] = std::move(names);
            break;
        }
        case ValueType::TextList:
            out["type"] = "array";
            out["items"] = {{"type", "string"}};
            break;
        case ValueType::IntList:
            out["type"] = "array";
            out["items"] = {{"type", "integer"}};
            if (node.info.min) out["items"]["minimum"] = *node.info.min;
            if (node.info.max) out["items"]["maximum"] = *node.info.max;
            out["default"] = node.fallback;
            return out;
        case ValueType::SectionList:
            out["type"] = "array";
            out["items"] = jsonType(entrySchema(node, 0));
            out["default"] = node.fallback;
            return out;
        case ValueType::TextMap:
            out["type"] = "object";
            out["additionalProperties"] = {{"type", "string"}};
            break;
        case ValueType::Free:
            out["type"] = Json::array({"object", "string", "null"});
            break;
    }
    if (node.info.min) out["minimum"] = *node.info.min;
    if (node.info.max) out["maximum"] = *node.info.max;
    if (!node.info.required) out["default"] = node.fallback;
    return out;
}

std::string cell(std::string text) {
    std::string out;
    for (char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
}

void markdownSection(const SchemaNode& section, std::string& out) {
    bool table = false;
    for (const auto& node : section.children) {
        if (node.type == ValueType::Section || node.type == ValueType::SectionList) continue;
        if (!table) out += "| key | default | what it does |\n|---|---|---|\n";
        table = true;
        std::string about = std::string(node.info.help);
        if (!node.info.higher.empty()) about += " Higher or on: " + std::string(node.info.higher);
        if (!node.info.lower.empty()) about += " Lower or off: " + std::string(node.info.lower);
        if (const auto more = details(node); !more.empty()) about += " " + more;
        out += "| `" + node.path + "` | " +
               (node.info.required ? "*must be given*" : "`" + cell(defaultText(node)) + "`") + " | **" +
               cell(std::string(node.info.label)) + ".** " + cell(about) + " |\n";
    }
    if (table) out += "\n";
    for (const auto& node : section.children) {
        if (node.type != ValueType::Section && node.type != ValueType::SectionList) continue;
        const auto level = static_cast<std::size_t>(std::count(node.path.begin(), node.path.end(), '.'));
        out += std::string(2 + level, '#') + " " + node.path + "\n\n" + std::string(node.info.label) + ". " +
               std::string(node.info.help) +
               (node.type == ValueType::SectionList ? " " + details(node) : "") + "\n\n";
        markdownSection(node, out);
    }
}

}  // namespace

std::string schemaYaml() {
    std::string out =
        "# Every setting with its default. Written by `atelier-engine schema --format yaml`; do not edit by "
        "hand.\n";
    yamlSection(trainSchema(), "", out);
    return out;
}

Json schemaJson() {
    SchemaNode root = trainSchema();
    root.info.label = "Atelier training configuration";
    root.info.help =
        "Settings of a training run. Values may be references such as ${optimizer.params.learning_rate}.";
    Json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"}};
    out.update(jsonType(root));
    return out;
}

std::string schemaMarkdown() {
    std::string out =
        "# Settings\n\nEvery key of a training configuration. Written by `atelier-engine schema --format "
        "markdown`; do not edit by hand.\n"
        "`null` as a default means that the key is absent. How files, key=value arguments and `${…}` "
        "combine: see the user guide.\n\n";
    markdownSection(trainSchema(), out);
    while (out.ends_with("\n\n")) out.pop_back();
    return out;
}

}  // namespace atelier
