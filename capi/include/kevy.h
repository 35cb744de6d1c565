/*
 * kevy: the Redis data model as a library.
 *
 * An instance is a sharded store that answers commands as a Redis server would, inside this
 * process. It needs no server, port or file. Its commands are those of Redis, given as arrays of
 * byte strings; its replies are trees of values.
 *
 *     kevy_instance* db;
 *     if (kevy_start(NULL, &db) != KEVY_OK) { puts(kevy_last_error()); return 1; }
 *     const char* argv[] = {"INCR", "visits"};
 *     kevy_reply* reply;
 *     if (kevy_exec(db, 2, argv, NULL, &reply) == KEVY_OK) {
 *         printf("%lld\n", (long long)kevy_reply_integer(reply));
 *         kevy_reply_free(reply);
 *     }
 *     kevy_stop(db);
 *
 * Conventions, for every function unless it says otherwise:
 *  1. It returns a kevy_status; KEVY_OK is 0. Results come last, through pointers that are left
 *     untouched when the call fails.
 *  2. A Redis error (wrong type, unknown command) is a successful call whose reply is of type
 *     KEVY_REPLY_ERROR. A status other than KEVY_OK means that no command ran, or that the library
 *     was misused; kevy_last_error() then says what to do.
 *  3. Keys, values and channels are any bytes. One is given as a pointer and its size; several as an
 *     array of pointers and an array of their sizes, which may be NULL: then each ends in a NUL.
 *     NULL with the size 0 is the empty string. The library copies what it needs before it
 *     returns; it never keeps a pointer of the caller's.
 *  4. Texts that the library hands out have a size, and a NUL behind it that is not counted.
 *     What it hands out is freed by the matching kevy_..._free, _close or kevy_stop, which all
 *     accept NULL.
 *  5. An instance may be used by any number of threads at once. A session (but for
 *     kevy_session_cancel), a subscription, a listener and a reply belong to one thread at a time. A subscription's callback may call anything but
 *     kevy_stop.
 *  6. Options are a struct that begins with its size; NULL stands for the defaults. Initialise it with
 *     its ..._INIT, then set what you need: zero and NULL mean the default. Later versions add members
 *     at the end. KEVY_INVALID: the size is below that of the first version, or a member that the
 *     loaded library does not know yet is not zero.
 *  7. The constants of kevy_status begin with KEVY_, those of each other enum with its name.
 *
 * Whoever can call the library is trusted: requirepass is for what connects over a network.
 *
 * The library writes to no stream, installs no signal handler and never ends the process.
 * A child of fork() does not have the parent's listeners and connections: they are closed in it before
 * fork() returns. It may only call kevy_stop (which then just abandons the inherited instance)
 * and the functions that free; all others return KEVY_FORKED. It may start instances of its own.
 *
 * Times are in milliseconds unless a name says otherwise.
 */
#ifndef KEVY_H
#define KEVY_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(KEVY_STATIC)
#define KEVY_API
#else
#define KEVY_API __attribute__((visibility("default")))
#endif

/* ---- Version ---------------------------------------------------------------------------- */

/* Counts up with every incompatible change of this header. */
#define KEVY_ABI_VERSION 1

/* The ABI version of the library that is loaded; compare it with KEVY_ABI_VERSION. */
KEVY_API uint32_t kevy_abi_version(void);

/* The library's version, such as "0.1.0". Static. */
KEVY_API const char* kevy_version(void);

/* ---- Status ----------------------------------------------------------------------------- */

typedef enum kevy_status {
    KEVY_OK = 0,
    KEVY_INVALID = 1,     /* an argument is NULL, out of range or contradicts another */
    /* A command that finds no memory has changed nothing, but that what had expired is gone. There
     * are two exceptions. ZADD or GEOADD of several members may have stored those that it names
     * first, each whole, and is logged as if it had named no more. And a command that has changed
     * what it names may find no memory for its reply alone; all of it is done then. In a transaction
     * or a pipeline a command that finds none is answered in its place with an error that begins
     * with OOM, and the others run; if all have run and only their replies find no memory, EXEC
     * gives this status. However EXEC ends, its transaction is over. */
    KEVY_NO_MEMORY = 2,
    KEVY_SYSTEM = 3,      /* the operating system refused: an address in use, no descriptors */
    KEVY_FORKED = 4,      /* the handle was made before fork(), in the parent */
    KEVY_CLOSED = 5,      /* the instance is stopping, or the session was closed */
    KEVY_TIMEOUT = 6,     /* nothing came in the time given */
    KEVY_NOT_FOUND = 7,   /* kevy_get: no such key; others: nothing there to which the call applies */
    KEVY_WRONG_TYPE = 8,  /* kevy_get: the key does not hold a string */
    KEVY_TRUNCATED = 9,   /* the buffer was too small; the needed length is given */
    KEVY_NOT_STORED = 10, /* kevy_set: the condition that a flag made did not hold */
    KEVY_REFUSED = 11,    /* the command was answered with an error: see kevy_last_error() */
    KEVY_CANCELLED = 12,  /* the command waited, and kevy_session_cancel ended that: it has done nothing;
                             or a progress callback ended the call */
    KEVY_PENDING = 13     /* kevy_session_submit: the command waits */
} kevy_status;

/* A short English phrase for a status. Static, never NULL, for any value. */
KEVY_API const char* kevy_strerror(kevy_status status);

/* What the last call on this thread that did not return KEVY_OK found wrong, in a sentence.
 * Never NULL. Valid until the next call of the library on this thread. */
KEVY_API const char* kevy_last_error(void);

/* The errno of that call if it returned KEVY_SYSTEM and the operating system gave one; otherwise 0. */
KEVY_API int kevy_last_errno(void);

/* ---- Instances -------------------------------------------------------------------------- */

typedef struct kevy_instance kevy_instance;
typedef struct kevy_session kevy_session;
typedef struct kevy_reply kevy_reply;
typedef struct kevy_subscription kevy_subscription;
typedef struct kevy_message kevy_message;
typedef struct kevy_listener kevy_listener;

/* Told how much is done, of how much: at the beginning, now and then, and at the end. Called by the
 * thread that called the function (kevy_start, kevy_backup, kevy_load), which holds no lock: it may call
 * anything but kevy_stop, and must not wait for a thread in another kevy_load of the instance; from within
 * one kevy_load is KEVY_REFUSED. It returns 0 to go on; anything else ends the function, which returns
 * KEVY_CANCELLED and has changed nothing. Must not throw. */
typedef int (*kevy_progress_callback)(uint64_t done, uint64_t total, void* user);

/* Called after SHUTDOWN, which has saved if that was wanted: the host is to call kevy_stop soon, from
 * another thread. On the thread of kevy_message_callback, by the same rules. */
typedef void (*kevy_shutdown_callback)(void* user);

struct kevy_listen_options; /* see kevy_listen */

/* How to start an instance. */
typedef struct kevy_options {
    size_t size;        /* sizeof(kevy_options) */
    uint32_t shards;    /* 1 to 4096; 0: chosen for the machine. No reply depends on it. */
    uint32_t databases; /* how many SELECT can choose from; 0: 16 */
    uint32_t protocol;  /* RESP version of kevy_exec and of new in-process sessions: 2 or 3.
                           0: 2, as for any new connection to Redis */
    uint32_t threads;   /* reactor threads that kevy_listen starts; 0: one a core */
    /* Directives as in redis.conf: directives[2*i] is a name, directives[2*i+1] its value. */
    const char* const* directives;
    size_t directive_count; /* pairs */
    /* Told how far it has come with the files it reads, in bytes of all of them; not called where there
     * is none to read. May be NULL; `progress_user` is passed to it. */
    kevy_progress_callback progress;
    void* progress_user;
    /* Where it listens from before it reads its files on, as kevy_listen takes it, for as long as it
     * lives. With a '-' in front: it starts as well where it can not listen there. */
    const char* const* listen;
    size_t listen_count;
    const struct kevy_listen_options* listen_options; /* of all of them; may be NULL */
    /* As by kevy_on_shutdown, but that none is missed. May be called before kevy_start returns. */
    kevy_shutdown_callback on_shutdown;
    void* shutdown_user;
    /* What it points to is 0; once it is anything else kevy_start ends soon, also while it runs a script
     * of a file. A signal handler may set it, and any thread by an atomic store. Is looked at until
     * kevy_start returns. May be NULL. */
    const volatile int* cancel;
} kevy_options;

#define KEVY_OPTIONS_INIT \
    {sizeof(kevy_options), 0, 0, 0, 0, NULL, 0, NULL, NULL, NULL, 0, NULL, NULL, NULL, NULL}

/* Starts an instance with its own data: none, or what it has kept in `dir` before. `options` may be NULL.
 * Starts no thread, but for those that listen, one that looks after `save` rules, one that writes an
 * append-only file, and some that read its files, which end with that.
 * While it reads them, whoever is connected is answered with an error that begins with LOADING (with little
 * to read he waits instead), but for commands that have the flag "loading" (INFO, whose section persistence tells how far it is; CONFIG,
 * SUBSCRIBE, SHUTDOWN, ...). SHUTDOWN ends kevy_start then: KEVY_CANCELLED.
 * KEVY_INVALID names the option or directive that is wrong, or the file that is damaged, and where.
 * KEVY_SYSTEM: the system refuses, or another instance has the append-only file; kevy_last_errno() says
 * why. KEVY_CANCELLED: `progress`, `cancel` or SHUTDOWN has ended it. Whatever fails, no listener, connection or
 * thread is left, and what is on disk is as it was. */
KEVY_API kevy_status kevy_start(const kevy_options* options, kevy_instance** instance);

/* Stops an instance: ends its threads, its listeners and connections, drops what waits for its
 * subscriptions, and frees its data, for which it takes no memory. No other thread may be in a call on
 * the instance itself or a listener of its; calls that wait on its sessions and subscriptions get
 * KEVY_CLOSED. A callback that runs is waited for, and may go on calling; the network answers it
 * KEVY_CLOSED. Sessions, subscriptions and listeners that are still open stay valid handles; the first
 * two answer KEVY_CLOSED until they are closed. Must not be called from a callback.
 * With `save` rules it writes a snapshot if anything has changed since the last one. KEVY_SYSTEM: that
 * could not be written; kevy_last_error() says why, and the instance is stopped all the same. Who
 * wants to keep it then runs SAVE before, which tells. */
KEVY_API kevy_status kevy_stop(kevy_instance* instance);

/* Has `callback` called with `user` when SHUTDOWN is run, in place of what was given before, which is
 * waited for where it runs, unless it is that which calls; NULL takes it back. Without it SHUTDOWN
 * answers an error. A client over a socket gets no reply: its connection ends with kevy_stop; other
 * callers are answered OK. kevy_stop saves once more if there were changes since, but not after
 * SHUTDOWN NOSAVE. KEVY_SYSTEM: the thread that calls could not be started. */
KEVY_API kevy_status kevy_on_shutdown(kevy_instance* instance, kevy_shutdown_callback callback,
                                      void* user);

/* ---- Commands --------------------------------------------------------------------------- */

/* Runs one command without connection state, in database 0: argv[0] is the verb. `argv_size` may
 * be NULL. Verbs that act on a connection (MULTI, SELECT, SUBSCRIBE, ...) or wait (BLPOP, ...) are
 * answered with an error here; use a session. Any thread. Does not block but for the shards' locks, and for
 * what the command itself does (DEBUG SLEEP). Free `*reply` with kevy_reply_free. */
KEVY_API kevy_status kevy_exec(kevy_instance* instance, size_t argc, const char* const* argv,
                               const size_t* argv_size, kevy_reply** reply);

typedef enum kevy_pipeline_flags {
    KEVY_PIPELINE_ATOMIC = 1 /* as between MULTI and EXEC: no other caller's command runs in between */
} kevy_pipeline_flags;

/* Runs `count` commands one after the other; command i has argc[i] words, and the words of all
 * lie one after the other in argv and argv_size (which may be NULL). `flags` are of
 * kevy_pipeline_flags. `*replies` is an array with one reply a command, whatever becomes of it: one
 * that finds no memory is answered in its place with an error that begins with OOM, and those behind it
 * run. KEVY_NO_MEMORY: none has run.
 * KEVY_PIPELINE_ATOMIC: when a command cannot even be queued (unknown verb, wrong number of words), none
 * runs; it is answered with its error, and the others with one that begins with EXECABORT. KEVY_INVALID
 * for MULTI, EXEC, DISCARD, WATCH, RESET, QUIT, SUBSCRIBE, UNSUBSCRIBE and their like. */
KEVY_API kevy_status kevy_pipeline(kevy_instance* instance, size_t count, const size_t* argc,
                                   const char* const* argv, const size_t* argv_size, uint32_t flags,
                                   kevy_reply** replies);

/* GET of database 0 without a reply object: copies the value to `buffer`, of `capacity` bytes, and
 * its length to `*size`. KEVY_NOT_FOUND when there is no such key, KEVY_WRONG_TYPE when it holds
 * no string. KEVY_TRUNCATED when the value is longer than `capacity`: `*size` is its length, and
 * nothing was copied. Any thread. Does not block. */
KEVY_API kevy_status kevy_get(kevy_instance* instance, const char* key, size_t key_size,
                              char* buffer, size_t capacity, size_t* size);

typedef enum kevy_set_flags {
    KEVY_SET_NX = 1,        /* only when there is no such key */
    KEVY_SET_XX = 2,        /* only when there is one */
    KEVY_SET_KEEPTTL = 4,   /* a time to live that the key has stays */
    KEVY_SET_EXPIRE_AT = 8  /* `ttl_ms` is a time on the instance's clock, in ms since the Unix epoch */
} kevy_set_flags;

/* SET of database 0: stores the value and removes a time to live. `ttl_ms` > 0 gives it one. `flags`
 * are of kevy_set_flags. KEVY_NOT_STORED: NX or XX did not hold. KEVY_REFUSED when the server would
 * answer with an error (out of memory, key too long). Any thread. Does not block. */
KEVY_API kevy_status kevy_set(kevy_instance* instance, const char* key, size_t key_size,
                              const char* value, size_t value_size, uint32_t flags, int64_t ttl_ms);

/* MGET and MSET of database 0, each one atomic step. `*reply` is an array of strings and nulls. */
KEVY_API kevy_status kevy_get_many(kevy_instance* instance, size_t count, const char* const* keys,
                                   const size_t* key_sizes, kevy_reply** reply);
KEVY_API kevy_status kevy_set_many(kevy_instance* instance, size_t count, const char* const* keys,
                                   const size_t* key_sizes, const char* const* values,
                                   const size_t* value_sizes);

/* ---- Replies ---------------------------------------------------------------------------- */

/* The shapes of RESP3. With protocol 2 only STATUS, ERROR, INTEGER, STRING, NULL and ARRAY. */
typedef enum kevy_reply_type {
    KEVY_REPLY_NULL = 0,
    KEVY_REPLY_STATUS = 1,  /* a simple string: kevy_reply_string */
    KEVY_REPLY_ERROR = 2,   /* its text, code first: kevy_reply_string */
    KEVY_REPLY_INTEGER = 3, /* kevy_reply_integer */
    KEVY_REPLY_STRING = 4,  /* kevy_reply_string */
    KEVY_REPLY_ARRAY = 5,   /* kevy_reply_count, kevy_reply_at */
    KEVY_REPLY_MAP = 6,     /* the same; key and value in turn, so the count is even */
    KEVY_REPLY_SET = 7,     /* the same */
    KEVY_REPLY_PUSH = 8,    /* the same */
    KEVY_REPLY_DOUBLE = 9,  /* kevy_reply_double */
    KEVY_REPLY_BOOLEAN = 10, /* kevy_reply_integer: 0 or 1 */
    KEVY_REPLY_VERBATIM = 11 /* kevy_reply_string; kevy_reply_format */
} kevy_reply_type;

/* All accessors are defined for every reply, NULL included: what a type does not have is 0, 0.0,
 * an empty string or NULL. What they return lives as long as the reply. They never block. */
KEVY_API kevy_reply_type kevy_reply_get_type(const kevy_reply* reply);
KEVY_API int64_t kevy_reply_integer(const kevy_reply* reply);
KEVY_API double kevy_reply_double(const kevy_reply* reply);
/* `size` may be NULL. */
KEVY_API const char* kevy_reply_string(const kevy_reply* reply, size_t* size);
/* Three characters, "txt" or "mkd", ended by a NUL. */
KEVY_API const char* kevy_reply_format(const kevy_reply* reply);
KEVY_API size_t kevy_reply_count(const kevy_reply* reply);
/* Element `index`, which belongs to `reply`; NULL when there is none. */
KEVY_API const kevy_reply* kevy_reply_at(const kevy_reply* reply, size_t index);
/* Frees a whole reply. Only for what a call handed out, not for elements of it. Any thread. */
KEVY_API void kevy_reply_free(kevy_reply* reply);

/* ---- Sessions --------------------------------------------------------------------------- */

typedef struct kevy_session_options {
    size_t size;       /* sizeof(kevy_session_options) */
    uint32_t protocol; /* RESP version: 2 or 3; 0: that of the instance's options */
    uint32_t database; /* as by SELECT */
    const char* name;  /* as by CLIENT SETNAME; NULL: none */
} kevy_session_options;

#define KEVY_SESSION_OPTIONS_INIT {sizeof(kevy_session_options), 0, 0, NULL}

/* What a connection is to a server: database, protocol, MULTI queue, watches, subscriptions, name.
 * A session belongs to one thread at a time. Close all before kevy_stop, or after; both work. */
KEVY_API kevy_status kevy_session_open(kevy_instance* instance, const kevy_session_options* options,
                                       kevy_session** session);
KEVY_API void kevy_session_close(kevy_session* session);

/* As kevy_exec, with every verb of Redis. A command that waits (BLPOP) has this call wait, no other: the
 * thread sleeps in the kernel, and holds nothing. KEVY_CANCELLED: kevy_session_cancel ended that.
 * A verb with several replies (SUBSCRIBE a b) gives the first here and the others as pushes.
 * NULL in *reply: the session is in CLIENT REPLY OFF or SKIP. KEVY_CLOSED after QUIT, after a CLIENT
 * KILL of this session, and when more was pushed to it than client-output-buffer-limit pubsub allows
 * to wait: from then on PUBLISH does not count it, and every call answers KEVY_CLOSED. */
KEVY_API kevy_status kevy_session_exec(kevy_session* session, size_t argc, const char* const* argv,
                                       const size_t* argv_size, kevy_reply** reply);
/* As kevy_pipeline; a command that waits keeps those behind it waiting. KEVY_CANCELLED: its wait was
 * ended; those before it have run, and their replies are lost. KEVY_CLOSED: the session ended before the last command (QUIT was one of those before
 * it, or an end from outside); those before the end have run, and their replies are lost.
 * KEVY_PIPELINE_ATOMIC: `*replies` is NULL where a watched key was changed, and none ran; once it has
 * begun it gives its replies, also when the session is ended meanwhile. KEVY_INVALID between MULTI and
 * EXEC. */
KEVY_API kevy_status kevy_session_pipeline(kevy_session* session, size_t count, const size_t* argc,
                                           const char* const* argv, const size_t* argv_size,
                                           uint32_t flags, kevy_reply** replies);

/* Ends the wait of the command that a call on the session runs, in kevy_session_exec, in
 * kevy_session_pipeline, or after kevy_session_submit: now, or as soon as it begins to wait. It has taken
 * nothing; the call answers KEVY_CANCELLED, and the session lives on. A command that has got what it
 * waited for answers that instead: nothing is lost. A script that has written nothing yet is ended
 * too, and its reply is the error of SCRIPT KILL. KEVY_NOT_FOUND: no such call is under way. Any
 * thread, also while another one uses the session, which must not be closed meanwhile. */
KEVY_API kevy_status kevy_session_cancel(kevy_session* session);

/* Called once a command that was submitted waits no more: kevy_session_result gives its outcome without
 * waiting. On the thread of kevy_message_callback, by the same rules; it may close the session. */
typedef void (*kevy_session_callback)(kevy_session* session, void* user);

/* As kevy_session_exec, but the call never waits: KEVY_PENDING means that the command waits; it has
 * been given, and no thread waits with it. When it is over, the session's descriptor
 * (kevy_session_descriptor) polls readable, `callback` is called with `user` unless it is NULL, and
 * kevy_session_result gives the outcome. Until that was taken, other commands on the session are
 * KEVY_INVALID; kevy_session_next is not. A command that does not have to wait is answered at once:
 * KEVY_OK, and no callback. No callback comes after kevy_session_close or kevy_stop. KEVY_SYSTEM: the
 * thread that calls back could not be started. */
KEVY_API kevy_status kevy_session_submit(kevy_session* session, size_t argc,
                                         const char* const* argv, const size_t* argv_size,
                                         kevy_session_callback callback, void* user,
                                         kevy_reply** reply);

/* The outcome of a submitted command that waits: what kevy_session_exec would have given. Waits up to
 * `timeout_ms`, 0: not at all, -1: for ever. KEVY_TIMEOUT: it waits on. KEVY_NOT_FOUND: none was
 * submitted that had to wait, or its outcome was taken. */
KEVY_API kevy_status kevy_session_result(kevy_session* session, int64_t timeout_ms,
                                         kevy_reply** reply);

/* The next message that was pushed to the session (pub/sub, invalidation) as a reply: PUSH in
 * protocol 3, ARRAY in protocol 2. Waits up to `timeout_ms`, 0: not at all, -1: for ever. Pushes come
 * in one order: what was published before a command, its further replies, what was published after.
 * So what was published to a channel before the command that left it is still handed out, nothing
 * later. KEVY_NO_MEMORY: the message waits on. */
KEVY_API kevy_status kevy_session_next(kevy_session* session, int64_t timeout_ms,
                                       kevy_reply** push);

/* The raw form: RESP bytes in and out, as over a socket, so that any client library's parser can
 * sit on a session. feed runs every command that is complete in what was fed so far; take copies
 * out up to `capacity` bytes of what the session has to say, replies and pushes in order, 0 bytes
 * when there is nothing. After a protocol error, QUIT, an end from outside (as kevy_session_exec), or
 * where there was no memory to read a command or to write a reply or message whole, feed returns
 * KEVY_CLOSED, and take goes on until the output is taken, then returns KEVY_CLOSED too.
 * Do not mix with kevy_session_exec on one session (KEVY_INVALID). */
KEVY_API kevy_status kevy_session_feed(kevy_session* session, const char* bytes, size_t size);
KEVY_API kevy_status kevy_session_take(kevy_session* session, char* buffer, size_t capacity,
                                       size_t* size);

/* feed, then take, in one call: costs no system call for the session's descriptor where `buffer`
 * has room for all that there is to say. The descriptor is readable afterwards if there is more to
 * take, or the session has ended. A session that had ended before drops `bytes`, and goes on giving
 * what it had to say. KEVY_CLOSED as for take. KEVY_NO_MEMORY: none of `bytes` was taken in. */
KEVY_API kevy_status kevy_session_converse(kevy_session* session, const char* bytes,
                                           size_t bytes_size, char* buffer, size_t capacity,
                                           size_t* size);

/* A descriptor that polls readable while kevy_session_next, kevy_session_take or kevy_session_result
 * (of a command that waited) would give something,
 * or the session was ended and no call has answered KEVY_CLOSED yet. It belongs to the session: poll it,
 * but do not read, write or close it. */
KEVY_API kevy_status kevy_session_descriptor(kevy_session* session, int* descriptor);

/* ---- Subscriptions ---------------------------------------------------------------------- */

typedef enum kevy_subscription_kind {
    KEVY_SUBSCRIPTION_CHANNEL = 0, /* SUBSCRIBE */
    KEVY_SUBSCRIPTION_PATTERN = 1, /* PSUBSCRIBE */
    KEVY_SUBSCRIPTION_SHARDED = 2  /* SSUBSCRIBE */
} kevy_subscription_kind;

/* Called while no lock is held, on the one thread of the instance's that calls back: a callback that
 * takes long, or waits for another one, keeps the others waiting. `message` lives until the callback
 * returns. NULL, once and last: the subscription is over, because too much waited for it, or by CLIENT
 * KILL or kevy_subscription_cancel. It is still to be closed. */
typedef void (*kevy_message_callback)(const kevy_message* message, void* user);

typedef struct kevy_subscribe_options {
    size_t size;                    /* sizeof(kevy_subscribe_options) */
    kevy_message_callback callback; /* who gets the messages; NULL: kevy_subscription_next takes them */
    void* user;                     /* handed to the callback */
    kevy_subscription_kind kind;
    uint32_t reserved;              /* 0 */
} kevy_subscribe_options;

#define KEVY_SUBSCRIBE_OPTIONS_INIT \
    {sizeof(kevy_subscribe_options), NULL, NULL, KEVY_SUBSCRIPTION_CHANNEL, 0}

/* Subscribes to `count` channels (or patterns); the subscription is live when the call returns.
 * With a callback the messages go to it. Without one they queue until kevy_subscription_next takes
 * them. A queue longer than client-output-buffer-limit pubsub allows, or
 * a message that it finds no memory for, ends the subscription, as Redis does: PUBLISH does not count it
 * from then on, next answers KEVY_CLOSED, and a callback is called with NULL. KEVY_SYSTEM: the thread
 * that calls back could not be started. */
KEVY_API kevy_status kevy_subscribe(kevy_instance* instance, size_t count,
                                    const char* const* channels, const size_t* channel_sizes,
                                    const kevy_subscribe_options* options,
                                    kevy_subscription** subscription);

/* The next message, in the order published; waits up to `timeout_ms`, 0: not at all, -1: for
 * ever. Free it with kevy_message_free. KEVY_INVALID for a subscription with a callback. */
KEVY_API kevy_status kevy_subscription_next(kevy_subscription* subscription, int64_t timeout_ms,
                                            kevy_message** message);

/* A descriptor that polls readable while messages wait; rules as kevy_session_descriptor. */
KEVY_API kevy_status kevy_subscription_descriptor(kevy_subscription* subscription,
                                                  int* descriptor);

/* Leaves the channels. What was published before is still handed out, by kevy_subscription_next or to the
 * callback; then next answers KEVY_CLOSED, now and to a thread that waits in it, and a callback is
 * called with NULL. The one subscription function that may be called while another thread uses the
 * subscription. */
KEVY_API void kevy_subscription_cancel(kevy_subscription* subscription);

typedef enum kevy_close_flags {
    KEVY_CLOSE_DISCARD = 1 /* what waits for the callback is dropped */
} kevy_close_flags;

/* Leaves the channels, hands the callback what was published before, and frees the subscription. `flags`
 * are of kevy_close_flags. When the call returns no callback runs and none will. From within its own
 * callback the call takes effect when that callback returns: if there is more to hand over, the callback
 * is called again. From within another subscription's callback, it is called there and then. What
 * waits for kevy_subscription_next is dropped: cancel, then take it first if it matters. */
KEVY_API void kevy_subscription_close(kevy_subscription* subscription, uint32_t flags);

KEVY_API kevy_subscription_kind kevy_message_kind(const kevy_message* message);
/* The texts of a message, good as long as it is. `size` may be NULL. The pattern that matched is empty unless the kind is
 * KEVY_SUBSCRIPTION_PATTERN. */
KEVY_API const char* kevy_message_pattern(const kevy_message* message, size_t* size);
KEVY_API const char* kevy_message_channel(const kevy_message* message, size_t* size);
KEVY_API const char* kevy_message_payload(const kevy_message* message, size_t* size);
KEVY_API void kevy_message_free(kevy_message* message);

/* ---- The network ------------------------------------------------------------------------ */

typedef struct kevy_listen_options {
    size_t size;          /* sizeof(kevy_listen_options) */
    uint32_t backlog;     /* how many connections may wait to be accepted; 0: 511 */
    uint32_t permissions; /* of a Unix socket's path, such as 0700; 0: as the process' umask has it */
} kevy_listen_options;

#define KEVY_LISTEN_OPTIONS_INIT {sizeof(kevy_listen_options), 0, 0}

/* Lets clients connect, from when it returns: "host:port" ("[::1]:6379" for IPv6, "*" as the host
 * for every interface, port 0 for a free one) or "unix:/path" (a relative path is taken from the
 * present directory, once). May be called several times, for several addresses. The first call starts
 * the reactor threads. A Unix socket that a dead process left behind is replaced, a living one is not.
 * `listener` may be NULL: then it is the instance's until kevy_stop. KEVY_SYSTEM: the address is in use,
 * not this machine's, or not permitted, or no thread could be started; then it does not listen there.
 * While clients are connected, a command on the instance or a session that publishes first waits, for a
 * tenth of a second at most, until the reactors have looked at what had come to their sockets: who sent
 * SUBSCRIBE before receives it. Any thread. */
KEVY_API kevy_status kevy_listen(kevy_instance* instance, const char* address,
                                 const kevy_listen_options* options, kevy_listener** listener);

/* Where it listens, in the form kevy_listen takes, with the real port and the whole path. Lives as long
 * as the listener. "" for NULL. */
KEVY_API const char* kevy_listener_address(const kevy_listener* listener);

/* The same of the `index`-th listener there is now, in the order they were opened: copies the text and a
 * NUL to `buffer`, of `capacity` bytes. KEVY_NOT_FOUND: there are not so many. KEVY_TRUNCATED:
 * `capacity` is too small. Any thread. */
KEVY_API kevy_status kevy_address(kevy_instance* instance, size_t index, char* buffer,
                                  size_t capacity);

/* Stops listening there, now, and removes a Unix socket's path; the connections that came by it stay.
 * After kevy_stop it only frees. Counts as a call on the instance. */
KEVY_API void kevy_listener_close(kevy_listener* listener);

/* A connected stream socket that speaks RESP with the instance, as one that was accepted, without an
 * address: for clients that want a descriptor (hiredis' redisConnectFd, event loops). It is
 * non-blocking or not as you make it; it is blocking at first, and closed on exec. It belongs to the
 * caller, who closes it. The first call starts the reactor threads. KEVY_SYSTEM: no descriptor or no
 * thread. Any thread. */
KEVY_API kevy_status kevy_connect(kevy_instance* instance, const kevy_session_options* options,
                                  int* descriptor);

/* ---- Files ------------------------------------------------------------------------------ */

/* Files are RDB files, as Redis and Valkey write and read them: all databases and the libraries of
 * functions. Paths end in a NUL; one that does not begin with / is in the process' own directory. */

/* SAVE: writes the file that the instance reads at its start, `dbfilename` in `dir`. Every other command
 * waits for the end. KEVY_INVALID when the instance has no directory, KEVY_REFUSED when a BGSAVE is in
 * progress, KEVY_SYSTEM when the file can not be written; the one before is as it was then. Any thread.
 * Blocks until it is on disk. */
KEVY_API kevy_status kevy_save(kevy_instance* instance);

typedef struct kevy_backup_options {
    size_t size;                     /* sizeof(kevy_backup_options) */
    kevy_progress_callback progress; /* of the keys; may be NULL */
    void* user;                      /* passed to `progress` */
} kevy_backup_options;

#define KEVY_BACKUP_OPTIONS_INIT {sizeof(kevy_backup_options), NULL, NULL}

/* Writes all data as they are at one moment, while commands go on, to a file at `path`, whose directory
 * must be there. The instance needs none of its own. What changes meanwhile is copied first, which is what
 * memory grows by. The file is written beside its place, brought to the disk, and takes the place of what
 * is at `path` then: whatever fails, that is as it was. KEVY_INVALID: `path` does not name a file, or
 * what is there is none.
 * KEVY_SYSTEM: it can not be written. `options` may be NULL. Any thread, several at a time. Blocks until it is on
 * disk. */
KEVY_API kevy_status kevy_backup(kevy_instance* instance, const char* path,
                                 const kevy_backup_options* options);

typedef struct kevy_load_options {
    size_t size;                     /* sizeof(kevy_load_options) */
    kevy_progress_callback progress; /* of the file's bytes; may be NULL */
    void* user;                      /* passed to `progress` */
} kevy_load_options;

#define KEVY_LOAD_OPTIONS_INIT {sizeof(kevy_load_options), NULL, NULL}

/* Reads an RDB file, and has what is in it take the place of all data and libraries of functions, in one
 * step for everybody else. What is read is not trusted; until it has been read to its end commands go on
 * with the data that there are, and both are in memory. Whatever fails, those data are as they were.
 * KEVY_INVALID: the file is damaged, and kevy_last_error() says at which byte; or it is none, such as a
 * pipe, which is not waited for. KEVY_SYSTEM: it can not be read. Keys whose time is over are left out.
 * Watched and tracked keys change as by FLUSHALL.
 * With an append-only file what was read is its new base when this returns: a crash leaves the data of before,
 * or these. For `save` rules all keys that come and go have changed. `options` may be NULL. Any thread; one
 * after the other. Blocks. */
KEVY_API kevy_status kevy_load(kevy_instance* instance, const char* path,
                               const kevy_load_options* options);

/* ---- The clock -------------------------------------------------------------------------- */

/* The instance's clock in milliseconds since the Unix epoch. Runs with the machine's until frozen.
 * Freezing at `unix_ms` < 0 freezes at the present moment. Advancing works frozen or running, and
 * keys whose time has come are gone when it returns; those that there is no memory to remove go a
 * little later, and are not seen meanwhile. KEVY_INVALID before 1970 and after the year 275760. Any
 * thread. */
KEVY_API kevy_status kevy_clock_now(kevy_instance* instance, int64_t* unix_ms);
KEVY_API kevy_status kevy_clock_freeze(kevy_instance* instance, int64_t unix_ms);
KEVY_API kevy_status kevy_clock_advance(kevy_instance* instance, int64_t delta_ms);
/* Back to the machine's time. */
KEVY_API kevy_status kevy_clock_resume(kevy_instance* instance);

#ifdef __cplusplus
}
#endif

#endif
