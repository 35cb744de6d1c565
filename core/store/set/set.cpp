#include "store/set/set.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/prefetch.h"
#include "store/packed/packed_probe.h"

namespace kevy {

namespace {

size_t text_size(int64_t number) noexcept {
  char digits[kIntegerTextMax];
  return format_int64(number, digits).size();
}

void append_packing(std::string& to, const Packing& packing) {
  const size_t size = to.size();
  to.resize(size + packing.size());
  packing.write(to.data() + size);
}

// The members as an intset; nothing when that is not possible.
std::optional<std::string> as_intset(std::span<const MemberRef> members,
                                     const Set::Limits& limits) {
  if (members.size() > limits.intset_entries) return std::nullopt;
  std::vector<int64_t> numbers;
  numbers.reserve(members.size());
  for (const MemberRef& member : members) {
    const auto number = member.number();
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  std::sort(numbers.begin(), numbers.end());
  const size_t width =
      std::max(Intset::width_of(numbers.front()), Intset::width_of(numbers.back()));
  if (numbers.size() * width > Keyspace::kPackedMax) return std::nullopt;
  std::string bytes(numbers.size() * width, '\0');
  char* at = bytes.data();
  for (const int64_t number : numbers) at = Intset::write(at, number, width);
  return bytes;
}

std::optional<std::string> as_packed(std::span<const MemberRef> members,
                                     const Set::Limits& limits) {
  if (members.size() > limits.packed_entries) return std::nullopt;
  std::string bytes;
  char digits[kIntegerTextMax];
  for (const MemberRef& member : members) {
    if (member.text(digits).size() > limits.packed_bytes) return std::nullopt;
    const Packing packing = member.packing();
    if (bytes.size() + packing.size() > Keyspace::kPackedMax) return std::nullopt;
    append_packing(bytes, packing);
  }
  return bytes;
}

}  // namespace

const char* Set::find_packed(const Packing& member) const noexcept {
  return kevy::find_packed<1>(entry_->packed(), member);
}

bool Set::contains(Bytes member) const noexcept {
  if (entry_ == nullptr) return false;
  if (is_big()) return big().contains(member);
  if (!is_intset()) return find_packed(Packing(member)) != nullptr;
  const auto number = MemberRef::integer_of(member);
  return number && numbers().find(*number).found;
}

bool Set::add(Bytes member, const Limits& limits) {
  if (entry_ == nullptr || is_intset()) {
    const auto number = MemberRef::integer_of(member);
    if (entry_ == nullptr) {
      make(member, number, limits);
      return true;
    }
    if (number) return add_number(*number, limits);
    leave_intset(member, limits);
  }
  return is_big() ? add_big(member) : add_packed(member, limits);
}

// Going through the other forms would cost more than all the rest.
void Set::expect(size_t count, Bytes first, const Limits& limits) {
  if (entry_ != nullptr) {
    if (is_big()) return;
    if (count > (is_intset() ? limits.intset_entries : limits.packed_entries)) become_big();
    return;
  }
  if (count <= limits.packed_entries) return;
  if (count <= limits.intset_entries && MemberRef::integer_of(first)) return;
  auto object = std::make_unique<SetObject>();
  object->expect(count);
  entry_ = keyspace_->set_object(key_, Type::kSet, std::move(object));
}

// The first member.
void Set::make(Bytes member, std::optional<int64_t> number, const Limits& limits) {
  if (number && limits.intset_entries != 0) {
    const size_t width = Intset::width_of(*number);
    Intset::write(keyspace_->put_packed(entry_, key_, Type::kSet, Encoding::kIntset, width, 1),
                  *number, width);
    return;
  }
  const Packing packing(member);
  if (limits.packed_entries != 0 && member.size() <= limits.packed_bytes &&
      packing.size() <= Keyspace::kPackedMax) {
    packing.write(
        keyspace_->put_packed(entry_, key_, Type::kSet, Encoding::kPacked, packing.size(), 1));
    return;
  }
  auto object = std::make_unique<SetObject>();
  object->insert(member);
  entry_ = keyspace_->set_object(key_, Type::kSet, std::move(object));
}

bool Set::add_number(int64_t number, const Limits& limits) {
  const Intset all = numbers();
  const size_t count = all.size(), needed = Intset::width_of(number);
  const bool wider = needed > all.width();
  const auto place = wider ? Intset::Place{number < 0 ? 0 : count, false} : all.find(number);
  if (place.found) return false;
  const size_t width = wider ? needed : all.width();
  if (count >= limits.intset_entries || (count + 1) * width > Keyspace::kPackedMax) {
    become_big();
    char digits[kIntegerTextMax];
    return add_big(format_int64(number, digits));
  }
  if (wider) {
    const size_t old_size = entry_->packed().size(), old_width = all.width();
    char* end = keyspace_->splice(entry_, key_, old_size, 0, (count + 1) * width - old_size, 1);
    char* begin = end - old_size;
    Intset::widen(begin, count, old_width, width, place.index == 0 ? 1 : 0);
    Intset::write(begin + place.index * width, number, width);
  } else {
    char* gap = keyspace_->splice(entry_, key_, place.index * width, 0, width, 1);
    Intset::write(gap, number, width);
  }
  return true;
}

bool Set::add_packed(Bytes member, const Limits& limits) {
  const Packing packing(member);
  if (find_packed(packing) != nullptr) return false;
  const size_t size = entry_->packed().size();
  if (entry_->packed_count() >= limits.packed_entries || member.size() > limits.packed_bytes ||
      size + packing.size() > Keyspace::kPackedMax) {
    become_big();
    return add_big(member);
  }
  packing.write(keyspace_->splice(entry_, key_, size, 0, packing.size(), 1));
  return true;
}

bool Set::add_big(Bytes member) {
  SetObject& object = big_to_change();
  if (!object.add(member)) return false;
  keyspace_->account(object);
  return true;
}

// Makes an intset what it has to be when `member`, no integer, is added: packed if all would fit.
void Set::leave_intset(Bytes member, const Limits& limits) {
  const Intset all = numbers();
  const size_t count = all.size();
  const size_t longest = count == 0 ? 0 : std::max(text_size(all[0]), text_size(all[count - 1]));
  if (count >= limits.packed_entries || std::max(longest, member.size()) > limits.packed_bytes) {
    become_big();
    return;
  }
  std::string packed;
  for (size_t i = 0; i < count; ++i) append_packing(packed, Packing(all[i]));
  if (packed.size() > Keyspace::kPackedMax) {
    become_big();
    return;
  }
  char* to = keyspace_->put_packed(entry_, key_, Type::kSet, Encoding::kPacked, packed.size(),
                                   static_cast<uint32_t>(count));
  packed.copy(to, packed.size());
}

void Set::become_big() {
  auto object = std::make_unique<SetObject>();
  for_each([&](Bytes member) {
    object->insert(member);
    return Walk::kGoOn;
  });
  entry_ = keyspace_->set_object(key_, Type::kSet, std::move(object));
}

bool Set::erase(Bytes member) {
  if (entry_ == nullptr) return false;
  if (is_big()) {
    SetObject& object = big_to_change();
    if (!object.erase(member)) return false;
    keyspace_->account(object);
    return true;
  }
  if (is_intset()) {
    const auto number = MemberRef::integer_of(member);
    if (!number) return false;
    const Intset all = numbers();
    const auto place = all.find(*number);
    if (!place.found) return false;
    keyspace_->splice(entry_, key_, place.index * all.width(), all.width(), 0, -1);
    return true;
  }
  const Packing packing(member);
  const char* at = find_packed(packing);
  if (at == nullptr) return false;
  const auto offset = static_cast<size_t>(at - entry_->packed().data());
  keyspace_->splice(entry_, key_, offset, packing.size(), 0, -1);
  return true;
}

void Set::store(Keyspace& keyspace, const Key& key, std::span<const MemberRef> members,
                const Limits& limits) {
  // All is built before anything goes: members may lie in what the key has.
  const auto put = [&](Encoding encoding, const std::string& bytes) {
    char* to = keyspace.store_packed(key, Type::kSet, encoding, bytes.size(),
                                     static_cast<uint32_t>(members.size()));
    bytes.copy(to, bytes.size());
  };
  if (const auto numbers = as_intset(members, limits)) {
    put(Encoding::kIntset, *numbers);
  } else if (const auto packed = as_packed(members, limits)) {
    put(Encoding::kPacked, *packed);
  } else {
    auto object = std::make_unique<SetObject>();
    object->insert(members);
    keyspace.store_object(key, Type::kSet, std::move(object));
  }
}

Value Set::value_of(std::span<const MemberRef> members, const Limits& limits, bool never_intset) {
  if (const auto numbers = never_intset ? std::nullopt : as_intset(members, limits)) {
    return Value::packed(Type::kSet, Encoding::kIntset, *numbers, members.size());
  }
  if (const auto packed = as_packed(members, limits)) {
    return Value::packed(Type::kSet, Encoding::kPacked, *packed, members.size());
  }
  auto object = std::make_unique<SetObject>();
  object->insert(members);
  return Value::big(Type::kSet, std::move(object));
}

// What is kept needs no more room than before.
void Set::keep_inside(Bytes kept, size_t count) noexcept {
  const auto fewer = static_cast<int>(entry_->packed_count() - count);
  kept.copy(keyspace_->splice(entry_, key_, 0, entry_->packed().size(), kept.size(), -fewer),
            kept.size());
}

std::unique_ptr<SetObject> Set::choose(size_t count, Random& random) const {
  std::vector<MemberRef> chosen;
  chosen.reserve(count);
  sample(count, random, [&](Bytes member) { chosen.emplace_back(member); });
  auto object = std::make_unique<SetObject>();
  object->insert(chosen);
  return object;
}

void Set::become(std::unique_ptr<SetObject> chosen) noexcept {
  keyspace_->exchange_object(*entry_, std::move(chosen));
}

// The cursor of a set that lies in its entry is where to go on: the index of a number, or the
// offset of an element.
uint64_t Set::gather(uint64_t cursor, size_t count, std::vector<MemberRef>& into) const {
  if (entry_ == nullptr) return 0;
  if (is_big()) {
    std::vector<const Member*> found;
    found.reserve(count);
    cursor = big().scan(cursor, count, [&](const Member& member) {
      prefetch_line(&member);
      found.push_back(&member);
    });
    for (const Member* member : found) into.emplace_back(member->key());
    return cursor;
  }
  if (is_intset()) {
    const Intset all = numbers();
    const size_t end = std::min<size_t>(all.size(), cursor + count);
    for (; cursor != end; ++cursor) into.emplace_back(all[cursor]);
    return end == all.size() ? 0 : end;
  }
  const Bytes all = entry_->packed();
  PackedCursor at(all.substr(cursor));
  for (; !at.done() && count != 0; --count, at.skip()) into.emplace_back(at.read());
  return at.done() ? 0 : cursor + at.offset();
}

void Set::filter(std::vector<MemberRef>& members, bool keep_present) const {
  if (entry_ == nullptr) {
    if (keep_present) members.clear();
  } else if (is_big()) {
    big().filter(members, keep_present);
  } else if (is_intset()) {
    const Intset all = numbers();
    std::erase_if(members, [&](const MemberRef& member) {
      const auto number = member.number();
      return (number && all.find(*number).found) != keep_present;
    });
  } else {
    std::erase_if(members, [&](const MemberRef& member) {
      return (find_packed(member.packing()) != nullptr) != keep_present;
    });
  }
}

}  // namespace kevy
