#include "base/number.h"
#include "persist/rdb/decode/decode.h"

namespace kevy {

namespace {

using Limits = StreamProducers::Limits;

/// The words of a value; each ends with a space. What is none is remembered.
class Words {
 public:
  explicit Words(Bytes value) noexcept : left_(value) {}

  bool good() const noexcept { return good_; }
  bool done() const noexcept { return left_.empty(); }
  uint64_t number() {
    const auto number = parse_uint64(word());
    if (!number) good_ = false;
    return number.value_or(0);
  }
  /// What the digits stand for, which is not nothing.
  std::string name() {
    const Bytes digits = word();
    if (digits.empty() || digits.size() % 2 != 0) good_ = false;
    std::string name;
    for (size_t i = 0; good_ && i < digits.size(); i += 2) {
      name += static_cast<char>(digit(digits[i]) << 4 | digit(digits[i + 1]));
    }
    return name;
  }

 private:
  Bytes word() noexcept {
    const size_t end = left_.find(' ');
    if (end == Bytes::npos) good_ = false;
    const Bytes word = left_.substr(0, end);
    left_.remove_prefix(std::min(left_.size(), word.size() + 1));
    return word;
  }
  unsigned digit(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    good_ = false;
    return 0;
  }

  Bytes left_;
  bool good_ = true;
};

bool within(uint64_t number, int64_t most) noexcept {
  return number >= 1 && number <= static_cast<uint64_t>(most);
}

}  // namespace

bool decode_messages(Bytes field, StreamObject& stream) {
  Words words(field);
  const uint64_t seconds = words.number(), messages = words.number();
  const uint64_t added = words.number(), duplicates = words.number();
  if (!words.good() || !within(seconds, Limits::kSecondsMax) ||
      !within(messages, Limits::kMessagesMax)) {
    return false;
  }
  const Limits limits{static_cast<int64_t>(seconds), static_cast<int64_t>(messages)};
  StreamProducers& producers = stream.find_or_make_producers(limits);
  if (producers.limits() != limits) return false;
  while (!words.done()) {
    const std::string producer = words.name(), message = words.name();
    const uint64_t ms = words.number();
    const StreamId entry{ms, words.number()};
    if (!words.good()) return false;
    producers.add(producer, message, entry);
    producers.trim(0);  // none is too old, but there may be too many
  }
  producers.set_counts(added, duplicates);
  return true;
}

}  // namespace kevy
