// SPDX-License-Identifier: GPL-3.0-or-later
// How long-running verbs hear that they are to stop. Used by train, sample and download.
#pragma once

namespace atelier::cli {

// `handler` gets SIGINT (Ctrl-C), SIGTERM and SIGUSR1 (SLURM's warning); interrupted system calls go on. A
// reader that went away (`… | head`) and a file-size limit become errors of the call instead of ending the
// program.
void onStopSignals(void (*handler)(int signal));

}  // namespace atelier::cli
