// Publish and subscribe, with channels, patterns and sharded channels.
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "command/arguments.h"
#include "command/families.h"
#include "command/help.h"
#include "runtime/pubsub/pubsub.h"

namespace kevy {

namespace {

constexpr Bytes kSubscribeVerbs[] = {"subscribe", "psubscribe", "ssubscribe"};
constexpr Bytes kUnsubscribeVerbs[] = {"unsubscribe", "punsubscribe", "sunsubscribe"};

size_t slot(ChannelKind kind) { return static_cast<size_t>(kind); }

// Sharded channels are counted by themselves, the other two together.
int64_t running_count(const Session& session, ChannelKind kind) {
  if (kind == ChannelKind::kSharded) {
    return static_cast<int64_t>(session.subscribed(ChannelKind::kSharded));
  }
  return static_cast<int64_t>(session.subscribed(ChannelKind::kChannel) +
                              session.subscribed(ChannelKind::kPattern));
}

void show_count(Session& session, ChannelKind kind) {
  session.subscription_counts[slot(kind)].store(
      static_cast<uint32_t>(session.subscribed(kind)), std::memory_order_relaxed);
}

// The session gets it even while CLIENT REPLY is off. No channel: there was none to leave.
void confirm(Call& call, Bytes verb, std::optional<Bytes> channel, ChannelKind kind) {
  call.unsilenced.push(3);
  call.unsilenced.bulk(verb);
  if (channel) {
    call.unsilenced.bulk(*channel);
  } else {
    call.unsilenced.null();
  }
  call.unsilenced.integer(running_count(call.session, kind));
}

// All of them or none: who is not told of a subscription takes what it brings for replies.
void subscribe_to(Call& call, ChannelKind kind) {
  Session& session = call.session;
  PubSubTurn& pubsub = call.pubsub();
  const Args channels = call.args.subspan(1);
  std::vector<bool> joined(channels.size());
  try {
    for (size_t i = 0; i < channels.size(); ++i) {
      joined[i] = pubsub.join(kind, channels[i], session);
      confirm(call, kSubscribeVerbs[slot(kind)], channels[i], kind);
    }
  } catch (const std::bad_alloc&) {
    for (size_t i = 0; i < channels.size(); ++i) {
      if (joined[i]) pubsub.leave(kind, channels[i], session);
    }
    throw;
  }
  show_count(session, kind);
}

// Having left a channel, which takes no memory, a session may not be told that nothing was done.
void unsubscribe_one(Call& call, ChannelKind kind, Bytes channel) {
  call.pubsub().leave(kind, channel, call.session);
  try {
    confirm(call, kUnsubscribeVerbs[slot(kind)], channel, kind);
  } catch (const std::bad_alloc&) {
    show_count(call.session, kind);
    throw Reply::Lost();
  }
}

void unsubscribe_from(Call& call, ChannelKind kind) {
  Session& session = call.session;
  if (call.argc() > 1) {
    for (const Bytes channel : call.args.subspan(1)) unsubscribe_one(call, kind, channel);
  } else if (session.subscribed(kind) != 0) {
    const auto& mine = session.subscriptions[slot(kind)];
    const std::vector<std::string> all(mine.begin(), mine.end());
    for (const std::string& channel : all) unsubscribe_one(call, kind, channel);
  } else {
    confirm(call, kUnsubscribeVerbs[slot(kind)], std::nullopt, kind);
  }
  show_count(session, kind);
}

void subscribe(Call& call) { subscribe_to(call, ChannelKind::kChannel); }
void psubscribe(Call& call) { subscribe_to(call, ChannelKind::kPattern); }
void ssubscribe(Call& call) {
  if (call.session.transaction.running) {
    call.error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
  } else {
    subscribe_to(call, ChannelKind::kSharded);
  }
}
void unsubscribe(Call& call) { unsubscribe_from(call, ChannelKind::kChannel); }
void punsubscribe(Call& call) { unsubscribe_from(call, ChannelKind::kPattern); }
void sunsubscribe(Call& call) { unsubscribe_from(call, ChannelKind::kSharded); }

void publish(Call& call) {
  call.reply.integer(publish(call.turn, call.publisher(), ChannelKind::kChannel, call.args[1],
                             call.args[2]));
}

void spublish(Call& call) {
  call.reply.integer(publish(call.turn, call.publisher(), ChannelKind::kSharded, call.args[1],
                             call.args[2]));
}

void list_channels(Call& call, ChannelKind kind) {
  if (call.argc() > 3) {
    call.error(errors::wrong_arity(call));
    return;
  }
  std::vector<std::string> names = call.pubsub().channels(kind);
  if (call.argc() == 3) {
    std::erase_if(names, [&](const std::string& n) { return !glob_match(call.args[2], n); });
  }
  call.reply.array(names.size());
  for (const std::string& name : names) call.reply.bulk(name);
}

void count_subscribers(Call& call, ChannelKind kind) {
  const PubSubTurn& pubsub = call.pubsub();
  call.reply.array((call.argc() - 2) * 2);
  for (const Bytes channel : call.args.subspan(2)) {
    call.reply.bulk(channel);
    call.reply.integer(static_cast<int64_t>(pubsub.subscribers(kind, channel)));
  }
}

void pubsub_channels(Call& call) { list_channels(call, ChannelKind::kChannel); }
void pubsub_shardchannels(Call& call) { list_channels(call, ChannelKind::kSharded); }
void pubsub_numsub(Call& call) { count_subscribers(call, ChannelKind::kChannel); }
void pubsub_shardnumsub(Call& call) { count_subscribers(call, ChannelKind::kSharded); }
void pubsub_numpat(Call& call) {
  call.reply.integer(
      static_cast<int64_t>(call.runtime.pubsub().count(ChannelKind::kPattern)));
}

constexpr uint32_t kShow = kPubsub | kLoading | kStale;
constexpr uint32_t kSubscribe = kPubsub | kNoScript | kLoading | kStale | kNeedsSession |
                                kWhileSubscribed;
constexpr uint32_t kPublish =
    kPubsub | kLoading | kStale | kFast | kMayReplicate | kTakesMany | kPublishes;
constexpr KeySpec kShardChannel[] = {{1, 1, 1, kKeyNotKey}};
constexpr KeySpec kShardChannels[] = {{1, -1, 1, kKeyNotKey}};

constexpr CommandRow kSubcommands[] = {
    {.name = "channels", .arity = -2, .flags = kShow, .group = "pubsub", .since = "2.8.0",
     .complexity = "O(N) in the channels", .summary = "Lists the channels that have subscribers.",
     .syntax = "[pattern]", .handler = pubsub_channels},
    {.name = "help", .arity = 2, .flags = kLoading | kStale, .group = "pubsub", .since = "6.2.0",
     .complexity = "O(1)", .summary = "Lists the subcommands.", .handler = help},
    {.name = "numpat", .arity = 2, .flags = kShow, .group = "pubsub", .since = "2.8.0",
     .complexity = "O(1)", .summary = "Counts the patterns that are subscribed to.",
     .handler = pubsub_numpat},
    {.name = "numsub", .arity = -2, .flags = kShow, .group = "pubsub", .since = "2.8.0",
     .complexity = "O(N) in the channels asked for",
     .summary = "Counts the subscribers of channels.", .syntax = "[channel:string [channel ...]]",
     .handler = pubsub_numsub},
    {.name = "shardchannels", .arity = -2, .flags = kShow, .group = "pubsub", .since = "7.0.0",
     .complexity = "O(N) in the sharded channels",
     .summary = "Lists the sharded channels that have subscribers.", .syntax = "[pattern]",
     .handler = pubsub_shardchannels},
    {.name = "shardnumsub", .arity = -2, .flags = kShow, .group = "pubsub", .since = "7.0.0",
     .complexity = "O(N) in the channels asked for",
     .summary = "Counts the subscribers of sharded channels.",
     .syntax = "[shardchannel:string [shardchannel ...]]", .handler = pubsub_shardnumsub},
};

constexpr CommandRow kRows[] = {
    {.name = "subscribe", .arity = -2, .flags = kSubscribe, .group = "pubsub", .since = "2.0.0",
     .complexity = "O(N) in the channels", .summary = "Listens to channels.",
     .syntax = "channel:string [channel ...]", .handler = subscribe},
    {.name = "psubscribe", .arity = -2, .flags = kSubscribe, .group = "pubsub", .since = "2.0.0",
     .complexity = "O(N) in the patterns",
     .summary = "Listens to all channels whose name matches a pattern.",
     .syntax = "pattern [pattern ...]", .handler = psubscribe},
    {.name = "ssubscribe", .arity = -2, .flags = kSubscribe, .keys = kShardChannels,
     .group = "pubsub", .since = "7.0.0", .complexity = "O(N) in the channels",
     .summary = "Listens to sharded channels.", .syntax = "shardchannel:string [shardchannel ...]",
     .handler = ssubscribe},
    {.name = "unsubscribe", .arity = -1, .flags = kSubscribe, .group = "pubsub", .since = "2.0.0",
     .complexity = "O(N) in the channels", .summary = "Leaves channels, or all of them.",
     .syntax = "[channel:string [channel ...]]", .handler = unsubscribe},
    {.name = "punsubscribe", .arity = -1, .flags = kSubscribe, .group = "pubsub",
     .since = "2.0.0", .complexity = "O(N) in the patterns",
     .summary = "Leaves patterns, or all of them.", .syntax = "[pattern [pattern ...]]",
     .handler = punsubscribe},
    {.name = "sunsubscribe", .arity = -1, .flags = kSubscribe, .keys = kShardChannels,
     .group = "pubsub", .since = "7.0.0", .complexity = "O(N) in the channels",
     .summary = "Leaves sharded channels, or all of them.",
     .syntax = "[shardchannel:string [shardchannel ...]]", .handler = sunsubscribe},
    {.name = "publish", .arity = 3, .flags = kPublish, .group = "pubsub", .since = "2.0.0",
     .complexity = "O(N+M) in the channel's subscribers and all patterns",
     .summary = "Sends a message to all who listen to a channel and counts them.",
     .syntax = "channel:string message:string", .handler = publish},
    {.name = "spublish", .arity = 3, .flags = kPublish, .keys = kShardChannel, .group = "pubsub",
     .since = "7.0.0", .complexity = "O(N) in the channel's subscribers",
     .summary = "Sends a message to all who listen to a sharded channel and counts them.",
     .syntax = "shardchannel:string message:string", .handler = spublish},
    {.name = "pubsub", .arity = -2, .flags = 0, .group = "pubsub", .since = "2.8.0",
     .complexity = "Depends on the subcommand.", .summary = "Looks into publish and subscribe.",
     .subcommands = kSubcommands},
};

}  // namespace

CommandFamily pubsub_commands() { return kRows; }

}  // namespace kevy
