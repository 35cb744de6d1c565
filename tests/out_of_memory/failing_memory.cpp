#include "failing_memory.h"

#include <execinfo.h>
#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <new>

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

constexpr int kFramesMax = 24;
void* frames[kFramesMax];
int frame_count = 0;

void note_failure() noexcept {
  failed.fetch_add(1);
  ++enough;  // backtrace() may load a library
  frame_count = backtrace(frames, kFramesMax);
  --enough;
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

bool refuses() noexcept {
  if (enough != 0 || (!this_thread_refuses() && !any_thread_refuses())) return false;
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

bool memory_is_back() noexcept {
  of_thread.left = kNever;
  of_any.store(kNever);
  return failed.load() != failed_before;
}

size_t failed_allocations() noexcept { return failed.load(); }

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

}  // namespace kevy::test

extern "C" {

void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* memory, size_t size);
void* __real_aligned_alloc(size_t alignment, size_t size);
int __real_posix_memalign(void** memory, size_t alignment, size_t size);
void* __real_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset);

void* __wrap_malloc(size_t size) { return refuses() ? nullptr : __real_malloc(size); }
void* __wrap_calloc(size_t count, size_t size) {
  return refuses() ? nullptr : __real_calloc(count, size);
}
void* __wrap_realloc(void* memory, size_t size) {
  return refuses() ? nullptr : __real_realloc(memory, size);
}
void* __wrap_aligned_alloc(size_t alignment, size_t size) {
  return refuses() ? nullptr : __real_aligned_alloc(alignment, size);
}
int __wrap_posix_memalign(void** memory, size_t alignment, size_t size) {
  return refuses() ? ENOMEM : __real_posix_memalign(memory, alignment, size);
}
void* __wrap_mmap(void* address, size_t size, int protection, int flags, int file, off_t offset) {
  return refuses() ? MAP_FAILED : __real_mmap(address, size, protection, flags, file, offset);
}

}  // extern "C"

// The nothrow, array and sized forms of the library call these.
void* operator new(size_t size) {
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t size, std::align_val_t alignment) {
  const auto step = static_cast<size_t>(alignment);
  if (void* memory = std::aligned_alloc(step, (size + step - 1) / step * step)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }
