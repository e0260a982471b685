// SPDX-License-Identifier: GPL-3.0-or-later
// Passwords from ~/.netrc, where command line tools keep them. Used by core/tracking.
#pragma once

#include <string>
#include <string_view>

namespace atelier::net {

// Password of `machine` in the text of a netrc file, of its default entry if there is none; "" = none.
std::string netrcPassword(std::string_view text, std::string_view machine);
// The same from the file that NETRC names, ~/.netrc or ~/_netrc.
std::string netrcPassword(std::string_view machine);

}  // namespace atelier::net
