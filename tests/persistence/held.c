/* To be loaded in front of the C library: each read of a snapshot or an increment (dump.rdb, *.aof) first takes a byte
 * from the pipe at HELD_UNTIL, for which it waits; once that pipe has no writer any more nothing is
 * waited for. So a test decides how far a server has come with its files. In the same way each fdatasync of one waits
 * for whoever opens the pipe at HELD_SYNCS, if there is one, and until he closes it. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int ends_with(const char* text, size_t size, const char* end) {
  const size_t wanted = strlen(end);
  return size >= wanted && memcmp(text + size - wanted, end, wanted) == 0;
}

static int has_data(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path);
  return size > 0 && (ends_with(path, (size_t)size, "dump.rdb") || ends_with(path, (size_t)size, ".aof"));
}

ssize_t read(int file, void* to, size_t size) {
  static int pipe_end = -1;
  const char* const pipe = getenv("HELD_UNTIL");
  if (pipe != NULL && has_data(file)) {
    char token;
    if (pipe_end < 0) pipe_end = open(pipe, O_RDONLY | O_CLOEXEC);
    if (pipe_end >= 0) (void)!NEXT(read)(pipe_end, &token, 1);
  }
  return NEXT(read)(file, to, size);
}

int fdatasync(int file) {
  const char* const pipe = getenv("HELD_SYNCS");
  const int pipe_end = pipe != NULL && has_data(file) ? open(pipe, O_RDONLY | O_CLOEXEC) : -1;
  if (pipe_end >= 0) {
    char token;
    (void)!NEXT(read)(pipe_end, &token, 1);
    close(pipe_end);
  }
  return NEXT(fdatasync)(file);
}
