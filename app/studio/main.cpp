// SPDX-License-Identifier: GPL-3.0-or-later
// atelier: the studio's program. Command line, application object, theme, window; the parts are put together
// in studio.cpp.
#include <unistd.h>
#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QFile>
#include <QTextStream>
#include <QTimer>

#include <functional>

#include "app/studio/bench_pictures.h"
#include "app/studio/bench_run.h"
#include "app/studio/screenshots.h"
#include "app/studio/studio.h"
#include "core/base/version.h"
#include "ui/frame/main_window.h"

namespace {

// Milliseconds from the start of the process, as the kernel counts it.
double sinceExec() {
    QFile stat(QStringLiteral("/proc/self/stat"));
    QFile uptime(QStringLiteral("/proc/uptime"));
    if (!stat.open(QIODevice::ReadOnly) || !uptime.open(QIODevice::ReadOnly)) return -1;
    const QByteArray line = stat.readAll();
    const QList<QByteArray> fields = line.mid(line.lastIndexOf(')') + 2).split(' ');
    const double startTicks = fields.value(19).toDouble();  // field 22, counted from the state field
    return (uptime.readAll().split(' ').value(0).toDouble() - startTicks / double(sysconf(_SC_CLK_TCK))) *
           1000;
}

// Calls `done` after the window has been painted for the first time.
class FirstPaint : public QObject {
  public:
    FirstPaint(QWidget* window, std::function<void()> done)
        : QObject(window), window_(window), done_(std::move(done)) {
        window->installEventFilter(this);
    }
    bool eventFilter(QObject* watched, QEvent* event) override {
        if (watched == window_ && event->type() == QEvent::Paint && done_)
            QTimer::singleShot(0, this, std::exchange(done_, nullptr));
        return false;
    }

  private:
    QWidget* window_;
    std::function<void()> done_;
};

}  // namespace

int main(int argc, char** argv) {
    QElapsedTimer clock;
    clock.start();
    QCoreApplication::setOrganizationName(QStringLiteral("atelier"));
    QCoreApplication::setApplicationName(QStringLiteral("atelier"));
    QCoreApplication::setApplicationVersion(QString::fromLatin1(atelier::kVersion));
    QApplication app(argc, argv);
    QGuiApplication::setDesktopFileName(QStringLiteral("atelier"));

    QCommandLineParser line;
    line.setApplicationDescription(
        QCoreApplication::translate("main", "Desktop studio for training image diffusion models."));
    line.addHelpOption();
    line.addVersionOption();
    const QCommandLineOption bench(
        QStringLiteral("bench-start"),
        QCoreApplication::translate("main", "Print the milliseconds to the first paint, then quit."));
    const QCommandLineOption benchRun(
        QStringLiteral("bench-run"),
        QCoreApplication::translate("main", "Print what opening this run costs the window, then quit."),
        QStringLiteral("folder"));
    const QCommandLineOption theme(
        QStringLiteral("theme"),
        QCoreApplication::translate("main", "system, light or dark, for this start only."),
        QStringLiteral("name"));
    const QCommandLineOption project(
        QStringLiteral("project"),
        QCoreApplication::translate("main", "Project folder, for this start only (~/Atelier)."),
        QStringLiteral("folder"));
    const QCommandLineOption shots(
        QStringLiteral("screenshots"),
        QCoreApplication::translate("main", "Write a picture of every page, light and dark, then quit."),
        QStringLiteral("folder"));
    const QCommandLineOption reset(
        QStringLiteral("reset-window"),
        QCoreApplication::translate("main", "Forget window size and pane widths."));
    const QCommandLineOption benchPictures(
        QStringLiteral("bench-pictures"),
        QCoreApplication::translate("main", "Print what scrolling through this folder costs, then quit."),
        QStringLiteral("folder"));
    line.addOptions({bench, benchRun, benchPictures, theme, project, shots, reset});
    line.addPositionalArgument(
        QStringLiteral("path"),
        QCoreApplication::translate("main",
                                    "Run folder, dataset folder, folder of images or YAML file to open."),
        QStringLiteral("[path]"));
    line.process(app);

    atelier::StudioOptions options;
    options.theme = line.value(theme);
    options.projectFolder = line.value(project);
    options.resetWindow = line.isSet(reset);
    options.paths = line.positionalArguments();
    if (line.isSet(shots)) return atelier::takeScreenshots(app, options, line.value(shots));

    if (line.isSet(benchPictures)) return atelier::benchPictures(app, options, line.value(benchPictures));

    atelier::Studio studio(app, options);
    if (line.isSet(bench)) {
        new FirstPaint(studio.window(), [&clock] {
            QTextStream(stdout) << "first paint " << double(clock.nsecsElapsed()) / 1e6
                                << " ms after main, about " << sinceExec() << " ms after exec\n";
            QCoreApplication::quit();
        });
    }
    studio.start();
    if (line.isSet(benchRun)) atelier::benchRun(studio, line.value(benchRun));
    return QApplication::exec();
}
