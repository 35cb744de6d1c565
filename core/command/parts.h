// Commands that do one thing after another: a key, a field or a member each.
//
// Where memory runs out in between, what was done before stays, each part whole. It is reported and
// logged like a command that named no more than these.
#pragma once

#include <new>

#include "runtime/dispatch/call.h"

namespace kevy {

/// Calls part(i) for each part, which begins at argument `i` and has `words` words, and then
/// report(), which is to report the change and must not fail.
template <typename Part, typename Report>
void in_parts(Call& call, size_t first, size_t words, Part&& part, Report&& report) {
  size_t i = first;
  try {
    for (; i < call.argc(); i += words) part(i);
  } catch (const std::bad_alloc&) {
    call.did_only(i);
    report();
    throw;
  }
  report();
}

}  // namespace kevy
