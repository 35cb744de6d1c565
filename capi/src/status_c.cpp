// Versions, statuses, the thread's last error, fork().
#include <pthread.h>

#include "guard.h"

namespace kevy::capi {

namespace {

// Plain memory: nothing to be destroyed when a thread ends.
constexpr size_t kMessageMax = 256;
thread_local char last_error[kMessageMax];

void in_child() { fork_count.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

kevy_status fail(kevy_status status, const char* message) noexcept {
  size_t i = 0;
  for (; message[i] != '\0' && i + 1 < kMessageMax; ++i) last_error[i] = message[i];
  last_error[i] = '\0';
  return status;
}

void count_forks() noexcept {
  static const int registered = pthread_atfork(nullptr, nullptr, in_child);
  (void)registered;
}

}  // namespace kevy::capi

uint32_t kevy_abi_version(void) { return KEVY_ABI_VERSION; }

const char* kevy_version(void) { return KEVY_VERSION_TEXT; }

const char* kevy_last_error(void) { return kevy::capi::last_error; }

const char* kevy_strerror(kevy_status status) {
  switch (status) {
    case KEVY_OK:
      return "success";
    case KEVY_INVALID:
      return "invalid argument";
    case KEVY_NO_MEMORY:
      return "out of memory";
    case KEVY_SYSTEM:
      return "refused by the operating system";
    case KEVY_FORKED:
      return "handle of the parent process";
    case KEVY_CLOSED:
      return "closed";
    case KEVY_TIMEOUT:
      return "timed out";
    case KEVY_NOT_FOUND:
      return "not found";
    case KEVY_WRONG_TYPE:
      return "wrong type of value";
    case KEVY_TRUNCATED:
      return "buffer too small";
    case KEVY_NO_AUTH:
      return "authentication required";
    case KEVY_REFUSED:
      return "refused with an error reply";
  }
  return "unknown status";
}
