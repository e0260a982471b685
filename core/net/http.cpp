// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/http.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "core/base/strings.h"
#include "core/base/version.h"

namespace atelier::net {
namespace {

constexpr std::size_t kMaxBody = std::size_t{64} << 20;
constexpr long kConnectSeconds = 10;

struct FreeUrl {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using UrlPtr = std::unique_ptr<CURLU, FreeUrl>;

std::string urlPart(CURLU* url, CURLUPart part, unsigned flags = 0) {
    char* text = nullptr;
    if (curl_url_get(url, part, &text, flags) != CURLUE_OK) return {};
    std::string result(text);
    curl_free(text);
    return result;
}

// Failures that say more about this moment than about the address.
bool mayPass(CURLcode code) {
    switch (code) {
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_CONNECT:
        case CURLE_OPERATION_TIMEDOUT:
        case CURLE_GOT_NOTHING:
        case CURLE_PARTIAL_FILE:
        case CURLE_SEND_ERROR:
        case CURLE_RECV_ERROR:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_HTTP2:
        case CURLE_HTTP2_STREAM:
            return true;
        default:
            return false;
    }
}

// What one exchange collects; curl's callbacks get it as their user pointer.
struct Exchange {
    HttpResponse response;
    const BodySink* sink = nullptr;
    const std::function<bool()>* cancelled = nullptr;
    std::optional<Error> error;
    bool headDone = false;
};

// What is being sent.
struct Upload {
    const HttpBody* body = nullptr;
    Descriptor file;
    std::uint64_t size = 0;
    std::uint64_t done = 0;
    std::optional<Error> error;

    Status open(const HttpBody& what) {
        body = &what;
        size = what.file.empty() ? what.text.size() : what.size;
        if (what.file.empty()) return {};
        ATELIER_TRY(file, openForReading(what.file));
        return {};
    }
};

std::size_t onRead(char* buffer, std::size_t size, std::size_t count, void* user) {
    auto& upload = *static_cast<Upload*>(user);
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(size * count, upload.size - upload.done));
    std::size_t got = wanted;
    if (upload.body->file.empty()) {
        std::memcpy(buffer, upload.body->text.data() + upload.done, wanted);
    } else if (wanted > 0) {
        const auto at = static_cast<off_t>(upload.body->offset + upload.done);
        const ssize_t n = ::pread(upload.file.get(), buffer, wanted, at);
        if (n <= 0) {  // also the end: the file has become shorter
            upload.error = n < 0 ? failErrno(errno, "read", upload.body->file.string()).value()
                                 : Error{ErrorCode::Io, "it became shorter while it was sent",
                                         upload.body->file.string(), ""};
            return CURL_READFUNC_ABORT;
        }
        got = static_cast<std::size_t>(n);
    }
    upload.done += got;
    return got;
}

// A connection that was closed meanwhile makes curl begin again on a new one.
int onSeek(void* user, curl_off_t offset, int origin) {
    auto& upload = *static_cast<Upload*>(user);
    if (origin != SEEK_SET || offset < 0 || static_cast<std::uint64_t>(offset) > upload.size)
        return CURL_SEEKFUNC_CANTSEEK;
    upload.done = static_cast<std::uint64_t>(offset);
    return CURL_SEEKFUNC_OK;
}

std::size_t onHeader(char* data, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const std::string_view line = trim(std::string_view(data, size * count));
    if (line.starts_with("HTTP/")) {  // a new head follows: after "100 Continue", or from a proxy
        exchange.response.headers.clear();
        const auto space = line.find(' ');
        exchange.response.status = space == line.npos ? 0 : std::atoi(line.data() + space + 1);
    } else if (const auto colon = line.find(':'); colon != line.npos) {
        exchange.response.headers[toLowerAscii(trim(line.substr(0, colon)))] =
            std::string(trim(line.substr(colon + 1)));
    }
    return size * count;
}

std::size_t onBody(char* data, std::size_t size, std::size_t count, void* user) {
    auto& exchange = *static_cast<Exchange*>(user);
    const std::string_view bytes(data, size * count);
    const int status = exchange.response.status;
    if (exchange.sink && *exchange.sink && (status == 200 || status == 206)) {
        if (auto taken = (*exchange.sink)(exchange.response, bytes); !taken) {
            exchange.error = taken.error();
            return 0;
        }
        return bytes.size();
    }
    if (exchange.response.body.size() + bytes.size() > kMaxBody) return 0;
    exchange.response.body += bytes;
    return bytes.size();
}

int onProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& exchange = *static_cast<Exchange*>(user);
    return exchange.cancelled && *exchange.cancelled && (*exchange.cancelled)() ? 1 : 0;
}

struct HeaderList {
    curl_slist* head = nullptr;
    HeaderList() = default;
    HeaderList(const HeaderList&) = delete;
    HeaderList& operator=(const HeaderList&) = delete;
    ~HeaderList() { curl_slist_free_all(head); }
};

// Certificates beside the system's, under the names that Python's and curl's users know.
const char* certificateFile() {
    for (const char* name : {"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"})
        if (const char* value = std::getenv(name); value && *value) return value;
    return nullptr;
}

}  // namespace

struct HttpClient::State {
    CURL* curl = curl_easy_init();
    int idleSeconds = 10;
    std::function<bool()> cancelled;
    ~State() { curl_easy_cleanup(curl); }
};

HttpClient::HttpClient(int idleSeconds, std::function<bool()> cancelled) : state_(std::make_unique<State>()) {
    state_->idleSeconds = idleSeconds;
    state_->cancelled = std::move(cancelled);
}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

std::string HttpResponse::header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? std::string() : it->second;
}

Result<HttpResponse> HttpClient::send(const HttpRequest& request, const BodySink& sink) {
    CURL* curl = state_->curl;
    if (!curl) return fail(ErrorCode::Internal, "libcurl cannot be started");
    curl_easy_reset(curl);  // options only: connections stay open
    Exchange exchange;
    exchange.sink = &sink;
    exchange.cancelled = &state_->cancelled;
    HeaderList headerList;
    curl_slist*& headers = headerList.head;
    const auto add = [&](const std::string& line) { headers = curl_slist_append(headers, line.c_str()); };
    add("Accept-Encoding: identity");  // sizes and ranges are those of the file
    for (const auto& line : request.headers) add(line);
    Upload upload;
    if (request.body) {
        ATELIER_DO(upload.open(*request.body));
        add("Expect:");  // no waiting for "100 Continue"
    }
    if (request.from > 0) add("Range: bytes=" + std::to_string(request.from) + "-");
    char text[CURL_ERROR_SIZE] = "";
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOBODY, request.head ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, (std::string("atelier/") + kVersion).c_str());
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, static_cast<long>(state_->idleSeconds));
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, onHeader);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, onBody);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchange);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, onProgress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &exchange);
    if (request.body) {
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READFUNCTION, onRead);
        curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
        curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, onSeek);
        curl_easy_setopt(curl, CURLOPT_SEEKDATA, &upload);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(upload.size));
    }
    if (!request.method.empty()) curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    if (const char* file = certificateFile()) curl_easy_setopt(curl, CURLOPT_CAINFO, file);
    const CURLcode code = curl_easy_perform(curl);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
    curl_off_t retryAfter = 0;
    if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retryAfter) == CURLE_OK && retryAfter > 0)
        exchange.response.retryAfter = static_cast<std::uint64_t>(retryAfter);
    if (exchange.error) return fail(*exchange.error);
    if (upload.error) return fail(*upload.error);
    if (code == CURLE_ABORTED_BY_CALLBACK) return fail(ErrorCode::Cancelled, "stopped");
    if (code != CURLE_OK) {
        exchange.response.status = 0;
        exchange.response.failure = *text ? text : curl_easy_strerror(code);
        exchange.response.mayPass = mayPass(code);
    }
    return std::move(exchange.response);
}

std::string resolveUrl(const std::string& base, const std::string& location) {
    const UrlPtr url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, base.c_str(), 0) != CURLUE_OK ||
        curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK)
        return {};
    const std::string scheme = urlPart(url.get(), CURLUPART_SCHEME);
    return scheme == "http" || scheme == "https" ? urlPart(url.get(), CURLUPART_URL) : std::string();
}

std::string originOf(const std::string& text) {
    const UrlPtr url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
    return toLowerAscii(urlPart(url.get(), CURLUPART_SCHEME) + "://" + urlPart(url.get(), CURLUPART_HOST) +
                        ":" + urlPart(url.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT));
}

std::string hostOf(const std::string& text) {
    const UrlPtr url(curl_url());
    if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
    return urlPart(url.get(), CURLUPART_HOST);
}

std::string percentEncode(std::string_view text, bool keepSlash) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~' || (keepSlash && c == '/')) {
            out += c;
            continue;
        }
        constexpr char kDigits[] = "0123456789ABCDEF";
        out += '%';
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

}  // namespace atelier::net
