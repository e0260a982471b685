// SPDX-License-Identifier: GPL-3.0-or-later
// From a name on a hub to a folder of the cache, without a network.
#include <QTemporaryDir>
#include <QTest>

#include "core/weights/hub_cache.h"

using namespace atelier;

class TestHubCache : public QObject {
    Q_OBJECT
    QTemporaryDir dir_;
    fs::path root() const { return fs::path(dir_.path().toStdString()); }

    void write(const fs::path& path, const std::string& text) {
        QVERIFY(createDirectories(path.parent_path()));
        QVERIFY(writeFileAtomic(path, text));
    }

  private Q_SLOTS:
    void init() {
        for (const char* name : {"HF_ENDPOINT", "HF_HOME", "XDG_CACHE_HOME", "HF_HUB_CACHE",
                                 "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"})
            qunsetenv(name);
        qputenv("HF_HUB_CACHE", (root() / "hub").c_str());
    }

    void names() {
        QCOMPARE(parseHubId("runwayml/stable-diffusion-v1-5").value().folder(),
                 std::string("models--runwayml--stable-diffusion-v1-5"));
        QCOMPARE(parseHubId("a/b@refs/pr/1").value().revision, std::string("refs/pr/1"));
        QCOMPARE(parseHubId("a/b@fp16").value().text(), std::string("a/b@fp16"));
        QCOMPARE(parseHubId("a/b").value().text(), std::string("a/b"));
        for (const char* bad : {"", "a/b/c", "a/", "/b", "a/b c", "a/--b", "a/b..c", "a/.b", "a/b.git",
                                "a/b@", "a/b@../x", "a/b@x y", "a\\b"})
            QVERIFY2(!parseHubId(bad), bad);
    }

    void environment() {
        QCOMPARE(hubSettings().cache, root() / "hub");
        qunsetenv("HF_HUB_CACHE");
        qputenv("HF_HOME", "/srv/hf");
        QCOMPARE(hubSettings().cache, fs::path("/srv/hf/hub"));
        qunsetenv("HF_HOME");
        qputenv("XDG_CACHE_HOME", "/srv/x");
        QCOMPARE(hubSettings().cache, fs::path("/srv/x/huggingface/hub"));
        qputenv("HF_ENDPOINT", "https://mirror.example/hf/");
        QCOMPARE(hubSettings().endpoint, std::string("https://mirror.example/hf"));
        QVERIFY(!hubSettings().offline);
        qputenv("HF_HUB_OFFLINE", "True");
        QVERIFY(hubSettings().offline);
        qputenv("HF_HUB_OFFLINE", "0");
        QVERIFY(!hubSettings().offline);
    }

    void completeAndPartial() {
        const std::string commit(40, 'a');
        const fs::path model = root() / "hub/models--org--tiny";
        const fs::path snapshot = model / "snapshots" / commit;
        const HubId id = parseHubId("org/tiny").value();
        QVERIFY(findCachedModel(root() / "hub", id).snapshot.empty());
        write(model / "refs/main", commit);
        write(snapshot / "model_index.json",
              R"({"_class_name": "P", "unet": ["diffusers", "U"], "tokenizer": ["transformers", "T"],
                  "safety_checker": ["s", "S"], "image_encoder": [null, null]})");
        write(snapshot / "unet/config.json", "{}");
        using Names = std::vector<std::string>;
        QCOMPARE(findCachedModel(root() / "hub", id).missing, (Names{"unet/*.safetensors", "tokenizer"}));
        const auto partial = resolveModel("org/tiny");
        QVERIFY(!partial && partial.error().what.find("only a part") != std::string::npos);
        QVERIFY(partial.error().hint.find("atelier-engine download org/tiny") != std::string::npos);
        write(snapshot / "tokenizer/vocab.json", "{}");
        write(snapshot / "unet/x.safetensors.index.json",
              R"({"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}})");
        write(snapshot / "unet/1.safetensors", "x");
        QCOMPARE(findCachedModel(root() / "hub", id).missing, (Names{"unet/2.safetensors"}));
        fs::create_symlink("nowhere", snapshot / "unet/2.safetensors");  // a blob that was deleted
        QCOMPARE(findCachedModel(root() / "hub", id).missing, (Names{"unet/2.safetensors"}));
        fs::remove(snapshot / "unet/2.safetensors");
        write(snapshot / "unet/2.safetensors", "x");
        QCOMPARE(resolveModel("org/tiny").value(), snapshot);
        QCOMPARE(resolveModel("org/tiny@" + commit).value(), snapshot);
        QVERIFY(!resolveModel("org/tiny@other"));
    }

    void foldersComeFirstAndFetchLast() {
        const fs::path here = fs::current_path();
        fs::current_path(root());
        write(root() / "org/local/model_index.json", "{}");
        QCOMPARE(resolveModel("org/local").value(), fs::path("org/local"));
        QVERIFY(!namesHubModel("org/local"));
        fs::current_path(here);
        QVERIFY(namesHubModel("org/other"));
        for (const char* path : {"./org/other", "/org/other", "~/other", "other", "a/b/c"})
            QVERIFY2(!namesHubModel(path), path);
        int calls = 0;
        const FetchModel fetch = [&](const HubId& id) -> Result<fs::path> {
            ++calls;
            return fs::path("/fetched") / id.name;
        };
        QCOMPARE(resolveModel("org/other", fetch).value(), fs::path("/fetched/org/other"));
        qputenv("HF_HUB_OFFLINE", "1");
        const auto offline = resolveModel("org/other", fetch);
        QVERIFY(!offline && offline.error().hint.starts_with("Offline mode is on"));
        QCOMPARE(calls, 1);
        QVERIFY(resolveModel("/no/such/folder").error().what.find("no such file") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestHubCache)
#include "tst_hub_cache.moc"
