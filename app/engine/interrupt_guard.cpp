// SPDX-License-Identifier: GPL-3.0-or-later
// One thread takes the signals, so that removing files needs no care about what a handler may call.
#include "app/engine/interrupt_guard.h"

#include <unistd.h>

#include <cstdio>

namespace atelier::cli {
namespace {

constexpr int kDone = SIGUSR1;  // ends the waiting in order

sigset_t waitedFor() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, kDone}) sigaddset(&set, signal);
    return set;
}

}  // namespace

InterruptGuard::InterruptGuard(std::filesystem::path work) {
    ::signal(SIGPIPE, SIG_IGN);  // whoever read our progress is gone: the work is still finished
    const sigset_t set = waitedFor();
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
    waiter_ = std::thread([set, work = std::move(work)] {
        int signal = 0;
        if (::sigwait(&set, &signal) != 0 || signal == kDone) return;
        std::error_code error;
        // The other thread may still be making files in it.
        for (int tries = 0; tries < 100 && std::filesystem::exists(work, error); ++tries)
            std::filesystem::remove_all(work, error);
        std::fputs("\ninterrupted: nothing was written\n", stderr);
        ::_exit(128 + signal);
    });
}

InterruptGuard::~InterruptGuard() {
    ::pthread_kill(waiter_.native_handle(), kDone);
    waiter_.join();
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace atelier::cli
