// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/fetch_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>

#include "core/base/hash.h"
#include "core/net/s3_client.h"

namespace atelier::net {
namespace {

constexpr int kMaxRedirects = 10;

// What has come so far, beside the target and named after the version that it belongs to.
class PartFile {
  public:
    static Result<PartFile> open(const fs::path& target, const std::string& version) {
        ATELIER_DO(createDirectories(target.parent_path()));
        PartFile part;
        part.target_ = target;
        part.path_ =
            target.parent_path() / fmt::format(".{}.{}.part", target.filename().string(), hex(xxh3(version)));
        part.file_ = Descriptor(::open(part.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
        if (!part.file_) return failErrno(errno, "create", part.path_.string());
        // Another process fetches the same file: wait, then it is all there or goes on from where that one
        // ended.
        while (::flock(part.file_.get(), LOCK_EX) != 0 && errno == EINTR) {
        }
        struct stat ours {
        }, named{};
        part.taken_ = ::fstat(part.file_.get(), &ours) != 0 || ::stat(part.path_.c_str(), &named) != 0 ||
                      ours.st_ino != named.st_ino;
        const auto end = ::lseek(part.file_.get(), 0, SEEK_END);
        if (end < 0) return failErrno(errno, "read", part.path_.string());
        part.size_ = static_cast<std::uint64_t>(end);
        return part;
    }
    std::uint64_t size() const { return size_; }
    // Another process has finished it meanwhile.
    bool taken() const { return taken_; }

    Status restart() {
        if (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) < 0)
            return failErrno(errno, "write", path_.string());
        size_ = 0;
        return {};
    }
    Status append(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return failErrno(errno, "write", path_.string());
            bytes.remove_prefix(static_cast<std::size_t>(n));
            size_ += static_cast<std::uint64_t>(n);
        }
        return {};
    }
    Result<std::string> md5() const {
        const std::unique_ptr<EVP_MD_CTX, decltype(&::EVP_MD_CTX_free)> hash(::EVP_MD_CTX_new(),
                                                                             ::EVP_MD_CTX_free);
        if (!hash || ::EVP_DigestInit_ex(hash.get(), ::EVP_md5(), nullptr) != 1)
            return fail(ErrorCode::Internal, "OpenSSL has no MD5");
        ATELIER_DO(readPieces(path_, [&](std::string_view bytes) -> Status {
            ::EVP_DigestUpdate(hash.get(), bytes.data(), bytes.size());
            return {};
        }));
        std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
        unsigned length = 0;
        ::EVP_DigestFinal_ex(hash.get(), digest.data(), &length);
        return hexOfBytes({reinterpret_cast<const char*>(digest.data()), length});
    }
    Status commit() {
        if (::fsync(file_.get()) != 0 && errno != EINVAL)
            return failErrno(errno, "write to disk", path_.string());
        file_.reset();
        return renameFile(path_, target_);
    }
    void discard() {
        file_.reset();
        ::unlink(path_.c_str());
    }

  private:
    fs::path target_, path_;
    Descriptor file_;
    std::uint64_t size_ = 0;
    bool taken_ = false;
};

Status compare(PartFile& part, std::uint64_t size, const std::string& md5, const std::string& url) {
    std::string found;
    if (part.size() == size && !md5.empty()) {
        ATELIER_TRY(found, part.md5());
    }
    if (part.size() == size && found == md5) return {};
    const auto had = part.size();
    part.discard();
    return fail(ErrorCode::Io,
                had != size ? fmt::format("{} bytes came instead of {}", had, size)
                            : fmt::format("its MD5 is {} instead of {}", found, md5),
                url, "Fetch it again; if that repeats, the copy there is damaged.");
}

Status fetchS3(const std::string& text, const fs::path& target, const FetchOptions& options) {
    ATELIER_TRY(const auto url, parseS3Url(text));
    ATELIER_TRY(auto settings, s3SettingsFromEnvironment());
    settings.firstWaitSeconds = options.firstWaitSeconds;
    S3Client client(std::move(settings), options.cancelled);
    ATELIER_TRY(const auto object, client.head(url));
    if (!object)
        return fail(ErrorCode::Io, "HTTP 404, there is no such object", text, "Look at bucket and path.");
    ATELIER_TRY(auto part, PartFile::open(target, object->etag));
    if (part.taken()) return {};
    if (part.size() > object->size) ATELIER_DO(part.restart());
    if (part.size() < object->size)
        ATELIER_DO(client.get(
            url,
            [&](const HttpResponse&, std::string_view bytes) -> Status {
                ATELIER_DO(part.append(bytes));
                if (options.onProgress) options.onProgress(part.size(), object->size);
                return {};
            },
            part.size(), object->etag));
    ATELIER_DO(compare(part, object->size, object->etagIsMd5 ? object->etag : "", text));
    return part.commit();
}

class HttpFetch {
  public:
    HttpFetch(std::string url, const fs::path& target, const FetchOptions& options)
        : url_(std::move(url)), target_(target), options_(options), http_(30, options.cancelled) {}

    Status run() {
        std::string at = url_;
        for (int attempt = 1, redirects = 0;; ++attempt) {
            HttpRequest request;
            request.url = at;
            if (part_ && part_->size() > 0 && !etag_.empty()) {
                request.from = part_->size();
                request.headers.push_back("If-Range: " + etag_);
            }
            bool moved = false;
            ATELIER_TRY(const auto response,
                        http_.send(request, [&](const HttpResponse& head, std::string_view bytes) -> Status {
                            if (!moved) ATELIER_DO(begin(head, request.from));
                            moved = true;
                            ATELIER_DO(part_->append(bytes));
                            if (options_.onProgress) options_.onProgress(part_->size(), total_);
                            return {};
                        }));
            if (response.status == 200 || response.status == 206) {
                if (!moved) ATELIER_DO(begin(response, request.from));  // an empty file
                if (total_ > 0) ATELIER_DO(compare(*part_, total_, "", url_));
                return part_->commit();
            }
            const auto location = response.header("location");
            if (response.status >= 300 && response.status < 400 && !location.empty() &&
                ++redirects <= kMaxRedirects) {
                at = resolveUrl(at, location);
                if (at.empty()) return fail(ErrorCode::Io, "it leads to " + location, url_);
                --attempt;
                continue;
            }
            if (moved) attempt = 1;
            ATELIER_DO(waitOrFail(response, attempt));
        }
    }

    bool taken() const { return part_ && part_->taken(); }

  private:
    // First bytes of an answer: they go on from what is there, or begin anew.
    Status begin(const HttpResponse& head, std::uint64_t from) {
        const auto length = std::strtoull(head.header("content-length").c_str(), nullptr, 10);
        if (head.status == 206 && part_) {
            total_ = length > 0 ? from + length : 0;
            return {};
        }
        total_ = length;
        etag_ = head.header("etag");
        if (etag_.starts_with("W/")) etag_.clear();  // not for ranges
        if (!part_) {
            ATELIER_TRY(auto part, PartFile::open(target_, url_ + etag_));
            part_.emplace(std::move(part));
            if (part_->taken())
                return fail(ErrorCode::Cancelled, "another process has fetched it meanwhile", url_);
        }
        return part_->restart();
    }

    Status waitOrFail(const HttpResponse& response, int attempt) {
        const bool passes =
            response.status == 0 ? response.mayPass : response.status == 429 || response.status >= 500;
        if (!passes || attempt >= options_.attempts)
            return fail(
                ErrorCode::Io,
                response.status == 0 ? "no answer: " + response.failure
                                     : fmt::format("HTTP {}", response.status),
                url_,
                response.status == 404 ? "Look at the address." : "Try again later; what came is kept.");
        const double seconds = std::max(
            std::min(options_.firstWaitSeconds * static_cast<double>(1 << std::min(attempt - 1, 10)), 20.0),
            std::min(static_cast<double>(response.retryAfter), 60.0));
        const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
        while (std::chrono::steady_clock::now() < until) {
            if (options_.cancelled && options_.cancelled())
                return fail(ErrorCode::Cancelled, "stopped", url_);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return {};
    }

    std::string url_;
    const fs::path& target_;
    const FetchOptions& options_;
    HttpClient http_;
    std::optional<PartFile> part_;
    std::string etag_;
    std::uint64_t total_ = 0;
};

}  // namespace

Status fetchFile(const std::string& url, const fs::path& target, const FetchOptions& options) {
    if (isS3Url(url)) return fetchS3(url, target, options);
    HttpFetch fetch(url, target, options);
    const auto status = fetch.run();
    return fetch.taken() ? Status() : status;
}

Result<std::vector<RemoteFile>> filesBelow(const std::string& text, const FetchOptions& options) {
    ATELIER_TRY(const auto url, parseS3Url(text));
    ATELIER_TRY(auto settings, s3SettingsFromEnvironment());
    S3Client client(std::move(settings), options.cancelled);
    ATELIER_TRY(const auto objects, client.list(url));
    std::vector<RemoteFile> files;
    for (const auto& object : objects) {
        const fs::path place = fs::path(object.key.substr(url.key.size())).lexically_normal();
        if (place.empty() || place.is_absolute() || *place.begin() == ".." || object.key.ends_with('/'))
            continue;
        files.push_back({S3Url{url.bucket, object.key}.text(), place});
    }
    return files;
}

}  // namespace atelier::net
