// SPDX-License-Identifier: GPL-3.0-or-later
// What every subcommand shares: a verb is a function of its arguments; usage errors exit 2; errors print
// alike. Included by app/engine/*.cpp only.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/base/result.h"

namespace CLI {
class App;
}

namespace atelier::cli {

using Arguments = std::span<const std::string>;  // what follows the verb's name

// One line of `atelier-engine --help`. A verb without a function lives in a sibling executable, which the
// front program turns into (exec): atelier-engine-compute links LibTorch, atelier-engine-net libcurl.
struct Verb {
    const char* name;
    const char* help;
    int (*run)(Arguments);
    const char* sibling = "atelier-engine-compute";
};

// Parses; an exit code when the verb must end now (--help → 0, wrong usage → 2, already printed).
std::optional<int> parse(CLI::App& app, Arguments arguments);

// Closed standard streams become /dev/null, so that no file opened later gets their numbers and our texts.
// First thing in main.
void guardStandardStreams();
// Last thing in main: `code`, or 1 when a file on stdout did not take everything.
int finishOutput(int code);

// Runs a verb and turns what a library throws into a text and an exit code instead of an abort.
int runCaught(const std::string& verb, Arguments arguments, const std::function<int(Arguments)>& run);

// Prints "error: …" (or one JSON object with --json) on stderr and returns the exit code that belongs to it.
int report(const Error& error, bool json = false);

// Verbs that answer without LibTorch, one file each.
int checkVerb(Arguments arguments);
int schemaVerb(Arguments arguments);
int datasetVerb(Arguments arguments);
int exportVerb(Arguments arguments);
int inspectVerb(Arguments arguments);
int convertVerb(Arguments arguments);
int loraVerb(Arguments arguments);
int queueVerb(Arguments arguments);
int cacheVerb(Arguments arguments);

// Verbs of atelier-engine-net.
int downloadVerb(Arguments arguments);
int fetchVerb(Arguments arguments);
int trackVerb(Arguments arguments);

// Verbs of atelier-engine-compute, one file each.
int trainVerb(Arguments arguments);
int sampleVerb(Arguments arguments);
int probeVerb(Arguments arguments);
int replayVerb(Arguments arguments);
int benchVerb(Arguments arguments);
int doctorVerb(Arguments arguments);
int forecastVerb(Arguments arguments);  // check --forecast

// Parts of benchVerb, which takes their names off the arguments.
int benchData(Arguments arguments);
int benchLoading(Arguments arguments);
int benchModel(Arguments arguments);
int benchTrain(Arguments arguments);

}  // namespace atelier::cli
