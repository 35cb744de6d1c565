#include "failing_memory.h"

#include <execinfo.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <utility>

namespace {

using kevy::test::Failing;

constexpr long kNever = -1;

struct Countdown {
  long left;  // allocations that succeed before one fails; kNever: all do
  Failing how;
};
thread_local constinit Countdown of_thread{kNever, Failing::kOnce};
thread_local constinit int enough = 0;

std::atomic<long> of_any{kNever};
std::atomic<Failing> how_of_any{Failing::kOnce};
std::atomic<size_t> failed{0};

// By chance: one in so many; 0: none.
std::atomic<uint32_t> one_in{0};
std::atomic<uint64_t> chance{0};

std::atomic<long> blocks{0};
std::atomic<long> mapped_bytes{0};

std::function<void()> at_failure;

constexpr int kFramesMax = 24;
void* frames[kFramesMax];
int frame_count = 0;
std::atomic_flag frames_taken = ATOMIC_FLAG_INIT;

void note_failure() noexcept {
  failed.fetch_add(1);
  if (!frames_taken.test_and_set(std::memory_order_acquire)) {
    ++enough;  // backtrace() may load a library
    frame_count = backtrace(frames, kFramesMax);
    --enough;
    frames_taken.clear(std::memory_order_release);
  }
  if (at_failure) [[unlikely]] {
    ++enough;
    std::exchange(at_failure, nullptr)();
    --enough;
  }
  errno = ENOMEM;
}

bool any_thread_refuses() noexcept {
  if (of_any.load(std::memory_order_relaxed) == kNever) return false;
  const long left = of_any.fetch_sub(1);
  if (left > 0) return false;
  if (left < 0) return false;
  if (how_of_any.load() == Failing::kFromThenOn) {
    of_any.store(0);
  } else {
    of_any.store(kNever);
  }
  return true;
}

bool this_thread_refuses() noexcept {
  if (of_thread.left == kNever) return false;
  if (of_thread.left != 0) {
    --of_thread.left;
    return false;
  }
  if (of_thread.how == Failing::kOnce) of_thread.left = kNever;
  return true;
}

// A sequence of numbers that looks like chance, and is the same for the same seed.
bool chance_refuses() noexcept {
  const uint32_t odds = one_in.load(std::memory_order_relaxed);
  if (odds == 0) return false;
  uint64_t number = chance.fetch_add(0x9e3779b97f4a7c15u, std::memory_order_relaxed);
  number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9u;
  number = (number ^ number >> 27) * 0x94d049bb133111ebu;
  return (number ^ number >> 31) % odds == 0;
}

bool refuses() noexcept {
  if (enough != 0) return false;
  if (!this_thread_refuses() && !any_thread_refuses() && !chance_refuses()) return false;
  note_failure();
  return true;
}

}  // namespace

namespace kevy::test {

namespace {
size_t failed_before = 0;
}

void fail_allocation(size_t number, Failing how) noexcept {
  failed_before = failed.load();
  of_thread = {static_cast<long>(number), how};
}

void fail_allocation_of_any_thread(size_t number, Failing how) noexcept {
  failed_before = failed.load();
  how_of_any.store(how);
  of_any.store(static_cast<long>(number));
}

void fail_allocations_by_chance(uint64_t seed, uint32_t odds) noexcept {
  failed_before = failed.load();
  chance.store(seed);
  one_in.store(odds);
}

bool memory_is_back() noexcept {
  of_thread.left = kNever;
  of_any.store(kNever);
  one_in.store(0);
  return failed.load() != failed_before;
}

void call_at_failure(std::function<void()> call) { at_failure = std::move(call); }

size_t failed_allocations() noexcept { return failed.load(); }

InUse memory_in_use() noexcept { return {blocks.load(), mapped_bytes.load()}; }

std::string where_memory_ran_out() {
  std::string text;
  char** const symbols = backtrace_symbols(frames, frame_count);
  for (int i = 0; i < frame_count; ++i) {
    text += symbols[i];
    text += '\n';
  }
  std::free(symbols);
  return text;
}

EnoughMemory::EnoughMemory() noexcept { ++enough; }
EnoughMemory::~EnoughMemory() { --enough; }

bool has_enough_memory() noexcept { return enough != 0; }

MemoryMayFail::MemoryMayFail() noexcept : enough_before_(std::exchange(enough, 0)) {}
MemoryMayFail::~MemoryMayFail() { enough = enough_before_; }

}  // namespace kevy::test

namespace {

void* counted(void* memory) noexcept {
  if (memory != nullptr) blocks.fetch_add(1, std::memory_order_relaxed);
  return memory;
}
void* counted_mapping(void* memory, size_t bytes) noexcept {
  if (memory != MAP_FAILED) {
    mapped_bytes.fetch_add(static_cast<long>(bytes), std::memory_order_relaxed);
  }
  return memory;
}

}  // namespace

extern "C" {

void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* memory, size_t size);
void* __real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void** memory, size_t alignment, size_t size);
void __real_free(void* memory);
void* __real_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset);
void* __real_mremap(void* address, size_t size, size_t new_size, int flags, ...);
int __real_munmap(void* address, size_t size);
int __real_madvise(void* address, size_t size, int advice);

void* __wrap_malloc(size_t size) { return refuses() ? nullptr : counted(__real_malloc(size)); }
void* __wrap_calloc(size_t count, size_t size) {
  return refuses() ? nullptr : counted(__real_calloc(count, size));
}
void* __wrap_realloc(void* memory, size_t size) {
  if (memory == nullptr) return __wrap_malloc(size);
  return refuses() ? nullptr : __real_realloc(memory, size);
}
void* __wrap_aligned_alloc(size_t alignment, size_t size) {
  return refuses() ? nullptr : counted(__real_aligned_alloc(alignment, size));
}
int __wrap_posix_memalign(void** memory, size_t alignment, size_t size) {
  if (refuses()) return ENOMEM;
  const int code = __real_posix_memalign(memory, alignment, size);
  if (code == 0) counted(*memory);
  return code;
}
void __wrap_free(void* memory) {
  if (memory != nullptr) blocks.fetch_sub(1, std::memory_order_relaxed);
  __real_free(memory);
}
void* __wrap_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  if (refuses()) return MAP_FAILED;
  return counted_mapping(__real_mmap(address, size, protection, flags, file, offset), size);
}
// Nobody asks for a place of his own, which would be another argument.
void* __wrap_mremap(void* address, size_t size, size_t new_size, int flags, ...) {
  if (refuses()) return MAP_FAILED;
  return counted_mapping(__real_mremap(address, size, new_size, flags), new_size - size);
}
int __wrap_munmap(void* address, size_t size) {
  mapped_bytes.fetch_sub(static_cast<long>(size), std::memory_order_relaxed);
  return __real_munmap(address, size);
}
int __wrap_madvise(void* address, size_t size, int advice) {
  return refuses() ? -1 : __real_madvise(address, size, advice);
}

}  // extern "C"

namespace {

void* get(size_t size) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* get(size_t size, std::align_val_t alignment) noexcept {
  const auto step = static_cast<size_t>(alignment);
  return std::aligned_alloc(step, (size + step - 1) / step * step);
}
void* or_throw(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

// Every form, since a sanitizer brings its own of those that are missing.
using std::align_val_t;
using std::nothrow_t;

void* operator new(size_t size) { return or_throw(get(size)); }
void* operator new[](size_t size) { return or_throw(get(size)); }
void* operator new(size_t size, align_val_t alignment) { return or_throw(get(size, alignment)); }
void* operator new[](size_t size, align_val_t alignment) { return or_throw(get(size, alignment)); }
void* operator new(size_t size, const nothrow_t&) noexcept { return get(size); }
void* operator new[](size_t size, const nothrow_t&) noexcept { return get(size); }
void* operator new(size_t size, align_val_t alignment, const nothrow_t&) noexcept {
  return get(size, alignment);
}
void* operator new[](size_t size, align_val_t alignment, const nothrow_t&) noexcept {
  return get(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, size_t, align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, const nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, align_val_t, const nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, align_val_t, const nothrow_t&) noexcept { std::free(memory); }
