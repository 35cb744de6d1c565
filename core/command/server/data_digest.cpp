#include "command/server/data_digest.h"

#include <map>
#include <vector>

#include "base/number.h"
#include "command/string/value.h"
#include "store/hash/hash.h"
#include "store/list/list.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"
#include "store/stream/stream.h"

namespace kevy {

namespace {

// A digest being made.
class Digest {
 public:
  /// One of several without an order.
  void add(Bytes bytes) noexcept {
    const Sha1Digest other = sha1(bytes);
    for (size_t i = 0; i < sum_.size(); ++i) sum_[i] ^= other[i];
  }
  void add(const Digest& digest) noexcept { add(digest.bytes()); }
  /// The next one of several in an order.
  void append(Bytes bytes) noexcept {
    add(bytes);
    sum_ = sha1(this->bytes());
  }
  void append(uint32_t number) noexcept {
    const char digits[] = {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
                           static_cast<char>(number >> 8), static_cast<char>(number)};
    append({digits, sizeof digits});
  }
  std::string text() const {
    std::string text;
    for (const unsigned char byte : sum_) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  }

 private:
  Bytes bytes() const noexcept { return {reinterpret_cast<const char*>(sum_.data()), sum_.size()}; }

  Sha1Digest sum_{};
};

void add_pair(Digest& digest, Bytes first, Bytes second) noexcept {
  Digest pair;
  pair.append(first);
  pair.append(second);
  digest.add(pair);
}

// Groups and what is known of entries that are gone do not count.
void append_entries(Digest& digest, const StreamObject& stream) {
  StreamCursor cursor(stream, {}, StreamId::max(), StreamCursor::Way::kUp);
  for (; cursor; cursor.next()) {
    const StreamEntry& entry = cursor.entry();
    digest.append(std::to_string(entry.id.ms) + '.' + std::to_string(entry.id.seq));
    entry.for_each_field([&](Bytes name, Bytes value) {
      digest.append(name);
      digest.append(value);
    });
  }
}

void add_elements(Digest& digest, const Entry& entry) {
  switch (entry.type()) {
    case Type::kString:
      digest.append(StringText(&entry).bytes());
      break;
    case Type::kList:
      List(&entry).for_each([&](Bytes element) {
        digest.append(element);
        return Walk::kGoOn;
      });
      break;
    case Type::kSet:
      Set(&entry).for_each([&](Bytes member) {
        digest.add(member);
        return Walk::kGoOn;
      });
      break;
    case Type::kZset:
      SortedSet(&entry).for_each([&](Bytes member, double score) {
        add_pair(digest, member, format_shortest(score));
        return Walk::kGoOn;
      });
      break;
    case Type::kHash:
      Hash(&entry).for_each([&](Bytes field, Bytes value) { add_pair(digest, field, value); });
      break;
    case Type::kStream:
      append_entries(digest, stream_of(entry));
      break;
  }
}

constexpr uint32_t kStreamNumber = 6;  // Redis' types number like kevy's but for this one

void append_value(Digest& digest, const Entry& entry) {
  const bool stream = entry.type() == Type::kStream;
  digest.append(stream ? kStreamNumber : static_cast<uint32_t>(entry.type()));
  add_elements(digest, entry);
  if (entry.has_expiry()) digest.add("!!expire!!");
}

}  // namespace

std::string value_digest(const Entry* entry) {
  Digest digest;
  if (entry != nullptr) append_value(digest, *entry);
  return digest.text();
}

// A database is appended with its number to those before it; its keys have no order, wherever they
// lie.
std::string data_digest(Runtime& runtime) {
  std::map<size_t, std::vector<const Keyspace*>> databases;
  for (uint32_t i = 0; i < runtime.shard_count(); ++i) {
    runtime.shard(i).databases.for_each([&](size_t database, const Keyspace& keyspace) {
      if (keyspace.size() != 0) databases[database].push_back(&keyspace);
    });
  }
  Digest all;
  for (const auto& [database, keyspaces] : databases) {
    all.append(static_cast<uint32_t>(database));
    for (const Keyspace* keyspace : keyspaces) {
      keyspace->for_each([&](const Entry& entry) {
        Digest key;
        key.append(entry.key());
        append_value(key, entry);
        all.add(key);
        return Walk::kGoOn;
      });
    }
  }
  return all.text();
}

}  // namespace kevy
