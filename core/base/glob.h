// Glob patterns as KEYS and PSUBSCRIBE take them: * ? [abc] [^a-z] and \ before any of them.
#pragma once

#include "base/bytes.h"

namespace kevy {

/// Whether the whole of `text` matches. Takes at most pattern.size() * text.size() steps.
bool glob_match(Bytes pattern, Bytes text, bool ignore_case = false) noexcept;

}  // namespace kevy
