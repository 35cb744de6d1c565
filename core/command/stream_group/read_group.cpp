// XREADGROUP: new entries of streams for a consumer of a group, or what is pending for it.
#include <memory>
#include <vector>

#include "command/families.h"
#include "command/stream/read_arguments.h"
#include "command/stream_group/group_access.h"
#include "store/stream/stream_lag.h"

namespace kevy {

namespace {

/// What a consumer gets of one stream. The group stands behind it at once, since the same stream
/// may be named again; without commit() all is as it was when this goes. Only making it may fail.
class GroupRead {
 public:
  GroupRead(Call& call, const StreamReadArguments& read, size_t i, FoundGroup found,
            std::optional<StreamId> after)
      : call_(call),
        read_(read),
        key_(read.key(call, i)),
        stream_(*found.stream),
        group_(*found.group),
        after_(after),
        now_ms_(call.now_ms()),
        delivery_(group_, read.consumer, now_ms_),
        last_id_before_(group_.last_id),
        entries_read_before_(group_.entries_read) {
    try {
      after_.has_value() ? find_pending() : find_new();
    } catch (...) {
      stand_back();
      throw;
    }
  }
  ~GroupRead() {
    if (!committed_) stand_back();
  }
  GroupRead(const GroupRead&) = delete;
  GroupRead& operator=(const GroupRead&) = delete;

  bool found() const noexcept { return after_.has_value() || given() != 0; }
  /// When something that is pending will have been so for as long as CLAIM says.
  int64_t idle_at_us() const noexcept;
  const Key& key() const noexcept { return key_; }
  void answer() const;
  void log() const;
  void commit() noexcept;
  /// Says what was committed.
  void report();

 private:
  struct Found {
    StreamId id;
    bool there;  // it has not been removed
  };
  /// What somebody else has had for long, and how it was pending before.
  struct Claimed {
    StreamId id;
    int64_t delivered_ms;
    uint64_t deliveries;
  };

  bool is_idle(int64_t delivered_ms) const noexcept;
  void find_idle();
  void find_new();
  void find_pending();
  void answer_claimed(const Claimed& claimed) const;
  size_t given() const noexcept { return claimed_.size() + entries_.size(); }
  uint64_t most() const noexcept { return read_.count == 0 ? UINT64_MAX : read_.count; }
  bool gives() const noexcept { return !after_.has_value() && !read_.no_ack; }
  void stand_back() noexcept {
    group_.last_id = last_id_before_;
    group_.entries_read = entries_read_before_;
  }

  Call& call_;
  const StreamReadArguments& read_;
  const Key key_;
  StreamObject& stream_;
  StreamGroup& group_;
  const std::optional<StreamId> after_;  // nothing: new entries are wanted
  const int64_t now_ms_;
  StreamDelivery delivery_;
  std::vector<Claimed> claimed_;
  int64_t pending_from_ms_ = INT64_MAX;  // CLAIM: since when the first is that is not idle yet
  std::vector<Found> entries_;
  std::optional<StreamCursor> new_;  // the first of them
  const StreamId last_id_before_;    // of the group
  const int64_t entries_read_before_;
  bool committed_ = false;
};

bool GroupRead::is_idle(int64_t delivered_ms) const noexcept {
  return delivered_ms <= now_ms_ && now_ms_ - delivered_ms >= read_.claim_idle_ms;
}

// CLAIM: what has been pending for so long, the longest first. Those that have been given back were
// delivered at 0. All that is pending is looked at, unless none of it can be idle.
void GroupRead::find_idle() {
  pending_from_ms_ = group_.delivered_from_ms();
  if (!is_idle(pending_from_ms_)) return;
  int64_t from_ms = INT64_MAX;
  pending_from_ms_ = INT64_MAX;
  for (auto at = group_.pending().first(); at; at.next()) {
    const StreamPending& pending = at.value();
    from_ms = std::min(from_ms, pending.delivered_ms);
    const bool idle = is_idle(pending.delivered_ms);
    if (!idle && pending.delivered_ms >= pending_from_ms_) continue;
    if (!StreamCursor(stream_, at.id(), at.id(), StreamCursor::Way::kUp)) continue;
    if (idle) {
      claimed_.push_back({at.id(), pending.delivered_ms, pending.deliveries});
    } else {
      pending_from_ms_ = pending.delivered_ms;
    }
  }
  group_.know_delivered_from(from_ms);
  std::stable_sort(claimed_.begin(), claimed_.end(), [](const Claimed& a, const Claimed& b) {
    return a.delivered_ms < b.delivered_ms;
  });
  if (claimed_.size() > most()) claimed_.resize(most());
  for (const Claimed& one : claimed_) delivery_.give(one.id, now_ms_, one.deliveries + 1);
}

int64_t GroupRead::idle_at_us() const noexcept {
  int64_t at;
  if (read_.claim_idle_ms < 0 ||
      __builtin_add_overflow(pending_from_ms_, read_.claim_idle_ms, &at) ||
      __builtin_mul_overflow(at, int64_t{1000}, &at)) {
    return kNoDeadline;
  }
  return at;
}

void GroupRead::find_new() {
  if (read_.claim_idle_ms >= 0) find_idle();
  StreamId from = group_.last_id;
  if (!from.step_up()) return;
  StreamCursor at(stream_, from, StreamId::max(), StreamCursor::Way::kUp);
  new_ = at;
  for (; at && given() < most(); at.next()) {
    const StreamId id = at.entry().id;
    entries_.push_back({id, true});
    if (gives()) delivery_.give(id, now_ms_, 1);
    group_.entries_read =
        entries_read_after(stream_.counts(), group_.last_id, group_.entries_read, id);
    group_.last_id = id;
  }
}

void GroupRead::find_pending() {
  StreamId from = *after_;
  if (!from.step_up()) return;
  const auto& pending = delivery_.consumer()->pending;
  for (auto at = pending.at_or_after(from); at && entries_.size() < most(); at.next()) {
    const StreamId id = at.id();
    const StreamCursor entry(stream_, id, id, StreamCursor::Way::kUp);
    entries_.push_back({id, static_cast<bool>(entry)});
  }
}

void GroupRead::answer_claimed(const Claimed& claimed) const {
  const StreamCursor at(stream_, claimed.id, claimed.id, StreamCursor::Way::kUp);
  call_.reply.array(4);
  answer_stream_id(call_.reply, claimed.id);
  answer_stream_fields(call_.reply, at.entry());
  call_.reply.integer(now_ms_ - claimed.delivered_ms);
  call_.reply.integer(static_cast<int64_t>(claimed.deliveries));
}

void GroupRead::answer() const {
  call_.reply.array(given());
  for (const Claimed& claimed : claimed_) answer_claimed(claimed);
  if (!after_) {
    if (entries_.empty()) return;
    StreamCursor at = *new_;
    for (size_t i = 0; i < entries_.size(); ++i, at.next()) {
      answer_stream_entry(call_.reply, at.entry());
    }
    return;
  }
  for (const Found& found : entries_) {
    const StreamCursor entry(stream_, found.id, found.id, StreamCursor::Way::kUp);
    if (found.there) {
      answer_stream_entry(call_.reply, entry.entry());
    } else {
      call_.reply.array(2);
      answer_stream_id(call_.reply, found.id);
      call_.reply.null_array();
    }
  }
}

void GroupRead::log() const {
  if (delivery_.made_consumer()) log_consumer(call_, key_, group_, read_.consumer);
  if (!call_.logged() || given() == 0) return;
  for (const Claimed& one : claimed_) {
    log_pending(call_, key_, group_, read_.consumer, one.id, now_ms_, one.deliveries + 1);
  }
  for (const Found& found : entries_) {
    if (gives()) {
      log_pending(call_, key_, group_, read_.consumer, found.id, now_ms_, 1);
    } else if (after_ && found.there) {
      const uint64_t deliveries = group_.pending().find(found.id)->deliveries + 1;
      log_pending(call_, key_, group_, read_.consumer, found.id, now_ms_, deliveries);
    }
  }
  if (!after_ && !entries_.empty())
    log_position(call_, key_, group_, group_.last_id, group_.entries_read);
}

void GroupRead::commit() noexcept {
  delivery_.commit();
  StreamConsumer& consumer = *delivery_.consumer();
  consumer.seen_ms = now_ms_;
  if (gives() && given() != 0) consumer.active_ms = now_ms_;
  if (after_) {
    for (const Found& found : entries_) {
      if (found.there) group_.count_delivery(found.id, now_ms_);
    }
  }
  committed_ = true;
}

// Reading what was given before counts as a change even where there is nothing.
void GroupRead::report() {
  const bool changed = delivery_.made_consumer() || given() != 0;
  if (changed) changed_group(call_, key_, stream_);
  Shard& shard = call_.shard_of(key_);
  shard.changes -= changed ? 1 : 0;
  shard.changes += (delivery_.made_consumer() ? 1 : 0) + (after_ || given() != 0 ? 1 : 0);
  if (delivery_.made_consumer()) notify_group(call_, key_, "xgroup-createconsumer");
  // Behind one who has waited, others look again anyhow.
  if (gives() && given() != 0 && !call_.waited()) call_.hasten_looks(key_);
}

// The id that pending entries are to come after; `wanted` is empty where new ones are wanted.
// False, and the error is answered, when it is wrong.
bool read_after(Call& call, Bytes text, std::optional<StreamId>& wanted) {
  if (text == ">") return true;
  if (text == "$" || text == "+") {
    const std::string name(text);
    call.error(
        "ERR The " + name +
        " ID is meaningless in the context of XREADGROUP: you want to read the history of "
        "this consumer by specifying a proper ID, or use the > ID to get new messages. The " +
        name + " ID would just return an empty result set.");
    return false;
  }
  wanted = stream_id_argument(call, text);
  if (!wanted) return false;
  if (*wanted == StreamId::max()) wanted.reset();  // Redis writes > so
  return true;
}

struct Wanted {
  size_t number;  // of the key among the arguments
  FoundGroup found;
  std::optional<StreamId> after;
};

/// They go in the reverse order of that in which they came, so that each finds what it has to take
/// back.
class GroupReads {
 public:
  GroupReads() = default;
  ~GroupReads() {
    while (!all_.empty()) all_.pop_back();
  }
  GroupReads(const GroupReads&) = delete;
  GroupReads& operator=(const GroupReads&) = delete;

  void add(std::unique_ptr<GroupRead> read) { all_.push_back(std::move(read)); }
  auto begin() const noexcept { return all_.begin(); }
  auto end() const noexcept { return all_.end(); }

 private:
  std::vector<std::unique_ptr<GroupRead>> all_;
};

void answer_reads(Call& call, const GroupReads& reads) {
  const auto found = [](const auto& read) { return read->found(); };
  const auto size = static_cast<size_t>(std::count_if(reads.begin(), reads.end(), found));
  const bool map = call.reply.protocol() > 2;
  if (map) {
    call.reply.map(size);
  } else {
    call.reply.array(size);
  }
  for (const auto& read : reads) {
    if (!read->found()) continue;
    if (!map) call.reply.array(2);
    call.reply.bulk(read->key().bytes);
    read->answer();
  }
}

/// When the first of them may have something to claim.
std::optional<WaitLook> next_look(const StreamReadArguments& read, const GroupReads& reads) {
  if (read.claim_idle_ms < 0) return std::nullopt;
  WaitLook first;
  size_t key = 0;
  for (const auto& one : reads) {
    if (one->idle_at_us() < first.at_us) first = {one->idle_at_us(), key};
    ++key;
  }
  return first;
}

// The keys are where their specification finds them if GROUP comes first. Elsewhere the group or
// the consumer may be called like the keyword before the keys.
bool stands_elsewhere(Args args) { return !equals_ignoring_case(args[1], "group"); }

void xreadgroup(Call& call) {
  const auto read = read_stream_read_arguments(call, true);
  if (!read) return;
  std::vector<Wanted> wanted;
  for (size_t i = 0; i < read->keys; ++i) {
    const Key key = read->key(call, i);
    const FoundGroup found = require_group(call, call.find_write(key), key, read->group,
                                           " in XREADGROUP with GROUP option");
    std::optional<StreamId> after;
    if (found.group == nullptr || !read_after(call, read->id(call, i), after)) return;
    wanted.push_back({i, found, after});
  }
  // All that may fail comes before the first change that stays.
  GroupReads reads;
  for (const Wanted& one : wanted) {
    reads.add(std::make_unique<GroupRead>(call, *read, one.number, one.found, one.after));
  }
  const bool any =
      std::any_of(reads.begin(), reads.end(), [](const auto& one) { return one->found(); });
  for (const auto& one : reads) one->log();
  if (any) answer_reads(call, reads);
  for (const auto& one : reads) one->commit();
  for (const auto& one : reads) one->report();
  // That the group or the key is gone is an error, which is not waited for.
  if (any || (read->deadline_us && !stands_elsewhere(call.args) &&
              call.suspend({.keys = read->all_keys(call),
                            .wanted = kWantedAny,
                            .deadline_us = *read->deadline_us,
                            .look = next_look(*read, reads)}))) {
    return;
  }
  call.reply.null_array();
}

constexpr KeySpec kKeys[] = {{4, -1, 1, kKeyRO | kKeyAccess, KeySearch::kKeywordHalf, "STREAMS"}};

constexpr CommandRow kRows[] = {
    {.name = "xreadgroup",
     .arity = -7,
     .flags = kWrite | kBlocking | kMovableKeys,
     .categories = kAclStream,
     .keys = kKeys,
     .group = "stream",
     .since = "5.0.0",
     .complexity = "O(N) in the entries answered, and O(log M) for each in what is pending",
     .summary =
         "Answers new entries of streams to a consumer of a group, or what is pending for it.",
     .syntax = "GROUP <group consumer> [COUNT count] [BLOCK milliseconds] "
               "[CLAIM min-idle-time:integer] [NOACK] STREAMS key "
               "[key ...] id [id ...]",
     .handler = xreadgroup,
     .needs_all_shards = stands_elsewhere},
};

}  // namespace

CommandFamily stream_read_group_commands() { return kRows; }

}  // namespace kevy
