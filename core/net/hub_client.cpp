// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/hub_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "core/base/json.h"
#include "core/base/strings.h"

namespace atelier::net {
namespace {

constexpr int kMaxRedirects = 10;

std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::string(trim(value)) : std::string();
}

int idleSeconds() {
    const int seconds = std::atoi(environment("HF_HUB_DOWNLOAD_TIMEOUT").c_str());
    return seconds > 0 ? seconds : 10;
}

std::optional<std::uint64_t> wholeNumber(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool isRedirect(const HttpResponse& r) {
    return (r.status == 301 || r.status == 302 || r.status == 303 || r.status == 307 || r.status == 308) &&
           !r.header("location").empty();
}

bool isTemporary(const HttpResponse& r) {
    if (r.status == 0) return r.mayPass;
    return r.status == 408 || r.status == 429 || (r.status >= 500 && r.status != 501 && r.status != 505);
}

// The host of the endpoint may be told the token if nobody can listen on the way.
bool isPrivateWay(const std::string& origin) {
    if (origin.starts_with("https://")) return true;
    const std::string host = origin.substr(std::min(origin.size(), std::string("http://").size()));
    return host.starts_with("localhost:") || host.starts_with("127.") || host.starts_with("[::1]:");
}

// W/"abc" → abc.
std::string plainEtag(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
    return std::string(etag);
}

bool isBlobName(const std::string& etag) {
    return !etag.empty() && etag.size() <= 128 && std::ranges::all_of(etag, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_';
    });
}

// What a server says, as far as it can be shown on a terminal.
std::string shown(std::string text) {
    std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (text.size() > 300) text.resize(300);
    text.resize(validUtf8Prefix(text));
    return text;
}

}  // namespace

std::string hubToken(const HubSettings& settings) {
    const std::string disabled = toLowerAscii(environment("HF_HUB_DISABLE_IMPLICIT_TOKEN"));
    if (disabled == "1" || disabled == "true" || disabled == "yes" || disabled == "on") return {};
    std::string token = environment("HF_TOKEN");
    if (token.empty()) token = environment("HUGGING_FACE_HUB_TOKEN");
    if (token.empty()) {
        const std::string path = environment("HF_TOKEN_PATH");
        if (const auto text = readFile(path.empty() ? settings.home / "token" : expandUser(path), 4096))
            token = std::string(trim(*text));
    }
    // Anything else cannot be a token, and a line end would become a header of its own.
    const bool printable = std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
    return printable ? token : std::string();
}

HubClient::HubClient(HubSettings settings, RetryOptions retry, std::function<bool()> cancelled,
                     Message message)
    : settings_(std::move(settings)),
      retry_(retry),
      token_(hubToken(settings_)),
      cancelled_(cancelled),
      message_(std::move(message)),
      http_(idleSeconds(), std::move(cancelled)) {
    if (token_.empty() || isPrivateWay(originOf(settings_.endpoint))) return;
    token_.clear();
    if (message_)
        message_("the token is not sent: " + settings_.endpoint + " is not encrypted (use an https address)");
}

HttpRequest HubClient::requestFor(const std::string& url) const {
    HttpRequest request;
    request.url = url;
    if (!token_.empty() && originOf(url) == originOf(settings_.endpoint))
        request.headers.push_back("Authorization: Bearer " + token_);
    return request;
}

std::string HubClient::fileUrl(const HubId& id, const std::string& commit, const std::string& path) const {
    return settings_.endpoint + "/" + id.name + "/resolve/" + percentEncode(commit, false) + "/" +
           percentEncode(path, true);
}

Status HubClient::waitForRetry(const HttpResponse& response, int failure, const std::string& where) {
    const std::string cause = response.status == 0 ? shown(response.failure)
                                                   : fmt::format("the server answered {}", response.status);
    if (failure > retry_.retries)
        return fail(ErrorCode::Io,
                    fmt::format("{}, also after {}", cause, plural(retry_.retries, "retry", "retries")),
                    where,
                    "Look at the network connection and run the same command again: it goes on from here.");
    double seconds = retry_.firstWaitSeconds * static_cast<double>(1ULL << std::min(failure - 1, 20));
    seconds = std::max(seconds, static_cast<double>(response.retryAfter));
    seconds = std::min(seconds, retry_.longestWaitSeconds);
    if (message_) message_(fmt::format("{}: {}; trying again in {:.1f} s", where, cause, seconds));
    const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (std::chrono::steady_clock::now() < end) {
        if (cancelled_ && cancelled_()) return fail(ErrorCode::Cancelled, "stopped");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return {};
}

// Small answers: temporary failures are tried again, redirects inside the endpoint followed.
Result<HttpResponse> HubClient::sendAgain(const HttpRequest& request, const std::string& where) {
    HttpRequest current = request;
    int redirects = 0;
    for (int failure = 1;;) {
        ATELIER_TRY(HttpResponse response, http_.send(current));
        if (isTemporary(response)) {
            ATELIER_DO(waitForRetry(response, failure++, where));
            continue;
        }
        // A file that lives elsewhere says all there is to know before it sends us there.
        if (!isRedirect(response) || !response.header("x-linked-etag").empty()) return response;
        const std::string next = resolveUrl(current.url, response.header("location"));
        if (originOf(next) != originOf(current.url) || ++redirects > kMaxRedirects) return response;
        HttpRequest following = requestFor(next);
        following.head = current.head;
        current = following;
    }
}

Error HubClient::explain(const HttpResponse& response, const HubId& id, const std::string& path) const {
    const std::string code = response.header("x-error-code"),
                      said = shown(response.header("x-error-message"));
    const std::string where = path.empty() ? id.text() : id.text() + ", " + path;
    const std::string page = settings_.endpoint + "/" + id.name;
    const auto model = [&](std::string what, std::string hint) {
        return Error{ErrorCode::Model, std::move(what), where, std::move(hint)};
    };
    const std::string tokenHint =
        "Set HF_TOKEN, or log in with Hugging Face's tools (the token file is read).";
    if (code == "GatedRepo")
        return model(
            "this model is gated: its owner wants to be asked first" +
                (said.empty() ? std::string() : " (" + said + ")"),
            "Ask for access on " + page + (token_.empty() ? ". " + tokenHint : " with the token's account."));
    if (code == "DisabledRepo") return model("the hub has disabled this model", "See " + page + ".");
    if (code == "RevisionNotFound" ||
        (response.status == 404 && code.empty() && path.empty() && id.revision != "main"))
        return model("there is no revision \"" + id.revision + "\"",
                     "Branches and tags are listed on " + page + ".");
    if (code == "EntryNotFound") return model("there is no such file", "Files are listed on " + page + ".");
    if (response.status == 401 || response.status == 403 || code == "RepoNotFound" ||
        response.status == 404) {
        if (token_.empty())
            return model("there is no such model on " + settings_.endpoint + ", or it is private",
                         "Check the name. " + tokenHint);
        if (response.status == 404 || code == "RepoNotFound")
            return model("there is no such model on " + settings_.endpoint + ", or the token may not see it",
                         "Check the name and the token's rights.");
        return model(fmt::format("the hub does not accept the token for this (answer {})", response.status),
                     "Renew the token (HF_TOKEN or the token file), or check its rights.");
    }
    if (response.status == 0)
        return Error{ErrorCode::Io, shown(response.failure), where,
                     "Look at the network connection, proxies and HF_ENDPOINT (" + settings_.endpoint + ")."};
    return Error{
        ErrorCode::Io,
        fmt::format("the server answered {}{}", response.status, said.empty() ? "" : " (" + said + ")"),
        where, "Try again later, or set HF_ENDPOINT to a mirror."};
}

Result<HubRepository> HubClient::list(const HubId& id) {
    const std::string url = settings_.endpoint + "/api/models/" + id.name + "/revision/" +
                            percentEncode(id.revision, false) + "?blobs=true";
    ATELIER_TRY(const HttpResponse response, sendAgain(requestFor(url), id.text()));
    if (response.status != 200) return fail(explain(response, id));
    const auto json = parseJson(response.body);
    HubRepository repository;
    if (json && json->is_object() && json->contains("sha") && (*json)["sha"].is_string())
        repository.commit = (*json)["sha"].get<std::string>();
    if (!isCommit(repository.commit) || !json->contains("siblings") || !(*json)["siblings"].is_array())
        return fail(ErrorCode::Io, settings_.endpoint + " does not answer like a model hub", id.text(),
                    "Check HF_ENDPOINT.");
    for (const auto& entry : (*json)["siblings"]) {
        if (!entry.is_object() || !entry.contains("rfilename") || !entry["rfilename"].is_string()) continue;
        HubFile file;
        file.path = entry["rfilename"].get<std::string>();
        if (entry.contains("size") && entry["size"].is_number_unsigned())
            file.size = entry["size"].get<std::uint64_t>();
        repository.files.push_back(std::move(file));
    }
    return repository;
}

Result<HubFileFacts> HubClient::facts(const HubId& id, const std::string& commit, const std::string& path) {
    HttpRequest request = requestFor(fileUrl(id, commit, path));
    request.head = true;
    ATELIER_TRY(const HttpResponse response, sendAgain(request, path));
    if (response.status != 200 && !isRedirect(response)) return fail(explain(response, id, path));
    HubFileFacts facts;
    const std::string linked = response.header("x-linked-etag");
    facts.etag = plainEtag(linked.empty() ? response.header("etag") : linked);
    facts.size = wholeNumber(response.header("x-linked-size"));
    if (!facts.size && response.status == 200) facts.size = wholeNumber(response.header("content-length"));
    if (!isBlobName(facts.etag))
        return fail(ErrorCode::Io, "the server does not say which contents the file has (no ETag)", path,
                    "Use another mirror (HF_ENDPOINT is " + settings_.endpoint + ").");
    return facts;
}

Result<HubClient::Answer> HubClient::get(const HubId& id, const std::string& commit, const std::string& path,
                                         std::uint64_t from, const BodySink& sink) {
    std::string url = fileUrl(id, commit, path);
    const std::string home = originOf(settings_.endpoint);
    for (int redirects = 0;; ++redirects) {
        HttpRequest request = requestFor(url);
        request.from = from;
        ATELIER_TRY(HttpResponse response, http_.send(request, sink));
        if (isRedirect(response) && redirects < kMaxRedirects) {
            const std::string next = resolveUrl(url, response.header("location"));
            if (next.empty())
                return fail(ErrorCode::Io, "the server redirects to something that is no web address", path);
            url = next;
            continue;
        }
        // Storage hosts refuse addresses whose time has run out; a new one comes from the endpoint.
        const bool expired = originOf(url) != home && (response.status == 401 || response.status == 403);
        const bool temporary = isTemporary(response) || expired;
        return Answer{std::move(response), temporary};
    }
}

}  // namespace atelier::net
