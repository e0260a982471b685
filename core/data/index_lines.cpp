// SPDX-License-Identifier: GPL-3.0-or-later
// index.jsonl: a formatter, a scanner for exactly that form, and a general JSON path for everything else.
#include "core/data/index_lines.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "core/base/hash.h"
#include "core/base/json.h"

namespace atelier::data {
namespace {

bool plainText(std::string_view text) {
    for (const char c : text)
        if (static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) >= 127 || c == '"' ||
            c == '\\')
            return false;
    return true;
}

void appendString(std::string& out, std::string_view text) {
    if (plainText(text)) {
        out += '"';
        out += text;
        out += '"';
    } else {
        out += dumpJson(std::string(text));
    }
}

// Scans the literal form; any deviation gives up and leaves the line to the JSON parser.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    bool literal(std::string_view expected) {
        if (!text_.substr(at_).starts_with(expected)) return false;
        at_ += expected.size();
        return true;
    }
    bool string(std::string& value) {
        if (!literal("\"")) return false;
        const std::size_t end = text_.find_first_of("\"\\", at_);
        if (end == std::string_view::npos || text_[end] == '\\') return false;
        value.assign(text_.substr(at_, end - at_));
        at_ = end + 1;
        return true;
    }
    bool number(std::uint64_t& value, int base = 10) {
        const char* first = text_.data() + at_;
        const auto [last, error] = std::from_chars(first, text_.data() + text_.size(), value, base);
        at_ += static_cast<std::size_t>(last - first);
        return error == std::errc();
    }
    bool atEnd() const { return at_ == text_.size(); }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
};

bool scanLine(std::string_view line, IndexedSample& sample) {
    Scanner scan(line);
    if (!scan.literal("{\"shard\":") || !scan.string(sample.shard)) return false;
    if (!scan.literal(",\"key\":") || !scan.string(sample.key) || !scan.literal(",\"members\":{"))
        return false;
    std::size_t count = 0;
    do {
        if (count == sample.members.size()) sample.members.emplace_back();
        IndexedMember& member = sample.members[count++];
        if (!scan.string(member.extension) || !scan.literal(":{\"offset\":") || !scan.number(member.offset) ||
            !scan.literal(",\"size\":") || !scan.number(member.size) || !scan.literal(",\"xxh3\":\"") ||
            !scan.number(member.xxh3, 16) || !scan.literal("\"}"))
            return false;
    } while (scan.literal(","));
    sample.members.resize(count);
    return scan.literal("}}") && scan.atEnd();
}

}  // namespace

void appendIndexLine(std::string& out, const IndexedSample& sample) {
    out += "{\"shard\":";
    appendString(out, sample.shard);
    out += ",\"key\":";
    appendString(out, sample.key);
    out += ",\"members\":{";
    bool first = true;
    for (const IndexedMember& member : sample.members) {
        if (!first) out += ',';
        first = false;
        appendString(out, member.extension);
        fmt::format_to(std::back_inserter(out), ":{{\"offset\":{},\"size\":{},\"xxh3\":\"{:016x}\"}}",
                       member.offset, member.size, member.xxh3);
    }
    out += "}}\n";
}

Status parseIndexLine(std::string_view line, IndexedSample& sample) {
    if (scanLine(line, sample)) return {};
    sample = {};
    ATELIER_TRY(const Json json, parseJson(line));
    try {
        sample.shard = json.at("shard").get<std::string>();
        sample.key = json.at("key").get<std::string>();
        for (const auto& [extension, member] : json.at("members").items()) {
            IndexedMember& m = sample.members.emplace_back();
            m.extension = extension;
            m.offset = member.at("offset").get<std::uint64_t>();
            m.size = member.at("size").get<std::uint64_t>();
            const auto hash = member.value("xxh3", std::string());
            const auto [end, error] = std::from_chars(hash.data(), hash.data() + hash.size(), m.xxh3, 16);
            if (error != std::errc() || end != hash.data() + hash.size())
                return fail(ErrorCode::Data, "\"xxh3\" is not a hexadecimal number");
        }
    } catch (const nlohmann::json::exception& e) {
        return fail(ErrorCode::Data, std::string("it is not an index line: ") + e.what());
    }
    return {};
}

Status readIndex(const fs::path& file, const std::function<Status(const IndexedSample&)>& visit) {
    IndexedSample sample;
    std::uint64_t number = 0;
    const auto at = [&](Error error) {
        if (error.where.empty()) error.where = fmt::format("{} line {}", file.string(), number);
        return fail(std::move(error));
    };
    const auto take = [&](std::string_view line) -> Status {
        ++number;
        if (auto parsed = parseIndexLine(line, sample); !parsed)
            return at({ErrorCode::Data, parsed.error().what, {}, parsed.error().hint});
        if (auto visited = visit(sample); !visited) return at(visited.error());
        return {};
    };
    std::string begun;  // a line that goes on in the next piece
    ATELIER_DO(readPieces(file, [&](std::string_view piece) -> Status {
        for (std::size_t end; (end = piece.find('\n')) != std::string_view::npos;
             piece.remove_prefix(end + 1)) {
            if (begun.empty()) {
                ATELIER_DO(take(piece.substr(0, end)));
            } else {
                begun.append(piece.substr(0, end));
                ATELIER_DO(take(begun));
                begun.clear();
            }
        }
        begun.append(piece);
        return {};
    }));
    if (begun.empty()) return {};
    ++number;
    return at({ErrorCode::Data, "the last line is cut off", {}, {}});
}

}  // namespace atelier::data
