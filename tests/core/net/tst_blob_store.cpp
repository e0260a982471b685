// SPDX-License-Identifier: GPL-3.0-or-later
// Hashes, links and locks of the shared cache; what Python makes of it is in tests/interop/hub_test.py.
#include <QTemporaryDir>
#include <QTest>

#include "core/net/blob_store.h"
#include "core/net/http.h"

using namespace atelier;
using namespace atelier::net;

class TestBlobStore : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path cache() const { return fs::path(dir_.path().toStdString()) / "hub"; }

  private Q_SLOTS:
    void hashes() {
        const auto digest = [](const std::string& etag, std::string_view bytes) {
            auto hash = BlobHash::forEtag(etag, bytes.size());
            hash->update(bytes);
            return hash->hexDigest();
        };
        // `printf 'hello\n' | git hash-object --stdin` and `| sha256sum`.
        QCOMPARE(digest(std::string(40, '0'), "hello\n"),
                 std::string("ce013625030ba8dba906f756967f9e9ca394464a"));
        QCOMPARE(digest(std::string(64, '0'), "hello\n"),
                 std::string("5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"));
        QVERIFY(!BlobHash::forEtag("5f3-60ab", 4));
        QVERIFY(!BlobHash::forEtag(std::string(40, 'a'), std::nullopt));
    }
    void linksAndRefs() {
        const HubId id = parseHubId("org/name@refs/pr/1").value();
        const BlobStore store(cache(), id);
        QVERIFY(store.prepare());
        QVERIFY(writeFileAtomic(store.blob("abc"), "text"));
        const std::string commit(40, '1');
        QVERIFY(store.link(commit, "unet/deep/config.json", "abc"));
        QVERIFY(store.link(commit, "unet/deep/config.json", "abc"));
        const fs::path place = cache() / "models--org--name/snapshots" / commit / "unet/deep/config.json";
        QCOMPARE(fs::read_symlink(place).string(), std::string("../../../../blobs/abc"));
        QCOMPARE(readFile(place).value(), std::string("text"));
        QVERIFY(store.setRef("refs/pr/1", commit));
        QCOMPARE(readFile(cache() / "models--org--name/refs/refs/pr/1").value(), commit);
        QCOMPARE(cachedCommit(cache(), id).value(), commit);
        QVERIFY(store.setRef(commit, commit));
        QVERIFY(!fs::exists(cache() / "models--org--name/refs" / commit));
        QVERIFY(fs::exists(cache() / "CACHEDIR.TAG"));
    }
    void locksExclude() {
        const fs::path path = cache() / ".locks/models--org--name/abc.lock";
        auto first = BlobLock::take(path, nullptr, nullptr);
        QVERIFY(first.has_value());
        int waits = 0;
        bool said = false;
        const auto second = BlobLock::take(
            path, [&] { return ++waits > 2; }, [&] { said = true; });
        QVERIFY(!second && said);
        QCOMPARE(second.error().code, ErrorCode::Cancelled);
        { const BlobLock gone = *std::move(first); }
        QVERIFY(BlobLock::take(path, nullptr, nullptr).has_value());
    }
    void addresses() {
        QCOMPARE(originOf("HTTPS://Hub.example/a/b"), std::string("https://hub.example:443"));
        QCOMPARE(originOf("http://localhost:8080/x"), std::string("http://localhost:8080"));
        QCOMPARE(resolveUrl("https://hub.example/a/b", "/c?d=1"), std::string("https://hub.example/c?d=1"));
        QCOMPARE(resolveUrl("https://hub.example/a", "http://cdn.example/x"),
                 std::string("http://cdn.example/x"));
        QCOMPARE(resolveUrl("https://hub.example/a", "file:///etc/passwd"), std::string());
        QCOMPARE(percentEncode("refs/pr/1", false), std::string("refs%2Fpr%2F1"));
        QCOMPARE(percentEncode("a b/ü", true), std::string("a%20b/%C3%BC"));
    }
};

QTEST_GUILESS_MAIN(TestBlobStore)
#include "tst_blob_store.moc"
