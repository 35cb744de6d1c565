// Runs of keys: where whole keys end in bytes of an RDB file, found by lengths alone, so that
// others can read the values meanwhile. Whether these are right is not looked at. Any thread.
#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace kevy {

struct RunOfKeys {
  size_t size;   // of whole keys
  bool cut_off;  // the bytes end within what follows; else that is wrong, no key, or not to be
                 // skipped
};
/// Keys at the beginning of the bytes, each with what belongs to it.
RunOfKeys run_of_keys(Bytes bytes, unsigned version) noexcept;

}  // namespace kevy
