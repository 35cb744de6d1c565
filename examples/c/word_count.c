/* Counts the words of the files given, in a kevy instance inside this process, and shows the ten
 * most frequent ones.
 *
 *     word_count FILE...
 *     word_count --listen unix:/path FILE...   lets clients look at the counts, until the standard
 *                                              input ends */
#define _POSIX_C_SOURCE 200809L
#include <ctype.h>
#include <kevy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct count {
    const kevy_reply* word;
    long times;
};

static int by_times(const void* a, const void* b) {
    const struct count *x = a, *y = b;
    return (x->times < y->times) - (x->times > y->times);
}

static kevy_reply* run(kevy_instance* db, size_t argc, const char* const* argv) {
    kevy_reply* reply = NULL;
    if (kevy_exec(db, argc, argv, NULL, &reply) != KEVY_OK) {
        fprintf(stderr, "kevy: %s\n", kevy_last_error());
        exit(1);
    }
    return reply;
}

static long count_file(kevy_instance* db, FILE* file) {
    char word[128];
    size_t size = 0;
    long words = 0;
    for (int c = 0; c != EOF;) {
        c = fgetc(file);
        if (c != EOF && isalpha(c) && size + 1 < sizeof word) {
            word[size++] = (char)tolower(c);
        } else if (size != 0) {
            word[size] = '\0';
            const char* argv[] = {"INCR", word};
            kevy_reply_free(run(db, 2, argv));
            ++words;
            size = 0;
        }
    }
    return words;
}

/* Returns how many different words there are. */
static size_t show_top(kevy_instance* db, int top) {
    const char* keys_argv[] = {"KEYS", "*"};
    kevy_reply* keys = run(db, 2, keys_argv);
    const size_t size = kevy_reply_count(keys);
    struct count* counts = calloc(size + 1, sizeof *counts);
    for (size_t i = 0; i < size; ++i) {
        char value[32] = "";
        size_t key_size, value_size = 0;
        const char* key = kevy_reply_string(kevy_reply_at(keys, i), &key_size);
        kevy_get(db, key, key_size, value, sizeof value - 1, &value_size);
        counts[i].word = kevy_reply_at(keys, i);
        counts[i].times = atol(value);
    }
    qsort(counts, size, sizeof *counts, by_times);
    for (size_t i = 0; i < size && (int)i < top; ++i) {
        printf("%8ld  %s\n", counts[i].times, kevy_reply_string(counts[i].word, NULL));
    }
    free(counts);
    kevy_reply_free(keys);
    return size;
}

int main(int argc, char** argv) {
    const char* address = argc > 2 && strcmp(argv[1], "--listen") == 0 ? argv[2] : NULL;
    const int first = address == NULL ? 1 : 3;
    if (argc <= first) {
        fprintf(stderr, "usage: %s [--listen ADDRESS] FILE...\n", argv[0]);
        return 2;
    }
    kevy_instance* db;
    if (kevy_start(NULL, &db) != KEVY_OK) {
        fprintf(stderr, "kevy: %s\n", kevy_last_error());
        return 1;
    }
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    long words = 0;
    for (int i = first; i < argc; ++i) {
        FILE* file = fopen(argv[i], "r");
        if (file == NULL) continue;
        words += count_file(db, file);
        fclose(file);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    const double seconds =
        (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
    const size_t different = show_top(db, 10);
    printf("%ld words, %zu different, %.0f ns each, reading included\n", words, different,
           seconds * 1e9 / (double)(words + (words == 0)));
    if (address != NULL) {
        if (kevy_listen(db, address, NULL, NULL) != KEVY_OK) {
            fprintf(stderr, "kevy: %s\n", kevy_last_error());
            return 1;
        }
        printf("listening on %s\n", address);
        fflush(stdout);
        while (getchar() != EOF) {
        }
    }
    kevy_stop(db);
    return 0;
}
