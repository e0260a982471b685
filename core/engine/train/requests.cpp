// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/engine/train/requests.h"

#include <atomic>
#include <chrono>
#include <thread>

namespace atelier::train {
namespace {

// Written by signal handlers; a run in this process reads it.
std::atomic<StopRequest> signalled{StopRequest::None};
static_assert(std::atomic<StopRequest>::is_always_lock_free);

}  // namespace

void requestStop(StopRequest request) noexcept {
    signalled.store(request);
}

Status Requests::poll(const std::function<void(bool)>& whilePaused) {
    bool announced = false;
    for (;;) {
        ATELIER_TRY(const auto requests, inbox_.poll());
        for (const auto& request : requests) ATELIER_DO(take(request));
        if (const auto signal = signalled.load(); signal != StopRequest::None && !ending()) ending_ = signal;
        if (!paused_ || ending() || wantsCheckpoint() || wantsSample()) break;
        if (!announced && whilePaused) whilePaused(true);
        announced = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    if (announced && whilePaused) whilePaused(false);
    return {};
}

Status Requests::take(const run::Request& request) {
    switch (request.kind) {
        case run::RequestKind::Stop:
            if (!ending()) ending_ = StopRequest::Stop;
            checkpointAtEnd_ = request.checkpoint;
            stops_.push_back(request);
            return {};
        case run::RequestKind::Checkpoint:
            checkpoints_.push_back(request);
            return {};
        case run::RequestKind::Sample:
            if (!request.prompts.empty()) prompts_ = request.prompts;
            samples_.push_back(request);
            return {};
        case run::RequestKind::Pause:
            paused_ = true;
            return inbox_.done(request);
        case run::RequestKind::Resume:
            paused_ = false;
            return inbox_.done(request);
        case run::RequestKind::Prompts:
            if (request.prompts.empty()) return inbox_.refuse(request, "it holds no prompts");
            prompts_ = request.prompts;
            return inbox_.done(request);
        case run::RequestKind::FinishAt:
            if (!request.finishStep && !request.finishImages)
                return inbox_.refuse(request, "it names neither a step nor a number of images");
            newEnd_ = {request.finishStep, request.finishImages};
            return inbox_.done(request);
    }
    return {};
}

Status Requests::answer(std::vector<run::Request>& waiting, const Status& outcome) {
    for (const auto& request : std::exchange(waiting, {}))
        ATELIER_DO(outcome ? inbox_.done(request) : inbox_.refuse(request, outcome.error().message()));
    return {};
}

}  // namespace atelier::train
