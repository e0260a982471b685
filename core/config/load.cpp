// SPDX-License-Identifier: GPL-3.0-or-later
// The way of a configuration: text → tree → overrides merged → interpolations resolved → checked →
// TrainConfig.
#include "core/config/load.h"

#include <algorithm>

#include "core/base/hash.h"
#include "core/base/user_cache.h"
#include "core/config/check.h"
#include "core/config/compose.h"
#include "core/config/explaining.h"
#include "core/config/interpolation.h"
#include "core/config/schema.h"
#include "core/config/serialize.h"

namespace atelier {

using yaml::Node;

namespace {

void addProblem(std::vector<Issue>& issues, std::string code, const std::string& path, const yaml::Mark& mark,
                int source, const std::string& text, const std::string& hint) {
    Issue issue;
    issue.code = std::move(code);
    issue.path = path;
    issue.line = source == 0 ? mark.line : 0;
    issue.column = source == 0 ? mark.column : 0;
    issue.text = text;
    issue.hint = hint;
    issues.push_back(std::move(issue));
}

// Grammar of each ${…}: a broken one is reported once and taken out of the way.
void checkGrammar(Node& node, const std::string& path, std::vector<Issue>& issues) {
    if (node.isScalar()) {
        if (auto good = checkInterpolations(node); !good) {
            addProblem(issues, "interpolation", path, node.begin, node.source, good.error().what,
                       good.error().hint);
            node = Node::null();
        }
        return;
    }
    for (std::size_t i = 0; i < node.items.size(); ++i)
        checkGrammar(node.items[i], path + "[" + std::to_string(i) + "]", issues);
    for (auto& entry : node.entries)
        checkGrammar(entry.value, path.empty() ? scalarText(entry.key) : path + "." + scalarText(entry.key),
                     issues);
}

Node readTree(std::string_view text, std::vector<Issue>& issues) {
    std::vector<yaml::Problem> problems;
    Node tree = yaml::parse(text, problems);
    for (const auto& problem : problems)
        addProblem(issues, "yaml", {}, problem.mark, 0, problem.text, problem.hint);
    if (tree.isNull()) return Node::map();
    if (!tree.isMap()) {
        addProblem(issues, "yaml", {}, tree.begin, 0,
                   "a configuration consists of sections, and this is " +
                       std::string(tree.isList() ? "a list" : "a single value"),
                   "Begin with a template.");
        return Node::map();
    }
    checkGrammar(tree, {}, issues);
    return tree;
}

void applyOverrides(Node& tree, std::span<const std::string> overrides, std::vector<Issue>& issues) {
    std::vector<std::string> good;
    for (const auto& text : overrides) {
        const auto parsed = parseOverride(text);
        if (!parsed)
            addProblem(issues, "override", {}, {}, 1, text + ": " + parsed.error().what, parsed.error().hint);
        else if (std::ranges::find(parsed->path, std::string()) != parsed->path.end())
            addProblem(issues, "override", {}, {}, 1, "\"" + text + "\": a part of the key is empty",
                       "Write it as section.key=value.");
        else
            good.push_back(text);
    }
    auto list = fromDotlist(good);
    if (!list) {
        addProblem(issues, "override", {}, {}, 1, list.error().where + ": " + list.error().what,
                   list.error().hint);
        return;
    }
    list->erase("config");
    if (auto merged = mergeInto(tree, *list); !merged)
        addProblem(issues, "override", merged.error().where, {}, 1, merged.error().what, merged.error().hint);
}

// Newer formats are refused before anything else is complained about.
bool versionFits(const Node& tree, std::vector<Issue>& issues) {
    const Node* version = tree.find("config_version");
    if (!version || version->kind != yaml::Kind::Int || version->integer <= kConfigVersion) return true;
    addProblem(issues, "version", "config_version", version->begin, version->source,
               "this file has format " + std::to_string(version->integer) + "; this Atelier reads up to " +
                   std::to_string(kConfigVersion),
               "Update Atelier.");
    return false;
}

bool hasScheme(const std::string& text) {
    const auto colon = text.find("://");
    return colon != std::string::npos || text.starts_with("pipe:") || text.starts_with("s3:") || text == "-";
}

void makeAbsolute(std::string& path, const fs::path& base) {
    if (path.empty() || hasScheme(path)) return;
    const fs::path expanded = expandUser(path);
    path = (expanded.is_absolute() ? expanded : (base / expanded)).lexically_normal().string();
}

// A model may be a folder or a name on a hub ("org/name"): relative ones become absolute only when they
// exist.
void makeModelAbsolute(std::optional<std::string>& model, const fs::path& base) {
    if (!model || model->empty() || hasScheme(*model)) return;
    std::error_code error;
    const bool marked = model->starts_with("~") || model->starts_with("/") || model->starts_with("./") ||
                        model->starts_with("../");
    if (marked || fs::exists(base / *model, error)) makeAbsolute(*model, base);
}

// Each pattern of "a::b" on its own.
void makeShardsAbsolute(std::string& path, const fs::path& base) {
    std::string shards;
    std::string_view rest = path;
    while (!rest.empty()) {
        const auto next = rest.find("::");
        std::string one(rest.substr(0, next));
        if (!one.starts_with("${")) makeAbsolute(one, base);  // an environment variable may be absolute
        shards += (shards.empty() ? "" : "::") + one;
        rest = next == std::string_view::npos ? std::string_view{} : rest.substr(next + 2);
    }
    path = shards;
}

void resolvePaths(TrainConfig& config, const fs::path& base) {
    makeAbsolute(config.experiment.logDir, base);
    for (auto* path : {&config.experiment.evalCaptionFile, &config.method.init, &config.method.classImages,
                       &config.model.ema.path, &config.cluster.settings, &config.loss.lpipsFile,
                       &config.loss.lpipsBackbone})
        if (*path) makeAbsolute(**path, base);
    ModelConfig& model = config.model;
    makeModelAbsolute(model.pretrained, base);
    makeModelAbsolute(model.ptPath, base);
    for (auto* part :
         {&model.vae, &model.textEncoder, &model.tokenizer, &model.textEncoder2, &model.tokenizer2,
          &model.unet, &model.noiseSchedulerTraining, &model.noiseSchedulerInference})
        makeModelAbsolute(part->pretrained, base);
    makeShardsAbsolute(config.dataset.params.path, base);
    for (auto* folder : {&config.dataset.params.captionFolder, &config.dataset.params.maskFolder,
                         &config.dataset.params.cacheFolder})
        if (*folder) makeAbsolute(**folder, base);
    if (auto& path = config.dataset.params.validationPath) makeShardsAbsolute(*path, base);
    for (auto& one : config.method.concepts) {
        makeShardsAbsolute(one.path, base);
        if (one.classPath) makeShardsAbsolute(*one.classPath, base);
    }
    if (Json& classes = config.dataset.params.classMapping; classes.is_string()) {
        auto file = classes.get<std::string>();
        makeAbsolute(file, base);
        classes = file;
    }
}

void deriveMethod(TrainConfig& config, const Node& tree) {
    const Node* method = tree.find("method");
    const Node* type = method ? method->find("type") : nullptr;
    if (type && !type->isNull()) return;
    const bool scratch =
        !config.model.pretrained && !config.model.unet.pretrained && !config.model.unet.params.empty();
    config.method.type = scratch ? MethodType::Scratch : MethodType::Finetune;
}

// What open-diffusion does where its files say nothing.
void deriveCompat(TrainConfig& config, const Node& tree) {
    if (config.experiment.compat != Compat::OpenDiffusion) return;
    const auto given = [&](const char* path) {
        const Node* node = selectPath(tree, splitKeyPath(path));
        return node && !node->isNull();
    };
    if (!given("dataset.params.with_replacement")) config.dataset.params.withReplacement = true;
    if (!given("dataset.params.text_dropout")) config.dataset.params.textDropout = 0;
    if (!given("loss.prediction_type")) config.loss.predictionType = Prediction::Epsilon;
    config.optimizer.name = OptimizerName::AdamW;
}

// A log folder in S3: the run is written into this user's cache, and goes there while it runs. What was
// written last is part of the run, so its end waits for it.
void settleLogDir(TrainConfig& config, const Node& tree) {
    auto& logDir = config.experiment.logDir;
    if (!logDir.starts_with("s3://")) return;
    constexpr std::int64_t kPatience = 3600;
    const Node* given = selectPath(tree, splitKeyPath("tracking.finish_within"));
    if (!given || given->isNull()) config.tracking.finishWithin = kPatience;
    config.tracking.uploadTo = logDir;
    while (logDir.ends_with('/')) logDir.pop_back();
    logDir = (userCache() / "runs" / hex(xxh3(logDir))).string();
}

void sortIssues(std::vector<Issue>& issues) {
    std::ranges::stable_sort(issues, [](const Issue& a, const Issue& b) {
        if (a.severity != b.severity) return a.severity < b.severity;
        const int x = a.line > 0 ? a.line : 1 << 30, y = b.line > 0 ? b.line : 1 << 30;
        return x < y;
    });
}

}  // namespace

CheckedConfig checkTrainConfig(std::string_view text, const std::string& name,
                               std::span<const std::string> overrides, const ConfigLoadOptions& options) {
    CheckedConfig out;
    Node tree = readTree(text, out.issues);
    std::vector<std::string> rest(overrides.begin(), overrides.end());
    const bool explained = explaining::isDialect(tree);
    if (explained) {
        const auto theirs = std::ranges::stable_partition(rest, explaining::isDialectKey);
        const std::vector<std::string> first(rest.begin(), theirs.begin());
        rest.erase(rest.begin(), theirs.begin());
        applyOverrides(tree, first, out.issues);
        const bool autoencoder = std::ranges::find(rest, "method.type=autoencoder") != rest.end();
        tree = explaining::translate(tree, autoencoder, out.issues);
    }
    applyOverrides(tree, rest, out.issues);
    if (!versionFits(tree, out.issues)) return out;

    std::vector<ResolutionProblem> unresolved;
    Node resolved = resolveTree(tree, unresolved);
    for (const auto& problem : unresolved)
        addProblem(out.issues, "interpolation", problem.path, problem.mark, problem.source, problem.text,
                   problem.hint);
    // A reference that leads nowhere has been reported; its text is not also of the wrong type.
    for (const auto& problem : unresolved)
        if (const Node* node = selectPath(resolved, splitKeyPath(problem.path)))
            *const_cast<Node*>(node) = Node::null();

    const bool readable = !std::ranges::any_of(out.issues, [](const Issue& issue) {
        return issue.code == "yaml" && issue.text.find("given twice") == std::string::npos;
    });
    std::vector<Issue> form;
    if (readable) checkForm(resolved, options.purpose, form);
    // Nulls put in above are not wrong types of their own.
    std::erase_if(form, [&](const Issue& issue) {
        return issue.code != "missing" && std::ranges::any_of(out.issues, [&](const Issue& known) {
                   return known.code == "interpolation" && known.path == issue.path;
               });
    });
    out.issues.insert(out.issues.end(), form.begin(), form.end());

    TrainConfig& config = out.loaded.config;
    readInto(config, resolved);
    config.configVersion = kConfigVersion;
    deriveMethod(config, resolved);
    deriveCompat(config, resolved);
    // That dialect's paths begin at the working directory.
    const fs::path base = !options.base.empty() ? options.base
                          : explained           ? fs::current_path()
                                                : fs::absolute(fs::path(name)).parent_path();
    resolvePaths(config, base);
    out.loaded.resolved = toJson(config);
    if (readable) {
        const RuleInput input{config, out.loaded.resolved, resolved, options.purpose};
        checkRules(input, out.issues);
        checkUsualRanges(input, out.issues);
    }
    settleLogDir(config, resolved);
    if (out.loaded.resolved["wandb"].is_object()) out.loaded.resolved["wandb"].erase("api_key");
    out.loaded.hash = sha256Hex(dumpJson(out.loaded.resolved)).substr(0, 16);
    sortIssues(out.issues);
    if (!hasErrors(out.issues)) out.loaded.issues = out.issues;
    return out;
}

Result<std::string> readConfigFile(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error))
        return fail(ErrorCode::Usage, "it is a folder, not a configuration file", path.string(),
                    fs::exists(path / "config.yaml", error)
                        ? "Its configuration is " + (path / "config.yaml").string() + "."
                        : "Give a YAML file.");
    if (!fs::exists(path, error) && !error)
        return fail(ErrorCode::Usage, "there is no such file or folder", path.string(), "Check the path.");
    return readFile(path, 16 << 20);
}

Result<LoadedConfig> loadTrainConfig(const fs::path& path, std::span<const std::string> overrides,
                                     const ConfigLoadOptions& options) {
    ATELIER_TRY(const std::string text, readConfigFile(path));
    CheckedConfig checked = checkTrainConfig(text, path.string(), overrides, options);
    if (!hasErrors(checked.issues)) return std::move(checked.loaded);
    const auto errors = std::ranges::count_if(
        checked.issues, [](const Issue& issue) { return issue.severity == IssueSeverity::Error; });
    const Issue& first = checked.issues.front();
    std::string what = first.path.empty() ? first.text : first.path + ": " + first.text;
    if (errors > 1)
        what += " (and " + std::to_string(errors - 1) + " more; `atelier-engine check` lists all)";
    return fail(ErrorCode::Config, std::move(what),
                path.string() + (first.line > 0 ? ":" + std::to_string(first.line) : ""), first.hint);
}

namespace {

// Resolved texts are meant as they stand: each "${" gets a backslash, and the backslashes before it are
// doubled, so that reading them again gives the same.
std::string escaped(std::string_view text) {
    std::string out;
    std::size_t backslashes = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("${")) out += std::string(backslashes + 1, '\\');
        backslashes = text[i] == '\\' ? backslashes + 1 : 0;
        out += text[i];
    }
    return out;
}

void escapeTexts(Json& value) {
    if (value.is_string()) value = escaped(value.get<std::string>());
    if (value.is_structured())
        for (auto& part : value) escapeTexts(part);
}

}  // namespace

Json frozenTree(const LoadedConfig& loaded) {
    Json frozen = loaded.resolved;
    escapeTexts(frozen);
    return frozen;
}

std::string frozenYaml(const LoadedConfig& loaded) {
    Json frozen = frozenTree(loaded);
    // A section that is there but empty means its defaults (`wandb:`); one that is off is left out.
    for (const auto& section : trainSchema().children)
        if (section.optional && section.type == ValueType::Section && frozen[section.key].is_null())
            frozen.erase(section.key);
    return yaml::dump(yaml::fromJson(frozen));
}

}  // namespace atelier
