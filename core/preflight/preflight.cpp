// SPDX-License-Identifier: GPL-3.0-or-later
// Models, files and the folder of the run.
#include "core/preflight/preflight.h"
#include "core/data/remote_shards.h"

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/files.h"
#include "core/base/strings.h"

namespace atelier {
namespace {

constexpr std::uint64_t kLittleSpace = 2'000'000'000;  // bytes; a checkpoint of a small model

void add(std::vector<Issue>& issues, IssueSeverity severity, std::string code, std::string path,
         std::string text, std::string hint) {
    Issue issue;
    issue.severity = severity;
    issue.code = std::move(code);
    issue.path = std::move(path);
    issue.text = std::move(text);
    issue.hint = std::move(hint);
    issues.push_back(std::move(issue));
}

// "???" that is still to be filled in, alone or made absolute.
bool isUnfilled(std::string_view value) {
    return value.find("???") != std::string_view::npos;
}

// A local pipeline folder must be one; names on a hub are looked at by checkHubModels.
void checkModel(const std::optional<std::string>& model, const std::string& path,
                std::vector<Issue>& issues) {
    if (!model || model->empty() || isUnfilled(*model) || namesHubModel(*model)) return;
    std::error_code error;
    if (!fs::exists(*model, error))
        add(issues, IssueSeverity::Error, "missing_model", path, *model + " does not exist",
            "Name a pipeline folder (it holds model_index.json).");
    else if (!fs::is_directory(*model, error))
        add(issues, IssueSeverity::Error, "model_is_a_file", path,
            *model + " is a file, not a pipeline folder",
            "Name a pipeline folder (it holds model_index.json).");
}

void checkFile(const std::optional<std::string>& file, const std::string& path, std::vector<Issue>& issues) {
    std::error_code error;
    if (!file || file->empty() || isUnfilled(*file) || data::isRemoteShard(*file) || fs::exists(*file, error))
        return;  // what lies elsewhere is fetched when the training starts
    add(issues, IssueSeverity::Error, "missing_file", path, *file + " does not exist",
        "Name a file that is there, or remove the key.");
}

// The nearest folder above that exists must be writable and have room.
void checkRunFolder(const std::string& folder, std::vector<Issue>& issues) {
    if (folder.empty() || isUnfilled(folder)) return;
    std::error_code error;
    fs::path parent = fs::absolute(folder, error);
    while (!fs::exists(parent, error) && parent != parent.parent_path()) parent = parent.parent_path();
    const char* path = "experiment.log_dir";
    if (!fs::is_directory(parent, error)) {
        add(issues, IssueSeverity::Error, "not_a_folder", path, parent.string() + " is not a folder",
            "Name another folder for runs.");
    } else if (::access(parent.c_str(), W_OK | X_OK) != 0) {
        add(issues, IssueSeverity::Error, "not_writable", path,
            fmt::format("nothing may be written in {}", parent.string()),
            "Change its permissions, or name another folder for runs.");
    } else if (const auto space = freeSpace(parent); space && *space < kLittleSpace) {
        add(issues, IssueSeverity::Warning, "little_space", path,
            fmt::format("only {} are free there", humanBytes(*space)),
            "Make room, or keep fewer checkpoints.");
    }
}

}  // namespace

std::vector<Issue> checkFiles(const TrainConfig& config) {
    std::vector<Issue> issues;
    const std::string& shards = config.dataset.params.path;
    const DatasetType type = config.dataset.type;
    const bool tars = type == DatasetType::WebDataset || type == DatasetType::ClassificationWebDataset;
    if (!shards.empty() && !isUnfilled(shards))
        issues = tars ? checkDatasetFiles(shards, config.dataset.params.filters) : checkLooseSources(config);
    if (const Json& classes = config.dataset.params.classMapping; classes.is_string())
        checkFile(classes.get<std::string>(), "dataset.params.class_mapping", issues);
    checkModel(config.model.pretrained, "model.pretrained", issues);
    checkModel(config.model.unet.pretrained, "model.unet.pretrained", issues);
    checkModel(config.model.vae.pretrained, "model.vae.pretrained", issues);
    checkModel(config.model.textEncoder.pretrained, "model.text_encoder.pretrained", issues);
    checkModel(config.model.tokenizer.pretrained, "model.tokenizer.pretrained", issues);
    checkModel(config.model.textEncoder2.pretrained, "model.text_encoder_2.pretrained", issues);
    checkModel(config.model.tokenizer2.pretrained, "model.tokenizer_2.pretrained", issues);
    for (auto& issue : checkModelParts(config)) issues.push_back(std::move(issue));
    for (auto& issue : checkHubModels(config)) issues.push_back(std::move(issue));
    checkFile(config.experiment.evalCaptionFile, "experiment.eval_caption_file", issues);
    checkFile(config.method.init, "method.init", issues);
    if (config.model.useEma) checkFile(config.model.ema.path, "model.ema.path", issues);
    if (config.method.type == MethodType::Autoencoder && config.loss.lpipsWeight > 0) {
        checkFile(config.loss.lpipsFile, "loss.lpips_file", issues);
        checkFile(config.loss.lpipsBackbone, "loss.lpips_backbone", issues);
    }
    checkRunFolder(config.experiment.logDir, issues);
    return issues;
}

}  // namespace atelier
