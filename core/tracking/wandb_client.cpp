// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/tracking/wandb_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/strings.h"

namespace atelier::tracking::wandb {
namespace {

constexpr double kFirstWait = 2, kLongestWait = 60;  // seconds
constexpr int kIdleSeconds = 20;
constexpr const char* kLater = "`atelier-engine track RUN_DIR` sends what is missing later.";

constexpr const char* kResumeQuery =
    "query RunResumeStatus($project: String, $entity: String, $name: String!) { model(name: $project, "
    "entityName: $entity) { id name entity { id name } bucket(name: $name, missingOk: true) { id name "
    "summaryMetrics displayName logLineCount historyLineCount eventsLineCount historyTail eventsTail config "
    "} } }";
constexpr const char* kUpsertMutation =
    "mutation UpsertBucket($name: String, $project: String, $entity: String, $groupName: String, "
    "$displayName: String, $notes: String, $config: JSONString, $host: String, $program: String, $tags: "
    "[String!]) { upsertBucket(input: {name: $name, modelName: $project, entityName: $entity, groupName: "
    "$groupName, displayName: $displayName, notes: $notes, config: $config, host: $host, jobProgram: "
    "$program, tags: $tags}) { bucket { id name displayName project { id name entity { id name } } "
    "historyLineCount } inserted } }";
constexpr const char* kFilesMutation =
    "mutation CreateRunFiles($entity: String!, $project: String!, $run: String!, $files: [String!]!) { "
    "createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) { "
    "runID uploadHeaders files { name uploadUrl } } }";

std::string base64(std::string_view bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (i + k < bytes.size() ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            out += i + k <= bytes.size() ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

bool mayPass(const net::HttpResponse& response) {
    static const std::set<int> kFinal{400, 401, 403, 404, 405, 409, 410, 413, 422, 501};
    if (response.status == 0) return response.mayPass;
    return response.status >= 400 && !kFinal.contains(response.status);
}

Json textOrNull(const std::string& text) {
    return text.empty() ? Json() : Json(text);
}

// Members of possibly absent objects: at(json, "a", "b") is json.a.b or null.
Json at(const Json& json) {
    return json;
}
template <class... Keys>
Json at(const Json& json, const char* key, Keys... rest) {
    if (!json.is_object() || !json.contains(key)) return nullptr;
    return at(json[key], rest...);
}

std::size_t countOf(const Json& json) {
    return json.is_number_integer() && json.get<std::int64_t>() > 0 ? json.get<std::size_t>() : 0;
}

// A JSON text that holds a list of JSON texts; the last one has the step.
std::int64_t lastStepOf(const Json& tail) {
    if (!tail.is_string()) return -1;
    const auto list = parseJson(tail.get<std::string>());
    if (!list || !list->is_array() || list->empty() || !list->back().is_string()) return -1;
    const auto line = parseJson(list->back().get<std::string>());
    if (!line) return -1;
    const Json step = at(*line, "_step");
    return step.is_number() ? step.get<std::int64_t>() : -1;
}

}  // namespace

Client::Client(Identity identity, const std::string& key, const TrackedRun& run)
    : identity_(std::move(identity)),
      authorization_("Authorization: Basic " + base64("api:" + key)),
      run_(run),
      http_(kIdleSeconds, run.outOfTime) {}

std::string Client::page() const {
    std::string base = identity_.baseUrl;
    if (base == "https://api.wandb.ai") base = "https://wandb.ai";
    return fmt::format("{}/{}/{}/runs/{}", base, identity_.entity, identity_.project, identity_.runId);
}

Status Client::refused(const net::HttpResponse& response, const std::string& what) const {
    std::string said;
    if (const auto json = parseJson(response.body)) {
        const Json errors = at(*json, "errors");
        if (errors.is_array() && !errors.empty()) said = at(errors[0], "message").dump();
        if (const Json error = at(*json, "error"); error.is_string()) said = error.get<std::string>();
    }
    said = said.substr(0, validUtf8Prefix(std::string_view(said).substr(0, 300)));
    std::string hint = "`atelier-engine track RUN_DIR` sends what is missing once that is mended.";
    std::string why = response.status == 0 ? response.failure : fmt::format("HTTP {}", response.status);
    if (response.status == 401) {
        why = "the key is not accepted (HTTP 401)";
        hint = "Set WANDB_API_KEY to a key of " + page().substr(0, page().find('/', 8)) + "/authorize.";
    } else if (response.status == 403) {
        why = fmt::format("the key may not write to {}/{} (HTTP 403)", identity_.entity, identity_.project);
        hint = "Check wandb.entity and experiment.project.";
    } else if (response.status == 409 || response.status == 410) {
        why = fmt::format("the run {} was deleted there (HTTP {})", identity_.runId, response.status);
        hint = "Give another wandb.run_id.";
    }
    return fail(ErrorCode::Io, what + ": " + why + (said.empty() ? "" : ": " + said), identity_.baseUrl,
                hint);
}

Result<net::HttpResponse> Client::persist(const net::HttpRequest& request, const std::string& what) {
    for (double wait = kFirstWait;; wait = std::min(2 * wait, kLongestWait)) {
        auto sent = http_.send(request);
        if (!sent && sent.error().code == ErrorCode::Cancelled)
            return fail(ErrorCode::Io, what + ": there is no more time", identity_.baseUrl, kLater);
        ATELIER_TRY(auto response, std::move(sent));
        if (!mayPass(response)) {
            if (response.status >= 200 && response.status < 300) {
                troubleTold_ = false;
                return response;
            }
            ATELIER_DO(refused(response, what));
        }
        const auto why = response.status == 0 ? response.failure : fmt::format("HTTP {}", response.status);
        if (run_.outOfTime())
            return fail(ErrorCode::Io, what + ": " + why + ", and there is no more time", identity_.baseUrl,
                        kLater);
        if (!std::exchange(troubleTold_, true))
            run_.warn({"tracking_waits",
                       fmt::format("W&B at {}: {}. The run goes on; its curves are sent once "
                                   "the server answers again.",
                                   identity_.baseUrl, why),
                       ""});
        double seconds = wait;
        if (!response.header("retry-after").empty())
            seconds = std::clamp(static_cast<double>(response.retryAfter), 0.05, kLongestWait);
        run_.wait(std::chrono::milliseconds(static_cast<std::int64_t>(1000 * seconds)));
    }
}

Result<net::HttpResponse> Client::post(const std::string& path, const Json& body) {
    net::HttpRequest request;
    request.url = identity_.baseUrl + path;
    request.method = "POST";
    request.headers = {authorization_, "Content-Type: application/json"};
    request.body = net::HttpBody{dumpJson(body), {}, 0, 0};
    return persist(request, path == "/graphql" ? "W&B's answer about the run" : "W&B's answer to new lines");
}

Result<Json> Client::graphql(const std::string& query, const Json& variables) {
    ATELIER_TRY(const auto response, post("/graphql", {{"query", query}, {"variables", variables}}));
    ATELIER_TRY(auto json, parseJson(response.body, identity_.baseUrl));
    const Json data = at(json, "data");
    if (const Json errors = at(json, "errors"); errors.is_array() && !errors.empty())
        return fail(ErrorCode::Io, "W&B refuses: " + at(errors[0], "message").dump().substr(0, 300),
                    identity_.baseUrl, "Check wandb.entity and experiment.project.");
    return data;
}

Result<std::optional<ServerRun>> Client::resumeStatus() {
    ATELIER_TRY(const Json data, graphql(kResumeQuery, {{"project", identity_.project},
                                                        {"entity", textOrNull(identity_.entity)},
                                                        {"name", identity_.runId}}));
    const Json bucket = at(data, "model", "bucket");
    if (!bucket.is_object()) return std::nullopt;
    ServerRun known;
    known.historyLines = countOf(at(bucket, "historyLineCount"));
    known.systemLines = countOf(at(bucket, "eventsLineCount"));
    known.consoleLines = countOf(at(bucket, "logLineCount"));
    known.lastStep = lastStepOf(at(bucket, "historyTail"));
    return known;
}

Status Client::upsert(const Json& config, const std::string& host) {
    ATELIER_TRY(const Json data, graphql(kUpsertMutation, {{"name", identity_.runId},
                                                           {"project", identity_.project},
                                                           {"entity", textOrNull(identity_.entity)},
                                                           {"groupName", textOrNull(identity_.group)},
                                                           {"displayName", identity_.name},
                                                           {"notes", textOrNull(identity_.notes)},
                                                           {"config", dumpJson(config)},
                                                           {"host", host},
                                                           {"program", "atelier-engine"},
                                                           {"tags", identity_.tags}}));
    const Json project = at(data, "upsertBucket", "bucket", "project");
    const Json entity = at(project, "entity", "name"), name = at(project, "name");
    if (entity.is_string()) identity_.entity = entity.get<std::string>();
    if (name.is_string()) identity_.project = name.get<std::string>();
    if (identity_.entity.empty())
        return fail(ErrorCode::Io, "W&B does not say whose run it is", identity_.baseUrl,
                    "Set wandb.entity.");
    return {};
}

Result<Client::Reply> Client::stream(const Json& body) {
    const auto path =
        fmt::format("/files/{}/{}/{}/file_stream", net::percentEncode(identity_.entity, false),
                    net::percentEncode(identity_.project, false), net::percentEncode(identity_.runId, false));
    ATELIER_TRY(const auto response, post(path, body));
    Reply reply;
    if (const auto json = parseJson(response.body)) reply.stopAsked = at(*json, "stopped") == Json(true);
    return reply;
}

Result<std::vector<std::string>> Client::upload(const std::vector<File>& files) {
    std::vector<std::string> arrived;
    if (files.empty()) return arrived;
    Json names = Json::array();
    for (const auto& file : files) names.push_back(file.name);
    ATELIER_TRY(const Json data, graphql(kFilesMutation, {{"entity", identity_.entity},
                                                          {"project", identity_.project},
                                                          {"run", identity_.runId},
                                                          {"files", names}}));
    const Json urls = at(data, "createRunFiles", "files"),
               headers = at(data, "createRunFiles", "uploadHeaders");
    for (std::size_t i = 0; i < files.size() && urls.is_array() && i < urls.size(); ++i) {
        const Json url = at(urls[i], "uploadUrl");
        if (!url.is_string()) continue;
        net::HttpRequest request;
        request.url = url.get<std::string>();
        request.method = "PUT";
        request.body = files[i].body;
        if (request.url.starts_with('/')) {  // W&B's own host; any other must never see the key
            request.url = identity_.baseUrl + request.url;
            request.headers.push_back(authorization_);
        }
        if (headers.is_array())
            for (const auto& header : headers)
                if (header.is_string()) request.headers.push_back(header.get<std::string>());
        if (const auto sent = persist(request, "storing " + files[i].name))
            arrived.push_back(files[i].name);
        else if (run_.outOfTime())
            return tl::make_unexpected(sent.error());
        else
            run_.warn({"tracking_file", "W&B: " + sent.error().message(), ""});
    }
    return arrived;
}

}  // namespace atelier::tracking::wandb
