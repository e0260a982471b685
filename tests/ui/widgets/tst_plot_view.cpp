// SPDX-License-Identifier: GPL-3.0-or-later
// The plot's manners: zoom, pan, cursor by mouse and keys, log axis, clipping, export. With ATELIER_BENCH=1
// also prints the redraw time and resident memory of a million points.
#include <QApplication>
#include <QFile>
#include <QSignalSpy>
#include <QtTest>
#include <cmath>
#include <ctime>
#include <random>

#include "ui/style/atelier_style.h"
#include "ui/style/tokens.h"
#include "ui/widgets/plot_view.h"

using namespace atelier;
using Values = std::vector<std::pair<std::string, double>>;

namespace {
void fill(MetricStore& store, int n, int every = 1) {
    std::mt19937 random(7);
    std::normal_distribution<double> noise(0, 1);
    for (int i = 1; i <= n; ++i) {
        const double base = 0.09 + 0.16 * std::exp(-4.0 * i / n);
        Values values{{"loss", base * (1 + 0.12 * noise(random))},
                      {"lr", 1e-4 * (1 - double(i) / n)},
                      {"grad_norm", 1 + 0.3 * std::abs(noise(random))}};
        store.append(i * every, i * every * 64, 1.7e9 + i * 0.4, values);
        if (i % std::max(1, n / 7) == 0)
            store.append(i * every, i * every * 64, 1.7e9 + i * 0.4, Values{{"val_loss", base}});
    }
}
// Of this thread: what other programs do on a busy machine does not count.
double cpuMs() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return double(t.tv_sec) * 1e3 + double(t.tv_nsec) / 1e6;
}
double residentMb() {
    QFile file(QStringLiteral("/proc/self/statm"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toDouble() * 4096 / 1e6 : 0;
}
}  // namespace

class TestPlotView : public QObject {
    Q_OBJECT
    MetricStore store_;
    std::unique_ptr<PlotView> plot_;

    QWidget* canvas() const { return plot_->findChild<QWidget*>(); }

  private Q_SLOTS:
    void init() {
        store_ = MetricStore();
        fill(store_, 3420);
        plot_ = std::make_unique<PlotView>();
        plot_->resize(900, 320);
        plot_->setSeries({{&store_, "loss", QStringLiteral("loss"), 0, false},
                          {&store_, "val_loss", QStringLiteral("validation"), 1, true}});
        plot_->setPlanned(6000, 384'000);
        plot_->show();
        QVERIFY(QTest::qWaitForWindowExposed(plot_.get()));
    }
    void everythingReachesThePlannedEndOnlyWhileLive() {
        QCOMPARE(plot_->range().second, 3420.0);
        plot_->setLive(true);
        QCOMPARE(plot_->range().second, 6000.0);
        plot_->setAxis(PlotAxis::Images);
        QCOMPARE(plot_->range().second, 384'000.0);
        plot_->setAxis(PlotAxis::Time);
        QVERIFY(std::abs(plot_->range().second - 3419 * 0.4) < 1);
    }
    void dragZoomsAndDoubleClickShowsAll() {
        QWidget* c = canvas();
        QTest::mousePress(c, Qt::LeftButton, {}, {300, 100});
        QTest::mouseMove(c, {350, 110});
        QTest::mouseMove(c, {500, 120});
        QTest::mouseRelease(c, Qt::LeftButton, {}, {500, 120});
        QVERIFY(plot_->isZoomed());
        const auto [from, to] = plot_->range();
        QVERIFY(from > 500 && to < 2500 && to - from > 500);
        // New values do not move what a person looks at.
        store_.append(3421, 3421 * 64, 1.8e9, Values{{"loss", 0.1}});
        plot_->refresh();
        QCOMPARE(plot_->range(), std::make_pair(from, to));
        QTest::mouseDClick(c, Qt::LeftButton, {}, {400, 100});
        QVERIFY(!plot_->isZoomed());
    }
    void wheelKeepsThePlaceUnderThePointer() {
        const auto before = plot_->range();
        QWheelEvent wheel(QPointF(450, 100), canvas()->mapToGlobal(QPointF(450, 100)), {}, {0, 240},
                          Qt::NoButton, {}, Qt::NoScrollPhase, false);
        QApplication::sendEvent(canvas(), &wheel);
        const auto after = plot_->range();
        QVERIFY(after.second - after.first < (before.second - before.first) * 0.7);
        QVERIFY(after.first > before.first && after.second < before.second);
    }
    void keysMoveTheCursorAndTheReadOutTellsIt() {
        plot_->setFocus();
        QSignalSpy hovered(plot_.get(), &PlotView::stepHovered);
        QTest::keyClick(plot_.get(), Qt::Key_End);
        QCOMPARE(hovered.last().at(0).toLongLong(), 3420);
        QTest::keyClick(plot_.get(), Qt::Key_Left);
        QVERIFY(hovered.last().at(0).toLongLong() < 3420);
        const QStringList lines = plot_->readOut();
        QVERIFY2(lines.value(0).startsWith(QStringLiteral("step 3")),
                 qPrintable(lines.join(QLatin1Char('|'))));
        QVERIFY(lines.value(1).startsWith(QStringLiteral("loss, smoothed 0.09")));
        QTest::keyClick(plot_.get(), Qt::Key_Escape);
        QVERIFY(plot_->readOut().isEmpty());
        QTest::keyClick(plot_.get(), Qt::Key_Plus);
        QVERIFY(plot_->isZoomed());
        QTest::keyClick(plot_.get(), Qt::Key_0);
        QVERIFY(!plot_->isZoomed());
        QTest::keyClick(plot_.get(), Qt::Key_L);
        QVERIFY(plot_->logY());
    }
    void hoverAndClickNameTheNearestStep() {
        QSignalSpy clicked(plot_.get(), &PlotView::stepClicked);
        QTest::mouseMove(canvas(), {460, 100});
        QTest::mouseClick(canvas(), Qt::LeftButton, {}, {460, 100});
        QCOMPARE(clicked.count(), 1);
        const auto step = clicked[0][0].toLongLong();
        QVERIFY(step > 1400 && step < 2000);
        QVERIFY(!plot_->isZoomed());
    }
    void summaryIsASentence() {
        const QString text = plot_->summary();
        QVERIFY2(text.contains(QStringLiteral("at step 3")) && text.contains(QStringLiteral("falling")),
                 qPrintable(text));
        QVERIFY(text.contains(QStringLiteral("validation")));
    }
    void exportsWhatIsSeen() {
        plot_->setRange(100, 200);
        const QByteArray csv = plot_->csv();
        QVERIFY(csv.startsWith("metric,step,images,unix_time,value\nloss,"));
        QVERIFY(csv.count('\n') > 100 && csv.count('\n') < 110);
        QVERIFY(plot_->svg().contains("<svg"));
        QVERIFY(plot_->picture().width() >= 1800);
    }
    void survivesOddData() {
        MetricStore odd;
        plot_->setSeries({{&odd, "loss", QStringLiteral("loss"), 0, false}});
        plot_->redrawMs();
        odd.append(1, 1, 1, Values{{"loss", std::nan("")}});
        plot_->refresh();
        plot_->redrawMs();
        odd.append(2, 2, 2, Values{{"loss", 0.0}});
        odd.append(3, 3, 3, Values{{"loss", -5.0}});
        plot_->setLogY(true);
        plot_->redrawMs();
        odd.append(4, 4, 4, Values{{"loss", 1e30}});
        plot_->setLogY(false);
        plot_->setClipOutliers(false);
        plot_->redrawMs();
        QVERIFY(plot_->summary().contains(QStringLiteral("step 4")));
    }
    // What is kept between redraws follows every change: new values, a resume that takes some back, another
    // axis.
    void aRedrawShowsWhatIsThere() {
        MetricStore big;
        fill(big, 20'000);
        plot_->setClipOutliers(false);
        plot_->setSeries({{&big, "loss", QStringLiteral("loss"), 0, false}});
        const auto shown = [&] {
            plot_->refresh();
            plot_->redrawMs(false);
            return plot_->grab().toImage();
        };
        const auto fresh = [&] {
            plot_->redrawMs(true);
            return plot_->grab().toImage();
        };
        const QImage first = shown();
        QCOMPARE(first, fresh());
        big.append(20'001, 20'001 * 64, 1.8e9, Values{{"loss", 2.5}});
        const QImage grown = shown();
        QVERIFY(grown != first);
        QCOMPARE(grown, fresh());
        big.forgetAfter(10'000);
        for (int i = 10'001; i <= 20'001; ++i)
            big.append(i, i * 64, 1.8e9 + i, Values{{"loss", 1.0 + i % 3}});
        const QImage again = shown();  // as many values as before, others
        QVERIFY(again != grown);
        QCOMPARE(again, fresh());
        plot_->setSmoothing(0.5);
        const QImage smoother = shown();
        QVERIFY(smoother != again);
        QCOMPARE(smoother, fresh());
        plot_->setAxis(PlotAxis::Time);
        QVERIFY(shown() != smoother);
    }
    void aMillionPoints() {
        const bool bench = qEnvironmentVariableIsSet("ATELIER_BENCH");
        const double before = residentMb();
        MetricStore big;
        fill(big, bench ? 1'000'000 : 100'000);
        const double filled = residentMb();
        plot_->setSeries({{&big, "loss", QStringLiteral("loss"), 0, false}});
        plot_->redrawMs();
        std::vector<double> times;
        for (int i = 0; i < 31; ++i) {
            const double start = cpuMs();
            plot_->redrawMs();
            times.push_back(cpuMs() - start);
        }
        std::sort(times.begin(), times.end());
        const double againStart = cpuMs();
        plot_->redrawMs(false);
        const double again = cpuMs() - againStart;
        plot_->zoom(0.01, 500'000);
        plot_->redrawMs();
        const double zoomStart = cpuMs();
        plot_->redrawMs();
        const double zoomed = cpuMs() - zoomStart;
        if (bench)
            qInfo(
                "1 000 000 points, 3 metrics: redraw %.2f ms of CPU (median of 31; %.2f ms when nothing has "
                "changed), %.2f ms zoomed to 1 "
                "%%; "
                "RSS "
                "%.0f MB (before %.0f, with the numbers %.0f)",
                times[15], again, zoomed, residentMb(), before, filled);
        QVERIFY(times[15] < 100);  // far above the aim: this test is about not drawing every point
    }
    void picture() {
        const QString folder = qEnvironmentVariable("ATELIER_SHOTS");
        if (folder.isEmpty()) return;
        plot_->setLive(true);
        plot_->setMarkers({{PlotMarkerKind::Checkpoint, 500, QStringLiteral("Checkpoint, 248 MB")},
                           {PlotMarkerKind::Sample, 500, {}},
                           {PlotMarkerKind::Skipped, 2611, {}},
                           {PlotMarkerKind::Resume, 1800, {}}});
        plot_->setPinnedStep(1000);
        for (const bool dark : {false, true}) {
            style::apply(*qApp, dark ? style::kDark : style::kLight);
            QTest::qWait(50);
            QTest::mouseMove(canvas(), {250, 100});
            QTest::qWait(50);
            plot_->grab().save(folder +
                               (dark ? QStringLiteral("/plot-dark.png") : QStringLiteral("/plot-light.png")));
        }
    }
};

int main(int argc, char** argv) {
    QApplication app(argc, argv);
    style::apply(app, style::kLight);
    TestPlotView test;
    return QTest::qExec(&test, argc, argv);
}
#include "tst_plot_view.moc"
