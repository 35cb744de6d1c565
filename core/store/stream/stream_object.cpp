#include "store/stream/stream_object.h"

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/memory.h"
#include "store/stream/named_memory.h"

namespace kevy {

/// Chunks that were taken out of a stream: freeing them is left to whoever has the time.
class StreamObject::Removed final : public Object {
 public:
  Removed() : chunks_(memory_) {}
  ~Removed() override {
    for (auto at = chunks_.first(); at; at.next()) StreamChunk::free(at.value());
  }
  std::unique_ptr<Object> clone() const override { return nullptr; }
  size_t memory_bytes() const noexcept override { return memory_; }

  /// False where there is no memory for it.
  bool add(StreamChunk* chunk) noexcept {
    try {
      chunks_.insert(chunk->first_id(), chunk);
    } catch (const std::bad_alloc&) {
      return false;
    }
    memory_ += chunk->memory_bytes();
    return true;
  }

 private:
  size_t memory_ = 0;
  Chunks chunks_;
};

StreamObject::~StreamObject() {
  if (viewed()) end_views();
  for (auto at = chunks_.first(); at; at.next()) StreamChunk::free(at.value());
  groups_.for_each([](StreamGroup& group) {
    delete &group;
    return Walk::kGoOn;
  });
}

std::unique_ptr<Object> StreamObject::clone() const {
  auto copy = clone_rest();
  for (auto at = chunks_.first(); at; at.next()) {
    StreamChunk* const chunk = StreamChunk::copy_of(*at.value());
    try {
      copy->chunks_.insert(at.id(), chunk);
    } catch (...) {
      StreamChunk::free(chunk);
      throw;
    }
    copy->memory_ += chunk->memory_bytes();
  }
  copy->empty_chunks_ = empty_chunks_;
  return copy;
}

std::unique_ptr<StreamObject> StreamObject::clone_rest() const {
  auto copy = std::make_unique<StreamObject>();
  copy->counts_ = counts_;
  for_each_group([&](const StreamGroup& group) {
    auto other = group.clone(copy->memory_);
    insert_named(copy->groups_, *other, copy->memory_);
    static_cast<void>(other.release());  // the table has it
  });
  if (producers_ != nullptr) {
    copy->producers_ = producers_->clone(copy->memory_);
    copy->memory_ += allocated_bytes(copy->producers_.get());
  }
  return copy;
}

size_t StreamObject::memory_bytes() const noexcept {
  return allocated_bytes(const_cast<StreamObject*>(this)) + memory_;
}

StreamId StreamObject::last_entry_id() const noexcept {
  for (auto at = chunks_.last(); at; at.previous()) {
    const uint32_t last = at.value()->last();
    if (last != StreamChunk::kNowhere) return at.value()->id_at(last);
  }
  return {};
}

StreamObject::Appended StreamObject::append(StreamId id, Args fields, size_t bytes,
                                            const StreamChunkLimit& limit, bool alike) {
  Appended before{counts_, false, {}};
  auto last = chunks_.last();
  // Behind an empty one ids may begin at lower ones again (XSETID), which belong in front of it.
  if (last && last.id() >= id) [[unlikely]] {
    KEVY_DCHECK(last.value()->count() == 0);
    --empty_chunks_;
    erase_chunk(last.id());
    last = chunks_.last();
  }
  if (!last || last.value()->is_full(bytes, limit)) {
    StreamChunk* const chunk = StreamChunk::make(id, fields);
    try {
      chunks_.insert(id, chunk);
    } catch (...) {
      StreamChunk::free(chunk);
      throw;
    }
    memory_ += chunk->memory_bytes();
    if (viewed()) [[unlikely]] tell_views_of_new(id);
    before.opened_chunk = true;
    // The one before has its last size. The insertion may have moved the place of it.
    auto full = chunks_.last();
    full.previous();
    if (full) {
      memory_ -= full.value()->memory_bytes();
      StreamChunk::shrink(full.value());
      memory_ += full.value()->memory_bytes();
    }
  } else {
    StreamChunk*& chunk = last.value();
    before.mark = chunk->mark();
    before_change(*chunk);
    const size_t memory_before = chunk->memory_bytes();
    StreamChunk::append(chunk, id, fields, alike);
    if (before.mark.count == 0) --empty_chunks_;
    memory_ += chunk->memory_bytes() - memory_before;
  }
  if (counts_.length == 0) counts_.first_id = id;
  ++counts_.length;
  ++counts_.entries_added;
  counts_.last_id = id;
  return before;
}

void StreamObject::take_back(const Appended& appended) noexcept {
  const auto last = chunks_.last();
  if (appended.opened_chunk) {
    erase_chunk(last.id());
  } else {
    before_change(*last.value());
    last.value()->take_back(appended.mark);
    if (appended.mark.count == 0) ++empty_chunks_;
  }
  counts_ = appended.counts;
}

void StreamObject::erase_chunk(StreamId first) noexcept {
  StreamChunk* const chunk = *chunks_.find(first);
  chunks_.erase(first);
  memory_ -= chunk->memory_bytes();
  release(chunk);
}

void StreamObject::find_first_id() noexcept {
  counts_.first_id = {};
  for (auto at = chunks_.first(); at; at.next()) {
    const uint32_t first = at.value()->first();
    if (first == StreamChunk::kNowhere) continue;
    counts_.first_id = at.value()->id_at(first);
    return;
  }
}

bool StreamObject::erase(StreamId id) noexcept {
  const auto found = chunks_.at_or_before(id);
  if (!found) return false;
  StreamChunk& chunk = *found.value();
  const uint32_t at = chunk.find_from(id);
  if (at == StreamChunk::kNowhere || chunk.id_at(at) != id) return false;
  before_change(chunk);
  chunk.erase(at);
  if (chunk.count() == 0) erase_chunk(found.id());
  --counts_.length;
  counts_.max_deleted_id = std::max(counts_.max_deleted_id, id);
  if (id == counts_.first_id) find_first_id();
  return true;
}

StreamObject::Front StreamObject::find_to_trim(const StreamTrim& trim) const noexcept {
  if (trim.by == StreamTrim::By::kNothing) return {};
  const bool by_length = trim.by == StreamTrim::By::kLength;
  const uint64_t excess = counts_.length > trim.length ? counts_.length - trim.length : 0;
  if (by_length && !trim.approximate) return {excess};
  uint64_t count = 0;
  for (auto at = chunks_.first(); at; at.next()) {
    const StreamChunk& chunk = *at.value();
    if (trim.limit != 0 && count + chunk.count() > trim.limit) break;
    const bool whole = by_length ? count + chunk.count() <= excess : chunk.last_id() < trim.min_id;
    if (!whole) {
      if (trim.approximate) break;
      const uint64_t before = count;
      for (uint32_t entry = chunk.first();
           entry != StreamChunk::kNowhere && chunk.id_at(entry) < trim.min_id;
           entry = chunk.next(entry)) {
        ++count;
      }
      return {count, count != before};
    }
    count += chunk.count();
  }
  return {count};
}

std::unique_ptr<Object> StreamObject::erase_front(Front front) noexcept {
  uint64_t count = front.count;
  if (count == 0) return nullptr;
  constexpr uint64_t kMany = 100'000;
  std::unique_ptr<Removed> removed;
  if (count >= kMany) removed.reset(new (std::nothrow) Removed);
  counts_.length -= count;
  while (count != 0) {
    const auto first = chunks_.first();
    StreamChunk& chunk = *first.value();
    if (chunk.count() > count || (chunk.count() == count && front.chunk_stays)) {
      before_change(chunk);
      for (; count != 0; --count) chunk.erase(chunk.first());
      if (chunk.count() == 0) ++empty_chunks_;
    } else {
      count -= chunk.count();
      if (chunk.count() == 0) --empty_chunks_;
      if (removed != nullptr && !viewed() && removed->add(&chunk)) {
        memory_ -= chunk.memory_bytes();
        chunks_.erase(first.id());
      } else {
        erase_chunk(first.id());
      }
    }
  }
  find_first_id();
  return removed;
}

const StreamGroup* StreamObject::find_group(Bytes name) const noexcept {
  const auto slot = groups_.find(name);
  return slot ? slot.item() : nullptr;
}

StreamGroup* StreamObject::find_group(Bytes name) noexcept {
  const auto slot = groups_.find(name);
  return slot ? slot.item() : nullptr;
}

StreamGroup& StreamObject::add_group(Bytes name, StreamId last_id, int64_t entries_read) {
  auto made = std::make_unique<StreamGroup>(name, last_id, entries_read, memory_);
  insert_named(groups_, *made, memory_);
  return *made.release();
}

StreamProducers& StreamObject::find_or_make_producers(const StreamProducers::Limits& limits) {
  if (producers_ == nullptr) {
    producers_ = std::make_unique<StreamProducers>(memory_, limits);
    memory_ += allocated_bytes(producers_.get());
  }
  return *producers_;
}

void StreamObject::erase_group(StreamGroup& group) noexcept {
  erase_named(groups_, group, memory_);
  delete &group;
}

}  // namespace kevy
