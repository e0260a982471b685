// SPDX-License-Identifier: GPL-3.0-or-later
// Grouping of tar members into samples (rules of the Python webdataset reader, "group_by_keys").
#include "core/data/shard_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/strings.h"
#include "core/data/tar_cursor.h"

namespace atelier::data {
namespace {

// Members of the archive itself, not of samples: "__name__" at the start of the path, alone or as a folder.
bool isMeta(std::string_view path) {
    const std::string_view first = path.substr(0, path.find('/'));
    if (first.size() == path.size() && path.starts_with("__") && path.ends_with("__")) return true;
    return first.size() >= 4 && first.starts_with("__") && first.ends_with("__");
}

}  // namespace

// The regular expression ^((?:.*/|)[^.]+)[.]([^/]*)$ of webdataset, spelled out.
std::optional<MemberName> splitMemberName(std::string_view path) {
    if (isMeta(path)) return std::nullopt;
    const std::size_t slash = path.rfind('/');
    const std::size_t base = slash == std::string_view::npos ? 0 : slash + 1;
    const std::size_t dot = path.find('.', base);
    if (dot == std::string_view::npos) return std::nullopt;
    if (dot == base) {
        // ".x" has no key; in "d/.x" the expression takes "d/" as the key, unless that folder's name has a
        // dot.
        if (base == 0) return std::nullopt;
        const std::size_t before = base < 2 ? std::string_view::npos : path.rfind('/', base - 2);
        const std::size_t folder = before == std::string_view::npos ? 0 : before + 1;
        if (path.substr(folder, base - folder).find('.') != std::string_view::npos) return std::nullopt;
    }
    return MemberName{std::string(path.substr(0, dot)), toLowerAscii(path.substr(dot + 1))};
}

const ShardMember* ShardSample::find(std::string_view alternatives) const {
    while (!alternatives.empty()) {
        const std::size_t end = alternatives.find(';');
        const std::string_view wanted = alternatives.substr(0, end);
        for (const ShardMember& member : members)
            if (member.extension == wanted) return &member;
        alternatives = end == std::string_view::npos ? std::string_view() : alternatives.substr(end + 1);
    }
    return nullptr;
}

struct ShardReader::State {
    State(std::unique_ptr<ByteSource> source, fs::path where, const ShardReaderOptions& given)
        : cursor(std::move(source), given.data, given.memberLimit), path(std::move(where)), options(given) {}

    Result<bool> nextMember();
    Status takeMember();

    TarCursor cursor;
    fs::path path;
    ShardReaderOptions options;
    ShardSample sample;
    std::optional<MemberName> pending;  // header read, data not yet
    std::uint64_t pendingSize = 0;
    bool ended = false;
};

// Reads headers up to the next file that belongs to a sample; false at the end.
Result<bool> ShardReader::State::nextMember() {
    for (;;) {
        ATELIER_TRY(const std::optional<TarHeader> header, cursor.nextFile());
        if (!header) return false;
        pending = splitMemberName(header->name);
        pendingSize = header->size;
        if (pending) return true;
        ATELIER_DO(cursor.passData(header->size));
    }
}

// The pending member joins the sample.
Status ShardReader::State::takeMember() {
    const bool duplicate =
        std::any_of(sample.members.begin(), sample.members.end(),
                    [&](const ShardMember& m) { return m.extension == pending->extension; });
    if (duplicate && !options.skipDuplicates)
        return fail(ErrorCode::Data, fmt::format("the sample \"{}\" has two members named \"{}\"", sample.key,
                                                 pending->extension));
    const std::uint64_t offset = cursor.position();
    ATELIER_DO(cursor.passData(pendingSize));
    if (!duplicate) sample.members.push_back({std::move(pending->extension), offset, pendingSize, {}});
    pending.reset();
    return {};
}

ShardReader::ShardReader(std::unique_ptr<ByteSource> source, const fs::path& path,
                         const ShardReaderOptions& options)
    : state_(std::make_unique<State>(std::move(source), path, options)) {}
ShardReader::ShardReader(ShardReader&&) noexcept = default;
ShardReader& ShardReader::operator=(ShardReader&&) noexcept = default;
ShardReader::~ShardReader() = default;

Result<ShardReader> ShardReader::open(const fs::path& path, const ShardReaderOptions& options) {
    ATELIER_TRY(auto source, openByteSource(path));
    return ShardReader(std::move(source), path, options);
}

Result<const ShardSample*> ShardReader::next() {
    State& s = *state_;
    s.sample.key.clear();
    s.sample.members.clear();
    if (s.ended) return nullptr;
    const auto located = [&](Error error) {
        s.ended = true;
        if (error.where.empty()) error.where = s.path.string();
        return fail(std::move(error));
    };
    s.cursor.release();
    if (!s.pending) {
        const auto found = s.nextMember();
        if (!found) return located(found.error());
        if (!*found) {
            s.ended = true;
            return nullptr;
        }
        s.cursor.release();
    }
    s.sample.key = s.pending->key;
    for (;;) {
        if (auto taken = s.takeMember(); !taken) return located(taken.error());
        const auto found = s.nextMember();
        // The sample is complete only when the next header proves it: a torn tar must not give half a sample.
        if (!found) return located(found.error());
        if (!*found) s.ended = true;
        if (!*found || s.pending->key != s.sample.key) break;
    }
    if (s.options.data)
        for (ShardMember& member : s.sample.members)
            member.bytes = s.cursor.bytes(member.offset, member.size);
    return &s.sample;
}

std::uint64_t ShardReader::position() const {
    return state_->cursor.position();
}
bool ShardReader::sawEndOfArchive() const {
    return state_->cursor.sawEnd();
}

}  // namespace atelier::data
