#include "tape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "reply.h"

namespace kevy::node {

namespace {

constexpr int64_t kSafeIntegerMax = (int64_t{1} << 53) - 1;
constexpr size_t kStringMax = (size_t{1} << 29) - 24;  // V8's, in characters
constexpr auto kElement =
    static_cast<napi_property_attributes>(napi_writable | napi_enumerable | napi_configurable);
constexpr size_t kArgumentsMax = 4096;  // they lie on the stack
constexpr size_t kKeptMax = 65'536;     // what is longer is freed after use

bool is_ascii(std::string_view bytes) {
  constexpr uint64_t kHighBits = 0x8080808080808080;
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + sizeof seen <= bytes.size(); i += sizeof seen) {
    uint64_t eight;
    std::memcpy(&eight, bytes.data() + i, sizeof eight);
    seen |= eight;
  }
  for (; i < bytes.size(); ++i) seen |= static_cast<unsigned char>(bytes[i]);
  return (seen & kHighBits) == 0;
}

napi_value buffer_of(napi_env env, std::string_view bytes) {
  napi_value value = nullptr;
  check(napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, &value));
  return value;
}

/// Defines an element: to set it would run a setter that a prototype has.
void define(napi_env env, napi_value array, size_t index, napi_value value) {
  char name[32];
  *std::to_chars(name, name + sizeof name, index).ptr = '\0';
  napi_property_descriptor element{};
  element.utf8name = name;
  element.value = value;
  element.attributes = kElement;
  check(napi_define_properties(env, array, 1, &element));
}

bool is_safe(int64_t integer) { return integer >= -kSafeIntegerMax && integer <= kSafeIntegerMax; }

template <typename Number>
std::string_view decimal(Number number, char (&buffer)[32]) {
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  return {buffer, static_cast<size_t>(end - buffer)};
}

}  // namespace

napi_value text_of(napi_env env, std::string_view bytes) {
  napi_value value = nullptr;
  const auto create = is_ascii(bytes) ? napi_create_string_latin1 : napi_create_string_utf8;
  if (create(env, bytes.data(), bytes.size(), &value) != napi_ok) [[unlikely]] {
    bool pending = false;
    napi_is_exception_pending(env, &pending);
    if (pending) throw Pending{};
    throw Failure{Failure::kRangeError, "the value is too long for a string: ask for a Buffer"};
  }
  return value;
}

Tape::Tape(Napi::Env env) : env_(env), pool_(env), text_(new char[kSharedBytesMax]) {
  memory_ = Napi::Persistent(Napi::ArrayBuffer::New(env, kSlots * sizeof(int32_t)));
  array_ = Napi::Persistent(env.Global().Get("Array").As<Napi::Function>());
}

napi_value Tape::of_reply(const kevy_reply* reply, Strings strings, Integers integers) {
  napi_value value = nullptr;
  integers_ = integers;
  if (reply == nullptr) {
    say(Outcome::kNothing);
    return value;
  }
  switch (kevy_reply_get_type(reply)) {
    case KEVY_REPLY_STRING:
    case KEVY_REPLY_VERBATIM: {
      const std::string_view bytes = bytes_in(reply);
      if (strings == Strings::kText) return text_of(env_, bytes);
      if (bytes.size() > Pool::kPieceMax) return buffer_of(env_, bytes);
      std::ranges::copy(bytes, pool_.room(bytes.size()).data());
      return of_piece(pool_.take(bytes.size()));
    }
    case KEVY_REPLY_STATUS:
      return text_of(env_, bytes_in(reply));
    case KEVY_REPLY_INTEGER: {
      const int64_t integer = kevy_reply_integer(reply);
      const bool is_number = integers == Integers::kNumbers && is_safe(integer);
      check(is_number ? napi_create_int64(env_, integer, &value)
                      : napi_create_bigint_int64(env_, integer, &value));
      return value;
    }
    case KEVY_REPLY_DOUBLE:
      check(napi_create_double(env_, kevy_reply_double(reply), &value));
      return value;
    case KEVY_REPLY_BOOLEAN:
      check(napi_get_boolean(env_, kevy_reply_integer(reply) != 0, &value));
      return value;
    case KEVY_REPLY_NULL:
      check(napi_get_null(env_, &value));
      return value;
    case KEVY_REPLY_ERROR:
      value = text_of(env_, bytes_in(reply));
      say(Outcome::kError);
      return value;
    default:
      begin(strings);
      add_tree(reply);
      return finish();
  }
}

napi_value Tape::of_failure(const Failure& failure) {
  napi_value value = nullptr;
  check(napi_create_string_utf8(env_, failure.message.data(), failure.message.size(), &value));
  say(Outcome::kFailure, failure.code);
  return value;
}

napi_value Tape::of_piece(const Pool::Piece& piece) {
  int32_t* const first = slots();
  first[0] = static_cast<int32_t>(Outcome::kPiece);
  first[2] = piece.offset;
  first[3] = piece.size;
  return piece.memory;
}

// The memory is asked for anew each time: nothing that JavaScript did to it can mislead us.
int32_t* Tape::slots() {
  void* data = nullptr;
  size_t size = 0;
  check(napi_get_arraybuffer_info(env_, memory_.Value(), &data, &size));
  if (size < kSlots * sizeof(int32_t)) throw Pending{};
  return static_cast<int32_t*>(data);
}

void Tape::say(Outcome outcome, int32_t detail) {
  int32_t* const first = slots();
  first[0] = static_cast<int32_t>(outcome);
  first[1] = detail;
}

void Tape::begin(Strings strings) {
  strings_ = strings;
  nodes_.assign(kHeader, Pair{0, 0});
  text_size_ = 0;
  parted_ = false;
  parts_.clear();
}

void Tape::begin(Strings strings, size_t count) {
  begin(strings);
  add(Node::kArray, static_cast<int32_t>(count));
}

void Tape::add_error(std::string_view text) { add_text(Node::kError, text); }

void Tape::add_null() { add(Node::kNull, 0); }

void Tape::add_text(Node node, std::string_view bytes) {
  if (!parted_ && !fits(bytes.size())) part();
  if (parted_) return add(node, place(node, bytes));
  add(node, static_cast<int32_t>(bytes.size()));
  std::ranges::copy(bytes, text_.get() + text_size_);
  text_size_ += bytes.size();
}

void Tape::part() {
  parted_ = true;
  const std::string all(text());
  text_size_ = 0;
  size_t from = 0;
  for (Pair& each : std::span(nodes_).subspan(kHeader)) {
    const auto node = static_cast<Node>(each.first);
    if (node > Node::kBigInt) continue;
    const auto size = static_cast<size_t>(each.second);
    each.second = place(node, std::string_view(all).substr(from, size));
    from += size;
  }
}

int32_t Tape::place(Node node, std::string_view bytes) {
  const bool is_text = strings_ == Strings::kText;
  if (bytes.size() > shared_max() || (is_text && !is_ascii(bytes))) {
    const bool is_buffer = node == Node::kString && (!is_text || bytes.size() > kStringMax);
    parts_.push_back(is_buffer ? buffer_of(env_, bytes) : text_of(env_, bytes));
    return kAlone;
  }
  if (!fits(bytes.size())) end_part();
  if (text_size_ == 0 && !bytes.empty()) {
    part_ = parts_.size();
    parts_.push_back(nullptr);
  }
  // They may have been read into the room behind what was written.
  std::memmove(text_.get() + text_size_, bytes.data(), bytes.size());
  text_size_ += bytes.size();
  return static_cast<int32_t>(bytes.size());
}

void Tape::end_part() {
  if (text_size_ == 0) return;
  parts_[part_] = strings_ == Strings::kText ? shared_text() : shared_bytes();
  text_size_ = 0;
}

void Tape::add_integer(int64_t integer) {
  const bool numbers = integers_ == Integers::kNumbers;
  if (numbers && integer == static_cast<int32_t>(integer)) {
    return add(Node::kInteger, static_cast<int32_t>(integer));
  }
  char buffer[32];
  add_text(numbers && is_safe(integer) ? Node::kNumber : Node::kBigInt, decimal(integer, buffer));
}

void Tape::add_double(double number) {
  char buffer[32];
  if (std::isnan(number)) {
    add_text(Node::kNumber, "NaN");
  } else if (std::isinf(number)) {
    add_text(Node::kNumber, number > 0 ? "Infinity" : "-Infinity");
  } else {
    add_text(Node::kNumber, decimal(number, buffer));
  }
}

void Tape::add_tree(const kevy_reply* reply) {
  const auto children = [&](Node node) {
    const size_t count = kevy_reply_count(reply);
    add(node, static_cast<int32_t>(count));
    for (size_t i = 0; i < count; ++i) add_tree(kevy_reply_at(reply, i));
  };
  switch (kevy_reply_get_type(reply)) {
    case KEVY_REPLY_STRING:
    case KEVY_REPLY_VERBATIM:
      return add_text(Node::kString, bytes_in(reply));
    case KEVY_REPLY_STATUS:
      return add_text(Node::kStatus, bytes_in(reply));
    case KEVY_REPLY_ERROR:
      return add_text(Node::kError, bytes_in(reply));
    case KEVY_REPLY_INTEGER:
      return add_integer(kevy_reply_integer(reply));
    case KEVY_REPLY_DOUBLE:
      return add_double(kevy_reply_double(reply));
    case KEVY_REPLY_BOOLEAN:
      return add(Node::kBoolean, kevy_reply_integer(reply) != 0);
    case KEVY_REPLY_ARRAY:
    case KEVY_REPLY_PUSH:
      return children(Node::kArray);
    case KEVY_REPLY_MAP:
      return children(Node::kMap);
    case KEVY_REPLY_SET:
      return children(Node::kSet);
    case KEVY_REPLY_NULL:
      break;
  }
  add_null();
}

napi_value Tape::shared_text() {
  napi_value value = nullptr;
  check(napi_create_string_latin1(env_, text_.get(), text_size_, &value));
  return value;
}

napi_value Tape::shared_bytes() {
  void* data = nullptr;
  napi_value value = nullptr;
  check(napi_create_arraybuffer(env_, text_size_, &data, &value));
  std::ranges::copy(text(), static_cast<char*>(data));
  return value;
}

napi_value Tape::pooled_bytes() {
  std::ranges::copy(text(), pool_.room(text_size_).data());
  const Pool::Piece piece = pool_.take(text_size_);
  header(1) |= kPooled;
  header(2) = piece.offset;
  return piece.memory;
}

napi_value Tape::finish() {
  const bool is_text = strings_ == Strings::kText;
  const bool ascii = is_ascii(text());
  // A string of the other bytes is longer or shorter than they are.
  if (!parted_ && is_text && !ascii) part();
  if (!parted_ && is_text) return tell(Outcome::kText, shared_text());
  if (!parted_) {
    header(1) = ascii ? kAscii : 0;
    header(3) = static_cast<int32_t>(text_size_);
    return tell(Outcome::kBytes, text_size_ <= Pool::kPieceMax ? pooled_bytes() : shared_bytes());
  }
  end_part();
  header(1) = is_text ? 0 : kOfBytes;
  return tell(Outcome::kParts, array_of(std::exchange(parts_, {})));
}

napi_value Tape::array_of(std::span<const napi_value> values) {
  napi_value array = nullptr;
  const size_t at_once = std::min(values.size(), kArgumentsMax);
  check(napi_new_instance(env_, array_.Value(), at_once, values.data(), &array));
  for (size_t i = at_once; i < values.size(); ++i) define(env_, array, i, values[i]);
  return array;
}

napi_value Tape::tell(Outcome outcome, napi_value value) {
  header(0) = static_cast<int32_t>(outcome);
  const size_t size = nodes_.size() * sizeof(Pair);
  if (size <= kSlots * sizeof(int32_t)) {
    std::memcpy(slots(), nodes_.data(), size);
    return value;
  }
  napi_value rest = nullptr;
  void* data = nullptr;
  check(napi_create_arraybuffer(env_, size, &data, &rest));
  std::memcpy(data, nodes_.data(), size);
  if (size > kKeptMax) nodes_ = {};
  say(Outcome::kLong);
  return array_of(std::array{rest, value});
}

}  // namespace kevy::node
