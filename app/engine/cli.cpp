// SPDX-License-Identifier: GPL-3.0-or-later
// CLI11 behind cli.h.
#include "app/engine/cli.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <new>
#include <vector>

#include "core/base/json.h"
#include "core/base/strings.h"

namespace atelier::cli {

namespace {

// What CLI11 found wrong, in the words of every other message.
Error usageError(const CLI::App& app, const CLI::ParseError& error) {
    std::string name = app.get_name();
    const CLI::App* verb = &app;
    for (auto chosen = verb->get_subcommands(); !chosen.empty(); chosen = verb->get_subcommands()) {
        verb = chosen.front();
        name += " " + verb->get_name();
    }
    const std::string help = name + " --help shows what it takes.";
    const std::string text = error.what();
    // An unknown word is the likely cause of what is missing, too.
    const std::vector<std::string> unknown = app.remaining(true);
    if (unknown.empty()) return {ErrorCode::Usage, text.substr(0, text.find('\n')), "", help};
    const std::string& word = unknown.front();
    if (!word.starts_with('-')) {
        if (error.get_exit_code() == int(CLI::ExitCodes::RequiredError))
            return {ErrorCode::Usage, "there is no verb \"" + name + " " + word + "\"", "", help};
        return {ErrorCode::Usage, "\"" + word + "\" is one argument too many", "", help};
    }
    std::error_code ignored;
    if (std::filesystem::exists(word, ignored))
        return {ErrorCode::Usage, "\"" + word + "\" looks like an option", "", "Write the file as ./" + word};
    std::vector<std::string> known;
    for (const auto* option : verb->get_options())
        for (const auto& longName : option->get_lnames()) known.push_back("--" + longName);
    const std::string nearest = nearestName(word.substr(0, word.find('=')), known);
    return {ErrorCode::Usage, "there is no option \"" + word + "\"", "",
            nearest.empty() ? help : "Did you mean \"" + nearest + "\"?"};
}

}  // namespace

std::optional<int> parse(CLI::App& app, Arguments arguments) {
    std::vector<std::string> reversed(arguments.rbegin(),
                                      arguments.rend());  // CLI11 takes them from the back
    try {
        app.parse(reversed);
    } catch (const CLI::Success& e) {
        return app.exit(e);
    } catch (const CLI::ParseError& e) {
        return report(usageError(app, e), std::ranges::find(arguments, "--json") != arguments.end());
    }
    return std::nullopt;
}

void guardStandardStreams() {
    for (const int stream : {0, 1, 2}) {
        if (::fcntl(stream, F_GETFD) != -1) continue;
        const int null = ::open("/dev/null", stream == 0 ? O_RDONLY : O_WRONLY);  // takes the lowest number
        if (null > stream) ::close(null);
    }
}

int finishOutput(int code) {
    const bool lost = std::fflush(stdout) != 0 || std::ferror(stdout) != 0;
    struct stat info {};
    // Whoever closes a pipe early has read enough.
    if (!lost || ::fstat(STDOUT_FILENO, &info) != 0 || S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode))
        return code;
    const int said = report({ErrorCode::Io, "the output could not be written completely", "standard output",
                             "Look whether its disk is full."});
    return code != 0 ? code : said;
}

int runCaught(const std::string& verb, Arguments arguments, const std::function<int(Arguments)>& run) {
    const bool json = std::ranges::find(arguments, "--json") != arguments.end();
    const std::string where = "atelier-engine " + verb;
    try {
        return run(arguments);
    } catch (const std::bad_alloc&) {
        return report({ErrorCode::Internal, "there is not enough memory for this", where,
                       "Ask for smaller pictures, or for fewer at once."},
                      json);
    } catch (const std::filesystem::filesystem_error& error) {
        return report(failErrno(error.code().value(), "read", error.path1().string()).value(), json);
    } catch (const std::exception& error) {
        return report({ErrorCode::Internal, error.what(), where, ""}, json);
    }
}

int report(const Error& error, bool json) {
    if (json) {
        const Json object{{"error",
                           {{"code", errorCodeName(error.code)},
                            {"what", error.what},
                            {"where", error.where},
                            {"hint", error.hint}}}};
        std::fprintf(stderr, "%s\n", dumpJson(object).c_str());
    } else {
        std::fprintf(stderr, "error: %s\n", error.message().c_str());
    }
    return exitCode(error.code);
}

}  // namespace atelier::cli
