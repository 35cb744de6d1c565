// A stream under a key. It is always an Object: its entry only points at it.
#pragma once

#include "store/entry.h"
#include "store/stream/stream_cursor.h"
#include "store/stream/stream_object.h"

namespace kevy {

/// The stream of an entry of this type.
inline StreamObject& stream_of(const Entry& entry) noexcept {
  return static_cast<StreamObject&>(*entry.object());
}

}  // namespace kevy
