// SPDX-License-Identifier: GPL-3.0-or-later
// The build flow in process: determinism, continuation, cancelling, edits, and that nothing unfinished looks
// finished.
#include <QtTest>
#include <map>
#include <thread>

#include "core/base/hash.h"
#include "core/data/build.h"
#include "core/data/dataset_folder.h"
#include "core/data/shard_reader.h"
#include "core/data/verify.h"
#include "core/run/control.h"
#include "core/run/event_log.h"
#include "core/run/run_state.h"
#include "tests/core/data/pictures.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::test;

class TestBuild : public QObject {
    Q_OBJECT
    std::unique_ptr<QTemporaryDir> temporary_;
    fs::path folder() const { return temporary_->path().toStdString(); }

    // Every kind that needs treatment, with captions for most.
    void makeSources(int plain = 12) {
        for (int i = 0; i < plain; ++i) {
            const std::string name = "plain" + std::to_string(i);
            writeFile(folder() / "src" / (name + ".jpg"),
                      encoded(picture(96, 64, unsigned(i)), ImageFormat::Jpeg));
            writeFile(folder() / "src" / (name + ".txt"), "caption " + std::to_string(i) + "\n");
        }
        const std::string jpeg = encoded(picture(120, 60, 50), ImageFormat::Jpeg);
        writeFile(folder() / "src/sub/turned.jpg", withExif(jpeg, 6));
        writeFile(folder() / "src/sub/copy.png", encoded(picture(40, 40, 60), ImageFormat::Png));
        writeFile(folder() / "src/sub/copy2.png", encoded(picture(40, 40, 60), ImageFormat::Png));
        writeFile(folder() / "src/bad/cut.jpg", jpeg.substr(0, jpeg.size() / 2));
        writeFile(folder() / "src/bad/empty.png", "");
    }
    BuildRequest request(const std::string& target = "v1") const {
        BuildRequest r;
        r.sources = {folder() / "src"};
        r.target = folder() / target;
        r.threads = 2;
        return r;
    }
    std::map<std::string, std::string> bytesOf(const fs::path& version) const {
        std::map<std::string, std::string> hashes;
        for (const auto& entry : fs::directory_iterator(version)) {
            const std::string name = entry.path().filename().string();
            if (name != "events.jsonl") hashes[name] = sha256HexOfFile(entry.path()).value();
        }
        return hashes;
    }
    std::map<std::string, std::string> members(const fs::path& shard) const {
        std::map<std::string, std::string> found;
        auto reader = ShardReader::open(shard).value();
        for (auto sample = reader.next(); sample && *sample; sample = reader.next()) {
            for (const auto& member : (*sample)->members)
                found[(*sample)->key + "." + member.extension] = member.bytes;
        }
        return found;
    }
    std::string find(const std::map<std::string, std::string>& members, const std::string& start,
                     const std::string& end) const {
        for (const auto& [name, bytes] : members) {
            if (name.starts_with(start) && name.ends_with(end)) return bytes;
        }
        return "missing";
    }

  private Q_SLOTS:
    void init() { temporary_ = std::make_unique<QTemporaryDir>(); }

    void keepsBytesAndAccountsForEveryFile() {
        makeSources();
        const auto built = buildDataset(request());
        QVERIFY2(built.has_value(), built ? "" : built.error().message().c_str());
        QCOMPARE(built->scanned, std::uint64_t(17));
        QCOMPARE(built->kept, std::uint64_t(14));
        QCOMPARE(built->kept + built->dropped, built->scanned);
        QCOMPARE(built->reencoded, std::uint64_t(1));
        const auto found = members(folder() / "v1/000000.tar");
        QCOMPARE(find(found, "plain3-", ".jpg"), readFile(folder() / "src/plain3.jpg").value());
        QCOMPARE(find(found, "plain3-", ".txt"), std::string("caption 3"));
        const auto turned = decodeImage(find(found, "turned-", ".jpg"), "turned");
        QVERIFY(turned && turned->image.width == 60 && turned->image.height == 120);
        const Json json = parseJson(find(found, "turned-", ".json")).value();
        QCOMPARE(json["original_width"].get<int>(), 60);
        QCOMPARE(find(found, "copy-", ".txt"), std::string("missing"));  // no caption: no member
        // The report names every file of the sources exactly once.
        const std::string report = readFile(folder() / "v1/report.jsonl").value();
        std::map<std::string, Json> lines;
        for (const auto& line : QByteArray::fromStdString(report).split('\n')) {
            if (line.isEmpty()) continue;
            const Json j = parseJson(line.toStdString()).value();
            QVERIFY(lines.emplace(j["file"].get<std::string>(), j).second);
        }
        QCOMPARE(lines.size(), std::size_t(17 + 12));
        QCOMPARE(lines["sub/copy2.png"]["text"].get<std::string>(), std::string("duplicate of sub/copy.png"));
        QVERIFY(
            lines["bad/cut.jpg"]["text"].get<std::string>().starts_with("cannot be decoded: it ends after"));
        QCOMPARE(lines["sub/turned.jpg"]["reencoded"][0].get<std::string>(), std::string("exif_turn"));
        QVERIFY(verifyDataset(folder() / "v1")->ok());
        QVERIFY(!fs::exists(buildWorkFolder(folder() / "v1")));
    }
    void sameInputSameBytes() {
        makeSources();
        auto options = BuildOptions{};
        options.plan.resize = {.side = 48};
        options.plan.format = ImageFormat::Webp;
        options.shardSamples = 5;
        std::map<std::string, std::string> first;
        for (const int threads : {1, 4, 3}) {
            auto r = request("t" + std::to_string(threads));
            r.name = "same";
            r.options = options;
            r.threads = threads;
            const auto built = buildDataset(r);
            QVERIFY2(built.has_value(), built ? "" : built.error().message().c_str());
            QCOMPARE(built->shards, std::uint64_t(3));
            const auto bytes = bytesOf(r.target);
            if (first.empty()) first = bytes;
            QCOMPARE(bytes, first);
        }
    }
    void shardCountAndOrder() {
        makeSources(20);
        auto r = request();
        r.options.shardCount = 4;
        QCOMPARE(buildDataset(r)->shards, std::uint64_t(4));
        auto shuffled = request("shuffled");
        shuffled.options.shuffleSeed = 3;
        QVERIFY(buildDataset(shuffled).has_value());
        const auto keys = [&](const fs::path& shard) {
            std::vector<std::string> list;
            auto reader = ShardReader::open(shard).value();
            for (auto sample = reader.next(); sample && *sample; sample = reader.next())
                list.push_back((*sample)->key);
            return list;
        };
        auto plainRequest = request("plain");
        QVERIFY(buildDataset(plainRequest).has_value());
        auto a = keys(folder() / "plain/000000.tar"), b = keys(folder() / "shuffled/000000.tar");
        QVERIFY(a != b);
        std::ranges::sort(a);
        std::ranges::sort(b);
        QCOMPARE(a, b);
    }
    void editsAreAnOverlay() {
        makeSources();
        const std::string before = readFile(folder() / "src/plain1.txt").value();
        const fs::path edits = folder() / "edits.jsonl";
        using Kind = EditRecord::Kind;
        QVERIFY(appendEdits(edits, std::vector<EditRecord>{{Kind::Caption, "plain1.jpg", "by hand"},
                                                           {Kind::Exclude, "plain2.jpg"}})
                    .has_value());
        auto r = request();
        r.edits = edits;
        const auto built = buildDataset(r);
        QCOMPARE(built->kept, std::uint64_t(13));
        const auto found = members(folder() / "v1/000000.tar");
        QCOMPARE(find(found, "plain1-", ".txt"), std::string("by hand"));
        QCOMPARE(find(found, "plain2-", ".jpg"), std::string("missing"));
        QCOMPARE(readFile(folder() / "src/plain1.txt").value(), before);
    }
    void unusableInputLeavesNothing() {
        writeFile(folder() / "src/a.jpg", "not a picture at all, really");
        const auto nothing = buildDataset(request());
        QCOMPARE(nothing.error().code, ErrorCode::Data);
        QVERIFY(!fs::exists(folder() / "v1") && !fs::exists(buildWorkFolder(folder() / "v1")));
        fs::remove(folder() / "src/a.jpg");
        writeFile(folder() / "src/a.heic", "x");
        QVERIFY(buildDataset(request()).error().what.find("1 .heic") != std::string::npos);
        auto missing = request();
        missing.sources = {folder() / "absent"};
        QCOMPARE(buildDataset(missing).error().code, ErrorCode::Data);
    }
    void finishedVersionsAreNeverOverwritten() {
        makeSources();
        QVERIFY(buildDataset(request()).has_value());
        const auto bytes = bytesOf(folder() / "v1");
        QCOMPARE(buildDataset(request()).error().code, ErrorCode::Usage);
        QCOMPARE(bytesOf(folder() / "v1"), bytes);
        writeFile(folder() / "full/notes.txt", "mine");
        QCOMPARE(buildDataset(request("full")).error().code, ErrorCode::Usage);
    }
    // Interrupted in the middle of writing, the same call goes on and gives the bytes of an undisturbed
    // build.
    void interruptedBuildsContinue() {
        makeSources(40);
        auto whole = request("whole");
        whole.name = "same";
        whole.options.shardSamples = 7;
        QVERIFY(buildDataset(whole).has_value());
        auto r = request();
        r.name = "same";
        r.options = whole.options;
        std::atomic<bool> cancel{false};
        BuildHooks hooks;
        hooks.cancel = &cancel;
        hooks.progress = [&](const BuildProgress& p) {
            if (p.phase != BuildPhase::Write) return;
            cancel = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(150));  // the session sees it within 50
        };
        const auto stopped = buildDataset(r, hooks);
        QVERIFY(!stopped);
        QCOMPARE(stopped.error().code, ErrorCode::Cancelled);
        QVERIFY(!fs::exists(folder() / "v1"));
        QVERIFY(fs::exists(buildWorkFolder(folder() / "v1")));
        const auto built = buildDataset(r);
        QVERIFY2(built.has_value(), built ? "" : built.error().message().c_str());
        QCOMPARE(bytesOf(folder() / "v1"), bytesOf(folder() / "whole"));
        // With other options the leftovers are not used.
        QVERIFY(!fs::exists(buildWorkFolder(folder() / "v1")));
    }
    void aStopRequestEndsWithinASecondAndLeavesNothing() {
        makeSources(400);
        auto r = request();
        r.options.plan.format = ImageFormat::Png;  // slow enough to be caught at work
        r.options.plan.resize = {.side = 900, .enlarge = true};
        const run::RunFolder work{buildWorkFolder(r.target)};
        std::chrono::steady_clock::time_point asked;
        std::jthread studio([&] {
            run::EventReader reader(work.events());
            run::RunState state;
            while (state.phase != "write") {
                (void)reader.read([&](run::Event&& event) { state.apply(event); });
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            }
            asked = std::chrono::steady_clock::now();
            (void)run::writeRequest(work, {.kind = run::RequestKind::Stop});
        });
        const auto built = buildDataset(r);
        studio.join();
        QVERIFY(!built);
        QCOMPARE(built.error().code, ErrorCode::Cancelled);
        const auto took = std::chrono::steady_clock::now() - asked;
        QVERIFY2(took < std::chrono::seconds(2),
                 qPrintable(QString::number(took / std::chrono::milliseconds(1))));
        QVERIFY(!fs::exists(r.target) && !fs::exists(work.root));
    }
    void recordsThatDisagreeStartOver() {
        makeSources(20);
        auto r = request();
        r.options.shardSamples = 3;
        std::atomic<bool> cancel{false};
        BuildHooks hooks;
        hooks.cancel = &cancel;
        hooks.progress = [&](const BuildProgress& p) {
            if (p.phase != BuildPhase::Verify) return;
            cancel = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(150));
        };
        QVERIFY(!buildDataset(r, hooks));
        const fs::path work = buildWorkFolder(folder() / "v1");
        QVERIFY(fs::exists(work / "shards/000000.tar"));
        writeFile(work / "outcomes.jsonl", readFile(work / "outcomes.jsonl")->substr(0, 120));
        const auto built = buildDataset(r);
        QVERIFY2(built.has_value(), built ? "" : built.error().message().c_str());
        QCOMPARE(built->kept, std::uint64_t(22));
        QVERIFY(verifyDataset(folder() / "v1")->ok());
    }
    void memoryBoundsOnlyTheSpeed() {
        makeSources(12);
        QVERIFY(buildDataset(request()).has_value());
        auto tight = request("tight");
        tight.memory = 1;  // one picture at a time
        tight.threads = 4;
        QVERIFY(buildDataset(tight).has_value());
        QCOMPARE(sha256HexOfFile(folder() / "tight/000000.tar").value(),
                 sha256HexOfFile(folder() / "v1/000000.tar").value());
    }
    void tooLargeForTheMemoryIsRefused() {
        makeSources(2);
        writeFile(folder() / "src/oblong.png", encoded(picture(8, 400, 3), ImageFormat::Png));
        auto r = request();
        r.options.plan.resize = {.side = 65535, .mode = ResizeMode::ShortSide, .enlarge = true};
        const auto built = buildDataset(r);
        QVERIFY(!built && built.error().code == ErrorCode::Io);
        QVERIFY2(built.error().what.find("not enough memory") == 0, built.error().message().c_str());
        QVERIFY(!fs::exists(r.target) && !fs::exists(buildWorkFolder(r.target)));  // nothing to go on with
    }
    void killedBetweenPublishingAndClearing() {
        makeSources(2);
        QVERIFY(buildDataset(request()).has_value());
        const fs::path work = buildWorkFolder(folder() / "v1");
        fs::create_directories(work / "control");
        fs::rename(folder() / "v1/events.jsonl", work / "events.jsonl");
        const auto again = buildDataset(request());
        QVERIFY(!again && again.error().code == ErrorCode::Usage);
        QVERIFY(!fs::exists(work));
        QVERIFY(fs::exists(folder() / "v1/events.jsonl"));
    }
    void masksAndConditionsGoAlong() {
        makeSources(2);
        const std::string same = encoded(picture(96, 64, 5), ImageFormat::Png);
        writeFile(folder() / "src/plain0-masklabel.png", same);
        writeFile(folder() / "src/plain0-condlabel.png", encoded(picture(48, 32, 6), ImageFormat::Png));
        writeFile(folder() / "src/plain1-masklabel.png", "no picture");
        QVERIFY(buildDataset(request()).has_value());
        const auto found = members(folder() / "v1/000000.tar");
        QCOMPARE(find(found, "plain0-", ".mask.png"), same);
        const auto condition = decodeImage(find(found, "plain0-", ".cond.png"), "condition");
        QVERIFY(condition && condition->image.width == 96 && condition->image.height == 64);
        QVERIFY(readFile(folder() / "v1/report.jsonl")->find("the mask or condition picture beside it") !=
                std::string::npos);
        auto small = request("small");
        small.options.plan.resize = {.side = 32, .mode = ResizeMode::Square};
        QVERIFY(buildDataset(small).has_value());
        const auto mask =
            decodeImage(find(members(folder() / "small/000000.tar"), "plain0-", ".mask.png"), "mask");
        QVERIFY(mask && mask->image.width == 32 && mask->image.height == 32);
    }
    void chosenMasksTakeThePlaceOfThoseFound() {
        makeSources(3);
        const std::string found = encoded(picture(96, 64, 5), ImageFormat::Png),
                          chosen = encoded(picture(96, 64, 7), ImageFormat::Png);
        writeFile(folder() / "src/plain0-masklabel.png", found);
        writeFile(folder() / "src/conditions/plain1.png", found);
        writeFile(folder() / "elsewhere/mine.png", chosen);
        const fs::path journal = folder() / "edits.jsonl";
        using Kind = EditRecord::Kind;
        const std::vector<EditRecord> edits{
            {Kind::Mask, "plain0.jpg", (folder() / "elsewhere/mine.png").string()},
            {Kind::Condition, "plain0.jpg", "elsewhere/mine.png"},  // from the journal's folder
            {Kind::Condition, "plain1.jpg", ""},
            {Kind::Mask, "plain2.jpg", (folder() / "gone.png").string()}};
        QVERIFY(appendEdits(journal, edits).has_value());
        auto asked = request();
        asked.edits = journal;
        const auto built = buildDataset(asked);
        QVERIFY2(built.has_value(), built ? "" : built.error().message().c_str());
        const auto in = members(folder() / "v1/000000.tar");
        QCOMPARE(find(in, "plain0-", ".mask.png"), chosen);
        QCOMPARE(find(in, "plain0-", ".cond.png"), chosen);
        QCOMPARE(find(in, "plain1-", ".cond.png"), std::string("missing"));
        QCOMPARE(find(in, "plain2-", ".jpg"), std::string("missing"));
        const std::string report = readFile(folder() / "v1/report.jsonl").value();
        QVERIFY(report.find("mask_missing") != std::string::npos);
        QVERIFY(report.find("gone.png is missing") != std::string::npos);
        QVERIFY(report.find("its picture was given another one, or none") != std::string::npos);
        // Taken back, the mask beside the picture holds again.
        QVERIFY(appendEdits(journal, std::vector<EditRecord>{{Kind::ClearMask, "plain0.jpg"}}).has_value());
        asked.target = folder() / "v2";
        QVERIFY(buildDataset(asked).has_value());
        QCOMPARE(find(members(folder() / "v2/000000.tar"), "plain0-", ".mask.png"), found);
    }
    void changedFilesAreNotTaken() {
        makeSources(4);
        BuildHooks hooks;
        bool done = false;
        hooks.progress = [&](const BuildProgress& p) {
            if (done || p.phase != BuildPhase::Plan) return;
            done = true;
            writeFile(folder() / "src/plain0.jpg", encoded(picture(96, 64, 999), ImageFormat::Jpeg));
        };
        const auto built = buildDataset(request(), hooks);
        QVERIFY(built.has_value());
        QVERIFY(readFile(folder() / "v1/report.jsonl")->find("file changed since scan") != std::string::npos);
    }
    void eventsTellTheStory() {
        makeSources();
        QVERIFY(buildDataset(request()).has_value());
        run::EventReader reader(folder() / "v1/events.jsonl");
        std::vector<std::string> phases;
        run::RunState state;
        QVERIFY(reader
                    .read([&](run::Event&& event) {
                        if (const auto* phase = std::get_if<run::Phase>(&event.body))
                            phases.push_back(phase->name);
                        state.apply(event);
                    })
                    .has_value());
        QCOMPARE(phases, (std::vector<std::string>{"scan", "probe", "plan", "write", "verify", "manifest"}));
        QVERIFY(state.finished && state.finished->reason == run::FinishReason::Completed);
        QCOMPARE(state.shards.size(), std::size_t(1));
        QVERIFY(state.shards[0].verified);
        QCOMPARE(state.droppedCount, std::uint64_t(3));
    }
    void datasetFolders() {
        makeSources();
        DatasetFolder dataset{.folder = folder() / "set", .name = "my set", .sources = {"../src"}};
        dataset.options.plan.resize = {.side = 32, .mode = ResizeMode::Square};
        dataset.options.plan.defaultCaption = "sks";
        dataset.options.shuffleSeed = 9;
        QVERIFY(writeDatasetFolder(dataset).has_value());
        QVERIFY(isDatasetFolder(dataset.folder));
        const auto read = readDatasetFolder(dataset.folder);
        QVERIFY2(read.has_value(), read ? "" : read.error().message().c_str());
        QCOMPARE(read->name, dataset.name);
        QCOMPARE(read->options.plan.resize.side, 32);
        QVERIFY(read->options.plan.resize.mode == ResizeMode::Square);
        QCOMPARE(*read->options.shuffleSeed, std::uint64_t(9));
        QCOMPARE(read->sourcePaths()[0], folder() / "src");
        QCOMPARE(nextVersion(dataset.folder), 1);
        auto r = request();
        r.target = dataset.folder / "v3";
        QVERIFY(buildDataset(r).has_value());
        fs::create_directory(dataset.folder / "v7");  // no manifest: not a version
        QCOMPARE(builtVersions(dataset.folder), std::vector<int>{3});
        writeFile(dataset.folder / "dataset.yaml", "sources: [../src]\nbuild: {resise: 5}\n");
        const auto typo = readDatasetFolder(dataset.folder);
        QCOMPARE(typo.error().hint, std::string("Did you mean \"resize\"?"));
        writeFile(dataset.folder / "dataset.yaml", "version: 2\nsources: [../src]\n");
        QVERIFY(readDatasetFolder(dataset.folder).error().what.find("newer") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestBuild)
#include "tst_build.moc"
