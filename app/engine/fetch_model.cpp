// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/fetch_model.h"

#include <cstdio>

#include "app/engine/net_program.h"
#include "core/base/strings.h"

namespace atelier::cli {

Result<fs::path> fetchModel(const HubId& id) {
    const std::string name = id.text();
    std::fprintf(stderr, "%s is not on this computer yet: downloading it\n", name.c_str());
    ATELIER_TRY(const auto answer, askNetProgram({"download", name}));
    if (answer.code != 0)
        return fail(answer.code == 2 ? ErrorCode::Model : ErrorCode::Io,
                    "the model could not be downloaded (said above)", name,
                    "Download it by itself: \"atelier-engine download " + name + "\".");
    const std::string folder(trim(answer.text));
    return fs::path(folder.substr(folder.rfind('\n') + 1));
}

}  // namespace atelier::cli
