// SPDX-License-Identifier: GPL-3.0-or-later
// A pickle stream as plain data. Python's unpickler is a machine that calls whatever the stream names; this
// one calls nothing: names on a short list are understood, some classes that trainers leave in checkpoints
// are kept as opaque data, every other name ends the reading. Used by torch_file.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/weights/tensor_file.h"

namespace atelier::pickle {

enum class Kind : std::uint8_t {
    None,
    Bool,
    Int,
    BigInt,  // text = its bytes, little endian two's complement
    Float,
    Text,
    Bytes,
    List,
    Tuple,
    Dict,     // items = key, value, key, value, …
    Global,   // text = "module.name", one of the list
    Storage,  // integer = index into storages
    Tensor,   // integer = index into tensors
    Opaque,   // text = the class; whatever was in it is gone
};

using Id = std::uint32_t;  // index into Document::nodes; the same node may be reached in many ways

struct Node {
    Kind kind = Kind::None;
    std::int64_t integer = 0;
    double number = 0;
    std::string text;
    std::vector<Id> items;
};

struct Storage {
    std::string key;
    std::optional<TensorType> type;  // absent: bytes without a type
    std::int64_t count = 0;          // elements, or bytes when untyped
    std::string viewKey;             // old files: a view with an offset into another storage
    std::int64_t viewOffset = 0, viewCount = 0;
};

struct Tensor {
    std::size_t storage = 0;
    TensorType type = TensorType::F32;
    std::int64_t offset = 0;  // elements
    std::vector<std::int64_t> shape, strides;
};

struct Document {
    std::vector<Node> nodes;
    std::vector<Storage> storages;
    std::vector<Tensor> tensors;
    Id root = 0;
    std::size_t size = 0;  // bytes up to and with the STOP that ended it

    const Node& operator[](Id id) const { return nodes[id]; }
};

// One pickle of protocol 2 to 5 at the start of `stream`. Errors (code Model): a name or an instruction that
// is not known, by name; a stream that ends early or is out of order; more than the limits on objects allow.
Result<Document> read(std::string_view stream, const std::string& where);

}  // namespace atelier::pickle
