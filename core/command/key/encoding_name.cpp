#include "command/key/encoding_name.h"

namespace kevy {

namespace {

// Whether Valkey would keep a string beside its key, which it shows as embstr: the two and what
// tells of them fit 128 bytes.
bool fits_beside(Bytes key, size_t size) {
  constexpr size_t kRoom = 113, kLongKey = 32;  // whose length takes two bytes more
  return key.size() + size + (key.size() < kLongKey ? 0 : 2) <= kRoom;
}

Bytes big_encoding_name(Type type) {
  switch (type) {
    case Type::kList:
      return "quicklist";
    case Type::kZset:
      return "skiplist";
    case Type::kStream:
      return "stream";
    default:
      return "hashtable";
  }
}

}  // namespace

Bytes encoding_name(const Entry& entry) {
  switch (entry.encoding()) {
    case Encoding::kInteger:
      return "int";
    case Encoding::kEmbedded:
      return entry.grown() || !fits_beside(entry.key(), entry.string().size()) ? "raw" : "embstr";
    case Encoding::kShared:
      return "raw";
    case Encoding::kPacked:
      // As in the reference, where field times make a hash big.
      return entry.has_field_times() ? "hashtable" : "listpack";
    case Encoding::kIntset:
      return "intset";
    default:
      return big_encoding_name(entry.type());
  }
}

}  // namespace kevy
