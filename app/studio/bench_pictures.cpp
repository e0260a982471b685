// SPDX-License-Identifier: GPL-3.0-or-later
// Frames are 16 ms apart. What counts for a frame is the processor time that the window's own thread used in
// it: scrolling, painting, results of other threads coming in. Wall time would measure the neighbours too.
#include "app/studio/bench_pictures.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QJsonDocument>
#include <QJsonObject>
#include <QKeyEvent>
#include <QScrollBar>
#include <QTemporaryDir>
#include <QTextStream>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <vector>

#include "app/studio/studio.h"
#include "ui/frame/main_window.h"
#include "ui/models/dataset_document.h"
#include "ui/pages/datasets_grid.h"
#include "ui/pages/datasets_page.h"

namespace atelier {

namespace {
constexpr int kFrameMs = 16;

double threadMs() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) * 1e3 + double(t.tv_nsec) / 1e6;
}

// A line of /proc/self/status, in megabytes.
double memoryMb(const char* name) {
    QFile status(QStringLiteral("/proc/self/status"));
    if (!status.open(QIODevice::ReadOnly)) return -1;
    for (const QByteArray& line : status.readAll().split('\n'))
        if (line.startsWith(name)) return line.simplified().split(' ').value(1).toDouble() / 1024;
    return -1;
}

QJsonObject memory() {
    return {{QStringLiteral("rss_mb"), memoryMb("VmRSS:")},
            {QStringLiteral("private_mb"), memoryMb("RssAnon:")}};
}

QJsonObject summary(std::vector<double> ms) {
    if (ms.empty()) return {};
    std::sort(ms.begin(), ms.end());
    const auto at = [&](double q) { return ms[std::size_t(std::ceil(q * double(ms.size() - 1)))]; };
    return {{QStringLiteral("frames"), int(ms.size())},
            {QStringLiteral("median_ms"), at(0.5)},
            {QStringLiteral("p99_ms"), at(0.99)},
            {QStringLiteral("slowest_ms"), ms.back()},
            {QStringLiteral("over_8_ms"),
             int(std::count_if(ms.begin(), ms.end(), [](double v) { return v > 8; }))},
            {QStringLiteral("over_16_ms"),
             int(std::count_if(ms.begin(), ms.end(), [](double v) { return v > 16; }))}};
}

// Calls step(0), step(1), … once per frame while it returns true.
std::vector<double> frames(const std::function<bool(int)>& step) {
    std::vector<double> ms;
    QEventLoop loop;
    QTimer timer;
    timer.setTimerType(Qt::PreciseTimer);
    double last = 0;
    int number = 0;
    QObject::connect(&timer, &QTimer::timeout, &loop, [&] {
        const double now = threadMs();
        if (number > 0) ms.push_back(now - last);
        last = now;
        if (!step(number++)) loop.quit();
    });
    timer.start(kFrameMs);
    loop.exec();
    return ms;
}

void press(QWidget* widget, Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
    QKeyEvent down(QEvent::KeyPress, key, modifiers);
    QApplication::sendEvent(widget, &down);
}

}  // namespace

int benchPictures(QApplication& app, const StudioOptions& base, const QString& folder) {
    QTemporaryDir scratch;
    StudioOptions options = base;
    options.paths.clear();
    options.settingsFile = scratch.filePath(QStringLiteral("settings.ini"));
    options.projectFolder = scratch.filePath(QStringLiteral("project"));
    Studio studio(app, options);
    studio.window()->resize(1440, 900);
    studio.start();
    auto* page = qobject_cast<DatasetsPage*>(studio.window()->showPage(QStringLiteral("datasets")));
    ImageGrid* grid = page->grid();
    QJsonObject out;
    frames([](int i) { return i < 30; });
    out[QStringLiteral("before")] = memory();

    QElapsedTimer clock;
    clock.start();
    double first = -1, listed = -1;
    page->newDataset(QStringLiteral("bench"), {folder});
    auto* images = qobject_cast<DatasetImagesModel*>(grid->model());
    const DatasetDocument& document = images->document();
    const auto scroll = [grid](int by) {
        QScrollBar* bar = grid->verticalScrollBar();
        bar->setValue(bar->value() + by > bar->maximum() ? 0 : bar->value() + by);
    };
    const auto loading = frames([&](int i) {
        if (first < 0 && images->rowCount() > 0) first = double(clock.elapsed());
        if (listed < 0 && !document.progress().scanning) listed = double(clock.elapsed());
        scroll(i % 40 == 0 ? grid->viewport()->height() * 20 : 60);
        return document.loading() && clock.elapsed() < 120000;
    });
    out[QStringLiteral("pictures")] = images->rowCount();
    out[QStringLiteral("first_shown_ms")] = first;
    out[QStringLiteral("listed_ms")] = listed;
    out[QStringLiteral("read_ms")] = double(clock.elapsed());
    out[QStringLiteral("loading")] = summary(loading);
    out[QStringLiteral("after_loading")] = memory();

    frames([](int i) { return i < 60; });
    const auto measure = [&](const char* name, int count, const std::function<void(int)>& step) {
        out[QLatin1String(name)] = summary(frames([&](int i) {
            step(i);
            return i < count;
        }));
    };
    measure("wheel", 600, [&](int) { scroll(60); });
    measure("drag", 300, [&](int i) {
        grid->verticalScrollBar()->setValue(int(qint64(grid->verticalScrollBar()->maximum()) * i / 300));
    });
    grid->setFocus();
    grid->setCurrentIndex(images->index(0));
    measure("arrow_keys", 300, [&](int) { press(grid, Qt::Key_Down); });
    measure("page_keys", 200, [&](int) { press(grid, Qt::Key_PageDown); });
    measure("select_all", 20, [&](int i) {
        if (i == 5) grid->selectAll();
        if (i == 15) grid->clearSelection();
    });
    measure("filter", 40, [&](int i) {
        if (i == 5) images->setFilterText(QStringLiteral("fox -blue"));
        if (i == 25) images->setFilterText({});
    });
    measure("sort", 40, [&](int i) {
        if (i == 5) images->setSort(ImageSort::Ratio);
        if (i == 25) images->setSort(ImageSort::Name);
    });
    out[QStringLiteral("after_scrolling")] = memory();
    QTextStream(stdout) << QJsonDocument(out).toJson(QJsonDocument::Compact) << "\n";
    return 0;
}

}  // namespace atelier
