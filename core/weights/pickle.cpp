// SPDX-License-Identifier: GPL-3.0-or-later
// The stack machine of pickle protocols 2 to 5 (CPython's Lib/pickletools.py describes the instructions)
// without its calls.
#include "core/weights/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>
#include <unordered_map>

#include "core/base/strings.h"

namespace atelier::pickle {
namespace {

constexpr std::size_t kMaxNodes = 2'000'000, kMaxStack = 8'000'000, kMaxRank = 16;
constexpr const char* kRefusedHint =
    "Nothing in the file was run. If you trust where it comes from, convert it to safetensors with the "
    "library that made it.";
constexpr const char* kDamagedHint = "The file is damaged or was not written completely: fetch it again.";

// What a name that may be called stands for.
enum class Role {
    None,
    Dict,
    TensorV2,
    TensorV3,
    TensorV1,
    Parameter,
    FromType,
    StorageType,
    Dtype,
    Encode,
    Opaque
};
struct Known {
    Role role = Role::None;
    std::optional<TensorType> type;
};

struct TypeName {
    std::string_view name;
    TensorType type;
};
constexpr std::array kStorageTypes{
    TypeName{"DoubleStorage", TensorType::F64},       TypeName{"FloatStorage", TensorType::F32},
    TypeName{"HalfStorage", TensorType::F16},         TypeName{"BFloat16Storage", TensorType::BF16},
    TypeName{"LongStorage", TensorType::I64},         TypeName{"IntStorage", TensorType::I32},
    TypeName{"ShortStorage", TensorType::I16},        TypeName{"CharStorage", TensorType::I8},
    TypeName{"ByteStorage", TensorType::U8},          TypeName{"BoolStorage", TensorType::Bool},
    TypeName{"ComplexFloatStorage", TensorType::C64},
};
constexpr std::array kDtypes{
    TypeName{"float64", TensorType::F64},
    TypeName{"double", TensorType::F64},
    TypeName{"float32", TensorType::F32},
    TypeName{"float", TensorType::F32},
    TypeName{"float16", TensorType::F16},
    TypeName{"half", TensorType::F16},
    TypeName{"bfloat16", TensorType::BF16},
    TypeName{"int64", TensorType::I64},
    TypeName{"int32", TensorType::I32},
    TypeName{"int16", TensorType::I16},
    TypeName{"int8", TensorType::I8},
    TypeName{"uint8", TensorType::U8},
    TypeName{"uint16", TensorType::U16},
    TypeName{"uint32", TensorType::U32},
    TypeName{"uint64", TensorType::U64},
    TypeName{"bool", TensorType::Bool},
    TypeName{"complex64", TensorType::C64},
    TypeName{"float8_e4m3fn", TensorType::F8E4M3},
    TypeName{"float8_e5m2", TensorType::F8E5M2},
    TypeName{"float8_e4m3fnuz", TensorType::F8E4M3FNUZ},
    TypeName{"float8_e5m2fnuz", TensorType::F8E5M2FNUZ},
    TypeName{"float8_e8m0fnu", TensorType::F8E8M0},
};

// Classes that trainers leave in checkpoints beside the weights. They are never made, only stepped over.
bool isInert(std::string_view module, std::string_view name) {
    static const std::set<std::string_view> kTypes{"int",   "float",   "str",   "bool",      "list",
                                                   "dict",  "set",     "tuple", "bytes",     "object",
                                                   "slice", "complex", "range", "frozenset", "bytearray"};
    static const std::set<std::string> kSingle{"argparse.Namespace",
                                               "typing.Any",
                                               "copyreg._reconstructor",
                                               "copy_reg._reconstructor",
                                               "collections.Counter",
                                               "collections.deque",
                                               "datetime.datetime",
                                               "datetime.timedelta",
                                               "pathlib.PosixPath",
                                               "pathlib.PurePosixPath",
                                               "pathlib.WindowsPath",
                                               "torch.device",
                                               "torch.Size",
                                               "torch.nn.parameter.Parameter",
                                               "torch.Tensor",
                                               "torch._tensor.Tensor",
                                               "torch.torch_version.TorchVersion",
                                               "numpy.dtype",
                                               "numpy.ndarray",
                                               "numpy.core.multiarray.scalar",
                                               "numpy.core.multiarray._reconstruct",
                                               "numpy._core.multiarray.scalar",
                                               "numpy._core.multiarray._reconstruct"};
    if (module == "builtins" || module == "__builtin__") return kTypes.contains(name);
    if (kSingle.contains(fmt::format("{}.{}", module, name))) return true;
    for (const std::string_view prefix :
         {"pytorch_lightning.", "lightning.", "lightning_fabric.", "lightning_utilities.", "omegaconf."})
        if (module.starts_with(prefix)) return true;
    return false;
}

Known lookUp(std::string_view module, std::string_view name) {
    if (name.find('.') != name.npos) return {};  // attributes of attributes: only harmful files need them
    const auto is = [&](std::string_view m, std::string_view n) { return module == m && name == n; };
    if (is("collections", "OrderedDict") || is("collections", "defaultdict")) return {Role::Dict, {}};
    if (is("torch._utils", "_rebuild_tensor_v2")) return {Role::TensorV2, {}};
    if (is("torch._utils", "_rebuild_tensor_v3")) return {Role::TensorV3, {}};
    if (is("torch._utils", "_rebuild_tensor")) return {Role::TensorV1, {}};
    if (is("torch._utils", "_rebuild_parameter") || is("torch._utils", "_rebuild_parameter_with_state"))
        return {Role::Parameter, {}};
    if (is("torch._tensor", "_rebuild_from_type_v2")) return {Role::FromType, {}};
    if (is("_codecs", "encode")) return {Role::Encode, {}};
    if ((module == "torch" || module == "torch.storage") &&
        (name == "UntypedStorage" || name == "_UntypedStorage"))
        return {Role::StorageType, {}};
    if (module == "torch" || module == "torch.cuda")
        for (const auto& row : kStorageTypes)
            if (row.name == name) return {Role::StorageType, row.type};
    if (module == "torch")
        for (const auto& row : kDtypes)
            if (row.name == name) return {Role::Dtype, row.type};
    return {isInert(module, name) ? Role::Opaque : Role::None, {}};
}

Known lookUp(const std::string& dotted) {
    const auto at = dotted.rfind('.');
    return lookUp(std::string_view(dotted).substr(0, at), std::string_view(dotted).substr(at + 1));
}

// Printable form of a name from the file for messages.
std::string shown(std::string_view text) {
    std::string out(text.substr(0, std::min<std::size_t>(text.size(), 80)));
    for (char& c : out)
        if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) > 126) c = '?';
    return out;
}

class Machine {
  public:
    Machine(std::string_view stream, const std::string& where) : in_(stream), where_(where) {}

    Result<Document> run() {
        while (problem_.empty() && !done_) step();
        if (!problem_.empty())
            return fail(ErrorCode::Model, problem_, where_, refused_ ? kRefusedHint : kDamagedHint);
        doc_.size = at_;
        return std::move(doc_);
    }

  private:
    void damaged(std::string what) {
        if (problem_.empty()) problem_ = std::move(what);
    }
    void refuse(std::string what) {
        if (problem_.empty()) refused_ = true;
        damaged(std::move(what));
    }

    // --- the stream ---
    std::string_view take(std::uint64_t size) {
        if (size > in_.size() - at_) {
            damaged(fmt::format("its pickle ends early: {} bytes are wanted at byte {} of {}", size, at_,
                                in_.size()));
            return {};
        }
        const auto part = in_.substr(at_, size);
        at_ += size;
        return part;
    }
    std::uint64_t number(int width) {
        const auto bytes = take(static_cast<std::uint64_t>(width));
        std::uint64_t value = 0;
        for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
        return value;
    }
    std::string_view line() {
        const auto end = in_.find('\n', at_);
        if (end == in_.npos) {
            damaged("its pickle ends in the middle of a name");
            return {};
        }
        const auto text = in_.substr(at_, end - at_);
        at_ = end + 1;
        return text;
    }

    // --- the stack ---
    std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
    void push(Id id) {
        if (stack_.size() >= kMaxStack) return refuse("its pickle stacks up more objects than any model has");
        stack_.push_back(id);
    }
    Id make(Node node) {
        if (doc_.nodes.size() >= kMaxNodes) {
            refuse(fmt::format("its pickle makes more than {} objects", kMaxNodes));
            return 0;
        }
        doc_.nodes.push_back(std::move(node));
        return static_cast<Id>(doc_.nodes.size() - 1);
    }
    void add(Kind kind, std::int64_t integer = 0, double value = 0, std::string_view text = {}) {
        if (problem_.empty()) push(make({kind, integer, value, std::string(text), {}}));
    }
    Id pop() {
        if (stack_.size() <= floor()) {
            damaged(fmt::format("its pickle takes more than it has at byte {}", at_));
            return make({});
        }
        const Id id = stack_.back();
        stack_.pop_back();
        return id;
    }
    Id top() {
        const Id id = pop();
        if (problem_.empty()) stack_.push_back(id);
        return id;
    }
    std::vector<Id> popMark() {
        if (marks_.empty()) {
            damaged(fmt::format("its pickle ends a group that never began, at byte {}", at_));
            return {};
        }
        std::vector<Id> items(stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back()), stack_.end());
        stack_.resize(marks_.back());
        marks_.pop_back();
        return items;
    }
    Node& node(Id id) { return doc_.nodes[id]; }

    void collect(Kind kind, std::vector<Id> items) {
        const Id id = make({kind, 0, 0, {}, std::move(items)});
        push(id);
    }
    // Into a list, a dict, or something opaque that swallows it.
    void extend(Kind kind, const std::vector<Id>& items) {
        const Id target = top();
        if (!problem_.empty() || node(target).kind == Kind::Opaque) return;
        if (node(target).kind != kind || (kind == Kind::Dict && items.size() % 2 != 0))
            return damaged(fmt::format("its pickle adds to something that takes nothing, at byte {}", at_));
        auto& own = node(target).items;
        own.insert(own.end(), items.begin(), items.end());
    }
    void remember(std::uint64_t index) {
        const Id id = top();
        if (problem_.empty()) memo_[index] = id;
    }
    void recall(std::uint64_t index) {
        const auto it = memo_.find(index);
        if (it == memo_.end())
            return damaged(fmt::format("its pickle recalls object {}, which it never made", index));
        push(it->second);
    }

    void global(std::string_view module, std::string_view name) {
        if (!problem_.empty()) return;
        if (lookUp(module, name).role == Role::None)
            return refuse(fmt::format("it wants Python to load {}.{}, which no weights need", shown(module),
                                      shown(name)));
        add(Kind::Global, 0, 0, fmt::format("{}.{}", module, name));
    }
    void stackGlobal() {
        const Id name = pop(), module = pop();
        if (!problem_.empty()) return;
        if (node(name).kind != Kind::Text || node(module).kind != Kind::Text)
            return refuse("it makes up the name of a Python object to load");
        const std::string m = node(module).text, n = node(name).text;
        global(m, n);
    }
    void opaque(const std::string& name) { add(Kind::Opaque, 0, 0, name); }

    // --- what calls become ---
    void reduce() {
        const Id arguments = pop(), callee = pop();
        if (!problem_.empty()) return;
        if (node(callee).kind == Kind::Opaque) return opaque(node(callee).text);
        if (node(callee).kind != Kind::Global || node(arguments).kind != Kind::Tuple)
            return refuse(fmt::format("it calls something that is not on the list, at byte {}", at_));
        call(std::string(node(callee).text), std::vector<Id>(node(arguments).items));
    }
    void call(const std::string& name, const std::vector<Id>& a) {
        const Known known = lookUp(name);
        switch (known.role) {
            case Role::Dict:
                return makeDict(a);
            case Role::TensorV2:
                return makeTensor(name, a, 6);
            case Role::TensorV3:
                return makeTensor(name, a, 7);
            case Role::TensorV1:
                return makeTensor(name, a, 4);
            case Role::Parameter:
                return a.empty() ? malformed(name) : push(a[0]);
            case Role::FromType:  // (function, class, its arguments, attributes)
                if (a.size() < 3 || node(a[0]).kind != Kind::Global || node(a[2]).kind != Kind::Tuple ||
                    node(a[0]).text == name)
                    return malformed(name);
                return call(std::string(node(a[0]).text), std::vector<Id>(node(a[2]).items));
            case Role::Encode:
                if (a.empty() || node(a[0]).kind != Kind::Text) return malformed(name);
                return add(Kind::Bytes, 0, 0, std::string(node(a[0]).text));
            case Role::Opaque:
                return opaque(name);
            default:
                return refuse(fmt::format("it calls {}, which is not on the list", shown(name)));
        }
    }
    void malformed(const std::string& name) {
        damaged(fmt::format("its call of {} has the wrong arguments", shown(name)));
    }
    // OrderedDict(), OrderedDict([(key, value), …]), defaultdict(type).
    void makeDict(const std::vector<Id>& a) {
        std::vector<Id> items;
        for (const Id argument : a) {
            if (node(argument).kind == Kind::Dict) {
                items.insert(items.end(), node(argument).items.begin(), node(argument).items.end());
                continue;
            }
            if (node(argument).kind != Kind::List && node(argument).kind != Kind::Tuple) continue;
            for (const Id pair : node(argument).items)
                if (node(pair).items.size() == 2)
                    items.insert(items.end(), node(pair).items.begin(), node(pair).items.end());
        }
        collect(Kind::Dict, std::move(items));
    }
    std::optional<std::vector<std::int64_t>> integers(Id id) {
        if (node(id).kind != Kind::Tuple && node(id).kind != Kind::List) return std::nullopt;
        std::vector<std::int64_t> values;
        for (const Id item : node(id).items) {
            if (node(item).kind != Kind::Int || node(item).integer < 0 || values.size() >= kMaxRank)
                return std::nullopt;
            values.push_back(node(item).integer);
        }
        return values;
    }
    void makeTensor(const std::string& name, const std::vector<Id>& a, std::size_t least) {
        if (a.size() < least || node(a[0]).kind != Kind::Storage || node(a[1]).kind != Kind::Int)
            return malformed(name);
        Tensor tensor;
        tensor.storage = static_cast<std::size_t>(node(a[0]).integer);
        tensor.offset = node(a[1]).integer;
        const auto shape = integers(a[2]), strides = integers(a[3]);
        auto type = doc_.storages[tensor.storage].type;
        if (least == 7) {
            if (node(a[6]).kind != Kind::Global) return malformed(name);
            type = lookUp(node(a[6]).text).type;
        }
        if (!shape || !strides || shape->size() != strides->size() || tensor.offset < 0 || !type)
            return malformed(name);
        tensor.type = *type;
        tensor.shape = *shape;
        tensor.strides = *strides;
        doc_.tensors.push_back(std::move(tensor));
        add(Kind::Tensor, static_cast<std::int64_t>(doc_.tensors.size() - 1));
    }
    // ("storage", type, key, device, count[, view]): view = None or (key, offset, count).
    void persistent() {
        const Id id = pop();
        if (!problem_.empty()) return;
        const auto items = node(id).items;
        const auto kind = [&](std::size_t i) { return node(items[i]).kind; };
        if (node(id).kind != Kind::Tuple || items.size() < 5 || kind(0) != Kind::Text ||
            node(items[0]).text != "storage" || kind(1) != Kind::Global || kind(2) != Kind::Text ||
            kind(4) != Kind::Int || node(items[4]).integer < 0)
            return refuse("it points at outside data in a form that torch.save does not write");
        const Known known = lookUp(node(items[1]).text);
        if (known.role != Role::StorageType)
            return refuse(fmt::format("it holds a storage of type {}", shown(node(items[1]).text)));
        Storage storage{node(items[2]).text, known.type, node(items[4]).integer, {}, 0, 0};
        if (items.size() > 5 && kind(5) == Kind::Tuple) {
            const auto view = node(items[5]).items;
            if (view.size() != 3 || node(view[0]).kind != Kind::Text || node(view[1]).kind != Kind::Int ||
                node(view[2]).kind != Kind::Int || node(view[1]).integer < 0 || node(view[2]).integer < 0)
                return damaged("a view of a storage is malformed");
            storage.viewKey = node(view[0]).text;
            storage.viewOffset = node(view[1]).integer;
            storage.viewCount = node(view[2]).integer;
        }
        doc_.storages.push_back(std::move(storage));
        add(Kind::Storage, static_cast<std::int64_t>(doc_.storages.size() - 1));
    }
    // Attributes on a dict (state_dict's version notes) or on opaque data are dropped.
    void build() {
        pop();
        const Id target = top();
        if (!problem_.empty()) return;
        const Kind kind = node(target).kind;
        if (kind != Kind::Dict && kind != Kind::Opaque && kind != Kind::Tensor)
            refuse(fmt::format("it sets attributes of something that has none, at byte {}", at_));
    }
    void newObject(bool keywords) {
        if (keywords) pop();
        pop();
        const Id cls = pop();
        if (!problem_.empty()) return;
        if (node(cls).kind != Kind::Global) return refuse("it makes an object of something that is no class");
        const std::string name = node(cls).text;
        switch (lookUp(name).role) {
            case Role::Dict:
                return collect(Kind::Dict, {});
            case Role::Opaque:
                return opaque(name);
            default:
                return refuse(fmt::format("it makes an object of {}", shown(name)));
        }
    }
    void longInteger(std::uint64_t size) {
        const auto bytes = take(size);
        if (size > 8) return add(Kind::BigInt, 0, 0, bytes);
        std::uint64_t value = !bytes.empty() && (bytes.back() & '\x80') ? ~std::uint64_t{0} : 0;
        for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
        add(Kind::Int, static_cast<std::int64_t>(value));
    }
    void text(Kind kind, std::uint64_t size) {
        const auto bytes = take(size);
        add(kind, 0, 0, bytes);
    }
    void tuple(std::size_t count) {
        std::vector<Id> items(count);
        for (std::size_t i = count; i-- > 0;) items[i] = pop();
        if (problem_.empty()) collect(Kind::Tuple, std::move(items));
    }

    void step();
    bool stepData(std::uint8_t op);
    bool stepGroup(std::uint8_t op);

    std::string_view in_;
    const std::string& where_;
    std::size_t at_ = 0;
    Document doc_;
    std::vector<Id> stack_;
    std::vector<std::size_t> marks_;
    std::unordered_map<std::uint64_t, Id> memo_;
    std::string problem_;
    bool refused_ = false, done_ = false;
};

// Instructions that put plain values on the stack.
bool Machine::stepData(std::uint8_t op) {
    switch (op) {
        case 'N':
            return add(Kind::None), true;
        case 0x88:
        case 0x89:
            return add(Kind::Bool, op == 0x88), true;
        case 'J':
            return add(Kind::Int, static_cast<std::int32_t>(number(4))), true;
        case 'K':
            return add(Kind::Int, static_cast<std::int64_t>(number(1))), true;
        case 'M':
            return add(Kind::Int, static_cast<std::int64_t>(number(2))), true;
        case 0x8a:
            return longInteger(number(1)), true;
        case 0x8b:
            return longInteger(number(4)), true;
        case 'G':
            return add(Kind::Float, 0, std::bit_cast<double>(__builtin_bswap64(number(8)))), true;
        case 'U':
        case 0x8c:
            return text(Kind::Text, number(1)), true;
        case 'T':
        case 'X':
            return text(Kind::Text, number(4)), true;
        case 0x8d:
            return text(Kind::Text, number(8)), true;
        case 'C':
            return text(Kind::Bytes, number(1)), true;
        case 'B':
            return text(Kind::Bytes, number(4)), true;
        case 0x8e:
        case 0x96:
            return text(Kind::Bytes, number(8)), true;
        default:
            return false;
    }
}

// Instructions that make containers and fill them.
bool Machine::stepGroup(std::uint8_t op) {
    switch (op) {
        case '(':
            if (marks_.size() >= kMaxStack) return refuse("its pickle opens too many groups"), true;
            return marks_.push_back(stack_.size()), true;
        case ']':
        case 0x8f:
            return collect(Kind::List, {}), true;
        case ')':
            return collect(Kind::Tuple, {}), true;
        case '}':
            return collect(Kind::Dict, {}), true;
        case 'l':
        case 0x91:
            return collect(Kind::List, popMark()), true;
        case 't':
            return collect(Kind::Tuple, popMark()), true;
        case 'd': {
            auto items = popMark();
            if (items.size() % 2) return damaged("a dictionary has a key without a value"), true;
            return collect(Kind::Dict, std::move(items)), true;
        }
        case 0x85:
        case 0x86:
        case 0x87:
            return tuple(op - 0x84U), true;
        case 'a': {
            const Id item = pop();
            return extend(Kind::List, {item}), true;
        }
        case 'e':
        case 0x90:
            return extend(Kind::List, popMark()), true;
        case 's': {
            const Id value = pop(), key = pop();
            return extend(Kind::Dict, {key, value}), true;
        }
        case 'u':
            return extend(Kind::Dict, popMark()), true;
        default:
            return false;
    }
}

void Machine::step() {
    if (at_ >= in_.size()) return damaged("its pickle ends early: it has no end mark");
    const auto op = static_cast<std::uint8_t>(in_[at_++]);
    if (stepData(op) || stepGroup(op)) return;
    switch (op) {
        case 0x80:
            if (const auto version = number(1); version > 5)
                refuse(fmt::format("its pickle has protocol {}, 2 to 5 are read", version));
            return;
        case 0x95:
            if (const auto size = number(8); size > in_.size() - at_)
                damaged(fmt::format("its pickle ends early: a frame of {} bytes, {} are left", size,
                                    in_.size() - at_));
            return;
        case '.':
            doc_.root = pop();
            done_ = true;
            return;
        case '0':
            if (stack_.size() > floor())
                stack_.pop_back();
            else
                static_cast<void>(popMark());
            return;
        case '1':
            static_cast<void>(popMark());
            return;
        case '2':
            return push(top());
        case 'q':
            return remember(number(1));
        case 'r':
            return remember(number(4));
        case 0x94:
            return remember(memo_.size());
        case 'h':
            return recall(number(1));
        case 'j':
            return recall(number(4));
        case 'c': {
            const auto module = line(), name = line();
            return global(module, name);
        }
        case 0x93:
            return stackGlobal();
        case 'R':
            return reduce();
        case 'b':
            return build();
        case 0x81:
            return newObject(false);
        case 0x92:
            return newObject(true);
        case 'Q':
            return persistent();
        default:
            refuse(fmt::format("its pickle has instruction 0x{:02x}{}, which torch.save does not write", op,
                               op > 32 && op < 127 ? fmt::format(" ('{}')", static_cast<char>(op)) : ""));
    }
}

}  // namespace

Result<Document> read(std::string_view stream, const std::string& where) {
    return Machine(stream, where).run();
}

}  // namespace atelier::pickle
