// SPDX-License-Identifier: GPL-3.0-or-later
// The build plan and the journal of edits: pure functions.
#include <QtTest>
#include <set>

#include "core/data/edits.h"
#include "core/data/plan.h"
#include "tests/core/data/pictures.h"

using namespace atelier;
using namespace atelier::data;

namespace {

PlanInput input(const std::string& relative, int width = 640, int height = 480) {
    PlanInput in;
    in.relative = relative;
    in.info = ImageInfo{.format = ImageFormat::Jpeg, .width = width, .height = height};
    in.contentHash = "hash of " + relative;
    in.size = 1000;
    in.caption = {.source = CaptionSource::Txt, .text = "caption of " + relative};
    return in;
}

PlanRow planOne(const PlanInput& in, const PlanOptions& options = {}) {
    return planBuild(std::vector{in}, options)[0];
}

}  // namespace

class TestPlan : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void keepsBytesByDefault() {
        const auto row = planOne(input("a.jpg"));
        QVERIFY(row.keep && row.keepBytes && row.reencode.empty());
        QCOMPARE(row.outputFormat, ImageFormat::Jpeg);
        QCOMPARE(row.outputSize, (Size{640, 480}));
    }
    void reencodesWhatNeedsIt() {
        auto in = input("a.tif");
        in.info->format = ImageFormat::Tiff;
        in.info->orientation = 6;
        in.info->colorModel = ColorModel::Cmyk;
        in.info->icc = in.info->animated = true;
        in.info->bitDepth = 16;
        const auto row = planOne(in, {.format = ImageFormat::Webp, .resize = {.side = 100}});
        QCOMPARE(row.reencode.size(), std::size_t(8));
        QCOMPARE(row.outputFormat, ImageFormat::Webp);
        QCOMPARE(row.outputSize, (Size{133, 100}));
        std::set<std::string_view> codes;
        for (const auto reason : row.reencode) codes.insert(reencodeReasonCode(reason));
        QCOMPARE(codes.size(), std::size_t(8));
        in.info->format = ImageFormat::Bmp;
        QCOMPARE(planOne(in).outputFormat, ImageFormat::Png);
        auto small = input("b.jpg", 90, 90);
        QVERIFY(planOne(small, {.resize = {.side = 100}}).keepBytes);
        QVERIFY(planOne(small, {.format = ImageFormat::Jpeg}).keepBytes);
    }
    void drops_data() {
        QTest::addColumn<int>("reason");
        QTest::addColumn<QString>("text");
        QTest::newRow("excluded") << int(DropReason::Excluded) << "excluded by you";
        QTest::newRow("unreadable") << int(DropReason::CannotDecode)
                                    << "cannot be decoded: it is empty (0 bytes)";
        QTest::newRow("small") << int(DropReason::TooSmall) << "smaller than 600 px: 640 × 480";
        QTest::newRow("oblong") << int(DropReason::RatioOutside) << "ratio outside 1 : 1.2: 640 × 480";
        QTest::newRow("no caption") << int(DropReason::NoCaption) << "no caption";
        QTest::newRow("empty") << int(DropReason::CaptionEmpty) << "caption empty";
    }
    void drops() {
        QFETCH(int, reason);
        QFETCH(QString, text);
        auto in = input("a.jpg");
        PlanOptions options;
        switch (DropReason(reason)) {
            case DropReason::Excluded:
                in.edit.excluded = true;
                break;
            case DropReason::CannotDecode:
                in.info.reset(), in.problem = "it is empty (0 bytes)";
                break;
            case DropReason::TooSmall:
                options.minSide = 600;
                break;
            case DropReason::RatioOutside:
                options.maxRatio = 1.2;
                break;
            case DropReason::NoCaption:
                in.caption = {}, options.captions = CaptionRule::Required;
                break;
            default:
                in.caption.text = " \n", options.captions = CaptionRule::Required;
        }
        const auto row = planOne(in, options);
        QVERIFY(!row.keep);
        QCOMPARE(int(row.reason), reason);
        QCOMPARE(QString::fromStdString(dropReasonText(row.reason, row.detail)), text);
        in.edit.forced =
            true;  // "train anyway" helps against rules, not against what cannot be read or was excluded
        const bool hard =
            DropReason(reason) == DropReason::Excluded || DropReason(reason) == DropReason::CannotDecode;
        QCOMPARE(planOne(in, options).keep, !hard);
    }
    void duplicates() {
        auto a = input("a.jpg"), b = input("b.jpg"), c = input("c.jpg"), d = input("d.jpg");
        b.contentHash = c.contentHash = d.contentHash = a.contentHash;
        a.caption = {};                   // the first one says nothing …
        c.caption.text = b.caption.text;  // … so b stays, c repeats it, and d says something else
        const std::vector inputs{a, b, c, d};
        const auto rows = planBuild(inputs, {});
        QVERIFY(!rows[0].keep && rows[1].keep && !rows[2].keep && rows[3].keep);
        QCOMPARE(rows[2].detail, std::string("b.jpg"));
        QCOMPARE(rows[3].notes.size(), std::size_t(1));
        const auto kept = planBuild(inputs, {.duplicates = DuplicateRule::Keep});
        QVERIFY(std::ranges::all_of(kept, &PlanRow::keep));
        const auto counts = countPlan(rows);
        QCOMPARE(counts.kept + counts.dropped, std::size_t(4));
    }
    void captions() {
        auto in = input("a.jpg");
        in.caption = {};
        QCOMPARE(planOne(in, {.defaultCaption = "sks"}).caption.source, CaptionSource::Default);
        in.edit.caption = "by hand";
        QCOMPARE(planOne(in, {.defaultCaption = "sks"}).caption.text, std::string("by hand"));
    }
    void keys() {
        QVERIFY(sampleKey("x/Fähre am Kai.jpg").starts_with("F_hre_am_Kai-"));
        QVERIFY(sampleKey("__x__.png").starts_with("x-"));
        QVERIFY(sampleKey("日本.png").starts_with("image-"));
        QVERIFY(sampleKey(std::string(300, 'a') + ".png").size() == 64 + 9);
        QVERIFY(sampleKey("a.b.c.png").find('.') == std::string::npos);
        QVERIFY(sampleKey("x/a.png") != sampleKey("y/a.png"));
        // Part of the format: a changed key would make every later version differ from the earlier ones.
        QCOMPARE(sampleKey("x/fox.jpg"), std::string("fox-4967d0fb"));
        std::vector inputs{input("a.jpg"), input("a.jpg")};
        inputs[1].source = 1;
        const auto rows = planBuild(inputs, {});
        QVERIFY(rows[0].key != rows[1].key);
        QCOMPARE(rows[0].key, sampleKey("a.jpg"));
    }
    void reasonCodesAreComplete() {
        std::set<std::string_view> codes;
        for (int i = 0; i <= int(DropReason::BucketRemainder); ++i)
            codes.insert(dropReasonCode(DropReason(i)));
        QCOMPARE(codes.size(), std::size_t(int(DropReason::BucketRemainder) + 1));
    }
    void editsFold() {
        QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "edits.jsonl";
        QVERIFY(readEdits(path)->images.empty());
        using Kind = EditRecord::Kind;
        const std::vector<EditRecord> records{
            {Kind::Caption, "a.jpg", "one"}, {Kind::Exclude, "b.jpg"}, {Kind::Caption, "a.jpg", "two"}};
        QVERIFY(appendEdits(path, records).has_value());
        auto edits = readEdits(path).value();
        QCOMPARE(*edits.find("a.jpg")->caption, std::string("two"));
        QVERIFY(edits.find("b.jpg")->excluded);
        QCOMPARE(edits.lines, std::size_t(3));
        std::ofstream(path, std::ios::app) << "{\"v\":1,\"image\":\"c.jpg\"";  // a writer was killed here
        QCOMPARE(readEdits(path)->lines, std::size_t(3));
        QCOMPARE(readEdits(path)->digest, edits.digest);
        QVERIFY(appendEdits(path,
                            std::vector<EditRecord>{{Kind::Include, "b.jpg"}, {Kind::ClearCaption, "a.jpg"}})
                    .has_value());
        edits = readEdits(path).value();
        QVERIFY(!edits.find("b.jpg")->excluded && !edits.find("a.jpg")->caption);
        QCOMPARE(edits.lines, std::size_t(5));
        std::ofstream(path, std::ios::app) << "{broken}\n";
        const auto broken = readEdits(path);
        QVERIFY(!broken);
        QVERIFY2(broken.error().where.ends_with("line 6"), broken.error().where.c_str());
    }
    void editsOfANewerVersionAreRefused() {
        QTemporaryDir folder;
        const fs::path path = fs::path(folder.path().toStdString()) / "edits.jsonl";
        test::writeFile(path, "{\"v\":2,\"image\":\"a\",\"op\":\"exclude\"}\n");
        QVERIFY(readEdits(path).error().what.find("newer") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestPlan)
#include "tst_plan.moc"
