// SPDX-License-Identifier: GPL-3.0-or-later
// ShardWriter: rotation of shards, index lines, and the journal (.shards.jsonl) that lets a killed build go
// on.
#include "core/data/shard_writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "core/base/check.h"
#include "core/base/hash.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/data/hashing_file.h"
#include "core/data/index_lines.h"
#include "core/data/tar_format.h"

namespace atelier::data {
namespace {

constexpr const char* kIndexPartName = ".index.jsonl";  // becomes index.jsonl
constexpr const char* kShardPartName = ".shard.tar";    // the open shard
constexpr int kJournalVersion = 2;                      // another one: the build starts over
constexpr std::size_t kKeyLimit = 4096;

std::string shardName(std::size_t number) {
    return fmt::format("{:06}.tar", number);
}

Status appendToFile(const fs::path& path, std::string_view text) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
    if (!file) return failErrno(errno, "create", path.string());
    while (!text.empty()) {
        const ssize_t n = ::write(file.get(), text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failErrno(errno, "write", path.string());
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Status syncFile(const fs::path& path) {
    ATELIER_TRY(const Descriptor file, openForReading(path));
    if (::fsync(file.get()) != 0) return failErrno(errno, "write to disk", path.string());
    return {};
}

Status checkKey(std::string_view key) {
    const auto bad = [&](std::string what) {
        return fail(ErrorCode::Data, std::move(what), fmt::format("sample \"{}\"", key.substr(0, 200)));
    };
    if (key.empty() || key.ends_with('/')) return bad("its key is empty");
    if (key.size() > kKeyLimit)
        return bad(fmt::format("its key has {} bytes, more than {}", key.size(), kKeyLimit));
    if (!isValidUtf8(key)) return bad("its key is not UTF-8");
    for (const char c : key)
        if (static_cast<unsigned char>(c) < 32 || c == 127) return bad("its key has a control character");
    if (key.find('.') != std::string_view::npos)
        return bad("its key has a dot, which would end it in a shard");
    if (key.starts_with("__") || key.starts_with('/'))
        return bad("its key starts like a name that readers pass over");
    return {};
}

Status checkMembers(std::string_view key, std::span<const MemberView> members) {
    const auto bad = [&](std::string what) {
        return fail(ErrorCode::Data, std::move(what), fmt::format("sample \"{}\"", key));
    };
    if (members.empty()) return bad("it has no members");
    for (std::size_t i = 0; i < members.size(); ++i) {
        const std::string_view extension = members[i].extension;
        if (extension.empty() || extension.size() > 100 || extension.front() == '.' ||
            extension.back() == '.')
            return bad(fmt::format("\"{}\" is not an extension", extension));
        for (const char c : extension)
            if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.' && c != '_' && c != '-')
                return bad(fmt::format(
                    "the extension \"{}\" has other characters than a-z, 0-9, '.', '_' and '-'", extension));
        for (std::size_t j = 0; j < i; ++j)
            if (members[j].extension == extension)
                return bad(fmt::format("it has two members named \"{}\"", extension));
        if (members[i].bytes.size() > kUstarSizeLimit)
            return bad(fmt::format("its member \"{}\" has more than 8 GiB", extension));
    }
    return {};
}

}  // namespace

struct ShardWriter::State {
    State(fs::path where, ShardWriterOptions given) : folder(std::move(where)), options(std::move(given)) {}

    Status removeLeftovers();
    Result<bool> readJournal();
    bool takeJournalLine(const std::string& line, const std::string& index);
    Status keepShards(const std::vector<ShardInfo>& found, std::uint64_t indexBytes);
    Status startFresh();
    Status closeShard();

    fs::path folder;
    ShardWriterOptions options;
    HashingFile file;
    ShardTotals totals;             // closed shards
    std::uint64_t openSamples = 0;  // in the open shard
    std::map<std::string, std::uint64_t> openExtensions;
    std::string indexText;  // lines of the open shard
    std::string lastKey;
    std::string header;  // scratch
    IndexedSample line;  // scratch
    bool closed = false;
    bool broken = false;  // after a write error
};

// Removes what an unfinished build left; other files are never touched.
Status ShardWriter::State::removeLeftovers() {
    std::error_code error;
    const bool ours = fs::exists(folder / kShardJournalName, error);
    std::vector<fs::path> remove;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        const bool shard =
            name.size() == 10 && name.ends_with(".tar") && name.find_first_not_of("0123456789") == 6;
        if (shard && !ours)
            return fail(ErrorCode::Usage, fmt::format("the folder already holds {} of something else", name),
                        folder.string(), "Choose an empty or new folder.");
        if (shard || name == kIndexName || name == kIndexPartName || name == kShardPartName)
            remove.push_back(entry.path());
    }
    if (error) return failErrno(error.value(), "list", folder.string());
    if (!ours) return {};
    for (const fs::path& path : remove)
        if (!fs::remove(path, error) && error) return failErrno(error.value(), "remove", path.string());
    if (!fs::remove(folder / kShardJournalName, error) && error)
        return failErrno(error.value(), "remove", (folder / kShardJournalName).string());
    return {};
}

Status ShardWriter::State::startFresh() {
    ATELIER_DO(removeLeftovers());
    totals = {};
    const Json first = {{"version", kJournalVersion},
                        {"fingerprint", options.fingerprint},
                        {"limits", {options.limits.bytes, options.limits.samples}}};
    return appendToFile(folder / kShardJournalName, dumpJson(first) + "\n");
}

// Complete shards of a killed build, checked byte by byte; false when there is nothing to go on with.
Result<bool> ShardWriter::State::readJournal() {
    const auto text = readFile(folder / kShardJournalName, 1 << 30);
    if (!text || options.fingerprint.empty()) return false;
    const std::vector<std::string> lines = split(*text, '\n');
    const auto first = parseJson(lines[0]);
    const Json limits = {options.limits.bytes, options.limits.samples};
    if (!first || !first->is_object() || first->value("version", Json()) != kJournalVersion ||
        first->value("fingerprint", Json()) != options.fingerprint ||
        first->value("limits", Json()) != limits)
        return false;
    // Killed between close() and the manifest: the index has its final name already.
    std::error_code error;
    if (!fs::exists(folder / kIndexPartName, error) && fs::exists(folder / kIndexName, error))
        ATELIER_DO(renameFile(folder / kIndexName, folder / kIndexPartName));
    const auto index = readFile(folder / kIndexPartName);
    if (!index) return false;
    for (std::size_t i = 1; i + 1 < lines.size(); ++i)  // what follows the last newline is a torn line
        if (!takeJournalLine(lines[i], *index)) break;
    if (totals.shards.empty()) return false;
    return keepShards(totals.shards, totals.indexBytes).transform([] { return true; });
}

// One closed shard joins the totals if its file and its part of the index are what the line says.
bool ShardWriter::State::takeJournalLine(const std::string& line, const std::string& index) {
    const auto json = parseJson(line);
    if (!json) return false;
    try {
        ShardInfo shard{json->at("name"), json->at("samples"), json->at("bytes"), {}, json->at("xxh128")};
        const std::uint64_t end = json->at("index_bytes");
        if (shard.name != shardName(totals.shards.size()) || end <= totals.indexBytes || end > index.size())
            return false;
        const std::string_view part =
            std::string_view(index).substr(totals.indexBytes, end - totals.indexBytes);
        if (!part.ends_with('\n') ||
            static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n')) != shard.samples)
            return false;
        std::error_code error;
        if (fs::file_size(folder / shard.name, error) != shard.bytes || error) return false;
        const auto hash = xxh128HexOfFile(folder / shard.name);
        if (!hash || *hash != shard.xxh128) return false;
        totals.extensions = json->at("extensions").get<std::map<std::string, std::uint64_t>>();
        totals.samples += shard.samples;
        totals.bytes += shard.bytes;
        totals.indexBytes = end;
        totals.shards.push_back(std::move(shard));
        return true;
    } catch (const nlohmann::json::exception&) {
        return false;
    }
}

// Cuts journal and index back to the shards that are good; removes later ones.
Status ShardWriter::State::keepShards(const std::vector<ShardInfo>& found, std::uint64_t indexBytes) {
    if (::truncate((folder / kIndexPartName).c_str(), static_cast<off_t>(indexBytes)) != 0)
        return failErrno(errno, "shorten", (folder / kIndexPartName).string());
    ATELIER_TRY(const std::string text, readFile(folder / kShardJournalName));
    std::size_t end = 0;
    for (std::size_t i = 0; i <= found.size(); ++i) end = text.find('\n', end) + 1;
    if (::truncate((folder / kShardJournalName).c_str(), static_cast<off_t>(end)) != 0)
        return failErrno(errno, "shorten", (folder / kShardJournalName).string());
    std::error_code error;
    for (std::size_t i = found.size(); fs::remove(folder / shardName(i), error); ++i) continue;
    fs::remove(folder / kShardPartName, error);
    return {};
}

Status ShardWriter::State::closeShard() {
    header.assign(2 * kTarBlock, '\0');
    ATELIER_DO(file.append(header));
    ShardInfo shard;
    shard.name = shardName(totals.shards.size());
    shard.samples = openSamples;
    shard.bytes = file.size();
    ATELIER_TRY(shard.xxh128, file.end());
    ATELIER_DO(appendToFile(folder / kIndexPartName, indexText));
    if (::rename((folder / kShardPartName).c_str(), (folder / shard.name).c_str()) != 0)
        return failErrno(errno, "rename to this name", (folder / shard.name).string());
    totals.samples += shard.samples;
    totals.bytes += shard.bytes;
    totals.indexBytes += indexText.size();
    for (const auto& [extension, count] : openExtensions) totals.extensions[extension] += count;
    const Json line = {
        {"name", shard.name},     {"samples", shard.samples},        {"bytes", shard.bytes},
        {"xxh128", shard.xxh128}, {"extensions", totals.extensions}, {"index_bytes", totals.indexBytes}};
    ATELIER_DO(appendToFile(folder / kShardJournalName, dumpJson(line) + "\n"));
    totals.shards.push_back(std::move(shard));
    openSamples = 0;
    openExtensions.clear();
    indexText.clear();
    return {};
}

ShardWriter::ShardWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ShardWriter::ShardWriter(ShardWriter&&) noexcept = default;
ShardWriter& ShardWriter::operator=(ShardWriter&&) noexcept = default;
ShardWriter::~ShardWriter() = default;

Result<ShardWriter> ShardWriter::create(const fs::path& folder, const ShardWriterOptions& options) {
    ATELIER_DO(createDirectories(folder));
    std::error_code error;
    if (fs::exists(folder / kManifestName, error))
        return fail(ErrorCode::Usage, "the folder already holds a finished dataset", folder.string(),
                    "Choose another folder, or remove this one first.");
    auto state = std::make_unique<State>(folder, options);
    ATELIER_DO(state->startFresh());
    return ShardWriter(std::move(state));
}

Result<ShardWriter> ShardWriter::resume(const fs::path& folder, const ShardWriterOptions& options) {
    std::error_code error;
    if (fs::exists(folder / kManifestName, error) || !fs::exists(folder / kShardJournalName, error))
        return create(folder, options);
    auto state = std::make_unique<State>(folder, options);
    ATELIER_TRY(const bool goesOn, state->readJournal());
    if (!goesOn) return create(folder, options);
    return ShardWriter(std::move(state));
}

Status ShardWriter::add(std::string_view key, std::span<const MemberView> members) {
    State& s = *state_;
    ATELIER_CHECK(!s.closed, "ShardWriter::add after close()");
    if (s.broken) return fail(ErrorCode::Io, "writing ended at an earlier error", s.folder.string());
    ATELIER_DO(checkKey(key));
    ATELIER_DO(checkMembers(key, members));
    if (key == s.lastKey)
        return fail(ErrorCode::Data, "two samples in a row have this key", fmt::format("sample \"{}\"", key));

    std::uint64_t size = 0;
    std::string name;
    for (const MemberView& member : members) {
        name.assign(key).append(".").append(member.extension);
        size += tarHeaderSize(name) + member.bytes.size() + tarPadding(member.bytes.size());
    }
    const auto write = [&]() -> Status {
        const bool full = s.openSamples >= s.options.limits.samples ||
                          s.file.size() + size + 2 * kTarBlock > s.options.limits.bytes;
        if (s.openSamples > 0 && full) ATELIER_DO(s.closeShard());
        if (!s.file.isOpen()) ATELIER_DO(s.file.begin(s.folder / kShardPartName));
        s.line.shard = shardName(s.totals.shards.size());
        s.line.key.assign(key);
        s.line.members.resize(members.size());
        for (std::size_t i = 0; i < members.size(); ++i) {
            const std::string_view bytes = members[i].bytes;
            name.assign(key).append(".").append(members[i].extension);
            s.header.clear();
            appendTarHeader(s.header, name, bytes.size());
            ATELIER_DO(s.file.append(s.header));
            IndexedMember& indexed = s.line.members[i];
            indexed.extension.assign(members[i].extension);
            indexed.offset = s.file.size();
            indexed.size = bytes.size();
            indexed.xxh3 = xxh3(bytes);
            ATELIER_DO(s.file.append(bytes));
            static constexpr char kZeros[kTarBlock] = {};
            ATELIER_DO(s.file.append({kZeros, static_cast<std::size_t>(tarPadding(bytes.size()))}));
            ++s.openExtensions[indexed.extension];
        }
        appendIndexLine(s.indexText, s.line);
        return {};
    };
    if (auto written = write(); !written) {
        s.broken = true;
        return written;
    }
    ++s.openSamples;
    s.lastKey.assign(key);
    return {};
}

Status ShardWriter::cut() {
    State& s = *state_;
    if (s.broken) return fail(ErrorCode::Io, "writing ended at an earlier error", s.folder.string());
    if (s.openSamples > 0) ATELIER_DO(s.closeShard());
    return {};
}

Result<ShardTotals> ShardWriter::close() {
    State& s = *state_;
    ATELIER_CHECK(!s.closed, "ShardWriter::close twice");
    if (s.broken) return fail(ErrorCode::Io, "writing ended at an earlier error", s.folder.string());
    if (s.openSamples > 0) ATELIER_DO(s.closeShard());
    if (s.totals.shards.empty())
        return fail(ErrorCode::Data, "there is no sample to write", s.folder.string(),
                    "Look at the audit for why each image was left out.");
    for (const ShardInfo& shard : s.totals.shards) ATELIER_DO(syncFile(s.folder / shard.name));
    ATELIER_DO(syncFile(s.folder / kIndexPartName));
    ATELIER_TRY(s.totals.indexSha256, sha256HexOfFile(s.folder / kIndexPartName));
    ATELIER_DO(renameFile(s.folder / kIndexPartName, s.folder / kIndexName));
    s.closed = true;
    return s.totals;
}

std::uint64_t ShardWriter::samplesWritten() const {
    return state_->totals.samples + state_->openSamples;
}
std::uint64_t ShardWriter::bytesWritten() const {
    return state_->totals.bytes + (state_->file.isOpen() ? state_->file.size() : 0);
}
std::uint64_t ShardWriter::shardsClosed() const {
    return state_->totals.shards.size();
}

}  // namespace atelier::data
