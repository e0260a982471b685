// SPDX-License-Identifier: GPL-3.0-or-later
// Error texts and exit codes (see result.h).
#include "core/base/result.h"

#include <cerrno>
#include <cstring>

namespace atelier {

std::string Error::message() const {
    std::string text;
    if (!where.empty()) text += where + ": ";
    text += what;
    if (!text.empty() && text.back() != '.' && text.back() != '?') text += '.';
    if (!hint.empty()) text += " " + hint;
    return text;
}

tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string where, std::string hint) {
    return tl::make_unexpected(Error{code, std::move(what), std::move(where), std::move(hint)});
}

tl::unexpected<Error> fail(Error error) {
    return tl::make_unexpected(std::move(error));
}

tl::unexpected<Error> failErrno(int errnoValue, std::string_view action, std::string where) {
    std::string hint;
    switch (errnoValue) {
        case ENOSPC:
        case EDQUOT:
            hint = "Free some space there, or choose another folder.";
            break;
        case EACCES:
        case EPERM:
            hint = "Check the permissions, or choose another folder.";
            break;
        case EROFS:
            hint = "Choose a folder on a file system that can be written.";
            break;
        case ENOENT:
            hint = "Check the path.";
            break;
        case EMFILE:
            hint = "Raise the limit of open files (ulimit -n).";
            break;
        default:
            break;
    }
    return fail(ErrorCode::Io, "cannot " + std::string(action) + ": " + std::strerror(errnoValue),
                std::move(where), std::move(hint));
}

int exitCode(ErrorCode code) {
    switch (code) {
        case ErrorCode::Usage:
        case ErrorCode::Config:
        case ErrorCode::Model:
            return 2;
        case ErrorCode::Data:
            return 3;
        case ErrorCode::Suspended:
            return 4;
        case ErrorCode::Cancelled:
        case ErrorCode::Io:
        case ErrorCode::Internal:
            break;
    }
    return 1;
}

std::string_view errorCodeName(ErrorCode code) {
    switch (code) {
        case ErrorCode::Usage:
            return "usage";
        case ErrorCode::Config:
            return "config";
        case ErrorCode::Model:
            return "model";
        case ErrorCode::Data:
            return "data";
        case ErrorCode::Suspended:
            return "suspended";
        case ErrorCode::Cancelled:
            return "cancelled";
        case ErrorCode::Io:
            return "io";
        case ErrorCode::Internal:
            break;
    }
    return "internal";
}

}  // namespace atelier
