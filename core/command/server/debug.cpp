// DEBUG: what tests of servers and clients lean on.
//
// It is one row, not one with subcommands, since that is how the references describe and answer it.
#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "base/glob.h"
#include "base/memory_size.h"
#include "base/random.h"
#include "command/arguments.h"
#include "command/families.h"
#include "command/key/encoding_name.h"
#include "command/server/data_digest.h"
#include "runtime/persistence/snapshots.h"
#include "runtime/shard/access.h"

namespace kevy {

namespace {

void digest(Call& call) { call.reply.status(data_digest(call.runtime)); }

void digest_value(Call& call) {
  call.reply.array(call.argc() - 2);
  for (size_t i = 2; i < call.argc(); ++i) call.reply.status(value_digest(call.peek(call.key(i))));
}

void object(Call& call) {
  const bool fast = call.argc() == 4;
  if (fast && !equals_ignoring_case(call.args[3], "fast")) {
    call.error(errors::kSyntax);
    return;
  }
  const Key key = call.key(2);
  const Entry* entry = call.peek(key);
  if (entry == nullptr) {
    call.error(errors::kNoSuchKey);
    return;
  }
  const bool lfu = call.runtime.settings().lfu_policy.load(std::memory_order_relaxed);
  const int64_t now_s = call.runtime.clock().coarse_seconds();
  // No address of the host is told.
  std::string text = "Value at:0x0 refcount:1 encoding:" + std::string(encoding_name(*entry));
  if (!fast) {
    text += " serializedlength:" + std::to_string(call.keyspace(key).memory_bytes_of(*entry));
  }
  text += " lru:" + std::to_string(entry->access()) + " lru_seconds_idle:" +
          std::to_string(lfu ? 0 : lru_idle_seconds(entry->access(), now_s));
  call.reply.status(text);
}

// Any number is taken, as that which its text begins with is not 0.
void set_active_expire(Call& call) {
  const Bytes text = call.args[2];
  const bool on = !text.empty() && text[0] >= '1' && text[0] <= '9';
  call.runtime.settings().active_expiry.store(on, std::memory_order_relaxed);
  call.reply.ok();
}

// Accepted: no element of a list of kevy's lies outside of the chunks because of its size alone.
void quicklist_packed_threshold(Call& call) {
  const auto size = parse_memory_size(call.args[2]);
  if (size && *size >= 0 && *size < int64_t{4} << 30) {
    call.reply.ok();
  } else {
    call.error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
}

// Patterns and texts of few characters, so that many match: it is over, whatever they are.
void stringmatch_test(Call& call) {
  constexpr int kRounds = 10'000;
  constexpr Bytes kCharacters = "ab*?[]^-\\";
  char pattern[32], text[32];
  Random random(kRounds);
  const auto drawn = [&](char (&to)[32]) {
    for (char& c : to) c = kCharacters[random.below(kCharacters.size())];
    return Bytes(to, random.below(sizeof to));
  };
  for (int round = 0; round < kRounds; ++round) {
    static_cast<void>(glob_match(drawn(pattern), drawn(text), round % 2 == 0));
  }
  call.reply.status("Apparently the server did not crash: test passed");
}

// Sleeps without a lock, but for what EXEC holds.
void sleep(Call& call) {
  const auto seconds = parse_double(call.args[2]);  // what is no number counts as 0
  constexpr double kSecondsMax = 365.0 * 24 * 3600;
  if (seconds && *seconds > 0) {
    std::this_thread::sleep_for(std::chrono::duration<double>(std::min(*seconds, kSecondsMax)));
  }
  call.reply.ok();
}

void error(Call& call) { call.error(call.args[2]); }

void answer_numbers(Reply& reply) {
  for (int i = 0; i < 3; ++i) reply.integer(i);
}

void answer_map(Reply& reply) {
  reply.map(3);
  for (int i = 0; i < 3; ++i) {
    reply.integer(i);
    reply.boolean(i == 1);
  }
}

void answer_with_attribute(Reply& reply) {
  if (reply.attribute(1)) {
    reply.bulk("key-popularity");
    reply.array(2);
    reply.bulk("key:123");
    reply.integer(90);
  }
  reply.bulk("Some real reply following the attribute");
}

void answer_and_push(Reply& reply) {
  if (reply.protocol() == 2) {
    reply.error("ERR RESP2 is not supported by this command");
    return;
  }
  reply.bulk("Some real reply following the push reply");
  if (reply.push_beside(2)) {
    reply.bulk("server-cpu-usage");
    reply.integer(42);
  }
}

// Writes all keys to the file, forgets them and reads them back; options leave parts of that out. While the
// instance still reads that file it is left alone.
void reload(Call& call) {
  if (call.runtime.loading()) {
    call.error(kLoadingText);
    return;
  }
  bool save = true;
  auto meeting = Snapshots::Meeting::kAlone;
  for (const Bytes word : call.args.subspan(2)) {
    if (equals_ignoring_case(word, "nosave")) {
      save = false;
    } else if (equals_ignoring_case(word, "noflush")) {
      if (meeting == Snapshots::Meeting::kAlone) meeting = Snapshots::Meeting::kBeside;
    } else if (equals_ignoring_case(word, "merge")) {
      meeting = Snapshots::Meeting::kOver;
    } else {
      call.error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
      return;
    }
  }
  Snapshots& snapshots = *call.runtime.snapshots();
  Status done = save ? snapshots.save(call.turn) : Done{};
  if (done) done = snapshots.load(call.turn, meeting);
  if (done) {
    call.reply.ok();
  } else {
    call.error("ERR " + done.error().message);
  }
}

struct TestReply {
  Bytes type;
  void (*answer)(Reply&);
};

constexpr TestReply kTestReplies[] = {
    {"string", [](Reply& reply) { reply.bulk("Hello World"); }},
    {"integer", [](Reply& reply) { reply.integer(12345); }},
    {"double", [](Reply& reply) { reply.real(3.141); }},
    {"bignum", [](Reply& reply) { reply.big_number("1234567999999999999999999999999999999"); }},
    {"null", [](Reply& reply) { reply.null(); }},
    {"array",
     [](Reply& reply) {
       reply.array(3);
       answer_numbers(reply);
     }},
    {"set",
     [](Reply& reply) {
       reply.set(3);
       answer_numbers(reply);
     }},
    {"map", answer_map},
    {"attrib", answer_with_attribute},
    {"push", answer_and_push},
    {"verbatim", [](Reply& reply) { reply.verbatim("txt", "This is a verbatim\nstring"); }},
    {"true", [](Reply& reply) { reply.boolean(true); }},
    {"false", [](Reply& reply) { reply.boolean(false); }},
};

void protocol(Call& call) {
  std::string known;
  for (const TestReply& reply : kTestReplies) {
    if (equals_ignoring_case(call.args[2], reply.type)) {
      reply.answer(call.reply);
      return;
    }
    known += (known.empty() ? "" : "|") + std::string(reply.type);
  }
  call.error("ERR Wrong protocol type name. Please use one of the following: " + known);
}

void help(Call& call);

struct Subcommand {
  Bytes name;
  size_t words_min, words_max;  // with the verb
  void (*handler)(Call&);
  Bytes syntax, summary;
  bool looks_at_keys = false;
};

constexpr Subcommand kSubcommands[] = {
    {"digest", 2, 2, digest, "", "Answers a digest of all data.", true},
    {"digest-value", 2, SIZE_MAX, digest_value, "[key ...]", "Answers a digest of each value.", true},
    {"error", 3, 3, error, "message", "Answers this error."},
    {"help", 2, 2, help, "", "Lists the subcommands."},
    {"object", 3, 4, object, "key [FAST]", "Describes how a value is kept.", true},
    {"protocol", 3, 3, protocol, "type", "Answers a value of this type of the protocol."},
    {"quicklist-packed-threshold", 3, 3, quicklist_packed_threshold, "size",
     "Accepted, without a meaning."},
    {"reload", 2, SIZE_MAX, reload, "[option ...]",
     "Writes all keys to the file and reads them back. Options: NOSAVE, NOFLUSH, MERGE.", true},
    {"set-active-expire", 3, 3, set_active_expire, "0|1",
     "Lets keys expire while nobody asks for them, or not."},
    {"sleep", 3, 3, sleep, "seconds", "Makes this command take some seconds."},
    {"stringmatch-test", 2, 2, stringmatch_test, "", "Matches many patterns with many texts."},
};

void help(Call& call) {
  call.reply.array(1 + 2 * std::size(kSubcommands));
  call.reply.status("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const Subcommand& subcommand : kSubcommands) {
    std::string line = in_capitals(subcommand.name);
    if (!subcommand.syntax.empty()) line += ' ' + std::string(subcommand.syntax);
    call.reply.status(line);
    call.reply.status("    " + std::string(subcommand.summary));
  }
}

const Subcommand* find_subcommand(Args args) {
  if (args.size() < 2) return nullptr;
  const auto fits = [&](const Subcommand& subcommand) {
    return equals_ignoring_case(args[1], subcommand.name) && args.size() >= subcommand.words_min &&
           args.size() <= subcommand.words_max;
  };
  const auto* const found = std::find_if(std::begin(kSubcommands), std::end(kSubcommands), fits);
  return found == std::end(kSubcommands) ? nullptr : found;
}

bool looks_at_keys(Args args) {
  const Subcommand* subcommand = find_subcommand(args);
  return subcommand != nullptr && subcommand->looks_at_keys;
}

void debug(Call& call) {
  if (const Subcommand* subcommand = find_subcommand(call.args)) {
    subcommand->handler(call);
  } else {
    constexpr size_t kShownMax = 128;
    call.error("ERR unknown subcommand or wrong number of arguments for '" +
               std::string(before_nul(call.args[1]).substr(0, kShownMax)) + "'. Try DEBUG HELP.");
  }
}

constexpr CommandRow kRows[] = {
    {.name = "debug", .arity = -2, .flags = kAdmin | kNoScript | kLoading | kStale,
     .group = "server", .since = "1.0.0", .complexity = "Depends on the subcommand.",
     .summary = "Helps to test.", .handler = debug, .needs_all_shards = looks_at_keys},
};

}  // namespace

CommandFamily debug_commands() { return kRows; }

}  // namespace kevy
