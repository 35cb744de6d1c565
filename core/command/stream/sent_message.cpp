// Messages that producers may send again: IDMP of XADD, XCFGSET, and XIDMPRECORD of the log.
#include "command/stream/sent_message.h"

#include <algorithm>
#include <vector>

#include "base/sha1.h"
#include "command/families.h"
#include "command/key_specs.h"
#include "runtime/dispatch/load_time.h"

namespace kevy {

OptionRead read_sent_message(Call& call, Options& options, SentMessage& message) {
  SentMessage read;
  read.given = true;
  if (options.next_is("idmp", 2)) {
    read.producer = options.value();
    read.name = options.value();
  } else if (options.next_is("idmpauto", 1)) {
    read.by_content = true;
    read.producer = options.value();
  } else {
    return OptionRead::kNo;
  }
  const char* wrong = nullptr;
  if (message.given) {
    wrong = "ERR IDMP/IDMPAUTO specified multiple times";
  } else if (read.producer.empty()) {
    wrong = read.by_content ? "ERR IDMPAUTO requires a non-empty producer ID"
                            : "ERR IDMP requires a non-empty producer ID";
  } else if (!read.by_content && read.name.empty()) {
    wrong = "ERR IDMP requires a non-empty idempotent ID";
  }
  if (wrong != nullptr) {
    call.error(wrong);
    return OptionRead::kWrong;
  }
  message = read;
  return OptionRead::kYes;
}

namespace {

using Limits = StreamProducers::Limits;

// What a stream begins with.
Limits first_limits(Call& call) noexcept {
  const Settings& settings = call.runtime.settings();
  return {settings.sent_message_seconds.load(std::memory_order_relaxed),
          settings.sent_messages_max.load(std::memory_order_relaxed)};
}

// Logs the limits of a stream: whoever replays the log may have other settings.
void log_limits(Call& call, const Limits& limits) {
  if (!call.logged()) return;
  char seconds[kIntegerTextMax], messages[kIntegerTextMax];
  call.effect({"XCFGSET", call.args[1], "IDMP-DURATION", format_int64(limits.seconds, seconds),
               "IDMP-MAXSIZE", format_int64(limits.messages, messages)});
}

// The name of a message of these fields and values, whatever their order.
std::string name_of_content(Args fields) {
  std::vector<Sha1Digest> pairs(fields.size() / 2);
  std::string text;
  for (size_t i = 0; i < pairs.size(); ++i) {
    text = std::to_string(fields[2 * i].size());
    text.append(1, ':').append(fields[2 * i]).append(fields[2 * i + 1]);
    pairs[i] = sha1(text);
  }
  std::sort(pairs.begin(), pairs.end());
  const auto* const digests = reinterpret_cast<const char*>(pairs.data());
  const Sha1Digest all = sha1({digests, pairs.size() * sizeof(Sha1Digest)});
  return {reinterpret_cast<const char*>(all.data()), all.size()};
}

}  // namespace

MessageUnderWay::MessageUnderWay(Call& call, StreamObject& stream, const SentMessage& message,
                                 Args fields)
    : call_(call), stream_(stream), message_(message), name_(message.name) {
  if (!message.by_content) return;
  name_of_content_ = name_of_content(fields);
  name_ = name_of_content_;
}

std::optional<StreamId> MessageUnderWay::find_added() noexcept {
  StreamProducers* const producers = stream_.producers();
  if (!message_.given || producers == nullptr) return std::nullopt;
  const auto entry = producers->find(message_.producer, name_, call_.now_ms());
  if (entry) producers->count_duplicate();
  return entry;
}

void MessageUnderWay::remember(StreamId entry) {
  if (!message_.given) return;
  const std::string id = stream_id_text(entry);
  StreamProducers& producers = stream_.find_or_make_producers(first_limits(call_));
  // Those of a stream without a message may be known to nobody else yet.
  if (producers.added() == 0 && producers.limits() != Limits())
    log_limits(call_, producers.limits());
  call_.effect({"XIDMPRECORD", call_.args[1], message_.producer, name_, id});
  producers.add(message_.producer, name_, entry);
  remembered_ = true;
}

void MessageUnderWay::take_back() noexcept {
  if (remembered_) stream_.producers()->take_back();
}

void MessageUnderWay::trim() noexcept {
  if (remembered_) stream_.producers()->trim(call_.now_ms());
}

namespace {

// False, and the error is answered, where it is none of the option's values.
bool read_limit(Call& call, Bytes text, int64_t max, Bytes option, std::optional<int64_t>& limit) {
  limit = parse_int64(text);
  if (limit && *limit >= 1 && *limit <= max) return true;
  call.error("ERR " + std::string(option) + " must be between 1 and " + std::to_string(max));
  return false;
}

// XCFGSET key [IDMP-DURATION seconds] [IDMP-MAXSIZE count]
void xcfgset(Call& call) {
  std::optional<int64_t> seconds, messages;
  for (Options options(call.args, 2); !options.done();) {
    if (options.next_is("idmp-duration", 1)) {
      if (!read_limit(call, options.value(), Limits::kSecondsMax, "IDMP-DURATION", seconds)) return;
    } else if (options.next_is("idmp-maxsize", 1)) {
      if (!read_limit(call, options.value(), Limits::kMessagesMax, "IDMP-MAXSIZE", messages))
        return;
    } else {
      call.error(errors::kSyntax);
      return;
    }
  }
  const Key key = call.key(1);
  StreamObject* const found = require_stream(call, key);
  if (found == nullptr) return;
  StreamObject& stream = *found;
  StreamProducers& producers = stream.find_or_make_producers(first_limits(call));
  const Limits now = producers.limits();
  const Limits wanted{seconds.value_or(now.seconds), messages.value_or(now.messages)};
  log_limits(call, wanted);
  producers.set_limits(wanted);
  call.keyspace(key).account(stream);
  call.changed_unseen(key);  // those who watch the key see no other entries
  call.reply.ok();
}

// XIDMPRECORD key producer message id: what the log says behind an XADD.
void xidmprecord(Call& call) {
  const Bytes producer = call.args[2], message = call.args[3];
  if (producer.empty() || message.empty()) {
    call.error("ERR the producer ID and the idempotent ID must not be empty");
    return;
  }
  const auto id = stream_id_argument(call, call.args[4]);
  if (!id) return;
  const Key key = call.key(1);
  StreamObject* const found = require_stream(call, key);
  if (found == nullptr) return;
  StreamObject& stream = *found;
  if (*id >
      stream.counts().last_id) {  // an entry that was added and trimmed at once is none any more
    call.error("ERR the stream has had no entry with this ID");
    return;
  }
  StreamProducers& producers = stream.find_or_make_producers(Limits());  // others are logged
  if (const auto known = producers.find(producer, message, call.now_ms())) {
    if (*known == *id) {
      call.reply.ok();
      return;
    }
    // While a log is loaded nothing ages: what takes its place had come when it was over.
    if (!is_loaded(call)) {
      call.error("ERR the idempotent ID is another entry's");
      return;
    }
  }
  producers.add(producer, message, *id);
  producers.trim(call.now_ms());
  call.keyspace(key).account(stream);
  call.changed_unseen(key);
  call.reply.ok();
}

constexpr CommandRow kRows[] = {
    {.name = "xcfgset",
     .arity = -4,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kAclStream,
     .keys = kOneUpdate,
     .group = "stream",
     .since = "8.6.0",
     .complexity = "O(1), and O(N) in the messages that are forgotten",
     .summary = "Sets how long, and how many of a producer, messages of XADD IDMP are remembered.",
     .syntax = "key [IDMP-DURATION idmp-duration] [IDMP-MAXSIZE idmp-maxsize]",
     .handler = xcfgset},
    {.name = "xidmprecord",
     .arity = 5,
     .flags = kWrite | kDenyOom | kFast,
     .categories = kAclStream,
     .keys = kOneUpdate,
     .group = "stream",
     .since = "8.8.0",
     .complexity = "O(1)",
     .summary = "Says which entry a message of XADD IDMP has become. For the log's own use.",
     .syntax = "key pid iid stream-id",
     .handler = xidmprecord},
};

}  // namespace

CommandFamily stream_message_commands() { return kRows; }

}  // namespace kevy
