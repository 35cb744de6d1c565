/* In-process GET, SET, INCR and PUBLISH through kevy.h: ns per operation, medians of five rounds.
 * 100,000 keys of 16 bytes, 16-byte values, keys uniformly drawn. */
#define _POSIX_C_SOURCE 200809L
#include <kevy.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { kKeys = 100000, kRounds = 5, kOperations = 500000 };

static kevy_instance* db;
static char keys[kKeys][17];
static const char value[] = "0123456789abcdef";

static unsigned draw(void) {
    static unsigned long long state = 88172645463325252ULL;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state % kKeys);
}

static void exec(size_t argc, const char* const* argv, const size_t* sizes) {
    kevy_reply* reply;
    kevy_exec(db, argc, argv, sizes, &reply);
    kevy_reply_free(reply);
}

static void exec_get(const char* key) {
    const char* argv[] = {"GET", key};
    const size_t sizes[] = {3, 16};
    exec(2, argv, sizes);
}
static void exec_set(const char* key) {
    const char* argv[] = {"SET", key, value};
    const size_t sizes[] = {3, 16, 16};
    exec(3, argv, sizes);
}
static void fast_get(const char* key) {
    char buffer[64];
    size_t size;
    kevy_get(db, key, 16, buffer, sizeof buffer, &size);
}
static void fast_set(const char* key) { kevy_set(db, key, 16, value, 16, 0); }
static void exec_publish(const char* key) {
    const char* argv[] = {"PUBLISH", key, value};
    const size_t sizes[] = {7, 16, 16};
    exec(3, argv, sizes);
}
static void exec_incr(const char* key) {
    (void)key;
    const char* argv[] = {"INCR", "counter"};
    const size_t sizes[] = {4, 7};
    exec(2, argv, sizes);
}

static double nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void* a, const void* b) {
    const double x = *(const double*)a, y = *(const double*)b;
    return (x > y) - (x < y);
}

int main(void) {
    static const struct {
        const char* name;
        void (*run)(const char* key);
    } rows[] = {{"kevy_set", fast_set},      {"kevy_get", fast_get},  {"kevy_exec SET", exec_set},
                {"kevy_exec GET", exec_get}, {"kevy_exec INCR", exec_incr},
                {"kevy_exec PUBLISH", exec_publish}};
    if (kevy_start(NULL, &db) != KEVY_OK) return 1;
    for (int i = 0; i < kKeys; ++i) snprintf(keys[i], sizeof keys[i], "key:%012d", i);
    for (int i = 0; i < kKeys; ++i) fast_set(keys[i]);
    for (size_t row = 0; row < sizeof rows / sizeof *rows; ++row) {
        double rounds[kRounds];
        for (int round = 0; round < kRounds; ++round) {
            const double begin = nanoseconds();
            for (int i = 0; i < kOperations; ++i) rows[row].run(keys[draw()]);
            rounds[round] = (nanoseconds() - begin) / kOperations;
        }
        qsort(rounds, kRounds, sizeof *rounds, ascending);
        printf("%-18s %7.1f ns\n", rows[row].name, rounds[kRounds / 2]);
    }
    kevy_stop(db);
    return 0;
}
