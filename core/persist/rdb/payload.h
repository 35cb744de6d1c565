// The payload of DUMP and RESTORE: the type, the value, the version and a checksum of all that.
// That of FUNCTION DUMP has libraries of functions as a file has them in place of the value.
//
// Knows no key, command or lock. Throws std::bad_alloc.
#pragma once

#include <string>
#include <vector>

#include "persist/rdb/decode/decode.h"
#include "persist/rdb/limits.h"
#include "runtime/persistence/value_payload.h"
#include "store/entry.h"

namespace kevy {

/// In the lowest version of the format that holds the value.
std::string encode_payload(const Entry& entry, bool compress);
RestoredValue decode_payload(Bytes payload, const RdbLimits& limits);
std::string encode_libraries(const std::vector<std::string>& codes, bool compress);
RestoredLibraries decode_libraries(Bytes payload);

/// What an instance gives its runtime. `settings` outlives it.
class RdbPayload final : public ValuePayload {
 public:
  explicit RdbPayload(const Settings& settings) noexcept : settings_(settings) {}
  std::string payload_of(const Entry& entry) override {
    return encode_payload(entry, compresses());
  }
  RestoredValue value_of(Bytes payload) override {
    return decode_payload(payload, rdb_limits(settings_));
  }
  std::string payload_of(const std::vector<std::string>& codes) override {
    return encode_libraries(codes, compresses());
  }
  RestoredLibraries libraries_of(Bytes payload) override { return decode_libraries(payload); }

 private:
  bool compresses() const noexcept {
    return settings_.rdb_compression.load(std::memory_order_relaxed);
  }

  const Settings& settings_;
};

}  // namespace kevy
