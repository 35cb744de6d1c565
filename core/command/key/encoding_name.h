// The form in which a value lies in memory, as OBJECT ENCODING names it.
#pragma once

#include "store/entry.h"

namespace kevy {

/// The names are those of Redis, though a sorted set's tree is no skip list.
Bytes encoding_name(const Entry& entry);

}  // namespace kevy
