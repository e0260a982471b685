// SPDX-License-Identifier: GPL-3.0-or-later
// Where S3 is and by which keys, from the places that AWS's own tools read: environment, ~/.aws, the
// container, the machine. Nothing of it ever comes from a configuration of ours.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/net/http.h"
#include "core/net/s3_sign.h"

namespace atelier::net {

struct S3Settings {
    std::string region = "us-east-1";
    std::string endpoint;  // "http://127.0.0.1:9000"; "": Amazon's
    bool pathStyle = false;
    std::string profile = "default";
    int attempts = 8;  // AWS_MAX_ATTEMPTS
    double firstWaitSeconds = 0.5;
};
// Errors: Config (a file that cannot be read as such).
Result<S3Settings> s3SettingsFromEnvironment();

// Asks, in this order: environment, shared files, container, machine; none found: anonymous. Errors: Config
// (a profile that needs a way of signing in which is not there).
Result<S3Keys> s3KeysFromEnvironment(const S3Settings& settings, HttpClient& http);

// [section] name = value, indented sub-keys as "name.sub"; "profile x" and "x" are one section.
using IniSections = std::map<std::string, std::map<std::string, std::string>>;
IniSections parseAwsIni(std::string_view text);

}  // namespace atelier::net
