// SPDX-License-Identifier: GPL-3.0-or-later
// The loader's worker: one thread scans, a few probe.
#include "ui/models/dataset_loader.h"

#include <malloc.h>
#include <QElapsedTimer>
#include <algorithm>
#include <mutex>
#include <unordered_map>

#include "core/base/files.h"
#include "core/base/hash.h"
#include "core/data/image_end.h"
#include "core/data/scan.h"

namespace atelier {

namespace {
constexpr int kChunk = 64;      // pictures a thread takes at a time
constexpr int kDeliverMs = 60;  // between two batches

DatasetEntry entryOf(const data::ScannedImage& image, const DatasetLoader::EditMap& edits) {
    DatasetEntry e;
    e.path = image.path.string();
    e.relativeLength = std::uint32_t(std::min(image.relative.size(), e.path.size()));
    e.source = std::uint32_t(image.source);
    e.bytes = image.size;
    e.modifiedNs = image.modifiedNs;
    if (image.mask) e.mask = image.mask->string();
    if (image.condition) e.condition = image.condition->string();
    if (!edits.empty())
        if (const auto it = edits.find(e.editName()); it != edits.end()) e.edit = it->second;
    return e;
}

ProbedEntry probe(int index, const data::ScannedImage& image, const data::CaptionTables& tables,
                  data::CaptionPreference prefer, const DatasetLoader::CountTokens& countTokens,
                  const DatasetLoader::EditMap& edits) {
    ProbedEntry p;
    p.index = index;
    // Those found were there a moment ago; those chosen may be gone since yesterday.
    if (const auto it = edits.find(data::editName(image.source, image.relative)); it != edits.end())
        for (const auto& path : {it->second.mask, it->second.condition})
            if (std::error_code error; path && !path->empty() && !fs::exists(*path, error))
                p.companionProblem = *path + " is not there";
    if (const auto info = data::probeImage(image.path)) {
        p.width = info->width;
        p.height = info->height;
        p.format = info->format;
        p.wrongExtension = !info->otherExtension.empty();
        if (const Status whole = data::checkEnd(image.path, info->format); !whole) {
            p.readable = false;
            p.problem = whole.error().what;
        }
    } else {
        p.readable = false;
        p.problem = info.error().what;
    }
    const data::FoundCaption caption = data::findCaption(image, tables, prefer);
    p.found = caption.caption.text;
    p.foundIn = caption.caption.source;
    p.twoCaptions = !caption.others.empty();
    if (p.problem.empty() && !caption.problems.empty()) p.problem = caption.problems.front();
    if (countTokens && !p.found.empty()) p.tokens = countTokens(QString::fromStdString(p.found));
    return p;
}

// Of the whole file; an Error as soon as `cancel` is set.
Result<std::string> hashOf(const fs::path& path, const std::atomic<bool>& cancel) {
    Xxh128 hash;
    ATELIER_DO(readPieces(path, [&](std::string_view piece) -> Status {
        if (cancel) return fail(ErrorCode::Cancelled, "cancelled", path.string());
        hash.update(piece);
        return {};
    }));
    return hash.hexDigest();
}
}  // namespace

struct DatasetLoader::Job {
    std::atomic<bool> cancel{false}, ended{false};
    std::vector<fs::path> sources, exclude;
    data::CaptionPreference prefer = data::CaptionPreference::Txt;
    CountTokens countTokens;
    int tokenLimit = 75;
    EditMap edits;
};

DatasetLoader::DatasetLoader(QObject* parent) : QObject(parent) {}

DatasetLoader::~DatasetLoader() {
    cancel();
    for (Worker& worker : workers_) worker.thread.join();
}

void DatasetLoader::cancel() {
    if (job_) job_->cancel = true;
    job_.reset();
    running_ = false;
    std::erase_if(workers_, [](Worker& worker) {
        if (!worker.job->ended) return false;
        worker.thread.join();
        return true;
    });
}

void DatasetLoader::start(std::vector<fs::path> sources, std::vector<fs::path> exclude,
                          data::CaptionPreference prefer, CountTokens countTokens, int tokenLimit,
                          EditMap edits) {
    cancel();
    job_ = std::make_shared<Job>();
    job_->sources = std::move(sources);
    job_->exclude = std::move(exclude);
    job_->prefer = prefer;
    job_->countTokens = std::move(countTokens);
    job_->tokenLimit = tokenLimit;
    job_->edits = std::move(edits);
    running_ = true;
    workers_.push_back({job_, std::thread([this, job = job_] {
                            work(job);
                            job->ended = true;
                        })});
}

template <class Call>
void DatasetLoader::deliver(const std::shared_ptr<Job>& job, Call call) {
    QMetaObject::invokeMethod(
        this,
        [job, call = std::move(call)] {
            if (!job->cancel) call();
        },
        Qt::QueuedConnection);
}

void DatasetLoader::work(const std::shared_ptr<Job>& job) {
    data::ScanOptions options;
    options.exclude = job->exclude;
    options.cancel = &job->cancel;
    options.progress = [&](const data::ScanProgress& p) {
        deliver(job, [this, n = std::int64_t(p.images)] { Q_EMIT progressed({true, n, 0}); });
    };
    options.onImages = [&](std::span<const data::ScannedImage> images) {
        std::vector<DatasetEntry> batch;
        batch.reserve(images.size());
        for (const auto& image : images) batch.push_back(entryOf(image, job->edits));
        deliver(job, [this, batch = std::move(batch)] { Q_EMIT found(batch); });
    };
    auto scan = data::scanSources(job->sources, options);
    if (!scan) {
        deliver(job, [this, error = scan.error()] {
            running_ = false;
            Q_EMIT failed(
                QString::fromStdString(error.where.empty() ? error.what : error.where + ": " + error.what),
                QString::fromStdString(error.hint));
            Q_EMIT finished();
        });
        return;
    }
    const auto all = std::make_shared<ScannedEntries>();
    all->entries.reserve(scan->images.size());
    for (const auto& image : scan->images) {
        all->entries.push_back(entryOf(image, job->edits));
        all->counts.add(all->entries.back(), job->tokenLimit);
    }
    deliver(job, [this, all] { Q_EMIT scanned(all); });
    if (!scan->problems.empty()) {
        QStringList lines;
        for (const data::ScanProblem& problem : scan->problems)
            lines << QString::fromStdString(problem.path.string() + ": " + problem.text);
        deliver(job, [this, lines] { Q_EMIT skipped(lines); });
    }

    const data::CaptionTables tables = data::CaptionTables::read(*scan);
    scan->others = {};  // what is not needed any more goes at once: names of 100 000 files are not small
    const std::int64_t total = std::int64_t(scan->images.size());
    std::atomic<std::int64_t> next{0}, done{0};
    std::mutex mutex;
    std::vector<ProbedEntry> batch;
    QElapsedTimer clock;
    clock.start();
    const auto flush = [&](bool force) {  // mutex held
        if (batch.empty() || (!force && clock.elapsed() < kDeliverMs)) return;
        clock.restart();
        deliver(job, [this, batch = std::exchange(batch, {}), n = done.load(), total] {
            Q_EMIT probed(batch);
            Q_EMIT progressed({false, n, total});
        });
    };
    const auto probeSome = [&] {
        for (;;) {
            const std::int64_t from = next.fetch_add(kChunk);
            if (from >= total || job->cancel) return;
            for (std::int64_t i = from; i < std::min(total, from + kChunk) && !job->cancel; ++i) {
                ProbedEntry p = probe(int(i), scan->images[std::size_t(i)], tables, job->prefer,
                                      job->countTokens, job->edits);
                data::ScannedImage& image = scan->images[std::size_t(i)];
                image.captionFiles = {};
                image.relative = {};
                const std::lock_guard lock(mutex);
                batch.push_back(std::move(p));
                ++done;
                flush(false);
            }
        }
    };
    std::vector<std::thread> helpers;
    for (unsigned n = std::min(3U, std::max(1U, std::thread::hardware_concurrency() / 2)); n > 1; --n)
        helpers.emplace_back(probeSome);
    probeSome();
    for (std::thread& helper : helpers) helper.join();
    flush(true);

    findTwins(job, scan->images);
    *scan = {};
#ifdef __GLIBC__
    malloc_trim(0);  // gives back what looking through the folders needed
#endif
    deliver(job, [this] {
        running_ = false;
        Q_EMIT finished();
    });
}

// Exact duplicates: only files of equal size are read.
void DatasetLoader::findTwins(const std::shared_ptr<Job>& job,
                              const std::vector<data::ScannedImage>& images) {
    std::unordered_map<std::uint64_t, std::vector<int>> bySize;
    for (std::size_t i = 0; i < images.size(); ++i) bySize[images[i].size].push_back(int(i));
    std::erase_if(bySize, [](const auto& group) { return group.first == 0 || group.second.size() < 2; });
    std::int64_t suspects = 0, compared = 0;
    for (const auto& [size, indices] : bySize) suspects += std::int64_t(indices.size());
    std::vector<std::pair<int, int>> twins;
    const auto tell = [&] {
        deliver(job, [this, some = std::exchange(twins, {})] { Q_EMIT duplicatesFound(some); });
    };
    QElapsedTimer clock;
    clock.start();
    for (auto& [size, indices] : bySize) {
        std::sort(indices.begin(), indices.end());
        std::unordered_map<std::string, int> firsts;
        for (const int i : indices) {
            if (job->cancel) return;
            ++compared;
            if (clock.elapsed() > kDeliverMs) {
                clock.restart();
                deliver(job, [this, compared, suspects] {
                    Q_EMIT progressed({false, compared, suspects, true});
                });
            }
            const auto hash = hashOf(images[std::size_t(i)].path, job->cancel);
            if (!hash) continue;
            const auto [first, fresh] = firsts.emplace(*hash, i);
            if (!fresh) twins.emplace_back(i, first->second);
            if (twins.size() >= 1000) tell();  // the window takes them in small bites
        }
    }
    tell();
}

}  // namespace atelier
