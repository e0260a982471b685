// SPDX-License-Identifier: GPL-3.0-or-later
// What the studio says of a build that does not end well: refused by the engine, ended from outside, without
// an engine. The engine is a shell script.
#include <QTemporaryDir>
#include <QtTest>

#include "ui/models/dataset_build.h"

using namespace atelier;

class TestDatasetBuild : public QObject {
    Q_OBJECT
  private Q_SLOTS:
    void init();
    void engineSaysWhy();
    void saysWhyInTheLogAlone();
    void endedFromOutside();
    void withoutEngine();
    void leftOutIsCounted();

  private:
    // Runs a build with this script as engine ("$6" is the target) until it has ended; its error.
    std::optional<Error> buildWith(const QByteArray& script);
    std::unique_ptr<QTemporaryDir> dir_;
    DatasetDocument document_;
    std::unique_ptr<DatasetBuild> build_;
};

void TestDatasetBuild::init() {
    dir_ = std::make_unique<QTemporaryDir>();
    QVERIFY(data::writeDatasetFolder({.folder = fs::path(dir_->path().toStdString()), .name = "foxes"}));
    QVERIFY(document_.open(fs::path(dir_->path().toStdString())));
}

std::optional<Error> TestDatasetBuild::buildWith(const QByteArray& script) {
    const QString engine = dir_->filePath(QStringLiteral("engine"));
    QFile file(engine);
    if (!file.open(QIODevice::WriteOnly)) return std::nullopt;
    file.write("#!/bin/sh\n" + script);
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    file.close();
    build_ = std::make_unique<DatasetBuild>(
        [](const QString& folder, const LaunchCommand& command) {
            return std::make_unique<LocalRunChannel>(folder, command);
        },
        [engine]() -> Result<QString> { return engine; });
    QSignalSpy failed(build_.get(), &DatasetBuild::failed);
    build_->start(document_);
    if (failed.isEmpty()) failed.wait(15000);
    return build_->error();
}

void TestDatasetBuild::engineSaysWhy() {
    const auto error = buildWith(
        "echo 'scan 3 of 3'\n"
        "echo 'error: /disk: not enough space: the build needs 94 MB, 42 MB are free. Make room.' >&2\nexit "
        "1\n");
    QVERIFY(error);
    QCOMPARE(build_->state(), DatasetBuild::State::Failed);
    QCOMPARE(error->what, "/disk: not enough space: the build needs 94 MB, 42 MB are free. Make room.");
    QVERIFY(error->where.empty());
}

// On a full disk no event can be written, and a refused build takes its events away with it.
void TestDatasetBuild::saysWhyInTheLogAlone() {
    const auto error = buildWith(
        "work=$(dirname \"$5\")/.$(basename \"$5\").build\nmkdir -p \"$work\"\n"
        "printf '%s\\n' '{\"v\":1,\"t\":1,\"type\":\"run_started\",\"engine\":\"e\",\"config_hash\":\"0\","
        "\"host\":\"h\",\"pid\":1,\"device\":\"cpu\",\"world_size\":1,\"resumed_from\":null}' > "
        "\"$work/events.jsonl\"\n"
        "sleep 1\nrm -r \"$work\"\necho 'error: /disk: No space left on device. Make room.' >&2\nexit 1\n");
    QVERIFY(error);
    QCOMPARE(error->what, "/disk: No space left on device. Make room.");
}

void TestDatasetBuild::endedFromOutside() {
    const auto error = buildWith(
        "work=$(dirname \"$5\")/.$(basename \"$5\").build\nmkdir -p \"$work\"\n"
        "printf '%s\\n' '{\"v\":1,\"t\":1,\"type\":\"run_started\",\"engine\":\"e\",\"config_hash\":\"0\","
        "\"host\":\"h\",\"pid\":1,\"device\":\"cpu\",\"world_size\":1,\"resumed_from\":null}' "
        "'{\"v\":1,\"t\":2,\"type\":\"phase\",\"name\":\"probe\"}' "
        "'{\"v\":1,\"t\":2,\"type\":\"progress\",\"done\":325,\"total\":400}' > "
        "\"$work/events.jsonl\"\nsleep 1\n"
        "printf '%s\n' '{\"v\":1,\"t\":3,\"type\":\"phase\",\"name\":\"write\"}' >> \"$work/events.jsonl\"\n"
        "sleep 1\nkill -9 $$\n");
    QVERIFY(error);
    QVERIFY2(error->what.find("Write") != std::string::npos, error->what.c_str());
    QVERIFY2(error->what.find("killed") != std::string::npos, error->what.c_str());
    QVERIFY2(error->hint.find(".build.log") != std::string::npos, error->hint.c_str());
    QCOMPARE(build_->stages()[1].note, QStringLiteral("400"));  // done: no longer "325 of 400"
}

void TestDatasetBuild::withoutEngine() {
    DatasetBuild build({},
                       []() -> Result<QString> { return fail(ErrorCode::Usage, "Engine 9 found at /x."); });
    QSignalSpy failed(&build, &DatasetBuild::failed);
    build.start(document_);
    QCOMPARE(failed.size(), 1);
    QCOMPARE(build.error()->what, "Engine 9 found at /x.");
}

void TestDatasetBuild::leftOutIsCounted() {
    data::Manifest manifest;
    manifest.summary["drops"] = {{"duplicate", 2}, {"cannot_decode", 5}};
    const auto rows = leftOut(manifest);
    QCOMPARE(rows.size(), std::size_t(2));
    QCOMPARE(rows[0], std::pair(QStringLiteral("cannot be decoded"), 5));
    QCOMPARE(rows[1].second, 2);
    QVERIFY(leftOut({}).empty());
}

QTEST_GUILESS_MAIN(TestDatasetBuild)
#include "tst_dataset_build.moc"
