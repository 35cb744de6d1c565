// The start of a thread, for programs that put their own pthread_create in its place.
#pragma once

#include <dlfcn.h>
#include <pthread.h>

// A sanitizer that is linked into the program has its own under this name, and must hear of each thread.
extern "C" [[gnu::weak]] int __interceptor_pthread_create(pthread_t*, const pthread_attr_t*,
                                                          void* (*)(void*), void*);

namespace kevy::test {

inline int start_system_thread(pthread_t* thread, const pthread_attr_t* attributes,
                               void* (*body)(void*), void* argument) {
  using Start = decltype(&__interceptor_pthread_create);
  static const Start start =
      __interceptor_pthread_create != nullptr
          ? __interceptor_pthread_create
          : reinterpret_cast<Start>(dlsym(RTLD_NEXT, "pthread_create"));
  return start(thread, attributes, body, argument);
}

}  // namespace kevy::test
