// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/model_spec.h"

#include <ctime>

#include "core/weights/tensor_hash.h"

namespace atelier {

std::map<std::string, std::string> modelSpec(const std::string& architecture,
                                             const std::string& implementation, const std::string& title,
                                             const std::string& resolution) {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char date[32];
    std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    std::map<std::string, std::string> metadata{{"modelspec.sai_model_spec", "1.0.1"},
                                                {"modelspec.architecture", architecture},
                                                {"modelspec.implementation", implementation},
                                                {"modelspec.title", title},
                                                {"modelspec.date", date},
                                                {"modelspec.hash_sha256", "0x" + tensorHashPlaceholder()}};
    if (!resolution.empty()) metadata["modelspec.resolution"] = resolution;
    return metadata;
}

void eraseHashes(std::map<std::string, std::string>& metadata) {
    for (const char* key : {"modelspec.hash_sha256", "modelspec.date", "sshs_model_hash", "sshs_legacy_hash"})
        metadata.erase(key);
}

}  // namespace atelier
