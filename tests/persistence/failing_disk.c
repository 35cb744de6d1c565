/* A disk that fails, to be loaded in front of the C library. The file that FAILING_DISK names says what
 * fails, in one line: a call, how many of its calls go well first, how many then fail, and the errno;
 * errno 0 makes a write short, and -2 has a call wait until the line is another one; while it does there is a
 * file of that name with .waits behind it. It is read at each call, so that a test can change it. Only files
 * of an append-only directory are meant: those opened by openat(). */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static unsigned calls;
static char last[128];

/* Whether the line is still the same. */
static int unchanged(const char* path, const char* line) {
  char now[128] = "";
  FILE* file = fopen(path, "r");
  if (file == NULL) return 0;
  if (fgets(now, sizeof now, file) == NULL) now[0] = '\0';
  fclose(file);
  return strcmp(now, line) == 0;
}

/* -1: it goes well; otherwise the errno. */
static int fails(const char* call) {
  const char* path = getenv("FAILING_DISK");
  if (path == NULL) return -1;
  FILE* file = fopen(path, "r");
  if (file == NULL) return -1;
  char line[128] = "", wanted[32] = "";
  unsigned first = 0, count = 0;
  int code = 0;
  if (fgets(line, sizeof line, file) == NULL) line[0] = '\0';
  fclose(file);
  if (strcmp(line, last) != 0) {
    strcpy(last, line);
    calls = 0;
  }
  if (sscanf(line, "%31s %u %u %d", wanted, &first, &count, &code) != 4) return -1;
  if (strcmp(wanted, call) != 0) return -1;
  const unsigned number = calls++;
  if (number < first || number >= first + count) return -1;
  if (code != -2) return code;
  char waits[4096];
  snprintf(waits, sizeof waits, "%s.waits", path);
  FILE* mark = fopen(waits, "w");
  if (mark != NULL) fclose(mark);
  while (unchanged(path, line)) usleep(1000);
  unlink(waits);
  return -1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Of the first piece or of all of them, by turns. */
static ssize_t write_half(int file, const struct iovec* pieces, int count) {
  static int turns;
  struct iovec part[1024];
  size_t left = 0;
  int parts = 0;
  for (int i = 0; i < count; ++i) left += pieces[i].iov_len;
  left = turns++ % 2 == 0 ? left / 2 : pieces[0].iov_len / 2;
  for (; left != 0; ++parts) {
    part[parts] = pieces[parts];
    if (part[parts].iov_len > left) part[parts].iov_len = left;
    left -= part[parts].iov_len;
  }
  return parts == 0 ? 0 : NEXT(writev)(file, part, parts);
}

ssize_t writev(int file, const struct iovec* pieces, int count) {
  const int code = fails("writev");
  if (code > 0) {
    errno = code;
    return -1;
  }
  if (code == 0) {
    const ssize_t put = write_half(file, pieces, count);
    if (put != 0) return put;
  }
  return NEXT(writev)(file, pieces, count);
}

/* Of files alone: sockets and pipes are written to in the same way. */
ssize_t write(int file, const void* bytes, size_t size) {
  struct stat status;
  const int is_file = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
  const int code = is_file && file > 2 ? fails("write") : -1;
  if (code > 0) {
    errno = code;
    return -1;
  }
  return NEXT(write)(file, bytes, size);
}

int fdatasync(int file) {
  const int code = fails("fdatasync");
  if (code > 0) {
    errno = code;
    return -1;
  }
  return NEXT(fdatasync)(file);
}

int fsync(int file) {
  const int code = fails("fsync");
  if (code > 0) {
    errno = code;
    return -1;
  }
  return NEXT(fsync)(file);
}

int ftruncate(int file, off_t size) {
  const int code = fails("ftruncate");
  if (code > 0) {
    errno = code;
    return -1;
  }
  return NEXT(ftruncate)(file, size);
}

int renameat(int from, const char* old, int to, const char* name) {
  const int code = fails("renameat");
  if (code > 0) {
    errno = code;
    return -1;
  }
  return NEXT(renameat)(from, old, to, name);
}

int openat(int directory, const char* name, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  const int code = fails("openat");
  if (code > 0) {
    errno = code;
    return -1;
  }
  return NEXT(openat)(directory, name, flags, mode);
}
