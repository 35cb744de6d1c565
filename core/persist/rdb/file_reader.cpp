#include "persist/rdb/file_reader.h"

#include <string>
#include <vector>

#include "persist/rdb/run_of_keys.h"

namespace kevy {

namespace {

constexpr unsigned kFirstWithChecksum = 5;

class FileReader {
 public:
  FileReader(RdbReader& reader, RdbVisitor& visitor, const RdbLimits& limits) noexcept
      : reader_(reader), visitor_(visitor), limits_(limits) {}

  Status read() {
    const bool in_runs = visitor_.takes_runs();
    read_version();
    while (good() && !ended_) {
      if (in_runs && between_keys()) {
        if (Status given = give_runs(); !given) return given;
      }
      if (Status done = read_next(); !done) return done;
    }
    if (good()) read_checksum();
    return outcome();
  }
  Status read_run(const RdbRun& run) {
    version_ = run.version;
    key_.database = run.database;
    while (good() && !reader_.at_end()) {
      if (Status done = read_next(); !done) return done;
    }
    return outcome();
  }

 private:
  Status outcome() const {
    if (!reader_.failed()) return Done{};
    return Error{Error::Kind::kInvalid,
                 "at byte " + std::to_string(reader_.offset()) + ": " + reader_.error()};
  }
  Status give_runs();
  /// Whether nothing was read that belongs to the next key.
  bool between_keys() const noexcept {
    return key_.expires_at_ms == Keyspace::kNoExpiry && !key_.idle_s && !key_.frequency &&
           messages_.empty();
  }
  void read_version();
  Status read_next();
  void read_field();
  Status read_key(uint8_t type);
  bool add_messages(Value& value);
  Status read_value(uint8_t type);
  void read_checksum();
  bool good() const noexcept { return !reader_.failed(); }

  RdbReader& reader_;
  RdbVisitor& visitor_;
  const RdbLimits& limits_;
  unsigned version_ = 0;
  bool ended_ = false;
  RdbKey key_;
  std::string name_;
  std::vector<std::string> messages_;  // values of kRdbMessagesField for the next key
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

// Up to what does not lie in memory as a whole key, or is none.
Status FileReader::give_runs() {
  constexpr size_t kRunMax = size_t{64} << 10;
  while (true) {
    const Bytes ahead = reader_.ahead().substr(0, kRunMax);
    const RunOfKeys found = run_of_keys(ahead, version_);
    if (found.size != 0) {
      const uint64_t begin = reader_.offset();
      const RdbRun run{reader_.bytes(found.size), begin, key_.database, version_};
      if (Status taken = visitor_.run(run); !taken) return taken;
    } else if (!found.cut_off || ahead.size() == kRunMax || !reader_.look_further()) {
      return Done{};
    }
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
    case RdbOpcode::kAux:
      read_field();
      break;
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

void FileReader::read_field() {
  name_ = reader_.string();
  const Bytes value = reader_.string();
  if (!good()) return;
  if (name_ == kRdbMessagesField) {
    messages_.emplace_back(value);
  } else {
    visitor_.aux(name_, value);
  }
}

// False, and the reader has failed, where they are wrong.
bool FileReader::add_messages(Value& value) {
  for (const std::string& field : messages_) {
    if (decode_messages(field, static_cast<StreamObject&>(*value.object))) continue;
    reader_.fail("what is said of the messages of a stream's producers is damaged");
    return false;
  }
  return true;
}

Status FileReader::read_key(uint8_t type) {
  name_ = reader_.string();
  if (!good()) return Done{};
  key_.name = name_;
  if (key_.expires_at_ms < Keyspace::kNoExpiry) key_.expires_at_ms = 0;  // long ago
  Status taken = read_value(type);
  key_.expires_at_ms = Keyspace::kNoExpiry;
  key_.idle_s.reset();
  key_.frequency.reset();
  messages_.clear();
  return taken;
}

Status FileReader::read_value(uint8_t type) {
  if (static_cast<RdbType>(type) == RdbType::kString) {
    const Bytes text = reader_.string();
    key_.end = reader_.offset();
    return good() ? visitor_.string(key_, text) : Done{};
  }
  std::optional<Value> value = decode_value(reader_, type, version_, limits_);
  key_.end = reader_.offset();
  if (value && value->type == Type::kStream && !add_messages(*value)) return Done{};
  return good() && value ? visitor_.key(key_, std::move(*value)) : Done{};
}

void FileReader::read_checksum() {
  if (version_ < kFirstWithChecksum) return;
  const uint64_t found = reader_.checksum();
  const uint64_t written = reader_.word();
  if (written != 0 && written != found)
    reader_.fail("the checksum is wrong: some of it was damaged");
}

}  // namespace

Status read_rdb_run(const RdbRun& run, RdbVisitor& visitor, const RdbLimits& limits) {
  RdbReader reader(run.bytes, run.begin);
  return FileReader(reader, visitor, limits).read_run(run);
}

Status read_rdb(RdbReader& reader, RdbVisitor& visitor, const RdbLimits& limits) {
  return FileReader(reader, visitor, limits).read();
}

}  // namespace kevy
