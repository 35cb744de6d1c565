#include "script/lua/value_tape.h"

#include <cstring>

#include "base/number.h"

namespace kevy {

// A value is its kind in a byte and then nothing, a number of 8 bytes, or the number of bytes and
// those. A verbatim string has three bytes of format before its text.
void ValueTape::add_number(TapeKind kind, const void* number) {
  char value[9];
  value[0] = static_cast<char>(kind);
  std::memcpy(value + 1, number, 8);
  tape_.append(value, sizeof value);
}

void ValueTape::add_bytes(TapeKind kind, Bytes bytes) {
  add_size(kind, bytes.size());
  tape_.append(bytes);
}

void ValueTape::real(double value) {
  if (protocol_ == 2) {
    bulk(format_double(value));
  } else {
    add_number(TapeKind::kReal, &value);
  }
}

void ValueTape::boolean(bool value) {
  if (protocol_ == 2) {
    integer(value ? 1 : 0);
  } else {
    add_size(TapeKind::kBoolean, value ? 1 : 0);
  }
}

void ValueTape::verbatim(Bytes format, Bytes text) {
  if (protocol_ == 2) {
    bulk(text);
    return;
  }
  add_size(TapeKind::kVerbatim, format.size() + text.size());
  tape_.append(format);
  tape_.append(text);
}

size_t ValueTape::open(TapeKind kind) {
  const size_t at = tape_.size();
  add_size(kind, 0);
  return at;
}

void ValueTape::close(size_t opened, uint64_t size) noexcept {
  std::memcpy(tape_.data() + opened + 1, &size, 8);
}

TapeValue ValueTape::read(size_t& at) const noexcept {
  TapeValue value{};
  value.kind = static_cast<TapeKind>(tape_[at++]);
  if (value.kind == TapeKind::kNull) return value;
  std::memcpy(&value.integer, tape_.data() + at, 8);
  at += 8;
  switch (value.kind) {
    case TapeKind::kVerbatim:
      value.format = Bytes(tape_).substr(at, 3);
      value.bytes = Bytes(tape_).substr(at + 3, value.size - 3);
      at += value.size;
      break;
    case TapeKind::kBulk:
    case TapeKind::kStatus:
    case TapeKind::kError:
    case TapeKind::kBigNumber:
      value.bytes = Bytes(tape_).substr(at, value.size);
      at += value.size;
      break;
    default:
      break;
  }
  return value;
}

void ValueTape::play(Reply& reply) const {
  for (size_t at = 0; at < tape_.size();) {
    const TapeValue value = read(at);
    switch (value.kind) {
      case TapeKind::kInteger:
        reply.integer(value.integer);
        break;
      case TapeKind::kBulk:
        reply.bulk(value.bytes);
        break;
      case TapeKind::kStatus:
        reply.status(value.bytes);
        break;
      case TapeKind::kError:
        reply.error(value.bytes);
        break;
      case TapeKind::kNull:
        reply.null();
        break;
      case TapeKind::kArray:
        reply.array(value.size);
        break;
      case TapeKind::kMap:
        reply.map(value.size);
        break;
      case TapeKind::kSet:
        reply.set(value.size);
        break;
      case TapeKind::kReal:
        reply.real(value.real);
        break;
      case TapeKind::kBoolean:
        reply.boolean(value.size != 0);
        break;
      case TapeKind::kVerbatim:
        reply.verbatim(value.format, value.bytes);
        break;
      case TapeKind::kBigNumber:
        reply.big_number(value.bytes);
        break;
    }
  }
}

}  // namespace kevy
