// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/net/hub_download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/net/blob_store.h"

namespace atelier::net {
namespace {

std::uint64_t sizeOf(const fs::path& path) {
    std::error_code error;
    const auto size = fs::file_size(path, error);
    return error ? 0 : size;
}
bool isThere(const fs::path& path) {
    std::error_code error;
    return fs::exists(path, error);
}

// The partial file of one blob: grows, is hashed as it grows, survives an interruption.
class PartialFile {
  public:
    PartialFile(fs::path path, const HubFileFacts& facts) : path_(std::move(path)), facts_(facts) {}
    PartialFile(const PartialFile&) = delete;
    PartialFile& operator=(const PartialFile&) = delete;
    ~PartialFile() {
        if (fd_ >= 0) ::close(fd_);
    }

    // What an earlier call left is hashed first.
    Status open() {
        fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd_ < 0) return failErrno(errno, "create", path_.string());
        hash_ = BlobHash::forEtag(facts_.etag, facts_.size);
        size_ = sizeOf(path_);
        if (facts_.size && size_ > *facts_.size) return restart();
        ATELIER_DO(readPieces(path_, size_, [&](std::string_view bytes) -> Status {
            if (hash_) hash_->update(bytes);
            return {};
        }));
        if (::lseek(fd_, 0, SEEK_END) < 0) return failErrno(errno, "write", path_.string());
        return {};
    }
    Status restart() {
        if (::ftruncate(fd_, 0) != 0 || ::lseek(fd_, 0, SEEK_SET) < 0)
            return failErrno(errno, "write", path_.string());
        hash_ = BlobHash::forEtag(facts_.etag, facts_.size);
        size_ = 0;
        return {};
    }
    Status append(std::string_view bytes) {
        if (facts_.size && size_ + bytes.size() > *facts_.size)
            return fail(ErrorCode::Io,
                        fmt::format("the server sends more than the {} bytes of the file", *facts_.size),
                        path_.string(),
                        "Run the command again; if it stays so, the server or a proxy changes the file.");
        if (hash_) hash_->update(bytes);
        while (!bytes.empty()) {
            const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return failErrno(errno, "write", path_.string());
            bytes.remove_prefix(static_cast<std::size_t>(n));
            size_ += static_cast<std::uint64_t>(n);
        }
        return {};
    }
    // "" when the contents are those that the hub names; else how they differ. Spends the hash.
    std::string difference() {
        if (facts_.size && size_ != *facts_.size)
            return fmt::format("it has {} bytes instead of {}", size_, *facts_.size);
        if (!hash_) return {};
        const std::string digest = hash_->hexDigest();
        return digest == facts_.etag ? std::string()
                                     : fmt::format("its hash is {} instead of {}", digest, facts_.etag);
    }
    Status keepAs(const fs::path& blob) {
        if (::fsync(fd_) != 0) return failErrno(errno, "write", path_.string());
        return renameFile(path_, blob);
    }
    std::uint64_t size() const { return size_; }
    bool isChecked() const { return hash_.has_value(); }
    bool hasAll() const { return facts_.size && size_ == *facts_.size; }

  private:
    fs::path path_;
    HubFileFacts facts_;
    int fd_ = -1;
    std::uint64_t size_ = 0;
    std::optional<BlobHash> hash_;
};

// First byte that a 206 answer carries: "bytes 100-199/200".
std::uint64_t firstByte(const HttpResponse& head) {
    const std::string range = head.header("content-range");
    const auto space = range.find(' ');
    return space == range.npos ? 0 : std::strtoull(range.c_str() + space + 1, nullptr, 10);
}

class Download {
  public:
    Download(const HubId& id, const HubSettings& settings, const DownloadOptions& options)
        : id_(id),
          options_(options),
          client_(settings, options.retry, options.cancelled, options.onMessage),
          store_(settings.cache, id),
          cache_(settings.cache) {}

    Result<DownloadedModel> run() {
        ATELIER_TRY(const HubRepository repository, client_.list(id_));
        result_.commit = repository.commit;
        ATELIER_TRY(const auto files, choose(repository));
        ATELIER_DO(store_.prepare());
        std::map<std::string, HubFileFacts> facts;
        for (const auto& file : files) {
            ATELIER_TRY(facts[file], client_.facts(id_, result_.commit, file));
            progress_.total += facts[file].size.value_or(0);
        }
        ATELIER_DO(checkSpace(facts));
        progress_.phase = "download";
        // Small files first: what is wrong with a token or a name shows before the gigabytes.
        std::vector<std::string> order = files;
        std::ranges::stable_sort(order, {}, [&](const std::string& f) { return facts[f].size.value_or(0); });
        for (const auto& file : order) ATELIER_DO(bring(file, facts[file]));
        // The ref names a snapshot whose chosen files are all there.
        ATELIER_DO(store_.setRef(id_.revision, result_.commit));
        result_.files = files.size();
        result_.folder = store_.snapshot(result_.commit);
        if (!options_.out.empty()) ATELIER_DO(copyOut(files));
        return result_;
    }

  private:
    Result<std::vector<std::string>> choose(const HubRepository& repository) {
        std::vector<std::string> names;
        for (const auto& file : repository.files) {
            if (!isSafeRelativePath(file.path))
                return fail(ErrorCode::Model, "the repository names a file that must not be written",
                            id_.text(), "Do not use this model.");
            names.push_back(file.path);
        }
        Json index;
        if (options_.wishes.include.empty() && std::ranges::find(names, "model_index.json") != names.end()) {
            ATELIER_DO(store_.prepare());
            ATELIER_TRY(const auto facts, client_.facts(id_, result_.commit, "model_index.json"));
            ATELIER_DO(bring("model_index.json", facts));
            const fs::path path = store_.snapshot(result_.commit) / "model_index.json";
            ATELIER_TRY(const auto text, readFile(path, 1 << 20));
            ATELIER_TRY(index, parseJson(text, path.string()));
            progress_.done = result_.bytes = 0;  // it is counted again with the others
        }
        return chooseFiles(names, index, options_.wishes);
    }

    Status checkSpace(const std::map<std::string, HubFileFacts>& facts) {
        std::uint64_t wanted = 0, copied = 0;
        for (const auto& [file, fact] : facts) {
            const std::uint64_t size = fact.size.value_or(0);
            copied += size;
            if (!isThere(store_.blob(fact.etag)))
                wanted += size - std::min(size, sizeOf(store_.incomplete(fact.etag)));
        }
        ATELIER_DO(checkRoom(cache_, wanted));
        return options_.out.empty() ? Status() : checkRoom(options_.out, copied);
    }
    static Status checkRoom(const fs::path& place, std::uint64_t wanted) {
        ATELIER_TRY(const auto room, freeSpace(place));
        if (wanted <= room) return {};
        return fail(ErrorCode::Io,
                    fmt::format("{} are needed, {} are free there", humanBytes(wanted), humanBytes(room)),
                    place.string(), "Free some space, or set HF_HUB_CACHE to a folder on another disk.");
    }

    // One file: its blob, then the link to it.
    Status bring(const std::string& file, const HubFileFacts& facts) {
        progress_.file = file;
        const fs::path blob = store_.blob(facts.etag);
        if (!isThere(blob) || options_.verify || (facts.size && sizeOf(blob) != *facts.size)) {
            ATELIER_TRY(const auto lock, BlobLock::take(store_.lock(facts.etag), options_.cancelled, [&] {
                            say(file + ": another process downloads it; waiting");
                        }));
            if (isThere(blob)) ATELIER_DO(checkBlob(blob, facts));
            if (!isThere(blob)) ATELIER_DO(fetch(file, facts));
        }
        if (!BlobHash::forEtag(facts.etag, facts.size)) ++result_.unchecked;
        result_.bytes += sizeOf(blob);
        progress_.done = result_.bytes;
        report();
        return store_.link(result_.commit, file, facts.etag);
    }

    // A blob that is not what its name says is taken away.
    Status checkBlob(const fs::path& blob, const HubFileFacts& facts) {
        std::string difference;
        if (facts.size && sizeOf(blob) != *facts.size) {
            difference = "size";
        } else if (options_.verify) {
            auto hash = BlobHash::forEtag(facts.etag, facts.size);
            ATELIER_DO(readPieces(blob, sizeOf(blob), [&](std::string_view bytes) -> Status {
                if (hash) hash->update(bytes);
                if (options_.cancelled && options_.cancelled()) return fail(ErrorCode::Cancelled, "stopped");
                return {};
            }));
            if (hash && hash->hexDigest() != facts.etag) difference = "hash";
        }
        if (difference.empty()) return {};
        say(progress_.file + ": the file in the cache has a wrong " + difference + "; downloading it again");
        std::error_code error;
        fs::remove(blob, error);
        if (error) return failErrno(error.value(), "remove", blob.string());
        return {};
    }

    Status fetch(const std::string& file, const HubFileFacts& facts) {
        const fs::path path = store_.incomplete(facts.etag);
        const std::uint64_t before = progress_.done;
        for (int attempt = 1;; ++attempt) {
            PartialFile partial(path, facts);
            ATELIER_DO(partial.open());
            const bool resumed = partial.size() > 0;
            if (!partial.hasAll() || partial.size() == 0) ATELIER_DO(receive(file, partial, before));
            const std::string difference = partial.difference();
            if (difference.empty()) return partial.keepAs(store_.blob(facts.etag));
            std::error_code error;
            fs::remove(path, error);
            // A wrong beginning that an earlier call left is not the server's fault.
            if (attempt > 1 || !resumed)
                return fail(ErrorCode::Io, "what was downloaded is not the file: " + difference, file,
                            "Run the command again; if it stays so, the server or a proxy changes the file "
                            "(look at HF_ENDPOINT).");
            say(file + ": " + difference + "; starting it over");
        }
    }

    // Until all bytes are there; gives up after several failures without a new byte.
    Status receive(const std::string& file, PartialFile& partial, std::uint64_t before) {
        for (int failure = 1;;) {
            const std::uint64_t from = partial.size();
            bool first = true;
            const BodySink sink = [&](const HttpResponse& head, std::string_view bytes) -> Status {
                if (first && (head.status == 200 ? from > 0 : firstByte(head) != from))
                    ATELIER_DO(partial.restart());
                if (first && head.status == 206 && firstByte(head) != from && firstByte(head) != 0)
                    return fail(ErrorCode::Io, "the server sent another part than was asked for", file);
                first = false;
                ATELIER_DO(partial.append(bytes));
                result_.fetched += bytes.size();
                progress_.fetched = result_.fetched;
                progress_.done = before + partial.size();
                report();
                return {};
            };
            ATELIER_TRY(const auto answer, client_.get(id_, result_.commit, file, from, sink));
            const int status = answer.response.status;
            if (status == 200 || status == 206) return {};
            if (status == 416 && from > 0) {
                ATELIER_DO(partial.restart());
                continue;
            }
            if (!answer.temporary) return fail(client_.explain(answer.response, id_, file));
            if (partial.size() > from) failure = 1;
            ATELIER_DO(client_.waitForRetry(answer.response, failure++, file));
        }
    }

    // A folder of its own, whole or absent; contents are shared with the cache where the file system can.
    Status copyOut(const std::vector<std::string>& files) {
        const fs::path target = options_.out, work = fs::path(target.string() + ".partial");
        std::error_code error;
        fs::remove_all(work, error);
        progress_.phase = "copy";
        progress_.done = 0;
        for (const auto& file : files) {
            const fs::path from = result_.folder / file, to = work / file;
            progress_.file = file;
            ATELIER_DO(createDirectories(to.parent_path()));
            if (auto copied = copyFile(from, to); !copied) {
                fs::remove_all(work, error);
                return copied;
            }
        }
        fs::remove(target, error);  // an empty folder makes room
        ATELIER_DO(renameFile(work, target));
        result_.folder = target;
        return {};
    }
    Status copyFile(const fs::path& from, const fs::path& to) {
        ATELIER_TRY(auto file, AtomicFile::create(to));
        const int source = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
        const bool cloned = source >= 0 && ::ioctl(file.descriptor(), FICLONE, source) == 0;
        if (source >= 0) ::close(source);
        const std::uint64_t size = sizeOf(from);
        if (cloned)
            progress_.done += size;
        else
            ATELIER_DO(readPieces(from, size, [&](std::string_view bytes) -> Status {
                progress_.done += bytes.size();
                report();
                if (options_.cancelled && options_.cancelled()) return fail(ErrorCode::Cancelled, "stopped");
                return file.write(bytes);
            }));
        return file.commit();
    }

    void say(const std::string& text) const {
        if (options_.onMessage) options_.onMessage(text);
    }
    void report() const {
        if (options_.onProgress && progress_.total > 0) options_.onProgress(progress_);
    }

    HubId id_;
    const DownloadOptions& options_;
    HubClient client_;
    BlobStore store_;
    fs::path cache_;
    DownloadProgress progress_;
    DownloadedModel result_;
};

// `out` must be free before gigabytes come.
Status checkTarget(const fs::path& out) {
    std::error_code error;
    if (out.empty() || !fs::exists(out, error) || (fs::is_directory(out, error) && fs::is_empty(out, error)))
        return {};
    return fail(ErrorCode::Usage, "it is there already", out.string(),
                "Give a folder that does not exist; what is there is left alone.");
}

// Without the network: what is in the cache, when it is whole and nothing else is asked for.
Result<DownloadedModel> cachedModel(const HubId& id, const HubSettings& settings,
                                    const DownloadOptions& options) {
    const CachedModel cached = findCachedModel(settings.cache, id);
    const FileWishes& wishes = options.wishes;
    const bool usual = options.out.empty() && wishes.variant.empty() && wishes.include.empty() &&
                       wishes.exclude.empty() && !options.verify;
    if (!cached.complete() || !usual)
        return fail(ErrorCode::Usage,
                    "offline mode is on (HF_HUB_OFFLINE)" +
                        (cached.snapshot.empty() || cached.missing.empty()
                             ? std::string()
                             : ", and the cache lacks " + join(cached.missing, ", ")),
                    id.text(), "Switch it off to download; whole models in the cache are used without.");
    DownloadedModel model;
    model.folder = cached.snapshot;
    model.commit = *cachedCommit(settings.cache, id);
    std::error_code error;
    for (fs::recursive_directory_iterator it(cached.snapshot, error), end; !error && it != end;
         it.increment(error)) {
        if (it->is_directory(error)) continue;
        ++model.files;
        model.bytes += sizeOf(it->path());
    }
    model.unchecked = model.files;
    return model;
}

}  // namespace

Result<DownloadedModel> downloadModel(const HubId& id, const HubSettings& settings,
                                      const DownloadOptions& options) {
    ATELIER_DO(checkTarget(options.out));
    if (settings.offline) return cachedModel(id, settings, options);
    return Download(id, settings, options).run();
}

}  // namespace atelier::net
