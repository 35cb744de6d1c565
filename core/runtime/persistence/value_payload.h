// ValuePayload: values as payloads that can leave the keyspace and come back: what DUMP answers and
// RESTORE is given; and the same for the libraries of functions. The format is known to whoever
// implements this (persist/), which the instance gives to the runtime before the first command.
//
// The holder of the shard's lock calls it; any number of threads at a time. Throws std::bad_alloc.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "store/entry.h"
#include "store/value.h"

namespace kevy {

struct RestoredValue {
  enum class Outcome : uint8_t {
    kRestored,
    kBadFooter,  // not of a version that is known, or damaged
    kBadValue,
  };
  Outcome outcome;
  Value value;
};

struct RestoredLibraries {
  enum class Outcome : uint8_t {
    kRestored,
    kBadFooter,
    kNoFunction,  // something else is among them
    kPreRelease,  // of a release candidate of Redis 7
    kCutOff,
  };
  Outcome outcome;
  std::vector<std::string> codes;  // those before what is wrong
};

class ValuePayload {
 public:
  virtual ~ValuePayload() = default;
  virtual std::string payload_of(const Entry& entry) = 0;
  virtual RestoredValue value_of(Bytes payload) = 0;
  virtual std::string payload_of(const std::vector<std::string>& codes) = 0;
  virtual RestoredLibraries libraries_of(Bytes payload) = 0;
};

}  // namespace kevy
