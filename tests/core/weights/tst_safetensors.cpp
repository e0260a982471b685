// SPDX-License-Identifier: GPL-3.0-or-later
// safetensors: the format's rules one by one, the writer to the byte, shards, and damaged files of every
// kind.
#include <sys/stat.h>

#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>
#include <random>

#include "core/base/json.h"
#include "core/weights/inspect.h"
#include "core/weights/readers.h"
#include "core/weights/safetensors.h"

using namespace atelier;

namespace {

std::string file(const std::string& header, std::size_t data) {
    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
    return bytes + header + std::string(data, '\0');
}
std::string tensor(const std::string& name, const std::string& type, const std::string& shape,
                   const std::string& offsets) {
    return "\"" + name + "\":{\"dtype\":\"" + type + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + offsets + "}";
}
TensorToWrite floats(const std::string& name, std::vector<std::int64_t> shape, std::vector<float> values) {
    auto owner = std::make_shared<std::vector<float>>(std::move(values));
    return {name, TensorType::F32, std::move(shape), [owner] {
                return TensorBytes{std::as_bytes(std::span(*owner)), owner};
            }};
}

}  // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    fs::path path(const char* name) const { return fs::path(dir_.path().toStdString()) / name; }

  private Q_SLOTS:
    // Asking the system about such a path throws; a person may paste one.
    void pathsThatCannotExistAreErrors() {
        const fs::path path = fs::path(dir_.path().toStdString()) / std::string(300, 'x');
        QVERIFY(inspectModel(path).error().what.find("name too long") != std::string::npos);
        QVERIFY(!WeightSet::open(path, "model"));
        QVERIFY(!openTensorFile(path));
    }
    void rulesOfTheFormat_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("expected");  // "" = valid
        const auto row = [](const char* name, const std::string& bytes, const char* expected) {
            QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()))
                                << QString(expected);
        };
        const std::string square = "{" + tensor("test", "I32", "[2,2]", "[0,16]") + "}";
        row("2x2", file(square, 16), "");
        row("empty", file("{}", 0), "");
        row("scalar", file("{" + tensor("s", "F32", "[]", "[0,4]") + "}", 4), "");
        row("no elements", file("{" + tensor("s", "F32", "[2,0]", "[0,0]") + "}", 0), "");
        row("null metadata", file("{\"__metadata__\":null}", 0), "");
        row("unknown key in a tensor",
            file("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1],\"more\":{\"x\":[1]}}}", 1),
            "");
        row("padded header", file(square + "     ", 16), "");
        row("too short", "1234567", "too few");
        row("huge header", std::string(8, '\xff') + "{}", "at most");
        row("header past the end", std::string("\x40\0\0\0\0\0\0\0", 8) + "{}", "reaches past");
        row("git lfs", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS");
        row("not utf-8", file("{\"\xff\":1}", 0), "UTF-8");
        row("not json", file("{\"a\":", 0), "not valid JSON");
        row("one byte more", file(square, 17), "the file holds 17");
        row("one byte less", file(square, 15), "the file holds 15");
        row("starts late", file("{" + tensor("t", "U8", "[4]", "[4,8]") + "}", 8), "do not follow");
        row("end before begin",
            file("{" + tensor("t", "U8", "[0]", "[0,0]") + "," + tensor("u", "U8", "[4]", "[0,-4]") + "}", 4),
            "negative");
        row("shared bytes",
            file("{" + tensor("a", "I32", "[4]", "[0,16]") + "," + tensor("b", "I32", "[4]", "[0,16]") + "}",
                 16),
            "do not follow");
        row("hole",
            file("{" + tensor("a", "U8", "[4]", "[0,4]") + "," + tensor("b", "U8", "[4]", "[5,9]") + "}", 9),
            "do not follow");
        row("overflow", file("{" + tensor("a", "F32", "[2,18446744073709551614]", "[0,16]") + "}", 16),
            "overflows");
        row("overflow in bits", file("{" + tensor("a", "F32", "[2,9223372036854775807]", "[0,16]") + "}", 16),
            "overflows");
        row("half a byte", file("{" + tensor("a", "F4", "[3]", "[0,2]") + "}", 2), "whole number of bytes");
        row("wrong size", file("{" + tensor("a", "F32", "[3]", "[0,16]") + "}", 16), "needs 12 bytes");
        row("unknown dtype", file("{" + tensor("a", "F7", "[3]", "[0,3]") + "}", 3), "F7");
        row("fraction", file("{" + tensor("a", "U8", "[1.5]", "[0,1]") + "}", 1), "fraction");
        row("tensor twice",
            file("{" + tensor("a", "U8", "[1]", "[0,1]") + "," + tensor("a", "U8", "[1]", "[1,2]") + "}", 2),
            "twice");
        row("no shape", file("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}", 1), "lacks shape");
        row("metadata not text", file("{\"__metadata__\":{\"a\":1}}", 0), "number");
        row("deep", file("{\"a\":{\"x\":" + std::string(3000, '[') + std::string(3000, ']') + "}}", 0),
            "deeply");
        row("list", file("[]", 0), "list");
    }
    void rulesOfTheFormat() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, expected);
        QVERIFY(writeFileAtomic(path("rule"), {bytes.data(), static_cast<std::size_t>(bytes.size())}));
        const auto opened = SafetensorsFile::open(path("rule"));
        if (expected.isEmpty()) {
            QVERIFY2(opened.has_value(), opened ? "" : opened.error().message().c_str());
            return;
        }
        QVERIFY(!opened);
        QCOMPARE(opened.error().code, ErrorCode::Model);
        QVERIFY2(QString::fromStdString(opened.error().message()).contains(expected),
                 opened.error().message().c_str());
    }

    void damagedFilesNeverCrash() {
        const std::string good =
            file("{\"__metadata__\":{\"format\":\"pt\"}," + tensor("a", "F32", "[2,2]", "[0,16]") + "," +
                     tensor("b", "I64", "[1]", "[16,24]") + "}",
                 24);
        std::mt19937 random(1);
        int refused = 0;
        for (int round = 0; round < 2000; ++round) {
            std::string bytes = good;
            for (unsigned n = random() % 3 + 1; n > 0; --n)
                bytes[random() % bytes.size()] = static_cast<char>(random());
            if (round % 4 == 0) bytes.resize(random() % bytes.size());
            std::ofstream(path("fuzz"), std::ios::binary) << bytes;  // no fsync: thousands of files
            const auto opened = SafetensorsFile::open(path("fuzz"));
            refused += !opened;
            if (opened)
                for (const auto& t : opened->tensors())
                    QVERIFY(opened->bytes(t).value().size() == t.end - t.begin);
        }
        QVERIFY(refused > 1000);
    }

    void writerToTheByte() {
        QVERIFY(writeSafetensors(path("w"), {floats("attn.0", {1, 2, 3}, {0, 1, 2, 3, 4, 5})}));
        const std::string bytes = readFile(path("w")).value();
        const std::string header =
            "{\"__metadata__\":{\"format\":\"pt\"},\"attn.0\":{\"dtype\":\"F32\",\"shape\":[1,2,3],\"data_"
            "offsets\":[0,24]}}";
        const std::size_t padded = (header.size() + 7) / 8 * 8;
        QCOMPARE(bytes.size(), 8 + padded + 24);
        QCOMPARE(bytes.substr(8, padded), header + std::string(padded - header.size(), ' '));
        QCOMPARE(static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])), padded);
        float five = 0;
        std::memcpy(&five, bytes.data() + bytes.size() - 4, 4);
        QCOMPARE(five, 5.0F);
    }

    void widestFirstThenByName() {
        const auto bytes = [](std::size_t n) {
            return [n] {
                auto owner = std::make_shared<std::string>(n, '\1');
                return TensorBytes{std::as_bytes(std::span(*owner)), owner};
            };
        };
        QVERIFY(writeSafetensors(path("order"), {{"b", TensorType::U8, {3}, bytes(3)},
                                                 {"z", TensorType::F32, {1}, bytes(4)},
                                                 {"a", TensorType::F32, {1}, bytes(4)},
                                                 {"n", TensorType::I64, {1}, bytes(8)}}));
        const auto opened = SafetensorsFile::open(path("order")).value();
        QCOMPARE(opened.find("n")->begin, 0U);
        QCOMPARE(opened.find("a")->begin, 8U);
        QCOMPARE(opened.find("z")->begin, 12U);
        QCOMPARE(opened.find("b")->begin, 16U);
        QVERIFY(!opened.find("c"));
        QVERIFY(!writeSafetensors(path("bad"), {{"b", TensorType::U8, {3}, bytes(2)}}));
        QVERIFY(!fs::exists(path("bad")));
    }

    // What another program does to a file that is open here: an error that names the file, never a signal.
    void filesThatChangeWhileTheyAreRead() {
        const auto write = [&](const char* name) {
            QVERIFY(writeSafetensors(path(name), {floats("a", {1 << 16}, std::vector<float>(1 << 16, 1))}));
        };
        write("cut");
        const auto cut = SafetensorsFile::open(path("cut")).value();
        fs::resize_file(path("cut"), 5000);
        const auto bytes = cut.bytes(cut.tensors().front());
        QVERIFY(!bytes);
        QCOMPARE(bytes.error().where, path("cut").string());
        QVERIFY(bytes.error().what.find("while it was read") != std::string::npos);

        write("written");
        const auto written = SafetensorsFile::open(path("written")).value();
        QVERIFY(written.bytes(written.tensors().front()));
        fs::last_write_time(path("written"), fs::last_write_time(path("written")) + std::chrono::seconds(1));
        QVERIFY(!written.bytes(written.tensors().front()));

        QCOMPARE(::mkfifo(path("pipe").c_str(), 0600), 0);
        QCOMPARE(SafetensorsFile::open(path("pipe")).error().what, std::string("it is not a regular file"));

        write("replaced");  // the open file stays what it was
        const auto replaced = SafetensorsFile::open(path("replaced")).value();
        write("other");
        fs::rename(path("other"), path("replaced"));
        QVERIFY(replaced.bytes(replaced.tensors().front()));
    }

    // Of any bytes and any JSON: a set whose tensors can be read, or an Error.
    void damagedIndexesNeverCrash() {
        const fs::path folder = path("damaged");
        QVERIFY(createDirectories(folder));
        const char* parts[] = {"m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors"};
        QVERIFY(writeSafetensors(folder / parts[0], {floats("a", {1}, {1})}));
        QVERIFY(writeSafetensors(folder / parts[1], {floats("b", {2}, {2, 3})}));
        const Json good{{"metadata", {{"total_size", 12}}},
                        {"weight_map", {{"a", parts[0]}, {"b", parts[1]}}}};
        const std::vector<Json> values{nullptr,        1,    -1e300,      true, "",    "a",
                                       parts[0],       "..", "/dev/zero", ".",  "m\n", Json::array(),
                                       Json::object(), good};
        std::mt19937 random(2);
        int refused = 0, read = 0;
        for (int round = 0; round < 600; ++round) {
            Json json = good;
            std::string text = dumpJson(good);
            if (round % 2) {
                const Json& value = values[random() % values.size()];
                switch (random() % 5) {
                    case 0:
                        json["weight_map"][random() % 2 ? "a" : "b"] = value;
                        break;
                    case 1:
                        json["weight_map"]["more"] = value;
                        break;
                    case 2:
                        json["weight_map"] = value;
                        break;
                    case 3:
                        json["metadata"] = value;
                        break;
                    default:
                        json["weight_map"].erase(random() % 2 ? "a" : "b");
                }
                text = dumpJson(json);
            } else {
                for (unsigned n = random() % 3 + 1; n > 0; --n)
                    text[random() % text.size()] = static_cast<char>(random());
                if (round % 8 == 0) text.resize(random() % text.size());
            }
            std::ofstream(folder / "m.safetensors.index.json", std::ios::binary) << text;
            const auto set = WeightSet::open(folder, "m");
            refused += !set;
            if (!set) QVERIFY(!set.error().what.empty());
            if (set)
                for (const auto& name : set->names()) read += set->find(name)->bytes().has_value();
        }
        QVERIFY(refused > 300);
        QVERIFY(read > 20);
    }

    void shards() {
        const fs::path folder = path("sharded");
        QVERIFY(createDirectories(folder));
        QVERIFY(writeSafetensors(folder / "model-00001-of-00002.safetensors",
                                 {floats("a", {1}, {1}), floats("unused", {1}, {9})}));
        QVERIFY(writeSafetensors(folder / "model-00002-of-00002.safetensors", {floats("b", {2}, {2, 3})}));
        const auto index = [&](const char* a, const char* b) {
            QVERIFY(writeFileAtomic(
                folder / "model.safetensors.index.json",
                dumpJson({{"metadata", {{"total_size", 12}}}, {"weight_map", {{"a", a}, {"b", b}}}})));
        };
        index("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors");
        const auto set = WeightSet::open(folder, "model").value();
        QCOMPARE(set.names(), (std::vector<std::string>{"a", "b"}));
        QCOMPARE(set.find("b")->bytes().value().size(), 8U);
        QVERIFY(!set.find("unused"));
        for (const char* name :
             {"../model-00002-of-00002.safetensors", "/etc/passwd", "C:x.safetensors", "other.bin"}) {
            index("model-00001-of-00002.safetensors", name);
            QVERIFY(!WeightSet::open(folder, "model"));
        }
        index("model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors");
        const auto parts = WeightSet::open(folder, "model");
        QVERIFY(!parts);
        QVERIFY(
            parts.error().what.find("2 of 2 parts are missing: model-00001-of-00003.safetensors, model-0000"
                                    "3-of-00003.safetensors (with 2 tensors)") != std::string::npos);
        index("model-00001-of-00002.safetensors", "model-00001-of-00002.safetensors");
        const auto wrong = WeightSet::open(folder, "model");
        QVERIFY(!wrong && wrong.error().what.find("\"b\" is not in") != std::string::npos);
    }

    void whatIsThereInstead() {
        const fs::path folder = path("instead");
        QVERIFY(createDirectories(folder));
        QVERIFY(writeFileAtomic(folder / "pytorch_model.bin", "x"));
        const auto pickle = WeightSet::open(folder, "model");
        QVERIFY(!pickle && pickle.error().what.find("neither a file of torch.save") != std::string::npos);
        QVERIFY(writeFileAtomic(folder / "other.bin", "x"));
        fs::remove(folder / "pytorch_model.bin");
        const auto other = WeightSet::open(folder, "model");
        QVERIFY(!other && other.error().hint.find("other.bin") != std::string::npos);
        QVERIFY(writeSafetensors(folder / "model.fp16.safetensors", {floats("a", {1}, {1})}));
        const auto variant = WeightSet::open(folder, "model");
        QVERIFY(!variant && variant.error().hint.find("model.fp16.safetensors") != std::string::npos);
        QVERIFY(WeightSet::open(folder, "model", "fp16"));
    }

    void judgements() {
        const auto judge = [](std::vector<TensorInfo> tensors) { return judgeTensors(tensors); };
        const TensorInfo in{"conv_in.weight", TensorType::F16, {320, 9, 3, 3}, 0, 0},
            time{"time_embedding.linear_1.weight", TensorType::F16, {1280, 320}, 0, 0},
            key{"down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight",
                TensorType::F16,
                {320, 768},
                0,
                0};
        QCOMPARE(judge({in, time, key}).family, std::string("Stable Diffusion 1"));
        QVERIFY(judge({in, time, key}).detail.find("inpainting") != std::string::npos);
        const TensorVerdict lora =
            judge({{"lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k.lora_down.weight",
                    TensorType::F16,
                    {16, 2048},
                    0,
                    0}});
        QCOMPARE(lora.kind, std::string("lora"));
        QCOMPARE(lora.family, std::string("Stable Diffusion XL"));
        QVERIFY(lora.detail.find("rank 16") != std::string::npos);
        QCOMPARE(judge({{"emb_params", TensorType::F32, {3, 1024}, 0, 0}}).family,
                 std::string("Stable Diffusion 2"));
        QCOMPARE(judge({{"something", TensorType::F32, {3, 5}, 0, 0}}).kind, std::string("unknown"));
        QCOMPARE(judge({}).kind, std::string("unknown"));
        QVERIFY(judge({{"lora_unet_x.hada_w1_a", TensorType::F16, {4, 4}, 0, 0}}).detail.find("LoHa") !=
                std::string::npos);
        QVERIFY(writeSafetensors(path("ti.safetensors"),
                                 {floats("emb_params", {1, 768}, std::vector<float>(768))}));
        const ModelReport inversion = inspectModel(path("ti.safetensors")).value();
        QVERIFY(describe(inversion).find("read by: A1111") != std::string::npos);
        const Json json = toJson(inversion, true);
        QCOMPARE(json["readers"].size(), std::size_t(4));
        QCOMPARE(json["readers"][2].dump(),
                 std::string(R"({"program":"diffusers","takes":true,"how":"with the token given"})"));
        QCOMPARE(json["parts"][0]["tensor_list"].dump(),
                 std::string(R"([{"name":"emb_params","dtype":"F32","shape":[1,768]}])"));
        QVERIFY(!toJson(inversion)["parts"][0].contains("tensor_list"));
        QVERIFY(writeSafetensors(path("peft.safetensors"),
                                 {floats("base_model.model.unet.to_q.lora_A.weight", {1, 2}, {1, 2}),
                                  floats("base_model.model.unet.to_q.lora_B.weight", {2, 1}, {1, 2})}));
        QVERIFY(describe(inspectModel(path("peft.safetensors")).value())
                    .find("PEFT, ComfyUI; not by A1111: it reads other names: lora convert --to kohya") !=
                std::string::npos);
    }

    // Every tensor with a NaN or an infinity is named, in every floating dtype; plain numbers never are.
    void valuesThatAreNoNumbers() {
        const auto make = [&](TensorType type, std::vector<std::uint64_t> bits) {
            const auto width = static_cast<std::size_t>(bitsPerElement(type)) / 8;
            auto owner = std::make_shared<std::vector<std::byte>>(bits.size() * width);
            for (std::size_t i = 0; i < bits.size(); ++i)
                std::memcpy(owner->data() + i * width, &bits[i], width);
            return TensorToWrite{"", type, {static_cast<std::int64_t>(bits.size())}, [owner] {
                                     return TensorBytes{*owner, owner};
                                 }};
        };
        std::vector<TensorToWrite> tensors;
        const auto add = [&](const char* name, TensorToWrite tensor) {
            tensor.name = name;
            tensors.push_back(std::move(tensor));
        };
        add("bad.bf16", make(TensorType::BF16, {0, 0x7f80}));
        add("bad.f16", make(TensorType::F16, {0x7bff, 0xfe00}));
        add("bad.f32", make(TensorType::F32, {0x7f7fffff, 0xff800000}));
        add("bad.f64", make(TensorType::F64, {0, 0x7ff8000000000000}));
        add("good.f16", make(TensorType::F16, {0x7bff, 0xfbff, 1}));
        add("good.f32", make(TensorType::F32, {0x7f7fffff, 0xff7fffff, 1}));
        add("good.i64", make(TensorType::I64, {0x7ff8000000000000}));
        QVERIFY(writeSafetensors(path("nan.safetensors"), tensors));
        const ModelReport report = inspectModel(path("nan.safetensors"), true).value();
        QCOMPARE(report.parts[0].notFinite,
                 (std::vector<std::string>{"bad.bf16", "bad.f16", "bad.f32", "bad.f64"}));
        QVERIFY(report.complete());  // a warning, not a fault of the file
        QVERIFY(
            describe(report).find("warning: 4 tensors hold NaN or infinity: bad.bf16, bad.f16, bad.f32, …") !=
            std::string::npos);
        QVERIFY(inspectModel(path("nan.safetensors")).value().parts[0].notFinite.empty());
    }

    void whatTrainersSayAndWhoReadsIt() {
        QVERIFY(writeSafetensors(path("lora.safetensors"),
                                 {floats("lora_unet_x.lora_down.weight", {1, 2}, {1, 2}),
                                  floats("lora_unet_x.lora_up.weight", {2, 1}, {1, 2})},
                                 {{"ss_network_dim", "16"},
                                  {"ss_base_model_version", "sd_v1"},
                                  {"ss_seed", "None"},
                                  {"ss_tag_frequency", R"({"a": {"cat": 2, "dog": 3}, "b": {"cat": 4}})"}}));
        const ModelReport report = inspectModel(path("lora.safetensors")).value();
        QCOMPARE(report.training.dump(),
                 std::string(R"({"base_model":"sd_v1","rank":"16","tags":[["cat",6],["dog",3]]})"));
        QCOMPARE(report.precision, std::string("F32"));
        QCOMPARE(report.readers.size(), std::size_t(4));
        const auto verdictOf = [&](std::vector<TensorInfo> tensors) {
            std::string text;
            for (const auto& reader : readersOf(judgeTensors(tensors), tensors))
                text += reader.program + (reader.takes ? "+ " : "- ");
            return text;
        };
        const std::string unet = "model.diffusion_model.";
        const auto checkpoint = [&](std::int64_t channels, bool text) {
            std::vector<TensorInfo> tensors{
                {unet + "input_blocks.0.0.weight", TensorType::F16, {320, channels, 3, 3}, 0, 0},
                {unet + "input_blocks.2.1.transformer_blocks.0.attn2.to_k.weight",
                 TensorType::F16,
                 {320, 768},
                 0,
                 0},
                {"first_stage_model.x.weight", TensorType::F16, {1}, 0, 0}};
            if (text)
                tensors.push_back({"cond_stage_model.transformer.x.weight", TensorType::F16, {1}, 0, 0});
            return tensors;
        };
        QCOMPARE(verdictOf(checkpoint(4, true)), std::string("A1111+ ComfyUI+ diffusers+ kohya+ "));
        QCOMPARE(verdictOf(checkpoint(9, true)), std::string("A1111+ ComfyUI+ diffusers+ kohya- "));
        QCOMPARE(verdictOf(checkpoint(5, true)), std::string("A1111- ComfyUI- diffusers- kohya- "));
        QCOMPARE(verdictOf(checkpoint(4, false)), std::string("A1111- ComfyUI- diffusers- kohya- "));
        QCOMPARE(judgeTensors(checkpoint(9, true)).variant, std::string("inpainting"));
    }

    void reports() {
        const fs::path pipeline = path("pipeline");
        QVERIFY(createDirectories(pipeline / "unet"));
        QVERIFY(writeFileAtomic(
            pipeline / "model_index.json",
            R"({"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"], "safety_checker": [null, null]})"));
        QVERIFY(writeFileAtomic(pipeline / "unet" / "config.json",
                                R"({"_class_name": "UNet2DConditionModel", "mid_block_type": "Odd"})"));
        QVERIFY(writeSafetensors(pipeline / "unet" / "diffusion_pytorch_model.safetensors",
                                 {floats("conv_in.weight", {320, 4}, std::vector<float>(1280))}));
        const ModelReport report = inspectModel(pipeline).value();
        QVERIFY(!report.complete());
        QCOMPARE(report.parts.size(), 2U);
        QCOMPARE(report.parts[0].parameters, 1280U);
        QVERIFY(report.parts[0].problems.at(0).find("mid_block_type") != std::string::npos);
        QVERIFY(report.parts[1].problems.at(0).find("vae") != std::string::npos);
        QVERIFY(describe(report).find("problem:") != std::string::npos);
        QVERIFY(report.problems.empty());
        QVERIFY(writeFileAtomic(
            pipeline / "model_index.json",
            R"({"unet": "UNet2DConditionModel", "vae": ["diffusers"], "scheduler": [null, null], "tokenizer": ["transformers", "CLIPTokenizer"]})"));
        QCOMPARE(
            inspectModel(pipeline).value().problems,
            (std::vector<std::string>{"model_index.json: the entry of unet is no [\"library\", \"Class\"]",
                                      "model_index.json: the entry of vae is no [\"library\", \"Class\"]"}));
        QVERIFY(toJson(report)["parts"][0]["tensors"] == 1);
        QVERIFY(!inspectModel(path("nothing")));
        QVERIFY(writeFileAtomic(path("x.ckpt"), "x"));
        QVERIFY(inspectModel(path("x.ckpt")).error().what.find("torch.save") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
