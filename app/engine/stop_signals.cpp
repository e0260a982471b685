// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/engine/stop_signals.h"

#include <csignal>
#include <initializer_list>

namespace atelier::cli {

void onStopSignals(void (*handler)(int signal)) {
    struct sigaction action {};
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    action.sa_handler = handler;
    for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) ::sigaction(signal, &action, nullptr);
    for (const int signal : {SIGPIPE, SIGXFSZ}) ::signal(signal, SIG_IGN);
}

}  // namespace atelier::cli
