// SPDX-License-Identifier: GPL-3.0-or-later
// Training data: index (ours, scanned, compressed), order, resume, threads, dropped samples, crops and
// captions.
#include <QTemporaryDir>
#include <QtTest>

#include <zlib.h>

#include <set>

#include "core/base/hash.h"
#include "core/data/caption.h"
#include "core/data/condition_filters.h"
#include "core/data/dataset_index.h"
#include "core/data/image_io.h"
#include "core/data/masks.h"
#include "core/data/sample_source.h"
#include "tests/core/data/shard_fixture.h"

using namespace atelier;
using namespace atelier::data;
using namespace atelier::data::testing;

namespace {

constexpr std::size_t kCount = 40;

// Two halves of different brightness, so that a flip shows; brightness tells the sample.
std::string picture(std::size_t i, int width, int height) {
    Image image = Image::allocate(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c)
                image.row(y)[3 * x + c] = static_cast<std::uint8_t>(x < width / 2 ? i * 5 : 255 - i * 5);
    EncodeOptions options;
    options.format = ImageFormat::Png;
    return encodeImage(image, options).value();
}

// 40 pictures in shards of 12; sample 7's picture is broken, sample 11 has no caption.
Status writePictures(const fs::path& folder) {
    ShardWriterOptions options;
    options.limits.samples = 12;
    ATELIER_TRY(ShardWriter writer, ShardWriter::create(folder, options));
    for (std::size_t i = 0; i < kCount; ++i) {
        const std::string image = i == 7 ? "not a picture" : picture(i, 40 + static_cast<int>(i), 32);
        const std::string caption = "first " + std::to_string(i) + "\nsecond " + std::to_string(i) + "\n";
        const std::string json = "{\"original_width\":" + std::to_string(400 + i) +
                                 ",\"original_height\":320,\"score\":" + std::to_string(i) + "}";
        std::vector<MemberView> members{{"png", image}, {"txt", caption}, {"json", json}};
        if (i == 11) members.erase(members.begin() + 1);
        ATELIER_DO(writer.add(keyOf(i), members));
    }
    Manifest manifest;
    ATELIER_TRY(manifest.content, writer.close());
    ATELIER_DO(verifyShards(folder, manifest.content));
    return writeManifest(folder, manifest);
}

TrainPlan smallPlan() {
    TrainPlan plan;
    plan.seed = 7;
    plan.resolution = 16;
    return plan;
}

// Everything about a sample that training can see, as one number.
std::uint64_t digest(const TrainSample& s) {
    std::string text = s.key + "|" + s.caption + "|" + std::to_string(s.number) + "|" +
                       std::to_string(s.cropTop) + "|" + std::to_string(s.cropLeft) + "|" +
                       std::to_string(s.flipped) + "|";
    for (const DroppedSample& d : s.dropped) text += d.key + ",";
    text.append(s.pixels.begin(), s.pixels.end());
    return xxh3(text);
}

std::vector<std::uint64_t> digests(const std::shared_ptr<const DatasetIndex>& index, const TrainPlan& plan,
                                   int threads, int prefetch, NumberSequence numbers, std::size_t count) {
    SampleSourceOptions options;
    options.threads = threads;
    options.prefetch = prefetch;
    options.numbers = numbers;
    auto source = SampleSource::open(index, plan, options);
    std::vector<std::uint64_t> result;
    for (std::size_t i = 0; source && i < count; ++i) {
        const auto sample = source->next();
        if (!sample) break;
        result.push_back(digest(*sample));
    }
    return result;
}

}  // namespace

class TestSampleSource : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    std::shared_ptr<const DatasetIndex> index_;

  private Q_SLOTS:
    void initTestCase() {
        qputenv("XDG_CACHE_HOME", (dir_.path() + "/cache").toUtf8());
        VERIFY_OK(writePictures(pathOf(dir_) / "v1"));
        const auto opened = DatasetIndex::open((pathOf(dir_) / "v1").string());
        VERIFY_OK(opened);
        index_ = *opened;
    }

    // Of inpainting: a function of the sample's number, of every kind, never empty, whole as often as asked.
    void masksAreDrawn() {
        auto plan = smallPlan();
        plan.randomMask = TrainPlan::RandomMask{0.25};
        const SampleOrder order(*index_, plan);
        const auto first = loadTrainSample(*index_, plan, order, 3),
                   again = loadTrainSample(*index_, plan, order, 3);
        VERIFY_OK(first);
        VERIFY_OK(again);
        QCOMPARE(first->mask.size(), std::size_t(16 * 16));
        QVERIFY(first->mask == again->mask);
        int whole = 0, edged = 0;
        double covered = 0;
        constexpr int kMasks = 2000, kSide = 32;
        for (std::uint64_t n = 0; n < kMasks; ++n) {
            const auto mask = randomMask(Random(7, RandomStream::Mask, n), kSide, kSide, 0.25);
            const auto white = std::count(mask.begin(), mask.end(), 255),
                       black = std::count(mask.begin(), mask.end(), 0);
            QVERIFY(white > 0 && white + black == kSide * kSide);
            whole += black == 0;
            edged += black > 0 && mask.front() && mask.back();  // outside of a rectangle, mostly
            covered += double(white) / kMasks / (kSide * kSide);
        }
        QVERIFY2(whole > 440 && whole < 560, std::to_string(whole).c_str());
        QVERIFY2(edged > 200 && edged < 800, std::to_string(edged).c_str());
        QVERIFY2(covered > 0.4 && covered < 0.8, std::to_string(covered).c_str());
    }

    // Of ControlNets: squares in the colour of one of their pixels; light and dark in three steps.
    void conditionsAreComputed() {
        constexpr int kSide = 64;
        std::vector<std::uint8_t> rgb;
        for (int y = 0; y < kSide; ++y)
            for (int x = 0; x < kSide; ++x)
                rgb.insert(rgb.end(),
                           {std::uint8_t(x < kSide / 2 ? 20 : 220), std::uint8_t(x), std::uint8_t(y)});
        const auto coarse = coarsePicture(rgb, kSide, kSide, 8);
        const auto at = [&](const std::vector<std::uint8_t>& picture, int x, int y, int c) {
            return int(picture[std::size_t(3 * (y * kSide + x) + c)]);
        };
        for (int y = 0; y < kSide; ++y)
            for (int x = 0; x < kSide; ++x) {
                QCOMPARE(at(coarse, x, y, 1), x / 8 * 8 + 4);
                QCOMPARE(at(coarse, x, y, 2), y / 8 * 8 + 4);
            }
        const auto shapes = brightnessShapes(rgb, kSide, kSide, Random(7, RandomStream::Condition, 1));
        QCOMPARE(at(shapes, 4, 30, 0), 0);
        QCOMPARE(at(shapes, kSide - 5, 30, 2), 255);
        const auto flat = brightnessShapes(std::vector<std::uint8_t>(3 * 5 * 7, 90), 5, 7,
                                           Random(7, RandomStream::Condition, 1));
        QCOMPARE(flat.size(), std::size_t(3 * 5 * 7));

        auto plan = smallPlan();
        const SampleOrder order(*index_, plan);
        plan.coarseFactor = 4;
        const auto sample = loadTrainSample(*index_, plan, order, 3);
        VERIFY_OK(sample);
        QVERIFY(sample->condition == coarsePicture(sample->pixels, 16, 16, 4));
        plan.coarseFactor = 0;
        plan.shapes = true;
        const auto drawn = loadTrainSample(*index_, plan, order, 3),
                   again = loadTrainSample(*index_, plan, order, 3);
        VERIFY_OK(drawn);
        VERIFY_OK(again);
        QVERIFY(drawn->condition.size() == drawn->pixels.size() && drawn->condition == again->condition);
    }

    // Another program cuts a shard while it is trained on: its samples are dropped by name, the others stay.
    void shardCutDuringTraining() {
        const fs::path folder = pathOf(dir_) / "cut";
        fs::copy(pathOf(dir_) / "v1", folder);
        const auto opened = DatasetIndex::open(folder.string());
        VERIFY_OK(opened);
        const SampleOrder order(**opened, smallPlan());
        VERIFY_OK(loadTrainSample(**opened, smallPlan(), order, 0));
        fs::resize_file(folder / "000001.tar", 700);
        std::size_t dropped = 0;
        for (std::uint64_t n = 0; n < kCount; ++n) {
            const auto sample = loadTrainSample(**opened, smallPlan(), order, n);
            VERIFY_OK(sample);
            QVERIFY(!sample->shard.ends_with("000001.tar"));
            for (const DroppedSample& d : sample->dropped)
                if (d.shard.ends_with("000001.tar")) {
                    ++dropped;
                    QVERIFY2(d.reason.find("it has 700 bytes") != std::string::npos, d.reason.c_str());
                }
        }
        QVERIFY(dropped >= 12);
    }

    // A line of pixels whose short side is brought to the resolution would take gigabytes.
    void stripsThatWouldBecomeHugeAreDropped() {
        const fs::path folder = pathOf(dir_) / "strips";
        auto writer = ShardWriter::create(folder, {});
        VERIFY_OK(writer);
        const std::string strip = picture(1, 2, 20000), square = picture(2, 32, 32), caption = "a line";
        VERIFY_OK(writer->add("strip", std::vector<MemberView>{{"png", strip}, {"txt", caption}}));
        VERIFY_OK(writer->add("square", std::vector<MemberView>{{"png", square}, {"txt", caption}}));
        VERIFY_OK(writer->close());
        const auto opened = DatasetIndex::open((folder / "000000.tar").string());
        VERIFY_OK(opened);
        TrainPlan plan = smallPlan();
        plan.resolution = 512;
        const SampleOrder order(**opened, plan);
        std::size_t dropped = 0;
        for (std::uint64_t n = 0; n < 4; ++n) {
            const auto sample = loadTrainSample(**opened, plan, order, n);
            VERIFY_OK(sample);
            QCOMPARE(sample->key, std::string("square"));
            for (const DroppedSample& d : sample->dropped) {
                ++dropped;
                QVERIFY2(d.reason.find("512 × 5120000") != std::string::npos, d.reason.c_str());
            }
        }
        QVERIFY(dropped > 0);
    }

    void indexAndScanAgree() {
        QCOMPARE(index_->size(), kCount);
        QCOMPARE(index_->shards().size(), 4u);
        const fs::path copy = pathOf(dir_) / "copy";
        fs::create_directories(copy);
        for (const fs::path& shard : index_->shards()) fs::copy_file(shard, copy / shard.filename());
        const auto scanned = DatasetIndex::open((copy / "{000000..000003}.tar").string());
        VERIFY_OK(scanned);
        QCOMPARE((*scanned)->fingerprint(), index_->fingerprint());
        for (std::uint64_t i = 0; i < kCount; ++i) {
            QCOMPARE((*scanned)->key(i), index_->key(i));
            const auto a = index_->find(i, "jpg;png"), b = (*scanned)->find(i, "jpg;png");
            QVERIFY(a && b && a->offset == b->offset && a->size == b->size);
            QCOMPARE((*scanned)->read(i, *b).value(), index_->read(i, *a).value());
        }
        QCOMPARE(index_->shardOf(11), 0u);
        QCOMPARE(index_->shardOf(12), 1u);
        QVERIFY(!index_->find(11, "txt"));
    }

    void patternUsesTheIndexAndSubsets() {
        const auto part = DatasetIndex::open((pathOf(dir_) / "v1" / "{000001..000002}.tar").string());
        VERIFY_OK(part);
        QCOMPARE((*part)->size(), 24u);
        QCOMPARE((*part)->key(0), std::string_view("sample-1012"));
    }

    void requiredAndFilters() {
        DatasetOptions options;
        options.required = "jpg;png,txt";
        options.filters = {{"score", "<20"}};
        const auto filtered = DatasetIndex::open((pathOf(dir_) / "v1").string(), options);
        VERIFY_OK(filtered);
        QCOMPARE((*filtered)->size(), 19u);  // 0 … 19 without 11
        QCOMPARE((*filtered)->sizeUnfiltered(), kCount);
        QCOMPARE((*filtered)->problems().size(), 1u);
        QVERIFY((*filtered)->problems()[0].starts_with("1 of 40 samples lack"));
        options.filters = {{"score", ">1000"}};
        const auto none = DatasetIndex::open((pathOf(dir_) / "v1").string(), options);
        QVERIFY(!none && none.error().code == ErrorCode::Data);
        options.filters = {{"score", "nonsense"}};
        QVERIFY(!DatasetIndex::open((pathOf(dir_) / "v1").string(), options));
    }

    void compressedShardsAreUnpackedOnce() {
        const fs::path packed = pathOf(dir_) / "packed.tar.gz";
        const std::string tar = readFile(pathOf(dir_) / "v1" / "000000.tar").value();
        gzFile file = gzopen(packed.c_str(), "wb");
        gzwrite(file, tar.data(), static_cast<unsigned>(tar.size()));
        gzclose(file);
        for (int i = 0; i < 2; ++i) {
            const auto opened = DatasetIndex::open(packed.string());
            VERIFY_OK(opened);
            QCOMPARE((*opened)->size(), 12u);
            QCOMPARE((*opened)->shards()[0], packed);
            QCOMPARE((*opened)->read(3, *(*opened)->find(3, "txt")).value(),
                     std::string("first 3\nsecond 3\n"));
        }
        int copies = 0;
        for ([[maybe_unused]] const auto& entry :
             fs::directory_iterator(pathOf(dir_) / "cache/atelier/shards"))
            ++copies;
        QCOMPARE(copies, 1);
    }

    void missingAndTornShardsAreNamed() {
        const fs::path copy = pathOf(dir_) / "torn";
        fs::create_directories(copy);
        const std::string tar = readFile(pathOf(dir_) / "v1" / "000000.tar").value();
        VERIFY_OK(writeFileAtomic(copy / "0.tar", tar));
        VERIFY_OK(writeFileAtomic(copy / "1.tar", tar.substr(0, tar.size() / 2 + 100)));
        const auto opened = DatasetIndex::open((copy / "{0..2}.tar").string());
        VERIFY_OK(opened);
        QCOMPARE((*opened)->problems().size(), 2u);
        QVERIFY((*opened)->size() > 12 && (*opened)->size() < 24);
        QVERIFY((*opened)->problems()[1].find("2.tar") != std::string::npos);
        DatasetOptions strict;
        strict.tolerant = false;
        QVERIFY(!DatasetIndex::open((copy / "{0..2}.tar").string(), strict));
    }

    void everyEpochHasEverySampleOnce_data() {
        QTest::addColumn<int>("shuffle");
        QTest::newRow("none") << int(Shuffle::None);
        QTest::newRow("full") << int(Shuffle::Full);
        QTest::newRow("windowed") << int(Shuffle::Windowed);
    }
    void everyEpochHasEverySampleOnce() {
        QFETCH(int, shuffle);
        TrainPlan plan = smallPlan();
        plan.shuffle = static_cast<Shuffle>(shuffle);
        plan.windowShards = 2;
        const SampleOrder order(*index_, plan);
        std::vector<std::vector<std::uint64_t>> epochs(3);
        for (std::uint64_t n = 0; n < 3 * kCount; ++n) epochs[n / kCount].push_back(order.at(n));
        for (const auto& epoch : epochs)
            QCOMPARE(std::set<std::uint64_t>(epoch.begin(), epoch.end()).size(), kCount);
        QVERIFY((epochs[0] != epochs[1]) == (plan.shuffle != Shuffle::None));
        // A pure function: asked backwards, by another object, it says the same.
        const SampleOrder again(*index_, plan);
        for (std::uint64_t n = 3 * kCount; n-- > 0;) QCOMPARE(again.at(n), epochs[n / kCount][n % kCount]);
        plan.seed = 8;
        const SampleOrder other(*index_, plan);
        std::vector<std::uint64_t> first;
        for (std::uint64_t n = 0; n < kCount; ++n) first.push_back(other.at(n));
        QVERIFY((first != epochs[0]) == (plan.shuffle != Shuffle::None));
    }

    void windowsHoldFewShards() {
        TrainPlan plan = smallPlan();
        plan.shuffle = Shuffle::Windowed;
        plan.windowShards = 1;
        const SampleOrder order(*index_, plan);
        int changes = 0;
        for (std::uint64_t n = 1; n < kCount; ++n)
            changes += index_->shardOf(order.at(n)) != index_->shardOf(order.at(n - 1));
        QCOMPARE(changes, 3);
    }

    // The order is part of what a checkpoint promises: these numbers change only with a new format version.
    void orderIsFixedForever() {
        const SampleOrder order(*index_, smallPlan());
        std::vector<std::uint64_t> first;
        for (std::uint64_t n = 0; n < 8; ++n) first.push_back(order.at(n));
        QCOMPARE(first, (std::vector<std::uint64_t>{39, 15, 14, 10, 2, 3, 23, 19}));
    }

    void threadsAndPrefetchChangeNothing() {
        TrainPlan plan = smallPlan();
        plan.crop = Crop::Random;
        plan.flipProbability = 0.5;
        plan.captionDropout = 0.3;
        plan.captionLines = CaptionLines::Random;
        const auto expected = digests(index_, plan, 1, 1, {}, 3 * kCount);
        QCOMPARE(expected.size(), 3 * kCount);
        QCOMPARE(std::set<std::uint64_t>(expected.begin(), expected.end()).size(), expected.size());
        QVERIFY(digests(index_, plan, 4, 3, {}, 3 * kCount) == expected);
        QVERIFY(digests(index_, plan, 3, 64, {}, 3 * kCount) == expected);
        // Resume from any number equals the uninterrupted run.
        for (std::size_t from = 0; from < 3 * kCount; from += 17) {
            const auto rest = digests(index_, plan, 2, 8, {from, 1, 1}, 3 * kCount - from);
            QVERIFY(
                std::equal(rest.begin(), rest.end(), expected.begin() + static_cast<std::ptrdiff_t>(from)));
        }
        // Three ranks with batches of 4 see the same samples as one.
        for (std::uint64_t rank = 0; rank < 3; ++rank) {
            const auto part = digests(index_, plan, 2, 8, {rank * 4, 4, 12}, 20);
            for (std::uint64_t k = 0; k < part.size(); ++k)
                QCOMPARE(part[k], expected[(k / 4) * 12 + rank * 4 + k % 4]);
        }
    }

    void brokenSamplesAreReplacedAndReported() {
        const TrainPlan plan = smallPlan();
        auto source = SampleSource::open(index_, plan, {});
        VERIFY_OK(source);
        std::set<std::string> dropped;
        for (std::size_t i = 0; i < kCount; ++i) {
            const auto sample = source->next();
            VERIFY_OK(sample);
            QCOMPARE(sample->number, i);
            QCOMPARE(sample->pixels.size(), 16u * 16u * 3u);
            QVERIFY(sample->key != keyOf(7) && sample->key != keyOf(11));
            for (const DroppedSample& d : sample->dropped) {
                dropped.insert(d.key);
                QVERIFY(!d.reason.empty() && d.number == i && d.shard.ends_with("000000.tar"));
            }
        }
        QCOMPARE(dropped, (std::set<std::string>{keyOf(7), keyOf(11)}));
        TrainPlan lenient = plan;
        lenient.needCaption = false;
        lenient.shuffle = Shuffle::None;
        const SampleOrder order(*index_, lenient);
        const auto uncaptioned = loadTrainSample(*index_, lenient, order, 11);
        VERIFY_OK(uncaptioned);
        QCOMPARE(uncaptioned->key, keyOf(11));
        QVERIFY(uncaptioned->caption.empty() && uncaptioned->dropped.empty());
    }

    void unusableDatasetIsAnErrorNotALoop() {
        TrainPlan plan = smallPlan();
        plan.captionKey = "nothing";
        auto source = SampleSource::open(index_, plan, {});
        VERIFY_OK(source);
        const auto sample = source->next();
        QVERIFY(!sample && sample.error().code == ErrorCode::Data);
        QCOMPARE(source->next().error().what, sample.error().what);
        plan.resolution = 0;
        QVERIFY(!SampleSource::open(index_, plan, {}));
    }

    void cropsFlipsAndSizes() {
        TrainPlan plan = smallPlan();
        plan.shuffle = Shuffle::None;
        const SampleOrder order(*index_, plan);
        const auto sample = loadTrainSample(*index_, plan, order, 20);  // 60 × 32 → 30 × 16 → 16 × 16
        VERIFY_OK(sample);
        QCOMPARE(sample->originalWidth, 420);
        QCOMPARE(sample->originalHeight, 320);
        QCOMPARE(sample->cropLeft, 7);
        QCOMPARE(sample->cropTop, 0);
        QCOMPARE(int(sample->pixels.front()), 100);
        QCOMPARE(int(sample->pixels.back()), 155);
        plan.flipProbability = 1.0;
        const auto flipped = loadTrainSample(*index_, plan, order, 20);
        VERIFY_OK(flipped);
        QVERIFY(flipped->flipped);
        QCOMPARE(int(flipped->pixels.front()), 155);
        plan.crop = Crop::Random;
        bool uneven = false;  // the place is told in the flipped picture: 14 pixels are left over
        for (std::uint64_t n = 20; n < 20 + 10 * kCount; n += kCount) {
            plan.flipProbability = 0.0;
            const int left = loadTrainSample(*index_, plan, order, n)->cropLeft;
            plan.flipProbability = 1.0;
            QCOMPARE(loadTrainSample(*index_, plan, order, n)->cropLeft, 14 - left);
            uneven |= left != 7;
        }
        QVERIFY(uneven);
        plan.crop = Crop::Random;
        std::set<int> lefts;
        for (std::uint64_t n = 20; n < 20 + 40 * kCount; n += kCount)
            lefts.insert(loadTrainSample(*index_, plan, order, n)->cropLeft);
        QVERIFY(lefts.size() > 5 && *lefts.begin() >= 0 && *lefts.rbegin() <= 14);
        plan.decodeImages = false;
        const auto captionOnly = loadTrainSample(*index_, plan, order, 20);
        VERIFY_OK(captionOnly);
        QVERIFY(captionOnly->pixels.empty() && captionOnly->caption == "first 20\nsecond 20");
    }

    // Colours are a function of (seed, number), and smart crops of the picture alone.
    void coloursAndSmartCrops() {
        TrainPlan plan = smallPlan();
        plan.shuffle = Shuffle::None;
        const SampleOrder order(*index_, plan);
        const auto plain = loadTrainSample(*index_, plan, order, 20)->pixels;
        plan.jitter.brightness = 0.5;
        const auto once = loadTrainSample(*index_, plan, order, 20)->pixels;
        QVERIFY(once != plain && once == loadTrainSample(*index_, plan, order, 20)->pixels);
        QVERIFY(once != loadTrainSample(*index_, plan, order, 20 + kCount)->pixels);
        plan.jitter = {};
        plan.crop = Crop::Smart;
        const auto smart = loadTrainSample(*index_, plan, order, 20);
        QCOMPARE(smart->pixels, loadTrainSample(*index_, plan, order, 20 + kCount)->pixels);
        QVERIFY(smart->cropLeft >= 0 && smart->cropLeft <= 14 && smart->cropTop == 0);
    }

    // What a cached picture is known by: everything that decides its pixels, nothing else.
    void identitiesOfPreparedPictures() {
        TrainPlan plan = smallPlan();
        const auto identity = [&](std::uint64_t sample) {
            return preparedIdentity(*index_, plan, sample).value_or("");
        };
        const auto first = identity(20);
        QVERIFY(!first.empty() && first == identity(20) && first != identity(21));
        plan.seed += 1;
        plan.shuffle = Shuffle::None;
        plan.captionDropout = 0.5;
        QCOMPARE(identity(20), first);
        plan.resolution += 8;
        const auto larger = identity(20);
        QVERIFY(larger != first);
        plan.crop = Crop::Smart;
        QVERIFY(identity(20) != larger);
        plan.imageKey = "none";
        QVERIFY(!preparedIdentity(*index_, plan, 20));
    }

    void validationShareIsDisjointAndStable() {
        const auto keys = [&](Split split, double share) {
            std::set<std::string> result;
            const auto index = DatasetIndex::open((pathOf(dir_) / "v1").string(),
                                                  {.split = split, .validationShare = share});
            for (std::uint64_t i = 0; index && i < (*index)->size(); ++i) result.emplace((*index)->key(i));
            return result;
        };
        const auto all = keys(Split::All, 0.3), train = keys(Split::Train, 0.3),
                   held = keys(Split::Validation, 0.3);
        QCOMPARE(all.size(), std::size_t(kCount));
        QCOMPARE(train.size() + held.size(), all.size());
        QVERIFY(held.size() >= 5 && held.size() <= 20);
        for (const auto& key : held) QVERIFY(!train.contains(key) && all.contains(key));
        for (const auto& key : keys(Split::Validation, 0.15)) QVERIFY(held.contains(key));
        QVERIFY(keys(Split::Validation, 0).empty());
    }

    void tagDraws() {
        const std::string caption = "fox, red , snow,,winter, tree";
        const auto draw = [&](int keep, double dropout, bool shuffle, std::uint64_t number) {
            return drawTags(caption, keep, dropout, shuffle, Random(5, RandomStream::Caption, number), 16);
        };
        QCOMPARE(draw(0, 0, false, 1), std::string("fox, red, snow, winter, tree"));
        QCOMPARE(draw(2, 1, true, 1), std::string("fox, red"));
        std::set<std::string> orders;
        int tags = 0;
        for (std::uint64_t n = 0; n < 1000; ++n) {
            const auto text = draw(1, 0.25, true, n);
            QVERIFY(text.starts_with("fox"));
            QCOMPARE(draw(1, 0.25, true, n), text);
            orders.insert(text);
            tags += int(std::count(text.begin(), text.end(), ','));
        }
        QVERIFY(std::abs(tags - 3000) < 120);      // 4 tags · 0.75
        QCOMPARE(orders.size(), std::size_t(65));  // every ordered choice of 0 to 4 tags
        TrainPlan plan = smallPlan();
        plan.decodeImages = false;
        plan.captionLines = CaptionLines::First;
        plan.captionPrefix = "sks, ";
        plan.captionSuffix = ", photo";
        const auto sample = loadTrainSample(*index_, plan, SampleOrder(*index_, plan), 3);
        VERIFY_OK(sample);
        QVERIFY(sample->caption.starts_with("sks, first ") && sample->caption.ends_with(", photo"));
    }

    // Pictures of 40 to 79 × 32 in sizes of their own; the broken one is replaced by one of its batch's size.
    void bucketsKeepProportions() {
        TrainPlan plan = smallPlan();
        constexpr std::uint64_t kBatch = 4;
        const auto buckets =
            Buckets::make(*index_, plan.imageKey,
                          {.resolution = 32, .step = 8, .maxRatio = 3, .batch = kBatch, .seed = plan.seed});
        VERIFY_OK(buckets);
        plan.buckets = *buckets;
        plan.needCaption = false;
        auto source = SampleSource::open(index_, plan, {.threads = 3, .prefetch = 8, .numbers = {}});
        VERIFY_OK(source);
        std::set<std::pair<int, int>> sizes;
        int width = 0, height = 0;
        for (std::uint64_t n = 0; n < 3 * kCount; ++n) {
            const auto sample = source->next();
            VERIFY_OK(sample);
            QCOMPARE((Size{sample->width, sample->height}), plan.buckets->sizeOf(sample->index));
            QCOMPARE(sample->pixels.size(), std::size_t(sample->width) * std::size_t(sample->height) * 3);
            if (n % kBatch != 0) QVERIFY(sample->width == width && sample->height == height);
            width = sample->width, height = sample->height;
            sizes.emplace(width, height);
            QVERIFY(sample->index != 7);
        }
        QVERIFY(sizes.size() >= 3);
        for (const auto& [w, h] : sizes) QVERIFY(w >= h && w * h <= 32 * 32);
    }

    void captionsOfNewWords() {
        TrainPlan plan = smallPlan();
        plan.shuffle = Shuffle::None;
        plan.decodeImages = false;
        plan.captionLines = CaptionLines::First;
        const SampleOrder order(*index_, plan);
        plan.captionWords = {"<Toy>", "FIRST"};
        QCOMPARE(loadTrainSample(*index_, plan, order, 5)->caption, std::string("first 5"));
        plan.captionWords = {"<Toy>", "<b>"};
        QCOMPARE(loadTrainSample(*index_, plan, order, 5)->caption, std::string("<Toy>, first 5"));
        // Sentences instead: each about equally often, the same one again for the same number, no caption
        // needed.
        plan.captionsInstead = {"a <a>", "b <a>", "c <a>"};
        std::map<std::string, int> counts;
        for (std::uint64_t n = 0; n < 900; ++n) {
            const auto sample = loadTrainSample(*index_, plan, order, n * kCount + 11);
            VERIFY_OK(sample);
            QCOMPARE(sample->index, std::uint64_t(11));
            ++counts[sample->caption];
        }
        QCOMPARE(counts.size(), std::size_t(3));
        for (const auto& [caption, count] : counts) QVERIFY(std::abs(count - 300) < 60);
        plan.captionDropout = 1;
        QCOMPARE(loadTrainSample(*index_, plan, order, 3)->caption, std::string());
    }

    void captionDraws() {
        TrainPlan plan = smallPlan();
        plan.shuffle = Shuffle::None;
        plan.decodeImages = false;
        plan.captionDropout = 0.25;
        plan.captionLines = CaptionLines::Random;
        const SampleOrder order(*index_, plan);
        int empty = 0, first = 0;
        constexpr int kDraws = 2000;
        for (int n = 0; n < kDraws; ++n) {
            const auto sample = loadTrainSample(*index_, plan, order, static_cast<std::uint64_t>(n) * kCount);
            VERIFY_OK(sample);
            empty += sample->caption.empty();
            first += sample->caption == "first 0";
            QVERIFY(sample->caption.empty() || sample->caption == "first 0" || sample->caption == "second 0");
            QCOMPARE(sample->captionFull, std::string("first 0\nsecond 0"));
        }
        QVERIFY(std::abs(empty - kDraws / 4) < 80);  // 4 standard deviations
        QVERIFY(std::abs(first - kDraws * 3 / 8) < 90);
        plan.captionLines = CaptionLines::First;
        plan.captionDropout = 0;
        QCOMPARE(loadTrainSample(*index_, plan, order, 5)->caption, std::string("first 5"));
    }
};

QTEST_GUILESS_MAIN(TestSampleSource)
#include "tst_sample_source.moc"
