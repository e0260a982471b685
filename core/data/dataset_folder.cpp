// SPDX-License-Identifier: GPL-3.0-or-later
// dataset.yaml and the versions beside it.
#include "core/data/dataset_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/base/strings.h"
#include "core/base/yaml.h"
#include "core/data/build_options.h"
#include "core/data/manifest.h"

namespace atelier::data {
namespace {

constexpr int kVersion = 1;
constexpr const char* kFileName = "dataset.yaml";

tl::unexpected<Error> wrong(std::string what, const std::string& where, std::string hint = {}) {
    return fail(ErrorCode::Config, std::move(what), where, std::move(hint));
}

// "v12" → 12; nothing for other names.
std::optional<int> versionOf(const std::string& name) {
    int number = 0;
    if (name.size() < 2 || name[0] != 'v') return std::nullopt;
    const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), number);
    if (error != std::errc() || end != name.data() + name.size() || number < 1) return std::nullopt;
    return number;
}

}  // namespace

std::vector<fs::path> DatasetFolder::sourcePaths() const {
    std::vector<fs::path> paths;
    for (const auto& source : sources) {
        const fs::path path = expandUser(source);
        paths.push_back(path.is_absolute() ? path : (folder / path).lexically_normal());
    }
    return paths;
}

bool isDatasetFolder(const fs::path& path) {
    std::error_code error;
    return fs::is_regular_file(path / kFileName, error);
}

Result<DatasetFolder> readDatasetFolder(const fs::path& folder) {
    const std::string where = (folder / kFileName).string();
    ATELIER_TRY(const std::string text, readFile(folder / kFileName, 10'000'000));
    ATELIER_TRY(const yaml::Node node, yaml::parse(text, where));
    const Json json = yaml::toJson(node);
    if (!json.is_object()) return wrong("it is not a mapping of names and values", where);
    const auto version = json.find("version");
    if (version != json.end() && version->is_number() && version->get<double>() > kVersion) {
        return wrong(fmt::format("it was written by a newer Atelier (format {}, this one knows {})",
                                 version->get<double>(), kVersion),
                     where, "Update Atelier.");
    }
    DatasetFolder dataset{.folder = folder,
                          .name = fs::absolute(folder).lexically_normal().filename().string()};
    const std::vector<std::string> known{"version", "name", "sources", "build"};
    for (const auto& [key, value] : json.items()) {
        if (std::ranges::find(known, key) != known.end()) continue;
        const std::string nearest = nearestName(key, known);
        return wrong(
            "there is no setting \"" + key + "\"", where,
            nearest.empty() ? "Known: " + join(known, ", ") + "." : "Did you mean \"" + nearest + "\"?");
    }
    if (json.contains("name")) {
        if (!json["name"].is_string()) return wrong("name must be a text", where);
        dataset.name = json["name"].get<std::string>();
    }
    const auto sources = json.find("sources");
    // An empty list is a dataset that waits for its first pictures.
    if (sources == json.end() || !sources->is_array())
        return wrong("sources must be a list of folders", where);
    for (const auto& source : *sources) {
        if (!source.is_string()) return wrong("sources must be a list of paths", where);
        dataset.sources.push_back(source.get<std::string>());
    }
    ATELIER_TRY(dataset.options,
                buildOptionsFromJson(json.contains("build") ? json["build"] : Json(), where));
    return dataset;
}

Status writeDatasetFolder(const DatasetFolder& dataset) {
    ATELIER_DO(createDirectories(dataset.folder));
    const Json json{{"version", kVersion},
                    {"name", dataset.name},
                    {"sources", dataset.sources},
                    {"build", buildOptionsToJson(dataset.options)}};
    return writeFileAtomic(dataset.folder / kFileName, yaml::dump(yaml::fromJson(json)));
}

std::vector<int> builtVersions(const fs::path& folder) {
    std::vector<int> versions;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        const auto version = versionOf(entry->path().filename().string());
        std::error_code ignored;
        if (version && fs::exists(entry->path() / kManifestName, ignored)) versions.push_back(*version);
    }
    std::ranges::sort(versions);
    return versions;
}

int nextVersion(const fs::path& folder) {
    const auto versions = builtVersions(folder);
    return versions.empty() ? 1 : versions.back() + 1;
}

}  // namespace atelier::data
