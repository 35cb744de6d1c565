// Values as RDB has them, of any version, made into values of kevy's. Nothing of what is read is
// trusted: lengths, the elements of what lies together, their order where they have one, and that
// none comes twice. Memory is taken for what is there, not for what is announced.
//
// Knows no key, keyspace, command, lock or file. Throws std::bad_alloc.
#pragma once

#include <optional>

#include "persist/rdb/reader.h"
#include "store/hash/hash.h"
#include "store/list/list.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"
#include "store/stream/stream.h"
#include "store/value.h"

namespace kevy {

/// Up to which size collections lie in their entries, and the chunks of lists.
struct RdbLimits {
  ListLimit list;
  Set::Limits set;
  SortedSet::Limits zset;
  Hash::Limits hash;
};

/// What a key has whose value is a string.
Value string_value(Bytes text);
/// Reads a value of `type` in a file or payload of `version`. Nothing where that is wrong, as the
/// reader tells; or, without its having failed, where it is a collection of nothing, which no key
/// can have.
std::optional<Value> decode_value(RdbReader& reader, uint8_t type, unsigned version,
                                  const RdbLimits& limits);
std::optional<Value> decode_stream(RdbReader& reader, RdbType type);
/// Reads a value of kRdbMessagesField into the stream that it stands in front of. False where it is
/// wrong.
bool decode_messages(Bytes field, StreamObject& stream);

}  // namespace kevy
