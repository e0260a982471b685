// SPDX-License-Identifier: GPL-3.0-or-later
// Samples and shards for the tests of core/data: deterministic bytes, written through ShardWriter.
#pragma once

#include <QTemporaryDir>
#include <QtTest>

#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/random.h"
#include "core/data/manifest.h"
#include "core/data/shard_writer.h"
#include "core/data/verify.h"

namespace atelier::data::testing {

// A Result's value, or a failed test with its message.
#define VERIFY_OK(result)                                                                \
    do {                                                                                 \
        const auto& result_ = (result);                                                  \
        QVERIFY2(result_.has_value(), result_ ? "" : result_.error().message().c_str()); \
    } while (false)

inline std::string bytesOf(std::uint64_t number, std::size_t size) {
    std::string text(size, '\0');
    const Random random(1, RandomStream::Sample, number);
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(random.bits(i) & 0xff);
    return text;
}

inline std::string keyOf(std::size_t i) {
    return "sample-" + std::to_string(1000 + i);
}

struct MadeSample {
    std::string key, jpg, txt, json;
};
inline MadeSample makeSample(std::size_t i, std::size_t imageBytes = 700) {
    return {
        keyOf(i), bytesOf(i, imageBytes + i * 37 % 600), "caption " + std::to_string(i),
        "{\"width\":64,\"height\":48,\"score\":" + std::to_string(static_cast<double>(i % 10) / 10.0) + "}"};
}

inline Status writeSample(ShardWriter& writer, const MadeSample& sample) {
    const MemberView members[] = {{"jpg", sample.jpg}, {"txt", sample.txt}, {"json", sample.json}};
    return writer.add(sample.key, members);
}

// `count` samples, `perShard` to a shard, complete with manifest.
inline Result<Manifest> writeDataset(const fs::path& folder, std::size_t count, std::size_t perShard) {
    ShardWriterOptions options;
    options.limits.samples = perShard;
    ATELIER_TRY(ShardWriter writer, ShardWriter::create(folder, options));
    for (std::size_t i = 0; i < count; ++i) ATELIER_DO(writeSample(writer, makeSample(i)));
    Manifest manifest;
    manifest.createdBy = "atelier test";
    ATELIER_TRY(manifest.content, writer.close());
    ATELIER_DO(verifyShards(folder, manifest.content));
    ATELIER_DO(writeManifest(folder, manifest));
    return manifest;
}

inline fs::path pathOf(const QTemporaryDir& dir) {
    return dir.path().toStdString();
}

}  // namespace atelier::data::testing
