// What a stream knows of its producers' messages, as values of a field of the file: words with a
// space between them, since the tools of Redis and Valkey print what they pass over.
//
//   seconds  messages of a producer  how many were added  how many came again
//   for each message:  producer  name  milliseconds  number
//
// Names are in hexadecimal digits, the last two numbers those of its entry; messages are in the
// order in which they were added. There are several values where it is much, each with the first
// four words.
#include "persist/rdb/encode/encode.h"

namespace kevy {

namespace {

// More than that begins another value.
constexpr size_t kValueMost = size_t{32} << 10;

void add_number(std::string& value, uint64_t number) {
  value += std::to_string(number);
  value += ' ';
}

void add_name(std::string& value, Bytes name) {
  constexpr Bytes kDigits = "0123456789abcdef";
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    value += kDigits[byte >> 4];
    value += kDigits[byte & 15];
  }
  value += ' ';
}

void begin(std::string& value, const StreamProducers& producers) {
  value.clear();
  add_number(value, static_cast<uint64_t>(producers.limits().seconds));
  add_number(value, static_cast<uint64_t>(producers.limits().messages));
  add_number(value, producers.added());
  add_number(value, producers.duplicates());
}

}  // namespace

void encode_messages(const StreamProducers& producers, const std::function<void(Bytes)>& write) {
  std::string value;
  begin(value, producers);
  producers.for_each([&](Bytes producer, Bytes message, StreamId entry) {
    if (value.size() > kValueMost) {
      write(value);
      begin(value, producers);
    }
    add_name(value, producer);
    add_name(value, message);
    add_number(value, entry.ms);
    add_number(value, entry.seq);
  });
  write(value);
}

}  // namespace kevy
