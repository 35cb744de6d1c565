/* hiredis on an instance in this process: kevy_connect gives it a descriptor, and no port is opened.
 *
 *     cc hiredis.c $(pkg-config --cflags --libs kevy hiredis)
 */
#include <hiredis/hiredis.h>
#include <kevy.h>
#include <stdio.h>

int main(void) {
    kevy_instance* db = NULL;
    int descriptor = -1;
    if (kevy_start(NULL, &db) != KEVY_OK || kevy_connect(db, NULL, &descriptor) != KEVY_OK) {
        fprintf(stderr, "kevy: %s\n", kevy_last_error());
        kevy_stop(db);
        return 1;
    }
    redisContext* client = redisConnectFd(descriptor); /* which closes the descriptor when it is freed */
    if (client == NULL || client->err != 0) {
        fprintf(stderr, "hiredis: %s\n", client == NULL ? "no memory" : client->errstr);
        if (client != NULL) redisFree(client);
        kevy_stop(db);
        return 1;
    }

    /* A pipeline: the commands go out together, the replies come one by one. */
    for (int i = 1; i <= 3; ++i) redisAppendCommand(client, "INCRBY visits %d", i);
    for (int i = 0; i < 3; ++i) {
        redisReply* reply = NULL;
        if (redisGetReply(client, (void**)&reply) != REDIS_OK) break;
        printf("visits %lld\n", reply->integer);
        freeReplyObject(reply);
    }

    /* What it wrote is seen in the process, without a client. */
    char visits[16];
    size_t size = 0;
    if (kevy_get(db, "visits", 6, visits, sizeof visits - 1, &size) == KEVY_OK) {
        printf("in process %.*s\n", (int)size, visits);
    }
    redisFree(client);
    kevy_stop(db);
    return 0;
}
