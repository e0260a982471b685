// SPDX-License-Identifier: GPL-3.0-or-later
// W&B's protocol over HTTP: GraphQL for the run, file_stream for lines, presigned uploads for files. Waits
// and tries again by itself; used by wandb_online.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/base/json.h"
#include "core/base/result.h"
#include "core/net/http.h"
#include "core/tracking/sink.h"
#include "core/tracking/wandb_log.h"

namespace atelier::tracking::wandb {

// What the server has of a run already.
struct ServerRun {
    std::size_t historyLines = 0, systemLines = 0, consoleLines = 0;
    std::int64_t lastStep = -1;
};

class Client {
  public:
    // The key goes into one header of requests to `baseUrl` and nowhere else.
    Client(Identity identity, const std::string& key, const TrackedRun& run);

    // All: errors only when trying again is useless (wrong key, run deleted) or no time is left.
    Result<std::optional<ServerRun>> resumeStatus();
    // Makes the run or finds it again; fills in the entity when the key decides it.
    Status upsert(const Json& config, const std::string& host);
    struct Reply {
        bool stopAsked = false;  // someone pressed Stop on the page
    };
    Result<Reply> stream(const Json& body);
    struct File {
        std::string name;
        net::HttpBody body;
    };
    // Names of those that arrived; one that the storage refuses is left out.
    Result<std::vector<std::string>> upload(const std::vector<File>& files);

    std::string page() const;  // address for people
    const Identity& identity() const { return identity_; }

  private:
    Result<Json> graphql(const std::string& query, const Json& variables);
    Result<net::HttpResponse> post(const std::string& path, const Json& body);
    // Sends until an answer is final.
    Result<net::HttpResponse> persist(const net::HttpRequest& request, const std::string& what);
    Status refused(const net::HttpResponse& response, const std::string& what) const;

    Identity identity_;
    std::string authorization_;
    const TrackedRun& run_;
    net::HttpClient http_;
    bool troubleTold_ = false;
};

}  // namespace atelier::tracking::wandb
