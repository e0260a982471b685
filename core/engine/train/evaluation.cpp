// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/base/csv.h"
#include "core/data/caption.h"
#include "core/data/image_io.h"
#include "core/data/tar_file.h"

namespace atelier::train {
namespace {

constexpr int kGridPictures = 64, kGridColumns = 8, kGridGap = 2;
constexpr int kJpegQuality = 75;
constexpr std::size_t kTogether = 32;  // pictures in memory

struct EvaluationRow {
    std::string uid, caption;
};

// Names inside a tar: no folders, and no two alike, so that no picture replaces another.
std::string fileName(std::string uid, std::set<std::string>& taken) {
    for (char& c : uid)
        if (c == '/' || c == '\0') c = '_';
    std::string name = uid;
    for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", uid, n);
    return name;
}

Result<std::vector<EvaluationRow>> readRows(const fs::path& path, std::int64_t count) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
    ATELIER_TRY(const auto bytes, readFile(path, kMostBytes));
    const auto lines = parseCsv(data::decodeText(bytes).text);
    const auto column = [&](const char* name) {
        return lines.empty() ? std::size_t{0}
                             : std::size_t(std::ranges::find(lines[0], name) - lines[0].begin());
    };
    const std::size_t uid = column("uid"), caption = column("caption");
    if (lines.empty() || uid == lines[0].size() || caption == lines[0].size())
        return fail(ErrorCode::Data, "its first line does not name the columns uid and caption",
                    path.string());
    std::vector<EvaluationRow> rows;
    std::set<std::string> taken;
    for (std::size_t i = 1; i < lines.size() && std::int64_t(rows.size()) < count; ++i) {
        if (std::max(uid, caption) >= lines[i].size())
            return fail(ErrorCode::Data, fmt::format("row {} has {} fields", i, lines[i].size()),
                        path.string());
        rows.push_back({fileName(lines[i][uid], taken), lines[i][caption]});
    }
    if (rows.empty()) return fail(ErrorCode::Data, "it has no captions", path.string());
    return rows;
}

void place(const data::Image& picture, std::size_t number, data::Image& grid) {
    const auto column = static_cast<int>(number) % kGridColumns,
               row = static_cast<int>(number) / kGridColumns;
    const int left = kGridGap + column * (picture.width + kGridGap),
              top = kGridGap + row * (picture.height + kGridGap);
    for (int y = 0; y < picture.height; ++y)
        std::copy_n(picture.row(y), 3 * picture.width, grid.row(top + y) + 3 * left);
}

}  // namespace

Result<std::int64_t> writeEvaluation(Task& task, const run::RunFolder& folder, const Settings& settings,
                                     const EvaluationRequest& request, const eval::GenerateOptions& options) {
    ATELIER_TRY(const auto rows, readRows(request.captions, request.count));
    const fs::path examples = folder.root / "examples";
    const std::string name = fmt::format("step_{}", request.step);
    ATELIER_DO(createDirectories(examples));
    ATELIER_TRY(auto archive, data::TarFile::create(examples / (name + ".tar")));
    const auto shown = std::min<std::size_t>(rows.size(), kGridPictures);
    const int across = static_cast<int>(std::min<std::size_t>(shown, kGridColumns)),
              down = static_cast<int>((shown + kGridColumns - 1) / kGridColumns);
    data::Image grid = data::Image::allocate(across * (options.width + kGridGap) + kGridGap,
                                             down * (options.height + kGridGap) + kGridGap);
    for (int y = 0; y < grid.height; ++y) std::fill_n(grid.row(y), 3 * grid.width, std::uint8_t{0});
    const fs::path scratch = examples / ("." + name);
    std::error_code ignored;
    for (std::size_t first = 0; first < rows.size(); first += kTogether) {
        const std::size_t last = std::min(first + kTogether, rows.size());
        std::vector<eval::PictureRequest> wanted;
        for (std::size_t i = first; i < last; ++i)
            wanted.push_back({rows[i].caption, settings.negativePrompt, settings.sampleSeed, i});
        const auto made = task.writeSamples(scratch, wanted, options, Json::object());
        Status outcome = made ? Status() : tl::make_unexpected(made.error());
        for (std::size_t i = first; i < last && outcome; ++i) {
            const auto picture = data::decodeImageFile(scratch / fmt::format("{:04}.png", i - first));
            if (!picture) {
                outcome = tl::make_unexpected(picture.error());
                break;
            }
            if (i < shown) place(picture->image, i, grid);
            const auto jpeg = data::encodeImage(picture->image,
                                                {.format = data::ImageFormat::Jpeg, .quality = kJpegQuality});
            outcome = jpeg ? archive.add(name + "/" + rows[i].uid + ".jpg", *jpeg)
                           : Status(tl::make_unexpected(jpeg.error()));
        }
        fs::remove_all(scratch, ignored);
        ATELIER_DO(outcome);
    }
    ATELIER_DO(archive.close());
    ATELIER_TRY(const auto sheet, data::encodeImage(grid, {.format = data::ImageFormat::Jpeg}));
    ATELIER_DO(writeFileAtomic(examples / (name + ".jpg"), sheet));
    return static_cast<std::int64_t>(rows.size());
}

}  // namespace atelier::train
