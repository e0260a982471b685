// SPDX-License-Identifier: GPL-3.0-or-later
// The Hugging Face protocol: what a repository holds, what a file is, its bytes. Knows who may see the token:
// the endpoint's own host, never one it redirects to. Called by hub_download.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/net/http.h"
#include "core/weights/hub_cache.h"

namespace atelier::net {

// HF_TOKEN, HUGGING_FACE_HUB_TOKEN, else the file HF_TOKEN_PATH or <home>/token; "" when there is none.
// HF_HUB_DISABLE_IMPLICIT_TOKEN: always "". Never logged and never part of an error.
std::string hubToken(const HubSettings& settings);

struct HubFile {
    std::string path;
    std::optional<std::uint64_t> size;
};
struct HubRepository {
    std::string commit;
    std::vector<HubFile> files;
};
struct HubFileFacts {
    std::string etag;  // names the blob: sha256 (64 hex) or git's sha1 (40 hex); else nothing to check by
    std::optional<std::uint64_t> size;
};

struct RetryOptions {
    int retries = 5;              // in a row without a new byte
    double firstWaitSeconds = 1;  // doubled each time
    double longestWaitSeconds = 60;
};

class HubClient {
  public:
    using Message = std::function<void(const std::string&)>;
    HubClient(HubSettings settings, RetryOptions retry, std::function<bool()> cancelled, Message message);

    // Errors: Model (no such model or revision, gated, token refused, not a hub), Io (network), Cancelled.
    Result<HubRepository> list(const HubId& id);
    Result<HubFileFacts> facts(const HubId& id, const std::string& commit, const std::string& path);

    // One attempt at the bytes from `from` on, redirects followed. `temporary`: worth another attempt.
    struct Answer {
        HttpResponse response;
        bool temporary = false;
    };
    Result<Answer> get(const HubId& id, const std::string& commit, const std::string& path,
                       std::uint64_t from, const BodySink& sink);

    // Sleeps before attempt `failure` (1, 2, …); an Error when these were too many.
    Status waitForRetry(const HttpResponse& response, int failure, const std::string& where);
    // What an answer that is no success means for this model.
    Error explain(const HttpResponse& response, const HubId& id, const std::string& path = {}) const;

  private:
    Result<HttpResponse> sendAgain(const HttpRequest& request, const std::string& where);
    HttpRequest requestFor(const std::string& url) const;
    std::string fileUrl(const HubId& id, const std::string& commit, const std::string& path) const;

    HubSettings settings_;
    RetryOptions retry_;
    std::string token_;
    std::function<bool()> cancelled_;
    Message message_;
    HttpClient http_;
};

}  // namespace atelier::net
