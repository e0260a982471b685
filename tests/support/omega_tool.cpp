// SPDX-License-Identifier: GPL-3.0-or-later
// One JSON request per line in, one answer per line out: what our YAML, merging and ${…} make of a text.
// Started by tests/interop/omegaconf_test.py, which asks the real OmegaConf the same.
#include <iostream>
#include <string>

#include "core/base/json.h"
#include "core/base/yaml.h"
#include "core/config/compose.h"
#include "core/config/interpolation.h"

using namespace atelier;

namespace {

// Types must not get lost on the way: {"i": "5"} is a whole number, {"f": "0.1"} is not, {"s": "5"} is a
// text.
Json tagged(const yaml::Node& node) {
    switch (node.kind) {
        case yaml::Kind::Null:
            return nullptr;
        case yaml::Kind::Bool:
            return node.boolean;
        case yaml::Kind::Int:
            return {{"i", std::to_string(node.integer)}};
        case yaml::Kind::Float:
            return {{"f", yaml::pythonFloat(node.number)}};
        case yaml::Kind::String:
            return {{"s", node.text}};
        case yaml::Kind::List: {
            Json list = Json::array();
            for (const auto& item : node.items) list.push_back(tagged(item));
            return {{"l", list}};
        }
        case yaml::Kind::Map: {
            Json list = Json::array();
            for (const auto& entry : node.entries)
                list.push_back(Json::array({tagged(entry.key), tagged(entry.value)}));
            return {{"m", list}};
        }
    }
    return nullptr;
}

bool refersToMissing(const yaml::Node& node) {
    if (node.aliased && node.isMissing()) return true;
    for (const auto& item : node.items)
        if (refersToMissing(item)) return true;
    for (const auto& entry : node.entries)
        if (refersToMissing(entry.value)) return true;
    return false;
}

Result<yaml::Node> load(const std::string& text) {
    ATELIER_TRY(auto node, yaml::parse(text));
    ATELIER_DO(checkInterpolations(node));
    if (node.isNull()) node = yaml::Node::map();
    if (node.isString()) {  // OmegaConf makes a key of a text on its own
        yaml::Node map = yaml::Node::map();
        map.set(node.text, yaml::Node::null());
        node = std::move(map);
    }
    return node;
}

Result<Json> answer(const Json& request) {
    const std::string op = request.at("op");
    if (op == "load") {
        ATELIER_TRY(auto node, load(request.at("yaml")));
        return Json{{"value", tagged(node)}, {"yaml", yaml::dump(node)}};
    }
    if (op == "merge") {
        ATELIER_TRY(auto left, load(request.at("a")));
        ATELIER_TRY(auto right, load(request.at("b")));
        ATELIER_DO(mergeInto(left, right));
        return Json{{"value", tagged(left)}};
    }
    if (op == "dotlist") {
        const std::vector<std::string> arguments = request.at("args");
        ATELIER_TRY(auto node, fromDotlist(arguments));
        return Json{{"value", tagged(node)}};
    }
    if (op == "resolve") {
        ATELIER_TRY(auto node, load(request.at("yaml")));
        std::vector<ResolutionProblem> problems;
        const auto resolved = resolveTree(node, problems);
        if (!problems.empty()) return fail(ErrorCode::Config, problems[0].text, problems[0].path);
        if (refersToMissing(resolved)) return fail(ErrorCode::Config, "refers to ???");
        return Json{{"value", tagged(resolved)}};
    }
    return fail(ErrorCode::Usage, "unknown request " + op);
}

}  // namespace

int main() {
    std::string line;
    while (std::getline(std::cin, line)) {
        Json out;
        if (auto result = answer(Json::parse(line)))
            out = *result;
        else
            out = Json{{"error", result.error().message()}};
        std::cout << dumpJson(out) << std::endl;
    }
}
