// SPDX-License-Identifier: GPL-3.0-or-later
// Types of the compact protocol: 1 true, 2 false, 3 byte, 4 to 6 integers (zigzag varints), 7 double,
// 8 binary, 9 list, 10 set, 11 map, 12 struct.
#include "core/data/thrift_compact.h"

namespace atelier::data {
namespace {

constexpr int kDepth = 24;

class Parser {
  public:
    explicit Parser(std::string_view bytes) : bytes_(bytes) {}

    ThriftValue structure(int depth) {
        deepEnough(depth);
        ThriftValue value;
        int id = 0;
        for (;;) {
            const unsigned head = byte();
            if (head == 0) return value;
            const unsigned delta = head >> 4, type = head & 15;
            id = delta != 0 ? id + static_cast<int>(delta) : static_cast<int>(zigzag());
            ThriftValue& field = value.fields[id];
            if (type == 1 || type == 2)
                field.number = type == 1 ? 1 : 0;
            else
                field = element(type, depth);
        }
    }
    std::size_t used() const { return at_; }

  private:
    static void deepEnough(int depth) {
        if (depth > kDepth) throw ParquetDamage{"its description is nested too deep"};
    }
    unsigned byte() {
        if (at_ >= bytes_.size()) throw ParquetDamage{"its description ends early"};
        return static_cast<unsigned char>(bytes_[at_++]);
    }
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64; shift += 7) {
            const unsigned part = byte();
            value |= std::uint64_t{part & 127U} << shift;
            if (part < 128) return value;
        }
        throw ParquetDamage{"its description holds a number without end"};
    }
    std::int64_t zigzag() {
        const std::uint64_t raw = varint();
        return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
    }
    std::string_view take(std::uint64_t size) {
        if (size > bytes_.size() - at_) throw ParquetDamage{"its description ends early"};
        const auto part = bytes_.substr(at_, static_cast<std::size_t>(size));
        at_ += static_cast<std::size_t>(size);
        return part;
    }
    // Every element takes a byte at least, which bounds what a count can cost.
    void bound(std::uint64_t count) const {
        if (count > bytes_.size() - at_) throw ParquetDamage{"its description counts more than it holds"};
    }

    ThriftValue element(unsigned type, int depth) {
        deepEnough(depth);
        ThriftValue value;
        switch (type) {
            case 1:
            case 2:
                value.number = byte() == 1 ? 1 : 0;
                return value;
            case 3:
                value.number = static_cast<std::int8_t>(byte());
                return value;
            case 4:
            case 5:
            case 6:
                value.number = zigzag();
                return value;
            case 7:
                take(8);
                return value;
            case 8:
                value.bytes = take(varint());
                return value;
            case 9:
            case 10: {
                const unsigned head = byte();
                const std::uint64_t count = head >> 4 == 15 ? varint() : head >> 4;
                bound(count);
                for (std::uint64_t i = 0; i < count; ++i)
                    value.items.push_back(element(head & 15, depth + 1));
                return value;
            }
            case 11: {
                const std::uint64_t count = varint();
                if (count == 0) return value;
                bound(count);
                const unsigned types = byte();
                for (std::uint64_t i = 0; i < count; ++i) {
                    element(types >> 4, depth + 1);
                    element(types & 15, depth + 1);
                }
                return value;
            }
            case 12:
                return structure(depth + 1);
            default:
                throw ParquetDamage{"its description holds a type that does not exist"};
        }
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
};

}  // namespace

const ThriftValue* ThriftValue::find(int field) const {
    const auto at = fields.find(field);
    return at == fields.end() ? nullptr : &at->second;
}
std::int64_t ThriftValue::integer(int field, std::int64_t fallback) const {
    const ThriftValue* value = find(field);
    return value ? value->number : fallback;
}
std::string_view ThriftValue::text(int field) const {
    const ThriftValue* value = find(field);
    return value ? value->bytes : std::string_view();
}

ThriftValue parseThriftStruct(std::string_view bytes, std::size_t& used) {
    Parser parser(bytes);
    ThriftValue value = parser.structure(0);
    used = parser.used();
    return value;
}

}  // namespace atelier::data
