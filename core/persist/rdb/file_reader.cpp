#include "persist/rdb/file_reader.h"

#include <string>

namespace kevy {

namespace {

constexpr unsigned kFirstWithChecksum = 5;

class FileReader {
 public:
  FileReader(RdbReader& reader, RdbVisitor& visitor, const RdbLimits& limits) noexcept
      : reader_(reader), visitor_(visitor), limits_(limits) {}

  Status read() {
    read_version();
    while (!reader_.failed() && !ended_) {
      Status done = read_next();
      if (!done) return done;
    }
    if (!reader_.failed()) read_checksum();
    if (!reader_.failed()) return Done{};
    return Error{Error::Kind::kInvalid,
                 "at byte " + std::to_string(reader_.offset()) + ": " + reader_.error()};
  }

 private:
  void read_version();
  Status read_next();
  Status read_key(uint8_t type);
  void read_checksum();
  bool good() const noexcept { return !reader_.failed(); }

  RdbReader& reader_;
  RdbVisitor& visitor_;
  const RdbLimits& limits_;
  unsigned version_ = 0;
  bool ended_ = false;
  RdbKey key_;
  std::string name_;
};

void FileReader::read_version() {
  constexpr size_t kSize = 9;
  const Bytes header = reader_.bytes(kSize);
  if (!good()) return;
  const Bytes magic = header.starts_with("VALKEY") ? Bytes("VALKEY") : Bytes("REDIS");
  const auto version = parse_uint64(header.substr(magic.size()));
  if (!header.starts_with(magic) || !version) {
    reader_.fail("this is no RDB file");
  } else if (*version == 0 || *version > kRdbVersionMax) {
    reader_.fail("it is of version " + std::to_string(*version) +
                 " of the format, which is not known");
  } else {
    version_ = static_cast<unsigned>(*version);
  }
}

Status FileReader::read_next() {
  const uint8_t code = reader_.byte();
  switch (static_cast<RdbOpcode>(code)) {
    case RdbOpcode::kEnd:
      ended_ = true;
      break;
    case RdbOpcode::kDatabase:
      key_.database = reader_.length();
      break;
    case RdbOpcode::kResize: {
      const uint64_t keys = reader_.length(), expiring = reader_.length();
      if (good()) visitor_.database(key_.database, keys, expiring);
      break;
    }
    case RdbOpcode::kExpiryMs:
      key_.expires_at_ms = static_cast<int64_t>(reader_.word());
      break;
    case RdbOpcode::kExpiryS:
      key_.expires_at_ms = int64_t{1000} * static_cast<int32_t>(reader_.half_word());
      break;
    case RdbOpcode::kIdle:
      key_.idle_s = reader_.length();
      break;
    case RdbOpcode::kFrequency:
      key_.frequency = reader_.byte();
      break;
    case RdbOpcode::kAux: {
      name_ = reader_.string();
      const Bytes value = reader_.string();
      if (good()) visitor_.aux(name_, value);
      break;
    }
    case RdbOpcode::kFunction: {
      const Bytes library = reader_.string();
      if (good()) return visitor_.function(library);
      break;
    }
    case RdbOpcode::kSlotInfo:
      for (int i = 0; i < 3; ++i) reader_.length();
      break;
    case RdbOpcode::kModuleAux:
      reader_.fail("it has data of a module, and there are no modules here");
      break;
    case RdbOpcode::kFunctionPreRelease:
      reader_.fail("it has functions of a release candidate of Redis 7");
      break;
    case RdbOpcode::kSlotImport:
      reader_.fail("it has slots that a cluster was importing");
      break;
    default:
      if (good()) return read_key(code);
  }
  return Done{};
}

Status FileReader::read_key(uint8_t type) {
  name_ = reader_.string();
  if (!good()) return Done{};
  std::optional<Value> value = decode_value(reader_, type, version_, limits_);
  if (!good()) return Done{};
  key_.name = name_;
  Status taken = Done{};
  if (value) {
    if (key_.expires_at_ms < Keyspace::kNoExpiry) key_.expires_at_ms = 0;  // long ago
    taken = visitor_.key(key_, std::move(*value));
  }
  key_.expires_at_ms = Keyspace::kNoExpiry;
  key_.idle_s.reset();
  key_.frequency.reset();
  return taken;
}

void FileReader::read_checksum() {
  if (version_ < kFirstWithChecksum) return;
  const uint64_t found = reader_.checksum();
  const uint64_t written = reader_.word();
  if (written != 0 && written != found)
    reader_.fail("the checksum is wrong: some of it was damaged");
}

}  // namespace

Status read_rdb(RdbReader& reader, RdbVisitor& visitor, const RdbLimits& limits) {
  return FileReader(reader, visitor, limits).read();
}

}  // namespace kevy
