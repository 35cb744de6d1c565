#include "persist/rdb/file_writer.h"

#include <array>

#include "persist/rdb/crc64.h"
#include "persist/rdb/encode/encode.h"
#include "store/stream/stream.h"

namespace kevy {

namespace {

constexpr size_t kHeaderSize = 9;
using Header = std::array<char, kHeaderSize>;

Header header_of(RdbVersion version) noexcept {
  const bool valkey = version == RdbVersion::kValkey;
  Header header;
  copy_bytes(header.data(), valkey ? Bytes("VALKEY000") : Bytes("REDIS0000"));
  auto left = static_cast<unsigned>(version);
  for (size_t at = header.size(); left != 0; left /= 10)
    header[--at] = static_cast<char>('0' + left % 10);
  return header;
}

Bytes bytes_of(const Header& header) noexcept { return {header.data(), header.size()}; }

}  // namespace

void RdbFileWriter::begin() { writer_.bytes(bytes_of(header_of(writer_.version()))); }

void RdbFileWriter::aux(Bytes name, Bytes value) {
  writer_.opcode(RdbOpcode::kAux);
  writer_.string(name);
  writer_.string(value);
}

void RdbFileWriter::function(Bytes code) {
  writer_.opcode(RdbOpcode::kFunction);
  writer_.string(code);
}

void RdbFileWriter::database(uint64_t number, uint64_t keys, uint64_t expiring_keys) {
  writer_.opcode(RdbOpcode::kDatabase);
  writer_.length(number);
  writer_.opcode(RdbOpcode::kResize);
  writer_.length(keys);
  writer_.length(expiring_keys);
}

RdbType RdbFileWriter::key_head(const Entry& entry, RdbUse use) {
  if (entry.has_expiry()) {
    writer_.opcode(RdbOpcode::kExpiryMs);
    writer_.word(static_cast<uint64_t>(entry.expires_at_ms()));
  }
  if (use.kind == RdbUse::Kind::kIdle) {
    writer_.opcode(RdbOpcode::kIdle);
    writer_.length(use.value);
  } else if (use.kind == RdbUse::Kind::kFrequency) {
    writer_.opcode(RdbOpcode::kFrequency);
    writer_.byte(static_cast<uint8_t>(use.value));
  }
  const RdbType type = rdb_type_of(entry);
  writer_.type(type);
  writer_.string(entry.key());
  return type;
}

void RdbFileWriter::messages(const Entry& entry) {
  const StreamProducers* const producers =
      static_cast<const StreamObject&>(*entry.object()).producers();
  if (producers == nullptr) return;
  encode_messages(*producers, [this](Bytes value) { aux(kRdbMessagesField, value); });
}

void RdbFileWriter::key(const Entry& entry, RdbUse use) {
  if (entry.type() == Type::kStream) messages(entry);
  const RdbType type = key_head(entry, use);
  encode_value(writer_, type, entry);
}

void RdbFileWriter::big_key(const Entry& entry, uint64_t elements, RdbUse use) {
  if (entry.type() == Type::kStream) messages(entry);
  encode_count(writer_, key_head(entry, use), elements);
}

void RdbFileWriter::elements(const Entry& entry, const ElementImages& images) {
  encode_elements(writer_, rdb_type_of(entry), images);
}

void RdbFileWriter::end_big_key(const Entry& entry) {
  if (entry.type() != Type::kStream) return;
  encode_stream_rest(writer_, rdb_type_of(entry), stream_of(entry));
}

bool RdbFileWriter::finish() {
  writer_.opcode(RdbOpcode::kEnd);
  const Header before = header_of(RdbVersion::kListpacks), header = header_of(writer_.version());
  Header changed;
  for (size_t i = 0; i < changed.size(); ++i) changed[i] = static_cast<char>(before[i] ^ header[i]);
  // What the changed bytes in front make of the checksum.
  const uint64_t change = crc64_zeros(crc64(0, bytes_of(changed)), writer_.size() - changed.size());
  writer_.word(options_.checksum ? writer_.checksum() ^ change : 0);
  writer_.flush();
  if (writer_.failed()) return false;
  return header == before || writer_.sink().rewrite_start(bytes_of(header));
}

}  // namespace kevy
