// SPDX-License-Identifier: GPL-3.0-or-later
// Entries of the cache on disk: whole or absent whatever happens to their files, shared by many writers.
#include <QTemporaryDir>
#include <QtTest>
#include <fstream>
#include <thread>

#include "core/base/hash.h"
#include "core/data/encoded_cache.h"

using namespace atelier;
using namespace atelier::data;

class TestEncodedCache : public QObject {
    Q_OBJECT

    QTemporaryDir temporary_;
    fs::path folder(const char* name) const { return temporary_.filePath(name).toStdString(); }
    static fs::path onlyFile(const fs::path& folder) {
        for (const auto& entry : fs::recursive_directory_iterator(folder))
            if (entry.is_regular_file()) return entry.path();
        return {};
    }

  private Q_SLOTS:
    void keepsWholeValues() {
        const EncodedCache cache(folder("whole"));
        QVERIFY(!cache.has("a") && !cache.get("a"));
        const std::string value("\0\nbytes\xff", 8);
        QVERIFY(cache.put("a", value).has_value());
        QVERIFY(cache.put("empty", "").has_value());
        QVERIFY(cache.has("a") && cache.get("a") == value && cache.get("empty") == "" && !cache.get("b"));
        QCOMPARE(encodedUsage(cache.folder()).entries, std::uint64_t{2});
        QVERIFY(cache.put("a", "other").has_value() && cache.get("a") == "other");
    }

    void tornFilesAreAbsent() {
        const EncodedCache cache(folder("torn"));
        const std::string value(5000, 'x');
        QVERIFY(cache.put("key", value).has_value());
        const auto file = onlyFile(cache.folder());
        const auto good = *readFile(file);
        std::vector<std::string> torn{"", good.substr(0, 10), good.substr(0, good.size() - 1), good + "x",
                                      std::string(good.size(), '\0')};
        for (const std::size_t place : {std::size_t{3}, std::size_t{30}, std::size_t{60}, good.size() - 1}) {
            torn.push_back(good);
            torn.back()[place] ^= 1;
        }
        for (const auto& bytes : torn) {
            std::ofstream(file, std::ios::binary | std::ios::trunc) << bytes;
            QVERIFY(!cache.get("key"));
        }
        QVERIFY(cache.put("key", value).has_value() && cache.get("key") == value);
        // A file that got another key's name.
        Xxh128 hash;
        hash.update("other");
        const auto name = hash.hexDigest();
        fs::create_directories(cache.folder() / name.substr(0, 2));
        fs::copy_file(file, cache.folder() / name.substr(0, 2) / (name + ".encoded"));
        QVERIFY(cache.has("other") && !cache.get("other"));
    }

    void manyWritersAgree() {
        const auto place = folder("many");
        std::vector<std::jthread> threads;
        std::atomic<int> wrong{0};
        for (int t = 0; t < 6; ++t)
            threads.emplace_back([&] {
                const EncodedCache cache(place);
                for (int i = 0; i < 60; ++i) {
                    const auto key = "key " + std::to_string(i % 12);
                    const std::string value(static_cast<std::size_t>(1000 + i % 12), 'v');
                    if (const auto found = cache.get(key); found && *found != value) ++wrong;
                    if (!cache.put(key, value)) ++wrong;
                    if (cache.get(key) != value) ++wrong;
                }
            });
        threads.clear();
        QCOMPARE(wrong.load(), 0);
        QCOMPARE(encodedUsage(place).entries, std::uint64_t{12});
        std::size_t files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(place)) files += entry.is_regular_file();
        QCOMPARE(files, std::size_t{12});  // no parts are left
    }

    void theLeastRecentlyUsedGoFirst() {
        const EncodedCache cache(folder("trim"));
        for (const char* key : {"old", "used", "new"}) {
            QVERIFY(cache.put(key, std::string(1000, 'x')).has_value());
            QTest::qSleep(15);
        }
        QVERIFY(cache.get("old").has_value());  // marks it as used
        const auto bytes = encodedUsage(cache.folder()).bytes;
        std::ofstream(cache.folder() / "notes.txt") << "mine";
        fs::create_directories(cache.folder() / "ab");
        std::ofstream(cache.folder() / "ab" / "picture.png") << "mine";
        const auto abandoned = cache.folder() / "ab" / (std::string(32, 'a') + ".encoded.1-2.part");
        std::ofstream(abandoned) << "half";
        fs::last_write_time(abandoned, fs::file_time_type::clock::now() - std::chrono::hours(2));
        const auto removed = trimEncoded(cache.folder(), bytes - 1);
        QVERIFY(removed.has_value() && removed->entries == 1);
        QVERIFY(cache.get("old") && !cache.get("used") && cache.get("new"));
        QVERIFY(!fs::exists(abandoned));
        QVERIFY(trimEncoded(cache.folder(), 0).has_value());
        QCOMPARE(encodedUsage(cache.folder()).entries, std::uint64_t{0});
        QVERIFY(fs::exists(cache.folder() / "notes.txt") && fs::exists(cache.folder() / "ab/picture.png"));
        QVERIFY(trimEncoded(folder("nothing there"), 0).has_value());
    }

    void whatCannotBeWrittenIsSaid() {
        std::ofstream(folder("file")) << "no folder";
        const auto done = EncodedCache(folder("file")).put("key", "value");
        QVERIFY(!done && done.error().code == ErrorCode::Io);
    }
};

QTEST_GUILESS_MAIN(TestEncodedCache)
#include "tst_encoded_cache.moc"
