#include "persist/rdb/payload.h"

#include <optional>

#include "persist/rdb/crc64.h"
#include "persist/rdb/encode/encode.h"

namespace kevy {

namespace {

void write_footer(RdbWriter& writer) {
  const auto version = static_cast<uint16_t>(writer.version());
  writer.bytes({reinterpret_cast<const char*>(&version), sizeof version});
  writer.word(writer.checksum());
  writer.flush();
}

struct Content {
  Bytes bytes;
  unsigned version;
};

// What is before the footer; nothing if that is not right.
std::optional<Content> content_of(Bytes payload) noexcept {
  if (payload.size() < kRdbFooterSize) return std::nullopt;
  const Bytes content = payload.substr(0, payload.size() - kRdbFooterSize);
  const char* const footer = payload.data() + content.size();
  uint16_t version;
  uint64_t checksum;
  std::memcpy(&version, footer, sizeof version);
  std::memcpy(&checksum, footer + sizeof version, sizeof checksum);
  if (version > kRdbVersionMax) return std::nullopt;
  if (crc64(0, payload.substr(0, content.size() + sizeof version)) != checksum) return std::nullopt;
  return Content{content, version};
}

}  // namespace

std::string encode_payload(const Entry& entry, bool compress) {
  std::string payload;
  RdbMemorySink sink(payload);
  RdbWriter writer(sink, compress);
  const RdbType type = rdb_type_of(entry);
  writer.type(type);
  encode_value(writer, type, entry);
  write_footer(writer);
  return payload;
}

RestoredValue decode_payload(Bytes payload, const RdbLimits& limits) {
  using Outcome = RestoredValue::Outcome;
  const auto content = content_of(payload);
  if (!content) return {Outcome::kBadFooter, {}};
  RdbReader reader(content->bytes);
  const uint8_t type = reader.byte();
  std::optional<Value> read = decode_value(reader, type, content->version, limits);
  if (!read || reader.failed() || !reader.at_end()) return {Outcome::kBadValue, {}};
  return {Outcome::kRestored, std::move(*read)};
}

std::string encode_libraries(const std::vector<std::string>& codes, bool compress) {
  std::string payload;
  RdbMemorySink sink(payload);
  RdbWriter writer(sink, compress);
  for (const std::string& code : codes) {
    writer.opcode(RdbOpcode::kFunction);
    writer.string(code);
  }
  write_footer(writer);
  return payload;
}

RestoredLibraries decode_libraries(Bytes payload) {
  using Outcome = RestoredLibraries::Outcome;
  RestoredLibraries read{Outcome::kRestored, {}};
  const auto content = content_of(payload);
  if (!content) {
    read.outcome = Outcome::kBadFooter;
    return read;
  }
  RdbReader reader(content->bytes);
  while (!reader.at_end()) {
    const auto opcode = static_cast<RdbOpcode>(reader.byte());
    if (opcode != RdbOpcode::kFunction) {
      read.outcome =
          opcode == RdbOpcode::kFunctionPreRelease ? Outcome::kPreRelease : Outcome::kNoFunction;
      break;
    }
    const Bytes code = reader.string();
    if (reader.failed()) {
      read.outcome = Outcome::kCutOff;
      break;
    }
    read.codes.emplace_back(code);
  }
  return read;
}

}  // namespace kevy
