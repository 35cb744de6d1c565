// Message: what was published, shared by all who receive it. Immutable once made.
#pragma once

#include <memory>
#include <string>

#include "base/shared_bytes.h"

namespace kevy {

struct Message {
  enum class Kind : uint8_t { kChannel, kPattern, kSharded };
  Kind kind;
  std::string pattern;  // only of kPattern
  std::string channel;
  SharedBytes payload;
};

using MessagePtr = std::shared_ptr<const Message>;

}  // namespace kevy
