// SPDX-License-Identifier: GPL-3.0-or-later
// Reading one safetensors file: every rule of the format is checked before any offset is used.
#include "core/weights/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <set>

#include "core/base/json.h"
#include "core/base/strings.h"

namespace atelier {
namespace {

struct TypeRow {
    TensorType type;
    std::string_view name;
    int bits;
};
constexpr std::array kTypes{
    TypeRow{TensorType::Bool, "BOOL", 8},
    TypeRow{TensorType::F4, "F4", 4},
    TypeRow{TensorType::F6E2M3, "F6_E2M3", 6},
    TypeRow{TensorType::F6E3M2, "F6_E3M2", 6},
    TypeRow{TensorType::U8, "U8", 8},
    TypeRow{TensorType::I8, "I8", 8},
    TypeRow{TensorType::F8E5M2, "F8_E5M2", 8},
    TypeRow{TensorType::F8E4M3, "F8_E4M3", 8},
    TypeRow{TensorType::F8E8M0, "F8_E8M0", 8},
    TypeRow{TensorType::F8E4M3FNUZ, "F8_E4M3FNUZ", 8},
    TypeRow{TensorType::F8E5M2FNUZ, "F8_E5M2FNUZ", 8},
    TypeRow{TensorType::I16, "I16", 16},
    TypeRow{TensorType::U16, "U16", 16},
    TypeRow{TensorType::F16, "F16", 16},
    TypeRow{TensorType::BF16, "BF16", 16},
    TypeRow{TensorType::I32, "I32", 32},
    TypeRow{TensorType::U32, "U32", 32},
    TypeRow{TensorType::F32, "F32", 32},
    TypeRow{TensorType::C64, "C64", 64},
    TypeRow{TensorType::F64, "F64", 64},
    TypeRow{TensorType::I64, "I64", 64},
    TypeRow{TensorType::U64, "U64", 64},
};

constexpr std::uint64_t kMaxHeader = 100'000'000;
constexpr std::size_t kMaxTensors = 1'000'000;
constexpr std::size_t kMaxRank = 16;
constexpr std::size_t kMaxDepth = 4;
constexpr const char* kDamagedHint =
    "The file is damaged or was not written completely: fetch or save it again.";

// Builds the tensor table from parse events, so that a hostile header never becomes a tree in memory.
class HeaderHandler : public Json::json_sax_t {
  public:
    std::vector<TensorInfo> tensors;
    std::map<std::string, std::string> metadata;
    std::string problem;

    bool start_object(std::size_t) override {
        if (stack_.empty()) return push(Place::Root);
        if (top() == Place::Root) {
            if (key_ == "__metadata__") return push(Place::Metadata);
            if (tensors.size() >= kMaxTensors)
                return refuse(fmt::format("it lists more than {} tensors", kMaxTensors));
            tensors.push_back({key_, TensorType::F32, {}, 0, 0});
            seen_ = 0;
            return push(Place::Tensor);
        }
        return nested("an object");
    }
    bool end_object() override {
        if (top() == Place::Tensor && seen_ != (kType | kShape | kOffsets))
            return refuse(fmt::format("tensor \"{}\" lacks {}", tensors.back().name,
                                      !(seen_ & kType)    ? "dtype"
                                      : !(seen_ & kShape) ? "shape"
                                                          : "data_offsets"));
        stack_.pop_back();
        return true;
    }
    bool start_array(std::size_t) override {
        if (!stack_.empty() && top() == Place::Tensor) {
            if (field_ == "shape") return mark(kShape) && push(Place::Shape);
            if (field_ == "data_offsets") {
                offsets_ = 0;
                return mark(kOffsets) && push(Place::Offsets);
            }
        }
        return nested("a list");
    }
    bool end_array() override {
        if (top() == Place::Offsets && offsets_ != 2)
            return refuse(tensorText() + "data_offsets needs two numbers");
        stack_.pop_back();
        return true;
    }
    bool key(string_t& name) override {
        if (top() == Place::Root) {
            if (!names_.insert(name).second) return refuse(fmt::format("\"{}\" is there twice", name));
            if (name.find('\0') != std::string::npos) return refuse("a tensor name holds a NUL character");
            key_ = name;
        } else {
            field_ = name;
        }
        return true;
    }
    bool string(string_t& text) override {
        if (stack_.empty() || top() == Place::Root) return unexpected("text");
        if (top() == Place::Metadata) {
            if (!metadata.emplace(field_, text).second)
                return refuse(fmt::format("metadata \"{}\" is there twice", field_));
            return true;
        }
        if (top() == Place::Tensor && field_ == "dtype") {
            const auto row =
                std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeRow& r) { return r.name == text; });
            if (row == kTypes.end()) return refuse(tensorText() + "its dtype \"" + text + "\" is not known");
            tensors.back().type = row->type;
            return mark(kType);
        }
        return scalar("text");
    }
    bool number_unsigned(number_unsigned_t value) override {
        if (!stack_.empty() && top() == Place::Shape) {
            auto& shape = tensors.back().shape;
            if (shape.size() >= kMaxRank)
                return refuse(tensorText() + fmt::format("it has more than {} dimensions", kMaxRank));
            if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
                return refuse(tensorText() + "its size overflows 64 bits");
            shape.push_back(static_cast<std::int64_t>(value));
            return true;
        }
        if (!stack_.empty() && top() == Place::Offsets) {
            if (offsets_ == 0) tensors.back().begin = value;
            if (offsets_ == 1) tensors.back().end = value;
            if (++offsets_ > 2) return refuse(tensorText() + "data_offsets needs two numbers");
            return true;
        }
        return scalar("a number");
    }
    bool number_integer(number_integer_t) override { return scalar("a negative number"); }
    bool number_float(number_float_t, const string_t&) override { return scalar("a fraction"); }
    bool boolean(bool) override { return scalar("true or false"); }
    bool binary(binary_t&) override { return unexpected("binary data"); }
    bool null() override {
        if (!stack_.empty() && top() == Place::Root && key_ == "__metadata__") return true;
        return scalar("null");
    }
    bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
        return refuse(fmt::format("its header is not valid JSON at byte {}", position));
    }

  private:
    enum class Place { Root, Metadata, Tensor, Shape, Offsets, Skipped };
    static constexpr int kType = 1, kShape = 2, kOffsets = 4;

    Place top() const { return stack_.back(); }
    bool push(Place place) {
        stack_.push_back(place);
        return true;
    }
    bool refuse(std::string text) {
        if (problem.empty()) problem = std::move(text);
        return false;
    }
    std::string tensorText() const { return "tensor \"" + tensors.back().name + "\": "; }
    bool unexpected(const std::string& what) {
        return refuse("its header holds " + what + " where it should not");
    }
    bool mark(int bit) {
        if (seen_ & bit) return refuse(tensorText() + field_ + " is there twice");
        seen_ |= bit;
        return true;
    }
    // Values below keys that the format does not define are skipped; below those it defines they are errors.
    bool scalar(const std::string& what) {
        if (!stack_.empty() && (top() == Place::Skipped || (top() == Place::Tensor && field_ != "dtype" &&
                                                            field_ != "shape" && field_ != "data_offsets")))
            return true;
        return unexpected(what);
    }
    bool nested(const std::string& what) {
        if (stack_.size() >= kMaxDepth) return refuse("its header is nested too deeply");
        return scalar(what) && push(Place::Skipped);
    }

    std::vector<Place> stack_;
    std::set<std::string> names_;
    std::string key_, field_;
    int seen_ = 0, offsets_ = 0;
};

// Shape × dtype against the offsets; "" when they agree.
std::string checkTensor(const TensorInfo& tensor) {
    std::uint64_t count = 1, bits = 0;
    for (std::int64_t side : tensor.shape)
        if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(side), &count))
            return "its size overflows 64 bits";
    if (__builtin_mul_overflow(count, static_cast<std::uint64_t>(bitsPerElement(tensor.type)), &bits))
        return "its size overflows 64 bits";
    if (bits % 8 != 0) return "its size is not a whole number of bytes";
    if (tensor.end - tensor.begin != bits / 8)
        return fmt::format("{} {} needs {} bytes, its offsets give {}", tensorTypeName(tensor.type),
                           shapeText(tensor.shape), bits / 8, tensor.end - tensor.begin);
    return {};
}

}  // namespace

std::string_view tensorTypeName(TensorType type) {
    return kTypes[static_cast<std::size_t>(type)].name;
}
int bitsPerElement(TensorType type) {
    return kTypes[static_cast<std::size_t>(type)].bits;
}

std::int64_t TensorInfo::elements() const {
    std::int64_t count = 1;
    for (std::int64_t side : shape) count *= side;
    return count;
}

std::string shapeText(std::span<const std::int64_t> shape) {
    return fmt::format("[{}]", fmt::join(shape.begin(), shape.end(), ", "));
}

Result<SafetensorsFile> SafetensorsFile::open(const fs::path& path) {
    const auto bad = [&](std::string what, const char* hint = kDamagedHint) {
        return fail(ErrorCode::Model, std::move(what), path.string(), hint);
    };
    SafetensorsFile file;
    file.path_ = path;
    ATELIER_TRY(file.file_, FileBytes::open(path));
    const std::uint64_t size = file.file_.size();
    static constexpr std::string_view kPointer = "version https://git-lfs";
    ATELIER_TRY(const std::string start,
                file.file_.text({0, std::min<std::uint64_t>(size, kPointer.size())}));
    if (start.starts_with(kPointer))
        return bad("it is a Git LFS pointer, not the weights",
                   "Run \"git lfs pull\" where it came from, or download the file itself.");
    if (size < 8) return bad(fmt::format("it has {} bytes, too few for a safetensors file", size));
    std::uint64_t length = 0;
    for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<std::uint8_t>(start[i]);
    if (length > kMaxHeader)
        return bad(fmt::format("its header would have {} bytes; at most {} are allowed", length, kMaxHeader),
                   "It is probably not a safetensors file.");
    if (length > size - 8)
        return bad(fmt::format("its header of {} bytes reaches past the file's {}", length, size));
    ATELIER_TRY(const std::string header, file.file_.text({8, length}));
    if (!isValidUtf8(header)) return bad("its header is not UTF-8");

    HeaderHandler handler;
    if (!Json::sax_parse(header, &handler)) return bad(handler.problem);
    file.dataStart_ = 8 + length;
    file.tensors_ = std::move(handler.tensors);
    file.metadata_ = std::move(handler.metadata);

    auto& tensors = file.tensors_;
    std::sort(tensors.begin(), tensors.end(), [](const TensorInfo& a, const TensorInfo& b) {
        return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    std::uint64_t previous = 0;
    for (const auto& tensor : tensors) {
        if (tensor.begin != previous || tensor.end < tensor.begin)
            return bad(
                fmt::format("tensor \"{}\": its bytes {} to {} do not follow the previous tensor's end {}",
                            tensor.name, tensor.begin, tensor.end, previous));
        if (const std::string problem = checkTensor(tensor); !problem.empty())
            return bad(fmt::format("tensor \"{}\": {}", tensor.name, problem));
        previous = tensor.end;
    }
    if (const std::uint64_t data = size - file.dataStart_; previous != data)
        return bad(fmt::format("its tensors need {} bytes of data, the file holds {}", previous, data));
    std::sort(tensors.begin(), tensors.end(),
              [](const TensorInfo& a, const TensorInfo& b) { return a.name < b.name; });
    return file;
}

const TensorInfo* TensorFile::find(std::string_view name) const {
    const auto it =
        std::lower_bound(tensors_.begin(), tensors_.end(), name,
                         [](const TensorInfo& tensor, std::string_view n) { return tensor.name < n; });
    return it != tensors_.end() && it->name == name ? &*it : nullptr;
}

Status SafetensorsFile::read(const TensorInfo& tensor, std::uint64_t offset, std::span<std::byte> out) const {
    return file_.read(dataStart_ + tensor.begin + offset, out);
}

Result<std::vector<std::byte>> TensorFile::bytes(const TensorInfo& tensor) const {
    std::vector<std::byte> bytes(tensor.end - tensor.begin);
    ATELIER_DO(read(tensor, 0, bytes));
    return bytes;
}

}  // namespace atelier
