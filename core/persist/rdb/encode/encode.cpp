#include "persist/rdb/encode/encode.h"

#include "base/check.h"
#include "base/number.h"
#include "persist/rdb/listpack.h"
#include "store/hash/hash.h"
#include "store/list/list.h"
#include "store/list/list_pieces.h"
#include "store/list/list_view.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"
#include "store/stream/stream.h"

namespace kevy {

namespace {

void encode_string(RdbWriter& writer, const Entry& entry) {
  if (entry.encoding() == Encoding::kInteger) {
    writer.number(entry.integer());
  } else {
    writer.string(entry.string());
  }
}

// The nodes of a list are listpacks of some kilobytes; what is longer is a node by itself, and so
// is what no listpack may hold.
constexpr size_t kNodeMost = kListPieceMost;

template <typename Use>
void for_each_node(const List& list, const Use& use) {
  ListpackWriter node;
  list.for_each([&](Bytes element) {
    const bool alone = element.size() > kNodeMost;
    if (node.count() != 0 && (alone || node.size() + element.size() > kNodeMost)) {
      use(kRdbNodePacked, node.finish());
      node.clear();
    }
    if (alone) {
      use(kRdbNodePlain, element);
    } else {
      node.add(element);
    }
    return Walk::kGoOn;
  });
  if (node.count() != 0) use(kRdbNodePacked, node.finish());
}

// In two walks: how many nodes there are comes before them.
void encode_list(RdbWriter& writer, const List& list) {
  uint64_t nodes = 0;
  for_each_node(list, [&](uint64_t, Bytes) { ++nodes; });
  writer.length(nodes);
  for_each_node(list, [&](uint64_t kind, Bytes node) {
    writer.length(kind);
    writer.string(node);
  });
}

void encode_list_piece(RdbWriter& writer, ListpackWriter& node, const ListRun& piece) {
  if (piece.bytes.size() > kListPieceMost) {  // one element
    char digits[kIntegerTextMax];
    writer.length(kRdbNodePlain);
    writer.string(read_packed(piece.begin()).text(digits));
    return;
  }
  node.clear();
  node.add(piece);
  writer.length(kRdbNodePacked);
  writer.string(node.finish());
}

void encode_list_pieces(RdbWriter& writer, const ElementImages& images) {
  ListpackWriter node;
  std::string expanded;
  images.for_each<ListImage>([&](const ListImage& image, int64_t) {
    for_each_list_piece(image.run(expanded), [&](const ListRun& piece) {
      encode_list_piece(writer, node, piece);
    });
  });
}

void encode_set(RdbWriter& writer, const Set& set) {
  writer.length(set.size());
  set.for_each([&](Bytes member) {
    writer.string(member);
    return Walk::kGoOn;
  });
}

void encode_intset(RdbWriter& writer, const Entry& entry) {
  const Intset numbers(entry.packed(), entry.packed_count());
  const uint32_t head[] = {static_cast<uint32_t>(numbers.width()),
                           static_cast<uint32_t>(numbers.size())};
  std::string bytes(reinterpret_cast<const char*>(head), sizeof head);
  bytes += entry.packed();
  writer.string(bytes);
}

void encode_zset(RdbWriter& writer, const SortedSet& zset) {
  writer.length(zset.size());
  // From the highest score on: readers that put each in front of the others are fast then.
  zset.visit({0, zset.size()}, Direction::kDown, [&](Bytes member, double score) {
    writer.string(member);
    writer.real(score);
    return Walk::kGoOn;
  });
}

void encode_zset_listpack(RdbWriter& writer, const SortedSet& zset) {
  ListpackWriter pairs;
  zset.for_each([&](Bytes member, double score) {
    pairs.add(member);
    pairs.add(format_double(score));
    return Walk::kGoOn;
  });
  writer.string(pairs.finish());
}

void encode_hash(RdbWriter& writer, const Hash& hash) {
  writer.length(hash.size());
  hash.for_each([&](Bytes field, Bytes value) {
    writer.string(field);
    writer.string(value);
  });
}

void encode_hash_listpack(RdbWriter& writer, const Hash& hash) {
  ListpackWriter pairs;
  hash.for_each([&](Bytes field, Bytes value) {
    pairs.add(field);
    pairs.add(value);
  });
  writer.string(pairs.finish());
}

void write_timed(RdbWriter& writer, Bytes field, Bytes value, int64_t expires_at_ms) {
  writer.string(field);
  writer.string(value);
  writer.word(expires_at_ms < 0 ? kRdbNone : static_cast<uint64_t>(expires_at_ms));
}

void encode_hash_timed(RdbWriter& writer, const Hash& hash) {
  encode_count(writer, RdbType::kHashTimed, hash.size());
  hash.for_each_with_expiry([&](Bytes field, Bytes value, int64_t expires_at_ms) {
    write_timed(writer, field, value, expires_at_ms);
  });
}

// Whether elements lie together that a listpack of all readers can hold.
bool suits_listpack(const Entry& entry) {
  bool suits = true;
  PackedCursor at(entry.packed());
  if (entry.type() == Type::kZset) {
    SortedSet(&entry).for_each([&](Bytes member, double) {
      suits = suits && !is_disputed_size(member.size());
      return Walk::kGoOn;
    });
    return suits;
  }
  for (; !at.done(); at.skip()) suits = suits && !has_disputed_length(packed_size(at.at()));
  return suits;
}

RdbType type_of_hash(const Entry& entry) {
  if (entry.has_field_times()) {
    // Where no field has a time to live any more the hash is like any other.
    return entry.fields_expire_at_ms() != Entry::kNoFieldExpires ? RdbType::kHashTimed
                                                                 : RdbType::kHash;
  }
  const bool packed = entry.encoding() == Encoding::kPacked && suits_listpack(entry);
  return packed ? RdbType::kHashListpack : RdbType::kHash;
}

}  // namespace

RdbType rdb_type_of(const Entry& entry) {
  const bool packed = entry.encoding() == Encoding::kPacked;
  switch (entry.type()) {
    case Type::kString:
      return RdbType::kString;
    case Type::kList:
      return RdbType::kListQuicklist2;
    case Type::kSet:
      // As a listpack only Redis 7.2 and its successors would read it.
      return entry.encoding() == Encoding::kIntset ? RdbType::kSetIntset : RdbType::kSet;
    case Type::kZset:
      return packed && suits_listpack(entry) ? RdbType::kZsetListpack : RdbType::kZset;
    case Type::kHash:
      return type_of_hash(entry);
    default:
      return rdb_type_of_stream(stream_of(entry));
  }
}

void encode_value(RdbWriter& writer, RdbType type, const Entry& entry) {
  switch (type) {
    case RdbType::kString:
      return encode_string(writer, entry);
    case RdbType::kListQuicklist2:
      return encode_list(writer, List(&entry));
    case RdbType::kSetIntset:
      return encode_intset(writer, entry);
    case RdbType::kSet:
      return encode_set(writer, Set(&entry));
    case RdbType::kZsetListpack:
      return encode_zset_listpack(writer, SortedSet(&entry));
    case RdbType::kZset:
      return encode_zset(writer, SortedSet(&entry));
    case RdbType::kHashListpack:
      return encode_hash_listpack(writer, Hash(&entry));
    case RdbType::kHash:
      return encode_hash(writer, Hash(&entry));
    case RdbType::kHashTimed:
      return encode_hash_timed(writer, Hash(&entry));
    default:
      return encode_stream(writer, type, stream_of(entry));
  }
}

void encode_count(RdbWriter& writer, RdbType type, uint64_t elements) {
  if (type == RdbType::kHashTimed) writer.need(RdbVersion::kValkey);
  if (type == RdbType::kStream3) writer.need(RdbVersion::kActiveTimes);
  writer.length(elements);
}

void encode_elements(RdbWriter& writer, RdbType type, const ElementImages& images) {
  switch (type) {
    case RdbType::kListQuicklist2:
      return encode_list_pieces(writer, images);
    case RdbType::kSet:
      return images.for_each<Member>(
          [&](const Member& member, int64_t) { writer.string(member.key()); });
    case RdbType::kZset:
      return images.for_each<ScoredMember>([&](const ScoredMember& member, int64_t) {
        writer.string(member.key());
        writer.real(member.score());
      });
    case RdbType::kHash:
      return images.for_each<Field>([&](const Field& field, int64_t) {
        writer.string(field.key());
        writer.string(field.value());
      });
    case RdbType::kStream2:
    case RdbType::kStream3:
      return encode_stream_pieces(writer, images);
    default:
      KEVY_DCHECK(type == RdbType::kHashTimed);
      return images.for_each<Field>([&](const Field& field, int64_t expires_at_ms) {
        write_timed(writer, field.key(), field.value(), expires_at_ms);
      });
  }
}

}  // namespace kevy
