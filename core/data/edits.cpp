// SPDX-License-Identifier: GPL-3.0-or-later
// edits.jsonl: reading, folding, appending. Lines:
// {"v":1,"t":…,"image":"a/fox.jpg","op":"caption","text":"…"}.
#include "core/data/edits.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>

#include "core/base/hash.h"
#include "core/base/json.h"

namespace atelier::data {
namespace {

constexpr int kVersion = 1;
using Kind = EditRecord::Kind;
constexpr std::array<std::pair<Kind, std::string_view>, 10> kNames{
    {{Kind::Caption, "caption"},
     {Kind::ClearCaption, "clear_caption"},
     {Kind::Exclude, "exclude"},
     {Kind::Include, "include"},
     {Kind::Force, "force"},
     {Kind::Unforce, "unforce"},
     {Kind::Mask, "mask"},
     {Kind::ClearMask, "clear_mask"},
     {Kind::Condition, "condition"},
     {Kind::ClearCondition, "clear_condition"}}};

bool hasText(Kind kind) {
    return kind == Kind::Caption || kind == Kind::Mask || kind == Kind::Condition;
}

double now() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

Result<EditRecord> parseRecord(std::string_view line, const std::string& where) {
    ATELIER_TRY(const Json json, parseJson(line, where));
    const auto text = [&](const char* key) {
        const auto found = json.is_object() ? json.find(key) : json.end();
        return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
    };
    if (!json.is_object() || text("image").empty()) return fail(ErrorCode::Data, "it names no image", where);
    if (json.contains("v") && json["v"].is_number() && json["v"].get<double>() > kVersion) {
        return fail(ErrorCode::Data,
                    fmt::format("it was written by a newer Atelier (format {}, this one knows {})",
                                json["v"].get<double>(), kVersion),
                    where, "Update Atelier.");
    }
    EditRecord record{.image = text("image"), .text = text("text")};
    const std::string op = text("op");
    for (const auto& [kind, name] : kNames) {
        if (name != op) continue;
        record.kind = kind;
        return record;
    }
    return fail(ErrorCode::Data, "there is no edit \"" + op + "\"", where,
                "It may come from a newer Atelier.");
}

std::string recordLine(const EditRecord& record) {
    Json json{{"v", kVersion}, {"t", record.time > 0 ? record.time : now()}, {"image", record.image}};
    for (const auto& [kind, name] : kNames) {
        if (kind == record.kind) json["op"] = name;
    }
    if (hasText(record.kind)) json["text"] = record.text;
    return dumpJson(json) + "\n";
}

}  // namespace

std::string editName(std::size_t source, std::string_view relative) {
    return source == 0 ? std::string(relative) : fmt::format("{}:{}", source, relative);
}

const ImageEdit* Edits::find(const std::string& name) const {
    const auto found = images.find(name);
    return found == images.end() ? nullptr : &found->second;
}

void Edits::apply(const EditRecord& record) {
    ImageEdit& edit = images[record.image];
    switch (record.kind) {
        case Kind::Caption:
            edit.caption = record.text;
            break;
        case Kind::ClearCaption:
            edit.caption.reset();
            break;
        case Kind::Exclude:
            edit.excluded = true;
            break;
        case Kind::Include:
            edit.excluded = false;
            break;
        case Kind::Force:
            edit.forced = true;
            break;
        case Kind::Unforce:
            edit.forced = false;
            break;
        case Kind::Mask:
            edit.mask = record.text;
            break;
        case Kind::ClearMask:
            edit.mask.reset();
            break;
        case Kind::Condition:
            edit.condition = record.text;
            break;
        case Kind::ClearCondition:
            edit.condition.reset();
            break;
    }
}

Result<Edits> readEdits(const fs::path& path) {
    Edits edits;
    std::error_code error;
    if (!fs::exists(path, error)) return edits;
    ATELIER_TRY(const std::string bytes, readFile(path));
    std::string_view rest = bytes;
    std::size_t consumed = 0;
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        const auto line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        consumed += end + 1;
        ++edits.lines;
        if (line.empty()) continue;
        ATELIER_TRY(const EditRecord record,
                    parseRecord(line, fmt::format("{}, line {}", path.string(), edits.lines)));
        edits.apply(record);
    }
    edits.digest = sha256Hex(std::string_view(bytes).substr(0, consumed));
    return edits;
}

Status appendEdits(const fs::path& path, std::span<const EditRecord> records) {
    std::string lines;
    for (const auto& record : records) lines += recordLine(record);
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) return failErrno(errno, "open", path.string());
    // A half line that a killed writer left is cut off: it was never acknowledged.
    const off_t size = ::lseek(fd, 0, SEEK_END);
    char last = '\n';
    if (size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n') {
        const auto text = readFile(path);
        const std::size_t keep = text ? text->rfind('\n') + 1 : std::size_t(size);
        if (::ftruncate(fd, off_t(keep)) != 0) {
            const int code = errno;
            ::close(fd);
            return failErrno(code, "write", path.string());
        }
    }
    const off_t before = ::lseek(fd, 0, SEEK_END);
    std::size_t done = 0;
    while (done < lines.size()) {
        const ssize_t n = ::write(fd, lines.data() + done, lines.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            const int code = errno;
            (void)!::ftruncate(fd, before);  // all records or none
            ::close(fd);
            return failErrno(code, "write", path.string());
        }
        done += std::size_t(n);
    }
    const int synced = ::fsync(fd);
    const int code = errno;
    ::close(fd);
    if (synced != 0) return failErrno(code, "write to disk", path.string());
    return {};
}

}  // namespace atelier::data
