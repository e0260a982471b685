// SPDX-License-Identifier: GPL-3.0-or-later
// The form of a configuration: unknown keys with the nearest name, types, choices, limits, what is not filled
// in.
#include "core/config/check.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/base/strings.h"
#include "core/config/compose.h"
#include "core/config/serialize.h"

namespace atelier {

using yaml::Kind;
using yaml::Node;

namespace {

// Keys that replaying recorded batches does not read (they may stay ???).
bool neededForReplay(std::string_view path) {
    for (std::string_view unused :
         {"experiment.log_dir", "experiment.name", "experiment.project", "experiment.eval_caption_file",
          "dataset", "wandb", "sampling", "checkpoint", "tracking", "cluster", "distributed"})
        if (path == unused || (path.starts_with(unused) && path[unused.size()] == '.')) return false;
    return true;
}

// Whether the key that stands for this one is there and says something.
bool givenInstead(const Node& tree, const SchemaNode& schema) {
    if (schema.info.instead.empty()) return false;
    const Node* other = selectPath(tree, splitKeyPath(schema.info.instead));
    return other && !other->isNull() &&
           (other->isScalar() || !other->items.empty() || !other->entries.empty());
}

class FormCheck {
  public:
    FormCheck(const Node& root, const SchemaNode& schema, Purpose purpose, std::vector<Issue>& issues)
        : root_(root), schema_(schema), purpose_(purpose), issues_(issues) {}

    void section(const Node& node, const SchemaNode& schema) {
        if (node.isNull()) return;
        if (node.isMissing()) {
            missing(node, schema.path);
            return;
        }
        if (!node.isMap()) {
            wrongType(node, schema);
            return;
        }
        for (const auto& entry : node.entries) {
            const std::string key = scalarText(entry.key);
            const std::string path = schema.path.empty() ? key : schema.path + "." + key;
            if (const SchemaNode* child = schema.child(key))
                value(entry.value, *child);
            else
                unknown(entry, path, schema);
        }
    }

  private:
    Issue& add(IssueSeverity severity, std::string code, std::string path, const Node& at, std::string text,
               std::string hint = {}) {
        Issue issue;
        issue.severity = severity;
        issue.code = std::move(code);
        issue.path = std::move(path);
        issue.line = at.source == 0 ? at.begin.line : 0;
        issue.column = at.source == 0 ? at.begin.column : 0;
        issue.text = std::move(text);
        issue.hint = std::move(hint);
        issues_.push_back(std::move(issue));
        return issues_.back();
    }

    void missing(const Node& node, const std::string& path) {
        if (node.aliased) return;  // the anchor or the target of the reference is reported
        if (purpose_ == Purpose::Replay && !neededForReplay(path)) return;
        const SchemaNode* schema = findSchema(path);
        if (schema && givenInstead(root_, *schema)) return;
        // Without W&B its key is not asked for.
        if (path.starts_with("wandb.")) {
            const Node* wandb = root_.find("wandb");
            const Node* mode = wandb ? wandb->find("mode") : nullptr;
            if (mode && (mode->text == "disabled" || mode->text == "offline")) return;
            const char* key = std::getenv("WANDB_API_KEY");
            if (path == "wandb.api_key" && key && *key) return;
        }
        std::string hint = "Put a value in place of ???";
        if (schema && !schema->info.help.empty()) hint += ": " + std::string(schema->info.help);
        if (path == "wandb.api_key")
            hint = "Set WANDB_API_KEY or put your key there, or set wandb.mode to disabled.";
        Issue& issue = add(IssueSeverity::Error, "missing", path, node, "a value must be given here", hint);
        if (path == "wandb.api_key") issue.remedy = Remedy{"wandb.mode", "disabled"};
    }

    void unknown(const yaml::Entry& entry, const std::string& path, const SchemaNode& schema) {
        if (path == "config") return;  // open-diffusion leaves its own argument in the file
        std::vector<std::string> names;
        for (const auto& child : schema.children) names.push_back(child.key);
        const std::string key = scalarText(entry.key);
        const std::string nearest = nearestName(key, names);
        // open-diffusion takes any key here and does nothing with it.
        const bool swallowed = schema.path == "dataset.params" && nearest.empty();
        std::string hint;
        if (path == "dataset.params.idx_to_prompt")
            hint = "open-diffusion's guide calls it so; its code, and Atelier, call it class_mapping.";
        else if (!nearest.empty())
            hint = "Did you mean \"" + nearest + "\"?";
        else if (const std::string elsewhere = findElsewhere(key); !elsewhere.empty())
            hint = "There is " + elsewhere + ".";
        else if (!names.empty() && names.size() <= 12)
            hint = "Keys here: " + join(names, ", ") + ".";
        Issue& issue =
            add(swallowed ? IssueSeverity::Warning : IssueSeverity::Error, "unknown_key", path, entry.key,
                swallowed ? "there is no such key; it is ignored, as open-diffusion does"
                          : "there is no such key",
                hint);
        if (!nearest.empty() && entry.value.isScalar() && !schema.path.empty())
            issue.remedy = Remedy{schema.path + "." + nearest, yaml::dumpInline(entry.value)};
        else
            issue.remedy = Remedy{path, ""};
    }

    static void collect(const SchemaNode& node, const std::string& key, std::vector<std::string>& out) {
        for (const auto& child : node.children) {
            if (child.key == key) out.push_back(child.path);
            collect(child, key, out);
        }
    }
    std::string findElsewhere(const std::string& key) const {
        std::vector<std::string> out;
        collect(schema_, key, out);
        // People write lr for the learning rate everywhere else.
        if (key == "lr" && &schema_ == &trainSchema()) out = {"optimizer.params.learning_rate"};
        return out.empty() ? std::string() : out.front();
    }

    void wrongType(const Node& node, const SchemaNode& schema) {
        std::string found = node.isMap()    ? "a map"
                            : node.isList() ? "a list"
                            : node.isNull() ? "nothing"
                                            : "\"" + scalarText(node) + "\"";
        std::string hint;
        if (node.isString() && (schema.type == ValueType::Int || schema.type == ValueType::Float) &&
            yaml::resolvePlain(node.text).kind != Kind::String)
            hint = "Remove the quotes.";
        const bool list = schema.type == ValueType::TextList || schema.type == ValueType::IntList;
        if (list && node.isScalar()) hint = "Put it in brackets: [" + yaml::dumpInline(node) + "].";
        Issue& issue = add(IssueSeverity::Error, "wrong_type", schema.path, node,
                           "this must be " + typeName(schema) + ", not " + found, hint);
        if (hint == "Remove the quotes.") issue.remedy = Remedy{schema.path, node.text};
        if (list && node.isScalar()) issue.remedy = Remedy{schema.path, "[" + yaml::dumpInline(node) + "]"};
    }

    void value(const Node& node, const SchemaNode& schema) {
        if (isMissingScalar(node)) {
            missing(node, schema.path);
            return;
        }
        if (schema.type == ValueType::Section) {
            section(node, schema);
            return;
        }
        const std::size_t before = issues_.size();
        typed(node, schema);
        if (issues_.size() == before && !schema.info.implemented) notImplemented(node, schema);
    }

    static bool isMissingScalar(const Node& node) { return node.isMissing(); }

    void typed(const Node& node, const SchemaNode& schema) {
        const bool nullAllowed = schema.optional || schema.type == ValueType::Free ||
                                 schema.type == ValueType::TextMap || schema.type == ValueType::TextList ||
                                 schema.type == ValueType::IntList || schema.type == ValueType::SectionList;
        if (node.isNull() && nullAllowed) return;
        switch (schema.type) {
            case ValueType::Bool:
                if (node.kind != Kind::Bool) wrongType(node, schema);
                return;
            case ValueType::Int: {
                std::int64_t whole = 0;
                if (!wholeNumber(node, whole))
                    wrongType(node, schema);
                else
                    limits(node, schema, static_cast<double>(whole));
                return;
            }
            case ValueType::Float: {
                if (node.kind != Kind::Int && node.kind != Kind::Float) return wrongType(node, schema);
                const double number =
                    node.kind == Kind::Int ? static_cast<double>(node.integer) : node.number;
                if (!std::isfinite(number))
                    add(IssueSeverity::Error, "range", schema.path, node,
                        "this must be a finite number, not " + scalarText(node));
                else
                    limits(node, schema, number);
                return;
            }
            case ValueType::Text:
                if (!node.isScalar() || node.isNull()) wrongType(node, schema);
                return;
            case ValueType::Choice:
                choice(node, schema);
                return;
            case ValueType::TextList:
                if (!node.isList() || !std::ranges::all_of(node.items, [](const Node& item) {
                        return item.isScalar() && !item.isNull();
                    }))
                    wrongType(node, schema);
                return;
            case ValueType::IntList:
                integers(node, schema);
                return;
            case ValueType::SectionList:
                sections(node, schema);
                return;
            case ValueType::TextMap:
                if (!node.isMap() || !std::ranges::all_of(node.entries, [](const yaml::Entry& e) {
                        return e.value.isScalar();
                    }))
                    wrongType(node, schema);
                return;
            case ValueType::Free:
                if (!node.isMap() && !(schema.info.text == TextKind::File && node.isString()))
                    wrongType(node, schema);
                return;
            case ValueType::Section:
                return;
        }
    }

    void integers(const Node& node, const SchemaNode& schema) {
        std::int64_t whole = 0;
        if (!node.isList() ||
            !std::ranges::all_of(node.items, [&](const Node& item) { return wholeNumber(item, whole); }))
            return wrongType(node, schema);
        for (const auto& item : node.items)
            if (wholeNumber(item, whole)) limits(item, schema, static_cast<double>(whole));
    }

    void sections(const Node& node, const SchemaNode& schema) {
        if (!node.isList()) return wrongType(node, schema);
        for (std::size_t i = 0; i < node.items.size(); ++i) {
            SchemaNode entry = entrySchema(schema, i);
            if (node.items[i].isMap())
                section(node.items[i], entry);
            else
                wrongType(node.items[i], entry);
        }
    }

    void choice(const Node& node, const SchemaNode& schema) {
        if (!node.isScalar()) return wrongType(node, schema);
        const std::string given = scalarText(node);
        std::vector<std::string> names;
        for (const auto& one : schema.choices) {
            if (one.name == given) return;
            names.push_back(one.name);
        }
        std::string nearest = nearestName(given, names);
        for (const auto& name : names)
            if (toLowerAscii(name) == toLowerAscii(given)) nearest = name;
        Issue& issue = add(IssueSeverity::Error, "choice", schema.path, node,
                           "this must be " + typeName(schema) + ", not \"" + given + "\"",
                           nearest.empty() ? "" : "Did you mean \"" + nearest + "\"?");
        if (!nearest.empty()) issue.remedy = Remedy{schema.path, nearest};
    }

    void limits(const Node& node, const SchemaNode& schema, double number) {
        const auto& info = schema.info;
        if ((!info.min || number >= *info.min) && (!info.max || number <= *info.max)) return;
        std::string allowed = info.min && info.max
                                  ? "between " + numberText(*info.min) + " and " + numberText(*info.max)
                              : info.min ? "at least " + numberText(*info.min)
                                         : "at most " + numberText(*info.max);
        Issue& issue = add(IssueSeverity::Error, "range", schema.path, node,
                           "this must be " + allowed + ", not " + scalarText(node),
                           schema.optional && number <= 0 ? "Leave the key out to switch it off." : "");
        const double nearest = info.min && number < *info.min ? *info.min : *info.max;
        if (schema.optional && number <= 0)
            issue.remedy = Remedy{schema.path, ""};
        else
            issue.remedy = Remedy{schema.path, numberText(nearest)};
    }

    void notImplemented(const Node& node, const SchemaNode& schema) {
        if (node.isNull()) return;
        const Json given = yaml::toJson(node);
        if (given == schema.fallback || (given.is_structured() && given.empty())) return;
        Issue& issue = add(IssueSeverity::Error, "not_available", schema.path, node,
                           "this setting is not available in this version", "Remove the key.");
        issue.remedy = Remedy{schema.path, ""};
    }

    const Node& root_;
    const SchemaNode& schema_;
    Purpose purpose_;
    std::vector<Issue>& issues_;
};

void requireKeys(const Node& tree, const SchemaNode& schema, std::vector<Issue>& issues) {
    for (const auto& child : schema.children) {
        if (child.type == ValueType::Section && !child.optional) requireKeys(tree, child, issues);
        if (child.type == ValueType::SectionList)
            if (const Node* list = selectPath(tree, splitKeyPath(child.path)); list && list->isList())
                for (std::size_t i = 0; i < list->items.size(); ++i)
                    if (list->items[i].isMap()) requireKeys(tree, entrySchema(child, i), issues);
        if (!child.info.required || givenInstead(tree, child)) continue;
        const Node* value = selectPath(tree, splitKeyPath(child.path));
        const bool empty = value && value->isString() && value->text.empty();
        if (value && !value->isNull() && !empty) continue;
        Issue issue;
        issue.code = "required";
        issue.path = child.path;
        issue.text = value ? "a value must be given here" : "this key must be given";
        issue.hint = std::string(child.info.help);
        locate(tree, value ? child.path : schema.path, issue);
        issues.push_back(std::move(issue));
    }
}

}  // namespace

std::string numberText(double value) {
    if (std::floor(value) == value && std::fabs(value) < 1e15)
        return std::to_string(static_cast<std::int64_t>(value));
    return yaml::dumpInline(Node::ofFloat(value));
}

void locate(const Node& tree, const std::string& path, Issue& issue) {
    const Node* node = &tree;
    for (const auto& part : splitKeyPath(path)) {
        if (path.empty() || !node) break;
        if (node->isMap()) {
            const yaml::Entry* entry = node->findEntry(part);
            if (!entry) break;
            const Node& mark =
                entry->value.begin.line > 0 && !entry->value.aliased ? entry->value : entry->key;
            if (mark.source == 0 && entry->value.source == 0) {
                issue.line = mark.begin.line;
                issue.column = mark.begin.column;
            } else {
                issue.line = issue.column = 0;
            }
            // A section is pointed at by its key, a value by itself.
            if (!entry->value.isScalar() && entry->key.source == 0 && entry->key.begin.line > 0) {
                issue.line = entry->key.begin.line;
                issue.column = entry->key.begin.column;
            }
            node = &entry->value;
        } else {
            node = selectPath(*node, std::span(&part, 1));
            if (node && node->source == 0 && node->begin.line > 0) {
                issue.line = node->begin.line;
                issue.column = node->begin.column;
            }
        }
    }
}

void checkForm(const Node& tree, Purpose purpose, std::vector<Issue>& issues) {
    FormCheck(tree, trainSchema(), purpose, issues).section(tree, trainSchema());
    if (purpose == Purpose::Train) requireKeys(tree, trainSchema(), issues);
}

void checkForm(const Node& tree, const SchemaNode& schema, std::vector<Issue>& issues) {
    FormCheck(tree, schema, Purpose::Train, issues).section(tree, schema);
    requireKeys(tree, schema, issues);
}

}  // namespace atelier
