// SPDX-License-Identifier: GPL-3.0-or-later
// From the pickled document to named tensors: where the storages lie, which dictionary holds the weights, and
// every view checked against its storage.
#include "core/weights/torch_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <tuple>

#include "core/base/strings.h"
#include "core/weights/pickle.h"
#include "core/weights/zip_records.h"

namespace atelier {
namespace {

using pickle::Document;
using pickle::Id;
using pickle::Kind;
using pickle::Node;

constexpr std::uint64_t kMaxPickle = std::uint64_t{256} << 20;
constexpr std::size_t kMaxTensors = 1'000'000, kMaxVisits = 4'000'000, kMaxMetadata = 1000;
constexpr int kMaxDepth = 32;
// Views may share storages, but a file does not hold many times its own size.
constexpr std::uint64_t kTiedFactor = 4, kSlack = std::uint64_t{64} << 20;

using Storages = std::map<std::string, ByteRange, std::less<>>;

tl::unexpected<Error> bad(
    const fs::path& path, std::string what,
    const char* hint = "The file is damaged or was not written completely: fetch it again.") {
    return fail(ErrorCode::Model, std::move(what), path.string(), hint);
}

// --- zip form: NAME/data.pkl and NAME/data/KEY ---
Result<Document> readZip(const FileBytes& file, Storages& storages) {
    const fs::path& path = file.path();
    ATELIER_TRY(const ZipRecords records, readZipRecords(file));
    std::string root;
    for (const auto& [name, bytes] : records) {
        if (!name.ends_with("/data.pkl")) continue;
        if (!root.empty()) return bad(path, "it holds more than one data.pkl");
        root = name.substr(0, name.size() - std::string_view("data.pkl").size());
    }
    if (root.empty())
        return bad(path, "it is a zip archive without data.pkl, so not one of torch.save",
                   "Unpack it if it holds the model's files.");
    if (records.contains(root + "constants.pkl"))
        return bad(path, "it is a TorchScript program, not weights",
                   "Save the model's state_dict with torch.save or as safetensors.");
    if (const auto order = records.find(root + "byteorder");
        order != records.end() && order->second.size == 3) {
        ATELIER_TRY(const std::string name, file.text(order->second));
        if (name == "big")
            return bad(path, "its numbers are big endian", "Save it again on a little-endian machine.");
    }
    const ByteRange range = records.at(root + "data.pkl");
    if (range.size > kMaxPickle)
        return bad(path,
                   fmt::format("its data.pkl has {} bytes, at most {} are read", range.size, kMaxPickle));
    ATELIER_TRY(const std::string pickled, file.text(range));
    for (const auto& [name, bytes] : records)
        if (name.starts_with(root + "data/")) storages[name.substr(root.size() + 5)] = bytes;
    return pickle::read(pickled, path.string());
}

// --- old form: magic number, protocol, system, object, keys; then for each key its count and its data ---
Result<Document> readOld(const FileBytes& file, Storages& storages) {
    const fs::path& path = file.path();
    std::uint64_t at = 0;
    // Where a pickle ends is known only when it is read: a longer piece of the file after each that was too
    // short.
    const auto next = [&]() -> Result<Document> {
        for (std::uint64_t length = std::uint64_t{1} << 20;; length *= 16) {
            const std::uint64_t there = std::min({length, file.size() - at, kMaxPickle});
            ATELIER_TRY(const std::string piece, file.text({at, there}));
            auto document = pickle::read(piece, path.string());
            if (!document && there == length && length < kMaxPickle) continue;
            if (document) at += document->size;
            return document;
        }
    };
    ATELIER_TRY(const Document magic, next());
    static constexpr std::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);
    if (magic[magic.root].kind != Kind::BigInt || magic[magic.root].text != kMagic)
        return bad(path, "it is a pickle, but not one of torch.save",
                   "Save the weights with torch.save or as safetensors.");
    ATELIER_TRY(const Document protocol, next());
    if (protocol[protocol.root].kind != Kind::Int || protocol[protocol.root].integer != 1001)
        return bad(path, "its form is of another version than 1001");
    ATELIER_TRY(const Document system, next());
    const auto& items = system[system.root].items;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2)
        if (system[items[i]].text == "little_endian" && system[items[i + 1]].integer == 0)
            return bad(path, "its numbers are big endian", "Save it again on a little-endian machine.");
    ATELIER_TRY(Document document, next());
    ATELIER_TRY(const Document keys, next());
    std::map<std::string, std::uint64_t> elementBytes;
    for (const auto& storage : document.storages)
        elementBytes[storage.key] =
            storage.type ? static_cast<std::uint64_t>(bitsPerElement(*storage.type)) / 8 : 1;
    for (const Id id : keys[keys.root].items) {
        const std::string& key = keys[id].text;
        const auto width = elementBytes.find(key);
        if (width == elementBytes.end())
            return bad(path, fmt::format("nothing uses its storage \"{}\"", key));
        if (file.size() - at < 8) return bad(path, fmt::format("it ends before storage \"{}\"", key));
        std::uint64_t count = 0, size = 0;
        ATELIER_DO(file.read(at, std::as_writable_bytes(std::span(&count, 1))));
        at += 8;
        if (__builtin_mul_overflow(count, width->second, &size) || size > file.size() - at)
            return bad(path, fmt::format("storage \"{}\" of {} elements reaches past the end", key, count));
        if (!storages.emplace(key, ByteRange{at, size}).second)
            return bad(path, fmt::format("storage \"{}\" is there twice", key));
        at += size;
    }
    return document;
}

// The dictionary's tensors by name; the rest that is plain becomes metadata.
class Flattener {
  public:
    Flattener(const Document& document, const fs::path& path) : doc_(document), path_(path) {}
    std::map<std::string, std::size_t> tensors;  // → index into Document::tensors
    std::map<std::string, std::string> metadata;

    Status run() {
        const Node& root = doc_[doc_.root];
        if (root.kind == Kind::Opaque)
            return bad(path_, fmt::format("it holds an object of class {}, not weights", root.text),
                       "Save its state_dict instead.");
        if (root.kind != Kind::Dict)
            return bad(path_, "it holds no dictionary of named tensors",
                       "Save {name: tensor} with torch.save or as safetensors.");
        Id weights = doc_.root;
        for (std::size_t i = 0; i + 1 < root.items.size(); i += 2)
            if (doc_[root.items[i]].text == "state_dict" && doc_[root.items[i + 1]].kind == Kind::Dict)
                weights = root.items[i + 1];
        if (weights != doc_.root)
            for (std::size_t i = 0; i + 1 < root.items.size(); i += 2)
                if (const auto name = keyText(root.items[i]); name && *name != "state_dict")
                    note(*name, doc_[root.items[i + 1]]);
        ATELIER_DO(walk(weights, "", 0));
        if (tensors.empty()) return bad(path_, "it holds no tensors");
        return {};
    }

  private:
    std::optional<std::string> keyText(Id id) const {
        const Node& key = doc_[id];
        if (key.kind == Kind::Text) return key.text;
        if (key.kind == Kind::Int) return std::to_string(key.integer);
        return std::nullopt;
    }
    void note(const std::string& name, const Node& node) {
        if (metadata.size() >= kMaxMetadata || !isValidUtf8(name)) return;
        if (node.kind == Kind::Int) metadata[name] = std::to_string(node.integer);
        if (node.kind == Kind::Bool) metadata[name] = node.integer ? "True" : "False";
        if (node.kind == Kind::Float) metadata[name] = fmt::format("{}", node.number);
        if (node.kind == Kind::Text && isValidUtf8(node.text)) metadata[name] = node.text;
    }
    Status walk(Id id, const std::string& prefix, int depth) {
        if (depth > kMaxDepth || ++visits_ > kMaxVisits)
            return bad(path_, "its dictionaries are nested too deeply or in a circle",
                       "No model is built like this; do not trust the file.");
        const Node& dict = doc_[id];
        for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
            const auto key = keyText(dict.items[i]);
            if (!key) continue;  // classes as keys: trainers' callbacks
            const std::string name = prefix + *key;
            const Node& value = doc_[dict.items[i + 1]];
            if (++visits_ > kMaxVisits) return walk(id, prefix, kMaxDepth + 1);
            if (value.kind == Kind::Tensor) {
                if (name.empty() || name.find('\0') != name.npos || !isValidUtf8(name))
                    return bad(path_, "a tensor's name is empty or not UTF-8");
                if (tensors.size() >= kMaxTensors)
                    return bad(path_, fmt::format("it lists more than {} tensors", kMaxTensors));
                tensors[name] = static_cast<std::size_t>(value.integer);
            } else if (value.kind == Kind::Dict) {
                ATELIER_DO(walk(dict.items[i + 1], name + ".", depth + 1));
            } else if (value.kind == Kind::List || value.kind == Kind::Tuple) {
                ATELIER_DO(list(value, name));
            } else {
                note(name, value);
            }
        }
        return {};
    }

    // Tensors without names, as averages are kept: numbered.
    Status list(const Node& list, const std::string& name) {
        if (!isValidUtf8(name) || name.find('\0') != name.npos) return {};
        for (std::size_t k = 0; k < list.items.size(); ++k) {
            const Node& item = doc_[list.items[k]];
            if (item.kind != Kind::Tensor) continue;
            if (tensors.size() >= kMaxTensors)
                return bad(path_, fmt::format("it lists more than {} tensors", kMaxTensors));
            tensors[fmt::format("{}.{}", name, k)] = static_cast<std::size_t>(item.integer);
        }
        return {};
    }

    const Document& doc_;
    const fs::path& path_;
    std::size_t visits_ = 0;
};

bool isRowMajor(const pickle::Tensor& tensor) {
    std::int64_t step = 1;
    for (std::size_t i = tensor.shape.size(); i-- > 0;) {
        if (tensor.shape[i] != 1 && tensor.strides[i] != step) return false;
        step *= tensor.shape[i];
    }
    return true;
}

struct Placed {
    std::uint64_t bytes = 0;  // of the dense tensor
    TorchFile::View view;
};

Result<Placed> place(const fs::path& path, const std::string& name, const Document& document,
                     const pickle::Tensor& tensor, const Storages& storages) {
    const auto wrong = [&](std::string what) {
        return bad(path, fmt::format("tensor \"{}\": {}", name, what));
    };
    const pickle::Storage& storage = document.storages[tensor.storage];
    const auto data = storages.find(storage.key);
    if (data == storages.end()) return wrong(fmt::format("its storage \"{}\" is missing", storage.key));
    const std::uint64_t width = static_cast<std::uint64_t>(bitsPerElement(tensor.type)) / 8;
    std::uint64_t elements = 1, last = static_cast<std::uint64_t>(tensor.offset), reach = 0, viewed = 0;
    bool overflow = __builtin_add_overflow(last, static_cast<std::uint64_t>(storage.viewOffset), &last);
    for (std::size_t i = 0; i < tensor.shape.size(); ++i) {
        const auto side = static_cast<std::uint64_t>(tensor.shape[i]);
        overflow |= __builtin_mul_overflow(elements, side, &elements);
        if (side > 0) {
            overflow |=
                __builtin_mul_overflow(side - 1, static_cast<std::uint64_t>(tensor.strides[i]), &reach);
            overflow |= __builtin_add_overflow(last, reach, &last);
        }
    }
    Placed placed;
    overflow |= __builtin_mul_overflow(elements, width, &placed.bytes);
    overflow |= __builtin_add_overflow(last, std::uint64_t{1}, &last);
    overflow |= __builtin_mul_overflow(last, width, &viewed);
    if (overflow) return wrong("its size overflows 64 bits");
    if (elements == 0) return placed;
    if (viewed > data->second.size)
        return wrong(fmt::format("{} {} reaches to byte {} of a storage of {}", tensorTypeName(tensor.type),
                                 shapeText(tensor.shape), viewed, data->second.size));
    placed.view.storage = data->second;
    placed.view.offset = static_cast<std::uint64_t>(tensor.offset + storage.viewOffset) * width;
    if (!isRowMajor(tensor)) placed.view.strides = tensor.strides;
    return placed;
}

// Row-major copy of a strided view; recursion depth is the rank, at most 16.
void gather(const TorchFile::View& view, const TensorInfo& tensor, std::size_t width, std::size_t axis,
            const std::byte* from, std::byte*& to) {
    if (axis == tensor.shape.size()) {
        std::memcpy(to, from, width);
        to += width;
        return;
    }
    const auto step = static_cast<std::size_t>(view.strides[axis]) * width;
    for (std::int64_t i = 0; i < tensor.shape[axis]; ++i)
        gather(view, tensor, width, axis + 1, from + static_cast<std::size_t>(i) * step, to);
}

}  // namespace

Result<TorchFile> TorchFile::open(const fs::path& path) {
    TorchFile file;
    file.path_ = path;
    ATELIER_TRY(file.file_, FileBytes::open(path));
    const std::uint64_t size = file.file_.size();
    ATELIER_TRY(const std::string start, file.file_.text({0, std::min<std::uint64_t>(2, size)}));
    file.zip_ = start == "PK";
    Storages storages;
    ATELIER_TRY(const Document document,
                file.zip_ ? readZip(file.file_, storages) : readOld(file.file_, storages));
    Flattener flat(document, path);
    ATELIER_DO(flat.run());
    file.metadata_ = std::move(flat.metadata);
    std::uint64_t total = 0;
    std::map<std::tuple<std::uint64_t, std::uint64_t, TensorType, std::vector<std::int64_t>,
                        std::vector<std::int64_t>>,
             std::string>
        first;
    for (const auto& [name, index] : flat.tensors) {
        const pickle::Tensor& tensor = document.tensors[index];
        ATELIER_TRY(auto placed, place(path, name, document, tensor, storages));
        total += placed.bytes;
        if (placed.bytes > size * kTiedFactor + kSlack || total > size * kTiedFactor + kSlack)
            return bad(path,
                       fmt::format("its tensors would take {} in all, many times the file's {}",
                                   humanBytes(total), humanBytes(size)),
                       "No model is built like this; do not trust the file.");
        const ByteRange storage = placed.view.storage;
        if (placed.bytes > 0) {
            const auto [it, fresh] = first.emplace(
                std::tuple(storage.offset, placed.view.offset, tensor.type, tensor.shape, tensor.strides),
                name);
            if (!fresh) file.tied_.emplace_back(name, it->second);
        }
        const std::uint64_t begin = placed.bytes ? storage.offset + placed.view.offset : 0;
        file.tensors_.push_back({name, tensor.type, tensor.shape, begin, begin + placed.bytes});
        file.views_[name] = std::move(placed.view);
    }
    return file;
}

Status TorchFile::read(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> out) const {
    const View& view = views_.find(tensor.name)->second;
    if (out.empty()) return {};
    if (view.strides.empty()) return file_.read(view.storage.offset + view.offset + offset, out);
    const auto width = static_cast<std::size_t>(bitsPerElement(tensor.type)) / 8;
    std::size_t reach = width;
    for (std::size_t i = 0; i < tensor.shape.size(); ++i)
        reach +=
            static_cast<std::size_t>(tensor.shape[i] - 1) * static_cast<std::size_t>(view.strides[i]) * width;
    std::vector<std::byte> viewed(reach), dense(tensor.end - tensor.begin);
    ATELIER_DO(file_.read(view.storage.offset + view.offset, viewed));
    std::byte* to = dense.data();
    gather(view, tensor, width, 0, viewed.data(), to);
    std::copy_n(dense.begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
    return {};
}

}  // namespace atelier
