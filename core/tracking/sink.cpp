// SPDX-License-Identifier: GPL-3.0-or-later
// What sinks share: settings by name, pictures of a sample event.
#include "core/tracking/sink.h"

namespace atelier::tracking {
namespace {

constexpr std::uint64_t kMaxPicture = std::uint64_t{64} << 20;

void flatten(const Json& value, const std::string& name, Json& out) {
    if (value.is_structured()) {
        for (const auto& [key, part] : value.items())
            flatten(part, name.empty() ? key : name + "." + key, out);
    } else if (!value.is_null()) {
        out[name] = value;
    }
}

// Width and height from the head of a PNG file.
bool readPngSize(std::string_view bytes, TrackedPicture& picture) {
    if (bytes.size() < 24 || !bytes.starts_with("\x89PNG\r\n\x1a\n")) return false;
    const auto bigEndian = [&](std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
        return static_cast<int>(value & 0x7fffffff);
    };
    picture.width = bigEndian(16);
    picture.height = bigEndian(20);
    return picture.width > 0 && picture.height > 0;
}

}  // namespace

Json flatSettings(const Json& resolved) {
    Json out = Json::object();
    flatten(resolved, "", out);
    return out;
}

std::vector<TrackedPicture> picturesOf(const run::RunFolder& folder, const run::Sample& sample) {
    std::vector<TrackedPicture> pictures;
    const fs::path place = folder.root / sample.dir;
    const auto text = readFile(place / "samples.json", kMaxPicture);
    if (!text) return pictures;
    const auto list = parseJson(*text);
    if (!list || !list->is_object() || !list->contains("samples") || !(*list)["samples"].is_array())
        return pictures;
    for (const auto& entry : (*list)["samples"]) {
        const auto word = [&](const char* key) {
            return entry.is_object() && entry.contains(key) && entry[key].is_string()
                       ? entry[key].get<std::string>()
                       : std::string();
        };
        // A name, never a path: the list may come from somewhere else.
        const std::string file = word("file");
        if (file.empty() || fs::path(file).has_parent_path()) continue;
        TrackedPicture picture{place / file, {}, 0, 0, word("prompt")};
        if (auto bytes = readFile(picture.file, kMaxPicture)) picture.bytes = std::move(*bytes);
        if (readPngSize(picture.bytes, picture)) pictures.push_back(std::move(picture));
    }
    return pictures;
}

}  // namespace atelier::tracking
