// A stream under a key. It is always an Object: its entry only points at it.
#pragma once

#include "store/keyspace.h"
#include "store/stream/stream_cursor.h"
#include "store/stream/stream_object.h"

namespace kevy {

/// The stream of an entry of this type.
inline const StreamObject& stream_of(const Entry& entry) noexcept {
  return static_cast<const StreamObject&>(*entry.object());
}
/// The same for who may change it.
inline StreamObject& stream_to_change(Keyspace& keyspace, const Key& key, const Entry& entry) {
  return static_cast<StreamObject&>(keyspace.object_to_change(entry, key.hash));
}

}  // namespace kevy
