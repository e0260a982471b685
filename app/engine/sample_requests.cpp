// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/sample_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>
#include <optional>

#include "core/base/csv.h"
#include "core/base/files.h"
#include "core/base/strings.h"

namespace atelier::cli {
namespace {

struct Prompt {
    std::string uid;  // "" = named by number
    std::string text;
    std::optional<std::string> negative;
    std::uint64_t seed = 0;
};

std::optional<std::uint64_t> wholeNumber(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Columns of a prompt file's header by name; empty when the first row is no header.
std::map<std::string, std::size_t> readHeader(const std::vector<std::vector<std::string>>& rows) {
    std::map<std::string, std::size_t> columns;
    if (rows.empty()) return columns;
    for (std::size_t i = 0; i < rows.front().size(); ++i)
        columns.emplace(std::string(trim(rows.front()[i])), i);
    if (!columns.contains("caption") && !columns.contains("prompt")) columns.clear();
    return columns;
}

Result<std::vector<Prompt>> readTable(const std::vector<std::vector<std::string>>& rows,
                                      const std::map<std::string, std::size_t>& columns,
                                      const PromptOptions& options) {
    std::vector<Prompt> prompts;
    for (std::size_t row = 1; row < rows.size(); ++row) {
        const auto cell = [&](const char* name) {
            const auto it = columns.find(name);
            return it != columns.end() && it->second < rows[row].size() ? rows[row][it->second] : "";
        };
        Prompt prompt{cell("uid"), cell(columns.contains("caption") ? "caption" : "prompt"), options.negative,
                      options.seed};
        if (columns.contains("negative_prompt")) {
            prompt.negative = cell("negative_prompt");
            if (prompt.negative->empty()) prompt.negative.reset();  // an empty cell says nothing
        }
        if (const auto seed = cell("seed"); !seed.empty()) {
            const auto value = wholeNumber(trim(seed));
            if (!value)
                return fail(ErrorCode::Usage, fmt::format("row {} has the seed \"{}\"", row + 1, seed),
                            options.file, "A seed is a whole number from 0.");
            prompt.seed = *value;
        }
        prompts.push_back(std::move(prompt));
    }
    return prompts;
}

Result<std::vector<Prompt>> readPrompts(const PromptOptions& options) {
    std::vector<Prompt> prompts;
    for (const auto& text : options.prompts) {
        if (!isValidUtf8(text)) return fail(ErrorCode::Usage, "a prompt is not UTF-8", "--prompt");
        prompts.push_back({"", text, options.negative, options.seed});
    }
    if (options.file.empty()) return prompts;
    const auto path = expandUser(options.file);
    std::error_code error;
    if (!fs::exists(path, error))
        return fail(ErrorCode::Usage, "there is no such file", options.file,
                    "--prompts names a file with prompts.");
    if (fs::is_directory(path, error))
        return fail(ErrorCode::Usage, "it is a folder, not a file", options.file,
                    "--prompts names a file with prompts.");
    ATELIER_TRY(const auto text, readFile(path, 64 << 20));
    if (!isValidUtf8(text) || text.find('\0') != std::string::npos)
        return fail(ErrorCode::Usage, "it is not a text in UTF-8", options.file,
                    "Give a text file with one prompt per line, or a CSV file.");
    const auto rows = parseCsv(text);
    if (const auto columns = readHeader(rows); !columns.empty()) return readTable(rows, columns, options);
    for (const auto& line : split(text, '\n'))
        if (!trim(line).empty())
            prompts.push_back({"", std::string(trim(line)), options.negative, options.seed});
    return prompts;
}

// A uid as a file name: no folders, nothing hidden, no control characters.
std::string safeName(const std::string& uid) {
    constexpr std::size_t kLongest = 200;  // leaves room for a number and the extension
    std::string name(trim(uid));
    for (char& c : name)
        if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < 0x20) c = '_';
    if (name.starts_with('.')) name[0] = '_';
    if (name.size() > kLongest) {
        name.resize(kLongest);
        while (!isValidUtf8(name)) name.pop_back();
    }
    return name;
}

struct Range {
    std::size_t first = 0;
    std::size_t last = 0;
};
// Parts of ⌈n / parts⌉ prompts each, the last ones may be shorter or empty.
Result<Range> partOf(const std::string& text, std::size_t count) {
    if (text.empty()) return Range{0, count};
    const auto numbers = split(text, '/');
    std::optional<std::uint64_t> part, parts;
    if (numbers.size() == 2) part = wholeNumber(numbers[0]), parts = wholeNumber(numbers[1]);
    if (!part || !parts || *part < 1 || *part > *parts)
        return fail(ErrorCode::Usage, "the part \"" + text + "\" is not understood", "--part",
                    "Write 2/4 for the second of four, or auto.");
    const std::size_t size = (count + *parts - 1) / *parts;
    return Range{std::min(count, size * (*part - 1)), std::min(count, size * *part)};
}

}  // namespace

std::string partOfThisProcess(const std::string& part) {
    if (part != "auto") return part;
    const auto first = [](std::initializer_list<const char*> names, const char* otherwise) {
        for (const char* name : names)
            if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
        return otherwise;
    };
    const auto rank = wholeNumber(first({"RANK", "PMI_RANK", "SLURM_PROCID", "OMPI_COMM_WORLD_RANK"}, "0"));
    const char* world = first({"WORLD_SIZE", "PMI_SIZE", "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE"}, "1");
    return fmt::format("{}/{}", rank.value_or(0) + 1, world);
}

Result<std::vector<NamedRequest>> readRequests(const PromptOptions& options) {
    ATELIER_TRY(const auto prompts, readPrompts(options));
    if (prompts.empty())
        return fail(ErrorCode::Usage, "no prompt is given", "", "Use --prompt TEXT or --prompts FILE.");
    ATELIER_TRY(const auto range, partOf(options.part, prompts.size()));
    std::vector<NamedRequest> requests;
    std::map<std::string, int> seen;  // a name that comes again gets a number
    const auto perPrompt = static_cast<std::size_t>(options.perPrompt);
    for (std::size_t i = 0; i < prompts.size(); ++i) {
        std::string name = safeName(prompts[i].uid);
        if (!name.empty())
            if (const int times = ++seen[name]; times > 1) name += fmt::format("_{}", times);
        if (i < range.first || i >= range.last) continue;
        for (std::size_t k = 0; k < perPrompt; ++k) {
            const std::uint64_t index = i * perPrompt + k;
            const std::string number = perPrompt > 1 ? fmt::format("-{}", k) : "";
            requests.push_back(
                {(name.empty() ? fmt::format("{:04}", index) : name + number) + "." + options.format,
                 {prompts[i].text, prompts[i].negative, prompts[i].seed, index}});
        }
    }
    return requests;
}

}  // namespace atelier::cli
