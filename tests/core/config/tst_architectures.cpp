// SPDX-License-Identifier: GPL-3.0-or-later
// config.json files of models: defaults, round trips, what is refused and in which words.
#include <QTemporaryDir>
#include <QTest>

#include "core/config/architectures.h"

using namespace atelier;

class TestArchitectures : public QObject {
    Q_OBJECT

  private Q_SLOTS:
    void defaultsAndRoundTrip() {
        const auto unet = unet2DConditionConfigFromJson(Json::object(), "x").value();
        QVERIFY(toJson(unet) == toJson(UNet2DConditionConfig{}));
        QVERIFY(toJson(unet)["attention_head_dim"] == Json(8));
        QVERIFY(toJson(unet)["sample_size"] == Json(nullptr));
        const Json file{{"block_out_channels", {32, 64}},
                        {"down_block_types", {"CrossAttnDownBlock2D", "DownBlock2D"}},
                        {"up_block_types", {"UpBlock2D", "CrossAttnUpBlock2D"}},
                        {"attention_head_dim", {2, 4}},
                        {"norm_num_groups", 8},
                        {"sample_size", 8},
                        {"_name_or_path", "somewhere"},
                        {"future_key", {1, 2}}};
        const auto small = unet2DConditionConfigFromJson(file, "x").value();
        QCOMPARE(small.crossAttentionDim, (std::vector<int>{1280, 1280}));
        const Json written = toJson(small);
        for (const auto& [key, value] : file.items()) QVERIFY2(written[key] == value, key.c_str());
        QVERIFY(toJson(unet2DConditionConfigFromJson(written, "x").value()) == written);

        const auto vae =
            autoencoderKLConfigFromJson({{"block_out_channels", {32, 64}},
                                         {"down_block_types", {"DownEncoderBlock2D", "DownEncoderBlock2D"}},
                                         {"up_block_types", {"UpDecoderBlock2D", "UpDecoderBlock2D"}}},
                                        "x")
                .value();
        QCOMPARE(vae.downscale(), 2);
        QCOMPARE(vae.scalingFactor, 0.18215);
        QVERIFY(toJson(autoencoderKLConfigFromJson(toJson(vae), "x").value()) == toJson(vae));

        const auto text = clipTextConfigFromJson(
                              {{"architectures", {"CLIPTextModelWithProjection"}}, {"eos_token_id", 2}}, "x")
                              .value();
        QVERIFY(text.withProjection);
        QVERIFY(toJson(text)["architectures"] == Json::array({"CLIPTextModelWithProjection"}));
        QVERIFY(toJson(clipTextConfigFromJson(toJson(text), "x").value()) == toJson(text));
    }

    void refusals_data() {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        for (const auto& [key, value] : std::initializer_list<std::pair<const char*, const char*>>{
                 {"in_channels", "0"},
                 {"in_channels", "\"4\""},
                 {"in_channels", "4.5"},
                 {"in_channels", "1e300"},
                 {"block_out_channels", "[]"},
                 {"block_out_channels", "[320, 640]"},
                 {"attention_head_dim", "7"},
                 {"attention_head_dim", "[8, 8]"},
                 {"norm_num_groups", "33"},
                 {"norm_num_groups", "null"},
                 {"act_fn", "\"sigmoid\""},
                 {"mid_block_type", "\"Odd\""},
                 {"num_attention_heads", "8"},
                 {"class_embed_type", "\"projection\""},
                 {"down_block_types", "[\"AttnDownBlock2D\"]"},
                 {"encoder_hid_dim_type", "\"text_proj\""},
                 {"addition_embed_type", "\"text_time\""},
                 {"flip_sin_to_cos", "1"},
                 {"conv_in_kernel", "2"},
                 {"dropout", "0.1"}})
            QTest::addRow("%s = %s", key, value) << key << value;
    }
    void refusals() {
        QFETCH(QString, key);
        QFETCH(QString, value);
        const auto result = unet2DConditionConfigFromJson(
            {{key.toStdString(), parseJson(value.toStdString()).value()}}, "unet/config.json");
        QVERIFY(!result);
        QCOMPARE(result.error().code, ErrorCode::Model);
        QVERIFY2(QString::fromStdString(result.error().message()).contains(key),
                 result.error().message().c_str());
        QVERIFY(!unet2DConditionConfigFromJson(Json::array(), "x"));
    }

    void nonFiniteNumbersSurvive() {
        QTemporaryDir dir;
        const fs::path path = fs::path(dir.path().toStdString()) / "scheduler_config.json";
        const std::string text =
            "{\n  \"a\": \"-Infinity NaN \\\" -Infinity\",\n  \"lambda_min_clipped\": -Infinity,\n  \"z\": "
            "1\n}\n";
        QVERIFY(writeFileAtomic(path, text));
        const Json json = readModelJson(path).value();
        QVERIFY(json["lambda_min_clipped"] == Json("-inf"));
        QCOMPARE(dumpModelJson(json), text);
    }
};

QTEST_GUILESS_MAIN(TestArchitectures)
#include "tst_architectures.moc"
