// SPDX-License-Identifier: GPL-3.0-or-later
// Decoding threads and cache of Thumbnails.
#include "ui/models/thumbnails.h"

#include <malloc.h>
#include <algorithm>
#include <thread>
#include <utility>

#include "core/data/image_io.h"

namespace atelier {

namespace {
constexpr std::size_t kMostWishes = 400;
constexpr int kTrimAfter = 200;      // pictures
constexpr qint64 kLargeMs = 20'000;  // how long room for large ones is kept after the last of them

QString keyOf(const QString& path, int side) {
    return QString::number(side) + QLatin1Char('/') + path;
}

QImage toQImage(const data::Image& image) {
    const QImage view(image.rgb.get(), image.width, image.height, int(image.rowBytes()),
                      QImage::Format_RGB888);
    return view.convertToFormat(QImage::Format_RGB32);  // a copy, in the format that paints fastest
}
}  // namespace

Thumbnails::Thumbnails(QObject* parent, qint64 cacheBytes, int threads)
    : QObject(parent), usual_(int(cacheBytes / 1024)), cache_(usual_) {
    const int cores = int(std::thread::hardware_concurrency());
    maxWorkers_ = threads > 0 ? threads : std::clamp(cores - 1, 1, 4);
    pool_.setMaxThreadCount(maxWorkers_);
    pool_.setExpiryTimeout(2000);
}

Thumbnails::~Thumbnails() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        wishes_.clear();
    }
    pool_.waitForDone();
}

QImage Thumbnails::get(const QString& path, int side) {
    const QString key = keyOf(path, side);
    if (const QImage* image = cache_.object(key)) return *image;
    if (failed_.contains(path) || wanted_.contains(key)) return {};
    wanted_.insert(key);
    const std::lock_guard lock(mutex_);
    wishes_.push_back({path, side});
    if (wishes_.size() > kMostWishes) {
        wanted_.remove(keyOf(wishes_.front().path, wishes_.front().side));
        wishes_.erase(wishes_.begin());
    }
    if (workers_ < maxWorkers_) {
        ++workers_;
        pool_.start([this] { work(); });
    }
    return {};
}

void Thumbnails::dropPending() {
    const std::lock_guard lock(mutex_);
    for (const Wish& wish : wishes_) wanted_.remove(keyOf(wish.path, wish.side));
    wishes_.clear();
}

void Thumbnails::clear() {
    dropPending();
    cache_.clear();
    failed_.clear();
}

void Thumbnails::setCacheBytes(qint64 bytes) {
    usual_ = int(bytes / 1024);
    cache_.setMaxCost(usual_);
}

int Thumbnails::pending() const {
    return int(wanted_.size());
}

// Room for a few of the largest that were wanted lately (a large view), else the usual amount.
void Thumbnails::keep(const QString& key, const QImage& image) {
    const int cost = std::max(1, int(image.sizeInBytes() / 1024));
    if (cost * 4 > usual_) large_.start();
    if (cost * 4 > cache_.maxCost())
        cache_.setMaxCost(cost * 4);
    else if (cache_.maxCost() > usual_ && large_.hasExpired(kLargeMs))
        cache_.setMaxCost(usual_);
    cache_.insert(key, new QImage(image), cost);
}

void Thumbnails::work() {
    bool trim = false;
    for (;;) {
        Wish wish;
        {
            const std::lock_guard lock(mutex_);
            if (closing_ || wishes_.empty()) {
                trim = --workers_ == 0 && !closing_ && std::exchange(decoded_, 0) > kTrimAfter;
                break;
            }
            ++decoded_;
            wish = std::move(wishes_.back());
            wishes_.pop_back();
        }
        auto decoded = data::decodeThumbnail(fs::path(wish.path.toStdString()), wish.side);
        QImage image = decoded ? toQImage(*decoded) : QImage();
        const QString why = decoded ? QString() : QString::fromStdString(decoded.error().what);
        QMetaObject::invokeMethod(
            this,
            [this, wish, why, image = std::move(image)] {
                const QString key = keyOf(wish.path, wish.side);
                wanted_.remove(key);
                if (image.isNull())
                    failed_.insert(wish.path, why);
                else
                    keep(key, image);
                Q_EMIT ready(wish.path);
            },
            Qt::QueuedConnection);
    }
#ifdef __GLIBC__
    if (trim) malloc_trim(0);  // decoding leaves holes in the heaps of its threads
#endif
}

}  // namespace atelier
