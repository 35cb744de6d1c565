// A view of a keyspace shows what was in it when it was opened, whatever changes it afterwards.
#include "store/view/keyspace_view.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "store/hash/hash_edit.h"
#include "store/list/list.h"
#include "store/set/set.h"
#include "store/sorted_set/sorted_set.h"
#include "store/string_batch.h"
#include "unit/store/big_images.h"
#include "unit/store/space.h"

using namespace kevy;
using namespace kevy::test;

namespace {

using Texts = std::map<std::string, std::string>;

std::string quoted(Bytes bytes) { return '"' + std::string(bytes) + '"'; }

std::string head_of(const Entry& entry) {
  return std::to_string(static_cast<int>(entry.type())) + '@' +
         std::to_string(entry.expires_at_ms());
}

std::string text_of(const Entry& entry) {
  std::string text = head_of(entry);
  std::set<std::string> elements;
  switch (entry.type()) {
    case Type::kString:
      return text + (entry.encoding() == Encoding::kInteger ? std::to_string(entry.integer())
                                                            : std::string(entry.string()));
    case Type::kList:
      List(&entry).for_each([&](Bytes element) {
        text += quoted(element);
        return Walk::kGoOn;
      });
      return text;
    case Type::kSet:
      Set(&entry).for_each([&](Bytes member) {
        elements.insert(quoted(member));
        return Walk::kGoOn;
      });
      break;
    case Type::kZset:
      SortedSet(&entry).for_each([&](Bytes member, double score) {
        elements.insert(quoted(member) + std::to_string(score));
        return Walk::kGoOn;
      });
      break;
    default:
      Hash(&entry).for_each_with_expiry([&](Bytes field, Bytes value, int64_t expires_at_ms) {
        elements.insert(quoted(field) + quoted(value) + std::to_string(expires_at_ms));
      });
  }
  for (const std::string& one : elements) text += one;
  return text;
}

Texts texts_of(const Keyspace& keys) {
  Texts texts;
  keys.for_each([&](const Entry& entry) {
    texts.emplace(entry.key(), text_of(entry));
    return Walk::kGoOn;
  });
  return texts;
}

/// Changes keyspaces at random, in every way there is.
class Changes {
 public:
  explicit Changes(uint64_t seed) : random_(seed) {}

  uint64_t below(uint64_t limit) { return random_.below(limit); }

  void make_one(Space& space, Space& other) {
    Keyspace& keys = space.keys;
    if (steps_++ % 900 == 0) grows_ = !grows_;
    const std::string name = "key" + number(700);
    const Key key = space.key(name);
    Entry* const entry = keys.find(key);
    if (!grows_ && below(3) != 0) {
      keys.erase(key);
      return;
    }
    switch (below(16)) {
      case 0:
        keys.set_string(key, text(), expiry());
        return;
      case 1:
        if (entry != nullptr) keys.overwrite(*entry, text(), Keyspace::kKeepExpiry);
        return;
      case 2:
        if (entry != nullptr && entry->is_string()) {
          const size_t size = entry->encoding() == Encoding::kInteger ? 20 : entry->string().size();
          char* const bytes = keys.grow_string(key, size + below(60));
          if (size != 0) bytes[below(size)] = '!';
        }
        return;
      case 3:
        if (entry != nullptr && entry->encoding() == Encoding::kInteger) {
          keys.update_integer(entry, static_cast<int64_t>(below(1000)));
        }
        return;
      case 4:
        if (entry != nullptr) keys.set_expiry(entry, key.hash, expiry());
        return;
      case 5:
        move(space, below(2) == 0 ? space : other, key);
        return;
      case 6:
        batch(space);
        return;
      case 7:
        if (entry != nullptr) {
          const std::string to = "key" + number(700);
          keys.put(space.key(to), Keyspace::copy_value(*entry), expiry());
        }
        return;
      case 8:
      case 9:
        change_list(space);
        return;
      case 10:
      case 11:
        change_hash(space);
        return;
      case 12:
      case 13:
        change_set(space);
        return;
      case 14:
        change_sorted_set(space);
        return;
      default:
        keys.set_string(key, number(1000), expiry());
    }
  }

 private:
  std::string number(uint64_t limit) { return std::to_string(below(limit)); }
  std::string text() {
    if (below(3) == 0) return number(1000);
    return std::string(below(below(6) == 0 ? 600 : 40), static_cast<char>('a' + below(26)));
  }
  int64_t expiry() {
    return below(3) == 0 ? static_cast<int64_t>(below(1000)) : Keyspace::kNoExpiry;
  }

  void move(Space& space, Space& target, const Key& from) {
    const std::string to = (below(4) == 0 ? "list" : "key") + number(5);
    if (space.keys.find(from) == nullptr || to == from.bytes) return;
    space.keys.move(from, target.keys, space.key(to));
  }
  void batch(Space& space) {
    const std::string names[] = {"key" + number(700), "key" + number(700), "key" + number(700)};
    const std::string values[] = {text(), text(), text()};
    StringBatch batch(3, expiry());
    for (size_t i = 0; i < 3; ++i) {
      const Key key = space.key(names[i]);
      batch.add(space.keys, key, space.keys.find(key), values[i]);
    }
    if (below(3) != 0) batch.commit();
  }
  // The entry of a key of this type, if there is nothing else.
  Entry* find(Space& space, const Key& key, Type type) {
    Entry* const entry = space.keys.find(key);
    if (entry != nullptr && entry->type() != type) {
      space.keys.erase(key);
      return nullptr;
    }
    return entry;
  }
  void change_list(Space& space) {
    const std::string name = "list" + number(6), value = text();
    const Key key = space.key(name);
    List list(space.keys, key, find(space, key, Type::kList));
    const ListLimit limit{200, SIZE_MAX, 2};
    const Bytes values[] = {value, "more", "elements"};
    switch (list.empty() ? 0 : below(7)) {
      case 0:
        list.push(below(2) == 0 ? End::kFront : End::kBack, values, limit);
        break;
      case 1:
        list.set(below(list.size()), value, limit);
        break;
      case 2:
        list.insert(below(list.size() + 1), value, limit);
        break;
      case 3:
        list.rotate(below(2) == 0 ? End::kFront : End::kBack, limit);
        break;
      case 4:
        list.erase_equal("more", 2, End::kBack, limit);
        break;
      default:
        list.erase(below(list.size()), 1, limit);
    }
    if (list.empty()) space.keys.erase(key);
  }
  void change_hash(Space& space) {
    const std::string name = "hash" + number(6), field = number(40), value = text();
    const Key key = space.key(name);
    const Hash::Limits limits{8, 64};
    Entry* const entry = find(space, key, Type::kHash);
    Hash hash(space.keys, key, entry);
    switch (below(6)) {
      case 0:
        hash.erase(field);
        break;
      case 1:
        if (hash.find(field)) hash.set_expiry(field, expiry());
        break;
      case 2:
        if (entry != nullptr) {
          hash.erase_due(static_cast<int64_t>(below(500)), 3, [](Bytes) {});
        }
        break;
      case 3: {
        const std::string second = number(40);
        HashEdit edit(space.keys, key, entry);
        edit.set(field, value, limits, expiry());
        edit.set(second, "second", limits);
        if (below(3) != 0) edit.commit();
        return;
      }
      default:
        hash.set(field, value, limits, below(5) == 0 ? expiry() : Keyspace::kKeepExpiry);
    }
    if (hash.entry() != nullptr && hash.empty()) space.keys.erase(key);
  }
  void change_set(Space& space) {
    const std::string name = "set" + number(6), member = below(5) == 0 ? text() : number(100);
    const Key key = space.key(name);
    Set set(space.keys, key, find(space, key, Type::kSet));
    if (below(3) != 0) {
      set.add(member, {8, 8, 64});
    } else {
      set.erase(member);
    }
    if (set.entry() != nullptr && set.empty()) space.keys.erase(key);
  }
  void change_sorted_set(Space& space) {
    const std::string name = "zset" + number(4), member = number(60);
    const Key key = space.key(name);
    SortedSet set(space.keys, key, find(space, key, Type::kZset));
    if (below(3) != 0) {
      set.store(member, static_cast<double>(below(50)), {}, {8, 64});
    } else {
      set.erase(member);
    }
    if (below(9) == 0 && set.size() > 2) set.erase(Ranks{0, 2});
    if (set.entry() != nullptr && set.empty()) space.keys.erase(key);
  }

  Random random_;
  uint64_t steps_ = 0;
  bool grows_ = false;
};

void check_same(const Texts& shown, const Texts& expected) {
  for (const auto& [key, value] : expected) {
    const auto found = shown.find(key);
    INFO(key);
    CHECK((found == shown.end() ? "(missing)" : found->second) == value);
  }
  CHECK(shown.size() == expected.size());
}

// Walks a big one to its end, and lets go of it.
std::pair<std::string, std::string> walk_big(BigImage big, Changes& changes,
                                             const std::function<void()>& between) {
  std::pair<std::string, std::string> shown;
  std::set<std::string> elements;
  size_t count = 0;
  big.entry->for_each([&](const Entry& entry) {
    shown = {std::string(entry.key()), head_of(entry)};
    for (ElementImages images; !big.value->done(); images.clear()) {
      big.value->walk(images, changes.below(3));
      count += count_of(entry, images);
      for_each_element(
          entry, images, [&](Bytes element) { shown.second += quoted(element); },
          [&](Bytes member) { elements.insert(quoted(member)); },
          [&](Bytes member, double score) {
            elements.insert(quoted(member) + std::to_string(score));
          },
          [&](Bytes field, Bytes value, int64_t expires_at_ms) {
            elements.insert(quoted(field) + quoted(value) + std::to_string(expires_at_ms));
          });
      between();
    }
  });
  CHECK_FALSE(big.value->failed());
  CHECK(count == big.value->size());
  big.value->close();
  for (const std::string& one : elements) shown.second += one;
  return shown;
}

Texts walk(KeyspaceView& view, Changes& changes, const std::function<void()>& between) {
  Texts shown;
  EntryImages images;
  while (!view.done()) {
    view.walk(images, changes.below(3));
    for (BigImage& big : view.take_big()) {
      CHECK(shown.insert(walk_big(std::move(big), changes, between)).second);
    }
    images.for_each([&](const Entry& entry) {
      INFO(entry.key());
      CHECK(shown.emplace(entry.key(), text_of(entry)).second);
    });
    images.clear();
    between();
  }
  CHECK_FALSE(view.failed());
  return shown;
}

}  // namespace

TEST_CASE("a view of a keyspace shows what was there when it was opened") {
  Changes changes(GENERATE(1u, 2u, 3u, 4u));
  Space space, other;
  for (int round = 0; round < 12; ++round) {
    for (uint64_t left = changes.below(2000); left != 0; --left) changes.make_one(space, other);
    const Texts expected = texts_of(space.keys);
    KeyspaceView view(space.keys, 1 + changes.below(40));
    CHECK(view.size() == expected.size());
    const uint64_t pace = 1 + changes.below(8);
    check_same(walk(view, changes,
                    [&] {
                      for (uint64_t left = changes.below(pace); left != 0; --left) {
                        changes.make_one(space, other);
                      }
                    }),
               expected);
    space.garbage.clear();
    other.garbage.clear();
  }
}

TEST_CASE("a keyspace that is let go of stays the view's, and that of a further view after it") {
  Changes changes(5);
  Space space, other;
  auto keys = std::make_unique<Keyspace>(space.secret, space.garbage, space.spans);
  for (int i = 0; i < 500; ++i) {
    const std::string name = "key" + std::to_string(i);
    const std::string value(static_cast<size_t>(i), 'x');
    keys->set_string(space.key(name), value, Keyspace::kNoExpiry);
  }
  const Texts expected = texts_of(*keys);
  auto first = std::make_unique<KeyspaceView>(*keys);
  auto second = std::make_unique<KeyspaceView>(*keys);
  EntryImages images;
  first->walk(images, 20);
  space.garbage.add(std::move(keys));
  CHECK(space.garbage.empty());
  const bool in_order = GENERATE(true, false);
  if (!in_order) first.swap(second);
  first.reset();
  CHECK(space.garbage.empty());
  Texts shown = walk(*second, changes, [] {});
  if (!in_order) {  // what it had shown before
    images.for_each([&](const Entry& entry) { shown.emplace(entry.key(), text_of(entry)); });
  }
  check_same(shown, expected);
  second.reset();
  CHECK_FALSE(space.garbage.empty());
}

TEST_CASE("a keyspace that was emptied and ends before its view leaves what was kept of it") {
  Space space;
  auto keys = std::make_unique<Keyspace>(space.secret, space.garbage, space.spans);
  const int count = GENERATE(1, 3, 500);
  for (int i = 0; i < count; ++i) {
    const std::string name = "key" + std::to_string(i);
    keys->set_string(space.key(name), "value", Keyspace::kNoExpiry);
  }
  KeyspaceView view(*keys);
  for (int i = 0; i < count; ++i) {
    const std::string name = "key" + std::to_string(i);
    keys->erase(space.key(name));
  }
  keys.reset();
  EntryImages images;
  view.walk(images, 1000);
  CHECK(view.done());
  CHECK_FALSE(view.failed());
  CHECK(images.count() == static_cast<size_t>(count));
}

TEST_CASE("strings that are stored together go where a view does not look") {
  Space space;
  const Key key = space.key("key");
  const std::string before(10'000, 'a'), after(10'000, 'b');
  space.keys.set_string(key, before, Keyspace::kNoExpiry);
  KeyspaceView view(space.keys);
  {
    StringBatch batch(1, Keyspace::kNoExpiry);
    batch.add(space.keys, key, space.keys.find(key), after);
    batch.commit();
  }
  EntryImages images;
  view.walk(images, 100);
  images.for_each([&](const Entry& image) { CHECK(image.string() == before); });
  CHECK(images.count() == 1);
  CHECK(space.keys.find(key)->string() == after);
}

TEST_CASE("a long string is not copied for a view, and what it was stays as it is") {
  Space space;
  const Key key = space.key("key");
  const std::string before(10'000, 'a');
  Entry* entry = space.keys.set_string(key, before, Keyspace::kNoExpiry);
  KeyspaceView view(space.keys);
  CHECK(view.kept_bytes() == 0);
  CHECK_FALSE(space.keys.overwrite(*entry, std::string(10'000, 'b'), Keyspace::kNoExpiry));
  space.keys.grow_string(key, 10'001)[0] = 'c';
  CHECK(view.kept_bytes() > 0);
  CHECK(view.kept_bytes() < 20'000);
  EntryImages images;
  view.walk(images, 100);
  images.for_each([&](const Entry& image) { CHECK(image.string() == before); });
  CHECK(images.count() == 1);
  CHECK(space.keys.find(key)->string()[0] == 'c');
}
