// RdbFileWriter: a whole RDB file, or the beginning of an append-only one: what it says of itself,
// functions, and the keys of one database after the other, to a sink.
//
// The version stands in front, and which one is needed is known at the end: when a value needs a
// later one the first bytes are written anew then. Knows no lock and no file: who calls key() holds
// what it reads. One thread. Throws std::bad_alloc; after that nothing more may be written.
#pragma once

#include <cstdint>

#include "persist/rdb/writer.h"
#include "store/entry.h"
#include "store/view/object_view.h"

namespace kevy {

/// What a key remembers of its use, if that is to be kept.
struct RdbUse {
  enum class Kind : uint8_t { kNone, kIdle, kFrequency };
  Kind kind = Kind::kNone;
  uint64_t value = 0;  // seconds, or the counter
};

class RdbFileWriter {
 public:
  struct Options {
    bool compress = true;
    bool checksum = true;
  };
  RdbFileWriter(RdbSink& sink, Options options) noexcept
      : writer_(sink, options.compress), options_(options) {}

  /// In this order: begin, aux, function, then for each database that has keys: database, key. In
  /// the place of a key: big_key, with what encode_count() takes, its elements in parts, end_big_key.
  void begin();
  void aux(Bytes name, Bytes value);
  void function(Bytes code);
  void database(uint64_t number, uint64_t keys, uint64_t expiring_keys);
  void key(const Entry& entry, RdbUse use = {});
  void big_key(const Entry& entry, uint64_t elements, RdbUse use = {});
  void elements(const Entry& entry, const ElementImages& images);
  void end_big_key(const Entry& entry);
  /// Whether the sink took all of it.
  bool finish();

  bool failed() const noexcept { return writer_.failed(); }
  uint64_t size() const noexcept { return writer_.size(); }

 private:
  void messages(const Entry& entry);
  RdbType key_head(const Entry& entry, RdbUse use);

  RdbWriter writer_;
  const Options options_;
};

}  // namespace kevy
