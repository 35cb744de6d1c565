/* A disk that is remembered, to be loaded in front of the C library: what a process does to the files
 * below POWER_LOSS_ROOT goes to a journal, POWER_LOSS_JOURNAL, in the order in which it was done, and with
 * it which of it was brought to the disk. disk_states.py makes of it what a loss of power may leave.
 *
 * A sync takes up to POWER_LOSS_SYNC_US and brings nothing to the real disk. POWER_LOSS_LIES makes a
 * disk that says "done" and has forgotten: of "files", of "directories". With POWER_LOSS_LIFE_MS the
 * process kills itself after that time, between two calls, so that the journal has all that was done. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define DESCRIPTORS 65536

/* As power_loss_writer.c writes its notes, too. */
struct record {
  uint32_t kind, first_size, second_size, data_size;
  uint64_t file;
  int64_t at, ns;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static char root[PATH_MAX];
static size_t root_size;
static char watched[DESCRIPTORS]; /* whether the descriptor was opened below the root */
static const char* lies = "";
static int64_t sync_us, life_ms, began_ns;
static int64_t syncs;
static unsigned seed;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t number(const char* name) {
  const char* text = getenv(name);
  return text == NULL ? 0 : atoll(text);
}

__attribute__((constructor)) static void begin(void) {
  const char* path = getenv("POWER_LOSS_JOURNAL");
  const char* below = getenv("POWER_LOSS_ROOT");
  if (path == NULL || below == NULL || realpath(below, root) == NULL) return;
  root_size = strlen(root);
  if (getenv("POWER_LOSS_LIES") != NULL) lies = getenv("POWER_LOSS_LIES");
  sync_us = number("POWER_LOSS_SYNC_US");
  life_ms = number("POWER_LOSS_LIFE_MS");
  seed = (unsigned)number("POWER_LOSS_SEED");
  began_ns = now_ns();
  journal = NEXT(open)(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
}

/* The mutex is held, from before what is told was done. */
static void tell(char kind, uint64_t file, int64_t at, const char* first, const char* second,
                 const struct iovec* data, int pieces, size_t size) {
  const size_t first_size = first == NULL ? 0 : strlen(first);
  const size_t second_size = second == NULL ? 0 : strlen(second);
  struct record record = {(uint32_t)kind, (uint32_t)first_size, (uint32_t)second_size,
                          (uint32_t)size, file, at, now_ns()};
  struct iovec all[3 + IOV_MAX];
  int count = 0;
  all[count++] = (struct iovec){&record, sizeof record};
  all[count++] = (struct iovec){(void*)first, first_size};
  all[count++] = (struct iovec){(void*)second, second_size};
  for (int i = 0; i < pieces && size != 0 && count < IOV_MAX; ++i) {
    const size_t part = data[i].iov_len < size ? data[i].iov_len : size;
    all[count++] = (struct iovec){data[i].iov_base, part};
    size -= part;
  }
  const int code = errno;
  (void)!NEXT(writev)(journal, all, count);
  if (life_ms != 0 && now_ns() - began_ns > life_ms * 1000000) kill(getpid(), SIGKILL);
  errno = code;
}

static int is_watched(int file, struct stat* status) {
  return journal >= 0 && file >= 0 && file < DESCRIPTORS && watched[file] &&
         fstat(file, status) == 0 && (S_ISREG(status->st_mode) || S_ISDIR(status->st_mode));
}

/* The path below the root, "" for the root itself; false when it lies elsewhere. */
static int below_root(const char* path, char* below) {
  if (strncmp(path, root, root_size) != 0) return 0;
  if (path[root_size] != '\0' && path[root_size] != '/') return 0;
  snprintf(below, PATH_MAX, "%s", path[root_size] == '\0' ? "" : path + root_size + 1);
  return 1;
}

static int locate(int directory, const char* name, char* below) {
  char from[64], path[2 * PATH_MAX] = "";
  if (journal < 0) return 0;
  if (name[0] != '/') {
    if (directory == AT_FDCWD) {
      if (getcwd(path, PATH_MAX) == NULL) return 0;
    } else {
      snprintf(from, sizeof from, "/proc/self/fd/%d", directory);
      const ssize_t size = readlink(from, path, PATH_MAX - 1);
      if (size < 0) return 0;
      path[size] = '\0';
    }
    strcat(path, "/");
  }
  strncat(path, name, PATH_MAX - 1);
  return below_root(path, below);
}

static int open_and_tell(int directory, const char* name, int flags, mode_t mode) {
  char below[PATH_MAX];
  struct stat status;
  pthread_mutex_lock(&mutex);
  const int makes = (flags & (O_CREAT | O_TRUNC)) != 0 && locate(directory, name, below);
  const int was_there = makes && fstatat(directory, name, &status, 0) == 0;
  const int64_t size = was_there ? status.st_size : 0;
  const int opened = NEXT(openat)(directory, name, flags, mode);
  const int code = errno;
  if (opened >= 0 && opened < DESCRIPTORS && journal >= 0) {
    char from[64], path[PATH_MAX], unused[PATH_MAX];
    snprintf(from, sizeof from, "/proc/self/fd/%d", opened);
    const ssize_t length = readlink(from, path, sizeof path - 1);
    path[length < 0 ? 0 : length] = '\0';
    watched[opened] = (char)below_root(path, unused);
    if (makes && fstat(opened, &status) == 0) {
      if (!was_there) tell('c', status.st_ino, 0, below, NULL, NULL, 0, 0);
      if (was_there && (flags & O_TRUNC) != 0 && size != 0) {
        tell('t', status.st_ino, 0, NULL, NULL, NULL, 0, 0);
      }
    }
  }
  pthread_mutex_unlock(&mutex);
  errno = code;
  return opened;
}

int open(const char* name, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_and_tell(AT_FDCWD, name, flags, mode);
}

int openat(int directory, const char* name, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(more, mode_t) : 0;
  va_end(more);
  return open_and_tell(directory, name, flags, mode);
}

int close(int file) {
  if (file >= 0 && file < DESCRIPTORS) watched[file] = 0;
  return NEXT(close)(file);
}

int mkdirat(int directory, const char* name, mode_t mode) {
  char below[PATH_MAX];
  struct stat status;
  pthread_mutex_lock(&mutex);
  const int made = NEXT(mkdirat)(directory, name, mode);
  const int code = errno;
  if (made == 0 && locate(directory, name, below) && fstatat(directory, name, &status, 0) == 0) {
    tell('d', status.st_ino, 0, below, NULL, NULL, 0, 0);
  }
  pthread_mutex_unlock(&mutex);
  errno = code;
  return made;
}

int renameat(int from, const char* old, int to, const char* name) {
  char before[PATH_MAX], after[PATH_MAX];
  pthread_mutex_lock(&mutex);
  const int done = NEXT(renameat)(from, old, to, name);
  if (done == 0 && locate(from, old, before) && locate(to, name, after)) {
    tell('r', 0, 0, before, after, NULL, 0, 0);
  }
  pthread_mutex_unlock(&mutex);
  return done;
}

int rename(const char* old, const char* name) { return renameat(AT_FDCWD, old, AT_FDCWD, name); }

int unlinkat(int directory, const char* name, int flags) {
  char below[PATH_MAX];
  pthread_mutex_lock(&mutex);
  const int done = NEXT(unlinkat)(directory, name, flags);
  if (done == 0 && locate(directory, name, below)) tell('u', 0, 0, below, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&mutex);
  return done;
}

int unlink(const char* name) { return unlinkat(AT_FDCWD, name, 0); }

ssize_t writev(int file, const struct iovec* pieces, int count) {
  struct stat status;
  if (!is_watched(file, &status)) return NEXT(writev)(file, pieces, count);
  pthread_mutex_lock(&mutex);
  const ssize_t put = NEXT(writev)(file, pieces, count);
  if (put > 0) { /* the position is behind it, with O_APPEND too */
    tell('w', status.st_ino, lseek(file, 0, SEEK_CUR) - put, NULL, NULL, pieces, count, (size_t)put);
  }
  pthread_mutex_unlock(&mutex);
  return put;
}

ssize_t write(int file, const void* bytes, size_t size) {
  struct stat status;
  if (!is_watched(file, &status)) return NEXT(write)(file, bytes, size);
  const struct iovec piece = {(void*)bytes, size};
  return writev(file, &piece, 1);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  struct stat status;
  if (!is_watched(file, &status)) return NEXT(pwrite)(file, bytes, size, at);
  const struct iovec piece = {(void*)bytes, size};
  pthread_mutex_lock(&mutex);
  const ssize_t put = NEXT(pwrite)(file, bytes, size, at);
  if (put > 0) tell('w', status.st_ino, at, NULL, NULL, &piece, 1, (size_t)put);
  pthread_mutex_unlock(&mutex);
  return put;
}

int ftruncate(int file, off_t size) {
  struct stat status;
  if (!is_watched(file, &status)) return NEXT(ftruncate)(file, size);
  pthread_mutex_lock(&mutex);
  const int done = NEXT(ftruncate)(file, size);
  if (done == 0) tell('t', status.st_ino, size, NULL, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&mutex);
  return done;
}

/* What was done before it begins is on the disk once it has ended. */
static int sync_and_tell(int file, int (*next)(int)) {
  struct stat status;
  if (!is_watched(file, &status)) return next(file);
  const int is_directory = S_ISDIR(status.st_mode);
  pthread_mutex_lock(&mutex);
  const int64_t turn = ++syncs;
  const int64_t pause_us = sync_us == 0 ? 0 : rand_r(&seed) % sync_us;
  tell('S', status.st_ino, turn, NULL, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&mutex);
  if (pause_us != 0) usleep((useconds_t)pause_us);
  if (strcmp(lies, is_directory ? "directories" : "files") == 0) return 0;
  pthread_mutex_lock(&mutex);
  tell('s', status.st_ino, turn, NULL, NULL, NULL, 0, 0);
  pthread_mutex_unlock(&mutex);
  return 0;
}

int fsync(int file) { return sync_and_tell(file, NEXT(fsync)); }

int fdatasync(int file) { return sync_and_tell(file, NEXT(fdatasync)); }
