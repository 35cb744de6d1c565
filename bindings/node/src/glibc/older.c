// What newer versions of glibc have under new versions of symbols, or at all, in the terms of glibc
// 2.17, so that the addon also loads where that is what there is. The linker sends each reference
// to the function here (--wrap, in CMakeLists.txt); the threads are those of the first version that
// the architecture has, which newer glibcs have kept.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define FIRST_VERSION "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define FIRST_VERSION "GLIBC_2.17"
#else
#error "which version of glibc was the first for this architecture?"
#endif

// This one came to x86-64 a little later than the others.
#if defined(__x86_64__)
__asm__(".symver first_pthread_condattr_setclock,pthread_condattr_setclock@GLIBC_2.3.3");
#else
__asm__(".symver first_pthread_condattr_setclock,pthread_condattr_setclock@" FIRST_VERSION);
#endif

// Declares first_NAME, which is NAME in its first version.
#define FIRST(name) __asm__(".symver first_" #name "," #name "@" FIRST_VERSION)

FIRST(pthread_create);
FIRST(pthread_detach);
FIRST(pthread_join);
FIRST(pthread_once);
FIRST(pthread_sigmask);
FIRST(pthread_mutex_trylock);
FIRST(__pthread_key_create);
FIRST(exp);
FIRST(log);
FIRST(pow);

int first_pthread_create(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
int first_pthread_detach(pthread_t);
int first_pthread_join(pthread_t, void**);
int first_pthread_once(pthread_once_t*, void (*)(void));
int first_pthread_sigmask(int, const sigset_t*, sigset_t*);
int first_pthread_mutex_trylock(pthread_mutex_t*);
int first_pthread_condattr_setclock(pthread_condattr_t*, clockid_t);
int first___pthread_key_create(pthread_key_t*, void (*)(void*));

int __wrap_pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                          void* (*start)(void*), void* argument) {
  return first_pthread_create(thread, attributes, start, argument);
}

int __wrap_pthread_detach(pthread_t thread) { return first_pthread_detach(thread); }

int __wrap_pthread_join(pthread_t thread, void** result) {
  return first_pthread_join(thread, result);
}

int __wrap_pthread_once(pthread_once_t* once, void (*initialise)(void)) {
  return first_pthread_once(once, initialise);
}

int __wrap_pthread_mutex_trylock(pthread_mutex_t* mutex) { return first_pthread_mutex_trylock(mutex); }

int __wrap_pthread_condattr_setclock(pthread_condattr_t* attributes, clockid_t clock) {
  return first_pthread_condattr_setclock(attributes, clock);
}

int __wrap_pthread_sigmask(int how, const sigset_t* set, sigset_t* before) {
  return first_pthread_sigmask(how, set, before);
}

int __wrap___pthread_key_create(pthread_key_t* key, void (*destroy)(void*)) {
  return first___pthread_key_create(key, destroy);
}

// Of Lua's. What is newer about them is that they leave errno alone.
double first_exp(double);
double first_log(double);
double first_pow(double, double);

double __wrap_exp(double x) { return first_exp(x); }
double __wrap_log(double x) { return first_log(x); }
double __wrap_pow(double x, double y) { return first_pow(x, y); }

// A process that loads an addon has more than one thread.
char __wrap___libc_single_threaded = 0;

// ---- Where the unwinder finds the tables of the code that an exception passes ------------------

// As struct dl_find_object, whose name glibc has where it has the function.
struct found_object {
  unsigned long long flags;
  void* map_start;
  void* map_end;
  void* link_map;
  void* eh_frame;
  unsigned long long reserved[7];
};

struct search {
  uintptr_t address;
  struct found_object* result;
};

static int look_into(struct dl_phdr_info* object, size_t size, void* data) {
  (void)size;
  struct search* search = data;
  uintptr_t start = 0;
  uintptr_t end = 0;
  uintptr_t eh_frame = 0;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const uintptr_t from = object->dlpi_addr + object->dlpi_phdr[i].p_vaddr;
    if (object->dlpi_phdr[i].p_type == PT_GNU_EH_FRAME) eh_frame = from;
    if (object->dlpi_phdr[i].p_type != PT_LOAD) continue;
    const uintptr_t to = from + object->dlpi_phdr[i].p_memsz;
    if (search->address < from || search->address >= to) continue;
    start = from;
    end = to;
  }
  if (end == 0 || eh_frame == 0) return 0;
  *search->result = (struct found_object){0};
  search->result->map_start = (void*)start;
  search->result->map_end = (void*)end;
  search->result->eh_frame = (void*)eh_frame;
  return 1;
}

int __wrap__dl_find_object(void* address, struct found_object* result) {
  struct search search = {(uintptr_t)address, result};
  return dl_iterate_phdr(look_into, &search) == 1 ? 0 : -1;
}

// ---- The rest -----------------------------------------------------------------------------------

uint32_t __wrap_arc4random(void) {
  uint32_t random = 0;
  while (syscall(SYS_getrandom, &random, sizeof random, 0) != (long)sizeof random) {
  }
  return random;
}

int __wrap_stat(const char* path, struct stat* result) {
  return (int)syscall(SYS_newfstatat, AT_FDCWD, path, result, 0);
}

#define NS_PER_S 1000000000LL

static long long now_ns(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * NS_PER_S + now.tv_nsec;
}

// The wait is until the same moment on the machine's clock; where that was set meanwhile and the
// moment has not come, the caller is woken for nothing, which it must expect anyway.
int __wrap_pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex,
                                  clockid_t clock, const struct timespec* deadline) {
  const long long deadline_ns = deadline->tv_sec * NS_PER_S + deadline->tv_nsec;
  const long long until_ns = now_ns(CLOCK_REALTIME) + deadline_ns - now_ns(clock);
  struct timespec until = {0, 0};
  if (until_ns > 0) {
    until.tv_sec = (time_t)(until_ns / NS_PER_S);
    until.tv_nsec = (long)(until_ns % NS_PER_S);
  }
  const int error = pthread_cond_timedwait(condition, mutex, &until);
  return error == ETIMEDOUT && now_ns(clock) < deadline_ns ? 0 : error;
}
