// SPDX-License-Identifier: GPL-3.0-or-later
// One HTTP exchange at a time over libcurl, connections kept. Follows no redirect by itself: whoever calls
// decides which host gets which header. Used by core/net only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"

namespace atelier::net {

// Bytes to send: `text`, or `size` bytes of a file from `offset` on.
struct HttpBody {
    std::string text;
    fs::path file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

struct HttpRequest {
    std::string url;
    bool head = false;
    std::vector<std::string> headers;  // "Name: value"
    std::uint64_t from = 0;            // > 0: only the bytes from here on
    std::string method = {};           // "" = GET, or HEAD
    std::optional<HttpBody> body = {};
};

struct HttpResponse {
    int status = 0;                              // 0: no answer came, or it was cut: see `failure`
    std::map<std::string, std::string> headers;  // names in lower case; the last of equal ones
    std::string body;                            // up to 64 MB, when no sink took it
    std::string failure;                         // "connection refused"
    bool mayPass = false;                        // the failure may be gone in a moment
    std::uint64_t retryAfter = 0;  // seconds that the answer asks to wait, as a number or a date

    std::string header(const std::string& name) const;  // "" when absent
};

// Takes the body of an answer with status 200 or 206, in pieces; an Error ends the exchange.
using BodySink = std::function<Status(const HttpResponse& head, std::string_view bytes)>;

class HttpClient {
  public:
    // `idleSeconds`: no byte for so long counts as a failure. `cancelled` is asked several times a second.
    explicit HttpClient(int idleSeconds = 10, std::function<bool()> cancelled = nullptr);
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;
    ~HttpClient();

    // Errors: what the sink said, Io (the file to send), or Cancelled. What the network does is in the
    // response.
    Result<HttpResponse> send(const HttpRequest& request, const BodySink& sink = nullptr);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

// `location` as seen from `base`; "" when it is no http or https address.
std::string resolveUrl(const std::string& base, const std::string& location);
// "https://host:443" of an address, lower case; "" when there is none.
std::string originOf(const std::string& url);
// "host" of an address, as it is written; "" when there is none.
std::string hostOf(const std::string& url);
// Text of a path or a query, everything but letters, digits and -._~ escaped; `keepSlash` for paths.
std::string percentEncode(std::string_view text, bool keepSlash);

}  // namespace atelier::net
