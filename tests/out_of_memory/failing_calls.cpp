#include "failing_calls.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>

#include "capi/system_thread.h"
#include "failing_memory.h"

namespace {

using kevy::test::kSystemCalls;
using kevy::test::SystemCall;

std::array<std::atomic<size_t>, kSystemCalls> made{};

struct Failure {
  std::atomic<int> call{-1};  // the SystemCall that fails
  std::atomic<size_t> first{0};
  std::atomic<size_t> end{0};
  std::atomic<int> code{0};
  std::atomic<size_t> failed{0};
} failure;

bool refuses(SystemCall call) noexcept {
  if (kevy::test::has_enough_memory()) return false;
  const size_t number = made[static_cast<size_t>(call)].fetch_add(1);
  if (failure.call.load() != static_cast<int>(call)) return false;
  if (number < failure.first.load() || number >= failure.end.load()) return false;
  failure.failed.fetch_add(1);
  errno = failure.code.load();
  return true;
}

}  // namespace

namespace kevy::test {

const char* name_of(SystemCall call) noexcept {
  static constexpr std::array<const char*, kSystemCalls> kNames = {
      "accept4", "recv",       "send",        "epoll_create1", "epoll_ctl", "epoll_wait",
      "eventfd", "read",       "write",       "socket",        "bind",      "listen",
      "dup",     "setsockopt", "getsockname", "pthread_create",
      "open",    "pwrite",     "fsync",       "rename",        "connect",   "poll",
      "getsockopt"};
  return kNames[static_cast<size_t>(call)];
}

void fail_calls(SystemCall call, size_t number, size_t count, int code) noexcept {
  failure.call.store(-1);
  failure.failed.store(0);
  failure.code.store(code);
  failure.first.store(calls_made(call) + number);
  failure.end.store(failure.first.load() + count);
  failure.call.store(static_cast<int>(call));
}

size_t calls_work_again() noexcept {
  failure.call.store(-1);
  return failure.failed.load();
}

size_t calls_made(SystemCall call) noexcept { return made[static_cast<size_t>(call)].load(); }

}  // namespace kevy::test

extern "C" {

#define KEVY_WRAPPED(kind, result, name, parameters, arguments)      \
  result __real_##name parameters;                                   \
  result __wrap_##name parameters {                                  \
    return refuses(SystemCall::kind) ? -1 : __real_##name arguments; \
  }

KEVY_WRAPPED(kAccept, int, accept4, (int fd, sockaddr* peer, socklen_t* size, int flags),
             (fd, peer, size, flags))
KEVY_WRAPPED(kReceive, ssize_t, recv, (int fd, void* to, size_t size, int flags),
             (fd, to, size, flags))
KEVY_WRAPPED(kReceive, ssize_t, readv, (int fd, const iovec* to, int count), (fd, to, count))
KEVY_WRAPPED(kSend, ssize_t, send, (int fd, const void* from, size_t size, int flags),
             (fd, from, size, flags))
KEVY_WRAPPED(kSend, ssize_t, sendmsg, (int fd, const msghdr* message, int flags),
             (fd, message, flags))
KEVY_WRAPPED(kEpollCreate, int, epoll_create1, (int flags), (flags))
KEVY_WRAPPED(kEpollControl, int, epoll_ctl, (int set, int operation, int fd, epoll_event* event),
             (set, operation, fd, event))
KEVY_WRAPPED(kEpollWait, int, epoll_wait, (int set, epoll_event* events, int max, int timeout),
             (set, events, max, timeout))
KEVY_WRAPPED(kEventDescriptor, int, eventfd, (unsigned count, int flags), (count, flags))
KEVY_WRAPPED(kRead, ssize_t, read, (int fd, void* to, size_t size), (fd, to, size))
KEVY_WRAPPED(kWrite, ssize_t, write, (int fd, const void* from, size_t size), (fd, from, size))
KEVY_WRAPPED(kSocket, int, socket, (int family, int type, int protocol), (family, type, protocol))
KEVY_WRAPPED(kBind, int, bind, (int fd, const sockaddr* address, socklen_t size),
             (fd, address, size))
KEVY_WRAPPED(kListen, int, listen, (int fd, int backlog), (fd, backlog))
KEVY_WRAPPED(kDuplicate, int, dup, (int fd), (fd))
KEVY_WRAPPED(kSetOption, int, setsockopt,
             (int fd, int level, int name, const void* value, socklen_t size),
             (fd, level, name, value, size))
KEVY_WRAPPED(kSocketName, int, getsockname, (int fd, sockaddr* address, socklen_t* size),
             (fd, address, size))

KEVY_WRAPPED(kConnect, int, connect, (int fd, const sockaddr* address, socklen_t size),
             (fd, address, size))
KEVY_WRAPPED(kPoll, int, poll, (pollfd * polled, nfds_t count, int timeout),
             (polled, count, timeout))
KEVY_WRAPPED(kGetOption, int, getsockopt,
             (int fd, int level, int name, void* value, socklen_t* size),
             (fd, level, name, value, size))
KEVY_WRAPPED(kSync, int, fsync, (int fd), (fd))
KEVY_WRAPPED(kRename, int, rename, (const char* from, const char* to), (from, to))

int __real_open(const char* path, int flags, ...);
int __wrap_open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const unsigned mode = (flags & O_CREAT) != 0 ? va_arg(arguments, unsigned) : 0;
  va_end(arguments);
  return refuses(SystemCall::kOpen) ? -1 : __real_open(path, flags, mode);
}

ssize_t __real_pwrite(int fd, const void* from, size_t size, off_t at);
ssize_t __wrap_pwrite(int fd, const void* from, size_t size, off_t at) {
  if (!refuses(SystemCall::kWriteAt)) return __real_pwrite(fd, from, size, at);
  return errno == 0 ? __real_pwrite(fd, from, (size + 1) / 2, at) : -1;
}

// The C++ library starts the threads.
int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*),
                   void* argument) {
  if (refuses(SystemCall::kThread)) return errno;
  return kevy::test::start_system_thread(thread, attributes, body, argument);
}

}  // extern "C"
