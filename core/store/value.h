// Value: what a key holds, on its way from one entry to another (RENAME, COPY, MOVE) or from
// a file or a payload to its entry. Owns it.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/shared_bytes.h"
#include "store/entry.h"
#include "store/object.h"

namespace kevy {

struct Value {
  Type type = Type::kString;
  Encoding encoding = Encoding::kEmbedded;
  bool grown = false;
  int64_t fields_expire_at_ms = Entry::kNoFieldTimes;
  int64_t integer = 0;             // Encoding::kInteger
  std::string inside;              // Encoding::kEmbedded, kPacked, kIntset: as it lies in the entry
  SharedBytes block;               // Encoding::kShared
  std::unique_ptr<Object> object;  // Encoding::kObject

  /// A collection that lies in its entry: `count` elements in `content`, of at most
  /// Keyspace::kPackedMax bytes.
  static Value packed(Type type, Encoding encoding, Bytes content, size_t count) {
    constexpr size_t kNumber = 3;  // bytes, low byte first
    Value value;
    value.type = type;
    value.encoding = encoding;
    value.inside.reserve(2 * kNumber + content.size());
    for (const size_t number : {content.size(), count}) {
      value.inside.append(reinterpret_cast<const char*>(&number), kNumber);
    }
    value.inside += content;
    return value;
  }
  static Value big(Type type, std::unique_ptr<Object> object) {
    Value value;
    value.type = type;
    value.encoding = Encoding::kObject;
    value.object = std::move(object);
    return value;
  }
};

}  // namespace kevy
