#include "persist/rdb/decode/decode.h"

#include <cmath>
#include <limits>

#include "base/number.h"
#include "persist/rdb/decode/builders.h"
#include "persist/rdb/decode/ziplist.h"
#include "persist/rdb/listpack.h"

namespace kevy {

namespace {

constexpr Bytes kBadElements = "a sequence of elements is damaged";
constexpr Bytes kTwice = "an element of a set, a sorted set or a hash comes twice";
constexpr Bytes kBadScore = "a score of a sorted set is no number";
constexpr Bytes kBadOrder = "the elements of a sorted set are out of order";
constexpr Bytes kBadIntset = "a set of integers is damaged";
constexpr Bytes kBadTime = "a field of a hash expires at no moment";
constexpr Bytes kBadNode = "a node of a list is of no known kind";

// One value being read.
class Decoder {
 public:
  Decoder(RdbReader& reader, const RdbLimits& limits) noexcept : reader_(reader), limits_(limits) {}

  std::optional<Value> string();
  std::optional<Value> list();
  template <typename Sequence>
  std::optional<Value> list_of_one();
  std::optional<Value> quicklist();
  std::optional<Value> quicklist2();
  std::optional<Value> set();
  std::optional<Value> set_listpack();
  std::optional<Value> intset();
  std::optional<Value> zset(bool texts);
  template <typename Sequence>
  std::optional<Value> zset_of_pairs();
  std::optional<Value> hash();
  template <typename Sequence>
  std::optional<Value> hash_of_pairs();
  std::optional<Value> hash_zipmap();
  std::optional<Value> hash_timed();
  std::optional<Value> hash_metadata();
  std::optional<Value> hash_listpack_timed();

  std::optional<Value> fail(Bytes error) {
    reader_.fail(error);
    return std::nullopt;
  }

 private:
  template <typename Sequence>
  std::optional<Sequence> open() {
    const auto sequence = Sequence::open(reader_.string());
    if (!sequence) reader_.fail(kBadElements);
    return sequence;
  }
  template <typename Sequence>
  bool add_all(ListBuilder& list) {
    auto elements = open<Sequence>();
    if (!elements) return false;
    while (!elements->done()) list.add(elements->next().text(digits_));
    return true;
  }
  template <typename Builder>
  std::optional<Value> finish(Builder& builder) {
    if (reader_.failed() || builder.empty()) return std::nullopt;
    std::optional<Value> value = builder.finish();
    if (!value) reader_.fail(kTwice);
    return value;
  }
  double score_text();
  bool add_field(HashBuilder& hash, int64_t expires_at_ms);

  RdbReader& reader_;
  const RdbLimits& limits_;
  char digits_[kIntegerTextMax];
  char value_digits_[kIntegerTextMax];
  std::string name_;
};

std::optional<Value> Decoder::string() {
  const Bytes text = reader_.string();
  if (reader_.failed()) return std::nullopt;
  return string_value(text);
}

std::optional<Value> Decoder::list() {
  ListBuilder list(limits_.list);
  for (uint64_t left = reader_.length(); left != 0; --left) {
    const Bytes element = reader_.string();
    if (reader_.failed()) return std::nullopt;
    list.add(element);
  }
  return list.finish();
}

template <typename Sequence>
std::optional<Value> Decoder::list_of_one() {
  ListBuilder list(limits_.list);
  if (!add_all<Sequence>(list)) return std::nullopt;
  return list.finish();
}

std::optional<Value> Decoder::quicklist() {
  ListBuilder list(limits_.list);
  for (uint64_t left = reader_.length(); left != 0; --left) {
    if (!add_all<Ziplist>(list)) return std::nullopt;
  }
  if (reader_.failed()) return std::nullopt;
  return list.finish();
}

std::optional<Value> Decoder::quicklist2() {
  ListBuilder list(limits_.list);
  for (uint64_t left = reader_.length(); left != 0; --left) {
    const uint64_t kind = reader_.length();
    if (kind == kRdbNodePlain) {
      const Bytes element = reader_.string();
      if (reader_.failed()) return std::nullopt;
      list.add(element);
    } else if (kind == kRdbNodePacked) {
      if (!add_all<Listpack>(list)) return std::nullopt;
    } else {
      return fail(kBadNode);
    }
  }
  if (reader_.failed()) return std::nullopt;
  return list.finish();
}

std::optional<Value> Decoder::set() {
  SetBuilder set(limits_.set, false);
  for (uint64_t left = reader_.length(); left != 0; --left) {
    const Bytes member = reader_.string();
    if (reader_.failed()) return std::nullopt;
    if (!set.add(member)) return fail(kTwice);
  }
  return finish(set);
}

std::optional<Value> Decoder::set_listpack() {
  auto elements = open<Listpack>();
  if (!elements) return std::nullopt;
  SetBuilder set(limits_.set, true);
  while (!elements->done()) {
    if (!set.add(elements->next().text(digits_))) return fail(kTwice);
  }
  return finish(set);
}

std::optional<Value> Decoder::intset() {
  constexpr size_t kHead = 8;
  const Bytes bytes = reader_.string();
  if (reader_.failed()) return std::nullopt;
  if (bytes.size() < kHead) return fail(kBadIntset);
  uint32_t width, count;
  std::memcpy(&width, bytes.data(), sizeof width);
  std::memcpy(&count, bytes.data() + sizeof width, sizeof count);
  if (width != 2 && width != 4 && width != 8) return fail(kBadIntset);
  if (bytes.size() != kHead + uint64_t{width} * count) return fail(kBadIntset);
  const Intset numbers(bytes.substr(kHead), count);
  SetBuilder set(limits_.set, false);
  for (size_t i = 0; i < count; ++i) {
    if (i != 0 && numbers[i] <= numbers[i - 1]) return fail(kBadIntset);
    set.add(format_int64(numbers[i], digits_));
  }
  return finish(set);
}

// A length in a byte, and the text; three lengths stand for what has none.
double Decoder::score_text() {
  constexpr uint8_t kNan = 253, kInfinity = 254, kBelow = 255;
  const uint8_t size = reader_.byte();
  if (size == kInfinity) return std::numeric_limits<double>::infinity();
  if (size == kBelow) return -std::numeric_limits<double>::infinity();
  const auto score = size == kNan ? std::nullopt : parse_double_clamped(reader_.bytes(size));
  if (score) return *score;
  reader_.fail(kBadScore);
  return 0;
}

std::optional<Value> Decoder::zset(bool texts) {
  ZsetBuilder zset(limits_.zset);
  for (uint64_t left = reader_.length(); left != 0; --left) {
    name_ = reader_.string();
    const double score = texts ? score_text() : reader_.real();
    if (reader_.failed()) return std::nullopt;
    if (!zset.add(name_, score)) return fail(std::isnan(score) ? kBadScore : kTwice);
  }
  if (reader_.failed() || zset.empty()) return std::nullopt;
  return zset.finish();
}

template <typename Sequence>
std::optional<Value> Decoder::zset_of_pairs() {
  auto elements = open<Sequence>();
  if (!elements) return std::nullopt;
  if (elements->count() % 2 != 0) return fail(kBadElements);
  ZsetBuilder zset(limits_.zset);
  Bytes last;
  double last_score = -std::numeric_limits<double>::infinity();
  char last_digits[kIntegerTextMax];
  for (bool first = true; !elements->done(); first = false) {
    const PackedElement element = elements->next();
    const Bytes member = element.text(digits_);
    const PackedElement number = elements->next();
    const auto score = number.is_integer ? static_cast<double>(number.integer)
                                         : parse_double_clamped(number.bytes);
    if (!score || std::isnan(*score)) return fail(kBadScore);
    if (!first && (*score < last_score || (*score == last_score && member < last))) {
      return fail(kBadOrder);
    }
    if (!zset.add(member, *score)) return fail(kTwice);
    last = element.text(last_digits);
    last_score = *score;
  }
  if (zset.empty()) return std::nullopt;
  return zset.finish();
}

bool Decoder::add_field(HashBuilder& hash, int64_t expires_at_ms) {
  name_ = reader_.string();
  const Bytes value = reader_.string();
  if (reader_.failed()) return false;
  if (hash.add(name_, value, expires_at_ms)) return true;
  reader_.fail(kTwice);
  return false;
}

std::optional<Value> Decoder::hash() {
  HashBuilder hash(limits_.hash);
  for (uint64_t left = reader_.length(); left != 0; --left) {
    if (!add_field(hash, Keyspace::kNoExpiry)) return std::nullopt;
  }
  return finish(hash);
}

template <typename Sequence>
std::optional<Value> Decoder::hash_of_pairs() {
  auto elements = open<Sequence>();
  if (!elements) return std::nullopt;
  if (elements->count() % 2 != 0) return fail(kBadElements);
  HashBuilder hash(limits_.hash);
  while (!elements->done()) {
    const Bytes field = elements->next().text(digits_);
    if (!hash.add(field, elements->next().text(value_digits_))) return fail(kTwice);
  }
  return finish(hash);
}

std::optional<Value> Decoder::hash_zipmap() {
  Zipmap pairs(reader_.string());
  HashBuilder hash(limits_.hash);
  while (!reader_.failed() && !pairs.done()) {
    const auto pair = pairs.next();
    if (!pair) return fail(kBadElements);
    if (!hash.add(pair->first, pair->second)) return fail(kTwice);
  }
  return finish(hash);
}

// Valkey's: field, value, moment, or none.
std::optional<Value> Decoder::hash_timed() {
  HashBuilder hash(limits_.hash);
  for (uint64_t left = reader_.length(); left != 0; --left) {
    name_ = reader_.string();
    const std::string value(reader_.string());
    const auto expires_at_ms = static_cast<int64_t>(reader_.word());
    if (reader_.failed()) return std::nullopt;
    if (expires_at_ms < Keyspace::kNoExpiry) return fail(kBadTime);
    if (!hash.add(name_, value, expires_at_ms)) return fail(kTwice);
  }
  return finish(hash);
}

// Redis': the earliest moment, then how much later each field expires, plus one; field, value.
std::optional<Value> Decoder::hash_metadata() {
  HashBuilder hash(limits_.hash);
  const uint64_t earliest = reader_.word();
  for (uint64_t left = reader_.length(); left != 0; --left) {
    const uint64_t later = reader_.length();
    const uint64_t moment = earliest + later - 1;
    if (later != 0 && (moment < earliest || moment > INT64_MAX)) return fail(kBadTime);
    const int64_t expires_at_ms = later == 0 ? Keyspace::kNoExpiry : static_cast<int64_t>(moment);
    if (!add_field(hash, expires_at_ms)) return std::nullopt;
  }
  return finish(hash);
}

// Redis': the earliest moment, then field, value, moment or 0.
std::optional<Value> Decoder::hash_listpack_timed() {
  reader_.word();
  auto elements = open<Listpack>();
  if (!elements) return std::nullopt;
  if (elements->count() % 3 != 0) return fail(kBadElements);
  HashBuilder hash(limits_.hash);
  while (!elements->done()) {
    const Bytes field = elements->next().text(digits_);
    const Bytes value = elements->next().text(value_digits_);
    const PackedElement time = elements->next();
    if (!time.is_integer || time.integer < 0) return fail(kBadTime);
    const int64_t expires_at_ms = time.integer == 0 ? Keyspace::kNoExpiry : time.integer;
    if (!hash.add(field, value, expires_at_ms)) return fail(kTwice);
  }
  return finish(hash);
}

}  // namespace

Value string_value(Bytes text) {
  Value value;
  if (const auto number = parse_int64(text)) {
    value.encoding = Encoding::kInteger;
    value.integer = *number;
  } else if (text.size() <= Entry::kEmbeddedMax) {
    value.inside = text;
  } else {
    value.encoding = Encoding::kShared;
    value.block = SharedBytes::copy_of(text);
  }
  return value;
}

std::optional<Value> decode_value(RdbReader& reader, uint8_t type, unsigned version,
                                  const RdbLimits& limits) {
  Decoder decoder(reader, limits);
  switch (static_cast<RdbType>(type)) {
    case RdbType::kString:
      return decoder.string();
    case RdbType::kList:
      return decoder.list();
    case RdbType::kListZiplist:
      return decoder.list_of_one<Ziplist>();
    case RdbType::kListQuicklist:
      return decoder.quicklist();
    case RdbType::kListQuicklist2:
      return decoder.quicklist2();
    case RdbType::kSet:
      return decoder.set();
    case RdbType::kSetListpack:
      return decoder.set_listpack();
    case RdbType::kSetIntset:
      return decoder.intset();
    case RdbType::kZsetText:
      return decoder.zset(true);
    case RdbType::kZset:
      return decoder.zset(false);
    case RdbType::kZsetZiplist:
      return decoder.zset_of_pairs<Ziplist>();
    case RdbType::kZsetListpack:
      return decoder.zset_of_pairs<Listpack>();
    case RdbType::kHash:
      return decoder.hash();
    case RdbType::kHashZipmap:
      return decoder.hash_zipmap();
    case RdbType::kHashZiplist:
      return decoder.hash_of_pairs<Ziplist>();
    case RdbType::kHashListpack:
      return decoder.hash_of_pairs<Listpack>();
    case RdbType::kHashTimed:
      if (version <= kRdbRedisVersionMax) break;
      return decoder.hash_timed();
    case RdbType::kHashMetadata:
      return decoder.hash_metadata();
    case RdbType::kHashListpackTimed:
      return decoder.hash_listpack_timed();
    case RdbType::kStream1:
    case RdbType::kStream2:
    case RdbType::kStream3:
      return decode_stream(reader, static_cast<RdbType>(type));
    case RdbType::kModulePreRelease:
    case RdbType::kModule:
      return decoder.fail("it has a value of a module, and there are no modules here");
    default:
      break;
  }
  return decoder.fail("it has a value of a type that is not known: " + std::to_string(type));
}

}  // namespace kevy
