// Value: what a key holds, on its way from one entry to another (RENAME, COPY, MOVE). Owns it.
#pragma once

#include <memory>
#include <string>

#include "base/shared_bytes.h"
#include "store/entry.h"
#include "store/object.h"

namespace kevy {

struct Value {
  Type type = Type::kString;
  Encoding encoding = Encoding::kEmbedded;
  bool grown = false;
  int64_t fields_expire_at_ms = Entry::kNoFieldTimes;
  int64_t integer = 0;  // Encoding::kInteger
  std::string inside;   // Encoding::kEmbedded, kPacked, kIntset: as it lies in the entry
  SharedBytes block;    // Encoding::kShared
  std::unique_ptr<Object> object;  // Encoding::kObject
};

}  // namespace kevy
