#include "store/list/list.h"

#include <algorithm>
#include <new>
#include <string>

namespace kevy {

void List::become_chunks(const ListRun& now) {
  entry_ = keyspace_->set_object(key_, Type::kList, std::make_unique<ListChunks>(now));
}

// Whether the list is packed and may stay so with this much more; what may not becomes chunks.
inline bool List::keep_packed(size_t more_bytes, size_t more, const ListLimit& limit) {
  if (entry_ != nullptr && !packed()) return false;
  const ListRun now = entry_ == nullptr ? ListRun() : run();
  if (limit.holds(now.bytes.size() + more_bytes, now.count + more)) return true;
  become_chunks(now);
  return false;
}

// Back to the packed form, where half of the limit is enough and there is memory for it.
void List::shrink(const ListLimit& limit) noexcept {
  const ListChunks& big = chunks();
  if (!limit.half().holds(big.bytes(), big.size()) || big.size() == 0) return;
  try {
    std::string all;
    all.reserve(big.bytes());
    std::string expanded;
    for (size_t i = 0; i < big.run_count(); ++i) all += big.run(i, expanded).bytes;
    char* to = keyspace_->put_packed(entry_, key_, Type::kList, Encoding::kPacked, all.size(),
                                     static_cast<uint32_t>(big.size()));
    std::copy(all.begin(), all.end(), to);
  } catch (const std::bad_alloc&) {  // then the chunks stay
  }
}

// Makes room for `count` elements in `size` bytes at an end of a packed list, or of none.
char* List::make_room(End end, size_t size, size_t count) {
  if (entry_ == nullptr) {
    return keyspace_->put_packed(entry_, key_, Type::kList, Encoding::kPacked, size,
                                 static_cast<uint32_t>(count));
  }
  const size_t at = end == End::kFront ? 0 : run().bytes.size();
  return splice(at, 0, size, static_cast<int>(count));
}

size_t List::size_of(Args values) noexcept {
  size_t size = 0;
  for (const Bytes value : values) size += ListElement(value).size();
  return size;
}

char* List::write(char* to, End end, Args values) noexcept {
  for (size_t i = 0; i < values.size(); ++i) {
    to = ListElement(values[end == End::kBack ? i : values.size() - 1 - i]).write(to);
  }
  return to;
}

void List::push_packed(End end, Args values) {
  if (values.size() == 1) {
    const ListElement element(values[0]);
    element.write(make_room(end, element.size(), 1));
    return;
  }
  write(make_room(end, size_of(values), values.size()), end, values);
}

void List::push(End end, Args values, const ListLimit& limit) {
  size_t size = 0;
  for (const Bytes value : values) size += value.size();
  if (entry_ != nullptr && !packed()) {
    ListChunks& big = chunks_to_change();
    if (big.push(end, values, limit)) keyspace_->account(big);
    return;
  }
  const ListRun now = entry_ == nullptr ? ListRun() : run();
  if (limit.holds(now.bytes.size() + size, now.count + values.size())) {
    push_packed(end, values);
    return;
  }
  auto object = std::make_unique<ListChunks>(now);
  object->push(end, values, limit);
  entry_ = keyspace_->set_object(key_, Type::kList, std::move(object));
}

void List::store(Keyspace& keyspace, const Key& key, Args values, const ListLimit& limit) {
  size_t size = 0;
  for (const Bytes value : values) size += value.size();
  if (limit.holds(size, values.size())) {
    write(keyspace.store_packed(key, Type::kList, Encoding::kPacked, size_of(values),
                                static_cast<uint32_t>(values.size())),
          End::kBack, values);
    return;
  }
  auto object = std::make_unique<ListChunks>();
  object->push(End::kBack, values, limit);
  keyspace.store_object(key, Type::kList, std::move(object));
}

void List::replace_all(Args values, const ListLimit& limit) {
  size_t size = 0;
  for (const Bytes value : values) size += value.size();
  if (limit.holds(size, values.size())) {
    write(keyspace_->put_packed(entry_, key_, Type::kList, Encoding::kPacked, size_of(values),
                                static_cast<uint32_t>(values.size())),
          End::kBack, values);
    return;
  }
  auto object = std::make_unique<ListChunks>();
  object->push(End::kBack, values, limit);
  entry_ = keyspace_->set_object(key_, Type::kList, std::move(object));
}

void List::rotate(End from, const ListLimit& limit) {
  const bool front = from == End::kFront;
  if (packed()) {
    const ListRun now = run();
    const size_t size = now.bytes.size();
    const size_t first = front ? list_element_size(now.begin())
                               : static_cast<size_t>(list_element_before(now.end()) - now.begin());
    char* const all = splice(0, size, size, 0);
    std::rotate(all, all + first, all + size);
    return;
  }
  std::string element;
  for_range(front ? 0 : size() - 1, 1, End::kFront, [&](Bytes bytes) {
    element = bytes;
    return Walk::kGoOn;
  });
  prepare_erase(front ? 0 : size() - 1);
  const Bytes moved[] = {element};
  push(front ? End::kBack : End::kFront, moved, limit);
  erase(front ? 0 : size() - 1, 1, limit);
}

void List::prepare_erase(size_t index) {
  if (!packed()) chunks_to_change().prepare_erase(index);
}

void List::insert(size_t index, Bytes value, const ListLimit& limit) {
  const ListElement element(value);
  if (keep_packed(value.size(), 1, limit)) {
    element.write(splice(run().offset(index), 0, element.size(), 1));
    return;
  }
  ListChunks& big = chunks_to_change();
  if (index == big.size()) {
    const Bytes values[] = {value};
    big.push(End::kBack, values, limit);
  } else {
    big.insert(index, element, limit);
  }
  keyspace_->account(big);
}

void List::set(size_t index, Bytes value, const ListLimit& limit) {
  const ListElement element(value);
  if (keep_packed(value.size(), 1, limit)) {
    const ListRun now = run();
    const char* at = now.at(index);
    element.write(
        splice(static_cast<size_t>(at - now.begin()), list_element_size(at), element.size(), 0));
    return;
  }
  ListChunks& big = chunks_to_change();
  big.replace(index, element, limit);
  keyspace_->account(big);
  shrink(limit);
}

void List::erase(size_t first, size_t count, const ListLimit& limit) {
  if (packed()) {
    const ListRun now = run();
    const size_t from = now.offset(first);
    splice(from, now.offset(first + count) - from, 0, -static_cast<int>(count));
    return;
  }
  ListChunks& big = chunks_to_change();
  auto removed = big.erase(first, count, limit);
  keyspace_->account(big);
  if (removed != nullptr) keyspace_->discard(std::move(removed));
  shrink(limit);
}

size_t List::erase_equal(Bytes value, size_t max, End from, const ListLimit& limit) {
  const ListElement element(value);
  if (!packed()) {
    ListChunks& big = chunks_to_change();
    const size_t erased = big.erase_equal(element, max, from, limit);
    keyspace_->account(big);
    shrink(limit);
    return erased;
  }
  const ListRun now = run();
  const ListRun::Equal found = now.find_equal(element, max, from);
  if (found.count == 0) return 0;
  const Bytes behind = now.bytes.substr(found.offset);
  std::string left(behind.size(), '\0');
  const char* end = copy_without(behind, element, found.count, left.data());
  const auto size = static_cast<size_t>(end - left.data());
  char* to = splice(found.offset + size, behind.size() - size, 0, -static_cast<int>(found.count));
  std::memcpy(to - size, left.data(), size);
  return found.count;
}

ListCursor::ListCursor(const List& list, size_t index, End from, size_t count) : from_(from) {
  if (index >= list.size()) return;
  if (list.packed()) {
    run_ = list.run();
  } else {
    chunks_ = &list.chunks();
    const ListChunks::Place place = chunks_->find(index);
    run_number_ = place.run;
    index = place.index;
    const size_t onward = from == End::kFront ? std::min(count, SIZE_MAX - index) : 1;
    run_ = chunks_->run(run_number_, expanded_, index + onward - 1);
  }
  at_ = run_.at(index);
}

void ListCursor::next_run() {
  at_ = nullptr;
  const size_t next = from_ == End::kFront ? run_number_ + 1 : run_number_ - 1;
  if (chunks_ == nullptr || next >= chunks_->run_count()) return;  // 0 - 1 is more than all
  run_number_ = next;
  run_ = chunks_->run(next, expanded_);
  at_ = from_ == End::kFront ? run_.begin() : list_element_before(run_.end());
}

}  // namespace kevy
