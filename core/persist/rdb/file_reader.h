// Reading a whole RDB file, or the beginning of an append-only one: its keys are handed over one
// after another, each with a value that was found to be right; and at the end it is known whether
// all the bytes were.
//
// Knows no keyspace, lock or file. Throws std::bad_alloc.
#pragma once

#include <optional>

#include "base/result.h"
#include "persist/rdb/decode/decode.h"

namespace kevy {

struct RdbKey {
  uint64_t database = 0;
  Bytes name;
  int64_t expires_at_ms = Keyspace::kNoExpiry;
  std::optional<uint64_t> idle_s;
  std::optional<uint8_t> frequency;
  uint64_t end = 0;  // of what the file has of it, in bytes from its beginning
};

/// Whole keys of a file, one behind another, whose values were not looked at.
struct RdbRun {
  Bytes bytes;
  uint64_t begin = 0;  // where in the file
  uint64_t database = 0;
  unsigned version = 0;
};

/// Who takes what a file has. An error ends the reading.
class RdbVisitor {
 public:
  virtual ~RdbVisitor() = default;
  virtual Status key(const RdbKey& key, Value&& value) = 0;
  /// A key whose value is a string.
  virtual Status string(const RdbKey& key, Bytes text) { return this->key(key, string_value(text)); }
  virtual Status function(Bytes code) = 0;
  virtual void aux(Bytes /*name*/, Bytes /*value*/) {}
  /// How many keys a database has, and how many of these expire: what the file says.
  virtual void database(uint64_t /*number*/, uint64_t /*keys*/, uint64_t /*expiring_keys*/) {}
  /// Whether it takes keys in runs where it can; the others come one by one, in between.
  virtual bool takes_runs() const { return false; }
  /// What the run lies in is gone afterwards.
  virtual Status run(const RdbRun& /*run*/) { return Done{}; }
};

/// Reads up to the end that the file marks; the reader then stands behind it. An error says at
/// which byte what is wrong; some keys were handed over before it then.
Status read_rdb(RdbReader& reader, RdbVisitor& visitor, const RdbLimits& limits);

/// Reads the keys of a run, with the errors that read_rdb() would have had for them.
Status read_rdb_run(const RdbRun& run, RdbVisitor& visitor, const RdbLimits& limits);

}  // namespace kevy
