/* The host of an instance whose disk is lost: threads that count up, each in keys of its own and one step
 * after another, a reader, and a thread that makes new bases and snapshots. What they were answered, and
 * what they were shown, is noted in the journal of recorded_disk.c behind what was on the disk by then.
 *
 * power_loss_writer <seconds> <writers> <pause_us> <values_max> <saves> [<directive> <value>]... */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "kevy.h"

enum { kWriters = 16, kWordsMax = 8, kValueMax = 1 << 16 };

/* As recorded_disk.c has them. */
struct record {
  uint32_t kind, first_size, second_size, data_size;
  uint64_t file;
  int64_t at, ns;
};

static kevy_instance* db;
static int journal = -1;
static int writers, pause_us, values_max, saves;

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void wrong(const char* what, const char* why) {
  fprintf(stderr, "%s: %s\n", what, why);
  exit(2);
}

/* What was so before the call is so at this place of the journal. */
static void note(const char* what, int64_t writer, int64_t step) {
  char text[64];
  const int size = snprintf(text, sizeof text, "%s %" PRId64 " %" PRId64, what, writer, step);
  struct record record = {'n', 0, 0, (uint32_t)size, 0, 0, now_ns()};
  const struct iovec pieces[2] = {{&record, sizeof record}, {text, (size_t)size}};
  if (writev(journal, pieces, 2) != (ssize_t)sizeof record + size) wrong("the journal", "is full");
}

static kevy_reply* run(kevy_session* session, int count, const char** words) {
  kevy_reply* reply = NULL;
  if (kevy_session_exec(session, (size_t)count, words, NULL, &reply) != KEVY_OK) {
    wrong(words[0], kevy_last_error());
  }
  if (kevy_reply_get_type(reply) == KEVY_REPLY_ERROR) wrong(words[0], kevy_reply_string(reply, NULL));
  return reply;
}

static void run_words(kevy_session* session, const char* first, const char* second,
                      const char* third, const char* fourth) {
  const char* words[] = {first, second, third, fourth};
  int count = 1;
  while (count < 4 && words[count] != NULL) ++count;
  kevy_reply_free(run(session, count, words));
}

/* The value of a step: its writer and number again and again, of a size that the number gives. */
static void make_value(char* value, int writer, int64_t step) {
  char name[48];
  const int size = snprintf(name, sizeof name, "%d:%" PRId64 ":", writer, step);
  int64_t total = step * 37 % 97;
  if (step % 8 == 0) total = step * 7919 % values_max;
  if (total < size) total = size;
  for (int64_t i = 0; i < total; ++i) value[i] = name[i % size];
  value[total] = '\0';
}

static int64_t number_of(const kevy_reply* reply) {
  const char* text = kevy_reply_string(reply, NULL);
  const char* colon = strchr(text, ':');
  return colon == NULL ? 0 : atoll(colon + 1);
}

static kevy_session* open_session(int writer) {
  kevy_session_options options = KEVY_SESSION_OPTIONS_INIT;
  options.database = writer % 2 == 0 ? 0 : 3;
  kevy_session* session = NULL;
  if (kevy_session_open(db, &options, &session) != KEVY_OK) wrong("a session", kevy_last_error());
  return session;
}

struct keys {
  char one[16], left[16], right[16], list[16];
};

static struct keys keys_of(int writer) {
  struct keys keys;
  snprintf(keys.one, sizeof keys.one, "%d:one", writer);
  snprintf(keys.left, sizeof keys.left, "%d:left", writer);
  snprintf(keys.right, sizeof keys.right, "%d:right", writer);
  snprintf(keys.list, sizeof keys.list, "%d:list", writer);
  return keys;
}

static void pause_a_bit(void) {
  if (pause_us != 0) usleep((useconds_t)pause_us);
}

/* One number to all keys, in one order: `one`, then `left` and `right` by a transaction or a script, then
 * the list. */
static void* write_on(void* given) {
  const int writer = (int)(intptr_t)given;
  kevy_session* const session = open_session(writer);
  const struct keys keys = keys_of(writer);
  char* const value = malloc(kValueMax);
  const char* get[] = {"GET", keys.one};
  kevy_reply* const there = run(session, 2, get);
  const int64_t first = number_of(there) + 1;
  kevy_reply_free(there);
  for (int64_t step = first;; ++step) {
    make_value(value, writer, step);
    const int anew = step == first || step % 64 == 0;  /* all of the step is one unit; a new list */
    if (!anew) {
      run_words(session, "SET", keys.one, value, NULL);
      note("one", writer, step);
    }
    if (step % 3 == 1 && !anew) {
      const char* script[] = {"EVAL", "redis.call('set',KEYS[1],ARGV[1]) redis.call('set',KEYS[2],ARGV[1])",
                              "2", keys.left, keys.right, value};
      kevy_reply_free(run(session, 6, script));
    } else {
      run_words(session, "MULTI", NULL, NULL, NULL);
      if (anew) run_words(session, "SET", keys.one, value, NULL);
      run_words(session, "SET", keys.left, value, NULL);
      run_words(session, "SET", keys.right, value, NULL);
      if (anew) run_words(session, "DEL", keys.list, NULL, NULL);
      if (anew) run_words(session, "RPUSH", keys.list, value, NULL);
      run_words(session, "EXEC", NULL, NULL, NULL);
    }
    note("both", writer, step);
    if (!anew) run_words(session, "RPUSH", keys.list, value, NULL);
    note("all", writer, step);
    pause_a_bit();
  }
  return NULL;
}

static void* read_on(void* unused) {
  (void)unused;
  int64_t seen[kWriters][2] = {{0}};
  kevy_session* sessions[kWriters];
  for (int i = 0; i < writers; ++i) sessions[i] = open_session(i);
  while (1) {
    for (int i = 0; i < writers; ++i) {
      const struct keys keys = keys_of(i);
      const char* words[] = {"MGET", keys.one, keys.left, keys.right};
      kevy_reply* const reply = run(sessions[i], 4, words);
      const int64_t one = number_of(kevy_reply_at(reply, 0));
      const int64_t left = number_of(kevy_reply_at(reply, 1));
      if (left != number_of(kevy_reply_at(reply, 2))) wrong("a reader", "sees half of a unit");
      kevy_reply_free(reply);
      if (one > seen[i][0]) note("one", i, seen[i][0] = one);
      if (left > seen[i][1]) note("both", i, seen[i][1] = left);
    }
    pause_a_bit();
  }
  return NULL;
}

static int info_says(kevy_session* session, const char* line) {
  const char* words[] = {"INFO", "persistence"};
  kevy_reply* const reply = run(session, 2, words);
  const int says = strstr(kevy_reply_string(reply, NULL), line) != NULL;
  kevy_reply_free(reply);
  return says;
}

/* New bases and snapshots, until the end. Of a snapshot that was written it is noted when it was begun. */
static void save_on(int64_t end_ns) {
  kevy_session* const session = open_session(0);
  for (int64_t round = 0; now_ns() < end_ns; ++round) {
    if (saves && round % 2 == 0) {
      note("begin", 0, round);
      run_words(session, "BGSAVE", NULL, NULL, NULL);
      while (!info_says(session, "rdb_bgsave_in_progress:0")) usleep(1000);
      if (!info_says(session, "rdb_last_bgsave_status:ok")) wrong("BGSAVE", "failed");
      note("saved", 0, round);
    }
    if (saves && round % 2 == 1) {
      run_words(session, "BGREWRITEAOF", NULL, NULL, NULL);
      while (!info_says(session, "aof_rewrite_in_progress:0")) usleep(1000);
      note("rewritten", 0, round);
    }
    usleep(5000);
  }
}

int main(int count, char** words) {
  if (count < 6) return 2;
  const int64_t end_ns = now_ns() + (int64_t)(atof(words[1]) * 1e9);
  writers = atoi(words[2]);
  pause_us = atoi(words[3]);
  values_max = atoi(words[4]);
  saves = atoi(words[5]);
  journal = open(getenv("POWER_LOSS_JOURNAL"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (journal < 0 || writers > kWriters || values_max > kValueMax) return 2;
  kevy_options options = KEVY_OPTIONS_INIT;
  options.shards = 4;
  options.directives = (const char* const*)words + 6;
  options.directive_count = (size_t)(count - 6) / 2;
  if (kevy_start(&options, &db) != KEVY_OK) wrong("the start", kevy_last_error());
  note("started", 0, 0);
  pthread_t thread;
  for (int i = 0; i < writers; ++i) {
    if (pthread_create(&thread, NULL, write_on, (void*)(intptr_t)i) != 0) return 2;
  }
  if (pthread_create(&thread, NULL, read_on, NULL) != 0) return 2;
  save_on(end_ns);
  kill(getpid(), SIGKILL);
}
