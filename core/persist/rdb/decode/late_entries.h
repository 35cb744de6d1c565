// LateEntries: entries of a stream that stand in its pieces behind ones with higher ids, and how
// all are put in order.
//
// Both references write such streams: ids may begin at lower ones again (XSETID), what is appended
// then comes into the last piece, and a piece that is opened below it is written in front of it. An
// id may even stand twice. Of those one is kept: the one that the references find when they are
// asked for the id, as they look into the last piece that does not begin above it.
//
// Names that a piece has once are kept once. Made on the stack for one stream; one thread. Throws
// std::bad_alloc.
#pragma once

#include <memory>
#include <vector>

#include "persist/rdb/decode/elements.h"
#include "store/stream/stream.h"

namespace kevy {

class LateEntries {
 public:
  bool any() const noexcept { return !entries_.empty(); }
  /// An entry of the piece `piece`, which begins with `first`. `fields`: names and values, or
  /// values alone if the names are the piece's, which `names` are then.
  void add(StreamId id, size_t piece, StreamId first, const Elements* names,
           const Elements& fields);
  /// All entries of `early` and these in a stream of their own; nullptr where names that many share
  /// would take far more memory than what was read.
  std::unique_ptr<StreamObject> merge_with(const StreamObject& early);

 private:
  struct Words {
    size_t begin = 0, count = 0;
  };
  struct Entry {
    StreamId id;
    size_t piece;
    bool is_found;  // by who looks for it, before those of the pieces in front of its own
    bool has_names;
    Words names, fields;
  };

  Words keep(const Elements& words);
  bool append(StreamObject& to, const Entry& entry);
  bool append(StreamObject& to, const StreamEntry& entry);
  bool append(StreamObject& to, StreamId id);

  std::vector<Entry> entries_;
  Elements words_;
  size_t piece_of_names_ = SIZE_MAX;
  Words names_;
  // While they are put in order.
  std::vector<Bytes> line_;
  Elements copied_;
  uint64_t allowance_ = 0;
};

}  // namespace kevy
