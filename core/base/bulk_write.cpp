// SPDX-License-Identifier: GPL-3.0-or-later
// BulkWrite: two buffers take turns, one being filled while the other is on its way to the disk.
#include "core/base/bulk_write.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace atelier {
namespace {

constexpr std::size_t kPiece = std::size_t{16} << 20;  // bytes of a buffer, at most
// What O_DIRECT asks of memory, offsets and sizes on every usual disk.
constexpr std::size_t kAlignment = 4096;

struct Free {
    void operator()(char* memory) const { std::free(memory); }
};

}  // namespace

struct BulkWrite::State {
    State(AtomicFile& target, std::uint64_t size)
        : file(target),
          piece(std::clamp<std::size_t>((size + kAlignment - 1) / kAlignment * kAlignment, kAlignment,
                                        kPiece)) {
        for (auto& buffer : buffers) buffer.reset(static_cast<char*>(std::aligned_alloc(kAlignment, piece)));
    }
    ~State() {
        if (onItsWay.valid()) onItsWay.wait();
        if (direct >= 0) ::close(direct);
    }

    Status put(std::uint64_t at, std::string_view bytes) {
        while (direct >= 0 && bytes.size() >= kAlignment) {
            const std::size_t whole = bytes.size() / kAlignment * kAlignment;
            const ssize_t n = ::pwrite(direct, bytes.data(), whole, static_cast<off_t>(at));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno != EINVAL) return failErrno(errno, "write", file.path().string());
            const std::size_t written = n < 0 ? 0 : static_cast<std::size_t>(n);
            at += written;
            bytes.remove_prefix(written);
            if (n < 0 || written % kAlignment != 0)
                ::close(std::exchange(direct, -1));  // not here: through the cache
        }
        return file.writeAt(at, bytes);
    }

    AtomicFile& file;
    std::size_t piece;  // bytes of a buffer
    int direct = -1;
    std::array<std::unique_ptr<char, Free>, 2> buffers;
    std::size_t filling = 0, filled = 0;
    std::uint64_t sent = 0;
    std::future<Status> onItsWay;
};

BulkWrite::BulkWrite(std::unique_ptr<State> state) : state_(std::move(state)) {}
BulkWrite::BulkWrite(BulkWrite&&) noexcept = default;
BulkWrite::~BulkWrite() = default;

Result<BulkWrite> BulkWrite::begin(AtomicFile& file, std::uint64_t size) {
    // Asked first: a reservation that fails may have taken all there was on its way.
    const auto room = freeSpace(file.temporaryPath());
    if (room && *room < size) return failErrno(ENOSPC, "write", file.path().string());
    if (size > 0 && ::fallocate(file.descriptor(), 0, 0, static_cast<off_t>(size)) != 0 &&
        (errno == ENOSPC || errno == EDQUOT || errno == EFBIG))
        return failErrno(errno, "write", file.path().string());
    auto state = std::make_unique<State>(file, size);
    if (!state->buffers[0] || !state->buffers[1]) return failErrno(ENOMEM, "write", file.path().string());
    state->direct = ::open(file.temporaryPath().c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
    return BulkWrite(std::move(state));
}

Status BulkWrite::send() {
    State& s = *state_;
    if (s.onItsWay.valid()) ATELIER_DO(s.onItsWay.get());
    const std::string_view bytes(s.buffers[s.filling].get(), s.filled);
    s.onItsWay = std::async(std::launch::async, [&s, at = s.sent, bytes] { return s.put(at, bytes); });
    s.sent += s.filled;
    s.filled = 0;
    s.filling = 1 - s.filling;
    return {};
}

Status BulkWrite::write(std::string_view bytes) {
    State& s = *state_;
    while (!bytes.empty()) {
        const std::size_t n = std::min(bytes.size(), s.piece - s.filled);
        std::memcpy(s.buffers[s.filling].get() + s.filled, bytes.data(), n);
        s.filled += n;
        bytes.remove_prefix(n);
        if (s.filled == s.piece) ATELIER_DO(send());
    }
    return {};
}

Status BulkWrite::finish() {
    if (state_->filled > 0) ATELIER_DO(send());
    return state_->onItsWay.valid() ? state_->onItsWay.get() : Status{};
}

}  // namespace atelier
