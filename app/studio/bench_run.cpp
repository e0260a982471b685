// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/studio/bench_run.h"

#include <time.h>

#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <QTextStream>
#include <QTimer>
#include <algorithm>
#include <memory>
#include <vector>

#include "app/studio/studio.h"
#include "core/base/json.h"
#include "ui/frame/main_window.h"
#include "ui/pages/monitor_view.h"
#include "ui/pages/runs_page.h"
#include "ui/widgets/plot_view.h"

namespace atelier {

namespace {

constexpr int kSettleMs = 3000, kRedraws = 31;
constexpr double kWorkMs = 0.5;

// Of this thread: what other programs do on a busy machine does not count.
double cpuMs() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) * 1e3 + double(t.tv_nsec) / 1e6;
}

double statusMb(const char* key) {
    QFile file(QStringLiteral("/proc/self/status"));
    if (!file.open(QIODevice::ReadOnly)) return 0;
    for (const QByteArray& line : file.readAll().split('\n'))
        if (line.startsWith(key))
            return line.mid(qsizetype(qstrlen(key)) + 1).simplified().split(' ')[0].toDouble() / 1e3;
    return 0;
}

struct Turns {
    std::vector<double> wall, cpu;
    static double at(std::vector<double> all, double part) {
        if (all.empty()) return 0;
        std::sort(all.begin(), all.end());
        return all[std::min(all.size() - 1, std::size_t(double(all.size()) * part))];
    }
};

double medianRedraw(PlotView& plot, bool afresh) {
    std::vector<double> times;
    for (int i = 0; i < kRedraws; ++i) {
        const double start = cpuMs();
        plot.redrawMs(afresh);
        times.push_back(cpuMs() - start);
    }
    return Turns::at(times, 0.5);
}

class Measure : public QObject {
  public:
    Measure(Studio& studio, QString folder) : QObject(&studio), studio_(studio), folder_(std::move(folder)) {
        before_ = statusMb("VmRSS:");
        connect(&pulse_, &QTimer::timeout, this, &Measure::turn);
        total_.start();
        clock_.start();
        cpu_ = cpuMs();
        pulse_.start(0);
        studio_.window()->showPage(QStringLiteral("runs"), folder_);  // its own time is the first turn
    }

  private:
    // Between two turns of a timer that always wants to run lies one turn of the event loop, with all it
    // holds.
    void turn() {
        const double now = cpuMs();
        ++count_;
        const double wall = double(clock_.nsecsElapsed()) / 1e6;
        if (wall > kWorkMs) {  // most turns are idle, and a list of millions would be memory of the bench
            turns_.wall.push_back(wall);
            turns_.cpu.push_back(now - cpu_);
        }
        clock_.start();
        cpu_ = now;
        auto* page = qobject_cast<RunsPage*>(studio_.window()->page(QStringLiteral("runs")));
        RunMonitor* monitor = page->monitorView()->monitor();
        const bool read = monitor != nullptr && monitor->controller().caughtUp();
        if (read && seconds_ == 0) seconds_ = double(total_.elapsed()) / 1e3;
        if (!read || total_.elapsed() < seconds_ * 1e3 + kSettleMs) return;
        pulse_.stop();
        report(*page, *monitor);
    }

    void report(RunsPage& page, RunMonitor& monitor) {
        const double resident = statusMb("VmRSS:");
        PlotView& plot = *page.monitorView()->plot();
        const Json json{{"rows", monitor.metrics().store().rows()},
                        {"read_s", seconds_},
                        {"turns", count_},
                        {"turns_with_work", turns_.wall.size()},
                        {"turn_cpu_ms_first", turns_.cpu.front()},
                        {"turn_cpu_ms_median", Turns::at(turns_.cpu, 0.5)},
                        {"turn_cpu_ms_p99", Turns::at(turns_.cpu, 0.99)},
                        {"turn_cpu_ms_longest", Turns::at(turns_.cpu, 1)},
                        {"turn_wall_ms_p99", Turns::at(turns_.wall, 0.99)},
                        {"turn_wall_ms_longest", Turns::at(turns_.wall, 1)},
                        {"redraw_cpu_ms", medianRedraw(plot, true)},
                        {"redraw_again_cpu_ms", medianRedraw(plot, false)},
                        {"plot_width", plot.width()},
                        {"plot_height", plot.height()},
                        {"rss_before_mb", before_},
                        {"rss_mb", resident},
                        {"rss_anon_mb", statusMb("RssAnon:")},
                        {"rss_highest_mb", statusMb("VmHWM:")}};
        QTextStream(stdout) << QString::fromStdString(dumpJson(json)) << '\n';
        QCoreApplication::quit();
    }

    Studio& studio_;
    QString folder_;
    QTimer pulse_;
    QElapsedTimer total_, clock_;
    double cpu_ = 0, seconds_ = 0, before_ = 0;
    Turns turns_;
    std::size_t count_ = 0;
};

}  // namespace

void benchRun(Studio& studio, const QString& folder) {
    studio.window()->resize(1440, 900);
    QTimer::singleShot(kSettleMs, &studio, [&studio, folder] { new Measure(studio, folder); });
}

}  // namespace atelier
