/* To be loaded in front of the C library: a thread that has written to a file hesitates whenever it
 * has given back a mutex, so that others get between any two of its steps. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <sys/uio.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static __thread int hesitates;

ssize_t writev(int file, const struct iovec* pieces, int count) {
  hesitates = 1;
  return NEXT(writev)(file, pieces, count);
}

int pthread_mutex_unlock(pthread_mutex_t* mutex) {
  const int result = NEXT(pthread_mutex_unlock)(mutex);
  if (hesitates) usleep(4000);
  return result;
}
