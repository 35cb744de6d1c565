// Versions, statuses, the thread's last error, fork().
#include <pthread.h>

#include <cerrno>
#include <new>
#include <string>

#include "guard.h"

namespace kevy::capi {

namespace {

// Plain memory: nothing to be destroyed when a thread ends, but where a text was longer.
struct LastError {
  const char* text;
  int code;
  bool keeps_no_more;  // of long texts: the thread ends
  char copied[256];

  /// Keeps the text, or as much of it as there is room for.
  void copy(std::string_view whole) noexcept {
    copied[whole.copy(copied, sizeof copied - 1)] = '\0';
    text = copied;
  }
};
constinit thread_local LastError last_error{"", 0, false, {}};

// The thread's last long text. What runs behind it when the thread ends, such as what was given to
// atexit(), may still call the library.
struct LongText {
  std::string text;
  ~LongText() {
    last_error.keeps_no_more = true;
    if (last_error.text == text.c_str()) last_error.copy(text);
  }
};

void in_child() { fork_count.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

kevy_status fail(kevy_status status, const char* constant) noexcept {
  last_error.text = constant;
  last_error.code = 0;
  return status;
}

// Where there is no memory for all of a long text, its beginning has to do.
kevy_status fail_with(kevy_status status, std::string_view text, int code) noexcept {
  last_error.code = code;
  if (text.size() >= sizeof last_error.copied && !last_error.keeps_no_more) {
    static thread_local LongText whole;
    try {
      whole.text = text;
      last_error.text = whole.text.c_str();
      return status;
    } catch (const std::bad_alloc&) {  // its beginning is copied
    }
  }
  last_error.copy(text);
  return status;
}

kevy_status fail_with(const Error& error) noexcept {
  switch (error.kind) {
    case Error::Kind::kInvalid:
      return fail_with(KEVY_INVALID, error.message);
    case Error::Kind::kNoMemory:
      return fail_with(KEVY_NO_MEMORY, error.message);
    case Error::Kind::kState:
      return fail_with(error.code == ECANCELED ? KEVY_CANCELLED : KEVY_REFUSED, error.message);
    default:
      return fail_with(KEVY_SYSTEM, error.message, error.code);
  }
}

void count_forks() noexcept {
  static const int registered = pthread_atfork(nullptr, nullptr, in_child);
  (void)registered;
}

}  // namespace kevy::capi

uint32_t kevy_abi_version(void) { return KEVY_ABI_VERSION; }

const char* kevy_version(void) { return KEVY_VERSION_TEXT; }

const char* kevy_last_error(void) { return kevy::capi::last_error.text; }

int kevy_last_errno(void) { return kevy::capi::last_error.code; }

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
    case KEVY_NOT_STORED:
      return "not stored";
    case KEVY_CANCELLED:
      return "cancelled";
    case KEVY_PENDING:
      return "waiting";
    case KEVY_REFUSED:
      return "refused with an error reply";
  }
  return "unknown status";
}
