// SPDX-License-Identifier: GPL-3.0-or-later
// CONFIG.yaml key=value … / config=CONFIG.yaml key=value …
#include "core/config/request.h"

namespace atelier {

Result<ConfigRequest> configRequest(std::span<const std::string> words) {
    ConfigRequest out;
    for (const auto& word : words) {
        std::error_code error;
        const bool assignment = word.find('=') != std::string::npos && !fs::exists(word, error);
        if (word.starts_with("config=") && out.file.empty()) {
            out.file = expandUser(word.substr(7));
            out.base = fs::current_path(error);
        } else if (assignment) {
            out.overrides.push_back(word);
        } else if (out.file.empty()) {
            out.file = expandUser(word);
        } else {
            return fail(ErrorCode::Usage, "\"" + word + "\" is neither key=value nor the only file", {},
                        "Give one configuration file, then key=value for each change.");
        }
    }
    if (out.file.empty())
        return fail(ErrorCode::Usage, "no configuration file is given", {},
                    "Give CONFIG.yaml, or config=CONFIG.yaml.");
    return out;
}

}  // namespace atelier
