#include "command/stream/arguments.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace kevy {

namespace {

constexpr bool is_space(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Half of an id, as Redis takes it: with spaces and a sign before it; what is below zero counts
// from the end, unless it is written as integers are.
std::optional<uint64_t> parse_half(Bytes text) noexcept {
  if (const auto number = parse_int64(text)) {
    if (*number < 0) return std::nullopt;
    return static_cast<uint64_t>(*number);
  }
  while (!text.empty() && is_space(text[0])) text.remove_prefix(1);
  const bool negative = !text.empty() && text[0] == '-';
  if (negative || (!text.empty() && text[0] == '+')) text.remove_prefix(1);
  uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stopped != end) return std::nullopt;
  return negative ? 0 - number : number;
}

char* write_decimal(char* to, uint64_t number) noexcept {
  char digits[20];
  char* at = std::end(digits);
  do {
    *--at = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  return std::copy(at, std::end(digits), to);
}

}  // namespace

Bytes format_stream_id(StreamId id, char* buffer) noexcept {
  char* at = write_decimal(buffer, id.ms);
  *at++ = '-';
  at = write_decimal(at, id.seq);
  return {buffer, static_cast<size_t>(at - buffer)};
}

std::string stream_id_text(StreamId id) {
  char buffer[kStreamIdTextMax];
  return std::string(format_stream_id(id, buffer));
}

StreamObject* require_stream(Call& call, const Key& key) {
  const auto [entry, wrong] = find_to_write(call, key, Type::kStream);
  if (entry == nullptr && !wrong) call.error(errors::kNoSuchKey);
  if (entry == nullptr || wrong) return nullptr;
  return &stream_to_change(call.keyspace(key), key, *entry);
}

void answer_stream_id(Reply& reply, StreamId id) {
  char buffer[kStreamIdTextMax];
  reply.bulk(format_stream_id(id, buffer));
}

void answer_stream_fields(Reply& reply, const StreamEntry& entry) {
  reply.array(size_t{2} * entry.field_count);
  entry.for_each_field([&](Bytes name, Bytes value) {
    reply.bulk(name);
    reply.bulk(value);
  });
}

void answer_stream_entry(Reply& reply, const StreamEntry& entry) {
  reply.array(2);
  answer_stream_id(reply, entry.id);
  answer_stream_fields(reply, entry);
}

void answer_stream_range(Reply& reply, const StreamObject& stream, StreamId from, StreamId to,
                         StreamCursor::Way way, uint64_t count) {
  const StreamCursor begin(stream, from, to, way);
  uint64_t size = 0;
  for (StreamCursor at = begin; at && size < count; at.next()) ++size;
  reply.array(size);
  for (StreamCursor at = begin; size != 0; --size, at.next()) {
    answer_stream_entry(reply, at.entry());
  }
}

std::optional<StreamId> parse_stream_id(Bytes text, uint64_t missing_seq) noexcept {
  constexpr size_t kLongest = 127;
  if (text.size() > kLongest) return std::nullopt;
  text = before_nul(text);
  const size_t dash = text.find('-');
  const auto ms = parse_half(text.substr(0, dash));
  if (!ms) return std::nullopt;
  if (dash == Bytes::npos) return StreamId{*ms, missing_seq};
  const auto seq = parse_half(text.substr(dash + 1));
  if (!seq) return std::nullopt;
  return StreamId{*ms, *seq};
}

std::optional<StreamId> stream_id_argument(Call& call, Bytes text, uint64_t missing_seq) {
  const auto id = parse_stream_id(text, missing_seq);
  if (!id) call.error(kInvalidStreamId);
  return id;
}

std::optional<StreamId> open_stream_id_argument(Call& call, Bytes text, uint64_t missing_seq) {
  if (before_nul(text) == "-") return StreamId{};
  if (before_nul(text) == "+") return StreamId::max();
  return stream_id_argument(call, text, missing_seq);
}

std::optional<StreamRange> stream_range_arguments(Call& call, Bytes from, Bytes to) {
  const auto read = [&](Bytes text, uint64_t missing_seq) {
    const bool exclusive = text.size() > 1 && text[0] == '(';
    return exclusive ? stream_id_argument(call, text.substr(1), missing_seq)
                     : open_stream_id_argument(call, text, missing_seq);
  };
  const auto is_exclusive = [](Bytes text) { return text.size() > 1 && text[0] == '('; };
  auto first = read(from, 0);
  if (!first) return std::nullopt;
  if (is_exclusive(from) && !first->step_up()) {
    call.error("ERR invalid start ID for the interval");
    return std::nullopt;
  }
  auto last = read(to, UINT64_MAX);
  if (!last) return std::nullopt;
  if (is_exclusive(to) && !last->step_down()) {
    call.error("ERR invalid end ID for the interval");
    return std::nullopt;
  }
  return StreamRange{*first, *last};
}

}  // namespace kevy
