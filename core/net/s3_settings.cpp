// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/s3_settings.h"

#include <cstdlib>

#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/strings.h"

namespace atelier::net {
namespace {

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::string(trim(value)) : std::string();
}

std::string firstOf(std::initializer_list<std::string> values) {
    for (const auto& value : values)
        if (!value.empty()) return value;
    return {};
}

IniSections readIni(const char* variable, const char* usual) {
    const auto named = environment(variable);
    const auto text = readFile(expandUser(named.empty() ? usual : named), 1 << 22);
    return text ? parseAwsIni(*text) : IniSections();
}

std::string valueOf(const IniSections& sections, const std::string& section, const std::string& key) {
    const auto at = sections.find(section);
    if (at == sections.end()) return {};
    const auto value = at->second.find(key);
    return value == at->second.end() ? std::string() : value->second;
}

S3Keys keysOfJson(const std::string& text) {
    const auto json = parseJson(text);
    if (!json || !json->is_object()) return {};
    const auto word = [&](const char* key) {
        return json->contains(key) && (*json)[key].is_string() ? (*json)[key].get<std::string>()
                                                               : std::string();
    };
    return {word("AccessKeyId"), word("SecretAccessKey"), word("Token")};
}

// What ECS, EKS and other container services put into the environment.
std::optional<S3Keys> containerKeys(HttpClient& http) {
    const auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const auto full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (relative.empty() && full.empty()) return std::nullopt;
    HttpRequest request;
    request.url = relative.empty() ? full : "http://169.254.170.2" + relative;
    auto token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (const auto file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); !file.empty())
        if (const auto text = readFile(file, 1 << 16)) token = std::string(trim(*text));
    if (!token.empty()) request.headers.push_back("Authorization: " + token);
    const auto answer = http.send(request);
    if (!answer || answer->status != 200) return S3Keys();
    return keysOfJson(answer->body);
}

// The role of a virtual machine, by the second version of the protocol: a token first.
S3Keys machineKeys(HttpClient& http) {
    if (toLowerAscii(environment("AWS_EC2_METADATA_DISABLED")) == "true") return {};
    const auto base = firstOf({environment("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "http://169.254.169.254"});
    const std::string roles = base + "/latest/meta-data/iam/security-credentials/";
    HttpRequest request;
    request.url = base + "/latest/api/token";
    request.method = "PUT";
    request.headers = {"X-aws-ec2-metadata-token-ttl-seconds: 21600"};
    request.body = HttpBody{};
    const auto token = http.send(request);
    if (!token || token->status != 200) return {};
    HttpRequest ask;
    ask.headers = {"X-aws-ec2-metadata-token: " + token->body};
    ask.url = roles;
    const auto role = http.send(ask);
    if (!role || role->status != 200) return {};
    ask.url = roles + std::string(trim(role->body.substr(0, role->body.find('\n'))));
    const auto keys = http.send(ask);
    return keys && keys->status == 200 ? keysOfJson(keys->body) : S3Keys();
}

}  // namespace

IniSections parseAwsIni(std::string_view text) {
    IniSections sections;
    std::map<std::string, std::string>* section = nullptr;
    std::string parent;
    for (const auto& line : split(text, '\n')) {
        const auto word = trim(line);
        if (word.empty() || word.front() == '#' || word.front() == ';') continue;
        if (word.front() == '[') {
            auto name = trim(word.substr(1, word.find(']') == word.npos ? word.npos : word.find(']') - 1));
            if (name.starts_with("profile ")) name = trim(name.substr(8));
            section = &sections[std::string(name)];
            parent.clear();
            continue;
        }
        const auto equals = word.find('=');
        if (!section || equals == word.npos) continue;
        const auto key = toLowerAscii(trim(word.substr(0, equals)));
        const auto value = std::string(trim(word.substr(equals + 1)));
        const bool inner = line.front() == ' ' || line.front() == '\t';
        if (!inner) parent = value.empty() ? key : std::string();
        (*section)[inner && !parent.empty() ? parent + "." + key : key] = value;
    }
    return sections;
}

Result<S3Settings> s3SettingsFromEnvironment() {
    S3Settings settings;
    settings.profile = firstOf({environment("AWS_PROFILE"), environment("AWS_DEFAULT_PROFILE"), "default"});
    const auto config = readIni("AWS_CONFIG_FILE", "~/.aws/config");
    const auto of = [&](const char* key) { return valueOf(config, settings.profile, key); };
    settings.region = firstOf(
        {environment("AWS_REGION"), environment("AWS_DEFAULT_REGION"), of("region"), settings.region});
    settings.endpoint = firstOf({environment("AWS_ENDPOINT_URL_S3"), environment("AWS_ENDPOINT_URL"),
                                 of("s3.endpoint_url"), of("endpoint_url")});
    while (settings.endpoint.ends_with('/')) settings.endpoint.pop_back();
    if (!settings.endpoint.empty() && originOf(settings.endpoint).empty())
        return fail(ErrorCode::Config, "\"" + settings.endpoint + "\" is no http or https address",
                    "AWS_ENDPOINT_URL", "Write it as https://host:port.");
    // Servers of one's own rarely have a name for every bucket.
    const auto style = of("s3.addressing_style");
    settings.pathStyle = style == "path" || (style != "virtual" && !settings.endpoint.empty());
    if (const auto attempts = environment("AWS_MAX_ATTEMPTS"); !attempts.empty())
        settings.attempts = std::max(std::atoi(attempts.c_str()), 1);
    return settings;
}

Result<S3Keys> s3KeysFromEnvironment(const S3Settings& settings, HttpClient& http) {
    const bool named = !environment("AWS_PROFILE").empty();
    S3Keys keys{environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                environment("AWS_SESSION_TOKEN")};
    if (!keys.access.empty() && !keys.secret.empty()) return keys;
    const auto credentials = readIni("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    const auto config = readIni("AWS_CONFIG_FILE", "~/.aws/config");
    for (const auto* file : {&credentials, &config}) {
        keys = {valueOf(*file, settings.profile, "aws_access_key_id"),
                valueOf(*file, settings.profile, "aws_secret_access_key"),
                valueOf(*file, settings.profile, "aws_session_token")};
        if (!keys.access.empty() && !keys.secret.empty()) return keys;
    }
    for (const char* key :
         {"sso_session", "sso_start_url", "role_arn", "credential_process", "web_identity_token_file"})
        if (!valueOf(config, settings.profile, key).empty())
            return fail(
                ErrorCode::Config, "the profile signs in by " + std::string(key) + ", which is not supported",
                "AWS profile " + settings.profile,
                "Get keys from AWS's own tool: eval \"$(aws configure export-credentials --format env)\"");
    if (named && !credentials.contains(settings.profile) && !config.contains(settings.profile))
        return fail(ErrorCode::Config, "there is no such profile", "AWS_PROFILE=" + settings.profile,
                    "See ~/.aws/credentials.");
    if (const auto container = containerKeys(http)) return *container;
    return machineKeys(http);
}

}  // namespace atelier::net
