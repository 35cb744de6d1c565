#include "runtime/mutation/write_log.h"

#include <chrono>
#include <cstring>
#include <mutex>
#include <utility>

#include "base/number.h"
#include "base/processor.h"
#include "runtime/mutation/effect_text.h"

namespace kevy {

namespace {

constexpr Bytes kMulti = "*1\r\n$5\r\nMULTI\r\n";
constexpr Bytes kExec = "*1\r\n$4\r\nEXEC\r\n";
constexpr size_t kSelectMax = 64;
constexpr size_t kStampMax = 32;

char* put_select_at(char* to, int database) noexcept {
  char digits[kIntegerTextMax];
  const Bytes words[] = {"SELECT", format_int64(database, digits)};
  return put_effect(to, words);
}

void free_all(LogChunk* chunk) noexcept {
  while (chunk != nullptr) LogChunk::Free()(std::exchange(chunk, chunk->next));
}

}  // namespace

WriteLog::WriteLog(size_t bytes_max) : bytes_max_(bytes_max) {
  LogChunkPtr first = LogChunk::make(kChunkBytes);
  LogChunkPtr spare = LogChunk::make(kChunkBytes);
  if (first == nullptr || spare == nullptr) throw std::bad_alloc();
  first_ = first.release();
  append_behind(first_);
  spare_ = spare.release();
}

WriteLog::~WriteLog() {
  free_all(first_);
  free_all(spare_);
  free_all(free_);
}

void WriteLog::get_spare() {
  LogChunkPtr made = LogChunk::make(kChunkBytes);
  if (made == nullptr) throw std::bad_alloc();
  std::lock_guard guard(lock_);
  if (spare_ == nullptr) spare_ = made.release();
  spare_missing_.store(false, std::memory_order_relaxed);
}

// Whether so much can be put without getting memory from then on.
bool WriteLog::ensure(size_t bytes) noexcept {
  const size_t room = this->room();
  if (room >= bytes) [[likely]]
    return true;
  if (spare_ != nullptr && room + spare_->capacity >= bytes) return true;
  LogChunkPtr made = LogChunk::make(std::max(bytes, kChunkBytes));
  if (made == nullptr) return false;
  if (spare_ != nullptr) LogChunk::Free()(spare_);
  spare_ = made.release();
  return true;
}

// From here on it is the last one.
void WriteLog::append_behind(LogChunk* chunk) noexcept {
  last_ = chunk;
  chunk->whole = 0;  // of a unit that has begun before it
  to_ = chunk->data() + chunk->end;
  to_max_ = chunk->data() + chunk->capacity;
}

void WriteLog::next_chunk() noexcept {
  note_end();
  last_->next = spare_;
  append_behind(spare_);
  spare_ = free_;
  if (free_ != nullptr) {
    free_ = std::exchange(spare_->next, nullptr);
    --free_count_;
  }
  if (spare_ == nullptr) spare_missing_.store(true, std::memory_order_relaxed);
}

void WriteLog::put(const char* bytes, size_t size) noexcept {
  put_ += size;
  while (size != 0) {
    if (room() == 0) next_chunk();
    const size_t part = std::min(size, room());
    std::memcpy(to_, bytes, part);
    to_ += part;
    bytes += part;
    size -= part;
  }
}

// There is room for kStampMax bytes.
void WriteLog::put_stamp() noexcept {
  const Clock* const clock = clock_.load(std::memory_order_relaxed);
  if (clock == nullptr) [[likely]]
    return;
  const int64_t now_s = clock->coarse_seconds();
  if (now_s == stamped_s_) return;
  stamped_s_ = now_s;
  char digits[kIntegerTextMax];
  put("#TS:");
  put(format_int64(now_s, digits));
  put("\r\n");
}

void WriteLog::put_select(int database) noexcept {
  if (database == database_) [[likely]]
    return;
  database_ = database;
  char text[kSelectMax];
  put({text, static_cast<size_t>(put_select_at(text, database) - text)});
}

// In one go where it fits, as it nearly always does.
void WriteLog::put_words(Args words) noexcept {
  const size_t size = effect_size(words);
  if (room() >= size) [[likely]] {
    to_ = put_effect(to_, words);
    put_ += size;
    return;
  }
  char line[kSelectMax];
  put({line, static_cast<size_t>(put_line(line, '*', words.size()) - line)});
  for (const Bytes word : words) {
    put({line, static_cast<size_t>(put_line(line, '$', word.size()) - line)});
    put(word);
    put("\r\n");
  }
}

uint64_t WriteLog::finish(size_t size) noexcept {
  const uint64_t end = this->end() + size;
  end_.store(end, std::memory_order_relaxed);
  if (end - consumed() > bytes_max_) [[unlikely]]
    full_.store(true, std::memory_order_relaxed);
  return end;
}

uint64_t WriteLog::append(int database, Args words) noexcept {
  return append(database, words, effect_size_most(words));
}

// Nearly always there is room for the most that it can take, so that it need not be measured.
inline uint64_t WriteLog::append(int database, Args words, size_t most) noexcept {
  uint64_t end = 0;
  bool wakes = false;
  {
    std::lock_guard guard(lock_);
    wakes = consumer_sleeps_;
    if (database == database_ && room() >= most && !stamps()) [[likely]] {
      char* const to = to_;
      // Of the memory that comes next, which the consumer's processor has read.
      prefetch_to_write(to + 256);
      prefetch_to_write(to + 320);
      to_ = put_effect(to, words);
      end = finish(static_cast<size_t>(to_ - to));
    } else if (!ensure(effect_size(words) + kSelectMax + kStampMax)) {
      lose();
      return this->end();
    } else {
      put_ = 0;
      note_unit();
      put_stamp();
      put_select(database);
      put_words(words);
      end = finish(put_);
    }
  }
  if (wakes) [[unlikely]]
    call_consumer();
  return end;
}

// The unit's chunk becomes the last one. What room there was in the one before is left.
void WriteLog::take_over(Unit& unit) noexcept {
  const int database = unit.item(0).database;
  size_t begin = unit.item(0).begin;
  size_t end = unit.item(unit.size() - 1).end;
  LogChunk* const chunk = unit.take_chunk().release();
  const auto put_in_front = [&](Bytes text) {
    begin -= text.size();
    std::memcpy(chunk->data() + begin, text.data(), text.size());
  };
  if (unit.size() > 1) {
    std::memcpy(chunk->data() + end, kExec.data(), kExec.size());
    end += kExec.size();
    put_in_front(kMulti);
  }
  if (database != database_) {
    char text[kSelectMax];
    put_in_front({text, static_cast<size_t>(put_select_at(text, database) - text)});
    database_ = database;
  }
  chunk->begin = begin;
  chunk->end = end;
  note_end();
  last_->next = chunk;
  append_behind(chunk);
  put_ += end - begin;
}

uint64_t WriteLog::append(Unit& unit) noexcept {
  const size_t items = unit.size();  // beside its own words
  if (items == 0) [[likely]] {
    const size_t most = effect_size_most(unit.own());
    if (most <= Unit::kSmallMax) [[likely]]
      return append(unit.own_database(), unit.own(), most);
  }
  uint64_t end = 0;
  bool wakes = false;
  {
    std::lock_guard guard(lock_);
    put_ = 0;
    note_unit();
    wakes = consumer_sleeps_;
    const size_t bytes = unit.bytes_of_items() + effect_size(unit.own()) + kMulti.size() +
                         kExec.size() + kSelectMax * unit.effects() + kStampMax;
    if (bytes > Unit::kSmallMax && unit.is_a_chunk()) {
      if (stamps() && ensure(kStampMax)) put_stamp();
      take_over(unit);
    } else if (!ensure(bytes)) {
      lose();
      return this->end();
    } else {
      put_stamp();
      const bool several = unit.effects() > 1;
      if (several) put(kMulti);
      for (size_t i = 0; i < unit.size(); ++i) {
        const Unit::Item& item = unit.item(i);
        put_select(item.database);
        put(unit.bytes() + item.begin, item.end - item.begin);
      }
      if (!unit.own().empty()) {
        put_select(unit.own_database());
        put_words(unit.own());
      }
      if (several) put(kExec);
    }
    end = finish(put_);
  }
  if (wakes) [[unlikely]]
    call_consumer();
  return end;
}

size_t WriteLog::peek(std::span<iovec> pieces) noexcept {
  uint64_t whole = 0;
  return peek_units(pieces, 0, UINT64_MAX, whole);
}

size_t WriteLog::peek_units(std::span<iovec> pieces, uint64_t skip, uint64_t most,
                            uint64_t& whole) noexcept {
  std::lock_guard guard(lock_);
  note_end();
  size_t count = 0;
  uint64_t total = 0;
  whole = 0;
  for (LogChunk* chunk = first_; chunk != nullptr && count < pieces.size(); chunk = chunk->next) {
    const size_t size = chunk->end - chunk->begin;
    if (size <= skip) {
      skip -= size;
      continue;
    }
    const size_t from = chunk->begin + std::exchange(skip, 0);
    const size_t unit_end = chunk == last_ ? chunk->end : chunk->whole;
    if (unit_end > from) {
      const uint64_t until = total + (unit_end - from);
      if (whole != 0 && until > most) break;
      whole = until;
    }
    pieces[count++] = {chunk->data() + from, chunk->end - from};
    total += chunk->end - from;
    if (whole != 0 && total >= most) break;
  }
  return count;
}

void WriteLog::consume(size_t bytes) noexcept {
  LogChunk* unneeded = nullptr;
  {
    std::lock_guard guard(lock_);
    note_end();
    consumed_.fetch_add(bytes, std::memory_order_relaxed);
    full_.store(end() - consumed() > bytes_max_, std::memory_order_relaxed);
    while (true) {
      const size_t part = std::min(bytes, first_->end - first_->begin);
      first_->begin += part;
      bytes -= part;
      if (first_->begin != first_->end || first_ == last_) break;
      LogChunk* const done = std::exchange(first_, first_->next);
      done->begin = done->end = 0;
      done->next = nullptr;
      if (done->capacity == kChunkBytes && spare_ == nullptr) {
        spare_ = done;
        spare_missing_.store(false, std::memory_order_relaxed);
      } else if (done->capacity == kChunkBytes && free_count_ < kFreeMax) {
        done->next = std::exchange(free_, done);
        ++free_count_;
      } else {
        done->next = std::exchange(unneeded, done);
      }
    }
    // The last one is used from its start again once it is empty.
    if (first_ == last_ && last_->begin == last_->end) {
      last_->begin = last_->end = 0;
      append_behind(last_);
    }
  }
  free_all(unneeded);
  std::lock_guard guard(mutex_);
  if (waiting_ != 0) moved_.notify_all();
}

uint64_t WriteLog::begin_anew() noexcept {
  std::lock_guard guard(lock_);
  database_ = kNoDatabase;
  stamped_s_ = 0;
  broken_.store(false, std::memory_order_relaxed);
  return end();
}

void WriteLog::call_consumer() noexcept {
  std::lock_guard guard(mutex_);
  called_ = true;
  work_.notify_one();
}

void WriteLog::hurry() noexcept {
  std::lock_guard guard(mutex_);
  hurried_ = true;
  work_.notify_one();
}

// That it sleeps is said together with the last look for work: whoever appends later sees it.
void WriteLog::wait_for_work() noexcept {
  const auto sleep = [this](bool sleeps) {
    std::lock_guard guard(lock_);
    consumer_sleeps_ = sleeps && !has_more();
    return consumer_sleeps_;
  };
  std::unique_lock lock(mutex_);
  if (!called_ && !hurried_ && sleep(true)) {
    work_.wait(lock, [this] { return called_ || hurried_; });
    sleep(false);
  }
  called_ = hurried_ = false;
}

void WriteLog::pause_consumer(int64_t ms) noexcept {
  std::unique_lock lock(mutex_);
  work_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return called_ || hurried_; });
  called_ = hurried_ = false;
}

void WriteLog::wait_for_room() noexcept {
  std::unique_lock lock(mutex_);
  ++waiting_;
  hurried_ = true;
  work_.notify_one();
  moved_.wait(lock, [this] { return failing_ || !full(); });
  --waiting_;
}

bool WriteLog::wait_until_safe(uint64_t position) noexcept {
  if (is_safe(position)) return true;
  std::unique_lock lock(mutex_);
  ++waiting_;
  hurried_ = true;
  work_.notify_one();
  moved_.wait(lock, [&] { return failing_ || is_safe(position) || !fenced(); });
  --waiting_;
  return is_safe(position) || !fenced();
}

void WriteLog::set_fenced(bool fenced) noexcept {
  {
    std::lock_guard guard(mutex_);
    fenced_.store(fenced, std::memory_order_relaxed);
    moved_.notify_all();
  }
  if (on_safe_) on_safe_();
}

void WriteLog::set_safe(uint64_t position) noexcept {
  safe_.store(position, std::memory_order_seq_cst);
  {
    std::lock_guard guard(mutex_);
    if (waiting_ != 0) moved_.notify_all();
  }
  if (on_safe_) on_safe_();
}

void WriteLog::set_failing(bool failing) noexcept {
  {
    std::lock_guard guard(mutex_);
    failing_ = failing;
    moved_.notify_all();
  }
  if (on_safe_) on_safe_();
}

}  // namespace kevy
