// SPDX-License-Identifier: GPL-3.0-or-later
// `atelier-engine fetch`: files from s3://, http(s):// to this computer. `train` hands it the shards of a
// configuration.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <thread>

#include <unistd.h>

#include "app/engine/cli.h"
#include "app/engine/progress.h"
#include "app/engine/stop_signals.h"
#include "core/base/json.h"
#include "core/base/strings.h"
#include "core/net/fetch_file.h"
#include "core/tracking/remote_run.h"

namespace atelier::cli {
namespace {

volatile std::sig_atomic_t stopped = 0;

// First Ctrl-C: stop and keep what came; second: abort.
void onStop(int) {
    if (stopped) ::_exit(130);
    stopped = 1;
}

struct Wanted {
    std::string url;
    fs::path target;
};

// What a command prints, as a file; 141 is the end of a pipe, which webdataset takes for success as well.
Status runPipe(const std::string& command, const fs::path& target) {
    ATELIER_DO(createDirectories(target.parent_path()));
    ATELIER_TRY(auto file, AtomicFile::create(target));
    std::FILE* pipe = ::popen(command.c_str(), "re");
    if (!pipe) return failErrno(errno, "run", command);
    std::string block(1 << 20, '\0');
    Status written;
    while (written && !stopped) {
        const auto n = std::fread(block.data(), 1, block.size(), pipe);
        if (n == 0) break;
        written = file.write(std::string_view(block).substr(0, n));
    }
    const int status = ::pclose(pipe);  // a command that is stopped gets a broken pipe
    ATELIER_DO(written);
    if (stopped) return fail(ErrorCode::Cancelled, "stopped", command);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (code != 0 && code != 141)
        return fail(ErrorCode::Data, "the command ended with code " + std::to_string(code), command,
                    "Run it by hand to see why.");
    return file.commit();
}

class Fetcher {
  public:
    // `attending`: nothing is shown; what cannot be fetched is one line each on the output.
    explicit Fetcher(std::vector<Wanted> wanted, bool attending = false)
        : wanted_(std::move(wanted)),
          attending_(attending),
          done_(wanted_.size()),
          display_(attending ? ProgressDisplay::Mode::Silent : ProgressDisplay::Mode::Auto) {}

    // Errors: the first one; the others are printed.
    Status run(int threads) {
        std::vector<std::thread> workers;
        for (int i = 0; i < threads && static_cast<std::size_t>(i) < wanted_.size(); ++i)
            workers.emplace_back([this] {
                for (std::size_t k = next_++; k < wanted_.size() && !stopped; k = next_++) one(k);
            });
        for (auto& worker : workers) worker.join();
        display_.finish();
        return result_;
    }

  private:
    void one(std::size_t k) {
        const auto& [url, target] = wanted_[k];
        net::FetchOptions options;
        options.cancelled = [] { return stopped != 0; };
        options.onProgress = [&](std::uint64_t done, std::uint64_t) { show(k, done); };
        const auto status = url.starts_with("pipe:")   ? runPipe(url.substr(5), target)
                            : url.starts_with("gs://") ? runPipe("gsutil cat " + shellQuote(url), target)
                                                       : net::fetchFile(url, target, options);
        const std::lock_guard guard(mutex_);
        ++files_;
        if (status) return;
        if (attending_) {
            auto line = status.error().message();
            std::ranges::replace(line, '\n', ' ');
            std::printf("%s\n", line.c_str());
            std::fflush(stdout);
        }
        if (result_)
            result_ = status;
        else
            display_.print("error: " + status.error().message());
    }

    void show(std::size_t k, std::uint64_t done) {
        const std::lock_guard guard(mutex_);
        done_[k] = done;
        ProgressState state;
        state.phase = "fetch";
        for (const auto bytes : done_) state.done += bytes;
        state.unit = "bytes";
        state.extra = std::to_string(files_) + " of " + plural(wanted_.size(), "file");
        display_.update(state);
    }

    std::vector<Wanted> wanted_;
    bool attending_;
    std::atomic<std::size_t> next_ = 0;
    std::mutex mutex_;
    std::vector<std::uint64_t> done_;  // bytes of each
    std::size_t files_ = 0;
    Status result_;
    ProgressDisplay display_;
};

Result<std::vector<Wanted>> readList() {
    std::vector<Wanted> wanted;
    for (std::string line; std::getline(std::cin, line) && !line.empty();) {
        ATELIER_TRY(const auto json, parseJson(line, "standard input"));
        wanted.push_back({json.value("url", ""), json.value("target", "")});
    }
    return wanted;
}

std::string nameOf(const std::string& url) {
    const auto plain = url.substr(0, url.find('?'));
    return plain.substr(plain.rfind('/') + 1);
}

// The run at `url` as `folder`, for a machine that is to go on with it; one JSON object on the output.
Status fetchRun(const std::string& url, const fs::path& folder, bool lookOnly, int threads) {
    net::FetchOptions options;
    options.cancelled = [] { return stopped != 0; };
    ATELIER_TRY(const auto run, tracking::lookAtRun(url, options));
    Json answer{{"started", run.started}, {"brought", false}};
    if (run.step) answer["step"] = *run.step;
    const auto here = run::completeCheckpoints(run::RunFolder{folder});
    if (run.step && !lookOnly && (here.empty() || here.back() < *run.step)) {
        const fs::path part = folder.string() + ".fetching", older = folder.string() + ".older";
        std::vector<Wanted> wanted;
        std::error_code ignored;
        for (const auto& file : run.files) wanted.push_back({file.url, part / file.place});
        ATELIER_DO(Fetcher(std::move(wanted)).run(threads));
        if (stopped) return fail(ErrorCode::Cancelled, "stopped; what came is kept", url);
        ATELIER_DO(tracking::noteFetched(run::RunFolder{part}, *run.step));
        if (fs::exists(folder, ignored)) {
            fs::remove_all(older, ignored);
            ATELIER_DO(renameFile(folder, older));
        }
        ATELIER_DO(renameFile(part, folder));
        answer["brought"] = true;
    }
    std::printf("%s\n", dumpJson(answer).c_str());
    return {};
}

// One file, or all below an address that ends in a slash.
Result<std::vector<Wanted>> filesOf(const std::string& url, const fs::path& out) {
    std::vector<Wanted> wanted;
    if (url.starts_with("s3://") && url.ends_with('/')) {
        ATELIER_TRY(const auto files, net::filesBelow(url));
        if (files.empty())
            return fail(ErrorCode::Io, "there is nothing below it", url, "Look at bucket and path.");
        for (const auto& file : files) wanted.push_back({file.url, out / file.place});
        return wanted;
    }
    const auto name = nameOf(url);
    if (!(url.starts_with("s3://") || url.starts_with("http://") || url.starts_with("https://")) ||
        name.empty() || name == "." || name == "..")
        return fail(ErrorCode::Usage, "it is no address of a file", url, "Write it as s3://bucket/key.");
    wanted.push_back({url, out / name});
    return wanted;
}

}  // namespace

int fetchVerb(Arguments arguments) {
    CLI::App app{
        "Fetch files from s3://bucket/key, http:// or https:// into a folder. What breaks off goes on "
        "from there when the command is given again; sizes, and MD5 sums where the server has them, "
        "are compared."};
    app.name("atelier-engine fetch");
    std::vector<std::string> urls;
    std::string out = ".";
    bool list = false, attend = false, asRun = false, look = false;
    int threads = 4;
    app.add_option("URL", urls, "s3://bucket/key, s3://bucket/folder/ (all below it), http:// or https://");
    app.add_option("-o,--out,--output", out, "folder; default: the present one");
    app.add_option("--threads", threads, "files at a time")->check(CLI::Range(1, 64))->capture_default_str();
    app.add_flag("--list", list, "as `train` starts it: {\"url\", \"target\"} lines on standard input");
    app.add_flag("--attend", attend,
                 "the same with an empty line at the list's end: quiet, and ends with its standard input");
    app.add_flag("--run", asRun,
                 "s3://bucket/folder/name/ is a run: its newest whole checkpoint and its history become the "
                 "folder --out, ready to go on; an older folder there stays as NAME.older");
    app.add_flag("--look", look, "with --run: only say what is there");
    app.footer(
        "Keys for S3 are those of AWS's own tools: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, "
        "~/.aws,\nthe container or the machine. AWS_ENDPOINT_URL names a server of your own.");
    if (const auto code = parse(app, arguments)) return *code;

    if (asRun) {
        if (urls.size() != 1 || !urls.front().starts_with("s3://") || !urls.front().ends_with('/'))
            return report(
                {ErrorCode::Usage, "--run takes one address", "", "Write it as s3://bucket/folder/name/."});
        onStopSignals(onStop);
        const auto done =
            fetchRun(urls.front(), fs::absolute(expandUser(out)).lexically_normal(), look, threads);
        return done ? 0 : report(done.error());
    }
    std::vector<Wanted> wanted;
    if (list || attend) {
        auto given = readList();
        if (!given) return report(given.error());
        wanted = std::move(*given);
    } else if (urls.empty()) {
        return report(
            {ErrorCode::Usage, "no address is given", "", "atelier-engine fetch --help shows the forms."});
    }
    // Signals of the terminal are for the engine, whose end closes our input.
    if (attend)
        for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) ::signal(signal, SIG_IGN);
    else
        onStopSignals(onStop);
    if (attend)
        std::thread([] {
            char byte;
            while (::read(STDIN_FILENO, &byte, 1) > 0) {
            }
            stopped = 1;
        }).detach();
    for (const auto& url : urls) {
        auto found = filesOf(url, expandUser(out));
        if (!found) return report(found.error());
        wanted.insert(wanted.end(), found->begin(), found->end());
    }
    const auto status = Fetcher(std::move(wanted), attend).run(threads);
    if (stopped) return report({ErrorCode::Cancelled, "stopped; what came is kept", "", ""});
    return status ? 0 : report(status.error());
}

}  // namespace atelier::cli
