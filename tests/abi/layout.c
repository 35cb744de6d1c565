/* Where the members of kevy.h's public structs lie, and what its constants are, written down once
 * more: a program compiled against any kevy.h of this ABI version relies on them. abidiff alone
 * would let a member slip in at a place that was padding. To see it fail, move a member in kevy.h:
 * this file no longer compiles. */
#include <kevy.h>

#define AT(type, member, offset, bytes)                                              \
    _Static_assert(offsetof(type, member) == (offset), #type "." #member " has moved"); \
    _Static_assert(sizeof(((type*)0)->member) == (bytes), #type "." #member " has another size")
#define VALUE(name, number) _Static_assert((name) == (number), #name " has another value")

_Static_assert(sizeof(void*) == 8 && sizeof(size_t) == 8, "these are the numbers of 64-bit systems");

/* Options may grow at their end, where `size` tells versions apart; so their own size is free. */
AT(kevy_options, size, 0, 8);
AT(kevy_options, shards, 8, 4);
AT(kevy_options, databases, 12, 4);
AT(kevy_options, protocol, 16, 4);
AT(kevy_options, threads, 20, 4);
AT(kevy_options, directives, 24, 8);
AT(kevy_options, directive_count, 32, 8);
AT(kevy_options, progress, 40, 8);
AT(kevy_options, progress_user, 48, 8);
AT(kevy_options, listen, 56, 8);
AT(kevy_options, listen_count, 64, 8);
AT(kevy_options, listen_options, 72, 8);
AT(kevy_options, on_shutdown, 80, 8);
AT(kevy_options, shutdown_user, 88, 8);
AT(kevy_options, cancel, 96, 8);
_Static_assert(sizeof(kevy_options) >= 104, "a member of kevy_options is gone");

AT(kevy_session_options, size, 0, 8);
AT(kevy_session_options, protocol, 8, 4);
AT(kevy_session_options, database, 12, 4);
AT(kevy_session_options, name, 16, 8);
_Static_assert(sizeof(kevy_session_options) >= 24, "a member of kevy_session_options is gone");

AT(kevy_backup_options, size, 0, 8);
AT(kevy_backup_options, progress, 8, 8);
AT(kevy_backup_options, user, 16, 8);
_Static_assert(sizeof(kevy_backup_options) >= 24, "a member of kevy_backup_options is gone");

AT(kevy_load_options, size, 0, 8);
AT(kevy_load_options, progress, 8, 8);
AT(kevy_load_options, user, 16, 8);
_Static_assert(sizeof(kevy_load_options) >= 24, "a member of kevy_load_options is gone");

AT(kevy_subscribe_options, size, 0, 8);
AT(kevy_subscribe_options, callback, 8, 8);
AT(kevy_subscribe_options, user, 16, 8);
AT(kevy_subscribe_options, kind, 24, 4);
AT(kevy_subscribe_options, reserved, 28, 4);
_Static_assert(sizeof(kevy_subscribe_options) >= 32, "a member of kevy_subscribe_options is gone");

AT(kevy_listen_options, size, 0, 8);
AT(kevy_listen_options, backlog, 8, 4);
AT(kevy_listen_options, permissions, 12, 4);
_Static_assert(sizeof(kevy_listen_options) >= 16, "a member of kevy_listen_options is gone");

VALUE(KEVY_ABI_VERSION, 1);

VALUE(KEVY_OK, 0);
VALUE(KEVY_INVALID, 1);
VALUE(KEVY_NO_MEMORY, 2);
VALUE(KEVY_SYSTEM, 3);
VALUE(KEVY_FORKED, 4);
VALUE(KEVY_CLOSED, 5);
VALUE(KEVY_TIMEOUT, 6);
VALUE(KEVY_NOT_FOUND, 7);
VALUE(KEVY_WRONG_TYPE, 8);
VALUE(KEVY_TRUNCATED, 9);
VALUE(KEVY_NOT_STORED, 10);
VALUE(KEVY_REFUSED, 11);
VALUE(KEVY_CANCELLED, 12);
VALUE(KEVY_PENDING, 13);
_Static_assert(sizeof(kevy_status) == 4, "kevy_status is passed in an int");

VALUE(KEVY_REPLY_NULL, 0);
VALUE(KEVY_REPLY_STATUS, 1);
VALUE(KEVY_REPLY_ERROR, 2);
VALUE(KEVY_REPLY_INTEGER, 3);
VALUE(KEVY_REPLY_STRING, 4);
VALUE(KEVY_REPLY_ARRAY, 5);
VALUE(KEVY_REPLY_MAP, 6);
VALUE(KEVY_REPLY_SET, 7);
VALUE(KEVY_REPLY_PUSH, 8);
VALUE(KEVY_REPLY_DOUBLE, 9);
VALUE(KEVY_REPLY_BOOLEAN, 10);
VALUE(KEVY_REPLY_VERBATIM, 11);
_Static_assert(sizeof(kevy_reply_type) == 4, "kevy_reply_type is returned in an int");

VALUE(KEVY_SUBSCRIPTION_CHANNEL, 0);
VALUE(KEVY_SUBSCRIPTION_PATTERN, 1);
VALUE(KEVY_SUBSCRIPTION_SHARDED, 2);
_Static_assert(sizeof(kevy_subscription_kind) == 4, "kevy_subscription_kind is passed in an int");

VALUE(KEVY_PIPELINE_ATOMIC, 1);
VALUE(KEVY_SET_NX, 1);
VALUE(KEVY_SET_XX, 2);
VALUE(KEVY_SET_KEEPTTL, 4);
VALUE(KEVY_SET_EXPIRE_AT, 8);
VALUE(KEVY_CLOSE_DISCARD, 1);

/* What an initialiser leaves to the library is zero, also in members added later. */
static const kevy_options defaults = KEVY_OPTIONS_INIT;
const kevy_options* abi_default_options(void);
const kevy_options* abi_default_options(void) { return &defaults; }
