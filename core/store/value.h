// Value: what a key holds, on its way from one entry to another (RENAME, COPY, MOVE). Owns it.
#pragma once

#include <string>

#include "base/shared_bytes.h"
#include "store/entry.h"

namespace kevy {

struct Value {
  Type type = Type::kString;
  Encoding encoding = Encoding::kEmbedded;
  bool grown = false;
  int64_t integer = 0;  // Encoding::kInteger
  std::string small;    // Encoding::kEmbedded
  SharedBytes block;    // Encoding::kShared
};

}  // namespace kevy
