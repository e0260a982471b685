// SPDX-License-Identifier: GPL-3.0-or-later
// Both sides of control.h.
#include "core/run/control.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <ctime>

namespace atelier::run {
namespace {

constexpr std::array<std::string_view, 7> kNames{"stop",   "checkpoint", "sample",   "pause",
                                                 "resume", "prompts",    "finish_at"};
constexpr std::uint64_t kMaxRequestBytes = std::uint64_t{1} << 20;
constexpr std::string_view kSuffix = ".json";
// A file that people write in place (not renamed) is half there for a moment.
constexpr double kHalfWrittenSeconds = 1.0;

std::string listNames() {
    std::string names;
    for (const auto name : kNames) names += (names.empty() ? "" : ", ") + std::string(name);
    return names;
}

Json toJson(const Request& request) {
    Json object{{"request", requestName(request.kind)}};
    if (request.kind == RequestKind::Stop && !request.checkpoint) object["checkpoint"] = false;
    if (request.kind == RequestKind::Prompts) object["prompts"] = request.prompts;
    if (request.finishStep) object["step"] = *request.finishStep;
    if (request.finishImages) object["images"] = *request.finishImages;
    return object;
}

Result<std::int64_t> positive(const Json& object, const char* key) {
    if (!object[key].is_number_integer() || object[key].get<std::int64_t>() <= 0)
        return fail(ErrorCode::Usage, std::string("\"") + key + "\" must be a whole number above 0");
    return object[key].get<std::int64_t>();
}

// A request from its file's content; an empty one is meant by its name. Errors say what is wrong with it.
Result<Request> parseRequest(const std::string& text, const std::string& id) {
    Request request;
    request.id = id;
    Json object = Json::object();
    if (text.find_first_not_of(" \t\r\n") != std::string::npos) {
        ATELIER_TRY(object, parseJson(text));
        if (!object.is_object()) return fail(ErrorCode::Usage, "it is not a JSON object");
    }
    std::string name = id;
    if (object.contains("request")) {
        if (!object["request"].is_string()) return fail(ErrorCode::Usage, "\"request\" must be a word");
        name = object["request"].get<std::string>();
    }
    const auto kind = requestKindOf(name);
    if (!kind)
        return fail(ErrorCode::Usage, "there is no request \"" + name + "\"", "",
                    "Known requests: " + listNames() + ".");
    request.kind = *kind;
    if (object.contains("checkpoint")) {
        if (!object["checkpoint"].is_boolean())
            return fail(ErrorCode::Usage, "\"checkpoint\" must be true or false");
        request.checkpoint = object["checkpoint"].get<bool>();
    }
    if (*kind == RequestKind::Prompts) {
        if (!object.contains("prompts") || !object["prompts"].is_array())
            return fail(ErrorCode::Usage, "\"prompts\" must be a list of texts");
        for (const auto& prompt : object["prompts"]) {
            if (!prompt.is_string()) return fail(ErrorCode::Usage, "\"prompts\" must be a list of texts");
            request.prompts.push_back(prompt.get<std::string>());
        }
    }
    if (*kind == RequestKind::FinishAt) {
        if (object.contains("step")) {
            ATELIER_TRY(request.finishStep, positive(object, "step"));
        }
        if (object.contains("images")) {
            ATELIER_TRY(request.finishImages, positive(object, "images"));
        }
        if (request.finishStep.has_value() == request.finishImages.has_value())
            return fail(ErrorCode::Usage, "finish_at needs either \"step\" or \"images\"");
    }
    return request;
}

bool usableId(std::string_view id) {
    return !id.empty() && id.size() <= 128 && id.front() != '.' &&
           std::all_of(id.begin(), id.end(),
                       [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
}

fs::path requestPath(const RunFolder& folder, const std::string& id) {
    return folder.control() / (id + std::string(kSuffix));
}

}  // namespace

std::string_view requestName(RequestKind kind) {
    return kNames[std::size_t(kind)];
}

std::optional<RequestKind> requestKindOf(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i)
        if (kNames[i] == name) return RequestKind(i);
    return std::nullopt;
}

std::string newRequestId(RequestKind kind) {
    static std::atomic<unsigned> counter{0};
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    return fmt::format("{}-{}-{:06}-{}", ms, ::getpid(), counter++, requestName(kind));
}

Result<std::string> writeRequest(const RunFolder& folder, Request request) {
    if (request.id.empty()) request.id = newRequestId(request.kind);
    if (!usableId(request.id))
        return fail(ErrorCode::Usage, "\"" + request.id + "\" cannot name a request",
                    folder.control().string(), "Use letters, digits, hyphens and underscores.");
    ATELIER_DO(writeFileAtomic(requestPath(folder, request.id), dumpJson(toJson(request)) + "\n"));
    return request.id;
}

bool requestPending(const RunFolder& folder, const std::string& id) {
    std::error_code error;
    return fs::exists(requestPath(folder, id), error) || fs::exists(folder.control() / id, error);
}

bool withdrawRequest(const RunFolder& folder, const std::string& id) {
    return usableId(id) && ::unlink(requestPath(folder, id).c_str()) == 0;
}

ControlInbox::ControlInbox(RunFolder folder, EventWriter& events, std::chrono::milliseconds interval)
    : folder_(std::move(folder)), events_(events), interval_(interval) {
    std::error_code error;
    fs::create_directories(folder_.control(),
                           error);  // without it there are no requests; training is not worse for that
}

std::vector<ControlInbox::Waiting> ControlInbox::list() {
    struct Found {
        Waiting waiting;
        timespec time;
    };
    std::vector<Found> found;
    std::error_code error;
    for (fs::directory_iterator it(folder_.control(), error), end; !error && it != end; it.increment(error)) {
        const std::string name = it->path().filename().string();
        struct stat info {};
        if (name.starts_with('.') || stuck_.contains(name) || ::stat(it->path().c_str(), &info) != 0 ||
            !S_ISREG(info.st_mode))
            continue;
        std::string id = name;
        if (id.ends_with(kSuffix) && id.size() > kSuffix.size()) id.resize(id.size() - kSuffix.size());
        found.push_back({{it->path(), std::move(id)}, info.st_mtim});
    }
    std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
        return std::tie(a.time.tv_sec, a.time.tv_nsec, a.waiting.id) <
               std::tie(b.time.tv_sec, b.time.tv_nsec, b.waiting.id);
    });
    std::vector<Waiting> waiting;
    for (auto& entry : found) waiting.push_back(std::move(entry.waiting));
    return waiting;
}

void ControlInbox::remove(const Waiting& waiting) {
    if (::unlink(waiting.path.c_str()) != 0 && errno != ENOENT)
        stuck_.insert(waiting.path.filename().string());
}

Status ControlInbox::refuseStale() {
    for (const auto& waiting : list()) {
        const auto text = readFile(waiting.path, kMaxRequestBytes);
        const auto request =
            text ? parseRequest(*text, waiting.id) : Result<Request>(tl::make_unexpected(text.error()));
        const std::string name = request ? std::string(requestName(request->kind)) : std::string();
        ATELIER_DO(
            events_.write(Ack{waiting.id, name, AckState::Refused, "It was asked before this start."}));
        remove(waiting);
    }
    return {};
}

Result<std::vector<Request>> ControlInbox::poll() {
    std::vector<Request> requests;
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return requests;
    next_ = now + interval_;
    for (const auto& waiting : list()) {
        const auto text = readFile(waiting.path, kMaxRequestBytes);
        std::error_code error;
        if (!text && !fs::exists(waiting.path, error)) continue;  // withdrawn meanwhile
        auto request =
            text ? parseRequest(*text, waiting.id) : Result<Request>(tl::make_unexpected(text.error()));
        if (!request) {
            struct stat info {};
            if (::stat(waiting.path.c_str(), &info) == 0 &&
                std::difftime(std::time(nullptr), info.st_mtime) <= kHalfWrittenSeconds)
                continue;
            ATELIER_DO(events_.write(Ack{waiting.id, "", AckState::Refused, request.error().message()}));
            remove(waiting);
            continue;
        }
        ATELIER_DO(
            events_.write(Ack{request->id, std::string(requestName(request->kind)), AckState::Taken, ""}));
        remove(waiting);
        requests.push_back(std::move(*request));
    }
    return requests;
}

Status ControlInbox::done(const Request& request) {
    return events_.write(Ack{request.id, std::string(requestName(request.kind)), AckState::Done, ""});
}

Status ControlInbox::refuse(const Request& request, const std::string& why) {
    return events_.write(Ack{request.id, std::string(requestName(request.kind)), AckState::Refused, why});
}

}  // namespace atelier::run
