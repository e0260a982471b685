// SPDX-License-Identifier: GPL-3.0-or-later
// Pictures for grids and previews, decoded off the main thread, newest wish first, the latest ones kept in
// memory. Owned by app/studio; delegates ask while painting and get an answer by ready().
#pragma once

#include <QCache>
#include <QElapsedTimer>
#include <QHash>
#include <QImage>
#include <QObject>
#include <QSet>
#include <QThreadPool>
#include <mutex>
#include <string>
#include <vector>

namespace atelier {

class Thumbnails : public QObject {
    Q_OBJECT
  public:
    explicit Thumbnails(QObject* parent = nullptr, qint64 cacheBytes = 16 << 20, int threads = 0);
    ~Thumbnails() override;

    // At most side × side device pixels. Null while it is being decoded (ready() follows) or when it cannot
    // be.
    QImage get(const QString& path, int side);
    // Forgets wishes that nobody has repeated lately: call when the view has jumped.
    void dropPending();
    bool failed(const QString& path) const { return failed_.contains(path); }
    bool anyFailed() const { return !failed_.isEmpty(); }
    QString problem(const QString& path) const { return failed_.value(path); }  // why it failed
    // Also for pictures that changed on disk.
    void clear();
    void setCacheBytes(qint64 bytes);
    int pending() const;

  Q_SIGNALS:
    void ready(const QString& path);

  private:
    struct Wish {
        QString path;
        int side;
    };
    void work();
    void keep(const QString& key, const QImage& image);
    int usual_;  // kilobytes
    QElapsedTimer large_;
    QCache<QString, QImage> cache_;   // cost in kilobytes
    QSet<QString> wanted_;            // main thread only, as the next
    QHash<QString, QString> failed_;  // path → why
    mutable std::mutex mutex_;
    std::vector<Wish> wishes_;  // newest last
    int workers_ = 0, decoded_ = 0;
    int maxWorkers_;
    bool closing_ = false;
    QThreadPool pool_;
};

}  // namespace atelier
