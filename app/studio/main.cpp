// SPDX-License-Identifier: GPL-3.0-or-later
// atelier: the studio's program. Command line, application object, theme, window; the parts are put together
// in studio.cpp.
#include <QApplication>
#include <QCommandLineParser>
#include <QDBusConnection>
#include <QElapsedTimer>
#include <QFileInfo>
#include <QTextStream>
#include <ctime>
#include <optional>

#include "app/studio/bench_pictures.h"
#include "app/studio/bench_run.h"
#include "app/studio/screenshots.h"
#include "app/studio/single_instance.h"
#include "app/studio/stall_watch.h"
#include "app/studio/studio.h"
#include "core/base/version.h"

namespace {

// Without a session bus (plain X, X over ssh) Qt's first D-Bus call would start a bus daemon, wait for it and
// leave it behind. While this lives there is then no bus; programs started later see the environment as it
// was.
class NoBusOfItsOwn {
  public:
    NoBusOfItsOwn() : set_(qEnvironmentVariableIsEmpty(kName) && !userBus()) {
        if (set_) qputenv(kName, "disabled:");
    }
    ~NoBusOfItsOwn() {
        if (!set_) return;
        QDBusConnection::sessionBus();  // looked up once, kept from here on
        qunsetenv(kName);
    }
    NoBusOfItsOwn(const NoBusOfItsOwn&) = delete;
    NoBusOfItsOwn& operator=(const NoBusOfItsOwn&) = delete;

  private:
    static constexpr const char* kName = "DBUS_SESSION_BUS_ADDRESS";
    static bool userBus() {
        const QString folder = qEnvironmentVariable("XDG_RUNTIME_DIR");
        return !folder.isEmpty() && QFileInfo::exists(folder + QStringLiteral("/bus"));
    }
    bool set_;
};

// Prints when the window was painted first: since main(), and by the monotonic clock, for who started it.
void reportFirstPaint(const QElapsedTimer& sinceMain) {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    QTextStream(stdout) << "first paint " << double(sinceMain.nsecsElapsed()) / 1e6 << " ms after main, at "
                        << qint64(now.tv_sec) * 1'000'000'000 + now.tv_nsec << " ns of the monotonic clock\n";
    QCoreApplication::quit();
}

}  // namespace

int main(int argc, char** argv) {
    QElapsedTimer clock;
    clock.start();
    QCoreApplication::setOrganizationName(QStringLiteral("atelier"));
    QCoreApplication::setApplicationName(QStringLiteral("atelier"));
    QCoreApplication::setApplicationVersion(QString::fromLatin1(atelier::kVersion));
    std::optional<NoBusOfItsOwn> bus(std::in_place);
    atelier::StudioApplication app(argc, argv);
    bus.reset();
    QGuiApplication::setDesktopFileName(QStringLiteral("org.atelier.Atelier"));

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
    const QCommandLineOption language(QStringLiteral("language"),
                                      QCoreApplication::translate("main", "en or de, for this start only."),
                                      QStringLiteral("code"));
    const QCommandLineOption project(
        QStringLiteral("project"),
        QCoreApplication::translate("main", "Project folder, for this start only (~/Atelier)."),
        QStringLiteral("folder"));
    const QCommandLineOption shots(
        QStringLiteral("screenshots"),
        QCoreApplication::translate("main", "Write a picture of every page, light and dark, then quit."),
        QStringLiteral("folder"));
    const QCommandLineOption size(QStringLiteral("size"),
                                  QCoreApplication::translate("main", "Of the window in these pictures."),
                                  QStringLiteral("width x height"), QStringLiteral("1440x900"));
    const QCommandLineOption reset(
        QStringLiteral("reset-window"),
        QCoreApplication::translate("main", "Forget window size and pane widths."));
    const QCommandLineOption benchPictures(
        QStringLiteral("bench-pictures"),
        QCoreApplication::translate("main", "Print what scrolling through this folder costs, then quit."),
        QStringLiteral("folder"));
    line.addOptions({bench, benchRun, benchPictures, theme, language, project, shots, size, reset});
    line.addPositionalArgument(
        QStringLiteral("path"),
        QCoreApplication::translate("main",
                                    "Run folder, dataset folder, folder of images or YAML file to open."),
        QStringLiteral("[path]"));
    line.process(app);

    atelier::StudioOptions options;
    options.theme = line.value(theme);
    options.language = line.value(language);
    options.projectFolder = line.value(project);
    options.resetWindow = line.isSet(reset);
    options.paths = line.positionalArguments();
    if (line.isSet(shots)) {
        const QStringList sides = line.value(size).split(QLatin1Char('x'));
        return atelier::takeScreenshots(app, options, line.value(shots),
                                        {sides.value(0).toInt(), sides.value(1).toInt()});
    }

    if (line.isSet(benchPictures)) return atelier::benchPictures(app, options, line.value(benchPictures));

    // What is asked for this start only (a project, measuring) wants a studio of its own.
    atelier::SingleInstance instance;
    const bool own = line.isSet(project) || line.isSet(bench) || line.isSet(benchRun);
    if (!own && instance.handOver(options.paths)) return 0;

    // Language and text size are part of every widget: for others the window is made anew.
    constexpr int kAgain = 1000;
    int code = kAgain;
    while (code == kAgain) {
        QApplication::setQuitOnLastWindowClosed(true);
        atelier::Studio studio(app, options);
        QObject::connect(&instance, &atelier::SingleInstance::opened, &studio, &atelier::Studio::openPaths);
        if (line.isSet(bench))
            QObject::connect(&studio, &atelier::Studio::painted, &app, [&clock] { reportFirstPaint(clock); });
        if (const QString stalls = qEnvironmentVariable("ATELIER_STALLS"); !stalls.isEmpty())
            QObject::connect(&studio, &atelier::Studio::painted, &app,
                             [&app, stalls] { app.watchStalls(stalls); });
        studio.start();
        if (line.isSet(benchRun)) atelier::benchRun(studio, line.value(benchRun));
        QObject::connect(&studio, &atelier::Studio::restartWanted, &app,
                         [] { QCoreApplication::exit(kAgain); });
        code = QApplication::exec();
        options.paths.clear();
    }
    return code;
}
