/* The C ABI as a C11 program sees it: flat cases, each with its own instance. */
#include <kevy.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int failures = 0;
static kevy_instance* db;

#define CHECK(condition)                                                     \
    do {                                                                     \
        if (!(condition)) {                                                  \
            printf("%s:%d: %s: %s\n", __FILE__, __LINE__, __func__, #condition); \
            ++failures;                                                      \
        }                                                                    \
    } while (0)

static kevy_reply* run(size_t argc, const char* const* argv) {
    kevy_reply* reply = NULL;
    CHECK(kevy_exec(db, argc, argv, NULL, &reply) == KEVY_OK);
    return reply;
}

static int is_text(const kevy_reply* reply, kevy_reply_type type, const char* text) {
    size_t size;
    const char* bytes = kevy_reply_string(reply, &size);
    return kevy_reply_get_type(reply) == type && size == strlen(text) &&
           memcmp(bytes, text, size) == 0;
}

static void keys_and_values_hold_any_byte(void) {
    const char* argv[] = {"SET", "k\0y", "\0\xff\n"};
    const size_t sizes[] = {3, 3, 3};
    kevy_reply* reply;
    CHECK(kevy_exec(db, 3, argv, sizes, &reply) == KEVY_OK);
    kevy_reply_free(reply);
    char buffer[8];
    size_t size = 0;
    CHECK(kevy_get(db, "k\0y", 3, buffer, sizeof buffer, &size) == KEVY_OK);
    CHECK(size == 3 && memcmp(buffer, "\0\xff\n", 3) == 0);
}

static void a_redis_error_is_a_reply(void) {
    const char* argv[] = {"INCR"};
    kevy_reply* reply = run(1, argv);
    CHECK(is_text(reply, KEVY_REPLY_ERROR, "ERR wrong number of arguments for 'incr' command"));
    kevy_reply_free(reply);
}

static void get_tells_the_size_it_needs(void) {
    char small[2];
    size_t size = 0;
    CHECK(kevy_set(db, "long", 4, "12345678901", 11, 0, 0) == KEVY_OK);
    CHECK(kevy_get(db, "long", 4, small, sizeof small, &size) == KEVY_TRUNCATED);
    CHECK(size == 11);
    CHECK(kevy_get(db, "none", 4, small, sizeof small, &size) == KEVY_NOT_FOUND);
}

static void misuse_is_a_status(void) {
    kevy_reply* reply = NULL;
    const char* argv[] = {"PING", NULL};
    CHECK(kevy_exec(NULL, 1, argv, NULL, &reply) == KEVY_INVALID);
    CHECK(kevy_exec(db, 2, argv, NULL, &reply) == KEVY_INVALID);
    CHECK(kevy_exec(db, 0, argv, NULL, &reply) == KEVY_INVALID);
    CHECK(kevy_last_error()[0] != '\0');
    CHECK(reply == NULL);
    kevy_options options = KEVY_OPTIONS_INIT;
    options.shards = 5000;
    kevy_instance* other = NULL;
    CHECK(kevy_start(&options, &other) == KEVY_INVALID && other == NULL);
    kevy_reply_free(NULL);
    kevy_session_close(NULL);
    CHECK(kevy_stop(NULL) == KEVY_OK);
}

static void stateless_calls_refuse_connection_verbs(void) {
    const char* argv[] = {"MULTI"};
    kevy_reply* reply = run(1, argv);
    CHECK(kevy_reply_get_type(reply) == KEVY_REPLY_ERROR);
    kevy_reply_free(reply);
}

static void a_pipeline_answers_each_command(void) {
    const size_t argc[] = {3, 2, 1};
    const char* argv[] = {"SET", "p", "1", "INCR", "p", "NONSENSE"};
    kevy_reply* replies = NULL;
    CHECK(kevy_pipeline(db, 3, argc, argv, NULL, 0, &replies) == KEVY_OK);
    CHECK(kevy_reply_count(replies) == 3);
    CHECK(is_text(kevy_reply_at(replies, 0), KEVY_REPLY_STATUS, "OK"));
    CHECK(kevy_reply_integer(kevy_reply_at(replies, 1)) == 2);
    CHECK(kevy_reply_get_type(kevy_reply_at(replies, 2)) == KEVY_REPLY_ERROR);
    kevy_reply_free(replies);
}

static void what_has_no_reply_is_refused_in_a_transaction(void) {
    kevy_session* session = NULL;
    CHECK(kevy_session_open(db, NULL, &session) == KEVY_OK);
    const char* multi[] = {"MULTI"};
    const char* skip[] = {"CLIENT", "REPLY", "SKIP"};
    const char* exec[] = {"EXEC"};
    kevy_reply* reply = NULL;
    CHECK(kevy_session_exec(session, 1, multi, NULL, &reply) == KEVY_OK);
    kevy_reply_free(reply);
    for (int i = 0; i < 3; ++i) {
        CHECK(kevy_session_exec(session, 3, skip, NULL, &reply) == KEVY_OK);
        CHECK(kevy_reply_get_type(reply) == KEVY_REPLY_ERROR);
        kevy_reply_free(reply);
    }
    CHECK(kevy_session_exec(session, 1, exec, NULL, &reply) == KEVY_OK);
    CHECK(is_text(reply, KEVY_REPLY_ERROR,
                  "EXECABORT Transaction discarded because of previous errors."));
    kevy_reply_free(reply);
    kevy_session_close(session);
}

static void the_frozen_clock_decides_expiry(void) {
    CHECK(kevy_clock_freeze(db, 1000000) == KEVY_OK);
    CHECK(kevy_set(db, "t", 1, "v", 1, 0, 500) == KEVY_OK);
    char buffer[4];
    size_t size;
    CHECK(kevy_clock_advance(db, 499) == KEVY_OK);
    CHECK(kevy_get(db, "t", 1, buffer, sizeof buffer, &size) == KEVY_OK);
    CHECK(kevy_clock_advance(db, 1) == KEVY_OK);
    const char* argv[] = {"DBSIZE"};
    kevy_reply* reply = run(1, argv);
    CHECK(kevy_reply_integer(reply) == 0);
    kevy_reply_free(reply);
    int64_t now = 0;
    CHECK(kevy_clock_now(db, &now) == KEVY_OK && now == 1000500);
    CHECK(kevy_clock_resume(db) == KEVY_OK);
}

static void a_subscription_receives_what_is_published(void) {
    kevy_subscription* subscription = NULL;
    const char* const pattern = "news.*";
    kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
    options.kind = KEVY_SUBSCRIPTION_PATTERN;
    CHECK(kevy_subscribe(db, 1, &pattern, NULL, &options, &subscription) == KEVY_OK);
    const char* argv[] = {"PUBLISH", "news.a", "hello"};
    kevy_reply* reply = run(3, argv);
    CHECK(kevy_reply_integer(reply) == 1);
    kevy_reply_free(reply);
    kevy_message* message = NULL;
    CHECK(kevy_subscription_next(subscription, 5000, &message) == KEVY_OK);
    size_t size;
    CHECK(strncmp(kevy_message_payload(message, &size), "hello", 5) == 0 && size == 5);
    CHECK(kevy_message_payload(message, NULL)[size] == 0);
    CHECK(strlen(kevy_message_channel(message, &size)) == size);
    CHECK(strcmp(kevy_message_pattern(message, NULL), "news.*") == 0);
    CHECK(strcmp(kevy_message_channel(message, NULL), "news.a") == 0);
    kevy_message_free(message);
    CHECK(kevy_subscription_next(subscription, 0, &message) == KEVY_TIMEOUT);
    kevy_subscription_close(subscription, 0);
}

static void the_raw_form_speaks_resp(void) {
    kevy_session* session = NULL;
    CHECK(kevy_session_open(db, NULL, &session) == KEVY_OK);
    const char* request = "*1\r\n$4\r\nPING\r\nECHO hi\r\n";
    CHECK(kevy_session_feed(session, request, 10) == KEVY_OK);
    CHECK(kevy_session_feed(session, request + 10, strlen(request) - 10) == KEVY_OK);
    char out[64];
    size_t size = 0;
    CHECK(kevy_session_take(session, out, sizeof out, &size) == KEVY_OK);
    CHECK(size == 15 && memcmp(out, "+PONG\r\n$2\r\nhi\r\n", 15) == 0);
    CHECK(kevy_session_feed(session, "*1\r\n!\r\n", 7) == KEVY_CLOSED);
    kevy_session_close(session);
}

/* Its bytes are not there: whoever looked at them would crash. */
static void words_of_four_gigabytes_are_refused_unread(void) {
    const char* const words[] = {"SET", "key", "v"};
    const size_t sizes[][3] = {{3, ((size_t)1 << 32) + 3, 1},
                               {3, 3, ((size_t)1 << 32) + 1},
                               {((size_t)1 << 40) + 3, 3, 1},
                               {3, SIZE_MAX, 1}};
    kevy_session* session = NULL;
    CHECK(kevy_session_open(db, NULL, &session) == KEVY_OK);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; ++i) {
        kevy_reply* reply = NULL;
        CHECK(kevy_exec(db, 3, words, sizes[i], &reply) == KEVY_OK);
        CHECK(kevy_reply_get_type(reply) == KEVY_REPLY_ERROR);
        kevy_reply_free(reply);
        CHECK(kevy_session_exec(session, 3, words, sizes[i], &reply) == KEVY_OK);
        CHECK(kevy_reply_get_type(reply) == KEVY_REPLY_ERROR);
        kevy_reply_free(reply);
    }
    /* Of a pipeline only the one is refused; of a transaction all. */
    const char* const pipe[] = {"SET", "a", "1", "SET", "key", "v", "GET", "a"};
    const size_t pipe_sizes[] = {3, 1, 1, 3, ((size_t)1 << 32) + 3, 1, 3, 1};
    const size_t argc[] = {3, 3, 2};
    kevy_reply* replies = NULL;
    CHECK(kevy_pipeline(db, 3, argc, pipe, pipe_sizes, 0, &replies) == KEVY_OK);
    CHECK(kevy_reply_get_type(kevy_reply_at(replies, 0)) == KEVY_REPLY_STATUS);
    CHECK(kevy_reply_get_type(kevy_reply_at(replies, 1)) == KEVY_REPLY_ERROR);
    CHECK(kevy_reply_get_type(kevy_reply_at(replies, 2)) == KEVY_REPLY_STRING);
    kevy_reply_free(replies);
    const char* const unit[] = {"MULTI", "SET", "key", "v", "EXEC"};
    const size_t unit_sizes[] = {5, 3, ((size_t)1 << 32) + 3, 1, 4};
    const size_t unit_argc[] = {1, 3, 1};
    CHECK(kevy_session_pipeline(session, 3, unit_argc, unit, unit_sizes, 0, &replies) == KEVY_OK);
    CHECK(kevy_reply_get_type(kevy_reply_at(replies, 2)) == KEVY_REPLY_ERROR);
    kevy_reply_free(replies);
    kevy_session_close(session);

    char buffer[8];
    size_t size;
    kevy_subscription* subscription = NULL;
    const char* const name = "key";
    const char* const value = "v";
    const size_t longest = ((size_t)1 << 32) + 3, one = 1;
    CHECK(kevy_get(db, name, longest, buffer, sizeof buffer, &size) == KEVY_REFUSED);
    CHECK(kevy_set(db, name, longest, "v", 1, 0, 0) == KEVY_REFUSED);
    CHECK(kevy_set(db, "key", 3, name, longest, 0, 0) == KEVY_REFUSED);
    CHECK(kevy_set_many(db, 1, &name, &longest, &value, &one) == KEVY_REFUSED);
    CHECK(kevy_get_many(db, 1, &name, &longest, &replies) == KEVY_OK);
    CHECK(kevy_reply_get_type(replies) == KEVY_REPLY_ERROR);
    kevy_reply_free(replies);
    CHECK(kevy_subscribe(db, 1, &name, &longest, NULL, &subscription) == KEVY_REFUSED);
}

static void a_child_of_fork_gets_an_error(void) {
    const pid_t child = fork();
    if (child == 0) {
        kevy_reply* reply = NULL;
        const char* argv[] = {"PING"};
        const int forked = kevy_exec(db, 1, argv, NULL, &reply) == KEVY_FORKED;
        const int stopped = kevy_stop(db) == KEVY_OK;
        _exit(forked && stopped ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_session_outlives_its_instance(void) {
    kevy_instance* gone = NULL;
    kevy_session* session = NULL;
    kevy_reply* reply = NULL;
    CHECK(kevy_start(NULL, &gone) == KEVY_OK);
    CHECK(kevy_session_open(gone, NULL, &session) == KEVY_OK);
    CHECK(kevy_stop(gone) == KEVY_OK);
    const char* argv[] = {"PING"};
    CHECK(kevy_session_exec(session, 1, argv, NULL, &reply) == KEVY_CLOSED);
    kevy_session_close(session);
}

int main(void) {
    static void (*const cases[])(void) = {
        keys_and_values_hold_any_byte,
        a_redis_error_is_a_reply,
        get_tells_the_size_it_needs,
        misuse_is_a_status,
        stateless_calls_refuse_connection_verbs,
        a_pipeline_answers_each_command,
        what_has_no_reply_is_refused_in_a_transaction,
        the_frozen_clock_decides_expiry,
        a_subscription_receives_what_is_published,
        the_raw_form_speaks_resp,
        words_of_four_gigabytes_are_refused_unread,
        a_child_of_fork_gets_an_error,
        a_session_outlives_its_instance,
    };
    const size_t count = sizeof cases / sizeof *cases;
    CHECK(kevy_abi_version() == KEVY_ABI_VERSION);
    for (size_t i = 0; i < count; ++i) {
        CHECK(kevy_start(NULL, &db) == KEVY_OK);
        cases[i]();
        CHECK(kevy_stop(db) == KEVY_OK);
    }
    printf("%zu cases, %d failures\n", count, failures);
    return failures == 0 ? 0 : 1;
}
