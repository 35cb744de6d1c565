// Streams: adding entries, counting them, and XSETID.
#include "command/families.h"
#include "command/key_specs.h"
#include "command/stream/sent_message.h"
#include "command/stream/trimming.h"

namespace kevy {

namespace {

/// The id that XADD is told: all of it, all but the number within the millisecond, or nothing.
struct WantedId {
  bool automatic = false;      // *
  bool automatic_seq = false;  // ms-*
  StreamId id = {};
};

struct AddOptions {
  bool no_make = false;  // NOMKSTREAM
  TrimOptions trimming;
  SentMessage message;
  WantedId wanted;
  size_t fields_at = 0;
};

std::optional<WantedId> read_wanted_id(Call& call, Bytes text) {
  WantedId wanted;
  wanted.automatic = text == "*";
  if (wanted.automatic) return wanted;
  const Bytes visible = before_nul(text);
  wanted.automatic_seq = visible.ends_with("-*") && visible.find('-') + 2 == visible.size();
  const auto id =
      stream_id_argument(call, wanted.automatic_seq ? visible.substr(0, visible.size() - 2) : text);
  if (!id) return std::nullopt;
  wanted.id = *id;
  return wanted;
}

std::optional<AddOptions> read_add_options(Call& call) {
  AddOptions add;
  Options options(call.args, 2);
  for (; !options.done() && options.peek() != "*";) {
    if (options.next_is("nomkstream")) {
      add.no_make = true;
      continue;
    }
    if (read_references(options, add.trimming.references)) continue;
    OptionRead read = read_trim_option(call, options, add.trimming);
    if (read == OptionRead::kNo) read = read_sent_message(call, options, add.message);
    if (read == OptionRead::kWrong) return std::nullopt;
    if (read == OptionRead::kNo) break;
  }
  if (!options.done()) {
    const auto wanted = read_wanted_id(call, options.value());
    if (!wanted) return std::nullopt;
    add.wanted = *wanted;
  } else {
    add.fields_at = call.argc();  // none: too few
  }
  if (!complete_trim_options(call, add.trimming)) return std::nullopt;
  if (add.fields_at == 0) add.fields_at = options.at();
  const size_t left = call.argc() - add.fields_at;
  if (left < 2 || left % 2 != 0) {
    call.error(errors::wrong_arity(call));
    return std::nullopt;
  }
  const WantedId& wanted = add.wanted;
  if (add.message.given && !wanted.automatic) {
    call.error("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs");
    return std::nullopt;
  }
  if (!wanted.automatic && !wanted.automatic_seq && wanted.id.is_zero()) {
    call.error("ERR The ID specified in XADD must be greater than 0-0");
    return std::nullopt;
  }
  return add;
}

// The id of a new entry; answers the error where there can be none.
std::optional<StreamId> choose_id(Call& call, const WantedId& wanted, StreamId last) {
  if (last == StreamId::max()) {
    call.error("ERR The stream has exhausted the last possible ID, unable to add more items");
    return std::nullopt;
  }
  StreamId id = wanted.id;
  if (wanted.automatic) {
    id = {static_cast<uint64_t>(call.now_ms()), 0};
    if (id.ms <= last.ms) {
      id = last;
      id.step_up();
    }
  } else if (wanted.automatic_seq && id.ms == last.ms) {
    id.seq = last.seq + 1;  // 0 where there is no more: then it is not higher
  }
  if (id <= last) {
    call.error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
    return std::nullopt;
  }
  return id;
}

void log_added(Call& call, StreamId id, Args fields, const StreamTrimming& trimming) {
  if (!call.logged()) return;
  std::vector<std::string> options;
  trimming.add_words(options);
  options.push_back(stream_id_text(id));
  std::vector<Bytes> words = {"XADD", call.args[1]};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), fields.begin(), fields.end());
  call.effect(words);
  log_erased(call, call.key(1), trimming.erased());
}

void xadd(Call& call) {
  const auto add = read_add_options(call);
  if (!add) return;
  const Key key = call.key(1);
  const auto [entry, wrong] = find_to_write(call, key, Type::kStream);
  if (wrong) return;
  if (entry == nullptr && add->no_make) {
    call.reply.null();
    return;
  }
  std::unique_ptr<StreamObject> made;
  if (entry == nullptr) made = std::make_unique<StreamObject>();
  StreamObject& stream = made != nullptr ? *made : stream_to_change(call.keyspace(key), key, *entry);
  const Args fields = call.args.subspan(add->fields_at);
  MessageUnderWay message(call, stream, add->message, fields);
  if (const auto known = message.find_added()) {
    answer_stream_id(call.reply, *known);
    return;
  }
  const auto id = choose_id(call, add->wanted, stream.counts().last_id);
  if (!id) return;
  size_t bytes = 0;
  for (const Bytes word : fields) bytes += word.size();
  if (bytes > StreamChunk::kEntryMax) {
    call.error("ERR Elements are too large to be stored");
    return;
  }
  const auto appended = stream.append(*id, fields, bytes, stream_chunk_limit(call));
  Keyspace& keyspace = call.keyspace(key);
  try {
    StreamTrimming trimming(stream, add->trimming);
    log_added(call, *id, fields, trimming);
    message.remember(*id);
    if (made != nullptr) {
      keyspace.set_object(key, Type::kStream, std::move(made));
      call.made(key);
    }
    message.trim();
    if (auto removed = trimming.run()) keyspace.discard(std::move(removed));
    keyspace.account(stream);
    call.changed(key, kEventStream, "xadd");
    if (trimming.count() != 0) call.notify(key, call.session.database, kEventStream, "xtrim");
  } catch (const std::bad_alloc&) {
    if (entry != nullptr) {
      message.take_back();
      stream.take_back(appended);
    }
    throw;
  }
  answer_stream_id(call.reply, *id);
}

void xlen(Call& call) {
  const auto [entry, wrong] = find_to_read(call, call.key(1), Type::kStream);
  if (wrong) return;
  call.reply.integer(entry == nullptr ? 0 : static_cast<int64_t>(stream_of(*entry).length()));
}

constexpr CommandRow kRows[] = {
    {.name = "xadd",
     .arity = -5,
     .flags = kWrite | kDenyOom | kFast | kTakesMany,
     .categories = kAclStream,
     .keys = kOneUpdate,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(1), and O(N) in the entries trimmed",
     .summary = "Adds an entry to a stream, which is made when missing.",
     .syntax =
         "key [NOMKSTREAM] [KEEPREF|DELREF|ACKED] "
         "[IDMPAUTO producer-id|IDMP producer-id idempotent-id] "
         "[<MAXLEN|MINID> [=|~] threshold [LIMIT count]] <*|id> field value [field value ...]",
     .handler = xadd},
    {.name = "xlen",
     .arity = 2,
     .flags = kReadonly | kFast,
     .categories = kAclStream,
     .keys = kOneRead,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(1)",
     .summary = "Answers how many entries a stream has.",
     .syntax = "key",
     .handler = xlen},
};

}  // namespace

CommandFamily stream_commands() { return kRows; }

}  // namespace kevy
