#include "runtime/mutation/unit.h"

#include <cstring>

#include "runtime/mutation/effect_text.h"

namespace kevy {

// The memory doubles, so that an effect that gets many words takes linear time.
void Unit::make_room(size_t bytes) {
  if (capacity() - used_ >= bytes) return;
  const size_t wanted = std::max(2 * capacity(), used_ + bytes);
  LogChunkPtr larger = LogChunk::make(kFront + wanted + kBack);
  if (larger == nullptr) throw std::bad_alloc();
  // What lies on the stack begins at 0; a chunk leaves room in front.
  const size_t front = chunk_ ? 0 : kFront;
  std::memcpy(larger->data() + front, memory(), used_);
  chunk_ = std::move(larger);
  if (front == 0) return;
  used_ += front;
  for (size_t i = 0; i < count_; ++i) {
    items()[i].begin += front;
    items()[i].end += front;
  }
}

void Unit::make_item() {
  if (count_ < items_max_) return;
  std::unique_ptr<Item[]> more(new Item[2 * items_max_]);
  std::copy_n(items(), count_, more.get());
  more_items_ = std::move(more);
  items_max_ *= 2;
}

void Unit::push(int database, Args words) {
  make_item();
  make_room(effect_size(words));
  Item& item = items()[count_];
  item = {database, static_cast<uint32_t>(words.size()), used_, 0};
  item.end = static_cast<size_t>(put_effect(memory() + used_, words) - memory());
  used_ = item.end;
  ++count_;
}

void Unit::append_word(Bytes word) {
  make_room(word_size(word) + 1);  // the line with the count may grow by a digit
  Item& item = items()[count_ - 1];
  const size_t before = line_size(item.words);
  const size_t after = line_size(item.words + 1);
  if (after != before) {
    std::memmove(memory() + item.begin + after, memory() + item.begin + before,
                 item.end - item.begin - before);
    item.end += after - before;
  }
  put_line(memory() + item.begin, '*', ++item.words);
  item.end = static_cast<size_t>(put_word(memory() + item.end, word) - memory());
  used_ = item.end;
}

void Unit::replace_last(Args words) noexcept {
  Item& item = items()[count_ - 1];
  item.words = static_cast<uint32_t>(words.size());
  item.end = static_cast<size_t>(put_effect(memory() + item.begin, words) - memory());
  used_ = item.end;
}

void Unit::truncate(size_t size) noexcept {
  if (size >= count_) return;
  count_ = size;
  used_ = chunk_ ? kFront : 0;
  for (size_t i = 0; i < count_; ++i) used_ = std::max(used_, item(i).end);
}

void Unit::erase(size_t index) noexcept {
  std::copy(items() + index + 1, items() + count_, items() + index);
  --count_;
}

void Unit::rotate(size_t first, size_t middle) noexcept {
  std::rotate(items() + first, items() + middle, items() + count_);
}

void Unit::cut(size_t index, size_t words) noexcept {
  Item& item = items()[index];
  if (words >= item.words) return;
  const size_t before = line_size(item.words);
  const char* at = memory() + item.begin + before;
  for (size_t i = 0; i < words; ++i) {
    size_t size = 0;
    for (++at; *at != '\r'; ++at) size = size * 10 + static_cast<size_t>(*at - '0');
    at += 2 + size + 2;
  }
  item.end = static_cast<size_t>(at - memory());
  item.begin += before - line_size(words);
  item.words = static_cast<uint32_t>(words);
  put_line(memory() + item.begin, '*', words);
}

size_t Unit::bytes_of_items() const noexcept {
  size_t bytes = 0;
  for (size_t i = 0; i < count_; ++i) bytes += item(i).end - item(i).begin;
  return bytes;
}

bool Unit::is_a_chunk() const noexcept {
  if (!chunk_ || count_ == 0 || !own_.empty()) return false;
  for (size_t i = 1; i < count_; ++i) {
    if (item(i).begin != item(i - 1).end || item(i).database != item(0).database) return false;
  }
  return true;
}

}  // namespace kevy
