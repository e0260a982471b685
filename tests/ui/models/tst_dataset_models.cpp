// SPDX-License-Identifier: GPL-3.0-or-later
// Datasets in the studio without a window: loading, filters, edits with undo and journal, sources, facets,
// recognition.
#include <QAbstractItemModelTester>
#include <QImage>
#include <QTemporaryDir>
#include <QtTest>

#include <unistd.h>

#include "core/data/edits.h"
#include "ui/models/dataset_audit.h"
#include "ui/models/dataset_document.h"
#include "ui/models/dataset_facets_model.h"
#include "ui/models/dataset_images_model.h"
#include "ui/models/dataset_store.h"
#include "ui/models/recognise.h"
#include "ui/models/shard_table_model.h"

using namespace atelier;

namespace {
void write(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

void picture(const QString& path, int width, int height, QRgb color) {
    QImage image(width, height, QImage::Format_RGB32);
    image.fill(color);
    QVERIFY(image.save(path));
}

std::vector<DatasetEntry> synthetic(int n) {
    std::vector<DatasetEntry> entries;
    entries.reserve(std::size_t(n));
    for (int i = 0; i < n; ++i) {
        DatasetEntry e;
        e.path = "/data/pictures/" + std::to_string(i / 1000) + "/picture-" + std::to_string(i) + ".jpg";
        e.relativeLength = std::uint32_t(e.path.size() - 15);
        e.probed = true;
        e.width = 512 + i % 7 * 64;
        e.height = 512;
        if (i % 10) e.found = "a fox number " + std::to_string(i) + ", watercolour, snow";
        entries.push_back(std::move(e));
    }
    return entries;
}
}  // namespace

class TestDatasetModels : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init();
    void loadsAndTellsWhatNeedsALook();
    void brokenAfterTheHeaderIsUnreadable();
    void closedFoldersAreTold();
    void leavingDoesNotWaitForLargeFiles();
    void editsAreJournalledAndUndone();
    void unwrittenEditsAreKept();
    void vanishedFolderIsNotMadeAnew();
    void countsStayInStep();
    void typingIsOneStep();
    void sourcesComeAndGoWithTheirEdits();
    void captionsAttachByName();
    void masksAndControlImagesArePaired();
    void filters_data();
    void filters();
    void filterExplainsItself();
    void sortsAndKeepsTheSelection();
    void anAuditAddsUp();
    void hundredThousandStayQuick();
    void recognises();
    void shardTable();

  private:
    void openScratch(DatasetDocument& document);
    std::unique_ptr<QTemporaryDir> dir_;
    QString pictures_;
    Thumbnails thumbnails_;
};

// Four pictures: captioned, without caption, a byte-equal copy, and a broken file.
void TestDatasetModels::init() {
    dir_ = std::make_unique<QTemporaryDir>();
    pictures_ = dir_->filePath(QStringLiteral("pictures"));
    QVERIFY(QDir().mkpath(pictures_));
    picture(pictures_ + QStringLiteral("/fox.png"), 300, 400, qRgb(200, 90, 10));
    write(pictures_ + QStringLiteral("/fox.txt"), "a red fox, snow\n");
    picture(pictures_ + QStringLiteral("/owl.png"), 64, 64, qRgb(10, 90, 10));
    QVERIFY(QFile::copy(pictures_ + QStringLiteral("/fox.png"), pictures_ + QStringLiteral("/zwin.png")));
    write(pictures_ + QStringLiteral("/zwin.txt"), "a twin");
    write(pictures_ + QStringLiteral("/broken.jpg"), "\xff\xd8\xff\xe0 nothing more");
}

void TestDatasetModels::openScratch(DatasetDocument& document) {
    DatasetStore store(dir_->filePath(QStringLiteral("datasets")));
    QAbstractItemModelTester tester(&store, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const auto path = store.create(QStringLiteral("Red foxes"), {pictures_});
    QVERIFY(path.has_value());
    QCOMPARE(store.rowCount(), 1);
    QCOMPARE(store.index(0).data().toString(), QStringLiteral("Red foxes"));
    QSignalSpy done(&document, &DatasetDocument::loadingFinished);
    QVERIFY(document.open(fs::path(path->toStdString())).has_value());
    QVERIFY(done.wait(10000));
}

void TestDatasetModels::loadsAndTellsWhatNeedsALook() {
    DatasetDocument document;
    DatasetImagesModel images(document, thumbnails_);
    DatasetFacetsModel facets(document);
    QAbstractItemModelTester testImages(&images, QAbstractItemModelTester::FailureReportingMode::QtTest);
    QAbstractItemModelTester testFacets(&facets, QAbstractItemModelTester::FailureReportingMode::QtTest);
    openScratch(document);
    QCOMPARE(images.rowCount(), 4);
    QCOMPARE(document.count(Look::NoCaption), 2);  // owl, broken
    QCOMPARE(document.count(Look::Unreadable), 1);
    QCOMPARE(document.count(Look::Duplicate), 1);
    QCOMPARE(document.count(Look::TooSmall), 1);
    QCOMPARE(document.entry(1).found, std::string("a red fox, snow"));
    QCOMPARE(document.entry(1).width, 300);
    const int row = facets.rowOf({-1, Look::Duplicate});
    QVERIFY(row > 0);
    QCOMPARE(facets.index(row).data(DatasetFacetsModel::CountRole).toInt(), 1);
    images.setFacet({-1, Look::Duplicate});
    QCOMPARE(images.rowCount(), 1);
    QCOMPARE(images.index(0).data().toString(), QStringLiteral("zwin.png"));
    QVERIFY(images.index(0).data(Qt::AccessibleTextRole).toString().contains(QStringLiteral("duplicate")));
}

// Two files of equal size are read whole to compare them; gigabytes of that must not hold the window.
void TestDatasetModels::leavingDoesNotWaitForLargeFiles() {
    for (const char* name : {"/x.png", "/y.png"}) {
        QFile file(pictures_ + QLatin1String(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QVERIFY(file.resize(qint64(3) << 30));  // sparse: it takes no room
    }
    DatasetStore store(dir_->filePath(QStringLiteral("datasets")));
    const auto path = store.create(QStringLiteral("Large"), {pictures_});
    auto document = std::make_unique<DatasetDocument>();
    QVERIFY(document->open(fs::path(path->toStdString())).has_value());
    const auto comparing = [&] {
        return document->progress().total == 6 && document->progress().done == 6 && document->loading();
    };
    QElapsedTimer clock;
    for (int time = 0; time < 2; ++time) {
        QTRY_VERIFY(comparing());
        QTest::qWait(30);
        QVERIFY2(document->loading(), "the files were read before anything could be tried");
        clock.start();
        if (time == 0)
            document->rescan();
        else
            document.reset();
        QVERIFY2(clock.elapsed() < 150, qPrintable(QString::number(clock.elapsed())));
    }
}

void TestDatasetModels::editsAreJournalledAndUndone() {
    QString folder;
    {
        DatasetDocument document;
        openScratch(document);
        folder = QString::fromStdString(document.folder().string());
        document.setCaption(2, QStringLiteral("an owl"), 1);
        document.setExcluded({0, 3}, true);
        QCOMPARE(document.count(Look::Excluded), 2);
        QCOMPARE(document.undoStack().count(), 2);
        document.undoStack().undo();
        QCOMPARE(document.count(Look::Excluded), 0);
        document.undoStack().redo();
        document.setExcluded({3}, false);
        QVERIFY(!QFile::exists(pictures_ + QStringLiteral("/owl.txt")));  // originals stay as they were
    }
    const auto edits = data::readEdits(fs::path((folder + QStringLiteral("/edits.jsonl")).toStdString()));
    QVERIFY(edits.has_value());
    const data::ImageEdit* owl = edits->find("owl.png");
    QVERIFY(owl && owl->caption == "an owl" && !owl->excluded);
    QVERIFY(edits->find("broken.jpg")->excluded);
    QVERIFY(!edits->find("zwin.png")->excluded);
    DatasetDocument again;
    QSignalSpy done(&again, &DatasetDocument::loadingFinished);
    QVERIFY(again.open(fs::path(folder.toStdString())).has_value());
    QVERIFY(done.wait(10000));
    QCOMPARE(again.entry(2).caption(), QStringLiteral("an owl"));
    QVERIFY(again.entry(0).edit.excluded);
}

// Counts are kept change by change; counting anew must give the same.
// Whatever keeps the journal from being written (here a folder of its name): nothing is lost or called saved.
void TestDatasetModels::unwrittenEditsAreKept() {
    DatasetDocument document;
    openScratch(document);
    const QString journal = QString::fromStdString(document.dataset().editsPath().string());
    QVERIFY(QDir().mkpath(journal));
    QSignalSpy unsaved(&document, &DatasetDocument::unsavedChanged);
    document.setCaption(0, QStringLiteral("first"), 1);
    QTRY_COMPARE(document.unsavedCount(), 1);
    QVERIFY2(unsaved[0][1].toString().contains(journal), qPrintable(unsaved[0][1].toString()));
    QVERIFY(!document.setBuildOptions({}));  // the shards would hold the old caption
    QVERIFY(QDir().rmdir(journal));
    document.setCaption(1, QStringLiteral("second"), 2);
    QTRY_COMPARE(document.unsavedCount(), 0);
    QVERIFY(document.setBuildOptions({}));
    const auto kept = data::readEdits(document.dataset().editsPath());
    QVERIFY(kept.has_value());
    QCOMPARE(kept->images.size(), std::size_t(2));
    QCOMPARE(unsaved.back()[0].toInt(), 0);
}

// Renamed or removed under an open window: nothing makes a second dataset under the old name.
void TestDatasetModels::vanishedFolderIsNotMadeAnew() {
    DatasetDocument document;
    openScratch(document);
    const QString folder = QString::fromStdString(document.folder().string());
    QVERIFY(QDir().rename(folder, folder + QStringLiteral("-moved")));
    QSignalSpy problem(&document, &DatasetDocument::problem);
    document.addSources({dir_->filePath(QStringLiteral("more"))});
    QVERIFY(!problem.isEmpty());
    QVERIFY2(problem[0][0].toString().contains(folder), qPrintable(problem[0][0].toString()));
    const Status kept = document.setBuildOptions({});
    QVERIFY(!kept);
    QVERIFY2(kept.error().message().find("no longer there") != std::string::npos,
             kept.error().message().c_str());
    QVERIFY(!QFileInfo::exists(folder));
}

void TestDatasetModels::countsStayInStep() {
    DatasetDocument document;
    openScratch(document);
    const auto compare = [&document] {
        std::array<int, kShapes> shapes{};
        for (const DatasetEntry& e : document.entries())
            if (const int s = shapeOf(e.width, e.height); s >= 0) ++shapes[std::size_t(s)];
        QCOMPARE(document.shapes(), shapes);
        QCOMPARE(document.countOfSource(0), int(document.entries().size()));
        for (int l = 0; l < int(kLooks); ++l)
            QCOMPARE(document.count(Look(l)),
                     int(std::count_if(
                         document.entries().begin(), document.entries().end(),
                         [&](const DatasetEntry& e) { return e.is(Look(l), document.tokenLimit()); })));
    };
    compare();
    document.setCaption(2, QStringLiteral("an owl"), 1);
    document.setExcluded({0, 1}, true);
    compare();
    document.undoStack().undo();
    document.undoStack().undo();
    compare();
    // An edit made while the folders are looked through is not lost to what the loader knew before.
    QSignalSpy done(&document, &DatasetDocument::loadingFinished);
    document.setCaption(2, QStringLiteral("an owl"), 2);
    document.rescan();
    QVERIFY(done.wait(10000));
    QCOMPARE(document.entry(2).caption(), QStringLiteral("an owl"));
    compare();
}

void TestDatasetModels::typingIsOneStep() {
    DatasetDocument document;
    openScratch(document);
    document.setCaption(1, QStringLiteral("a r"), 7);
    document.setCaption(1, QStringLiteral("a re"), 7);
    document.setCaption(1, QStringLiteral("a red"), 7);
    QCOMPARE(document.undoStack().count(), 1);
    document.setCaption(1, QStringLiteral("another visit"), 8);
    QCOMPARE(document.undoStack().count(), 2);
    document.undoStack().undo();
    document.undoStack().undo();
    QCOMPARE(document.entry(1).caption(), QStringLiteral("a red fox, snow"));
    QVERIFY(!document.entry(1).edit.caption.has_value());
}

void TestDatasetModels::sourcesComeAndGoWithTheirEdits() {
    const QString more = dir_->filePath(QStringLiteral("more"));
    QVERIFY(QDir().mkpath(more));
    picture(more + QStringLiteral("/hen.png"), 300, 300, qRgb(1, 2, 3));
    DatasetDocument document;
    openScratch(document);
    QSignalSpy done(&document, &DatasetDocument::loadingFinished);
    document.addSources({more});
    QVERIFY(done.wait(10000));
    QCOMPARE(document.entries().size(), std::size_t(5));
    QCOMPARE(document.entry(4).source, 1U);
    document.setCaption(4, QStringLiteral("a hen"), 1);
    document.removeSource(0);
    QVERIFY(done.wait(10000));
    QCOMPARE(document.entries().size(), std::size_t(1));
    QCOMPARE(document.entry(0).caption(), QStringLiteral("a hen"));  // followed its source to number 0
    document.undoStack().undo();
    QVERIFY(done.wait(10000));
    QCOMPARE(document.entries().size(), std::size_t(5));
    QCOMPARE(document.entry(4).caption(), QStringLiteral("a hen"));
}

void TestDatasetModels::captionsAttachByName() {
    DatasetDocument document;
    openScratch(document);
    const QString owl = dir_->filePath(QStringLiteral("owl.txt")),
                  stranger = dir_->filePath(QStringLiteral("stranger.txt"));
    write(owl, "a small owl");
    write(stranger, "nobody");
    QCOMPARE(document.attachCaptions({owl, stranger}), 1);
    QCOMPARE(document.entry(2).caption(), QStringLiteral("a small owl"));
    document.undoStack().undo();
    QVERIFY(!document.entry(2).hasCaption());
}

void TestDatasetModels::masksAndControlImagesArePaired() {
    const QString masks = pictures_ + QStringLiteral("/masks"), maps = dir_->filePath(QStringLiteral("maps"));
    QVERIFY(QDir().mkpath(masks) && QDir().mkpath(maps));
    picture(masks + QStringLiteral("/owl.png"), 100, 100, qRgb(255, 255, 255));
    for (const char* name : {"/owl.png", "/fox_condition.png", "/nobody.png"})
        picture(maps + QLatin1String(name), 100, 100, qRgb(9, 9, 9));
    DatasetDocument document;
    DatasetFacetsModel facets(document);
    QAbstractItemModelTester tester(&facets, QAbstractItemModelTester::FailureReportingMode::QtTest);
    openScratch(document);
    QCOMPARE(document.entries().size(), std::size_t(4));  // the mask is no picture
    QCOMPARE(document.entry(2).companion(Companion::Mask),
             (masks + QStringLiteral("/owl.png")).toStdString());
    QCOMPARE(document.count(Look::NoMask), 3);
    QVERIFY(facets.rowOf({-1, Look::NoMask}) > 0);
    QVERIFY(facets.rowOf({-1, Look::NoCondition}) < 0);  // nobody has one: nothing to miss

    QStringList files;
    for (const QFileInfo& info : QDir(maps).entryInfoList(QDir::Files)) files << info.filePath();
    QCOMPARE(document.attachCompanions(Companion::Condition, files), 2);
    QCOMPARE(document.count(Look::NoCondition), 2);
    QVERIFY(facets.rowOf({-1, Look::NoCondition}) > 0);
    QCOMPARE(document.entry(1).companion(Companion::Condition),
             (maps + QStringLiteral("/fox_condition.png")).toStdString());
    document.setCompanions(Companion::Mask, {{2, QString()}}, QStringLiteral("none"));
    QCOMPARE(document.count(Look::NoMask), 4);
    document.undoStack().undo();
    QCOMPARE(document.count(Look::NoMask), 3);
    QVERIFY(!document.entry(2).edit.mask.has_value());
    document.undoStack().undo();
    QCOMPARE(document.count(Look::NoCondition), 4);
    document.undoStack().redo();

    const std::vector<AuditRow> rows = auditPictures(document.entries(), {}, 64, 0);
    const AuditCounts counts = countAudit(rows);
    QCOMPARE(counts.conditions, 2);
    QCOMPARE(counts.masks, 1);
    // A file that is gone is said, and its picture left out, as the build will do.
    QVERIFY(QFile::remove(maps + QStringLiteral("/owl.png")));
    QSignalSpy done(&document, &DatasetDocument::loadingFinished);
    document.rescan();
    QVERIFY(done.wait(10000));
    QCOMPARE(auditPictures(document.entries(), {}, 64, 0)[2].reason, data::DropReason::MaskMissing);
    QVERIFY(QString::fromStdString(document.entry(2).companionProblem).contains(QStringLiteral("owl.png")));
}

void TestDatasetModels::filters_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("hits");
    QTest::newRow("nothing") << ""
                             << "abc";
    QTest::newRow("word in caption or name") << "fox"
                                             << "ab";
    QTest::newRow("case does not matter") << "FOX"
                                          << "ab";
    QTest::newRow("both words") << "fox snow"
                                << "a";
    QTest::newRow("or") << "snow OR owl"
                        << "ac";
    QTest::newRow("not") << "-fox"
                         << "c";
    QTest::newRow("brackets") << "(snow OR owl) -owl"
                              << "a";
    QTest::newRow("tag is a whole part") << "tag:fox"
                                         << "b";
    QTest::newRow("quoted") << "\"red fox\""
                            << "a";
    QTest::newRow("caption with blank") << "caption:\"fox, big\""
                                        << "b";
    QTest::newRow("width") << "width:>=512"
                           << "bc";
    QTest::newRow("ratio") << "ratio:<1"
                           << "a";
    QTest::newRow("tokens") << "tokens:>60"
                            << "b";
    QTest::newRow("missing") << "missing:caption"
                             << "c";
    QTest::newRow("excluded") << "is:excluded"
                              << "c";
    QTest::newRow("source") << "source:birds"
                            << "c";
}

void TestDatasetModels::filters() {
    QFETCH(QString, text);
    QFETCH(QString, hits);
    DatasetEntry a, b, c;
    a.path = "/x/a.png", a.found = "a red fox, snow", a.width = 300, a.height = 400;
    b.path = "/x/b.png", b.found = "fox, big", b.width = 512, b.height = 512, b.tokens = 80;
    c.path = "/y/owl.png", c.width = 600, c.height = 300, c.source = 1, c.edit.excluded = true;
    for (DatasetEntry* e : {&a, &b, &c}) e->probed = true;
    FilterContext context;
    context.sourceName = [](int i) { return i ? QStringLiteral("birds") : QStringLiteral("foxes"); };
    const ParsedFilter parsed = parseFilter(text, context);
    QCOMPARE(parsed.error, QString());
    QString found;
    for (const auto& [name, e] : {std::pair('a', &a), std::pair('b', &b), std::pair('c', &c)})
        if (!parsed.matches || parsed.matches(*e)) found += QLatin1Char(name);
    QCOMPARE(found, hits);
}

void TestDatasetModels::filterExplainsItself() {
    const auto error = [](const char* text) { return parseFilter(QString::fromLatin1(text), {}).error; };
    QVERIFY(error("widht:>3").contains(QStringLiteral("width:")));
    QVERIFY(error("width:>wide").contains(QStringLiteral("number")));
    QVERIFY(!error("(fox").isEmpty());
    QVERIFY(!error("fox)").isEmpty());
    QVERIFY(!error("fox OR").isEmpty());
}

void TestDatasetModels::sortsAndKeepsTheSelection() {
    DatasetDocument document;
    DatasetImagesModel images(document, thumbnails_);
    document.setEntries(synthetic(50));
    QPersistentModelIndex kept(images.index(3));
    const int entry = images.entryIndexAt(3);
    images.setSort(ImageSort::Largest);
    QVERIFY(kept.isValid());
    QCOMPARE(images.entryIndexAt(kept.row()), entry);
    QVERIFY(images.entryAt(0).width >= images.entryAt(1).width);
    QCOMPARE(images.setFilterText(QStringLiteral("missing:caption")), QString());
    QCOMPARE(images.rowCount(), 5);
    QVERIFY(!kept.isValid());
    QVERIFY(!images.setFilterText(QStringLiteral("nonsense:1")).isEmpty());
    QCOMPARE(images.rowCount(), 5);  // a filter that cannot be read leaves the old one
}

// Every picture has one row, and each verdict is that of the build's own plan.
void TestDatasetModels::anAuditAddsUp() {
    std::vector<DatasetEntry> entries(8);
    const auto name = [&](std::size_t i, const char* file) {
        entries[i].path = std::string("/p/") + file;
        entries[i].relativeLength = std::uint32_t(std::string(file).size());
        entries[i].probed = true;
        entries[i].width = entries[i].height = 512;
        entries[i].format = data::ImageFormat::Jpeg;
        entries[i].found = "a picture";
        entries[i].foundIn = data::CaptionSource::Txt;
        entries[i].tokens = 10;
    };
    const char* const files[] = {"wide.jpg", "long.jpg", "none.jpg", "broken.jpg",
                                 "same.jpg", "out.jpg",  "tiny.jpg", "any.jpg"};
    for (std::size_t i = 0; i < 8; ++i) name(i, files[i]);
    entries[0].width = 1024;
    entries[1].tokens = 80;
    entries[2].found.clear();
    entries[2].foundIn = data::CaptionSource::None;
    entries[3].readable = false;
    entries[3].problem = "it ends early";
    entries[4].duplicateOf = 7;
    entries[5].edit.excluded = true;
    entries[6].width = entries[6].height = 64;
    data::PlanOptions options;
    options.captions = data::CaptionRule::Required;
    options.minSide = 128;
    const auto rows = auditPictures(entries, options, 256, 75);
    const AuditCounts counts = countAudit(rows);
    const auto of = [&](AuditKind kind) { return counts.kinds[std::size_t(kind)]; };
    QCOMPARE(of(AuditKind::All), 8);
    QCOMPARE(of(AuditKind::Trained) + of(AuditKind::Dropped), of(AuditKind::All));
    QCOMPARE(of(AuditKind::Trained), 3);
    QCOMPARE(of(AuditKind::CutCaption), 1);
    int reasons = 0;
    for (const auto& [reason, n] : counts.byReason) reasons += n;
    QCOMPARE(reasons, of(AuditKind::Dropped));
    // The crop is that of the training reader: the short side is brought to the square, the middle is kept.
    QVERIFY(rows[0].kept && rows[0].scaled == (data::Size{512, 256}));
    QCOMPARE(rows[0].left, 128);
    QCOMPARE(rows[0].top, 0);
    QCOMPARE(rows[0].lost(), 0.5);
    QCOMPARE(DatasetAudit::reasonText(rows[0]), QStringLiteral("cropped 50 %"));
    using data::DropReason;
    QVERIFY(rows[2].reason == DropReason::NoCaption && rows[3].reason == DropReason::CannotDecode);
    QVERIFY(rows[4].kept != rows[7].kept);  // one of the equal ones: the first by name
    QVERIFY(rows[5].reason == DropReason::Excluded && rows[6].reason == DropReason::TooSmall);
    for (const AuditRow& row : rows) QVERIFY(!DatasetAudit::deciderText(row).isEmpty());
    // What a person wants trained is trained.
    entries[6].edit.forced = true;
    const auto forced = auditPictures(entries, options, 256, 75);
    QVERIFY(forced[6].kept && forced[6].enlarged());
}

// Generous bounds: a slow, shared machine must pass; the figures are in scripts/bench.
void TestDatasetModels::hundredThousandStayQuick() {
    DatasetDocument document;
    DatasetImagesModel images(document, thumbnails_);
    DatasetFacetsModel facets(document);
    auto entries = synthetic(100000);
    QElapsedTimer clock;
    clock.start();
    document.setEntries(std::move(entries));
    const qint64 shown = clock.restart();
    QCOMPARE(images.setFilterText(QStringLiteral("fox -watercolor")), QString());
    QTRY_COMPARE(images.rowCount(), 90000);
    const qint64 filtered = clock.restart();
    QSignalSpy laid(&images, &QAbstractItemModel::layoutChanged);
    images.setSort(ImageSort::Ratio);
    QVERIFY(laid.isEmpty());  // not while the window waits
    QVERIFY(laid.wait(10000));
    const qint64 sorted = clock.restart();
    QCOMPARE(images.rowCount(), 90000);
    QVERIFY(images.entryAt(0).width <= images.entryAt(89999).width);
    // New pictures while a filter is at work: it begins anew and is right in the end.
    images.setFilterText(QStringLiteral("missing:caption"));
    document.setEntries(synthetic(20000));
    QTRY_COMPARE(images.rowCount(), 2000);
    clock.restart();
    qInfo("100 000 pictures: shown %lld ms, filtered %lld ms, sorted %lld ms", (long long)shown,
          (long long)filtered, (long long)sorted);
    QVERIFY(shown < 1000 && filtered < 2000 && sorted < 3000);
}

void TestDatasetModels::recognises() {
    QCOMPARE(recognise({pictures_}).kind, DroppedKind::ImageFolder);
    QCOMPARE(recognise({pictures_}).images, 4);
    QCOMPARE(recognise({pictures_}).captions, 2);
    QCOMPARE(recognise({pictures_ + QStringLiteral("/fox.png"), pictures_ + QStringLiteral("/owl.png")}).kind,
             DroppedKind::Images);
    QCOMPARE(recognise({pictures_ + QStringLiteral("/fox.txt")}).kind, DroppedKind::Captions);
    QCOMPARE(recognise({dir_->filePath(QStringLiteral("absent"))}).kind, DroppedKind::Unsupported);
    const QString run = dir_->filePath(QStringLiteral("run"));
    QVERIFY(QDir().mkpath(run));
    write(run + QStringLiteral("/config.yaml"), "experiment: {}\n");
    QCOMPARE(recognise({run + QStringLiteral("/config.yaml")}).kind, DroppedKind::Config);
    write(run + QStringLiteral("/events.jsonl"), "");
    QCOMPARE(recognise({run}).kind, DroppedKind::Run);
    QCOMPARE(recognise({run + QStringLiteral("/events.jsonl")}).paths, QStringList{run});
    write(dir_->filePath(QStringLiteral("art.psd")), "8BPS");
    QVERIFY(QFile::link(QStringLiteral("/nowhere/at/all"), dir_->filePath(QStringLiteral("gone"))));
    QVERIFY(recognise({dir_->filePath(QStringLiteral("gone"))})
                .refusal.contains(QStringLiteral("/nowhere/at/all")));
    const Dropped psd = recognise({dir_->filePath(QStringLiteral("art.psd"))});
    QCOMPARE(psd.kind, DroppedKind::Unsupported);
    QVERIFY(psd.refusal.contains(QStringLiteral(".psd")));
}

// Cut files are found while the list is read, damage in the middle when the picture is decoded for the grid.
void TestDatasetModels::brokenAfterTheHeaderIsUnreadable() {
    QImage noise(200, 200, QImage::Format_RGB32);
    for (int y = 0; y < 200; ++y)
        for (int x = 0; x < 200; ++x) noise.setPixel(x, y, QRgb(x * 7919 + y * 104729));
    const auto damaged = [&](const char* name, const auto& damage) {
        const QString path = pictures_ + QLatin1Char('/') + QLatin1String(name);
        QVERIFY(noise.save(path));
        QFile file(path);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QByteArray bytes = file.readAll();
        damage(bytes);
        QVERIFY(file.resize(0) && file.seek(0) && file.write(bytes) == bytes.size());
    };
    const auto cut = [](QByteArray& b) { b.truncate(b.size() / 2); };
    damaged("cut.png", cut);
    damaged("cut.jpg", cut);
    damaged("more.jpg", [](QByteArray& b) { b += "words of another program"; });
    damaged("flipped.png", [](QByteArray& b) { b[b.size() / 2] = char(b[b.size() / 2] ^ 0x55); });
    DatasetDocument document;
    DatasetImagesModel images(document, thumbnails_);
    openScratch(document);
    QCOMPARE(document.count(Look::Unreadable), 3);  // cut.png, cut.jpg and broken.jpg
    QSignalSpy changed(&document, &DatasetDocument::entriesChanged);
    for (int row = 0; row < images.rowCount(); ++row)
        (void)thumbnails_.get(images.index(row).data(DatasetImagesModel::PathRole).toString(), 64);
    QTRY_COMPARE_WITH_TIMEOUT(document.count(Look::Unreadable), 4, 10000);
    for (const DatasetEntry& e : document.entries()) {
        const bool broken = e.name() != QStringLiteral("more.jpg") && e.name() != QStringLiteral("fox.png") &&
                            e.name() != QStringLiteral("owl.png") && e.name() != QStringLiteral("zwin.png");
        QVERIFY2(e.readable != broken, qPrintable(e.name()));
        QVERIFY2(!broken || !e.problem.empty(), qPrintable(e.name()));
    }
}

// A folder without the right to read it: what is in there is missing, which is said.
void TestDatasetModels::closedFoldersAreTold() {
    const QString closed = pictures_ + QStringLiteral("/closed");
    QVERIFY(QDir().mkpath(closed));
    QVERIFY(QFile::setPermissions(closed, {}));
    const bool root = geteuid() == 0;  // may read everything: looks as somebody else
    if (root) {
        QVERIFY(QFile::setPermissions(dir_->path(), QFile::Permissions(0x7777)));
        QVERIFY(seteuid(65534) == 0);
    }
    DatasetDocument document;
    QSignalSpy problem(&document, &DatasetDocument::problem);
    openScratch(document);
    if (root) QVERIFY(seteuid(0) == 0);
    QFile::setPermissions(closed, QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    QCOMPARE(problem.size(), 1);
    QVERIFY2(problem[0][1].toString().contains(closed), qPrintable(problem[0][1].toString()));
    QCOMPARE(int(document.entries().size()), 4);
}

void TestDatasetModels::shardTable() {
    ShardTableModel table;
    QAbstractItemModelTester tester(&table, QAbstractItemModelTester::FailureReportingMode::QtTest);
    table.setBuilding({{"000000.tar", 10, 1000, "", false}});
    table.setBuilding(
        {{"000000.tar", 52, 5000, std::string(64, 'a'), false}, {"000001.tar", 1, 100, "", false}});
    QCOMPARE(table.rowCount(), 2);
    QCOMPARE(table.index(0, ShardTableModel::Samples).data().toString(), QStringLiteral("52"));
    QCOMPARE(table.index(0, 0).data(ShardTableModel::StateRole).toInt(), int(ShardTableModel::Written));
    table.setBuilding({{"000000.tar", 52, 5000, std::string(64, 'a'), true},
                       {"000001.tar", 9, 100, std::string(64, 'b'), true}});
    QVERIFY(table.index(0, ShardTableModel::ReadBack).data().toString().contains(QStringLiteral("52 of 52")));
    table.clear();
    QCOMPARE(table.rowCount(), 0);
}

QTEST_GUILESS_MAIN(TestDatasetModels)
#include "tst_dataset_models.moc"
