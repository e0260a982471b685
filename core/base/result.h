// SPDX-License-Identifier: GPL-3.0-or-later
// Expected failures as values: Result<T> holds a T or an Error that says what, where, why and what to do.
// Used by every folder; a broken invariant is not an Error but an ATELIER_CHECK (check.h).
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace atelier {

// What kind of failure this is; decides the exit code of a program (DESIGN §5).
enum class ErrorCode {
    Usage,      // wrong command line                         → 2
    Config,     // wrong configuration                        → 2
    Model,      // a model folder or file that cannot be used → 2
    Data,       // unusable images, captions or shards        → 3
    Suspended,  // checkpointed on request, run me again      → 4
    Cancelled,  // ended because someone asked                → 1
    Io,         // disk, permission, space                    → 1
    Internal,   // anything else                              → 1
};

struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string what;   // the fact, with numbers: "it ends after 48 of 212 kB"
    std::string where;  // file, line, key or step it concerns; may be empty
    std::string hint;   // what to do about it; may be empty

    // "where: what. hint" on one line, as printed on a terminal and shown in the studio.
    std::string message() const;
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// The failing side of a Result: `return fail(ErrorCode::Data, "…", path, "…")`.
tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string where = {}, std::string hint = {});
tl::unexpected<Error> fail(Error error);

// From errno: "no space left on device" becomes a sentence with the path and a remedy.
tl::unexpected<Error> failErrno(int errnoValue, std::string_view action, std::string where);

// 0 completed, 2 usage or config, 3 data, 4 suspended, 1 anything else.
int exitCode(ErrorCode code);
std::string_view errorCodeName(ErrorCode code);

}  // namespace atelier

// Unwrap a Result or return its Error: ATELIER_TRY(auto text, readFile(path));
#define ATELIER_CONCAT_(a, b) a##b
#define ATELIER_CONCAT(a, b) ATELIER_CONCAT_(a, b)
#define ATELIER_TRY_(tmp, decl, expr)                             \
    auto&& tmp = (expr);                                          \
    if (!tmp) return tl::make_unexpected(std::move(tmp).error()); \
    decl = *std::move(tmp)
#define ATELIER_TRY(decl, expr) ATELIER_TRY_(ATELIER_CONCAT(result_, __LINE__), decl, expr)
// The same for a Status.
#define ATELIER_DO(expr)                                                                               \
    do {                                                                                               \
        if (auto&& status_ = (expr); !status_) return tl::make_unexpected(std::move(status_).error()); \
    } while (false)
