// SPDX-License-Identifier: GPL-3.0-or-later
// Ctrl-C during a conversion: the unfinished work is removed before the program ends. Used by the verbs that
// write models.
#pragma once

#include <csignal>
#include <filesystem>
#include <thread>

namespace atelier::cli {

// While it lives, SIGINT and SIGTERM remove `work` and end the program with 128 + the signal's number.
class InterruptGuard {
  public:
    explicit InterruptGuard(std::filesystem::path work);
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

  private:
    sigset_t before_{};
    std::thread waiter_;
};

}  // namespace atelier::cli
