// Sessions, subscriptions and messages: every function has a case at least, and one more for each
// way that it takes memory in.
#include <cstring>
#include <utility>

#include "failing_memory.h"
#include "function_cases.h"
#include "piped_commands.h"

namespace kevy::test {

namespace {

constexpr World::Start kInstance = World::Start::kInstance;

void nothing_more(World&) {}
void count_message(const kevy_message*, void*) {}

// ---- Sessions

kevy_status run_session_pipeline(World& world) {
  return with_piped_commands([&](size_t count, const size_t* counts, const char* const* words) {
    return kevy_session_pipeline(world.session, count, counts, words, nullptr, 0, &world.reply);
  });
}

void check_set(World& world) {
  world.expect_same(world.take_reply(), "OK");
  world.expect_same(world.run("STRLEN new"), "80000");
}

kevy_status open_session(World& world) {
  return kevy_session_open(world.db, nullptr, &world.opened);
}
void close_opened(World& world) {
  kevy_session_close(world.opened);
  world.clear_outputs();
}

void prepare_session(World& world) { world.open_session(); }

template <size_t kCount>
kevy_status session_exec(World& world, const char* const (&words)[kCount]) {
  return world.told(kevy_session_exec(world.session, kCount, words, nullptr, &world.reply));
}

kevy_status session_set(World& world) {
  const char* words[] = {"SET", "new", big_value().c_str()};
  return session_exec(world, words);
}
kevy_status session_select(World& world) {
  const char* words[] = {"SELECT", "1"};
  return session_exec(world, words);
}
void check_ok(World& world) { world.expect_same(world.take_reply(), "OK"); }
kevy_status session_multi(World& world) {
  const char* words[] = {"MULTI"};
  return session_exec(world, words);
}
kevy_status session_watch(World& world) {
  const char* words[] = {"WATCH", "text", "none"};
  return session_exec(world, words);
}
kevy_status session_setname(World& world) {
  const char* words[] = {"CLIENT", "SETNAME", "a-name-that-is-not-short-at-all"};
  return session_exec(world, words);
}
void queue_commands(World& world) {
  world.open_session();
  world.run_in_session("MULTI");
  world.run_in_session("SET new first");
  world.run_in_session("INCR int");
}
// EXEC either says that it has not begun, or gives a reply to each of its commands.
kevy_status session_exec_transaction(World& world) {
  const char* words[] = {"EXEC"};
  return kevy_session_exec(world.session, 1, words, nullptr, &world.reply);
}
void check_transaction(World& world) {
  const bool first = kevy_reply_get_type(kevy_reply_at(world.reply, 0)) != KEVY_REPLY_ERROR;
  const bool second = kevy_reply_get_type(kevy_reply_at(world.reply, 1)) != KEVY_REPLY_ERROR;
  const std::string text = world.take_reply();
  if (text == "ERR EXEC without MULTI") {  // the one before ended the transaction
    world.expect_same(world.contents(), world.before);
    return;
  }
  world.expect_same(world.run("GET new"), first ? "first" : "nil");
  world.expect_same(world.run("GET int"), second ? "13" : "12");
}

std::string next_push(World& world) {
  const kevy_status status = kevy_session_next(world.session, 0, &world.reply);
  return status == KEVY_OK ? world.take_reply() : "status " + std::to_string(status);
}

void prepare_subscribed(World& world) {
  world.open_session();
  world.run_in_session("SUBSCRIBE before");
  world.publish("before", "hello");
}
kevy_status session_subscribe(World& world) {
  const char* words[] = {"SUBSCRIBE", "a", "b", "c"};
  return session_exec(world, words);
}
void check_subscribed(World& world) {
  world.expect_same(world.take_reply(), "[subscribe a 2]");
  world.expect_same(next_push(world), "[message before hello]");
  world.expect_same(next_push(world), "[subscribe b 3]");
  world.expect_same(next_push(world), "[subscribe c 4]");
  world.publish("c", "later");
  world.expect_same(next_push(world), "[message c later]");
}

kevy_status session_next(World& world) { return kevy_session_next(world.session, 0, &world.reply); }
void prepare_pushed(World& world) {
  prepare_subscribed(world);
  world.publish("before", std::string(3000, 'l'));
}
void check_pushed(World& world) {
  world.expect_same(world.take_reply(), "[message before hello]");
  world.expect_same(next_push(world), "[message before " + std::string(3000, 'l') + "]");
}
void prepare_further_reply(World& world) {
  world.open_session();
  world.run_in_session("SUBSCRIBE a b");
  world.publish("a", "hello");
}
void check_further_reply(World& world) {
  world.expect_same(world.take_reply(), "[subscribe b 2]");
  world.expect_same(next_push(world), "[message a hello]");
}

const std::string& requests() {
  static const std::string all = "*3\r\n$3\r\nSET\r\n$3\r\nnew\r\n$80000\r\n" + big_value() +
                                 "\r\n*2\r\n$3\r\nGET\r\n$4\r\ntext\r\n";
  return all;
}
// Where there was no memory for the request, a new session is needed.
kevy_status renewed_if_closed(World& world, kevy_status status) {
  if (status != KEVY_CLOSED) return status;
  const EnoughMemory of_the_test;
  kevy_session_close(world.session);
  world.session = nullptr;
  world.open_session();
  return KEVY_NO_MEMORY;
}
kevy_status feed(World& world) {
  return renewed_if_closed(world,
                           kevy_session_feed(world.session, requests().data(), requests().size()));
}
kevy_status converse(World& world) {
  return renewed_if_closed(
      world, kevy_session_converse(world.session, requests().data(), requests().size(),
                                   world.buffer, sizeof world.buffer, &world.size));
}
void check_conversed(World& world) {
  const std::string got(world.buffer, world.size);
  const bool stored = got.starts_with("+OK\r\n");
  world.expect(stored || got.starts_with("-OOM "), "the first reply");
  world.expect_same(world.run("STRLEN new"), stored ? "80000" : "0");
  world.expect(got.ends_with("$5\r\nvalue\r\n") || got.find("-OOM ", 5) != std::string::npos,
               "the second reply");
}
void check_fed(World& world) {
  world.expect(
      kevy_session_take(world.session, world.buffer, sizeof world.buffer, &world.size) == KEVY_OK,
      "kevy_session_take");
  check_conversed(world);
}
void prepare_fed(World& world) {
  world.open_session();
  static const std::string kRequests = "GET big\r\nSUBSCRIBE news\r\n";
  world.expect(kevy_session_feed(world.session, kRequests.data(), kRequests.size()) == KEVY_OK,
               "feed");
  world.publish("news", "hello");
}
kevy_status take(World& world) {
  return kevy_session_take(world.session, world.buffer, sizeof world.buffer, &world.size);
}
void check_taken(World& world) {
  std::string got(world.buffer, world.size);
  const std::string wanted =
      "$70000\r\n" + std::string(70'000, 'b') + "\r\n*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n";
  const std::string pushed = "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n";
  // Where there was no memory for the message, the session is over behind what came before it.
  if (take(world) == KEVY_OK) {
    world.expect_same(got + std::string(world.buffer, world.size), wanted + pushed);
  } else {
    world.expect_same(got, wanted);
  }
}

kevy_status session_descriptor(World& world) {
  return kevy_session_descriptor(world.session, &world.descriptor);
}
void check_descriptor(World& world) { world.expect(world.descriptor >= 0, "a descriptor"); }

void watch_much(World& world) {
  world.open_session();
  world.run_in_session("WATCH text int none");
  world.run_in_session("SUBSCRIBE a b c");
  world.run_in_session("PSUBSCRIBE a* b*");
  world.publish("a", "hello");
}
kevy_status close_session(World& world) {
  kevy_session_close(world.session);
  world.session = nullptr;
  return KEVY_OK;
}

// ---- Commands that wait

kevy_status submit(World& world) {
  const char* words[] = {"BLPOP", "waited", "0"};
  const kevy_status status =
      kevy_session_submit(world.session, 3, words, nullptr, nullptr, nullptr, &world.reply);
  return status == KEVY_PENDING ? KEVY_OK : world.told(status);
}
kevy_status submitted_result(World& world) {
  return world.told(kevy_session_result(world.session, 0, &world.reply));
}
void check_submitted(World& world) {
  world.run("RPUSH waited x");
  world.expect(submitted_result(world) == KEVY_OK, "a result");
  world.expect_same(world.take_reply(), "[waited x]");
}
void prepare_waiting(World& world) {
  world.open_session();
  world.expect(submit(world) == KEVY_OK, "a command that waits");
}
void prepare_served(World& world) {
  prepare_waiting(world);
  world.run("RPUSH waited x");
}
void check_served(World& world) { world.expect_same(world.take_reply(), "[waited x]"); }
void prepare_unblocked(World& world) {
  world.open_session();
  const std::string id = world.run_in_session("CLIENT ID");
  world.expect(submit(world) == KEVY_OK, "a command that waits");
  kevy_session* const waiting = std::exchange(world.session, nullptr);
  world.open_session();
  world.expect_same(world.run_in_session("CLIENT UNBLOCK " + id + " ERROR"), "1");
  kevy_session_close(std::exchange(world.session, waiting));
}
void check_unblocked(World& world) {
  world.expect_same(world.take_reply(), "UNBLOCKED client unblocked via CLIENT UNBLOCK");
}
kevy_status cancel_wait(World& world) { return kevy_session_cancel(world.session); }
void check_wait_cancelled(World& world) {
  world.expect(submitted_result(world) == KEVY_CANCELLED, "the wait was ended");
  world.expect_same(world.run("RPUSH waited x"), "1");
}

// ---- Subscriptions

template <kevy_subscription_kind kKind>
kevy_status subscribe(World& world) {
  static const char* const kChannels[] = {"news", "a channel of a longer name"};
  kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
  options.kind = kKind;
  return kevy_subscribe(world.db, 2, kChannels, nullptr, &options, &world.subscribed);
}
kevy_status subscribe_with_callback(World& world) {
  static const char* const kChannels[] = {"news"};
  kevy_subscribe_options options = KEVY_SUBSCRIBE_OPTIONS_INIT;
  options.callback = count_message;
  return kevy_subscribe(world.db, 1, kChannels, nullptr, &options, &world.subscribed);
}
template <const char* const& kPublish>
void check_subscription(World& world) {
  world.expect_same(world.run(kPublish), "1");
  kevy_message* message = nullptr;
  world.expect(kevy_subscription_next(world.subscribed, 0, &message) == KEVY_OK, "a message");
  world.expect_same(kevy_message_payload(message, nullptr), "hello");
  kevy_message_free(message);
  kevy_subscription_close(world.subscribed, 0);
  world.clear_outputs();
}
constexpr const char* kPublish = "PUBLISH news hello";
constexpr const char* kPublishSharded = "SPUBLISH news hello";
void check_called_back(World& world) {
  world.expect_same(world.run(kPublish), "1");
  kevy_subscription_close(world.subscribed, 0);
  world.expect_same(world.run(kPublish), "0");
  world.clear_outputs();
}

void prepare_message(World& world) {
  world.subscribe(nullptr);
  world.publish("news", "hello");
}
kevy_status next_message(World& world) {
  return kevy_subscription_next(world.subscription, 0, &world.message);
}
void check_message(World& world) {
  size_t size;
  world.expect(kevy_message_kind(world.message) == KEVY_SUBSCRIPTION_CHANNEL, "the kind");
  world.expect_same(kevy_message_pattern(world.message, &size), "");
  world.expect_same(kevy_message_channel(world.message, &size), "news");
  world.expect_same(kevy_message_payload(world.message, &size), "hello");
  kevy_message_free(world.message);
  world.clear_outputs();
}
kevy_status read_message(World& world) {
  kevy_message* message = nullptr;
  const kevy_status status = kevy_subscription_next(world.subscription, 0, &message);
  if (status != KEVY_OK) return status;
  kevy_message_kind(message);
  kevy_message_pattern(message, nullptr);
  kevy_message_channel(message, nullptr);
  kevy_message_payload(message, nullptr);
  kevy_message_free(message);
  return KEVY_OK;
}
kevy_status subscription_descriptor(World& world) {
  return kevy_subscription_descriptor(world.subscription, &world.descriptor);
}
void prepare_called_back(World& world) {
  world.subscribe(count_message);
  world.publish("news", "hello");
}
kevy_status cancel(World& world) {
  kevy_subscription_cancel(world.subscription);
  return KEVY_OK;
}
void check_cancelled(World& world) { world.expect_same(world.run(kPublish), "0"); }
kevy_status close_subscription(World& world) {
  kevy_subscription_close(world.subscription, 0);
  world.subscription = nullptr;
  return KEVY_OK;
}

constexpr FunctionCase kCases[] = {
    {"kevy_session_open", "", kInstance, nullptr, open_session, close_opened},
    {"kevy_session_close", "watches and subscriptions", kInstance, watch_much, close_session,
     nothing_more},
    {"kevy_session_exec", "SET of a big value", kInstance, prepare_session, session_set, check_set},
    {"kevy_session_exec", "SELECT", kInstance, prepare_session, session_select, check_ok},
    {"kevy_session_exec", "MULTI", kInstance, prepare_session, session_multi, check_ok},
    {"kevy_session_exec", "WATCH", kInstance, prepare_session, session_watch, check_ok},
    {"kevy_session_exec", "CLIENT SETNAME", kInstance, prepare_session, session_setname, check_ok},
    {"kevy_session_exec", "EXEC", kInstance, queue_commands, session_exec_transaction,
     check_transaction},
    {"kevy_session_exec", "SUBSCRIBE", kInstance, prepare_subscribed, session_subscribe,
     check_subscribed},
    {"kevy_session_pipeline", "commands of all kinds", kInstance, prepare_session,
     run_session_pipeline, check_pipeline},
    {"kevy_session_submit", "a command that waits", kInstance, prepare_session, submit,
     check_submitted},
    {"kevy_session_result", "of one that was served", kInstance, prepare_served, submitted_result,
     check_served},
    {"kevy_session_result", "of one that was unblocked", kInstance, prepare_unblocked,
     submitted_result, check_unblocked},
    {"kevy_session_cancel", "", kInstance, prepare_waiting, cancel_wait, check_wait_cancelled},
    {"kevy_session_next", "messages", kInstance, prepare_pushed, session_next, check_pushed},
    {"kevy_session_next", "a further reply", kInstance, prepare_further_reply, session_next,
     check_further_reply},
    {"kevy_session_feed", "two commands", kInstance, prepare_session, feed, check_fed},
    {"kevy_session_converse", "two commands", kInstance, prepare_session, converse,
     check_conversed},
    {"kevy_session_take", "a message", kInstance, prepare_fed, take, check_taken},
    {"kevy_session_descriptor", "", kInstance, prepare_subscribed, session_descriptor,
     check_descriptor},
    {"kevy_subscribe", "channels", kInstance, nullptr, subscribe<KEVY_SUBSCRIPTION_CHANNEL>,
     check_subscription<kPublish>},
    {"kevy_subscribe", "patterns", kInstance, nullptr, subscribe<KEVY_SUBSCRIPTION_PATTERN>,
     check_subscription<kPublish>},
    {"kevy_subscribe", "sharded", kInstance, nullptr, subscribe<KEVY_SUBSCRIPTION_SHARDED>,
     check_subscription<kPublishSharded>},
    {"kevy_subscribe", "a callback", kInstance, nullptr, subscribe_with_callback,
     check_called_back},
    {"kevy_subscription_next", "a message", kInstance, prepare_message, next_message,
     check_message},
    {"kevy_subscription_descriptor", "", kInstance, prepare_message, subscription_descriptor,
     check_descriptor},
    {"kevy_subscription_cancel", "a callback", kInstance, prepare_called_back, cancel,
     check_cancelled},
    {"kevy_subscription_cancel", "a queue", kInstance, prepare_message, cancel, check_cancelled},
    {"kevy_subscription_close", "a callback", kInstance, prepare_called_back, close_subscription,
     check_cancelled},
    {"kevy_subscription_close", "a queue", kInstance, prepare_message, close_subscription,
     check_cancelled},
    {"kevy_message_kind", "reading", kInstance, prepare_message, read_message, nothing_more},
    {"kevy_message_pattern", "reading", kInstance, prepare_message, read_message, nothing_more},
    {"kevy_message_channel", "reading", kInstance, prepare_message, read_message, nothing_more},
    {"kevy_message_payload", "reading", kInstance, prepare_message, read_message, nothing_more},
    {"kevy_message_free", "reading", kInstance, prepare_message, read_message, nothing_more},
};

}  // namespace

std::span<const FunctionCase> session_cases() { return kCases; }

}  // namespace kevy::test
