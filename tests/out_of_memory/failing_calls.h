// System calls that fail when a test says so: those of the engine go through here by the linker's
// --wrap (see CMakeLists.txt), starts of threads by taking the C library's place. Those of a thread
// that has EnoughMemory, which are the test's own, neither fail nor count.
#pragma once

#include <cstddef>

namespace kevy::test {

enum class SystemCall {
  kAccept,
  kReceive,
  kSend,
  kEpollCreate,
  kEpollControl,
  kEpollWait,
  kEventDescriptor,
  kRead,
  kWrite,
  kSocket,
  kBind,
  kListen,
  kDuplicate,
  kSetOption,
  kSocketName,
  kThread,
  kOpen,
  kWriteAt,  // with the code 0: half of it is written
  kSync,
  kRename,
  kConnect,
  kPoll,
  kGetOption,
};
constexpr size_t kSystemCalls = 23;
const char* name_of(SystemCall call) noexcept;

/// From now on the call `number` of this kind, the first one being 0, and those behind it, `count`
/// in all, fail with `code`.
void fail_calls(SystemCall call, size_t number, size_t count, int code) noexcept;
/// All is as usual again. How many have failed.
size_t calls_work_again() noexcept;
/// How many there were since the program began.
size_t calls_made(SystemCall call) noexcept;

}  // namespace kevy::test
