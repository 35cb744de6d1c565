/* A C11 program of somebody else's: it has kevy.h and libkevy from where they were installed. */
#include <kevy.h>
#include <stdio.h>
#include <string.h>

int main(void) {
    kevy_instance* db = NULL;
    if (kevy_abi_version() != KEVY_ABI_VERSION || kevy_start(NULL, &db) != KEVY_OK) {
        fprintf(stderr, "kevy_start: %s\n", kevy_last_error());
        return 1;
    }
    const char* argv[] = {"APPEND", "greeting", "hello"};
    kevy_reply* reply = NULL;
    char value[16];
    size_t size = 0;
    const int works = kevy_exec(db, 3, argv, NULL, &reply) == KEVY_OK &&
                      kevy_reply_integer(reply) == 5 &&
                      kevy_get(db, "greeting", 8, value, sizeof value, &size) == KEVY_OK &&
                      size == 5 && memcmp(value, "hello", size) == 0;
    kevy_reply_free(reply);
    if (kevy_stop(db) != KEVY_OK || !works) {
        fprintf(stderr, "kevy does not keep what it was told\n");
        return 1;
    }
    printf("kevy %s works\n", kevy_version());
    return 0;
}
