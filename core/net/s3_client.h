// SPDX-License-Identifier: GPL-3.0-or-later
// Objects of S3 and of servers that speak its protocol. Tries again where that helps; errors name bucket,
// key, status, S3's own code and what to do. Used by fetch_file.cpp and the upload of runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/files.h"
#include "core/base/result.h"
#include "core/net/http.h"
#include "core/net/s3_settings.h"

namespace atelier::net {

struct S3Url {
    std::string bucket;
    std::string key;  // "" = the bucket
    std::string text() const { return "s3://" + bucket + "/" + key; }
};
bool isS3Url(std::string_view text);
// Errors: Config (no bucket, or a name that no bucket has).
Result<S3Url> parseS3Url(std::string_view text);

struct S3Object {
    std::string key;
    std::uint64_t size = 0;
    std::string etag;        // without quotes
    bool etagIsMd5 = false;  // as head() can tell: one part, not encrypted by a key of its owner's
};

class S3Client {
  public:
    // `cancelled` is asked several times a second, also while waiting.
    explicit S3Client(S3Settings settings, std::function<bool()> cancelled = nullptr);

    Result<std::optional<S3Object>> head(const S3Url& url);  // nullopt: not there
    // The object from byte `from` on, in pieces; with `etag` only while it is that version (else: Data).
    Status get(const S3Url& url, const BodySink& sink, std::uint64_t from = 0, const std::string& etag = {});
    Result<std::string> read(const S3Url& url, std::uint64_t limit = std::uint64_t{1} << 24);
    Status put(const S3Url& url, std::string bytes);
    // A file; large ones in parts, which are taken back when one fails. The object is whole or as it was.
    Status putFile(const S3Url& url, const fs::path& file);
    Status copy(const S3Url& from, const S3Url& to);  // up to 5 GB
    Status remove(const S3Url& url);                  // also when it is not there
    // Objects whose key begins with url.key, in order.
    Result<std::vector<S3Object>> list(const S3Url& url);

  private:
    struct Call {
        std::string method;
        S3Url url;
        std::vector<std::pair<std::string, std::string>> query = {};
        std::vector<std::pair<std::string, std::string>> headers = {};
        std::optional<HttpBody> body = {};
        std::uint64_t from = 0;
        bool absentIsFine = false;  // 404 is an answer
    };
    Result<HttpResponse> send(const Call& call, const BodySink& sink = nullptr);
    Result<HttpRequest> sign(const Call& call);
    Result<bool> tryAgain(const Call& call, const HttpResponse& response, int attempt);
    Error refusal(const Call& call, const HttpResponse& response) const;
    Status putParts(const S3Url& url, const fs::path& file, std::uint64_t size);
    Result<std::string> sendParts(const S3Url& url, const fs::path& file, std::uint64_t size,
                                  const std::string& upload);

    S3Settings settings_;
    std::function<bool()> cancelled_;
    HttpClient http_;
    std::optional<S3Keys> keys_;
    std::string bucketRegion_;  // where the server said the bucket is
};

// Texts between <name> and </name>, whatever the namespace; entities resolved.
std::vector<std::string> xmlTexts(std::string_view xml, std::string_view name);
std::string xmlText(std::string_view xml, std::string_view name);  // the first, or ""

}  // namespace atelier::net
