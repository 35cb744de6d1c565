#include "command/stream/trimming.h"

#include <algorithm>

namespace kevy {

namespace {

// Without LIMIT, an approximate trimming does not remove more than some chunks at a time.
uint64_t usual_limit(Call& call) {
  constexpr uint64_t kWithoutChunks = 10'000, kMost = 1'000'000, kChunks = 100;
  const uint64_t entries = stream_chunk_limit(call).entries;
  if (entries == 0) return kWithoutChunks;
  return entries > kMost / kChunks ? kMost : entries * kChunks;
}

OptionRead wrong(Call& call, Bytes error) {
  call.error(error);
  return OptionRead::kWrong;
}

}  // namespace

bool read_references(Options& options, StreamReferences& references) {
  if (options.next_is("keepref")) {
    references = StreamReferences::kKeep;
  } else if (options.next_is("delref")) {
    references = StreamReferences::kDelete;
  } else if (options.next_is("acked")) {
    references = StreamReferences::kAcked;
  } else {
    return false;
  }
  return true;
}

OptionRead read_trim_option(Call& call, Options& options, TrimOptions& trimming) {
  StreamTrim& trim = trimming.trim;
  if (options.next_is("limit", 1)) {
    const auto limit = integer_argument(call, options.value());
    if (!limit) return OptionRead::kWrong;
    if (*limit < 0) return wrong(call, "ERR The LIMIT argument must be >= 0.");
    trim.limit = static_cast<uint64_t>(*limit);
    trimming.limit_given = true;
    return OptionRead::kYes;
  }
  const bool by_length = options.next_is("maxlen", 1);
  if (!by_length && !options.next_is("minid", 1)) return OptionRead::kNo;
  if (trim.by != StreamTrim::By::kNothing) {
    return wrong(call,
                 "ERR syntax error, MAXLEN and MINID options at the same time are not compatible");
  }
  trim.approximate = options.next_is("~", 1);
  if (!trim.approximate) options.next_is("=", 1);
  if (by_length) {
    const auto length = integer_argument(call, options.value());
    if (!length) return OptionRead::kWrong;
    if (*length < 0) return wrong(call, "ERR The MAXLEN argument must be >= 0.");
    trim.by = StreamTrim::By::kLength;
    trim.length = static_cast<uint64_t>(*length);
  } else {
    const auto id = stream_id_argument(call, options.value());
    if (!id) return OptionRead::kWrong;
    trim.by = StreamTrim::By::kId;
    trim.min_id = *id;
  }
  return OptionRead::kYes;
}

bool complete_trim_options(Call& call, TrimOptions& trimming) {
  StreamTrim& trim = trimming.trim;
  if (trim.limit != 0 && trim.by == StreamTrim::By::kNothing) {
    call.error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy");
    return false;
  }
  if (trimming.limit_given && !trim.approximate) {
    call.error("ERR syntax error, LIMIT cannot be used without the special ~ option");
    return false;
  }
  if (trim.approximate && !trimming.limit_given) trim.limit = usual_limit(call);
  return true;
}

bool acknowledged_by_all(const StreamObject& stream, StreamId id) noexcept {
  bool all = true;
  stream.for_each_group([&](const StreamGroup& group) {
    if (group.last_id < id || group.pending().find(id) != nullptr) all = false;
  });
  return all;
}

bool erase_references(StreamObject& stream, StreamId id) noexcept {
  bool any = false;
  stream.for_each_group([&](StreamGroup& group) { any |= group.erase_pending(id); });
  return any;
}

void log_erased(Call& call, const Key& key, const std::vector<StreamId>& ids) {
  if (!call.logged() || ids.empty()) return;
  std::vector<std::string> texts;
  texts.reserve(ids.size());
  for (const StreamId id : ids) texts.push_back(stream_id_text(id));
  std::vector<Bytes> words = {"XDEL", key.bytes};
  words.insert(words.end(), texts.begin(), texts.end());
  call.effect(words);
}

StreamTrimming::StreamTrimming(StreamObject& stream, const TrimOptions& options)
    : stream_(stream), options_(options) {
  if (options.references == StreamReferences::kAcked && stream.group_count() != 0) {
    choose_acknowledged();
  } else {
    front_ = stream.find_to_trim(options.trim);
    count_ = front_.count;
  }
}

// Those that may go without ACKED are looked at in turn; by length, more than these where some
// stay.
void StreamTrimming::choose_acknowledged() {
  const StreamTrim& trim = options_.trim;
  const uint64_t most = stream_.find_to_trim(trim).count;
  if (most == 0) return;
  const bool goes_on = trim.by == StreamTrim::By::kLength && !trim.approximate;
  uint64_t looked_at = 0;
  for (StreamCursor at(stream_, {}, StreamId::max(), StreamCursor::Way::kUp);
       at && erased_.size() < most && (goes_on || looked_at < most); at.next(), ++looked_at) {
    const StreamId id = at.entry().id;
    if (acknowledged_by_all(stream_, id)) erased_.push_back(id);
  }
  count_ = erased_.size();
}

// By length, which says the same whichever way the entries were chosen.
void StreamTrimming::add_words(std::vector<std::string>& words) const {
  if (count_ == 0 || !erased_.empty()) return;
  if (options_.references == StreamReferences::kDelete) words.emplace_back("DELREF");
  words.insert(words.end(), {"MAXLEN", "=", std::to_string(stream_.length() - count_)});
}

std::unique_ptr<Object> StreamTrimming::run() noexcept {
  if (!erased_.empty()) {
    for (const StreamId id : erased_) stream_.erase(id);
    return nullptr;
  }
  if (options_.references == StreamReferences::kDelete && stream_.group_count() != 0) {
    StreamCursor at(stream_, {}, StreamId::max(), StreamCursor::Way::kUp);
    for (uint64_t i = 0; i < count_; ++i, at.next()) erase_references(stream_, at.entry().id);
  }
  return stream_.erase_front(front_);
}

}  // namespace kevy
