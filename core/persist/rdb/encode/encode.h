// Values of the keyspace as RDB has them. Each is written in the lowest version of the format that
// holds all of it, and in a form that every reader of that version finds right.
//
// Knows no key, command, lock or file; reads the entry, for which its caller holds the shard.
// Throws std::bad_alloc.
#pragma once

#include <functional>

#include "persist/rdb/writer.h"
#include "store/entry.h"
#include "store/stream/stream_object.h"
#include "store/view/object_view.h"

namespace kevy {

/// The type that the entry's value is written as.
RdbType rdb_type_of(const Entry& entry);

/// Writes the value, which is of that type.
void encode_value(RdbWriter& writer, RdbType type, const Entry& entry);
/// The same in parts, of what a view shows (view/object_view.h): how many elements there are, and
/// then those that there are copies of. Behind those of a stream comes the rest of it.
void encode_count(RdbWriter& writer, RdbType type, uint64_t elements);
void encode_elements(RdbWriter& writer, RdbType type, const ElementImages& images);
void encode_stream(RdbWriter& writer, RdbType type, const StreamObject& stream);
void encode_stream_pieces(RdbWriter& writer, const ElementImages& images);
void encode_stream_rest(RdbWriter& writer, RdbType type, const StreamObject& stream);

/// What the producers of a stream have sent, as values of kRdbMessagesField; each is to be written
/// in front of the stream.
void encode_messages(const StreamProducers& producers, const std::function<void(Bytes)>& write);

/// kStream2 or kStream3.
RdbType rdb_type_of_stream(const StreamObject& stream) noexcept;

}  // namespace kevy
