// SPDX-License-Identifier: GPL-3.0-or-later
// Files of torch.save built byte by byte: what is read, and hostile ones, each refused by name with nothing
// run.
#include <QTemporaryDir>
#include <QTest>
#include <cstring>
#include <fstream>
#include <random>

#include "core/weights/inspect.h"
#include "core/weights/safetensors.h"

using namespace atelier;
using namespace std::string_literals;

namespace {

std::string little(std::uint64_t value, std::size_t width) {
    std::string bytes(width, '\0');
    for (std::size_t i = 0; i < width; ++i) bytes[i] = static_cast<char>(value >> (8 * i) & 0xff);
    return bytes;
}
std::string text(const std::string& t) {
    return "X" + little(t.size(), 4) + t;
}
std::string integer(std::uint64_t value) {
    return "\x8a\x08"s + little(value, 8);
}
std::string tuple(const std::vector<std::uint64_t>& values) {
    std::string out = "(";
    for (const auto value : values) out += integer(value);
    return out + "t";
}
std::string storage(const std::string& key, std::uint64_t count, const std::string& type = "FloatStorage") {
    return "(" + text("storage") + "ctorch\n" + type + "\n" + text(key) + text("cpu") + integer(count) + "tQ";
}
std::string tensor(const std::string& where, std::uint64_t offset, const std::vector<std::uint64_t>& shape,
                   const std::vector<std::uint64_t>& strides) {
    return "ctorch._utils\n_rebuild_tensor_v2\n(" + where + integer(offset) + tuple(shape) + tuple(strides) +
           "\x89" + "ccollections\nOrderedDict\n)RtR";
}
std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
    std::string out = "}(";
    for (const auto& [key, value] : items) out += text(key) + value;
    return out + "u";
}
std::string pickle(const std::string& body) {
    return "\x80\x02" + body + ".";
}
// {"w": …} with one storage "0" of four floats.
std::string plain(std::uint64_t offset = 0, const std::vector<std::uint64_t>& shape = {2, 2},
                  const std::vector<std::uint64_t>& strides = {2, 1}) {
    return pickle(dict({{"w", tensor(storage("0", 4), offset, shape, strides)}}));
}

struct Record {
    std::string name, data;
    unsigned method = 0;
    std::uint64_t size = 0;  // claimed; 0 = the data's
};
std::string zip(const std::vector<Record>& records) {
    std::string out, directory;
    for (const auto& record : records) {
        const auto size = record.size ? record.size : record.data.size();
        const std::string common = little(record.method, 2) + little(0, 8) + little(record.data.size(), 4) +
                                   little(size, 4) + little(record.name.size(), 2);
        directory += "PK\1\2"s + little(0, 4) + little(0, 2) + common + little(0, 2) + little(0, 10) +
                     little(out.size(), 4) + record.name;
        out += "PK\3\4"s + little(0, 4) + common + little(0, 2) + record.name + record.data;
    }
    return out + directory + "PK\5\6"s + little(0, 4) + little(records.size(), 2) +
           little(records.size(), 2) + little(directory.size(), 4) + little(out.size(), 4) + little(0, 2);
}
std::string floats(const std::vector<float>& values) {
    std::string bytes(values.size() * 4, '\0');
    std::memcpy(bytes.data(), values.data(), bytes.size());
    return bytes;
}
const std::string kData = floats({1, 2, 3, 4});
std::string saved(const std::string& pickled, const std::string& data = kData) {
    return zip({{"archive/data.pkl", pickled}, {"archive/data/0", data}, {"archive/version", "3\n"}});
}
std::string old(const std::string& pickled, std::uint64_t count = 4, const std::string& data = kData) {
    const std::string magic = "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"s;
    return pickle(magic) + pickle(integer(1001)) + pickle(dict({{"little_endian", "\x88"}})) + pickled +
           pickle("](" + text("0") + "e") + little(count, 8) + data;
}

}  // namespace

class TestTorchFile : public QObject {
    Q_OBJECT

    QTemporaryDir dir_;
    fs::path path(const char* name) const { return fs::path(dir_.path().toStdString()) / name; }
    Result<WeightSet> open(const std::string& bytes) const {
        std::ofstream(path("x.ckpt"), std::ios::binary) << bytes;
        return WeightSet::openFile(path("x.ckpt"));
    }
    static std::vector<float> values(const WeightSet& set, const char* name) {
        const auto bytes = set.find(name)->bytes().value();
        std::vector<float> out(bytes.size() / 4);
        std::memcpy(out.data(), bytes.data(), bytes.size());
        return out;
    }

  private Q_SLOTS:
    void bothForms() {
        for (const auto& bytes : {saved(plain()), old(plain())}) {
            const auto set = open(bytes).value();
            QCOMPARE(set.names(), (std::vector<std::string>{"w"}));
            QCOMPARE(set.find("w")->tensor->shape, (std::vector<std::int64_t>{2, 2}));
            QCOMPARE(values(set, "w"), (std::vector<float>{1, 2, 3, 4}));
        }
    }

    void viewsAreGathered() {
        QCOMPARE(values(open(saved(plain(0, {2, 2}, {1, 2}))).value(), "w"),
                 (std::vector<float>{1, 3, 2, 4}));
        QCOMPARE(values(open(saved(plain(1, {2}, {2}))).value(), "w"), (std::vector<float>{2, 4}));
        QCOMPARE(values(open(saved(plain(3, {}, {}))).value(), "w"), (std::vector<float>{4}));
        QCOMPARE(values(open(saved(plain(1, {3}, {0}))).value(), "w"), (std::vector<float>{2, 2, 2}));
        QVERIFY(values(open(saved(plain(0, {0, 7}, {7, 1}))).value(), "w").empty());
    }

    void tiedNames() {
        const std::string w = tensor(storage("0", 4), 0, {4}, {1});
        const auto set = open(saved(pickle(dict({{"a", w}, {"b", w}})))).value();
        QCOMPARE(set.tied().size(), 1U);
        QCOMPARE(set.tied().front().first, std::string("b"));
        const auto report = inspectModel(path("x.ckpt")).value();
        QVERIFY(describe(report).find("b is a") != std::string::npos);
    }

    void checkpointsOfTrainers() {
        // What pytorch_lightning leaves beside the weights is stepped over.
        const std::string callbacks = "}cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n" +
                                      dict({{"best", text("x")}}) + "s";
        const std::string odd = "cpytorch_lightning.utilities.parsing\nAttributeDict\n)\x81" + dict({}) + "b";
        const std::string weights = "ccollections\nOrderedDict\n)R(" + text("model.w") +
                                    tensor(storage("0", 4), 0, {4}, {1}) + "u" +
                                    dict({{"_metadata", dict({})}}) + "b";
        const auto set =
            open(saved(pickle(dict({{"callbacks", callbacks},
                                    {"epoch", integer(3)},
                                    {"hyper", odd},
                                    {"state_dict", weights},
                                    {"optimizer", dict({{"m", tensor(storage("0", 4), 0, {4}, {1})}})}}))))
                .value();
        QCOMPARE(set.names(), (std::vector<std::string>{"model.w"}));
        QCOMPARE(set.files().front()->metadata().at("epoch"), std::string("3"));
    }

    void nestedNames() {
        const std::string w = tensor(storage("0", 4), 0, {1, 4}, {4, 1});
        const auto set =
            open(saved(pickle(dict({{"string_to_param", dict({{"*", w}})}, {"name", text("cat")}})))).value();
        QCOMPARE(set.names(), (std::vector<std::string>{"string_to_param.*"}));
        QCOMPARE(set.files().front()->metadata().at("name"), std::string("cat"));
    }

    void hostile_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* name, const std::string& bytes, const char* expected) {
            QTest::newRow(name) << QByteArray(bytes.data(), static_cast<qsizetype>(bytes.size()))
                                << QString(expected);
        };
        const auto call = [](const std::string& global, const std::string& argument) {
            return saved(pickle(global + "(" + text(argument) + "tR"));
        };
        row("os.system", call("cos\nsystem\n", "touch /tmp/harm"), "os.system");
        row("posix.system", call("cposix\nsystem\n", "true"), "posix.system");
        row("eval", call("cbuiltins\neval\n", "1"), "builtins.eval");
        row("exec", call("c__builtin__\nexec\n", "1"), "__builtin__.exec");
        row("getattr", call("cbuiltins\ngetattr\n", "x"), "builtins.getattr");
        row("import", call("cimportlib\nimport_module\n", "os"), "importlib.import_module");
        row("subprocess", call("csubprocess\nPopen\n", "true"), "subprocess.Popen");
        row("nested pickle", call("cpickle\nloads\n", "x"), "pickle.loads");
        row("torch.load", call("ctorch\nload\n", "x"), "torch.load");
        row("torch hub", call("ctorch.hub\nload\n", "x"), "torch.hub.load");
        row("storage bytes", call("ctorch.storage\n_load_from_bytes\n", "x"), "_load_from_bytes");
        row("attribute of an allowed name",
            saved("\x80\x04" + text("torch") + text("FloatStorage.__class__") + "\x93."), "__class__");
        row("made up by name",
            saved("\x80\x04" + text("os") + text("system") + "\x93" + text("x") + "\x85R."), "os.system");
        row("name is no text", saved("\x80\x04NN\x93."), "makes up the name");
        row("call of a tensor", saved(pickle(tensor(storage("0", 4), 0, {4}, {1}) + ")R")),
            "not on the list");
        row("call of a dtype", saved(pickle("ctorch\nfloat32\n)R")), "torch.float32");
        row("object of a storage class", saved(pickle("ctorch\nFloatStorage\n)\x81")),
            "object of torch.FloatStorage");
        row("attributes of a list", saved(pickle("]" + dict({}) + "b")), "sets attributes");
        row("instance", saved(pickle("(ios\nsystem\n")), "0x69 ('i')");
        row("old object", saved(pickle("(cos\nsystem\no")), "os.system");
        row("extension registry", saved(pickle("\x82\x01")), "0x82");
        row("text persistent id", saved(pickle("P1\n")), "0x50");
        row("other persistent id", saved(pickle("(" + text("file") + text("/etc/passwd") + "tQ")),
            "outside data");
        row("protocol 0", saved("I1\n."), "0x49");
        row("protocol 9", saved("\x80\x09N."), "protocol 9");
        row("huge text", saved("\x80\x04\x8d" + little(1ULL << 62, 8) + "a."), "ends early");
        row("huge frame", saved("\x80\x04\x95" + little(~0ULL, 8) + "N."), "ends early");
        row("huge memo", saved(pickle("j\xff\xff\xff\xff")), "never made");
        row("huge shape", saved(plain(0, {1ULL << 40, 1ULL << 40}, {1ULL << 40, 1})), "overflows");
        row("wide view of little", saved(plain(0, {1ULL << 40}, {0})), "many times the file");
        row("past the storage", saved(plain(1, {4}, {1})), "\"w\": F32 [4] reaches to byte 20");
        row("strides past the storage", saved(plain(0, {2, 2}, {3, 1})), "reaches to byte 20");
        row("negative offset", saved(plain(~0ULL)), "wrong arguments");
        row("negative size", saved(plain(0, {~0ULL}, {1})), "wrong arguments");
        row("shape without strides", saved(plain(0, {2, 2}, {1})), "wrong arguments");
        row("no such storage", saved(pickle(dict({{"w", tensor(storage("7", 4), 0, {4}, {1})}}))),
            "storage \"7\" is missing");
        row("storage of another class", saved(pickle(storage("0", 4, "float32"))), "torch.float32");
        row("nothing on the stack", saved(pickle("R")), "takes more");
        row("group that never began", saved(pickle("t")), "never began");
        row("below a group", saved(pickle("N(\x85")), "takes more");
        row("no end", saved("\x80\x02}"), "no end mark");
        row("empty", saved(""), "no end mark");
        // d0 = {}, d(n+1) = {a: dn, b: dn}: 2^40 ways through.
        std::string laughs = "\x80\x02}q\x01";
        for (int i = 0; i < 30; ++i) laughs += "}(" + text("a") + "h\x01" + text("b") + "h\x01uq\x01";
        row("a thousand million laughs", saved(laughs + "."), "nested too deeply or in a circle");
        row("dictionary in itself", saved("\x80\x02}q\x01(" + text("a") + "h\x01u."), "in a circle");
        std::string deep = "\x80\x02";
        for (int i = 0; i < 100000; ++i) deep += "}" + text("a");
        row("deep", saved(deep + "N" + std::string(100000, 's') + "."), "nested too deeply");
        row("many objects", saved("\x80\x02" + std::string(2'000'001, 'N') + "."), "more than 2000000");
        row("groups without end", saved("\x80\x02" + std::string(9'000'000, '(') + "."), "too many groups");
        row("a bare tensor", saved(pickle(tensor(storage("0", 4), 0, {4}, {1}))), "no dictionary");
        row("whole model", saved(pickle("clightning.pytorch\nModel\n)\x81")), "lightning.pytorch.Model");
        row("no tensors", saved(pickle(dict({{"a", "N"}}))), "no tensors");
        row("sparse", saved(pickle("ctorch._utils\n_rebuild_sparse_tensor\n)R")), "_rebuild_sparse_tensor");
        const Record data{"archive/data.pkl", plain()};
        row("compressed", zip({{"archive/data.pkl", plain(), 8, 1ULL << 31}}), "compressed");
        row("zip bomb", zip({{"archive/data.pkl", plain(), 0, 4'000'000'000ULL}}), "compressed");
        row("no pickle", zip({{"archive/other", "x"}}), "without data.pkl");
        row("two pickles", zip({data, {"b/data.pkl", plain()}}), "more than one");
        row("script", zip({data, {"archive/constants.pkl", plain()}}), "TorchScript");
        row("big endian", zip({data, {"archive/byteorder", "big"}}), "big endian");
        row("same name twice", zip({data, data}), "twice");
        for (const char* name :
             {"../data.pkl", "/data.pkl", "a/../../data.pkl", "a\\data.pkl", "C:/data.pkl"})
            row(name, zip({{name, plain()}}), "leads out");
        const std::string good = saved(plain());
        row("cut off", good.substr(0, good.size() - 10), "cut off");
        row("cut in the middle", good.substr(0, good.size() / 2), "cut off");
        std::string overlap = good;
        // The second record's local header offset points at the first, whose name differs.
        const auto at = overlap.find("archive/data/0", overlap.find("PK\1\2")) - 4;
        overlap.replace(at, 4, little(0, 4));
        row("records on one another", overlap, "another name");
        row("old: other magic", pickle(integer(5)), "not one of torch.save");
        row("old: cut off", old(plain(), 4, kData.substr(1)), "reaches past the end");
        row("old: huge count", old(plain(), 1ULL << 62), "reaches past the end");
        row("old: code", old(pickle("cos\nsystem\n(" + text("x") + "tR")), "os.system");
        row("nothing at all", "", "neither");
    }
    void hostile() {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, expected);
        const auto set = open({bytes.data(), static_cast<std::size_t>(bytes.size())});
        QVERIFY(!set);
        QCOMPARE(set.error().code, ErrorCode::Model);
        QVERIFY2(QString::fromStdString(set.error().message()).contains(expected),
                 set.error().message().c_str());
    }

    void disguised() {
        std::ofstream(path("x.safetensors"), std::ios::binary) << saved(plain());
        const auto set = WeightSet::openFile(path("x.safetensors"));
        QVERIFY(!set && set.error().what.find("pickle under a safetensors") != std::string::npos);
    }

    void damagedFilesNeverCrash() {
        std::mt19937 random(1);
        for (const auto& good : {saved(plain()), old(plain())})
            for (int round = 0; round < 300; ++round) {
                std::string bytes = good;
                for (unsigned n = random() % 3 + 1; n > 0; --n)
                    bytes[random() % bytes.size()] = static_cast<char>(random());
                if (round % 4 == 0) bytes.resize(random() % bytes.size());
                const auto set = open(bytes);
                if (set)
                    for (const auto& name : set->names()) {
                        const auto entry = *set->find(name);
                        QCOMPARE(entry.bytes().value().size(), entry.tensor->end - entry.tensor->begin);
                    }
            }
    }

    void foldersOfPickles() {
        const fs::path folder = path("folder");
        QVERIFY(createDirectories(folder));
        std::ofstream(folder / "diffusion_pytorch_model.bin", std::ios::binary) << saved(plain());
        QVERIFY(WeightSet::open(folder, "diffusion_pytorch_model"));
        std::ofstream(folder / "diffusion_pytorch_model.ema.bin", std::ios::binary)
            << saved(plain(2, {2}, {1}));
        QCOMPARE(values(WeightSet::open(folder, "diffusion_pytorch_model", "ema").value(), "w"),
                 (std::vector<float>{3, 4}));
        std::ofstream(folder / "pytorch_model-00001-of-00001.bin", std::ios::binary) << saved(plain());
        QVERIFY(writeFileAtomic(folder / "pytorch_model.bin.index.json",
                                R"({"weight_map": {"w": "pytorch_model-00001-of-00001.bin"}})"));
        QCOMPARE(values(WeightSet::open(folder, "model").value(), "w"), (std::vector<float>{1, 2, 3, 4}));
    }
};

QTEST_GUILESS_MAIN(TestTorchFile)
#include "tst_torch_file.moc"
