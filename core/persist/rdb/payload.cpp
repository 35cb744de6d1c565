#include "persist/rdb/payload.h"

#include "persist/rdb/crc64.h"
#include "persist/rdb/encode/encode.h"

namespace kevy {

std::string encode_payload(const Entry& entry, bool compress) {
  std::string payload;
  RdbMemorySink sink(payload);
  RdbWriter writer(sink, compress);
  const RdbType type = rdb_type_of(entry);
  writer.type(type);
  encode_value(writer, type, entry);
  const auto version = static_cast<uint16_t>(writer.version());
  writer.bytes({reinterpret_cast<const char*>(&version), sizeof version});
  writer.word(writer.checksum());
  writer.flush();
  return payload;
}

RestoredValue decode_payload(Bytes payload, const RdbLimits& limits) {
  using Outcome = RestoredValue::Outcome;
  if (payload.size() < kRdbFooterSize) return {Outcome::kBadFooter, {}};
  const Bytes value = payload.substr(0, payload.size() - kRdbFooterSize);
  const char* const footer = payload.data() + value.size();
  uint16_t version;
  uint64_t checksum;
  std::memcpy(&version, footer, sizeof version);
  std::memcpy(&checksum, footer + sizeof version, sizeof checksum);
  if (version > kRdbVersionMax) return {Outcome::kBadFooter, {}};
  if (crc64(0, payload.substr(0, value.size() + sizeof version)) != checksum) {
    return {Outcome::kBadFooter, {}};
  }
  RdbReader reader(value);
  const uint8_t type = reader.byte();
  std::optional<Value> read = decode_value(reader, type, version, limits);
  if (!read || reader.failed() || !reader.at_end()) return {Outcome::kBadValue, {}};
  return {Outcome::kRestored, std::move(*read)};
}

}  // namespace kevy
