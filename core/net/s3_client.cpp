// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/s3_client.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <thread>

#include "core/base/hash.h"
#include "core/base/strings.h"

namespace atelier::net {
namespace {

constexpr std::uint64_t kOnePart = std::uint64_t{32} << 20;  // larger files go in parts
constexpr std::uint64_t kPart = std::uint64_t{16} << 20;
constexpr std::uint64_t kMaxParts = 10'000;
constexpr double kLongestWait = 20;
constexpr int kIdleSeconds = 30;
constexpr std::string_view kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string unquoted(std::string text) {
    if (text.starts_with("W/")) text.erase(0, 2);
    std::erase(text, '"');
    return text;
}

Result<std::string> hashOf(const HttpBody& body) {
    if (body.file.empty()) return sha256Hex(body.text);
    ATELIER_TRY(const auto file, openForReading(body.file));
    Sha256 hash;
    std::string block(1 << 20, '\0');
    for (std::uint64_t done = 0; done < body.size;) {
        const auto want = std::min<std::uint64_t>(block.size(), body.size - done);
        const ssize_t n = ::pread(file.get(), block.data(), want, static_cast<off_t>(body.offset + done));
        if (n < 0) return failErrno(errno, "read", body.file.string());
        if (n == 0) return fail(ErrorCode::Io, "it became shorter while it was sent", body.file.string());
        hash.update(std::string_view(block).substr(0, static_cast<std::size_t>(n)));
        done += static_cast<std::uint64_t>(n);
    }
    return hash.hexDigest();
}

std::string xmlDecoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto end = text[i] == '&' ? text.find(';', i) : text.npos;
        if (end == text.npos || end - i > 10) {
            out += text[i];
            continue;
        }
        const auto name = text.substr(i + 1, end - i - 1);
        if (name == "amp") out += '&';
        if (name == "lt") out += '<';
        if (name == "gt") out += '>';
        if (name == "quot") out += '"';
        if (name == "apos") out += '\'';
        if (name.starts_with('#')) {
            const bool isHex = name.size() > 1 && (name[1] == 'x' || name[1] == 'X');
            const auto code =
                std::strtoul(std::string(name.substr(isHex ? 2 : 1)).c_str(), nullptr, isHex ? 16 : 10);
            if (code < 0x80) out += static_cast<char>(code);
        }
        i = end;
    }
    return out;
}

std::string percentDecoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            out += static_cast<char>(std::strtoul(std::string(text.substr(i + 1, 2)).c_str(), nullptr, 16));
            i += 2;
        } else {
            out += text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

}  // namespace

std::vector<std::string> xmlTexts(std::string_view xml, std::string_view name) {
    std::vector<std::string> texts;
    const std::string close = "</" + std::string(name) + ">";
    for (std::size_t at = 0; (at = xml.find("<" + std::string(name), at)) != xml.npos;) {
        const auto after = at + 1 + name.size();
        const auto open = xml.find('>', after);
        if (open == xml.npos) break;
        at = open + 1;
        if (xml[after] != '>' && xml[after] != ' ' && xml[after] != '/') continue;  // a longer name
        if (xml[open - 1] == '/') {
            texts.emplace_back();
            continue;
        }
        const auto end = xml.find(close, at);
        if (end == xml.npos) break;
        const auto inner = xml.substr(at, end - at);
        texts.push_back(inner.find('<') == inner.npos ? xmlDecoded(inner) : std::string(inner));
        at = end + close.size();
    }
    return texts;
}

std::string xmlText(std::string_view xml, std::string_view name) {
    auto texts = xmlTexts(xml, name);
    return texts.empty() ? std::string() : std::move(texts[0]);
}

bool isS3Url(std::string_view text) {
    return text.starts_with("s3://");
}

Result<S3Url> parseS3Url(std::string_view text) {
    const auto rest = isS3Url(text) ? text.substr(5) : std::string_view();
    const auto slash = rest.find('/');
    S3Url url{std::string(rest.substr(0, slash)),
              slash == rest.npos ? "" : std::string(rest.substr(slash + 1))};
    const bool good =
        url.bucket.size() >= 3 && url.bucket.size() <= 63 &&
        url.bucket.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") ==
            std::string::npos;
    if (!good)
        return fail(ErrorCode::Config, "it names no bucket", std::string(text),
                    "Write it as s3://bucket/path.");
    return url;
}

S3Client::S3Client(S3Settings settings, std::function<bool()> cancelled)
    : settings_(std::move(settings)), cancelled_(cancelled), http_(kIdleSeconds, std::move(cancelled)) {}

Result<HttpRequest> S3Client::sign(const Call& call) {
    if (!keys_) {
        // Asking a machine that is no cloud's must not take long.
        HttpClient quick(1, cancelled_);
        ATELIER_TRY(keys_, s3KeysFromEnvironment(settings_, quick));
    }
    const auto& region = bucketRegion_.empty() ? settings_.region : bucketRegion_;
    const std::string base =
        settings_.endpoint.empty() ? "https://s3." + region + ".amazonaws.com" : settings_.endpoint;
    const auto hostAt = base.find("://") + 3;
    const auto pathAt = std::min(base.find('/', hostAt), base.size());
    S3Message message;
    message.method = call.method;
    message.host = base.substr(hostAt, pathAt - hostAt);
    message.path = base.substr(pathAt) + "/";
    // A certificate for *.s3.… does not cover names with further dots.
    if (settings_.pathStyle || call.url.bucket.find('.') != std::string::npos)
        message.path += call.url.bucket + "/";
    else
        message.host = call.url.bucket + "." + message.host;
    message.path += percentEncode(call.url.key, true);
    if (call.url.key.empty() && message.path.size() > 1 && message.path.ends_with('/'))
        message.path.pop_back();
    message.query = call.query;
    message.headers = call.headers;
    if (call.body) {
        ATELIER_TRY(message.payloadHash, hashOf(*call.body));
    } else {
        message.payloadHash = kEmptyHash;
    }
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    HttpRequest request;
    request.url = base.substr(0, hostAt) + message.host + message.path;
    if (const auto query = canonicalQuery(call.query); !query.empty()) request.url += "?" + query;
    // As it is sent: without the port that goes with the scheme.
    const std::string usualPort = base.starts_with("https") ? ":443" : ":80";
    if (message.host.ends_with(usualPort)) message.host.resize(message.host.size() - usualPort.size());
    request.headers =
        signedHeaders(message, *keys_, region, fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(now)));
    request.head = call.method == "HEAD";
    request.method = request.head ? "" : call.method;
    request.body = call.body;
    request.from = call.from;
    return request;
}

// True after having waited, or learned what was wrong.
Result<bool> S3Client::tryAgain(const Call& call, const HttpResponse& response, int attempt) {
    const auto code = xmlText(response.body, "Code");
    const auto region = response.header("x-amz-bucket-region");
    if (!region.empty() && region != bucketRegion_ && bucketRegion_.empty() && region != settings_.region &&
        (response.status == 301 || response.status == 307 || response.status == 400 ||
         response.status == 403)) {
        bucketRegion_ = region;
        return true;
    }
    if ((code == "ExpiredToken" || code == "TokenRefreshRequired") && attempt == 1) {
        keys_.reset();  // roles get new ones
        return true;
    }
    const bool passes = response.status == 0 ? response.mayPass
                                             : response.status == 429 || response.status >= 500 ||
                                                   code == "RequestTimeout" || code == "SlowDown";
    if (!passes || attempt >= settings_.attempts) return false;
    double seconds = std::min(
        settings_.firstWaitSeconds * static_cast<double>(1 << std::min(attempt - 1, 10)), kLongestWait);
    seconds = std::max(seconds, std::min(static_cast<double>(response.retryAfter), 3 * kLongestWait));
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (std::chrono::steady_clock::now() < until) {
        if (cancelled_ && cancelled_()) return fail(ErrorCode::Cancelled, "stopped", call.url.text());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return true;
}

Error S3Client::refusal(const Call& call, const HttpResponse& response) const {
    const auto code = xmlText(response.body, "Code"), said = xmlText(response.body, "Message");
    Error error{ErrorCode::Io, "", call.url.text(), ""};
    if (response.status == 0) {
        error.what = fmt::format("{} got no answer: {}", call.method, response.failure);
        error.hint = settings_.endpoint.empty()
                         ? "Look at the network; a server of your own is named by AWS_ENDPOINT_URL."
                         : "Look whether the server of AWS_ENDPOINT_URL (" + settings_.endpoint + ") runs.";
        return error;
    }
    error.what = fmt::format("{} was answered by HTTP {}{}{}", call.method, response.status,
                             code.empty() ? "" : ", " + code, said.empty() ? "" : ": " + said.substr(0, 300));
    const bool anonymous = !keys_ || keys_->access.empty();
    if (response.status == 404)
        error.hint = code == "NoSuchBucket"
                         ? "There is no such bucket: look at its name and at AWS_ENDPOINT_URL."
                         : "There is no such object: look at the path.";
    else if (code == "RequestTimeTooSkewed")
        error.hint = "The clock of this machine is wrong: set it.";
    else if (code == "SignatureDoesNotMatch" || code == "InvalidAccessKeyId")
        error.hint =
            "The keys do not fit: look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the profile " +
            settings_.profile + ".";
    else if (code == "ExpiredToken")
        error.hint = "The keys have expired: sign in again.";
    else if (response.status == 401 || response.status == 403)
        error.hint =
            anonymous ? "No keys were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE."
                      : "These keys may not do this: ask the owner of the bucket for the right to.";
    else if (response.status == 301 || response.status == 307 || response.status == 400)
        error.hint = "Set AWS_REGION to the region of the bucket.";
    else
        error.hint = "Try again later.";
    return error;
}

Result<HttpResponse> S3Client::send(const Call& call, const BodySink& sink) {
    for (int attempt = 1;; ++attempt) {
        ATELIER_TRY(const auto request, sign(call));
        ATELIER_TRY(auto response, http_.send(request, sink));
        // Amazon may answer a completed upload or copy by 200 with an error inside.
        const bool hidden = response.status == 200 && response.body.find("<Error>") != std::string::npos;
        if (response.status >= 200 && response.status < 300 && !hidden) return response;
        if (response.status == 404 && call.absentIsFine) return response;
        if (hidden) response.status = 500;
        if (sink) return fail(refusal(call, response));  // get() goes on from what came
        ATELIER_TRY(const bool again, tryAgain(call, response, attempt));
        if (!again) return fail(refusal(call, response));
    }
}

Result<std::optional<S3Object>> S3Client::head(const S3Url& url) {
    Call call{.method = "HEAD", .url = url};
    call.absentIsFine = true;
    ATELIER_TRY(const auto response, send(call));
    if (response.status == 404) return std::nullopt;
    S3Object object{url.key, std::strtoull(response.header("content-length").c_str(), nullptr, 10),
                    unquoted(response.header("etag"))};
    const auto encryption = response.header("x-amz-server-side-encryption");
    object.etagIsMd5 = object.etag.size() == 32 && (encryption.empty() || encryption == "AES256") &&
                       response.header("x-amz-server-side-encryption-customer-algorithm").empty();
    return object;
}

Status S3Client::get(const S3Url& url, const BodySink& sink, std::uint64_t from, const std::string& etag) {
    Call call{.method = "GET", .url = url};
    if (!etag.empty()) call.headers.emplace_back("if-match", "\"" + etag + "\"");
    for (int attempt = 1;; ++attempt) {
        call.from = from;
        std::uint64_t came = 0;
        ATELIER_TRY(const auto request, sign(call));
        ATELIER_TRY(auto response,
                    http_.send(request, [&](const HttpResponse& head, std::string_view bytes) -> Status {
                        // Whoever answers a range with the whole object is skipped to where we are.
                        came += bytes.size();
                        if (head.status == 200 && came <= from) return {};
                        if (head.status == 200 && came - bytes.size() < from)
                            bytes.remove_prefix(static_cast<std::size_t>(from - (came - bytes.size())));
                        return sink(head, bytes);
                    }));
        const bool whole = response.header("content-range").empty();
        if (response.status == 200 || response.status == 206) return {};
        if (response.status == 416 && from > 0) return {};  // all of it is there
        if (response.status == 412)
            return fail(ErrorCode::Data, "the object has changed while it was read", url.text(),
                        "Begin again.");
        if (const std::uint64_t more = whole ? (came > from ? came - from : 0) : came;
            response.status == 0 && more > 0) {
            from += more;
            attempt = 1;  // it moves
        }
        ATELIER_TRY(const bool again, tryAgain(call, response, attempt));
        if (!again) return fail(refusal(call, response));
    }
}

Result<std::string> S3Client::read(const S3Url& url, std::uint64_t limit) {
    std::string text;
    ATELIER_DO(get(url, [&](const HttpResponse&, std::string_view bytes) -> Status {
        if (text.size() + bytes.size() > limit)
            return fail(ErrorCode::Data, "it is larger than " + humanBytes(limit), url.text());
        text += bytes;
        return {};
    }));
    return text;
}

Status S3Client::put(const S3Url& url, std::string bytes) {
    Call call{.method = "PUT", .url = url};
    call.body = HttpBody{std::move(bytes), {}, 0, 0};
    return send(call).map([](const auto&) {});
}

Status S3Client::putFile(const S3Url& url, const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return failErrno(error.value(), "read", file.string());
    if (size > kOnePart) return putParts(url, file, size);
    Call call{.method = "PUT", .url = url};
    call.body = HttpBody{{}, file, 0, size};
    return send(call).map([](const auto&) {});
}

Status S3Client::putParts(const S3Url& url, const fs::path& file, std::uint64_t size) {
    Call begin{.method = "POST", .url = url, .query = {{"uploads", ""}}};
    begin.body = HttpBody{};
    ATELIER_TRY(const auto begun, send(begin));
    const auto upload = xmlText(begun.body, "UploadId");
    if (upload.empty()) return fail(ErrorCode::Io, "the server began no upload", url.text());
    const auto parts = sendParts(url, file, size, upload);
    if (parts) {
        Call complete{.method = "POST", .url = url, .query = {{"uploadId", upload}}};
        complete.headers.emplace_back("content-type", "application/xml");
        complete.body =
            HttpBody{"<CompleteMultipartUpload>" + *parts + "</CompleteMultipartUpload>", {}, 0, 0};
        const auto completed = send(complete);
        if (completed) return {};
        static_cast<void>(send({.method = "DELETE", .url = url, .query = {{"uploadId", upload}}}));
        return tl::make_unexpected(completed.error());
    }
    // Parts of an upload that ends here would be kept, and paid for, for ever.
    static_cast<void>(send({.method = "DELETE", .url = url, .query = {{"uploadId", upload}}}));
    return tl::make_unexpected(parts.error());
}

Result<std::string> S3Client::sendParts(const S3Url& url, const fs::path& file, std::uint64_t size,
                                        const std::string& upload) {
    const auto step = std::max(kPart, (size + kMaxParts - 1) / kMaxParts);
    std::string list;
    int number = 0;
    for (std::uint64_t at = 0; at < size; at += step) {
        Call part{.method = "PUT",
                  .url = url,
                  .query = {{"partNumber", std::to_string(++number)}, {"uploadId", upload}}};
        part.body = HttpBody{{}, file, at, std::min(step, size - at)};
        ATELIER_TRY(const auto sent, send(part));
        list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>&quot;{}&quot;</ETag></Part>", number,
                            unquoted(sent.header("etag")));
    }
    return list;
}

Status S3Client::copy(const S3Url& from, const S3Url& to) {
    Call call{.method = "PUT", .url = to};
    call.headers.emplace_back("x-amz-copy-source", "/" + from.bucket + "/" + percentEncode(from.key, true));
    call.body = HttpBody{};
    return send(call).map([](const auto&) {});
}

Status S3Client::remove(const S3Url& url) {
    Call call{.method = "DELETE", .url = url};
    call.absentIsFine = true;
    return send(call).map([](const auto&) {});
}

Result<std::vector<S3Object>> S3Client::list(const S3Url& url) {
    std::vector<S3Object> objects;
    std::string next;
    do {
        Call call{.method = "GET", .url = {url.bucket, ""}};
        call.query = {{"list-type", "2"}, {"prefix", url.key}, {"encoding-type", "url"}};
        if (!next.empty()) call.query.emplace_back("continuation-token", next);
        ATELIER_TRY(const auto response, send(call));
        const bool encoded = xmlText(response.body, "EncodingType") == "url";
        for (const auto& entry : xmlTexts(response.body, "Contents")) {
            const auto key = xmlText(entry, "Key");
            objects.push_back({encoded ? percentDecoded(key) : key,
                               std::strtoull(xmlText(entry, "Size").c_str(), nullptr, 10),
                               unquoted(xmlText(entry, "ETag"))});
        }
        next = xmlText(response.body, "IsTruncated") == "true"
                   ? xmlText(response.body, "NextContinuationToken")
                   : "";
    } while (!next.empty());
    return objects;
}

}  // namespace atelier::net
