// The rule for the names of clients, which HELLO and CLIENT share.
#pragma once

#include <algorithm>

#include "runtime/dispatch/call.h"

namespace kevy {

inline bool is_plain(Bytes text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

/// False, and the error is answered, when `name` has a space or a control character.
inline bool check_client_name(Call& call, Bytes name) {
  if (is_plain(name)) return true;
  call.error("ERR Client names cannot contain spaces, newlines or special characters.");
  return false;
}

}  // namespace kevy
