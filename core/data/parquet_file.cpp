// SPDX-License-Identifier: GPL-3.0-or-later
// ParquetFile: footer → leaves and their pages → one page decoded when a value of it is asked for.
#include "core/data/parquet_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <list>
#include <mutex>

#include "core/data/parquet_encoding.h"

namespace atelier::data {
namespace {

constexpr std::uint64_t kMaxFooter = std::uint64_t{256} << 20;
constexpr std::uint64_t kMaxPage = std::uint64_t{1} << 30;
constexpr std::size_t kPagesKept = 16;
constexpr std::size_t kCacheBytes = std::size_t{256} << 20;

struct Chunk {  // of one column in one row group
    std::uint64_t firstRow = 0, rows = 0;
    std::uint64_t begin = 0, end = 0;  // in the file
    int codec = 0;
};

struct Page {
    std::uint64_t firstRow = 0, rows = 0;
    std::uint64_t begin = 0;  // of its bytes, behind the header
    std::uint32_t packed = 0, unpacked = 0;
    std::uint32_t levels = 0;  // version 2: bytes of levels in front, never compressed
    bool second = false, compressed = true, dictionary = false;
    int encoding = 0;
    int codec = 0;
    std::size_t dictionaryPage = ~std::size_t{0};  // in the same list
};

struct Leaf {
    std::string name;
    ParquetType type = ParquetType::ByteArray;
    std::size_t width = 0;       // of FixedByteArray
    unsigned maxDefinition = 0;  // levels of optional
    bool repeated = false;
    bool decimal = false;
    bool text = false;
    std::vector<Chunk> chunks;
    std::vector<Page> pages;  // filled when first needed
    bool listed = false;
};

struct DecodedPage {
    std::vector<std::int64_t> places;  // of each row in the values; -1: null
    ParquetValues values;
};

bool knownCodec(std::int64_t codec) {
    return codec == 0 || codec == 1 || codec == 2 || codec == 6;
}
std::string codecName(std::int64_t codec) {
    constexpr const char* kNames[] = {"none", "snappy", "gzip", "lzo", "brotli", "lz4", "zstd", "lz4_raw"};
    return codec >= 0 && codec < 8 ? kNames[codec] : fmt::format("{}", codec);
}
bool knownEncoding(std::int64_t encoding) {
    return encoding == 0 || encoding == 2 || encoding == 3 || (encoding >= 5 && encoding <= 9);
}

}  // namespace

struct ParquetFile::State {
    fs::path path;
    Descriptor file;
    std::uint64_t size = 0;
    std::uint64_t rows = 0;
    std::vector<std::string> names;
    std::vector<Leaf> leaves;
    std::mutex mutex;
    struct Kept {
        std::size_t column, page;
        std::shared_ptr<const DecodedPage> decoded;
        std::size_t bytes;
    };
    std::list<Kept> kept;  // latest first

    tl::unexpected<Error> bad(const std::string& what, const std::string& hint = {}) const {
        return fail(ErrorCode::Data, what, path.string(), hint);
    }
    tl::unexpected<Error> badColumn(const Leaf& leaf, const std::string& what) const {
        return bad(fmt::format("the column \"{}\" {}", leaf.name, what),
                   "Write the file anew with flat columns, snappy or zstd, or build shards from it.");
    }

    Result<std::string> bytes(std::uint64_t offset, std::uint64_t count) const {
        if (offset > size || count > size - offset) return bad("it ends early");
        std::string out(static_cast<std::size_t>(count), '\0');
        for (std::size_t done = 0; done < out.size();) {
            const ssize_t n =
                ::pread(file.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return failErrno(errno, "read", path.string());
            if (n == 0) return bad("it became shorter while it was read");
            done += static_cast<std::size_t>(n);
        }
        return out;
    }

    // The schema is a tree written in depth-first order.
    void readSchema(const std::vector<ThriftValue>& elements, std::size_t& at, const Leaf& above, int depth) {
        if (at >= elements.size() || depth > 64) throw ParquetDamage{"its columns are not described whole"};
        const ThriftValue& element = elements[at++];
        Leaf leaf = above;
        if (depth > 0) {
            leaf.name += (leaf.name.empty() ? "" : ".") + std::string(element.text(4));
            const std::int64_t repetition = element.integer(3);
            if (repetition == 1) ++leaf.maxDefinition;
            if (repetition == 2) {
                ++leaf.maxDefinition;
                leaf.repeated = true;
            }
        }
        const std::int64_t children = element.integer(5);
        if (children > 0 || depth == 0) {
            for (std::int64_t i = 0; i < children; ++i) readSchema(elements, at, leaf, depth + 1);
            return;
        }
        const std::int64_t type = element.integer(1, -1), width = element.integer(2);
        if (type < 0 || type > 7 || width < 0 || width > (1 << 20))
            throw ParquetDamage{"a column has a type that does not exist"};
        leaf.type = static_cast<ParquetType>(type);
        leaf.width = static_cast<std::size_t>(width);
        leaf.decimal = element.integer(6, -1) == 5;
        leaf.text = element.integer(6, -1) == 0;
        names.push_back(leaf.name);
        leaves.push_back(std::move(leaf));
    }

    void readFooter(std::string_view footer) {
        std::size_t used = 0;
        const ThriftValue meta = parseThriftStruct(footer, used);
        const ThriftValue* schema = meta.find(2);
        const ThriftValue* groups = meta.find(4);
        if (!schema || schema->items.empty()) throw ParquetDamage{"it describes no columns"};
        std::size_t at = 0;
        readSchema(schema->items, at, {}, 0);
        if (!groups) return;
        for (const ThriftValue& group : groups->items) {
            const ThriftValue* columns = group.find(1);
            const std::int64_t groupRows = group.integer(3);
            if (!columns || columns->items.size() != leaves.size() || groupRows < 0)
                throw ParquetDamage{"a group of rows lacks columns"};
            for (std::size_t c = 0; c < leaves.size(); ++c) addChunk(leaves[c], columns->items[c], groupRows);
            rows += static_cast<std::uint64_t>(groupRows);
        }
    }

    void addChunk(Leaf& leaf, const ThriftValue& column, std::int64_t groupRows) {
        if (groupRows == 0) return;
        const ThriftValue* meta = column.find(3);
        if (!meta || !column.text(1).empty()) throw ParquetDamage{"a column lies in another file"};
        const std::int64_t data = meta->integer(9), dictionary = meta->integer(11, 0),
                           total = meta->integer(7);
        const std::int64_t begin = dictionary > 0 ? std::min(dictionary, data) : data;
        if (begin < 4 || total < 0 || static_cast<std::uint64_t>(begin) > size ||
            static_cast<std::uint64_t>(total) > size - static_cast<std::uint64_t>(begin))
            throw ParquetDamage{"a column should lie behind the end of the file"};
        leaf.chunks.push_back({rows, static_cast<std::uint64_t>(groupRows), static_cast<std::uint64_t>(begin),
                               static_cast<std::uint64_t>(begin + total),
                               static_cast<int>(std::clamp<std::int64_t>(meta->integer(4), 0, 99))});
    }

    // What of a column cannot be read, by name; before any of its pages is.
    Status usable(const Leaf& leaf) const {
        if (leaf.repeated) return badColumn(leaf, "is nested (a list or map), which is not read");
        if (leaf.type == ParquetType::Int96)
            return badColumn(leaf, "is of the old type INT96, which is not read");
        if (leaf.decimal) return badColumn(leaf, "holds decimal numbers, which are not read");
        for (const Chunk& chunk : leaf.chunks)
            if (!knownCodec(chunk.codec))
                return badColumn(
                    leaf, fmt::format("is compressed with {}, which is not read", codecName(chunk.codec)));
        return {};
    }

    Status listPages(Leaf& leaf) {
        if (leaf.listed) return {};
        ATELIER_DO(usable(leaf));
        std::vector<Page> pages;
        for (const Chunk& chunk : leaf.chunks) {
            std::uint64_t at = chunk.begin, row = chunk.firstRow;
            std::size_t dictionary = ~std::size_t{0};
            while (at < chunk.end && row < chunk.firstRow + chunk.rows) {
                ATELIER_TRY(Page page, readPageHeader(leaf, chunk, at));
                at = page.begin + page.packed;
                if (at > chunk.end) return badColumn(leaf, "has a page that ends behind it");
                page.firstRow = row;
                page.dictionaryPage = dictionary;
                if (page.dictionary)
                    dictionary = pages.size();
                else
                    row += page.rows;
                if (page.dictionary || page.rows > 0) pages.push_back(page);  // else an index page
            }
            if (row != chunk.firstRow + chunk.rows) return badColumn(leaf, "has fewer values than rows");
        }
        leaf.pages = std::move(pages);
        leaf.listed = true;
        return {};
    }

    Result<Page> readPageHeader(const Leaf& leaf, const Chunk& chunk, std::uint64_t at) const {
        ThriftValue header;
        std::string window;
        std::size_t used = 0;
        for (std::uint64_t tried = 512;; tried *= 32) {  // statistics may make it long
            const std::uint64_t room = std::min(tried, chunk.end - at);
            ATELIER_TRY(window, bytes(at, room));
            try {
                header = parseThriftStruct(window, used);
                break;
            } catch (const ParquetDamage& damage) {
                if (room == chunk.end - at || tried > kMaxPage)
                    return badColumn(leaf, fmt::format("is damaged: {}", damage.what));
            }
        }
        const std::int64_t type = header.integer(1, -1), unpacked = header.integer(2, -1),
                           packed = header.integer(3, -1);
        if (unpacked < 0 || packed < 0 || unpacked > std::int64_t(kMaxPage) ||
            packed > std::int64_t(kMaxPage))
            return badColumn(leaf, "has a page of a size that makes no sense");
        Page page;
        page.begin = at + used;
        page.packed = static_cast<std::uint32_t>(packed);
        page.unpacked = static_cast<std::uint32_t>(unpacked);
        page.codec = chunk.codec;
        const ThriftValue* detail = header.find(type == 0 ? 5 : type == 2 ? 7 : 8);
        if (type == 1) return page;
        if (!detail || (type != 0 && type != 2 && type != 3))
            return badColumn(leaf, "has a page of an unknown kind");
        page.dictionary = type == 2;
        page.second = type == 3;
        const std::int64_t count = detail->integer(1, -1);
        page.encoding = static_cast<int>(detail->integer(type == 3 ? 4 : 2, -1));
        if (count < 0 || count > (std::int64_t{1} << 31))
            return badColumn(leaf, "has a page without a count");
        if (!knownEncoding(page.encoding))
            return badColumn(leaf, fmt::format("is encoded in way {}, which is not read", page.encoding));
        page.rows = static_cast<std::uint64_t>(count);
        if (page.second) {
            const std::int64_t definition = detail->integer(5), repetition = detail->integer(6);
            page.compressed = detail->integer(7, 1) != 0;
            if (definition < 0 || repetition != 0 || definition > packed || definition > unpacked)
                return badColumn(leaf, "has a page whose levels make no sense");
            page.levels = static_cast<std::uint32_t>(definition);
        }
        return page;
    }

    // Definition levels, then values. Throws ParquetDamage.
    static DecodedPage decode(const Leaf& leaf, const Page& page, std::string_view raw,
                              const ParquetValues* dictionary) {
        const auto count = static_cast<std::size_t>(page.rows);
        const auto codec = page.compressed ? static_cast<ParquetCodec>(page.codec) : ParquetCodec::None;
        std::string body;
        std::string_view levels, data;
        const auto width = static_cast<unsigned>(std::bit_width(leaf.maxDefinition));
        if (page.second) {
            levels = raw.substr(0, page.levels);
            body = decompressPage(codec, raw.substr(page.levels), page.unpacked - page.levels);
            data = body;
        } else {
            body = decompressPage(codec, raw, page.unpacked);
            data = body;
            if (leaf.maxDefinition > 0 && !page.dictionary) {
                std::uint32_t size = 0;
                if (data.size() < sizeof(size)) throw ParquetDamage{"a page ends inside its levels"};
                std::memcpy(&size, data.data(), sizeof(size));
                if (size > data.size() - sizeof(size)) throw ParquetDamage{"a page ends inside its levels"};
                levels = data.substr(sizeof(size), size);
                data.remove_prefix(sizeof(size) + size);
            }
        }
        DecodedPage decoded;
        std::size_t present = count;
        if (leaf.maxDefinition > 0 && !page.dictionary) {
            const auto definitions = decodeRuns(levels, width, count);
            std::int64_t next = 0;
            decoded.places.reserve(count);
            for (const std::uint32_t level : definitions)
                decoded.places.push_back(level == leaf.maxDefinition ? next++ : -1);
            present = static_cast<std::size_t>(next);
        }
        decoded.values = decodeValues(leaf.type, static_cast<ParquetEncoding>(page.encoding), data, present,
                                      leaf.width, dictionary);
        return decoded;
    }

    Result<std::shared_ptr<const DecodedPage>> page(std::size_t column, std::size_t number) {
        const Leaf& leaf = leaves[column];
        for (auto at = kept.begin(); at != kept.end(); ++at) {
            if (at->column != column || at->page != number) continue;
            kept.splice(kept.begin(), kept, at);
            return kept.front().decoded;
        }
        const Page& wanted = leaf.pages[number];
        std::shared_ptr<const DecodedPage> dictionary;
        if (!wanted.dictionary && wanted.dictionaryPage < leaf.pages.size()) {
            ATELIER_TRY(dictionary, page(column, wanted.dictionaryPage));
        }
        ATELIER_TRY(const std::string raw, bytes(wanted.begin, wanted.packed));
        try {
            auto decoded = std::make_shared<const DecodedPage>(
                decode(leaf, wanted, raw, dictionary ? &dictionary->values : nullptr));
            std::size_t held = std::size_t{wanted.unpacked} + 64 * static_cast<std::size_t>(wanted.rows);
            kept.push_front({column, number, decoded, held});
            std::size_t total = 0, pages = 0;
            for (auto at = kept.begin(); at != kept.end();) {
                total += at->bytes;
                const bool drop = ++pages > 2 && (pages > kPagesKept || total > kCacheBytes);
                at = drop ? kept.erase(at) : std::next(at);
            }
            return decoded;
        } catch (const ParquetDamage& damage) {
            return badColumn(leaf, fmt::format("is damaged: {}", damage.what));
        } catch (const std::bad_alloc&) {
            return badColumn(leaf, "has a page that does not fit into memory");
        }
    }
};

namespace {

Json valueOf(const Leaf& leaf, const ParquetValues& values, std::size_t place) {
    switch (leaf.type) {
        case ParquetType::Boolean:
            return values.numbers[place] != 0;
        case ParquetType::Int32:
        case ParquetType::Int64:
            return values.numbers[place];
        case ParquetType::Float:
        case ParquetType::Double:
            if (!std::isfinite(values.reals[place])) return nullptr;
            return values.reals[place];
        case ParquetType::ByteArray:
        case ParquetType::FixedByteArray:
            return std::string(values.bytes(place));
        case ParquetType::Int96:
            break;
    }
    return nullptr;
}

}  // namespace

ParquetFile::ParquetFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParquetFile::~ParquetFile() = default;

Result<std::shared_ptr<ParquetFile>> ParquetFile::open(const fs::path& path) {
    auto state = std::make_unique<State>();
    state->path = path;
    ATELIER_TRY(state->file, openForReading(path));
    struct stat info {};
    if (::fstat(state->file.get(), &info) != 0) return failErrno(errno, "open", path.string());
    state->size = static_cast<std::uint64_t>(info.st_size);
    constexpr std::uint64_t kEnds = 12;  // "PAR1" … size of the footer, "PAR1"
    if (state->size < kEnds) return state->bad("it is too short for a Parquet file");
    ATELIER_TRY(const std::string tail, state->bytes(state->size - 8, 8));
    if (tail.ends_with("PARE")) return state->bad("it is encrypted, which is not read");
    if (!tail.ends_with("PAR1")) return state->bad("it is no Parquet file, or its end is missing");
    std::uint32_t footer = 0;
    std::memcpy(&footer, tail.data(), sizeof(footer));
    if (footer > state->size - kEnds || footer > kMaxFooter) return state->bad("its footer is damaged");
    ATELIER_TRY(const std::string bytes, state->bytes(state->size - 8 - footer, footer));
    try {
        state->readFooter(bytes);
    } catch (const ParquetDamage& damage) {
        return state->bad(damage.what);
    }
    return std::shared_ptr<ParquetFile>(new ParquetFile(std::move(state)));
}

std::uint64_t ParquetFile::rows() const {
    return state_->rows;
}
const std::vector<std::string>& ParquetFile::columns() const {
    return state_->names;
}
std::optional<std::size_t> ParquetFile::find(const std::string& column) const {
    const auto at = std::find(state_->names.begin(), state_->names.end(), column);
    if (at == state_->names.end()) return std::nullopt;
    return static_cast<std::size_t>(at - state_->names.begin());
}
bool ParquetFile::isBytes(std::size_t column) const {
    return state_->leaves[column].type == ParquetType::ByteArray;
}

Result<std::optional<std::string>> ParquetFile::bytesAt(std::size_t column, std::uint64_t row) {
    const std::lock_guard lock(state_->mutex);
    Leaf& leaf = state_->leaves[column];
    ATELIER_DO(state_->listPages(leaf));
    const auto after = std::upper_bound(leaf.pages.begin(), leaf.pages.end(), row,
                                        [](std::uint64_t r, const Page& page) { return r < page.firstRow; });
    for (auto at = after; at != leaf.pages.begin();) {
        --at;
        if (at->dictionary || row < at->firstRow || row - at->firstRow >= at->rows) continue;
        ATELIER_TRY(const auto page, state_->page(column, static_cast<std::size_t>(at - leaf.pages.begin())));
        const auto inside = static_cast<std::size_t>(row - at->firstRow);
        const std::int64_t place =
            page->places.empty() ? static_cast<std::int64_t>(inside) : page->places[inside];
        if (place < 0) return std::optional<std::string>();
        return std::optional<std::string>(page->values.bytes(static_cast<std::size_t>(place)));
    }
    return state_->bad(fmt::format("it has no row {}", row));
}

Status ParquetFile::visit(std::size_t column, const std::function<Status(std::uint64_t, Json)>& take) {
    const std::lock_guard lock(state_->mutex);
    Leaf& leaf = state_->leaves[column];
    ATELIER_DO(state_->listPages(leaf));
    for (std::size_t p = 0; p < leaf.pages.size(); ++p) {
        if (leaf.pages[p].dictionary) continue;
        ATELIER_TRY(const auto page, state_->page(column, p));
        for (std::size_t i = 0; i < leaf.pages[p].rows; ++i) {
            const std::int64_t place = page->places.empty() ? static_cast<std::int64_t>(i) : page->places[i];
            ATELIER_DO(
                take(leaf.pages[p].firstRow + i,
                     place < 0 ? Json() : valueOf(leaf, page->values, static_cast<std::size_t>(place))));
        }
    }
    return {};
}

}  // namespace atelier::data
