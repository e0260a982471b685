// SPDX-License-Identifier: GPL-3.0-or-later
// Windows of shards: every sample once per pass, the same order from any number, what cannot be used is said.
#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>

#include "core/data/image_io.h"
#include "core/data/shard_stream.h"
#include "core/data/tar_file.h"

using namespace atelier;
using namespace atelier::data;

class TestShardStream : public QObject {
    Q_OBJECT
    static constexpr int kShards = 5, kEach = 3;
    QTemporaryDir dir_;
    fs::path root_;
    std::string spec_;
    std::vector<std::string> problems_;

    ShardStreamOptions options(std::uint64_t first = 0, StreamPlace place = {}) {
        ShardStreamOptions o;
        o.plan.seed = 7;
        o.plan.resolution = 8;
        o.plan.flipProbability = 0.5;
        o.dataset.required = "png,txt";
        o.reading.numbers.first = first;
        o.windowShards = 2;
        o.place = place;
        o.folder = root_ / "stream";
        o.problem = [this](const std::string& text) { problems_.push_back(text); };
        // What lies elsewhere here is a copy of a shard beside us, but for one that nobody has.
        o.fetch = [this](const std::vector<WantedShard>& shards, const std::function<bool()>&) {
            std::vector<std::string> said;
            for (const auto& shard : shards) {
                std::error_code error;
                fs::copy_file(root_ / shard.url.substr(shard.url.rfind('/') + 1), shard.target, error);
                if (error) said.push_back(shard.url + ": there is no such object");
            }
            return said;
        };
        return o;
    }
    static std::vector<std::string> keys(ShardStream& stream, std::uint64_t count,
                                         std::vector<StreamPlace>* places = nullptr) {
        std::vector<std::string> result;
        for (std::uint64_t i = 0; i < count; ++i) {
            const auto sample = stream.next();
            if (!sample) return {sample.error().what};
            result.push_back(sample->key + (sample->flipped ? " flipped" : ""));
            if (places) places->push_back(stream.place());
        }
        return result;
    }

  private Q_SLOTS:
    void initTestCase() {
        root_ = dir_.path().toStdString();
        auto image = Image::allocate(8, 8);
        std::fill_n(image.row(0), image.byteSize(), std::uint8_t{90});
        const auto png = encodeImage(image, {.format = ImageFormat::Png});
        QVERIFY(png);
        for (int s = 0; s < kShards; ++s) {
            auto tar = TarFile::create(root_ / ("00" + std::to_string(s) + ".tar"));
            QVERIFY(tar);
            for (int i = 0; i < kEach; ++i) {
                const auto key = std::to_string(s) + "-" + std::to_string(i);
                QVERIFY(tar->add(key + ".png", *png));
                QVERIFY(tar->add(key + ".txt", "words"));
            }
            QVERIFY(tar->close());
        }
        spec_ = "s3://bucket/{000..002}.tar::" + root_.string() + "/{003..004}.tar";
    }
    void init() { problems_.clear(); }
    void everySampleOncePerPass() {
        const auto stream = ShardStream::open(spec_, options());
        QVERIFY(stream);
        constexpr std::uint64_t kPass = kShards * kEach;
        std::vector<std::string> first;
        for (int pass = 0; pass < 2; ++pass) {
            auto seen = keys(**stream, kPass);
            for (auto& key : seen) key = key.substr(0, 3);
            if (pass == 0)
                first = seen;
            else
                QVERIFY(seen != first);
            std::ranges::sort(seen);
            QVERIFY(std::ranges::adjacent_find(seen) == seen.end());
            QCOMPARE(seen.size(), std::size_t(kPass));
        }
        QVERIFY(problems_.empty());
    }
    void theSameFromAnyNumber() {
        constexpr std::uint64_t kAll = 40;
        std::vector<StreamPlace> places;
        std::vector<std::string> whole;
        {
            const auto stream = ShardStream::open(spec_, options());
            QVERIFY(stream);
            whole = keys(**stream, kAll, &places);
            // What is done is not kept, and what comes next is the only other thing there.
            std::size_t windows = 0;
            for ([[maybe_unused]] const auto& entry : fs::directory_iterator(root_ / "stream")) ++windows;
            QVERIFY(windows <= 2);
        }
        QVERIFY(!fs::exists(root_ / "stream"));
        for (const std::uint64_t n : {1U, 5U, 6U, 14U, 15U, 29U}) {  // the place of the sample before
            const auto stream = ShardStream::open(spec_, options(n, places[n - 1]));
            QVERIFY(stream);
            const auto sample = (*stream)->next();
            QVERIFY(sample);
            QCOMPARE(sample->number, n);
            QCOMPARE(sample->key + (sample->flipped ? " flipped" : ""), whole[n]);
            QCOMPARE(keys(**stream, kAll - n - 1),
                     (std::vector<std::string>(whole.begin() + std::ptrdiff_t(n) + 1, whole.end())));
        }
    }
    void shardsAreDrawnWithReplacement() {
        auto given = options();
        given.plan.shuffle = Shuffle::Replacement;
        const auto stream = ShardStream::open(spec_, given);
        QVERIFY(stream);
        auto seen = keys(**stream, 300);
        QCOMPARE(seen.size(), std::size_t(300));
        std::map<std::string, int> times;
        for (const auto& key : seen) ++times[key.substr(0, 1)];
        QCOMPARE(times.size(), std::size_t(kShards));
    }
    void whatCannotBeUsedIsSaid() {
        const auto stream = ShardStream::open("s3://bucket/{000..005}.tar", options());
        QVERIFY(stream);
        QCOMPARE(keys(**stream, 30).size(), std::size_t(30));
        QVERIFY(!problems_.empty());
        for (const auto& problem : problems_) QVERIFY(problem.find("005.tar") != std::string::npos);
        auto none = ShardStream::open("s3://bucket/{007..009}.tar", options());
        // A shard in a window of its own is passed over, too.
        problems_.clear();
        auto alone = options();
        alone.windowShards = 1;
        const auto single = ShardStream::open("s3://bucket/{003..005}.tar", std::move(alone));
        QVERIFY(single);
        auto seen = keys(**single, 2 * 2 * kEach);
        QCOMPARE(std::ranges::count_if(seen, [](const auto& key) { return key.starts_with("4-"); }),
                 2 * kEach);
        QVERIFY(!problems_.empty());
        QVERIFY(!none && none.error().code == ErrorCode::Data);
        QVERIFY(none.error().what.find("no such object") != std::string::npos);
        auto folder = ShardStream::open(root_.string(), options());
        QVERIFY(!folder && folder.error().hint.find("{000000") != std::string::npos);
    }
    void waitingCanEnd() {
        auto given = options();
        std::atomic<bool> asked = false;
        given.fetch = [&](const auto&, const std::function<bool()>& cancelled) {
            while (!cancelled()) std::this_thread::yield();
            asked = true;
            return std::vector<std::string>{"cancelled"};
        };
        given.goOn = [] { return false; };
        const auto stream = ShardStream::open(spec_, std::move(given));
        QVERIFY(!stream && stream.error().code == ErrorCode::Cancelled);
        QVERIFY(asked);
    }
};

QTEST_GUILESS_MAIN(TestShardStream)
#include "tst_shard_stream.moc"
