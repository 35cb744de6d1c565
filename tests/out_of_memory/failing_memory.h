// Memory that runs out when a test says so: every allocation of the program goes through here, the
// engine's by the linker's --wrap (see CMakeLists.txt), those of C++ by operator new. That leaves a
// sanitizer's own allocator where it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace kevy::test {

enum class Failing {
  kOnce,        // one allocation fails, and the next one finds memory
  kFromThenOn,  // no allocation finds memory any more
};

/// From now on the allocation `number` of this thread, the first one being 0, finds no memory.
void fail_allocation(size_t number, Failing how) noexcept;
/// The same for the allocations of all threads together but those that have EnoughMemory.
void fail_allocation_of_any_thread(size_t number, Failing how) noexcept;
/// From now on one in `odds` allocations of the threads without EnoughMemory finds no memory, by a
/// chance that is the same for the same seed.
void fail_allocations_by_chance(uint64_t seed, uint32_t odds) noexcept;
/// All is as usual again. Whether any allocation has failed.
bool memory_is_back() noexcept;
/// Has this called, once, by the thread whose allocation fails next, which has EnoughMemory
/// meanwhile. nullptr: nothing any more.
void call_at_failure(std::function<void()> call);
/// How many have failed since the program began.
size_t failed_allocations() noexcept;
/// The calls that led to the last allocation that failed, to look up with addr2line.
std::string where_memory_ran_out();

/// What was allocated and not yet freed, the program's own included.
struct InUse {
  long blocks;
  long mapped_bytes;
  friend bool operator==(const InUse&, const InUse&) = default;
};
InUse memory_in_use() noexcept;

/// While one exists this thread's allocations neither fail nor count: for what belongs to the test.
class EnoughMemory {
 public:
  EnoughMemory() noexcept;
  ~EnoughMemory();
  EnoughMemory(const EnoughMemory&) = delete;
  EnoughMemory& operator=(const EnoughMemory&) = delete;
};

bool has_enough_memory() noexcept;

/// The opposite, within the test's own calls of what is tested.
class MemoryMayFail {
 public:
  MemoryMayFail() noexcept;
  ~MemoryMayFail();
  MemoryMayFail(const MemoryMayFail&) = delete;
  MemoryMayFail& operator=(const MemoryMayFail&) = delete;

 private:
  int enough_before_;
};

}  // namespace kevy::test
